package index

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sampleMessages are n messages: every third answers the one before it, and some end
// in an earlier frame than the message before them.
func sampleMessages(n int) (all []Message) {
	for i := range n {
		m := Message{
			Number: uint32(i + 1), Protocol: []string{"http", "dns"}[i%2], Conn: uint32(i % 70), Side: Side(i % 2), First: uint32(i + 1), Frame: uint32(i + 1),
			Start: Time(1e9 + i), End: Time(1e9 + 2*i), Offset: uint64(10 * i), Length: 10, Kind: Request, Summary: fmt.Sprint("message ", i),
			Fields: []MessageField{{Name: "a.number", Num: uint64(i % 3)}, {Name: "a.text", Text: fmt.Sprint("v", i)}, {Name: "a.text"}},
		}
		switch {
		case i%7 == 6:
			m.Frame, m.First = m.Frame-5, m.First-5
		case i%3 == 2:
			m.Kind, m.Request, m.Outcome, m.Code = Response, m.Number-1, Failed, "404"
			m.Warnings = []Warning{{Code: "http.4xx", Severity: SeverityWarn, Text: "refused", Frames: []uint32{m.Frame, m.Frame + 2}}}
			m.Text, m.Object = []byte("body"), &Object{Name: "x", Type: "text/plain", Size: 4, Wire: 5, Expected: -1, Verdict: "complete"}
		case i%11 == 0:
			m.Conn = NoConnection
		}
		all = append(all, m)
	}
	return all
}

