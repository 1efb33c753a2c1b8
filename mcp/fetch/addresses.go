package fetch

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// closedNets are the blocks of the IANA registries of special-purpose addresses
// (RFC 6890 and its successors) that are no place of the public Internet, or that
// carry an IPv4 address which nobody has checked. Of IPv6 only 2000::/3 is in use
// (RFC 4291, section 2.4): what is outside of it is closed without being listed.
var closedNets = sync.OnceValue(func() (nets []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8",       // this network, RFC 791
		"10.0.0.0/8",      // private, RFC 1918
		"100.64.0.0/10",   // carriers' NAT, RFC 6598
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local, RFC 3927; clouds answer here with credentials
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation, RFC 5737
		"192.88.99.0/24",  // 6to4 relays, RFC 7526
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarks, RFC 2544
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, and broadcast
		"2001::/23",       // protocol assignments, with Teredo (RFC 4380) and ORCHID
		"2001:db8::/32",   // documentation, RFC 3849
		"2002::/16",       // 6to4, RFC 3056
		"3fff::/20",       // documentation, RFC 9637
	} {
		nets = append(nets, netip.MustParsePrefix(s))
	}
	return nets
})

// Public reports whether an address is one of the public Internet. IPv4 addresses
// inside of IPv6 ones (mapped, NAT64, 6to4, Teredo) are not: what they lead to is
// decided by somebody else.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Is4In6() || a.Zone() != "" {
		return false
	}
	if a.Is6() && !netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20}), 3).Contains(a) {
		return false
	}
	for _, n := range closedNets() {
		if n.Contains(a) {
			return false
		}
	}
	return true
}

// ownAddress reports whether this computer has an address: what listens there may
// be meant for it alone. It cannot tell (and says yes) if the system does not.
func ownAddress(a netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, one := range all {
		n, ok := one.(*net.IPNet)
		if !ok {
			continue
		}
		if own, ok := netip.AddrFromSlice(n.IP); ok && own.Unmap() == a {
			return true
		}
	}
	return false
}

var errNotPublic = errors.New("not a public address")

// control refuses a socket's connection to an address that is not allowed. It
// sees the address that is connected to, after all names are resolved.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !c.config.Allow(ap.Addr()) {
		return errNotPublic
	}
	return nil
}
