// Package jsonrpc reads messages of JSON-RPC 2.0 as far as they are there: texts that
// are cut, wrong, nested too deeply, or a list of messages.
package jsonrpc

import (
	"bytes"
	"encoding/json"
)

// Bounds of what is read.
const (
	// MaxDepth is how deep a message may be nested.
	MaxDepth = 64
	// MaxBatch bounds the messages of a list.
	MaxBatch = 1000
)

// Problem says why a text is no whole message.
type Problem uint8

// Problems, from the mildest on.
const (
	None      Problem = iota
	Cut               // the text ends before the message does
	Deep              // it is nested deeper than MaxDepth
	Malformed         // it is no JSON
	Alien             // it is JSON, but no message of JSON-RPC
)

// String names the problem.
func (p Problem) String() string {
	return [...]string{"", "cut", "nested too deeply", "malformed", "no JSON-RPC"}[min(p, Alien)]
}

// IDKind says what an identifier is.
type IDKind uint8

// Kinds of identifiers. The specification allows texts and numbers, and null in errors.
const (
	NoID IDKind = iota
	NullID
	TextID
	NumberID
	OtherID
)

// Message is one message. Params, Result and Error are the JSON of these members as they
// stand in the text; of a text that is cut they may end early.
type Message struct {
	Version string // "2.0"; "" if it has none
	Method  string
	Called  bool // it has a method
	ID      string
	IDKind  IDKind
	Params  []byte
	Result  []byte
	Error   []byte // null counts as none
	Code    string // of the error, "" if it is no number
	Twice   int    // members that stand twice; the last one counts
	Size    int    // bytes of the message
	Problem Problem
}

// Kind is what a message is, by its members.
type Kind uint8

// Kinds of messages.
const (
	Invalid Kind = iota
	Request
	Notification
	Response
	Failure // a response with an error
)

// Kind tells what a message is (section 4 and 5 of the specification).
func (m *Message) Kind() Kind {
	answers := m.Result != nil || m.Error != nil
	switch {
	case m.Called == answers, m.Result != nil && m.Error != nil, m.Problem > Cut:
		return Invalid
	case m.Called && m.IDKind == NoID:
		return Notification
	case m.Called:
		return Request
	case m.Error != nil:
		return Failure
	}
	return Response
}

// Read reads a text: one message, or a list of them. batch is how many messages the list
// has, 0 where the text is none; at most MaxBatch are read.
func Read(text []byte) (messages []Message, batch int) {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 || text[0] != '[' {
		return []Message{read(text)}, 0
	}
	problem := elements(text, func(value []byte) bool {
		if batch++; batch <= MaxBatch {
			messages = append(messages, read(value))
		}
		return true
	})
	if len(messages) == 0 {
		return []Message{{Size: len(text), Problem: max(problem, Alien)}}, 0
	}
	if last := &messages[len(messages)-1]; problem > last.Problem {
		last.Problem = problem
	}
	return messages, batch
}

// read reads one message.
func read(text []byte) (m Message) {
	if len(text) == 0 || text[0] != '{' {
		m.Problem, m.Size = Alien, len(text)
		return m
	}
	seen := map[string]bool{}
	size, problem := Members(text, func(key string, value []byte) bool {
		switch key {
		case "jsonrpc", "method", "id", "params", "result", "error":
			if seen[key] {
				m.Twice++
			}
			seen[key] = true
			m.member(key, value)
		}
		return true
	})
	m.Size, m.Problem = size, problem
	switch {
	case problem == None && !json.Valid(text[:size]):
		m.Problem = Malformed
	case problem == None && m.Version == "" && !m.Called && m.Result == nil && m.Error == nil:
		m.Problem = Alien
	}
	return m
}

// member takes a member of a message.
func (m *Message) member(key string, value []byte) {
	null := string(value) == "null"
	switch key {
	case "jsonrpc":
		m.Version, _ = Text(value)
	case "method":
		m.Method, m.Called = Text(value)
	case "id":
		m.identifier(value)
	case "params":
		m.Params = value
	case "result":
		m.Result = value
	case "error":
		if !null {
			m.Error = value
			m.Code = Number(Lookup(value, "code"))
		}
	}
	if key == "result" && null && m.Error != nil {
		m.Result = nil // of version 1.0
	}
	if key == "error" && !null && string(m.Result) == "null" {
		m.Result = nil
	}
}

func (m *Message) identifier(value []byte) {
	m.ID = string(value)
	switch {
	case len(value) == 0:
		m.IDKind = OtherID
	case value[0] == '"':
		m.IDKind = OtherID
		if text, ok := Text(value); ok {
			m.ID, m.IDKind = text, TextID
		}
	case m.ID == "null":
		m.ID, m.IDKind = "", NullID
	case Number(value) != "":
		m.IDKind = NumberID
	default:
		m.IDKind = OtherID
	}
}
