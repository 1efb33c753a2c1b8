package dissect

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// captures is where the repository's own captures are, golden what tshark says
// of them.
const (
	captures = "../../testdata/captures"
	golden   = "../../testdata/golden"
)

// eachFrame decodes the frames of a capture of the classic format, and puts
// datagrams together. It stops where the file is damaged.
func eachFrame(t *testing.T, path string, use func(number int, frame, datagram []byte, original int, p *Packet)) {
	t.Helper()
	const fileHeader, recordHeader = 24, 16
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(data) < fileHeader:
		return
	case data[0] == 0xa1:
		order = binary.BigEndian
	case data[0] != 0xd4 && data[0] != 0x4d: // one of the forms that only the ingest reads
		return
	}
	link := order.Uint32(data[20:]) & 0xffff
	d, p, r := NewDecoder(), &Packet{}, reassembler{}
	data = data[fileHeader:]
	for number := 1; len(data) >= recordHeader; number++ {
		captured, original := int(order.Uint32(data[8:])), int(order.Uint32(data[12:]))
		if data = data[recordHeader:]; captured > len(data) {
			return
		}
		frame := data[:captured:captured]
		data = data[captured:]
		d.Decode(link, frame, original, p)
		datagram := r.finish(d, p, frame)
		use(number, frame, datagram, original, p)
	}
}

// goldenLines reads a table of tshark's answers, split into columns.
func goldenLines(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(golden, name))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.Lines(string(data)) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return lines
}

// TestTexts compares what Text and Meaning give for the numbers and flags in
// the captures with what tshark shows of them.
func TestTexts(t *testing.T) {
	shown := map[string][]string{}
	for _, line := range goldenLines(t, "texts.tsv") {
		shown[line[0]] = append(shown[line[0]], plainHex(line[1]))
	}
	files, _ := filepath.Glob(filepath.Join(captures, "*.pcap"))
	fields, compared, reported := map[string]bool{}, 0, map[string]bool{}
	for _, file := range files {
		eachFrame(t, file, func(number int, frame, datagram []byte, original int, p *Packet) {
			for i := range p.Layers {
				for _, at := range AppendFields(nil, i, frame, datagram, original, p) {
					f := &fieldTable()[at.Field]
					bogus := strings.HasPrefix(f.Name, "ip.opt.") && p.Problem == Malformed // tshark shows none that is too long
					if shown[f.Name] == nil || bogus || f.Kind != KindUint && f.Kind != KindBool {
						continue
					}
					fields[f.Name] = true
					compared++
					text, word := plainHex(f.Text(&at.FieldValue)), f.Meaning(&at.FieldValue)
					if key := f.Name + text; !reported[key] && !shownAs(shown[f.Name], text, word) {
						reported[key] = true
						t.Errorf("%s frame %d: %s: %q %q, tshark has %.200q", filepath.Base(file), number, f.Name, text, word, shown[f.Name])
					}
				}
			}
		})
	}
	const atLeast = 180
	if len(fields) < atLeast {
		t.Errorf("only %d fields compared", len(fields))
	}
	t.Logf("%d fields, %d values", len(fields), compared)
}

// leadingZeros are what the width of a hexadecimal number is made of, which is
// a question of the field's type.
var leadingZeros = regexp.MustCompile(`0x0*([0-9a-fA-F])`)

func plainHex(s string) string { return strings.ToLower(leadingZeros.ReplaceAllString(s, "0x$1")) }

// afterNumber is what may follow a number that has no word: the same in another
// base or unit, or a remark.
var afterNumber = regexp.MustCompile(`^( \[.*\]?|, should be.*| incorrect.*| \((0x)?[0-9a-f]+\)?| \([0-9]+ b(yte|it)s?\)| *\(relative.*| \(bogus.*| \(.* after midnight utc\))?$`)

// shownAs tells whether a number and its word are among the texts that tshark
// shows.
func shownAs(texts []string, text, word string) bool {
	word = strings.ToLower(word)
	return slices.ContainsFunc(texts, func(s string) bool {
		switch {
		case word == "":
			after, ok := strings.CutPrefix(s, text)
			maker := strings.Count(text, ":") == 2 && strings.HasPrefix(after, " (") // of network cards
			return ok && (afterNumber.MatchString(after) || maker) || strings.HasPrefix(s, "unknown ("+text) || strings.HasPrefix(s, text+" (unknown")
		case s == word || s == word+" ("+text+")" || s == text+" ("+word+")" || s == text+", "+word:
			return true
		}
		return false
	})
}

