package needle

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func compile(t testing.TB, s Spec) *Needle {
	t.Helper()
	n, err := Compile(s)
	if err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	return n
}

func all(n *Needle, text []byte) (found []Match) {
	n.Searcher().Each(text, func(m Match) bool {
		found = append(found, m)
		return true
	})
	return found
}

// TestMatches: what is found where. Matches are written start-end, with ~distance and
// @encoding.
func TestMatches(t *testing.T) {
	for _, x := range []struct {
		mode       Mode
		needle     string
		exact      bool
		edits      int
		encodings  string
		text, want string
	}{
		{Substring, "get", false, 0, "", "GET get gEt ge", "0-3 4-7 8-11"},
		{Substring, "get", true, 0, "", "GET get gEt ge", "4-7"},
		{Substring, "@[`{", false, 0, "", "@[`{ `{@[ \x60\x7b", "0-4"},
		{Substring, "aa", false, 0, "", "aAaaa", "0-2 2-4"},
		{Substring, "é", false, 0, "", "É é \xe9", "3-5"},
		{Substring, "pass", false, 0, "utf16le,utf16be", "p\x00A\x00s\x00S\x00 \x00P\x00a\x00s\x00s pass", "0-8@utf16le 9-17@utf16be 18-22"},
		{Substring, "a b/c", false, 0, "percent", "a%20b%2Fc a+b%2fC a+b/c a b/c a%2 b", "0-9@percent 10-17@percent 18-23@percent 24-29"},
		{Substring, "secret", false, 0, "base64", "c2VjcmV0 xzZWNyZXQ= eHhzZWNyZXQ=", "0-8@base64 10-17@base64 23-30@base64"},
		{Hex, "de ad ?? ef", false, 0, "", "\xde\xad\xbe\xef\xde\xad\xef\xef\xde\xad\xbe", "0-4 4-8"},
		{Hex, "0x47:0X45", false, 0, "", "GE ge", "0-2"},
		{Hex, "?? 41", false, 0, "", "AA", "0-2"},
		{Regex, "g.t", false, 0, "", "GET g\nt g\xfft", "0-3 8-11"},
		{Regex, "g.t", true, 0, "", "GET git", "4-7"},
		{Regex, `\xff+`, false, 0, "", "a\xff\xff\xc3\xbf", "1-3"},
		{Regex, "é+", false, 0, "", "\xc3\xa9\xc3\xa9\xe9", "0-4"},
		{Regex, "[^a]b", false, 0, "", "ab Ab Bb xB", "5-7 9-11"},
		{Regex, `[\xe9]`, false, 0, "", "\xe9\xc9", "0-1"},
		{Regex, `k\b`, false, 0, "", "K\xe2\x84\xaa", "0-1"},
		{Regex, "^ab|cd$", false, 0, "", "ab ab cd cd", "0-2 9-11"},
		{Regex, "a*", false, 0, "", "baab", "1-3"},
		{Regex, `\x{20ac}`, false, 0, "", "\xe2\x82\xac", "0-3"},
		{Regex, `\Qa.é\E.`, false, 0, "", "A.é! ab", "0-5"},
		{Regex, "(foo|ba[rz])+", false, 0, "", "foobarBAZ ba", "0-9"},
		{Fuzzy, "password", false, 1, "", "passwrd PASSWORD pasword. passsword", "0-7~1 8-16~0 17-24~1 26-35~1"},
		{Fuzzy, "passphrase", false, 2, "", "pasphrase passphraXY p4ssphr4se xasspxraxe", "0-9~1 10-18~2 21-31~2"},
		{Fuzzy, "abcdef", true, 1, "", "ABCDEF abXdef", "7-13~1"},
	} {
		s := Spec{Mode: x.mode, Text: x.needle, CaseSensitive: x.exact, MaxEdits: x.edits}
		if x.encodings != "" {
			s.Encodings = strings.Split(x.encodings, ",")
		}
		var got []string
		for _, m := range all(compile(t, s), []byte(x.text)) {
			text := fmt.Sprintf("%d-%d", m.Start, m.End)
			if x.mode == Fuzzy {
				text += fmt.Sprintf("~%d", m.Distance)
			}
			if m.Encoding != "" {
				text += "@" + m.Encoding
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%s %q in %q: %v, want %s", x.mode, x.needle, x.text, got, x.want)
		}
	}
}

// TestRefused: mistakes are named, with the way out.
func TestRefused(t *testing.T) {
	for _, x := range []struct {
		spec Spec
		says string
	}{
		{Spec{Mode: Substring}, "empty"},
		{Spec{Mode: Substring, Text: strings.Repeat("x", MaxText+1)}, "at most 1024"},
		{Spec{Mode: "glob", Text: "x"}, "substring, hex, regex, fuzzy"},
		{Spec{Mode: Substring, Text: "x", MaxEdits: 1}, "mode fuzzy"},
		{Spec{Mode: Hex, Text: "00", Encodings: []string{"percent"}}, "no encodings"},
		{Spec{Mode: Substring, Text: "x", Encodings: []string{"utf7"}}, "utf16le"},
		{Spec{Mode: Substring, Text: "abc", Encodings: []string{"base64"}}, "needs 4"},
		{Spec{Mode: Hex, Text: "de a"}, "position 4 stands alone"},
		{Spec{Mode: Hex, Text: "d ea"}, "position 1 stands alone"},
		{Spec{Mode: Hex, Text: "dg"}, "'g' at position 2"},
		{Spec{Mode: Hex, Text: "d?"}, "'?' at position 2"},
		{Spec{Mode: Hex, Text: "?? ??"}, "at least one byte"},
		{Spec{Mode: Fuzzy, Text: "12345", MaxEdits: 1}, "needs 6"},
		{Spec{Mode: Fuzzy, Text: "1234567", MaxEdits: 2}, "needs 8"},
		{Spec{Mode: Fuzzy, Text: strings.Repeat("x", 300), MaxEdits: 4}, "1 to 3"},
		{Spec{Mode: Fuzzy, Text: strings.Repeat("x", 300), MaxEdits: 1}, "256"},
		{Spec{Mode: Regex, Text: "a(b"}, `\(`},
		{Spec{Mode: Regex, Text: "[a"}, `\[`},
		{Spec{Mode: Regex, Text: "*a"}, `\*`},
		{Spec{Mode: Regex, Text: "a{1001}"}, "1000"},
		{Spec{Mode: Regex, Text: "(a{1000}){1000}"}, "1000"},
		{Spec{Mode: Regex, Text: "(?=a)"}, "look-around"},
		{Spec{Mode: Regex, Text: `(a)\1`}, "back-references"},
		{Spec{Mode: Regex, Text: `\p{Greek}`}, "Unicode classes"},
		{Spec{Mode: Regex, Text: "[äö]"}, "alternatives"},
	} {
		_, err := Compile(x.spec)
		var e *Error
		if !errors.As(err, &e) || e.Hint == "" || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%+v: %v, want %q", x.spec, err, x.says)
		}
	}
}

