package proto

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"pcapidx/index"
)

// icmpFault is an error in words.
type icmpFault struct {
	what     string // the same for all of the kind
	more     string // numbers and addresses behind it
	code     string // of the warning, "" for none
	severity index.Severity
	text     string // of the warning
}

// faultOf describes an error of ICMP (RFC 792, RFC 1191).
func faultOf(b []byte) icmpFault {
	switch kind, code := b[0], b[1]; kind {
	case 3:
		if code == 4 {
			return tooBig(uint32(binary.BigEndian.Uint16(b[6:])))
		}
		return unreachable("icmp", code, [...]string{
			"network unreachable", "host unreachable", "protocol unreachable", "port unreachable", "", "source route failed", "network unknown", "host unknown",
			"source host isolated", "network prohibited", "host prohibited", "network unreachable for the service", "host unreachable for the service",
			"communication prohibited", "host precedence violation", "precedence cut off",
		})
	case 4:
		return icmpFault{what: "source quench", code: "icmp.source_quench", severity: index.SeverityNote, text: "a router asks to send less; source quench is obsolete"}
	case 5:
		return redirect(netip.AddrFrom4([4]byte(b[4:8])))
	case 11:
		return ttlExceeded(code)
	}
	return icmpFault{what: "parameter problem", more: fmt.Sprintf(" at byte %d", b[4]), code: "icmp.parameter", severity: index.SeverityWarn, text: "a header makes no sense to the sender of the error"}
}

// faultOf6 describes an error of ICMPv6 (RFC 4443).
func faultOf6(b []byte) icmpFault {
	switch kind, code := b[0], b[1]; kind {
	case 1:
		return unreachable("icmpv6", code, [...]string{
			"no route", "communication prohibited", "beyond the scope of the source", "address unreachable", "port unreachable", "source address refused", "route refused",
			"source routing header", 15: "",
		})
	case 2:
		return tooBig(binary.BigEndian.Uint32(b[4:]))
	case 3:
		return ttlExceeded(code)
	case 4:
		return icmpFault{what: "parameter problem", more: fmt.Sprintf(" at byte %d", binary.BigEndian.Uint32(b[4:])), code: "icmp.parameter", severity: index.SeverityWarn, text: "a header makes no sense to the sender of the error"}
	}
	return icmpFault{what: fmt.Sprintf("error of type %d", b[0])}
}

func unreachable(prefix string, code byte, names [16]string) icmpFault {
	f := icmpFault{what: fmt.Sprintf("unreachable, code %d", code), code: fmt.Sprintf("%s.unreachable.%d", prefix, code), severity: index.SeverityWarn}
	if int(code) < len(names) && names[code] != "" {
		f.what = names[code]
	}
	f.text = f.what
	return f
}

func tooBig(mtu uint32) icmpFault {
	f := icmpFault{what: "packet too big", code: "icmp.frag_needed", severity: index.SeverityNote, text: "a packet is too big for the way and must not be fragmented"}
	if mtu > 0 {
		f.more = fmt.Sprintf(", MTU %d", mtu)
		f.text += fmt.Sprintf("; the next hop takes %d bytes", mtu)
	}
	return f
}

func redirect(gateway netip.Addr) icmpFault {
	return icmpFault{what: "redirect", more: " to " + gateway.String(), code: "icmp.redirect", severity: index.SeverityWarn, text: "a router says that another one is nearer; hosts that believe it send there"}
}

func ttlExceeded(code byte) icmpFault {
	if code == 1 {
		return icmpFault{what: "fragments did not all arrive in time", code: "icmp.reassembly_timeout", severity: index.SeverityWarn, text: "fragments of a packet are missing where it is going"}
	}
	return icmpFault{what: "time to live exceeded", code: "icmp.ttl_exceeded", severity: index.SeverityNote, text: "a packet passed as many routers as it may: a long way, a loop, or somebody who traces the way"}
}

// fault reports an error with the packet that it quotes.
func (d *icmp) fault(s *Stream, m *Message, b []byte) {
	f := faultOf
	if d.v6 {
		f = faultOf6
	}
	x := f(b)
	m.Outcome, m.Summary = index.Failed, x.what+x.more
	m.Str(icmpKind, x.what)
	if x.code != "" {
		m.Warn(x.code, x.severity, x.text)
	}
	if q, ok := quotedPacket(b[icmpHeader:]); ok {
		m.Summary += " for " + q.String()
		if b[0] == 3 && !d.v6 && b[1] != 4 || b[0] == 1 && d.v6 {
			m.Str(icmpUnreachable, q.dst.Addr().String())
		}
		d.blame(m, q)
		d.quoted.fields(m, q)
	}
	s.Emit(m, s.At(0))
}

// blame makes an error the answer to the question that it quotes.
func (d *icmp) blame(m *Message, q *quote) {
	if q.proto != 1 && q.proto != 58 || len(q.payload) < icmpHeader || !d.asks4or6(q.payload[0]) {
		return
	}
	if a := d.asks[d.key(q.src.Addr(), q.dst.Addr(), q.payload)]; a != nil && a.reply == 0 {
		m.Kind, m.Request, a.reply = index.Response, a.number, m.Frame
	}
}
