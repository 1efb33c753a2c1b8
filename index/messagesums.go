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
//	messagesums  protocol 0 first number u32    up to sumGroup messages, s2: their number,
//	             then the sections below, each behind its length in bytes
//
// Values and codes stand once in a group, however many of its messages have them: the
// fields of MessageSummary.Summed alone.
const (
	sumValues   = iota // number of values; of each: name << 1 | secret, bytes of its text or 0, text or number
	sumCodes           // number of codes; of each: bytes, text
	sumNumber          // number, less that of the message before
	sumKind            // kind | outcome << 4
	sumSide            // who sent it
	sumConn            // connection + 1 (NoConnection is 0), less that of the message before, signed
	sumFrame           // frame, less that of the message before, signed
	sumStart           // start, less that of the message before, signed
	sumTook            // end - start, signed
	sumLength          // bytes
	sumRequest         // number less that of the request, 0: none
	sumCode            // place of the code from 1, 0: none
	sumFields          // how many values a message has
	sumPlaces          // place of each value, of one message after those of the other
	sumWarnings        // how many warnings a message has
	sumWarned          // of each: name of its code << 8 | severity
	sumSections
)

// Content numbers: that which brought messages for sums, one message behind the other
// (messagerows.go), and that which brought sections.
const (
	sumsSince        = 5
	sumSectionsSince = 6
)

// sumGroup is how many messages are stored together for sums.
const sumGroup = 512

// sumGroupText is how many bytes of values end a group before it is full.
const sumGroupText = 1 << 20

// messageSums collects what sums need, in MessageLog.
type messageSums struct {
	summed map[string]bool // fields
	groups scratchFile
	open   map[string]*sumsGroup // by protocol
	order  []sumsKey             // of what is in groups, by number from 0
	one    []byte
	body   []byte
	packed []byte // of the group that is written; the file copies it
}

// sumsGroup is the group in hand of a protocol.
type sumsGroup struct {
	first    uint32
	n        int
	last     Message // only what differences are taken to
	sections [sumSections][]byte
	values   map[string]uint64 // places, by what is stored of the value
	codes    map[string]uint64
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
	g := s.open[m.Protocol]
	if g == nil {
		g = &sumsGroup{values: map[string]uint64{}, codes: map[string]uint64{}}
		s.open[m.Protocol] = g
	}
	if g.n == 0 {
		g.first, g.last = m.Number, Message{Number: m.Number}
	}
	g.add(m)
	fields := uint64(0)
	for i := range m.Fields {
		if of[i].summed && fields < MaxMessageFields {
			fields++
			s.one = appendMessageField(s.one[:0], &m.Fields[i], of[i].id)
			g.put(sumPlaces, g.place(sumValues, g.values, s.one))
		}
	}
	g.put(sumFields, fields)
	warnings := m.Warnings[:min(len(m.Warnings), maxWarnings)]
	for i := range warnings {
		g.put(sumWarned, n.id(warnings[i].Code)<<8|uint64(warnings[i].Severity))
	}
	g.put(sumWarnings, uint64(len(warnings)))
	code := uint64(0)
	if m.Code != "" {
		s.one = appendString(s.one[:0], m.Code)
		code = g.place(sumCodes, g.codes, s.one) + 1
	}
	g.put(sumCode, code)
	if g.n++; g.n == sumGroup || len(g.sections[sumValues]) >= sumGroupText {
		s.flush(m.Protocol, g)
	}
}

// add takes what each message has one of.
func (g *sumsGroup) add(m *Message) {
	last := &g.last
	g.put(sumNumber, uint64(m.Number-last.Number))
	g.sections[sumKind] = append(g.sections[sumKind], byte(m.Kind)|byte(m.Outcome)<<4)
	g.sections[sumSide] = append(g.sections[sumSide], byte(m.Side))
	g.putSigned(sumConn, int64(m.Conn+1)-int64(last.Conn))
	g.putSigned(sumFrame, int64(m.Frame)-int64(last.Frame))
	g.putSigned(sumStart, int64(m.Start-last.Start))
	g.putSigned(sumTook, int64(m.End-m.Start))
	g.put(sumLength, m.Length)
	before := uint32(0)
	if m.Request != 0 {
		before = m.Number - m.Request
	}
	g.put(sumRequest, uint64(before))
	last.Number, last.Conn, last.Frame, last.Start = m.Number, m.Conn+1, m.Frame, m.Start
}