// TestNeedleFacts: how far a match can reach, and what is scanned for.
func TestNeedleFacts(t *testing.T) {
	for _, x := range []struct {
		mode     Mode
		text     string
		reach    int
		anchored bool
		says     string
	}{
		{Substring, "Get", 3, false, `"get" in either case`},
		{Substring, "123", 3, false, `"123"`},
		{Hex, "de ?? be ef", 4, false, `"\xbe\xef"`},
		{Fuzzy, "abcdef", 7, false, `"abc" in either case, "def" in either case`},
		{Regex, "user=[a-z]{2,4};", 10, false, `"user=" in either case`},
		{Regex, "x*", RegexReach, false, "every payload"},
		{Regex, "(ab|cde)(f?)$", 4, true, `"ab" in either case, "cde" in either case`},
		{Regex, "[0-9]+secret", RegexReach, false, `"secret" in either case`},
		{Regex, `\bfoo\b`, 5, false, `"foo" in either case`},
		{Regex, "^(a|b*)", RegexReach, true, "every payload"},
	} {
		n := compile(t, Spec{Mode: x.mode, Text: x.text})
		begin, end := n.Anchored()
		if n.Reach() != x.reach || (begin || end) != x.anchored || !strings.Contains(n.String(), x.says) {
			t.Errorf("%s %q: reach %d, anchored %v %v, %s", x.mode, x.text, n.Reach(), begin, end, n)
		}
	}
}

// random makes text of few different bytes, so that needles repeat and nearly match.
func random(r *rand.Rand, n int) []byte {
	const letters = "abAB. \x00\xe9"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return b
}

