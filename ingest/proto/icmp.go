package proto

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// icmpProtocol is ICMP (RFC 792). Its fields are answered from the bytes of frames;
// messages have what they are in words, and the fields of datagrams that errors quote.
func icmpProtocol() Protocol {
	return Protocol{
		Name: "icmp", Title: "ICMP", On: Frames, Layers: []dissect.Proto{dissect.ProtoICMP}, Patience: 5e9,
		Fields: icmpFields("icmp"),
		New:    func() Decoder { return newICMP(false) },
	}
}

// icmpv6Protocol is ICMPv6 (RFC 4443) with neighbour discovery (RFC 4861).
func icmpv6Protocol() Protocol {
	return Protocol{
		Name: "icmpv6", Title: "ICMPv6", On: Frames, Layers: []dissect.Proto{dissect.ProtoICMPv6}, Patience: 5e9,
		Fields: icmp6Fields(),
		New:    func() Decoder { return newICMP(true) },
	}
}

// icmpHeader is the length of a message without what it carries.
const icmpHeader = 8

// icmp decodes all messages of the capture.
type icmp struct {
	v6     bool
	asks   map[icmpKey]*icmpAsk
	order  []icmpKey // oldest first
	quoted *quotes
	flows  *bounded[echoFlowKey, *echoFlow]
}

func newICMP(v6 bool) *icmp {
	return &icmp{v6: v6, asks: map[icmpKey]*icmpAsk{}, quoted: &quotes{}, flows: newBounded[echoFlowKey, *echoFlow](maxEchoFlows)}
}

// icmpKey names a question: who asked whom, with which number. An address that is not
// set stands for a group.
type icmpKey struct {
	asker, asked netip.Addr
	kind         byte // of the question
	id, seq      uint16
}

// icmpAsk is a question.
type icmpAsk struct {
	number, frame uint32
	reply         uint32 // frame of the first answer
	sum           uint64 // of what it carried
	whole         bool   // all of that was captured
}

// maxEchoAsks bounds the questions that are remembered.
const maxEchoAsks = 1 << 14

// Decode implements Decoder.
func (d *icmp) Decode(s *Stream, b []byte) int {
	m := s.Message(s.At(0))
	m.Length = uint64(len(b))
	if len(b) < icmpHeader {
		m.Outcome, m.Summary = s.unreadable(), "message without its header"
		s.Emit(m, s.At(0))
		return len(b)
	}
	if !d.fails(b[0]) {
		m.Str(icmpKind, d.kindName(b[0]))
	}
	prefix := ""
	if at := discoveryOptions(b[0]); d.v6 && at > 0 {
		prefix = discovered(m, b, at)
	}
	if kind := d.asked(b[0]); kind == 8 && !d.v6 || kind == 128 && d.v6 {
		d.sample(m, s.Source().Addr(), s.Destination().Addr(), binary.BigEndian.Uint16(b[4:]), b[icmpHeader:])
	}
	switch {
	case d.fails(b[0]):
		d.fault(s, m, b)
	case d.asked(b[0]) != b[0]:
		d.answer(s, m, b)
	case d.asks4or6(b[0]):
		d.ask(s, m, b)
	case d.v6 && (b[0] == 135 || b[0] == 136):
		d.neighbour(s, m, b)
	default:
		if m.Summary = d.kindName(b[0]); prefix != "" {
			m.Summary += " of " + prefix
		}
		s.Emit(m, s.At(0))
	}
	return len(b)
}

// Gap implements Decoder: frames have none.
func (d *icmp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *icmp) End(*Stream, []byte, End) {}

// icmpError tells errors: unreachable, source quench, redirect, time exceeded,
// parameter problem.
func icmpError(kind byte) bool { return kind >= 3 && kind <= 5 || kind == 11 || kind == 12 }

// fails tells errors of either version.
func (d *icmp) fails(kind byte) bool { return d.v6 && kind < 128 || !d.v6 && icmpError(kind) }

// asks4or6 tells questions that are answered with their numbers: echo, time stamp,
// information, address mask.
func (d *icmp) asks4or6(kind byte) bool {
	if d.v6 {
		return kind == 128
	}
	return kind == 8 || kind == 13 || kind == 15 || kind == 17
}

// asked gives the kind of the question that an answer belongs to, and the kind itself
// of all others.
func (d *icmp) asked(kind byte) byte {
	switch {
	case d.v6 && kind == 129:
		return 128
	case d.v6:
		return kind
	case kind == 0:
		return 8
	case kind == 14 || kind == 16 || kind == 18:
		return kind - 1
	}
	return kind
}

