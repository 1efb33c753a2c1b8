package capfile

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/source"
)

// dice gives choices out of bytes, and zeros when they run out.
type dice struct{ b []byte }

func (d *dice) bytes(n int) []byte {
	out := make([]byte, n)
	d.b = d.b[copy(out, d.b):]
	return out
}

func (d *dice) n(limit int) int { return int(d.bytes(1)[0]) % limit }
func (d *dice) u32() uint32     { return binary.LittleEndian.Uint32(d.bytes(4)) }
func (d *dice) i64() int64      { return int64(binary.LittleEndian.Uint64(d.bytes(8))) }

// text is one that an index can hold: UTF-8 that does not end with NUL.
func (d *dice) text() string {
	return strings.TrimRight(strings.ToValidUTF8(string(d.bytes(d.n(20))), "\uFFFD"), "\x00")
}

func (d *dice) texts() (all []string) {
	for range d.n(3) {
		all = append(all, d.text())
	}
	return all
}

const journalEntry = "__REALTIME_TIMESTAMP=1700000000123456\nMESSAGE=x\n"

// capture makes up what an index might hold, and more.
func (d *dice) capture() *capture {
	c := &capture{info: &index.FileInfo{}}
	for range d.n(3) {
		c.info.Sections = append(c.info.Sections, index.Section{
			Hardware: d.text(), OS: d.text(), Application: d.text(), Comments: d.texts(),
		})
	}
	links := []uint32{1, 1, 1, 0, 101, 147, 276, maxLink, source.LinkTypeCustom, source.LinkTypeJournal, source.LinkTypeSysdig}
	for range d.n(5) {
		i := index.Interface{
			LinkType: links[d.n(len(links))], SnapLen: []uint32{0, 60, 262144, d.u32()}[d.n(4)],
			Resolution: []uint8{6, 9, d.bytes(1)[0]}[d.n(3)], Offset: []int64{0, 3600, d.i64()}[d.n(3)],
			Name: d.text(), Description: d.text(), Hardware: d.text(), OS: d.text(), Filter: d.text(), Comments: d.texts(),
		}
		if i.LinkType > maxLink { // no interfaces, and their frames have no comments
			i = index.Interface{ID: -1, LinkType: i.LinkType, Resolution: 6}
		}
		c.info.Interfaces = append(c.info.Interfaces, i)
	}
	for range d.n(4) {
		if name := beforeNUL(d.text()); name != "" {
			addr, _ := netip.AddrFromSlice(d.bytes([]int{4, 16}[d.n(2)]))
			c.info.Names = append(c.info.Names, index.NameRecord{Addr: addr, Name: name})
		}
	}
	if len(c.info.Interfaces) > 0 {
		for range d.n(12) {
			d.frame(c)
		}
	}
	return c
}

// frame adds a frame.
func (d *dice) frame(c *capture) {
	f := index.Frame{Iface: uint32(d.n(len(c.info.Interfaces))), NoTime: d.n(4) == 1}
	if !f.NoTime {
		f.Time = []index.Time{1700000000123456000, 1700000000000000000, 1700000000123456789, index.Time(d.i64())}[d.n(4)]
	}
	data := d.bytes(d.n(100))
	f.OrigLen = []uint32{uint32(len(data)), uint32(len(data)), 1500, d.u32()}[d.n(4)]
	if c.info.Interfaces[f.Iface].LinkType == source.LinkTypeJournal {
		data = []byte(journalEntry)
		f.OrigLen, f.Time, f.NoTime = uint32(len(data)), 1700000000123456000, false
	}
	f.CapLen = uint32(len(data))
	c.frames, c.data = append(c.frames, f), append(c.data, data)
	if c.info.Interfaces[f.Iface].LinkType > maxLink {
		return
	}
	for _, s := range d.texts() {
		c.info.Comments = append(c.info.Comments, index.FrameComment{Frame: uint32(len(c.frames)), Comment: s})
	}
}

// checkBoth writes a capture in both formats and reads it back. Only a pcap may
// be refused.
func checkBoth(t *testing.T, c *capture) {
	t.Helper()
	file, r, err := c.write(t, index.FormatPcapng, nil)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, c, file, r, index.FormatPcapng, nil)
	file, r, err = c.write(t, index.FormatPcap, nil)
	var refused *PcapError
	if errors.As(err, &refused) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	compare(t, c, file, r, index.FormatPcap, nil)
}

// FuzzWriters: any capture is read back as it was written.
func FuzzWriters(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(randomBytes(seed, 600))
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		checkBoth(t, (&dice{choices}).capture())
	})
}

// TestRandom is FuzzWriters with many captures.
func TestRandom(t *testing.T) {
	refused := 0
	for seed := range uint64(400) {
		c := (&dice{randomBytes(seed, 2000)}).capture()
		checkBoth(t, c)
		if t.Failed() {
			t.Fatalf("seed %d: %+v\n%+v", seed, c.info, c.frames)
		}
		if _, _, err := c.write(t, index.FormatPcap, nil); err != nil {
			refused++
		}
	}
	if refused == 0 || refused > 360 {
		t.Errorf("%d of 400 pcap files refused: these captures test little", refused)
	}
}

func randomBytes(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
