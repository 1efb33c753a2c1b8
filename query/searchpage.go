package query

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"pcapidx/index"
	"pcapidx/query/filter"
	"pcapidx/query/needle"
)

// searchPlace is where a match stands in the order of an answer: by capture, then
// by the frame in which it is complete.
type searchPlace struct {
	capture int
	pass    uint8  // of the scan; there is more than one where memory is short
	frame   uint32 // in which the match is complete
	ordinal uint32 // among the matches of that frame
}

func (a searchPlace) compare(b searchPlace) int {
	return cmp.Or(cmp.Compare(a.capture, b.capture), cmp.Compare(a.pass, b.pass), cmp.Compare(a.frame, b.frame), cmp.Compare(a.ordinal, b.ordinal))
}

// searchHit is a match that was found, before it is shown.
type searchHit struct {
	frame    uint32   // in which it is complete; of words the rank of its chunk, from 1
	frames   []uint32 // that hold a part, in the order of the bytes; nil: frame alone
	conn     uint32   // or NoConnection
	kind     uint8    // of its transport
	side     index.Side
	offset   uint32 // in the payload of the first of its frames
	end      uint32 // in the payload of the last of its frames, if there are several
	length   uint32
	stream   uint32 // offset in the stream, if streamed
	streamed bool
	distance int
	encoding string
	text     []byte // what is shown of it, with what stands around it
	more     bool   // the payload holds more matches, which are not given
	lead     int    // bytes of text before the match
	shown    int    // and of the match
	where    string // a field or body of a message; "": the payload itself
	protocol string // of that message
}

// searchConn names a connection of an answer.
type searchConn struct {
	capture int
	conn    uint32
}

// searchPage is a page of matches in the making. It takes them in order.
type searchPage struct {
	request *SearchRequest
	filter  *filter.Filter
	needle  *needle.Needle // nil: the text index answers
	give    func(*SearchRow) error
	answer  *SearchAnswer
	failed  error // of give

	from   searchPlace // the match with which the page before ended
	before int         // matches of the pages before
	now    searchPlace // the match in hand
	last   searchPlace // the last one that was given
	full   bool        // there is more
	left   bool        // matches were left out, and a hint says so

	capture int // the one in hand
	id      string
	known   *knownConnections
	counts  map[searchConn]*SearchCount
	report  func(capture int, frames uint32)
}

// Bits of rowKey.value in a cursor: matches before, pass, ordinal.
const (
	passBits    = 8
	ordinalBits = 24
)

// resume goes on where the page before ended.
func (p *searchPage) resume(shape string, builds []string) error {
	after, err := parseCursor(p.request.Cursor, shape, builds)
	if err != nil || after == nil {
		return err
	}
	if after.capture < 0 {
		return badRequest("use next_cursor of an answer, or begin without a cursor", "the cursor is no cursor")
	}
	v := after.value
	p.before = int(v >> (passBits + ordinalBits))
	p.from = searchPlace{
		capture: after.capture, frame: after.number,
		pass: uint8(v >> ordinalBits & (1<<passBits - 1)), ordinal: uint32(v & (1<<ordinalBits - 1)),
	}
	return nil
}

// lastKey is the place of the last match for a cursor.
func (p *searchPage) lastKey() rowKey {
	return rowKey{
		value:   uint64(p.before+p.answer.Returned)<<(passBits+ordinalBits) | uint64(p.last.pass)<<ordinalBits | uint64(p.last.ordinal&(1<<ordinalBits-1)),
		capture: p.last.capture, number: p.last.frame,
	}
}

// progress sets what is told of the way through the captures.
func (p *searchPage) progress(entries []index.Entry, tell func(Progress)) {
	p.report = func(int, uint32) {}
	if tell == nil {
		return
	}
	ends := make([]Progress, len(entries)+1) // before each capture
	for i := range entries {
		ends[i+1].Bytes, ends[i+1].Frames = ends[i].Bytes+entries[i].Bytes, ends[i].Frames+entries[i].Frames
	}
	p.report = func(i int, frames uint32) {
		e := &entries[i]
		done := ends[i]
		done.File, done.Total, done.Frames = e.Name, ends[len(entries)].Bytes, done.Frames+frames
		if e.Frames > 0 {
			done.Bytes += uint64(float64(e.Bytes) * float64(frames) / float64(e.Frames))
		}
		tell(done)
	}
}

// open begins with a capture.
func (p *searchPage) open(i int, id string, x Capture) {
	p.capture, p.id, p.known = i, id, &knownConnections{capture: x}
}

// start is the first frame of a pass whose matches may be given.
func (p *searchPage) start(pass uint8) uint32 {
	switch {
	case p.from.capture != p.capture || p.from.pass < pass:
		return 1
	case p.from.pass > pass:
		return noFrame
	}
	return max(1, p.from.frame)
}

// noFrame is behind all frames.
const noFrame = ^uint32(0)

// room is how many matches from start on are enough to know that the page is
// full; noLimit if all are wanted.
func (p *searchPage) room() int {
	if p.request.Limit == 0 {
		return noLimit
	}
	return p.request.Limit - p.answer.Returned + 1 + int(p.from.ordinal) + 1
}

