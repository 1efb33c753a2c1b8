package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// ParseThresholds reads thresholds from a JSON object; those that it does not name
// keep their defaults. Names are those of the fields of Thresholds. A time may be a
// number of nanoseconds or a text such as "250ms".
func ParseThresholds(data []byte) (Thresholds, error) {
	t := Defaults()
	err := ReadThresholds(data, &t)
	return t, err
}

// UnknownThreshold is the error of a name that no threshold has.
type UnknownThreshold struct {
	Name  string
	Known []string // in the order of the fields
}

func (e *UnknownThreshold) Error() string { return fmt.Sprintf("unknown threshold %q", e.Name) }

// ReadThresholds sets those fields of the struct behind into that a JSON object names. It
// is for structs whose fields are thresholds: numbers, times in ns (int64) and lists.
func ReadThresholds(data []byte, into any) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(data, &given); err != nil {
		return fmt.Errorf("read thresholds: %w", err)
	}
	v := reflect.ValueOf(into).Elem()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		field := v.FieldByName(name)
		if !field.IsValid() {
			return &UnknownThreshold{name, thresholdNames(v.Type())}
		}
		if err := setThreshold(field, given[name]); err != nil {
			return fmt.Errorf("threshold %s: %w", name, err)
		}
	}
	return nil
}

func thresholdNames(t reflect.Type) (names []string) {
	for f := range t.Fields() {
		names = append(names, f.Name)
	}
	return names
}

func setThreshold(field reflect.Value, value json.RawMessage) error {
	if field.Kind() == reflect.Int64 && bytes.HasPrefix(value, []byte{'"'}) {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return err
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		field.SetInt(int64(d))
		return nil
	}
	return json.Unmarshal(value, field.Addr().Interface())
}

// Limit is a threshold that a diagnostic depends on, with its default.
type Limit struct {
	Name  string `json:"name"`
	Value string `json:"value"` // a number, or a time such as "300ms"
}

// Limits gives the thresholds that the diagnostic's Doc names, in its order.
func (d *Diagnostic) Limits() (limits []Limit) {
	v := reflect.ValueOf(Defaults())
	for _, word := range strings.FieldsFunc(d.Doc, func(r rune) bool { return !unicode.IsLetter(r) }) {
		field := v.FieldByName(word)
		if !field.IsValid() || slices.ContainsFunc(limits, func(l Limit) bool { return l.Name == word }) {
			continue
		}
		value := fmt.Sprint(field.Interface())
		if field.Kind() == reflect.Int64 {
			value = time.Duration(field.Int()).String()
		}
		limits = append(limits, Limit{word, value})
	}
	return limits
}
