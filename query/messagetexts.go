package query

import (
	"fmt"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/proto"
)

// messageTexts shows the values of messages as Wireshark does. Secrets are shown as
// their length, unless they are to be revealed.
type messageTexts struct {
	known  map[string]proto.Field
	reveal bool
}

func newMessageTexts(reveal bool) messageTexts {
	t := messageTexts{known: map[string]proto.Field{}, reveal: reveal}
	for _, f := range proto.Fields() {
		t.known[f.Name] = f
	}
	return t
}

// fields shows the values of a message.
func (t messageTexts) fields(m *index.Message) []DecodedField {
	out := make([]DecodedField, 0, len(m.Fields))
	for i := range m.Fields {
		v := &m.Fields[i]
		out = append(out, DecodedField{Name: v.Name, Value: t.value(v)})
	}
	return out
}

func (t messageTexts) value(v *index.MessageField) string {
	f, known := t.known[v.Name]
	if !known { // stored by another build
		f.Kind = dissect.KindString
	}
	switch {
	case t.hides(v):
		return fmt.Sprintf("(%d bytes, hidden)", len(v.Text))
	case f.Kind == dissect.KindAbsTime && v.Num == 0:
		return "NULL" // as Wireshark has it
	}
	d := dissect.Field{Name: f.Name, Kind: f.Kind, Bits: f.Bits, Hex: f.Hex}
	text := d.Text(&dissect.FieldValue{Num: v.Num, Bytes: []byte(v.Text), Kind: f.Kind})
	if f.Kind == dissect.KindString && !t.reveal && strings.ContainsAny(text, "=:@") { // a target or a line with a secret in it
		return HideSecrets(text)
	}
	return text
}

// hides tells whether the value of a field is not shown.
func (t messageTexts) hides(v *index.MessageField) bool {
	return (t.known[v.Name].Secret || v.Secret) && !t.reveal
}

// warningRows shows the warnings of a message.
func warningRows(m *index.Message) (rows []MessageWarning) {
	for _, w := range m.Warnings {
		rows = append(rows, MessageWarning{Code: w.Code, Severity: w.Severity.String(), Text: w.Text, Frames: w.Frames})
	}
	return rows
}
