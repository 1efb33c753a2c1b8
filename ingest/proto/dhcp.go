package proto

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
)

// dhcpProtocol is DHCP and BOOTP (RFC 2131, RFC 951). Answers come on other
// connections than their questions: broadcast, or through a relay.
func dhcpProtocol() Protocol {
	return Protocol{
		Name: "dhcp", Title: "DHCP", On: Datagrams, Ports: []uint16{67, 68}, Shared: true, Patience: 10e9,
		Fields: dhcpFields,
		Detect: detectDHCP,
		New:    func() Decoder { return newDHCP() },
	}
}

// Places in a message.
const (
	dhcpAddresses = 12
	dhcpHardware  = 28
	dhcpSname     = 44
	dhcpFileAt    = 108
	dhcpCookieAt  = 236
	dhcpMagic     = 0x63825363
)

// detectDHCP: the cookie, or on the ports a header that makes sense.
func detectDHCP(h *Head) Verdict {
	b := h.Client
	if len(b) < 4 || b[0] < 1 || b[0] > 2 {
		return No
	}
	if len(b) >= dhcpCookieAt+4 && binary.BigEndian.Uint32(b[dhcpCookieAt:]) == dhcpMagic && b[2] <= 16 {
		return Yes
	}
	server, client := onEither(h, 67), onEither(h, 68)
	switch {
	case server && client || server && h.ClientPort == h.ServerPort:
		return Yes
	case server || client:
		return Likely
	}
	return No
}

// dhcpInfo is what is said of a message beside its fields.
type dhcpInfo struct {
	op      byte
	xid     uint32
	chaddr  string // hardware address, as bytes
	message byte   // DHCP's, 0: BOOTP
	ciaddr, yiaddr, server,
	requested netip.Addr
	lease uint32
	host  string
	wrong bool // lengths of options are wrong
	noEnd bool
	boots bool // the client boots over the network (PXE)
	depth int
	sname []byte
	file  []byte
}

// Decode implements Decoder.
func (d *dhcp) Decode(s *Stream, b []byte) int {
	if len(b) < 4 || b[0] < 1 || b[0] > 2 {
		return 0
	}
	m := s.Message(s.At(0))
	info := &dhcpInfo{}
	if !info.read(m, b) {
		m.Outcome = s.unreadable()
	}
	info.describe(m)
	d.pair(s, m, info)
	return len(b)
}

// Gap implements Decoder: datagrams have none.
func (d *dhcp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *dhcp) End(*Stream, []byte, End) {}

// read emits the fields and tells whether the message is whole.
func (i *dhcpInfo) read(m *Message, b []byte) bool {
	hardware := min(16, int(b[2]))
	if len(b) < dhcpSname {
		return false
	}
	i.op, i.xid = b[0], binary.BigEndian.Uint32(b[4:])
	flags := binary.BigEndian.Uint16(b[10:])
	m.Uint(dhcpType, uint64(b[0]))
	m.Uint(dhcpHWType, uint64(b[1]))
	m.Uint(dhcpHWLen, uint64(b[2]))
	m.Uint(dhcpHops, uint64(b[3]))
	m.Uint(dhcpID, uint64(i.xid))
	seconds := binary.BigEndian.Uint16(b[8:])
	if seconds&255 == 0 { // some clients write it the wrong way round
		seconds >>= 8
	}
	m.Uint(dhcpSecs, uint64(seconds))
	m.Uint(dhcpFlags, uint64(flags))
	m.Bool(dhcpBroadcast, flags&0x8000 != 0)
	m.Uint(dhcpFlagsReserved, uint64(flags&0x7fff))
	for n, field := range [4]int{dhcpClientIP, dhcpYourIP, dhcpServerIP, dhcpRelayIP} {
		m.Str(field, string(b[dhcpAddresses+4*n:dhcpAddresses+4*n+4]))
	}
	i.ciaddr, i.yiaddr = addr4(b[dhcpAddresses:dhcpAddresses+4]), addr4(b[dhcpAddresses+4:dhcpAddresses+8])
	address := b[dhcpHardware : dhcpHardware+hardware]
	i.chaddr = string(address)
	switch {
	case b[2] == 6 && (b[1] == 1 || b[1] == 6):
		m.Str(dhcpMAC, i.chaddr)
		m.Str(dhcpHWPadding, string(b[dhcpHardware+6:dhcpSname]))
	case b[2] > 0 && b[2] <= 16:
		if m.Str(dhcpHWAddr, i.chaddr); b[2] < 16 {
			m.Str(dhcpHWPadding, string(b[dhcpHardware+hardware:dhcpSname]))
		}
	}
	return i.readOptions(m, b)
}

