package dissect

import (
	"fmt"
	"slices"
)

// InfoContext is what Wireshark's Info column says that a frame's bytes do not
// tell: what the connection, other frames or reassembly know. Nil, or what it
// does not have, leaves the raw number or nothing.
type InfoContext struct {
	// Seq and Ack are the relative numbers of the frame's innermost TCP header
	// that is not quoted.
	HasSeq   bool
	Seq, Ack uint32
	// Window is that header's window, scaled.
	HasWindow bool
	Window    uint32
	// SACKBase is the raw number that is 0 for the acknowledged side.
	HasSACKBase bool
	SACKBase    uint32
	// TSNBase and TSNAckBase are the raw SCTP numbers that are 0 for the sender of
	// the frame and for the sender of what it acknowledges.
	TSNBase, TSNAckBase uint32
	// RequestFrame and ReplyFrame are the other frame of an ICMP echo pair; 0 if
	// there is none or it is not known.
	RequestFrame, ReplyFrame uint32
	// ReassembledIn is the frame that completes the datagram of which this one
	// has a fragment; 0 if none does.
	ReassembledIn uint32
}

// infoLine is what is said about one frame while it is made: the view is of
// the layer that has the word.
type infoLine struct {
	view
	context  *InfoContext
	text     []byte // Info so far
	from     int    // where it starts in text
	protocol string // the Protocol column
	told     bool   // what is wrong with the frame stands in text
}

// infoWriter writes a layer's line. It returns false if the layer has nothing
// to say, which leaves the line to the layer around it.
type infoWriter func(l *infoLine) bool

// infoWriters are the layers that have a line of their own; a line here is all
// that a new one takes. The others have only their names.
var infoWriters = [protoCount]infoWriter{
	ProtoEth:         (*infoLine).ethernet,
	ProtoVLAN:        (*infoLine).vlan,
	ProtoServiceVLAN: (*infoLine).serviceVLAN,
	ProtoMPLS:        (*infoLine).mpls,
	ProtoSLL:         (*infoLine).sll,
	ProtoLLC:         (*infoLine).llc,
	ProtoWLAN:        (*infoLine).wlan,
	ProtoPPPoED:      (*infoLine).pppoed,
	ProtoPPPoES:      (*infoLine).pppoes,
	ProtoPPP:         (*infoLine).ppp,
	ProtoARP:         (*infoLine).arp,
	ProtoIP:          (*infoLine).ipv4,
	ProtoIPv6:        (*infoLine).ipv6,
	ProtoAH:          (*infoLine).authentication,
	ProtoESP:         (*infoLine).esp,
	ProtoGRE:         (*infoLine).gre,
	ProtoICMP:        (*infoLine).icmp,
	ProtoICMPv6:      (*infoLine).icmpv6,
	ProtoIGMP:        (*infoLine).igmp,
	ProtoTCP:         (*infoLine).tcp,
	ProtoUDP:         (*infoLine).udp,
	ProtoUDPLite:     (*infoLine).udpLite,
	ProtoSCTP:        (*infoLine).sctp,
	ProtoSTP:         (*infoLine).stp,
	ProtoLLDP:        (*infoLine).lldp,
	ProtoCDP:         (*infoLine).cdp,
	ProtoEAPOL:       (*infoLine).eapol,
	ProtoEAP:         (*infoLine).eap,
	ProtoLoop:        (*infoLine).loop,
	ProtoOSPF:        (*infoLine).ospf,
	ProtoPIM:         (*infoLine).pim,
	ProtoVRRP:        (*infoLine).vrrp,
	ProtoEIGRP:       (*infoLine).eigrp,
	ProtoLCP:         (*infoLine).control,
	ProtoIPCP:        (*infoLine).control,
	ProtoIPv6CP:      (*infoLine).control,
	ProtoCCP:         (*infoLine).control,
	ProtoMPLSCP:      (*infoLine).control,
	ProtoBACP:        (*infoLine).control,
	ProtoBCPNCP:      (*infoLine).control,
	ProtoCDPCP:       (*infoLine).control,
	ProtoOSINLCP:     (*infoLine).control,
	ProtoPAP:         (*infoLine).pap,
	ProtoCHAP:        (*infoLine).chap,
}

// silentLayers have no line at all: the layer around them speaks.
var silentLayers = [protoCount]bool{
	ProtoEtherType: true, ProtoHopOpts: true, ProtoRouting: true, ProtoFragHdr: true, ProtoDstOpts: true,
	ProtoWLANRadio: true, ProtoPktData: true, ProtoData: true,
}

