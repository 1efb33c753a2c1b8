package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"pcapidx/index"
)

// StatsRequest asks for sums over packets, by a property that they share.
type StatsRequest struct {
	Captures []string `json:"captures,omitempty" jsonschema:"names, ids or id prefixes"`
	All      bool     `json:"all,omitempty" jsonschema:"all captures of the store"`
	// By is protocol (each layer of a packet counts), endpoint (addresses), pair
	// (of addresses), port (the server's), length (Wireshark's classes) or time.
	By     string `json:"by" jsonschema:"protocol, endpoint, pair, port, length or time"`
	Bucket string `json:"bucket,omitempty" jsonschema:"length of a row by time, such as 100ms, 1s or 5m; empty: about 30 rows"`
	Filter string `json:"filter,omitempty" jsonschema:"Wireshark display filter"`
	Metric string `json:"metric,omitempty" jsonschema:"what rows are ordered by: packets (default), bytes or connections; length and time keep their own order"`
	Top    int    `json:"top,omitempty" jsonschema:"most rows to return; 0 means all"`
}

// StatsRow is one sum. A packet may count in several rows: it has several layers,
// two addresses, and in tunnels more.
type StatsRow struct {
	Key         string `json:"key"`
	Packets     uint64 `json:"packets"`
	Bytes       uint64 `json:"bytes"`       // original frame lengths
	Connections uint64 `json:"connections"` // that have one of the packets
	Share       Ratio  `json:"share"`       // of all packets, bytes or connections that match, by Metric
}

// StatsAnswer holds the sums, largest first.
type StatsAnswer struct {
	Captures []string   `json:"captures"`
	By       string     `json:"by"`
	Metric   string     `json:"metric"`
	BucketS  *Seconds   `json:"bucket_s,omitempty"` // of rows by time
	Rows     []StatsRow `json:"rows"`
	// What matches, each packet counted once.
	TotalPackets     uint64 `json:"total_packets"`
	TotalBytes       uint64 `json:"total_bytes"`
	TotalConnections uint64 `json:"total_connections"`
	Paged
}

// statsGroups and statsMetrics are what may be asked.
func statsGroups() []string {
	return []string{"protocol", "endpoint", "pair", "port", "length", "time"}
}
func statsMetrics() []string { return []string{"packets", "bytes", "connections"} }

// Stats sums packets, bytes and connections.
func (e *Engine) Stats(ctx context.Context, q StatsRequest) (*StatsAnswer, error) {
	if q.Metric = strings.ToLower(q.Metric); q.Metric == "" {
		q.Metric = "packets"
	}
	q.By = strings.ToLower(q.By)
	switch {
	case !slices.Contains(statsGroups(), q.By):
		return nil, UnknownWord("group", q.By, statsGroups())
	case !slices.Contains(statsMetrics(), q.Metric):
		return nil, UnknownWord("metric", q.Metric, statsMetrics())
	case q.Top < 0:
		return nil, badRequest("give 0 for all rows, or a positive number", "top %d is negative", q.Top)
	}
	f, err := parseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	set, err := e.open(q.Captures, q.All)
	if err != nil {
		return nil, err
	}
	defer set.close()
	bucket, err := bucketOf(&q, set)
	if err != nil {
		return nil, err
	}
	s := newSums(q.By, bucket)
	for i, x := range set.captures {
		if err := answerable(f, set.ids[i], x.Summary().Content); err != nil {
			return nil, err
		}
		if err := s.capture(ctx, newMatcher(x, f)); err != nil {
			return nil, wrap(err)
		}
	}
	a := &StatsAnswer{Captures: set.ids, By: q.By, Metric: q.Metric, Rows: []StatsRow{}}
	a.TotalPackets, a.TotalBytes, a.TotalConnections = s.packets, s.bytes, s.connections
	if q.By == "time" {
		seconds := Seconds(bucket.Seconds())
		a.BucketS = &seconds
	}
	a.fill(s, q.Top)
	a.Hints = append(a.Hints, f.Hints()...)
	if s.dropped > 0 {
		a.Hints = append(a.Hints, fmt.Sprintf("more than %d different keys: what came after them is not in the rows (%d times)", maxKeys, s.dropped))
	}
	if a.TotalPackets == 0 && f.Root != nil {
		a.Hints = append(a.Hints, "no packet matches the filter")
	}
	return a, nil
}

