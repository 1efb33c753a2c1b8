package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) diagnoseCommand() *cobra.Command {
	var q query.CaptureDiagnosisRequest
	cmd := &cobra.Command{
		Use:   "diagnose CAPTURE [CONNECTION...]",
		Short: "Say what went wrong: in a capture, or in some of its connections",
		Long: "Say what went wrong. Of a capture: how good it is itself, then what was found of its\n" +
			"TCP connections, the worst first, by code, server or connection. Of connections, named\n" +
			"by their numbers: how each went, what was wrong, its times, losses, windows and rates.",
		Example: "  pcapidx diagnose trace.pcap\n  pcapidx diagnose trace.pcap --by connection --severity warn --limit 20\n" +
			"  pcapidx diagnose trace.pcap 4 9 --json",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeFirst,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture = args[0]
			if len(args) > 1 {
				for _, f := range []string{"by", "severity", "code"} {
					if cmd.Flags().Changed(f) {
						return &query.Error{Kind: query.BadRequest, Msg: "--" + f + " is for a whole capture", Hint: "leave it out, or name no connection"}
					}
				}
				answer, err := e.DiagnoseConnections(cmd.Context(), query.ConnectionDiagnosisRequest{Capture: args[0], Connections: args[1:], Page: q.Page})
				if err != nil {
					return err
				}
				if a.json {
					return a.out.json(answer)
				}
				return a.printConnectionDiagnoses(answer)
			}
			answer, err := e.DiagnoseCapture(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printCaptureDiagnosis(answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.By, "by", "code", "code, host (server address) or connection")
	f.StringVar(&q.Severity, "severity", "note", "lowest severity: info, note, warn or error")
	f.StringVar(&q.Code, "code", "", "only these findings (several with commas)")
	f.IntVar(&q.Limit, "limit", 0, "most rows to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

// printCaptureDiagnosis writes a report for people, and one kind of line for
// programs: what is summed up, its name, severity, confidence, connections,
// frames, weight, examples, codes, sentence.
func (a *app) printCaptureDiagnosis(d *query.CaptureDiagnosisAnswer) error {
	defer a.hints(d.Hints)
	if !a.out.terminal {
		return a.out.table(nil, diagnosisValues(d))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, %s\n", escape(d.Name), amount(uint64(d.Examined), "TCP connection"))
	a.out.paragraph(&b, "", d.Verdict)
	width := 0
	for i := range d.Findings {
		width = max(width, len(d.Findings[i].Code))
	}
	for i := range d.Rows {
		width = max(width, len(rowTitle(&d.Rows[i])))
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		b.WriteByte('\n')
		a.out.finding(&b, f.Severity, fmt.Sprintf("%-*s  the capture as a whole", width, f.Code), f.Sentence, f.Confidence == "low")
	}
	for i := range d.Rows {
		r := &d.Rows[i]
		b.WriteByte('\n')
		a.out.finding(&b, r.Severity, fmt.Sprintf("%-*s  %s", width, rowTitle(r), rowExtent(r)), r.Sentence, r.Low)
	}
	if number, ok := worstConnection(d.Rows); ok {
		fmt.Fprintf(&b, "\nnext: pcapidx diagnose %s %d\n", d.Capture[:8], number)
	}
	if _, err := a.out.w.Write(b.Bytes()); err != nil {
		return err
	}
	if d.Returned < d.Total {
		fmt.Fprintf(a.stderr, "%d of %d rows", d.Returned, d.Total)
		if d.NextCursor != "" {
			fmt.Fprintf(a.stderr, "; the next page: --cursor %s", d.NextCursor)
		}
		fmt.Fprintln(a.stderr)
	}
	return nil
}

// worstConnection gives the first connection that the rows name.
func worstConnection(rows []query.DiagnosisRow) (number uint32, ok bool) {
	for i := range rows {
		switch r := &rows[i]; {
		case r.Connection != nil:
			return *r.Connection, true
		case len(r.Examples) > 0:
			return r.Examples[0], true
		}
	}
	return 0, false
}

// rowTitle says what a row sums up.
func rowTitle(r *query.DiagnosisRow) string {
	switch {
	case r.Connection != nil:
		return fmt.Sprintf("connection %d", *r.Connection)
	case r.Host != "":
		return r.Host
	}
	return r.Code
}

// rowExtent says how far it reaches.
func rowExtent(r *query.DiagnosisRow) string {
	if r.Connection != nil {
		return r.Client + " > " + r.Server + ": " + codesText(r.Codes)
	}
	text := amount(r.Connections, "connection")
	switch n := len(r.Examples); {
	case n == 0:
	case r.Connections > uint64(n):
		text += ", the worst are " + numbersText(r.Examples)
	default:
		text += ": " + numbersText(r.Examples)
	}
	if r.Host != "" {
		text += "; " + codesText(r.Codes)
	}
	return text
}

func codesText(codes []query.CodeCount) string {
	parts := make([]string, 0, len(codes))
	for _, c := range codes {
		text := c.Code
		if c.Findings > 1 {
			text += fmt.Sprintf(" x%d", c.Findings)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func numbersText(numbers []uint32) string {
	parts := make([]string, len(numbers))
	for i, n := range numbers {
		parts[i] = strconv.FormatUint(uint64(n), 10)
	}
	return strings.Join(parts, ", ")
}

// amount writes a count with its noun.
func amount(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(strconv.FormatUint(n, 10)) + " " + noun + "s"
}

// diagnosisValues are the lines for programs.
func diagnosisValues(d *query.CaptureDiagnosisAnswer) [][]string {
	u := func(n uint64) string { return strconv.FormatUint(n, 10) }
	weight := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	rows := [][]string{{"quality", d.Quality, "", "", "", "", "", "", "", d.Verdict}}
	for i := range d.Findings {
		f := &d.Findings[i]
		rows = append(rows, []string{"capture", f.Code, f.Severity, f.Confidence, "", u(uint64(f.Count)), weight(f.Weight), "", "", f.Sentence})
	}
	for i := range d.Rows {
		r := &d.Rows[i]
		confidence := "normal"
		if r.Low {
			confidence = "low"
		}
		name := rowTitle(r)
		if r.Connection != nil {
			name = u(uint64(*r.Connection))
		}
		rows = append(rows, []string{
			d.By, name, r.Severity, confidence, u(r.Connections), u(r.Frames), weight(r.Weight), strings.ReplaceAll(numbersText(r.Examples), " ", ""),
			strings.ReplaceAll(codesText(r.Codes), ", ", ","), r.Sentence,
		})
	}
	return rows
}

// topFindings ends the overview of a capture that was just added: what is worst
// in it, and how to ask on.
func (a *app) topFindings(cmd *cobra.Command, e *query.Engine, row query.AddRow) error {
	const shown = 3
	var b bytes.Buffer
	fmt.Fprintf(&b, "      pcapidx diagnose %s\n", row.Capture[:8])
	d, err := e.DiagnoseCapture(cmd.Context(), query.CaptureDiagnosisRequest{Capture: row.Capture, Severity: "warn", Page: query.Page{Limit: shown}})
	if err != nil { // the capture was added; an index that was there and is older has no findings
		return cmd.Context().Err()
	}
	var lines []string
	for _, severity := range []string{"error", "warn"} {
		for i := range d.Findings {
			if f := &d.Findings[i]; f.Severity == severity {
				lines = append(lines, a.out.severity(severity)+"  "+f.Code+", the capture as a whole")
			}
		}
		for i := range d.Rows {
			if r := &d.Rows[i]; r.Severity == severity {
				lines = append(lines, a.out.severity(severity)+"  "+r.Code+", "+rowExtent(r))
			}
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(&b, "\nwhat went wrong\n%s\n", strings.Join(lines[:min(shown, len(lines))], "\n"))
	}
	_, err = a.out.w.Write(b.Bytes())
	return err
}
