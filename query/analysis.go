package query

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// analysisSince is the content number that brought TCP analysis.
const analysisSince = 3

// analysisColumns lists the fields of Wireshark's TCP analysis.
func analysisColumns() []columnField {
	frame := func(name string, need index.Columns, get func(*index.Packet) uint32) columnField {
		return analysed(name, need, func(p *index.Packet) (filter.Value, bool) {
			n := get(p)
			return filter.UintValue(uint64(n)), n != 0
		})
	}
	duration := func(name string, need index.Columns, get func(*index.Packet) index.Time) columnField {
		return analysed(name, need, func(p *index.Packet) (filter.Value, bool) {
			t := get(p)
			return filter.RelTimeValue(time.Duration(t)), t != 0
		})
	}
	all := []columnField{
		number("tcp.completeness", index.ColStates, true, analysisSince, func(p *index.Packet) uint32 { return uint32(p.Completeness) }),
		analysed("tcp.analysis", 0, func(p *index.Packet) (filter.Value, bool) { return filter.NoneValue(), p.Analysed }),
		analysed("tcp.analysis.flags", index.ColLabels, func(p *index.Packet) (filter.Value, bool) {
			return filter.NoneValue(), p.Labels&index.WiresharkLabels != 0
		}),
		frame("tcp.analysis.acks_frame", index.ColAcks, func(p *index.Packet) uint32 { return p.Acks }),
		duration("tcp.analysis.ack_rtt", index.ColAckRTT, func(p *index.Packet) index.Time { return p.AckRTT }),
		frame("tcp.analysis.bytes_in_flight", index.ColInFlight, func(p *index.Packet) uint32 { return p.InFlight }),
		frame("tcp.analysis.push_bytes_sent", index.ColPush, func(p *index.Packet) uint32 { return p.PushBytes }),
		frame("tcp.analysis.duplicate_ack_num", index.ColRepeats, func(p *index.Packet) uint32 { return p.Dup }),
		analysed("tcp.analysis.duplicate_ack_frame", index.ColRepeats, func(p *index.Packet) (filter.Value, bool) {
			return filter.UintValue(uint64(p.DupFrame)), p.Dup != 0
		}),
		duration("tcp.analysis.rto", index.ColRepeats, func(p *index.Packet) index.Time { return p.RTO }),
		analysed("tcp.analysis.rto_frame", index.ColRepeats, func(p *index.Packet) (filter.Value, bool) {
			return filter.UintValue(uint64(p.RTOFrame)), p.RTO != 0
		}),
		{
			name: "tcp.analysis.initial_rtt", need: index.ColLabels | index.ColConn, always: true, since: analysisSince,
			one: func(r *frameRecord) (v filter.Value, has bool) {
				if !r.row.HasIRTT {
					return v, false
				}
				all, err := r.tables.initial()
				if err != nil || int(r.row.Conn) >= len(all) {
					r.err = err
					return v, false
				}
				return filter.RelTimeValue(time.Duration(all[r.row.Conn])), true
			},
		},
	}
	for bit, name := range index.LabelNames() {
		label := index.Labels(1) << bit
		all = append(all, analysed("tcp.analysis."+name, index.ColLabels, func(p *index.Packet) (filter.Value, bool) {
			return filter.NoneValue(), p.Labels&label != 0
		}))
	}
	return all
}

// analysed makes a field that following the connection gives.
func analysed(name string, need index.Columns, get func(*index.Packet) (filter.Value, bool)) columnField {
	return columnField{name: name, need: need, always: true, since: analysisSince, one: func(r *frameRecord) (filter.Value, bool) {
		return get(r.row)
	}}
}

// labelBounds answers tests of labels, which have lists, and of what comes with one.
func labelBounds(l *lists, ref *filter.Ref, t *filter.Test) (bounds, bool) {
	labels := labelsOf(ref.Name)
	if labels == 0 || l.capture.Summary().Content < analysisSince {
		return bounds{}, false
	}
	list := l.labels(labels)
	if isLabel(ref.Name) && t.Op == filter.Present {
		return bounds{list, list}, true
	}
	return bounds{nil, list}, true
}

// labels gives the frames that have one of some labels.
func (l *lists) labels(set index.Labels) *roaring.Bitmap {
	var parts []*roaring.Bitmap
	for rest := set; rest != 0; rest &= rest - 1 {
		list, ok := l.list(index.PostLabel, []byte{byte(bits.TrailingZeros16(uint16(rest)))})
		if !ok {
			return l.universe
		}
		parts = append(parts, list)
	}
	return union(parts)
}

// labelsOf gives the labels that a field stands for, none if it is no label.
func labelsOf(field string) index.Labels {
	name, ok := strings.CutPrefix(field, "tcp.analysis.")
	switch i := slices.Index(index.LabelNames(), name); {
	case !ok:
		return 0
	case i >= 0:
		return 1 << i
	case name == "flags":
		return index.WiresharkLabels
	case strings.HasPrefix(name, "duplicate_ack_"):
		return index.LabelDuplicateAck
	case strings.HasPrefix(name, "rto"):
		return index.LabelRetransmission
	}
	return 0
}

// isLabel tells labels from the fields that come with one.
func isLabel(field string) bool {
	name := strings.TrimPrefix(field, "tcp.analysis.")
	return name == "flags" || slices.Contains(index.LabelNames(), name)
}

// labelPrefix is what Wireshark puts before the Info of a packet that has labels.
// It puts each before the one that it found first, in this order.
func labelPrefix(p *index.Packet) (prefix string) {
	if p.Labels&index.WiresharkLabels == 0 {
		return ""
	}
	for _, one := range []struct {
		label index.Labels
		text  string
	}{
		{index.LabelReusedPorts, "Port numbers reused"},
		{index.LabelRetransmission, "Retransmission"},
		{index.LabelOutOfOrder, "Out-Of-Order"},
		{index.LabelLostSegment, "Previous segment not captured"},
		{index.LabelAckLostSegment, "ACKed unseen segment"},
		{index.LabelWindowUpdate, "Window Update"},
		{index.LabelWindowFull, "Window Full"},
		{index.LabelKeepAlive, "Keep-Alive"},
		{index.LabelKeepAliveAck, "Keep-Alive ACK"},
		{index.LabelDuplicateAck, fmt.Sprintf("Dup ACK %d#%d", p.DupFrame, p.Dup)},
		{index.LabelZeroWindowProbe, "ZeroWindowProbe"},
		{index.LabelZeroWindow, "ZeroWindow"},
		{index.LabelZeroWindowProbeAck, "ZeroWindowProbeAck"},
	} {
		if p.Labels&one.label == 0 {
			continue
		}
		switch text := one.text; {
		case one.label == index.LabelRetransmission && p.Labels&index.LabelFastRetransmission != 0:
			prefix = "[TCP Fast Retransmission] " + prefix
		case one.label == index.LabelRetransmission && p.Labels&index.LabelSpuriousRetransmission != 0:
			prefix = "[TCP Spurious Retransmission] " + prefix
		default:
			prefix = "[TCP " + text + "] " + prefix
		}
	}
	return prefix
}
