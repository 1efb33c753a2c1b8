package proto

import (
	"fmt"
	"net/netip"
	"strings"

	"pcapidx/index"
)

// Messages of DHCP (option 53).
const (
	dhcpDiscover = 1
	dhcpOffer    = 2
	dhcpRequest  = 3
	dhcpDecline  = 4
	dhcpAck      = 5
	dhcpNak      = 6
	dhcpRelease  = 7
	dhcpInform   = 8
)

// dhcp decodes all messages of the capture.
type dhcp struct {
	talks  map[dhcpTalkKey]*dhcpTalk
	order  []dhcpTalkKey // oldest first
	leases map[netip.Addr]dhcpHolder
}

func newDHCP() *dhcp {
	return &dhcp{talks: map[dhcpTalkKey]*dhcpTalk{}, leases: map[netip.Addr]dhcpHolder{}}
}

// dhcpTalkKey names a transaction: clients choose its ID at random, so that their
// address tells apart those that chose the same.
type dhcpTalkKey struct {
	xid    uint32
	chaddr string
}

// dhcpTalk is a transaction.
type dhcpTalk struct {
	asks    [9]dhcpAsk   // by kind of message; BOOTP's is 0
	servers []netip.Addr // that answered
	frames  []uint32     // of their first answers
	warned  bool
}

type dhcpAsk struct {
	number, frame uint32
	start         index.Time
	answered      bool
}

// dhcpHolder is who was given an address.
type dhcpHolder struct {
	chaddr string
	frame  uint32
	until  index.Time
}

// Bounds of what is remembered.
const (
	maxTalks   = 4096
	maxLeases  = 1 << 16
	maxServers = 8
	// slowAck is how long a server may take to confirm an address: clients ask again
	// after about 4 s (RFC 2131, section 4.1), and people notice one.
	slowAck = index.Time(1e9)
)

func (d *dhcp) talk(i *dhcpInfo) *dhcpTalk {
	key := dhcpTalkKey{i.xid, i.chaddr}
	t := d.talks[key]
	if t == nil {
		if len(d.order) >= maxTalks {
			for _, old := range d.order[:maxTalks/2] {
				delete(d.talks, old)
			}
			d.order = append(d.order[:0], d.order[maxTalks/2:]...)
		}
		t = &dhcpTalk{}
		d.talks[key] = t
		d.order = append(d.order, key)
	}
	return t
}

// pair relates a message to those of its transaction, and emits it.
func (d *dhcp) pair(s *Stream, m *Message, i *dhcpInfo) {
	last := s.At(0)
	if m.Outcome != index.Fine {
		m.Warn("malformed", index.SeverityNote, "the message ends within its header or its options")
	}
	if i.op == 0 { // too short for a transaction
		s.Emit(m, last)
		return
	}
	t := d.talk(i)
	if i.op == 2 {
		d.answer(m, i, t)
		s.Emit(m, last)
		return
	}
	switch i.message {
	case dhcpDecline:
		m.Warn("dhcp.decline", index.SeverityWarn, "the client found that the address is in use")
		delete(d.leases, i.requested)
	case dhcpRelease:
		delete(d.leases, i.ciaddr)
	case dhcpInform:
		m.Warn("dhcp.inform", index.SeverityInfo, "the client has an address and asks for the configuration alone")
		fallthrough
	case 0, dhcpDiscover, dhcpRequest:
		d.ask(s, m, i, t, last)
		return
	}
	s.Emit(m, last)
}

// ask notes a question. A repetition, or a copy that a relay made, belongs to the first.
func (d *dhcp) ask(s *Stream, m *Message, i *dhcpInfo, t *dhcpTalk, last Mark) {
	a := &t.asks[i.message]
	if a.number > 0 && !a.answered {
		m.Kind = index.Continues
		s.Emit(m, last)
		return
	}
	m.Kind = index.Request
	*a = dhcpAsk{number: s.Emit(m, last), frame: m.Frame, start: m.Start}
}

