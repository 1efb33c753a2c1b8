package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// readArguments brings the arguments of a call into the form of the tool's
// schema, or says what is wrong with them. Hosts and models write null or ""
// for what is not given, "10" for 10, 443 for "443", one thing for a list of
// one, FIELD-NAME for field_name: all of that is understood.
func readArguments(s *jsonschema.Schema, raw json.RawMessage) (json.RawMessage, string) {
	given := map[string]any{}
	if b := bytes.TrimSpace(raw); len(b) > 0 && string(b) != "null" {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&given); err != nil || given == nil {
			return nil, "the arguments must be one JSON object. " + takes(s)
		}
	}
	args := map[string]any{}
	for _, name := range sortedKeys(given) {
		v := given[name]
		if v == nil || v == "" {
			continue
		}
		known := knownArgument(s, name)
		if known == "" {
			return nil, unknownArgument(s, name)
		}
		if _, twice := args[known]; twice {
			return nil, fmt.Sprintf("%s is given twice. %s", known, takes(s))
		}
		value, wrong := readArgument(s.Properties[known], v)
		if wrong != "" {
			return nil, fmt.Sprintf("%s %s. %s", known, wrong, takes(s))
		}
		args[known] = value
	}
	for _, name := range s.Required {
		if _, ok := args[name]; !ok {
			return nil, fmt.Sprintf("%s is missing. %s", name, takes(s))
		}
	}
	for name, p := range s.Properties {
		if _, ok := args[name]; !ok && p.Default != nil {
			args[name] = p.Default
		}
	}
	b, err := json.Marshal(args)
	if err != nil {
		return nil, "the arguments cannot be read. " + takes(s)
	}
	return b, ""
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// knownArgument finds the argument that a name means, "" if there is none.
func knownArgument(s *jsonschema.Schema, name string) string {
	plain := func(w string) string {
		return strings.TrimSuffix(strings.ReplaceAll(strings.ToLower(w), "-", "_"), "s")
	}
	if s.Properties[name] != nil {
		return name
	}
	for _, known := range s.PropertyOrder {
		if plain(known) == plain(name) {
			return known
		}
	}
	return ""
}

func unknownArgument(s *jsonschema.Schema, name string) string {
	best, least := "", 3
	for _, known := range s.PropertyOrder {
		if d := distance(strings.ToLower(clip(name, 40)), known); d < least {
			best, least = known, d
		}
	}
	if best != "" {
		return fmt.Sprintf("there is no argument %s, did you mean %s? %s", quoted(name), best, takes(s))
	}
	return fmt.Sprintf("there is no argument %s. %s", quoted(name), takes(s))
}

// takes lists the arguments of a tool.
func takes(s *jsonschema.Schema) string {
	var names []string
	for _, name := range s.PropertyOrder {
		if slices.Contains(s.Required, name) {
			name += " (required)"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "It takes no arguments."
	}
	return "It takes " + strings.Join(names, ", ") + "."
}

// readArgument gives the value in the type of its schema, or what is wrong.
func readArgument(p *jsonschema.Schema, v any) (any, string) {
	switch p.Type {
	case "integer":
		return readInteger(p, v)
	case "number":
		return readNumber(v)
	case "boolean":
		switch b := v.(type) {
		case bool:
			return b, ""
		case string:
			if is, err := strconv.ParseBool(strings.ToLower(b)); err == nil {
				return is, ""
			}
		}
		return nil, "must be true or false"
	case "array":
		return readList(p, v)
	}
	return readString(p, v)
}

func readString(p *jsonschema.Schema, v any) (any, string) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = v.String()
	case bool:
		s = strconv.FormatBool(v)
	case []any: // frames and the like take several with commas
		var words []string
		for _, item := range v {
			word, wrong := readString(&jsonschema.Schema{}, item)
			if _, nested := item.([]any); wrong != "" || nested {
				return nil, "must be a text"
			}
			words = append(words, word.(string))
		}
		s = strings.Join(words, ",")
	default:
		return nil, "must be a text"
	}
	if len(p.Enum) == 0 {
		return s, ""
	}
	var words []string
	for _, e := range p.Enum {
		word := fmt.Sprint(e)
		if strings.EqualFold(word, strings.TrimSpace(s)) {
			return word, ""
		}
		words = append(words, word)
	}
	return nil, fmt.Sprintf("cannot be %s; it is one of %s", quoted(s), strings.Join(words, ", "))
}

// readInteger understands numbers however they are written. What is above the
// maximum is taken for the maximum.
func readInteger(p *jsonschema.Schema, v any) (any, string) {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	if len(text) == 0 || len(text) > 30 || strings.ContainsAny(text, "/_xXpP") {
		return nil, "must be a whole number"
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok && len(exponent) > 3 {
		return nil, "must be a whole number"
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() {
		return nil, "must be a whole number"
	}
	f, _ := r.Float64()
	switch {
	case p.Minimum != nil && f < *p.Minimum:
		return nil, fmt.Sprintf("must be %v or more", *p.Minimum)
	case p.Maximum != nil && f > *p.Maximum:
		return int64(*p.Maximum), ""
	case !r.Num().IsInt64():
		return nil, "is too large"
	}
	return r.Num().Int64(), ""
}

// readNumber understands decimal numbers, also written as text.
func readNumber(v any) (any, string) {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(text, "_xX") {
		return nil, "must be a number"
	}
	return f, ""
}

// readList understands one thing, a text with commas between things, and a
// list written as text.
func readList(p *jsonschema.Schema, v any) (any, string) {
	items, ok := v.([]any)
	if s, isText := v.(string); isText {
		if strings.HasPrefix(strings.TrimSpace(s), "[") {
			d := json.NewDecoder(strings.NewReader(s))
			d.UseNumber()
			ok = d.Decode(&items) == nil
		}
		if !ok {
			for _, w := range strings.Split(s, ",") {
				if w = strings.TrimSpace(w); w != "" {
					items = append(items, w)
				}
			}
			ok = true
		}
	}
	if !ok {
		items = []any{v}
	}
	const most = 100
	if len(items) > most {
		return nil, fmt.Sprintf("has more than %d items", most)
	}
	out := make([]any, 0, len(items))
	for _, item := range items {
		if item == nil || item == "" {
			continue
		}
		value, wrong := readArgument(p.Items, item)
		if wrong != "" {
			return nil, "has an item that " + wrong
		}
		out = append(out, value)
	}
	return out, ""
}

// distance counts the letters to insert, drop or change to make one short word
// of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
