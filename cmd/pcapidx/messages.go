package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) messagesCommand() *cobra.Command {
	var q query.MessagesRequest
	cmd := &cobra.Command{
		Use:   "messages CAPTURE [CONNECTION]",
		Short: "Show what was said: requests, responses and other messages of applications",
		Long: "Show the messages of application protocols in the order of their frames, of a capture or\n" +
			"of one connection: who said what, how large it was, how it ended, and how long the answer took.\n" +
			"--details adds the fields under Wireshark's names and the text of bodies.",
		Example: "  pcapidx messages trace.pcap 4\n  pcapidx messages trace.pcap --protocol http --status error\n" +
			"  pcapidx messages trace.pcap -Y 'dns.flags.rcode == 3' --details\n  pcapidx messages trace.pcap --message 17 --text-offset 2000",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeFirst,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			if q.Capture = args[0]; len(args) > 1 {
				q.Connection = args[1]
			}
			q.Details = q.Details || q.Message > 0
			answer, err := e.Messages(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printMessages(answer, &q)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Protocol, "protocol", "", "only messages of this protocol: http, dns, tls ...")
	f.StringVarP(&q.Filter, "filter", "Y", "", "display filter that the message's frame must match")
	f.StringVar(&q.Status, "status", "", "only this status: ok, error, no_response, truncated, partial, aborted, malformed, orphan_response, unknown")
	f.BoolVar(&q.Warned, "warned", false, "only messages with a warning")
	f.Uint32Var(&q.Message, "message", 0, "one message, by its number")
	f.BoolVar(&q.Details, "details", false, "add the fields and the text of bodies")
	f.IntVar(&q.TextOffset, "text-offset", 0, "where to begin in the text of a body, in bytes")
	f.IntVar(&q.TextLimit, "text-limit", 0, "most bytes of a body's text to print (0: 2000)")
	f.BoolVar(&q.Reveal, "reveal", false, "print passwords and tokens, not only their length")
	f.IntVar(&q.Limit, "limit", 0, "most messages to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

func (a *app) printMessages(m *query.MessagesAnswer, q *query.MessagesRequest) error {
	if m.Application != nil && a.out.terminal {
		fmt.Fprintf(a.out.w, "%s\n", applicationWords(m.Application))
	}
	if q.Details {
		var b strings.Builder
		for i := range m.Rows {
			writeMessage(&b, &m.Rows[i])
		}
		if _, err := a.out.w.Write([]byte(b.String())); err != nil {
			return err
		}
	} else if err := a.messageTable(m.Rows); err != nil {
		return err
	}
	if a.out.terminal && m.NextCursor != "" {
		fmt.Fprintf(a.stderr, "%d messages; the next page: --cursor %s\n", m.Returned, m.NextCursor)
	}
	a.hints(m.Hints)
	return nil
}

func (a *app) messageTable(rows []query.MessageRow) error {
	lines := make([][]string, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		lines = append(lines, []string{
			strconv.FormatUint(uint64(r.Number), 10), strconv.FormatUint(uint64(r.Frame), 10), strconv.FormatFloat(float64(r.RelS), 'f', 6, 64),
			r.Protocol, r.From, r.To, a.out.size(r.Bytes), statusWord(r), latencyText(r), r.Summary,
		})
	}
	return a.out.table([]string{"<NO", "<FRAME", "<TIME", "PROTOCOL", "FROM", "TO", "<BYTES", "STATUS", "<LATENCY", "SUMMARY"}, lines)
}

// statusWord is the status, and the worst warning where that is fine.
func statusWord(r *query.MessageRow) string {
	if len(r.Warnings) > 0 {
		return r.Status + " (" + r.Warnings[0].Code + ")"
	}
	return r.Status
}

func latencyText(r *query.MessageRow) string {
	if r.LatencyMS == nil {
		return ""
	}
	return strconv.FormatFloat(*r.LatencyMS, 'f', 3, 64) + " ms"
}

// applicationWords says what a connection's application is.
func applicationWords(r *query.ApplicationRow) string {
	words := "application: " + strings.Join(r.Protocols, ", then ") + " (" + r.Confidence + ")"
	if len(r.Protocols) == 0 {
		words = fmt.Sprintf("application: unknown; of the first %d bytes %.0f %% are printable, %.1f bits of entropy a byte, beginning %s",
			r.Sampled, float64(r.PrintableRate)*100, float64(r.EntropyBits), r.HeadHex)
	}
	if r.Host != "" {
		words += ", host " + escape(r.Host) + " (" + r.HostFrom + ")"
	}
	if r.Missing > 0 {
		words += fmt.Sprintf(", %d bytes missing", r.Missing)
	}
	return words
}

func writeMessage(b *strings.Builder, r *query.MessageRow) {
	fmt.Fprintf(b, "message %d, frame %d: %s %s, %s to %s, %d bytes, %s\n", r.Number, r.Frame, r.Protocol, r.Kind, escape(r.From), escape(r.To), r.Bytes, r.Status)
	fmt.Fprintf(b, "  %s\n", escape(r.Summary))
	switch {
	case r.Response > 0:
		fmt.Fprintf(b, "  answered by message %d after %s\n", r.Response, latencyText(r))
	case r.Request > 0:
		fmt.Fprintf(b, "  answers message %d\n", r.Request)
	}
	writeWarnings(b, r.Warnings)
	if o := r.Object; o != nil {
		fmt.Fprintf(b, "  object: %s\n", objectWords(o))
	}
	writeValuesOf(b, r.Fields)
	if r.Text == "" {
		return
	}
	fmt.Fprintf(b, "  text, bytes %d-%d of %d\n", r.TextOffset, r.TextOffset+len(r.Text)-1, r.TextBytes)
	for line := range strings.Lines(r.Text) {
		fmt.Fprintf(b, "    %s\n", escape(strings.TrimRight(line, "\r\n")))
	}
	if r.TextCut {
		fmt.Fprintf(b, "    ... --message %d --text-offset %d goes on\n", r.Number, r.TextOffset+len(r.Text))
	}
}

func writeWarnings(b *strings.Builder, warnings []query.MessageWarning) {
	for _, w := range warnings {
		fmt.Fprintf(b, "  %s %s: %s (frames %s)\n", w.Severity, w.Code, escape(w.Text), joinNumbers(w.Frames))
	}
}

// writeValuesOf writes the fields of a message, a line each.
func writeValuesOf(b *strings.Builder, fields []query.DecodedField) {
	width := 0
	for _, f := range fields {
		width = max(width, len(f.Name))
	}
	for _, f := range fields {
		fmt.Fprintf(b, "  %-*s  %s\n", width, f.Name, escape(f.Value))
	}
}

// objectWords describes a file that a message carried.
func objectWords(o *query.MessageObject) string {
	words := []string{strconv.FormatUint(o.Size, 10) + " bytes"}
	if o.Type != "" {
		words = append(words, "declared as "+escape(o.Type))
	}
	if o.Sniffed != "" {
		words = append(words, "looks like "+o.Sniffed)
	}
	if o.Coding != "" {
		words = append(words, "sent as "+o.Coding+", "+strconv.FormatUint(o.Wire, 10)+" bytes")
	}
	if o.Expected != nil {
		words = append(words, strconv.FormatInt(*o.Expected, 10)+" announced")
	}
	if o.Name != "" {
		words = append(words, "named "+escape(o.Name))
	}
	return strings.Join(append(words, o.Verdict, "sha256 "+o.SHA256), ", ")
}
