package proto

import (
	"bytes"
	"strings"
)

// respValue describes a value by its beginning.
type respValue struct {
	kind  byte
	count int64 // elements
	words []string
	sizes []int64
	err   string
}

// respWords bounds the words kept of a command, respWord their length.
const (
	respWords = 6
	respWord  = 64
)

func (v *respValue) word(b []byte, n int64) {
	if len(v.words) < respWords {
		v.words = append(v.words, string(b[:min(len(b), respWord)]))
		v.sizes = append(v.sizes, n)
	}
}

func (v *respValue) text(kind byte, b []byte, n int64) {
	if v.kind == 0 {
		v.kind = kind
	}
	if kind == '!' && v.kind == '!' {
		v.err = string(b[:min(len(b), 200)])
	}
	v.word(b, n)
}

func (v *respValue) add(kind byte, rest []byte, n int64) {
	if v.kind == 0 {
		v.kind, v.count = kind, n
		if kind == '-' {
			v.err = string(rest[:min(len(rest), 200)])
		}
		if kind == '*' || kind == '~' || kind == '>' || kind == '%' || kind == '|' {
			return
		}
	}
	v.word(rest, int64(len(rest)))
}

func (v *respValue) inline(line []byte) {
	v.kind = '*'
	words := bytes.Fields(line)
	v.count = int64(len(words))
	for _, w := range words {
		v.word(w, int64(len(w)))
	}
}

// describe says what a value is, without its text.
func (v *respValue) describe() string {
	switch v.kind {
	case '*', '~', '>':
		return "array of " + count(int(min(v.count, 1<<31)), "element")
	case '%':
		return "map of " + count(int(min(v.count, 1<<31)), "pair")
	case '_':
		return "null"
	}
	if len(v.words) == 0 {
		return "value"
	}
	if v.kind == '$' || v.kind == '=' {
		if v.sizes[0] > 80 || strings.ContainsAny(v.words[0], "\r\n") {
			return "string of " + count(int(min(v.sizes[0], 1<<31)), "byte")
		}
		return "\"" + v.words[0] + "\""
	}
	return v.words[0]
}
