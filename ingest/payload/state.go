package payload

import (
	"encoding/binary"
	"slices"
)

// The state of a connection as bytes, which live only as long as one process:
// dissectors are written as their numbers.

// AppendBinary appends the state to b.
func (c *Conn) AppendBinary(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(c.app))
	b = binary.BigEndian.AppendUint16(b, uint16(c.inner))
	b = binary.BigEndian.AppendUint16(b, c.server)
	b = binary.BigEndian.AppendUint16(b, c.asked)
	b = binary.BigEndian.AppendUint16(b, c.tunnel)
	b = binary.BigEndian.AppendUint16(b, c.marks)
	b = binary.BigEndian.AppendUint32(b, c.number)
	b = append(b, c.client, c.method, flag(c.flows != nil))
	if c.flows != nil {
		b = c.flows[0].append(b)
		b = c.flows[1].append(b)
	}
	b = append(b, flag(c.channels != nil))
	if c.channels != nil {
		for i := range c.channels.rtp {
			b = binary.BigEndian.AppendUint64(b, c.channels.rtp[i])
			b = binary.BigEndian.AppendUint64(b, c.channels.rtcp[i])
		}
	}
	return b
}

// DecodeBinary restores the state from the head of b and gives the rest; nil if
// b is too short or damaged.
func (c *Conn) DecodeBinary(b []byte) []byte {
	r := reader{b: b}
	*c = Conn{
		app: proto(r.u16()), inner: proto(r.u16()), server: r.u16(), asked: r.u16(), tunnel: r.u16(), marks: r.u16(),
		number: r.u32(), client: r.u8() & 1, method: r.u8(),
	}
	known := proto(len(dissectors().list))
	if r.flag() {
		c.flows = new([2]flow)
		c.flows[0].decode(&r)
		c.flows[1].decode(&r)
	}
	if r.flag() {
		c.channels = &channels{}
		for i := range c.channels.rtp {
			c.channels.rtp[i], c.channels.rtcp[i] = r.u64(), r.u64()
		}
	}
	if r.bad || c.app >= known || c.inner >= known {
		*c = Conn{}
		return nil
	}
	return r.b
}

func (f *flow) append(b []byte) []byte {
	for _, n := range []uint32{f.start, f.next, f.edge} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = append(b, f.lates)
	for _, s := range f.late[:f.lates] {
		b = binary.BigEndian.AppendUint32(b, s.first)
		b = binary.BigEndian.AppendUint32(b, s.end)
	}
	b = append(b, flag(f.pending), flag(f.done), flag(f.whole), flag(f.untilFIN), flag(f.exact), flag(f.fin))
	b = binary.BigEndian.AppendUint16(b, uint16(len(f.head)))
	b = append(b, f.head...)
	b = append(b, flag(f.http != nil))
	if f.http != nil {
		b = f.http.append(b)
	}
	return b
}

func (f *flow) decode(r *reader) {
	f.start, f.next, f.edge = r.u32(), r.u32(), r.u32()
	f.lates = min(r.u8(), uint8(len(f.late)))
	for i := range f.late[:f.lates] {
		f.late[i] = span{r.u32(), r.u32()}
	}
	f.pending, f.done, f.whole, f.untilFIN = r.flag(), r.flag(), r.flag(), r.flag()
	f.exact, f.fin = r.flag(), r.flag()
	f.head = slices.Clone(r.bytes(min(int(r.u16()), headMax)))
	if r.flag() {
		f.http = &message{}
		f.http.decode(r)
	}
	if before(f.edge, f.start) || before(f.next, f.start) || int(f.edge-f.start) < len(f.head) {
		r.bad = true
	}
}

func (m *message) append(b []byte) []byte {
	b = append(b, flag(m.started), flag(m.complete), flag(m.response), flag(m.close),
		flag(m.hasLength), flag(m.isChunked), m.method, byte(m.body), byte(m.upgrade), byte(m.coding), m.partial, m.sniffed)
	b = binary.BigEndian.AppendUint16(b, m.status)
	b = binary.BigEndian.AppendUint16(b, m.tunnel)
	for _, n := range []int{m.header, m.length, m.size, m.left} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, m.line[:m.partial]...)
	b = append(b, m.sniff[:m.sniffed]...)
	b = append(b, byte(len(m.media)))
	return append(b, m.media...)
}

func (m *message) decode(r *reader) {
	m.started, m.complete, m.response, m.close = r.flag(), r.flag(), r.flag(), r.flag()
	m.hasLength, m.isChunked = r.flag(), r.flag()
	m.method, m.body, m.upgrade, m.coding = r.u8(), bodyKind(r.u8()), upgrade(r.u8()), coding(r.u8())
	m.partial, m.sniffed = min(r.u8(), uint8(len(m.line))), min(r.u8(), uint8(len(m.sniff)))
	m.status, m.tunnel = r.u16(), r.u16()
	for _, n := range []*int{&m.header, &m.length, &m.size, &m.left} {
		*n = int(r.u64())
	}
	if m.header < 0 || m.length < 0 || m.size < 0 || m.left < endOfData || max(m.header, m.length, m.size, m.left) > 1<<50 {
		r.bad = true
	}
	copy(m.line[:], r.bytes(int(m.partial)))
	copy(m.sniff[:], r.bytes(int(m.sniffed)))
	m.media = string(r.bytes(int(r.u8())))
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// reader takes numbers off the head of b; bad once b was too short.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *reader) u8() uint8 {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) flag() bool { return r.u8() != 0 }
