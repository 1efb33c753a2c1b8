package index

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// segmentFacts is what the columns of one segment say its lists must hold.
type segmentFacts struct {
	lists   map[string]*roaring.Bitmap // by field and value
	members memberList
	inexact *roaring.Bitmap // frames whose stack found no place in the dictionary
}

// rows walks blocks and columns and compares each segment's lists with them.
func (c *checker) rows() error {
	next, segment := uint32(1), uint16(0)
	facts := newFacts()
	err := c.x.EachRows(1, true, func(r *Rows) (bool, error) {
		for i := range r.Packets {
			p := &r.Packets[i]
			if p.Number != next {
				c.problem("frame %d is followed by frame %d", next-1, p.Number)
			}
			next = p.Number + 1
			if s, _ := segmentOf(p.Number); s != segment {
				if err := c.segment(segment, facts); err != nil {
					return false, err
				}
				segment, facts = s, newFacts()
			}
			c.collect(facts, p)
		}
		for _, m := range r.More {
			_, offset := segmentOf(m.Frame)
			facts.members.add(m.Conn, offset, m.Side)
		}
		return true, c.ctx.Err()
	})
	if err != nil {
		return err
	}
	c.report.Frames = next - 1
	if c.report.Frames != c.x.summary.Frames {
		c.problem("%d frames are stored, the summary says %d", c.report.Frames, c.x.summary.Frames)
	}
	return c.segment(segment, facts)
}

func newFacts() *segmentFacts {
	return &segmentFacts{lists: map[string]*roaring.Bitmap{}, inexact: roaring.New()}
}

func (f *segmentFacts) add(field PostingField, value string, offset uint32) {
	key := string(rune(field)) + value
	if f.lists[key] == nil {
		f.lists[key] = roaring.New()
	}
	f.lists[key].Add(offset)
}

// collect derives the lists that follow from a row alone.
func (c *checker) collect(f *segmentFacts, p *Packet) {
	_, offset := segmentOf(p.Number)
	switch {
	case int(p.Stack) >= len(c.x.summary.Stacks):
		c.problem("frame %d has layer stack %d of %d", p.Number, p.Stack, len(c.x.summary.Stacks))
	case p.Stack == 0:
		f.inexact.Add(offset)
	default:
		for _, name := range strings.Split(c.x.summary.Stacks[p.Stack].Layers, ":") {
			if name != "" {
				f.add(PostProtocol, name, offset)
			}
		}
	}
	if p.TCP && p.Status&StatusComplex == 0 {
		for bit := range TCPFlagOthers {
			if p.Flags>>bit&1 != 0 {
				f.add(PostTCPFlag, string([]byte{byte(bit)}), offset)
			}
		}
		if p.Flags>>TCPFlagOthers != 0 && c.x.summary.Content >= 2 {
			f.add(PostTCPFlag, string([]byte{TCPFlagOthers}), offset)
		}
	}
	for bit := Status(1); bit != 0; bit <<= 1 {
		if p.Status&bit != 0 {
			f.add(PostStatus, string([]byte{byte(bit)}), offset)
		}
	}
	if int(p.App) < len(c.x.summary.Apps) {
		for _, name := range c.x.summary.Apps[p.App].Names() {
			f.add(PostApp, name, offset)
		}
	} else if p.App > 0 {
		c.problem("frame %d has application protocols %d of %d", p.Number, p.App, len(c.x.summary.Apps))
	}
	for bit := range LabelNames() {
		if p.Labels>>bit&1 != 0 {
			f.add(PostLabel, string([]byte{byte(bit)}), offset)
		}
	}
	if p.Conn != NoConnection {
		f.members.add(p.Conn, offset, p.Side)
	}
}

// segment compares the stored lists of one segment with the facts.
func (c *checker) segment(segment uint16, f *segmentFacts) error {
	stored := map[string]*roaring.Bitmap{}
	over := [postFields]bool{}
	prefix := binary.BigEndian.AppendUint16(nil, segment)
	err := c.x.view(func(v *view) error {
		return v.scan(bucketPostings, prefix, func(key, body []byte) (bool, error) {
			if len(key) < 3 || key[0] != prefix[0] || key[1] != prefix[1] {
				return string(key) < string(prefix), nil
			}
			field := PostingField(key[2])
			if len(key) == 3+overflowLen {
				over[field] = true
				return true, nil
			}
			b, err := decodeBitmap(body)
			if err != nil {
				return false, err
			}
			c.report.Postings++
			if limit := c.framesIn(segment); !b.IsEmpty() && b.Maximum() >= limit {
				c.problem("postings %x name frame %d of a segment with %d", key, b.Maximum(), limit)
			}
			switch field {
			case PostProtocol, PostTCPFlag, PostStatus, PostApp, PostLabel:
				stored[string(rune(field))+string(key[3:])] = b
			}
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	c.compareLists(segment, f, stored, over)
	return c.compareMembers(segment, f.members)
}

func (c *checker) framesIn(segment uint16) uint32 {
	return uint32(min(uint64(c.x.summary.Frames)-uint64(segment)<<segmentBits, SegmentFrames))
}

// compareLists: protocols and status bits must be equal; TCP flags may have
// more frames than the columns show (headers beyond the primary one).
func (c *checker) compareLists(segment uint16, f *segmentFacts, stored map[string]*roaring.Bitmap, over [postFields]bool) {
	for key, want := range f.lists {
		field := PostingField(key[0])
		got := stored[key]
		if got == nil {
			got = roaring.New()
		}
		if over[field] {
			continue
		}
		if missing := roaring.AndNot(want, got); !missing.IsEmpty() {
			c.problem("postings field %d value %q miss frame %d", field, key[1:], frameAt(segment, missing.Minimum()))
		}
		extra := roaring.AndNot(roaring.AndNot(got, want), f.inexact)
		if field != PostTCPFlag && !extra.IsEmpty() {
			c.problem("postings field %d value %q have frame %d too many", field, key[1:], frameAt(segment, extra.Minimum()))
		}
	}
	for key, got := range stored {
		if f.lists[key] == nil && key[0] != byte(PostTCPFlag) && !roaring.AndNot(got, f.inexact).IsEmpty() {
			c.problem("postings field %d value %q: no frame has it", key[0], key[1:])
		}
	}
}

func (c *checker) compareMembers(segment uint16, want memberList) error {
	slices.Sort(want)
	i, differs := 0, false
	prefix := keyMember(segment, 0, 0)
	err := c.x.view(func(v *view) error {
		return v.scan(bucketMembers, prefix, func(key, body []byte) (bool, error) {
			if len(key) != 10 {
				return false, errShort
			}
			s := binary.BigEndian.Uint16(key)
			if s != segment {
				return s < segment, nil
			}
			_, err := eachMember(body, s, binary.BigEndian.Uint32(key[2:]), func(m Member) bool {
				_, offset := segmentOf(m.Frame)
				got := uint64(m.Conn)<<(segmentBits+1) | uint64(offset)<<1 | uint64(m.Side)
				differs = differs || i >= len(want) || want[i] != got
				i++
				return !differs
			})
			return !differs, err
		})
	})
	if differs || i != len(want) {
		c.problem("frames of connections differ from the columns in segment %d", segment)
	}
	return err
}
