package index

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// messagesSince is the content number that brought messages.
const messagesSince = 4

// messageNames gives the names that stored messages refer to, or ErrOutdated for an
// index that has none.
func (x *Index) messageNames() ([]string, error) {
	if x.summary.Content < messagesSince || x.summary.Applications == nil {
		return nil, x.outdated()
	}
	return x.summary.Applications.Names, nil
}

// EachMessage calls yield for the wanted messages from number from on, in order, until
// it returns false. What m refers to is good until yield returns, but for the texts of
// its fields. With wish.Sums those of one protocol come after those of another.
// ErrOutdated if the index was made before messages were stored.
func (x *Index) EachMessage(from uint32, wish MessageWish, yield func(m *Message) bool) error {
	names, err := x.messageNames()
	if err != nil {
		return err
	}
	w := wish.in(names)
	if x.hasSums(&wish) {
		return x.eachSummed(from, wish.Protocols, names, w, yield)
	}
	return x.view(func(v *view) error {
		start := firstMessage(from)
		var buf []byte
		return v.scan(bucketMessages, key32(start), func(key, body []byte) (more bool, err error) {
			if len(key) != 4 {
				return false, errShort
			}
			first := binary.BigEndian.Uint32(key)
			if first < start {
				return true, nil
			}
			buf, more, err = eachInGroup(body, buf, names, w, first, func(m *Message) bool { return m.Number < from || yield(m) })
			return more, err
		})
	})
}

// firstMessage gives the number of the first message in the group of a message.
func firstMessage(number uint32) uint32 {
	if number == 0 {
		return 1
	}
	return (number-1)/messageGroup*messageGroup + 1
}

// eachInGroup walks the wanted messages of a stored group; a nil wish wants all. It gives
// the buffer to be used again, and whether yield wants more.
func eachInGroup(value, buf []byte, names []string, w *messageWish, first uint32, yield func(*Message) bool) ([]byte, bool, error) {
	d := &decoder{b: value}
	wanted := false
	for range d.count(1) {
		wanted = w.protocol(d.uvarint()) || wanted
	}
	if d.err != nil || !wanted {
		return buf, true, d.err
	}
	packed := d.b
	body, err := unpack(packed, buf, messageLimit)
	if err != nil {
		return buf, false, err
	}
	if packed[0] != packedPlain {
		buf = body
	}
	var m Message
	d = &decoder{b: body}
	for n := uint32(0); len(d.b) > 0; n++ {
		one := &decoder{b: d.bytes(d.count(1))}
		if d.err != nil || n >= messageGroup {
			return buf, false, errShort
		}
		if id, _ := binary.Uvarint(one.b); !w.protocol(id) {
			continue
		}
		m.Number = first + n
		if decodeMessage(one, names, w, &m); one.err != nil {
			return buf, false, one.err
		}
		if !w.quiet(&m) && !yield(&m) {
			return buf, false, nil
		}
	}
	return buf, true, nil
}

// MessageText gives the text of a message's body; nil if it has none.
func (x *Index) MessageText(number uint32) (text []byte, err error) {
	if _, err := x.messageNames(); err != nil {
		return nil, err
	}
	err = x.view(func(v *view) error {
		value, err := v.find(bucketMessageTexts, key32(number))
		if err != nil || value == nil {
			return err
		}
		if text, err = unpack(value, nil, MaxText); err != nil {
			return v.wrap(bucketMessageTexts, key32(number), err)
		}
		text = slices.Clone(text) // of pages that go with the transaction
		return nil
	})
	return text, err
}

// messageGroup gives the stored group that a message is in, and the number of its first
// one; nil if there is none.
func (v *view) messageGroup(number uint32) (first uint32, value []byte, err error) {
	first = firstMessage(number)
	value, err = v.find(bucketMessages, key32(first))
	return first, value, err
}

// MessageGroup gives the messages that are stored together with a message, in order
// of their numbers; none if there is no such message.
func (x *Index) MessageGroup(number uint32) (group []Message, err error) {
	names, err := x.messageNames()
	if err != nil {
		return nil, err
	}
	err = x.view(func(v *view) error {
		first, value, err := v.messageGroup(number)
		if err != nil || value == nil {
			return err
		}
		_, _, err = eachInGroup(value, nil, names, nil, first, func(m *Message) bool {
			c := *m
			c.Fields, c.Warnings = slices.Clone(m.Fields), slices.Clone(m.Warnings)
			group = append(group, c)
			return true
		})
		return v.wrap(bucketMessages, key32(first), err)
	})
	return group, err
}

