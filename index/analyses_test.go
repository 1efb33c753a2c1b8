package index

import (
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"
)

func anyMeasures(r *rand.Rand) (m Measures) {
	m.Handshake, m.Close, m.ClosedBy = "complete", "fin_fin", int8(r.IntN(3)-1)
	var all [measureNumbers]*int64
	for _, n := range m.numbers(&all) {
		*n = anyInt64(r)
	}
	m.Sides[1].SACKPermitted, m.Sides[0].Timestamps = r.IntN(2) == 0, true
	for range r.IntN(4) {
		m.Turns = append(m.Turns, Turn{RequestFrame: anyUint32(r), RequestStart: anyInt64(r), ResponseEnd: anyInt64(r), ResponseBytes: anyInt64(r)})
	}
	return m
}

func anyFinding(r *rand.Rand) Finding {
	f := Finding{Code: []string{"refused", "zero_window", "rtt_variation"}[r.IntN(3)], Severity: Severity(r.IntN(4)), Low: r.IntN(2) == 0, Weight: r.Float64(), Side: int8(r.IntN(3) - 1), Sentence: "It took 3 s.", Count: anyUint32(r)}
	for range r.IntN(3) {
		f.Numbers = append(f.Numbers, Number{"rtt_ms", r.NormFloat64()})
	}
	for range r.IntN(MaxEvidence + 1) {
		f.Frames = append(f.Frames, anyUint32(r))
	}
	return f
}

// TestAnalyses: what was written of some of many connections is read back, one by
// one and in a row, and so are the lists of those that have a finding.
func TestAnalyses(t *testing.T) {
	dir := t.TempDir()
	r := seeded(11)
	w, err := CreateIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	written := map[uint32]ConnAnalysis{}
	found := map[string]map[uint32]bool{}
	for n := range uint32(1000) {
		if err := w.WriteConnection(&Connection{Kind: 6, IRTT: Time(n), Resent: uint64(n % 3)}); err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) > 0 || n/64 == 5 {
			continue
		}
		a := ConnAnalysis{Number: n, Measures: anyMeasures(r)}
		for range r.IntN(3) {
			f := anyFinding(r)
			a.Findings = append(a.Findings, f)
			if found[f.Code] == nil {
				found[f.Code] = map[uint32]bool{}
			}
			found[f.Code][n] = true
		}
		written[n] = a
		if err := w.WriteAnalysis(&a); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(&Summary{}); err != nil {
		t.Fatal(err)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(filepath.Base(dir), err)
	}
	defer x.Close()
	for n := range uint32(1000) {
		a, ok, err := x.Analysis(n)
		want, has := written[n]
		if err != nil || ok != has || !reflect.DeepEqual(a, want) {
			t.Fatalf("connection %d: %v %v\n got %+v\nwant %+v", n, ok, err, a, want)
		}
	}
	for _, from := range []uint32{0, 63, 64, 330, 999, 5000} {
		want := 0
		for n := range written {
			if n >= from {
				want++
			}
		}
		got, last := 0, int64(from)-1
		err := x.EachAnalysis(from, func(a *ConnAnalysis) bool {
			got++
			if int64(a.Number) <= last {
				t.Errorf("%d after %d", a.Number, last)
			}
			last = int64(a.Number)
			return true
		})
		if err != nil || got != want {
			t.Errorf("from %d: %d analyses, want %d (%v)", from, got, want, err)
		}
	}
	for _, code := range []string{"refused", "zero_window", "rtt_variation", "nothing"} {
		b, err := x.Found(code)
		if err != nil || int(b.GetCardinality()) != len(found[code]) {
			t.Errorf("%s: %d connections, want %d (%v)", code, b.GetCardinality(), len(found[code]), err)
		}
		for n := range found[code] {
			if !b.Contains(n) {
				t.Errorf("%s: connection %d is missing", code, n)
			}
		}
	}
	irtt, err := x.SortColumn(SortIRTT)
	if err != nil || irtt[999]^1<<63 != 999 {
		t.Errorf("initial round-trip times: %v", err)
	}
	a := written[0]
	for n := range written {
		a = written[n]
		break
	}
	a.Number = 3
	body := append([]byte{3}, appendMeasures(nil, &a.Measures)...)
	body = append(body, 1)
	body = appendFinding(body, &Finding{Code: "refused", Sentence: "It was refused.", Frames: []uint32{1, 2}})
	survives(t, r, pack(nil, body), func(b []byte) { _, _ = decodeAnalyses(b, 0, nil) })
	if got, err := decodeAnalyses(pack(nil, body), 0, nil); err != nil || len(got) != 1 || got[0].Findings[0].Code != "refused" {
		t.Errorf("%+v %v", got, err)
	}
}
