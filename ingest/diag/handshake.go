package diag

import (
	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// Results of the opening (index.Measures.Handshake). Those that fail have a finding
// of the same name, but for "mismatch".
const (
	openComplete     = "complete"
	openUnanswered   = "syn_unanswered"
	openRefused      = "refused"
	openRejected     = "icmp_rejected"
	openHalf         = "half_open"
	openAborted      = "reset_by_client"
	openAnswerOnly   = "synack_only"
	openMismatch     = "mismatch"
	openSimultaneous = "simultaneous_open"
	openMidStream    = "mid_stream"
	openUndecided    = "undecided"      // the capture ended too early to tell
	openNoAnswer     = "synack_missing" // went on without a SYN+ACK in the capture
)

func handshakeFamily() Family {
	return Family{Name: "handshake", New: func() Watcher { return &handshake{} }, Finds: []Diagnostic{
		{
			openUnanswered, index.SeverityError, "handshake", "SYN never answered",
			"Nothing at all came from the server, and the client sent nothing but SYNs. Not said while the last SYN is too young (Undecided).",
		},
		{
			openRefused, index.SeverityError, "handshake", "connection refused",
			"The SYN was answered by a RST that acknowledges it (RFC 9293, section 3.10.7.1).",
		},
		{
			openRejected, index.SeverityError, "handshake", "rejected by ICMP",
			"An ICMP error that quotes a packet of the connection came, and no SYN+ACK.",
		},
		{
			openHalf, index.SeverityWarn, "handshake", "handshake not finished",
			"A SYN+ACK came, and nothing from the client after it. Not said while the last SYN+ACK is too young (Undecided).",
		},
		{
			openAborted, index.SeverityNote, "handshake", "aborted by the client",
			"The client's first packet after the SYN+ACK is a RST: port scans and health checks do so.",
		},
		{openAnswerOnly, index.SeverityInfo, "handshake", "SYN not captured", "The connection begins with a SYN+ACK."},
		{
			openNoAnswer, index.SeverityInfo, "handshake", "SYN+ACK not captured",
			"After the SYN the connection goes on, but the SYN+ACK is not in the capture.",
		},
		{
			"handshake_mismatch", index.SeverityWarn, "handshake", "wrong answer to the SYN",
			"What answered the SYN acknowledges a number that the client did not send.",
		},
		{openSimultaneous, index.SeverityNote, "handshake", "simultaneous open", "Both sides sent a SYN without ACK (RFC 9293, section 3.5)."},
		{
			openMidStream, index.SeverityInfo, "handshake", "beginning not captured",
			"Neither SYN nor SYN+ACK: options and window scaling are not known.",
		},
		{
			"slow_handshake", index.SeverityWarn, "handshake", "slow handshake",
			"From SYN to ACK it took longer than SlowHandshake, waits for repeated packets left out.",
		},
		{"syn_retransmitted", index.SeverityWarn, "handshake", "SYN sent again", "The client sent its SYN more than once."},
		{"synack_retransmitted", index.SeverityWarn, "handshake", "SYN+ACK sent again", "The server sent its SYN+ACK more than once."},
	}}
}

// handshake follows the opening of a connection.
type handshake struct {
	begun  bool  // client is known
	client uint8 // sender of the first SYN, or receiver of the first SYN+ACK
	synEnd uint32

	syn      step // last SYN before the first right answer, or before the refusal
	answer   step // first SYN+ACK that fits
	last     step // last SYN+ACK before the acknowledgement
	lastSeq  uint32
	finished step   // acknowledgement of the SYN+ACK
	aborted  uint32 // frame of the client's RST that came instead
	spoke    bool   // the client sent something after the SYN+ACK
	refused  step   // RST that acknowledges the SYN
	crossed  uint32 // frame of the server's SYN
	onward   uint32 // frame that goes on without a SYN+ACK
	odd      uint32 // first answer with a wrong number

	syns, synacks attempts
	irtt          int64
}

// step is one packet of the opening; frame 0: it was not seen.
type step struct {
	frame uint32
	time  int64
}

func (h *handshake) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	if p.Flags&tcp.SYN == 0 {
		if h.begun && h.finished.frame == 0 {
			h.other(c, p)
		}
		return
	}
	if !h.begun {
		h.begun, h.client = true, p.Dir
		if p.Flags&tcp.ACK != 0 {
			h.client = 1 - p.Dir
		}
	}
	from := step{p.Frame, p.Time}
	switch {
	case p.Flags&tcp.ACK != 0:
		h.reply(c, p, from)
	case p.Dir != h.client:
		if h.crossed == 0 {
			h.crossed = p.Frame
		}
	default:
		h.syns.add(&c.Side[h.client].SYN, p)
		if h.answer.frame == 0 && h.refused.frame == 0 {
			h.syn, h.synEnd = from, p.Seq+1+p.Len
		}
	}
}

