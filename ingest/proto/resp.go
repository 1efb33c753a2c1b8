package proto

import (
	"bytes"
	"slices"
	"strconv"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	respString = iota
	respError
	respInteger
	respBulk
	respBulkLength
	respBulkValue
	respArray
	respArrayLength
	respFragment
	respCommand
)

// respProtocol is Redis' serialization protocol, versions 2 and 3.
func respProtocol() Protocol {
	return Protocol{
		Name: "resp", Title: "Redis", On: Streams, Ports: []uint16{6379}, Patience: 60e9,
		Fields: []Field{
			respString:      {Name: "resp.string", Kind: dissect.KindString, Listed: true, Doc: "Simple string"},
			respError:       {Name: "resp.error", Kind: dissect.KindString, Listed: true, Doc: "Error"},
			respInteger:     {Name: "resp.integer", Kind: dissect.KindInt, Bits: 64, Doc: "Integer"},
			respBulk:        {Name: "resp.bulk_string", Kind: dissect.KindNone, Doc: "A string of a given length"},
			respBulkLength:  {Name: "resp.bulk_string.length", Kind: dissect.KindInt, Bits: 32, Doc: "Length of a string, -1: null"},
			respBulkValue:   {Name: "resp.bulk_string.value", Kind: dissect.KindBytes, Doc: "Value of a string"},
			respArray:       {Name: "resp.array", Kind: dissect.KindNone, Doc: "Array"},
			respArrayLength: {Name: "resp.array.length", Kind: dissect.KindInt, Bits: 64, Doc: "Elements of an array, -1: null"},
			respFragment:    {Name: "resp.fragment", Kind: dissect.KindNone, Doc: "A line of another type: inline commands, types of version 3"},
			respCommand:     {Name: "resp.command", Kind: dissect.KindString, Listed: true, Doc: "Name of the command, in capitals"},
		},
		Detect: detectRESP,
		New:    func() Decoder { return &resp{} },
	}
}

// Bounds. Strings longer than respWhole are not held, respLine is the longest line,
// respDepth the deepest nesting (clients accept less), respHeld how many fields of an
// unfinished value are shown again, respAgain for how many bytes, and respBudget how
// many fields of a value are in all.
const (
	respWhole = 16 << 10
	respLine  = 32 << 10
	respDepth = 128
	respHeld  = 8 << 10
	respAgain = 64 << 10

	respBudget = 256 << 10
	respQueue  = 4096
	respSplit  = groupFields
)

// detectRESP wants an array of strings from the client, or an inline command that the
// server answers with a type's character.
func detectRESP(h *Head) Verdict {
	c, s := h.Client, h.Server
	server := respTyped(s)
	switch {
	case len(c) > 0 && c[0] == '*':
		switch v := respCommandHead(c); {
		case v != Yes || len(s) == 0:
			return v
		case server:
			return Yes
		}
	case respInline(c) && len(s) == 0:
		return More
	case respInline(c) && server:
		return Yes
	case h.Midstream && h.ServerPort == 6379 && server && (len(c) == 0 || respTyped(c)):
		return Likely
	}
	return No
}

// respCommandHead judges the beginning of a command: *n, then $m and m bytes.
func respCommandHead(b []byte) Verdict {
	for _, kind := range []byte("*$") {
		if len(b) == 0 {
			return More
		}
		end := bytes.IndexByte(b[:min(len(b), 16)], '\n')
		if b[0] != kind || end < 0 && len(b) >= 16 {
			return No
		}
		if end < 0 {
			return More
		}
		n, ok := respNumber(b[1:end])
		if !ok || n < 1 {
			return No
		}
		if b = b[end+1:]; kind == '$' && int64(len(b)) >= n+2 && (b[n] != '\r' || b[n+1] != '\n') {
			return No
		}
	}
	return Yes
}

