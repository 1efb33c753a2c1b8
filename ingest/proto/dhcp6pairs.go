package proto

import (
	"fmt"
	"net"
	"strings"

	"pcapidx/index"
)

// dhcp6 decodes all messages of the capture.
type dhcp6 struct {
	talks map[dhcp6Key]*dhcp6Talk
	order []dhcp6Key // oldest first
}

// dhcp6Key names a transaction, with the client's DUID.
type dhcp6Key struct {
	xid    uint32
	client string
}

// dhcp6Talk is a transaction.
type dhcp6Talk struct {
	number, frame uint32 // of the question
	kind          byte
	start         index.Time
	answered      bool
	servers       []string // that answered
	frames        []uint32 // of their first answers
}

// pair relates a message to those of its transaction, and emits it.
func (d *dhcp6) pair(s *Stream, m *Message, i *dhcp6Info) {
	last := s.At(0)
	if !i.hasID || m.Outcome == index.Malformed || m.Outcome == index.Partial {
		s.Emit(m, last)
		return
	}
	if len(i.client) > 130 { // RFC 8415 allows 130 bytes
		i.client = i.client[:130]
	}
	key := dhcp6Key{i.xid, i.client}
	t := d.talks[key]
	switch i.kind {
	case dhcp6Advertise, dhcp6Reply:
		if m.Kind = index.Response; t != nil {
			m.Request, t.answered = t.number, true
			t.note(m, i)
		}
	case dhcp6Reconfigure:
	default:
		if t != nil && !t.answered && t.kind == i.kind { // repeated, or a relay's copy
			m.Kind = index.Continues
			break
		}
		m.Kind = index.Request
		d.add(key, &dhcp6Talk{number: s.Emit(m, last), frame: m.Frame, kind: i.kind, start: m.Start})
		return
	}
	s.Emit(m, last)
}

func (d *dhcp6) add(key dhcp6Key, t *dhcp6Talk) {
	if d.talks[key] == nil {
		if len(d.order) >= maxTalks {
			for _, old := range d.order[:maxTalks/2] {
				delete(d.talks, old)
			}
			d.order = append(d.order[:0], d.order[maxTalks/2:]...)
		}
		d.order = append(d.order, key)
	}
	d.talks[key] = t
}

// note keeps who answers.
func (t *dhcp6Talk) note(m *Message, i *dhcp6Info) {
	for _, s := range t.servers {
		if s == i.server {
			return
		}
	}
	if i.server == "" || len(t.servers) >= maxServers {
		return
	}
	t.servers, t.frames = append(t.servers, i.server), append(t.frames, m.Frame)
	if len(t.servers) == 2 {
		m.Warn("dhcp.multiple_servers", index.SeverityWarn, "two servers with different identifiers answer one client; pairs of servers that stand in for each other do so too", t.frames...)
	}
}

// describe gives a message its summary and its code.
func (i *dhcp6Info) describe(m *Message) {
	names := [...]string{
		"", "SOLICIT", "ADVERTISE", "REQUEST", "CONFIRM", "RENEW", "REBIND", "REPLY", "RELEASE", "DECLINE", "RECONFIGURE", "INFORMATION-REQUEST", "RELAY-FORW", "RELAY-REPL",
		"LEASEQUERY", "LEASEQUERY-REPLY",
	}
	name := fmt.Sprintf("message %d", i.kind)
	if int(i.kind) < len(names) {
		name = names[i.kind]
	}
	parts := []string{name}
	if i.relayed && i.kind != dhcp6Relayed && i.kind != dhcp6RelayReply {
		parts = append(parts, "(relayed)")
	}
	parts = append(parts, i.got...)
	if i.client != "" {
		parts = append(parts, "client "+duidText(i.client))
	}
	if i.host != "" {
		parts = append(parts, "("+clip(i.host, 60)+")")
	}
	m.Summary = clip(strings.Join(parts, " "), 200)
	if i.kind == dhcp6Advertise || i.kind == dhcp6Reply {
		m.Code = name
	}
	if i.status != 0 && m.Outcome == index.Fine {
		m.Outcome = index.Failed
		m.Warn("dhcpv6.status", index.SeverityWarn, fmt.Sprintf("the server answers with status %d", i.status))
	}
	if i.kind == dhcp6Decline {
		m.Warn("dhcp.decline", index.SeverityWarn, "the client found that the address is in use")
	}
	if i.wrong {
		m.Warn("dhcp.option_length", index.SeverityNote, "an option has a length that is wrong for it")
	}
}

// duidText names a client by the link-layer address in its DUID, if it has one.
func duidText(duid string) string {
	switch {
	case len(duid) == 14 && duid[1] == 1:
		return net.HardwareAddr(duid[8:]).String()
	case len(duid) == 10 && duid[1] == 3:
		return net.HardwareAddr(duid[4:]).String()
	}
	return fmt.Sprintf("%x", duid[:min(20, len(duid))])
}
