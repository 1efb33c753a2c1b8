package proto

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// dhcpKind is how the value of an option is read.
type dhcpKind uint8

// Kinds of values. Numbers and addresses must have their very length; lists are whole
// multiples of it.
const (
	dhcpNone dhcpKind = iota
	dhcpU8
	dhcpU16
	dhcpU32
	dhcpI32
	dhcpBool
	dhcpIP
	dhcpText
	dhcpBytes
	dhcpU8s
	dhcpU16s
	dhcpIPs
)

// dhcpOption is an option with its field.
type dhcpOption struct {
	kind  dhcpKind
	field int
}

// dhcpOptions are the options whose values are plain (RFC 2132 and the registry of
// options).
var dhcpOptions = map[byte]dhcpOption{
	1:   {dhcpIP, dhcpMask},
	2:   {dhcpI32, dhcpTimeOffset},
	3:   {dhcpIPs, dhcpRouter},
	4:   {dhcpIPs, dhcpTimeServer},
	5:   {dhcpIPs, dhcpNameServer},
	6:   {dhcpIPs, dhcpDNS},
	7:   {dhcpIPs, dhcpLogServer},
	8:   {dhcpIPs, dhcpQuotesServer},
	9:   {dhcpIPs, dhcpLPRServer},
	12:  {dhcpText, dhcpHostname},
	13:  {dhcpU16, dhcpBootSize},
	14:  {dhcpText, dhcpDumpFile},
	15:  {dhcpText, dhcpDomain},
	16:  {dhcpIP, dhcpSwapServer},
	17:  {dhcpText, dhcpRootPath},
	18:  {dhcpText, dhcpExtensions},
	19:  {dhcpBool, dhcpForwarding},
	22:  {dhcpU16, dhcpReassembly},
	23:  {dhcpU8, dhcpTTL},
	24:  {dhcpU32, dhcpMTUAging},
	25:  {dhcpU16s, dhcpMTUPlateau},
	26:  {dhcpU16, dhcpMTU},
	28:  {dhcpIP, dhcpBroadcastIP},
	35:  {dhcpU32, dhcpARPTimeout},
	37:  {dhcpU8, dhcpTCPTTL},
	38:  {dhcpU32, dhcpKeepalive},
	40:  {dhcpText, dhcpNISDomain},
	41:  {dhcpIPs, dhcpNISServer},
	42:  {dhcpIPs, dhcpNTP},
	43:  {dhcpBytes, dhcpVendor},
	44:  {dhcpIPs, dhcpWINS},
	45:  {dhcpIPs, dhcpNBDD},
	46:  {dhcpU8, dhcpNodeType},
	47:  {dhcpText, dhcpNBScope},
	48:  {dhcpIPs, dhcpXFont},
	49:  {dhcpIPs, dhcpXDisplay},
	50:  {dhcpIP, dhcpRequested},
	51:  {dhcpU32, dhcpLease},
	52:  {dhcpU8, dhcpOverload},
	53:  {dhcpU8, dhcpMessage},
	54:  {dhcpIP, dhcpServerID},
	55:  {dhcpU8s, dhcpRequestItem},
	56:  {dhcpText, dhcpError},
	57:  {dhcpU16, dhcpMaxSize},
	58:  {dhcpU32, dhcpRenewal},
	59:  {dhcpU32, dhcpRebinding},
	60:  {dhcpText, dhcpVendorClass},
	64:  {dhcpText, dhcpNISPlus},
	65:  {dhcpIPs, dhcpNISPlusServer},
	66:  {dhcpText, dhcpTFTPName},
	67:  {dhcpText, dhcpBootfile},
	68:  {dhcpIPs, dhcpMobileAgent},
	69:  {dhcpIPs, dhcpSMTP},
	70:  {dhcpIPs, dhcpPOP3},
	71:  {dhcpIPs, dhcpNNTP},
	72:  {dhcpIPs, dhcpWWW},
	91:  {dhcpU32, dhcpLastTransaction},
	92:  {dhcpIPs, dhcpAssociated},
	93:  {dhcpU16s, dhcpArchitecture},
	100: {dhcpText, dhcpTimezone},
	101: {dhcpText, dhcpTimezoneName},
	114: {dhcpText, dhcpPortal},
	116: {dhcpU8, dhcpAuto},
	118: {dhcpIP, dhcpSubnetSelection},
	121: {dhcpBytes, dhcpClassless},
	138: {dhcpIPs, dhcpCAPWAP},
	150: {dhcpIPs, dhcpTFTP},
	161: {dhcpText, dhcpMUD},
	252: {dhcpText, dhcpWPAD},
	160: {dhcpText, dhcpPortal},
}

// value emits the value of a plain option. It tells whether its length is right.
func (o dhcpOption) value(m *Message, b []byte) bool {
	width := map[dhcpKind]int{dhcpU8: 1, dhcpU16: 2, dhcpU32: 4, dhcpI32: 4, dhcpBool: 1, dhcpIP: 4, dhcpU8s: 1, dhcpU16s: 2, dhcpIPs: 4}[o.kind]
	switch {
	case o.kind >= dhcpU8s && len(b)%width != 0, o.kind < dhcpText && len(b) != width:
		return false
	}
	switch o.kind {
	case dhcpText:
		m.Str(o.field, cString(b))
	case dhcpBytes:
		m.Str(o.field, string(b))
	case dhcpI32:
		m.Uint(o.field, uint64(int64(int32(binary.BigEndian.Uint32(b)))))
	case dhcpBool:
		m.Bool(o.field, b[0] != 0)
	default:
		for ; len(b) >= width; b = b[width:] {
			o.one(m, b[:width])
		}
	}
	return true
}

