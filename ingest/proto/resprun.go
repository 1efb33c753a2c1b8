package proto

import (
	"bytes"

	"pcapidx/index"
)

// unhold forgets the fields held.
func (r *respRun) unhold() {
	r.s.engine.spare.Give(r.d.hold)
	r.d.hold, r.d.spilt = nil, false
}

// respRun reads the values that end in one frame.
type respRun struct {
	x *resp
	d *respSide
	s *Stream
	m *Message // of the value in hand
}

// message gives the message of the value in hand. It shows first what was held.
func (r *respRun) message(pos int) *Message {
	if r.m == nil {
		first := r.s.At(pos)
		if len(r.d.hold) > 0 && r.d.since < first.Offset {
			first = r.d.first
		}
		r.m = r.s.Message(first)
		if r.d.again += len(r.d.hold); r.d.again <= respBudget {
			r.m.Fields = append(r.m.Fields, r.d.hold...)
		}
	}
	return r.m
}

// emit stores what there is of a value.
func (r *respRun) emit(kind index.MessageKind, last int) {
	if r.m == nil {
		return
	}
	m := r.m
	r.m = nil
	m.Kind = kind
	if m.Summary == "" {
		m.Summary = "part of " + r.d.value.describe()
	}
	r.s.Emit(m, r.s.At(last))
}

// cut is called when a frame ends within a string or line.
func (r *respRun) cut(last int) {
	d := r.d
	if len(d.shown) == 0 {
		r.unhold()
	}
	if r.m == nil && len(d.hold) > 0 && d.again < respBudget && r.s.At(last).Offset-d.since < respAgain {
		r.message(last)
	}
	r.emit(index.Continues, last)
}

// token takes a line, or a string with its length in front. It tells how many bytes
// it took and whether that was whole.
func (r *respRun) token(data []byte, pos int) (int, bool) {
	d, b := r.d, data[pos:]
	if d.left > 0 {
		return r.body(data, pos)
	}
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		if len(b) > respLine {
			r.lose(pos, len(data)-1, "a line has no end")
			return len(b), true
		}
		return 0, false
	}
	line := bytes.TrimSuffix(b[:end], []byte("\r"))
	if kind := b[0]; kind == '$' || kind == '!' || kind == '=' {
		if n, ok := respNumber(line[1:]); ok && n >= 0 {
			return r.text(data, pos, end+1, n)
		}
	}
	r.begin(pos, pos+end)
	r.line(line, pos+end)
	return end + 1, true
}

// text takes a string of a length, whose head is read.
func (r *respRun) text(data []byte, pos, head int, n int64) (int, bool) {
	b := data[pos+head:]
	if n > respWhole {
		r.d.body, r.d.long, r.d.left = append([]byte{data[pos]}, b[:min(len(b), respWhole)]...), n, n+2
		if !r.d.begun {
			r.d.first, r.d.begun, r.d.value = r.s.At(pos), true, respValue{kind: data[pos]}
		}
		taken, whole := r.body(data, pos+head)
		return head + taken, whole
	}
	if int64(len(b)) < n+2 {
		return 0, false
	}
	last := pos + head + int(n) + 1
	r.begin(pos, last)
	if b[n] != '\r' || b[n+1] != '\n' {
		r.lose(pos, last, "a string does not end where its length says")
		return head + int(n) + 2, true
	}
	r.bulk(data[pos], n, b[:n])
	r.finish(last)
	return head + int(n) + 2, true
}

// body takes bytes of a long string.
func (r *respRun) body(data []byte, pos int) (int, bool) {
	d := r.d
	n := int(min(d.left, int64(len(data)-pos)))
	if room := respWhole + 1 - len(d.body); room > 0 && d.left < d.long+2 {
		d.body = append(d.body, data[pos:pos+min(n, room)]...)
	}
	if d.left -= int64(n); d.left > 0 {
		return n, false
	}
	if len(d.shown) == 0 {
		r.unhold()
		d.since = r.s.At(pos).Offset
	}
	r.message(pos)
	r.bulk(d.body[0], d.long, d.body[1:])
	d.body = nil
	r.finish(pos + n - 1)
	return n, true
}

// begin notes that a value or an element of it begins.
func (r *respRun) begin(pos, last int) {
	d := r.d
	if !d.begun {
		d.begun, d.first, d.value = true, r.s.At(pos), respValue{}
	}
	if len(d.shown) == 0 {
		r.unhold()
		d.since = r.s.At(pos).Offset
	}
	if r.m != nil && len(r.m.Fields) > respSplit {
		r.emit(index.Continues, last)
		hold := d.hold
		d.hold = nil
		r.message(pos)
		d.hold = hold
	}
	r.message(pos)
}

