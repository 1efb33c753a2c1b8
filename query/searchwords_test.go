package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
)

// TestSearchWords: which places are found, and in which order.
func TestSearchWords(t *testing.T) {
	data := func(seq uint32, text string) wire { return wire{proto: 6, flags: ack, seq: seq, payload: text} }
	e := engineWithPackets(t, []wire{
		{proto: 6, flags: syn, seq: 100},
		data(101, "GET /Exam"),                     // 2
		data(110, "ple3.com HTTP/1.1 ok\r\n"),      // 3
		data(132, "the examples, exampel files "),  // 4
		{proto: 17, payload: "grüße example 4711"}, // 5
		{proto: 17, payload: "not"},                // 6: a run too short
		{proto: 17, payload: "word not found"},     // 7
	})
	for _, c := range []struct {
		q    SearchRequest
		want string
	}{
		{SearchRequest{Needle: "http"}, "[3] 0c 9/18 HTTP"},
		{SearchRequest{Needle: "EXAMPLE"}, "[5] 1c 8/- example; [2 3] 0c 5/5 Example"}, // the shorter chunk first
		{SearchRequest{Needle: "Example", CaseSensitive: true}, "[2 3] 0c 5/5 Example"},
		{SearchRequest{Needle: "exam*"}, "[4] 0c 14/45 exampel; [2 3] 0c 5/5 Example; [4] 0c 4/35 examples; [5] 1c 8/- example"},
		{SearchRequest{Needle: "exampl", MaxEdits: 1}, "[4] 0c 14/45 exampel; [2 3] 0c 5/5 Example; [5] 1c 8/- example"},
		{SearchRequest{Needle: "exampl"}, ""},
		{SearchRequest{Needle: "example3.com"}, "[3] 0c 5/14 com"},
		{SearchRequest{Needle: "exampel3.com", MaxEdits: 2}, "[3] 0c 5/14 com"},
		{SearchRequest{Needle: "4711 grüsse", MaxEdits: 2}, "[5] 1c 16/- 4711"},
		{SearchRequest{Needle: "GRÜßE"}, "[5] 1c 0/- grüße"},
		{SearchRequest{Needle: "not"}, "[7] 1c 5/- not"},
		{SearchRequest{Needle: "http found"}, ""},
		{SearchRequest{Needle: "not found", Mode: modePhrase}, "[7] 1c 5/- not found"},
		{SearchRequest{Needle: "found not", Mode: modePhrase}, ""},
		{SearchRequest{Needle: "get example com http", Mode: modePhrase}, "[2 3] 0c 0/0 GET /Example3.com HTTP"},
		{SearchRequest{Needle: "the exam*", Mode: modePhrase}, "[4] 0c 0/31 the examples"},
		{SearchRequest{Needle: "http", Filter: "frame.number == 3"}, "[3] 0c 9/18 HTTP"},
		{SearchRequest{Needle: "http", Filter: "frame.number == 2"}, ""},
		{SearchRequest{Needle: "example", Filter: "udp"}, "[5] 1c 8/- example"},
	} {
		if c.q.Mode == "" {
			c.q.Mode = modeWords
		}
		a := search(t, e, c.q)
		got := strings.Split(matches(a.Rows), "; ")
		want := strings.Split(c.want, "; ")
		if strings.Contains(c.q.Needle, "*") || c.q.MaxEdits > 0 { // the order is TestText's
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v:\n%s\nwant\n%s", c.q, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if (len(a.Rows) == 0) != (len(a.Hints) > 0) {
			t.Errorf("%+v: %d rows, hints %q", c.q, len(a.Rows), a.Hints)
		}
		if !slices.IsSortedFunc(a.Rows, func(x, y SearchRow) int { return x.Distance - y.Distance }) {
			t.Errorf("%+v: not by distance", c.q)
		}
		// page by page it is the same
		var rows []SearchRow
		page := c.q
		page.Limit, page.All = 1, true
		for range 100 {
			one := search(t, e, page)
			rows = append(rows, one.Rows...)
			if page.Cursor = one.NextCursor; page.Cursor == "" {
				break
			}
		}
		if matches(rows) != matches(a.Rows) {
			t.Errorf("%+v by pages:\n%s\nwant\n%s", c.q, matches(rows), matches(a.Rows))
		}
	}
}

// TestSearchWordsLong: every place of a word is found once, and a phrase across
// chunks.
func TestSearchWordsLong(t *testing.T) {
	var packets []wire
	seq := uint32(1)
	count := 0
	for i := range 200 { // 100 kB, 6 chunks
		text := ""
		for len(text) < 500 {
			text += fmt.Sprintf("needle w%c%c straw ", 'a'+i%26, 'a'+i/26)
			count++
		}
		packets = append(packets, wire{proto: 6, flags: ack, seq: seq, payload: text})
		seq += uint32(len(text))
	}
	e := engineWithPackets(t, packets)
	for q, n := range map[string]int{"needle": count, "straw needle": count - 1} {
		mode := modeWords
		if strings.Contains(q, " ") {
			mode = modePhrase
		}
		a := search(t, e, SearchRequest{Needle: q, Mode: mode})
		places := map[uint32]bool{}
		for _, r := range a.Rows {
			places[*r.StreamOffset] = true
		}
		if a.Total != n || len(places) != n {
			t.Errorf("%s: %d rows at %d places, want %d", q, a.Total, len(places), n)
		}
	}
}

// TestSearchNoText: an index without words says how to add them, and answers
// everything else.
func TestSearchNoText(t *testing.T) {
	e := engineWithConfig(t, ingest.Config{NoText: true}, []wire{{proto: 17, payload: "some words here"}})
	_, err := e.Search(context.Background(), SearchRequest{All: true, Needle: "words", Mode: modeWords})
	wantError(t, err, BadRequest, "not word-indexed")
	var own *Error
	if !errors.As(err, &own) || !strings.Contains(own.Hint, "reindex") {
		t.Errorf("hint: %+v", own)
	}
	if a := search(t, e, SearchRequest{Needle: "words"}); a.Total != 1 {
		t.Errorf("substring: %d", a.Total)
	}
	for needle, want := range map[string]string{"7": "is a word", "..": "is a word", strings.Repeat("ab ", 17): "too many"} {
		_, err := e.Search(context.Background(), SearchRequest{All: true, Needle: needle, Mode: modePhrase})
		wantError(t, err, BadRequest, want)
	}
	_, err = e.Search(context.Background(), SearchRequest{All: true, Needle: "words", Mode: modeWords, MaxEdits: index.MaxWordEdits + 1})
	wantError(t, err, BadRequest, "out of range")
}
