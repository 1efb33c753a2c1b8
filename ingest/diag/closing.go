package diag

import (
	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// Results of the closing (index.Measures.Close). That of a RST is "rst_by_client" or
// "rst_by_server" and, after another "_", one of the reset kinds.
const (
	closeBoth       = "fin_fin"         // both sides sent FIN, and both were acknowledged
	closeBothWaits  = "fin_fin_unacked" // the last FIN was not
	closeThenReset  = "fin_then_rst"
	closeHalf       = "half_closed"    // only one side sent FIN
	closeUnanswered = "fin_unanswered" // only one side did, and nothing acknowledges it
	closeOpen       = "open"
	closeSilent     = "silent_end"
)

// Kinds of a RST: what had happened before it.
const (
	resetAfterSYN  = "after_syn" // it refuses the connection
	resetNoData    = "before_data"
	resetUnacked   = "with_unacked_data"
	resetAfterFIN  = "after_peer_fin"
	resetAfterData = "after_data"
)

func closingFamily() Family {
	return Family{Name: "closing", New: func() Watcher { return &closing{} }, Finds: []Diagnostic{
		{
			"reset_before_data", index.SeverityWarn, "close", "reset before any data",
			"A RST ended the connection after its handshake, before a byte of data. A note if the client sent it.",
		},
		{
			"reset_after_data", index.SeverityWarn, "close", "aborted instead of closed",
			"A RST ended a connection that had carried data, all of it acknowledged, before any FIN.",
		},
		{
			"reset_unacked", index.SeverityWarn, "close", "aborted with data on its way",
			"A RST ended the connection while data of one side was not acknowledged.",
		},
		{
			"reset_after_fin", index.SeverityNote, "close", "FIN answered by a RST",
			"A side answered the FIN of its peer by a RST instead of its own FIN, with all data acknowledged. Browsers do so.",
		},
		{
			"fin_then_rst", index.SeverityNote, "close", "closed, then reset",
			"A side sent its FIN and then a RST: it had closed and refused what came later. Only information if both sides had closed.",
		},
		{
			"half_closed", index.SeverityNote, "close", "closed by one side only",
			"One side sent a FIN and the other neither FIN nor RST until the end of the capture. Only information if the other side used the open direction for data.",
		},
		{
			"silent_end", index.SeverityNote, "close", "ended in silence",
			"No FIN, no RST, and no packet in the last StillOpen of the capture: the connection is idle, or its end was lost.",
		},
		{
			"still_open", index.SeverityInfo, "close", "still open",
			"No FIN and no RST, but the last packet is younger than StillOpen when the capture ends.",
		},
		{
			"unacked_at_end", index.SeverityWarn, "close", "data never acknowledged",
			"What a side sent last was not acknowledged when the connection or the capture ended. Only information while it is younger than UnackedAge.",
		},
	}}
}

// closing follows the end of a connection.
type closing struct {
	closing bool      // there was a FIN or a RST
	end     [2]ending // by sender of the FIN
	first   int8      // side of the first FIN or RST, plus 1; 0: none yet
	delay   int64     // last data before the first FIN, to that FIN
	cut     cut
	resets  Evidence
}

// ending is the FIN of one side.
type ending struct {
	set, acked bool
	seq        uint32 // sequence number after it
	late       uint32 // new data that the peer sent after it, bytes
}

// cut is the first RST, and how things stood then.
type cut struct {
	frame    uint32
	dir      uint8
	fins     [2]bool
	waiting  [2]uint32 // data without acknowledgement, bytes, by sender
	data     bool      // there had been data
	toData   bool      // the packet before it was data of the peer
	silence  int64     // since the packet before
	finished int64     // since the last data
}

func (x *closing) Watch(c *Conn, p *Packet) {
	control := p.Flags & (tcp.FIN | tcp.RST)
	if p.Duplicate || control == 0 && !x.closing {
		return
	}
	if control != 0 {
		x.closing = true
	}
	if peer := &x.end[1-p.Dir]; peer.set {
		if p.Flags&tcp.ACK != 0 && !beyond(peer.seq, p.Ack) {
			peer.acked = true
		}
		if p.Data() && !p.Resent() {
			peer.late += p.Len
		}
	}
	if p.Flags&tcp.FIN != 0 && p.Flags&tcp.RST == 0 {
		x.finish(c, p)
	}
	if p.Flags&tcp.RST != 0 {
		x.reset(c, p)
	}
}

// finish handles a FIN.
func (x *closing) finish(c *Conn, p *Packet) {
	if x.first == 0 {
		x.first = int8(p.Dir) + 1
		if last := lastData(c); last != 0 {
			x.delay = max(0, p.Time-last)
		}
	}
	if e := &x.end[p.Dir]; !e.set || beyond(p.Seq+p.Len+1, e.seq) {
		e.set, e.acked, e.seq = true, false, p.Seq+p.Len+1
	}
}

// lastData is the time of the last data of either side, 0 without any.
func lastData(c *Conn) int64 { return max(c.Side[0].Data.LastTime, c.Side[1].Data.LastTime) }

// reset handles a RST.
func (x *closing) reset(c *Conn, p *Packet) {
	if x.resets.Add(p.Frame); x.resets.Count > 1 {
		return
	}
	if x.first == 0 {
		x.first = int8(p.Dir) + 1
	}
	peer := &c.Side[1-p.Dir]
	x.cut = cut{
		frame: p.Frame, dir: p.Dir, fins: [2]bool{x.end[0].set, x.end[1].set}, data: c.Side[0].Data.Count+c.Side[1].Data.Count > 0,
		toData: peer.Data.Count > 0 && peer.Data.LastTime == c.Before && peer.Data.LastFrame == peer.Any.LastFrame && peer.Any.LastTime == c.Before,
	}
	for d := range x.cut.waiting {
		x.cut.waiting[d], _ = c.unacked(uint8(d), x.end[d].seq, x.end[d].set)
	}
	if c.Before != 0 {
		x.cut.silence = max(0, p.Time-c.Before)
	}
	if last := lastData(c); last != 0 {
		x.cut.finished = max(0, p.Time-last)
	}
}

// result names how the connection ended, and says whether it had been set up.
func (x *closing) result(c *Conn, r *Report) (name string, setUp bool) {
	switch r.Measures.Handshake {
	case openComplete, openMidStream, openAnswerOnly, openSimultaneous, openNoAnswer:
		setUp = true
	}
	fins := [2]bool{x.end[0].set, x.end[1].set}
	switch cut := x.resets.Count > 0; {
	case cut && x.cut.fins[x.cut.dir] && !x.cut.fins[1-x.cut.dir]:
		return closeThenReset, setUp
	case cut && !(x.cut.fins[0] && x.cut.fins[1]):
		return "rst_by_" + r.Role(x.cut.dir) + "_" + x.kind(r), setUp
	case fins[0] && fins[1] && (cut || x.end[0].acked && x.end[1].acked):
		return closeBoth, setUp
	case fins[0] && fins[1]:
		return closeBothWaits, setUp
	case fins[0] && x.end[0].acked || fins[1] && x.end[1].acked:
		return closeHalf, setUp
	case fins[0] || fins[1]:
		return closeUnanswered, setUp
	case !setUp:
		return "", false
	case r.CaptureEnd-c.End < c.T.StillOpen:
		return closeOpen, true
	}
	return closeSilent, true
}

// kind tells what had happened before the RST.
func (x *closing) kind(r *Report) string {
	u := &x.cut
	switch {
	case r.Measures.Handshake == openRefused && u.dir != r.Client:
		return resetAfterSYN
	case u.waiting[0] > 0 || u.waiting[1] > 0:
		return resetUnacked
	case u.fins[1-u.dir]:
		return resetAfterFIN
	case !u.data:
		return resetNoData
	}
	return resetAfterData
}
