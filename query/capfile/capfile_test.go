package capfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/source"
)

const at = index.Time(1700000000123456000)

// made is a capture with one frame of 60 bytes for each Frame, whose lengths
// may be set.
func made(ifaces []index.Interface, frames ...index.Frame) *capture {
	c := &capture{info: &index.FileInfo{Interfaces: ifaces}}
	for _, f := range frames {
		if f.CapLen == 0 {
			f.CapLen = 60
		}
		if f.OrigLen == 0 {
			f.OrigLen = f.CapLen
		}
		c.frames, c.data = append(c.frames, f), append(c.data, make([]byte, f.CapLen))
	}
	return c
}

// pcapng writes all frames and reads them back.
func (c *capture) pcapng(t *testing.T) (*capture, Result) {
	t.Helper()
	file, r, err := c.write(t, index.FormatPcapng, nil)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, c, file, r, index.FormatPcapng, nil)
	return mustRead(t, file), r
}

func TestStamp(t *testing.T) {
	for _, c := range []struct {
		scale scale
		t     index.Time
		ts    uint64
		ok    bool
	}{
		{scale{6, 0}, at, 1700000000123456, true},
		{scale{6, 0}, at + 1, 0, false},
		{scale{9, 0}, at + 1, 1700000000123456001, true},
		{scale{0, 0}, 5e9, 5, true},
		{scale{0, 0}, 5e9 + 1e8, 0, false},
		{scale{3, 3600}, 3600e9 + 2e6, 2, true},
		{scale{6, 3600}, 3599e9, 0, false},
		{scale{6, -2}, -1, 0, false},
		{scale{6, -2}, -1000, 1999999, true},
		{scale{0, math.MinInt64}, 5e9, 1<<63 + 5, true},
		{scale{1, math.MinInt64}, 5e9, 0, false}, // more than 64 bits
		{scale{9, earliest}, math.MinInt64, 145224192, true},
		{scale{9, earliest}, math.MaxInt64, 0, false},
		{scale{9, 0}, math.MaxInt64, math.MaxInt64, true},
		{scale{power2, 0}, 7e9, 7, true},
		{scale{power2 | 1, 0}, 5e8, 1, true},
		{scale{power2 | 20, 0}, 953, 1, true},
		{scale{power2 | 20, 0}, 954, 0, false},
		{scale{power2 | 29, 0}, 1, 1, true},
		{scale{power2 | 29, 0}, 2, 0, false}, // between 1.8 and 3.7 ns
		{scale{power2 | 29, 0}, math.MaxInt64, 0, false},
		{scale{power2 | 29, math.MinInt64}, 0, 0, false},
	} {
		ts, ok := c.scale.stamp(c.t)
		if ok != c.ok || ok && ts != c.ts {
			t.Errorf("%d in %+v: %d %v, want %d %v", c.t, c.scale, ts, ok, c.ts, c.ok)
		}
	}
}

// TestScale: an interface that counts less than nanoseconds counts those, and a
// time that does not fit its interface gets a second description of it.
func TestScale(t *testing.T) {
	for _, c := range []struct {
		resolution uint8
		offset     int64
		times      []index.Time
		want       []scale
	}{
		{6, 0, []index.Time{at}, []scale{{6, 0}}},
		{12, 7, []index.Time{at}, []scale{{9, 7}}},
		{power2 | 40, 0, []index.Time{at}, []scale{{9, 0}}},
		{power2 | 10, 5, []index.Time{1e9 * 10}, []scale{{power2 | 10, 5}}},
		{6, 0, []index.Time{at, math.MaxInt64, at, math.MaxInt64}, []scale{{6, 0}, {9, 0}}},
		{6, 0, []index.Time{math.MinInt64, at, -1}, []scale{{6, 0}, {9, earliest}}},
		{9, earliest, []index.Time{math.MinInt64, math.MaxInt64}, []scale{{9, earliest}, {9, 0}}},
	} {
		var frames []index.Frame
		for _, time := range c.times {
			frames = append(frames, index.Frame{Time: time})
		}
		got, _ := made([]index.Interface{{LinkType: 1, Resolution: c.resolution, Offset: c.offset, Name: "eth0"}}, frames...).pcapng(t)
		var scales []scale
		for _, i := range got.info.Interfaces {
			scales = append(scales, scale{i.Resolution, i.Offset})
		}
		if !slices.Equal(scales, c.want) {
			t.Errorf("%#x %d, times %d: %+v, want %+v", c.resolution, c.offset, c.times, scales, c.want)
		}
	}
}

