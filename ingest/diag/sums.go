package diag

import (
	"fmt"
	"net/netip"

	"pcapidx/index"
)

// Sender is the address that packets come from.
type Sender = netip.Addr

// maxSenders bounds the senders whose checksums are counted. When they are too
// many, those without a wrong one are counted together.
const maxSenders = 4096

// senderSums counts right and wrong checksums by sender.
type senderSums struct {
	index  map[Sender]int32
	list   []senderSum
	others uint32 // senders with right checksums only that are no longer listed
	capped bool
}

type senderSum struct {
	sender    Sender
	good, bad uint64
}

func (s *senderSums) init() { s.index = map[Sender]int32{} }

func (s *senderSums) add(sender Sender, good, bad uint32) {
	if !sender.IsValid() || good+bad == 0 {
		return
	}
	i, ok := s.index[sender]
	if !ok {
		if len(s.list) == maxSenders {
			s.shrink()
		}
		if len(s.list) == maxSenders {
			s.capped = true
			return
		}
		i = int32(len(s.list))
		s.list = append(s.list, senderSum{sender: sender})
		s.index[sender] = i
	}
	s.list[i].good += uint64(good)
	s.list[i].bad += uint64(bad)
}

// shrink drops the senders without wrong checksums.
func (s *senderSums) shrink() {
	kept := s.list[:0]
	clear(s.index)
	for _, x := range s.list {
		if x.bad == 0 {
			s.others++
			continue
		}
		s.index[x.sender] = int32(len(kept))
		kept = append(kept, x)
	}
	s.list = kept
}

// findings tells checksum offload from corruption.
func (s *senderSums) findings(t *Thresholds, found []index.Finding) []index.Finding {
	var offload, errors []senderSum
	var offloaded, wrong, packets uint64
	for _, x := range s.list {
		switch {
		case x.bad == 0:
		case float64(x.bad) >= t.OffloadShare*float64(x.good+x.bad):
			offload, offloaded = append(offload, x), offloaded+x.bad
		default:
			errors, wrong, packets = append(errors, x), wrong+x.bad, packets+x.good+x.bad
		}
	}
	if len(offload) > 0 {
		f := index.Finding{
			Code: "capture_checksum_offload", Side: -1, Low: len(errors) > 0 || s.capped,
			Sentence: fmt.Sprintf("Nearly all packets of %s (%s) have a wrong TCP checksum: its network card computes it after the capture, which was made on that host. Ignore them.",
				countWords(len(offload), "sender"), addressText(offload)),
			Numbers: []index.Number{{Name: "senders", Value: float64(len(offload))}, {Name: "packets", Value: float64(offloaded)}},
		}
		if len(offload) > 1 {
			f.Sentence = fmt.Sprintf("Nearly all packets of %s (%s) have a wrong TCP checksum: their network cards compute it after the capture. Ignore them.",
				countWords(len(offload), "sender"), addressText(offload))
		}
		found = append(found, f)
	}
	if len(errors) > 0 {
		found = append(found, index.Finding{
			Code: "capture_checksum_errors", Severity: index.SeverityWarn, Side: -1, Low: s.capped, Weight: float64(wrong) / float64(packets),
			Sentence: fmt.Sprintf("%d of %d packets of %s (%s) have a wrong TCP checksum: they were corrupted on the way, and their receivers drop them.",
				wrong, packets, countWords(len(errors), "sender"), addressText(errors)),
			Numbers: []index.Number{{Name: "senders", Value: float64(len(errors))}, {Name: "wrong", Value: float64(wrong)}, {Name: "wrong_percent", Value: 100 * float64(wrong) / float64(packets)}},
		})
	}
	return found
}

// addressText names the first senders.
func addressText(list []senderSum) string {
	s := ""
	for i, x := range list[:min(3, len(list))] {
		if i > 0 {
			s += ", "
		}
		s += plainAddress(x.sender)
	}
	if len(list) > 3 {
		s += " ..."
	}
	return s
}

// plainAddress writes an address as numbers only.
func plainAddress(a netip.Addr) string { return a.WithZone("").String() }
