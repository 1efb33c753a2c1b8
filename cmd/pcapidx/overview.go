package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

// overview tells what is in a capture that was just added: a few lines, its
// largest connections, and what to ask next.
func (a *app) overview(cmd *cobra.Command, e *query.Engine, row query.AddRow) error {
	i, err := e.Info(cmd.Context(), query.InfoRequest{Capture: row.Capture})
	if err != nil {
		return err
	}
	const shown = 10
	c, err := e.Connections(cmd.Context(), query.ConnectionsRequest{
		Captures: []string{row.Capture}, Sort: "bytes", Page: query.Page{Limit: shown},
	})
	if err != nil {
		return err
	}
	verb := "indexed"
	if row.Duplicate {
		verb = "already indexed"
	}
	fmt.Fprintf(a.out.w, "%s %s as %s\n\n", verb, escape(row.Name), row.Capture)
	err = a.out.forPeople().pairs([][2]string{
		{"packets", fmt.Sprintf("%s (%s) in %s", grouped(fmt.Sprint(i.Packets)), humanBytes(i.Bytes), humanSeconds(float64(i.DurationS)))},
		{"captured", fmt.Sprintf("%s to %s", a.out.forPeople().when(i.Start), a.out.forPeople().when(i.End))},
		{"file", fmt.Sprintf("%s, %s; index %s", i.FileType, humanBytes(i.FileBytes), humanBytes(uint64(i.IndexBytes)))},
		{"protocols", topProtocols(i.Hierarchy)},
		{"connections", fmt.Sprintf("%s (%d TCP, %d UDP)", grouped(fmt.Sprint(i.Connections)), i.TCPStreams, i.UDPStreams)},
	})
	if err != nil {
		return err
	}
	if err := a.overviewConnections(c); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out.w, "\nnext: pcapidx info %[1]s\n      pcapidx connections %[1]s --state S0,REJ,RSTO,RSTR\n", row.Capture[:8])
	if err != nil || !a.out.terminal {
		return err
	}
	return a.topFindings(cmd, e, row)
}

// forPeople gives an output that formats as on a terminal, without colour if
// it is none.
func (o *output) forPeople() *output { return &output{w: o.w, terminal: true, color: o.color} }

func (a *app) overviewConnections(c *query.ConnectionsAnswer) error {
	if len(c.Rows) == 0 {
		return nil
	}
	title := "connections"
	if c.Returned < c.Total {
		title = fmt.Sprintf("largest %d of %d connections", c.Returned, c.Total)
	}
	fmt.Fprintf(a.out.w, "\n%s\n", title)
	people := &app{out: a.out.forPeople()}
	rows := make([][]string, 0, len(c.Rows))
	for i := range c.Rows {
		line := people.connectionLine(&c.Rows[i], false)
		rows = append(rows, slices.Delete(slices.Delete(slices.Delete(line, 13, 14), 10, 12), 4, 5)) // without history, start and TCP's columns
	}
	return people.out.table([]string{"<CONN", "PROTO", "CLIENT", "SERVER", "<DURATION", "<PACKETS >", "<PACKETS <", "<BYTES >", "<BYTES <", "STATE", "APP", "HOST"}, rows)
}

// topProtocols names the protocols by frames, without the layers that every
// frame has.
func topProtocols(tree []query.ProtocolRow) string {
	frames := map[string]uint64{}
	for _, p := range tree {
		if p.Protocol != "ethertype" && p.Protocol != "eth" {
			frames[p.Protocol] += p.Packets
		}
	}
	names := slices.SortedFunc(maps.Keys(frames), func(a, b string) int {
		if frames[a] != frames[b] {
			return int(int64(frames[b]) - int64(frames[a]))
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, n := range names[:min(8, len(names))] {
		parts = append(parts, fmt.Sprintf("%s %s", n, grouped(fmt.Sprint(frames[n]))))
	}
	return strings.Join(parts, ", ")
}
