package ingest

import (
	"net/netip"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// servers remembers endpoints that were seen to answer a handshake. It is
// bounded: a scan of many ports must not fill memory.
type servers map[netip.AddrPort]struct{}

const maxServers = 1 << 16

func (s servers) add(e netip.AddrPort) {
	if len(s) < maxServers {
		s[e] = struct{}{}
	}
}

// handshake takes a TCP packet's flags for the question who the client is: the
// sender of a SYN, or else the receiver of a SYN+ACK.
func (c *conn) handshake(side index.Side, flags uint16, known servers) {
	const syn, ack = 2, 16
	switch flags & (syn | ack) {
	case syn:
		if c.ClientBy != index.ClientBySYN {
			c.ClientBy, c.ClientIsB = index.ClientBySYN, side == index.SideB
		}
	case syn | ack:
		if c.ClientBy == index.ClientUnknown {
			c.ClientBy, c.ClientIsB = index.ClientBySYNACK, side == index.SideA
		}
		known.add(c.endpointOf(side))
	}
}

func (c *conn) endpointOf(side index.Side) netip.AddrPort {
	if side == index.SideB {
		return c.B
	}
	return c.A
}

// settleClient decides who the client is when no handshake told: by the ports,
// by who spoke first, by who sent the first packet. For datagrams the sender of
// the first packet counts unless a port says clearly otherwise: two high ports
// tell nothing there.
func (c *conn) settleClient(known servers) {
	if c.ClientBy != index.ClientUnknown {
		return
	}
	a, b := portScore(c.A, c.B, known), portScore(c.B, c.A, known)
	plain := a != b
	if dissect.Kind(c.Kind) != dissect.TCP {
		plain = a > b+1 || b > a+1
	}
	switch {
	case dissect.Kind(c.Kind) == dissect.ICMP || dissect.Kind(c.Kind) == dissect.ICMPv6:
		c.ClientBy = index.ClientByFirstFrame
	case plain:
		c.ClientBy, c.ClientIsB = index.ClientByPort, a > b
	case c.payloadBy >= 0 && dissect.Kind(c.Kind) == dissect.TCP:
		c.ClientBy, c.ClientIsB = index.ClientByPayload, index.Side(c.payloadBy) == index.SideB
	default:
		c.ClientBy = index.ClientByFirstFrame
	}
}

// portScore says how much an endpoint looks like a server's beside its peer.
func portScore(e, peer netip.AddrPort, known servers) (score int) {
	if _, ok := known[e]; ok {
		score += 4
	}
	if wellKnown(e.Port()) {
		score += 3
	}
	if e.Port() < 1024 {
		score += 2
	}
	if e.Port() < 32768 && peer.Port() >= 32768 {
		score++
	}
	if e.Port() < peer.Port() {
		score++
	}
	return score
}

// wellKnown reports whether a port is that of a widespread service.
func wellKnown(port uint16) bool {
	switch port {
	case 20, 21, 22, 23, 25, 53, 67, 69, 80, 88, 110, 111, 119, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389,
		443, 445, 465, 500, 502, 514, 515, 546, 547, 554, 587, 631, 636, 853, 873, 989, 990, 993, 995,
		1080, 1194, 1433, 1434, 1521, 1723, 1812, 1813, 1883, 1900, 2049, 2055, 2152, 2181, 2404, 2905, 3128, 3268,
		3306, 3389, 3478, 3690, 3868, 4369, 4500, 4739, 4789, 5000, 5060, 5061, 5222, 5269, 5353, 5355, 5432, 5555,
		5601, 5671, 5672, 5683, 5900, 5984, 6081, 6379, 6443, 6667, 7000, 7001, 8000, 8008, 8080, 8081, 8086, 8088,
		8443, 8883, 8888, 9000, 9042, 9090, 9092, 9093, 9200, 9300, 9418, 10050, 10051, 11211, 15672, 20000, 25565,
		27017, 27018, 44818, 47808, 50051, 51820:
		return true
	}
	return false
}

// state gives Zeek's conn_state and history.
func (c *conn) state() (state index.ConnState, history string, full bool) {
	switch dissect.Kind(c.Kind) {
	case dissect.TCP:
		name := string(c.zeek.State())
		for i, n := range index.StateNames() {
			if n == name {
				state = index.ConnState(i)
			}
		}
		history, full = c.zeek.History()
		return state, history, full
	case dissect.ICMP, dissect.ICMPv6:
		return index.StateOTH, "", false
	}
	return c.datagramState()
}

// datagramState is Zeek's for UDP: S0 only the originator spoke, SHR only the
// responder, SF both; history D for the originator and d for the responder,
// after ^ when the responder spoke first.
func (c *conn) datagramState() (index.ConnState, string, bool) {
	client, server := c.Packets[c.ClientSide()], c.Packets[1-c.ClientSide()]
	history := "D"
	if server > 0 {
		history = "Dd"
	}
	if c.ClientIsB {
		history = "^d"
		if client > 0 {
			history = "^dD"
		}
	}
	switch {
	case client > 0 && server > 0:
		return index.StateSF, history, false
	case client > 0:
		return index.StateS0, history, false
	}
	return index.StateSHR, history, false
}
