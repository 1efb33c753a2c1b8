package mcp

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
)

// Metrics answers with what the server counts, in Prometheus' text format. It
// names no user and no capture.
func (s *Server) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var b strings.Builder
		s.counts.write(&b)
		family(&b, "pcapidx_indexing_jobs", "gauge", "Files that are being indexed.")
		sample(&b, "pcapidx_indexing_jobs", float64(s.jobs.count()))
		if s.config.Usage != nil {
			captures, bytes, err := s.config.Usage()
			if err != nil {
				s.config.Log.Warn("the store could not be counted", "error", err)
			} else {
				family(&b, "pcapidx_captures", "gauge", "Captures of all users.")
				sample(&b, "pcapidx_captures", float64(captures))
				family(&b, "pcapidx_captures_bytes", "gauge", "Bytes of their indexes.")
				sample(&b, "pcapidx_captures_bytes", float64(bytes))
			}
		}
		process(&b)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = io.WriteString(w, b.String())
	})
}

// write writes the counts in a fixed order.
func (c *counts) write(w io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	family(w, "pcapidx_requests_total", "counter", "Requests by method and how they ended: ok, error (a tool's), refused (the protocol's).")
	byName := func(a, b request) int {
		return cmp.Or(strings.Compare(a.method, b.method), strings.Compare(a.tool, b.tool), strings.Compare(a.outcome, b.outcome))
	}
	for _, r := range slices.SortedFunc(maps.Keys(c.requests), byName) {
		labels := []string{"method", r.method, "outcome", r.outcome}
		if r.tool != "" {
			labels = append(labels, "tool", r.tool)
		}
		sample(w, "pcapidx_requests_total", float64(c.requests[r]), labels...)
	}
	const name = "pcapidx_tool_duration_seconds"
	family(w, name, "histogram", "Time that calls of a tool took.")
	for _, tool := range slices.Sorted(maps.Keys(c.tools)) {
		d := c.tools[tool]
		for i, b := range bounds {
			sample(w, name+"_bucket", float64(d.within[i]), "tool", tool, "le", number(b.Seconds()))
		}
		sample(w, name+"_bucket", float64(d.all), "tool", tool, "le", "+Inf")
		sample(w, name+"_sum", d.sum.Seconds(), "tool", tool)
		sample(w, name+"_count", float64(d.all), "tool", tool)
	}
	family(w, "pcapidx_requests_in_flight", "gauge", "Requests that are being answered.")
	sample(w, "pcapidx_requests_in_flight", float64(c.inFlight))
	if c.sessions != nil {
		family(w, "pcapidx_sessions", "gauge", "Sessions of clients that have them.")
		sample(w, "pcapidx_sessions", float64(c.sessions()))
	}
}

// process writes what the runtime knows of the process.
func process(w io.Writer) {
	values := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(values)
	for i, m := range [][2]string{
		{"pcapidx_heap_bytes", "Bytes of live objects, and of dead ones not yet collected."},
		{"pcapidx_memory_bytes", "Bytes of memory that the program has from the system."},
		{"pcapidx_goroutines", "Goroutines."},
	} {
		if values[i].Value.Kind() == metrics.KindUint64 {
			family(w, m[0], "gauge", m[1])
			sample(w, m[0], float64(values[i].Value.Uint64()))
		}
	}
}

func family(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes one number. Labels are names and values in turn; no value holds
// what would have to be escaped.
func sample(w io.Writer, name string, value float64, labels ...string) {
	text := ""
	for i := 0; i+1 < len(labels); i += 2 {
		text += "," + labels[i] + `="` + labels[i+1] + `"`
	}
	if text != "" {
		text = "{" + text[1:] + "}"
	}
	fmt.Fprintf(w, "%s%s %s\n", name, text, number(value))
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
