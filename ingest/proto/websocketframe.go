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
func (w *wsMessage) finish(m *Message) {
	kind := "binary"
	if w.opcode == wsOpText {
		kind = "text"
	}
	m.Kind = index.Notice
	m.Summary = fmt.Sprintf("%s message, %d bytes", kind, w.sum.size)
	if w.frames > 1 {
		m.Summary += fmt.Sprintf(" in %d frames", w.frames)
	}
	if w.compressed {
		m.Summary += fmt.Sprintf(", compressed to %d", w.wire)
		w.inflater.flush(w.take)
		if err := w.inflater.err; err != nil || w.inflater.broken {
			m.Outcome = index.Partial
			m.Warn("websocket.inflate", index.SeverityNote, "the message could not be inflated: bytes before it are missing, or it makes no sense")
		}
		m.Summary = fmt.Sprintf("%s message, %d bytes, compressed to %d", kind, w.sum.size, w.wire)
	}
	if w.opcode == wsOpText {
		m.Str(wsText, string(w.text[:min(len(w.text), index.MaxFieldText)]))
		if note := jsonRPCNote(w.text); note != "" {
			m.Summary += ", " + note
		} else if len(w.text) > 0 {
			m.Summary = summary(m.Summary + ": " + string(w.text[:min(len(w.text), 80)]))
		}
	}
	m.Message.Text = w.text
	if w.opcode == wsOpBinary {
		coding := ""
		if w.compressed {
			coding = "permessage-deflate"
		}
		m.Object = &index.Object{Sniff: sniffed(w.sum.head), Size: w.sum.size, SHA256: w.sum.hex(), Wire: w.wire, Expected: int64(w.wire), Coding: coding, Verdict: verdictComplete}
	}
	*w = wsMessage{inflater: w.inflater}
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
