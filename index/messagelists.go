package index

import (
	"encoding/binary"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// logField is what MessageLog knows of a field: its number among the names, and the
// frames that have it, and, if it is listed, those of each value.
type logField struct {
	id     uint64
	summed bool
	all    frameList
	values map[string]*frameList // nil: too many, or not listed
}

// Limits of lists of values.
const (
	maxListValues = 512
	maxListText   = 64 // bytes of a value that is listed
)

// frameList collects frames, in the order in which messages come: what each is away from
// the one before, as a varint. There may be thousands of lists, most of them short: a
// bitmap for each took three times as much.
type frameList struct {
	steps []byte
	last  uint32
}

// add adds a frame. Fields that stand many times in a message come with one frame.
func (f *frameList) add(frame uint32) {
	if frame == f.last && len(f.steps) > 0 {
		return
	}
	f.steps = binary.AppendVarint(f.steps, int64(frame)-int64(f.last))
	f.last = frame
}

// bitmap gives the frames.
func (f *frameList) bitmap() *roaring.Bitmap {
	b := roaring.New()
	var batch [512]uint32
	n, frame := 0, int64(0)
	for rest := f.steps; len(rest) > 0; {
		step, size := binary.Varint(rest)
		if size <= 0 {
			break
		}
		frame, rest = frame+step, rest[size:]
		batch[n] = uint32(frame)
		if n++; n == len(batch) {
			b.AddMany(batch[:])
			n = 0
		}
	}
	b.AddMany(batch[:n])
	return b
}

// field gives what is known of a field.
func (l *MessageLog) field(name string) *logField {
	f := l.fields[name]
	if f == nil {
		f = &logField{id: l.names.id(name), summed: l.sums.summed[name]}
		if l.listed[name] {
			f.values = map[string]*frameList{}
		}
		l.fields[name] = f
	}
	return f
}

// list notes the frame of a field and of its value.
func (l *MessageLog) list(x *logField, f *MessageField, frame uint32) {
	x.all.add(frame)
	if x.values == nil {
		return
	}
	l.value = appendValue(l.value[:0], f.Text, f.Num)
	b := x.values[string(l.value)]
	if b == nil {
		if len(x.values) >= maxListValues || len(l.value) > maxListText {
			x.values = nil
			return
		}
		b = &frameList{}
		x.values[string(l.value)] = b
	}
	b.add(frame)
}

// MessageValue gives the key of a field's value in its lists.
func MessageValue(text string, num uint64) []byte { return appendValue(nil, text, num) }

func appendValue(b []byte, text string, num uint64) []byte {
	if text != "" {
		return append(append(b, 't'), text...)
	}
	return binary.BigEndian.AppendUint64(append(b, 'n'), num)
}

// storeLists stores bitmaps by field, 0, and a value; without a value those of all
// frames with the field.
func (l *MessageLog) storeLists(w *Writer) {
	fields := make([]string, 0, len(l.fields))
	for name := range l.fields {
		fields = append(fields, name)
	}
	slices.Sort(fields)
	for _, name := range fields {
		x := l.fields[name]
		w.putBitmap(bucketMessageLists, append([]byte(name), 0), x.all.bitmap())
		values := make([]string, 0, len(x.values))
		for v := range x.values {
			values = append(values, v)
		}
		slices.Sort(values)
		for _, v := range values {
			w.putBitmap(bucketMessageLists, append(append([]byte(name), 0), v...), x.values[v].bitmap())
		}
		if x.values != nil { // every value is listed
			w.putLater(bucketMessageLists, append([]byte(name), 1), []byte{1})
		}
	}
}
