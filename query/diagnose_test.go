package query

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

func diagnoseCapture(t *testing.T, e *Engine, q CaptureDiagnosisRequest) *CaptureDiagnosisAnswer {
	t.Helper()
	a, err := e.DiagnoseCapture(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// diagnosisKey names a row: what it sums up, and its severity.
func diagnosisKey(r *DiagnosisRow) string {
	name := r.Code + r.Host
	if r.Connection != nil {
		name = fmt.Sprint(*r.Connection)
	}
	return name + " " + r.Severity
}

func TestDiagnoseCapture(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-ends.pcap", "tcp-windows.pcap")
	for _, c := range []struct {
		q     CaptureDiagnosisRequest
		wants []string
	}{
		{
			CaptureDiagnosisRequest{Capture: "web-day.pcap"},
			[]string{"syn_unanswered error", "refused error", "syn_retransmitted note", "high_retransmission note"},
		},
		{CaptureDiagnosisRequest{Capture: "web-day.pcap", By: "host"}, []string{"198.51.100.80 error", "2001:db8:2::80 note"}},
		{CaptureDiagnosisRequest{Capture: "web-day.pcap", By: "connection"}, []string{"15 error", "13 error", "4 note", "9 note"}},
		{CaptureDiagnosisRequest{Capture: "web-day.pcap", Severity: "error"}, []string{"syn_unanswered error", "refused error"}},
		{CaptureDiagnosisRequest{Capture: "web-day.pcap", By: "connection", Severity: "error"}, []string{"15 error", "13 error"}},
		{CaptureDiagnosisRequest{Capture: "web-day.pcap", By: "connection", Code: "high_retransmission, refused"}, []string{"13 error", "4 note", "9 note"}},
		{CaptureDiagnosisRequest{Capture: "web-day.pcap", By: "host", Code: "syn_retransmitted"}, []string{"198.51.100.80 note"}},
		{CaptureDiagnosisRequest{Capture: "tcp-ends.pcap", Severity: "warn"}, []string{"reset_after_data warn"}},
		{CaptureDiagnosisRequest{Capture: "tcp-ends.pcap", By: "connection"}, []string{"2 warn", "3 warn", "4 warn", "7 note"}},
		{CaptureDiagnosisRequest{Capture: "tcp-ends.pcap", By: "connection", Code: "mid_stream"}, nil},
		{CaptureDiagnosisRequest{Capture: "tcp-ends.pcap", By: "connection", Code: "mid_stream", Severity: "info"}, []string{"0 info"}},
		{CaptureDiagnosisRequest{Capture: "tcp-windows.pcap", Severity: "warn"}, []string{"window_full warn", "zero_window warn"}},
	} {
		a := diagnoseCapture(t, e, c.q)
		var got []string
		for i := range a.Rows {
			r := &a.Rows[i]
			got = append(got, diagnosisKey(r))
			if r.Sentence == "" || r.Connections == 0 || r.Frames == 0 || (r.Connection == nil) != (len(r.Examples) > 0) {
				t.Errorf("%+v: row %+v", c.q, r)
			}
		}
		if !slices.Equal(got, c.wants) || a.Total != len(c.wants) {
			t.Errorf("%+v: %q, want %q", c.q, got, c.wants)
		}
		for limit := 1; limit < 3; limit++ {
			diagnosisPages(t, e, c.q, limit, a)
		}
	}
}

// diagnosisPages compares pages with the whole answer.
func diagnosisPages(t *testing.T, e *Engine, q CaptureDiagnosisRequest, limit int, all *CaptureDiagnosisAnswer) {
	t.Helper()
	var got []DiagnosisRow
	for q.Limit = limit; ; {
		p := diagnoseCapture(t, e, q)
		if p.Total != all.Total || p.Returned > limit || p.Returned != len(p.Rows) || len(got) > all.Total {
			t.Fatalf("%+v: page of %d, total %d", q, p.Returned, p.Total)
		}
		got = append(got, p.Rows...)
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			break
		}
	}
	a, aerr := json.Marshal(got)
	b, berr := json.Marshal(all.Rows)
	if string(a) != string(b) && len(got)+len(all.Rows) > 0 || aerr != nil || berr != nil {
		t.Errorf("pages of %d give %s\nwant %s", limit, a, b)
	}
}

// TestOneSidedCapture: what is said of the capture is not said of each connection, but
// can be asked for.
func TestOneSidedCapture(t *testing.T) {
	e := engineWith(t, "diag/one_sided.pcap")
	code := func(r DiagnosisRow) bool { return r.Code == "one_sided" }
	a := diagnoseCapture(t, e, CaptureDiagnosisRequest{Capture: "one_sided.pcap"})
	if len(a.Findings) != 1 || a.Findings[0].Code != "one_sided" || slices.ContainsFunc(a.Rows, code) || len(a.Hints) == 0 {
		t.Errorf("%+v", a)
	}
	a = diagnoseCapture(t, e, CaptureDiagnosisRequest{Capture: "one_sided.pcap", Code: "one_sided"})
	if !slices.ContainsFunc(a.Rows, code) {
		t.Errorf("asked for: %+v", a)
	}
}

// TestDiagnosisSums: the groupings agree with each other and with the connections.
func TestDiagnosisSums(t *testing.T) {
	for _, name := range []string{"web-day.pcap", "tcp-ends.pcap", "tcp-windows.pcap", "http-loss.pcapng"} {
		e := engineWith(t, name)
		counts := map[string]map[string]uint64{}
		connections := map[string]uint64{}
		for _, by := range []string{"host", "connection"} {
			counts[by] = map[string]uint64{}
			for _, r := range diagnoseCapture(t, e, CaptureDiagnosisRequest{Capture: name, By: by, Severity: "info"}).Rows {
				connections[by] += r.Connections
				for _, c := range r.Codes {
					counts[by][c.Code] += c.Findings
				}
			}
		}
		if connections["host"] != connections["connection"] || connections["host"] == 0 {
			t.Errorf("%s: connections %v", name, connections)
		}
		for _, r := range diagnoseCapture(t, e, CaptureDiagnosisRequest{Capture: name, Severity: "info"}).Rows {
			if h, c := counts["host"][r.Code], counts["connection"][r.Code]; h != c || c < r.Connections {
				t.Errorf("%s: %s: %d by host, %d by connection, of %d connections", name, r.Code, h, c, r.Connections)
			}
		}
	}
}

func TestCaptureQuality(t *testing.T) {
	for name, want := range map[string]string{
		"web-day.pcap":         "sound The capture is sound: nothing in it is damaged, cut, doubled or one-sided (the file does not say whether packets were dropped).",
		"http-loss.pcapng":     "limited Read this capture with care: 50.0% of the TCP packets were captured twice; time runs backwards at 3 packets.",
		"snaplen-60.pcap":      "limited Read this capture with care: 12 of 20 packets were cut by the snap length, 10 of them inside their headers; ",
		"empty.pcap":           "limited The capture holds no packets.",
		"cut-packet.pcap":      "limited Read this capture with care: the file is damaged after frame ",
		"backwards.pcap":       "limited Read this capture with care: ",
		"tcp-ends.pcap":        "sound ",
		"garbage-after-5.pcap": "limited Read this capture with care: the file is damaged after frame 5 (",
	} {
		a := diagnoseCapture(t, engineWith(t, name), CaptureDiagnosisRequest{Capture: name})
		if got := a.Quality + " " + a.Verdict; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	drops := uint64(7)
	s := &index.Summary{
		Frames: 10, Timed: 9, File: index.FileInfo{Interfaces: []index.Interface{{Dropped: &drops}}},
		Findings: []index.Finding{
			{Code: "capture_drops", Numbers: []index.Number{{Name: "dropped", Value: 7}, {Name: "os_dropped", Value: 2}}},
			{Code: "one_sided", Numbers: []index.Number{{Name: "one_sided", Value: 3}, {Name: "one_sided_percent", Value: 60}}},
			{Code: "capture_checksum_offload"},
		},
		Found:    []index.FoundCode{{Code: "capture_loss", Connections: 1}},
		Counters: index.Counters{Sliced: 4, Truncated: 1},
	}
	var a CaptureDiagnosisAnswer
	a.judge(s)
	const want = "Read this capture with care: 9 packets were dropped while capturing; of 3 TCP connections (60%) only one direction was captured; " +
		"in 1 connection data is missing that was acknowledged: the capture lost it; 4 of 10 packets were cut by the snap length, 1 of them inside their headers; " +
		"1 packet without a time; wrong checksums come from checksum offload, not from the network."
	if a.Verdict != want || len(a.Limits) != 5 {
		t.Errorf("%q\nwant %q", a.Verdict, want)
	}
}

func diagnoseConnections(t *testing.T, e *Engine, name string, numbers ...string) []ConnectionDiagnosis {
	t.Helper()
	a, err := e.DiagnoseConnections(context.Background(), ConnectionDiagnosisRequest{Capture: name, Connections: numbers})
	if err != nil {
		t.Fatal(err)
	}
	return a.Rows
}

func TestDiagnoseConnections(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-ends.pcap", "tcp-windows.pcap")
	for _, c := range []struct {
		capture, number, verdict string
		severity                 string
		words                    DiagnosisWords
	}{
		{
			"web-day.pcap", "2", "The handshake took 40.6 ms; the client sent 79 B and the server 286 B in 125 ms; both sides closed it, the client first. Nothing is wrong with it.",
			"",
			DiagnosisWords{},
		},
		{
			"web-day.pcap", "13", "The connection was not set up: the SYN was refused by a RST. The server, or a firewall in its name, refused",
			"error",
			DiagnosisWords{UnfinishedHandshake: true, RSTCauses: []string{"nothing listens on the port, or a rule rejects it"}},
		},
		{
			"web-day.pcap", "15", "The connection was not set up: nothing answered the SYN. The server never answered 4 connection attempts",
			"error",
			DiagnosisWords{UnfinishedHandshake: true, HasRetransmission: true},
		},
		{
			"tcp-ends.pcap", "3", "The handshake took 10.7 ms; the client sent 320 B and the server 320 B in 122 ms; the server reset it instead of closing it. " +
				"The server aborted the connection instead of closing it, 100 ms after the last data; the last response may be incomplete.",
			"warn",
			DiagnosisWords{UnfinishedClose: true, RSTCauses: []string{
				"a server application that crashed, was stopped, or closed with data unread", "a request that it rejected", "a firewall that forged the RST",
			}},
		},
		{"tcp-ends.pcap", "9", "The handshake took ", "info", DiagnosisWords{UnfinishedClose: true}},
		{
			"tcp-windows.pcap", "2", "The handshake was not captured; no data was sent; the client closed it, and nothing answered that. The client closed",
			"note",
			DiagnosisWords{UnfinishedClose: true},
		},
		{"tcp-windows.pcap", "0", "The handshake took ", "warn", DiagnosisWords{HasRetransmission: true}},
	} {
		r := diagnoseConnections(t, e, c.capture, c.number)[0]
		if !strings.HasPrefix(r.Verdict, c.verdict) || r.Severity != c.severity || strings.Contains(r.Verdict, causesMark) {
			t.Errorf("%s %s: %s: %s", c.capture, c.number, r.Severity, r.Verdict)
		}
		r.Aliases.DelayMS = nil
		if fmt.Sprint(*r.Aliases) != fmt.Sprint(c.words) {
			t.Errorf("%s %s: %+v", c.capture, c.number, *r.Aliases)
		}
	}
}

// TestDiagnosisMeasures: figures come in the right unit and from the right side.
func TestDiagnosisMeasures(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-windows.pcap")
	r := diagnoseConnections(t, e, "web-day.pcap", "9")[0]
	m := r.Timings
	if m.ConnectServerMS != 40.526 || m.ConnectClientMS != 0.029 || m.InitialRTTMS != 40.555 || m.CloseDelayMS != 0.216 || m.TurnCount != 1 {
		t.Errorf("%+v", m)
	}
	if m.ServerRTT.Count != 7 || m.ServerRTT.MaxMS != 0.015 || m.ServerRTT.AvgMS < 0.004 || m.ClientRTT.MinMS != 40.705 || m.ServerResponse.MedianMS != 40.729 {
		t.Errorf("%+v %+v %+v", m.ServerRTT, m.ClientRTT, m.ServerResponse)
	}
	if u := m.Turns[0]; u.RequestFrame != 110 || u.ResponseFrame != 112 || *u.WaitMS != 40.729 || *u.ResponseMS != 83.123 || u.RequestBytes != 86 || u.ResponseBytes != 41216 {
		t.Errorf("%+v", u)
	}
	if s := r.ByServer; s.DataSegments != 29 || s.ResentSegments != 1 || s.ResentBytes != 1428 || s.ResentPercent < 3.4 || s.UpstreamLostBytes != 1428 || s.TTL != 63 || *s.WindowScale < 1 {
		t.Errorf("%+v", s)
	}
	if c := r.ByClient; c.DataSegments != 1 || c.UniqueBytes != 86 || c.DuplicateAcks != 17 || c.TTL != 64 || !c.SACKPermitted || c.MSSBytes != 1440 {
		t.Errorf("%+v", c)
	}
	f := r.Findings[0]
	if f.Code != "high_retransmission" || f.Side != "server" || f.Confidence != "normal" || f.Numbers["resent_bytes"] != 1428 || !slices.Equal(f.Frames, []uint32{160}) || f.Count != 1 {
		t.Errorf("%+v", f)
	}
	if d := r.Aliases.DelayMS; d.Client.Min != 40.705 || d.Server.Max != 0.015 {
		t.Errorf("%+v", d)
	}
	w := diagnoseConnections(t, e, "tcp-windows.pcap", "0")[0]
	if s := w.ByServer; s.ZeroWindows != 1 || s.ZeroWindowMS != 1963.178 || w.ByClient.WindowFulls != 10 || w.ByClient.WindowFullMS != 2043.515 {
		t.Errorf("%+v %+v", w.ByServer, w.ByClient)
	}
	if w = diagnoseConnections(t, e, "tcp-windows.pcap", "2")[0]; w.Findings[0].Confidence != "low" || !strings.HasSuffix(w.Verdict, " (uncertain).") {
		t.Errorf("%+v", w)
	}
}

// TestDiagnosisBounds: what is no TCP is said so, what is not there is refused, an
// older index asks to be built anew.
func TestDiagnosisBounds(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	ctx := context.Background()
	a, err := e.DiagnoseConnections(ctx, ConnectionDiagnosisRequest{Capture: "web-day.pcap", Connections: []string{"1,4", "4", "0"}})
	if err != nil || len(a.Rows) != 3 || a.Total != 3 || len(a.Hints) != 2 || a.Rows[0].Timings != nil || !strings.Contains(a.Rows[2].Verdict, "This is icmp: only TCP") {
		t.Errorf("%+v %v", a, err)
	}
	var got []uint32
	for q := (ConnectionDiagnosisRequest{Capture: "web-day.pcap", Connections: []string{"9", "2", "4"}, Page: Page{Limit: 2}}); ; {
		p, err := e.DiagnoseConnections(ctx, q)
		if err != nil || p.Total != 3 || len(got) > 3 {
			t.Fatalf("%+v %v", p, err)
		}
		for i := range p.Rows {
			got = append(got, p.Rows[i].Connection)
		}
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, []uint32{9, 2, 4}) {
		t.Errorf("pages give %v", got)
	}
	for _, numbers := range [][]string{{"20"}, {"4", "x"}, {"-1"}} {
		_, err := e.DiagnoseConnections(ctx, ConnectionDiagnosisRequest{Capture: "web-day.pcap", Connections: numbers})
		wantError(t, err, NotFound, "no connection", "numbered from 0")
	}
	_, err = e.DiagnoseConnections(ctx, ConnectionDiagnosisRequest{Capture: "web-day.pcap", Connections: []string{","}})
	wantError(t, err, BadRequest, "which connections")
	for _, q := range []CaptureDiagnosisRequest{{By: "colour"}, {Severity: "bad"}, {Page: Page{Limit: -1}}, {Page: Page{Cursor: "x"}}} {
		q.Capture = "web-day.pcap"
		_, err := e.DiagnoseCapture(ctx, q)
		wantError(t, err, BadRequest)
	}
	if a := diagnoseCapture(t, e, CaptureDiagnosisRequest{Capture: "web-day.pcap", Code: "zero_window"}); a.Total != 0 || !strings.Contains(strings.Join(a.Hints, "\n"), "zero_window") {
		t.Errorf("%+v", a)
	}
	x, _ := openOld(t)
	old := New(oneCapture{x: x}, nil)
	_, err = old.DiagnoseCapture(ctx, CaptureDiagnosisRequest{Capture: "old"})
	wantError(t, err, BadRequest, "pcapidx reindex")
	_, err = old.DiagnoseConnections(ctx, ConnectionDiagnosisRequest{Capture: "old", Connections: []string{"0"}})
	wantError(t, err, BadRequest, "pcapidx reindex")
}
