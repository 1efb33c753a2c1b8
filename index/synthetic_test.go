package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"testing"
)

// synthetic is a made-up capture and all that its index should answer.
type synthetic struct {
	rows      []Packet
	more      []Member
	data      [][]byte
	pieces    map[uint32][]ContainerPiece // by Before
	conns     []Connection
	members   map[uint32][]Member // by connection
	datagrams map[uint32][]uint32
	summary   Summary
	file      []byte // what it exports to
}

func (c *synthetic) sha() string {
	sum := sha256.Sum256(c.file)
	return hex.EncodeToString(sum[:])
}

// newSynthetic makes up frames of up to size bytes over some connections.
func newSynthetic(frames, conns, size int) *synthetic {
	r := seeded(uint64(frames))
	c := &synthetic{
		pieces: map[uint32][]ContainerPiece{}, members: map[uint32][]Member{}, datagrams: map[uint32][]uint32{},
		conns: make([]Connection, conns),
	}
	iface := Interface{Format: FormatPcap, Resolution: 9, LinkType: 1}
	c.summary.File = FileInfo{Format: FormatPcap, Interfaces: []Interface{iface}}
	c.summary.Stacks = []Stack{{}, {Layers: "eth:ethertype:ip:udp"}, {Layers: "eth:ethertype:ip:tcp"}}
	c.summary.Frames = uint32(frames)
	for i := range conns {
		c.conns[i] = Connection{
			Number: uint32(i), Kind: 6, Stream: uint32(i), State: StateSF,
			A: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1000),
			B: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, 1}), 80),
		}
	}
	c.piece(1, bytes.Repeat([]byte("file header "), 2))
	for i := range frames {
		p := Packet{Number: uint32(i + 1), Conn: NoConnection, Stack: 1}
		p.Time, p.CapLen = Time(i)*1_000_003, uint32(r.IntN(size+1))
		p.OrigLen = p.CapLen + uint32(r.IntN(2))
		if i < conns || r.IntN(8) > 0 { // all connections occur
			p.Conn, p.Side, p.Stack = uint32(i%conns), Side(r.IntN(2)), 2
			p.TCP, p.Flags, p.Seq, p.Window = true, uint16(r.IntN(256)), r.Uint32(), uint16(i)
			if i < conns {
				p.Side = SideA
			}
			c.join(&p, p.Conn, p.Side)
			if other := uint32((i + 1) % conns); i >= conns && r.IntN(16) == 0 && other != p.Conn {
				c.more = append(c.more, Member{Frame: p.Number, Conn: other, Side: SideB})
				c.join(&p, other, SideB)
			}
		}
		if r.IntN(32) == 0 {
			p.Status = StatusMalformed | StatusFragment
		}
		if r.IntN(100) == 0 {
			c.piece(p.Number, bytes.Repeat([]byte{byte(i)}, r.IntN(2000)))
			c.piece(p.Number, []byte("second part"))
		}
		if i%50 == 49 {
			c.datagrams[p.Number] = []uint32{p.Number - 40, p.Number - 3, p.Number}
		}
		data := make([]byte, p.CapLen)
		for j := range data {
			data[j] = byte(r.IntN(7))
		}
		c.rows, c.data = append(c.rows, p), append(c.data, data)
	}
	c.piece(uint32(frames+1), []byte("tail")) // pieces without a frame, too, if there are no frames
	c.assemble()
	return c
}

func (c *synthetic) piece(before uint32, b []byte) {
	c.pieces[before] = append(c.pieces[before], ContainerPiece{Before: before, Data: b})
}

// join makes a frame part of a connection.
func (c *synthetic) join(p *Packet, conn uint32, side Side) {
	g := &c.conns[conn]
	if g.First == 0 {
		g.First, g.Start = p.Number, p.Time
	}
	g.Last, g.End = p.Number, p.Time
	g.Packets[side]++
	g.Bytes[side] += uint64(p.OrigLen)
	c.members[conn] = append(c.members[conn], Member{Frame: p.Number, Conn: conn, Side: side})
}

// assemble puts the capture file together from gaps and packet data.
func (c *synthetic) assemble() {
	var prev *Frame
	for i := 0; i <= len(c.rows); i++ {
		var next *Frame
		if i < len(c.rows) {
			next = &c.rows[i].Frame
		}
		pieces, stored := c.pieces[uint32(i+1)]
		for _, p := range pieces {
			c.file = append(c.file, p.Data...)
		}
		if !stored {
			c.file, _ = AppendGap(c.file, c.summary.File.Interfaces, prev, next)
		}
		if next != nil {
			c.file = append(c.file, c.data[i]...)
		}
		prev = next
	}
	c.summary.File.DataBytes = uint64(len(c.file))
}

// write stores the capture in folder dir. IPSrc goes over its budget in the
// first segment.
func (c *synthetic) write(t *testing.T, dir string) {
	t.Helper()
	w, err := CreateIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.feed(w, func() {}); err != nil {
		w.Abort()
		t.Fatal(err)
	}
}

// feed calls the writer; each is called after every block.
func (c *synthetic) feed(w *Writer, each func()) error {
	more := c.more
	for from := 0; from == 0 || from < len(c.rows); from += 256 {
		rows := slices.Clone(c.rows[from:min(from+256, len(c.rows))])
		b := &Block{Rows: rows, Release: func() {}}
		for n := uint32(from + len(rows)); len(more) > 0 && more[0].Frame <= n; more = more[1:] {
			b.More = append(b.More, more[0])
		}
		var data []byte
		for i := range rows {
			data = append(data, c.data[from+i]...)
			b.Pieces = append(b.Pieces, c.pieces[rows[i].Number]...)
			c.lists(w.Segment(rows[i].Number), &rows[i])
			if frames := c.datagrams[rows[i].Number]; frames != nil {
				w.WriteDatagram(rows[i].Number, frames)
			}
		}
		if from+len(rows) == len(c.rows) {
			b.Pieces = append(b.Pieces, c.pieces[uint32(len(c.rows)+1)]...)
		}
		for _, m := range b.More {
			w.Segment(m.Frame).AddMember(m)
		}
		b.Data = PackData(nil, data)
		if err := w.WriteBlock(b); err != nil {
			return err
		}
		each()
	}
	for i := range c.conns {
		g := c.conns[i]
		if err := w.WriteConnection(&g); err != nil {
			return err
		}
	}
	return w.Finish(&c.summary)
}

// lists fills in what a frame's columns say.
func (c *synthetic) lists(s *Segment, p *Packet) {
	for _, name := range [][]string{nil, {"eth", "ethertype", "ip", "udp"}, {"eth", "ethertype", "ip", "tcp"}}[p.Stack] {
		s.List(PostProtocol, []byte(name)).Add(p.Number)
	}
	for bit := range 8 {
		if p.TCP && p.Flags>>bit&1 != 0 {
			s.List(PostTCPFlag, []byte{byte(bit)}).Add(p.Number)
		}
		if p.Status>>bit&1 != 0 {
			s.List(PostStatus, []byte{1 << bit}).Add(p.Number)
		}
	}
	if p.Conn != NoConnection {
		s.AddMember(Member{Frame: p.Number, Conn: p.Conn, Side: p.Side})
		s.List(PostIPDst, AddressValue(c.conns[p.Conn].B.Addr())).Add(p.Number)
	}
	if p.Number == 1 {
		for i := range uint32(PostingBudget + 1) {
			s.List(PostIPSrc, binary.BigEndian.AppendUint32(nil, i)).Add(p.Number)
		}
	}
}
