package query

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"pcapidx/index"
)

// connectionFilter is what --address, --port, --protocol, --state, --finding and
// --min-retransmissions ask.
type connectionFilter struct {
	prefix   netip.Prefix
	low      uint16
	high     uint16
	portSet  bool
	kinds    []uint8
	states   []index.ConnState
	stateSet bool
	findings []string // nil: any or none
	resent   uint64   // least number of re-sent segments
}

func parseConnectionFilter(q *ConnectionsRequest) (f connectionFilter, err error) {
	if q.Address != "" {
		if f.prefix, err = parseAddress(q.Address); err != nil {
			return f, err
		}
	}
	if q.Port != "" {
		if f.low, f.high, err = parsePorts(q.Port); err != nil {
			return f, err
		}
		f.portSet = true
	}
	for _, name := range splitList(q.Protocol) {
		i := slices.IndexFunc(transports(), func(t transport) bool { return t.name == strings.ToLower(name) })
		if i < 0 {
			return f, UnknownWord("protocol", name, transportNames())
		}
		f.kinds = append(f.kinds, transports()[i].kind)
	}
	for _, name := range splitList(q.State) {
		i := slices.Index(index.StateNames(), strings.ToUpper(name))
		if i < 0 {
			return f, UnknownWord("state", name, index.StateNames())
		}
		f.states, f.stateSet = append(f.states, index.ConnState(i)), true
	}
	f.findings, f.resent = splitList(q.Finding), q.MinRetransmissions
	return f, nil
}

func splitList(s string) (words []string) {
	for _, w := range strings.Split(s, ",") {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

func parseAddress(s string) (netip.Prefix, error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if p, err := netip.ParsePrefix(bare); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(bare)
	if err != nil || a.Zone() != "" {
		hint := "give an IP address such as 192.0.2.1 or 2001:db8::1, or a prefix such as 10.0.0.0/8"
		if _, perr := netip.ParseAddrPort(s); perr == nil {
			hint = "give the address alone, and the port with --port"
		}
		return netip.Prefix{}, badRequest(hint, "address %q is neither an IP address nor a prefix", s)
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

func parsePorts(s string) (low, high uint16, err error) {
	from, to, isRange := strings.Cut(s, "-")
	if !isRange {
		to = from
	}
	a, aerr := strconv.ParseUint(strings.TrimSpace(from), 10, 16)
	b, berr := strconv.ParseUint(strings.TrimSpace(to), 10, 16)
	if aerr != nil || berr != nil || a > b {
		return 0, 0, badRequest("give a number from 0 to 65535, or a range such as 8000-8010", "port %q is no port", s)
	}
	return uint16(a), uint16(b), nil
}

// set reports whether anything is filtered at all.
func (f *connectionFilter) set() bool { return f.records() || f.kinds != nil || f.stateSet }

// records reports whether the records are needed to decide.
func (f *connectionFilter) records() bool { return f.prefix.IsValid() || f.portSet }

// kind decides by the fixed-width column of transport and state.
func (f *connectionFilter) kind(v uint64) bool {
	return (f.kinds == nil || slices.Contains(f.kinds, uint8(v>>8))) &&
		(!f.stateSet || slices.Contains(f.states, index.ConnState(v)))
}

// record decides by addresses and ports.
func (f *connectionFilter) record(c *index.Connection) bool {
	if f.prefix.IsValid() && !f.prefix.Contains(c.A.Addr()) && !f.prefix.Contains(c.B.Addr()) {
		return false
	}
	if !f.portSet {
		return true
	}
	in := func(p uint16) bool { return f.low <= p && p <= f.high }
	return !isICMP(c.Kind) && (in(c.A.Port()) || in(c.B.Port()))
}
