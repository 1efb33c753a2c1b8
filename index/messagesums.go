package index

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Figures over all messages of a protocol need little of each. That little is stored
// once more, by protocol and without what lies between: the messages themselves are
// stored in the order in which they were decoded, with all that they say.
//
//	messagesums  protocol 0 first number u32    up to sumGroup messages, s2:
//	             bytes, number - number before, message without summary, text and object,
//	             with the fields of MessageSummary.Summed and the codes of its warnings

// sumsSince is the content number that brought them.
const sumsSince = 5

// sumGroup is how many messages are stored together for sums.
const sumGroup = 512

// messageSums collects what sums need, in MessageLog.
type messageSums struct {
	summed map[string]bool // fields
	groups scratchFile
	open   map[string]*sumsGroup // by protocol
	order  []sumsKey             // of what is in groups, by number from 0
	fields []MessageField
	of     []*logField // of fields
	warned []Warning
	one    []byte
	packed []byte // of the group that is written; the file copies it
}

// sumsGroup is the group in hand of a protocol.
type sumsGroup struct {
	body        []byte
	first, last uint32
	n           int
}

type sumsKey struct {
	protocol string
	first    uint32
}

func (k sumsKey) bytes() []byte {
	return binary.BigEndian.AppendUint32(append([]byte(k.protocol), 0), k.first)
}

// add takes the next message, and what is known of its fields.
func (s *messageSums) add(m *Message, of []*logField, n *names) {
	short := *m
	short.Summary, short.Text, short.Object = "", nil, nil
	s.fields, s.of, s.warned = s.fields[:0], s.of[:0], s.warned[:0]
	for i := range m.Fields {
		if of[i].summed {
			s.fields, s.of = append(s.fields, m.Fields[i]), append(s.of, of[i])
		}
	}
	for i := range m.Warnings {
		s.warned = append(s.warned, Warning{Code: m.Warnings[i].Code, Severity: m.Warnings[i].Severity})
	}
	short.Fields, short.Warnings = s.fields, s.warned
	g := s.open[m.Protocol]
	if g == nil {
		g = &sumsGroup{}
		s.open[m.Protocol] = g
	}
	if g.n == 0 {
		g.first, g.last = m.Number, m.Number
	}
	s.one = appendMessage(s.one[:0], &short, s.of, n)
	g.body = binary.AppendUvarint(g.body, uint64(len(s.one)))
	g.body = binary.AppendUvarint(g.body, uint64(m.Number-g.last))
	g.body = append(g.body, s.one...)
	g.last = m.Number
	if g.n++; g.n == sumGroup {
		s.flush(m.Protocol, g)
	}
}

// flush writes the group in hand of a protocol.
func (s *messageSums) flush(protocol string, g *sumsGroup) {
	if g.n == 0 {
		return
	}
	s.packed = pack(s.packed[:0], g.body)
	s.groups.write(uint32(len(s.order)), s.packed)
	s.order = append(s.order, sumsKey{protocol, g.first})
	g.body, g.n = g.body[:0], 0
}

// store gives everything to the writer.
func (s *messageSums) store(w *Writer) error {
	protocols := make([]string, 0, len(s.open))
	for p := range s.open {
		protocols = append(protocols, p)
	}
	slices.Sort(protocols)
	for _, p := range protocols {
		s.flush(p, s.open[p])
	}
	return s.groups.each(func(number uint32, body []byte) { w.putLater(bucketMessageSums, s.order[number].bytes(), body) })
}

// summedFields gives the fields that sums have, in order.
func (s *messageSums) summedFields() []string {
	out := make([]string, 0, len(s.summed))
	for f := range s.summed {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

// hasSums tells whether what is stored for sums has all that a wish names.
func (x *Index) hasSums(wish *MessageWish) bool {
	if !wish.Sums || wish.Protocols == nil || x.summary.Content < sumsSince || wish.Fields == nil && !wish.NoFields {
		return false
	}
	for _, f := range wish.Fields {
		if !wish.NoFields && !slices.Contains(x.summary.Applications.Summed, f) {
			return false
		}
	}
	return true
}

// eachSummed calls yield for the messages of some protocols, of each in order, with
// what sums need.
func (x *Index) eachSummed(from uint32, protocols, names []string, w *messageWish, yield func(m *Message) bool) error {
	return x.view(func(v *view) error {
		b := v.tx.Bucket([]byte(bucketMessageSums))
		if b == nil {
			return v.corrupt(bucketMessageSums, nil, errors.New("bucket is missing"))
		}
		r := sumsReader{names: names, wish: w, known: map[string]string{}, from: from, yield: yield}
		for _, p := range protocols {
			prefix := append([]byte(p), 0)
			c := b.Cursor()
			for key, value := c.Seek(prefix); len(key) == len(prefix)+4 && string(key[:len(prefix)]) == string(prefix); key, value = c.Next() {
				body, ok := unseal(key, value)
				if !ok {
					return v.corrupt(bucketMessageSums, key, errChecksum)
				}
				more, err := r.group(body, binary.BigEndian.Uint32(key[len(prefix):]))
				if err != nil || !more {
					return v.wrap(bucketMessageSums, key, err)
				}
			}
		}
		return nil
	})
}

// sumsReader reads groups.
type sumsReader struct {
	names []string
	wish  *messageWish
	known map[string]string
	from  uint32
	yield func(m *Message) bool
	buf   []byte
	m     Message
}

// group walks a stored group, given the number of its first message.
func (r *sumsReader) group(value []byte, first uint32) (more bool, err error) {
	body, err := unpack(value, r.buf, messageLimit)
	if err != nil {
		return false, err
	}
	if value[0] != packedPlain {
		r.buf = body
	}
	d := decoder{b: body}
	r.m.Number = first
	for n := 0; len(d.b) > 0; n++ {
		size := d.count(1)
		r.m.Number += uint32(d.uvarint())
		one := decoder{b: d.bytes(size), known: r.known}
		if decodeMessage(&one, r.names, r.wish, &r.m); d.err != nil || one.err != nil || n >= sumGroup {
			return false, errShort
		}
		if r.m.Number >= r.from && !r.yield(&r.m) {
			return false, nil
		}
	}
	return true, nil
}
