package dissect

import (
	"encoding/hex"
	"net"
	"net/netip"
)

// arp says who asks for what, or has it.
func (l *infoLine) arp() bool {
	h := l.body()
	if l.short(arpHeader) {
		return true
	}
	if !arpPlain(l.view) {
		return true
	}
	if l.short(arpHeader + 2*(int(h[4])+int(h[5]))) {
		return true
	}
	opcode := be16(h, 6)
	l.protocol = arpColumn(opcode)
	if opcode == arpRequest || opcode == arpReply {
		l.arpAddress4(opcode)
		return true
	}
	l.arpOther(opcode)
	return true
}

// Operations of ARP (IANA, ARP Operation Codes).
const (
	arpRequest        = 1
	arpReply          = 2
	arpReverseRequest = 3
	arpReverseReply   = 4
	arpDynamicRequest = 5
	arpDynamicReply   = 6
	arpDynamicError   = 7
	arpInverseRequest = 8
	arpInverseReply   = 9
	arpNAK            = 10
	arpMARSFirst      = 11
	arpMARSLast       = 22
	arpMAPOS          = 23
	arpExperiment1    = 24
	arpExperiment2    = 25
)

// arpColumn gives the name of the protocol that an operation belongs to.
func arpColumn(opcode uint16) string {
	switch {
	case opcode == arpReverseRequest || opcode == arpReverseReply:
		return "RARP"
	case opcode >= arpDynamicRequest && opcode <= arpDynamicError:
		return "DRARP"
	case opcode == arpInverseRequest || opcode == arpInverseReply:
		return "Inverse ARP"
	case opcode >= arpMARSFirst && opcode <= arpMARSLast:
		return "MARS"
	case opcode == arpMAPOS:
		return "MAPOS"
	}
	return "ARP"
}

// arpAddress4 says a request or reply, and what of it RFC 5227 names.
func (l *infoLine) arpAddress4(opcode uint16) {
	src, target := l.arpText(0, true), l.arpText(1, true)
	switch {
	case len(getAnnouncement(nil, l.view, &Field{})) > 0:
		l.add("ARP Announcement for %s", target)
	case len(getGratuitous(nil, l.view, &Field{})) > 0 && opcode == arpRequest:
		l.add("Gratuitous ARP for %s (Request)", target)
	case len(getGratuitous(nil, l.view, &Field{})) > 0:
		l.add("Gratuitous ARP for %s (Reply)", target)
	case opcode == arpReply:
		l.add("%s is at %s", src, l.arpText(0, false))
	case l.arpProbe():
		l.add("Who has %s? (ARP Probe)", target)
	default:
		l.add("Who has %s? Tell %s", target, src)
	}
}

// arpProbe tells that a request has neither a sender nor a target yet.
func (l *infoLine) arpProbe() bool {
	at, n, ok := l.arpAddress(1, false)
	return ok && allZero(l.data[at:at+n]) && len(getProbe(nil, l.view, &Field{})) > 0
}

// arpOther says the other operations, which are rare.
func (l *infoLine) arpOther(opcode uint16) {
	hardware, target := l.arpText(0, false), l.arpText(1, false)
	switch {
	case opcode == 0:
		l.add("Reserved opcode 0")
	case opcode == arpReverseRequest || opcode == arpDynamicRequest || opcode == arpInverseRequest:
		l.add("Who is %s? Tell %s", target, hardware)
	case opcode == arpReverseReply || opcode == arpDynamicReply:
		l.add("%s is at %s", target, l.arpText(1, true))
	case opcode == arpDynamicError:
		l.add("DRARP Error")
	case opcode == arpInverseReply:
		l.add("%s is at %s", hardware, l.arpText(0, true))
	case opcode == arpNAK:
		l.add("ARP NAK")
	case opcode >= arpMARSFirst && opcode <= arpMAPOS:
		l.add("%s from %s at %s", marsNames.of(uint64(opcode)), hardware, l.arpText(0, true))
	case opcode == arpExperiment1 || opcode == arpExperiment2:
		l.add("Experimental %d ( opcode %d )", opcode-arpExperiment1+1, opcode)
	default:
		l.add("Unknown ARP opcode 0x%04x", opcode)
	}
}

// marsNames are the operations of RFC 2022 and RFC 2176.
var marsNames = valueNames{
	{11, "MARS request"},
	{12, "MARS MULTI request"},
	{13, "MARS MSERV request"},
	{14, "MARS JOIN request"},
	{15, "MARS LEAVE"},
	{16, "MARS NAK"},
	{17, "MARS UNSERV request"},
	{18, "MARS SJOIN request"},
	{19, "MARS SLEAVE"},
	{20, "MARS grouplist request"},
	{21, "MARS grouplist reply"},
	{22, "MARS redirect map"},
	{23, "MAPOS UNARP request"},
}

// arpText is an address of the sender (0) or the target (1) as text.
func (l *infoLine) arpText(side uint8, protocol bool) string {
	at, n, ok := l.arpAddress(side, protocol)
	if !ok {
		return "<No address>"
	}
	b := l.data[at : at+n]
	hardware := be16(l.data, l.start)
	switch {
	case protocol && n == 4 && be16(l.data, l.start+2) == etherTypeIPv4:
		return textAddress(b)
	case !protocol && n == 6 && (hardware == 1 || hardware == 6):
		return textLink(b)
	}
	return hex.EncodeToString(b)
}

// textAddress is an IP address as text.
func textAddress(b []byte) string {
	a, _ := netip.AddrFromSlice(b)
	return a.String()
}

// textLink is a link-layer address as text.
func textLink(b []byte) string { return net.HardwareAddr(b).String() }
