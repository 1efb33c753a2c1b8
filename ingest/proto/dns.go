package proto

import (
	"encoding/binary"
	"slices"
)

// dnsVariant tells the protocols with DNS's messages apart.
type dnsVariant uint8

const (
	plainDNS dnsVariant = iota
	multicastDNS
	linkLocalDNS
)

// Ports of DNS's relatives.
const (
	dnsPort   = 53
	nbnsPort  = 137
	mdnsPort  = 5353
	llmnrPort = 5355
)

// dnsProtocol is the Domain Name System (RFC 1035), over UDP and TCP.
func dnsProtocol() Protocol {
	return Protocol{
		Name: "dns", Title: "DNS", On: Streams | Datagrams, Ports: []uint16{dnsPort}, Patience: 5e9,
		Fields: dnsFields,
		Detect: detectDNS,
		New:    func() Decoder { return newDNS(plainDNS) },
	}
}

// mdnsProtocol is Multicast DNS (RFC 6762). Nobody need answer, and answers need no
// question, so that they are not paired.
func mdnsProtocol() Protocol {
	return Protocol{
		Name: "mdns", Title: "mDNS", On: Datagrams, Ports: []uint16{mdnsPort}, Shared: true,
		Fields: dnsFields,
		Detect: func(h *Head) Verdict { return relativeOfDNS(h, mdnsPort) },
		New:    func() Decoder { return newDNS(multicastDNS) },
	}
}

// llmnrProtocol is Link-Local Multicast Name Resolution (RFC 4795). Who answers a
// question to a group does so from an address of its own.
func llmnrProtocol() Protocol {
	return Protocol{
		Name: "llmnr", Title: "LLMNR", On: Datagrams, Ports: []uint16{llmnrPort}, Shared: true, Patience: 2e9,
		Fields: dnsFields,
		Detect: func(h *Head) Verdict { return relativeOfDNS(h, llmnrPort) },
		New:    func() Decoder { return newDNS(linkLocalDNS) },
	}
}

// dnsHeader is the length of a message's header.
const dnsHeader = 12

func onEither(h *Head, port uint16) bool { return h.ClientPort == port || h.ServerPort == port }

// relativeOfDNS takes what has a header from or to a port.
func relativeOfDNS(h *Head, port uint16) Verdict {
	if !onEither(h, port) || onEither(h, dnsPort) || !plausibleDNS(h.Client, false) {
		return No
	}
	return Yes
}

// detectDNS tells DNS by its header and its first question. On its port a header is
// enough, and less if the datagram is cut.
func detectDNS(h *Head) Verdict {
	if !h.Datagram {
		return detectDNSStream(h)
	}
	if onEither(h, nbnsPort) || onEither(h, mdnsPort) && !onEither(h, dnsPort) || onEither(h, llmnrPort) && !onEither(h, dnsPort) {
		return No
	}
	switch {
	case onEither(h, dnsPort) && plausibleDNS(h.Client, false):
		return Yes
	case onEither(h, dnsPort):
		return Likely
	case plausibleDNS(h.Client, true):
		return Yes
	}
	return No
}

// detectDNSStream looks for a message behind its length.
func detectDNSStream(h *Head) Verdict {
	onPort := onEither(h, dnsPort)
	verdict := No
	for _, b := range [][]byte{h.Client, h.Server} {
		if len(b) == 0 {
			continue
		}
		if len(b) < 2+dnsHeader {
			if onPort || len(b) < 2 || b[0] < 2 { // a message of less than 512 bytes
				verdict = max(verdict, More)
			}
			continue
		}
		size := int(binary.BigEndian.Uint16(b))
		if size < dnsHeader {
			return No
		}
		message := b[2:min(2+size, len(b))]
		switch whole := len(message) == size; {
		case whole && plausibleDNS(message, true) && (onPort || len(b) == 2+size):
			return Yes
		case plausibleDNS(message, false) && onPort:
			verdict = Likely
		case !whole && onPort:
			verdict = max(verdict, More)
		}
	}
	return verdict
}

