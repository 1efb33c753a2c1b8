package index

import "slices"

// sumSectionReader reads groups of messages for sums.
type sumSectionReader struct {
	names []string
	wish  *messageWish
	known map[string]uint32 // ordinals of values of fields that are wanted, by what is stored of them
	table []MessageField    // by ordinal, from 1; then those values of the group in hand that have none
	from  uint32
	yield func(m *Message) bool

	buf      []byte
	sections [sumSections][]byte
	numbers  [sumSections][]uint64 // of sections that hold one for each message, or value
	values   []uint32              // of the group in hand: places in table, from 1; 0: not wanted
	codes    []string
	texts    map[string]string // codes that were read before
	m        Message
}

// group walks a stored group of a protocol, given the number of its first message.
func (r *sumSectionReader) group(value []byte, protocol string, first uint32) (more bool, err error) {
	body, err := unpack(value, r.buf, messageLimit)
	if err != nil {
		return false, err
	}
	if value[0] != packedPlain {
		r.buf = body
	}
	d := decoder{b: body}
	n := d.count(sumSections - sumNumber - 2) // a byte in each section but those of values and warnings
	for i := range r.sections {
		r.sections[i] = d.bytes(d.count(1))
	}
	if d.err != nil || n > sumGroup {
		return false, errShort
	}
	warned, ok := r.column(sumWarnings, n)
	quiet := slices.Contains(r.wish.warned, protocol)
	switch {
	case !ok:
		return false, errShort
	case quiet && warned == 0:
		return true, nil
	case !r.columns(n, warned) || !r.dictionaries():
		return false, errShort
	}
	r.m = Message{Protocol: protocol, Number: first, Fields: r.m.Fields[:0], Warnings: r.m.Warnings[:0]}
	return r.each(n, quiet)
}

// column reads a section of n numbers, and gives their sum; ok is false if it does not
// hold them.
func (r *sumSectionReader) column(section, n int) (sum uint64, ok bool) {
	out := slices.Grow(r.numbers[section][:0], n)[:n]
	r.numbers[section] = out
	d := decoder{b: r.sections[section]}
	d.uvarints(out)
	for _, v := range out {
		sum += min(v, 1<<32) // a place or a number of them: more cannot be
	}
	return sum, d.err == nil && len(d.b) == 0
}

// columns reads the sections of n messages with so many warnings.
func (r *sumSectionReader) columns(n int, warned uint64) bool {
	if len(r.sections[sumKind]) != n || len(r.sections[sumSide]) != n || warned > uint64(len(r.sections[sumWarned])) {
		return false
	}
	for _, section := range []int{sumNumber, sumConn, sumFrame, sumStart, sumTook, sumLength, sumRequest, sumCode} {
		if _, ok := r.column(section, n); !ok {
			return false
		}
	}
	if _, ok := r.column(sumWarned, int(warned)); !ok {
		return false
	}
	fields, ok := r.column(sumFields, n)
	if !ok || fields > uint64(len(r.sections[sumPlaces])) {
		return false
	}
	if !r.wish.none {
		_, ok = r.column(sumPlaces, int(fields))
	}
	return ok
}

// dictionaries reads the codes and the wanted values of the group in hand.
func (r *sumSectionReader) dictionaries() bool {
	if r.texts == nil {
		r.texts = map[string]string{}
	}
	d := decoder{b: r.sections[sumCodes], known: r.texts}
	r.codes = append(r.codes[:0], "") // of messages without one
	for range d.count(1) {
		r.codes = append(r.codes, d.string())
	}
	if r.values = r.values[:0]; d.err != nil || r.wish.none {
		return d.err == nil
	}
	r.table = r.table[:len(r.known)]
	d = decoder{b: r.sections[sumValues]}
	for range d.count(2) {
		r.values = append(r.values, r.value(&d))
	}
	return d.err == nil
}

// value reads the next value of a group, and gives its place in table, from 1.
func (r *sumSectionReader) value(d *decoder) uint32 {
	start, number := d.b, uint64(0)
	id := d.uvarint()
	text := d.bytes(d.count(1))
	if len(text) == 0 {
		number = d.uvarint()
	}
	name := nameAt(r.names, id>>1, d)
	if d.err != nil || !r.wish.field(id>>1) {
		return 0
	}
	stored := start[:len(start)-len(d.b)]
	if at, known := r.known[string(stored)]; known {
		return at
	}
	key := string(stored)
	f := MessageField{Name: name, Num: number, Secret: id&1 != 0, Text: key[len(key)-len(text):]}
	at := uint32(len(r.table)) + 1
	if len(r.known) < maxKnownTexts && len(r.table) == len(r.known) {
		f.Ordinal = at
		r.known[key] = at
	}
	r.table = append(r.table, f)
	return at
}

// each gives the n messages of the group in hand; of those that are quiet none.
func (r *sumSectionReader) each(n int, quiet bool) (more bool, err error) {
	m, c := &r.m, &r.numbers
	places, warned := c[sumPlaces], c[sumWarned]
	conn := int64(0)
	for i := range n {
		m.Number += uint32(c[sumNumber][i])
		bits := r.sections[sumKind][i]
		m.Kind, m.Outcome, m.Side = MessageKind(bits&15), Outcome(bits>>4), Side(r.sections[sumSide][i]&1)
		conn += signed(c[sumConn][i])
		m.Conn = uint32(conn) - 1
		m.Frame = uint32(int64(m.Frame) + signed(c[sumFrame][i]))
		m.Start += Time(signed(c[sumStart][i]))
		m.End = m.Start + Time(signed(c[sumTook][i]))
		m.Length = c[sumLength][i]
		if m.Request = 0; c[sumRequest][i] != 0 {
			m.Request = m.Number - uint32(c[sumRequest][i])
		}
		if c[sumCode][i] >= uint64(len(r.codes)) {
			return false, errShort
		}
		m.Code = r.codes[c[sumCode][i]]
		if m.Fields = m.Fields[:0]; !r.wish.none {
			if !r.fields(places[:c[sumFields][i]]) {
				return false, errShort
			}
			places = places[c[sumFields][i]:]
		}
		if !r.warnings(warned[:c[sumWarnings][i]]) {
			return false, errShort
		}
		warned = warned[c[sumWarnings][i]:]
		if m.Number >= r.from && !(quiet && len(m.Warnings) == 0) && !r.yield(m) {
			return false, nil
		}
	}
	return true, nil
}

// fields gives the message in hand its values.
func (r *sumSectionReader) fields(places []uint64) bool {
	for _, at := range places {
		if at >= uint64(len(r.values)) {
			return false
		}
		if v := r.values[at]; v != 0 {
			r.m.Fields = append(r.m.Fields, r.table[v-1])
		}
	}
	return true
}

// warnings gives the message in hand the codes of its warnings.
func (r *sumSectionReader) warnings(warned []uint64) bool {
	r.m.Warnings = r.m.Warnings[:0]
	for _, w := range warned {
		if w>>8 >= uint64(len(r.names)) {
			return false
		}
		r.m.Warnings = append(r.m.Warnings, Warning{Code: r.names[w>>8], Severity: Severity(w)})
	}
	return true
}
