package mcp

import (
	"cmp"
	"context"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
)

// TestCrowd: 64 clients ask at once, of two users and of both eras, without an
// error and without a heap that grows. PCAPIDX_CROWD=60s makes it last.
func TestCrowd(t *testing.T) {
	last, err := time.ParseDuration(cmp.Or(os.Getenv("PCAPIDX_CROWD"), "2s"))
	if err != nil {
		t.Fatal(err)
	}
	m := newTeam(t, nil)
	all := []string{m.key("ann", keys.Write), m.key("bob", keys.Write)}
	for _, key := range all {
		m.connect(key, "").ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
	}
	var clients []*client
	for i := range 64 {
		clients = append(clients, m.connect(all[i%2], eras()[i/2%2]))
	}
	questions := []sdk.CallToolParams{
		{Name: "list_captures"},
		{Name: "capture_info", Arguments: map[string]any{"capture": "web-day.pcap"}},
		{Name: "list_connections", Arguments: map[string]any{"captures": []string{"web-day.pcap"}, "sort": "bytes"}},
		{Name: "search_packets", Arguments: map[string]any{"tcp_flags": "RST"}},
		{Name: "get_packets", Arguments: map[string]any{"capture": "web-day.pcap", "frames": "17"}},
		{Name: "search_payload", Arguments: map[string]any{"needle": "Host"}},
		{Name: "diagnose_capture", Arguments: map[string]any{"capture": "web-day.pcap"}},
	}
	var calls, slowest atomic.Int64
	round := func(long time.Duration) {
		end := time.Now().Add(long)
		var running sync.WaitGroup
		for i, c := range clients {
			running.Go(func() {
				for n := i; time.Now().Before(end); n++ {
					begin := time.Now()
					q := questions[n%len(questions)]
					res, err := c.session.CallTool(context.Background(), &q)
					if err != nil || res.IsError {
						t.Errorf("client %d, %s: %v %s", i, q.Name, err, saysOf(res))
						return
					}
					calls.Add(1)
					slowest.Store(max(slowest.Load(), int64(time.Since(begin))))
				}
			})
		}
		running.Wait()
	}
	heap := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	round(last / 4)
	before := heap()
	round(last - last/4)
	after := heap()
	t.Logf("%d calls in %s, the slowest %s; heap %d kB before, %d kB after", calls.Load(), last, time.Duration(slowest.Load()), before>>10, after>>10)
	if after > before+before/2+8<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	if n := m.http.open.count(); n != 32 {
		t.Errorf("%d sessions of 32 clients that have them", n)
	}
	if left := slices.Collect(m.server.sdk.Sessions()); len(left) != 32 {
		t.Errorf("%d sessions in the SDK", len(left))
	}
}

func saysOf(res *sdk.CallToolResult) string {
	if res == nil {
		return ""
	}
	return textOf(res)
}