// answer finds the question of an answer.
func (d *dhcp) answer(m *Message, i *dhcpInfo, t *dhcpTalk) {
	m.Kind = index.Response
	a := &t.asks[0]
	switch i.message {
	case dhcpOffer:
		a = &t.asks[dhcpDiscover]
	case dhcpAck, dhcpNak:
		a = &t.asks[dhcpRequest]
		if a.number == 0 {
			a = &t.asks[dhcpInform]
		}
		if a.number == 0 { // rapid commit (RFC 4039)
			a = &t.asks[dhcpDiscover]
		}
	}
	first := a.number > 0 && !a.answered
	m.Request, a.answered = a.number, true
	d.judge(m, i, t)
	if first && i.message == dhcpAck && m.Start-a.start > slowAck {
		m.Warn("dhcp.slow_ack", index.SeverityNote, "the server took "+milliseconds(m.Start-a.start)+" to confirm the address", a.frame, m.Frame)
	}
}

// judge warns of what answers tell.
func (d *dhcp) judge(m *Message, i *dhcpInfo, t *dhcpTalk) {
	if i.message == dhcpNak {
		m.Outcome = index.Failed
		m.Warn("dhcp.nak", index.SeverityWarn, "the server refuses the address that the client asked for")
	}
	if i.server.IsValid() && (i.message == dhcpOffer || i.message == dhcpAck) {
		t.note(m, i.server)
	}
	if i.message != dhcpAck || !i.yiaddr.IsValid() || i.yiaddr.IsUnspecified() {
		return
	}
	old, held := d.leases[i.yiaddr]
	if held && old.chaddr != i.chaddr && m.Start < old.until {
		m.Warn("dhcp.pool_conflict", index.SeverityWarn, "the address was given to another client whose lease has not ended", old.frame, m.Frame)
	}
	if len(d.leases) >= maxLeases {
		clear(d.leases)
	}
	d.leases[i.yiaddr] = dhcpHolder{i.chaddr, m.Frame, m.Start + index.Time(i.lease)*1e9}
}

// note keeps who answers a transaction.
func (t *dhcpTalk) note(m *Message, server netip.Addr) {
	for _, s := range t.servers {
		if s == server {
			return
		}
	}
	if len(t.servers) >= maxServers {
		return
	}
	t.servers, t.frames = append(t.servers, server), append(t.frames, m.Frame)
	if len(t.servers) > 1 && !t.warned {
		t.warned = true
		m.Warn("dhcp.multiple_servers", index.SeverityWarn, "two servers with different identifiers answer one client; pairs of servers that stand in for each other do so too", t.frames...)
	}
}

// describe gives a message its summary and its code.
func (i *dhcpInfo) describe(m *Message) {
	names := [...]string{
		dhcpDiscover: "DISCOVER", dhcpOffer: "OFFER", dhcpRequest: "REQUEST", dhcpDecline: "DECLINE", dhcpAck: "ACK", dhcpNak: "NAK", dhcpRelease: "RELEASE",
		dhcpInform: "INFORM", 9: "FORCERENEW", 10: "LEASEQUERY", 11: "LEASEUNASSIGNED", 12: "LEASEUNKNOWN", 13: "LEASEACTIVE", 14: "BULKLEASEQUERY", 15: "LEASEQUERYDONE",
	}
	name := ""
	switch {
	case i.message > 0 && int(i.message) < len(names):
		name = names[i.message]
	case i.message > 0:
		name = fmt.Sprintf("message %d", i.message)
	case i.op == 1:
		name = "BOOTP request"
	case i.op == 2:
		name = "BOOTP reply"
	}
	if i.op == 2 {
		m.Code = name
	}
	parts := []string{name}
	if i.op == 2 && i.yiaddr.IsValid() && !i.yiaddr.IsUnspecified() {
		parts = append(parts, i.yiaddr.String())
	}
	if i.op == 1 && i.requested.IsValid() {
		parts = append(parts, i.requested.String())
	}
	if i.chaddr != "" {
		parts = append(parts, map[byte]string{1: "from", 2: "to"}[i.op], i.who())
	}
	if i.op == 2 && i.server.IsValid() {
		parts = append(parts, "by "+i.server.String())
	}
	if i.host != "" {
		parts = append(parts, "("+clip(i.host, 60)+")")
	}
	m.Summary = clip(strings.Join(parts, " "), 200)
	if i.wrong {
		m.Warn("dhcp.option_length", index.SeverityNote, "an option has a length that is wrong for it")
	}
	if i.noEnd {
		m.Warn("dhcp.no_end", index.SeverityNote, "the options have no end option")
	}
}
