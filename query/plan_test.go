package query

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// naive asks a filter of every frame, without any help of the index.
func naive(t testing.TB, x Capture, f *filter.Filter) (frames []uint32) {
	t.Helper()
	r := newFrameRecord(x, newTables(x), f)
	for i := range r.fields { // columns only where the bytes do not tell
		if c := r.fields[i].column; c != nil && !c.always {
			r.fields[i].column = nil
		}
	}
	err := x.EachRows(1, false, func(rows *index.Rows) (bool, error) {
		for i := range rows.Packets {
			r.set(rows, i)
			if f.Match(r) {
				frames = append(frames, r.row.Number)
			}
		}
		return true, r.err
	})
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

// planned asks it by the plan.
func planned(t testing.TB, x Capture, f *filter.Filter, limit int) (frames []uint32) {
	t.Helper()
	m := newMatcher(x, f)
	for segment := range uint16(x.Segments()) {
		s, err := m.plan.bounds(x, segment)
		if err != nil {
			t.Fatal(err)
		}
		found, err := m.frames(context.Background(), s, 0, limit)
		if err != nil {
			t.Fatal(err)
		}
		for it := found.Iterator(); it.HasNext(); {
			frames = append(frames, uint32(segment)*index.SegmentFrames+it.Next()+1)
		}
	}
	return frames
}

// filterMaker writes random filters about what is in a capture.
type filterMaker struct {
	r      *rand.Rand
	fields []string
	values map[string][]string // by field: values of some frames
}

func newFilterMaker(t testing.TB, x Capture, seed uint64) *filterMaker {
	m := &filterMaker{r: rand.New(rand.NewPCG(seed, 3)), values: map[string][]string{}}
	for _, f := range listedFields() {
		m.fields = append(m.fields, f.name, f.name) // those that plans treat most
	}
	for _, f := range columnFields() {
		m.fields = append(m.fields, f.name)
	}
	m.fields = append(m.fields, "ip", "ipv6", "tcp", "udp", "icmp", "arp", "vlan", "eth", "ip.ttl", "ip.proto", "eth.type", "icmp.type", "ip.len", "tcp.options.mss_val", "ip.flags.mf", "ipv6.nxt")
	for _, name := range m.fields {
		f, err := parseFilter(name)
		if err != nil {
			t.Fatal(err)
		}
		r := newFrameRecord(x, newTables(x), f)
		err = x.EachRows(1, false, func(rows *index.Rows) (bool, error) {
			for i := range rows.Packets {
				r.set(rows, i)
				for _, v := range r.Values(0, nil) {
					if s := v.String(); s != "" && v.Kind() != filter.Protocol && len(m.values[name]) < 200 {
						m.values[name] = append(m.values[name], s)
					}
				}
			}
			return true, r.err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *filterMaker) pick(s []string) string { return s[m.r.IntN(len(s))] }

func (m *filterMaker) test() string {
	name := m.pick(m.fields)
	values := m.values[name]
	if len(values) == 0 || m.r.IntN(8) == 0 {
		return name
	}
	value := m.pick(values)
	if strings.Contains(name, "addr") || strings.HasSuffix(name, "src") || strings.HasSuffix(name, "dst") {
		if m.r.IntN(3) == 0 && strings.HasPrefix(name, "ip") {
			value += fmt.Sprintf("/%d", m.r.IntN(33))
		}
	}
	if name == "tcp.flags" && m.r.IntN(3) == 0 {
		return fmt.Sprintf("tcp.flags & %d", m.r.IntN(600))
	}
	quantifier := m.pick([]string{"", "", "", "any ", "all "})
	if m.r.IntN(5) == 0 {
		return quantifier + name + " in {" + value + ", " + m.pick(values) + "}"
	}
	return quantifier + name + " " + m.pick([]string{"==", "==", "==", "!=", "===", "!==", ">", "<", ">=", "<="}) + " " + value
}

func (m *filterMaker) filter(depth int) string {
	switch n := m.r.IntN(8); {
	case depth == 0 || n < 3:
		return m.test()
	case n == 3:
		return "!(" + m.filter(depth-1) + ")"
	case n < 6:
		return "(" + m.filter(depth-1) + ") && (" + m.filter(depth-1) + ")"
	}
	return "(" + m.filter(depth-1) + ") || (" + m.filter(depth-1) + ")"
}

// TestPlansAreExact: what a plan finds is what asking every frame finds.
func TestPlansAreExact(t *testing.T) {
	paths, err := filepath.Glob("../testdata/captures/*.pcap*")
	if err != nil || len(paths) < 20 {
		t.Fatal(paths, err)
	}
	n := 150
	if corpus := os.Getenv("PCAPIDX_CORPUS"); corpus != "" { // a wider search, by hand
		paths, _ = filepath.Glob(filepath.Join(corpus, "*.*"))
		n = 60
	}
	if testing.Short() {
		n = 30
	}
	for _, path := range paths {
		store := index.OpenStore(t.TempDir())
		e := New(StoreSource{store}, testWriter{store: store})
		if _, err := e.Add(context.Background(), AddRequest{Files: []string{path}}, nil); err != nil {
			continue // no capture: other tests see to that
		}
		x, _, err := e.source.Open(filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		plansAreExact(t, filepath.Base(path), x, n)
		_ = x.Close()
	}
}

func plansAreExact(t *testing.T, name string, x Capture, n int) {
	t.Helper()
	m := newFilterMaker(t, x, 1)
	failures := 0
	for range n {
		text := m.filter(3)
		f, err := parseFilter(text)
		if err != nil {
			continue // such as a prefix longer than the address
		}
		want := naive(t, x, f)
		if got := planned(t, x, f, noLimit); !slices.Equal(got, want) {
			t.Errorf("%s: %s\n plan  %v\n naive %v", name, text, got[:min(len(got), 12)], want[:min(len(want), 12)])
			if failures++; failures == 3 {
				return
			}
		}
		limit := m.r.IntN(20)
		got := planned(t, x, f, limit)
		if len(got) < min(limit, len(want)) || len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Errorf("%s: %s with limit %d: %v, all are %v", name, text, limit, got, want)
		}
	}
}

// TestEveryFieldHasAName: the tables name fields of the dictionary.
func TestEveryFieldHasAName(t *testing.T) {
	for _, f := range columnFields() {
		if _, ok := dissect.FieldByName(f.name); !ok {
			t.Errorf("column of %s: no such field", f.name)
		}
	}
	for _, f := range listedFields() {
		if _, ok := dissect.FieldByName(f.name); !ok {
			t.Errorf("lists of %s: no such field", f.name)
		}
	}
}
