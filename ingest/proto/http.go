package proto

import (
	"bytes"

	"pcapidx/index"
)

// httpProtocol is HTTP/1 (RFC 9112).
func httpProtocol() Protocol {
	budget := newHTTPBudget()
	events := sseProtocol()
	return Protocol{
		Name: "http", Title: "HTTP", On: Streams, Ports: []uint16{80, 81, 631, 3128, 5985, 8000, 8008, 8080, 8081, 8088, 8888},
		Headless: []uint16{80, 3128, 3132, 5985, 8080, 8088, 11371},
		Patience: 30e9,
		Repeats:  true,
		Fields:   httpFields(),
		Detect:   detectHTTP,
		New:      func() Decoder { return &http{budget: budget, events: &events} },
	}
}

// detectHTTP: a request or status line of version 1 on either side. A line that is cut
// will do with the other side's.
func detectHTTP(h *Head) Verdict {
	if h.Datagram {
		return No
	}
	client, server := httpStarts(bytes.TrimLeft(h.Client, "\r\n")), httpStarts(bytes.TrimLeft(h.Server, "\r\n"))
	if len(h.Client) == 0 {
		client = More
	}
	if len(h.Server) == 0 {
		server = More
	}
	answers := bytes.HasPrefix(h.Server, []byte("HTTP/1."))
	switch {
	case client == Yes && !bytes.HasPrefix(h.Client, []byte("HTTP/1.")):
		return Yes
	case server == Yes && answers:
		return Yes
	case client == Likely && len(h.Client) >= HeadBytes:
		return Yes
	case client == Likely:
		return Likely
	case client == More && server == More:
		return More
	case client == More && len(h.Client) > 0, server == More && len(h.Server) > 0:
		return More
	case h.Midstream && (bytes.Contains(h.Server, []byte("\r\n\r\nHTTP/1.")) || client == No && server == More && len(h.Client) == 0):
		return Likely
	}
	return No
}

// http decodes one connection. What a side says is told by what it looks like, so that
// it does not matter who is taken for the client.
type http struct {
	budget    *httpBudget
	events    *Protocol // of server-sent events
	sides     [2]httpSide
	asked     []*httpAsked // requests without an answer, oldest first
	requests  uint64
	responses uint64
	emitted   bool
	said      bool    // that there was no header
	ended     [2]Mark // where each side sent FIN, Frame 0: it did not yet
}

// httpMaxAsked bounds the requests that wait for answers.
const httpMaxAsked = 1024

// httpAsked is a request that waits for its answer.
type httpAsked struct {
	number uint32 // 0: it is not whole yet
	begun  Mark
	method string
	uri    string
}

// httpState is where a side is.
type httpState uint8

const (
	httpIdle httpState = iota // a message begins
	httpInHeader
	httpInBody
	httpLost // a message may begin with the next frame
)

// httpSide is one direction.
type httpSide struct {
	state   httpState
	head    []byte // of the header in hand
	line    int    // where its last line begins
	first   Mark   // of the message in hand
	last    Mark   // of the bytes taken last
	message *httpMessage
	lost    uint64 // bytes that belonged to no message
	// swallow: the next fragment is passed over. snapped: the snap length cuts packets.
	swallow, snapped bool
	fragments        int
	joined           httpJoined
	refused          uint64 // 1 + offset of what begins no message, though it looks like one
}

// httpMessage is a message whose header is whole.
type httpMessage struct {
	httpHeader
	asked      *httpAsked // that it answers, or is
	headBytes  int
	headFrame  uint32
	framer     httpFramer
	sink       *httpSink
	missing    uint64 // bytes of the body
	gap        Gap
	gapFrame   uint32 // before the gap
	whole      bool
	headerCut  bool
	verdict    string
	verdictWhy string
	evidence   []uint32
}

// Decode implements Decoder. Everything is taken as it comes.
func (d *http) Decode(s *Stream, data []byte) int {
	side := &d.sides[s.Side()]
	at := 0
	for at < len(data) {
		switch side.state {
		case httpIdle:
			at = d.begin(s, side, data, at)
		case httpInHeader:
			at = d.header(s, side, data, at)
		case httpInBody:
			at = d.body(s, side, data, at)
		case httpLost:
			at = d.seek(s, side, data, at)
		}
		if at > 0 {
			side.last = s.At(at - 1)
		}
		if s.user.switched || s.user.rejected {
			return at
		}
	}
	return at
}

// begin looks at the first bytes of a message.
func (d *http) begin(s *Stream, side *httpSide, data []byte, at int) int {
	for at < len(data) && (data[at] == '\r' || data[at] == '\n') {
		at++ // RFC 9112, section 2.2
	}
	if at == len(data) {
		return at
	}
	side.first, side.state = s.At(at), httpInHeader
	side.head, side.line = side.head[:0], 0
	return at
}

