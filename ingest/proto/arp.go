package proto

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// arpProtocol is the Address Resolution Protocol (RFC 826). Its fields are answered
// from the bytes of frames.
func arpProtocol() Protocol {
	return Protocol{
		Name: "arp", Title: "ARP", On: Frames, Layers: []dissect.Proto{dissect.ProtoARP}, Patience: 2e9,
		New: func() Decoder { return &arp{asks: map[arpKey]*arpAsk{}, claims: map[netip.Addr]*arpClaim{}} },
	}
}

// arp decodes all messages of the capture.
type arp struct {
	asks   map[arpKey]*arpAsk
	claims map[netip.Addr]*arpClaim
}

// arpKey is who asks for whom.
type arpKey struct{ asker, target netip.Addr }

type arpAsk struct {
	number   uint32
	start    index.Time
	answered bool
}

// arpClaim is who said last that an address is his.
type arpClaim struct {
	mac   string
	frame uint32
	time  index.Time
	told  int // conflicts that were reported
}

// Bounds of what is remembered, and of warnings.
const (
	maxARP = 1 << 16
	// claimAge is how long a claim counts against another one.
	claimAge = index.Time(5 * 60e9)
	// maxConflicts is how often a conflict about one address is reported.
	maxConflicts = 16
)

// arpPacket is a message.
type arpPacket struct {
	op       uint16
	sha, tha string
	spa, tpa netip.Addr
}

// readARP reads a message about IPv4 addresses.
func readARP(b []byte) (a arpPacket, ok bool) {
	if len(b) < 8 {
		return a, false
	}
	a.op = binary.BigEndian.Uint16(b[6:])
	hardware, protocol := int(b[4]), int(b[5])
	if protocol != 4 || len(b) < 8+2*(hardware+protocol) {
		return a, false
	}
	b = b[8:]
	take := func(n int) []byte {
		v := b[:n]
		b = b[n:]
		return v
	}
	a.sha, a.spa = string(take(hardware)), addr4(take(protocol))
	a.tha, a.tpa = string(take(hardware)), addr4(take(protocol))
	return a, true
}

// Decode implements Decoder.
func (d *arp) Decode(s *Stream, b []byte) int {
	m := s.Message(s.At(0))
	a, ok := readARP(b)
	if m.Length = uint64(len(b)); !ok {
		m.Outcome, m.Summary = s.unreadable(), "message that is cut, or not about IPv4"
		s.Emit(m, s.At(0))
		return len(b)
	}
	d.claim(m, &a)
	who := net.HardwareAddr(a.sha).String()
	switch {
	case (a.op == 1 || a.op == 2) && a.spa == a.tpa:
		m.Summary = "gratuitous ARP: " + a.spa.String() + " is at " + who
	case a.op == 1 && a.spa.IsUnspecified():
		m.Summary = "probe for " + a.tpa.String() + " by " + who
	case a.op == 1:
		m.Summary = "who has " + a.tpa.String() + "? tell " + a.spa.String()
		d.ask(s, m, &a)
		return len(b)
	case a.op == 2:
		m.Kind, m.Summary = index.Response, a.spa.String()+" is at "+who
		if ask := d.asks[arpKey{a.tpa, a.spa}]; ask != nil && !ask.answered {
			m.Request, ask.answered = ask.number, true
		} else {
			m.Kind = index.Notice // nobody asked, as far as the capture knows
		}
	case a.op == 3 || a.op == 8:
		m.Summary = "who is " + net.HardwareAddr(a.tha).String() + "? tell " + who
	case a.op == 4 || a.op == 9:
		m.Summary = net.HardwareAddr(a.tha).String() + " is at " + a.tpa.String()
	default:
		m.Summary = "operation of an unknown kind"
	}
	s.Emit(m, s.At(0))
	return len(b)
}

// Gap implements Decoder: frames have none.
func (d *arp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *arp) End(*Stream, []byte, End) {}

// askedAgain is how long a question is the same one when it is repeated.
const askedAgain = index.Time(5e9)

func (d *arp) ask(s *Stream, m *Message, a *arpPacket) {
	k := arpKey{a.spa, a.tpa}
	if old := d.asks[k]; old != nil && !old.answered && m.Start-old.start < askedAgain {
		m.Kind = index.Continues
		s.Emit(m, s.At(0))
		return
	}
	if len(d.asks) >= maxARP {
		clear(d.asks)
	}
	m.Kind = index.Request
	d.asks[k] = &arpAsk{number: s.Emit(m, s.At(0)), start: m.Start}
}

// claim compares who says that an address is his with who said so before. Virtual
// addresses move between routers by design.
func (d *arp) claim(m *Message, a *arpPacket) {
	if a.op > 2 || a.spa.IsUnspecified() || virtualMAC(a.sha) {
		return
	}
	old := d.claims[a.spa]
	if old == nil {
		if len(d.claims) >= maxARP {
			clear(d.claims)
		}
		d.claims[a.spa] = &arpClaim{mac: a.sha, frame: m.Frame, time: m.Start}
		return
	}
	if old.mac != a.sha && m.Start-old.time < claimAge && old.told < maxConflicts {
		old.told++
		m.Warn("arp.conflict", index.SeverityWarn, "two hardware addresses claim one IP address within five minutes", old.frame, m.Frame)
	}
	old.mac, old.frame, old.time = a.sha, m.Frame, m.Start
}

// virtualMAC tells addresses of VRRP (RFC 9568) and of HSRP.
func virtualMAC(mac string) bool {
	for _, prefix := range []string{"\x00\x00\x5e\x00\x01", "\x00\x00\x5e\x00\x02", "\x00\x00\x0c\x07\xac", "\x00\x00\x0c\x9f\xf0"} {
		if strings.HasPrefix(mac, prefix) {
			return true
		}
	}
	return false
}
