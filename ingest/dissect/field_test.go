package dissect

import (
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wiresharkKinds maps the types of tshark -G fields.
var wiresharkKinds = map[string]FieldKind{
	"FT_NONE": KindNone, "FT_BOOLEAN": KindBool, "FT_UINT8": KindUint, "FT_UINT16": KindUint, "FT_UINT24": KindUint,
	"FT_UINT32": KindUint, "FT_UINT64": KindUint, "FT_FRAMENUM": KindUint, "FT_INT8": KindInt, "FT_INT16": KindInt,
	"FT_INT32": KindInt, "FT_INT64": KindInt, "FT_STRING": KindString, "FT_BYTES": KindBytes, "FT_ETHER": KindEther,
	"FT_IPv4": KindIPv4, "FT_IPv6": KindIPv6, "FT_ABSOLUTE_TIME": KindAbsTime, "FT_RELATIVE_TIME": KindRelTime,
	"FT_DOUBLE": KindFloat, "FT_PROTOCOL": KindProtocol,
}

// wiresharkField is what tshark says about a field.
type wiresharkField struct {
	kind FieldKind
	bits uint8
	hex  bool
}

// wiresharkFields asks tshark for its dictionary.
func wiresharkFields(t *testing.T) map[string]wiresharkField {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: no tshark, so nothing was compared with Wireshark")
	}
	out, err := exec.Command("tshark", "-G", "fields").Output()
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]wiresharkField{}
	for line := range strings.SplitSeq(string(out), "\n") {
		column := strings.Split(line, "\t")
		switch {
		case column[0] == "P" && len(column) > 2:
			fields[column[2]] = wiresharkField{kind: KindProtocol}
		case column[0] == "F" && len(column) > 6:
			kind, known := wiresharkKinds[column[3]]
			if !known {
				continue
			}
			f := wiresharkField{kind: kind}
			f.hex = column[5] == "BASE_HEX" || column[5] == "BASE_HEX_DEC"
			width := strings.TrimLeft(column[3], "FT_UIN")
			if kind == KindBool {
				width = column[5]
			}
			n, _ := strconv.Atoi(width)
			if column[3] == "FT_FRAMENUM" {
				n = 32
			}
			f.bits = uint8(n)
			fields[column[2]] = f
		}
	}
	return fields
}

// TestFieldKinds holds the dictionary against Wireshark's.
func TestFieldKinds(t *testing.T) {
	theirs := wiresharkFields(t)
	for _, f := range Fields() {
		want, ok := theirs[f.Name]
		if f.Name == "tcp.analysis.capture_duplicate" { // ours
			continue
		}
		if !ok {
			t.Errorf("%s: tshark has no such field", f.Name)
			continue
		}
		if got := (wiresharkField{f.Kind, f.Bits, f.Hex}); got != want {
			t.Errorf("%s: %+v, want %+v", f.Name, got, want)
		}
	}
}

func TestFieldTable(t *testing.T) {
	for id, f := range Fields() {
		got, ok := FieldByName(f.Name)
		if !ok || got != FieldID(id) {
			t.Errorf("FieldByName(%q) = %d, %v, want %d: twice in the table?", f.Name, got, ok, id)
		}
		if f.Doc == "" {
			t.Errorf("%s has no Doc", f.Name)
		}
		if !f.Stored && f.get == nil && f.in.size == 0 {
			t.Errorf("%s has no way to get its value", f.Name)
		}
	}
	for _, name := range []string{"", "tcp.", "tcp.srcporta", "zzz", "ip.srcx"} {
		if id, ok := FieldByName(name); ok {
			t.Errorf("FieldByName(%q) = %d", name, id)
		}
	}
}

// fieldTexts are the values of a field in a frame, as text.
func fieldTexts(t *testing.T, name string, frame []byte) []string {
	t.Helper()
	id, ok := FieldByName(name)
	if !ok {
		t.Fatalf("no field %s", name)
	}
	d, p := NewDecoder(), &Packet{}
	d.Decode(1, frame, len(frame), p)
	var texts []string
	for _, v := range AppendValues(nil, id, frame, nil, len(frame), p) {
		texts = append(texts, fieldText(&fieldTable()[id], v))
	}
	return texts
}

