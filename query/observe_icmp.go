package query

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"pcapidx/index"
)

// Thresholds of echo requests. icmp.sweep follows the rule that Zeek has for scans of
// addresses; icmp.large_payload the rules of Splunk (above 1,000 bytes).
const (
	sweepHosts  = 25
	sweepWindow = index.Time(300e9)
	largeEcho   = 1000
)

// echoes looks at whom echo requests go to and how large they are.
type echoes struct {
	by map[netip.Addr]*echoSum
}

type echoSum struct {
	recent       []echoTo
	best         int
	requests     int
	large        int
	largest      uint64
	frames, huge []uint32
}

type echoTo struct {
	to   netip.Addr
	time index.Time
}

func newEchoes() *echoes { return &echoes{by: map[netip.Addr]*echoSum{}} }

func (e *echoes) fields() []string { return nil }

func (e *echoes) watch(m *index.Message, from, to netip.Addr) {
	if m.Kind != index.Request || !from.IsValid() {
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
	if m.Length > largeEcho+8 {
		x.large++
		x.largest = max(x.largest, m.Length-8)
		x.huge = someFrames(x.huge, m.Frame)
	}
	for len(x.recent) > 0 && m.Start-x.recent[0].time > sweepWindow || len(x.recent) >= 4096 {
		x.recent = x.recent[1:]
	}
	if slices.ContainsFunc(x.recent, func(n echoTo) bool { return n.to == to }) {
		return
	}
	x.recent = append(x.recent, echoTo{to, m.Start})
	x.best = max(x.best, len(x.recent))
	x.frames = someFrames(x.frames, m.Frame)
}

func (e *echoes) report() (out []Observation) {
	for _, who := range slices.SortedFunc(maps.Keys(e.by), netip.Addr.Compare) {
		x := e.by[who]
		if x.best >= sweepHosts {
			out = append(out, Observation{
				Code: "icmp.sweep", Title: "echo requests to many hosts", Who: who.String(), Frames: x.frames,
				Statement: fmt.Sprintf("%s sent echo requests to %d different hosts within 5 minutes, %d requests in all", who, x.best, x.requests),
				Rule:      fmt.Sprintf("echo requests to at least %d hosts in 5 minutes", sweepHosts),
				Benign:    []string{"monitoring", "an inventory of the network"},
			})
		}
		if x.large > 0 {
			out = append(out, Observation{
				Code: "icmp.large_payload", Title: "large echo requests", Who: who.String(), Frames: x.huge,
				Statement: fmt.Sprintf("%s sent %d echo requests with more than %d bytes, the largest with %d", who, x.large, largeEcho, x.largest),
				Rule:      fmt.Sprintf("an echo request that carries more than %d bytes", largeEcho),
				Benign:    []string{"tests of the path's MTU"},
			})
		}
	}
	return out
}
