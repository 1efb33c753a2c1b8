package proto

import (
	"bytes"
	"encoding/binary"
)

// Capabilities (MySQL internals, "Capabilities Flags").
const (
	mysqlWithDB       = 1 << 3
	mysqlCompress     = 1 << 5
	mysql41           = 1 << 9
	mysqlSSL          = 1 << 11
	mysqlSecure       = 1 << 15
	mysqlPluginAuth   = 1 << 19
	mysqlAttributes   = 1 << 20
	mysqlAuthLenenc   = 1 << 21
	mysqlDeprecateEOF = 1 << 24
	mysqlZstd         = 1 << 26
	mysqlQueryAttrs   = 1 << 27
)

// mysqlWhole bounds what is held of a packet; of longer ones the beginning is read.
const mysqlWhole = 32 << 10

// detectMySQL wants the greeting of a server, or its refusal; in the middle of a
// connection packets that follow one another, and the port.
func detectMySQL(h *Head) Verdict {
	c, s := h.Client, h.Server
	if v := mysqlGreeting(s); v == Yes || v == More && !h.Midstream {
		return v
	}
	if h.ServerPort != 3306 || len(c)+len(s) == 0 || !mysqlChain(c) || !mysqlChain(s) {
		return No
	}
	return Likely
}

// mysqlGreeting judges the first packet of a server.
func mysqlGreeting(b []byte) Verdict {
	if len(b) == 0 {
		return No
	}
	if len(b) < 7 {
		if len(b) >= 4 && (b[3] != 0 || b[2] != 0) {
			return No
		}
		return More
	}
	length := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	if b[3] != 0 || length > 1024 || length < 5 {
		return No
	}
	switch body := b[4:min(len(b), 4+length)]; {
	case body[0] == 10 && body[1] >= '0' && body[1] <= '9':
		end := bytes.IndexByte(body[:min(len(body), 128)], 0)
		if end < 0 && len(body) < length {
			return More
		}
		if end > 1 && length >= end+14 {
			return Yes
		}
	case body[0] == 0xff && len(b) <= 4+length:
		code := binary.LittleEndian.Uint16(body[1:])
		if code >= 1000 && code < 5000 && !opaque(body[3:]) && bytes.IndexFunc(body[3:], func(r rune) bool { return r < ' ' }) < 0 {
			return Yes
		}
	}
	return No
}

// mysqlChain tells whether packets follow one another to the end.
func mysqlChain(b []byte) bool {
	for len(b) >= 4 {
		length := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		if length == 0 || length > 1<<20 {
			return false
		}
		b = b[min(len(b), 4+length):]
	}
	return true
}

// mysql follows a connection.
type mysql struct {
	phase  mysqlPhase
	sides  [2]mysqlSide
	caps   uint32 // of the client
	greet  uint32 // of the server
	opaque bool   // compressed: nothing to read
	ask    mysqlAsk
	names  map[uint32]string // of prepared statements
}

// mysqlNames bounds the prepared statements kept.
const mysqlNames = 256

// mysqlPhase is where a connection is.
type mysqlPhase uint8

const (
	mysqlStart    mysqlPhase = iota // the greeting is to come
	mysqlLogin                      // the client's answer
	mysqlAuth                       // the server's verdict
	mysqlCommands                   // after it
	mysqlUnknown                    // the beginning is not in the capture
)

// mysqlSide is one direction.
type mysqlSide struct {
	lost bool
	head []byte // of a packet longer than mysqlWhole
	skip int
	from Mark
	more bool // the packet had the greatest length: the next one goes on with it
}

// mysqlAsk is the command in hand.
type mysqlAsk struct {
	number  uint32 // of the message, 0: none
	command int    // -1: unknown
	query   string
	stage   mysqlStage
	columns uint64 // of the result
	left    uint64 // definitions to come
	then    uint64 // definitions of columns after those of parameters
	started bool
	first   Mark
	rows    uint64
	total   uint64 // of all results
	said    string // what the answer said so far
	gap     bool
}

