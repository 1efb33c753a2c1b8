package index

import "slices"

// sumSectionReader reads groups of messages for sums.
type sumSectionReader struct {
	names []string
	wish  *messageWish
	known map[string]uint32 // ordinals of values of fields that are wanted, by what is stored of them
	table []MessageField    // by ordinal, from 1
	texts map[string]string // codes that were read before
	buf   []byte
}

// sumMessages is a group that was read: it refers to nothing that is stored.
type sumMessages struct {
	protocol string
	first    uint32 // number
	quiet    bool   // messages without warnings are passed over
	kinds    []byte
	sides    []byte
	numbers  [sumSections][]uint64 // of sections that hold one for each message, value or warning
	table    []MessageField        // of the reader
	rare     []MessageField        // values of the group that found no room in table
	values   []uint32              // places in table, from 1, or, above maxKnownTexts, in rare; 0: not wanted
	codes    []string
}

// read takes a stored group of a protocol, given the number of its first message; wanted is
// false if none of its messages is wanted.
func (r *sumSectionReader) read(g *sumMessages, value []byte, protocol string, first uint32) (wanted bool, err error) {
	body, err := unpack(value, r.buf, messageLimit)
	if err != nil {
		return false, err
	}
	if value[0] != packedPlain {
		r.buf = body
	}
	var sections [sumSections][]byte
	d := decoder{b: body}
	n := d.count(sumSections - sumNumber - 2) // a byte in each section but those of values and warnings
	for i := range sections {
		sections[i] = d.bytes(d.count(1))
	}
	if d.err != nil || n > sumGroup {
		return false, errShort
	}
	g.protocol, g.first, g.quiet = protocol, first, slices.Contains(r.wish.warned, protocol)
	warned, ok := g.column(sumWarnings, n, &sections)
	switch {
	case !ok:
		return false, errShort
	case g.quiet && warned == 0:
		return false, nil
	case !g.columns(n, warned, &sections) || !r.dictionaries(g, &sections) || !g.sound(len(r.names)):
		return false, errShort
	}
	return true, nil
}

// column reads a section of n numbers, and gives their sum; ok is false if it does not
// hold them.
func (g *sumMessages) column(section, n int, sections *[sumSections][]byte) (sum uint64, ok bool) {
	out := slices.Grow(g.numbers[section][:0], n)[:n]
	g.numbers[section] = out
	d := decoder{b: sections[section]}
	d.uvarints(out)
	for _, v := range out {
		sum += min(v, 1<<32) // of places, values, warnings: more cannot be
	}
	return sum, d.err == nil && len(d.b) == 0
}

// columns reads the sections of n messages with so many warnings.
func (g *sumMessages) columns(n int, warned uint64, sections *[sumSections][]byte) bool {
	g.kinds, g.sides = append(g.kinds[:0], sections[sumKind]...), append(g.sides[:0], sections[sumSide]...)
	if len(g.kinds) != n || len(g.sides) != n || warned > uint64(len(sections[sumWarned])) {
		return false
	}
	for _, section := range []int{sumNumber, sumConn, sumFrame, sumStart, sumTook, sumLength, sumRequest, sumCode} {
		if _, ok := g.column(section, n, sections); !ok {
			return false
		}
	}
	if _, ok := g.column(sumWarned, int(warned), sections); !ok {
		return false
	}
	fields, ok := g.column(sumFields, n, sections)
	if !ok || fields > uint64(len(sections[sumPlaces])) {
		return false
	}
	_, ok = g.column(sumPlaces, int(fields), sections)
	return ok
}

// sound tells whether everything that messages refer to is there.
func (g *sumMessages) sound(names int) bool {
	over := func(list []uint64, n int, bits uint) bool {
		return slices.ContainsFunc(list, func(v uint64) bool { return v>>bits >= uint64(n) })
	}
	return !over(g.numbers[sumCode], len(g.codes), 0) && !over(g.numbers[sumPlaces], len(g.values), 0) && !over(g.numbers[sumWarned], names, 8)
}

// dictionaries reads the codes and the values of a group.
func (r *sumSectionReader) dictionaries(g *sumMessages, sections *[sumSections][]byte) bool {
	d := decoder{b: sections[sumCodes], known: r.texts}
	g.codes = append(g.codes[:0], "") // of messages without one
	for range d.count(1) {
		g.codes = append(g.codes, d.string())
	}
	if d.err != nil {
		return false
	}
	g.values, g.rare = g.values[:0], g.rare[:0]
	d = decoder{b: sections[sumValues]}
	for range d.count(2) {
		g.values = append(g.values, r.value(&d, g))
	}
	g.table = r.table
	return d.err == nil
}

// value reads the next value of a group, and gives its place.
func (r *sumSectionReader) value(d *decoder, g *sumMessages) uint32 {
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
	if len(r.table) >= maxKnownTexts {
		g.rare = append(g.rare, f)
		return uint32(maxKnownTexts + len(g.rare))
	}
	f.Ordinal = uint32(len(r.table)) + 1
	r.known[key] = f.Ordinal
	r.table = append(r.table, f)
	return f.Ordinal
}

// each calls yield for the messages of a group from a number on, until it returns false.
// They are one after the other in m.
func (g *sumMessages) each(from uint32, names []string, m *Message, yield func(m *Message) bool) (more bool) {
	c := &g.numbers
	places, warned := c[sumPlaces], c[sumWarned]
	conn := int64(0)
	*m = Message{Protocol: g.protocol, Number: g.first, Fields: m.Fields, Warnings: m.Warnings}
	for i, bits := range g.kinds {
		m.Number += uint32(c[sumNumber][i])
		m.Kind, m.Outcome, m.Side = MessageKind(bits&15), Outcome(bits>>4), Side(g.sides[i]&1)
		conn += signed(c[sumConn][i])
		m.Conn = uint32(conn) - 1
		m.Frame = uint32(int64(m.Frame) + signed(c[sumFrame][i]))
		m.Start += Time(signed(c[sumStart][i]))
		m.End = m.Start + Time(signed(c[sumTook][i]))
		m.Length = c[sumLength][i]
		if m.Request = 0; c[sumRequest][i] != 0 {
			m.Request = m.Number - uint32(c[sumRequest][i])
		}
		m.Code = g.codes[c[sumCode][i]]
		m.Fields, m.Warnings = m.Fields[:0], m.Warnings[:0]
		for _, at := range places[:c[sumFields][i]] {
			switch v := g.values[at]; {
			case v > maxKnownTexts:
				m.Fields = append(m.Fields, g.rare[v-maxKnownTexts-1])
			case v != 0:
				m.Fields = append(m.Fields, g.table[v-1])
			}
		}
		places = places[c[sumFields][i]:]
		for _, w := range warned[:c[sumWarnings][i]] {
			m.Warnings = append(m.Warnings, Warning{Code: names[w>>8], Severity: Severity(w)})
		}
		warned = warned[c[sumWarnings][i]:]
		if m.Number >= from && !(g.quiet && len(m.Warnings) == 0) && !yield(m) {
			return false
		}
	}
	return true
}
