package index

import (
	"encoding/binary"
	"slices"
)

// messageGroup is how many messages are stored together.
const messageGroup = 64

// MessageGroupSize is how many messages MessageGroup gives: those from 1 to it, and so on.
const MessageGroupSize = messageGroup

// messageLimit bounds what a stored group takes: the fields of its messages are most of it.
const messageLimit = messageGroup << 24

// Limits of one stored message. What is beyond is left out by the writer.
const (
	MaxMessageFields = 4096
	MaxFieldText     = 16 << 10
	maxWarnings      = 64
)

// names numbers texts that occur in many messages: of fields, protocols, codes.
type names struct {
	list []string
	by   map[string]uint64
}

func (n *names) id(name string) uint64 {
	id, ok := n.by[name]
	if !ok {
		if n.by == nil {
			n.by = map[string]uint64{}
		}
		id = uint64(len(n.list))
		n.by[name] = id
		n.list = append(n.list, name)
	}
	return id
}

func nameOf(list []string, d *decoder) string {
	return nameAt(list, d.uvarint(), d)
}

func nameAt(list []string, id uint64, d *decoder) string {
	if id >= uint64(len(list)) {
		if d.err == nil {
			d.fail()
		}
		return ""
	}
	return list[id]
}

// appendMessage encodes a message behind its number, which its place tells. Fields,
// protocols and codes of warnings are numbers of n; those of its fields are in of.
//
//	protocol, kind | outcome << 4, conn + 1, side, first, frame - first (signed),
//	start, end - start (signed), offset, length, request, code, summary,
//	fields: name << 1 | secret, number of a text's bytes or 0, text or number
//	warnings, bytes of the text, object
func appendMessage(b []byte, m *Message, of []*logField, n *names) []byte {
	b = binary.AppendUvarint(b, n.id(m.Protocol))
	b = append(b, byte(m.Kind)|byte(m.Outcome)<<4)
	b = binary.AppendUvarint(b, uint64(m.Conn+1)) // NoConnection is 0
	b = append(b, byte(m.Side))
	b = binary.AppendUvarint(b, uint64(m.First))
	b = binary.AppendVarint(b, int64(m.Frame)-int64(m.First))
	b = binary.AppendVarint(b, int64(m.Start))
	b = binary.AppendVarint(b, int64(m.End-m.Start))
	for _, v := range []uint64{m.Offset, m.Length, uint64(m.Request)} {
		b = binary.AppendUvarint(b, v)
	}
	b = appendString(appendString(b, m.Code), m.Summary)
	fields := m.Fields[:min(len(m.Fields), MaxMessageFields)]
	b = binary.AppendUvarint(b, uint64(len(fields)))
	for i := range fields {
		b = appendMessageField(b, &fields[i], of[i].id)
	}
	warnings := m.Warnings[:min(len(m.Warnings), maxWarnings)]
	b = binary.AppendUvarint(b, uint64(len(warnings)))
	for i := range warnings {
		w := &warnings[i]
		b = append(binary.AppendUvarint(b, n.id(w.Code)), byte(w.Severity))
		b = appendString(b, w.Text)
		frames := w.Frames[:min(len(w.Frames), MaxEvidence)]
		b = appendFrameList(binary.AppendUvarint(b, uint64(len(frames))), frames)
	}
	b = binary.AppendUvarint(b, uint64(len(m.Text)))
	return appendObject(b, m.Object)
}

// appendMessageField encodes one value of a message, given the number of its name.
func appendMessageField(b []byte, f *MessageField, name uint64) []byte {
	name <<= 1
	if f.Secret {
		name |= 1
	}
	b = binary.AppendUvarint(b, name)
	if f.Text != "" {
		return appendString(b, f.Text)
	}
	return binary.AppendUvarint(append(b, 0), f.Num)
}

func appendObject(b []byte, o *Object) []byte {
	if o == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	for _, s := range []string{o.Name, o.Type, o.Sniff, o.SHA256, o.Coding, o.Verdict} {
		b = appendString(b, s)
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, o.Size), o.Wire)
	return binary.AppendVarint(b, o.Expected)
}

func decodeMessage(d *decoder, list []string, w *messageWish, m *Message) {
	m.Protocol = nameOf(list, d)
	bits := d.byte()
	m.Kind, m.Outcome = MessageKind(bits&15), Outcome(bits>>4)
	m.Conn = d.uint32() - 1
	m.Side = Side(d.byte() & 1)
	m.First = d.uint32()
	m.Frame = uint32(int64(m.First) + d.varint())
	m.Start = Time(d.varint())
	m.End = m.Start + Time(d.varint())
	m.Offset, m.Length, m.Request = d.uvarint(), d.uvarint(), d.uint32()
	m.Code, m.Summary = d.string(), d.string()
	w.fieldsOf(d, list, m)
	m.Warnings = m.Warnings[:0]
	for range d.count(3) {
		x := Warning{Code: nameOf(list, d), Severity: Severity(d.byte()), Text: d.string()}
		var last uint32
		for range d.count(1) {
			last += uint32(d.uvarint())
			x.Frames = append(x.Frames, last)
		}
		m.Warnings = append(m.Warnings, x)
	}
	m.TextBytes = d.uint32()
	m.Object = nil
	if d.byte() != 0 {
		o := &Object{}
		for _, s := range []*string{&o.Name, &o.Type, &o.Sniff, &o.SHA256, &o.Coding, &o.Verdict} {
			*s = d.string()
		}
		o.Size, o.Wire, o.Expected = d.uvarint(), d.uvarint(), d.varint()
		m.Object = o
	}
}

func appendApplication(b []byte, a *Application, n *names) []byte {
	b = binary.AppendUvarint(b, uint64(len(a.Protocols)))
	for _, p := range a.Protocols {
		b = binary.AppendUvarint(b, n.id(p))
	}
	b = append(b, boolByte(a.Confirmed))
	b = appendString(appendString(b, a.Host), a.HostFrom)
	for _, v := range []uint64{uint64(a.Messages), a.Missing, uint64(a.Sampled), uint64(a.Printable), uint64(a.Entropy)} {
		b = binary.AppendUvarint(b, v)
	}
	return appendString(b, string(a.Head))
}

// decodeApplication decodes what is known of one connection. Lists of protocols that
// were decoded before are in lists, by what is stored of them.
func decodeApplication(d *decoder, list []string, lists map[string][]string, a *Application) {
	stored := d.b
	n := d.count(1)
	d.skip(n)
	stored = stored[:len(stored)-len(d.b)]
	if d.err != nil {
		return
	}
	known := false
	if a.Protocols, known = lists[string(stored)]; !known {
		names := decoder{b: stored}
		names.skip(1)
		for range n {
			a.Protocols = append(a.Protocols, nameOf(list, &names))
		}
		a.Protocols = slices.Clip(a.Protocols)
		if d.err = names.err; len(lists) < maxKnownTexts {
			lists[string(stored)] = a.Protocols
		}
	}
	a.Confirmed = d.byte() != 0
	a.Host, a.HostFrom = d.string(), d.string()
	a.Messages, a.Missing, a.Sampled = d.uint32(), d.uvarint(), d.uint32()
	a.Printable, a.Entropy = uint16(d.uvarint()), uint16(d.uvarint())
	a.Head = slices.Clone(d.bytes(d.count(1)))
}