// storeMessages makes an index that holds messages and applications only.
func storeMessages(t *testing.T, all []Message, apps []Application) *Index {
	t.Helper()
	dir := t.TempDir()
	w, err := CreateIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewMessageLog(dir, []string{"a.number"}, []string{"a.text"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		l.Add(&all[i])
	}
	for i := range apps {
		l.AddApplication(&apps[i])
	}
	s := &Summary{Sizes: make([]uint64, len(SizeClasses()))}
	if s.Applications, err = l.Store(w, 3); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(s); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, scratchPattern)); len(left) > 0 {
		t.Errorf("scratch files are still there: %q", left)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

// TestMessages: what was stored comes back, by number, by group, by frame and by value.
func TestMessages(t *testing.T) {
	all := sampleMessages(20_000)
	x := storeMessages(t, all, nil)
	for _, from := range []uint32{1, 64, 65, 19_999, 20_001} {
		next := from
		err := x.EachMessage(from, MessageWish{}, func(m *Message) bool {
			sameMessage(t, m, &all[next-1])
			next++
			return true
		})
		if err != nil || next != 20_001 {
			t.Errorf("from %d: %v, ended before %d", from, err, next)
		}
	}
	group, err := x.MessageGroup(130)
	if err != nil || len(group) != messageGroup || group[0].Number != 129 {
		t.Fatalf("group of message 130: %d, %v", len(group), err)
	}
	sameMessage(t, &group[1], &all[129])
	if group, err := x.MessageGroup(20_001 + messageGroup); err != nil || len(group) != 0 {
		t.Errorf("a group behind the end: %d, %v", len(group), err)
	}
	if text, err := x.MessageText(3); err != nil || string(text) != "body" {
		t.Errorf("text of message 3: %q, %v", text, err)
	}
	if text, err := x.MessageText(1); err != nil || text != nil {
		t.Errorf("text of message 1: %q, %v", text, err)
	}
	count := 0
	err = x.EachMessage(1, MessageWish{Protocols: []string{"dns"}, Fields: []string{"a.text"}}, func(m *Message) bool {
		count++
		return m.Protocol == "dns" && len(m.Fields) == 2 && m.Fields[0].Name == "a.text" && m.Number == uint32(2*count)
	})
	if err != nil || count != 10_000 {
		t.Errorf("of dns alone: %d, %v", count, err)
	}
	answered, seen := map[uint32]uint32{}, 0
	for _, m := range all {
		if m.Request > 0 {
			answered[m.Request] = m.Number
		}
	}
	last := uint32(0)
	err = x.EachFrameMessage(1, func(f FrameMessage) bool {
		if f.Frame != all[f.Number-1].Frame || f.Answer != answered[f.Number] || f.Frame < last {
			t.Fatalf("frame %d: message %d answered by %d", f.Frame, f.Number, f.Answer)
		}
		last = f.Frame
		seen++
		return true
	})
	if err != nil || seen != len(all) {
		t.Errorf("by frame: %d, %v", seen, err)
	}
	first := FrameMessage{}
	if err := x.EachFrameMessage(10_000, func(f FrameMessage) bool { first = f; return false }); err != nil || first.Frame != 10_000 {
		t.Errorf("from frame 10000 on: %+v, %v", first, err)
	}
}

// sameMessage compares what is stored: fields without text or number are alike.
func sameMessage(t *testing.T, got, want *Message) {
	t.Helper()
	g, w := *got, *want
	if len(g.Fields) == 0 {
		g.Fields = nil
	}
	if len(g.Warnings) == 0 {
		g.Warnings = nil
	}
	w.TextBytes, w.Text = uint32(len(w.Text)), nil
	if !reflect.DeepEqual(g, w) {
		t.Fatalf("got  %+v\nwant %+v", g, w)
	}
}

// TestMessageLists: a listed field tells each value, another one only that it is there.
func TestMessageLists(t *testing.T) {
	all := sampleMessages(3000)
	x := storeMessages(t, all, nil)
	for value := range uint64(4) {
		want := map[uint32]bool{}
		for _, m := range all {
			if m.Fields[0].Num == value {
				want[m.Frame] = true
			}
		}
		b, listed, err := x.MessageList("a.number", MessageValue("", value))
		if err != nil || !listed || int(b.GetCardinality()) != len(want) {
			t.Errorf("value %d: %d frames, listed %v, %v; want %d", value, b.GetCardinality(), listed, err, len(want))
		}
	}
	if _, listed, err := x.MessageList("a.text", MessageValue("v1", 0)); err != nil || listed {
		t.Errorf("a.text is listed by value: %v", err)
	}
	if b, listed, err := x.MessageList("a.text", nil); err != nil || !listed || b.GetCardinality() < 2000 {
		t.Errorf("a.text: %d, %v, %v", b.GetCardinality(), listed, err)
	}
	if b, listed, err := x.MessageList("a.none", MessageValue("", 1)); err != nil || !listed || !b.IsEmpty() {
		t.Errorf("a field that no message has: %d, %v, %v", b.GetCardinality(), listed, err)
	}
}

// TestApplications: they come in the order of connections, and what came in parts is
// put together.
func TestApplications(t *testing.T) {
	x := storeMessages(t, sampleMessages(5), []Application{
		{Conn: 300, Protocols: []string{"tls"}, Confirmed: true, Host: "a.example", HostFrom: "tls sni", Messages: 7},
		{Conn: 2, Sampled: 100, Printable: 990, Entropy: 432, Head: []byte{1, 2}},
		{Conn: 300, Protocols: []string{"tls", "http"}, Messages: 1, Missing: 5},
	})
	var got []Application
	if err := x.EachApplication(0, func(a *Application) bool { got = append(got, *a); return true }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Conn != 2 || got[1].Messages != 8 || got[1].Missing != 5 || !slices.Equal(got[1].Protocols, []string{"tls", "http"}) || got[1].Host != "a.example" {
		t.Errorf("%+v", got)
	}
	if s := x.Summary().Applications; s.Applications != 2 || s.Panics != 3 || s.Messages != 5 || len(s.Protocols) != 2 {
		t.Errorf("%+v", s)
	}
}

// FuzzMessages: whatever a stored group holds, it is decoded or refused.
func FuzzMessages(f *testing.F) {
	var n names
	var body []byte
	for _, m := range sampleMessages(12) {
		one := appendMessage(nil, &m, logFields(&m, &n), &n)
		body = append(binary.AppendUvarint(body, uint64(len(one))), one...)
	}
	f.Add(append([]byte{1, 0}, pack(nil, body)...))
	f.Fuzz(func(_ *testing.T, value []byte) {
		_, _, _ = eachInGroup(value, nil, n.list, nil, 1, func(m *Message) bool { return m.Number < 100 })
		var a Application
		decodeApplication(&decoder{b: value}, n.list, map[string][]string{}, &a)
	})
}

// TestMessageSums: what is stored for sums gives, of each protocol in order, the same
// figures and fields as the messages themselves, also from a number on; what it does
// not have is read from the messages.
func TestMessageSums(t *testing.T) {
	all := sampleMessages(5000)
	x := storeMessages(t, all, nil)
	if !slices.Equal(x.Summary().Applications.Summed, []string{"a.text"}) {
		t.Fatalf("summed: %q", x.Summary().Applications.Summed)
	}
	read := func(from uint32, w MessageWish) (list []Message) {
		if err := x.EachMessage(from, w, func(m *Message) bool {
			c := *m
			c.Fields, c.Warnings = append([]MessageField(nil), m.Fields...), append([]Warning(nil), m.Warnings...)
			list = append(list, c)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, from := range []uint32{1, 1023, 4999, 5001} {
		whole := read(from, MessageWish{Protocols: []string{"dns", "http"}, Fields: []string{"a.text"}})
		short := read(from, MessageWish{Protocols: []string{"dns", "http"}, Fields: []string{"a.text"}, Sums: true})
		slices.SortStableFunc(whole, func(a, b Message) int { return strings.Compare(a.Protocol, b.Protocol) })
		for i := range whole {
			m := &whole[i]
			m.Summary, m.TextBytes, m.Object, m.First, m.Offset = "", 0, nil, 0, 0
			for k := range m.Warnings {
				m.Warnings[k].Text, m.Warnings[k].Frames = "", nil
			}
		}
		if len(short) != len(whole) || from < 5000 && len(short) == 0 {
			t.Fatalf("from %d: %d messages, %d are stored", from, len(short), len(whole))
		}
		ordinals := map[uint32]string{}
		for i := range short {
			for k := range short[i].Fields {
				f := &short[i].Fields[k]
				if text, known := ordinals[f.Ordinal]; f.Ordinal == 0 || known && text != f.Text {
					t.Fatalf("from %d: %+v, the number is that of %q", from, *f, text)
				}
				ordinals[f.Ordinal], f.Ordinal = f.Text, 0
			}
			if len(short[i].Fields) == 0 || !reflect.DeepEqual(short[i], whole[i]) {
				t.Fatalf("from %d: %+v\nwant %+v", from, short[i], whole[i])
			}
		}
	}
	for _, w := range []MessageWish{
		{Protocols: []string{"dns"}, Fields: []string{"a.number"}, Sums: true}, // not summed
		{Protocols: []string{"dns"}, Sums: true},                               // all fields
		{Fields: []string{"a.text"}, Sums: true},                               // all protocols
	} {
		if list := read(1, w); len(list) < 2500 || list[1].Summary == "" {
			t.Errorf("%+v: %d messages, %+v", w, len(list), list[1])
		}
	}
}

// TestEachEnds: endpoints alone are those of the records.
func TestEachEnds(t *testing.T) {
	c, s := newSynthetic(200, 150, 10), OpenStore(t.TempDir())
	mustPublish(t, s, c, nil)
	x, _, err := s.Open(c.sha()[:16])
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, from := range []uint32{0, 1, 63, 64, 100} {
		next := from
		err := x.EachEnds(from, func(number uint32, ends Ends) bool {
			r, err := x.Connection(number)
			if err != nil || number != next || ends != (Ends{r.A, r.B, r.ClientIsB}) || ends.Server() != r.Server() || ends.Of(SideB) != r.B {
				t.Fatalf("%d: %v, want %d: %v %v, %v", number, ends, next, r.A, r.B, err)
			}
			next++
			return true
		})
		if err != nil || next != max(from, x.Summary().Connections) {
			t.Errorf("from %d to %d of %d, %v", from, next, x.Summary().Connections, err)
		}
	}
}
