package diag

import (
	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

func lossFamily() Family {
	return Family{Name: "loss", FromData: true, New: func() Watcher { return &loss{} }, Finds: []Diagnostic{
		{
			"high_retransmission", index.SeverityWarn, "loss", "data sent again",
			"A side sent a share of its data segments again (Wireshark's retransmission labels): a note from ResentNote, a warning from ResentWarn, an error from ResentError; with fewer than ResentMin re-sent segments a note.",
		},
		{
			"capture_loss", index.SeverityNote, "loss", "capture incomplete",
			"A side acknowledged data that the capture does not contain: the capture lost it, not the network.",
		},
		{
			"spurious_retransmission", index.SeverityWarn, "loss", "arrived data sent again",
			"More than a share (Spurious) of a side's data segments was sent again though it had arrived: it was acknowledged before, or the receiver reports it as double (D-SACK, RFC 2883). A warning if a time-out came within twice the round-trip time, else a note.",
		},
		{
			"long_rto", index.SeverityWarn, "loss", "waited for a time-out",
			"A side waited LongRTO or longer before it sent data again.",
		},
	}}
}

// Bounds of the lists of one side. When a list is full its oldest entry is settled.
const (
	maxLost    = 64
	maxRepeats = 64
	// maxJump is the largest step of an acknowledgement that is believed: a window
	// cannot be larger (RFC 7323, section 2.3).
	maxJump = 1 << 30
)

// loss follows what is lost and sent again.
type loss struct{ side [2]lossSide }

// lossSide are the losses of one sender.
//
// What is below next was captured, but for holes. A hole that a re-send fills was
// lost before the capture point (upstream); one that is acknowledged all the same
// was lost by the capture. A re-send of what was captured means that it was lost
// behind the capture point (downstream), unless it was spurious.
type lossSide struct {
	known bool
	next  uint32 // highest sequence number after data or FIN
	open  uint32 // holes that are not acknowledged

	unique                           int64 // bytes of payload, each counted once
	upstream, downstream, missing    int64 // bytes
	resentBytes                      int64
	outOfOrder, duplicateAcks, dsack uint32
	resent, spurious, unseen         Evidence

	holes   []lost
	repeats []repeat

	stalls                Evidence // re-sends after LongRTO
	stalled, longest      int64    // time waited, and the longest wait
	stallFrame            uint32   // the segment that the last wait was for
	stallTime, minTimeout int64    // the last wait; the shortest wait of all re-sends
}

func (x *loss) Watch(c *Conn, p *Packet) {
	if p.Duplicate || p.Flags&tcp.RST != 0 {
		return
	}
	f, peer := &x.side[p.Dir], &x.side[1-p.Dir]
	if !f.known {
		f.begin(&c.Side[p.Dir], p.Seq)
	}
	if p.Labels != 0 {
		f.labels(c, p)
	}
	if p.Len > 0 && p.Labels&(tcp.KeepAlive|tcp.ZeroWindowProbe) == 0 || p.Flags&tcp.FIN != 0 {
		f.data(p)
	}
	if p.Flags&tcp.ACK != 0 && peer.known && (peer.open > 0 || beyond(p.Ack, peer.next)) {
		peer.acknowledged(p)
	}
	if p.SACKs > 0 {
		peer.doubled(p)
	}
}

// begin finds where the data of a side starts: behind its SYN, or with its first
// packet.
func (f *lossSide) begin(facts *Facts, seq uint32) {
	f.known, f.next = true, seq
	if facts.SYN.Count > 0 {
		f.next = facts.SYN.Seq + 1
	} else if facts.SYNACK.Count > 0 {
		f.next = facts.SYNACK.Seq + 1
	}
}

// labels counts what the analysis says of the packet.
func (f *lossSide) labels(c *Conn, p *Packet) {
	if p.Labels&tcp.DuplicateAck != 0 {
		f.duplicateAcks++
	}
	if p.Labels&tcp.OutOfOrder != 0 && p.Len > 0 {
		f.outOfOrder++
	}
	if !p.Resent() {
		return
	}
	f.resent.Add(p.Frame)
	f.resentBytes += int64(p.Len)
	if p.Labels&tcp.SpuriousRetransmission != 0 {
		f.spurious.Add(p.Frame)
	}
	if p.RTO <= 0 || p.Labels&(tcp.SpuriousRetransmission|tcp.FastRetransmission) != 0 {
		return
	}
	if f.minTimeout == 0 || p.RTO < f.minTimeout {
		f.minTimeout = p.RTO
	}
	if p.RTO < c.T.LongRTO {
		return
	}
	f.stalls.Add(p.Frame)
	f.longest = max(f.longest, p.RTO)
	f.stalled += p.RTO
	if p.RTOFrame == f.stallFrame { // its waits are all counted from its first sending
		f.stalled -= f.stallTime
	}
	f.stallFrame, f.stallTime = p.RTOFrame, p.RTO
}

// data takes the range of a packet with payload or FIN.
func (f *lossSide) data(p *Packet) {
	start := p.Seq
	if p.Flags&tcp.SYN != 0 {
		start++
	}
	end := start + p.Len
	switch {
	case !beyond(f.next, start): // new
		if start != f.next && start-f.next < maxJump {
			f.dig(lost{left: f.next, right: start})
		}
		f.unique += int64(p.Len)
	case p.Len > 0:
		old := min(p.Len, f.next-start) // bytes that were there before
		if f.next-start >= maxJump {
			return
		}
		filled := f.fill(start, start+old, p.Resent())
		f.unique += int64(filled) + int64(p.Len-old)
		if p.Resent() && p.Labels&tcp.SpuriousRetransmission == 0 && filled < old {
			f.repeat(repeat{left: start, right: start + old, frame: p.Frame, bytes: old - filled, times: 1})
		}
	}
	if p.Flags&tcp.FIN != 0 {
		end++
	}
	if beyond(end, f.next) {
		f.next = end
	}
}
