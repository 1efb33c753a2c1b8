package proto

import (
	"bytes"
	"encoding/binary"

	"pcapidx/index"
)

// Codes in the place of a version (PostgreSQL documentation, section 55.7).
const (
	pgCancelRequest = 80877102
	pgSSLRequest    = 80877103
	pgGSSRequest    = 80877104
)

// pgHead bounds the lengths by which messages are told in the middle of a connection.
// Other protocols, as Modbus, have a counter in the first byte of this place, which
// would be a length of 16 MiB and more.
const pgHead = 1 << 24

// Bounds. pgMost is what a message's length may be, pgStart that of one without a
// type; of messages longer than pgWhole the beginning is read, and the rest skipped.
const (
	pgMost     = 1 << 30
	pgStart    = 10000
	pgWhole    = 32 << 10
	pgQueue    = 1024 // exchanges without an answer
	pgPrepared = 256  // names of statements
)

// Types of messages that one side sends (section 55.7).
const (
	pgFrontTypes = "pQPBEDCHSFdcfX"
	pgBackTypes  = "RKS123CtTDInEsNZAVGHWdcv"
)

// detectPgSQL wants the first message of a client, which has no type, or, in the
// middle of a connection, messages that follow one another in both directions.
func detectPgSQL(h *Head) Verdict {
	c, s := h.Client, h.Server
	if len(s) > 0 && bytes.IndexByte([]byte("RESNG"), s[0]) < 0 && !h.Midstream {
		return No
	}
	if len(c) >= 8 {
		length, code := binary.BigEndian.Uint32(c), binary.BigEndian.Uint32(c[4:])
		switch {
		case length == 8 && (code == pgSSLRequest || code == pgGSSRequest), length == 16 && code == pgCancelRequest:
			return Yes
		case code>>16 == 3 && length >= 9 && length <= pgStart && code&0xFFFF < 100:
			return pgParameters(c[8:min(len(c), int(length))])
		}
	} else if len(c) > 0 && c[0] == 0 && len(s) == 0 {
		return More
	}
	if !h.Midstream {
		return No
	}
	front, back := pgChain(c, pgFrontTypes), pgChain(s, pgBackTypes)
	switch {
	case front >= 1 && back >= 1 && front+back >= 3, back >= 4 && len(c) == 0, front >= 4 && len(s) == 0:
		return Yes
	case front >= 1 && back >= 1, (front >= 1 || back >= 1) && h.ServerPort == 5432:
		return Likely
	}
	return No
}

// pgParameters wants a name of letters first.
func pgParameters(b []byte) Verdict {
	for i, c := range b {
		switch {
		case c == 0 && i > 0:
			return Yes
		case c != '_' && c != '.' && (c < 'a' || c > 'z') || i > 64:
			return No
		}
	}
	return More
}

// pgChain counts the messages that follow one another from the first byte on, 0 if
// something else does.
func pgChain(b []byte, types string) int {
	n := 0
	for len(b) >= 5 {
		length := binary.BigEndian.Uint32(b[1:])
		if !bytes.ContainsRune([]byte(types), rune(b[0])) || length < 4 || length >= pgHead || !pgFits(b[0], length, types) {
			return 0
		}
		n++
		if uint64(length)+1 >= uint64(len(b)) {
			break
		}
		b = b[length+1:]
	}
	return n
}

// pgFits knows the lengths of messages that have one only.
func pgFits(kind byte, length uint32, types string) bool {
	back := types == pgBackTypes
	switch {
	case back && bytes.IndexByte([]byte("123Ins"), kind) >= 0, kind == 'c', !back && bytes.IndexByte([]byte("HSX"), kind) >= 0:
		return length == 4
	case back && kind == 'Z':
		return length == 5
	case bytes.IndexByte([]byte("dDQTRE"), kind) < 0:
		return length < 1<<20
	}
	return true
}

// pgsql follows both sides.
type pgsql struct {
	sides    [2]pgSide
	auth     uint32 // last authentication request
	asked    byte   // 'S', 'G': encryption was asked for, the answer is one byte
	opaque   bool   // encrypted by GSSAPI: nothing to read
	begun    bool   // a startup message was sent, or messages with types were seen
	warned   bool   // of credentials
	user     string
	queue    []pgExchange
	prepared map[string]string
}

// pgSide is one direction.
type pgSide struct {
	lost bool // where messages begin is unknown
	// A message longer than pgWhole: what is kept of it, and how much is to come.
	head []byte
	skip int
	from Mark
}

