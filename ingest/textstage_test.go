package ingest

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// docList takes documents in the place of an index.
type docList struct{ docs []index.TextDoc }

func (l *docList) Add(d *index.TextDoc) error {
	l.docs = append(l.docs, *d)
	return nil
}
func (l *docList) Close() (uint64, error) { return uint64(len(l.docs)), nil }
func (l *docList) Abort()                 {}

type packetOf struct {
	conn    uint32
	side    index.Side
	udp     bool
	flags   uint16
	seq     uint32 // relative
	ack     uint32
	time    int64
	payload string
	length  uint32 // if more than the payload
}

// textOf gives the documents of packets as lines, and the summary.
func textOf(t testing.TB, budget int, limit uint64, packets []packetOf) ([]string, *index.TextSummary) {
	t.Helper()
	list := &docList{}
	stage := newTextStage(list, limit)
	stage.order.budget = budget
	for i, p := range packets {
		r := index.Packet{Number: uint32(i + 1), Conn: p.conn, Side: p.side, TCP: !p.udp, Flags: p.flags, Seq: p.seq, Ack: p.ack, Length: max(p.length, uint32(len(p.payload)))}
		r.Time = index.Time(p.time)
		if err := stage.block([]index.Packet{r}, func(int) []byte { return []byte(p.payload) }, nil); err != nil {
			t.Fatal(err)
		}
		used := 0
		for _, c := range stage.order.conns {
			used += c.counted
		}
		if used != stage.order.used || used > budget && len(stage.order.conns) > 1 {
			t.Fatalf("after packet %d: %d bytes used, counted %d, budget %d", i+1, used, stage.order.used, budget)
		}
	}
	s, err := stage.finish()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range list.docs {
		lines = append(lines, fmt.Sprintf("%d/%d+%d %d-%d %s", d.Conn, d.Side, d.Offset, d.First, d.Last, strings.Join(d.Words, " ")))
	}
	return lines, s
}

const (
	a, b = index.SideA, index.SideB
	psh  = tcp.ACK | tcp.PSH
)

func TestTextStage(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets []packetOf
		want    []string
		scanned uint64
	}{
		{"handshake and words across segments", []packetOf{
			{flags: tcp.SYN},
			{side: b, flags: tcp.SYN | tcp.ACK, ack: 1},
			{flags: psh, seq: 1, ack: 1, payload: "GET /ind"},
			{side: b, flags: tcp.ACK, seq: 1, ack: 9},
			{flags: psh, seq: 9, ack: 1, payload: "ex.html HTTP"},
			{side: b, flags: psh, seq: 1, ack: 21, payload: "HTTP not found"},
		}, []string{"0/0+0 3-5 get index html http", "0/1+0 6-6 http not found"}, 0},
		{"out of order, and sent again", []packetOf{
			{flags: tcp.SYN}, {flags: psh, seq: 6, payload: "world"}, {flags: psh, seq: 1, payload: "hello"}, {flags: psh, seq: 6, payload: "world"},
		}, []string{"0/0+0 2-3 helloworld"}, 5},
		{"a segment is missing and was acknowledged", []packetOf{
			{flags: psh, seq: 1, payload: "one two"},
			{flags: psh, seq: 108, payload: "three four"},
			{side: b, flags: tcp.ACK, ack: 118},
			{flags: psh, seq: 118, payload: " five"},
		}, []string{"0/0+0 1-4 one two three four five"}, 0},
		{"cut by the snap length", []packetOf{
			{flags: psh, seq: 1, payload: "alpha", length: 100}, {flags: psh, seq: 101, payload: "beta", length: 100},
		}, []string{"0/0+0 1-2 alpha beta"}, 0},
		{"closed, and late", []packetOf{
			{flags: psh, seq: 1, payload: "first"}, {flags: tcp.FIN | tcp.ACK, seq: 6}, {side: b, flags: tcp.FIN | tcp.ACK, seq: 1, ack: 7}, {conn: 1, flags: psh, seq: 1, payload: "other"},
		}, []string{"0/0+0 1-1 first", "1/0+0 4-4 other"}, 0},
		{"data in the SYN", []packetOf{{flags: tcp.SYN, payload: "open"}, {flags: psh, seq: 5, payload: " sesame"}}, []string{"0/0+0 1-2 open sesame"}, 0},
		{"datagrams", []packetOf{
			{udp: true, payload: "metric one"}, {udp: true, payload: "metric two"}, {udp: true, side: b, payload: "okay"}, {conn: 7, udp: true, payload: "else"},
		}, []string{"0/0+0 1-2 metric one two", "0/1+0 3-3 okay", "7/0+0 4-4 else"}, 0},
		{"no words", []packetOf{{udp: true, payload: "\x00\x01\x02"}}, nil, 0},
	} {
		got, s := textOf(t, textBudget, 1<<20, c.packets)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		total := uint64(0)
		for _, p := range c.packets {
			total += uint64(len(p.payload))
		}
		if s.Scanned != c.scanned || s.Indexed+s.Gated+s.Capped+s.Scanned != total || s.Documents != uint64(len(c.want)) {
			t.Errorf("%s: %+v of %d bytes", c.name, *s, total)
		}
	}
}