// respTyped tells whether bytes begin with a value.
func respTyped(b []byte) bool {
	if len(b) < 3 || bytes.IndexByte([]byte("+-:$*_,#!=(%~>|"), b[0]) < 0 {
		return false
	}
	end := bytes.IndexByte(b, '\n')
	if end < 2 || b[end-1] != '\r' {
		return false
	}
	switch line := b[1 : end-1]; b[0] {
	case ':', '$', '*', '!', '=', '%', '~', '>', '|':
		_, ok := respNumber(line)
		return ok
	case '_':
		return len(line) == 0
	}
	return true
}

// respInline tells commands that people type, and health checks send.
func respInline(b []byte) bool {
	end := bytes.IndexByte(b, '\n')
	if end < 0 || end > 128 {
		return false
	}
	words := bytes.Fields(b[:end])
	if len(words) == 0 {
		return false
	}
	return slices.Contains([]string{
		"PING", "ECHO", "INFO", "SET", "GET", "INCR", "DECR", "DEL", "EXISTS", "COMMAND", "CONFIG", "SELECT", "KEYS", "HELLO", "MONITOR", "DBSIZE",
		"FLUSHALL", "CLIENT", "SUBSCRIBE", "ROLE", "SYNC", "PSYNC", "REPLCONF",
	}, string(bytes.ToUpper(words[0])))
}

// respNumber reads the number of a line, which ends with CR or not.
func respNumber(b []byte) (int64, bool) {
	b = bytes.TrimSuffix(b, []byte("\r"))
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// resp follows both sides, and pairs answers with commands by their order.
type resp struct {
	sides [2]respSide
	queue []uint32 // numbers of commands without an answer
	// doubt: bytes are missing, so that which answer belongs to which command is
	// unknown until a command comes after an answer.
	doubt    bool
	answered bool // the server spoke last
	warned   bool
}

// respSide is one direction.
type respSide struct {
	lost  bool
	stack []int64 // elements to come of each array that is open
	begun bool
	first Mark
	value respValue

	// What Wireshark shows of a value that is cut at the end of a frame: it begins
	// anew with the outermost array if the cut is within a string or line, and with
	// the next element else.
	shown []int64
	hold  []index.MessageField
	spilt bool // more than respHeld
	since uint64
	again int    // fields of the value shown again
	seen  uint64 // end of what was looked at

	// A string longer than respWhole.
	body []byte
	long int64 // its length
	left int64 // bytes to come, with CR LF
}

// Decode implements Decoder.
func (x *resp) Decode(s *Stream, data []byte) int {
	d := x.side(s)
	if s.At(len(data)-1).Offset < d.seen {
		return 0 // all of it was seen before
	}
	pos := 0
	for end := 0; end < len(data); {
		end = min(s.FrameEnd(end), len(data))
		if s.At(end-1).Offset < d.seen {
			continue
		}
		d.seen = s.At(end-1).Offset + 1
		pos += x.frame(s, d, data[:end], pos)
		if d.lost {
			pos = end
		}
	}
	return pos
}

func (x *resp) side(s *Stream) *respSide {
	if s.FromClient() {
		return &x.sides[0]
	}
	return &x.sides[1]
}

// frame takes the values in data from pos on, where data ends with a frame. It tells
// how much it took.
func (x *resp) frame(s *Stream, d *respSide, data []byte, pos int) int {
	if d.lost {
		if d.lost = !respTyped(data[pos:]); d.lost {
			return len(data) - pos
		}
	}
	r := &respRun{x: x, d: d, s: s}
	from := pos
	for pos < len(data) {
		n, whole := r.token(data, pos)
		pos += n
		if !whole {
			r.cut(len(data) - 1)
			return pos - from
		}
	}
	r.emit(index.Continues, len(data)-1)
	d.shown = d.shown[:0]
	r.unhold()
	return pos - from
}

// Gap implements Decoder.
func (x *resp) Gap(s *Stream, _ Gap) {
	*x.side(s) = respSide{lost: true}
	x.queue, x.doubt = nil, true
}

// End implements Decoder.
func (x *resp) End(s *Stream, rest []byte, e End) {
	d := x.side(s)
	if n := len(rest); !d.lost && (n > 0 || d.begun) {
		endCut(s, n+len(d.body), e)
	}
}