// plausibleDNS tells whether bytes may be a message: the flags make sense, the counts
// are small and the first question is well formed. Strict: all its questions and
// records are whole and of known classes, and nothing follows.
func plausibleDNS(b []byte, strict bool) bool {
	if len(b) < dnsHeader {
		return false
	}
	flags := binary.BigEndian.Uint16(b[2:])
	opcode := flags >> 11 & 15
	queries, answers := binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	others := int(binary.BigEndian.Uint16(b[8:])) + int(binary.BigEndian.Uint16(b[10:]))
	if !slices.Contains([]uint16{0, 1, 2, 4, 5, 6}, opcode) || flags&0x40 != 0 || queries > 64 || int(answers)+others > 1024 {
		return false
	}
	if !strict {
		return queries > 0 || answers > 0 || others > 0 || flags&0x8000 != 0 || opcode == 6
	}
	if queries == 0 && int(answers)+others == 0 || flags&0x8000 == 0 && opcode == 0 && (queries != 1 || answers > 0 || flags&15 != 0) {
		return false
	}
	at := dnsHeader
	for range queries {
		n, end, ok := readName(b, at)
		if !ok || end+4 > len(b) || n.text == nameLoops || n.text == nameLong || !knownClass(binary.BigEndian.Uint16(b[end+2:])) {
			return false
		}
		at = end + 4
	}
	for range int(answers) + others {
		_, end, ok := readName(b, at)
		if !ok || end+10 > len(b) {
			return false
		}
		kind, class := binary.BigEndian.Uint16(b[end:]), binary.BigEndian.Uint16(b[end+2:])
		if at = end + 10 + int(binary.BigEndian.Uint16(b[end+8:])); at > len(b) || kind != typeOPT && !knownClass(class) {
			return false
		}
	}
	return at == len(b)
}

// knownClass: Internet, Chaos, Hesiod, none and any, with mDNS's upper bit.
func knownClass(class uint16) bool {
	return slices.Contains([]uint16{1, 3, 4, 254, 255}, class&0x7fff)
}

// dns decodes one connection, or all datagrams of a relative.
type dns struct {
	variant dnsVariant
	pairs   dnsPairs
	lost    [2]bool // bytes are missing: look for a message
}

func newDNS(v dnsVariant) *dns { return &dns{variant: v, pairs: dnsPairs{asks: map[dnsKey]*dnsAsk{}}} }

// Decode implements Decoder.
func (d *dns) Decode(s *Stream, data []byte) int {
	if s.Datagram() {
		if !d.plausible(s, data) {
			return 0
		}
		d.message(s, data, 0)
		return len(data)
	}
	if len(data) < 2 {
		return 0
	}
	size := int(binary.BigEndian.Uint16(data))
	side := s.Side()
	if d.lost[side] {
		if len(data) < 2+dnsHeader {
			return 0
		}
		if !plausibleDNS(data[2:], false) || size < dnsHeader {
			return len(data)
		}
		d.lost[side] = false
	}
	if len(data) < 2+size {
		return 0
	}
	if size > 0 {
		d.message(s, data[:2+size], 2)
	}
	return 2 + size
}

// plausible tells whether a datagram is this decoder's.
func (d *dns) plausible(s *Stream, data []byte) bool {
	on := func(port uint16) bool { return s.Source().Port() == port || s.Destination().Port() == port }
	if len(data) < 2 {
		return false
	}
	return on(dnsPort) || on(mdnsPort) || on(llmnrPort) || plausibleDNS(data, false)
}

// Gap implements Decoder.
func (d *dns) Gap(s *Stream, _ Gap) { d.lost[s.Side()] = true }

// End implements Decoder.
func (d *dns) End(s *Stream, rest []byte, e End) {
	if len(rest) < 2 || d.lost[s.Side()] {
		return
	}
	m := s.Message(s.At(0))
	m.Offset -= min(m.Offset, uint64(len(rest)))
	m.Length = uint64(len(rest))
	m.Outcome, m.Summary = e.Outcome(), "message without its end"
	s.Emit(m, s.At(0))
}