// reply handles a SYN+ACK.
func (h *handshake) reply(c *Conn, p *Packet, from step) {
	if p.Dir == h.client { // of a simultaneous opening
		return
	}
	h.synacks.add(&c.Side[p.Dir].SYNACK, p)
	if h.syn.frame != 0 && !h.acknowledges(c, p) {
		if h.odd == 0 {
			h.odd = p.Frame
		}
		return
	}
	if h.answer.frame == 0 {
		h.answer = from
	}
	if h.finished.frame == 0 {
		h.last, h.lastSeq = from, p.Seq
	}
}

// acknowledges reports whether a packet acknowledges the SYN, and all, a part or
// nothing of the data that came with it (RFC 7413).
func (h *handshake) acknowledges(c *Conn, p *Packet) bool {
	first := c.Side[h.client].SYN.Seq + 1
	return p.Flags&tcp.ACK != 0 && p.Ack-first <= h.synEnd-first
}

// other handles a packet without SYN before the handshake is finished.
func (h *handshake) other(c *Conn, p *Packet) {
	reset := p.Flags&tcp.RST != 0
	switch answered := h.answer.frame != 0; {
	case p.Dir != h.client && answered:
	case p.Dir != h.client && reset && h.acknowledges(c, p):
		if h.refused.frame == 0 {
			h.refused = step{p.Frame, p.Time}
		}
	case p.Dir != h.client:
		if fits := !reset && p.Flags&tcp.ACK != 0 && int32(p.Ack-h.synEnd) >= 0 && p.Ack-h.synEnd < 1<<20; fits {
			h.goesOn(p)
		} else if h.odd == 0 {
			h.odd = p.Frame
		}
	case answered && reset:
		if !h.spoke {
			h.aborted = p.Frame
		}
		h.spoke = true
	case answered:
		if h.spoke = true; h.aborted == 0 && p.Flags&tcp.ACK != 0 && int32(p.Ack-h.lastSeq) > 0 {
			h.finished, h.irtt = step{p.Frame, p.Time}, p.IRTT
			if h.irtt == 0 {
				h.irtt = max(0, p.Time-h.syn.time)
			}
		}
	case !reset && p.Flags&tcp.ACK != 0:
		h.goesOn(p)
	}
}

func (h *handshake) goesOn(p *Packet) {
	if h.onward == 0 {
		h.onward = p.Frame
	}
}

// result names the outcome.
func (h *handshake) result(c *Conn, captureEnd int64) string {
	early := func(s *Mark) bool { return captureEnd-s.LastTime < c.T.Undecided }
	switch {
	case !h.begun:
		return openMidStream
	case h.crossed != 0:
		return openSimultaneous
	case h.syn.frame == 0:
		return openAnswerOnly
	case h.finished.frame != 0:
		return openComplete
	case h.aborted != 0:
		return openAborted
	case h.answer.frame != 0 && early(&c.Side[1-h.client].SYNACK):
		return openUndecided
	case h.answer.frame != 0:
		return openHalf
	case h.refused.frame != 0:
		return openRefused
	case h.onward != 0:
		return openNoAnswer
	case h.odd != 0:
		return openMismatch
	case c.Quoted.Frame != 0:
		return openRejected
	case early(&c.Side[h.client].SYN):
		return openUndecided
	}
	return openUnanswered
}

// attempts are the sendings of one packet of the opening.
type attempts struct {
	repeats Evidence // with the first one, once there is a second
	last    int64
	// odd says that the waits do not double from 1 s, as they do by default (RFC
	// 6298, section 2).
	odd bool
}

func (a *attempts) add(m *Mark, p *Packet) {
	if m.Count > 1 {
		if a.repeats.Count == 0 {
			a.repeats.Add(m.Frame)
		}
		wait, usual := p.Time-a.last, int64(1e9)<<min(a.repeats.Count-1, 30)
		a.odd = a.odd || wait < usual*3/4 || wait > usual*5/4
		a.repeats.Add(p.Frame)
	}
	a.last = p.Time
}
