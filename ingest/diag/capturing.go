package diag

import (
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// capturingFamily says how well a connection was captured. It is the first family:
// what it finds makes the others' findings uncertain.
func capturingFamily() Family {
	return Family{Name: "capturing", New: func() Watcher { return &capturing{} }, Finds: []Diagnostic{
		{
			"one_sided", index.SeverityWarn, "capture", "one direction only",
			"No packet of one side, though the other acknowledges what it sent: asymmetric routing, or a mirror port set to one direction. Found for the capture if it holds for more than OneSided of its connections.",
		},
		{
			"capture_duplicates", index.SeverityWarn, "capture", "packets captured twice",
			"More than a share (Duplicates) of the packets is in the capture twice, as mirror ports do it. They are left out of loss and delay here; other tools count them as retransmissions. Found for connections and for the capture.",
		},
	}}
}

// capturing counts what the capture missed or took twice.
type capturing struct {
	heard    uint8  // 1 for side 0, 2 for side 1
	acks     bool   // the first side sent an acknowledgement
	first    uint32 // its number
	advanced Evidence
	twice    Evidence
}

func (x *capturing) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		x.twice.Add(p.Frame)
		return
	}
	if x.heard == 3 {
		return
	}
	x.heard |= 1 << p.Dir
	if p.Flags&(tcp.ACK|tcp.RST) != tcp.ACK || p.Flags&tcp.SYN != 0 {
		return
	}
	switch {
	case !x.acks:
		x.acks, x.first = true, p.Ack
		if c.Side[p.Dir].SYN.Count > 0 { // it acknowledges a SYN+ACK
			x.advanced.Add(p.Frame)
		}
	case beyond(p.Ack, x.first):
		x.first = p.Ack
		x.advanced.Add(p.Frame)
	}
}

func (x *capturing) Finish(c *Conn, r *Report) {
	if x.heard != 3 && x.advanced.Count > 0 {
		dir := x.heard - 1 // of the side that was heard
		r.low = true
		r.Add(index.Finding{
			Code: "one_sided", Severity: index.SeverityWarn, Side: int8(1 - dir), Frames: x.advanced.Frames, Count: x.advanced.Count,
			Sentence: fmt.Sprintf("Only the packets of the %s were captured, though it acknowledges what the %s sent (asymmetric routing, or a mirror port set to one direction): times and losses are not reliable.",
				r.Role(dir), r.Role(1-dir)),
		})
	}
	if rate := share(c.Duplicates, c.First.Count); c.Duplicates > 0 && rate > c.T.Duplicates {
		r.Add(index.Finding{
			Code: "capture_duplicates", Severity: index.SeverityWarn, Side: -1, Frames: x.twice.Frames, Count: x.twice.Count,
			Sentence: fmt.Sprintf("%s of the connection's packets (%d of %d) were captured twice; they are left out here, but other tools count them as retransmissions.",
				shareText(rate), c.Duplicates, c.First.Count),
			Numbers: []index.Number{{Name: "duplicates", Value: float64(c.Duplicates)}, {Name: "duplicates_percent", Value: rate * 100}},
		})
	}
}
