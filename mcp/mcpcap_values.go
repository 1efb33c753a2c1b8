package mcp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"pcapidx/query"
)

// fieldsOf gives the values of a message's fields by name, in their order.
func fieldsOf(fields []query.DecodedField) map[string][]string {
	m := make(map[string][]string, len(fields))
	for _, f := range fields {
		m[f.Name] = append(m[f.Name], f.Value)
	}
	return m
}

// firstOf gives the first value of a field, "" if it has none.
func firstOf(fields map[string][]string, name string) string {
	if v := fields[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// numberOf reads a value as Wireshark shows numbers: "7", "0x0007", "7 bytes".
func numberOf(s string) int64 {
	s, _, _ = strings.Cut(s, " ")
	n, _ := strconv.ParseInt(s, 0, 64)
	return n
}

// optionalNumber is nil where there is no value.
func optionalNumber(fields map[string][]string, name string) *int64 {
	if len(fields[name]) == 0 {
		return nil
	}
	return ptr(numberOf(fields[name][0]))
}

// endOf cuts "ip:port" or "ip".
func endOf(s string) (ip string, port uint16) {
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().String(), a.Port()
	}
	return s, 0
}

// distinct counts different values and keeps the first ones, in the order of their
// appearance.
type distinct struct {
	counts map[string]int
	first  []string
	capped bool // there are more
}

const (
	maxDistinct = 1 << 17 // values that are told apart
	maxListed   = 100     // that a result lists
)

func (d *distinct) add(value string) {
	if d.counts == nil {
		d.counts = map[string]int{}
	}
	n := d.counts[value]
	switch {
	case n > 0:
	case len(d.counts) >= maxDistinct:
		d.capped = true
		return
	case len(d.first) < maxListed:
		d.first = append(d.first, value)
	}
	d.counts[value] = n + 1
}

// count is how many different values there are.
func (d *distinct) count() int { return len(d.counts) }

// list gives the first values, an empty list for none.
func (d *distinct) list() []string {
	if d.first == nil {
		return []string{}
	}
	return d.first
}

// counted gives how often each of the first values came; the others together are
// "other".
func (d *distinct) counted() map[string]int {
	out := map[string]int{}
	for _, v := range d.first {
		out[v] = d.counts[v]
	}
	for v, n := range d.counts {
		if _, listed := out[v]; !listed && len(d.counts) > len(d.first) {
			out["other"] += n
		}
	}
	return out
}

// hint says that a list of a result is not whole.
func (d *distinct) hint(name string) (hints []string) {
	switch {
	case d.capped:
		hints = append(hints, fmt.Sprintf("%s lists the first %d of %d or more", name, len(d.first), d.count()))
	case d.count() > len(d.first):
		hints = append(hints, fmt.Sprintf("%s lists the first %d of %d", name, len(d.first), d.count()))
	}
	return hints
}
