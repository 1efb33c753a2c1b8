package proto

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"

	"pcapidx/index"
)

// payload reads what a frame carries, and emits its message.
func (d *http2) payload(s *Stream, side *h2Side, m *Message, f h2Frame, b []byte, first, last Mark) {
	number := func(at int) uint32 {
		if len(b) < at+4 {
			m.Outcome = index.Malformed
			return 0
		}
		return binary.BigEndian.Uint32(b[at:])
	}
	switch f.kind {
	case h2Headers, h2PushPromise, h2Continuation:
		d.headers(s, side, m, f, b, first, last)
		return
	case h2RstStream:
		code := number(0)
		m.Uint(h2ResetError, uint64(code))
		m.Summary += ", " + h2Error(code)
		delete(d.requests, f.stream)
		if code != 0 && code != 8 { // NO_ERROR, CANCEL
			m.Warn("http2.rst_stream", index.SeverityNote, "a stream was given up: "+h2Error(code))
		}
	case h2Goaway:
		m.Uint(h2LastStream, uint64(number(0)&^(1<<31)))
		code := number(4)
		m.Uint(h2GoawayError, uint64(code))
		m.Summary += ", " + h2Error(code)
		if code != 0 {
			m.Warn("http2.goaway", index.SeverityWarn, "the connection was given up: "+h2Error(code))
		}
	case h2WindowUpdate:
		m.Uint(h2Window, uint64(number(0)&^(1<<31)))
	case h2Settings:
		d.settings(s, m, f, b)
	}
	s.Emit(m, last)
}

// settings reads SETTINGS: the size of the table that this side allows is one of what
// the other side sends.
func (d *http2) settings(s *Stream, m *Message, f h2Frame, b []byte) {
	const ack, tableSize = 1, 1
	if f.flags&ack != 0 {
		m.Summary += ", acknowledged"
	}
	for ; len(b) >= 6; b = b[6:] {
		id := binary.BigEndian.Uint16(b)
		m.Uint(h2SettingID, uint64(id))
		if id == tableSize {
			size := min(binary.BigEndian.Uint32(b[2:]), h2MaxTable)
			other := &d.sides[1-s.Side()]
			other.headers.SetAllowedMaxDynamicTableSize(size)
			other.table = int(size)
		}
	}
	if len(b) > 0 {
		m.Outcome = index.Malformed
	}
}

// h2Error names error codes (RFC 9113, section 7).
func h2Error(code uint32) string {
	names := [...]string{
		"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
		"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
	}
	if int64(code) < int64(len(names)) {
		return names[code]
	}
	return fmt.Sprintf("error %d", code)
}

// headers takes a frame with a part of a header, and reads the header with its last one.
func (d *http2) headers(s *Stream, side *h2Side, m *Message, f h2Frame, b []byte, first, last Mark) {
	b, ok := h2Fragment(f, b)
	if f.kind != h2Continuation {
		side.open, side.kind, side.block, side.begin = true, f.kind, side.block[:0], first
	}
	if !ok || !side.open || len(side.block)+len(b) > h2Block {
		m.Outcome, side.broken, side.open, side.block = index.Malformed, true, false, nil
		m.Warn("malformed", index.SeverityWarn, "a header that begins nowhere, is too long, or has more padding than bytes")
		s.Emit(m, last)
		return
	}
	side.block = append(side.block, b...)
	if f.flags&h2EndHeaders == 0 {
		s.Emit(m, last)
		return
	}
	m.First, m.Start, m.Offset, side.open = side.begin.Frame, side.begin.Time, side.begin.Offset, false
	h := d.read(side, m)
	if side.block = side.block[:0]; cap(side.block) > h2Held {
		side.block = nil
	}
	f.kind = side.kind
	number := d.emitHeaders(s, m, f, h, last)
	if h.method != "" && f.kind == h2Headers && len(d.requests) < h2MaxStreams {
		d.requests[f.stream] = number
	}
}

// h2Fragment gives the part of a header that a frame carries: without padding, priority
// and promised stream.
func h2Fragment(f h2Frame, b []byte) ([]byte, bool) {
	if f.kind == h2Continuation {
		return b, true
	}
	skip, pad := 0, 0
	if f.flags&h2Padded != 0 {
		if len(b) == 0 {
			return nil, false
		}
		skip, pad = 1, int(b[0])
	}
	if f.kind == h2Headers && f.flags&h2Priority != 0 {
		skip += 5
	}
	if f.kind == h2PushPromise {
		skip += 4
	}
	if skip+pad > len(b) {
		return nil, false
	}
	return b[skip : len(b)-pad], true
}

