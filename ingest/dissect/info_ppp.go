package dissect

import "encoding/hex"

// pppoed says the step of PPPoE's discovery and who answers it (RFC 2516).
func (l *infoLine) pppoed() bool {
	const header, tagHeader, concentrator, endOfList = 6, 4, 0x0102, 0
	b := l.body()
	if l.short(header) {
		return true
	}
	l.add("%s", orUnknown(pppoeNames.of(uint64(b[1])), "Unknown"))
	end := min(len(b), header+int(be16(b, 4)))
	for at := header; at+tagHeader <= end && be16(b, at) != endOfList; {
		length := int(be16(b, at+2))
		if at+tagHeader+length > end {
			break
		}
		if be16(b, at) == concentrator {
			name := b[at+tagHeader : at+tagHeader+length]
			l.add(" AC-Name='%s'", name[:min(len(name), maxText)])
		}
		at += tagHeader + length
	}
	return true
}

func (l *infoLine) pppoes() bool {
	if h := l.header(); len(h) >= 2 {
		l.add("%s", orUnknown(pppoeNames.of(uint64(h[1])), "Unknown"))
	}
	return true
}

// ppp says the protocol of a payload that nobody knows.
func (l *infoLine) ppp() bool {
	protocol := getPPPProtocol(nil, l.view, &Field{})
	if next := l.layerAfter(); next != protoNone && next != ProtoData || len(protocol) == 0 {
		return true
	}
	n := protocol[0].Num
	l.protocol = hex16(uint16(n))
	l.add("PPP %s (0x%04x)", orUnknown(pppNames.of(n), "Unknown"), n)
	return true
}

// controlNames are codes of LCP (RFC 1661, 1570); the other control protocols
// have those up to code reject, the bridging protocol all.
var controlNames = valueNames{
	{0, "Vendor Specific"},
	{1, "Configuration Request"},
	{2, "Configuration Ack"},
	{3, "Configuration Nak"},
	{4, "Configuration Reject"},
	{5, "Termination Request"},
	{6, "Termination Ack"},
	{7, "Code Reject"},
	{8, "Protocol Reject"},
	{9, "Echo Request"},
	{10, "Echo Reply"},
	{11, "Discard Request"},
	{12, "Identification"},
	{13, "Time Remaining"},
}

// control says the code of a message that sets up a link or a network protocol
// on it.
func (l *infoLine) control() bool {
	const vendor, codeReject, timeRemaining, resetRequest, resetReply, numbersEnd = 0, 7, 13, 14, 15, 12
	b := l.body()
	if len(b) == 0 {
		return true
	}
	proto := l.packet.Layers[l.index].Proto
	name := ""
	switch code := b[0]; {
	case proto == ProtoLCP || proto == ProtoBCPNCP || code <= codeReject:
		name = controlNames.of(uint64(code))
	case proto == ProtoCCP && code == resetRequest:
		name = "Reset Request"
	case proto == ProtoCCP && code == resetReply:
		name = "Reset Ack"
	}
	l.add("%s", orUnknown(name, "Unknown"))
	if b[0] == vendor || b[0] == timeRemaining {
		l.short(numbersEnd)
	}
	return true
}

// Codes of the password authentication protocol (RFC 1334) and of CHAP (RFC
// 1994).
const (
	papRequest    = 1
	papAck        = 2
	papNak        = 3
	chapChallenge = 1
	chapResponse  = 2
	chapSuccess   = 3
	chapFailure   = 4
)

// pap says who wants in, or the answer.
func (l *infoLine) pap() bool {
	const header = 4
	if l.short(header) {
		return true
	}
	b := l.body()
	switch b[0] {
	case papRequest:
		peer, rest := counted(b[header:])
		password, _ := counted(rest)
		l.add("Authenticate-Request (Peer-ID='%s', Password='%s')", peer, password)
	case papAck, papNak:
		message, _ := counted(b[header:])
		l.add("Authenticate-%s (Message='%s')", [...]string{"Ack", "Nak"}[b[0]-papAck], message)
	default:
		l.add("Unknown")
	}
	return true
}

// counted is a string behind a byte with its length, and what follows it.
func counted(b []byte) (s, rest []byte) {
	if len(b) == 0 {
		return nil, nil
	}
	end := min(1+int(b[0]), len(b))
	return b[1:end], b[end:]
}

// chap says the step of the handshake.
func (l *infoLine) chap() bool {
	const header = 4
	if l.short(header) {
		return true
	}
	b := l.body()
	b = b[:max(header, min(len(b), int(be16(b, 2))))]
	switch b[0] {
	case chapChallenge, chapResponse:
		value, name := counted(b[header:])
		l.add("%s (NAME='%s', VALUE=0x%s)", [...]string{"Challenge", "Response"}[b[0]-chapChallenge],
			name[:min(len(name), maxText)], hex.EncodeToString(value))
	case chapSuccess, chapFailure:
		message := b[header:]
		l.add("%s (MESSAGE='%s')", [...]string{"Success", "Failure"}[b[0]-chapSuccess], message[:min(len(message), maxText)])
	default:
		l.add("Unknown")
	}
	return true
}
