package query

import (
	"context"
	"fmt"
	"net/netip"

	"pcapidx/index"
)

const icmpHeader = 8

// echoes looks at whom echo requests go to and how large they are.
type echoes struct {
	limits *ObservationThresholds
	by     map[netip.Addr]*echoSum
}

type echoSum struct {
	window[netip.Addr]
	requests, answered int
	large, outside     int // large ones, and those that only what leaves the network counts
	largest            uint64
	sizes              map[uint64]int
	frames, huge       []uint32
}

func newEchoes(limits *ObservationThresholds) *echoes {
	return &echoes{limits: limits, by: map[netip.Addr]*echoSum{}}
}

func (e *echoes) fields() []string { return nil }

func (e *echoes) watch(m *index.Message, t *talkers) {
	from, to := t.from().Addr(), t.to().Addr()
	if !from.IsValid() {
		return
	}
	if m.Kind == index.Response && m.Request != 0 && m.Outcome == index.Fine {
		if x := e.by[to]; x != nil {
			x.answered++
		}
	}
	if m.Kind != index.Request {
		return
	}
	x := e.by[from]
	if x == nil {
		if len(e.by) >= maxObserved {
			return
		}
		x = &echoSum{}
		e.by[from] = x
	}
	x.requests++
	x.size(m, e.limits, internal(from) && !internal(to))
	if x.add(to, m.Start, e.limits.SweepWindow) {
		x.frames = few(x.frames, m.Frame)
	}
}

// internal tells addresses that no public network routes.
func internal(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified()
}

// size counts a large request.
func (x *echoSum) size(m *index.Message, limits *ObservationThresholds, leaves bool) {
	payload := m.Length - min(m.Length, icmpHeader)
	switch {
	case payload > uint64(limits.LargeEcho):
		x.large++
	case payload >= uint64(limits.LargeEchoOutside) && leaves:
		x.outside++
	default:
		return
	}
	if x.sizes == nil {
		x.sizes = map[uint64]int{}
	}
	if _, known := x.sizes[payload]; known || len(x.sizes) < maxObserved {
		x.sizes[payload]++
	}
	x.largest, x.huge = max(x.largest, payload), few(x.huge, m.Frame)
}

func (e *echoes) report() (out []Observation) {
	for i, who := range largest(e.by, func(x *echoSum) int { return max(x.best, x.large+x.outside) }, netip.Addr.Compare) {
		x := e.by[who]
		if i >= maxOfCode {
			break
		}
		if x.best >= int(e.limits.SweepHosts) {
			out = append(out, Observation{
				Code: "icmp.sweep", Title: "echo requests to many hosts", Who: who.String(), Frames: x.frames,
				Statement: fmt.Sprintf("%s sent echo requests to %d different hosts within %s, %d requests in all, %d of them answered (%.0f %%)",
					who, x.best, spanWords(e.limits.SweepWindow), x.requests, x.answered, 100*float64(x.answered)/float64(x.requests)),
				Rule:   fmt.Sprintf("echo requests to at least %d hosts in %s", e.limits.SweepHosts, spanWords(e.limits.SweepWindow)),
				Source: "Zeek's rule for scans of addresses (25 in 5 minutes), applied to ICMP; Elastic uses 100",
				Benign: []string{"monitoring", "an inventory of the network"},
			})
		}
		if x.large+x.outside > 0 {
			out = append(out, x.largeOnes(who, e.limits))
		}
	}
	return out
}

func (x *echoSum) largeOnes(who netip.Addr, limits *ObservationThresholds) Observation {
	sizes := ""
	for i, n := range largest(x.sizes, func(n int) int { return n }, func(a, b uint64) int { return int(int64(a) - int64(b)) }) {
		if i == someValues {
			sizes += " ..."
			break
		}
		sizes += fmt.Sprintf(" %d (%d)", n, x.sizes[n])
	}
	return Observation{
		Code: "icmp.large_payload", Title: "large echo requests", Who: who.String(), Frames: x.huge,
		Statement: fmt.Sprintf("%s sent %d echo requests that carry more than %d bytes, and %d of %d bytes and more from an internal to an external address; sizes (requests):%s",
			who, x.large, limits.LargeEcho, x.outside, limits.LargeEchoOutside, sizes),
		Rule:   fmt.Sprintf("an echo request that carries more than %d bytes, or %d from an internal to an external address", limits.LargeEcho, limits.LargeEchoOutside),
		Source: "Splunk's rule (1,000 bytes) and Elastic's (256 bytes to outside)",
		Benign: []string{"tests of the path's MTU"},
	}
}

