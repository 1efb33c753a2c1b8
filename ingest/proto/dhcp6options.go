package proto

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
)

// utf8 reads a text in UTF-8.
func (r *dnsReader) utf8(field, size int) {
	if b := r.take(size); !r.bad {
		r.m.Str(field, utf8Text(b))
	}
}

// dhcp6IA reads the number of an identity association, which Wireshark shows as
// digits.
func (r *dnsReader) dhcp6IA(field int) {
	if b := r.take(4); !r.bad {
		r.m.Str(field, fmt.Sprintf("%08x", binary.BigEndian.Uint32(b)))
	}
}

// dhcp6DUID reads who the client (option 1) or the server is (RFC 8415, section 11).
func (r *dnsReader) dhcp6DUID(i *dhcp6Info, code, size int) {
	if size < 2 {
		r.bad = true
		return
	}
	b := r.take(size)
	if code == 1 {
		i.client = string(b)
	} else {
		i.server = string(b)
	}
	m, kind := r.m, binary.BigEndian.Uint16(b)
	m.Str(dhcp6DUID, string(b))
	m.Uint(dhcp6DUIDType, uint64(kind))
	switch {
	case kind == 1 && size >= 8:
		m.Uint(dhcp6LLTType, uint64(binary.BigEndian.Uint16(b[2:])))
		const to2000 = 946684800 // seconds from 1970
		m.Uint(dhcp6LLTTime, (uint64(binary.BigEndian.Uint32(b[4:]))+to2000)*1e9)
		if size > 8 {
			m.Str(dhcp6LLTAddr, net.HardwareAddr(b[8:]).String())
		}
	case kind == 2 && size >= 6:
		m.Uint(dhcp6Enterprise, uint64(binary.BigEndian.Uint32(b[2:])))
		if size > 6 {
			m.Str(dhcp6EnterpriseID, string(b[6:]))
		}
	case kind == 3 && size >= 4:
		m.Uint(dhcp6LLType, uint64(binary.BigEndian.Uint16(b[2:])))
		if size > 4 {
			m.Str(dhcp6LLAddr, net.HardwareAddr(b[4:]).String())
		}
	case kind == 4 && size == 18:
		m.Str(dhcp6UUID, string(b[2:]))
	}
}

// dhcp6Prefix reads a prefix that a router gets.
func (r *dnsReader) dhcp6Prefix(i *dhcp6Info, size int) {
	if size < 25 {
		r.bad = true
		return
	}
	r.uint(dhcp6PrefixPreferred, 4)
	r.uint(dhcp6PrefixValid, 4)
	bits := r.u8(dhcp6PrefixLen)
	a := r.address(dhcp6Prefix, 16)
	if !r.bad {
		i.note(netip.PrefixFrom(a, bits).String())
	}
	r.dhcp6Options(i, len(r.b), maxRelays)
}

// dhcp6Name reads a name without compression. Wireshark shows one of a single label as
// a field of its own, and a dot behind those that are terminated.
func (r *dnsReader) dhcp6Name(field, end int) string {
	var text []byte
	labels := 0
	for r.at < end {
		size := int(r.b[r.at])
		r.at++
		if size == 0 {
			if len(text) == 0 {
				return ""
			}
			if text = append(text, '.'); labels == 1 {
				field = dhcp6TLD
			}
			break
		}
		if size > end-r.at {
			r.bad = true
			return ""
		}
		if labels > 0 {
			text = append(text, '.')
		}
		text = append(text, r.b[r.at:r.at+size]...)
		r.at += size
		labels++
	}
	name := nameText(text)
	if len(text) > 0 {
		r.m.Str(field, name)
	}
	return name
}

// dhcp6Plain reads the options that are numbers, addresses and texts.
func (r *dnsReader) dhcp6Plain(code, size int) {
	addresses := func(field int) {
		for end := len(r.b); r.at < end && !r.bad; {
			r.address(field, 16)
		}
	}
	switch code {
	case 6:
		for n := size / 2; n > 0; n-- {
			r.u16(dhcp6Requested)
		}
	case 7:
		r.u8(dhcp6Preference)
	case 8:
		if b := r.take(2); !r.bad { // hundredths of a second
			r.m.Uint(dhcp6Elapsed, 10*uint64(binary.BigEndian.Uint16(b)))
		}
	case 11:
		r.u8(dhcp6AuthProtocol)
		r.u8(dhcp6AuthAlgorithm)
		r.u8(dhcp6AuthRDM)
		r.bytes(dhcp6AuthReplay, 8)
	case 12:
		r.address(dhcp6Unicast, 16)
	case 15:
		for r.at < len(r.b) && !r.bad {
			r.bytes(dhcp6User, r.u16(dhcp6UserLen))
		}
	case 16:
		r.uint(dhcp6VendorEnterprise, 4)
		for r.at+2 <= len(r.b) && !r.bad {
			n := int(binary.BigEndian.Uint16(r.take(2)))
			r.text(dhcp6VendorClass, n)
		}
	case 18:
		r.rest(dhcp6InterfaceID, len(r.b))
	case 19:
		r.u8(dhcp6ReconfMsg)
	case 21:
		for r.at < len(r.b) && !r.bad {
			r.dhcp6Name(dhcp6SIPName, len(r.b))
		}
	case 22:
		addresses(dhcp6SIP)
	case 23:
		addresses(dhcp6DNS)
	case 31:
		addresses(dhcp6SNTP)
	case 32:
		r.uint(dhcp6Refresh, 4)
	case 37:
		r.uint(dhcp6RemoteEnterprise, 4)
		r.rest(dhcp6RemoteID, len(r.b))
	case 38:
		r.text(dhcp6Subscriber, size)
	case 56:
		r.dhcp6NTP()
	case 64:
		r.dhcp6Name(dhcp6AFTR, len(r.b))
	case 103:
		r.text(dhcp6Portal, size)
	}
}

// dhcp6NTP reads the addresses of time servers (RFC 5908).
func (r *dnsReader) dhcp6NTP() {
	for len(r.b)-r.at >= 4 {
		head := r.take(4)
		code, size := binary.BigEndian.Uint16(head), int(binary.BigEndian.Uint16(head[2:]))
		switch {
		case code == 1 && size == 16:
			r.address(dhcp6NTP, 16)
		case code == 3 && size <= len(r.b)-r.at:
			end := r.at + size
			r.dhcp6Name(dhcp6NTPName, end)
			r.at = end
		default:
			r.take(size)
		}
	}
}
