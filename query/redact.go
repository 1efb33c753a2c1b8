package query

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// What captured payload shows of secrets. The fields of messages know which of them
// are secrets; raw payload is only bytes, and what looks like a secret in it is found
// by the text around it: header lines (Authorization, Cookie, Set-Cookie, keys and
// tokens), commands that log in (PASS, LOGIN, AUTH), and values that are called a
// password, secret, token or key in forms, queries and JSON. It errs on the side of
// hiding. It cannot know a password that nothing names, one that is typed letter by
// letter, or one that fills a packet from end to end.

// span is a part of some bytes.
type span struct{ from, to int }

// secretPatterns find secrets: what their groups match. Lines end with LF or CR LF.
var secretPatterns = sync.OnceValue(func() []*regexp.Regexp {
	name := `(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|session[_-]?id)`
	var out []*regexp.Regexp
	for _, p := range []string{
		`(?im)^[\t ]*(?:proxy-)?authorization[\t ]*:[\t ]*(?:(?:basic|bearer|digest|negotiate|ntlm|token)[\t ]+)?([^\r\n]+)`,
		`(?im)^[\t ]*(?:set-)?cookie2?[\t ]*:[\t ]*([^\r\n]+)`,
		`(?im)^[\t ]*[a-z0-9-]*(?:token|secret|api-?key|password)[a-z0-9-]*[\t ]*:[\t ]*([^\r\n]+)`,
		`(?im)^pass[\t ]+([^\r\n]+)`,                                                   // FTP, POP3, IRC
		`(?im)^[^\r\n\t ]+[\t ]+login[\t ]+[^\r\n\t ]+[\t ]+([^\r\n]+)`,                // IMAP
		`(?im)^(?:[^\r\n\t ]+[\t ]+authenticate|auth)[\t ]+[a-z0-9-]+[\t ]+([^\r\n]+)`, // IMAP, SMTP, POP3
		`(?i)\$4\r\nauth\r\n\$\d+\r\n([^\r\n]+)(?:\r\n\$\d+\r\n([^\r\n]+))?`,           // Redis
		`(?i)` + name + `[\w.\-]*[\])]*(?:%5d)?["']?[\t ]*[=:][\t ]*(?:"((?:[^"\\\r\n]|\\.)+)|'([^'\r\n]+)|([^\s"'&;,<>]+))`,
		`(?i)://[^\s/@:]*:([^\s/@]+)@`, // a password in a URL
	} {
		out = append(out, regexp.MustCompile(p))
	}
	return out
})

// Lines that begin a message, and header lines.
var (
	startLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[A-Z-]{3,20} \S+ (?:HTTP|SIP|RTSP)/|(?:HTTP|SIP|RTSP)/\d)`)
	})
	headerLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*):[ \t]*\S`) })
)

// packetSecrets gives the secrets of the payload of one packet. If it begins in the
// middle of a header line, that is one too: its name is in the packet before.
func packetSecrets(b []byte) []span {
	out := findSecrets(b)
	first, rest, ok := bytes.Cut(b, []byte("\n"))
	if !ok || len(first) == 0 || startLine().Match(first) || !headerLine().Match(rest) {
		return out
	}
	if m := headerLine().FindSubmatch(first); m != nil {
		name := strings.ToLower(string(m[1]))
		if !slices.ContainsFunc([]string{"proxy-authorization", "set-cookie", "x-api-key"}, func(whole string) bool { return strings.HasSuffix(whole, name) }) {
			return out
		}
	}
	first = bytes.TrimSuffix(first, []byte("\r"))
	return append([]span{{0, len(first)}}, slices.DeleteFunc(out, func(s span) bool { return s.from < len(first) })...)
}

// findSecrets gives the parts of some bytes that look like secrets, in order, apart.
func findSecrets(b []byte) []span {
	var found []span
	for _, p := range secretPatterns() {
		for _, m := range p.FindAllSubmatchIndex(b, -1) {
			for g := 2; g+1 < len(m); g += 2 {
				if m[g] >= 0 && m[g] < m[g+1] {
					found = append(found, span{m[g], m[g+1]})
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var out []span
	for _, s := range found {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// within gives the parts that lie in [from, to), counted from from.
func within(all []span, from, to int) (out []span) {
	for _, s := range all {
		if s.from, s.to = max(s.from, from), min(s.to, to); s.from < s.to {
			out = append(out, span{s.from - from, s.to - from})
		}
	}
	return out
}

// overwritten gives a copy of some bytes with asterisks for their secrets; without any
// the bytes themselves.
func overwritten(b []byte, secrets []span) []byte {
	if len(secrets) == 0 {
		return b
	}
	b = bytes.Clone(b)
	for _, s := range secrets {
		for i := s.from; i < s.to; i++ {
			b[i] = '*'
		}
	}
	return b
}

// hidden shows bytes as text with the length of their secrets instead of them.
func hidden(b []byte, secrets []span, show func([]byte) string) string {
	if len(secrets) == 0 {
		return show(b)
	}
	var out strings.Builder
	at := 0
	for _, s := range secrets {
		out.WriteString(show(b[at:s.from]))
		fmt.Fprintf(&out, "[redacted %s]", plural(uint64(s.to-s.from), "byte"))
		at = s.to
	}
	out.WriteString(show(b[at:]))
	return out.String()
}

// HideSecrets shows the length of what looks like a secret in a text instead of it.
func HideSecrets(text string) string {
	return hidden([]byte(text), findSecrets([]byte(text)), func(b []byte) string { return string(b) })
}

// secretStream finds secrets in bytes that come in parts: the line that a part begins in
// the middle of is remembered.
type secretStream struct{ line []byte }

// Bounds of what is remembered of a line: its beginning, which names it, and its end.
const (
	lineBegin = 256
	lineEnd   = 1024
)

// find gives the secrets of the next part.
func (s *secretStream) find(part []byte) []span {
	n := len(s.line)
	all := slices.Concat(s.line, part)
	out := within(findSecrets(all), n, len(all))
	s.skip(part)
	return out
}

// skip passes a part over.
func (s *secretStream) skip(part []byte) {
	if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
		s.line, part = s.line[:0], part[i+1:]
	}
	if over := len(s.line) + len(part) - lineBegin - lineEnd; over <= 0 {
		s.line = append(s.line, part...)
		return
	}
	whole := slices.Concat(s.line, part)
	s.line = slices.Concat(whole[:lineBegin], whole[len(whole)-lineEnd:])
}

// gap forgets the line: what follows is of another.
func (s *secretStream) gap() { s.line = s.line[:0] }
