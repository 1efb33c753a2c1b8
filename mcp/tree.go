package mcp

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// node is an answer as a tree: the fields of its Go value in their order, every
// string escaped, nothing null. Both forms of a result are written from it.
type node struct {
	kind  nodeKind
	keys  []string // of an object, one for each item
	items []*node  // of an object or a list
	json  string   // of a scalar
	text  string   // of a scalar: its plain text
}

type nodeKind uint8

const (
	scalar nodeKind = iota
	textScalar
	object
	list
)

// treeOf makes the tree of an answer. It follows encoding/json's rules for
// names, omitempty and embedded structs; null values are left out.
func treeOf(v any) *node {
	if n := treeOfValue(reflect.ValueOf(v), false); n != nil {
		return n
	}
	return &node{kind: object}
}

// multiline tells that a field of this name holds a text of several lines: the
// bytes of a packet.
func multiline(name string) bool { return name == "bytes" }

// treeOfValue gives nil for what is null.
func treeOfValue(v reflect.Value, lines bool) *node {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return treeOfValue(v.Elem(), lines)
	case reflect.Invalid, reflect.Func, reflect.Chan:
		return nil
	}
	if n, ok := marshalled(v); ok {
		return n
	}
	if own, ok := v.Interface().(verbatim); ok {
		return &node{kind: textScalar, json: quoteJSON(string(own)), text: string(own)}
	}
	switch v.Kind() {
	case reflect.String:
		return textNode(v.String(), lines)
	case reflect.Slice, reflect.Array:
		n := &node{kind: list}
		for i := range v.Len() {
			if item := treeOfValue(v.Index(i), lines); item != nil {
				n.items = append(n.items, item)
			}
		}
		return n
	case reflect.Map:
		return mapNode(v)
	case reflect.Struct:
		n := &node{kind: object}
		n.addFields(v)
		return n
	}
	b, err := json.Marshal(v.Interface())
	if err != nil { // NaN and infinity
		return nil
	}
	return &node{json: string(b), text: string(b)}
}

// marshalled gives the tree of a value that writes itself.
func marshalled(v reflect.Value) (*node, bool) {
	if !v.CanInterface() {
		return nil, true
	}
	switch m := v.Interface().(type) {
	case json.Marshaler:
		b, err := m.MarshalJSON()
		if err != nil {
			return nil, true
		}
		b = bytes.TrimSpace(b)
		if len(b) > 0 && b[0] == '"' {
			var s string
			if json.Unmarshal(b, &s) == nil {
				return textNode(s, false), true
			}
		}
		return &node{json: string(b), text: string(b)}, true
	case encoding.TextMarshaler:
		b, err := m.MarshalText()
		if err != nil {
			return nil, true
		}
		return textNode(string(b), false), true
	}
	return nil, false
}

// verbatim is a text that this program wrote and that has to arrive as it is: a
// command. It holds nothing that escape would show but backslashes.
type verbatim string

func textNode(s string, lines bool) *node {
	if lines {
		s = escapeLines(s)
	} else {
		s = escape(s)
	}
	return &node{kind: textScalar, json: quoteJSON(s), text: s}
}

// quoteJSON writes a JSON string without the escapes for HTML.
func quoteJSON(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil { // a string always encodes
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func mapNode(v reflect.Value) *node {
	n := &node{kind: object}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		if item := treeOfValue(v.MapIndex(k), false); item != nil {
			n.add(escape(k.String()), item)
		}
	}
	return n
}

func (n *node) addFields(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-", !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			n.addFields(v.Field(i))
			continue
		case name == "":
			name = f.Name
		}
		if slices.Contains(strings.Split(options, ","), "omitempty") && isEmpty(v.Field(i)) {
			continue
		}
		if item := treeOfValue(v.Field(i), multiline(name)); item != nil {
			n.add(name, item)
		}
	}
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Array, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// add appends a field to an object.
func (n *node) add(key string, item *node) {
	n.keys, n.items = append(n.keys, key), append(n.items, item)
}

// get gives the item of a key, nil if there is none.
func (n *node) get(key string) *node {
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.items[i]
	}
	return nil
}

// set replaces or appends the item of a key.
func (n *node) set(key string, item *node) {
	if i := slices.Index(n.keys, key); i >= 0 {
		n.items[i] = item
		return
	}
	n.add(key, item)
}

// drop takes keys out of an object.
func (n *node) drop(keys []string) {
	k := 0
	for i := range n.keys {
		if !slices.Contains(keys, n.keys[i]) {
			n.keys[k], n.items[k] = n.keys[i], n.items[i]
			k++
		}
	}
	n.keys, n.items = n.keys[:k], n.items[:k]
}

func numberNode(i int) *node {
	s := strconv.Itoa(i)
	return &node{json: s, text: s}
}

// JSON writes the tree.
func (n *node) JSON() string {
	var b strings.Builder
	n.writeJSON(&b)
	return b.String()
}

func (n *node) writeJSON(b *strings.Builder) {
	switch n.kind {
	case object:
		b.WriteByte('{')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoteJSON(n.keys[i]) + ":")
			item.writeJSON(b)
		}
		b.WriteByte('}')
	case list:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.writeJSON(b)
		}
		b.WriteByte(']')
	default:
		b.WriteString(n.json)
	}
}
