package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// TestRandomCalls: any tool with any arguments gives a result: never a protocol
// error, never the end of the server.
func TestRandomCalls(t *testing.T) {
	for i, era := range eras() {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		config := testConfig(t, "web-day.pcap", "hostile-names.pcapng", "tunnels.pcap")
		s := newServer(t, config)
		c := connect(t, s, era, nil)
		right, wrong := 0, 0
		for range 400 {
			tool := s.tools[r.IntN(len(s.tools))]
			args := randomArguments(r, tool)
			if tool.name == "delete_capture" { // the others need something to answer about
				delete(args, "confirm")
			}
			if res := c.call(tool.name, args); res.IsError {
				wrong++
			} else {
				right++
			}
		}
		t.Logf("%s: %d answers, %d errors", era, right, wrong)
		if right < 30 || wrong < 30 {
			t.Errorf("%s: %d answers, %d errors: the arguments are too much alike", era, right, wrong)
		}
	}
}

// randomArguments makes arguments that are right for a good part.
func randomArguments(r *rand.Rand, tool *tool) map[string]any {
	pick := func(of ...any) any { return of[r.IntN(len(of))] }
	odd := func() any {
		return pick(nil, "", "x", -1, 0, 1e300, 3.7, true, []any{}, []any{nil, 1, "a"}, map[string]any{"a": 1}, "\x00\u202e\xff",
			strings.Repeat("(", 5000), "9999999999999999999999", "1e999999999", "tcp && (", "../../etc/passwd", "{\"a\":1}", "[[]]")
	}
	args := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(tool.input.Properties)) { // the same each time
		p := tool.input.Properties[name]
		required := len(tool.input.Required) > 0 && name == tool.input.Required[0]
		if !required && r.IntN(3) > 0 {
			continue
		}
		switch {
		case r.IntN(8) == 0:
			args[name] = odd()
		case len(p.Enum) > 0:
			args[name] = pick(p.Enum...)
		case name == "capture" || name == "captures":
			args[name] = pick("web-day.pcap", "hostile-names.pcapng", "tunnels.pcap", "5f0a1dd4b1bc4af9", "nope")
		case name == "filter":
			args[name] = pick("tcp", "ip.addr == 192.0.2.10", "udp.port in {53, 5353}", "frame.number < 20", "tcp.flags.reset", "nope.x == 1")
		case name == "prefix":
			args[name] = pick("tcp", "ip.", "zz")
		case name == "frames":
			args[name] = pick(17, "1-5", "3,5-9", "0", "9-3")
		case name == "encodings":
			args[name] = pick([]any{"percent"}, []any{"utf16le", "base64"}, []any{"rot13"})
		case name == "path":
			args[name] = pick("/etc/passwd", "/", "/dev/zero", "/proc/self/mem", "-")
		case p.Type == "integer":
			args[name] = pick(0, 1, 7, 100, 2048, "5", 1_000_000)
		case p.Type == "boolean":
			args[name] = pick(true, false, "true")
		default:
			args[name] = pick("53", "192.0.2.10", "SYN", "1", "100ms", "10.0.0.0/8", "tcp", "SF,REJ")
		}
	}
	if r.IntN(20) == 0 {
		args["surprise"] = odd()
	}
	return args
}

// TestTenThousandCalls: a server that runs for long does not grow.
func TestTenThousandCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	c := connect(t, newServer(t, testConfig(t, "web-day.pcap")), "", nil)
	questions := []struct {
		tool string
		args map[string]any
	}{
		{"list_captures", nil},
		{"capture_info", map[string]any{"capture": "web-day.pcap"}},
		{"list_connections", map[string]any{"limit": 5, "sort": "bytes"}},
		{"search_packets", map[string]any{"tcp_flags": "RST", "limit": 5}},
		{"get_packets", map[string]any{"capture": "web-day.pcap", "frames": "17", "payload": "hex"}},
		{"list_fields", map[string]any{"prefix": "tcp.flags", "limit": 5}},
		{"stats", map[string]any{"by": "nothing"}},
		{"capture_info", map[string]any{"capture": "nope"}},
	}
	ask := func(n int) {
		for i := range n {
			q := questions[i%len(questions)]
			if _, err := c.session.CallTool(context.Background(), &sdk.CallToolParams{Name: q.tool, Arguments: q.args}); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
	}
	ask(1000)
	heap, goroutines := inUse()
	ask(10_000)
	heapAfter, goroutinesAfter := inUse()
	t.Logf("heap %d kB, then %d kB; goroutines %d, then %d", heap>>10, heapAfter>>10, goroutines, goroutinesAfter)
	if heapAfter > heap+2<<20 || goroutinesAfter > goroutines+5 {
		t.Errorf("heap grows from %d to %d, goroutines from %d to %d", heap, heapAfter, goroutines, goroutinesAfter)
	}
}

func inUse() (heap uint64, goroutines int) {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, runtime.NumGoroutine()
}

// TestMiddleware: a panic is an error of one call, a call ends when its time is
// over, and the server goes on.
func TestMiddleware(t *testing.T) {
	for _, era := range eras() {
		config := testConfig(t, "web-day.pcap")
		engine := config.Engine
		mode := ""
		config.Engine = func(user string) (*query.Engine, error) {
			switch mode {
			case "panic":
				panic("\x1b[31msecret")
			case "slow":
				time.Sleep(50 * time.Millisecond)
			}
			return engine(user)
		}
		var log strings.Builder
		config.Log = slog.New(slog.NewTextHandler(&log, nil))
		config.TimeLimit = 20 * time.Millisecond
		c := connect(t, newServer(t, config), era, nil)
		mode = "panic"
		if res := c.call("list_captures", nil); !res.IsError || strings.Contains(textOf(res), "secret") || !strings.Contains(textOf(res), "internal error") {
			t.Errorf("%s: after a panic: %s", era, textOf(res))
		}
		if _, err := c.read("pcapidx://captures/web-day.pcap"); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: reading after a panic: %v", era, err)
		}
		mode = "slow"
		if res := c.call("list_captures", nil); !res.IsError || !strings.Contains(textOf(res), "longer than 20ms") {
			t.Errorf("%s: too slow: %s", era, textOf(res))
		}
		if !strings.Contains(log.String(), "secret") {
			t.Errorf("%s: the panic is not in the log", era)
		}
	}
}

// TestLenientLeavesOthersAlone: what has no schema goes through as it is.
func TestLenientLeavesOthersAlone(t *testing.T) {
	h := lenient(func(string) *jsonschema.Schema { return nil })(func(_ context.Context, _ string, r sdk.Request) (sdk.Result, error) {
		if string(r.(*sdk.CallToolRequest).Params.Arguments) != `{"x":null}` {
			return nil, errors.New("changed")
		}
		return nil, nil
	})
	_, err := h(context.Background(), callTool, &sdk.CallToolRequest{Params: &sdk.CallToolParamsRaw{Name: "other", Arguments: json.RawMessage(`{"x":null}`)}})
	if err != nil {
		t.Error(err)
	}
}
