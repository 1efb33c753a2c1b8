package proto

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"pcapidx/index"
)

// dnsKey tells questions apart: the ID, and a sum of the name, in lower case, with type
// and class, and of who asked where a decoder serves all.
type dnsKey struct {
	id  uint16
	sum uint64
}

// Constants of the FNV-1a hash.
const (
	fnvStart = 14695981039346656037
	fnvPrime = 1099511628211
)

func fnvAdd(h uint64, c byte) uint64 { return (h ^ uint64(c)) * fnvPrime }

func newDNSKey(id uint16, question []byte, name string) dnsKey {
	h := uint64(fnvStart)
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = fnvAdd(h, c)
	}
	for _, c := range question[max(0, len(question)-4):] {
		h = fnvAdd(h, c)
	}
	return dnsKey{id, h}
}

// of adds who asked.
func (k dnsKey) of(asker Endpoint) dnsKey {
	a := asker.Addr().As16()
	for _, c := range a {
		k.sum = fnvAdd(k.sum, c)
	}
	k.sum = fnvAdd(fnvAdd(k.sum, byte(asker.Port()>>8)), byte(asker.Port()))
	return k
}

// dnsAsk is a question that was asked.
type dnsAsk struct {
	key    dnsKey
	number uint32 // of the first message with it
	frame  uint32
	start  index.Time
	times  int    // how often it was asked
	edns   int    // size that it announced
	reply  uint32 // frame of the first answer
	sum    uint64 // of that
}

// Bounds of what is remembered of questions.
const (
	// maxAsks are the questions kept of a connection, and of all of a relative.
	maxAsks = 1024
	// recentAsks are those that an answer without a question of its own, or with a
	// wrong ID, may belong to.
	recentAsks = 16
	// askAgain is how long the same ID means the same question: 60 s.
	askAgain = index.Time(60e9)
)

// dnsPairs are the questions, newest last.
type dnsPairs struct {
	asks  map[dnsKey]*dnsAsk
	order []*dnsAsk
}

func (p *dnsPairs) add(a *dnsAsk) {
	if len(p.order) >= maxAsks {
		old := p.order[:maxAsks/2]
		for _, o := range old {
			if p.asks[o.key] == o {
				delete(p.asks, o.key)
			}
		}
		p.order = append(p.order[:0], p.order[maxAsks/2:]...)
	}
	p.asks[a.key] = a
	p.order = append(p.order, a)
}

// like finds a recent question.
func (p *dnsPairs) like(is func(a *dnsAsk) bool) *dnsAsk {
	for i := len(p.order) - 1; i >= max(0, len(p.order)-recentAsks); i-- {
		if is(p.order[i]) {
			return p.order[i]
		}
	}
	return nil
}

// pair relates a message to those before, and emits it.
func (d *dns) pair(s *Stream, m *Message, info *dnsInfo, last Mark) {
	key := info.key
	if d.variant == linkLocalDNS {
		asker := s.Source()
		if info.response() {
			asker = s.Destination()
		}
		key = key.of(asker)
	}
	switch {
	case d.variant == multicastDNS:
		s.Emit(m, last)
	case info.response():
		d.answer(m, info, key)
		s.Emit(m, last)
	default:
		d.ask(s, m, info, key, last)
	}
}

func (d *dns) ask(s *Stream, m *Message, info *dnsInfo, key dnsKey, last Mark) {
	m.Kind = index.Request
	old := d.pairs.asks[key]
	if old == nil || old.reply > 0 || m.Start-old.start > askAgain || info.questions == 0 {
		number := s.Emit(m, last)
		if m.Outcome == index.Fine {
			d.pairs.add(&dnsAsk{key: key, number: number, frame: m.Frame, start: m.Start, times: 1, edns: info.edns})
		}
		return
	}
	m.Kind = index.Continues
	old.times++
	m.Warn("dns.retry", index.SeverityNote, fmt.Sprintf("asked for the %s time, %s after the first", ordinal(old.times), milliseconds(m.Start-old.start)), old.frame, m.Frame)
	s.Emit(m, last)
}

func (d *dns) answer(m *Message, info *dnsInfo, key dnsKey) {
	m.Kind = index.Response
	ask := d.pairs.asks[key]
	if ask == nil && info.name == "" { // no question in the answer: the ID has to do
		ask = d.pairs.like(func(a *dnsAsk) bool { return a.key.id == info.id && a.reply == 0 })
	}
	if ask == nil {
		if other := d.pairs.like(func(a *dnsAsk) bool { return a.key.sum == key.sum && a.reply == 0 }); other != nil && info.name != "" {
			m.Warn("dns.id_mismatch", index.SeverityWarn, fmt.Sprintf("the answer has ID 0x%04x, the question had 0x%04x", info.id, other.key.id), other.frame, m.Frame)
		}
		return
	}
	if ask.reply == 0 {
		m.Request, ask.reply, ask.sum = ask.number, m.Frame, info.sum+uint64(info.rcode)
		d.judgeSize(m, info, ask.edns)
		return
	}
	m.Kind, m.Request = index.Response, ask.number
	if ask.sum != info.sum+uint64(info.rcode) {
		m.Warn("dns.multiple_answers_differ", index.SeverityWarn, "two answers to the same question differ", ask.reply, m.Frame)
	}
}