// Message gives one message; nil if there is none of that number. Where those around it
// are wanted, too, MessageGroup reads them at once.
func (x *Index) Message(number uint32) (m *Message, err error) {
	names, err := x.messageNames()
	if err != nil || number == 0 {
		return nil, err
	}
	err = x.view(func(v *view) error {
		first, value, err := v.messageGroup(number)
		if err != nil || value == nil {
			return err
		}
		d := &decoder{b: value}
		d.skip(d.count(1)) // protocols
		if d.err == nil {
			d.b, d.err = unpack(d.b, nil, messageLimit)
		}
		for range number - first {
			if len(d.b) == 0 {
				break
			}
			d.bytes(d.count(1))
		}
		if d.err == nil && len(d.b) > 0 {
			one := &decoder{b: d.bytes(d.count(1))}
			m = &Message{Number: number}
			decodeMessage(one, names, nil, m)
			d.err = cmp.Or(d.err, one.err)
		}
		return v.wrap(bucketMessages, key32(first), d.err)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// FrameMessage names a message of a frame.
type FrameMessage struct {
	Frame, Number uint32
	Answer        uint32 // number of the message that answers it, 0: none
}

// EachFrameMessage calls yield for the messages of the frames from frame from on, in
// the order of frames, until it returns false.
func (x *Index) EachFrameMessage(from uint32, yield func(FrameMessage) bool) error {
	if _, err := x.messageNames(); err != nil {
		return err
	}
	return x.view(func(v *view) error {
		return v.scan(bucketMessageFrames, key32(from), func(key, body []byte) (bool, error) {
			if len(key) != 4 {
				return false, errShort
			}
			body, err := unpack(body, nil, math.MaxInt32)
			if err != nil {
				return false, err
			}
			d := &decoder{b: body}
			f := FrameMessage{Frame: binary.BigEndian.Uint32(key)}
			for len(d.b) > 0 {
				f.Frame += uint32(d.uvarint())
				f.Number = uint32(int64(f.Number) + d.varint())
				f.Answer = d.uint32()
				if d.err != nil {
					return false, d.err
				}
				if f.Frame >= from && !yield(f) {
					return false, nil
				}
			}
			return true, nil
		})
	})
}

// MessageList gives the frames with a field of a message, or, with a value
// (MessageValue), those that have it among others. listed is false where the lists
// do not tell: the field has no list for each value.
func (x *Index) MessageList(field string, value []byte) (b *roaring.Bitmap, listed bool, err error) {
	if _, err := x.messageNames(); err != nil {
		return nil, false, err
	}
	err = x.view(func(v *view) error {
		key := append([]byte(field), 0)
		if value != nil {
			all, err := v.find(bucketMessageLists, append([]byte(field), 1))
			if err != nil || all == nil {
				// A field that no message has is listed in full.
				first, ferr := v.find(bucketMessageLists, key)
				listed = first == nil && err == nil && ferr == nil
				return err
			}
			key = append(key, value...)
		}
		listed = true
		body, err := v.find(bucketMessageLists, key)
		if err != nil || body == nil {
			return err
		}
		b, err = readBitmap(body, math.MaxUint32, func(b *roaring.Bitmap) error { return b.Validate() })
		return v.wrap(bucketMessageLists, key, err)
	})
	if b == nil {
		b = roaring.New()
	}
	return b, listed, err
}

// EachApplication calls yield for what is known of the applications of connections
// from a number on, in order, until it returns false.
func (x *Index) EachApplication(from uint32, yield func(*Application) bool) error {
	names, err := x.messageNames()
	if err != nil {
		return err
	}
	return x.view(func(v *view) error {
		start, known, lists := from-from%connGroup, map[string]string{}, map[string][]string{}
		var buf []byte
		return v.scan(bucketApplications, key32(start), func(key, body []byte) (bool, error) {
			if len(key) != 4 {
				return false, errShort
			}
			first := binary.BigEndian.Uint32(key)
			if first < start {
				return true, nil
			}
			packed := body[:min(len(body), 1)]
			body, err := unpack(body, buf, analysesLimit)
			if err != nil {
				return false, err
			}
			if packed[0] != packedPlain {
				buf = body
			}
			d := &decoder{b: body, known: known}
			for len(d.b) > 0 {
				a := Application{Conn: first + uint32(d.byte())}
				if decodeApplication(d, names, lists, &a); d.err != nil {
					return false, d.err
				}
				if a.Conn >= from && !yield(&a) {
					return false, nil
				}
			}
			return true, nil
		})
	})
}
