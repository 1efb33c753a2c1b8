package mcp

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pcapidx/query"
)

// waiting is the work of a job that ends when a channel is closed.
func waiting(end <-chan struct{}) func(context.Context, func(query.Progress)) (*query.AddAnswer, error) {
	return func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error) {
		progress(query.Progress{Bytes: 30, Total: 100, Frames: 7})
		select {
		case <-end:
			return &query.AddAnswer{Rows: []query.AddRow{{Capture: "5f0a1dd4b1bc4af9"}}}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// TestQueue: few are indexed at once, the others wait for their turn; a user has a
// bounded number of them; all end when the server does.
func TestQueue(t *testing.T) {
	j := newJobs()
	end := make(chan struct{})
	released := make(chan string, 100)
	start := func(user string, n int) (*job, error) {
		key := fmt.Sprint(n)
		return j.start(&order{user: user, key: key, index: waiting(end), release: func() { released <- user + key }})
	}
	var mine []*job
	for n := range maxUserJobs {
		one, err := start("ann", n)
		if err != nil {
			t.Fatal(err)
		}
		mine = append(mine, one)
	}
	if _, err := start("ann", 99); err == nil || !strings.Contains(err.Error(), "8 captures") {
		t.Errorf("one too many: %v", err)
	}
	if r := <-released; r != "ann99" {
		t.Errorf("released %s", r)
	}
	if again, err := start("ann", 3); err != nil || again != mine[3] || <-released != "ann3" {
		t.Errorf("the same again: %v", err)
	}
	if other, err := start("bob", 3); err != nil || other == mine[3] {
		t.Errorf("the same of another user: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(j.slots) < maxJobs; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no job runs")
		}
	}
	if n := len(j.of("ann")); n != maxUserJobs || len(j.of("bob")) != 1 || len(j.of("")) != 0 {
		t.Errorf("%d in the works", n)
	}
	if j.find("bob", mine[0].id) != nil || j.find("ann", mine[0].id) != mine[0] {
		t.Error("a job is found by the wrong user, or not by the right one")
	}
	close(end)
	for _, one := range mine {
		<-one.done
		if a, err := one.result(); err != nil || len(a.Rows) != 1 {
			t.Errorf("%v %v", a, err)
		}
	}
	j.close()
	if len(released) != maxUserJobs+1 {
		t.Errorf("%d orders were released", len(released))
	}
	if _, err := start("ann", 1); err == nil {
		t.Error("after the end a job starts")
	}
}

// TestJobsEnd: a server that ends stops the jobs that run and those that wait.
func TestJobsEnd(t *testing.T) {
	j := newJobs()
	var all []*job
	for n := range 2 * maxJobs {
		one, err := j.start(&order{key: fmt.Sprint(n), index: waiting(nil)})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	j.close()
	for _, one := range all {
		if _, err := one.result(); err == nil || !strings.Contains(err.Error(), "stopped") {
			t.Errorf("%v", err)
		}
	}
}

// TestForgotten: the oldest jobs that are done are forgotten, no running one.
func TestForgotten(t *testing.T) {
	j := newJobs()
	defer j.close()
	running, err := j.start(&order{user: "ann", key: "long", index: waiting(nil)})
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan struct{})
	close(end)
	var first *job
	for n := range maxUserNamed + 10 {
		one, err := j.start(&order{user: "ann", key: fmt.Sprint(n), index: waiting(end)})
		if err != nil {
			t.Fatal(err)
		}
		<-one.done
		if first == nil {
			first = one
		}
	}
	if len(j.named) > maxUserNamed || j.find("ann", first.id) != nil || j.find("ann", running.id) != running {
		t.Errorf("%d are remembered", len(j.named))
	}
}

// TestIdentify: a capture's name of before it had an id stands for it in every
// tool, for its own user.
func TestIdentify(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap"))
	end := make(chan struct{})
	j, err := s.jobs.start(&order{key: "k", name: "web-day.pcap", bytes: 5, index: waiting(end)})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := s.jobs.start(&order{user: "bob", key: "k", name: "bob's", index: waiting(end)})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, s, "", nil)
	for deadline := time.Now().Add(10 * time.Second); j.at().Bytes == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the job does not run")
		}
	}
	m := c.ok("list_captures", nil)
	if rows, _ := m["indexing"].([]any); len(rows) != 1 || !strings.Contains(fmt.Sprint(rows), "30 % read, 7 packets") || strings.Contains(fmt.Sprint(m), "bob") {
		t.Errorf("in the works: %v", m["indexing"])
	}
	c.fails("capture_info", map[string]any{"capture": theirs.id}, "no such capture")
	c.fails("list_connections", map[string]any{"captures": []string{theirs.id}}, "no such capture")
	time.AfterFunc(200*time.Millisecond, func() { close(end) })
	if m := c.ok("capture_info", map[string]any{"capture": j.id}); m["capture"] != "5f0a1dd4b1bc4af9" {
		t.Errorf("%v", m["capture"])
	}
	if m := c.ok("list_connections", map[string]any{"captures": []string{j.id}, "limit": 1}); m["total"] != 20.0 {
		t.Errorf("%v connections", m["total"])
	}
	if m := c.ok("list_captures", nil); m["indexing"] != nil {
		t.Errorf("still in the works: %v", m["indexing"])
	}
	bad, err := s.jobs.start(&order{key: "bad", index: func(context.Context, func(query.Progress)) (*query.AddAnswer, error) {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "not a capture file"}
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.fails("capture_info", map[string]any{"capture": bad.id}, "not a capture file")
	worse, err := s.jobs.start(&order{key: "worse", index: func(context.Context, func(query.Progress)) (*query.AddAnswer, error) { return nil, errTest }})
	if err != nil {
		t.Fatal(err)
	}
	if text := textOf(c.call("capture_info", map[string]any{"capture": worse.id})); strings.Contains(text, "/a/path") {
		t.Errorf("an error from inside: %s", text)
	}
}
