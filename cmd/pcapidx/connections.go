package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) connectionsCommand() *cobra.Command {
	var q query.ConnectionsRequest
	cmd := &cobra.Command{
		Use:     "connections CAPTURE... | --all",
		Aliases: []string{"conns"},
		Short:   "List connections: who talked to whom, when, how much, and how it ended",
		Long: "List connections. States and history are Zeek's: SF normal, S0 no answer, REJ\n" +
			"refused, RSTO/RSTR reset by the originator/responder, OTH mid-stream.",
		Example: "  pcapidx connections trace.pcap --sort bytes --limit 10\n" +
			"  pcapidx connections --all --protocol tcp --state S0,REJ\n" +
			"  pcapidx connections trace.pcap --address 10.0.0.0/8 --port 443 --json\n" +
			"  pcapidx connections trace.pcap --finding zero_window,long_rto --sort rtt\n" +
			"  pcapidx connections --all --words \"10.0.0.5 http refused\"",
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Captures = args
			answer, err := e.Connections(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printConnections(answer)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&q.All, "all", false, "all captures of the store")
	f.StringVar(&q.Sort, "sort", "frame", "frame, start, duration, bytes, packets, rtt or retransmissions")
	f.BoolVar(&q.Reverse, "reverse", false, "turn the order round")
	f.StringVar(&q.Address, "address", "", "IP address or prefix of either side")
	f.StringVar(&q.Port, "port", "", "port of either side, or a range such as 8000-8010")
	f.StringVar(&q.Protocol, "protocol", "", "tcp, udp, sctp, udplite, icmp, icmpv6 (several with commas)")
	f.StringVar(&q.State, "state", "", "Zeek's conn_state: S0, S1, SF, REJ ... (several with commas)")
	f.StringVar(&q.Finding, "finding", "", "code of a finding that `pcapidx diagnose` gives (several with commas)")
	f.StringVar(&q.Words, "words", "", "words that must all occur in addresses, ports, protocols, state or findings")
	f.Uint64Var(&q.MinRetransmissions, "min-retransmissions", 0, "least number of re-sent TCP data segments")
	f.StringVarP(&q.Filter, "filter", "Y", "", "display filter that one of the connection's packets matches")
	f.IntVar(&q.Limit, "limit", 0, "most rows to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

// printConnections shows the columns that fit a screen on a terminal, and all
// of them elsewhere.
func (a *app) printConnections(c *query.ConnectionsAnswer) error {
	several := len(c.Captures) > 1
	var rows [][]string
	for i := range c.Rows {
		if a.out.terminal {
			rows = append(rows, a.connectionLine(&c.Rows[i], several))
		} else {
			rows = append(rows, connectionValues(&c.Rows[i]))
		}
	}
	header := []string{"<CONN", "PROTO", "CLIENT", "SERVER", "START", "<DURATION", "<PACKETS >", "<PACKETS <", "<BYTES >", "<BYTES <", "<RTT", "<RESENT", "STATE", "HISTORY", "APP", "HOST"}
	if several {
		header = append([]string{"CAPTURE"}, header...)
	}
	if err := a.out.table(header, rows); err != nil {
		return err
	}
	if a.out.terminal && c.Returned < c.Total {
		fmt.Fprintf(a.stderr, "%d of %d connections", c.Returned, c.Total)
		if c.NextCursor != "" {
			fmt.Fprintf(a.stderr, "; the next page: --cursor %s", c.NextCursor)
		}
		fmt.Fprintln(a.stderr)
	}
	a.hints(c.Hints)
	return nil
}

func (a *app) connectionLine(r *query.ConnectionRow, several bool) []string {
	o := a.out
	line := []string{
		strconv.FormatUint(uint64(r.Connection), 10), r.Protocol, r.Client, r.Server, o.when(r.Start), o.seconds(r.DurationS),
		o.count(r.ClientPackets), o.count(r.ServerPackets), o.size(r.ClientBytes), o.size(r.ServerBytes), rttText(o, r), resentText(r), r.State, r.History,
		strings.Join(r.Applications, ","), r.Host,
	}
	if several {
		line = append([]string{r.Capture[:8]}, line...)
	}
	return line
}

func rttText(o *output, r *query.ConnectionRow) string {
	if r.InitialRTTMs == nil {
		return ""
	}
	return o.seconds(query.Seconds(*r.InitialRTTMs / 1000))
}

func resentText(r *query.ConnectionRow) string {
	if r.Retransmissions == nil || *r.Retransmissions == 0 {
		return ""
	}
	return strconv.FormatInt(*r.Retransmissions, 10)
}

// connectionValues gives all columns as plain values, in the order of the JSON.
func connectionValues(r *query.ConnectionRow) []string {
	u := func(n uint64) string { return strconv.FormatUint(n, 10) }
	stream, rtt, resent := "", "", ""
	if r.InitialRTTMs != nil {
		rtt = strconv.FormatFloat(*r.InitialRTTMs, 'f', -1, 64)
	}
	if r.Retransmissions != nil {
		resent = strconv.FormatInt(*r.Retransmissions, 10)
	}
	if r.Stream != nil {
		stream = u(uint64(*r.Stream))
	}
	return []string{
		r.Capture, u(uint64(r.Connection)), r.Protocol, stream, r.Client, r.Server, string(r.Start),
		strconv.FormatFloat(float64(r.DurationS), 'f', 9, 64), u(r.ClientPackets), u(r.ServerPackets), u(r.ClientBytes), u(r.ServerBytes),
		u(r.ClientPayloadBytes), u(r.ServerPayloadBytes), u(uint64(r.FirstFrame)), u(uint64(r.LastFrame)),
		r.State, r.History, r.CommunityID, r.ClientBy, rtt, resent, strings.Join(r.Findings, ","),
		strings.Join(r.Applications, ","), r.Host, r.HostFrom,
	}
}
