package proto

import (
	"fmt"
	"strings"

	"pcapidx/index"
)

// Verdicts on bodies. They are Object.Verdict.
const (
	VerdictComplete = "complete"
	// The sender ended the connection before the body was whole.
	verdictServerClose = "short_server_close"
	verdictServerReset = "server_reset"
	verdictClientAbort = "client_abort"
	// Bytes are missing: the receiver acknowledged them, but the capture lacks them; it
	// never did; the snap length cut them; the capture ended.
	verdictCaptureLoss  = "capture_loss"
	verdictNetworkLoss  = "network_loss"
	verdictSnaplen      = "snaplen"
	verdictCaptureEnded = "capture_ended"
	// The body is whole, but the file that it is lacks its end.
	verdictAtSource = "content_incomplete_at_source"
	// Its framing makes no sense.
	verdictMalformed = "malformed"
	// Bytes of a body whose beginning is not known.
	VerdictFragment = "fragment"
	// Memory was too short to follow the connection to its end.
	verdictGivenUp = "given_up"
)

func gapVerdict(g Gap) string {
	switch {
	case g.Snapped:
		return verdictSnaplen
	case g.Lost:
		return verdictNetworkLoss
	case g.Captured:
		return verdictGivenUp
	}
	return verdictCaptureLoss
}

// bodyEnds judges a body within which its direction ended.
func (d *http) bodyEnds(s *Stream, side *httpSide, e End, at Mark) {
	m := side.message
	if m.framer.framing == httpUntilClose && e == Finished {
		side.last = at
		if m.missing > 0 {
			d.conclude(s, side, gapVerdict(m.gap), "bytes of the body are missing", at)
			return
		}
		d.complete(s, side, at)
		return
	}
	verdict, why := verdictCaptureEnded, "the capture ends before the body does"
	evidence := []uint32{side.last.Frame}
	left := d.leftEarly(s, side, e, at)
	switch {
	case e == Forgotten:
		verdict, why = verdictGivenUp, "the connection was given up for want of memory before the body was whole"
	case e == CaptureEnded && m.missing > 0:
		verdict, why = gapVerdict(m.gap), "bytes of the body are missing, and its end was not captured"
	case left > 0 && e == Finished:
		verdict, why = verdictClientAbort, "the client closed its side first, then the server did before the body was whole"
	case left > 0:
		verdict, why = verdictClientAbort, "the client closed its side before the body was whole"
	case e == Finished && m.response:
		verdict, why = verdictServerClose, "the server closed the connection before the body was whole"
	case e == Finished:
		verdict, why = verdictClientAbort, "the client closed the connection before the body was whole"
	case e == ResetBySender && m.response, e == ResetByReceiver && !m.response:
		verdict, why = verdictServerReset, "the server reset the connection before the body was whole"
	case e != CaptureEnded:
		verdict, why = verdictClientAbort, "the client reset the connection before the body was whole"
	}
	if verdict == verdictClientAbort && left > 0 {
		evidence = append(evidence, left)
	}
	if e != CaptureEnded && e != Forgotten {
		evidence = append(evidence, at.Frame)
	}
	m.evidence = evidence
	m.whole = e == Finished && m.headFrame == at.Frame // Wireshark waits for no more then
	d.conclude(s, side, verdict, why, side.last)
}

// leftEarly gives the frame with which the client closed its side while an answer came,
// 0 if it did not. Where the answer has no end, only a FIN behind all that was seen of it
// counts: a client may close its side and take the rest.
func (d *http) leftEarly(s *Stream, side *httpSide, e End, at Mark) uint32 {
	fin := d.ended[1-s.Side()].Frame
	since := side.first.Frame
	if e == CaptureEnded {
		since = side.last.Frame
	}
	if !side.message.response || fin <= since || e != CaptureEnded && fin >= at.Frame {
		return 0
	}
	return fin
}

// complete ends a message whose body is whole.
func (d *http) complete(s *Stream, side *httpSide, last Mark) {
	m := side.message
	if m.missing > 0 {
		d.conclude(s, side, gapVerdict(m.gap), "bytes of the body are missing", last)
		return
	}
	m.whole = true
	d.conclude(s, side, VerdictComplete, "", last)
}

// conclude ends the message in hand with a verdict on its body, and emits it.
func (d *http) conclude(s *Stream, side *httpSide, verdict, why string, last Mark) {
	m := side.message
	if m.sink != nil {
		m.sink.finish()
	}
	m.verdict, m.verdictWhy = verdict, why
	if m.sink != nil && m.sink.events != nil {
		m.sink.events.at(s, last, last)
		m.sink.events.end(m.outcome())
	}
	if verdict == verdictSnaplen && m.headFrame == side.first.Frame && last.Frame == m.headFrame {
		m.whole = true // Wireshark shows segments that were cut by themselves
	}
	d.emit(s, side, last)
	side.state, side.message = httpIdle, nil
}

// outcome says how a message fared.
func (m *httpMessage) outcome() index.Outcome {
	switch m.verdict {
	case verdictServerClose, verdictServerReset:
		return index.Truncated
	case verdictClientAbort:
		return index.Aborted
	case verdictCaptureLoss, verdictNetworkLoss, verdictSnaplen, verdictCaptureEnded, verdictGivenUp:
		return index.Partial
	case verdictMalformed:
		return index.Malformed
	}
	if m.response && m.status >= 400 {
		return index.Failed
	}
	return index.Fine
}

// object makes the object of a message with a body, nil without one.
func (m *httpMessage) object() *index.Object {
	if m.framer.framing == httpNoBody || m.sink == nil {
		return nil
	}
	expected := int64(-1)
	if m.framer.framing == httpSized {
		expected = m.length
	}
	d := m.sink.result()
	if d.size == 0 && m.framer.wire == 0 && expected <= 0 {
		return nil
	}
	o := &index.Object{
		Name: objectName(m.asked.uri), Type: m.media, Sniff: sniffed(d.head), Size: d.size, SHA256: d.hex(),
		Wire: m.framer.wire, Expected: expected, Coding: m.codingNames(m.sink.undone()), Verdict: m.verdict,
	}
	if o.Verdict == VerdictComplete && m.status != 206 && unfinished(o.Sniff, d.tail[max(0, len(d.tail)-int(min(d.size, uint64(len(d.tail))))):]) {
		o.Verdict = verdictAtSource
	}
	return o
}

// warnBody warns of a body that is not whole.
func (m *httpMessage) warnBody(x *Message) {
	o := x.Object
	if o == nil || m.verdict == VerdictComplete && o.Verdict == VerdictComplete {
		return
	}
	got := fmt.Sprintf("%d bytes of the body were seen", o.Wire)
	if o.Expected >= 0 {
		got = fmt.Sprintf("%d of %d bytes of the body were seen", o.Wire, o.Expected)
	}
	code, text, frames := "http.body_short_"+strings.TrimPrefix(o.Verdict, "short_"), m.verdictWhy+": "+got, m.evidence
	switch o.Verdict {
	case verdictAtSource:
		code, frames = "http.content_incomplete_at_source", nil
		text = fmt.Sprintf("all %d bytes of the body came, but the %s that they are lacks its end", o.Wire, o.Sniff)
	case verdictMalformed:
		code = "http.chunks"
	case verdictSnaplen: // how much it cut is not known: what follows is not looked at
		frames = []uint32{m.gapFrame}
	case verdictCaptureLoss, verdictNetworkLoss:
		frames = []uint32{m.gapFrame}
		text += fmt.Sprintf(", %d are missing", m.missing)
	}
	x.Warn(code, index.SeverityWarn, text, frames...)
}