// fill makes the rows, in order, of which top are kept.
func (a *StatsAnswer) fill(s *sums, top int) {
	value := func(r *StatsRow) (of, all uint64) {
		switch a.Metric {
		case "bytes":
			return r.Bytes, a.TotalBytes
		case "connections":
			return r.Connections, a.TotalConnections
		}
		return r.Packets, a.TotalPackets
	}
	for key, c := range s.totals {
		row := StatsRow{Key: key, Packets: c.packets, Bytes: c.bytes, Connections: c.connections}
		if of, all := value(&row); all > 0 {
			row.Share = Ratio(float64(of) / float64(all))
		}
		a.Rows = append(a.Rows, row)
	}
	slices.SortFunc(a.Rows, func(x, y StatsRow) int {
		if a.By == "time" {
			return cmp.Compare(x.Key, y.Key)
		}
		if a.By == "length" {
			return cmp.Compare(lengthClass(x.Key), lengthClass(y.Key))
		}
		xv, _ := value(&x)
		yv, _ := value(&y)
		return cmp.Or(cmp.Compare(yv, xv), cmp.Compare(x.Key, y.Key))
	})
	a.Total, a.TotalExact = len(a.Rows), s.dropped == 0
	if top > 0 && len(a.Rows) > top {
		a.Rows = a.Rows[:top]
		a.Hints = append(a.Hints, fmt.Sprintf("%d of %d rows", top, a.Total))
	}
	a.Returned = len(a.Rows)
}

// Limits of rows by time.
const (
	wantedBuckets = 30
	maxBuckets    = 10_000
)

// bucketOf gives the length of a row by time.
func bucketOf(q *StatsRequest, set *openSet) (time.Duration, error) {
	if q.By != "time" {
		if q.Bucket != "" {
			return 0, badRequest("leave it out, or ask by time", "a bucket is for rows by time, not by %s", q.By)
		}
		return 0, nil
	}
	var span time.Duration
	for i, x := range set.captures {
		s := x.Summary()
		if i == 0 || time.Duration(s.End-s.Start) > span {
			span = time.Duration(s.End - s.Start)
		}
	}
	if len(set.captures) > 1 {
		first, last := set.captures[0].Summary().Start, set.captures[0].Summary().End
		for _, x := range set.captures {
			first, last = min(first, x.Summary().Start), max(last, x.Summary().End)
		}
		span = time.Duration(last - first)
	}
	if q.Bucket == "" {
		return roundBucket(span / wantedBuckets), nil
	}
	d, err := time.ParseDuration(q.Bucket)
	if err != nil || d <= 0 {
		return 0, badRequest("such as 100ms, 1s, 5m or 1h", "bucket %q is no length of time", q.Bucket)
	}
	if span/d >= maxBuckets {
		return 0, badRequest(fmt.Sprintf("the captures last %s: %s or more", span.Round(time.Second), roundBucket(span/maxBuckets)), "a bucket of %s makes more than %d rows", d, maxBuckets)
	}
	return d, nil
}

// roundBucket gives the next length that people count in.
func roundBucket(d time.Duration) time.Duration {
	for unit := time.Microsecond; unit < time.Second; unit *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if d <= n*unit {
				return n * unit
			}
		}
	}
	for _, n := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 6 * 3600, 12 * 3600} {
		if d <= n*time.Second {
			return n * time.Second
		}
	}
	day := 24 * time.Hour
	return (d + day - 1) / day * day
}

// lengthKey names a class of frame lengths as Wireshark does.
func lengthKey(class int) string {
	low := index.SizeClasses()
	if class+1 == len(low) {
		return fmt.Sprintf("%d and greater", low[class])
	}
	return fmt.Sprintf("%d-%d", low[class], low[class+1]-1)
}

func lengthClass(key string) int {
	for class := range index.SizeClasses() {
		if lengthKey(class) == key {
			return class
		}
	}
	return -1
}
