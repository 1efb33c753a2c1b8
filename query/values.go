package query

import (
	"net/netip"
	"strconv"
	"time"

	"pcapidx/index"
)

// Timestamp is a time as answers show it: RFC 3339 in UTC with nanoseconds, or
// "" when there is none.
type Timestamp string

func stampOf(t time.Time) Timestamp {
	return Timestamp(t.UTC().Format("2006-01-02T15:04:05.000000000Z"))
}

// Seconds is a length of time in seconds. Its JSON is a number with nine
// decimals, so that no nanosecond is lost to rounding.
type Seconds float64

// MarshalJSON writes the number in full.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(s), 'f', 9, 64), nil
}

// Ratio is a share from 0 to 1; its JSON is a number with six decimals.
type Ratio float64

// MarshalJSON writes the number.
func (r Ratio) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'f', 6, 64), nil
}

func secondsBetween(from, to index.Time) Seconds { return Seconds(float64(to-from) / 1e9) }

// scopeOf says what kind of address it is, by IANA's special-purpose registries.
func scopeOf(a netip.Addr) string {
	a = a.Unmap()
	switch {
	case !a.IsValid() || a.IsUnspecified():
		return "unspecified"
	case a.IsLoopback():
		return "loopback"
	case a.IsMulticast():
		return "multicast"
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "broadcast"
	case a.IsLinkLocalUnicast():
		return "link-local"
	case a.IsPrivate():
		return "private"
	}
	if a.Is4() {
		return scope4(a.As4())
	}
	if b := a.As16(); b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8 {
		return "documentation" // RFC 3849: 2001:db8::/32
	}
	return "public"
}

// scope4: RFC 6598 shared space, RFC 5737 documentation, RFC 2544 benchmarking.
func scope4(b [4]byte) string {
	switch net := [3]byte(b[:3]); {
	case b[0] == 100 && b[1]&0xc0 == 64: // 100.64.0.0/10
		return "shared"
	case net == [3]byte{192, 0, 2}, net == [3]byte{198, 51, 100}, net == [3]byte{203, 0, 113}:
		return "documentation"
	case b[0] == 198 && b[1]&0xfe == 18: // 198.18.0.0/15
		return "benchmarking"
	}
	return "public"
}

// endpointText is "ip:port", IPv6 in brackets; the address alone where there
// are no ports (ICMP).
func endpointText(e netip.AddrPort, ports bool) string {
	if !ports {
		return e.Addr().String()
	}
	return e.String()
}

// transportName gives the name of a connection's transport.
func transportName(kind uint8) string {
	for _, t := range transports() {
		if t.kind == kind {
			return t.name
		}
	}
	return strconv.Itoa(int(kind))
}

type transport struct {
	kind uint8
	name string
}

func transports() []transport {
	return []transport{{6, "tcp"}, {17, "udp"}, {132, "sctp"}, {136, "udplite"}, {1, "icmp"}, {58, "icmpv6"}}
}

func transportNames() []string {
	var names []string
	for _, t := range transports() {
		names = append(names, t.name)
	}
	return names
}