// Decode implements Decoder.
func (x *pgsql) Decode(s *Stream, data []byte) int {
	if x.opaque {
		return len(data)
	}
	d := &x.sides[0]
	if !s.FromClient() {
		d = &x.sides[1]
	}
	g := x.group(s)
	defer g.close()
	pos := 0
	for pos < len(data) {
		if d.lost {
			n := pgResync(s, data, pos, g.front)
			if pos += n; pos >= len(data) || d.lost && !pgAligned(data[pos:], g.front) {
				return pos
			}
			d.lost = false
		}
		n := x.next(g, d, data, pos)
		if n == 0 || x.opaque || s.user.switched {
			return pos + n
		}
		pos += n
	}
	return pos
}

// next takes a message, or a part of a long one; 0: it wants more.
func (x *pgsql) next(g *pgGroup, d *pgSide, data []byte, pos int) int {
	b := data[pos:]
	if d.skip > 0 {
		n := min(d.skip, len(b))
		if d.skip -= n; d.skip == 0 {
			g.open(d.from, pos+n-1)
			x.message(g, d.head)
			d.head = nil
		}
		return n
	}
	if !g.front && x.asked != 0 {
		return x.answer(g, data, pos)
	}
	head := 5
	if g.front && !x.begun {
		head = 4
	}
	if len(b) < head {
		return 0
	}
	length := binary.BigEndian.Uint32(b[head-4:])
	total := int(length) + head - 4
	if head == 4 && (length < 8 || length > pgStart) {
		x.begun = true // no startup: the connection began before
		return x.next(g, d, data, pos)
	}
	if head == 5 && (length < 4 || length > pgMost) {
		d.lost = true
		m := g.open(g.s.At(pos), pos+4)
		m.Outcome = index.Malformed
		m.Warn("malformed", index.SeverityWarn, "a length that no message has: the next message is looked for")
		addSummary(m, "lost the beginning of messages")
		g.close()
		return min(len(b), g.s.FrameEnd(pos)-pos)
	}
	if total > pgWhole && len(b) >= pgWhole {
		d.head, d.skip, d.from = bytes.Clone(b[:pgWhole]), total-pgWhole, g.s.At(pos)
		return pgWhole
	}
	if len(b) < total {
		return 0
	}
	g.open(g.s.At(pos), pos+total-1)
	x.message(g, b[:total])
	return total
}

// answer takes the one byte that answers a request for encryption.
func (x *pgsql) answer(g *pgGroup, data []byte, pos int) int {
	b := data[pos:]
	asked := x.asked
	x.asked = 0
	if b[0] == 'E' || b[0] != 'S' && b[0] != 'N' && b[0] != 'G' {
		return x.next(g, &x.sides[1], data, pos) // an old server's error
	}
	m := g.open(g.s.At(pos), pos)
	m.Kind = index.Response
	m.Request = x.pop()
	switch {
	case b[0] == 'N':
		addSummary(m, "no encryption")
	case asked == 'S' && b[0] == 'S':
		addSummary(m, "TLS begins")
		g.s.Switch("tls")
	default:
		addSummary(m, "GSSAPI encryption begins")
		x.opaque = true
	}
	g.close()
	return 1
}

// pgResync looks for a place where messages follow one another: where a frame begins,
// or, from a server, with ReadyForQuery. It gives how many bytes to skip.
func pgResync(s *Stream, data []byte, pos int, front bool) int {
	from := pos
	for pos < len(data) {
		if pgAligned(data[pos:], front) {
			return pos - from
		}
		end := min(s.FrameEnd(pos), len(data))
		if !front {
			if n := bytes.Index(data[pos:end], []byte{'Z', 0, 0, 0, 5}); n >= 0 {
				return pos + n - from
			}
		}
		pos = end
	}
	return pos - from
}

// pgAligned tells whether messages begin here.
func pgAligned(b []byte, front bool) bool {
	if front {
		return pgChain(b, pgFrontTypes) > 0
	}
	return pgChain(b, pgBackTypes) > 0
}

// Gap implements Decoder.
func (x *pgsql) Gap(s *Stream, _ Gap) {
	side := 0
	if !s.FromClient() {
		side = 1
	}
	x.sides[side], x.begun, x.asked = pgSide{lost: true}, true, 0
	if side == 1 {
		for i := range x.queue {
			x.queue[i].gap = true
		}
	}
}

// End implements Decoder.
func (x *pgsql) End(s *Stream, rest []byte, e End) {
	d := &x.sides[0]
	if !s.FromClient() {
		d = &x.sides[1]
	}
	n := len(rest) + len(d.head)
	if n == 0 || x.opaque || d.lost {
		return
	}
	endCut(s, n, e)
}
