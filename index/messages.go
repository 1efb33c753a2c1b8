package index

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// MessageLog collects the messages and applications of an ingest, in a goroutine of
// its own beside the Writer, and gives them to it at the end: that the same capture
// gives the same bytes, all that is stored comes in one order. Messages wait in a
// scratch file; in memory there are 8 bytes for each, and bitmaps of the frames that
// have a field.
//
//	l, _ := NewMessageLog(dir, listed)
//	for each message { l.Add(m) }; for each connection { l.AddApplication(a) }
//	l.Store(w)       // or l.Close() alone
//	l.Close()
type MessageLog struct {
	listed   map[string]bool // fields with a list for each value
	groups   scratchFile
	names    names
	group    []byte
	grouped  int
	present  []uint64 // numbers of the protocols in the group
	fields   map[string]*logField
	ofFields []*logField // of the message in hand
	scratch  []byte
	packed   []byte // of what is written next; the file copies it
	value    []byte // key of a value in its lists
	texts    scratchFile
	frames   pages // by message number - 1
	requests pages
	apps     applicationLog
	sums     messageSums
	summary  MessageSummary
}

// Limits of what a capture's messages take.
const (
	// MaxMessages bounds their number; the rest is counted and left out.
	MaxMessages = 32 << 20
	// MaxApplications bounds the connections of which the application is kept.
	MaxApplications = 2 << 20
)

// MessageSummary says what is stored of application protocols.
type MessageSummary struct {
	Messages     uint64 `json:"messages"`
	Applications uint64 `json:"applications"` // connections with an application
	// Names are the texts that stored messages refer to by number.
	Names []string `json:"names"`
	// Summed are the fields that are stored for sums (MessageWish.Sums).
	Summed []string `json:"summed,omitempty"`
	// Protocols sums up messages by protocol, by name.
	Protocols []MessageProtocol `json:"protocols"`
	// Dropped counts messages above MaxMessages, DroppedApplications connections
	// above MaxApplications, Panics decoders that failed.
	Dropped             uint64 `json:"dropped,omitempty"`
	DroppedApplications uint64 `json:"dropped_applications,omitempty"`
	Panics              uint64 `json:"panics,omitempty"`
}

// MessageProtocol counts the messages of a protocol.
type MessageProtocol struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Failed   uint64 `json:"failed,omitempty"`   // with an outcome other than ok
	Warnings uint64 `json:"warnings,omitempty"` // of all messages
}

// NewMessageLog makes a log in folder dir. listed names the fields of which the
// frames of each value are kept, summed those that figures over a protocol are made of.
func NewMessageLog(dir string, listed, summed []string) (*MessageLog, error) {
	l := &MessageLog{
		listed: map[string]bool{}, fields: map[string]*logField{},
		sums: messageSums{summed: map[string]bool{}, open: map[string]*sumsGroup{}},
	}
	for _, f := range []*scratchFile{&l.groups, &l.texts, &l.sums.groups} {
		if err := f.create(dir); err != nil {
			return nil, errors.Join(fmt.Errorf("create message log: %w", err), l.Close())
		}
	}
	for _, name := range listed {
		l.listed[name] = true
	}
	for _, name := range summed {
		l.sums.summed[name] = true
	}
	return l, nil
}

// Add takes the next message. Its number must be one more than the one before.
func (l *MessageLog) Add(m *Message) {
	if l.frames.len() >= MaxMessages {
		l.summary.Dropped++
		return
	}
	l.frames.add(m.Frame)
	l.requests.add(m.Request)
	id := l.names.id(m.Protocol)
	if !slices.Contains(l.present, id) {
		l.present = append(l.present, id)
	}
	l.ofFields = l.ofFields[:0]
	for i := range m.Fields {
		f := l.field(m.Fields[i].Name)
		l.ofFields = append(l.ofFields, f)
		l.list(f, &m.Fields[i], m.Frame)
	}
	l.scratch = appendMessage(l.scratch[:0], m, l.ofFields, &l.names)
	l.group = append(binary.AppendUvarint(l.group, uint64(len(l.scratch))), l.scratch...)
	if len(m.Text) > 0 {
		l.packed = pack(l.packed[:0], m.Text)
		l.texts.write(m.Number, l.packed)
	}
	if l.grouped++; l.grouped == messageGroup {
		l.flush()
	}
	l.sums.add(m, l.ofFields, &l.names)
	l.count(m)
}

func (l *MessageLog) count(m *Message) {
	at, found := slices.BinarySearchFunc(l.summary.Protocols, m.Protocol, func(p MessageProtocol, name string) int { return cmp.Compare(p.Name, name) })
	if !found {
		l.summary.Protocols = slices.Insert(l.summary.Protocols, at, MessageProtocol{Name: m.Protocol})
	}
	p := &l.summary.Protocols[at]
	p.Messages++
	p.Warnings += uint64(len(m.Warnings))
	if m.Outcome != Fine {
		p.Failed++
	}
}

