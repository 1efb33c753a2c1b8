package proto

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"pcapidx/index"
)

// typeOPT is the pseudo record of EDNS.
const typeOPT = 41

// dnsInfo is what is said of a message beside its fields.
type dnsInfo struct {
	id    uint16
	flags uint16
	questions,
	answers int // announced
	name     string // of the first question
	kind     uint16
	class    uint16
	key      dnsKey
	first    int // bytes of it
	shown    []string
	more     int    // answers that are not shown
	sum      uint64 // of the data of the answers, in any order
	size     int    // bytes of the message
	edns     int    // size that EDNS announces, 0: no EDNS
	rcode    int    // with the upper bits of EDNS
	extended int
	obsolete uint16 // type of a record nobody should use any more

	hasExtended, hasObsolete bool
}

// maxShown bounds the answers in a summary.
const maxShown = 4

// message reads a message that begins behind its length, over TCP, and emits it.
func (d *dns) message(s *Stream, data []byte, from int) {
	m := s.Message(s.At(0))
	info := &dnsInfo{size: len(data) - from}
	if from > 0 {
		m.Uint(dnsLength, uint64(info.size))
	}
	r := &dnsReader{m: m, b: data[from:]}
	if d.header(r, info); !r.bad {
		d.body(s, r, info)
	}
	if r.bad {
		m.Outcome = s.unreadable()
	}
	d.describe(m, info)
	d.judge(s, m, info)
	d.pair(s, m, info, s.At(len(data)-1))
}

// response tells answers from questions.
func (i *dnsInfo) response() bool { return i.flags&0x8000 != 0 }

func (i *dnsInfo) opcode() uint16 { return i.flags >> 11 & 15 }

// header reads the ID and the flags.
func (d *dns) header(r *dnsReader, info *dnsInfo) {
	info.id = uint16(r.u16(dnsID))
	flags := r.u16(dnsFlags)
	if r.bad {
		return
	}
	info.flags, info.rcode = uint16(flags), flags&15
	m, response := r.m, flags&0x8000 != 0
	m.Bool(dnsResponse, response)
	m.Uint(dnsOpcode, uint64(info.opcode()))
	if d.variant == linkLocalDNS {
		r.flags([]dnsStep{{10, dnsConflict}, {9, dnsTruncated}, {8, dnsTentative}}, flags)
	} else {
		if response {
			r.flags([]dnsStep{{10, dnsAuthoritative}}, flags)
		}
		r.flags([]dnsStep{{9, dnsTruncated}, {8, dnsRecDesired}}, flags)
		if response {
			r.flags([]dnsStep{{7, dnsRecAvail}}, flags)
		}
		r.flags([]dnsStep{{6, dnsZ}}, flags)
		if response || flags&0x20 != 0 {
			r.flags([]dnsStep{{5, dnsAuthenticated}}, flags)
		}
		r.flags([]dnsStep{{4, dnsCheckDisable}}, flags)
	}
	if response {
		m.Uint(dnsRcode, uint64(flags&15))
	}
}

// body reads what follows the flags.
func (d *dns) body(s *Stream, r *dnsReader, info *dnsInfo) {
	fields := [4]int{dnsQueries, dnsAnswers, dnsAuthorities, dnsAdditionals}
	if info.opcode() == 5 {
		fields = [4]int{dnsZones, dnsPrerequisites, dnsUpdates, dnsAdditionals}
	}
	var counts [4]int
	for i, field := range fields {
		counts[i] = r.u16(field)
	}
	if info.opcode() == 6 {
		r.stateful()
		return
	}
	info.questions, info.answers = counts[0], counts[1]
	for i := 0; i < counts[0] && !r.bad; i++ {
		d.question(r, info, i == 0)
	}
	for section, n := range counts[1:] {
		for range n {
			if r.bad {
				return
			}
			d.record(s, r, info, section == 0)
		}
	}
	if n := len(r.b) - r.at; n > 0 && !r.bad {
		r.bytes(dnsExtraneous, n)
		r.m.Uint(dnsExtraneousLen, uint64(n))
	}
}