// icmpNames and icmp6Names are the kinds of messages that are no errors.
var (
	icmpNames = map[byte]string{
		0: "echo reply", 8: "echo request", 9: "router advertisement", 10: "router solicitation", 13: "time stamp request", 14: "time stamp reply",
		15: "information request", 16: "information reply", 17: "address mask request", 18: "address mask reply",
	}
	icmp6Names = map[byte]string{
		128: "echo request", 129: "echo reply", 130: "multicast listener query", 131: "multicast listener report", 132: "multicast listener done",
		133: "router solicitation", 134: "router advertisement", 135: "neighbour solicitation", 136: "neighbour advertisement", 137: "redirect",
		143: "multicast listener report v2",
	}
)

// kindName names a message.
func (d *icmp) kindName(kind byte) string {
	name := icmpNames[kind]
	if d.v6 {
		name = icmp6Names[kind]
	}
	if name == "" {
		return fmt.Sprintf("type %d", kind)
	}
	return name
}

// key names the question that a message asks, or answers.
func (d *icmp) key(asker, asked netip.Addr, b []byte) icmpKey {
	k := icmpKey{asker.Unmap(), asked.Unmap(), d.asked(b[0]), binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])}
	if k.asked.IsMulticast() || k.asked == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		k.asked = netip.Addr{}
	}
	return k
}

// carried sums what a message carries.
func carried(b []byte) uint64 {
	h := uint64(fnvStart)
	for _, c := range b {
		h = fnvAdd(h, c)
	}
	return h
}

func (d *icmp) ask(s *Stream, m *Message, b []byte) {
	k := d.key(s.Source().Addr(), s.Destination().Addr(), b)
	m.Kind, m.Summary = index.Request, d.numbers(b)
	number := s.Emit(m, s.At(0))
	d.remember(k, &icmpAsk{number: number, frame: m.Frame, sum: carried(b[icmpHeader:]), whole: s.Uncaptured() == 0})
}

func (d *icmp) remember(k icmpKey, a *icmpAsk) {
	if d.asks[k] == nil {
		if len(d.order) >= maxEchoAsks {
			for _, old := range d.order[:maxEchoAsks/2] {
				delete(d.asks, old)
			}
			d.order = append(d.order[:0], d.order[maxEchoAsks/2:]...)
		}
		d.order = append(d.order, k)
	}
	d.asks[k] = a
}

// numbers describes a message by its identifier and sequence number.
func (d *icmp) numbers(b []byte) string {
	return fmt.Sprintf("%s id=0x%04x seq=%d, %d bytes", d.kindName(b[0]), binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:]), len(b)-icmpHeader)
}

// answer finds the question of an answer.
func (d *icmp) answer(s *Stream, m *Message, b []byte) {
	m.Kind, m.Summary = index.Response, d.numbers(b)
	k := d.key(s.Destination().Addr(), s.Source().Addr(), b)
	a := d.asks[k]
	group := false
	if a == nil {
		k.asked = netip.Addr{}
		a = d.asks[k]
		group = a != nil
	}
	if a != nil {
		m.Request = a.number
		switch echo := k.kind == 8 || k.kind == 128; {
		case a.reply > 0 && !group:
			m.Warn("icmp.dup_reply", index.SeverityNote, "the request was answered before", a.frame, a.reply, m.Frame)
		case echo && a.whole && s.Uncaptured() == 0 && carried(b[icmpHeader:]) != a.sum:
			m.Warn("icmp.payload_changed", index.SeverityWarn, "the reply does not carry the bytes of the request", a.frame, m.Frame)
		}
		if a.reply == 0 {
			a.reply = m.Frame
		}
	}
	s.Emit(m, s.At(0))
}

// neighbour pairs solicitations with advertisements, by the address that they are
// about.
func (d *icmp) neighbour(s *Stream, m *Message, b []byte) {
	m.Summary = d.kindName(b[0])
	if len(b) < icmpHeader+16 {
		s.Emit(m, s.At(0))
		return
	}
	target := netip.AddrFrom16([16]byte(b[icmpHeader : icmpHeader+16]))
	m.Summary += " for " + target.String()
	k := icmpKey{asker: s.Source().Addr(), asked: target, kind: 135}
	switch {
	case b[0] == 135 && s.Source().Addr().IsUnspecified():
		m.Summary += ", to see whether it is free"
		s.Emit(m, s.At(0))
	case b[0] == 135:
		if old := d.asks[k]; old != nil && old.reply == 0 {
			m.Kind = index.Continues
			s.Emit(m, s.At(0))
			return
		}
		m.Kind = index.Request
		d.remember(k, &icmpAsk{number: s.Emit(m, s.At(0)), frame: m.Frame})
	default:
		k.asker = s.Destination().Addr()
		if a := d.asks[k]; a != nil && a.reply == 0 {
			m.Kind, m.Request, a.reply = index.Response, a.number, m.Frame
		}
		s.Emit(m, s.At(0))
	}
}
