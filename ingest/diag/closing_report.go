package diag

import (
	"fmt"
	"strings"

	"pcapidx/index"
)

func (x *closing) Finish(c *Conn, r *Report) {
	m := &r.Measures
	name, setUp := x.result(c, r)
	m.Close, m.ClosedBy, m.CloseDelay = name, x.first-1, x.delay
	for d := range c.Side {
		if n := int64(c.Side[d].FIN.Count); n > 1 {
			m.Sides[d].ResentControl += n - 1
		}
	}
	if setUp {
		x.report(c, r, name)
	}
	unackedAtEnd(c, r, x)
}

func (x *closing) report(c *Conn, r *Report, name string) {
	f := index.Finding{Code: name, Side: x.first - 1}
	switch {
	case name == closeThenReset || name == closeBoth && x.resets.Count > 0:
		x.afterOwnClose(c, r, &f)
	case strings.HasPrefix(name, "rst_by_"):
		x.reportReset(c, r, &f)
	case name == closeHalf || name == closeUnanswered:
		x.halfClosed(c, r, &f)
	case name == closeSilent:
		silence := r.CaptureEnd - c.End
		f.Severity, f.Side = index.SeverityNote, -1
		f.Sentence = fmt.Sprintf("The connection ends without FIN or RST, %s before the end of the capture: it is idle, or its end was lost.", timeWords(silence))
		f.Numbers = []index.Number{{Name: "silence_s", Value: seconds(silence)}}
		f.Frames, f.Count = []uint32{c.First.LastFrame}, 1
	case name == closeOpen:
		f.Code, f.Side = "still_open", -1
		f.Sentence = fmt.Sprintf("The connection was open when the capture ended, %s after its last packet.", timeWords(max(0, r.CaptureEnd-c.End)))
		f.Frames, f.Count = []uint32{c.First.LastFrame}, 1
	default:
		return
	}
	r.Add(f)
}

// afterOwnClose reports a RST of a side that had sent its FIN.
func (x *closing) afterOwnClose(c *Conn, r *Report, f *index.Finding) {
	u := &x.cut
	f.Code, f.Severity, f.Side = "fin_then_rst", index.SeverityNote, int8(u.dir)
	who, peer := r.Role(u.dir), r.Role(1-u.dir)
	switch late := x.end[u.dir].late; {
	case u.fins[1-u.dir]:
		f.Severity = index.SeverityInfo
		f.Sentence = fmt.Sprintf("Both sides had closed the connection when the %s sent a RST: nothing was lost by it.", who)
	case late > 0:
		f.Sentence = fmt.Sprintf("The %s closed the connection and then answered %s of the %s with a RST: it no longer reads, and what it had not read is lost.", who, countWords(late, "byte"), peer)
	default:
		f.Sentence = fmt.Sprintf("The %s closed the connection and then reset it, without waiting for the FIN of the %s: its application was gone, or did not wait any longer.", who, peer)
	}
	f.Numbers = []index.Number{{Name: "late_bytes", Value: float64(x.end[u.dir].late)}}
	e := evidence(c.Side[u.dir].FIN.Frame)
	x.addResets(f, &e)
}

// addResets makes e and the frames of the RSTs the evidence.
func (x *closing) addResets(f *index.Finding, e *Evidence) {
	for _, frame := range x.resets.Frames {
		e.Add(frame)
	}
	f.Frames, f.Count = e.Frames, e.Count+x.resets.Count-uint32(len(x.resets.Frames))
}

