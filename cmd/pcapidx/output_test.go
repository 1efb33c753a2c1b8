package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
)

func TestEscape(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain text, ümläut, 日本", "plain text, ümläut, 日本"},
		{`C:\new "x"`, `C:\new "x"`},
		{"a\x1b[31mb", `a\x1b[31mb`},
		{"\x1b]0;title\a", `\x1b]0;title\a`},
		{"one\ntwo\r\n\tthree", `one\ntwo\r\n\tthree`},
		{"nul\x00", `nul\x00`},
		{"del\x7f", `del\x7f`},
		{"c1\u009b31m", `c1\u009b31m`},
		{"rtl\u202egpj", `rtl\u202egpj`},
		{"line\u2028end", `line\u2028end`},
		{"bad\xff", `bad\xff`},
		{"cut\xe6\x97", `cut\xe6\x97`},
		{"\x1b \"quoted\" \\", `\x1b "quoted" \\`},
		{"tag\U000e0001", `tag\U000e0001`},
	} {
		got := escape(c.in)
		if got != c.want {
			t.Errorf("escape(%q) is %q, want %q", c.in, got, c.want)
		}
		if got != "" && harmful(got) != "" {
			t.Errorf("escape(%q) holds %s", c.in, harmful(got))
		}
	}
}

// TestEscapeJSON: the text becomes harmless and means the same.
func TestEscapeJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain ü 日本", `"plain ü 日本"`},
		{"del\x7f", `"del\u007f"`},
		{"c1\u009b", `"c1\u009b"`},
		{"rtl\u202e", `"rtl\u202e"`},
		{"tag\U000e0001", `"tag\udb40\udc01"`},
		{"last\U0010fffe", `"last\udbff\udffe"`},
		{"esc\x1b", `"esc\u001b"`},
	} {
		plain, err := json.Marshal(c.in)
		if err != nil {
			t.Fatal(err)
		}
		got := escapeJSON(string(plain))
		if got != c.want {
			t.Errorf("%q becomes %s, want %s", c.in, got, c.want)
		}
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil || back != c.in {
			t.Errorf("%s means %q (%v), want %q", got, back, err, c.in)
		}
		if harmful(got) != "" {
			t.Errorf("%s holds %s", got, harmful(got))
		}
	}
}

func TestTableOnTerminal(t *testing.T) {
	header := []string{"NAME", "<PACKETS", "STATE", "NOTE"}
	rows := [][]string{
		{"a.pcap", "1,234,567", "ready", ""},
		{"ümläut.pcapng", "9", "ready", "cut"},
		{"evil\x1b[2J", "10", "", "two\nlines"},
	}
	const want = `NAME             PACKETS  STATE  NOTE
a.pcap         1,234,567  ready
ümläut.pcapng          9  ready  cut
evil\x1b[2J           10         two\nlines
`
	var b bytes.Buffer
	o := &output{w: &b, terminal: true}
	if err := o.table(header, rows); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("table is\n%s\nwant\n%s", b.String(), want)
	}
}

// TestTableColor: colour is the header's only, and only where asked for.
func TestTableColor(t *testing.T) {
	var b bytes.Buffer
	o := &output{w: &b, terminal: true, color: true}
	if err := o.table([]string{"A", "<B"}, [][]string{{"x", "1"}}); err != nil {
		t.Fatal(err)
	}
	if want := "\x1b[1mA  B\x1b[0m\nx  1\n"; b.String() != want {
		t.Errorf("table is %q, want %q", b.String(), want)
	}
	b.Reset()
	o.color = false
	if err := o.table([]string{"A", "<B"}, nil); err != nil || b.String() != "A  B\n" {
		t.Errorf("table without colour and rows is %q, %v", b.String(), err)
	}
}

// TestTableForPrograms: no header, tabs between values, one line a row.
func TestTableForPrograms(t *testing.T) {
	var b bytes.Buffer
	o := &output{w: &b}
	if err := o.table([]string{"A", "<B", "C"}, [][]string{{"x", "1", ""}, {"a\tb", "2", "c\nd"}}); err != nil {
		t.Fatal(err)
	}
	if want := "x\t1\t\n" + `a\tb` + "\t2\t" + `c\nd` + "\n"; b.String() != want {
		t.Errorf("lines are %q, want %q", b.String(), want)
	}
}

func TestPairs(t *testing.T) {
	rows := [][2]string{{"name", "a.pcap"}, {"file size", "1.2 MB"}, {"", "continued"}, {"index of \x1b[2J", "whole\a"}}
	for _, c := range []struct {
		terminal bool
		want     string
	}{
		{true, `name:              a.pcap
file size:         1.2 MB
                   continued
index of \x1b[2J:  whole\a
`},
		{false, "name\ta.pcap\nfile size\t1.2 MB\n\tcontinued\n" + `index of \x1b[2J` + "\t" + `whole\a` + "\n"},
	} {
		var b bytes.Buffer
		if err := (&output{w: &b, terminal: c.terminal}).pairs(rows); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("terminal %v: pairs are\n%s\nwant\n%s", c.terminal, b.String(), c.want)
		}
	}
}

// TestOutputErrors: an answer that cannot be written is an error, whatever its
// form.
func TestOutputErrors(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		o := &output{w: full{}, terminal: terminal}
		for name, err := range map[string]error{
			"table": o.table([]string{"A"}, [][]string{{"x"}}),
			"pairs": o.pairs([][2]string{{"a", "b"}}),
			"json":  o.json(1),
		} {
			if !errors.Is(err, errFull) {
				t.Errorf("%s, terminal %v: error is %v", name, terminal, err)
			}
		}
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestNoTerminal: what is no terminal gets neither layout nor colour.
func TestNoTerminal(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, o := range []*output{newOutput(&bytes.Buffer{}), newOutput(f)} {
		if o.terminal || o.color {
			t.Errorf("%T counts as a terminal", o.w)
		}
	}
	if report, _ := newProgress(f); report != nil {
		t.Error("a file gets a progress bar")
	}
}