func (g *sumsGroup) put(section int, v uint64) {
	g.sections[section] = binary.AppendUvarint(g.sections[section], v)
}

func (g *sumsGroup) putSigned(section int, v int64) {
	g.sections[section] = binary.AppendVarint(g.sections[section], v)
}

// place gives the place of a value in a section that has each once, from 0.
func (g *sumsGroup) place(section int, places map[string]uint64, value []byte) uint64 {
	at, known := places[string(value)]
	if !known {
		at = uint64(len(places))
		places[string(value)] = at
		g.sections[section] = append(g.sections[section], value...)
	}
	return at
}

// flush writes the group in hand of a protocol.
func (s *messageSums) flush(protocol string, g *sumsGroup) {
	if g.n == 0 {
		return
	}
	counts := [sumSections]int{sumValues: len(g.values), sumCodes: len(g.codes)}
	s.body = binary.AppendUvarint(s.body[:0], uint64(g.n))
	for i := range g.sections {
		section := g.sections[i]
		if i <= sumCodes {
			s.one = binary.AppendUvarint(s.one[:0], uint64(counts[i]))
			s.body = append(binary.AppendUvarint(s.body, uint64(len(s.one)+len(section))), s.one...)
		} else {
			s.body = binary.AppendUvarint(s.body, uint64(len(section)))
		}
		s.body = append(s.body, section...)
		g.sections[i] = section[:0]
	}
	s.packed = pack(s.packed[:0], s.body)
	s.groups.write(uint32(len(s.order)), s.packed)
	s.order = append(s.order, sumsKey{protocol, g.first})
	clear(g.values)
	clear(g.codes)
	g.n = 0
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
	if x.summary.Content >= sumSectionsSince {
		return x.eachInSections(from, protocols, names, w, yield)
	}
	r := sumRowReader{names: names, wish: w, known: map[string]string{}, from: from, yield: yield}
	return x.eachSumsGroup(protocols, func(value []byte, _ string, first uint32) (more bool, err error) { return r.group(value, first) })
}

// eachSumsGroup calls do for what is stored for sums of some protocols, in order, until it
// returns false.
func (x *Index) eachSumsGroup(protocols []string, do func(value []byte, protocol string, first uint32) (more bool, err error)) error {
	return x.view(func(v *view) error {
		b := v.tx.Bucket([]byte(bucketMessageSums))
		if b == nil {
			return v.corrupt(bucketMessageSums, nil, errors.New("bucket is missing"))
		}
		for _, p := range protocols {
			prefix := append([]byte(p), 0)
			c := b.Cursor()
			for key, value := c.Seek(prefix); len(key) == len(prefix)+4 && string(key[:len(prefix)]) == string(prefix); key, value = c.Next() {
				body, ok := unseal(key, value)
				if !ok {
					return v.corrupt(bucketMessageSums, key, errChecksum)
				}
				more, err := do(body, p, binary.BigEndian.Uint32(key[len(prefix):]))
				if err != nil || !more {
					return v.wrap(bucketMessageSums, key, err)
				}
			}
		}
		return nil
	})
}

// sumsAhead is how many groups are read before yield has seen them.
const sumsAhead = 3

// eachInSections reads groups in a goroutine of its own while yield looks at those before
// them: each takes about half of the time.
func (x *Index) eachInSections(from uint32, protocols, names []string, w *messageWish, yield func(m *Message) bool) error {
	read, free, stop := make(chan *sumMessages, sumsAhead), make(chan *sumMessages, sumsAhead), make(chan struct{})
	for range sumsAhead {
		free <- &sumMessages{}
	}
	var failed error
	go func() {
		defer close(read)
		r := sumSectionReader{names: names, wish: w, known: map[string]uint32{}, texts: map[string]string{}}
		failed = x.eachSumsGroup(protocols, func(value []byte, protocol string, first uint32) (bool, error) {
			var g *sumMessages
			select {
			case g = <-free:
			case <-stop:
				return false, nil
			}
			wanted, err := r.read(g, value, protocol, first)
			if wanted {
				read <- g
			} else {
				free <- g
			}
			return true, err
		})
	}()
	defer func() { // also when yield panics
		close(stop)
		for range read {
		}
	}()
	var m Message
	for g := range read {
		if !g.each(from, names, &m, yield) {
			return nil
		}
		free <- g
	}
	return failed
}
