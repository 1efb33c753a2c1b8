package dissect

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fieldText renders a value as tshark -T fields prints it.
func fieldText(f *Field, v FieldValue) string {
	switch f.Kind {
	case KindUint:
		if f.Hex {
			return fmt.Sprintf("0x%0*x", f.Bits/4, v.Num)
		}
		return fmt.Sprint(v.Num)
	case KindBool:
		return fmt.Sprint(v.Num)
	case KindInt, KindRelTime:
		return fmt.Sprint(v.Int())
	case KindString:
		return string(v.Bytes)
	case KindEther:
		return net.HardwareAddr(v.Bytes).String()
	case KindIPv4, KindIPv6:
		return v.Addr().String()
	case KindProtocol, KindNone:
		return "present"
	}
	if strings.HasSuffix(f.Name, "linkaddr") && len(v.Bytes) == 6 { // shown with colons
		return net.HardwareAddr(v.Bytes).String()
	}
	return hex.EncodeToString(v.Bytes)
}

// tally counts the frames that have a field, in tshark or here.
type tally struct{ frames, differ int }

// TestFieldCorpus compares every field of the dictionary with tshark, in some
// of the captures; in all if DISSECT_FIELDS is "all" or names a folder. A frame
// agrees in a field if all values do, in their order.
func TestFieldCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the comparison with tshark takes its time")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: no tshark, so nothing was compared with Wireshark")
	}
	files := corpusCaptures("DISSECT_FIELDS", 16)
	if len(files) == 0 {
		t.Skip("SKIPPED: no corpus of captures")
	}
	count := make([]tally, len(fieldTable()))
	for _, file := range files {
		compareFields(t, file, count)
	}
	var all tally
	for id, c := range count {
		all.frames, all.differ = all.frames+c.frames, all.differ+c.differ
		if c.differ > 0 {
			t.Logf("%-32s %d of %d differ", fieldTable()[id].Name, c.differ, c.frames)
		}
	}
	share := 1 - float64(all.differ)/float64(max(all.frames, 1))
	t.Logf("%d captures, %d occurrences of fields, %.4f %% agree", len(files), all.frames, 100*share)
	const limit = 0.9999
	if share < limit {
		t.Errorf("agreement below %v", limit)
	}
}

// compared are the fields which the frame alone gives. A protocol name may also
// belong to a dissector above layer 4, so only those below are compared.
func compared() []FieldID {
	var ids []FieldID
	for id := range fieldTable() {
		f := &fieldTable()[id]
		if f.Stored || f.Kind == KindProtocol && (f.Proto >= ProtoClip || f.Proto == ProtoRaw) {
			continue
		}
		ids = append(ids, FieldID(id))
	}
	return ids
}

// compareFields compares the fields of all frames in one capture.
func compareFields(t *testing.T, file string, count []tally) {
	converted := filepath.Join(t.TempDir(), "c.pcapng")
	_ = exec.Command("tshark", "-n", "-r", file, "-F", "pcapng", "-w", converted).Run() // cut files end with an error
	raw, err := os.ReadFile(converted)
	if err != nil {
		return // not a capture
	}
	ids := compared()
	args := []string{"-n", "-r", converted, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|", "-e", "frame.protocols"}
	for _, id := range ids {
		args = append(args, "-e", fieldTable()[id].Name)
	}
	out, err := exec.Command("tshark", args...).Output()
	if exit, ok := err.(*exec.ExitError); ok && len(out) == 0 {
		if bytes.Contains(exit.Stderr, []byte("fields")) {
			t.Fatalf("%s", exit.Stderr)
		}
		return
	}
	lines := bytes.Split(out, []byte("\n"))
	d, p, r := NewDecoder(), &Packet{}, reassembler{}
	number := 0
	readBlocks(raw, func(link uint32, data []byte, original int) {
		line := lines[number]
		number++
		if link == ^uint32(0) {
			return
		}
		d.Decode(link, data, original, p)
		datagram := r.finish(d, p, data)
		want := strings.Split(string(line), "\t")
		for i, id := range ids {
			got := fieldsText(id, data, datagram, original, p)
			compareField(t, fmt.Sprintf("%s frame %d (%s)", filepath.Base(file), number, want[0]), id, want[i+1], got, &count[id])
		}
	})
}

// fieldsText is all values of a field in a frame.
func fieldsText(id FieldID, frame, datagram []byte, original int, p *Packet) string {
	var texts []string
	for _, v := range AppendValues(nil, id, frame, datagram, original, p) {
		texts = append(texts, fieldText(&fieldTable()[id], v))
	}
	return strings.Join(texts, "|")
}

// compareField counts one field of one frame, and reports the first
// differences.
func compareField(t *testing.T, where string, id FieldID, want, got string, c *tally) {
	if want == "" && got == "" {
		return
	}
	if fieldTable()[id].Kind == KindProtocol && want != "" {
		want = "present" + strings.Repeat("|present", strings.Count(want, "|"))
	}
	c.frames++
	if want == got {
		return
	}
	const reported = 12
	if c.differ++; c.differ <= reported {
		t.Logf("%s: %s: tshark %.120q, got %.120q", where, fieldTable()[id].Name, want, got)
	}
}