// question reads a question.
func (d *dns) question(r *dnsReader, info *dnsInfo, first bool) {
	begin := r.at
	n, ok := r.readName()
	b := r.take(4)
	if !ok || r.bad {
		return
	}
	kind, class := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	m := r.m
	m.Str(dnsQueryName, n.text)
	if n.raw > 1 {
		m.Uint(dnsQueryNameLen, uint64(n.raw))
		m.Uint(dnsQueryLabels, uint64(strings.Count(n.text, ".")+1))
	} else { // as Wireshark counts a name of one character
		m.Uint(dnsQueryNameLen, 0)
		m.Uint(dnsQueryLabels, 0)
	}
	m.Uint(dnsQueryType, uint64(kind))
	if d.variant == multicastDNS {
		m.Uint(dnsQueryClass, uint64(class&0x7fff))
		m.Bool(dnsQueryQU, class&0x8000 != 0)
	} else {
		m.Uint(dnsQueryClass, uint64(class))
	}
	if first {
		info.name, info.kind, info.class, info.first = n.text, kind, class, n.first
		info.key = newDNSKey(info.id, r.b[begin:r.at], n.text)
	}
	info.noteType(kind)
}

// record reads a record. Nothing of it is kept unless it is whole.
func (d *dns) record(s *Stream, r *dnsReader, info *dnsInfo, answer bool) {
	n, ok := r.readName()
	b := r.take(10)
	if !ok || r.bad {
		return
	}
	kind, class := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	ttl, size := binary.BigEndian.Uint32(b[4:]), int(binary.BigEndian.Uint16(b[8:]))
	end := r.at + size
	if end > len(r.b) {
		r.bad = true
		return
	}
	m := r.m
	if kind == typeOPT {
		d.edns(r, info, n, class, ttl, size)
		if !r.bad {
			r.at = end
		}
		return
	}
	if kind == 33 {
		service, rest, more := strings.Cut(n.text, ".")
		if m.Str(dnsSRVService, service); more {
			protocol, domain, more := strings.Cut(rest, ".")
			if m.Str(dnsSRVProto, protocol); more {
				m.Str(dnsSRVName, domain)
			}
		}
	} else {
		m.Str(dnsRespName, n.text)
	}
	m.Uint(dnsRespType, uint64(kind))
	if d.variant == multicastDNS {
		m.Uint(dnsRespClass, uint64(class&0x7fff))
		m.Bool(dnsRespFlush, class&0x8000 != 0)
	} else {
		m.Uint(dnsRespClass, uint64(class))
	}
	m.Uint(dnsRespTTL, uint64(ttl))
	m.Uint(dnsRespLen, uint64(size))
	values := len(m.Fields)
	if size > 0 { // updates have records without data
		r.data(kind, end)
	}
	if r.bad {
		return
	}
	info.noteType(kind)
	if answer {
		data := m.Fields[min(values, len(m.Fields)):]
		info.noteAnswer(kind, data)
		d.resolve(s, info, kind, data, n.text)
	}
	r.at = end
}

// edns reads the pseudo record of EDNS, whose class and TTL mean something else.
func (d *dns) edns(r *dnsReader, info *dnsInfo, n dnsName, class uint16, ttl uint32, size int) {
	m := r.m
	m.Str(dnsRespName, n.text)
	m.Uint(dnsRespType, typeOPT)
	if d.variant == multicastDNS {
		m.Uint(dnsRRSize, uint64(class&0x7fff))
		m.Bool(dnsRespFlush, class&0x8000 != 0)
	} else {
		m.Uint(dnsRRSize, uint64(class))
	}
	m.Uint(dnsExtRcode, uint64(ttl>>24))
	m.Uint(dnsEDNSVersion, uint64(ttl>>16&255))
	m.Uint(dnsRespZ, uint64(ttl&0xffff))
	m.Bool(dnsRespDO, ttl&0x8000 != 0)
	m.Uint(dnsRespZReserved, uint64(ttl&0x7fff))
	m.Uint(dnsRespLen, uint64(size))
	info.edns = max(1, int(class))
	info.rcode |= int(ttl>>24) << 4
	r.opt(r.at+size, info)
}

// resolve tells the engine which name an address was given for: the one that was
// asked for, or the owner.
func (d *dns) resolve(s *Stream, info *dnsInfo, kind uint16, fields []index.MessageField, owner string) {
	if !info.response() || kind != 1 && kind != 28 || len(fields) == 0 {
		return
	}
	name := info.name
	if name == "" || info.kind != kind && info.kind != 255 {
		name = owner
	}
	if a, ok := netip.AddrFromSlice([]byte(fields[0].Text)); ok {
		s.Resolved(a, name)
	}
}