// add adds a field, which may be shown again.
func (r *respRun) add(field int, n uint64, text string) {
	m, d := r.m, r.d
	if field == respBulkValue || field == respString || field == respError {
		if field == respBulkValue {
			m.Str(field, text)
		} else {
			m.ascii(field, text)
		}
	} else {
		m.Uint(field, n)
	}
	if len(d.hold) >= respHeld {
		r.unhold()
		d.spilt = true
	}
	if !d.spilt && len(m.Fields) > 0 {
		d.hold = append(r.s.engine.spare.Grow(d.hold, len(d.hold)+1), m.Fields[len(m.Fields)-1])
	}
}

// bulk adds a string.
func (r *respRun) bulk(kind byte, n int64, b []byte) {
	if kind != '$' { // types that Wireshark does not know: a line each
		for range 1 + bytes.Count(b, []byte("\n")) + 1 {
			r.add(respFragment, 1, "")
		}
	} else {
		r.add(respBulk, 1, "")
		r.add(respBulkLength, uint64(n), "")
		if n > 0 {
			r.add(respBulkValue, 0, string(b[:min(int64(len(b)), n)]))
		}
	}
	r.d.value.text(kind, b, n)
}

// line takes a line of any other type.
func (r *respRun) line(line []byte, last int) {
	d, kind, rest := r.d, byte(0), line
	if len(line) > 0 {
		kind, rest = line[0], line[1:]
	}
	n, number := respNumber(rest)
	switch {
	case kind == '+':
		r.add(respString, 0, string(rest))
	case kind == '-':
		r.add(respError, 0, string(rest))
	case kind == ':':
		r.add(respInteger, uint64(n), "")
	case kind == '$': // null
		r.add(respBulk, 1, "")
		r.add(respBulkLength, uint64(n), "")
	case kind == '*':
		r.add(respArray, 1, "")
		r.add(respArrayLength, uint64(n), "")
		if number && n > 0 && len(d.shown) < respDepth {
			d.shown = append(d.shown, n)
		}
	default:
		r.add(respFragment, 1, "")
	}
	if r.s.FromClient() && (kind == 0 || bytes.IndexByte([]byte("+-:$*_,#!=(%~>|"), kind) < 0) {
		d.value.inline(line)
		r.finish(last)
		return
	}
	d.value.add(kind, rest, n)
	elements := int64(1)
	if number && n > 0 {
		switch kind {
		case '*', '~', '>':
			elements = n
		case '%':
			elements = 2 * n
		case '|':
			elements = 2*n + 1 // the value that it describes follows
		default:
			n = 0
		}
		if n > 0 && n < 1<<32 {
			if len(d.stack) >= respDepth {
				r.lose(last, last, "arrays are nested too deeply")
				return
			}
			d.stack = append(d.stack, elements)
			if kind != '*' {
				closeArrays(&d.shown)
			}
			return
		}
	}
	r.finish(last)
}

// closeArrays counts an element of the innermost array, and ends those that it
// completes.
func closeArrays(stack *[]int64) {
	t := *stack
	for len(t) > 0 {
		if t[len(t)-1]--; t[len(t)-1] > 0 {
			break
		}
		t = t[:len(t)-1]
	}
	*stack = t
}

// finish counts an element, and ends the value if that was its last one.
func (r *respRun) finish(last int) {
	d := r.d
	closeArrays(&d.shown)
	if closeArrays(&d.stack); len(d.stack) > 0 {
		if d.value.kind == '|' && len(d.stack) == 1 && d.stack[0] == 1 {
			d.value = respValue{} // the attributes are over: the value follows
		}
		return
	}
	m := r.message(last)
	if d.first.Offset < m.Offset {
		m.First, m.Start, m.Offset = d.first.Frame, d.first.Time, d.first.Offset
	}
	r.m = nil
	r.x.value(r.s, d, m, last)
	d.begun, d.shown, d.again = false, d.shown[:0], 0
	r.unhold()
}

// lose gives up the direction up to a frame that begins with a value.
func (r *respRun) lose(pos, last int, why string) {
	m := r.message(pos)
	m.Outcome, m.Summary = index.Malformed, "lost the beginning of values"
	m.Warn("malformed", index.SeverityWarn, why+": the next value is looked for")
	r.emit(index.Continues, last)
	*r.d = respSide{lost: true, seen: r.d.seen}
}
