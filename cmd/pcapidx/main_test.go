package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pcapidx/query"
)

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{&query.Error{Kind: query.NotFound}, exitNotFound},
		{&query.Error{Kind: query.BadRequest}, exitBadRequest},
		{&query.Error{Kind: query.Busy}, exitIO},
		{&query.Error{Kind: query.Gone}, exitIO},
		{&query.Error{Kind: query.Corrupt}, exitIO},
		{&query.Error{Kind: query.IO}, exitIO},
		{fmt.Errorf("around: %w", &query.Error{Kind: query.NotFound}), exitNotFound},
		{exitError{code: 7, err: &query.Error{Kind: query.NotFound}}, 7},
		{fmt.Errorf("around: %w", exitError{code: 7, err: io.EOF}), 7},
		{errors.New("write failed"), exitIO},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exit code of %v is %d, want %d", c.err, got, c.want)
		}
	}
}

// TestInterrupted: Ctrl-C is told from failure.
func TestInterrupted(t *testing.T) {
	t.Setenv("PCAPIDX_STORE", t.TempDir())
	ctx, stop := context.WithCancel(context.Background())
	stop()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"ingest", "../../testdata/captures/web-day.pcap"}, nil, &stdout, &stderr)
	if code != exitInterrupted || stderr.String() != "pcapidx: interrupted\n" {
		t.Errorf("exit code %d, want %d; stderr %q", code, exitInterrupted, stderr.String())
	}
	if code := run(context.Background(), []string{"captures"}, nil, &stdout, &stderr); code != exitOK || stdout.Len() > 0 {
		t.Errorf("the interrupted capture is there: %d, %q", code, stdout.String())
	}
}

// asked runs a command line with --json and gives its document.
func asked(t *testing.T, args ...string) (doc query.ConnectionsAnswer) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), append(args, "--json"), nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return doc
}

// TestPages: in every order, forwards and backwards, filtered or not, the pages
// of any size together are the whole answer, every row once; and the reverse
// order is the order turned round but for rows of the same value.
func TestPages(t *testing.T) {
	t.Setenv("PCAPIDX_STORE", t.TempDir())
	asked(t, "ingest", "../../testdata/captures/web-day.pcap", "../../testdata/captures/tcp-ends.pcap", "../../testdata/captures/sctp.pcap")
	for _, filter := range []string{"", "--protocol=tcp", "--address=192.0.2.10"} {
		for _, order := range []string{"frame", "start", "duration", "bytes", "packets"} {
			for _, reverse := range []string{"false", "true"} {
				question := []string{"connections", "--all", "--sort", order, "--reverse=" + reverse}
				if filter != "" {
					question = append(question, filter)
				}
				t.Run(strings.Join(question[2:], " "), func(t *testing.T) {
					whole := asked(t, question...)
					if whole.Total < 10 || whole.Total != len(whole.Rows) {
						t.Fatalf("total %d, rows %d", whole.Total, len(whole.Rows))
					}
					inOrder(t, whole.Rows, order, reverse == "true")
					for _, limit := range []int{4, whole.Total - 1, whole.Total, whole.Total + 1} {
						samePages(t, &whole, question, limit)
					}
				})
			}
		}
	}
}

// inOrder checks rows by the values that they show.
func inOrder(t *testing.T, rows []query.ConnectionRow, order string, reverse bool) {
	t.Helper()
	value := map[string]func(r *query.ConnectionRow) float64{
		"frame":    func(*query.ConnectionRow) float64 { return 0 },
		"start":    func(*query.ConnectionRow) float64 { return 0 },
		"duration": func(r *query.ConnectionRow) float64 { return -float64(r.DurationS) },
		"bytes":    func(r *query.ConnectionRow) float64 { return -float64(r.ClientBytes + r.ServerBytes) },
		"packets":  func(r *query.ConnectionRow) float64 { return -float64(r.ClientPackets + r.ServerPackets) },
	}[order]
	for i := 1; i < len(rows); i++ {
		a, b := &rows[i-1], &rows[i]
		if reverse {
			a, b = b, a
		}
		bad := value(a) > value(b)
		switch {
		case order == "start":
			bad = a.Start > b.Start
		case order == "frame" && a.Capture == b.Capture:
			bad = a.Connection > b.Connection
		}
		if bad {
			t.Fatalf("row %d is out of order:\n%+v\n%+v", i, rows[i-1], rows[i])
		}
	}
}

// samePages asks page by page and compares with the whole answer.
func samePages(t *testing.T, whole *query.ConnectionsAnswer, question []string, limit int) {
	t.Helper()
	name := func(r query.ConnectionRow) string { return fmt.Sprintf("%s/%d", r.Capture, r.Connection) }
	var want, got []string
	for _, r := range whole.Rows {
		want = append(want, name(r))
	}
	cursor := ""
	for pages := 0; ; pages++ {
		page := asked(t, append(slices.Clone(question), "--limit", fmt.Sprint(limit), "--cursor", cursor)...)
		for _, r := range page.Rows {
			got = append(got, name(r))
		}
		if page.Total != whole.Total || page.Returned != len(page.Rows) || len(page.Rows) > limit {
			t.Fatalf("limit %d: page of %d rows says returned %d, total %d, want total %d", limit, len(page.Rows), page.Returned, page.Total, whole.Total)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
		if pages > whole.Total {
			t.Fatalf("limit %d: no end after %d pages", limit, pages)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("limit %d: pages give\n%v\nwant\n%v", limit, got, want)
	}
}