// one emits one value of a list.
func (o dhcpOption) one(m *Message, b []byte) {
	if o.kind == dhcpIP || o.kind == dhcpIPs {
		m.Str(o.field, string(b))
		return
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	m.Uint(o.field, v)
}

// cString gives the text before the first zero byte.
func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return asciiText(b[:i])
		}
	}
	return asciiText(b)
}

// special emits the values of options that have parts.
func (i *dhcpInfo) special(m *Message, code byte, b []byte) {
	switch {
	case code == 33:
		for ; len(b) >= 8; b = b[8:] {
			m.Str(dhcpRouteTo, string(b[:4]))
			m.Str(dhcpRouteVia, string(b[4:8]))
		}
	case code == 61 && len(b) > 1:
		clientID(m, b)
	case code == 81 && len(b) >= 3:
		i.fqdn(m, b)
	case code == 82:
		relayed(m, b)
	case code == 97 && len(b) == 17 && b[0] == 0:
		m.Str(dhcpUUID, guid(b[1:]))
	case code == 119:
		for at := 0; at < len(b); {
			n, end, ok := readName(b, at)
			if !ok || end <= at {
				return
			}
			m.Str(dhcpSearch, n.text)
			at = end
		}
	}
}

// clientID reads who the client is (RFC 2132, section 9.14, and RFC 4361).
func clientID(m *Message, b []byte) {
	switch {
	case b[0] == 255:
		duid(m, b[1:])
	case len(b) == 7 && b[0] > 0 && b[0] < 48:
		m.Uint(dhcpHWType, uint64(b[0]))
		m.Str(dhcpMAC, string(b[1:]))
	case len(b) == 17 && b[0] == 0:
		m.Str(dhcpUUID, guid(b[1:]))
	case b[0] == 0:
		m.Uint(dhcpClientIDType, 0)
		m.Str(dhcpClientIDText, asciiText(b[1:]))
	}
}

// duid reads an identity association and a DUID (RFC 8415, section 11).
func duid(m *Message, b []byte) {
	if len(b) < 6 {
		return
	}
	kind := binary.BigEndian.Uint16(b[4:])
	m.Str(dhcpClientIAID, fmt.Sprintf("%08x", binary.BigEndian.Uint32(b)))
	m.Uint(dhcpClientDUIDType, uint64(kind))
	switch b = b[6:]; {
	case kind == 1 && len(b) > 6:
		m.Uint(dhcpClientLLTType, uint64(binary.BigEndian.Uint16(b)))
		m.Uint(dhcpClientTime, uint64(binary.BigEndian.Uint32(b[2:])))
		m.Str(dhcpClientLL, net.HardwareAddr(b[6:]).String())
	case kind == 2 && len(b) > 4:
		m.Uint(dhcpClientEnterprise, uint64(binary.BigEndian.Uint32(b)))
		m.Str(dhcpClientIDBytes, string(b[4:]))
	case kind == 3 && len(b) > 2:
		m.Uint(dhcpClientLLType, uint64(binary.BigEndian.Uint16(b)))
		m.Str(dhcpClientLL, net.HardwareAddr(b[2:]).String())
	}
}

// fqdn reads the client's name (RFC 4702).
func (i *dhcpInfo) fqdn(m *Message, b []byte) {
	m.Uint(dhcpFQDNFlags, uint64(b[0]))
	m.Uint(dhcpFQDNMBZ, uint64(b[0]>>4))
	for bit, field := range [4]int{dhcpFQDNS, dhcpFQDNO, dhcpFQDNE, dhcpFQDNN} {
		m.Bool(field, b[0]>>bit&1 != 0)
	}
	m.Uint(dhcpFQDNRcode1, uint64(b[1]))
	m.Uint(dhcpFQDNRcode2, uint64(b[2]))
	encoded := b[0]&4 != 0
	if b = b[3:]; len(b) == 0 {
		return
	}
	name := asciiText(b)
	if encoded {
		n, _, ok := readName(append(slices.Clone(b), 0), 0) // may lack the root
		if !ok {
			return
		}
		name = n.text
	}
	m.Str(dhcpFQDN, name)
	if i.host == "" {
		i.host = name
	}
}

// relayed reads what a relay agent added (RFC 3046).
func relayed(m *Message, b []byte) {
	for len(b) >= 2 {
		code, size := b[0], int(b[1])
		if size > len(b)-2 {
			return
		}
		value := b[2 : 2+size]
		m.Uint(dhcpAgent, uint64(code))
		m.Uint(dhcpSubLen, uint64(size))
		m.Str(dhcpAgentValue, string(value))
		switch {
		case code == 1:
			m.Str(dhcpCircuit, string(value))
		case code == 2:
			m.Str(dhcpRemote, string(value))
		case code == 5 && size == 4:
			m.Str(dhcpLinkSelection, string(value))
		case code == 6:
			m.Str(dhcpSubscriber, asciiText(value))
		case code == 11 && size == 4:
			m.Str(dhcpServerOverride, string(value))
		}
		b = b[2+size:]
	}
}

// addr4 reads an address, which is invalid if the bytes are not four.
func addr4(b []byte) netip.Addr {
	if len(b) != 4 {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// guid writes 16 bytes as UUIDs of systems are written, whose first three parts have
// the low byte first.
func guid(b []byte) string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]), b[8:10], b[10:])
}
