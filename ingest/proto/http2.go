package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"golang.org/x/net/http2/hpack"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	h2Magic = iota
	h2Length
	h2Type
	h2Flags
	h2StreamID
	h2Name
	h2Value
	h2Method
	h2Path
	h2Scheme
	h2Authority
	h2Status
	h2ContentType
	h2UserAgent
	h2ResetError
	h2GoawayError
	h2LastStream
	h2SettingID
	h2Window
)

// http2Protocol is HTTP/2 in the clear (RFC 9113): with prior knowledge, or after an
// upgrade from HTTP/1.1. Each of its frames is a message.
func http2Protocol() Protocol {
	text := func(name, doc string, listed bool) Field {
		return Field{Name: "http2." + name, Kind: dissect.KindString, Listed: listed, Doc: doc}
	}
	number := func(name string, bits uint8, listed bool, doc string) Field {
		return Field{Name: "http2." + name, Kind: dissect.KindUint, Bits: bits, Listed: listed, Doc: doc}
	}
	return Protocol{
		Name: "http2", Title: "HTTP/2", On: Streams, Patience: 60e9,
		Fields: []Field{
			h2Magic:       text("magic", "The preface with which a client begins", false),
			h2Length:      number("length", 24, false, "Length of a frame without its head"),
			h2Type:        number("type", 8, true, "Type of a frame: 0 DATA, 1 HEADERS, 3 RST_STREAM, 4 SETTINGS, 7 GOAWAY, 8 WINDOW_UPDATE, 9 CONTINUATION"),
			h2Flags:       {Name: "http2.flags", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Flags of a frame"},
			h2StreamID:    number("streamid", 32, false, "Stream of a frame, 0: the connection"),
			h2Name:        text("header.name", "Name of a header", true),
			h2Value:       text("header.value", "Value of a header", false),
			h2Method:      text("headers.method", "Method of a request", true),
			h2Path:        text("headers.path", "Path and query of a request", true),
			h2Scheme:      text("headers.scheme", "Scheme of a request", true),
			h2Authority:   text("headers.authority", "Host that is asked", true),
			h2Status:      number("headers.status", 16, true, "Status of an answer"),
			h2ContentType: text("headers.content_type", "Media type of a body", true),
			h2UserAgent:   text("headers.user_agent", "Program of the client", true),
			h2ResetError:  number("rst_stream.error", 32, true, "Why a stream was given up"),
			h2GoawayError: number("goaway.error", 32, true, "Why a connection ends"),
			h2LastStream:  number("goaway.last_stream_id", 32, false, "Last stream that was looked at"),
			h2SettingID:   number("settings.id", 16, false, "Number of a setting"),
			h2Window:      number("window_update.window_size_increment", 32, false, "Bytes more that may be sent"),
		},
		Detect: detectHTTP2,
		New:    func() Decoder { return newHTTP2() },
	}
}

const h2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// detectHTTP2 wants the preface (RFC 9113, section 3.4).
func detectHTTP2(h *Head) Verdict {
	n := min(len(h.Client), len(h2Preface))
	switch {
	case h.Datagram || string(h.Client[:n]) != h2Preface[:n]:
		return No
	case n < len(h2Preface):
		return More
	}
	return Yes
}

// Bounds. Frames longer than h2Held are not held: of DATA nothing is needed, and no
// header is that long.
const (
	h2Head       = 9
	h2Held       = 48 << 10
	h2Block      = 128 << 10 // bytes of a header in several frames
	h2MaxHeaders = 256
	h2MaxText    = 64 << 10 // bytes of the headers of one message
	h2Table      = 4096     // bytes of a table of headers that were sent before, unless
	h2MaxTable   = 64 << 10 // the receiver allows another size
	h2MaxStreams = 4096     // requests without an answer
)

// Types of frames, and their flags (RFC 9113, section 6).
const (
	h2Data         = 0
	h2Headers      = 1
	h2RstStream    = 3
	h2Settings     = 4
	h2PushPromise  = 5
	h2Goaway       = 7
	h2WindowUpdate = 8
	h2Continuation = 9

	h2EndStream  = 1
	h2EndHeaders = 4
	h2Padded     = 8
	h2Priority   = 0x20
)

// http2 reads the frames of both directions. The headers of a direction refer to those
// before: once some are missing, the rest cannot be read.
type http2 struct {
	sides    [2]h2Side
	requests map[uint32]uint32 // numbers of requests without an answer, by stream
}

// h2Side is one direction.
type h2Side struct {
	begun   bool // the preface, or the first frame, was there
	lost    bool
	headers *hpack.Decoder
	table   int  // bytes that its table may take
	broken  bool // headers cannot be decoded any more
	// A frame that is passed over: its head, where it began, and what is to come of it.
	long  h2Frame
	first Mark
	skip  uint64
	part  bool // bytes of it are missing
	// A header that goes on in the next frame.
	open  bool
	kind  uint8 // of the frame that began it
	block []byte
	begin Mark
}

// h2Frame is the head of a frame.
type h2Frame struct {
	length      uint32
	kind, flags uint8
	stream      uint32
}

func newHTTP2() *http2 {
	d := &http2{requests: map[uint32]uint32{}}
	for i := range d.sides {
		d.sides[i].table = h2Table
		d.sides[i].headers = hpack.NewDecoder(h2Table, nil)
		d.sides[i].headers.SetMaxStringLength(index.MaxFieldText)
	}
	return d
}

func readH2Frame(b []byte) h2Frame {
	return h2Frame{
		length: uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]),
		kind:   b[3], flags: b[4], stream: binary.BigEndian.Uint32(b[5:]) &^ (1 << 31),
	}
}