// echoPayloads looks at what echoes carry, by who asked and who answered.
type echoPayloads struct {
	limits *ObservationThresholds
	by     map[addrPair]*payloadSum
}

type addrPair struct{ a, b netip.Addr }

func (p addrPair) compare(o addrPair) int {
	if c := p.a.Compare(o.a); c != 0 {
		return c
	}
	return p.b.Compare(o.b)
}

type payloadSum struct {
	changed, random int
	frames, odd     []uint32
	first           uint32 // message with the first random payload
	said            string
}

func newEchoPayloads(limits *ObservationThresholds) *echoPayloads {
	return &echoPayloads{limits: limits, by: map[addrPair]*payloadSum{}}
}

func (e *echoPayloads) fields() []string { return nil }

func (e *echoPayloads) watch(m *index.Message, t *talkers) {
	changed, random := warning(m, "icmp.payload_changed"), warning(m, "icmp.payload_entropy")
	if changed == nil && random == nil {
		return
	}
	key := addrPair{t.from().Addr(), t.to().Addr()}
	if m.Kind == index.Response {
		key = addrPair{key.b, key.a}
	}
	x := e.by[key]
	if x == nil {
		if len(e.by) >= maxObserved {
			return
		}
		x = &payloadSum{}
		e.by[key] = x
	}
	if changed != nil {
		x.changed++
		x.frames = few(x.frames, m.Frame)
	}
	if random != nil {
		if x.random++; x.random == 1 {
			x.first = m.Number
		}
		x.odd = few(x.odd, m.Frame)
	}
}

// review reads what the first warning of each pair says.
func (e *echoPayloads) review(_ context.Context, c Capture) error {
	for i, k := range largest(e.by, func(x *payloadSum) int { return x.changed + x.random }, addrPair.compare) {
		x := e.by[k]
		if i == maxOfCode || x.random == 0 {
			continue
		}
		var err error
		if x.said, err = warningText(c, x.first, "icmp.payload_entropy"); err != nil {
			return err
		}
	}
	return nil
}

func (e *echoPayloads) report() (out []Observation) {
	for i, k := range largest(e.by, func(x *payloadSum) int { return x.changed + x.random }, addrPair.compare) {
		x := e.by[k]
		if i >= maxOfCode {
			break
		}
		if x.changed >= int(e.limits.ChangedEchoes) {
			out = append(out, Observation{
				Code: "icmp.payload_asymmetry", Title: "echo replies that carry other bytes than their requests", Who: k.a.String(), Frames: x.frames,
				Statement: fmt.Sprintf("%d replies of %s to %s do not carry the bytes of their requests", x.changed, k.b, k.a),
				Rule:      fmt.Sprintf("at least %d pairs of request and reply whose bytes differ", e.limits.ChangedEchoes), Source: "RFC 792, RFC 4443",
				Benign: []string{"a host that answers echoes wrongly", "a middlebox that rewrites them"}, Limits: "packets that the snap length cut are not compared",
			})
		}
		if x.random > 0 {
			out = append(out, Observation{
				Code: "icmp.payload_entropy", Title: "echoes that carry what looks random", Who: k.a.String(), Frames: x.odd,
				Statement: fmt.Sprintf("between %s and %s: %s; %d times", k.a, k.b, x.said, x.random),
				Rule:      "at least 512 bytes of one flow with more than 7.0 bits a byte", Source: "nDPI's bound for encrypted or random data",
				Benign: []string{"a ping that fills packets with random bytes, to see whether links compress"}, Limits: "at most 16 samples a flow are taken",
			})
		}
	}
	return out
}
