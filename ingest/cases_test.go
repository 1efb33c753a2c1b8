package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
)

// TestDiagnosticCases reads testdata/captures/diag/cases.tsv: what has to be found in
// each capture is found, and what must not be is not.
func TestDiagnosticCases(t *testing.T) {
	const dir = "../testdata/captures/diag"
	table, err := os.ReadFile(filepath.Join(dir, "cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	captures, _ := filepath.Glob(filepath.Join(dir, "*.pcap"))
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
	if len(lines) != len(captures) || len(lines) < 100 {
		t.Fatalf("%d rows for %d captures", len(lines), len(captures))
	}
	for _, line := range lines {
		row := strings.Split(line, "\t")
		t.Run(row[0], func(t *testing.T) {
			store, r, err := ingestFile(t, filepath.Join(dir, row[0]), ingest.Config{})
			if err != nil {
				t.Fatal(err)
			}
			found := findings(t, open(t, store, r))
			_, is := found[row[1]]
			if !is && row[1] != "-" {
				t.Errorf("no %s, only %v", row[1], found)
			}
			for code, severity := range found {
				warns := severity >= index.SeverityWarn
				if code == row[2] || warns && (row[2] == "*" || row[2] == code+":warn") {
					t.Errorf("%s (%v): %s", code, severity, row[3])
				}
			}
		})
	}
}

// findings lists what was found in a capture and its connections, by code, with the
// highest severity of each.
func findings(t *testing.T, x *index.Index) map[string]index.Severity {
	t.Helper()
	found := map[string]index.Severity{}
	add := func(all []index.Finding) {
		for _, f := range all {
			found[f.Code] = max(found[f.Code], f.Severity)
		}
	}
	add(x.Summary().Findings)
	err := x.EachAnalysis(0, func(a *index.ConnAnalysis) bool {
		add(a.Findings)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