// Decode implements Decoder.
func (d *http2) Decode(s *Stream, data []byte) int {
	side := &d.sides[s.Side()]
	at := 0
	for at < len(data) {
		n := 0
		switch {
		case side.lost:
			return len(data)
		case side.skip > 0:
			n = d.pass(s, side, data, at)
		case !side.begun:
			n = d.begin(s, side, data, at)
		default:
			n = d.frame(s, side, data, at)
		}
		if n == 0 {
			break
		}
		at += n
	}
	return at
}

// begin takes the preface of a client. A server begins with SETTINGS.
func (d *http2) begin(s *Stream, side *h2Side, data []byte, at int) int {
	b := data[at:]
	if !s.FromClient() {
		if len(b) < h2Head {
			return 0
		}
		side.begun = true
		side.lost = b[3] != h2Settings || binary.BigEndian.Uint32(b[5:]) != 0
		return d.frame(s, side, data, at)
	}
	n := min(len(b), len(h2Preface))
	if !bytes.Equal(b[:n], []byte(h2Preface)[:n]) {
		side.lost = true
		return len(b)
	}
	if n < len(h2Preface) {
		return 0
	}
	side.begun = true
	m := s.Message(s.At(at))
	m.Summary = "preface"
	m.Str(h2Magic, h2Preface)
	s.Emit(m, s.At(at+n-1))
	return n
}

// frame takes one frame, 0 if it is not whole yet.
func (d *http2) frame(s *Stream, side *h2Side, data []byte, at int) int {
	b := data[at:]
	if side.lost || len(b) < h2Head {
		return 0
	}
	f := readH2Frame(b)
	if f.kind == h2Data || f.length > h2Held {
		side.long, side.first, side.skip = f, s.At(at), h2Head+uint64(f.length)
		return d.pass(s, side, data, at)
	}
	n := h2Head + int(f.length)
	if len(b) < n {
		return 0
	}
	m := d.message(s, s.At(at), f)
	d.payload(s, side, m, f, b[h2Head:n], s.At(at), s.At(at+n-1))
	return n
}

// pass goes over bytes of a frame that is not held, and emits it with its last byte.
func (d *http2) pass(s *Stream, side *h2Side, data []byte, at int) int {
	n := int(min(side.skip, uint64(len(data)-at)))
	if side.skip -= uint64(n); side.skip == 0 {
		d.passed(s, side, index.Fine, s.At(at+n-1))
	}
	return n
}

// passed emits a frame of which nothing but its head was looked at.
func (d *http2) passed(s *Stream, side *h2Side, outcome index.Outcome, last Mark) {
	f := side.long
	m := d.message(s, side.first, f)
	if m.Outcome = outcome; side.part && outcome == index.Fine {
		m.Outcome = index.Partial
	}
	side.part = false
	if f.kind != h2Data {
		m.Warn("http2.long_frame", index.SeverityNote, fmt.Sprintf("a frame of %d bytes was not read", f.length))
		side.broken = side.broken || f.kind == h2Headers || f.kind == h2Continuation || f.kind == h2PushPromise
	} else if f.flags&h2EndStream != 0 {
		m.Summary += ", the last"
	}
	s.Emit(m, last)
}

// message begins the message of a frame.
func (d *http2) message(s *Stream, first Mark, f h2Frame) *Message {
	m := s.Message(first)
	m.Uint(h2Length, uint64(f.length))
	m.Uint(h2Type, uint64(f.kind))
	m.Uint(h2Flags, uint64(f.flags))
	m.Uint(h2StreamID, uint64(f.stream))
	m.Summary = h2TypeName(f.kind)
	if f.stream > 0 {
		m.Kind = index.Continues
		m.Summary += fmt.Sprintf(" of stream %d", f.stream)
	}
	if f.kind == h2Data {
		m.Summary += fmt.Sprintf(", %d bytes", f.length)
	}
	return m
}

// h2TypeName names types of frames as RFC 9113 does.
func h2TypeName(kind uint8) string {
	names := [...]string{"DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"}
	if int(kind) < len(names) {
		return names[kind]
	}
	return fmt.Sprintf("frame of type %d", kind)
}

// Gap implements Decoder.
func (d *http2) Gap(s *Stream, g Gap) {
	side := &d.sides[s.Side()]
	if side.skip > g.Bytes { // of a body only
		side.skip -= g.Bytes
		side.part = true
		return
	}
	if side.skip > 0 {
		d.passed(s, side, index.Partial, s.At(0))
	}
	side.lost, side.skip, side.block = true, 0, nil
}

// End implements Decoder.
func (d *http2) End(s *Stream, rest []byte, e End) {
	side := &d.sides[s.Side()]
	switch {
	case side.lost:
	case side.skip > 0:
		d.passed(s, side, e.Outcome(), s.At(0))
	case side.begun && len(rest) >= h2Head:
		side.long = readH2Frame(rest)
		m := d.message(s, s.At(0), side.long)
		m.Outcome, m.Length = e.Outcome(), uint64(len(rest))
		m.Summary += fmt.Sprintf(", cut after %d bytes", len(rest))
		s.Emit(m, s.At(0))
	}
	side.lost = true
}

// Held implements Holder.
func (d *http2) Held() int {
	n := 32 * len(d.requests)
	for i := range d.sides {
		n += cap(d.sides[i].block) + d.sides[i].table
	}
	return n
}
