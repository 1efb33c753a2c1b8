package payload

import (
	"strconv"
	"strings"
	"sync"
)

// proto numbers a dissector in one process; 0 is none.
type proto uint16

// dissector is what is known of one protocol. Its functions add what they find
// to the call's result and return true, or refuse the payload. Without a
// function a protocol takes everything.
type dissector struct {
	name     string
	udp, tcp func(c *call) bool
}

// registry knows which dissectors there are and what they are registered for.
type registry struct {
	list     []dissector
	names    map[string]proto
	tcp, udp *[1 << 16]proto
	// In the order in which they are asked.
	tcpHeuristics, udpHeuristics []func(c *call) bool
}

// dissectors gives the registry; nobody changes it.
var dissectors = sync.OnceValue(func() *registry {
	r := &registry{
		list: make([]dissector, 1, 512), names: map[string]proto{},
		tcp: new([1 << 16]proto), udp: new([1 << 16]proto),
		tcpHeuristics: tcpHeuristics(), udpHeuristics: udpHeuristics(),
	}
	for _, d := range framed() {
		*r.named(d.name) = dissector{name: d.name, tcp: d.tcp}
	}
	for _, d := range special() {
		known := r.named(d.name)
		known.udp = d.udp
		if d.tcp != nil {
			known.tcp = d.tcp
		}
	}
	for name, accepts := range datagramChecks() {
		r.named(name).udp = checked(name, accepts)
	}
	for name, accepts := range segmentChecks() {
		r.named(name).tcp = checked(name, accepts)
	}
	r.register(r.tcp, tcpPorts)
	r.register(r.udp, udpPorts)
	return r
})

// Names lists the protocols that a payload may hold, in no order: those that are
// registered, and those that are found inside others only.
func Names() []string {
	names := []string{
		"data-text-lines", "json", "xml", "sdp", "imf", "mime_multipart", "media", "image-gif", "image-jfif", "png", "urlencoded-form", "smb", "smb2", "browser", "rpc",
		"tpkt", "cotp", "t125", "rdp", "s7comm", "proxy", "msrp", "cip", "cipcls", "iec60870_asdu", "db-lsp-disc", "classicstun", "nbdgm", "ftp-data", "rtp", "rtcp",
	}
	names = append(names, mediaNames()...)
	for name := range dissectors().names {
		names = append(names, name)
	}
	return names
}

// named finds a dissector, or begins one.
func (r *registry) named(name string) *dissector {
	p, ok := r.names[name]
	if !ok {
		p = proto(len(r.list))
		r.names[name] = p
		r.list = append(r.list, dissector{name: name})
	}
	return &r.list[p]
}

// register reads a table of ports.
func (r *registry) register(ports *[1 << 16]proto, table string) {
	for entry := range strings.SplitSeq(table, ";") {
		f := strings.Fields(entry)
		if len(f) == 0 {
			continue
		}
		r.named(f[0])
		for _, run := range f[1:] {
			first, last, ok := strings.Cut(run, "-")
			if !ok {
				last = first
			}
			from, _ := strconv.ParseUint(first, 10, 16)
			to, _ := strconv.ParseUint(last, 10, 16)
			for port := from; port <= to; port++ {
				ports[port] = r.names[f[0]]
			}
		}
	}
}

// checked makes a dissector that takes a payload if its first bytes are right.
func checked(name string, accepts func(b []byte, n int) bool) func(c *call) bool {
	return func(c *call) bool {
		if !accepts(c.b, c.n) {
			return false
		}
		c.add(name)
		return true
	}
}