// TestAgainstNaive: substrings, bytes and fuzzy text are found exactly where a naive
// search finds some, and Next leaves none of them out.
func TestAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 7))
	for range 4000 {
		text := random(r, r.IntN(200))
		want := random(r, 1+r.IntN(12))
		s := Spec{Mode: Substring, Text: string(want), CaseSensitive: r.IntN(2) == 0}
		differs := func(text []byte) bool { return !equal(text, want, s.CaseSensitive) }
		switch r.IntN(3) {
		case 1:
			s.Mode, s.Text, s.CaseSensitive = Hex, fmt.Sprintf("%x", want), true
		case 2:
			if s.MaxEdits = 1 + r.IntN(3); len(want) < shortestFuzzy(s.MaxEdits) {
				continue
			}
			s.Mode = Fuzzy
		}
		n := compile(t, s)
		found := all(n, text)
		if s.Mode == Fuzzy {
			checkFuzzy(t, &s, text, found)
		} else {
			var naive []Match
			for at := 0; at+len(want) <= len(text); {
				if differs(text[at : at+len(want)]) {
					at++
					continue
				}
				naive = append(naive, Match{Start: at, End: at + len(want)})
				at += len(want)
			}
			if !slices.Equal(found, naive) {
				t.Fatalf("%+v in %q: %v, want %v", s, text, found, naive)
			}
		}
		checkNext(t, r, n, text, len(found) > 0)
	}
}

func equal(a, b []byte, exact bool) bool {
	if exact {
		return bytes.Equal(a, b)
	}
	return lowerASCII(string(a)) == lowerASCII(string(b))
}

func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// checkFuzzy compares with the whole table of distances.
func checkFuzzy(t *testing.T, s *Spec, text []byte, found []Match) {
	t.Helper()
	want, in := []byte(s.Text), text
	if !s.CaseSensitive {
		want, in = []byte(lowerASCII(s.Text)), []byte(lowerASCII(string(text)))
	}
	some := false
	column := make([]int, len(want)+1)
	for i := range column {
		column[i] = i
	}
	for _, c := range in {
		last := slices.Clone(column)
		for i := range want {
			cost := last[i]
			if want[i] != c {
				cost++
			}
			column[i+1] = min(cost, last[i+1]+1, column[i]+1)
		}
		some = some || column[len(want)] <= s.MaxEdits
	}
	if some != (len(found) > 0) {
		t.Fatalf("%+v in %q: %v, but there is one: %v", s, text, found, some)
	}
	end := 0
	for _, m := range found {
		if m.Start < end || m.End > len(in) || m.Distance > s.MaxEdits || levenshtein(want, in[m.Start:m.End]) != m.Distance {
			t.Fatalf("%+v in %q: %v", s, text, found)
		}
		end = m.End
	}
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 32
		}
	}
	return string(b)
}

