package words

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func split1(f func([]byte, func(Word)), text string) (out []string) {
	f([]byte(text), func(w Word) { out = append(out, string(w.Text)) })
	return out
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"GET /index.html HTTP/1.1\r\nHost: www.Example3.com\r\n", "get index html http host www example com"},
		{"HTTP/1.1 404 Not Found", "http 404 not found"},
		{"port 8080, id 12345, x 7", "port 8080 id"},
		{"abc", ""},                  // a printable run of 3
		{"ab\x00cd\x01efgh", "efgh"}, // runs end at binary bytes
		{"\x03www\x07example\x03com\x00", "example"},
		{"abcdefghijklmnopqrst x", "abcdefghijklmnopqrst"},
		{"abcdefghijklmnopqrstu x", ""},
		{"Grüße aus KÖLN", "grüße aus köln"},
		{"Привет, МИР", "привет мир"},
		{"a\xffgood\xc3(word)", "good word"},
		{"user_name=alice2bob", "user name alice bob"},
		{"日本語テキスト", "日本語テキスト"},
	} {
		if got := strings.Join(split1(Split, c.text), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	if got := split1(SplitQuery, "com"); !slices.Equal(got, []string{"com"}) {
		t.Errorf("query: %q", got)
	}
	if got := split1(SplitQuery, "example3.com"); !slices.Equal(got, []string{"example", "com"}) {
		t.Errorf("query: %q", got)
	}
}

func TestBoundary(t *testing.T) {
	for _, c := range []struct {
		text string
		back int
		want int
	}{
		{"", 8, 0}, {"one two", 8, 4}, {"one two ", 8, 8}, {"abcdefgh", 4, 8}, {"ab cdefghij", 4, 11}, {"x \xc3\xa4\xc3\xa4", 8, 2},
	} {
		if got := Boundary([]byte(c.text), c.back); got != c.want {
			t.Errorf("%q: %d, want %d", c.text, got, c.want)
		}
	}
}

func TestSet(t *testing.T) {
	var s Set
	for range 2 { // used twice
		s.Reset()
		s.Add([]byte("one two three TWO"))
		s.Add([]byte("three four one"))
		if got := s.Words(); !slices.Equal(got, []string{"one", "two", "three", "four"}) {
			t.Fatalf("%q", got)
		}
	}
	first := s.Words()
	s.Reset()
	text := &strings.Builder{}
	want := []string{}
	for a := range 26 {
		for b := range 26 {
			w := "w" + string(rune('a'+a)) + string(rune('a'+b))
			want = append(want, w)
			text.WriteString(w + " " + strings.ToUpper(w) + " ")
		}
	}
	s.Add([]byte(text.String()))
	if got := s.Words(); !slices.Equal(got, want) {
		t.Errorf("%d words, want %d", len(got), len(want))
	}
	if !slices.Equal(first, []string{"one", "two", "three", "four"}) {
		t.Errorf("words changed when the set was used again: %q", first)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewSource(1))
	for i := range b {
		b[i] = byte(r.Intn(256))
	}
	return b
}

func prose(n int) []byte {
	return bytes.Repeat([]byte("Content-Type: text/html; the quick brown fox jumps over 1234 lazy dogs.\r\n"), n/72+1)[:n]
}

func deflated(n int) []byte {
	b := &bytes.Buffer{}
	w, _ := flate.NewWriter(b, flate.BestCompression)
	r := rand.New(rand.NewSource(2))
	for b.Len() < n {
		for range 1000 {
			w.Write(prose(72)[r.Intn(60):])
		}
		w.Flush()
	}
	return b.Bytes()[:n]
}

func fates(spans []Span) (out [3]int) {
	for _, s := range spans {
		out[s.Fate] += s.End - s.Start
	}
	return out
}

func TestGate(t *testing.T) {
	tls := append([]byte{22, 3, 1, 1, 0}, prose(20000)...)
	for _, c := range []struct {
		name  string
		data  []byte
		limit uint64
		want  [3]int // indexed, gated, capped
	}{
		{"text", prose(5000), DefaultCap, [3]int{5000}},
		{"random", random(5000), DefaultCap, [3]int{0, 5000}},
		{"short random", random(50), DefaultCap, [3]int{50}},
		{"100 random", random(100), DefaultCap, [3]int{0, 100}},
		{"compressed", deflated(4096), DefaultCap, [3]int{0, 4096}},
		{"base64", []byte(base64.StdEncoding.EncodeToString(random(3000))), DefaultCap, [3]int{4000}},
		{"header and body", append(prose(1024), random(3000)...), DefaultCap, [3]int{1024, 3000}},
		{"TLS", tls, DefaultCap, [3]int{4096, 20005 - 4096}},
		{"cap", prose(5000), 2048, [3]int{2048, 0, 2952}},
		{"zeros", make([]byte, 3000), DefaultCap, [3]int{3000}},
	} {
		var g Gate
		spans := g.Judge(nil, c.data, c.limit)
		if got := fates(spans); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		at := 0
		for i, s := range spans {
			if s.Start != at || s.End <= s.Start || i > 0 && spans[i-1].Fate == s.Fate {
				t.Errorf("%s: spans %v", c.name, spans)
			}
			at = s.End
		}
	}
	// over several calls
	var g Gate
	total := [3]int{}
	for i := range 10 {
		got := fates(g.Judge(nil, tls[i*1000:(i+1)*1000], DefaultCap))
		for f := range got {
			total[f] += got[f]
		}
	}
	if want := [3]int{5000, 5000}; total != want { // whole chunks: the fifth began before 4 KiB
		t.Errorf("TLS in parts: %v, want %v", total, want)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: Müller.example\r\n\r\n"))
	f.Add([]byte("\xc4\xb0\xe1\xba\x9e abcd \xff\x00 1234 12345"))
	f.Fuzz(func(t *testing.T, data []byte) {
		end := 0
		unique := map[string]bool{}
		Split(data, func(w Word) {
			if w.Start < end || w.End <= w.Start || w.End > len(data) || len(w.Text) > MaxBytes || !utf8.Valid(w.Text) {
				t.Fatalf("%q: word %q at %d to %d", data, w.Text, w.Start, w.End)
			}
			end = w.End
			unique[string(w.Text)] = true
			// a word asked for as it stands there is found
			again := split1(SplitQuery, string(data[w.Start:w.End]))
			if len(again) != 1 || again[0] != string(w.Text) {
				t.Fatalf("%q: %q is asked for as %q", data, w.Text, again)
			}
		})
		var s Set
		s.Add(data)
		if s.Len() != len(unique) {
			t.Fatalf("%q: %d words, want %d", data, s.Len(), len(unique))
		}
		var g Gate
		at := 0
		for _, sp := range g.Judge(nil, data, 100) {
			if sp.Start != at || sp.End <= at {
				t.Fatalf("spans")
			}
			at = sp.End
		}
		if at != len(data) {
			t.Fatalf("spans end at %d of %d", at, len(data))
		}
		if b := Boundary(data, 64); b < len(data)-64 || b > len(data) {
			t.Fatalf("boundary %d of %d", b, len(data))
		}
	})
}

func BenchmarkSet(b *testing.B) {
	for _, c := range []struct {
		name string
		data []byte
	}{{"text", prose(16 << 10)}, {"random", random(16 << 10)}, {"base64", []byte(base64.StdEncoding.EncodeToString(random(12 << 10)))}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			b.ReportAllocs()
			var s Set
			for b.Loop() {
				s.Reset()
				s.Add(c.data)
			}
		})
	}
}

func BenchmarkGate(b *testing.B) {
	data := prose(16 << 10)
	b.SetBytes(int64(len(data)))
	var spans []Span
	for b.Loop() {
		var g Gate
		spans = g.Judge(spans[:0], data, DefaultCap)
	}
}
