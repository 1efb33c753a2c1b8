package payload

import (
	"bytes"
	"net/netip"
	"strconv"
)

// maxExpected bounds how many endpoints are expected; the oldest gives way.
const maxExpected = 4096

// expectations are endpoints that one connection announced for another: the
// media of a session description, the data connection of FTP, the port of a
// TFTP client. What comes to or from them is the announced protocol.
type expectations struct {
	protocols map[netip.AddrPort]proto
	order     []netip.AddrPort
	oldest    int
}

func (e *expectations) add(at netip.AddrPort, p proto) {
	if e.protocols == nil {
		e.protocols = map[netip.AddrPort]proto{}
	}
	_, known := e.protocols[at]
	e.protocols[at] = p
	switch {
	case known:
	case len(e.order) < maxExpected:
		e.order = append(e.order, at)
	default:
		delete(e.protocols, e.order[e.oldest])
		e.order[e.oldest] = at
		e.oldest = (e.oldest + 1) % maxExpected
	}
}

// expected gives the protocol announced for either end of a packet.
func (e *expectations) expected(p *Packet) proto {
	if len(e.protocols) == 0 {
		return 0
	}
	if x, ok := e.protocols[p.Dst]; ok {
		return x
	}
	return e.protocols[p.Src]
}

// expect announces an endpoint.
func (c *call) expect(addr netip.Addr, port uint16, name string) {
	if port != 0 && addr.IsValid() {
		c.analyzer.expect.add(netip.AddrPortFrom(addr, port), c.analyzer.registry.names[name])
	}
}

// session reads a session description (RFC 8866) for the media it announces.
func (c *call) session(b []byte) {
	var addr netip.Addr
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		if f := bytes.Fields(line); len(f) >= 3 && hasAt(f[0], 0, "c=") {
			text, _, _ := bytes.Cut(f[2], []byte("/"))
			if a, err := netip.ParseAddr(string(text)); err == nil {
				addr = a
			}
		}
	}
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		f := bytes.Fields(line)
		if len(f) < 4 || !hasAt(f[0], 0, "m=") {
			continue
		}
		text, _, _ := bytes.Cut(f[1], []byte("/"))
		port, err := strconv.ParseUint(string(text), 10, 16)
		if err != nil {
			continue
		}
		switch {
		case bytes.Contains(f[2], []byte("RTP/")):
			c.expect(addr, uint16(port), "rtp")
			c.expect(addr, uint16(port)+1, "rtcp")
		case fold(f[2], "udptl"):
			c.expect(addr, uint16(port), "t38")
		}
	}
}

// ftp dissects the control connection, which announces data connections (RFC
// 959, RFC 2428) and may switch to TLS (RFC 4217).
func ftp(c *call) bool {
	c.add("ftp")
	line := firstLineOf(c.b)
	switch {
	case hasAt(line, 0, "227 "), hasAt(line, 0, "PORT "):
		if at, ok := hostPort(line[4:]); ok {
			c.expect(at.Addr(), at.Port(), "ftp-data")
		}
	case hasAt(line, 0, "229 "):
		f := bytes.Split(line, []byte("|"))
		if len(f) == 5 {
			if n, err := strconv.ParseUint(string(f[3]), 10, 16); err == nil {
				c.expect(c.packet.Src.Addr(), uint16(n), "ftp-data")
			}
		}
	case hasAt(line, 0, "EPRT "):
		f := bytes.Split(line, []byte("|"))
		if len(f) == 5 {
			addr, err := netip.ParseAddr(string(f[2]))
			n, err2 := strconv.ParseUint(string(f[3]), 10, 16)
			if err == nil && err2 == nil {
				c.expect(addr, uint16(n), "ftp-data")
			}
		}
	case hasAt(line, 0, "AUTH TLS"), hasAt(line, 0, "AUTH SSL"):
		c.set(askedTLS)
	case hasAt(line, 0, "234") && c.has(askedTLS):
		c.settle("tls")
	}
	return true
}

// hostPort finds six numbers between commas: an IPv4 address and a port.
func hostPort(b []byte) (netip.AddrPort, bool) {
	var v [6]int
	n, digits := 0, false
	for _, x := range b {
		switch {
		case x >= '0' && x <= '9':
			v[n] = min(v[n]*10+int(x-'0'), 256)
			digits = true
		case x == ',' && digits && n < 5:
			n, digits = n+1, false
		case n == 5 && digits:
			return addrPort(v)
		default:
			n, digits, v = 0, false, [6]int{}
		}
	}
	if n == 5 && digits {
		return addrPort(v)
	}
	return netip.AddrPort{}, false
}

func addrPort(v [6]int) (netip.AddrPort, bool) {
	for _, n := range v {
		if n > 255 {
			return netip.AddrPort{}, false
		}
	}
	addr := netip.AddrFrom4([4]byte{byte(v[0]), byte(v[1]), byte(v[2]), byte(v[3])})
	return netip.AddrPortFrom(addr, uint16(v[4]<<8|v[5])), true
}

// ftpData: text is shown as lines.
func ftpData(c *call) bool {
	c.add("ftp-data")
	if printable(c.b) {
		c.add("data-text-lines")
	}
	return true
}
