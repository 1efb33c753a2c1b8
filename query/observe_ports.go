package query

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/proto"
)

// unusualPorts looks for protocols on ports that are not registered for them.
type unusualPorts struct {
	known map[string]*proto.Protocol
	by    map[string]*portSum // by protocol
}

type portSum struct {
	total         int
	ports         map[uint16]int // connections
	servers       map[netip.Addr]bool
	conns, frames []uint32
}

// newUnusualPorts leaves out protocols whose ports are agreed upon, and those that any
// port carries.
func newUnusualPorts() *unusualPorts {
	u := &unusualPorts{known: map[string]*proto.Protocol{}, by: map[string]*portSum{}}
	for _, p := range proto.All() {
		if len(p.Ports) > 0 && !slices.Contains([]string{"tftp", "stun", "ftp-data", "rtp", "rtcp", "dtls"}, p.Name) {
			u.known[p.Name] = &p
		}
	}
	return u
}

func (u *unusualPorts) connection(c *index.Connection, protocols []string, confirmed bool) {
	if !confirmed || len(protocols) == 0 {
		return
	}
	p := u.known[protocols[0]]
	if p == nil || slices.Contains(p.Ports, c.A.Port()) || slices.Contains(p.Ports, c.B.Port()) {
		return
	}
	x := u.by[p.Name]
	if x == nil {
		x = &portSum{ports: map[uint16]int{}, servers: map[netip.Addr]bool{}}
		u.by[p.Name] = x
	}
	x.total++
	x.ports[c.Server().Port()]++
	if len(x.servers) < maxObserved {
		x.servers[c.Server().Addr()] = true
	}
	x.conns, x.frames = few(x.conns, c.Number), few(x.frames, c.First)
}

func (u *unusualPorts) report() (out []Observation) {
	for _, name := range largest(u.by, func(x *portSum) int { return x.total }, strings.Compare) {
		x := u.by[name]
		var ports, servers []string
		for _, port := range largest(x.ports, func(n int) int { return n }, cmp.Compare[uint16]) {
			if ports = few(ports, fmt.Sprintf("%d (%d%s)", port, x.ports[port], owner(name, port))); len(ports) == someValues {
				break
			}
		}
		for _, a := range slices.SortedFunc(maps.Keys(x.servers), netip.Addr.Compare) {
			servers = few(servers, a.String())
		}
		out = append(out, Observation{
			Code: "proto.unusual_port", Title: "a protocol on ports that are not its own", Connections: x.conns, Frames: x.frames,
			Statement: fmt.Sprintf("%s: %d connections to %d servers (%s) on %d ports that are not its own, with the most connections on %s",
				u.known[name].Title, x.total, len(x.servers), strings.Join(servers, ", "), len(x.ports), strings.Join(ports, ", ")),
			Rule: "what both directions say is a protocol, and neither port is one of those registered or usual for it", Source: "nDPI risk 5",
			Benign: []string{"a service that was put there on purpose", "tests and development", "forwarding by a router or container"},
		})
	}
	return out
}

// owner names the protocol whose port it is, "" if none other is known.
func owner(protocol string, port uint16) string {
	for _, p := range proto.All() {
		if p.Name != protocol && slices.Contains(p.Ports, port) {
			return ", usually " + p.Title
		}
	}
	return ""
}
