package query

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// matches writes the rows of an answer: frames, connection, direction, offset in the
// payload, offset in the stream, and the match.
func matches(rows []SearchRow) string {
	var out []string
	for i := range rows {
		r := &rows[i]
		stream := "-"
		if r.StreamOffset != nil {
			stream = fmt.Sprint(*r.StreamOffset)
		}
		out = append(out, fmt.Sprintf("%v %d%c %d/%s %s", r.Frames, *r.Connection, r.Direction[0], r.Offset, stream, r.Match))
	}
	return strings.Join(out, "; ")
}

func search(t *testing.T, e *Engine, q SearchRequest) *SearchAnswer {
	t.Helper()
	if len(q.Captures) == 0 {
		q.All = true
	}
	a, err := e.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	if a.Returned != len(a.Rows) {
		t.Errorf("%+v: %d rows, %d said", q, len(a.Rows), a.Returned)
	}
	return a
}

// TestSearchAcross: a needle that crosses the packets of a TCP direction is found
// once, however they come.
func TestSearchAcross(t *testing.T) {
	type p = wire
	data := func(seq uint32, text string) p { return p{proto: 6, flags: ack, seq: seq, payload: text} }
	begin := p{proto: 6, flags: syn, seq: 100}
	for name, c := range map[string]struct {
		packets []wire
		needle  string
		want    string
	}{
		"in order":       {[]p{begin, data(101, "say hel"), data(108, "lo there")}, "hello", "[2 3] 0c 4/4 hello"},
		"three":          {[]p{begin, data(101, "xhe"), data(104, "ll"), data(106, "ox")}, "hello", "[2 3 4] 0c 1/1 hello"},
		"byte by byte":   {[]p{begin, data(101, "h"), data(102, "e"), data(103, "l"), data(104, "l"), data(105, "o")}, "hello", "[2 3 4 5 6] 0c 0/0 hello"},
		"midstream":      {[]p{data(101, "hel"), data(104, "lo")}, "hello", "[1 2] 0c 0/0 hello"},
		"no case":        {[]p{begin, data(101, "HEL"), data(104, "Lo")}, "hEllo", "[2 3] 0c 0/0 HELLo"},
		"swapped":        {[]p{begin, data(104, "lo"), data(101, "hel")}, "hello", "[3 2] 0c 0/0 hello"},
		"backwards":      {[]p{begin, data(105, "o"), data(103, "ll"), data(101, "he")}, "hello", "[4 3 2] 0c 0/0 hello"},
		"hole filled":    {[]p{begin, data(101, "he"), data(105, "o"), data(103, "ll")}, "hello", "[2 4 3] 0c 0/0 hello"},
		"sent again":     {[]p{begin, data(101, "hel"), data(101, "hel"), data(104, "lo"), data(104, "lo")}, "hello", "[2 4] 0c 0/0 hello"},
		"again, whole":   {[]p{begin, data(101, "hel"), data(104, "lo"), data(101, "hello")}, "hello", "[2 3] 0c 0/0 hello; [4] 0c 0/0 hello"},
		"whole, again":   {[]p{begin, data(101, "hello"), data(101, "hel"), data(104, "lo")}, "hello", "[2] 0c 0/0 hello"},
		"overlap":        {[]p{begin, data(101, "hel"), data(102, "ello there")}, "hello", "[2 3] 0c 0/0 hello"},
		"overlap inside": {[]p{begin, data(101, "he"), data(105, "ofg"), data(102, "ellofgh")}, "hello", "[2 4 3] 0c 0/0 hello"},
		"other bytes":    {[]p{begin, data(101, "heXX"), data(103, "llo")}, "hello", ""},
		"first counts":   {[]p{begin, data(101, "hell"), data(103, "XXo")}, "hello", "[2 3] 0c 0/0 hello"},
		"long overlap": {
			[]p{begin, data(101, strings.Repeat("a", 100)+"hel"), data(151, strings.Repeat("b", 53)+"lo"+strings.Repeat("c", 60))}, "hello", "[2 3] 0c 100/100 hello",
		},
		"gap":         {[]p{begin, data(101, "hel"), data(105, "lo")}, "hello", ""},
		"snap length": {[]p{begin, {proto: 6, flags: ack, seq: 101, payload: "hel++", cut: 2}, data(104, "lo"), data(106, "lo")}, "hello", ""},
		"wrap":        {[]p{{proto: 6, flags: syn, seq: math.MaxUint32 - 2}, data(math.MaxUint32-1, "hel"), data(1, "lo")}, "hello", "[2 3] 0c 0/0 hello"},
		"both sides":  {[]p{begin, data(101, "hel"), {side: 1, proto: 6, flags: ack, seq: 104, ack: 104, payload: "lo"}}, "hello", ""},
		"in a SYN":    {[]p{{proto: 6, flags: syn, seq: 100, payload: "hel"}, data(104, "lo")}, "hello", "[1 2] 0c 0/0 hello"},
		"after a FIN": {[]p{begin, {proto: 6, flags: fin | ack, seq: 101, payload: "hel"}, data(105, "lo")}, "hello", "[2 3] 0c 0/0 hello"},
		"two":         {[]p{begin, data(101, "hel"), data(104, "lo hel"), data(110, "lo")}, "hello", "[2 3] 0c 0/0 hello; [3 4] 0c 3/6 hello"},
		"UDP":         {[]p{{proto: 17, payload: "hel"}, {proto: 17, payload: "lo"}, {proto: 17, payload: "a hello"}}, "hello", "[3] 0c 2/- hello"},
		"SYN again":   {[]p{{proto: 6, flags: syn | ack, seq: 100}, data(101, "hel"), {proto: 6, flags: syn | ack, seq: 100}, data(104, "lo")}, "hello", "[2 4] 0c 0/0 hello"},
		"ports again": {[]p{{proto: 6, flags: syn | ack, seq: 100}, data(101, "help"), {proto: 6, flags: syn | ack, seq: 9100}, data(9101, "hel"), data(9104, "lo")}, "hello", "[4 5] 0c 0/0 hello"},
	} {
		for i := range c.packets {
			if name == "SYN again" || name == "ports again" { // what the server sends
				c.packets[i].side = 1
				c.want = strings.ReplaceAll(c.want, "0c", "0s")
			}
		}
		e := engineWithPackets(t, c.packets)
		if got := matches(search(t, e, SearchRequest{Needle: c.needle}).Rows); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

// TestSearchMemory: directions that find no room are searched in further passes;
// the matches are the same.
func TestSearchMemory(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng")
	x, _, err := e.source.Open("http-loss.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	b := newBruteForce(t, x)
	f, err := parseFilter("")
	if err != nil {
		t.Fatal(err)
	}
	across := 0
	for at := 1; at < 400; at += 40 {
		var data []byte
		for _, name := range b.names {
			d := b.directions[name]
			for seq, s := range d {
				if s.frame == uint32(at) && d[seq-1].frame != s.frame && d[seq-1].frame != 0 {
					for k := range uint32(8) {
						data = append(data, d[seq-4+k].value)
					}
				}
			}
		}
		if len(data) != 8 {
			continue
		}
		q := SearchRequest{Captures: []string{"http-loss.pcapng"}, Needle: string(data), CaseSensitive: true, Mode: modeSubstring}
		want := map[string]int{}
		for _, r := range search(t, e, q).Rows {
			want[fmt.Sprint(r.Frames, *r.Connection, r.Direction)]++
		}
		n, err := q.compile()
		if err != nil {
			t.Fatal(err)
		}
		got, passes := map[string]int{}, 0
		p := &searchPage{request: &q, filter: f, needle: n, counts: map[searchConn]*SearchCount{}, answer: &SearchAnswer{}, give: func(r *SearchRow) error {
			got[fmt.Sprint(r.Frames, *r.Connection, r.Direction)]++
			return nil
		}}
		p.progress(nil, nil)
		p.open(0, "x", x)
		s := newSearchScan(p, x)
		s.seams.budget = 0
		if err := s.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if passes = int(s.pass) + 1; passes < 3 {
			t.Errorf("%d passes without memory", passes)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%x: %v in %d passes\nwant %v", data, got, passes, want)
		}
		if across += len(want); len(want) == 0 {
			t.Errorf("%x is not found", data)
		}
	}
	if across < 3 {
		t.Errorf("only %d matches", across)
	}
}

// TestSearchPages: pages of any size hold the same rows in the same order, each
// once; only the last knows the total.
func TestSearchPages(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng", "tunnels.pcap")
	for _, q := range []SearchRequest{
		{Needle: "e"}, {Needle: "ht"}, {Needle: "\x00\x00"}, {Needle: "http", Filter: "tcp.flags.push == 1"}, {Needle: "example", Filter: "udp"},
	} {
		all := search(t, e, q)
		if all.Total != len(all.Rows) || !all.TotalExact || all.Total < 5 {
			t.Fatalf("%q: %d rows of %d", q.Needle, len(all.Rows), all.Total)
		}
		sum := 0
		for _, n := range all.Connections {
			sum += n.Matches
		}
		if sum != all.Total {
			t.Errorf("%q: connections have %d of %d matches", q.Needle, sum, all.Total)
		}
		for _, limit := range []int{1, 7, 100, 5000} {
			if all.Total/limit > 300 {
				continue
			}
			searchPages(t, e, q, limit, all)
		}
	}
}

func searchPages(t *testing.T, e *Engine, q SearchRequest, limit int, all *SearchAnswer) {
	t.Helper()
	var rows []SearchRow
	for q.Limit = limit; ; {
		a := search(t, e, q)
		rows = append(rows, a.Rows...)
		if a.TotalExact != (a.NextCursor == "") || a.Total > all.Total || len(a.Rows) > limit {
			t.Fatalf("%q, %d each: %d rows, total %d (%v)", q.Needle, limit, len(a.Rows), a.Total, a.TotalExact)
		}
		if q.Cursor = a.NextCursor; q.Cursor == "" {
			break
		}
	}
	if got, want := fmt.Sprint(len(rows), matches(rows)), fmt.Sprint(len(all.Rows), matches(all.Rows)); got != want {
		t.Errorf("%q, %d each: %.300s\nwant %.300s", q.Needle, limit, got, want)
	}
}

// TestSearchMany: of a payload that holds nothing else so many matches are given, and
// the answer says so.
func TestSearchMany(t *testing.T) {
	e := engineWithPackets(t, []wire{
		{proto: 17, payload: strings.Repeat("a", maxPerPayload)}, {proto: 17, payload: strings.Repeat("a", maxPerPayload+1)}, {proto: 17, payload: "a"},
	})
	a := search(t, e, SearchRequest{Needle: "a"})
	if a.Total != 2*maxPerPayload+1 || a.TotalExact || len(a.Hints) != 1 {
		t.Errorf("%d matches, exact %v, %v", a.Total, a.TotalExact, a.Hints)
	}
	if a := search(t, e, SearchRequest{Needle: "a", Page: Page{Limit: maxPerPayload}}); len(a.Hints) != 0 || a.NextCursor == "" {
		t.Errorf("the first payload: %v", a.Hints)
	}
}

// TestSearchOrder: rows come by the frame in which they are complete, capture after
// capture, the newest first.
func TestSearchOrder(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng")
	a := search(t, e, SearchRequest{Needle: "ht"})
	first, err := e.source.Find("http-loss.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	if a.Captures[0] != first.ID || a.Rows[0].Capture != first.ID {
		t.Errorf("%s is searched first, not %s", a.Captures[0], first.ID)
	}
	for i := 1; i < len(a.Rows); i++ {
		x, y := &a.Rows[i-1], &a.Rows[i]
		if x.Capture == y.Capture && slices.Max(x.Frames) > slices.Max(y.Frames) {
			t.Errorf("%v before %v", x.Frames, y.Frames)
		}
	}
}

// TestSearchUnreadable: a capture that cannot be read is named, and the others are
// searched; asked alone it is an error.
func TestSearchUnreadable(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng")
	bad, err := e.source.Find("http-loss.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(e.source.(StoreSource).Store.Dir(), "captures", bad.ID, "*", "index.db"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := 8192; i < len(data); i += 64 {
		data[i] ^= 0xff
	}
	if err := os.WriteFile(files[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	a := search(t, e, SearchRequest{Needle: "content-type"})
	if len(a.Rows) != 5 || len(a.Unreadable) != 1 || a.Unreadable[0].Capture != bad.ID || a.TotalExact || len(a.Hints) != 1 {
		t.Errorf("%d rows, unreadable %v, total exact %v, hints %v", len(a.Rows), a.Unreadable, a.TotalExact, a.Hints)
	}
	_, err = e.Search(context.Background(), SearchRequest{Captures: []string{bad.ID}, Needle: "x"})
	wantError(t, err, Corrupt)
}

// TestSearchRequests: what cannot be meant is refused with the reason.
func TestSearchRequests(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	for _, c := range []struct {
		q    SearchRequest
		want string
	}{
		{SearchRequest{}, "search for what"},
		{SearchRequest{Needle: strings.Repeat("a", maxNeedle+1)}, "too many"},
		{SearchRequest{Needle: "a", Mode: "exact"}, "unknown mode"},
		{SearchRequest{Needle: "a", In: "here"}, "unknown place"},
		{SearchRequest{Needle: "a", MaxEdits: 1}, "has no edits"},
		{SearchRequest{Needle: "a", Context: -1}, "out of range"},
		{SearchRequest{Needle: "a", Filter: "nope"}, "nope"},
		{SearchRequest{Needle: "(", Mode: modeRegex}, ""},
		{SearchRequest{Needle: "0g", Mode: modeHex}, ""},
		{SearchRequest{Needle: "a", Page: Page{Limit: -1}}, "negative"},
		{SearchRequest{Needle: "a", Page: Page{Cursor: "x"}}, "no cursor"},
	} {
		c.q.All = true
		_, err := e.Search(context.Background(), c.q)
		wantError(t, err, BadRequest, c.want)
	}
	_, err := e.Search(context.Background(), SearchRequest{Needle: "a"})
	wantError(t, err, BadRequest, "which captures")
	a := search(t, e, SearchRequest{Needle: "e", Page: Page{Limit: 1}})
	_, err = e.Search(context.Background(), SearchRequest{All: true, Needle: "f", Page: Page{Limit: 1, Cursor: a.NextCursor}})
	wantError(t, err, BadRequest, "another question")
	raw, decoded := search(t, e, SearchRequest{Needle: "http"}), search(t, e, SearchRequest{Needle: "http", In: "decoded"})
	both := search(t, e, SearchRequest{Needle: "http", In: "both"})
	if raw.Total == 0 || both.Total != raw.Total+decoded.Total {
		t.Errorf("both: %d, raw %d, decoded %d", both.Total, raw.Total, decoded.Total)
	}
}

// TestSearchShows: what is said of a match.
func TestSearchShows(t *testing.T) {
	long := strings.Repeat("x", 400)
	e := engineWithPackets(t, []wire{
		{proto: 6, flags: ack, seq: 1, payload: "GET /a\r\nHost: \x1b[31m\xff"},
		{proto: 6, flags: ack, seq: 20, payload: long + "end"},
		{proto: 1, flags: ack, seq: 1, payload: "quoted"},
	})
	for _, c := range []struct {
		q    SearchRequest
		want string
	}{
		{SearchRequest{Needle: "host", Context: 4}, `Host "/a..Host: .["`},
		{SearchRequest{Needle: "host"}, `Host ""`},
		{SearchRequest{Needle: "485f", Mode: modeHex}, ""},
		{SearchRequest{Needle: "0d 0a48", Mode: modeHex, Context: 1}, `0d0a48 "a..Ho"`},
		{SearchRequest{Needle: "x{300}", Mode: modeRegex, Context: 8}, strings.Repeat("x", 256) + ` "` + strings.Repeat("x", 256) + `"`},
		{SearchRequest{Needle: "31m\xff" + "xx", CaseSensitive: true, Context: 3}, `31m.xx " .[31m.xxxxx"`},
		{SearchRequest{Needle: "quoted"}, `quoted ""`},
		{SearchRequest{Needle: "GETT /a", Mode: modeFuzzy}, `GET /a ""`},
	} {
		got := ""
		if a := search(t, e, c.q); len(a.Rows) > 0 {
			got = fmt.Sprintf("%s %q", a.Rows[0].Match, a.Rows[0].Context)
		}
		if got != c.want {
			t.Errorf("%q: %s\nwant %s", c.q.Needle, got, c.want)
		}
	}
}

// TestSearchLong: large waves, one put in order while the next is searched, give
// what small ones do.
func TestSearchLong(t *testing.T) {
	const times = 400
	e, packets := longCapture(t, times)
	if packets < 80_000 {
		t.Fatalf("%d packets are no large wave", packets)
	}
	q := SearchRequest{Captures: []string{"x"}, Needle: "content-type"}
	all := search(t, e, q)
	if all.Total != 5*times || !all.TotalExact {
		t.Errorf("%d matches, want %d", all.Total, 5*times)
	}
	searchPages(t, e, q, 1500, all)
	q.Mode, q.Needle = modeHex, "00000014030300010117030300450fbc482c24a35c"
	if all := search(t, e, q); all.Total != 1 { // the others are sent again
		t.Errorf("%d matches across packets", all.Total)
	}
}

// BenchmarkSearch searches 240,000 packets for what is not there, and for the
// first of many matches.
func BenchmarkSearch(b *testing.B) {
	e, packets := longCapture(b, 1000)
	for name, q := range map[string]SearchRequest{
		"nothing": {Needle: "not in there"}, "one packet": {Needle: "^not in there", Mode: modeRegex}, "page": {Needle: "http", Page: Page{Limit: 50}},
	} {
		b.Run(name, func(b *testing.B) {
			q.Captures = []string{"x"}
			for b.Loop() {
				if _, err := e.Search(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(packets), "ns/packet")
		})
	}
}

// TestSearchLongNeedle: an encoded needle reaches as far across a border as it is long.
func TestSearchLongNeedle(t *testing.T) {
	text := strings.Repeat("a long needle! ", 60)
	var percent strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&percent, "%%%02x", c)
	}
	sent := "before " + percent.String() + " behind"
	at := len(sent) - 50 // far behind where the match begins
	e := engineWithPackets(t, []wire{
		{proto: 6, flags: syn, seq: 100},
		{proto: 6, flags: ack, seq: 101, payload: sent[:at]},
		{proto: 6, flags: ack, seq: 101 + uint32(at), payload: sent[at:]},
	})
	a := search(t, e, SearchRequest{Needle: text, Encodings: []string{"percent"}})
	if len(a.Rows) != 1 || !slices.Equal(a.Rows[0].Frames, []uint32{2, 3}) || a.Rows[0].Offset != 7 || int(a.Rows[0].Length) != percent.Len() {
		t.Errorf("%+v", a.Rows)
	}
}
