package diag

import (
	"net/netip"

	"pcapidx/ingest/tcp"
)

// Bounds of what is kept about scans; a capture of millions of random SYNs must
// not fill memory. What they cut off is counted or said to be a minimum.
const (
	maxSweeps   = 4096    // candidates of each kind
	maxFloods   = 4096    // server ports with unfinished handshakes
	maxScanners = 64      // findings of each kind
	maxDistinct = 1 << 17 // hosts and ports of all scanners together
	hotMembers  = 3       // targets that make a candidate likelier than chance
)

// Kinds of scans. The stealth kinds are by the flags of the first packet.
const (
	scanPorts uint8 = iota
	scanHosts
	scanNull
	scanFIN
	scanXmas
	scanSYNFIN
	scanACK
	scanKinds
)

// Outcomes of the attempts of a scan.
const (
	triedRefused uint8 = iota
	triedSilent
	triedAborted
	triedKinds
)

// scans finds scans and floods among the connections of a capture.
type scans struct {
	t         *Thresholds
	ports     slots[sweepKey, sweep]
	hosts     slots[sweepKey, sweep]
	stealth   slots[sweepKey, sweep]
	flood     slots[netip.AddrPort, flood]
	scanners  []scanner
	byKey     map[scannerKey]int32
	numbers   [scanKinds]int // scanners of each kind
	more      [scanKinds]int // sources for which there was no room
	distinct  int            // members of all scanners' sets
	floods    []floodSum
	byServer  map[netip.AddrPort]int32
	moreFlood int
}

// sweepKey is a source and what it stays with: a host, or a port.
type sweepKey struct {
	kind   uint8
	source netip.Addr
	host   netip.Addr
	port   uint16
}

// sweep are the different targets of one key within the window.
type sweep struct {
	members   []member
	confirmed bool
}

// member is one target that was tried.
type member struct {
	host    netip.Addr
	port    uint16
	outcome uint8
	frame   uint32
	time    int64
}

type scannerKey struct {
	kind   uint8
	source netip.Addr
}

// scanner is a source that scans.
type scanner struct {
	scannerKey
	port        uint16 // first
	host        netip.Addr
	ports       map[uint16]struct{}
	hosts       map[netip.Addr]struct{}
	capped      bool // there are more hosts or ports
	attempts    uint32
	outcomes    [triedKinds]uint32
	first, last int64
	frames      Evidence
}

func (s *scans) init(t *Thresholds) {
	s.t = t
	s.ports, s.hosts = newSlots[sweepKey, sweep](maxSweeps, t.ScanWindow), newSlots[sweepKey, sweep](maxSweeps, t.ScanWindow)
	s.stealth = newSlots[sweepKey, sweep](maxSweeps, t.ScanWindow)
	s.flood = newSlots[netip.AddrPort, flood](maxFloods, 10*floodStep)
	s.byKey, s.byServer = map[scannerKey]int32{}, map[netip.AddrPort]int32{}
}

// connection takes a connection whose outcome is known.
func (s *scans) connection(c *Conn, r *Report) {
	client, server := c.A, c.B
	if r.Client == 1 {
		client, server = c.B, c.A
	}
	if !client.IsValid() || !server.IsValid() {
		return
	}
	m := member{host: server.Addr(), port: server.Port(), frame: c.First.Frame, time: c.Start}
	answered := c.Side[0].SYNACK.Count+c.Side[1].SYNACK.Count > 0
	failed := true
	switch r.Measures.Handshake {
	case openRefused, openRejected:
		m.outcome = triedRefused
	case openUnanswered:
		m.outcome = triedSilent
	case openAborted:
		m.outcome = triedAborted
	case openUndecided:
		m.outcome, failed = triedSilent, !answered
	default:
		failed = false
	}
	if kind, odd := stealthKind(c); odd {
		m.host, m.port = c.B.Addr(), c.B.Port()
		s.sweep(&s.stealth, sweepKey{kind: kind, source: c.A.Addr()}, m)
		return
	}
	if failed {
		s.sweep(&s.ports, sweepKey{kind: scanPorts, source: client.Addr(), host: m.host}, m)
		s.sweep(&s.hosts, sweepKey{kind: scanHosts, source: client.Addr(), port: m.port}, m)
	}
	late := r.CaptureEnd-c.Start >= floodAge
	if h := r.Measures.Handshake; h == openHalf || h == openUnanswered || h == openUndecided && late {
		s.unfinished(server, c, answered)
	}
}