// reportReset reports a RST that ended the connection.
func (x *closing) reportReset(c *Conn, r *Report, f *index.Finding) {
	u := &x.cut
	who, peer := r.Role(u.dir), r.Role(1-u.dir)
	f.Severity, f.Side = index.SeverityWarn, int8(u.dir)
	var e Evidence
	switch x.kind(r) {
	case resetNoData:
		f.Code = "reset_before_data"
		if f.Sentence = fmt.Sprintf("The %s reset the connection before either side sent data. ", who); r.Guessed {
			f.Sentence = fmt.Sprintf("The %s reset the connection; no data of it was captured. ", who)
		}
		if u.dir == r.Client {
			f.Severity = index.SeverityNote
		}
	case resetUnacked:
		f.Code, f.Weight = "reset_unacked", 1
		f.Sentence = fmt.Sprintf("The %s aborted the connection while %s not acknowledged: that data may be lost. ", who, u.waitText(r))
		e = evidence(c.Side[ownOrPeer(u.waiting[u.dir] > 0, u.dir)].Data.LastFrame)
	case resetAfterFIN:
		f.Code, f.Severity = "reset_after_fin", index.SeverityNote
		f.Sentence = fmt.Sprintf("The %s answered the FIN of the %s with a RST instead of its own FIN; all data was acknowledged. ", who, peer)
		e = evidence(c.Side[1-u.dir].FIN.Frame)
	case resetAfterData:
		f.Code, f.Weight = "reset_after_data", 1
		f.Sentence = fmt.Sprintf("The %s aborted the connection instead of closing it, %s after the last data", who, timeWords(u.finished))
		if u.dir != r.Client {
			f.Sentence += "; the last response may be incomplete"
		}
		f.Sentence += ". "
	default: // the handshake's finding says it
		f.Code, f.Sentence = "", ""
	}
	if f.Code == "" {
		return
	}
	f.Sentence += "Probable causes: " + x.causes(c, r) + "."
	f.Numbers = []index.Number{
		{Name: "resets", Value: float64(x.resets.Count)},
		{Name: "silence_ms", Value: millis(u.silence)},
		{Name: "since_data_ms", Value: millis(u.finished)},
		{Name: "client_unacked_bytes", Value: float64(u.waiting[r.Client])},
		{Name: "server_unacked_bytes", Value: float64(u.waiting[1-r.Client])},
	}
	x.addResets(f, &e)
}

// ownOrPeer gives dir if its condition holds, else the other side.
func ownOrPeer(own bool, dir uint8) uint8 {
	if own {
		return dir
	}
	return 1 - dir
}

// waitText says whose data was not acknowledged.
func (u *cut) waitText(r *Report) string {
	var parts []string
	for _, d := range []uint8{r.Client, 1 - r.Client} {
		if n := u.waiting[d]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s of the %s", countWords(n, "byte"), r.Role(d)))
		}
	}
	several := len(parts) > 1 || u.waiting[0]+u.waiting[1] > 1
	return strings.Join(parts, " and ") + either(several, " were", " was")
}

// causes lists what makes a side send such a RST, the likeliest first.
func (x *closing) causes(c *Conn, r *Report) string {
	u := &x.cut
	var list []string
	if u.silence >= c.T.IdleReset {
		list = append(list, fmt.Sprintf("an idle time-out of a host, firewall or load balancer (%s of silence before it)", timeWords(u.silence)))
	}
	if u.waiting[u.dir] > 0 && c.Side[u.dir].Resent.Count > 0 {
		list = append(list, "the sender gave up after sending its data again without an answer")
	}
	if u.toData {
		list = append(list, "its application had closed the socket, or had crashed, when data of the peer arrived")
	}
	switch server := u.dir != r.Client; {
	case !u.data && server:
		list = append(list, "an access rule or a full queue of the server", "a service that stopped or crashed", "a proxy or load balancer without a working backend")
	case !u.data:
		list = append(list, "a port scan or a health check", "a client that gave up or chose another connection")
	case u.fins[1-u.dir]:
		list = append(list, "an application that closes with data unread or without lingering, as browsers do")
	case server:
		list = append(list, "a server application that crashed, was stopped, or closed with data unread", "a request that it rejected", "a firewall that forged the RST")
	default:
		list = append(list, "a user or a time-out that cancelled the request", "a client application that ended, or closed with data unread", "a firewall that forged the RST")
	}
	return strings.Join(list, "; ")
}

// halfClosed reports a FIN of one side only.
func (x *closing) halfClosed(c *Conn, r *Report, f *index.Finding) {
	d := uint8(f.Side)
	e, fin := &x.end[d], &c.Side[d].FIN
	stayed := max(0, r.CaptureEnd-fin.Time)
	f.Code, f.Severity = "half_closed", index.SeverityNote
	who, peer := r.Role(d), r.Role(1-d)
	switch {
	case e.late > 0:
		f.Severity = index.SeverityInfo
		f.Sentence = fmt.Sprintf("The %s closed its direction, and the %s used the other one for %s more: a half-close.", who, peer, countWords(e.late, "byte"))
	case e.acked:
		f.Sentence = fmt.Sprintf("The %s closed the connection; the %s acknowledged that, but did not close its side in the %s until the end of the capture.", who, peer, timeWords(stayed))
	default:
		f.Sentence = fmt.Sprintf("The %s closed the connection, and nothing of the %s answers that in the %s until the end of the capture.", who, peer, timeWords(stayed))
	}
	f.Numbers = []index.Number{{Name: "open_s", Value: seconds(stayed)}, {Name: "late_bytes", Value: float64(e.late)}}
	f.Frames, f.Count = []uint32{fin.Frame}, 1
}