// AppendInfo appends to dst the text of Wireshark's Info column for a frame, as
// far as layers 2 to 4 say it: at most 4096 bytes, and never nothing. Of frame,
// datagram, origLen and p see AppendValues; c may be nil. Text from the capture,
// such as the name of a wireless network, is in it as it was captured: whoever
// shows it escapes it.
func AppendInfo(dst []byte, frame, datagram []byte, origLen int, p *Packet, c *InfoContext) []byte {
	l := writeInfo(dst, frame, datagram, origLen, p, c)
	if !l.told {
		l.problem(p.Problem)
	}
	if len(l.text) == len(dst) {
		l.add("%s", l.title())
	}
	return l.text[:l.from+cutAt(l.text[l.from:], maxInfo)]
}

// maxInfo bounds the bytes of a line, as Wireshark bounds its column.
const maxInfo = 4096

// ProtocolColumn gives the text of Wireshark's Protocol column for a frame: the
// name of the layer that AppendInfo speaks of. It needs the same bytes because
// a name may depend on a version ("IGMPv3"), or on whether a header is there
// at all.
func ProtocolColumn(frame, datagram []byte, origLen int, p *Packet) string {
	l := writeInfo(nil, frame, datagram, origLen, p, nil)
	outer := p.Layers[:min(l.index, len(p.Layers))]
	if slices.ContainsFunc(outer, func(l Layer) bool { return l.Proto == ProtoGTP }) {
		return "GTP <" + l.protocol + ">"
	}
	return l.protocol
}

// writeInfo lets the innermost layer speak that has something to say, but
// none that an ICMP error quotes.
func writeInfo(dst []byte, frame, datagram []byte, origLen int, p *Packet, c *InfoContext) infoLine {
	if c == nil {
		c = &InfoContext{}
	}
	l := infoLine{text: dst, from: len(dst), context: c}
	for i := p.speakers() - 1; i >= 0; i-- {
		proto := p.Layers[i].Proto
		v, ok := viewOf(p, i, frame, datagram, origLen)
		if !ok || silentLayers[proto] {
			continue
		}
		l.view, l.protocol = v, protoTitles[proto].column
		if infoWriters[proto] == nil || infoWriters[proto](&l) {
			return l
		}
		l.text, l.told = l.text[:l.from], false
	}
	l.protocol = "UNKNOWN"
	l.view = view{packet: p, data: frame, limit: len(frame), frameLength: origLen}
	return l
}

// speakers gives the number of layers up to a message that quotes a packet.
func (p *Packet) speakers() int {
	for i := range p.Layers[:max(len(p.Layers)-1, 0)] {
		message := p.Layers[i].Proto == ProtoICMP || p.Layers[i].Proto == ProtoICMPv6
		if next := p.Layers[i+1].Proto; message && (next == ProtoIP || next == ProtoIPv6) {
			return i + 1
		}
	}
	return len(p.Layers)
}

// title is the line of a layer that has none: its protocol's name.
func (l *infoLine) title() string {
	if l.index >= len(l.packet.Layers) || protoTitles[l.packet.Layers[l.index].Proto].title == "" {
		return "Undecoded frame"
	}
	return protoTitles[l.packet.Layers[l.index].Proto].title
}

// add appends formatted text, unless the line is full.
func (l *infoLine) add(format string, args ...any) {
	if len(l.text)-l.from <= maxInfo {
		l.text = fmt.Appendf(l.text, format, args...)
	}
}

// problem appends Wireshark's remark on a frame that cannot be read on.
func (l *infoLine) problem(p Problem) {
	switch p {
	case Truncated:
		l.add("[Packet size limited during capture]")
	case Malformed:
		l.add("[Malformed Packet]")
	}
	l.told = true
}

// short tells that the layer has fewer than need bytes, and remarks on it: the
// capture or the layers around are to blame.
func (l *infoLine) short(need int) bool {
	if len(l.data)-l.start >= need && l.reported() >= need {
		return false
	}
	if l.reported() < need {
		l.problem(Malformed)
	} else {
		l.problem(Truncated)
	}
	return true
}

// body is what was captured of the layer with all that it carries.
func (l *infoLine) body() []byte { return l.data[l.start:l.end()] }

// head is the start of body, at most n bytes.
func (l *infoLine) head(n int) []byte {
	b := l.body()
	return b[:min(n, len(b))]
}

// layerAfter is the protocol of the layer inside this one; none if there is none.
func (l *infoLine) layerAfter() Proto {
	if l.index+1 >= len(l.packet.Layers) {
		return protoNone
	}
	return l.packet.Layers[l.index+1].Proto
}

// orUnknown is a name, or what stands for a missing one.
func orUnknown(name, unknown string) string {
	if name == "" {
		return unknown
	}
	return name
}
