package dissect

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// infoFields are what tshark is asked for: the two columns, and what the bytes
// of a frame do not tell.
var infoFields = [...]string{
	"frame.protocols", "_ws.col.Protocol", "_ws.col.Info",
	"tcp.seq", "tcp.ack", "tcp.ack_raw", "tcp.window_size",
	"icmp.resp_in", "icmpv6.resp_in", "icmp.resp_to", "icmpv6.resp_to", "ip.reassembled_in", "ipv6.reassembled.in",
	"sctp.data_tsn", "sctp.data_tsn_raw", "sctp.sack_cumulative_tsn_ack", "sctp.sack_cumulative_tsn_ack_raw",
}

// infoHelpers are protocols above those of this package without which the
// columns of the latter are not Wireshark's.
var infoHelpers = [...]string{"wlan_rsna_eapol", "vxlan_gpe", "ossp", "marker"}

// infoOthers are protocols of this package that also come in UDP, where they
// are applications.
var infoOthers = [...]string{"isakmp", "snmp", "ptp"}

// layersOnly makes a configuration of tshark in which only the protocols of
// this package are enabled, so that the columns are theirs.
func layersOnly(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("tshark", "-G", "protocols").Output()
	if err != nil {
		t.Fatal(err)
	}
	var disabled strings.Builder
	for line := range strings.Lines(string(out)) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		name := columns[2]
		ours := slices.Contains(protoNames[:], name) && !slices.Contains(infoOthers[:], name)
		if !ours && !slices.Contains(infoHelpers[:], name) {
			disabled.WriteString(name + "\n")
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "disabled_protos"), []byte(disabled.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestInfoCorpus compares the Info and the Protocol column with tshark, in the
// captures that TestFieldCorpus takes. A frame agrees if both do, without the
// remarks that following a connection makes; where tshark says nothing, anything will do.
func TestInfoCorpus(t *testing.T) {
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
	config := layersOnly(t)
	count := map[string]*tally{}
	for _, file := range files {
		compareInfo(t, file, config, count)
	}
	var all tally
	for protocol, c := range count {
		all.frames, all.differ = all.frames+c.frames, all.differ+c.differ
		share := 1 - float64(c.differ)/float64(c.frames)
		if c.differ > 0 {
			t.Logf("%-16s %d of %d differ", protocol, c.differ, c.frames)
		}
		limit, known := infoShares[protocol]
		if !known {
			limit = 1
		}
		if share < limit {
			t.Errorf("%s: %.4f agree, below %v", protocol, share, limit)
		}
	}
	share := 1 - float64(all.differ)/float64(max(all.frames, 1))
	t.Logf("%d captures, %d frames, %.4f %% agree", len(files), all.frames, 100*share)
	const limit = 0.998
	if share < limit {
		t.Errorf("agreement below %v", limit)
	}
}

// infoShares are the shares to reach, by Protocol column; what is not here
// agrees in every frame. Of the 0s only the name of the protocol is said.
var infoShares = map[string]float64{
	"ICMP":     0.97, // malformed extensions of an error (RFC 4884) are not read
	"ICMPv6":   0.95, // an option behind a bubble of Teredo
	"Teredo":   0,    // its test of a direct way looks like any echo request
	"UDPENCAP": 0,    // the ISAKMP inside, which is a layer here
	"ESIS":     0,
	"FR":       0,
	"PN-RTA":   0,
	"TDLS":     0,
}

// infoAnalysis are the remarks in Info that following a connection makes.
var infoAnalysis = regexp.MustCompile(`^(\[TCP [^\]]*\] ?)+|\(retransmission\) `)

// escapes are how tshark prints control characters.
var escapes = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`, "\x01", `\001`, "\x02", `\002`)

// compareInfo compares the columns of all frames in one capture.
func compareInfo(t *testing.T, file, config string, count map[string]*tally) {
	converted := filepath.Join(t.TempDir(), "c.pcapng")
	_ = exec.Command("tshark", "-n", "-r", file, "-F", "pcapng", "-w", converted).Run() // cut files end with an error
	raw, err := os.ReadFile(converted)
	if err != nil {
		return // not a capture
	}
	args := []string{"-n", "-r", converted, "-T", "fields", "-E", "separator=/t"}
	for _, f := range infoFields {
		args = append(args, "-e", f)
	}
	run := exec.Command("tshark", args...)
	run.Env = append(os.Environ(), "WIRESHARK_CONFIG_DIR="+config)
	out, err := run.Output()
	if err != nil && len(out) == 0 {
		return
	}
	lines := strings.Split(string(out), "\n")
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
		want := strings.Split(line, "\t")
		got := string(AppendInfo(nil, data, datagram, original, p, infoContext(p, want)))
		got = escapes.Replace(got)
		where := fmt.Sprintf("%s frame %d (%s)", filepath.Base(file), number, want[0])
		countInfo(t, where, want[1], infoAnalysis.ReplaceAllString(want[2], ""), ProtocolColumn(data, datagram, original, p), got, count)
	})
}

// countInfo counts one frame, and reports the first differences.
func countInfo(t *testing.T, where, wantProtocol, wantInfo, protocol, info string, count map[string]*tally) {
	const reported = 6
	c := count[wantProtocol]
	if c == nil {
		c = &tally{}
		count[wantProtocol] = c
	}
	c.frames++
	if protocol == wantProtocol && (info == wantInfo || wantInfo == "") && info != "" {
		return
	}
	if c.differ++; c.differ <= reported {
		t.Logf("%s:\n\ttshark %s %q\n\tgot    %s %q", where, wantProtocol, wantInfo, protocol, info)
	}
}

// infoContext takes what other frames know from the values of infoFields.
func infoContext(p *Packet, values []string) *InfoContext {
	number := func(field string, index int) (uint32, bool) {
		texts := strings.Split(values[slices.Index(infoFields[:], field)], ",")
		if index < 0 || index >= len(texts) {
			return 0, false
		}
		n, err := strconv.ParseUint(texts[index], 10, 32)
		return uint32(n), err == nil
	}
	segment, segments := -1, 0 // tshark's values are of all TCP headers, the quoted too
	for _, tr := range p.Transports {
		if tr.Kind == TCP && !tr.Quoted {
			segment = segments
		}
		if tr.Kind == TCP {
			segments++
		}
	}
	c := &InfoContext{}
	c.Seq, c.HasSeq = number("tcp.seq", segment)
	c.Ack, c.HasSACKBase = number("tcp.ack", segment)
	c.SACKBase, _ = number("tcp.ack_raw", segment)
	c.SACKBase -= c.Ack
	c.Window, c.HasWindow = number("tcp.window_size", segment)
	c.ReplyFrame = first(number("icmp.resp_in", 0)) + first(number("icmpv6.resp_in", 0))
	c.RequestFrame = first(number("icmp.resp_to", 0)) + first(number("icmpv6.resp_to", 0))
	c.ReassembledIn = first(number("ip.reassembled_in", 0)) + first(number("ipv6.reassembled.in", 0))
	if relative, ok := number("sctp.data_tsn", 0); ok {
		c.TSNBase = first(number("sctp.data_tsn_raw", 0)) - relative
	}
	if relative, ok := number("sctp.sack_cumulative_tsn_ack", 0); ok {
		c.TSNAckBase = first(number("sctp.sack_cumulative_tsn_ack_raw", 0)) - relative
	}
	return c
}

func first(n uint32, _ bool) uint32 { return n }
