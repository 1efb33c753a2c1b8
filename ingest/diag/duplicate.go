package diag

import (
	"pcapidx/ingest/spill"
	"pcapidx/ingest/tcp"
)

// Copies of a packet come within these times, ns. Without an IPv4 identification
// (IPv6, or 0) a quick repeat looks the same, and the time is shorter: also less
// than half of the connection's initial round-trip time, before which nothing is
// sent again.
const (
	copyTime     = 5_000_000
	copyTimeNoID = 1_000_000
)

// rememberedPackets of a direction are compared with the next one. Copies follow
// each other closely, but a burst may come in between.
const rememberedPackets = 8

// Duplicates tells packets that were captured twice, as by a mirror port of both
// directions or on both sides of a router, from those that were sent twice: a copy
// is equal in sequence and acknowledgement number, flags, window, length, TCP
// checksum, options and IPv4 identification. TTL, MAC addresses and VLAN may differ.
type Duplicates struct {
	side    [2]recentPackets
	doubled bool // a SYN, FIN or data packet was seen twice
}

// recentPackets are the last packets of one sender, as hash values.
type recentPackets struct {
	hash [rememberedPackets]uint64
	time [rememberedPackets]int64
	next uint8 // slot of the next one
}

// Seen takes a packet and reports whether it was captured before. It asks nothing of
// p.Analysis but IRTT, and needs none.
func (d *Duplicates) Seen(p *Packet) bool {
	s := p.Segment
	h := packetHash(p)
	r := &d.side[s.Dir&1]
	for i := range r.hash {
		if r.hash[i] == h && d.isCopy(p, s.Time-r.time[i]) {
			return true
		}
	}
	r.hash[r.next], r.time[r.next] = h, s.Time
	r.next = (r.next + 1) % rememberedPackets
	return false
}

// isCopy decides on a packet that equals one that came so long before.
func (d *Duplicates) isCopy(p *Packet, since int64) bool {
	if since < 0 {
		since = -since
	}
	limit := int64(copyTime)
	bare := p.Len == 0 && p.Flags&(tcp.SYN|tcp.FIN|tcp.RST) == 0
	if p.IPv6 || p.IPID == 0 {
		if limit = copyTimeNoID; p.Analysis != nil && p.IRTT > 0 {
			limit = min(limit, p.IRTT/2)
		}
		if bare && !d.doubled { // a receiver sends equal duplicate acknowledgements
			return false
		}
	}
	if since >= limit {
		return false
	}
	d.doubled = d.doubled || !bare
	return true
}

// packetHash mixes what copies have in common. It is never 0.
func packetHash(p *Packet) uint64 {
	s := p.Segment
	h := mix(uint64(s.Seq)<<32|uint64(s.Ack), uint64(s.Flags)<<48|uint64(s.Window)<<32|uint64(s.Len))
	h = mix(h, uint64(p.Sum)<<48|uint64(p.IPID)<<32|uint64(s.SACKs)<<16|uint64(s.MSS))
	if s.Timestamps {
		h = mix(h, uint64(s.TSVal)<<32|uint64(s.TSEcr))
	}
	for _, b := range s.SACK[:s.SACKs] {
		h = mix(h, uint64(b.Left)<<32|uint64(b.Right))
	}
	return h | 1
}

// mix folds a word into a hash value; one wrong bit changes half of it.
func mix(h, v uint64) uint64 {
	h = (h ^ v*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// Code goes over the state.
func (d *Duplicates) Code(k *spill.Coder) {
	k.Bool(&d.doubled)
	for i := range d.side {
		r := &d.side[i]
		if spill.Uint(k, &r.next); r.next >= rememberedPackets {
			r.next = 0
			k.Fail()
			return
		}
		used := uint8(rememberedPackets)
		for used > 0 && r.hash[used-1] == 0 {
			used--
		}
		if spill.Uint(k, &used); used > rememberedPackets {
			k.Fail()
			return
		}
		last := int64(0)
		for j := range r.hash[:used] {
			spill.Uint(k, &r.hash[j])
			since := r.time[j] - last
			spill.Int(k, &since)
			last += since
			r.time[j] = last
		}
	}
}