// judgeSize: without EDNS a datagram has room for 512 bytes (RFC 1035), with it for as
// many as the question announced (RFC 6891).
func (d *dns) judgeSize(m *Message, info *dnsInfo, edns int) {
	limit := max(512, edns)
	if info.size <= limit || len(m.Fields) > 0 && m.Fields[0].Name == "dns.length" {
		return
	}
	if edns == 0 {
		m.Warn("dns.large_udp", index.SeverityNote, fmt.Sprintf("%d bytes in a datagram, though the question came without EDNS: 512 are allowed", info.size))
		return
	}
	m.Warn("dns.large_udp", index.SeverityNote, fmt.Sprintf("%d bytes in a datagram, though the question allowed %d", info.size, limit))
}

// noteType remembers types that nobody should use any more.
func (i *dnsInfo) noteType(kind uint16) {
	switch kind {
	case 3, 4, 7, 8, 9, 10, 11, 14, 22, 23, 24, 25, 26, 30, 38, 40, 254:
		i.obsolete, i.hasObsolete = kind, true
	}
}

// noteAnswer keeps what an answer says.
func (i *dnsInfo) noteAnswer(kind uint16, data []index.MessageField) {
	h, text := fnvAdd(fnvAdd(fnvStart, byte(kind>>8)), byte(kind)), ""
	for _, f := range data {
		for n := range len(f.Text) {
			h = fnvAdd(h, f.Text[n])
		}
		h = (h ^ f.Num) * fnvPrime
		if text == "" || kind == 15 || kind == 33 {
			text = f.Text
		}
	}
	i.sum += h
	if len(i.shown) >= maxShown {
		i.more++
		return
	}
	if a, ok := netip.AddrFromSlice([]byte(text)); ok && (kind == 1 || kind == 28) {
		text = a.String()
	}
	i.shown = append(i.shown, strings.TrimSpace(dnsTypeName(kind)+" "+clip(text, 60)))
}

// describe gives a message its summary and its code.
func (d *dns) describe(m *Message, info *dnsInfo) {
	what := dnsOpcodeName(info.opcode())
	if info.questions > 0 && info.name != "" {
		what += " " + dnsTypeName(info.kind) + " " + clip(info.name, 100)
	}
	if !info.response() {
		m.Summary = what
		return
	}
	m.Code = dnsRcodeName(info.rcode)
	if info.rcode != 0 && m.Outcome == index.Fine {
		m.Outcome = index.Failed
	}
	m.Summary = what + ": "
	switch {
	case info.rcode != 0:
		m.Summary += m.Code
	case len(info.shown) > 0:
		m.Summary += strings.Join(info.shown, ", ")
		if info.more > 0 {
			m.Summary += fmt.Sprintf(" and %d more", info.more)
		}
	default:
		m.Summary += "no answers"
	}
	m.Summary = clip(m.Summary, 200)
}

// longLabel is the length of a first label above which names look like data.
const longLabel = 48

// judge warns of what a message alone shows.
func (d *dns) judge(_ *Stream, m *Message, info *dnsInfo) {
	if m.Outcome == index.Malformed {
		m.Warn("malformed", index.SeverityWarn, "the message ends within a record, or a name is wrong")
	}
	if info.hasObsolete {
		m.Warn("dns.obsolete_type", index.SeverityNote, "records of type "+dnsTypeName(info.obsolete)+" are obsolete")
	}
	if info.first > longLabel && d.variant == plainDNS && !strings.HasSuffix(info.name, ".arpa") && !strings.HasPrefix(info.name, "<") {
		m.Warn("dns.long_label", index.SeverityNote, fmt.Sprintf("the first label of the name has %d bytes", info.first))
	}
	if info.flags&0x200 != 0 && info.response() {
		m.Warn("dns.truncated", index.SeverityNote, "the answer did not fit and was cut by the server: it has to be asked for over TCP")
	}
	if !info.response() || info.rcode == 0 {
		return
	}
	detail := ""
	if info.hasExtended {
		detail = fmt.Sprintf(", extended error %d", info.extended)
	}
	switch info.rcode {
	case 2:
		m.Warn("dns.servfail", index.SeverityWarn, "the server failed to find an answer"+detail)
	case 3:
		m.Warn("dns.nxdomain", index.SeverityNote, "the name does not exist"+detail)
	case 5:
		m.Warn("dns.refused", index.SeverityWarn, "the server refuses to answer"+detail)
	}
}

// clip cuts a text.
func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n-3], "") + "..."
	}
	return s
}

func milliseconds(t index.Time) string {
	return strconv.FormatFloat(float64(t)/1e6, 'f', 1, 64) + " ms"
}

func ordinal(n int) string {
	switch {
	case n%10 == 2 && n%100 != 12:
		return strconv.Itoa(n) + "nd"
	case n%10 == 3 && n%100 != 13:
		return strconv.Itoa(n) + "rd"
	}
	return strconv.Itoa(n) + "th"
}