// stealthKind tells by the flags of its first packet that a connection is a probe.
func stealthKind(c *Conn) (kind uint8, odd bool) {
	const seen = tcp.FIN | tcp.SYN | tcp.RST | tcp.PSH | tcp.ACK | tcp.URG
	switch flags := c.FirstFlags & seen; {
	case flags == 0:
		return scanNull, true
	case flags == tcp.FIN:
		return scanFIN, true
	case flags == tcp.FIN|tcp.PSH|tcp.URG:
		return scanXmas, true
	case flags&(tcp.SYN|tcp.FIN) == tcp.SYN|tcp.FIN:
		return scanSYNFIN, true
	case flags == tcp.ACK:
		a, b := &c.Side[0], &c.Side[1]
		return scanACK, a.Any.Count <= 2 && a.Data.Count == 0 && b.RST.Count > 0 && b.RST.Count == b.Any.Count
	}
	return 0, false
}

// needs is how many different targets make a scan.
func (s *scans) needs(kind uint8) int {
	switch kind {
	case scanPorts, scanACK:
		return int(s.t.ScanPorts)
	case scanHosts:
		return int(s.t.ScanHosts)
	}
	return int(s.t.StealthProbes)
}

// sweep adds a target to those of a key.
func (s *scans) sweep(table *slots[sweepKey, sweep], k sweepKey, m member) {
	at := table.get(k, m.time)
	w := &at.value
	if !w.confirmed {
		w.add(m, s.t.ScanWindow)
		at.hot = at.hot || len(w.members) >= hotMembers
		if len(w.members) < s.needs(k.kind) {
			return
		}
	}
	x := s.scanner(scannerKey{k.kind, k.source})
	switch {
	case x == nil:
	case w.confirmed:
		s.note(x, m)
	default:
		for _, one := range w.members {
			s.note(x, one)
		}
	}
	w.confirmed, w.members = true, nil
}

// add keeps the targets of the last window, each once.
func (w *sweep) add(m member, window int64) {
	kept := w.members[:0]
	for _, o := range w.members {
		if since := m.time - o.time; since <= window && (o.port != m.port || o.host != m.host) {
			kept = append(kept, o)
		}
	}
	kept = append(kept, m)
	w.members = kept
}

// scanner gives the record of a source that scans; nil if there are too many.
func (s *scans) scanner(k scannerKey) *scanner {
	i, ok := s.byKey[k]
	if !ok {
		if s.numbers[k.kind] == maxScanners {
			s.more[k.kind]++
			return nil
		}
		s.numbers[k.kind]++
		i = int32(len(s.scanners))
		s.scanners = append(s.scanners, scanner{scannerKey: k, ports: map[uint16]struct{}{}, hosts: map[netip.Addr]struct{}{}})
		s.byKey[k] = i
	}
	return &s.scanners[i]
}

// note adds an attempt to a scanner.
func (s *scans) note(x *scanner, m member) {
	if x.attempts == 0 {
		x.port, x.host, x.first, x.last = m.port, m.host, m.time, m.time
	}
	x.attempts++
	x.outcomes[m.outcome]++
	x.first, x.last = min(x.first, m.time), max(x.last, m.time)
	x.frames.Add(m.frame)
	_, knownPort := x.ports[m.port]
	_, knownHost := x.hosts[m.host]
	if knownPort && knownHost {
		return
	}
	if s.distinct >= maxDistinct {
		x.capped = true
		return
	}
	if !knownPort {
		s.distinct++
		x.ports[m.port] = struct{}{}
	}
	if !knownHost {
		s.distinct++
		x.hosts[m.host] = struct{}{}
	}
}
