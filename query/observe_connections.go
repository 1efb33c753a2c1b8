package query

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/netip"
	"slices"

	"pcapidx/index"
)

// connectionWatching is a kind of observer of the connections of some protocols.
type connectionWatching struct {
	protocols []string // "": those without a protocol, too
	make      func() connectionObserver
}

// anyConnection stands for connections of all protocols and of none, in the protocols
// of an overview.
const anyConnection = ""

// connectionWatchers lists the observers of connections.
func connectionWatchers(limits *ObservationThresholds) []connectionWatching {
	return []connectionWatching{
		{[]string{anyConnection}, func() connectionObserver { return &beacons{limits: limits, by: map[beaconKey]*beaconSum{}} }},
		{[]string{anyConnection}, func() connectionObserver { return newUnusualPorts() }},
		{[]string{anyConnection, "ssh"}, func() connectionObserver { return &sshSessions{limits: limits, by: map[beaconKey]*sshSum{}} }},
	}
}

// walk shows the observers all connections with what is known of their applications,
// once.
func (o *observing) walk(ctx context.Context) error {
	if o.walked || len(o.conns) == 0 {
		return nil
	}
	o.walked = true
	var apps []walkedApplication // in the order of connections
	err := o.capture.EachApplication(0, func(a *index.Application) bool {
		if len(a.Protocols) > 0 {
			apps = append(apps, walkedApplication{a.Conn, a.Confirmed, a.Protocols})
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return err
	}
	o.known = uint64(len(apps))
	err = o.capture.EachConnection(0, func(c *index.Connection) bool {
		for len(apps) > 0 && apps[0].conn < c.Number {
			apps = apps[1:]
		}
		var a walkedApplication
		if len(apps) > 0 && apps[0].conn == c.Number {
			a = apps[0]
		}
		for _, w := range o.conns {
			w.connection(c, a.protocols, a.confirmed)
		}
		return ctx.Err() == nil
	})
	return cmp.Or(err, ctx.Err())
}

// walkedApplication is what observers of connections want to know of an application.
type walkedApplication struct {
	conn      uint32
	confirmed bool
	protocols []string
}

// maxTimes bounds the starts of connections that are kept.
const maxTimes = 1 << 20

// beacons looks for connections that come at regular intervals.
type beacons struct {
	limits *ObservationThresholds
	by     map[beaconKey]*beaconSum
	times  int
}

type beaconSum struct {
	starts        []index.Time
	conns, frames []uint32
}

// beaconKey is who connects to what.
type beaconKey struct {
	client netip.Addr
	server netip.AddrPort
	kind   uint8 // IP protocol
}

func (k beaconKey) compare(o beaconKey) int {
	return cmp.Or(k.client.Compare(o.client), k.server.Compare(o.server), cmp.Compare(k.kind, o.kind))
}

func (b *beacons) connection(c *index.Connection, _ []string, _ bool) {
	if isICMP(c.Kind) || b.times >= maxTimes {
		return
	}
	k := beaconKey{c.Client().Addr(), c.Server(), c.Kind}
	x := b.by[k]
	if x == nil {
		x = &beaconSum{}
		b.by[k] = x
	}
	b.times++
	x.starts, x.conns, x.frames = append(x.starts, c.Start), few(x.conns, c.Number), few(x.frames, c.First)
}

// gapsOf gives the median of the gaps between times, and how much they vary: standard
// deviation by mean.
func gapsOf(times []index.Time) (median index.Time, variation float64) {
	sorted := slices.Sorted(slices.Values(times))
	gaps := make([]index.Time, 0, len(sorted))
	var sum float64
	for i := 1; i < len(sorted); i++ {
		gaps = append(gaps, sorted[i]-sorted[i-1])
		sum += float64(sorted[i] - sorted[i-1])
	}
	mean := sum / float64(len(gaps))
	var square float64
	for _, g := range gaps {
		square += (float64(g) - mean) * (float64(g) - mean)
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2], math.Sqrt(square/float64(len(gaps))) / mean
}

func (b *beacons) report() (out []Observation) {
	for _, k := range reached(b.limits.BeaconCount, b.by, func(x *beaconSum) int { return len(x.starts) }, beaconKey.compare) {
		x := b.by[k]
		if len(out) >= maxOfCode {
			break
		}
		median, variation := gapsOf(x.starts)
		if median < b.limits.BeaconGap || !(variation < b.limits.BeaconSpread) {
			continue
		}
		out = append(out, Observation{
			Code: "beacon.periodic", Title: "connections at regular intervals", Who: k.client.String(), Connections: x.conns, Frames: x.frames,
			Statement: fmt.Sprintf("%s opened %d connections to %s over %s, every %.1f s in the middle; the gaps vary by %.0f %% of their mean",
				k.client, len(x.starts), k.server, transportName(k.kind), float64(median)/1e9, 100*variation),
			Rule:   fmt.Sprintf("at least %d connections of one client to one port of a server, median gap at least %s, standard deviation of the gaps below %.0f %% of their mean", b.limits.BeaconCount, spanWords(b.limits.BeaconGap), 100*b.limits.BeaconSpread),
			Source: "common practice; nDPI risk 48",
			Benign: []string{"monitoring and health checks", "NTP, mail and update clients that ask at intervals", "metrics that are sent or fetched"},
			Limits: "intervals within one connection, and those longer than a twentieth of the capture, are not seen",
		})
	}
	return out
}

// sshSessions looks for many short sessions of SSH between two hosts.
type sshSessions struct {
	limits *ObservationThresholds
	by     map[beaconKey]*sshSum
}

type sshSum struct {
	starts      []index.Time
	conns       []uint32
	frames      []uint32
	long, total int
}

func (s *sshSessions) connection(c *index.Connection, protocols []string, _ bool) {
	if !slices.Contains(protocols, "ssh") {
		return
	}
	k := beaconKey{c.Client().Addr(), c.Server(), c.Kind}
	x := s.by[k]
	if x == nil {
		if len(s.by) >= maxObserved {
			return
		}
		x = &sshSum{}
		s.by[k] = x
	}
	if x.total++; c.End-c.Start > s.limits.SSHShort {
		x.long++
		return
	}
	x.starts = append(x.starts, c.Start)
	x.conns, x.frames = few(x.conns, c.Number), few(x.frames, c.First)
}

func (s *sshSessions) report() (out []Observation) {
	for _, k := range reached(s.limits.SSHSessions, s.by, func(x *sshSum) int { return len(x.starts) }, beaconKey.compare) {
		x := s.by[k]
		best, from := 0, 0
		slices.Sort(x.starts)
		for i, t := range x.starts {
			for t-x.starts[from] > s.limits.SSHWindow {
				from++
			}
			best = max(best, i-from+1)
		}
		if best < int(s.limits.SSHSessions) || len(out) >= maxOfCode {
			continue
		}
		out = append(out, Observation{
			Code: "auth.ssh_many", Title: "many short SSH sessions", Who: k.client.String(), Connections: x.conns, Frames: x.frames,
			Statement: fmt.Sprintf("%s opened %d SSH sessions of at most %s to %s within %s; of all %d sessions %d were longer", k.client, best, spanWords(s.limits.SSHShort), k.server, spanWords(s.limits.SSHWindow), x.total, x.long),
			Rule:      fmt.Sprintf("at least %d sessions of at most %s between two hosts in %s", s.limits.SSHSessions, spanWords(s.limits.SSHShort), spanWords(s.limits.SSHWindow)),
			Source:    "Zeek's rule for guesses of passwords (30 in 30 minutes); what is short is ours",
			Benign:    []string{"scripts that run commands or copy files", "backups, version control, configuration management", "health checks"},
			Limits:    "whether logins succeeded is encrypted",
		})
	}
	return out
}
