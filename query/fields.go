package query

import (
	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// dictionary is what filters may name.
type dictionary struct{}

// Field finds a field by its name.
func (dictionary) Field(name string) (filter.Field, bool) {
	if f := appFieldFor(name); f != nil {
		return filter.Field{Name: f.Name, Kind: filterKind(f.Kind), Bits: f.Bits}, true
	}
	id, ok := dissect.FieldByName(name)
	if !ok {
		return filter.Field{}, false
	}
	f := &dissect.Fields()[id]
	return filter.Field{Name: f.Name, Kind: filterKind(f.Kind), Bits: f.Bits}, true
}

// Names gives all names, for suggestions.
func (dictionary) Names() []string {
	names := appNames("")
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

// parseFilter parses and checks a display filter; an empty one matches all.
func parseFilter(text string) (*filter.Filter, error) {
	tree, err := filter.Parse(text)
	if err != nil {
		return nil, filterError(err)
	}
	f, err := filter.Check(tree, dictionary{})
	if err != nil {
		return nil, filterError(err)
	}
	return f, nil
}

func filterError(err error) *Error {
	return &Error{Kind: BadRequest, Msg: "filter: " + err.Error(), Err: err}
}

// answerable refuses fields that depend on other frames and that a capture's
// index does not hold.
func answerable(f *filter.Filter, capture string, content int) error {
	for _, field := range f.Fields() {
		id, _ := dissect.FieldByName(field.Name)
		if appFieldFor(field.Name) == nil && !dissect.Fields()[id].Stored || columnFor(field.Name, content) != nil {
			continue
		}
		if columnFor(field.Name, index.ContentVersion) != nil {
			return badRequest("`pcapidx reindex "+capture+"` brings it up to date", "field %s is not in this older index", field.Name)
		}
		return badRequest("it depends on other frames, and this program does not index that yet", "field %s cannot be asked", field.Name)
	}
	return nil
}
