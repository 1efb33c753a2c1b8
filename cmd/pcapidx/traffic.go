package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) trafficCommand() *cobra.Command {
	var q query.TrafficRequest
	threshold := query.DefaultThreshold
	cmd := &cobra.Command{
		Use:   "traffic CAPTURE",
		Short: "Sum up TCP by server: who sends, who resets, what is sent again",
		Long: "Sum up TCP by server and port, the busiest first: handshakes, packets of both sides,\n" +
			"resets, and the share of data segments that had to be sent again.",
		Example:           "  pcapidx traffic trace.pcap\n  pcapidx traffic trace.pcap --server 198.51.100.80 --port 443 --threshold 0.01 --json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeFirst,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture, q.Threshold = args[0], &threshold
			answer, err := e.Traffic(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printTraffic(answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Server, "server", "", "IP address or prefix of the server")
	f.StringVar(&q.Port, "port", "", "port of the server, or a range such as 8000-8010")
	f.Float64Var(&threshold, "threshold", threshold, "share of data segments sent again that is too much, from 0 to 1")
	f.IntVar(&q.Limit, "limit", 0, "most servers to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

func (a *app) printTraffic(t *query.TrafficAnswer) error {
	rows := make([][]string, 0, len(t.Rows)+1)
	for i := range t.Rows {
		rows = append(rows, a.trafficLine(t.Rows[i].Server, &t.Rows[i]))
	}
	if a.out.terminal && t.Returned > 1 {
		rows = append(rows, a.trafficLine("all "+strconv.Itoa(t.Paged.Total)+" servers", &t.Total))
	}
	header := []string{
		"SERVER", "<CONNS", "<COMPLETE", "<FAILED", "<HALF OPEN", "<PACKETS >", "<PACKETS <", "<BYTES >", "<BYTES <", "BALANCE", "<RST >", "<RST <", "<SEGMENTS", "<RESENT", "<SHARE",
	}
	if err := a.out.table(header, rows); err != nil {
		return err
	}
	if err := a.worstResent(t.Worst); err != nil {
		return err
	}
	if a.out.terminal && t.Total.Exceeds {
		fmt.Fprintf(a.stderr, "%s of all data segments were sent again: more than %s\n", percent(t.Total.Rate), percent(t.Threshold))
	}
	if a.out.terminal && t.NextCursor != "" {
		fmt.Fprintf(a.stderr, "%d of %d servers; the next page: --cursor %s\n", t.Returned, t.Paged.Total, t.NextCursor)
	}
	a.hints(t.Hints)
	return nil
}

// worstResent shows on a terminal in which connections most was sent again.
func (a *app) worstResent(worst []query.ResentRow) error {
	if !a.out.terminal || len(worst) == 0 {
		return nil
	}
	rows := make([][]string, 0, len(worst))
	for i := range worst {
		w := &worst[i]
		rows = append(rows, []string{
			strconv.FormatUint(uint64(w.Connection), 10), w.Client, w.Server, a.out.count(w.DataSegments), a.out.count(w.Resent), percent(w.Rate),
		})
	}
	if _, err := fmt.Fprintln(a.out.w); err != nil {
		return err
	}
	return a.out.table([]string{"<CONN", "CLIENT", "SERVER", "<SEGMENTS", "<RESENT", "<SHARE"}, rows)
}

func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 2, 64) + "%" }

func (a *app) trafficLine(name string, r *query.TrafficRow) []string {
	o, up, down := a.out, &r.ToServer, &r.FromServer
	share := strconv.FormatFloat(r.Rate, 'f', 6, 64)
	if o.terminal {
		share = percent(r.Rate)
	}
	return []string{
		name, o.count(r.Connections), o.count(r.Complete), o.count(r.Failed), o.count(r.HalfOpen), o.count(up.Packets), o.count(down.Packets), o.size(up.Bytes), o.size(down.Bytes),
		r.Balance, o.count(up.RST), o.count(down.RST), o.count(up.DataSegments + down.DataSegments), o.count(up.Resent + down.Resent), share,
	}
}