// TestWithoutTime: a frame without time is a Simple Packet Block wherever that
// says the same, and otherwise has the time 0.
func TestWithoutTime(t *testing.T) {
	ifaces := []index.Interface{{LinkType: 1, SnapLen: 60, Resolution: 6}, {LinkType: 1, Resolution: 6, Offset: 3600}}
	unlimited := []index.Interface{{LinkType: 1, Resolution: 6}}
	for _, c := range []struct {
		ifaces  []index.Interface
		frame   index.Frame
		comment bool
		simple  bool
	}{
		{ifaces, index.Frame{}, false, true},
		{ifaces, index.Frame{OrigLen: 1500}, false, true},
		{ifaces, index.Frame{CapLen: 59}, false, true},
		{ifaces, index.Frame{CapLen: 59, OrigLen: 60}, false, false},
		{ifaces, index.Frame{CapLen: 61}, false, false},
		{ifaces, index.Frame{}, true, false},
		{ifaces, index.Frame{Iface: 1}, false, false},
		{unlimited, index.Frame{}, false, true},
		{unlimited, index.Frame{OrigLen: 1500}, false, false},
	} {
		c.frame.NoTime = true
		m := made(c.ifaces, c.frame)
		if c.comment {
			m.info.Comments = []index.FrameComment{{Frame: 1, Comment: "x"}}
		}
		got, r := m.pcapng(t)
		const loss = "that frames have no time (they are written with that of 1970-01-01): 1"
		if got.frames[0].NoTime != c.simple || slices.Contains(r.Losses, loss) == c.simple {
			t.Errorf("%+v: simple packet block: %v, want %v; losses %q", c.frame, got.frames[0].NoTime, c.simple, r.Losses)
		}
	}
}

