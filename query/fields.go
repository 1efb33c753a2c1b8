package query

import (
	"slices"
	"time"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// storedField is a field whose values come from the stored row, not from the
// frame's bytes.
type storedField struct {
	name string
	get  func(r *frameRecord, dst []filter.Value) []filter.Value
}

// storedFields are those that today's content can answer. The dictionary of
// package dissect knows more of them; a filter that names one is refused.
func storedFields() []storedField {
	return []storedField{
		{"frame.number", func(r *frameRecord, dst []filter.Value) []filter.Value {
			return append(dst, filter.UintValue(uint64(r.row.Number)))
		}},
		{"frame.time", func(r *frameRecord, dst []filter.Value) []filter.Value {
			return r.timed(dst, filter.AbsTimeValue(int64(r.row.Time)))
		}},
		{"frame.time_epoch", func(r *frameRecord, dst []filter.Value) []filter.Value {
			return r.timed(dst, filter.RelTimeValue(time.Duration(r.row.Time)))
		}},
		{"frame.time_relative", func(r *frameRecord, dst []filter.Value) []filter.Value {
			return r.timed(dst, filter.RelTimeValue(time.Duration(r.row.Time-r.first)))
		}},
		{"frame.time_delta", func(r *frameRecord, dst []filter.Value) []filter.Value {
			return r.timed(dst, filter.RelTimeValue(time.Duration(r.row.Time-r.before)))
		}},
		{"frame.interface_id", func(r *frameRecord, dst []filter.Value) []filter.Value {
			if f := r.file; f.Format == index.FormatPcapng && int(r.row.Iface) < len(f.Interfaces) && f.Interfaces[r.row.Iface].ID >= 0 {
				return append(dst, filter.UintValue(uint64(f.Interfaces[r.row.Iface].ID)))
			}
			return dst
		}},
		{"frame.marked", func(_ *frameRecord, dst []filter.Value) []filter.Value { return append(dst, filter.BoolValue(false)) }},
		{"frame.ignored", func(_ *frameRecord, dst []filter.Value) []filter.Value { return append(dst, filter.BoolValue(false)) }},
		{"tcp.stream", func(r *frameRecord, dst []filter.Value) []filter.Value { return r.appendStreams(dst, 6) }},
		{"udp.stream", func(r *frameRecord, dst []filter.Value) []filter.Value { return r.appendStreams(dst, 17, 136) }},
		{"tcp.seq", func(r *frameRecord, dst []filter.Value) []filter.Value { return r.tcp(dst, r.row.Seq) }},
		{"tcp.ack", func(r *frameRecord, dst []filter.Value) []filter.Value { return r.tcp(dst, r.row.Ack) }},
	}
}

// dictionary is what filters may name: the fields of frames and the stored ones.
type dictionary struct{ stored []storedField }

// Field finds a field by its name.
func (d dictionary) Field(name string) (filter.Field, bool) {
	id, ok := dissect.FieldByName(name)
	if !ok {
		return filter.Field{}, false
	}
	f := &dissect.Fields()[id]
	return filter.Field{Name: f.Name, Kind: filterKind(f.Kind), Bits: f.Bits}, true
}

// Names gives all names, for suggestions.
func (d dictionary) Names() []string {
	names := make([]string, 0, len(dissect.Fields()))
	for i := range dissect.Fields() {
		names = append(names, dissect.Fields()[i].Name)
	}
	return names
}

func filterKind(k dissect.FieldKind) filter.Kind {
	switch k {
	case dissect.KindBool:
		return filter.Bool
	case dissect.KindUint:
		return filter.Uint
	case dissect.KindInt:
		return filter.Int
	case dissect.KindString:
		return filter.String
	case dissect.KindBytes:
		return filter.Bytes
	case dissect.KindEther:
		return filter.Ether
	case dissect.KindIPv4:
		return filter.IPv4
	case dissect.KindIPv6:
		return filter.IPv6
	case dissect.KindAbsTime:
		return filter.AbsTime
	case dissect.KindRelTime:
		return filter.RelTime
	case dissect.KindFloat:
		return filter.Float
	case dissect.KindProtocol:
		return filter.Protocol
	}
	return filter.None
}

// parseFilter parses and checks a display filter; nil for an empty one.
func parseFilter(text string) (*filter.Filter, error) {
	if text == "" {
		return nil, nil
	}
	d := dictionary{stored: storedFields()}
	tree, err := filter.Parse(text)
	if err != nil {
		return nil, filterError(err)
	}
	f, err := filter.Check(tree, d)
	if err != nil {
		return nil, filterError(err)
	}
	for _, field := range f.Fields() {
		id, _ := dissect.FieldByName(field.Name)
		if dissect.Fields()[id].Stored && !slices.ContainsFunc(d.stored, func(s storedField) bool { return s.name == field.Name }) {
			return nil, badRequest("it depends on other frames, and this program does not index that yet", "field %s cannot be asked", field.Name)
		}
	}
	return f, nil
}

func filterError(err error) *Error {
	return &Error{Kind: BadRequest, Msg: "filter: " + err.Error(), Err: err}
}