// segments cuts a text into packets of one direction.
func segments(conn uint32, text string, size int) (packets []packetOf) {
	for at := 0; at < len(text); at += size {
		packets = append(packets, packetOf{conn: conn, flags: psh, seq: uint32(at + 1), payload: text[at:min(at+size, len(text))]})
	}
	return packets
}

// TestTextChunks: no word is lost where chunks are cut, and the frames of a chunk
// are those that hold it.
func TestTextChunks(t *testing.T) {
	text := &strings.Builder{}
	want := map[string]bool{}
	for i := range 20000 {
		w := fmt.Sprintf("w%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)
		want[w] = true
		text.WriteString(w + " ")
	}
	for _, size := range []int{7, 1460, 40000} {
		packets := segments(3, text.String(), size)
		got, s := textOf(t, textBudget, 1<<20, packets)
		have := map[string]bool{}
		for _, line := range got {
			var conn, side, offset, first, last int
			if _, err := fmt.Sscanf(line, "%d/%d+%d %d-%d", &conn, &side, &offset, &first, &last); err != nil {
				t.Fatal(err)
			}
			if f := offset/size + 1; first > f || first < f-64/size-1 || last < first || (last-first)*size > textChunk+textCut+2*size {
				t.Errorf("segments of %d: chunk at %d has frames %d to %d, its first byte is in %d", size, offset, first, last, f)
			}
			for _, w := range strings.Fields(line)[2:] {
				have[w] = true
			}
		}
		if len(have) != len(want) || len(got) != (text.Len()+textChunk-1)/textChunk+0 && len(got) != text.Len()/textChunk+2 {
			t.Errorf("segments of %d: %d words in %d chunks, want %d", size, len(have), len(got), len(want))
		}
		if s.Indexed != uint64(text.Len()) {
			t.Errorf("segments of %d: %+v", size, *s)
		}
	}
}

// TestTextBudget: with little memory connections are given up and found again, and
// the cap of a direction holds all the same.
func TestTextBudget(t *testing.T) {
	text := strings.Repeat("plenty of words to be found again ", 3<<20/34)
	var packets []packetOf
	all := [][]packetOf{segments(0, text, 30000), segments(1, text, 30000), segments(2, text, 30000)}
	for i := range all[0] {
		for c := range all {
			packets = append(packets, all[c][i])
		}
	}
	got, s := textOf(t, 40<<10, 2<<20, packets)
	if s.Capped == 0 || s.Indexed < 6<<20 || s.Indexed > 6<<20+3*30000 {
		t.Errorf("%+v in %d documents", *s, len(got))
	}
	if s.Scanned != 0 || s.Indexed+s.Capped != 3*uint64(len(text)) {
		t.Errorf("%+v of %d bytes", *s, 3*len(text))
	}
}

// FuzzTextStage: whatever the packets are, the sum of the counters is their
// payload, memory keeps to the budget, and the same packets give the same
// documents.
func FuzzTextStage(f *testing.F) {
	f.Add(int64(1), uint16(300))
	f.Add(int64(2), uint16(2000))
	f.Fuzz(func(t *testing.T, seed int64, n uint16) {
		r := rand.New(rand.NewSource(seed))
		packets := make([]packetOf, n%3000)
		total := uint64(0)
		for i := range packets {
			p := &packets[i]
			p.conn, p.side, p.flags, p.seq, p.ack = uint32(r.Intn(6)), index.Side(r.Intn(2)), uint16(r.Intn(32)), uint32(r.Intn(1<<uint(r.Intn(32)))), uint32(r.Intn(5000))
			p.udp, p.time, p.payload = p.conn > 4, int64(i)*1e8, ""
			if r.Intn(2) == 0 {
				p.payload = strings.Repeat("more words ", r.Intn(300))
			}
			total += uint64(len(p.payload))
		}
		one, s := textOf(t, 30<<10, 20000, packets)
		two, again := textOf(t, 30<<10, 20000, packets)
		if !slices.Equal(one, two) || *s != *again {
			t.Fatal("not the same twice")
		}
		if s.Indexed+s.Gated+s.Capped+s.Scanned != total {
			t.Fatalf("%+v of %d bytes", *s, total)
		}
	})
}
