package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// output prints answers: aligned tables for people, tab-separated values for
// programs, JSON when asked.
type output struct {
	w        io.Writer
	terminal bool
	color    bool
}

func newOutput(w io.Writer) *output {
	o := &output{w: w, terminal: isTerminal(w)}
	o.color = o.terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return o
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// json prints one document. Characters that a terminal may act on are escaped
// inside strings.
func (o *output) json(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(o.w, escapeJSON(b.String()))
	return err
}

// escapeJSON writes non-printing characters beyond ASCII, which JSON allows
// inside strings, as \u escapes.
func escapeJSON(s string) string {
	clean := true
	for _, r := range s {
		if r > 0x7e && !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r <= 0x7e || unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// escape makes text harmless for a terminal and for a line of values: control
// characters, invalid bytes and what turns or hides text are shown as escapes.
func escape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
		return s
	}
	q := strconv.QuoteToGraphic(s)
	return strings.NewReplacer(`\"`, `"`).Replace(q[1 : len(q)-1])
}

// table prints rows with a header on a terminal, and as tab-separated values
// without a header elsewhere. Columns whose header begins with "<" are numbers
// and aligned right.
func (o *output) table(header []string, rows [][]string) error {
	var b bytes.Buffer
	if !o.terminal {
		for _, row := range rows {
			b.WriteString(strings.Join(escapeAll(row), "\t") + "\n")
		}
		_, err := o.w.Write(b.Bytes())
		return err
	}
	o.align(&b, header, rows)
	_, err := o.w.Write(b.Bytes())
	return err
}

func escapeAll(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = escape(cell)
	}
	return out
}

// align writes a table with columns two spaces apart.
func (o *output) align(b *bytes.Buffer, header []string, rows [][]string) {
	width := make([]int, len(header))
	cells := make([][]string, 0, len(rows)+1)
	titles := make([]string, len(header))
	for i, h := range header {
		titles[i] = strings.TrimPrefix(h, "<")
	}
	cells = append(cells, titles)
	for _, row := range rows {
		cells = append(cells, escapeAll(row))
	}
	for _, row := range cells {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range cells {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if strings.HasPrefix(header[i], "<") {
				cell, pad = pad+cell, ""
			}
			line.WriteString(cell)
			if i+1 < len(row) {
				line.WriteString(pad + "  ")
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 && o.color {
			text = "\x1b[1m" + text + "\x1b[0m"
		}
		b.WriteString(text + "\n")
	}
}

// pairs prints label and value lines: aligned on a terminal, where a label that
// repeats is shown once, and separated by a tab elsewhere.
func (o *output) pairs(rows [][2]string) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		label, value := escape(r[0]), escape(r[1])
		if !o.terminal {
			fmt.Fprintf(&b, "%s\t%s\n", label, value)
			continue
		}
		if label != "" {
			label += ":"
		}
		fmt.Fprintf(w, "%s\t%s\n", label, value)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := o.w.Write(b.Bytes())
	return err
}

// hints prints what to know or do next, on standard error.
func (a *app) hints(hints []string) {
	for _, h := range hints {
		fmt.Fprintln(a.stderr, "hint: "+escape(h))
	}
}
