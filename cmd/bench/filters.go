package main

import (
	"fmt"
	"slices"
	"time"

	"pcapidx/index"
	"pcapidx/query"
)

// question is a filter that is timed, in this process and with tshark.
type question struct {
	kind   string // how the index answers it
	filter string
	page   int // rows of a first page; 0: the numbers of all frames
}

func questions() []question {
	return []question{
		{"lists", "tcp.flags.reset == 1", 0},
		{"lists", "tcp.flags.syn == 1 && tcp.flags.ack == 0", 0},
		{"lists", "tcp.port == 8080", 0},
		{"lists", "ip.addr == 10.0.0.0/24", 0},
		{"lists", "udp", 0},
		{"lists", "tcp.stream == 100", 0},
		{"columns", "tcp.len > 1400", 0},
		{"columns", "tcp.window_size < 1000", 0},
		{"columns", "frame.time_relative > 5", 0},
		{"columns", "tcp.time_delta > 1", 0},
		{"bytes", "ip.ttl < 10", 0},
		{"bytes", "eth.type == 0x0806", 0},
		{"bytes", `frame contains "password"`, 0},
		{"bytes", `tcp matches "set-cookie"`, 0},
		{"first page", "tcp", 100},
		{"first page", "ip.ttl > 10", 100},
		{"first page", "tcp.flags.reset == 1", 100},
	}
}

// filters times display filters over an index, and tshark -Y on the file.
func (b *bench) filters(file, name string) error {
	e := query.New(query.NewKeptSource(index.OpenStore(b.store), 1, time.Minute), nil)
	fmt.Printf("  %-11s %-42s %9s %10s %10s %9s\n", "answered by", "display filter", "frames", "pcapidx", "tshark -Y", "ratio")
	for _, q := range questions() {
		r := query.PacketsRequest{Captures: []string{name}, Filter: q.filter, Numbers: q.page == 0, Page: query.Page{Limit: q.page}}
		var times []time.Duration
		total := 0
		for range 9 {
			start := time.Now()
			a, err := e.Packets(b.ctx, r)
			if err != nil {
				return err
			}
			times = append(times, time.Since(start))
			total = a.Returned
		}
		ours := median(times)
		line := fmt.Sprintf("  %-11s %-42s %9d %7.2f ms", q.kind, q.filter, total, float64(ours.Microseconds())/1e3)
		if b.tshark && slices.ContainsFunc(b.rivals(file), func(r rival) bool { return r.args[0] == "tshark" }) {
			args := []string{"tshark", "-n", "-r", file, "-Y", q.filter}
			if q.page > 0 {
				args = append(args, "-c", fmt.Sprint(q.page)) // frames read, a courtesy to tshark
			}
			theirs, _, err := b.time(args...)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %8.1f s %8.0fx", theirs.Seconds(), theirs.Seconds()/ours.Seconds())
		}
		fmt.Println(line)
	}
	return nil
}
