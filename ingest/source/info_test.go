package source

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

func TestInfo(t *testing.T) {
	file := cat(
		le.shb(le.option(2, "hw"), le.option(3, "os"), le.option(4, "app"), le.option(1, "one"), le.option(1, "two"), uint32(0)),
		le.idb(1, 96, le.option(2, "eth0"), le.option(3, "first"), le.option(9, "\x09"), le.option(11, "\x00tcp"),
			le.option(12, "linux"), le.option(14, uint64(3600)), le.option(15, "card"), le.option(1, "note")),
		le.epb(0, 1700000000123456789, payload(60), le.option(1, "hello\x00"), le.option(1, "bad \xff utf-8")),
		le.block(blockNames, uint16(1), uint16(12), "\x01\x02\x03\x04one\x00two\x00", uint16(2), uint16(18), make([]byte, 15), "\x01x\x00", "\x00\x00", uint32(0)),
		le.block(blockStatistics, 0, 0, 0, le.option(4, uint64(10)), le.option(5, uint64(20)), le.option(7, uint64(30))),
		le.block(blockSecrets, uint32(0x544c534b), 0), le.block(blockSecrets, uint32(0x57474b4c), 0), le.block(blockSecrets, 1, 0),
		le.block(blockCustom, 5), le.block(0x99, "x"), le.block(0x99, "y"),
		be.version(1, 2), be.idb(113, 0), be.epb(0, stamp, payload(60)),
	)
	got := mustRead(t, gz(t, file)).info
	ten, twenty, thirty := uint64(10), uint64(20), uint64(30)
	want := &index.FileInfo{
		Format: index.FormatPcapng, Compression: []string{"gzip"}, Major: 1,
		FileBytes: uint64(len(gz(t, file))), DataBytes: uint64(len(file)),
		Sections: []index.Section{
			{Major: 1, Hardware: "hw", OS: "os", Application: "app", Comments: []string{"one", "two"}},
			{Major: 1, Minor: 2, BigEndian: true},
		},
		Interfaces: []index.Interface{
			{
				LinkType: 1, SnapLen: 96, Format: index.FormatPcapng, Resolution: 9, Offset: 3600, Name: "eth0",
				Description: "first", Hardware: "card", OS: "linux", Filter: "tcp", Comments: []string{"note"},
				Packets: 1, Received: &ten, Dropped: &twenty, OSDropped: &thirty,
			},
			{ID: -1, LinkType: LinkTypeCustom, Format: index.FormatPcapng, Resolution: 6, Packets: 1},
			{Section: 1, LinkType: 113, Format: index.FormatPcapng, BigEndian: true, Resolution: 6, Packets: 1},
		},
		Comments: []index.FrameComment{{Frame: 1, Comment: "hello"}, {Frame: 1, Comment: "bad \uFFFD utf-8"}},
		Names: []index.NameRecord{
			{Addr: netip.MustParseAddr("1.2.3.4"), Name: "one"},
			{Addr: netip.MustParseAddr("1.2.3.4"), Name: "two"},
			{Addr: netip.MustParseAddr("::1"), Name: "x"},
		},
		Secrets: map[string]int{"tls": 1, "wireguard": 1, "unknown": 1},
		Blocks:  map[string]int{"name resolution": 1, "interface statistics": 1, "decryption secrets": 3, "custom": 1, "unknown 0x00000099": 2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestInfoPcap(t *testing.T) {
	got := mustRead(t, be.pcap(pcapFile{magic: magicModified, link: 113, snap: 80, extra: be.words(2, uint16(0x800), "\x00\x00")}, rec(60))).info
	want := []index.Interface{{LinkType: 113, SnapLen: 80, Format: index.FormatPcap, BigEndian: true, Resolution: 6, Packets: 1}}
	if !reflect.DeepEqual(got.Interfaces, want) || got.Variant != "modified" || got.Major != 2 || got.Minor != 4 || len(got.Sections) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestLimits(t *testing.T) {
	many := func(n int, b []byte) []byte { return bytes.Repeat(b, n) }
	s, i := le.shb(), le.idb(1, 0)
	p := le.epb(0, stamp, payload(20))
	comment := le.epb(0, stamp, nil, le.option(1, "x"))
	name := le.block(blockNames, uint16(1), uint16(6), "\x01\x02\x03\x04x\x00", "\x00\x00")
	var kinds []byte
	for n := range 200 {
		kinds = append(kinds, le.block(uint32(0x1000+n))...)
	}
	for _, c := range []struct {
		capped string
		file   []byte
		frames int
		size   func(*index.FileInfo) int
		want   int
	}{
		{"frame comments", cat(s, i, many(maxFrameComments+5, comment)), maxFrameComments + 5, func(f *index.FileInfo) int { return len(f.Comments) }, maxFrameComments},
		{"names", cat(s, many(maxNames+5, name)), 0, func(f *index.FileInfo) int { return len(f.Names) }, maxNames},
		{"sections", many(maxSections+5, s), 0, func(f *index.FileInfo) int { return len(f.Sections) }, maxSections},
		{"interfaces", many(maxInterfaces+5, cat(s, i, p)), maxInterfaces + 5, func(f *index.FileInfo) int { return len(f.Interfaces) }, maxInterfaces + 1},
		{"block types", cat(s, kinds), 0, func(f *index.FileInfo) int { return len(f.Blocks) }, maxBlockKinds + 1},
		{"texts", cat(s, le.idb(1, 0, le.option(2, strings.Repeat("é", 1000)))), 0, func(f *index.FileInfo) int { return len(f.Interfaces[0].Name) }, maxText},
		{"texts", cat(s, le.idb(1, 0, le.option(2, "x"+strings.Repeat("é", 1000)))), 0, func(f *index.FileInfo) int { return len(f.Interfaces[0].Name) }, maxText - 1},
		{
			"texts", cat(s, le.idb(1, 0, many(30_000, le.option(1, ""))), many(30, le.idb(1, 0, many(30_000, le.option(1, ""))))), 0,
			func(f *index.FileInfo) (n int) {
				for _, i := range f.Interfaces {
					n += len(i.Comments)
				}
				return n
			}, maxTexts / textOverhead,
		},
		{"time stamps", cat(s, i, le.epb(0, math.MaxUint64, payload(20))), 1, func(f *index.FileInfo) int { return 1 }, 1},
	} {
		got := mustRead(t, c.file)
		if !slices.Contains(got.info.Capped, c.capped) || c.size(got.info) != c.want || len(got.frames) != c.frames {
			t.Errorf("%s: capped %q, size %d, %d frames; want %d and %d",
				c.capped, got.info.Capped, c.size(got.info), len(got.frames), c.want, c.frames)
		}
	}
	if c := mustRead(t, cat(s, many(maxInterfaces+1, i), p)); c.info.Damage == nil || len(c.frames) != 0 {
		t.Error("a section may have any number of interfaces")
	}
}

// TestBomb reads 300 MiB of zeros out of a small gzip file: all of it is kept as
// pieces, and no batch is large.
func TestBomb(t *testing.T) {
	const zeros = 300 << 20
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	w.Write(cat(le.shb(), le.lying(0x99, 100<<20, 0)[:8]))
	for range zeros >> 20 {
		w.Write(make([]byte, 1<<20))
	}
	w.Close()
	r, err := NewReader(&file, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b Batch
	total := 0
	for {
		err := r.Next(&b)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if cap(b.arena) > 3*batchPieces || cap(b.Data) > 0 {
			t.Fatalf("batch of %d bytes", cap(b.arena))
		}
		for _, p := range b.Pieces {
			total += len(p.Data)
		}
	}
	if total != zeros+len(le.shb())+8 || r.Info().Damage == nil {
		t.Errorf("%d bytes of pieces, damage %v", total, r.Info().Damage)
	}
}

func TestTime(t *testing.T) {
	for _, c := range []struct {
		resolution uint8
		offset     int64
		ts         uint64
		want       index.Time
		ok         bool
	}{
		{6, 0, 1, 1000, true},
		{9, 0, math.MaxInt64, math.MaxInt64, true},
		{9, 0, math.MaxInt64 + 1, math.MaxInt64, false},
		{9, math.MinInt64, math.MaxUint64, math.MinInt64, false},
		{0, math.MinInt64, 1<<63 + 5, 5e9, true},
		{0, math.MaxInt64, math.MaxUint64, math.MaxInt64, false},
		{9, -9223372037, 145224192, math.MinInt64, true},
		{9, -9223372037, 145224191, math.MinInt64, false},
		{9, -1, 5, -1e9 + 5, true},
		{12, 0, 1999, 1, true},
		{19, 0, 12345678901234567890, 1234567890, true},
		{28, 0, math.MaxUint64, 1, true},
		{29, 0, math.MaxUint64, 0, true},
		{127, 0, math.MaxUint64, 0, true},
		{0x80, 0, 5, 5e9, true},
		{0x80 | 1, 0, 5, 25e8, true},
		{0x80 | 63, 0, math.MaxUint64, 1999999999, true},
		{0x80 | 64, 0, math.MaxUint64, 999999999, true},
		{0x80 | 65, 0, math.MaxUint64, 499999999, true},
		{0xff, 0, math.MaxUint64, 0, true},
	} {
		i := ngInterface{offset: c.offset}
		i.setResolution(c.resolution)
		if got, ok := i.time(c.ts); got != c.want || ok != c.ok {
			t.Errorf("%d units of %#x at %d: %d %v, want %d %v", c.ts, c.resolution, c.offset, got, ok, c.want, c.ok)
		}
	}
}

func TestDamage(t *testing.T) {
	good := le.pcap(pcapFile{}, rec(60), rec(60), rec(60))
	for _, c := range []struct {
		file []byte
		want index.Damage
	}{
		{good[:24+76+10], index.Damage{Kind: damageCutHeader, Offset: 100, AfterFrame: 1}},
		{good[:24+76+50], index.Damage{Kind: damageCutPacket, Offset: 100, AfterFrame: 1}},
		{cat(good, bytes.Repeat([]byte{0xee}, 99)), index.Damage{Kind: damageLength, Offset: 252, AfterFrame: 3}},
		{gz(t, good)[:60], index.Damage{Kind: damageCompression, AfterFrame: 0}},
	} {
		got := mustRead(t, c.file).info.Damage
		if got == nil || got.Kind != c.want.Kind || c.want.Kind != damageCompression && (got.Offset != c.want.Offset || got.AfterFrame != c.want.AfterFrame) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
	if s := fmt.Sprint(mustRead(t, good).info.Damage); s != "<nil>" {
		t.Error(s)
	}
}
