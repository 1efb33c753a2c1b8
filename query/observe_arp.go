package query

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// claimants looks at IP addresses that several hardware addresses claim. The decoder
// finds those: within 5 minutes, and not the virtual addresses of VRRP and HSRP.
type claimants struct {
	messages []uint32 // with the decoder's warning
	by       map[netip.Addr]*claimSum
}

type claimSum struct {
	macs   []string
	counts map[string]int
	frames []uint32
}

func (c *claimants) fields() []string { return nil }

func (c *claimants) watch(m *index.Message, _ *talkers) {
	if warning(m, "arp.conflict") != nil && len(c.messages) < maxReviewed {
		c.messages = append(c.messages, m.Number)
	}
}

// review reads who claims what.
func (c *claimants) review(ctx context.Context, x Capture) error {
	ip, _ := dissect.FieldByName("arp.src.proto_ipv4")
	mac, _ := dissect.FieldByName("arp.src.hw_mac")
	c.by = map[netip.Addr]*claimSum{}
	var frames []uint32
	for _, n := range c.messages {
		m, err := x.Message(n)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		if w := warning(m, "arp.conflict"); w != nil {
			frames = append(frames, w.Frames...)
		}
	}
	return reviewFrames(ctx, x, reviewed(frames), func(r *frameRecord) {
		var claimed netip.Addr
		if v := r.bytesOf(ip); len(v) > 0 {
			claimed, _ = netip.AddrFromSlice(v[0].Bytes)
		}
		v := r.bytesOf(mac)
		if !claimed.IsValid() || len(v) == 0 {
			return
		}
		s := c.by[claimed]
		if s == nil {
			s = &claimSum{counts: map[string]int{}}
			c.by[claimed] = s
		}
		who := colons(v[0].Bytes)
		if s.counts[who]++; !slices.Contains(s.macs, who) {
			s.macs = append(s.macs, who)
		}
		s.frames = few(s.frames, r.row.Number)
	})
}

func (c *claimants) report() (out []Observation) {
	for _, a := range reached(2, c.by, func(s *claimSum) int { return len(s.macs) }, netip.Addr.Compare) {
		s := c.by[a]
		if len(out) >= maxOfCode {
			break
		}
		out = append(out, Observation{
			Code: "arp.conflict", Title: "several hardware addresses claim one IP address", Who: a.String(), Frames: s.frames,
			Statement: fmt.Sprintf("%s was claimed by %d hardware addresses within 5 minutes: %s", a, len(s.macs), strings.Join(s.macs[:min(len(s.macs), someValues)], ", ")),
			Rule:      "one IPv4 address claimed by at least 2 hardware addresses in 5 minutes, without those of VRRP and HSRP", Source: "RFC 5227",
			Benign: []string{"two hosts were given the same address", "a cluster or a virtual machine that moved", "a proxy that answers for others", "a network card that was changed"},
			Limits: "the first conflicts of each address are looked at",
		})
	}
	return out
}
