package filter

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRequiredLiteral: what an expression cannot match without.
func TestRequiredLiteral(t *testing.T) {
	for pattern, want := range map[string]string{
		"set-cookie": "set-cookie", "^GET /": "get /", "a(bcd)+e": "bcd", "(?:abc){2,3}x": "abc", "abc|abd": "ab", "[0-9]+": "",
		"x*": "", "(longer)?ab": "ab", "\\.com$": ".com", "a": "", "HTTP/1\\.[01] [45][0-9][0-9]": "http/1.", "\\xff\\xfeab": "",
	} {
		m, err := newMatcher(pattern)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if m.needs != nil {
			got = m.needs.text
		}
		if got != want {
			t.Errorf("%q needs %q, want %q", pattern, got, want)
		}
	}
}

// TestLiteralFindsAll: a literal is found wherever it is, and nowhere else.
func TestLiteralFindsAll(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "aAbB-\x80"[r.IntN(6)]
		}
		return string(b)
	}
	for range 20_000 {
		text := strings.ReplaceAll(strings.ToLower(word(2+r.IntN(3))), "\x80", "a")
		l := &literal{text: text, anchor: r.IntN(len(text))}
		s := word(r.IntN(12))
		if got, want := l.in(s), strings.Contains(upperOf(s, true), text); got != want {
			t.Fatalf("%q in %q: %v, want %v", text, s, got, want)
		}
	}
}
