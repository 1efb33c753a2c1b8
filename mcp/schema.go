package mcp

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// Bounds of arguments. Sizes are bytes.
const (
	defaultBudget = 32 << 10
	maxBudget     = 80 << 10
	minBudget     = 2 << 10

	defaultRows = 50
	maxRows     = 500
)

// typeSchemas are the types whose JSON is not what reflection says.
func typeSchemas() *jsonschema.ForOptions {
	text := &jsonschema.Schema{Type: "string"}
	return &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[[]byte]():          {Type: "string", ContentEncoding: "base64"},
		reflect.TypeFor[json.RawMessage](): {},
		reflect.TypeFor[time.Time]():       {Type: "string", Format: "date-time"},
		reflect.TypeFor[netip.Addr]():      text,
		reflect.TypeFor[netip.AddrPort]():  text,
		reflect.TypeFor[netip.Prefix]():    text,
	}}
}

// schemaFor gives the schema of a type. A type that has none is a mistake in the
// program: it panics when the server is made, not when it is used.
func schemaFor[T any]() *jsonschema.Schema {
	s, err := jsonschema.For[T](typeSchemas())
	if err != nil {
		panic("mcp: " + err.Error())
	}
	return s
}

// inputSchema describes the arguments of a tool, with their bounds, defaults
// and choices.
func inputSchema[In any](choices map[string][]string) *jsonschema.Schema {
	s := schemaFor[In]()
	simplify(s)
	s.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	for name, bound := range map[string][3]int{
		"limit":         {defaultRows, 1, maxRows},
		"max_bytes":     {defaultBudget, minBudget, maxBudget},
		"payload_bytes": {256, 1, 64 << 10},
		"top":           {20, 1, maxRows},
		"wait_s":        {25, 0, 50},
	} {
		if p := s.Properties[name]; p != nil {
			p.Default, _ = json.Marshal(bound[0])
			p.Minimum, p.Maximum = ptr(float64(bound[1])), ptr(float64(bound[2]))
		}
	}
	if s.Properties["response_format"] != nil {
		choices = withFormat(choices)
	}
	for name, words := range choices {
		for _, w := range words {
			s.Properties[name].Enum = append(s.Properties[name].Enum, w)
		}
		s.Properties[name].Default, _ = json.Marshal(words[0])
	}
	return s
}

func withFormat(choices map[string][]string) map[string][]string {
	all := map[string][]string{"response_format": {"concise", "detailed"}}
	for k, v := range choices {
		all[k] = v
	}
	return all
}

// outputSchema describes an answer. concise are columns that may be missing.
func outputSchema[Out any](concise []string) *jsonschema.Schema {
	s := schemaFor[Out]()
	optional(s)
	simplify(s)
	delete(s.Properties, "notice") // it explains itself
	s.PropertyOrder = slices.DeleteFunc(s.PropertyOrder, func(name string) bool { return name == "notice" })
	if rows := s.Properties["rows"]; rows != nil && rows.Items != nil {
		rows.Items.Required = slices.DeleteFunc(rows.Items.Required, func(k string) bool { return slices.Contains(concise, k) })
	}
	return s
}

// optional makes what may be null optional: null is never sent.
func optional(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	s.Required = slices.DeleteFunc(s.Required, func(k string) bool {
		p := s.Properties[k]
		return slices.Contains(p.Types, "null") && !slices.Contains(p.Types, "array")
	})
	for _, p := range s.Properties {
		optional(p)
	}
	optional(s.Items)
	optional(s.AdditionalProperties)
}

// simplify keeps what every host understands: one type, no null, no bounds of
// Go's integers, no ban of other properties.
func simplify(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if len(s.Types) == 2 && s.Types[0] == "null" {
		s.Type, s.Types = s.Types[1], nil
	}
	s.Minimum, s.Maximum = nil, nil
	if s.AdditionalProperties != nil && s.AdditionalProperties.Not != nil {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		simplify(p)
	}
	simplify(s.Items)
	simplify(s.AdditionalProperties)
}

// shown gives the schema of arguments as tools/list shows it: without what a
// model need not know, because a call that offends it is told so (readArguments).
func shown(s *jsonschema.Schema) *jsonschema.Schema {
	c := *s
	c.AdditionalProperties = nil
	c.Properties = map[string]*jsonschema.Schema{}
	for name, p := range s.Properties {
		q := *p
		q.Minimum = nil
		c.Properties[name] = &q
	}
	return &c
}

// flat gives the schema of an answer as tools/list shows it, without what is inside
// its lists and objects, and without what all answers have and the instructions
// explain: tools/list is read by a model before its first question, and answers
// name their values themselves.
func flat(s *jsonschema.Schema) *jsonschema.Schema {
	envelope := []string{"capture", "captures", "returned", "total", "total_exact", "next_cursor", "truncated", "hints"}
	c := *s
	c.Required, c.PropertyOrder = nil, nil
	c.Properties = map[string]*jsonschema.Schema{}
	for name, p := range s.Properties {
		if slices.Contains(envelope, name) {
			continue
		}
		q := &jsonschema.Schema{Type: p.Type, Types: p.Types}
		if p.Items != nil {
			q.Items = &jsonschema.Schema{Type: p.Items.Type}
		}
		c.Properties[name] = q
	}
	return &c
}

// drop takes arguments out of a tool.
func drop(s *jsonschema.Schema, names ...string) {
	for _, name := range names {
		delete(s.Properties, name)
	}
	s.PropertyOrder = slices.DeleteFunc(s.PropertyOrder, func(name string) bool { return slices.Contains(names, name) })
}

// outline keeps of an answer's or a row's schema what every host should know. An
// answer has more: a host loads all schemas before the first question, and a schema
// of every column costs more than it tells.
func outline(row *jsonschema.Schema, keep ...string) {
	has := func(name string) bool { return slices.Contains(keep, name) }
	for name, p := range row.Properties {
		if !has(name) {
			delete(row.Properties, name)
		} else if p.Items != nil && p.Items.Type == "object" {
			p.Items = &jsonschema.Schema{Type: "object"}
		}
	}
	row.Required = slices.DeleteFunc(row.Required, func(name string) bool { return !has(name) })
	row.PropertyOrder = slices.DeleteFunc(row.PropertyOrder, func(name string) bool { return !has(name) })
}
