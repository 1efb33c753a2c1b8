package filter

import (
	"os"
	"strings"
	"testing"
)

// corpusLines reads a list of the shared corpus, one filter per line.
func corpusLines(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile("../../../shared/tools/" + name)
	if err != nil {
		t.Skipf("SKIPPED, CORPUS NOT CHECKED: %v", err)
	}
	var lines []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\n"); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

func parseAndCheck(src string, fields Fields) (*Filter, error) {
	tree, err := Parse(src)
	if err != nil {
		return nil, err
	}
	return Check(tree, fields)
}

func TestCorpusAccepted(t *testing.T) {
	lines, fields := corpusLines(t, "filter_expressions.txt"), tsharkTable(t)
	for _, src := range lines {
		if _, err := parseAndCheck(src, fields); err != nil {
			t.Errorf("%s\n\t%v", src, err)
		}
	}
	t.Logf("%d filters", len(lines))
}

func TestCorpusRefused(t *testing.T) {
	lines, fields := corpusLines(t, "filter_invalid.txt"), tsharkTable(t)
	for _, src := range lines {
		if f, err := parseAndCheck(src, fields); err == nil {
			t.Errorf("accepted: %s as %s", src, f)
		} else {
			t.Logf("%-45s %v", src, err)
		}
	}
}