// AddApplication takes what is known of a connection. One that was given up and went
// on comes more than once.
func (l *MessageLog) AddApplication(a *Application) {
	if len(l.apps.at) >= MaxApplications {
		l.summary.DroppedApplications++
		return
	}
	l.apps.add(a, &l.names)
}

// flush writes the group in hand: which protocols it holds, packed body.
func (l *MessageLog) flush() {
	if l.grouped == 0 {
		return
	}
	body := binary.AppendUvarint(l.packed[:0], uint64(len(l.present)))
	for _, id := range l.present {
		body = binary.AppendUvarint(body, id)
	}
	l.packed = pack(body, l.group)
	l.groups.write(uint32(l.frames.len()-l.grouped)+1, l.packed)
	l.group, l.present, l.grouped = l.group[:0], l.present[:0], 0
}

// Close removes the scratch files. It may be called more than once.
func (l *MessageLog) Close() error {
	return errors.Join(l.groups.remove(), l.texts.remove(), l.sums.groups.remove())
}

// Store gives everything to the writer, and the summary of it. Panics is how many
// decoders failed.
func (l *MessageLog) Store(w *Writer, panics uint64) (*MessageSummary, error) {
	l.flush()
	if err := l.groups.each(func(number uint32, body []byte) { w.putLater(bucketMessages, key32(number), body) }); err != nil {
		return nil, err
	}
	l.storeFrames(w)
	l.storeLists(w)
	if err := l.storeApplications(w); err != nil {
		return nil, err
	}
	if err := l.sums.store(w); err != nil {
		return nil, err
	}
	if err := l.texts.each(func(number uint32, body []byte) { w.putLater(bucketMessageTexts, key32(number), body) }); err != nil {
		return nil, err
	}
	s := &l.summary
	s.Messages, s.Panics, s.Names, s.Summed = uint64(l.frames.len()), panics, l.names.list, l.sums.summedFields()
	return s, w.Err()
}

// pages is a list of numbers that never moves as it grows.
type pages [][]uint32

const pageNumbers = 16 << 10

func (p *pages) add(n uint32) {
	if last := len(*p) - 1; last >= 0 && len((*p)[last]) < pageNumbers {
		(*p)[last] = append((*p)[last], n)
		return
	}
	*p = append(*p, append(make([]uint32, 0, pageNumbers), n))
}

func (p pages) at(i uint32) uint32 { return p[i/pageNumbers][i%pageNumbers] }

func (p pages) len() int {
	if len(p) == 0 {
		return 0
	}
	return (len(p)-1)*pageNumbers + len(p[len(p)-1])
}

// frameGroup is how many messages the lists of frames hold each.
const frameGroup = 4096

// storeFrames stores the messages in the order of their frames, with the answers of
// requests: frame, number, number of the answer.
func (l *MessageLog) storeFrames(w *Writer) {
	order := make([]uint32, l.frames.len())
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortStableFunc(order, func(a, b uint32) int { return cmp.Compare(l.frames.at(a), l.frames.at(b)) })
	answers := make([]uint32, len(order))
	for i := range answers {
		if r := l.requests.at(uint32(i)); r > 0 && int(r) <= len(answers) && answers[r-1] == 0 {
			answers[r-1] = uint32(i) + 1
		}
	}
	for len(order) > 0 {
		n := min(frameGroup, len(order))
		for n < len(order) && l.frames.at(order[n]) == l.frames.at(order[n-1]) { // a frame is in one group
			n++
		}
		first := l.frames.at(order[0])
		body, frame, number := []byte(nil), first, uint32(0)
		for _, i := range order[:n] {
			body = binary.AppendUvarint(body, uint64(l.frames.at(i)-frame))
			body = binary.AppendVarint(body, int64(i+1)-int64(number))
			body = binary.AppendUvarint(body, uint64(answers[i]))
			frame, number = l.frames.at(i), i+1
		}
		w.putLater(bucketMessageFrames, key32(first), pack(nil, body))
		order = order[n:]
	}
}

// storeApplications stores them in groups of connGroup connections: number in the group,
// application.
func (l *MessageLog) storeApplications(w *Writer) error {
	var body []byte
	first := uint32(0)
	flush := func() {
		if len(body) > 0 {
			w.putLater(bucketApplications, key32(first), pack(nil, body))
			body = body[:0]
		}
	}
	err := l.apps.each(&l.names, func(a *Application) {
		if group := a.Conn - a.Conn%connGroup; group != first {
			flush()
			first = group
		}
		body = append(body, byte(a.Conn-first))
		body = appendApplication(body, a, &l.names)
		l.summary.Applications++
	})
	flush()
	return err
}

// putLater stores a value in the storing goroutine.
func (w *Writer) putLater(bucket string, key, body []byte) {
	w.jobs <- func(p *put) error {
		if p == nil {
			return nil
		}
		return p.put(bucket, key, body)
	}
}

func (w *Writer) putBitmap(bucket string, key []byte, b *roaring.Bitmap) {
	b.RunOptimize()
	w.putLater(bucket, key, appendBitmap(nil, b))
}
