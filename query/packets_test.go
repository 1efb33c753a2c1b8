package query

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestFiltersAgainstTshark asks every display filter of testdata/make/filters.txt
// and compares the frames with those that tshark printed.
func TestFiltersAgainstTshark(t *testing.T) {
	f, err := os.Open("../testdata/golden/filters.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	engines := map[string]*Engine{}
	asked := 0
	for s := bufio.NewScanner(f); s.Scan(); asked++ {
		var row struct {
			Capture string   `json:"capture"`
			Filter  string   `json:"filter"`
			Frames  []uint32 `json:"frames"`
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if engines[row.Capture] == nil {
			engines[row.Capture] = engineWith(t, row.Capture)
		}
		a, err := engines[row.Capture].Packets(context.Background(), PacketsRequest{Captures: []string{row.Capture}, Filter: row.Filter, Numbers: true})
		if err != nil {
			t.Errorf("%s %q: %v", row.Capture, row.Filter, err)
			continue
		}
		var got []uint32
		if len(a.Numbers) > 0 {
			got = a.Numbers[0].Frames
		}
		if !slices.Equal(got, row.Frames) || a.Total != len(row.Frames) {
			t.Errorf("%s %q:\n got    %v\n tshark %v", row.Capture, row.Filter, got, row.Frames)
		}
	}
	if asked < 50 {
		t.Errorf("only %d filters were asked", asked)
	}
}

func TestPacketPages(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	q := PacketsRequest{Captures: []string{"web-day.pcap"}, Filter: "tcp.port == 80"}
	all, err := e.Packets(context.Background(), q)
	if err != nil || all.Total < 100 || all.NextCursor != "" || all.Returned != all.Total {
		t.Fatalf("%d of %d %q %v", all.Returned, all.Total, all.NextCursor, err)
	}
	var got []uint32
	for q.Limit = 40; ; {
		p, err := e.Packets(context.Background(), q)
		if err != nil || p.Total != all.Total || p.Returned > 40 {
			t.Fatalf("%d of %d: %v", p.Returned, p.Total, err)
		}
		for _, r := range p.Rows {
			got = append(got, r.Frame)
		}
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			break
		}
	}
	var want []uint32
	for _, r := range all.Rows {
		want = append(want, r.Frame)
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages give %v\nwant %v", got, want)
	}
	first := all.Rows[0]
	if first.Src == "" || first.Protocols == "" || len(first.Connections) != 1 || first.Time == "" || first.Length == 0 {
		t.Errorf("row %+v", first)
	}
}

func TestFilterErrors(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	for text, parts := range map[string][]string{
		"ip.adr == 1.2.3.4":          {"ip.adr at 1", "did you mean ip.addr"},
		"tcp.port == ":               {"filter:"},
		"tcp.port == 70000":          {"filter:"},
		"(tcp":                       {"filter:"},
		"ip.fragment.count > 1":      {"ip.fragment.count cannot be asked", "depends on other frames"},
		"eth.src[0:3] == 00:11:22":   {"not supported here"},
		"frame.len == \"seventeen\"": {"filter:"},
	} {
		_, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{"web-day.pcap"}, Filter: text})
		wantError(t, err, BadRequest, parts...)
	}
	a, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{"web-day.pcap"}, Filter: "tcp.flags.reset", Page: Page{Limit: 1}})
	if err != nil || len(a.Hints) == 0 || a.Total < 150 {
		t.Errorf("a bare flag tests presence, with a hint: %+v %v", a, err)
	}
}
