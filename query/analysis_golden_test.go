package query

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// analysisRow is what tshark said of a frame: labels, then the values of the
// columns of the golden file.
type analysisRow struct {
	labels []string
	values []string
}

// TestAnalysisGolden compares TCP analysis, every label and number of every frame of
// our captures, with what tshark 4.0.17 says of them.
func TestAnalysisGolden(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short, the comparison with tshark takes a minute")
	}
	for golden, folder := range map[string]string{"analysis.tsv": "", "diag.tsv": "diag"} {
		text, err := os.ReadFile(filepath.Join("../testdata/golden", golden))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		columns := strings.Split(lines[0], "\t")[3:]
		want := map[string]map[uint32]analysisRow{}
		for _, line := range lines[1:] {
			cells := strings.Split(line, "\t")
			if want[cells[0]] == nil {
				want[cells[0]] = map[uint32]analysisRow{}
			}
			n, err := strconv.ParseUint(cells[1], 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			want[cells[0]][uint32(n)] = analysisRow{strings.Split(cells[2], ","), cells[3:]}
		}
		if len(want) < 20 {
			t.Fatalf("%s is about %d captures", golden, len(want))
		}
		for name, rows := range want {
			t.Run(name, func(t *testing.T) { compareAnalysis(t, filepath.Join(folder, name), columns, rows) })
		}
	}
}

func compareAnalysis(t *testing.T, path string, columns []string, want map[uint32]analysisRow) {
	t.Helper()
	store := index.OpenStore(t.TempDir())
	e := New(StoreSource{store}, testWriter{store: store})
	if _, err := e.Add(context.Background(), AddRequest{Files: []string{filepath.Join("../testdata/captures", path)}}, nil); err != nil {
		t.Fatal(err)
	}
	x, _, err := e.source.Open(filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var names []string
	for _, c := range columns {
		if c == "completeness" {
			names = append(names, "tcp.completeness")
			continue
		}
		names = append(names, "tcp.analysis."+c)
	}
	f, err := parseFilter(strings.Join(names, " || "))
	if err != nil {
		t.Fatal(err)
	}
	r := newFrameRecord(x, newTables(x), f)
	err = x.EachRows(1, false, func(rows *index.Rows) (bool, error) {
		for i := range rows.Packets {
			r.set(rows, i)
			row, has := want[r.row.Number]
			// tshark shows no analysis where the snap length cut the header; we do
			if !r.row.TCP || r.row.Status&(index.StatusQuoted|index.StatusTruncated) != 0 || has && strings.Contains(row.values[len(row.values)-1], ",") {
				continue // several headers: tshark does not say which value is whose
			}
			compareFrame(t, r, columns, row, has)
		}
		return true, r.err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compareFrame(t *testing.T, r *frameRecord, columns []string, want analysisRow, has bool) {
	t.Helper()
	labels := (r.row.Labels & index.WiresharkLabels).Names()
	slices.Sort(labels)
	if got := strings.Join(labels, ","); got != strings.Join(want.labels, ",") {
		t.Errorf("frame %d is %q, tshark says %q", r.row.Number, got, want.labels)
	}
	for id, column := range columns {
		var got []string
		for _, v := range r.Values(id, []filter.Value{}) {
			got = append(got, v.String())
		}
		cell := ""
		if has {
			cell = want.values[id]
		} else if column == "completeness" {
			continue // frames without any value have no line
		}
		if !sameNumbers(got, cell) {
			t.Errorf("frame %d: %s is %v, tshark says %q", r.row.Number, column, got, cell)
		}
	}
}
