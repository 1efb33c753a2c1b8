package mcp

import (
	"context"
	"slices"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// counts is what a server counts of itself, for its metrics.
type counts struct {
	mu       sync.Mutex
	inFlight int
	requests map[request]int
	tools    map[string]*durations
	sessions func() int // of HTTP; nil: none
}

// request is a kind of request and how it ended.
type request struct {
	method, tool string // tool: of a call of one that there is
	outcome      string // ok, error (told as a result), refused (told as an error of the protocol)
}

// durations is a histogram of what the calls of a tool took.
type durations struct {
	within []int // calls that took no more than the bound of the same number
	all    int
	sum    time.Duration
}

// bounds of the histogram, from an answer out of a cache to the time limit.
var bounds = [...]time.Duration{
	time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	time.Second, 5 * time.Second, 15 * time.Second, time.Minute,
}

func newCounts() *counts {
	return &counts{requests: map[request]int{}, tools: map[string]*durations{}}
}

// counted is the middleware that counts. Only methods and tools that there are
// have a number of their own: clients could make up any.
func (s *Server) counted(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (res sdk.Result, err error) {
		r := request{method: method}
		if c, ok := req.(*sdk.CallToolRequest); ok {
			if r.tool = "unknown"; slices.ContainsFunc(s.tools, func(t *tool) bool { return t.name == c.Params.Name }) {
				r.tool = c.Params.Name
			}
		}
		begin := time.Now()
		s.counts.begin()
		r.outcome = "refused" // also when it panics
		defer func() { s.counts.end(r, time.Since(begin)) }()
		res, err = next(ctx, method, req)
		if err == nil {
			r.outcome = "ok"
			if result, ok := res.(*sdk.CallToolResult); ok && result != nil && result.IsError {
				r.outcome = "error"
			}
		}
		return res, err
	}
}

func (c *counts) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight++
}

func (c *counts) end(r request, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	c.requests[r]++
	if r.tool == "" {
		return
	}
	d := c.tools[r.tool]
	if d == nil {
		d = &durations{within: make([]int, len(bounds))}
		c.tools[r.tool] = d
	}
	d.all++
	d.sum += took
	for i, b := range bounds {
		if took <= b {
			d.within[i]++
		}
	}
}

// running is how many requests are being answered.
func (c *counts) running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inFlight
}