// Decode implements Decoder.
func (x *mysql) Decode(s *Stream, data []byte) int {
	if x.opaque {
		return len(data)
	}
	d := x.side(s)
	if x.phase == mysqlStart && s.FromClient() {
		x.phase = mysqlUnknown // servers speak first
		x.ask.command = -1
	}
	g := &frameGroup{s: s}
	defer g.close()
	pos := 0
	for pos < len(data) && !s.user.switched && !x.opaque {
		if d.lost {
			if !mysqlChain(data[pos:]) || len(data)-pos < 5 {
				pos = min(s.FrameEnd(pos), len(data))
				continue
			}
			d.lost = false
		}
		n := x.packet(g, d, data, pos)
		if n == 0 {
			break
		}
		pos += n
	}
	return pos
}

func (x *mysql) side(s *Stream) *mysqlSide {
	if s.FromClient() {
		return &x.sides[0]
	}
	return &x.sides[1]
}

// packet takes a packet, or a part of a long one; 0: it wants more.
func (x *mysql) packet(g *frameGroup, d *mysqlSide, data []byte, pos int) int {
	b := data[pos:]
	if d.skip > 0 {
		n := min(d.skip, len(b))
		if d.skip -= n; d.skip == 0 {
			g.open(d.from, pos+n-1)
			x.take(g, d, d.head)
			d.head = nil
		}
		return n
	}
	if len(b) < 4 {
		return 0
	}
	total := 4 + (int(b[0]) | int(b[1])<<8 | int(b[2])<<16)
	if total > mysqlWhole && len(b) >= mysqlWhole {
		d.head, d.skip, d.from = bytes.Clone(b[:mysqlWhole]), total-mysqlWhole, g.s.At(pos)
		return mysqlWhole
	}
	if len(b) < total {
		return 0
	}
	g.open(g.s.At(pos), pos+total-1)
	x.take(g, d, b[:total])
	return total
}

// take takes a packet, which may be cut at mysqlWhole.
func (x *mysql) take(g *frameGroup, d *mysqlSide, b []byte) {
	length := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16
	goesOn := d.more
	d.more = length == 1<<24-1
	begin := func() *Message {
		g.m.Uint(mysqlLength, length)
		g.m.Uint(mysqlNumber, uint64(b[3]))
		return g.m
	}
	if goesOn {
		begin()
		return
	}
	r := &mysqlReader{b: b[4:]}
	if g.s.FromClient() {
		x.client(g, begin, b[3], r)
	} else {
		x.server(g, begin, r)
	}
}

// Gap implements Decoder.
func (x *mysql) Gap(s *Stream, _ Gap) {
	*x.side(s) = mysqlSide{lost: true}
	if x.phase != mysqlCommands {
		x.phase = mysqlUnknown
	}
	if s.FromClient() || x.ask.number == 0 {
		x.ask = mysqlAsk{command: -1}
	} else {
		x.ask.gap, x.ask.stage = true, mysqlLostStage
	}
}

// End implements Decoder.
func (x *mysql) End(s *Stream, rest []byte, e End) {
	d := x.side(s)
	if n := len(rest) + len(d.head); n > 0 && !d.lost && !x.opaque {
		endCut(s, n, e)
	}
}

// mysqlReader reads the body of a packet.
type mysqlReader struct {
	b     []byte
	short bool
}

func (r *mysqlReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		v := r.b
		r.b, r.short = nil, true
		return v
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

// uint reads an integer of n bytes, the lowest first.
func (r *mysqlReader) uint(n int) uint64 {
	var buf [8]byte
	copy(buf[:], r.take(uint64(n)))
	return binary.LittleEndian.Uint64(buf[:])
}

// length reads an integer of variable length; null tells the mark of NULL.
func (r *mysqlReader) length() (n uint64, null bool) {
	switch k := r.uint(1); k {
	case 0xfb:
		return 0, true
	case 0xfc:
		return r.uint(2), false
	case 0xfd:
		return r.uint(3), false
	case 0xfe:
		return r.uint(8), false
	default:
		return k, false
	}
}

// string reads a text with its length in front.
func (r *mysqlReader) string() string {
	n, _ := r.length()
	return string(r.take(n))
}

// text reads up to a NUL, or all.
func (r *mysqlReader) text() string {
	n := bytes.IndexByte(r.b, 0)
	if n < 0 {
		return string(r.take(uint64(len(r.b))))
	}
	t := string(r.b[:n])
	r.b = r.b[n+1:]
	return t
}

// addText adds a text field unless it is empty.
func addText(m *Message, field int, text string) {
	if text != "" {
		m.Str(field, text)
	}
}
