package words

// Fate is what became of payload bytes on their way to the word index.
type Fate uint8

// Fates of bytes.
const (
	Indexed Fate = iota // their words are in the index
	Gated               // encrypted or compressed, by their look
	Capped              // beyond the cap of their direction

	Fates = iota // how many there are
)

// DefaultCap is how many bytes of one direction of a connection are indexed by
// default.
const DefaultCap = 8 << 20

// Gate decides which bytes of one direction of a connection are indexed. It
// takes them in order. The zero value is ready; it is a few bytes.
type Gate struct {
	seen    uint32 // bytes that were looked at, up to tlsHead
	indexed uint64
	tls     bool
}

// Taken is how many bytes were indexed.
func (g *Gate) Taken() uint64 { return g.indexed }

// Bounds of the gate.
const (
	window    = 1024    // bytes that are judged together
	minWindow = 64      // fewer say nothing
	tlsHead   = 4 << 10 // of a TLS direction: handshake and certificates
)

// Span is a part of a chunk and what becomes of it.
type Span struct {
	Start, End int
	Fate       Fate
}

// Judge appends to spans what becomes of the next bytes of the direction, at
// most limit of which are indexed over its lifetime. Spans follow each other
// without holes, and neighbours differ.
func (g *Gate) Judge(spans []Span, data []byte, limit uint64) []Span {
	if g.seen == 0 {
		g.tls = isTLS(data)
	}
	for i := 0; i < len(data); {
		end := min(i+window, len(data))
		if len(data)-end < minWindow { // a rest that is too short to be judged by itself
			end = len(data)
		}
		spans = g.judge(spans, data, i, end, limit)
		i = end
	}
	return spans
}

// judge appends what becomes of one window.
func (g *Gate) judge(spans []Span, data []byte, from, to int, limit uint64) []Span {
	before := g.seen
	g.seen = min(g.seen+uint32(to-from), tlsHead)
	switch {
	case g.tls && before >= tlsHead || highEntropy(data[from:to]):
		return appendSpan(spans, Span{from, to, Gated})
	case g.indexed >= limit:
		return appendSpan(spans, Span{from, to, Capped})
	}
	g.indexed += uint64(to - from)
	return appendSpan(spans, Span{from, to, Indexed})
}

func appendSpan(spans []Span, s Span) []Span {
	if n := len(spans); n > 0 && spans[n-1].Fate == s.Fate && spans[n-1].End == s.Start {
		spans[n-1].End = s.End
		return spans
	}
	return append(spans, s)
}

// isTLS reports whether a direction begins with a TLS handshake record (RFC
// 8446, section 5.1): type 22, version 3.x, at most 2^14 bytes and a bit.
func isTLS(data []byte) bool {
	return len(data) >= 5 && data[0] == 22 && data[1] == 3 && data[2] <= 4 && int(data[3])<<8|int(data[4]) <= 1<<14+256
}

// highEntropy reports whether bytes look encrypted or compressed: their
// collision entropy (Rényi, order 2) is above about 7.3 bits. How often two of n
// bytes are equal estimates it without a bias by n, which Shannon's entropy of
// few bytes has: text has about 1 pair in 15, base64 1 in 64, random bytes 1 in
// 256; the bound is 1 in 160.
func highEntropy(data []byte) bool {
	n := uint64(len(data))
	if n < minWindow {
		return false
	}
	var counts [256]uint32
	for _, c := range data {
		counts[c]++
	}
	pairs := uint64(0)
	for _, c := range counts {
		pairs += uint64(c) * uint64(c)
	}
	return (pairs-n)*160 < n*(n-1)
}