func TestAppendValues(t *testing.T) {
	segment := ipv4Packet(6, append(tcpHeaderWith("020405b4 0101 0402 0303 07 00"), "hello"...))
	frame := ethernetFrame(0x8100, append(unhex("20640800"), segment...))
	tunnel := ethernetFrame(0x0800, ipv4Packet(17, udpDatagram(40000, 4789, append(unhex("0800000000007b00"), frame...))))
	for _, c := range []struct {
		frame []byte
		name  string
		want  string
	}{
		{frame, "ip.ttl", "64"},
		{frame, "ip.addr", "10.0.0.1,10.0.0.2"},
		{frame, "eth.addr", "02:00:00:00:00:02,02:00:00:00:00:01"},
		{frame, "vlan.id", "100"},
		{frame, "vlan.priority", "1"},
		{frame, "tcp.port", "40000,8081"},
		{frame, "tcp.flags", "0x0018"},
		{frame, "tcp.flags.push", "1"},
		{frame, "tcp.flags.str", "·······AP···"},
		{frame, "tcp.options.mss_val", "1460"},
		{frame, "tcp.options.wscale.multiplier", "128"},
		{frame, "tcp.payload", "68656c6c6f"},
		{frame, "tcp.stream", ""},
		{frame, "udp.port", ""},
		{frame[:39], "tcp.srcport", ""},
		{frame[:40], "ip.dst", "10.0.0.2"},
		{frame[:30], "ip.dst", ""},
		{tunnel, "vxlan.vni", "123"},
		{tunnel, "ip.src", "10.0.0.1,10.0.0.1"},
		{tunnel, "eth.type", "0x0800,0x8100"},
	} {
		if got := strings.Join(fieldTexts(t, c.name, c.frame), ","); got != c.want {
			t.Errorf("%s of %d bytes: %q, want %q", c.name, len(c.frame), got, c.want)
		}
	}
}

func TestAppendFields(t *testing.T) {
	frame := ethernetFrame(0x0800, ipv4Packet(6, tcpSegment([]byte("x"))))
	d, p := NewDecoder(), &Packet{}
	d.Decode(1, frame, len(frame), p)
	layer := slices.IndexFunc(p.Layers, func(l Layer) bool { return l.Proto == ProtoTCP })
	at := -1
	for _, f := range AppendFields(nil, layer, frame, nil, len(frame), p) {
		name := Fields()[f.Field].Name
		if strings.HasPrefix(name, "tcp.") && Fields()[f.Field].Kind == KindUint && f.Length > 0 && !strings.HasPrefix(name, "tcp.port") {
			if int(f.Offset) < at {
				t.Errorf("%s at %d, after %d", name, f.Offset, at)
			}
			at = int(f.Offset)
		}
	}
	if at != 52 {
		t.Errorf("the last number is at %d, want the urgent pointer at 52", at)
	}
	if got := AppendFields(nil, len(p.Layers), frame, nil, len(frame), p); got != nil {
		t.Errorf("fields of a layer that is not there: %v", got)
	}
}

func TestFieldAllocations(t *testing.T) {
	frame := benchmarkMix()[1]
	d, p := NewDecoder(), &Packet{}
	d.Decode(1, frame, len(frame), p)
	var values []FieldValue
	for id, f := range Fields() {
		if f.Kind == KindString {
			continue
		}
		n := testing.AllocsPerRun(10, func() { values = AppendValues(values[:0], FieldID(id), frame, nil, len(frame), p) })
		if n > 0 {
			t.Errorf("%s allocates %v times", f.Name, n)
		}
	}
}

// FuzzFields takes every field from any frame, whole and cut.
func FuzzFields(f *testing.F) {
	for _, frame := range benchmarkMix() {
		f.Add(uint16(1), frame, uint16(len(frame)))
	}
	d, p := NewDecoder(), &Packet{}
	f.Fuzz(func(t *testing.T, link uint16, frame []byte, cut uint16) {
		d.Decode(uint32(link), frame, len(frame), p)
		frame = frame[:min(len(frame), int(cut))]
		for id := range Fields() {
			for _, v := range AppendValues(nil, FieldID(id), frame, nil, len(frame), p) {
				if int(v.Offset)+int(v.Length) > len(frame) {
					t.Fatalf("%s at %d, %d bytes of %d", fieldTable()[id].Name, v.Offset, v.Length, len(frame))
				}
			}
		}
	})
}

func BenchmarkField(b *testing.B) {
	for _, name := range []string{"ip.ttl", "ip.addr", "tcp.port", "tcp.flags.syn", "eth.type", "tcp.payload", "tcp.options.timestamp.tsval", "ip"} {
		b.Run(name, func(b *testing.B) { benchmarkField(b, name) })
	}
}

func benchmarkField(b *testing.B, name string) {
	frames := benchmarkMix()
	packets := make([]Packet, len(frames))
	d := NewDecoder()
	for i, f := range frames {
		d.Decode(1, f, len(f), &packets[i])
	}
	id, _ := FieldByName(name)
	var values []FieldValue
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k := i & 7
		values = AppendValues(values[:0], id, frames[k], nil, len(frames[k]), &packets[k])
	}
}
