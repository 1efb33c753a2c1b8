package main

import (
	"fmt"
	"os/exec"
	"slices"
	"time"

	"pcapidx/index"
	"pcapidx/query"
)

// needle is a search that is timed, in this process and with other programs.
type needle struct {
	kind   string
	text   string
	mode   string
	edits  int
	limit  int    // 0: every match
	filter string // tshark's way to ask the same; "": it cannot
	ngrep  string // ngrep's expression; "": it cannot
}

func needles() []needle {
	return []needle{
		{"not there", "zqxjkvbpyw", "substring", 0, 0, `frame matches "zqxjkvbpyw"`, "zqxjkvbpyw"},
		{"rare", "set-cookie:", "substring", 0, 0, `frame matches "set-cookie:"`, "set-cookie:"},
		{"first page", "http/1.1", "substring", 0, 50, "", ""},
		{"bytes", "de ad ?? ef", "hex", 0, 0, "", ""},
		{"1 edit", "zqxjkvbpyw", "fuzzy", 1, 0, "", ""},
		{"2 edits", "zqxjkvbpyw", "fuzzy", 2, 0, "", ""},
		{"expression", `authorization: [a-z]+ `, "regex", 0, 0, `frame matches "authorization: [a-z]+ "`, "authorization: [a-z]+ "},
		{"words", "password", "words", 0, 50, "", ""},
		{"word, 1 edit", "pasword", "words", 1, 50, "", ""},
	}
}

// searches times searches over an index, and those of other programs over the file.
func (b *bench) searches(file, name string) error {
	e := query.New(query.NewKeptSource(index.OpenStore(b.store), 1, time.Minute), nil)
	has := func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	}
	fmt.Printf("  %-12s %-28s %9s %10s %16s %16s\n", "search", "needle", "matches", "pcapidx", "tshark -Y", "ngrep")
	for _, n := range needles() {
		r := query.SearchRequest{Captures: []string{name}, Needle: n.text, Mode: n.mode, MaxEdits: n.edits, Page: query.Page{Limit: n.limit}}
		var times []time.Duration
		found := 0
		for range 5 {
			start := time.Now()
			a, err := e.SearchTo(b.ctx, r, func(*query.SearchRow) error { return nil }, nil)
			if err != nil {
				return err
			}
			times, found = append(times, time.Since(start)), a.Returned
		}
		ours := slices.Min(times)
		line := fmt.Sprintf("  %-12s %-28s %9d %7.2f ms", n.kind, n.text, found, float64(ours.Microseconds())/1e3)
		for _, rival := range []struct {
			asked bool
			args  []string
		}{
			{b.tshark && n.filter != "", []string{"tshark", "-n", "-r", file, "-Y", n.filter}},
			{n.ngrep != "", []string{"ngrep", "-q", "-i", "-I", file, n.ngrep}},
		} {
			if !rival.asked || !has(rival.args[0]) {
				line += fmt.Sprintf(" %16s", "")
				continue
			}
			theirs, _, err := b.time(rival.args...)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %7.2f s %5.0fx", theirs.Seconds(), theirs.Seconds()/ours.Seconds())
		}
		fmt.Println(line)
	}
	return nil
}
