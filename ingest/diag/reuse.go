package diag

import (
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

func reuseFamily() Family {
	return Family{Name: "reuse", New: func() Watcher { return &reuse{} }, Finds: []Diagnostic{
		{
			"port_reuse", index.SeverityNote, "handshake", "ports used again",
			"The endpoints had another connection that ended less than PortReuse before.",
		},
		{
			"time_wait_challenge", index.SeverityWarn, "handshake", "old connection still in TIME-WAIT",
			"The server answered the SYN of a connection that follows another within TimeWait by an ACK of an old number (RFC 5961, section 4) instead of a SYN+ACK.",
		},
	}}
}

// reuse looks at the answer to the SYN of endpoints that had a connection before.
type reuse struct{ challenge step }

func (x *reuse) Watch(c *Conn, p *Packet) {
	if !c.Previous.Set || p.Dir == 0 || p.Duplicate || x.challenge.frame != 0 || c.Side[1].SYNACK.Count > 0 {
		return
	}
	syn := &c.Side[0].SYN
	if p.Flags&(tcp.SYN|tcp.RST|tcp.ACK) == tcp.ACK && syn.Count > 0 && p.Ack != syn.Seq+1 {
		x.challenge = step{p.Frame, p.Time}
	}
}

func (x *reuse) Finish(c *Conn, r *Report) {
	since := c.Start - c.Previous.Time
	if !c.Previous.Set || since < 0 {
		return
	}
	syn := c.Side[0].SYN.Frame
	if syn == 0 {
		syn = c.First.Frame
	}
	numbers := []index.Number{{Name: "since_s", Value: seconds(since)}}
	if since < c.T.PortReuse {
		s := fmt.Sprintf("The same addresses and ports were used %s after their last connection was closed.", timeWords(since))
		if !c.Previous.Closed {
			s = fmt.Sprintf("The same addresses and ports were used %s after the last packet of a connection that was not closed.", timeWords(since))
		}
		r.Add(index.Finding{
			Code: "port_reuse", Severity: index.SeverityNote, Side: 0, Sentence: s, Numbers: numbers, Frames: []uint32{syn}, Count: 1,
		})
	}
	if x.challenge.frame != 0 && since < c.T.TimeWait {
		wait := max(0, max(c.Side[1].SYNACK.Time, c.Side[0].SYN.LastTime)-c.Side[0].SYN.Time)
		e := evidence(syn, x.challenge.frame)
		r.Add(index.Finding{
			Code: "time_wait_challenge", Severity: index.SeverityWarn, Side: 1, Weight: max(1, seconds(wait)), Frames: e.Frames, Count: e.Count,
			Sentence: fmt.Sprintf("The server still had the last connection of these ports, %s old, in TIME-WAIT: it answered the SYN by an old acknowledgement instead of a SYN+ACK.", timeWords(since)),
			Numbers:  numbers,
		})
	}
}