// header collects the lines of a header.
func (d *http) header(s *Stream, side *httpSide, data []byte, at int) int {
	began := at
	fresh := len(side.head) == 0
	for at < len(data) {
		end := bytes.IndexByte(data[at:], '\n') + 1
		if end == 0 {
			end = len(data) - at
		}
		side.head = append(side.head, data[at:at+end]...)
		at += end
		whole := side.head[len(side.head)-1] == '\n'
		if side.line == 0 && (whole || len(side.head) > 32) && !httpFirst(side.head) || len(side.head) > httpMaxHeader {
			if len(side.head) > httpMaxHeader && httpFirst(side.head) {
				d.unfinished(s, side, index.Malformed, verdictMalformed, s.At(at-1))
			}
			d.lose(s, side)
			if fresh {
				side.refused = s.At(began).Offset + 1
				return began // for seek, which knows what to do with it
			}
			side.lost += uint64(len(side.head))
			return at
		}
		if !whole {
			continue
		}
		if line := side.head[side.line:]; len(line) <= 2 && (line[0] == '\n' || line[0] == '\r') {
			d.headerEnds(s, side, s.At(at-1))
			return at
		}
		side.line = len(side.head)
	}
	return at
}

// httpFirst tells whether bytes may begin a message: a known method will do.
func httpFirst(b []byte) bool {
	if httpStarts(b) != No {
		return true
	}
	b = b[:min(len(b), 64)]
	i := bytes.IndexAny(b, " \r\n")
	return i > 2 && httpKnownMethod(b[:i])
}

// lose gives up the message in hand.
func (d *http) lose(s *Stream, side *httpSide) {
	side.state, side.message, side.head = httpLost, nil, nil
	d.doubt(s, side)
}

// seek looks for a message that begins with a frame.
func (d *http) seek(s *Stream, side *httpSide, data []byte, at int) int {
	for i := range s.marks.runs {
		begin, end := 0, min(s.marks.runs[i].end, len(data))
		if i > 0 {
			begin = s.marks.runs[i-1].end
		}
		if end <= at {
			continue
		}
		begin = max(at, begin)
		if b := data[begin:]; end-begin >= 12 && httpFirst(b) && s.At(begin).Offset+1 != side.refused {
			side.state, side.swallow, side.joined = httpIdle, false, httpJoined{}
			return begin
		}
		d.fragment(s, side, data[begin:end], begin)
	}
	side.lost += uint64(len(data) - at)
	d.doubt(s, side)
	return len(data)
}

// doubt gives up a connection that was taken for HTTP, but has no message in it. One
// whose beginning is not there may be in the midst of a long body.
func (d *http) doubt(s *Stream, side *httpSide) {
	const patience = 256 << 10
	if !d.emitted && side.lost > patience && !s.user.headless {
		s.Reject()
	}
}

// body takes bytes of a body.
func (d *http) body(s *Stream, side *httpSide, data []byte, at int) int {
	m := side.message
	end := len(data)
	if m.sink.events != nil { // each event has the frames of its own bytes
		end = min(end, s.FrameEnd(at))
		m.sink.events.at(s, s.At(at), s.At(end-1))
	}
	n, done := m.framer.feed(data[at:end])
	at += n
	if m.framer.broken {
		d.conclude(s, side, verdictMalformed, "a chunk size is no hexadecimal number", s.At(at-1))
		side.lost, side.state = 0, httpLost
		return at
	}
	if done {
		d.complete(s, side, s.At(max(at-1, 0)))
	}
	return at
}

// Gap implements Decoder.
func (d *http) Gap(s *Stream, g Gap) {
	side := &d.sides[s.Side()]
	side.snapped, side.joined = side.snapped || g.Snapped, httpJoined{}
	side.swallow = side.state == httpInHeader || side.state == httpInBody && side.message.framer.framing == httpChunked
	switch side.state {
	case httpInHeader:
		d.unfinished(s, side, index.Partial, gapVerdict(g), side.last)
		d.lose(s, side)
	case httpInBody:
		d.bodyGap(s, side, g)
	default:
		d.forget(s, side)
		side.state = httpLost
	}
}

// forget gives up pairs that a gap between messages may have broken.
func (d *http) forget(_ *Stream, side *httpSide) {
	if side.message != nil {
		return
	}
	if n := len(d.asked); n > 1 {
		d.asked = append(d.asked[:0], d.asked[n-1])
	}
}

// bodyGap goes on behind bytes of a body that are missing, if its end can be found.
func (d *http) bodyGap(s *Stream, side *httpSide, g Gap) {
	m := side.message
	if m.missing == 0 {
		m.gap, m.gapFrame = g, side.last.Frame
	}
	if m.sink.events != nil {
		m.sink.events.at(s, side.last, side.last)
		m.sink.events.gap()
	}
	if g.Snapped || !m.framer.skip(g.Bytes) {
		m.missing += g.Bytes
		d.conclude(s, side, gapVerdict(g), "bytes of the body are missing", side.last)
		side.state = httpLost
		return
	}
	m.missing += g.Bytes
	if m.framer.framing == httpSized && m.framer.left == 0 {
		d.conclude(s, side, gapVerdict(g), "bytes of the body are missing", side.last)
	}
}

// End implements Decoder.
func (d *http) End(s *Stream, _ []byte, e End) {
	side := &d.sides[s.Side()]
	at := s.At(0)
	if e == Finished {
		defer func() { d.ended[s.Side()] = at }()
	}
	switch side.state {
	case httpInHeader:
		if httpFirst(side.head) {
			d.unfinished(s, side, e.Outcome(), "", side.last)
		}
	case httpInBody:
		d.bodyEnds(s, side, e, at)
	}
	side.state = httpLost
}
