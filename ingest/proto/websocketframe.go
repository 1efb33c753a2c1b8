package proto

import (
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"pcapidx/index"
)

// closes emits the frame in hand, and with the last one of a message what it says.
func (d *websocket) closes(s *Stream, side *wsSide) {
	f := &side.frame
	m := s.Message(side.first)
	m.Bool(wsFin, f.fin)
	m.Uint(wsReserved, uint64(f.reserved>>4))
	if f.opcode < wsOpClose {
		m.Bool(wsCompressed, f.reserved&0x40 != 0)
	}
	m.Uint(wsOpcode, uint64(f.opcode))
	m.Bool(wsMask, f.masked)
	m.Uint(wsLength, uint64(f.short))
	switch f.short {
	case 126:
		m.Uint(wsLength16, f.length)
	case 127:
		m.Uint(wsLength64, f.length)
	}
	if f.masked {
		m.Str(wsKey, string(f.key[:]))
	}
	m.Kind = index.Continues
	switch {
	case f.opcode == wsOpPing:
		m.Str(wsPing, string(side.small))
		m.Summary = fmt.Sprintf("ping, %d bytes", f.length)
	case f.opcode == wsOpPong:
		m.Str(wsPong, string(side.small))
		m.Summary = fmt.Sprintf("pong, %d bytes", f.length)
	case f.opcode == wsOpClose:
		side.closing(m)
	case !f.fin:
		m.Str(wsContinue, string(side.small))
		m.Summary = fmt.Sprintf("fragment, %d bytes", f.length)
	default:
		side.message.finish(m)
	}
	s.Emit(m, side.last)
}

// closing reads a close frame (RFC 6455, section 5.5.1).
func (side *wsSide) closing(m *Message) {
	m.Kind, m.Summary = index.Notice, "close"
	b := side.small
	if len(b) < 2 {
		return
	}
	code := uint64(binary.BigEndian.Uint16(b))
	m.Uint(wsStatus, code)
	m.Code = fmt.Sprint(code)
	m.Summary = summary(strings.TrimSpace(fmt.Sprintf("close %d %s", code, b[2:])))
	if len(b) > 2 {
		m.Str(wsReason, string(b[2:]))
	}
	if code != 1000 && code != 1001 && code != 1005 {
		m.Warn("websocket.close", index.SeverityNote, fmt.Sprintf("the connection is closed with code %d", code))
	}
}

// finish says what a whole message is.
func (m *wsMessage) finish(x *Message) {
	kind := "binary"
	if m.opcode == wsOpText {
		kind = "text"
	}
	x.Kind = index.Notice
	x.Summary = fmt.Sprintf("%s message, %d bytes", kind, m.sum.size)
	if m.frames > 1 {
		x.Summary += fmt.Sprintf(" in %d frames", m.frames)
	}
	if m.compressed {
		x.Summary += fmt.Sprintf(", compressed to %d", m.wire)
		m.inflater.flush(m.take)
		if err := m.inflater.err; err != nil || m.inflater.broken {
			x.Outcome = index.Partial
			x.Warn("websocket.inflate", index.SeverityNote, "the message could not be inflated: bytes before it are missing, or it makes no sense")
		}
		x.Summary = fmt.Sprintf("%s message, %d bytes, compressed to %d", kind, m.sum.size, m.wire)
	}
	if m.opcode == wsOpText {
		x.Str(wsText, string(m.text[:min(len(m.text), index.MaxFieldText)]))
		if note := jsonRPCNote(m.text); note != "" {
			x.Summary += ", " + note
		} else if len(m.text) > 0 {
			x.Summary = summary(x.Summary + ": " + string(m.text[:min(len(m.text), 80)]))
		}
	}
	x.Message.Text = m.text
	if m.opcode == wsOpBinary {
		coding := ""
		if m.compressed {
			coding = "permessage-deflate"
		}
		x.Object = &index.Object{Sniff: sniffed(m.sum.head), Size: m.sum.size, SHA256: m.sum.hex(), Wire: m.wire, Expected: int64(m.wire), Coding: coding, Verdict: VerdictComplete}
	}
	*m = wsMessage{inflater: m.inflater}
}

// wsInflater undoes permessage-deflate (RFC 7692, section 7.2). It is one stream for
// all messages of a direction; where each message is compressed by itself, that makes
// no difference, for it does not refer to what came before.
type wsInflater struct {
	budget  *httpBudget
	charged bool
	broken  bool // bytes are missing
	err     error
	data    []byte
	in, out uint64
	ended   bool
	yield   func(struct{}) bool
	next    func() (struct{}, bool)
	stop    func()
	take    func([]byte)
}

// wsInflaterBytes is what an inflater takes, about.
const wsInflaterBytes = 64 << 10

// write inflates a piece of a message.
func (i *wsInflater) write(data []byte, take func([]byte)) {
	if i.err != nil || i.broken || len(data) == 0 {
		return
	}
	if i.next == nil {
		if i.budget.decoders+wsInflaterBytes > httpDecoders {
			i.err = errors.New("too many messages are inflated at once")
			return
		}
		i.budget.decoders += wsInflaterBytes
		i.charged = true
		i.next, i.stop = iter.Pull(func(yield func(struct{}) bool) {
			i.yield = yield
			i.err = i.inflate()
		})
	}
	i.data, i.take = data, take
	i.in += uint64(len(data))
	for more := true; more && len(i.data) > 0; {
		_, more = i.next()
	}
	i.data, i.take = nil, nil
}

// flush ends a message: the sender left out the end of an empty block.
func (i *wsInflater) flush(take func([]byte)) { i.write([]byte{0, 0, 0xff, 0xff}, take) }

func (i *wsInflater) inflate() error {
	r := flate.NewReader(i)
	buffer := make([]byte, 16<<10)
	for {
		n, err := r.Read(buffer)
		i.out += uint64(n)
		if i.take != nil {
			i.take(buffer[:n])
		}
		switch {
		case i.out > httpMaxRatio*i.in+1<<16:
			return ErrBodyLimit
		case errors.Is(err, io.EOF) && !i.ended: // a last block ends a message only
			if err := r.(flate.Resetter).Reset(i, nil); err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
}

// Read gives the decoder what has come.
func (i *wsInflater) Read(p []byte) (int, error) {
	for len(i.data) == 0 {
		if i.ended || !i.yield(struct{}{}) {
			i.ended = true
			return 0, io.EOF
		}
	}
	n := copy(p, i.data)
	i.data = i.data[n:]
	return n, nil
}

// ReadByte makes the decoder read no more than it needs.
func (i *wsInflater) ReadByte() (byte, error) {
	var b [1]byte
	_, err := i.Read(b[:])
	return b[0], err
}

// close ends the inflater.
func (i *wsInflater) close() {
	if i.next != nil {
		i.stop()
		i.next = nil
	}
	if i.charged {
		i.budget.decoders -= wsInflaterBytes
		i.charged = false
	}
}
