package proto

import (
	"encoding/binary"
)

// dhcpv6Protocol is DHCP for IPv6 (RFC 8415). Answers come on other connections than
// their questions, which go to a group.
func dhcpv6Protocol() Protocol {
	return Protocol{
		Name: "dhcpv6", Title: "DHCPv6", On: Datagrams, Ports: []uint16{546, 547}, Shared: true, Patience: 10e9,
		Fields: dhcp6Fields(),
		Detect: detectDHCPv6,
		New:    func() Decoder { return &dhcp6{talks: map[dhcp6Key]*dhcp6Talk{}} },
	}
}

// Messages (RFC 8415, section 7.3).
const (
	dhcp6Solicit     = 1
	dhcp6Advertise   = 2
	dhcp6Request     = 3
	dhcp6Rebind      = 6
	dhcp6Reply       = 7
	dhcp6Release     = 8
	dhcp6Decline     = 9
	dhcp6Reconfigure = 10
	dhcp6InfoRequest = 11
	dhcp6Relayed     = 12
	dhcp6RelayReply  = 13
)

// detectDHCPv6: from or to one of its ports. Whole options make it sure.
func detectDHCPv6(h *Head) Verdict {
	b := h.Client
	if !onEither(h, 546) && !onEither(h, 547) || len(b) < 4 || b[0] == 0 {
		return No
	}
	at := 4
	if b[0] == dhcp6Relayed || b[0] == dhcp6RelayReply {
		at = dhcp6RelayHeader
	}
	for at+4 <= len(b) {
		at += 4 + int(binary.BigEndian.Uint16(b[at+2:]))
	}
	if at == len(b) && b[0] <= 36 {
		return Yes
	}
	return Likely
}

const (
	dhcp6RelayHeader = 34
	// maxRelays bounds messages within messages: RFC 8415 allows 8 relays.
	maxRelays = 9
	// maxOptionDepth bounds options within options: an address with its status within an
	// identity association is the deepest of real ones.
	maxOptionDepth = 4
)

// dhcp6Info is what is said of a message beside its fields.
type dhcp6Info struct {
	kind    byte // of the innermost message
	relayed bool
	xid     uint32
	hasID   bool
	client  string // DUIDs
	server  string
	status  uint64 // the worst
	got     []string
	host    string
	wrong   bool
	depth   int
}

// Decode implements Decoder.
func (d *dhcp6) Decode(s *Stream, b []byte) int {
	if len(b) < 1 {
		return 0
	}
	m := s.Message(s.At(0))
	r, info := &dnsReader{m: m, b: b}, &dhcp6Info{}
	r.dhcp6(info, 0)
	if r.bad {
		m.Outcome = s.unreadable()
	}
	info.describe(m)
	d.pair(s, m, info)
	return len(b)
}

// Gap implements Decoder: datagrams have none.
func (d *dhcp6) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *dhcp6) End(*Stream, []byte, End) {}

// dhcp6 reads a message, up to the end of the reader's bytes.
func (r *dnsReader) dhcp6(i *dhcp6Info, relays int) {
	kind := r.u8(dhcp6Type)
	if r.bad {
		return
	}
	i.kind = byte(kind)
	if kind == dhcp6Relayed || kind == dhcp6RelayReply {
		i.relayed = true
		r.u8(dhcp6Hops)
		r.address(dhcp6Link, 16)
		r.address(dhcp6Peer, 16)
	} else {
		i.xid, i.hasID = uint32(r.uint(dhcp6ID, 3)), true
	}
	r.dhcp6Options(i, len(r.b), relays)
}

// dhcp6Options reads options up to an end.
func (r *dnsReader) dhcp6Options(i *dhcp6Info, end, relays int) {
	for r.at < end && !r.bad {
		if end-r.at < 4 {
			r.bad = end == len(r.b)
			r.at = end
			return
		}
		code, size := int(binary.BigEndian.Uint16(r.b[r.at:])), int(binary.BigEndian.Uint16(r.b[r.at+2:]))
		if size > end-r.at-4 {
			r.bad = true
			return
		}
		r.at += 4
		r.m.Uint(dhcp6OptionType, uint64(code))
		r.m.Uint(dhcp6OptionLen, uint64(size))
		o := &dnsReader{m: r.m, b: r.b[:r.at+size], at: r.at}
		switch {
		case code == 9 && relays < maxRelays:
			inner := &dnsReader{m: r.m, b: r.b[r.at : r.at+size]}
			if inner.dhcp6(i, relays+1); inner.bad {
				r.bad = true
			}
		case i.depth < maxOptionDepth:
			i.depth++
			o.dhcp6Option(i, code, size)
			i.depth--
			i.wrong = i.wrong || o.bad
		}
		r.at += size
	}
}

// dhcp6Option reads an option whose bytes are the rest of the reader's.
func (r *dnsReader) dhcp6Option(i *dhcp6Info, code, size int) {
	end := len(r.b)
	switch code {
	case 1, 2:
		r.dhcp6DUID(i, code, size)
	case 3, 25: // IA_NA, IA_PD
		if size < 12 {
			r.bad = true
			return
		}
		r.dhcp6IA(dhcp6IAID)
		r.uint(dhcp6T1, 4)
		r.uint(dhcp6T2, 4)
		r.dhcp6Options(i, end, maxRelays)
	case 4: // IA_TA
		r.dhcp6IA(dhcp6IATA)
		r.dhcp6Options(i, end, maxRelays)
	case 5:
		if size < 24 {
			r.bad = true
			return
		}
		i.note(r.address(dhcp6Addr, 16).String())
		r.uint(dhcp6AddrPreferred, 4)
		r.uint(dhcp6AddrValid, 4)
		r.dhcp6Options(i, end, maxRelays)
	case 26:
		r.dhcp6Prefix(i, size)
	case 13:
		if v := r.uint(dhcp6Status, 2); v != 0 {
			i.status = v
		}
		if size > 2 {
			r.utf8(dhcp6StatusText, size-2)
		}
	case 39:
		r.u8(dhcp6FQDNFlags)
		i.host = r.dhcp6Name(dhcp6Domain, end)
	case 24:
		for r.at < end && !r.bad {
			r.dhcp6Name(dhcp6Search, end)
		}
	default:
		r.dhcp6Plain(code, size)
	}
}

// note keeps what the client gets, for the summary.
func (i *dhcp6Info) note(what string) {
	if len(i.got) < maxShown {
		i.got = append(i.got, what)
	}
}
