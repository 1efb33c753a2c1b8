package proto

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"pcapidx/index"
)

// nbnsProtocol is the NetBIOS name service (RFC 1002, section 4.2). Who asked all by
// broadcast is answered on another connection.
func nbnsProtocol() Protocol {
	return Protocol{
		Name: "nbns", Title: "NetBIOS name service", On: Datagrams, Ports: []uint16{nbnsPort}, Shared: true, Patience: 2e9,
		Fields: nbnsFields(),
		Detect: detectNBNS,
		New:    func() Decoder { return &nbns{pairs: dnsPairs{asks: map[dnsKey]*dnsAsk{}}} },
	}
}

// detectNBNS: from or to its port, with a header that makes sense. Elsewhere the
// first name must be encoded as its names are.
func detectNBNS(h *Head) Verdict {
	b := h.Client
	switch {
	case len(b) < 2:
		return No
	case onEither(h, nbnsPort) && (len(b) < dnsHeader || nbnsCounts(b)):
		return Yes
	case len(b) > dnsHeader+33 && nbnsCounts(b) && b[dnsHeader] == 32 && b[dnsHeader+33] == 0:
		for _, c := range b[dnsHeader+1 : dnsHeader+33] {
			if c < 'A' || c > 'P' {
				return No
			}
		}
		return Likely
	}
	return No
}

// nbnsCounts tells whether the counts of a header are small.
func nbnsCounts(b []byte) bool {
	sum := 0
	for i := 4; i < dnsHeader; i += 2 {
		sum += int(binary.BigEndian.Uint16(b[i:]))
	}
	return sum > 0 && sum < 256
}

type nbns struct{ pairs dnsPairs }

// nbnsInfo is what is said of a message beside its fields.
type nbnsInfo struct {
	id, flags uint16
	name      string // first one
	kind      uint16
	addresses []string
	names     int
}

// Operations of the name service.
const (
	nbnsQuery    = 0
	nbnsRegister = 5
	nbnsRelease  = 6
	nbnsWait     = 7
)

func (i *nbnsInfo) opcode() uint16 { return i.flags >> 11 & 15 }
func (i *nbnsInfo) response() bool { return i.flags&0x8000 != 0 }

// Decode implements Decoder.
func (n *nbns) Decode(s *Stream, data []byte) int {
	if len(data) < 2 {
		return 0
	}
	m := s.Message(s.At(0))
	r, info := &dnsReader{m: m, b: data}, &nbnsInfo{}
	r.nbns(info)
	if r.bad {
		m.Outcome = s.unreadable()
	}
	info.describe(m)
	n.pair(s, m, info)
	return len(data)
}

// Gap implements Decoder: datagrams have none.
func (n *nbns) Gap(*Stream, Gap) {}

// End implements Decoder.
func (n *nbns) End(*Stream, []byte, End) {}

// nbns reads a message.
func (r *dnsReader) nbns(info *nbnsInfo) {
	if len(r.b) < dnsHeader { // nothing of it is shown
		r.bad = true
		return
	}
	info.id = uint16(r.u16(nbnsID))
	info.flags = r.nbnsFlags()
	var counts [4]int
	for i, field := range [4]int{nbnsQueries, nbnsAnswers, nbnsAuthorities, nbnsAdditionals} {
		counts[i] = r.u16(field)
	}
	for i := 0; i < counts[0] && !r.bad; i++ {
		name, ok := r.readName()
		b := r.take(4)
		if !ok || r.bad {
			return
		}
		kind := binary.BigEndian.Uint16(b)
		text, _, _ := nbnsText(name.text)
		r.nbnsHead(info, text, kind, binary.BigEndian.Uint16(b[2:]))
	}
	for n := counts[1] + counts[2] + counts[3]; n > 0 && !r.bad; n-- {
		r.nbnsRecord(info)
	}
}

// nbnsFlags reads the flags.
func (r *dnsReader) nbnsFlags() uint16 {
	flags := r.u16(nbnsFlags)
	if r.bad {
		return 0
	}
	response := flags&0x8000 != 0
	r.m.Bool(nbnsResponse, response)
	r.m.Uint(nbnsOpcode, uint64(flags>>11&15))
	if response {
		r.flags([]dnsStep{{10, nbnsAuthoritative}}, flags)
	}
	r.flags([]dnsStep{{9, nbnsTruncated}, {8, nbnsRecDesired}}, flags)
	if response {
		r.flags([]dnsStep{{7, nbnsRecAvail}}, flags)
	}
	r.flags([]dnsStep{{4, nbnsBroadcast}}, flags)
	if response {
		r.m.Uint(nbnsRcode, uint64(flags&15))
	}
	return uint16(flags)
}

func (r *dnsReader) nbnsHead(info *nbnsInfo, name string, kind, class uint16) {
	r.m.Str(nbnsName, name)
	r.m.Uint(nbnsType, uint64(kind))
	r.m.Uint(nbnsClass, uint64(class))
	if info.name == "" {
		info.name, info.kind = name, kind
	}
}

// Types of records.
const (
	nbnsNB     = 0x20
	nbnsNBSTAT = 0x21
)

