package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"pcapidx/query"
)

// printConnectionDiagnoses writes a report for people; for programs lines of
// connection, kind (verdict, finding, time, measure, turn, alias), name and values.
func (a *app) printConnectionDiagnoses(d *query.ConnectionDiagnosisAnswer) error {
	defer a.hints(d.Hints)
	var b bytes.Buffer
	var values [][]string
	for i := range d.Rows {
		r := &d.Rows[i]
		if !a.out.terminal {
			values = append(values, a.connectionDiagnosisValues(r)...)
			continue
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		a.connectionReport(&b, r)
	}
	if !a.out.terminal {
		return a.out.table(nil, values)
	}
	if _, err := a.out.w.Write(b.Bytes()); err != nil {
		return err
	}
	if d.NextCursor != "" {
		fmt.Fprintf(a.stderr, "%d of %d connections; the next page: --cursor %s\n", d.Returned, d.Total, d.NextCursor)
	}
	return nil
}

func (a *app) connectionReport(b *bytes.Buffer, r *query.ConnectionDiagnosis) {
	o := a.out
	fmt.Fprintf(b, "connection %d: %s %s > %s, %s, %s\n", r.Connection, r.Protocol, r.Client, r.Server, o.when(r.Start), o.seconds(r.DurationS))
	o.paragraph(b, "", r.Verdict)
	for i := range r.Findings {
		f := &r.Findings[i]
		title := f.Code
		if f.Side != "" {
			title += ", " + f.Side
		}
		if len(f.Frames) > 0 {
			title += ", frames " + numbersText(f.Frames)
			if int(f.Count) > len(f.Frames) {
				title += fmt.Sprintf(" and %d more", int(f.Count)-len(f.Frames))
			}
		}
		b.WriteByte('\n')
		o.finding(b, f.Severity, title, f.Sentence, f.Confidence == "low")
	}
	if r.Timings == nil {
		return
	}
	section := func(header []string, rows [][]string) {
		if len(rows) > 0 {
			b.WriteByte('\n')
			o.align(b, header, rows)
		}
	}
	section([]string{"TIME", "<MIN", "<MEDIAN", "<P95", "<MAX", "<AVERAGE", "<COUNT"}, a.timeRows(r.Timings))
	section([]string{"SENT BY", "<CLIENT", "<SERVER"}, a.measureRows(r))
	if t := r.Timings; len(t.Turns) > 0 {
		section([]string{"<REQUEST", "<RESPONSE", "<AT", "<REQUEST TOOK", "<WAIT", "<RESPONSE TOOK", "<BYTES >", "<BYTES <"}, a.turnRows(t.Turns))
		if n := t.TurnCount - int64(len(t.Turns)); n > 0 {
			fmt.Fprintf(b, "and %s\n", amount(uint64(n), "more turn"))
		}
	}
}

// timeRows lists the times that are known.
func (a *app) timeRows(t *query.Timings) (rows [][]string) {
	for _, s := range []struct {
		name string
		ms   float64
	}{
		{"connect, server's part", t.ConnectServerMS},
		{"connect, client's part", t.ConnectClientMS},
		{"initial round trip", t.InitialRTTMS},
		{"last data to FIN", t.CloseDelayMS},
	} {
		if s.ms != 0 {
			rows = append(rows, []string{s.name, "", a.out.ms(s.ms), "", "", "", ""})
		}
	}
	for _, s := range []struct {
		name  string
		times *query.Times
	}{
		{"round trip, client's data", t.ClientRTT},
		{"round trip, server's data", t.ServerRTT},
		{"server's response", t.ServerResponse},
		{"client's thinking", t.ClientThink},
		{"requests took", t.ClientTransfer},
		{"responses took", t.ServerTransfer},
	} {
		if s.times != nil {
			rows = append(rows, []string{
				s.name, a.out.ms(s.times.MinMS), a.out.ms(s.times.MedianMS), a.out.ms(s.times.P95MS), a.out.ms(s.times.MaxMS), a.out.ms(s.times.AvgMS),
				a.out.count(uint64(s.times.Count)),
			})
		}
	}
	return rows
}

// measureRows lists the measures of both senders beside each other, without those
// of which both have nothing.
func (a *app) measureRows(r *query.ConnectionDiagnosis) (rows [][]string) {
	o := a.out
	count := func(n int64) string { return o.count(uint64(max(0, n))) }
	size := func(n int64) string { return o.size(uint64(max(0, n))) }
	known := func(n int64) string {
		if o.terminal && n == 0 {
			return ""
		}
		return count(n)
	}
	rate := func(n int64) string {
		if o.terminal && n != 0 {
			return o.bitRate(float64(n))
		}
		return known(n)
	}
	two := func(name string, write func(int64) string, of func(*query.SenderMeasures) int64) {
		if c, s := of(r.ByClient), of(r.ByServer); c != 0 || s != 0 {
			rows = append(rows, []string{name, write(c), write(s)})
		}
	}
	type m = query.SenderMeasures
	two("data segments", count, func(s *m) int64 { return s.DataSegments })
	two("bytes", size, func(s *m) int64 { return s.UniqueBytes })
	two("segments sent again", count, func(s *m) int64 { return s.ResentSegments })
	two("bytes sent again", size, func(s *m) int64 { return s.ResentBytes })
	two("SYN and FIN sent again", count, func(s *m) int64 { return s.ResentControl })
	two("sent again needlessly", count, func(s *m) int64 { return s.Spurious })
	two("out of order", count, func(s *m) int64 { return s.OutOfOrder })
	two("duplicate ACKs", count, func(s *m) int64 { return s.DuplicateAcks })
	two("lost before the capture", size, func(s *m) int64 { return s.UpstreamLostBytes })
	two("lost behind the capture", size, func(s *m) int64 { return s.DownstreamLostBytes })
	two("lost by the capture", size, func(s *m) int64 { return s.CaptureLostBytes })
	two("never acknowledged", size, func(s *m) int64 { return s.UnackedBytes })
	two("own window, smallest", size, func(s *m) int64 { return s.WindowMinBytes })
	two("own window, largest", size, func(s *m) int64 { return s.WindowMaxBytes })
	two("own window was zero", count, func(s *m) int64 { return s.ZeroWindows })
	ms := func(us int64) string { return o.ms(float64(us) / 1e3) }
	two("own window zero for", ms, func(s *m) int64 { return int64(s.ZeroWindowMS * 1e3) })
	two("waited for peer's window", ms, func(s *m) int64 { return int64(s.WindowFullMS * 1e3) })
	two("most in flight", size, func(s *m) int64 { return s.InFlightMaxBytes })
	two("MSS", known, func(s *m) int64 { return s.MSSBytes })
	two("goodput", rate, func(s *m) int64 { return s.GoodputBitS })
	two("rate on the wire", rate, func(s *m) int64 { return s.WireRateBitS })
	two("highest in a second", rate, func(s *m) int64 { return s.PeakRateBitS })
	two("TTL", known, func(s *m) int64 { return s.TTL })
	return rows
}

func (a *app) turnRows(turns []query.TurnRow) (rows [][]string) {
	optional := func(ms *float64) string {
		if ms == nil {
			return ""
		}
		return a.out.ms(*ms)
	}
	for i := range turns {
		t := &turns[i]
		response := ""
		if t.ResponseFrame != 0 {
			response = strconv.FormatUint(uint64(t.ResponseFrame), 10)
		}
		rows = append(rows, []string{
			strconv.FormatUint(uint64(t.RequestFrame), 10), response, a.out.seconds(t.StartS), a.out.ms(t.RequestMS), optional(t.WaitMS),
			optional(t.ResponseMS), a.out.size(uint64(max(0, t.RequestBytes))), a.out.size(uint64(max(0, t.ResponseBytes))),
		})
	}
	return rows
}

// connectionDiagnosisValues are the lines for programs.
func (a *app) connectionDiagnosisValues(r *query.ConnectionDiagnosis) (rows [][]string) {
	add := func(cells ...string) {
		rows = append(rows, append([]string{strconv.FormatUint(uint64(r.Connection), 10)}, cells...))
	}
	add("verdict", r.Severity, r.Handshake, r.Close, r.Verdict)
	for i := range r.Findings {
		f := &r.Findings[i]
		add("finding", f.Code, f.Severity, f.Confidence, f.Side, strconv.FormatUint(uint64(f.Count), 10), strings.ReplaceAll(numbersText(f.Frames), " ", ""), f.Sentence)
	}
	if r.Timings == nil {
		return rows
	}
	for _, t := range a.timeRows(r.Timings) {
		add(append([]string{"time"}, t...)...)
	}
	for _, m := range a.measureRows(r) {
		add(append([]string{"measure"}, m...)...)
	}
	for _, t := range a.turnRows(r.Timings.Turns) {
		add(append([]string{"turn"}, t...)...)
	}
	w := r.Aliases
	add("alias", "has_not_ack", strconv.FormatBool(w.HasNotAck))
	add("alias", "has_retransmission", strconv.FormatBool(w.HasRetransmission))
	add("alias", "unfinished_handshake", strconv.FormatBool(w.UnfinishedHandshake))
	add("alias", "unfinished_close", strconv.FormatBool(w.UnfinishedClose))
	for _, cause := range w.RSTCauses {
		add("alias", "rst_cause", cause)
	}
	return rows
}

// ms writes milliseconds: plain for programs, with a unit that suits for people.
func (o *output) ms(v float64) string {
	if !o.terminal {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return humanSeconds(v / 1e3)
}

// severity writes the word for a severity in its colour, five letters wide.
func (o *output) severity(word string) string {
	padded := fmt.Sprintf("%-5s", word)
	code := map[string]string{"error": "31", "warn": "33"}[word]
	if !o.color || code == "" {
		return padded
	}
	return "\x1b[" + code + "m" + padded + "\x1b[0m"
}

// finding writes a finding for people: its severity and title, below it its
// sentence.
func (o *output) finding(b *bytes.Buffer, severity, title, sentence string, low bool) {
	fmt.Fprintf(b, "%s  ", o.severity(severity))
	if low {
		title += " (uncertain)"
	}
	const indent = "       "
	for i, line := range wrapped(escape(title), o.width()-len(indent)) {
		if i > 0 {
			b.WriteString(indent)
		}
		b.WriteString(line + "\n")
	}
	o.paragraph(b, indent, sentence)
}

// paragraph writes a text in lines that fit.
func (o *output) paragraph(b *bytes.Buffer, indent, text string) {
	for _, line := range wrapped(escape(text), o.width()-len(indent)) {
		b.WriteString(indent + line + "\n")
	}
}

// width is how many columns a text may take: those of the terminal, but no more
// than are good to read.
func (o *output) width() int {
	const most, least = 100, 40
	if f, ok := o.w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return min(most, max(least, columns))
		}
	}
	return most
}

// wrapped breaks a text between words. A word that is too long has a line of its
// own.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Split(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line = word
			continue
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, strings.TrimRight(line, " "))
}
