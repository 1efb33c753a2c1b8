package diag

import (
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

// rememberedBits is the size of the memory: packets come again within milliseconds,
// so few of those in between fall on the same slot.
const rememberedBits = 15

// Duplicates tells packets that were captured twice, as by a mirror port of both
// directions or on both sides of a router, from those that were sent twice: a copy
// is equal in sequence and acknowledgement number, flags, window, length, TCP
// checksum, options and IPv4 identification. TTL, MAC addresses and VLAN may differ.
// One memory of constant size serves all connections.
type Duplicates struct{ slots []remembered }

type remembered struct {
	hash uint64
	time int64
}

// NewDuplicates makes the memory.
func NewDuplicates() *Duplicates {
	return &Duplicates{slots: make([]remembered, 1<<rememberedBits)}
}

// Seen takes a packet of a connection and reports whether it was captured before. It
// asks nothing of p.Analysis but IRTT, and needs none. doubled is the connection's: a
// SYN, FIN or data packet of it was seen twice.
func (d *Duplicates) Seen(conn uint32, doubled *bool, p *Packet) bool {
	h := packetHash(conn, p)
	r := &d.slots[h>>(64-rememberedBits)]
	if r.hash == h && isCopy(p, p.Time-r.time, doubled) {
		return true
	}
	r.hash, r.time = h, p.Time
	return false
}

// isCopy decides on a packet that equals one that came so long before.
func isCopy(p *Packet, since int64, doubled *bool) bool {
	if since < 0 {
		since = -since
	}
	limit := int64(copyTime)
	bare := p.Len == 0 && p.Flags&(tcp.SYN|tcp.FIN|tcp.RST) == 0
	if p.IPv6 || p.IPID == 0 {
		if limit = copyTimeNoID; p.Analysis != nil && p.IRTT > 0 {
			limit = min(limit, p.IRTT/2)
		}
		if bare && !*doubled { // a receiver sends equal duplicate acknowledgements
			return false
		}
	}
	if since >= limit {
		return false
	}
	*doubled = *doubled || !bare
	return true
}

// packetHash mixes what copies have in common. It is never 0.
func packetHash(conn uint32, p *Packet) uint64 {
	s := p.Segment
	h := mix(uint64(conn)<<1|uint64(s.Dir&1), 0)
	h = mix(h^uint64(s.Seq)<<32|uint64(s.Ack), uint64(s.Flags)<<48|uint64(s.Window)<<32|uint64(s.Len))
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
