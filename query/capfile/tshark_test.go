package capfile

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
)

// fields are what tshark must say the same of a frame in the source and in the
// file. Names and comments only pcapng has.
var fields = []string{"frame.time_epoch", "frame.len", "frame.cap_len", "frame.encap_type", "frame.interface_name", "frame.comment"}

const (
	nameField    = 4
	commentField = 5
)

// tshark gives the fields of each frame. Captures with damage are no failure.
func tshark(t *testing.T, path string, whole bool) (rows [][]string) {
	t.Helper()
	args := []string{"-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=/s"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	var stderr bytes.Buffer
	cmd := exec.Command("tshark", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && whole {
		t.Fatalf("tshark: %v: %s", err, stderr.String())
	}
	for line := range strings.Lines(string(out)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows
}

// TestTshark: tshark says the same of each frame in the source and in the files
// written from it, and capinfos counts as many. A run of tshark takes most of a
// second, so only some captures are compared, unless PCAPIDX_TSHARK=all.
func TestTshark(t *testing.T) {
	for _, program := range []string{"tshark", "capinfos"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("SKIPPED: no tshark, nothing was compared with it: " + err.Error())
		}
	}
	some := []string{
		"blocks.pcapng", "sections.pcapng", "hostile-names.pcapng", "http-loss.pcapng", "empty.pcapng", "cut-packet.pcap",
		"kuznetzov.pcap", "nanosecond-be-raw.pcap", "snaplen-60.pcap", "user0.pcap", "version-2.2.pcap", "zero-length.pcap",
	}
	all := os.Getenv("PCAPIDX_TSHARK") == "all"
	each(t, all, func(t *testing.T, path string, c *capture) {
		if !all && !slices.Contains(some, filepath.Base(path)) {
			return
		}
		t.Parallel()
		source := tshark(t, path, false)
		if len(source) != len(c.frames) {
			t.Fatalf("tshark has %d frames, the reader %d", len(source), len(c.frames))
		}
		for _, format := range []index.Format{index.FormatPcapng, index.FormatPcap} {
			file, r, err := c.write(t, format, nil)
			if format == index.FormatPcap && err != nil {
				continue // TestRoundTrip looks into it
			}
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(t.TempDir(), "out")
			if err := os.WriteFile(name, file, 0o600); err != nil {
				t.Fatal(err)
			}
			compareTshark(t, c, source, tshark(t, name, true), format)
			compareCapinfos(t, name, r, format)
		}
	})
}

// sourceRow is what tshark must say of a frame in the file, by what it says of
// it in the source.
func sourceRow(row []string, f *index.Frame, i *index.Interface, got []string, format index.Format) []string {
	want := slices.Clone(row)
	if f.NoTime && got[0] == "0.000000000" {
		want[0] = got[0]
	} else if sec, fraction, _ := strings.Cut(row[0], "."); len(fraction) > 9 {
		// A damaged pcap has more nanoseconds than a second, and tshark shows them.
		want[0] = fmt.Sprintf("%d.%09d", f.Time/second, f.Time%second)
		if n, err := strconv.ParseInt(sec, 10, 64); err != nil || int64(f.Time)/second <= n {
			want[0] = "not after " + row[0]
		}
	}
	if format == index.FormatPcap {
		want[nameField], want[commentField] = "", ""
		return want
	}
	want[nameField], want[commentField] = indexed(row[nameField]), indexed(row[commentField])
	switch {
	case i.Name == "": // what tshark shows in place of a name; an index has no empty names
		want[nameField] = cmp.Or(i.Description, "unknown")
	case i.Section > 0: // tshark 4.0 shows the name in the first section
		want[nameField] = i.Name
	}
	return want
}

// indexed is a text as an index has it: UTF-8 of at most 1024 bytes.
func indexed(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 1024)], "\uFFFD")
}

func compareTshark(t *testing.T, c *capture, source, got [][]string, format index.Format) {
	t.Helper()
	k := 0
	for i, row := range source {
		if c.leftOut(i, format) {
			continue
		}
		if k == len(got) {
			t.Fatalf("%s: only %d frames", format, k)
		}
		want := sourceRow(row, &c.frames[i], c.iface(i), got[k], format)
		if !slices.Equal(got[k], want) {
			t.Errorf("%s: frame %d: %q, want %q", format, i+1, got[k], want)
		}
		k++
	}
	if k != len(got) {
		t.Errorf("%s: %d frames, want %d", format, len(got), k)
	}
}

func compareCapinfos(t *testing.T, name string, r Result, format index.Format) {
	t.Helper()
	out, err := exec.Command("capinfos", "-M", "-t", "-c", name).CombinedOutput()
	if err != nil {
		t.Fatalf("capinfos: %v: %s", err, out)
	}
	m := regexp.MustCompile(`(?s)File type: +(\S+)\n.*Number of packets: +(\d+)\n`).FindSubmatch(out)
	if m == nil || strings.TrimPrefix(string(m[1]), "nsec") != format.String() || string(m[2]) != strconv.Itoa(int(r.Frames)) {
		t.Errorf("capinfos says\n%s, want %s with %d frames", out, format, r.Frames)
	}
}