// h2Header is what a header says.
type h2Header struct {
	method, path, authority, media string
	status                         int
	grpc                           string // grpc-status
}

// read decodes the block of a direction into fields of a message (RFC 7541).
func (d *http2) read(side *h2Side, m *Message) (h h2Header) {
	if side.broken {
		m.Warn("http2.headers_partial", index.SeverityNote, "headers cannot be decoded: they refer to earlier ones that are missing or broken")
		return h
	}
	count, size := 0, 0
	side.headers.SetEmitFunc(func(f hpack.HeaderField) {
		if count, size = count+1, size+len(f.Name)+len(f.Value); count <= h2MaxHeaders && size <= h2MaxText {
			h.take(m, f)
		}
	})
	_, err := side.headers.Write(side.block)
	if err == nil {
		err = side.headers.Close()
	}
	if err != nil {
		side.broken, m.Outcome = true, index.Malformed
		m.Warn("http2.headers_partial", index.SeverityWarn, "the header cannot be decoded to its end")
	}
	if count > h2MaxHeaders || size > h2MaxText {
		m.Warn("capped", index.SeverityNote, "headers were left out: the message has more than are kept")
	}
	return h
}

// take adds a header to a message.
func (h *h2Header) take(m *Message, f hpack.HeaderField) {
	m.Str(h2Name, f.Name)
	m.Str(h2Value, f.Value)
	switch f.Name {
	case ":method":
		h.method = f.Value
		m.Str(h2Method, f.Value)
	case ":path":
		h.path = f.Value
		m.Str(h2Path, f.Value)
	case ":scheme":
		m.Str(h2Scheme, f.Value)
	case ":authority":
		h.authority = f.Value
		m.Str(h2Authority, f.Value)
	case ":status":
		if n, err := strconv.ParseUint(f.Value, 10, 16); err == nil {
			h.status = int(n)
			m.Uint(h2Status, n)
		}
	case "content-type":
		h.media = f.Value
		m.Str(h2ContentType, f.Value)
	case "user-agent":
		m.Str(h2UserAgent, f.Value)
	case "authorization", "proxy-authorization":
		m.hide(true)
		scheme, token, _ := strings.Cut(f.Value, " ")
		if strings.EqualFold(scheme, "basic") || strings.EqualFold(scheme, "bearer") {
			m.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("credentials of %d bytes in clear text (%s)", len(token), strings.ToLower(scheme)))
		}
	case "grpc-status":
		h.grpc = f.Value
	case "cookie", "set-cookie":
		m.hide(true)
	}
}

// emitHeaders says what a header is: a request, an answer, or what ends a message.
func (d *http2) emitHeaders(s *Stream, m *Message, f h2Frame, h h2Header, last Mark) uint32 {
	switch {
	case f.kind == h2PushPromise:
		m.Summary = summary(fmt.Sprintf("PUSH_PROMISE of stream %d: %s %s", f.stream, h.method, HideSecrets(h.path)))
	case h.method != "":
		m.Kind = index.Request
		m.Summary = summary(h.method + " " + HideSecrets(h.path))
		host := httpHeader{host: h.authority}
		s.Host(host.hostName(), HTTPHost)
	case h.status > 0:
		m.Kind, m.Request, m.Code = index.Response, d.requests[f.stream], strconv.Itoa(h.status)
		if h.status/100 == 1 {
			m.Kind = index.Continues
		} else {
			delete(d.requests, f.stream)
		}
		m.Summary = m.Code
		if h.media != "" {
			m.Summary = summary(m.Code + ", " + clip(h.media, 60))
		}
		if h.status >= 400 && m.Outcome == index.Fine {
			m.Outcome = index.Failed
		}
	}
	if h.grpc != "" {
		m.Summary = summary(m.Summary + ", grpc-status " + clip(h.grpc, 20))
		if h.grpc != "0" && m.Outcome == index.Fine {
			m.Outcome = index.Failed
			m.Warn("grpc.error", index.SeverityNote, "a call of gRPC failed")
		}
	}
	return s.Emit(m, last)
}