// TestTextKinds checks the texts of values that no capture is needed for.
func TestTextKinds(t *testing.T) {
	for _, c := range []struct {
		field string
		value FieldValue
		want  string
	}{
		{"frame.time_delta", FieldValue{Num: 20_000_000}, "0.020000000 seconds"},
		{"frame.time_delta", FieldValue{Num: 1<<64 - 1_500_000_000}, "-1.500000000 seconds"},
		{"frame.time_delta", FieldValue{Num: 1 << 63}, "-9223372036.854775808 seconds"},
		{"frame.time", FieldValue{Num: 1795232446712985000}, "Nov 21, 2026 03:40:46.712985000 UTC"},
		{"icmp.resptime", FieldValue{Num: math.Float64bits(10.528)}, "10.528 ms"},
		{"tcp.window_size_scalefactor", FieldValue{Num: 1<<64 - 2}, "-2"},
		{"eth.src", FieldValue{Bytes: []byte{0, 0x11, 0x22, 0x33, 0x44, 0x55}}, "00:11:22:33:44:55"},
		{"ip.src", FieldValue{Bytes: []byte{192, 0, 2, 1}, Kind: KindIPv4}, "192.0.2.1"},
		{"tcp.payload", FieldValue{Bytes: []byte(strings.Repeat("A", 37))}, strings.Repeat("41", 36) + "…"},
		{"ip.src_host", FieldValue{Bytes: []byte(strings.Repeat("ä", 200))}, strings.Repeat("ä", 120) + "…"},
		{"tcp", FieldValue{}, "Transmission Control Protocol"},
		{"tcp.flags", FieldValue{Num: 0x12}, "0x0012"},
		{"ip.flags.df", FieldValue{Num: 1}, "True"},
		{"ip.hdr_len", FieldValue{Num: 20}, "20 bytes"},
		{"tcp.analysis", FieldValue{}, ""},
	} {
		id, ok := FieldByName(c.field)
		if !ok {
			t.Fatalf("no field %s", c.field)
		}
		if got := fieldTable()[id].Text(&c.value); got != c.want {
			t.Errorf("%s: %q, want %q", c.field, got, c.want)
		}
	}
}

// TestMeanings checks that the tables fit the dictionary and are sorted, as
// the search in them wants it.
func TestMeanings(t *testing.T) {
	for name, m := range meanings {
		if _, ok := FieldByName(name); !ok {
			t.Errorf("%s has a meaning but is no field", name)
		}
		if !slices.IsSortedFunc(m.names, func(a, b valueName) int { return int(int64(a.number) - int64(b.number)) }) {
			t.Errorf("%s: names out of order", name)
		}
	}
	for _, c := range []struct {
		field string
		value FieldValue
		want  string
	}{
		{"tcp.flags", FieldValue{Num: 0x12}, "SYN, ACK"},
		{"eth.type", FieldValue{Num: 0x0800}, "IPv4"},
		{"icmp.code", FieldValue{Num: 3, Bytes: []byte{3}}, "Port unreachable"},
		{"icmp.code", FieldValue{Num: 3}, ""},
		{"icmpv6.code", FieldValue{Num: 0, Bytes: []byte{128}}, ""},
		{"ip.proto", FieldValue{Num: 200}, "Unassigned"},
		{"ip.proto", FieldValue{Num: 253}, ""},
		{"ip.dsfield", FieldValue{Num: 0xb8}, "DSCP: EF PHB, ECN: Not-ECT"}, //nolint:misspell // as in RFC 3168
		{"ip.dsfield", FieldValue{Num: 0x2b}, "DSCP: AF11, ECN: CE"},
		{"llc.control", FieldValue{Num: 0x122d}, "S, func=SREJ, N(R)=9"},
		{"llc.control", FieldValue{Num: 0xbf}, "U P, func=XID"},
		{"llc.control", FieldValue{Num: 0xbf, Bytes: []byte{1}}, "U F, func=XID"},
		{"icmpv6.nd.ra.flag", FieldValue{Num: 0xff}, "Managed address configuration, Other configuration, Home Agent, Prf (Default Router Preference): Low, Proxy"},
		{"tcp.flags.ack", FieldValue{Num: 0}, "Not set"},
		{"tcp.srcport", FieldValue{Num: 80}, ""},
		{"ip.src", FieldValue{}, ""},
	} {
		id, _ := FieldByName(c.field)
		if got := fieldTable()[id].Meaning(&c.value); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.field, c.value.Num, got, c.want)
		}
	}
}
