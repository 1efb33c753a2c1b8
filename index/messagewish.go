package index

import "slices"

// MessageWish says which messages are read, and what of them. The zero value is all.
type MessageWish struct {
	Protocols []string // nil: all
	Fields    []string // nil: all; of others the values are passed over
	NoFields  bool
	// Warned are protocols of which only messages with warnings are wanted.
	Warned []string
	// Sums: of each message only what figures over many are made of: no summaries, no
	// objects, no first frames and offsets, of warnings only codes are needed, and fields
	// that MessageSummary.Summed names. Of an index that has no such store all is read.
	Sums bool
}

// messageWish is a wish in the numbers of an index.
type messageWish struct {
	protocols []uint64 // nil: all
	fields    []bool   // by number of the name; nil: all
	none      bool
	warned    []string
}

func (w *MessageWish) in(names []string) *messageWish {
	out := &messageWish{none: w.NoFields, warned: w.Warned}
	if w.Protocols != nil {
		out.protocols = []uint64{}
		for i, name := range names {
			if slices.Contains(w.Protocols, name) {
				out.protocols = append(out.protocols, uint64(i))
			}
		}
	}
	if w.Fields != nil {
		out.fields = make([]bool, len(names))
		for i, name := range names {
			out.fields[i] = slices.Contains(w.Fields, name)
		}
	}
	return out
}

// protocol tells whether messages of a protocol are wanted.
func (w *messageWish) protocol(id uint64) bool {
	return w == nil || w.protocols == nil || slices.Contains(w.protocols, id)
}

// field tells whether a field is wanted, by the number of its name.
func (w *messageWish) field(id uint64) bool {
	return w == nil || !w.none && (w.fields == nil || w.fields[id])
}

// quiet tells messages that are not wanted because they have no warnings.
func (w *messageWish) quiet(m *Message) bool {
	return w != nil && len(m.Warnings) == 0 && slices.Contains(w.warned, m.Protocol)
}

// fieldsOf decodes those fields of a message that are wanted.
func (w *messageWish) fieldsOf(d *decoder, list []string, m *Message) {
	n := d.count(2)
	if m.Fields = m.Fields[:0]; w == nil || w.fields == nil && !w.none {
		m.Fields = slices.Grow(m.Fields, n)
	}
	for range n {
		id := d.uvarint()
		text := d.bytes(d.count(1))
		var number uint64
		if len(text) == 0 {
			number = d.uvarint()
		}
		name := nameAt(list, id>>1, d)
		if d.err != nil || !w.field(id>>1) {
			continue
		}
		m.Fields = append(m.Fields, MessageField{Name: name, Secret: id&1 != 0, Text: d.text(text), Num: number})
	}
}
