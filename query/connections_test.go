package query

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

func connections(t *testing.T, e *Engine, q ConnectionsRequest) *ConnectionsAnswer {
	t.Helper()
	a, err := e.Connections(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func rowID(r *ConnectionRow) string { return fmt.Sprintf("%s/%d", r.Capture, r.Connection) }

// TestSortAndPages: every order is that of the values in the rows, and pages of
// any size give the rows of the whole answer, each once.
func TestSortAndPages(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-ends.pcap", "icmp-errors.pcap")
	value := map[string]func(r *ConnectionRow) float64{
		"frame":    func(*ConnectionRow) float64 { return 0 },
		"duration": func(r *ConnectionRow) float64 { return -float64(r.DurationS) },
		"bytes":    func(r *ConnectionRow) float64 { return -float64(r.ClientBytes + r.ServerBytes) },
		"packets":  func(r *ConnectionRow) float64 { return -float64(r.ClientPackets + r.ServerPackets) },
	}
	for _, sort := range []string{"frame", "start", "duration", "bytes", "packets"} {
		for _, reverse := range []bool{false, true} {
			q := ConnectionsRequest{All: true, Sort: sort, Reverse: reverse}
			all := connections(t, e, q)
			if all.Returned != all.Total || all.Total < 30 || all.NextCursor != "" || len(all.Captures) != 3 {
				t.Fatalf("%s: %d of %d in %v", sort, all.Returned, all.Total, all.Captures)
			}
			ordered := slices.IsSortedFunc(all.Rows, func(a, b ConnectionRow) int {
				if reverse {
					a, b = b, a
				}
				if sort == "start" {
					return strings.Compare(string(a.Start), string(b.Start))
				}
				return int(1e9 * (value[sort](&a) - value[sort](&b)))
			})
			if !ordered {
				t.Errorf("%s (reverse %v) is not in order", sort, reverse)
			}
			for _, limit := range []int{1, 7, 30} {
				pages(t, e, q, limit, all)
			}
		}
	}
}

func pages(t *testing.T, e *Engine, q ConnectionsRequest, limit int, all *ConnectionsAnswer) {
	t.Helper()
	q.Limit = limit
	var got []string
	for range len(all.Rows) + 1 {
		p := connections(t, e, q)
		if p.Total != all.Total || p.Returned != len(p.Rows) || p.Returned > limit {
			t.Fatalf("%s: page of %d, total %d", q.Sort, p.Returned, p.Total)
		}
		for i := range p.Rows {
			got = append(got, rowID(&p.Rows[i]))
		}
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			break
		}
	}
	var want []string
	for i := range all.Rows {
		want = append(want, rowID(&all.Rows[i]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s reverse %v, pages of %d:\n got %v\nwant %v", q.Sort, q.Reverse, limit, got, want)
	}
}

// TestFilters compares each filter with the same test on the rows of the whole
// answer.
func TestFilters(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-ends.pcap", "icmp-errors.pcap", "sctp.pcap")
	all := connections(t, e, ConnectionsRequest{All: true})
	ends := func(r *ConnectionRow) (out []netip.AddrPort) {
		for _, s := range []string{r.Client, r.Server} {
			p, err := netip.ParseAddrPort(s)
			if err != nil {
				p = netip.AddrPortFrom(netip.MustParseAddr(s), 0)
			}
			out = append(out, p)
		}
		return out
	}
	inside := func(prefix string) func(*ConnectionRow) bool {
		return func(r *ConnectionRow) bool {
			return slices.ContainsFunc(ends(r), func(e netip.AddrPort) bool { return netip.MustParsePrefix(prefix).Contains(e.Addr()) })
		}
	}
	port := func(low, high uint16) func(*ConnectionRow) bool {
		return func(r *ConnectionRow) bool {
			return r.ICMPID == nil && slices.ContainsFunc(ends(r), func(e netip.AddrPort) bool { return low <= e.Port() && e.Port() <= high })
		}
	}
	for _, c := range []struct {
		q    ConnectionsRequest
		want func(*ConnectionRow) bool
	}{
		{ConnectionsRequest{Address: "192.0.2.10"}, inside("192.0.2.10/32")},
		{ConnectionsRequest{Address: "198.51.100.0/24"}, inside("198.51.100.0/24")},
		{ConnectionsRequest{Address: "[2001:db8:2::80]"}, inside("2001:db8:2::80/128")},
		{ConnectionsRequest{Port: "80"}, port(80, 80)},
		{ConnectionsRequest{Port: "40000-65535"}, port(40000, 65535)},
		{ConnectionsRequest{Protocol: "udp"}, func(r *ConnectionRow) bool { return r.Protocol == "udp" }},
		{ConnectionsRequest{Protocol: "TCP, sctp"}, func(r *ConnectionRow) bool { return r.Protocol == "tcp" || r.Protocol == "sctp" }},
		{ConnectionsRequest{Protocol: "icmp,icmpv6"}, func(r *ConnectionRow) bool { return r.ICMPID != nil }},
		{ConnectionsRequest{State: "rej,S0"}, func(r *ConnectionRow) bool { return r.State == "REJ" || r.State == "S0" }},
		{ConnectionsRequest{State: "SF", Protocol: "tcp", Port: "80", Address: "192.0.2.0/24"}, func(r *ConnectionRow) bool {
			return r.State == "SF" && r.Protocol == "tcp" && port(80, 80)(r) && inside("192.0.2.0/24")(r)
		}},
	} {
		c.q.All = true
		var want, got []string
		for i := range all.Rows {
			if c.want(&all.Rows[i]) {
				want = append(want, rowID(&all.Rows[i]))
			}
		}
		a := connections(t, e, c.q)
		for i := range a.Rows {
			got = append(got, rowID(&a.Rows[i]))
		}
		if len(want) == 0 || !slices.Equal(got, want) || a.Total != len(want) {
			t.Errorf("%+v:\n got %v\nwant %v", c.q, got, want)
		}
	}
	none := connections(t, e, ConnectionsRequest{All: true, Port: "6"})
	if none.Total != 0 || len(none.Hints) == 0 || none.Rows == nil {
		t.Errorf("an empty answer without a hint: %+v", none)
	}
}

// TestConnectionEndings: what became of each connection of tcp-ends.pcap and of
// the failures in web-day.pcap, in Zeek's words.
func TestConnectionEndings(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-ends.pcap")
	for _, c := range []struct {
		q       ConnectionsRequest
		state   string
		history string
	}{
		{ConnectionsRequest{Captures: []string{"web-day.pcap"}, Port: "8080", Protocol: "tcp"}, "REJ", "Sr"},
		{ConnectionsRequest{Captures: []string{"web-day.pcap"}, Port: "8443", Protocol: "tcp"}, "S0", "S"},
	} {
		a := connections(t, e, c.q)
		if a.Total == 0 {
			t.Fatalf("%+v: none", c.q)
		}
		for _, r := range a.Rows {
			if r.State != c.state || r.History != c.history || r.ClientBy != "syn" || r.ClientGuessed {
				t.Errorf("%+v: %+v", c.q, r)
			}
		}
	}
	states := map[string]int{}
	for _, r := range connections(t, e, ConnectionsRequest{Captures: []string{"tcp-ends.pcap"}}).Rows {
		states[r.State]++
	}
	for _, s := range []string{"SF", "RSTO", "RSTR", "S1"} {
		if states[s] == 0 {
			t.Errorf("no connection of tcp-ends.pcap ended %s: %v", s, states)
		}
	}
}

func TestCursorBelongsToItsQuestion(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	q := ConnectionsRequest{All: true, Sort: "bytes", Page: Page{Limit: 3}}
	first := connections(t, e, q)
	q.Cursor, q.Sort = first.NextCursor, "packets"
	_, err := e.Connections(context.Background(), q)
	wantError(t, err, BadRequest, "another question")
}

func TestRowJSON(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	b, err := json.Marshal(connections(t, e, ConnectionsRequest{All: true, Protocol: "icmp", Page: Page{Limit: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"stream":null`, `"icmp_id":`, `"returned":1`, `"total":`, `"captures":["`, `"duration_s":0.`} {
		if !strings.Contains(string(b), part) {
			t.Errorf("%s lacks %s", b, part)
		}
	}
}

// TestConnectionsByAnalysis: sorted and chosen by what TCP analysis measured.
func TestConnectionsByAnalysis(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-windows.pcap")
	ask := func(q ConnectionsRequest) *ConnectionsAnswer {
		t.Helper()
		q.All = true
		a, err := e.Connections(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	last := math.Inf(1)
	for _, r := range ask(ConnectionsRequest{Sort: "rtt", Protocol: "tcp"}).Rows {
		ms := 0.0
		if r.InitialRTTMs != nil {
			ms = *r.InitialRTTMs
		}
		if ms > last {
			t.Errorf("connection %d: %v ms after %v", r.Connection, ms, last)
		}
		last = ms
	}
	some := ask(ConnectionsRequest{Sort: "retransmissions", MinRetransmissions: 1})
	if len(some.Rows) < 2 || *some.Rows[0].Retransmissions < *some.Rows[1].Retransmissions || *some.Rows[len(some.Rows)-1].Retransmissions == 0 {
		t.Errorf("%+v", some.Rows)
	}
	refused := ask(ConnectionsRequest{Finding: "refused,zero_window"})
	if len(refused.Rows) != 2 {
		t.Fatalf("%+v", refused.Rows)
	}
	for _, r := range refused.Rows {
		if !slices.Contains(r.Findings, "refused") && !slices.Contains(r.Findings, "zero_window") {
			t.Errorf("%+v", r)
		}
	}
	if none := ask(ConnectionsRequest{Finding: "refuse"}); none.Total != 0 || len(none.Hints) == 0 || !strings.Contains(none.Hints[0], "refused") {
		t.Errorf("%+v", none)
	}
}

// TestPacketStates: labels and TCP states of packets.
func TestPacketStates(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	a, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{"web-day.pcap"}, Filter: "tcp.stream == 5 || tcp.stream == 6"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range a.Rows {
		got = append(got, r.ClientState+"/"+r.ServerState+" "+strings.Join(r.Labels, "+"))
	}
	want := "SYN_SENT/LISTEN , CLOSED/CLOSED , SYN_SENT/LISTEN , SYN_SENT/LISTEN retransmission, SYN_SENT/LISTEN retransmission, SYN_SENT/LISTEN retransmission"
	if strings.Join(got, ", ") != want {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, ", "), want)
	}
	if info := a.Rows[len(a.Rows)-1].Info; !strings.HasPrefix(info, "[TCP Retransmission] ") {
		t.Errorf("Info %q", info)
	}
}

// TestAnalysesOfSome: whichever connections are asked for, each is found.
func TestAnalysesOfSome(t *testing.T) {
	x, _, err := engineWith(t, "web-day.pcap").source.Open("web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, c := range []struct{ ask, want []uint32 }{
		{nil, nil},
		{[]uint32{0, 1}, nil}, // ICMP and UDP
		{[]uint32{0, 2, 3, 4, 15, 19}, []uint32{2, 4, 15}},
		{[]uint32{17, 500}, []uint32{17}},
		{[]uint32{2, 4, 5, 7, 9, 11, 13, 15, 17}, []uint32{2, 4, 7, 9, 11, 13, 15, 17}},
	} {
		var got []uint32
		if err := eachAnalysisOf(x, c.ask, func(a *index.ConnAnalysis) { got = append(got, a.Number) }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.ask, got, c.want)
		}
	}
}

// TestConnectionWords: each word must be somewhere in a connection's row, in its
// protocols or its findings.
func TestConnectionWords(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng")
	by := func(q ConnectionsRequest) (numbers []uint32) {
		q.All = true
		for _, r := range connections(t, e, q).Rows {
			numbers = append(numbers, r.Connection)
		}
		return numbers
	}
	list := func(words string) []uint32 { return by(ConnectionsRequest{Words: words}) }
	finding := ""
	for _, c := range connections(t, e, ConnectionsRequest{All: true}).Rows {
		if len(c.Findings) > 0 {
			finding = c.Findings[0]
		}
	}
	for words, want := range map[string]ConnectionsRequest{
		"Refused":           {State: "REJ"},
		"tcp http":          {Words: "http"},
		"tcp " + finding:    {Protocol: "tcp", Finding: finding},
		"":                  {},
		" udp  no  ANSWER ": {Protocol: "udp", State: "S0"},
	} {
		got, wanted := list(words), by(want)
		if len(wanted) == 0 && words != " udp  no  ANSWER " || !slices.Equal(got, wanted) {
			t.Errorf("%q: %v, want %v", words, got, wanted)
		}
	}
	if got := list("tcp nowhere-at-all"); got != nil {
		t.Errorf("%v", got)
	}
	_, err := e.Connections(context.Background(), ConnectionsRequest{All: true, Words: strings.Repeat("a ", 17)})
	wantError(t, err, BadRequest, "17 words", "at most 16")
}
