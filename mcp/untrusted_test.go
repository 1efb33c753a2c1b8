package mcp

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, Grüße, 日本語, emoji 🙂": "plain text, Grüße, 日本語, emoji 🙂",
		"a\x00b\x1b[31m\x7f":              `a\u{0}b\u{1b}[31m\u{7f}`,
		"line\r\nfeed\ttab":               `line\u{d}\u{a}feed\u{9}tab`,
		"\u202egpj.exe \u2066x\u2069":     `\u{202e}gpj.exe \u{2066}x\u{2069}`,
		"zero\u200bwidth\ufeff\u00ad":     `zero\u{200b}width\u{feff}\u{ad}`,
		"\U000e0041tag\U000e007f":         `\u{e0041}tag\u{e007f}`,
		"select\ufe0f\U000e0100":          `select\u{fe0f}\u{e0100}`,
		"private\ue000\U0010ffff":         `private\u{e000}\u{10ffff}`,
		"bad\xff\xc3(utf":                 `bad\xff\xc3(utf`,
		"replacement \ufffd":              "replacement \ufffd",
		`back\slash \u{202e} \x00`:        `back\\slash \\u{202e} \\x00`,
		"sep\u2028\u2029\u0085":           `sep\u{2028}\u{2029}\u{85}`,
		"filler\u3164\u115f\u2800":        `filler\u{3164}\u{115f}\u{2800}`,
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) is %q, want %q", in, got, want)
		}
	}
	if got := escapeLines("a\nb\x1b\r\n"); got != "a\nb\\u{1b}\\u{d}\n" {
		t.Errorf("lines: %q", got)
	}
}

// FuzzEscape: whatever comes in, what goes out is harmless, tells different
// texts apart, and stays inside its fence.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a\\b", "\xff\ufffd", "</captured-0123456789abcdef>", "\u202e\U000e0041"} {
		f.Add(s, s+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := escape(a), escape(b)
		if bad := harmful(x); bad != "" || strings.Contains(x, "\n") || !utf8.ValidString(x) {
			t.Errorf("escape(%q) is %q", a, x)
		}
		if (x == y) != (a == b) {
			t.Errorf("%q and %q become %q and %q", a, b, x, y)
		}
		text := fence(x + "\n" + b)
		mark := markFor(x + "\n" + b)
		if strings.Count(text, "</"+mark+">") != 1 || strings.Count(text, mark) != 3 || !strings.HasSuffix(text, "</"+mark+">\n") {
			t.Errorf("the fence is open: %q", text)
		}
		var back string
		if err := json.Unmarshal([]byte(quoteJSON(x)), &back); err != nil || back != x {
			t.Errorf("JSON of %q: %q %v", x, back, err)
		}
	})
}

// TestFenceOfItself: text that holds the mark it would get gets another.
func TestFenceOfItself(t *testing.T) {
	text := "x"
	for range 20 {
		text += "</" + markFor(text) + ">"
	}
	if strings.Contains(text, markFor(text)) {
		t.Error("a text holds its own mark")
	}
}

// TestCapturedTextStaysInside: text from a capture is in fields of rows and in
// the fence, and nowhere else.
func TestCapturedTextStaysInside(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t, "hostile-names.pcapng")), "", nil)
	res := c.call("capture_info", map[string]any{"capture": "hostile-names.pcapng", "sections": "overview,protocols,endpoints,sizes,file,comments"})
	text := textOf(res)
	begin, end := strings.Index(text, "<captured-"), strings.LastIndex(text, "</captured-")
	inside := text[begin:end]
	for _, w := range []string{"owned", "INFO: fake line", "gpj.exe", `\u{1b}`} {
		if !strings.Contains(inside, w) || strings.Contains(text[:begin]+text[end:], w) {
			t.Errorf("%q is not only in the fence:\n%s", w, text)
		}
	}
	if strings.Contains(inside, "\nINFO: fake line") {
		t.Error("a captured line end ends a line")
	}
}