// nbnsRecord reads a record, if it is whole.
func (r *dnsReader) nbnsRecord(info *nbnsInfo) {
	n, ok := r.readName()
	b := r.take(10)
	if !ok || r.bad {
		return
	}
	kind, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[8:]))
	end := r.at + size
	if end > len(r.b) {
		r.bad = true
		return
	}
	text, suffix, named := nbnsText(n.text)
	if named && kind == nbnsNB {
		text += " (" + nbnsSuffix(suffix) + ")"
	}
	r.nbnsHead(info, text, kind, binary.BigEndian.Uint16(b[2:]))
	r.m.Uint(nbnsTTL, uint64(binary.BigEndian.Uint32(b[4:])))
	r.m.Uint(nbnsDataLength, uint64(size))
	data := &dnsReader{m: r.m, b: r.b[:end], at: r.at} // what is missing of an entry is no fault of the message
	switch kind {
	case nbnsNB:
		data.nbnsAddresses(info, end)
	case nbnsNBSTAT:
		data.nbnsStatus(info)
	default:
		data.bytes(nbnsData, size)
	}
	r.at = end
}

// nbnsAddresses reads who has a name.
func (r *dnsReader) nbnsAddresses(info *nbnsInfo, end int) {
	for r.at < end && !r.bad {
		if info.opcode() == nbnsWait {
			r.nbnsFlags()
			continue
		}
		flags := r.u16(nbnsNBFlags)
		r.flags([]dnsStep{{15, nbnsNBGroup}}, flags)
		if !r.bad {
			r.m.Uint(nbnsNBONT, uint64(flags>>13&3))
		}
		if a := r.address(nbnsAddr, 4); !r.bad && len(info.addresses) < maxShown {
			info.addresses = append(info.addresses, a.String())
		}
	}
}

// nbnsStatus reads the names of a node and its statistics.
func (r *dnsReader) nbnsStatus(info *nbnsInfo) {
	for n := r.u8(nbnsNames); n > 0 && !r.bad; n-- {
		b := r.take(nbnsNameBytes + 2)
		if r.bad {
			return
		}
		info.names++
		r.m.Str(nbnsNode, netBIOSText(b[:nbnsNameBytes-1]))
		flags := int(binary.BigEndian.Uint16(b[nbnsNameBytes:]))
		r.m.Uint(nbnsNameFlags, uint64(flags))
		r.flags([]dnsStep{{15, nbnsNameGroup}}, flags)
		r.m.Uint(nbnsNameONT, uint64(flags>>13&3))
		r.flags([]dnsStep{{12, nbnsNameDRG}, {11, nbnsNameCNF}, {10, nbnsNameACT}, {9, nbnsNamePRM}}, flags)
	}
	r.bytes(nbnsUnit, 6)
	for _, f := range []dnsStep{
		{1, nbnsJumpers},
		{1, nbnsTest},
		{2, nbnsVersion},
		{2, nbnsPeriod},
		{2, nbnsCRCs},
		{2, nbnsAlignment},
		{2, nbnsCollisions},
		{2, nbnsAborts},
		{4, nbnsGoodSends},
		{4, nbnsGoodReceives},
		{2, nbnsRetransmits},
		{2, nbnsNoResources},
		{2, nbnsBlocks},
		{2, nbnsPending},
		{2, nbnsMaxPending},
		{2, nbnsMaxSessions},
		{2, nbnsSize},
	} {
		r.uint(f.field, int(f.kind))
	}
}

// describe gives a message its summary and its code.
func (i *nbnsInfo) describe(m *Message) {
	what := map[uint16]string{nbnsQuery: "name query", nbnsRegister: "registration", nbnsRelease: "release", nbnsWait: "wait", 8: "refresh", 9: "refresh", 15: "multi-homed registration"}[i.opcode()]
	if what == "" {
		what = fmt.Sprintf("operation %d", i.opcode())
	}
	if i.kind == nbnsNBSTAT {
		what = "node status"
	}
	m.Summary = clip(strings.TrimSpace(what+" "+i.name), 200)
	if !i.response() {
		return
	}
	code := i.flags & 15
	m.Code = map[uint16]string{0: "ok", 1: "format error", 2: "server failure", 3: "name does not exist", 4: "not implemented", 5: "refused", 6: "name is owned by another node", 7: "name conflict"}[code]
	if m.Code == "" {
		m.Code = fmt.Sprintf("code %d", code)
	}
	switch {
	case code != 0:
		m.Summary += ": " + m.Code
		if m.Outcome == index.Fine {
			m.Outcome = index.Failed
		}
	case len(i.addresses) > 0:
		m.Summary += ": " + strings.Join(i.addresses, ", ")
	case i.names > 0:
		m.Summary += fmt.Sprintf(": %d names", i.names)
	}
}

// pair relates an answer to its question by the ID and by who asked. Answers have no
// question in them.
func (n *nbns) pair(s *Stream, m *Message, info *nbnsInfo) {
	last := s.At(0)
	asker := s.Source()
	if info.response() {
		asker = s.Destination()
	}
	key := dnsKey{id: info.id, sum: fnvStart}.of(netip.AddrPortFrom(asker.Addr(), 0))
	old := n.pairs.asks[key]
	if info.response() {
		if m.Kind = index.Response; old != nil {
			m.Request, old.reply = old.number, m.Frame
		}
		if m.Request == 0 && m.Outcome == index.Fine {
			m.Kind = index.Notice // a node that tells its name
		}
		s.Emit(m, last)
		return
	}
	m.Kind = index.Request
	switch broadcast := info.flags&0x10 != 0; {
	case old != nil && old.reply == 0 && m.Start-old.start <= askAgain:
		m.Kind = index.Continues
		s.Emit(m, last)
		return
	case broadcast && info.opcode() != nbnsQuery: // who claims a name hopes for silence
		m.Kind = index.Notice
	}
	n.pairs.add(&dnsAsk{key: key, number: s.Emit(m, last), frame: m.Frame, start: m.Start, times: 1})
}
