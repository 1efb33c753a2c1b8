package query

import (
	"math"

	"pcapidx/index"
	"pcapidx/query/plot"
)

// flight follows the bytes that one side has outstanding: from the highest that the
// other side acknowledged to the highest that was sent, as tcptrace counts them.
// tcp.analysis.bytes_in_flight leaves out what was acknowledged selectively, and is
// unknown for a while after each gap.
type flight struct {
	next, acked int64
	seen        bool // a segment, or an acknowledgement of one
}

// largestWindow bounds what can be outstanding (RFC 7323, section 2.3): numbers
// further ahead are stray.
const largestWindow = 1 << 30

// sent takes a segment with payload and gives what is outstanding then.
func (f *flight) sent(seq int64, length uint32) uint32 {
	if !f.seen {
		f.next, f.acked, f.seen = seq, seq, true
	}
	if end := seq + int64(length); end > f.next && end-f.next <= largestWindow {
		f.next = end
	}
	return uint32(min(max(f.next-f.acked, 0), math.MaxUint32))
}

// ack takes an acknowledgement by the other side.
func (f *flight) ack(n int64) {
	if !f.seen {
		f.next, f.acked, f.seen = n, n, true
	}
	if n > f.acked && n-f.acked <= largestWindow {
		f.acked = n
	}
}

// label adds what TCP analysis tells of a segment. A round trip of no time is one
// nanosecond long: 0 stands for none.
func label(p *plot.Point, row *index.Packet) {
	p.Marks = marksOf(row.Labels)
	if row.Acks != 0 {
		p.RTT = max(int64(row.AckRTT), 1)
	}
	if row.Flags&flagRST != 0 {
		p.Marks |= plot.Reset
	}
}

// marksOf turns labels into marks. A retransmission is marked as what it is in
// particular; a packet that was captured twice was not sent again.
func marksOf(l index.Labels) (m plot.Marks) {
	for _, pair := range []struct {
		label index.Labels
		mark  plot.Marks
	}{
		{index.LabelRetransmission, plot.Retransmission},
		{index.LabelFastRetransmission, plot.FastRetransmission},
		{index.LabelSpuriousRetransmission, plot.SpuriousRetransmission},
		{index.LabelOutOfOrder, plot.OutOfOrder},
		{index.LabelLostSegment, plot.LostSegment},
		{index.LabelAckLostSegment, plot.AckLostSegment},
		{index.LabelWindowUpdate, plot.WindowUpdate},
		{index.LabelWindowFull, plot.WindowFull},
		{index.LabelKeepAlive, plot.KeepAlive},
		{index.LabelKeepAliveAck, plot.KeepAliveAck},
		{index.LabelZeroWindow, plot.ZeroWindow},
		{index.LabelZeroWindowProbe, plot.ZeroWindowProbe},
		{index.LabelZeroWindowProbeAck, plot.ZeroWindowProbeAck},
		{index.LabelDuplicateAck, plot.DuplicateAck},
		{index.LabelCaptureDuplicate, plot.CapturedTwice},
	} {
		if l&pair.label != 0 {
			m |= pair.mark
		}
	}
	switch {
	case m&plot.CapturedTwice != 0:
		m &^= plot.Resent | plot.OutOfOrder | plot.DuplicateAck
	case m&(plot.FastRetransmission|plot.SpuriousRetransmission) != 0:
		m &^= plot.Retransmission
	}
	return m
}
