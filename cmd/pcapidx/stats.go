package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) statsCommand() *cobra.Command {
	var q query.StatsRequest
	cmd := &cobra.Command{
		Use:   "stats CAPTURE... | --all --by GROUP",
		Short: "Sum packets, bytes and connections by protocol, endpoint, pair, port, length or time",
		Example: "  pcapidx stats trace.pcap --by endpoint --metric bytes --top 10\n" +
			"  pcapidx stats trace.pcap --by time --bucket 1s -Y 'tcp.flags.reset == 1'",
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Captures = args
			answer, err := e.Stats(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printStats(answer)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&q.All, "all", false, "all captures of the store")
	f.StringVar(&q.By, "by", "protocol", "protocol, endpoint, pair, port, length or time")
	f.StringVar(&q.Bucket, "bucket", "", "length of a row by time, such as 100ms or 5m (default: about 30 rows)")
	f.StringVarP(&q.Filter, "filter", "Y", "", "display filter")
	f.StringVar(&q.Metric, "metric", "packets", "what rows are ordered by: packets, bytes or connections")
	f.IntVar(&q.Top, "top", 0, "most rows to print (0: all)")
	return cmd
}

func (a *app) printStats(s *query.StatsAnswer) error {
	o := a.out
	rows := make([][]string, 0, len(s.Rows))
	for _, r := range s.Rows {
		key := r.Key
		if s.By == "time" {
			key = o.when(query.Timestamp(r.Key))
		}
		rows = append(rows, []string{key, o.count(r.Packets), o.size(r.Bytes), o.count(r.Connections), fmt.Sprintf("%.1f%%", 100*float64(r.Share))})
	}
	title := map[string]string{"protocol": "PROTOCOL", "endpoint": "ENDPOINT", "pair": "PAIR", "port": "PORT", "length": "LENGTH", "time": "FROM"}[s.By]
	if err := o.table([]string{title, "<PACKETS", "<BYTES", "<CONNECTIONS", "<OF " + s.Metric}, rows); err != nil {
		return err
	}
	if o.terminal {
		fmt.Fprintf(a.stderr, "%s packets, %s, %s connections match\n", o.count(s.TotalPackets), o.size(s.TotalBytes), o.count(s.TotalConnections))
	}
	a.hints(s.Hints)
	return nil
}
