package index

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// CheckReport says what Check looked at and what it found.
type CheckReport struct {
	Frames      uint32   // whose stored bytes and columns were read
	Connections uint32   // whose records were compared with their frames
	Postings    int      // lists compared with the columns
	Problems    []string // empty: the index is whole; at most maxProblems
}

const maxProblems = 100

// Check verifies an index: the sums of the whole file, every value's checksum,
// blocks and columns against each other, posting lists and memberships against
// the columns, connections against their frames, and the exported file against
// its SHA-256 (hex). Damage is in the report; the error is about reading or ctx.
func Check(ctx context.Context, dir, sha string) (*CheckReport, error) {
	c := &checker{ctx: ctx, report: &CheckReport{Problems: []string{}}}
	problems, err := verifySums(dir)
	if err != nil {
		return nil, err
	}
	c.report.Problems = append(c.report.Problems, problems...)
	if len(problems) > 0 {
		// what lies in a damaged page tree cannot be walked safely
		return c.report, nil
	}
	if err := verifyPages(filepath.Join(dir, indexFile), true); err != nil {
		return c.report, c.note(err)
	}
	x, err := Open(dir)
	if err != nil {
		return c.report, c.note(err)
	}
	defer x.Close()
	c.x = x
	for _, step := range []func() error{c.values, c.rows, c.connections, func() error { return c.container(sha) }} {
		if err := c.note(step()); err != nil {
			return c.report, err
		}
	}
	return c.report, nil
}

// Check verifies the capture that ref names.
func (s *Store) Check(ctx context.Context, ref string) (*CheckReport, *Entry, error) {
	e, err := s.Find(ref)
	if err != nil {
		return nil, nil, err
	}
	r, err := Check(ctx, s.buildDir(e), e.DataSHA256)
	return r, e, err
}

type checker struct {
	ctx    context.Context
	x      *Index
	report *CheckReport
}

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) < maxProblems {
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	}
}

// note turns damage into a problem and passes other errors on.
func (c *checker) note(err error) error {
	var corrupt *CorruptError
	if errors.As(err, &corrupt) || errors.Is(err, errShort) {
		c.problem("%v", err)
		return nil
	}
	return err
}

// values reads every value of every bucket for its checksum alone.
func (c *checker) values() error {
	return c.x.view(func(v *view) error {
		for _, name := range buckets() {
			b := v.tx.Bucket([]byte(name))
			if b == nil && c.x.summary.Content < bucketSince(name) {
				continue
			}
			if b == nil {
				c.problem("bucket %s is missing", name)
				continue
			}
			err := b.ForEach(func(key, value []byte) error {
				if _, ok := unseal(key, value); !ok {
					c.problem("%s/%x: checksum differs", name, key)
				}
				return c.ctx.Err()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

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
		for _, name := range strings.Split(c.x.summary.Apps[p.App].Layers, ":") {
			if name != "" {
				f.add(PostApp, name, offset)
			}
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

// tally is what the frames say about one connection.
type tally struct {
	packets, bytes [2]uint64
	first, last    uint32
}

// checkWindow is how many connections are compared in one pass over the rows.
const checkWindow = 1 << 20

func (c *checker) connections() error {
	total := c.x.summary.Connections
	for from := uint64(0); from < uint64(total); from += checkWindow {
		tallies := make([]tally, min(checkWindow, uint64(total)-from))
		if err := c.tally(uint32(from), tallies); err != nil {
			return err
		}
		err := c.x.EachConnection(uint32(from), func(g *Connection) bool {
			i := int(g.Number - uint32(from))
			if i >= len(tallies) {
				return false
			}
			t := &tallies[i]
			if t.packets != g.Packets || t.bytes != g.Bytes || t.first != g.First || t.last != g.Last {
				c.problem("connection %d does not agree with its frames", g.Number)
			}
			c.report.Connections++
			return true
		})
		if err != nil {
			return err
		}
	}
	if c.report.Connections != total {
		c.problem("%d connections are stored, the summary says %d", c.report.Connections, total)
	}
	for _, column := range SortColumns() {
		if column.since() > c.x.summary.Content {
			continue
		}
		if _, err := c.x.SortColumn(column); c.note(err) != nil {
			return err
		}
	}
	return c.analyses()
}

// analyses compares the connections that have each finding with the findings.
func (c *checker) analyses() error {
	if c.x.summary.Content < analysesSince {
		return nil
	}
	want := map[string]*roaring.Bitmap{}
	err := c.x.EachAnalysis(0, func(a *ConnAnalysis) bool {
		if a.Number >= c.x.summary.Connections {
			c.problem("connection %d has an analysis, there are %d", a.Number, c.x.summary.Connections)
		}
		for i := range a.Findings {
			code := a.Findings[i].Code
			if want[code] == nil {
				want[code] = roaring.New()
			}
			want[code].Add(a.Number)
		}
		return true
	})
	if c.note(err) != nil {
		return err
	}
	for code, b := range want {
		got, err := c.x.Found(code)
		if c.note(err) != nil {
			return err
		}
		if !b.Equals(got) {
			c.problem("the list of connections with finding %q differs", code)
		}
	}
	return nil
}

func (c *checker) tally(from uint32, tallies []tally) error {
	add := func(conn, frame uint32, side Side, bytes uint32) {
		if conn < from || uint64(conn-from) >= uint64(len(tallies)) {
			return
		}
		t := &tallies[conn-from]
		if t.first == 0 {
			t.first = frame
		}
		t.last = frame
		t.packets[side]++
		t.bytes[side] += uint64(bytes)
	}
	return c.x.EachRows(1, false, func(r *Rows) (bool, error) {
		more := r.More
		for i := range r.Packets {
			p := &r.Packets[i]
			if p.Conn != NoConnection {
				add(p.Conn, p.Number, p.Side, p.OrigLen)
			}
			for len(more) > 0 && more[0].Frame == p.Number {
				add(more[0].Conn, p.Number, more[0].Side, p.OrigLen)
				more = more[1:]
			}
		}
		return true, c.ctx.Err()
	})
}

// container exports the capture and compares its hash and length.
func (c *checker) container(sha string) error {
	h := sha256.New()
	n := &countingWriter{ctx: c.ctx, w: h}
	if err := c.x.Export(n); err != nil {
		return err
	}
	if n.bytes != c.x.summary.File.DataBytes {
		c.problem("the capture exports to %d bytes, read were %d", n.bytes, c.x.summary.File.DataBytes)
	}
	if got := hex.EncodeToString(h.Sum(nil)); sha != "" && got != sha {
		c.problem("the exported capture has SHA-256 %s, read was %s", got, sha)
	}
	return nil
}

// countingWriter counts bytes and stops when its context ends.
type countingWriter struct {
	ctx   context.Context
	w     interface{ Write([]byte) (int, error) }
	bytes uint64
}

func (n *countingWriter) Write(b []byte) (int, error) {
	if err := n.ctx.Err(); err != nil {
		return 0, err
	}
	n.bytes += uint64(len(b))
	return n.w.Write(b)
}