// TestManyInterfaces: of more interfaces than a section can have, those of
// frames are described.
func TestManyInterfaces(t *testing.T) {
	c := made(make([]index.Interface, maxInterfaces+1), index.Frame{Iface: maxInterfaces, Time: at}, index.Frame{Iface: 5, Time: at})
	for i := range c.info.Interfaces {
		c.info.Interfaces[i] = index.Interface{LinkType: 1, Resolution: 6}
	}
	c.info.Interfaces[maxInterfaces].Name = "last"
	file, _, err := c.write(t, index.FormatPcapng, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := mustRead(t, file)
	if len(got.frames) != 2 || len(got.info.Interfaces) != 2 || got.iface(0).Name != "last" {
		t.Errorf("%d frames, interfaces %+v", len(got.frames), got.info.Interfaces)
	}
	for i := range maxInterfaces + 1 {
		c.frames = append(c.frames, index.Frame{Iface: uint32(i), Time: at})
		c.data = append(c.data, nil)
	}
	if _, _, err := c.write(t, index.FormatPcapng, nil); err == nil || !strings.Contains(err.Error(), "more than 65536") {
		t.Errorf("more interfaces than there can be: %v", err)
	}
}

// option is one of a block.
type option struct {
	code  uint16
	value string
}

// options gives those of the first block of a kind whose body has a fixed part
// of so many bytes.
func options(t *testing.T, file []byte, kind uint32, fixed int) (all []option) {
	t.Helper()
	le := binary.LittleEndian
	for len(file) >= 12 {
		size := le.Uint32(file[4:])
		if le.Uint32(file) != kind {
			file = file[size:]
			continue
		}
		for list := file[8+fixed : size-4]; len(list) > 4; {
			n := int(le.Uint16(list[2:]))
			all = append(all, option{le.Uint16(list), string(list[4 : 4+n])})
			list = list[4+(n+3)&^3:]
		}
		return all
	}
	t.Fatalf("no block %#x", kind)
	return nil
}

// TestLongTexts: a comment too long for an option is split between characters,
// another text is cut, and options end at their limit.
func TestLongTexts(t *testing.T) {
	long := "x" + strings.Repeat("é", 40_000)
	c := made([]index.Interface{{LinkType: 1, Resolution: 6, Name: long, Filter: long}}, index.Frame{Time: at})
	for _, s := range []string{"a", long, long, "b"} {
		c.info.Comments = append(c.info.Comments, index.FrameComment{Frame: 1, Comment: s})
	}
	file, r, err := c.write(t, index.FormatPcapng, nil)
	if err != nil {
		t.Fatal(err)
	}
	mustRead(t, file)
	want := []option{{optComment, "a"}, {optComment, long[:65535]}, {optComment, long[65535:]}, {optComment, "b"}}
	if got := options(t, file, blockEnhanced, 20+60); !slices.Equal(got[:3], want[:3]) || got[len(got)-1] != want[3] {
		t.Errorf("%d comments, the second of %d bytes", len(got), len(got[1].value))
	}
	if !slices.Contains(r.Losses, "comments beyond 128 KiB in a block: 1") {
		t.Errorf("losses %q", r.Losses)
	}
	texts := options(t, file, blockInterface, 8)
	if want := (option{optIfName, long[:65535]}); texts[1] != want {
		t.Errorf("name of %d bytes", len(texts[1].value))
	}
	if cut("é", 1) != 0 || cut("\x80\x80\x80\x80\x80", 4) != 4 || cut("abc", 3) != 3 {
		t.Error("texts are cut in the wrong places")
	}
}

// TestPcapHeader: what the file header says.
func TestPcapHeader(t *testing.T) {
	us, ns := index.Interface{LinkType: 113, SnapLen: 96, Resolution: 6}, index.Interface{LinkType: 113, SnapLen: 80, Resolution: 9}
	other := index.Interface{LinkType: 1, Resolution: 9}
	normal := index.Frame{Time: at}
	three := func(f index.Frame) []index.Frame { return []index.Frame{normal, normal, f, normal} }
	for name, c := range map[string]struct {
		ifaces []index.Interface
		frames []index.Frame
		magic  uint32
		snap   uint32
		link   uint32
	}{
		"microseconds":       {[]index.Interface{us, other}, three(normal), magicMicro, 96, 113},
		"two frames":         {[]index.Interface{us}, []index.Frame{normal, normal}, magicMicro, 96, 113},
		"nanoseconds":        {[]index.Interface{us, ns}, three(normal), magicNano, 96, 113},
		"power of 2, exact":  {[]index.Interface{{LinkType: 113, Resolution: power2 | 6}}, nil, magicMicro, noLimit, 113},
		"power of 2":         {[]index.Interface{{LinkType: 113, Resolution: power2 | 7}}, nil, magicNano, noLimit, 113},
		"no limit":           {[]index.Interface{us, {LinkType: 113}}, nil, magicMicro, noLimit, 113},
		"no interface":       {nil, nil, magicMicro, noLimit, 1},
		"no packet":          {[]index.Interface{{LinkType: source.LinkTypeCustom}, us}, []index.Frame{normal}, magicMicro, 96, 113},
		"longer than snap":   {[]index.Interface{us}, three(index.Frame{Time: at, CapLen: 97}), magicNano, 96, 113},
		"longer than packet": {[]index.Interface{us}, three(index.Frame{Time: at, OrigLen: 59}), magicNano, 96, 113},
		"giant":              {[]index.Interface{us}, three(index.Frame{Time: at, OrigLen: 128<<20 + 1}), magicNano, 96, 113},
		"hidden nanoseconds": {[]index.Interface{us}, three(index.Frame{Time: at + 1}), magicNano, 96, 113},
		"strange too late":   {[]index.Interface{us}, append(three(normal), index.Frame{Time: at, OrigLen: 59}), magicMicro, 96, 113},
	} {
		file, r, err := made(c.ifaces, c.frames...).write(t, index.FormatPcap, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		le := binary.LittleEndian
		if magic, snap, link := le.Uint32(file), le.Uint32(file[16:]), le.Uint32(file[20:]); magic != c.magic || snap != c.snap || link != c.link {
			t.Errorf("%s: magic %#x, snaplen %d, link type %d; want %#x, %d, %d", name, magic, snap, link, c.magic, c.snap, c.link)
		}
		compare(t, made(c.ifaces, c.frames...), file, r, index.FormatPcap, nil)
	}
}

func TestPcapRefuses(t *testing.T) {
	ifaces := []index.Interface{{LinkType: 1, Resolution: 6}, {LinkType: 113, Resolution: 6}}
	many := func(f index.Frame) []index.Frame { return append(make([]index.Frame, 5), f) }
	for _, c := range []struct {
		frames []index.Frame
		want   string
	}{
		{many(index.Frame{Iface: 1}), "write frame 6: it has link type 113, those before it 1, and a pcap file has only one: write pcapng"},
		{many(index.Frame{Time: -1}), "write frame 6: its time is 1969-12-31T23:59:59.999999999Z, and a pcap file has those from 1970 to 2106: write pcapng"},
		{many(index.Frame{Time: (math.MaxUint32 + 1) * second}), "write frame 6: its time is 2106-02-07T06:28:16Z, and a pcap file has those from 1970 to 2106: write pcapng"},
		{many(index.Frame{Time: 1}), "write frame 6: its time has nanoseconds, and the frames before it have microseconds: write pcapng"},
	} {
		_, _, err := made(ifaces, c.frames...).write(t, index.FormatPcap, nil)
		var refused *PcapError
		if !errors.As(err, &refused) || refused.Frame != 6 || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	last := index.Frame{Time: (math.MaxUint32+1)*second - 1000}
	if _, _, err := made(ifaces, last).write(t, index.FormatPcap, nil); err != nil {
		t.Errorf("the last time of a pcap file: %v", err)
	}
}

// TestBadFrames: what no index holds is an error, not a broken file.
func TestBadFrames(t *testing.T) {
	info := &index.FileInfo{Interfaces: []index.Interface{{LinkType: 1, Resolution: 6}}}
	ng, err := NewPcapng(io.Discard, info)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []Writer{ng, NewPcap(io.Discard, info)} {
		for _, err := range []error{
			w.Packet(1, &index.Frame{Iface: 1}, nil),
			w.Packet(1, &index.Frame{CapLen: 5}, make([]byte, 4)),
			w.Packet(1, &index.Frame{CapLen: maxData + 1}, make([]byte, maxData+1)),
		} {
			if err == nil {
				t.Error("no error")
			}
		}
	}
}

// full fails when so many bytes were written.
type full int

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if *f -= full(len(b)); *f < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriteErrors(t *testing.T) {
	c := made([]index.Interface{{LinkType: 1, Resolution: 6}}, make([]index.Frame, 5000)...)
	for _, room := range []full{0, 100, 100_000} {
		for _, format := range []index.Format{index.FormatPcapng, index.FormatPcap} {
			room := room
			w := NewPcap(&room, c.info)
			var err error
			if format == index.FormatPcapng {
				w, err = NewPcapng(&room, c.info)
			}
			for n := 0; n < len(c.frames) && err == nil; n++ {
				err = w.Packet(uint32(n+1), &c.frames[n], c.data[n])
			}
			if !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "write ") {
				t.Errorf("%s, %d bytes: %v", format, room, err)
			}
		}
	}
	var none full
	if err := NewPcap(&none, c.info).Close(); !errors.Is(err, errFull) {
		t.Errorf("close: %v", err)
	}
}

func TestLosses(t *testing.T) {
	count := uint64(3)
	c := made([]index.Interface{
		{LinkType: 1, Resolution: 12, Name: "eth0", Dropped: &count},
		{LinkType: source.LinkTypeCustom, ID: -1},
		{LinkType: 1, Resolution: 6},
	}, index.Frame{Time: at}, index.Frame{Iface: 1}, index.Frame{NoTime: true, OrigLen: 100})
	c.info.Format, c.info.Variant = index.FormatPcapng, "modified"
	c.info.Sections = []index.Section{{OS: "os", Comments: []string{"x"}}, {}}
	c.info.Comments = []index.FrameComment{{Frame: 1, Comment: "x"}, {Frame: 1, Comment: "y"}}
	c.info.Names = []index.NameRecord{{Addr: netip.MustParseAddr("192.0.2.1"), Name: "one"}}
	c.info.Secrets = map[string]int{"tls": 2, "ssh": 1}
	c.info.Blocks = map[string]int{"custom": 4, "unknown 0x00000099": 2, "unknown": 1}
	c.info.Capped = []string{"frame comments", "texts"}
	both := []string{
		"frames that are no packets: 1",
		"that frames have no time (they are written with that of 1970-01-01): 1",
		"fractions of nanoseconds",
		"options of packets other than comments: flags, hashes, drop counts, packet ids",
		"what records have more in this variant of pcap",
		"statistics of interfaces",
		"decryption secrets: 3",
		"blocks of unknown types: 3",
		"what the index left out of the source's description: frame comments, texts",
	}
	for format, own := range map[index.Format][]string{
		index.FormatPcapng: {
			"which of the 2 sections a frame is of",
			"hardware, system and application of the sections",
		},
		index.FormatPcap: {
			"comments of frames: 2",
			"hardware, system and application of the capture",
			"comments of the capture",
			"names, descriptions, filters and comments of interfaces",
			"which of 2 interfaces a frame is of",
			"names of addresses: 1",
		},
	} {
		_, r, err := c.write(t, format, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := slices.Concat(both, own); !slices.Equal(r.Losses, want) || r.Frames != 2 || r.LeftOut != 1 {
			t.Errorf("%s: %+v\nwant %q", format, r, want)
		}
	}
	plain := made([]index.Interface{{LinkType: 1, Resolution: 6}}, index.Frame{Time: at})
	plain.info.Format, plain.info.Sections = index.FormatPcap, []index.Section{{Major: 2, Minor: 4}}
	for _, format := range []index.Format{index.FormatPcapng, index.FormatPcap} {
		if _, r, err := plain.write(t, format, nil); err != nil || len(r.Losses) > 0 {
			t.Errorf("%s of a plain pcap: %v, losses %q", format, err, r.Losses)
		}
	}
}

// TestNames: addresses of both kinds, more names than one block takes, and
// nothing that a record cannot hold.
func TestNames(t *testing.T) {
	c := made(nil)
	for range 200 {
		c.info.Names = append(c.info.Names,
			index.NameRecord{Addr: netip.MustParseAddr("192.0.2.1"), Name: strings.Repeat("n", 1000)},
			index.NameRecord{Addr: netip.MustParseAddr("::ffff:192.0.2.1"), Name: "mapped"})
	}
	got, _ := c.pcapng(t)
	if got.info.Blocks["name resolution"] < 3 {
		t.Errorf("blocks %v", got.info.Blocks)
	}
	odd := made(nil)
	odd.info.Names = []index.NameRecord{
		{Name: "of no address"},
		{Addr: netip.MustParseAddr("fe80::1%eth0"), Name: "one\x00two"},
		{Addr: netip.MustParseAddr("192.0.2.1"), Name: "\x00"},
		{Addr: netip.MustParseAddr("192.0.2.1"), Name: strings.Repeat("n", 70_000)},
	}
	file, _, err := odd.write(t, index.FormatPcapng, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := mustRead(t, file).info.Names
	if len(names) != 2 || names[0] != (index.NameRecord{Addr: netip.MustParseAddr("fe80::1"), Name: "one"}) || len(names[1].Name) != 1024 {
		t.Errorf("%d names", len(names))
	}
	if !bytes.Contains(file, bytes.Repeat([]byte{'n'}, maxOption-5)) {
		t.Error("the long name is not as long as it can be")
	}
}
