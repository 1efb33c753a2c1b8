package proto

import (
	"encoding/binary"
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	wsFin = iota
	wsReserved
	wsCompressed
	wsOpcode
	wsMask
	wsLength
	wsLength16
	wsLength64
	wsKey
	wsText
	wsPing
	wsPong
	wsContinue
	wsStatus
	wsReason
)

// websocketProtocol is the WebSocket protocol (RFC 6455) with compression (RFC 7692).
func websocketProtocol() Protocol {
	budget := newHTTPBudget()
	number := func(bits uint8, name, doc string) Field {
		return Field{Name: "websocket." + name, Kind: dissect.KindUint, Bits: bits, Doc: doc}
	}
	return Protocol{
		Name: "websocket", Title: "WebSocket", On: Streams, Patience: 60e9,
		Fields: []Field{
			wsFin:        {Name: "websocket.fin", Kind: dissect.KindBool, Doc: "The frame is the last one of a message"},
			wsReserved:   {Name: "websocket.rsv", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Reserved bits"},
			wsCompressed: {Name: "websocket.pmc", Kind: dissect.KindBool, Doc: "The message is compressed"},
			wsOpcode:     {Name: "websocket.opcode", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Kind of frame: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong"},
			wsMask:       {Name: "websocket.mask", Kind: dissect.KindBool, Doc: "The payload is masked"},
			wsLength:     number(8, "payload_length", "Length of the payload; 126 and 127: see the extended one"),
			wsLength16:   number(16, "payload_length_ext_16", "Extended length, 16 bits"),
			wsLength64:   number(64, "payload_length_ext_64", "Extended length, 64 bits"),
			wsKey:        {Name: "websocket.masking_key", Kind: dissect.KindBytes, Doc: "Masking key"},
			wsText:       {Name: "websocket.payload.text", Kind: dissect.KindString, Doc: "Text of a message"},
			wsPing:       {Name: "websocket.payload.ping", Kind: dissect.KindBytes, Doc: "Payload of a ping"},
			wsPong:       {Name: "websocket.payload.pong", Kind: dissect.KindBytes, Doc: "Payload of a pong"},
			wsContinue:   {Name: "websocket.payload.continue", Kind: dissect.KindBytes, Doc: "Payload of a fragment"},
			wsStatus:     {Name: "websocket.payload.close.status_code", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Why the connection is closed"},
			wsReason:     {Name: "websocket.payload.close.reason", Kind: dissect.KindString, Doc: "Why the connection is closed, in words"},
		},
		New: func() Decoder { return &websocket{budget: budget} },
	}
}

// Opcodes (RFC 6455, section 11.8).
const (
	wsOpContinue = 0
	wsOpText     = 1
	wsOpBinary   = 2
	wsOpClose    = 8
	wsOpPing     = 9
	wsOpPong     = 10
)

// websocket decodes a connection after its upgrade.
type websocket struct {
	budget *httpBudget
	sides  [2]wsSide
}

// wsSide is one direction.
type wsSide struct {
	frame   wsFrame
	inFrame bool
	done    uint64 // bytes of the payload taken
	first   Mark
	last    Mark
	small   []byte // payload, unmasked: of a control frame, or as much as fields take
	message wsMessage
	lost    bool
}

// wsFrame is the header of a frame.
type wsFrame struct {
	fin, masked bool
	reserved    byte // as it stands in the first byte
	opcode      byte
	short       byte   // the length in the second byte
	length      uint64 // of the payload
	header      int
	key         [4]byte
}

// wsMessage is the message that frames make up.
type wsMessage struct {
	open       bool
	opcode     byte
	compressed bool
	frames     int
	wire       uint64
	sum        digest
	text       []byte
	inflater   *wsInflater // of the direction; it goes on from message to message
}

// readWSFrame reads the header of a frame; size 0: more bytes are needed. ok is false
// if it can be none.
func readWSFrame(b []byte) (f wsFrame, size int, ok bool) {
	if len(b) < 2 {
		return f, 0, true
	}
	f = wsFrame{fin: b[0]&0x80 != 0, reserved: b[0] & 0x70, opcode: b[0] & 0xf, masked: b[1]&0x80 != 0, short: b[1] & 0x7f}
	if f.opcode > wsOpBinary && f.opcode < wsOpClose || f.opcode > wsOpPong || f.opcode >= wsOpClose && (!f.fin || f.short > 125) || f.reserved&0x30 != 0 {
		return f, 0, false
	}
	size, f.length = 2, uint64(f.short)
	switch f.short {
	case 126:
		if len(b) < 4 {
			return f, 0, true
		}
		f.length, size = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		if len(b) < 10 {
			return f, 0, true
		}
		f.length, size = binary.BigEndian.Uint64(b[2:]), 10
		if f.length>>63 != 0 {
			return f, 0, false
		}
	}
	if f.masked {
		if len(b) < size+4 {
			return f, 0, true
		}
		copy(f.key[:], b[size:])
		size += 4
	}
	f.header = size
	return f, size, true
}

// Decode implements Decoder.
func (d *websocket) Decode(s *Stream, data []byte) int {
	side := &d.sides[s.Side()]
	if side.lost {
		return len(data)
	}
	at := 0
	for at < len(data) || side.inFrame && side.done == side.frame.length {
		if !side.inFrame {
			f, n, ok := readWSFrame(data[at:])
			if !ok {
				d.malformed(s, side, s.At(at))
				return len(data)
			}
			if n == 0 {
				return at
			}
			side.frame, side.inFrame, side.done, side.small = f, true, 0, side.small[:0]
			side.first, side.last = s.At(at), s.At(at+n-1)
			d.opens(side)
			at += n
			continue
		}
		n := int(min(side.frame.length-side.done, uint64(len(data)-at)))
		if n > 0 {
			d.payload(side, data[at:at+n])
			at += n
			side.last = s.At(at - 1)
		}
		if side.done == side.frame.length {
			d.closes(s, side)
			side.inFrame = false
		}
	}
	return at
}

// opens notes what a frame begins.
func (d *websocket) opens(side *wsSide) {
	f, m := &side.frame, &side.message
	if f.opcode >= wsOpClose {
		return
	}
	if f.opcode != wsOpContinue || !m.open {
		*m = wsMessage{open: true, opcode: f.opcode, compressed: f.reserved&0x40 != 0, inflater: m.inflater}
	}
	m.frames++
	if m.compressed && m.inflater == nil {
		m.inflater = &wsInflater{budget: d.budget}
	}
}

// payload takes bytes of a frame's payload.
func (d *websocket) payload(side *wsSide, data []byte) {
	f, m := &side.frame, &side.message
	if f.masked {
		plain := make([]byte, len(data))
		for i, c := range data {
			plain[i] = c ^ f.key[(side.done+uint64(i))&3]
		}
		data = plain
	}
	side.done += uint64(len(data))
	if n := index.MaxFieldText - len(side.small); n > 0 {
		side.small = append(side.small, data[:min(n, len(data))]...)
	}
	if f.opcode >= wsOpClose {
		return
	}
	m.wire += uint64(len(data))
	if m.compressed {
		m.inflater.write(data, m.take)
		return
	}
	m.take(data)
}

// take takes bytes of the message, inflated.
func (m *wsMessage) take(data []byte) {
	m.sum.write(data)
	if n := index.MaxText - len(m.text); n > 0 && (m.opcode != wsOpBinary || m.compressed) {
		m.text = append(m.text, data[:min(n, len(data))]...)
	}
}

// malformed gives up a direction.
func (d *websocket) malformed(s *Stream, side *wsSide, at Mark) {
	side.lost = true
	m := s.Message(at)
	m.Outcome, m.Summary = index.Malformed, "no frame of WebSocket"
	m.Warn("malformed", index.SeverityWarn, "the bytes are no header of a frame; the rest of the direction is not decoded")
	s.Emit(m, at)
}

// Gap implements Decoder. Behind missing bytes of a payload the next frame can be
// found; what is compressed cannot be inflated any more.
func (d *websocket) Gap(s *Stream, g Gap) {
	side := &d.sides[s.Side()]
	if side.message.inflater != nil {
		side.message.inflater.broken = true
	}
	if !side.inFrame || g.Bytes > side.frame.length-side.done {
		side.lost = true
	}
	m := s.Message(side.first)
	if !side.inFrame {
		m = s.Message(s.At(0))
	}
	m.Kind, m.Outcome, m.Summary = index.Continues, index.Partial, fmt.Sprintf("%d bytes are missing", g.Bytes)
	m.Warn("websocket.gap", index.SeverityNote, fmt.Sprintf("%d bytes are missing in the capture", g.Bytes))
	s.Emit(m, s.At(0))
	side.message.open = false
	side.done += g.Bytes
	if side.inFrame && side.done >= side.frame.length {
		side.inFrame = false
	}
}

// End implements Decoder.
func (d *websocket) End(s *Stream, rest []byte, e End) {
	side := &d.sides[s.Side()]
	if side.inFrame || len(rest) > 0 && !side.lost {
		m := s.Message(side.first)
		m.Kind, m.Outcome = index.Continues, e.Outcome()
		m.Summary = fmt.Sprintf("frame cut: %d of %d bytes", side.done, side.frame.length)
		m.Warn("websocket.short", index.SeverityNote, fmt.Sprintf("a frame was cut: %d of %d bytes of its payload were seen", side.done, side.frame.length))
		s.Emit(m, side.last)
	}
	if i := side.message.inflater; i != nil {
		i.close()
	}
	side.lost = true
}
