package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) mcpTrafficCommand() *cobra.Command {
	var q query.MCPTrafficRequest
	cmd := &cobra.Command{
		Use:   "mcp-traffic CAPTURE [CONNECTION...]",
		Short: "Read the Model Context Protocol in a capture: sessions, calls, answers, errors",
		Long: "Show what clients and servers of the Model Context Protocol said (and other JSON-RPC 2.0):\n" +
			"sessions, synchronisation, requests with their answers and latencies, notifications, errors,\n" +
			"and what is odd. It is read from clear HTTP, events, WebSocket and lines on TCP. Of TLS only\n" +
			"exchanges can be inferred, from lengths and times: --mode metadata does so for every TLS\n" +
			"connection, auto for those named or with a sign of MCP.",
		Example: "  pcapidx mcp-traffic trace.pcap\n  pcapidx mcp-traffic trace.pcap --category error --details\n" +
			"  pcapidx mcp-traffic trace.pcap 7 9 --mode metadata --json",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeFirst,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture, q.Connections = args[0], args[1:]
			answer, err := e.MCPTraffic(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printMCPTraffic(answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Mode, "mode", "auto", strings.Join(query.MCPModes(), ", "))
	f.StringVar(&q.Category, "category", "", "only rows of this category: "+strings.Join(query.MCPCategories(), ", "))
	f.BoolVar(&q.Details, "details", false, "add the layers of each message: link, network, transport, application")
	f.Float64Var(&q.SlowMS, "slow-ms", 0, "latency in milliseconds that counts as slow (0: 1000)")
	f.IntVar(&q.Limit, "limit", 0, "most rows to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

func (a *app) printMCPTraffic(m *query.MCPTrafficAnswer) error {
	if a.out.terminal {
		var b strings.Builder
		writeMCPSummary(&b, m)
		if _, err := a.out.w.Write([]byte(b.String())); err != nil {
			return err
		}
	}
	if err := a.mcpRows(m.Rows); err != nil {
		return err
	}
	if a.out.terminal && m.NextCursor != "" {
		fmt.Fprintf(a.stderr, "%d of %d rows; the next page: --cursor %s\n", m.Returned, m.Total, m.NextCursor)
	}
	a.hints(append(m.Limits, m.Hints...))
	return nil
}

// writeMCPSummary writes what stands above the rows.
func writeMCPSummary(b *strings.Builder, m *query.MCPTrafficAnswer) {
	s := &m.Summary
	fmt.Fprintf(b, "%d sessions (%s), %d messages: %d synchronisation, %d requests, %d responses, %d notifications, %d errors, %d invalid; %d tool errors, %d unanswered; %d exchanges inferred from TLS\n",
		s.Sessions, strings.Join(s.Eras, ", "), s.Messages, s.Synchronisation, s.Requests, s.Responses, s.Notifications, s.Errors, s.Invalid, s.ToolErrors, s.Unanswered, s.Exchanges)
	if s.P50MS != nil {
		fmt.Fprintf(b, "latency p50 %.3f ms, p95 %.3f ms\n", *s.P50MS, *s.P95MS)
	}
	for i := range m.Sessions {
		writeMCPSession(b, &m.Sessions[i])
	}
	for i := range m.Diagnostics {
		d := &m.Diagnostics[i]
		fmt.Fprintf(b, "%s %s, session %d: %s (%d, frames %s)\n", d.Severity, d.Code, d.Session, escape(d.Text), d.Count, joinNumbers(d.Frames))
	}
}

func writeMCPSession(b *strings.Builder, s *query.MCPSessionRow) {
	fmt.Fprintf(b, "session %d: %s, %s to %s%s by %s", s.Session, s.Era, escape(s.Client), escape(s.Server), escape(s.Path), s.By)
	for _, p := range [][2]string{
		{"id", s.ID},
		{"version", s.Version},
		{"handshake", s.Handshake},
		{"client", s.ClientInfo},
		{"server", s.ServerInfo},
		{"host", s.Host},
		{"guess", s.Guess},
		{"confidence", s.Confidence},
		{"because", s.Why},
	} {
		if p[1] != "" {
			fmt.Fprintf(b, ", %s %s", p[0], escape(p[1]))
		}
	}
	if s.TLS != nil {
		fmt.Fprintf(b, ", %s, %d records of data", s.TLS.Version, s.TLS.Records)
	}
	fmt.Fprintf(b, "; %d messages, %d requests, %d failed, %d unanswered\n", s.Messages, s.Requests, s.Failed, s.Unanswered)
	for _, x := range s.Secrets {
		fmt.Fprintf(b, "  secret %s, %d bytes, %d times, first in frame %d\n", x.What, x.Bytes, x.Count, x.Frame)
	}
}

func (a *app) mcpRows(rows []query.MCPRow) error {
	lines := make([][]string, 0, len(rows))
	layers := false
	for i := range rows {
		r := &rows[i]
		arrow := "<-"
		if r.Direction == "client_to_server" {
			arrow = "->"
		}
		latency := ""
		if r.LatencyMS != nil {
			latency = strconv.FormatFloat(*r.LatencyMS, 'f', 3, 64) + " ms"
		}
		lines = append(lines, []string{
			strconv.Itoa(r.N), strconv.FormatUint(uint64(r.Frame), 10), strconv.FormatFloat(float64(r.RelS), 'f', 6, 64), strconv.Itoa(r.Session), arrow, r.Carrier,
			r.Category, mcpWords(r), r.ID, a.out.size(uint64(r.Bytes)), r.Status, latency,
		})
		layers = layers || r.Layers != nil
	}
	if err := a.out.table([]string{"<N", "<FRAME", "<TIME", "<SESSION", "DIR", "CARRIER", "CATEGORY", "MESSAGE", "ID", "<BYTES", "STATUS", "<LATENCY"}, lines); err != nil || !layers {
		return err
	}
	var b strings.Builder
	for i := range rows {
		if l := rows[i].Layers; l != nil {
			fmt.Fprintf(&b, "%d:\n", rows[i].N)
			writeMCPLayers(&b, l)
		}
	}
	_, err := a.out.w.Write([]byte(b.String()))
	return err
}

// mcpWords says in a few words what a row is.
func mcpWords(r *query.MCPRow) string {
	words := strings.TrimSpace(r.Method + " " + r.Name)
	if e := r.Exchange; e != nil {
		return fmt.Sprintf("%s (%s): %d bytes asked, %d answered, in %d records", e.Guess, e.Confidence, e.RequestBytes, e.ResponseBytes, e.Records)
	}
	if r.Kind != "request" && r.Kind != "notification" {
		about := words
		if words = strings.TrimSpace(r.Kind + " " + r.Code); about != "" {
			words += " to " + about
		}
	}
	if r.Text != "" {
		words += ": " + r.Text
	}
	return words
}

func writeMCPLayers(b *strings.Builder, l *query.MCPLayers) {
	end := func(e *query.MCPEndpoint) string {
		name := ""
		if e.Name != "" {
			name = ", " + escape(e.Name) + " by " + e.NameFrom
		}
		return e.Address + " (" + e.Scope + name + ")"
	}
	fmt.Fprintf(b, "  link         %s %s to %s", l.Link.Type, l.Link.Source, l.Link.Dest)
	for _, v := range l.Link.VLANs {
		fmt.Fprintf(b, ", VLAN %d", v)
	}
	t := &l.Transport
	fmt.Fprintf(b, "\n  network      IPv%d %s to %s\n", l.Network.Version, end(&l.Network.Source), end(&l.Network.Dest))
	fmt.Fprintf(b, "  transport    %s port %d to %d, stream %d, seq %d, frames %d-%d\n", t.Protocol, t.SourcePort, t.DestPort, t.Stream, t.Seq, t.FirstFrame, t.LastFrame)
	if l.TLS != nil {
		fmt.Fprintf(b, "  tls          %s, cipher %s, %s, HTTP/%d\n", l.TLS.Version, l.TLS.Cipher, escape(l.TLS.SNI), l.TLS.HTTP)
	}
	p := l.Application
	if p == nil {
		return
	}
	inside := slices.Clone(p.Protocols)
	slices.Reverse(inside)
	words := strings.Join(inside, " over ")
	for _, w := range [][2]string{
		{"", p.Method},
		{"", p.Path},
		{"host", p.Host},
		{"version", p.Version},
		{"type", p.Media},
		{"event", p.Event},
		{"event id", p.EventID},
		{"JSON-RPC", p.RPC},
		{"", p.RPCKind},
		{"", p.RPCMethod},
		{"id", p.RPCID},
	} {
		if w[1] != "" {
			words += ", " + strings.TrimSpace(w[0]+" "+escape(w[1]))
		}
	}
	if p.Status > 0 {
		words += fmt.Sprintf(", status %d", p.Status)
	}
	fmt.Fprintf(b, "  application  %s\n", words)
}