func levenshtein(a, b []byte) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		last := slices.Clone(row)
		row[0] = i + 1
		for j := range b {
			cost := last[j]
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, last[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// checkNext: a text in a block that has a match is touched by Next.
func checkNext(t *testing.T, r *rand.Rand, n *Needle, text []byte, matches bool) {
	t.Helper()
	if !matches {
		return
	}
	before, after := random(r, r.IntN(3000)), random(r, r.IntN(100))
	block := slices.Concat(before, text, after)
	if at := n.Searcher().Next(block, len(before)); at < len(before) || at >= len(before)+len(text) {
		t.Fatalf("%v: Next gives %d for a text from %d to %d", n, at, len(before), len(before)+len(text))
	}
	if at := n.Searcher().Next(block, 0); at < 0 || at >= len(before)+len(text) {
		t.Fatalf("%v: Next from 0 gives %d", n, at)
	}
}

// TestRegexAgainstReference: expressions over bytes match as the same expressions do
// over Latin-1 text.
func TestRegexAgainstReference(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	parts := []string{"a", "b", "A", ".", "[ab]", "[^a]", `\x00`, `\xe9`, `\s`, `\S`, "(a|b.)", "(ab|BA|\\.)", "a+", "b*", "(ab)?", "[a-b]{1,2}", `\.`}
	for range 3000 {
		var pattern strings.Builder
		for range 1 + r.IntN(5) {
			pattern.WriteString(parts[r.IntN(len(parts))])
		}
		n, err := Compile(Spec{Mode: Regex, Text: pattern.String(), CaseSensitive: true})
		if err != nil {
			t.Fatal(err)
		}
		text := random(r, r.IntN(80))
		wide := latin1(text)
		var want []Match
		for _, f := range regexp.MustCompile(pattern.String()).FindAllStringIndex(wide, -1) {
			if f[1] > f[0] {
				want = append(want, Match{Start: utf8.RuneCountInString(wide[:f[0]]), End: utf8.RuneCountInString(wide[:f[1]])})
			}
		}
		found := all(n, text)
		if !slices.Equal(found, want) {
			t.Fatalf("%s in %q: %v, want %v", pattern.String(), text, found, want)
		}
		for _, m := range found {
			if longest := n.Reach(); m.End-m.Start > longest {
				t.Fatalf("%s: a match of %d bytes, reach %d", pattern.String(), m.End-m.Start, longest)
			}
		}
		checkNext(t, r, n, text, len(found) > 0)
	}
}

// TestFold: eight bytes at a time fold as one does.
func TestFold(t *testing.T) {
	text := make([]byte, 0, 600)
	for i := range 256 {
		text = append(text, byte(i), byte(i*7))
	}
	for from := range 9 {
		if got := appendFolded([]byte("x"), text[from:]); string(got) != "x"+lowerASCII(string(text[from:])) {
			t.Errorf("from %d: %q", from, got)
		}
	}
}

// TestEachStops: yield can end the search.
func TestEachStops(t *testing.T) {
	n, count := compile(t, Spec{Mode: Substring, Text: "a"}), 0
	n.Searcher().Each([]byte("aaaa"), func(Match) bool { count++; return count < 2 })
	if count != 2 {
		t.Errorf("%d matches", count)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"get", "de ad ??", "a(b|c)*[^d]", "(?i)x{2,3}é", `\Qa\Eb`, "[]a]", "[^]a]", "password"} {
		for mode := range 4 {
			f.Add(uint8(mode), s, []byte("some text de\xad"), true)
		}
	}
	f.Fuzz(func(t *testing.T, mode uint8, text string, in []byte, exact bool) {
		s := Spec{Mode: []Mode{Substring, Hex, Regex, Fuzzy}[mode%4], Text: text, CaseSensitive: exact}
		if mode%4 == 0 && mode >= 128 {
			s.Encodings = Encodings()
		}
		if mode%4 == 3 {
			s.MaxEdits = 1 + int(mode/4)%3
		}
		n, err := Compile(s)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Msg == "" || e.Hint == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		end := 0
		n.Searcher().Each(in, func(m Match) bool {
			if m.Start < end || m.End <= m.Start || m.End > len(in) {
				t.Fatalf("%v after %d of %d", m, end, len(in))
			}
			end = m.End
			return true
		})
		if at := n.Searcher().Next(in, 0); end > 0 && (at < 0 || at >= end) {
			t.Fatalf("Next gives %d, a match ends at %d", at, end)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	block := make([]byte, 256<<10)
	for i := range block {
		block[i] = byte(r.Uint32())
		if i%4096 < 2048 {
			block[i] = "etaoin shrdlu ETAOIN"[r.IntN(20)]
		}
	}
	for _, x := range []struct {
		name string
		spec Spec
	}{
		{"substring", Spec{Mode: Substring, Text: "needle in hay"}},
		{"exact", Spec{Mode: Substring, Text: "needle in hay", CaseSensitive: true}},
		{"hex", Spec{Mode: Hex, Text: "de ad ?? ef"}},
		{"fuzzy1", Spec{Mode: Fuzzy, Text: "needle in hay", MaxEdits: 1}},
		{"fuzzy2", Spec{Mode: Fuzzy, Text: "needle in hay", MaxEdits: 2}},
		{"regex", Spec{Mode: Regex, Text: "user=[a-z]+;"}},
		{"encodings", Spec{Mode: Substring, Text: "needle in hay", Encodings: []string{"utf16le", "utf16be", "base64"}}},
	} {
		b.Run(x.name, func(b *testing.B) {
			s := compile(b, x.spec).Searcher()
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				for at := s.Next(block, 0); at >= 0; at = s.Next(block, at+1400) {
				}
			}
		})
	}
}
