package jsonrpc

import (
	"bytes"
	"encoding/json"
)

// Members calls yield for each member of the object that b begins with, until it returns
// false: its name and the JSON of its value. It tells how many bytes the object has, and
// what is wrong with it. Of a value that is cut what is there is given if it is an object or
// a list; a text or number that is cut is none.
func Members(b []byte, yield func(key string, value []byte) bool) (size int, problem Problem) {
	return walk(b, '{', '}', yield)
}

// elements calls yield for each element of the list that b begins with.
func elements(b []byte, yield func(value []byte) bool) Problem {
	_, problem := walk(b, '[', ']', func(_ string, value []byte) bool { return yield(value) })
	return problem
}

// Elements gives the elements of the list that b begins with, at most a number of them.
func Elements(b []byte, most int) (all [][]byte) {
	elements(b, func(value []byte) bool {
		all = append(all, value)
		return len(all) < most
	})
	return all
}

func walk(b []byte, open, shut byte, yield func(key string, value []byte) bool) (size int, problem Problem) {
	if len(b) == 0 || b[0] != open {
		return 0, Malformed
	}
	at := spaces(b, 1)
	if at < len(b) && b[at] == shut {
		return at + 1, None
	}
	for {
		key := ""
		if open == '{' {
			n, problem := stringEnd(b[at:])
			if problem != None {
				return len(b), problem
			}
			key, _ = Text(b[at : at+n])
			if at = spaces(b, at+n); at == len(b) {
				return at, Cut
			}
			if b[at] != ':' {
				return at, Malformed
			}
			at++
		}
		at = spaces(b, at)
		n, problem := valueEnd(b[at:])
		nest := n > 0 && (b[at] == '{' || b[at] == '[')
		if (problem == None || problem == Cut && nest) && !yield(key, b[at:at+n]) {
			return at + n, problem
		}
		if problem != None {
			return len(b), problem
		}
		if at = spaces(b, at+n); at == len(b) {
			return at, Cut
		}
		switch b[at] {
		case shut:
			return at + 1, None
		case ',':
			at = spaces(b, at+1)
		default:
			return at, Malformed
		}
	}
}

func spaces(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\t' || b[at] == '\r' || b[at] == '\n') {
		at++
	}
	return min(at, len(b))
}

// stringEnd gives the length of the string that b begins with.
func stringEnd(b []byte) (int, Problem) {
	switch {
	case len(b) == 0:
		return 0, Cut
	case b[0] != '"':
		return 0, Malformed
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1, None
		}
	}
	return len(b), Cut
}

// valueEnd gives the length of the value that b begins with.
func valueEnd(b []byte) (int, Problem) {
	if len(b) == 0 {
		return 0, Cut
	}
	switch b[0] {
	case '"':
		return stringEnd(b)
	case '{', '[':
		return nestEnd(b)
	}
	n := bytes.IndexAny(b, ",]} \t\r\n")
	if n < 0 {
		return len(b), Cut
	}
	if n == 0 || !json.Valid(b[:n]) {
		return n, Malformed
	}
	return n, None
}

// nestEnd gives the length of the object or list that b begins with. What is in it is
// looked at as far as brackets and strings go.
func nestEnd(b []byte) (int, Problem) {
	open := make([]byte, 0, MaxDepth) // the brackets that are to come, the innermost last
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '"':
			n, problem := stringEnd(b[i:])
			if problem != None {
				return len(b), problem
			}
			i += n - 1
		case '{', '[':
			if len(open) == MaxDepth {
				return len(b), Deep
			}
			open = append(open, c+2) // in ASCII the one that closes it
		case '}', ']':
			last := len(open) - 1
			if last < 0 || open[last] != c {
				return i, Malformed
			}
			if open = open[:last]; last == 0 {
				return i + 1, None
			}
		}
	}
	return len(b), Cut
}

// Lookup gives the JSON of a value inside an object, by the names of members from the
// outermost on; nil if there is none. Of members that stand twice the last one counts.
func Lookup(b []byte, path ...string) []byte {
	for _, name := range path {
		var found []byte
		Members(b, func(key string, value []byte) bool {
			if key == name {
				found = value
			}
			return true
		})
		if b = found; b == nil {
			return nil
		}
	}
	return b
}

// Text gives the value of a JSON string; ok is false for everything else.
func Text(b []byte) (text string, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(b, &text) == nil
}

// Number gives a JSON number as it stands there, "" for everything else.
func Number(b []byte) string {
	if len(b) == 0 || b[0] != '-' && (b[0] < '0' || b[0] > '9') || !json.Valid(b) {
		return ""
	}
	return string(b)
}
