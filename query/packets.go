package query

import (
	"context"
	"fmt"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// PacketsRequest asks for packets of one or several captures.
type PacketsRequest struct {
	Captures []string `json:"captures,omitempty" jsonschema:"names, ids or id prefixes"`
	All      bool     `json:"all,omitempty" jsonschema:"all captures of the store"`
	Filter   string   `json:"filter,omitempty" jsonschema:"Wireshark display filter"`
	// Flags asks for TCP flags beside the filter: those named must be set, those
	// behind a ! must not, as in "SYN,!ACK".
	Flags   string `json:"flags,omitempty" jsonschema:"TCP flags that must be set or, behind a !, must not: SYN,!ACK"`
	Numbers bool   `json:"numbers,omitempty" jsonschema:"frame numbers only"`
	Explain bool   `json:"explain,omitempty" jsonschema:"add how the filter was answered"`
	Page
}

// PacketRow describes one packet.
type PacketRow struct {
	Capture     string    `json:"capture"`
	Frame       uint32    `json:"frame"`
	Time        Timestamp `json:"time,omitempty"`
	RelS        Seconds   `json:"rel_s"` // since frame 1
	Length      uint32    `json:"length"`
	Protocol    string    `json:"protocol"` // Wireshark's Protocol column, layers 2 to 4
	Src         string    `json:"src"`
	Dst         string    `json:"dst"`
	Protocols   string    `json:"protocols"` // frame.protocols
	Connections []uint32  `json:"connections"`
	// Labels are those of TCP analysis, as they follow "tcp.analysis.".
	Labels []string `json:"labels,omitempty"`
	// ClientState and ServerState are the states of TCP (RFC 9293) after the packet.
	ClientState string `json:"client_state,omitempty"`
	ServerState string `json:"server_state,omitempty"`
	Info        string `json:"info"` // Wireshark's Info column, layers 2 to 4; may hold text from the capture
	// Messages are those of application protocols that are whole with this packet, a
	// line for each: "http: GET /index.html".
	Messages []string `json:"messages,omitempty"`
}

// FrameNumbers are frames of one capture.
type FrameNumbers struct {
	Capture string   `json:"capture"`
	Frames  []uint32 `json:"frames"`
}

// PacketsAnswer is a page of packets, capture after capture in file order. With
// Numbers only the frame numbers are given.
type PacketsAnswer struct {
	Captures []string       `json:"captures"` // ids asked
	Rows     []PacketRow    `json:"rows"`
	Numbers  []FrameNumbers `json:"numbers,omitempty"`
	Plans    []PlanText     `json:"plans,omitempty"` // with Explain, one for each capture asked
	Paged
}

// Packets lists the packets that a display filter matches. A page that is full
// ends the search: Total is then a lower bound, unless the index alone tells it.
func (e *Engine) Packets(ctx context.Context, q PacketsRequest) (*PacketsAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	f, err := parseFilters(q.Filter, q.Flags)
	if err != nil {
		return nil, err
	}
	set, err := e.open(q.Captures, q.All)
	if err != nil {
		return nil, err
	}
	defer set.close()
	shape := strings.Join([]string{"packets", q.Filter, q.Flags}, "\x00")
	after, err := parseCursor(q.Cursor, shape, set.builds)
	if err != nil {
		return nil, err
	}
	p := &packetPage{
		set: set, filter: f, request: &q,
		answer: &PacketsAnswer{Captures: set.ids, Rows: []PacketRow{}},
	}
	if after != nil {
		p.after, p.before = *after, int(after.value)
	}
	for i := range set.captures {
		if err := answerable(f, set.ids[i], set.captures[i].Summary().Content); err != nil {
			return nil, err
		}
		p.matchers = append(p.matchers, newMatcher(set.captures[i], f))
	}
	for i := p.after.capture; i < len(set.captures) && !p.full; i++ {
		if err := p.capture(ctx, i); err != nil {
			return nil, wrap(err)
		}
	}
	if err := p.finish(ctx); err != nil {
		return nil, wrap(err)
	}
	if p.full {
		p.answer.NextCursor = formatCursor(shape, set.builds, p.last)
	}
	return p.answer, nil
}

// packetPage is a page in the making.
type packetPage struct {
	set      *openSet
	matchers []*matcher // by capture
	filter   *filter.Filter
	request  *PacketsRequest
	answer   *PacketsAnswer
	after    rowKey // where the page before ended
	before   int    // rows of the pages before
	last     rowKey // the last row of this page
	full     bool   // there is more
}

// capture adds the matching packets of one capture, as far as the page has room.
func (p *packetPage) capture(ctx context.Context, i int) error {
	m := p.matchers[i]
	from := uint32(0) // first frame that may be given, less one
	if i == p.after.capture {
		from = p.after.number
	}
	explained := newPlanText(m)
	for segment := range uint16(m.capture.Segments()) {
		if uint64(from) >= (uint64(segment)+1)*index.SegmentFrames {
			continue
		}
		s, err := m.plan.bounds(m.capture, segment)
		if err != nil {
			return err
		}
		explained.bounds(s)
		if err := p.segment(ctx, m, s, i, from); err != nil {
			return err
		}
		if p.full {
			break
		}
	}
	if explained.work(m); p.request.Explain {
		p.answer.Plans = append(p.answer.Plans, *explained)
	}
	return nil
}

// segment adds the matching packets of one segment.
func (p *packetPage) segment(ctx context.Context, m *matcher, s *segmentBounds, capture int, from uint32) error {
	base := uint32(s.lists.segment) * index.SegmentFrames
	room := noLimit
	if p.request.Limit > 0 {
		room = p.request.Limit - p.answer.Returned
	}
	found, err := m.frames(ctx, s, from-min(base, from), room)
	if err != nil {
		return err
	}
	if room != noLimit && found.GetCardinality() > uint64(room) {
		p.full = true
		found = firstOf(found, room)
	}
	if found.IsEmpty() {
		return nil
	}
	p.answer.Returned += int(found.GetCardinality())
	p.last = rowKey{value: uint64(p.before + p.answer.Returned), capture: capture, number: base + found.Maximum() + 1}
	if p.request.Numbers {
		p.number(capture, base, found)
		return nil
	}
	rows, err := m.rows(ctx, p.set.ids[capture], s.lists.segment, found)
	p.answer.Rows = append(p.answer.Rows, rows...)
	return err
}

// firstOf gives the first n numbers of a set.
func firstOf(b *roaring.Bitmap, n int) *roaring.Bitmap {
	out := roaring.New()
	for it := b.Iterator(); n > 0 && it.HasNext(); n-- {
		out.Add(it.Next())
	}
	return out
}

func (p *packetPage) number(capture int, base uint32, found *roaring.Bitmap) {
	id := p.set.ids[capture]
	if n := len(p.answer.Numbers); n == 0 || p.answer.Numbers[n-1].Capture != id {
		p.answer.Numbers = append(p.answer.Numbers, FrameNumbers{Capture: id})
	}
	list := &p.answer.Numbers[len(p.answer.Numbers)-1]
	frames := found.ToArray()
	for i := range frames {
		frames[i] += base + 1
	}
	if list.Frames == nil {
		list.Frames = frames
		return
	}
	list.Frames = append(list.Frames, frames...)
}

// finish settles the total and adds hints.
func (p *packetPage) finish(ctx context.Context) error {
	a := p.answer
	a.Total, a.TotalExact = p.before+a.Returned, !p.full
	if p.full {
		a.Total++
		if err := p.countAll(); err != nil {
			return err
		}
	}
	a.Hints = append(a.Hints, p.filter.Hints()...)
	if a.Total > 0 || len(p.matchers) == 0 {
		return nil
	}
	hints, err := missingFields(ctx, p.matchers[0].capture, p.filter) // one capture is enough to explain
	a.Hints = append(a.Hints, hints...)
	return err
}

// countAll sets the exact total where the lists tell it without any frame.
func (p *packetPage) countAll() error {
	total := uint64(0)
	for _, m := range p.matchers {
		for segment := range uint16(m.capture.Segments()) {
			s, err := m.plan.bounds(m.capture, segment)
			if err != nil {
				return err
			}
			n, known := s.count()
			if !known {
				return nil
			}
			total += n
		}
	}
	p.answer.Total, p.answer.TotalExact = int(total), true
	return nil
}

// maxMissing bounds the fields that are looked for to explain an empty answer.
const maxMissing = 8

// missingFields names the fields of a filter that no frame of a capture has.
func missingFields(ctx context.Context, x Capture, f *filter.Filter) (hints []string, err error) {
	for i, field := range f.Fields() {
		if i == maxMissing {
			break
		}
		presence, err := parseFilter(field.Name)
		if err != nil {
			return nil, err
		}
		m := newMatcher(x, presence)
		some := false
		for segment := 0; segment < x.Segments() && !some; segment++ {
			s, err := m.plan.bounds(x, uint16(segment))
			if err != nil {
				return nil, err
			}
			found, err := m.frames(ctx, s, 0, 1)
			if err != nil {
				return nil, err
			}
			some = !found.IsEmpty()
		}
		if !some {
			hints = append(hints, fmt.Sprintf("no packet of this capture has %s", field.Name))
		}
	}
	return hints, nil
}

// parseFilters joins a display filter and a list of TCP flags.
func parseFilters(text, flags string) (*filter.Filter, error) {
	f, err := parseFilter(text) // alone first: its errors name places in it
	if err != nil || strings.TrimSpace(flags) == "" {
		return f, err
	}
	var tests []string
	if f.Root != nil {
		tests = append(tests, "("+text+")")
	}
	for _, word := range splitList(flags) {
		name, unset := strings.CutPrefix(word, "!")
		field, err := flagField(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		value := " == 1"
		if unset {
			value = " == 0"
		}
		tests = append(tests, field+value)
	}
	return parseFilter(strings.Join(tests, " && "))
}

// flagField gives the field of a flag by its RFC 9293 or Wireshark name.
func flagField(name string) (string, error) {
	known := []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}
	for bit, field := range flagNames() {
		if strings.EqualFold(name, known[bit]) || strings.EqualFold(name, field) {
			return "tcp.flags." + field, nil
		}
	}
	return "", UnknownWord("TCP flag", name, known)
}
