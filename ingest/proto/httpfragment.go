package proto

import (
	"bytes"
	"fmt"

	"pcapidx/index"
)

// Bounds of fragments.
const (
	httpMaxFragments = 512     // of a direction that become messages
	httpMaxJoined    = 4 << 10 // bytes of several frames that become one
)

// httpJoined is the beginning of a fragment that goes on in the next frame.
type httpJoined struct {
	data  []byte
	first Mark
}

// fragment takes bytes that came with one frame and belong to no message that is
// known: those behind a gap, those of a connection whose beginning was not captured,
// and requests that are none. Wireshark looks at each such frame by itself, but not at
// that behind a gap for which it waited. One that begins with a printable character it
// takes for a line: without an end of a line it waits for the next frame.
func (d *http) fragment(s *Stream, side *httpSide, data []byte, at int) {
	if side.swallow || side.snapped || side.fragments >= httpMaxFragments {
		side.swallow, side.joined = false, httpJoined{}
		return
	}
	first, last := s.At(at), s.At(at+len(data)-1)
	if len(side.joined.data) > 0 {
		data, first = append(side.joined.data, data...), side.joined.first
		side.joined = httpJoined{}
	}
	for bytes.HasPrefix(data, []byte("\r\n")) {
		data, first.Offset = data[2:], first.Offset+2
	}
	if len(data) == 0 {
		return
	}
	printable := data[0] >= ' ' && data[0] <= '~'
	if printable && len(data) < httpMaxJoined && !bytes.ContainsAny(data, "\r\n") {
		side.joined = httpJoined{bytes.Clone(data), first}
		return
	}
	if printable || d.emitted {
		d.emitFragment(s, side, data, printable, first, last)
	}
}

// emitFragment makes a message of a fragment. What begins with a printable character
// is an object, as Wireshark exports it: behind lines that look like a header, if there
// are any.
func (d *http) emitFragment(s *Stream, side *httpSide, data []byte, printable bool, first, last Mark) {
	n := httpHeaderLike(data)
	if data, first.Offset = data[n:], first.Offset+uint64(n); len(data) == 0 {
		return
	}
	side.fragments++
	x := s.Message(first)
	x.Kind, x.Outcome, x.Length = index.Continues, index.Partial, uint64(len(data))
	x.Summary = fmt.Sprintf("%d bytes that belong to no message that is known", len(data))
	if x.guess = !d.emitted; s.user.headless && !d.said {
		d.said = true
		x.Warn("http.no_header", index.SeverityNote, "the beginning of the connection was not captured, and nothing in it says what it is: only the port speaks for HTTP")
	}
	if printable {
		var sum digest
		sum.write(data)
		x.Object = &index.Object{Sniff: sniffed(sum.head), Size: sum.size, SHA256: sum.hex(), Wire: sum.size, Expected: -1, Verdict: VerdictFragment}
		if plainText(sum.head) {
			x.Message.Text = bytes.Clone(data)
			x.Str(httpFileData, string(data[:min(len(data), index.MaxFieldText)]))
		}
	}
	s.Emit(x, last)
}