// readOptions reads what follows the addresses.
func (i *dhcpInfo) readOptions(m *Message, b []byte) bool {
	var options []byte
	if len(b) >= dhcpCookieAt+4 && binary.BigEndian.Uint32(b[dhcpCookieAt:]) == dhcpMagic {
		options = b[dhcpCookieAt+4:]
	}
	overload, message := scanDHCP(options)
	if len(b) < dhcpFileAt {
		return false
	}
	i.sname = b[dhcpSname:dhcpFileAt]
	if overload&2 == 0 {
		m.Str(dhcpServerName, cString(i.sname))
	}
	if len(b) < dhcpCookieAt {
		return false
	}
	i.file = b[dhcpFileAt:dhcpCookieAt]
	if overload&1 == 0 {
		m.Str(dhcpFile, cString(i.file))
	}
	if message == 0 {
		m.Bool(dhcpBOOTP, true)
	}
	if len(b) < dhcpCookieAt+4 {
		return len(b) == dhcpCookieAt
	}
	if options == nil { // an area of the vendor's (RFC 1048, section 3)
		return true
	}
	m.Str(dhcpCookie, string(b[dhcpCookieAt:dhcpCookieAt+4]))
	return i.options(m, options)
}

// scanDHCP finds the overload option and the kind of message.
func scanDHCP(b []byte) (overload, message byte) {
	for len(b) >= 2 && b[0] != 255 {
		if b[0] == 0 {
			b = b[1:]
			continue
		}
		size := int(b[1])
		if size > len(b)-2 {
			return overload, message
		}
		switch {
		case b[0] == 52 && size >= 1:
			overload = b[2]
		case b[0] == 53 && size >= 1:
			message = b[2]
		}
		b = b[2+size:]
	}
	return overload, message
}

// options reads the options of an area. It tells whether they are whole.
func (i *dhcpInfo) options(m *Message, b []byte) bool {
	for len(b) > 0 {
		code := b[0]
		switch {
		case code == 255:
			m.Uint(dhcpOptionType, 0) // as Wireshark shows it
			if m.Uint(dhcpEnd, 255); i.depth == 0 && len(b) > 1 {
				m.Str(dhcpPadding, string(b[1:]))
			}
			return true
		case code == 0:
			n := 1
			for n < len(b) && b[n] == 0 {
				n++
			}
			m.Uint(dhcpOptionType, 0)
			m.Str(dhcpPadding, string(b[:n]))
			b = b[n:]
			continue
		case len(b) < 2:
			return false
		}
		size := int(b[1])
		m.Uint(dhcpOptionType, uint64(code))
		m.Uint(dhcpOptionLen, uint64(size))
		if size > len(b)-2 {
			return false
		}
		value := b[2 : 2+size]
		m.Str(dhcpOptionValue, string(value))
		i.option(m, code, value)
		b = b[2+size:]
	}
	i.noEnd = true
	return true
}

// option reads an option.
func (i *dhcpInfo) option(m *Message, code byte, b []byte) {
	switch {
	case code == 53 && len(b) > 1: // Wireshark reads the first byte
		b, i.wrong = b[:1], true
	case code == 43 && i.boots: // options of PXE
		return
	}
	if o, ok := dhcpOptions[code]; ok {
		if !o.value(m, b) {
			i.wrong = true
			return
		}
	} else {
		i.special(m, code, b)
	}
	switch {
	case code == 53 && len(b) == 1:
		i.message = b[0]
	case code == 54:
		i.server = addr4(b)
	case code == 50:
		i.requested = addr4(b)
	case code == 51 && len(b) == 4:
		i.lease = binary.BigEndian.Uint32(b)
	case code == 12:
		i.host = cString(b)
	case code == 60:
		i.boots = strings.HasPrefix(string(b), "PXEClient")
	case code == 52 && len(b) == 1 && i.depth == 0: // options in the two other areas
		i.depth++
		if b[0]&2 != 0 {
			i.options(m, i.sname)
		}
		if b[0]&1 != 0 {
			i.options(m, i.file)
		}
		i.depth--
	}
}

// who names the client by its hardware address.
func (i *dhcpInfo) who() string { return net.HardwareAddr(i.chaddr).String() }