// offer takes the next match; it gives false when no more are wanted.
func (p *searchPage) offer(pass uint8, h *searchHit) (bool, error) {
	at := searchPlace{capture: p.capture, pass: pass, frame: h.frame}
	if p.now.capture == at.capture && p.now.pass == at.pass && p.now.frame == at.frame {
		at.ordinal = p.now.ordinal + 1
	}
	if p.now = at; p.now.compare(p.from) <= 0 {
		return true, nil
	}
	if p.request.Limit > 0 && p.answer.Returned == p.request.Limit {
		p.full = true
		return false, nil
	}
	row, err := p.row(h)
	if err != nil {
		return false, err
	}
	if p.failed = p.give(row); p.failed != nil {
		return false, p.failed
	}
	p.answer.Returned++
	if p.last = at; h.more {
		p.left = true
		p.hint(fmt.Sprintf("of a payload with more than %d matches only these are given", maxPerPayload))
	}
	return true, nil
}

// row describes a match and counts it for its connection.
func (p *searchPage) row(h *searchHit) (*SearchRow, error) {
	r := &SearchRow{
		Capture: p.id, Frame: h.frame, Frames: h.frames, Protocol: transportName(h.kind), Offset: h.offset, Length: h.length,
		Where: "raw", Encoding: h.encoding, Distance: h.distance,
	}
	if h.where != "" {
		r.Where, r.Protocol = h.where, h.protocol
	}
	if r.Frames == nil {
		r.Frames = []uint32{h.frame}
	}
	r.Frame = r.Frames[0]
	if h.streamed {
		r.StreamOffset = &h.stream
	}
	p.redact(h)
	match := h.text[h.lead : h.lead+h.shown]
	if r.Match = lineText(match); p.request.Mode == modeHex {
		r.Match = hex.EncodeToString(match)
	}
	if p.request.Context > 0 {
		r.Context = lineText(h.text)
	}
	if h.conn == index.NoConnection {
		return r, nil
	}
	c, err := p.known.connection(h.conn)
	if err != nil {
		return nil, err
	}
	number := h.conn
	if r.Connection, r.Direction = &number, "client"; h.where == "" {
		r.Protocol = transportName(c.Kind)
	}
	if h.side != c.ClientSide() {
		r.Direction = "server"
	}
	key := searchConn{p.capture, h.conn}
	n := p.counts[key]
	if n == nil {
		n = &SearchCount{
			Capture: p.id, Connection: h.conn, Protocol: transportName(c.Kind),
			Client: endpointText(c.Client(), true), Server: endpointText(c.Server(), true),
		}
		p.counts[key] = n
	}
	n.Matches++
	return r, nil
}

// redactAround is how many bytes around a match tell whether it is a secret.
const redactAround = 512

// around is how many bytes before and behind a match are wanted.
func (q *SearchRequest) around() int {
	if q.Redact {
		return max(q.Context, redactAround)
	}
	return q.Context
}

// redact hides secrets in a match and around it, and cuts off what was only wanted to
// find them.
func (p *searchPage) redact(h *searchHit) {
	if !p.request.Redact {
		return
	}
	text := overwritten(h.text, packetSecrets(h.text))
	from, to := max(0, h.lead-p.request.Context), min(len(text), h.lead+h.shown+p.request.Context)
	h.text, h.lead = text[from:to], h.lead-from
}

// finish sums up.
func (p *searchPage) finish() {
	a := p.answer
	a.Total, a.TotalExact = p.before+a.Returned, !p.full && !p.left && len(a.Unreadable) == 0
	if p.full {
		a.Total++
	}
	order := make(map[string]int, len(a.Captures))
	for i, id := range a.Captures {
		order[id] = i
	}
	for _, n := range p.counts {
		a.Connections = append(a.Connections, *n)
	}
	slices.SortFunc(a.Connections, func(x, y SearchCount) int {
		return cmp.Or(cmp.Compare(y.Matches, x.Matches), cmp.Compare(order[x.Capture], order[y.Capture]), cmp.Compare(x.Connection, y.Connection))
	})
	if n := len(a.Connections); n > maxSearchConns {
		a.Connections = a.Connections[:maxSearchConns]
		p.hint(fmt.Sprintf("the matches are in %d connections; those with most are listed", n))
	}
	a.Hints = append(a.Hints, p.filter.Hints()...)
}

// lineText shows bytes on one line: what can be printed as it is, also beyond
// ASCII where it is UTF-8, and a dot for any other byte.
func lineText(data []byte) string {
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r != utf8.RuneError && unicode.IsPrint(r) {
			out = append(out, data[:n]...)
		} else {
			for range n {
				out = append(out, '.')
			}
		}
		data = data[n:]
	}
	return string(out)
}

// knownConnections keeps the records of connections that were asked for: matches
// that follow each other are often of neighbours.
type knownConnections struct {
	capture Capture
	kept    map[uint32][]index.Connection // runs of connectionRun, by their first number
}

const (
	connectionRun  = 64
	maxKnownGroups = 256
)

// connection gives a connection's record.
func (k *knownConnections) connection(number uint32) (*index.Connection, error) {
	first := number - number%connectionRun
	run, ok := k.kept[first]
	if !ok {
		err := k.capture.EachConnection(first, func(c *index.Connection) bool {
			run = append(run, *c)
			return len(run) < connectionRun
		})
		if err != nil {
			return nil, err
		}
		if len(k.kept) >= maxKnownGroups || k.kept == nil {
			k.kept = map[uint32][]index.Connection{}
		}
		k.kept[first] = run
	}
	if int(number-first) >= len(run) {
		return nil, fmt.Errorf("no connection %d: %w", number, index.ErrNotFound)
	}
	return &run[number-first], nil
}
