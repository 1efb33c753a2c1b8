package query

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/payload"
	"pcapidx/ingest/proto"
	"pcapidx/query/filter"
)

// appField is a field of application protocols: its values stand in the messages of
// the index, or follow from them.
type appField struct {
	proto.Field
	kind appKind
	pair string // of pairs: the protocol
	// real is the name in the index, where filters know the field by another one too.
	real string
}

// appKind says where the values of an appField come from.
type appKind uint8

const (
	ofMessage  appKind = iota // the message
	ofProtocol                // application protocols of the frame
	ofLater                   // a later frame: see later
	ofRequest                 // the frame of the request that an answer belongs to
	ofDelay                   // the time between
)

// appFields is every field of application protocols, by name. A field that the
// frame's own bytes tell is none.
var appFields = sync.OnceValue(func() map[string]appField {
	all := map[string]appField{}
	add := func(f appField) {
		if _, known := dissect.FieldByName(f.Name); !known {
			all[f.Name] = f
		}
	}
	names := payload.Names()
	for _, p := range proto.All() {
		names = append(names, p.Name)
	}
	for _, name := range names {
		add(appField{Field: proto.Field{Name: name, Kind: dissect.KindProtocol, Doc: "Protocol layer"}, kind: ofProtocol, real: name})
	}
	// Wireshark's older names for two protocols.
	for old, name := range map[string]string{"ssl": "tls", "bootp": "dhcp"} {
		add(appField{Field: proto.Field{Name: old, Kind: dissect.KindProtocol, Doc: "Older name of " + name}, kind: ofProtocol, real: name})
	}
	for _, f := range proto.Fields() {
		add(appField{Field: f, kind: ofMessage, real: f.Name})
	}
	for _, f := range pairFields() {
		all[f.Name] = f // these replace what the bytes cannot tell
	}
	return all
})

// pairFields are those that name the other side of an exchange.
func pairFields() []appField {
	frame := func(name, protocol string, kind appKind, doc string) appField {
		return appField{Field: proto.Field{Name: name, Kind: dissect.KindUint, Bits: 32, Doc: doc}, kind: kind, pair: protocol, real: name}
	}
	after := func(name, protocol string) appField {
		return appField{Field: proto.Field{Name: name, Kind: dissect.KindRelTime, Doc: "Time since the request"}, kind: ofDelay, pair: protocol, real: name}
	}
	return []appField{
		frame("http.response_in", "http", ofLater, "Frame of the response"), frame("dns.response_in", "dns", ofLater, "Frame of the response"),
		frame("http.request_in", "http", ofRequest, "Frame of the request"), after("http.time", "http"),
		frame("dns.response_to", "dns", ofRequest, "Frame of the query"), after("dns.time", "dns"),
	}
}

// appFieldFor gives a field of application protocols, nil if there is none of that
// name.
func appFieldFor(name string) *appField {
	if f, ok := appFields()[name]; ok {
		return &f
	}
	return nil
}

// appContent is the content number of indexes that hold messages.
const appContent = 4

// column makes the field one whose values the index tells.
func (f *appField) column() *columnField {
	c := &columnField{name: f.Name, always: true, since: appContent}
	switch f.kind {
	case ofProtocol:
		c.need, c.since, c.get = index.ColApp, 2, f.appendLayers
	case ofMessage:
		c.get = f.appendValues
		if f.shown() {
			c.need = index.ColApp | index.ColStack
		}
	case ofLater:
		*c = later(f.Name)
	case ofRequest, ofDelay:
		c.need, c.get = index.ColApp|index.ColStack, f.appendPairs
	}
	return c
}

// appendLayers gives the protocol as often as the frame has it. What it is worth is
// taken to be the whole payload.
func (f *appField) appendLayers(r *frameRecord, dst []filter.Value) []filter.Value {
	n := times(r.app().Layers, f.real)
	if n == 0 {
		return dst
	}
	b := r.payload()
	for range n {
		dst = append(dst, filter.ProtocolValue(b, len(b)))
	}
	return dst
}

// shownProtocols are the protocols that Wireshark shows.
var shownProtocols = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, name := range payload.Names() {
		names[name] = true
	}
	return names
})

// shown: the field is one of a protocol that Wireshark shows, and so it has no value in
// frames that Wireshark does not look into: see lists.unseen.
func (f *appField) shown() bool {
	name, _, _ := strings.Cut(f.real, ".")
	return shownProtocols()[name]
}

// unseen are the frames with TCP of which Wireshark gives no protocol the payload: pieces
// of messages, segments out of order, and what it shows as mere continuation. A decoder
// joins those that came late, so that their frames have messages; a filter must not find
// what Wireshark does not show.
func (l *lists) unseen() *roaring.Bitmap {
	s := l.capture.Summary()
	if l.silent == nil && s.Counters.AppsCapped == 0 {
		var seen []*roaring.Bitmap
		names := map[string]bool{"": true}
		for _, app := range s.Apps {
			for name := range strings.SplitSeq(app.Layers, ":") {
				if !names[name] {
					names[name] = true
					list, listed := l.list(index.PostApp, []byte(name))
					if !listed {
						return nil
					}
					seen = append(seen, list)
				}
			}
		}
		seen = append(seen, l.protocol("icmp", "icmpv6"))
		opaque, _ := l.list(index.PostApp, []byte(index.OpaqueApp))
		l.silent = roaring.Or(opaque, roaring.AndNot(l.protocol("tcp"), union(seen)))
	}
	return l.silent
}

// unseen tells it of the frame in hand.
func (r *frameRecord) unseen() bool {
	app := r.app()
	switch {
	case r.capture.Summary().Counters.AppsCapped > 0:
		return false
	case app.Layers != "":
		return app.Opaque
	}
	stack := r.stack()
	return times(stack, "tcp") > 0 && times(stack, "icmp") == 0 && times(stack, "icmpv6") == 0
}

func (f *appField) appendValues(r *frameRecord, dst []filter.Value) []filter.Value {
	if f.shown() && r.unseen() {
		return dst
	}
	messages, err := r.messages.of(r.row.Number)
	if err != nil {
		r.err = err
		return dst
	}
	for _, m := range messages {
		for i := range m.Fields {
			if m.Fields[i].Name == f.real {
				dst = append(dst, messageValue(f.Kind, &m.Fields[i]))
			}
		}
	}
	return dst
}

func messageValue(kind dissect.FieldKind, v *index.MessageField) filter.Value {
	switch kind {
	case dissect.KindBool:
		return filter.BoolValue(v.Num != 0)
	case dissect.KindInt:
		return filter.IntValue(int64(v.Num))
	case dissect.KindString:
		return filter.StringValue(v.Text)
	case dissect.KindBytes, dissect.KindEther:
		return filter.BytesValue([]byte(v.Text))
	case dissect.KindIPv4, dissect.KindIPv6:
		a, _ := netip.AddrFromSlice([]byte(v.Text))
		return filter.AddrValue(a)
	case dissect.KindAbsTime:
		return filter.AbsTimeValue(int64(v.Num))
	case dissect.KindRelTime:
		return filter.RelTimeValue(time.Duration(v.Num))
	case dissect.KindFloat:
		return filter.FloatValue(math.Float64frombits(v.Num))
	case dissect.KindProtocol:
		return filter.ProtocolValue([]byte(v.Text), len(v.Text))
	}
	return filter.UintValue(v.Num)
}

// appendPairs gives what an answer tells of its request: the frame, or the time since
// it.
func (f *appField) appendPairs(r *frameRecord, dst []filter.Value) []filter.Value {
	if r.unseen() {
		return dst
	}
	messages, err := r.messages.of(r.row.Number)
	for _, m := range slices.Clone(messages) {
		if m.Request == 0 || !f.pairOf(m.Protocol) {
			continue
		}
		var asked *index.Message
		if asked, err = r.messages.message(m.Request); err != nil || asked == nil || asked.Kind != index.Request {
			continue // a message that TCP sent again refers to the first time
		}
		if f.kind == ofRequest {
			dst = append(dst, filter.UintValue(uint64(asked.Frame)))
		} else {
			dst = append(dst, filter.RelTimeValue(time.Duration(m.End-asked.End)))
		}
	}
	if err != nil {
		r.err = err
	}
	return dst
}

// pairOf: mDNS and LLMNR share the fields of DNS.
func (f *appField) pairOf(protocol string) bool {
	return protocol == f.pair || f.pair == "dns" && (protocol == "mdns" || protocol == "llmnr")
}

// appBounds answers a test of a field of application protocols as far as lists can.
func appBounds(l *lists, f *appField, t *filter.Test) bounds {
	switch f.kind {
	case ofProtocol:
		apps, listed := l.list(index.PostApp, []byte(f.real))
		s := l.capture.Summary()
		if !listed || s.Content < 2 || s.Counters.AppsCapped > 0 {
			return bounds{}
		}
		if t.Op == filter.Present {
			return bounds{apps, apps}
		}
		return bounds{nil, apps}
	case ofMessage:
		has := l.messages(f, nil)
		switch {
		case has == nil:
			return bounds{}
		case t.Op == filter.Present:
			return bounds{has, has}
		case t.Op == filter.Eq && !t.All:
			if c, ok := t.Right.(*filter.Const); ok && f.Listed {
				if value, ok := listedValue(f.Kind, c); ok {
					if list := l.messages(f, value); list != nil {
						return bounds{list, list}
					}
				}
			}
		}
		return bounds{nil, has}
	}
	return bounds{}
}

// listedValue gives the key of a constant in the lists of a field.
func listedValue(kind dissect.FieldKind, c *filter.Const) ([]byte, bool) {
	switch kind {
	case dissect.KindUint, dissect.KindBool:
		return index.MessageValue("", c.Value.Uint()), true
	case dissect.KindString:
		s := c.Value.Text()
		return index.MessageValue(s, 0), s != ""
	}
	return nil, false
}

// messages gives the frames of the segment whose messages have a field, or a value of
// it; nil if lists do not tell.
func (l *lists) messages(f *appField, value []byte) *roaring.Bitmap {
	all, listed, err := l.capture.MessageList(f.real, value)
	if err != nil && l.err == nil {
		l.err = err
	}
	if err != nil || !listed {
		return nil
	}
	first := int64(l.segment)*index.SegmentFrames + 1
	part := roaring.New()
	part.AddRange(uint64(first), uint64(first)+uint64(l.frames))
	part.And(all)
	part = roaring.AddOffset64(part, -first)
	if unseen := l.unseen(); f.shown() && unseen != nil {
		part.AndNot(unseen)
	}
	return part
}

// appNames gives the names of the fields of application protocols that begin with a
// prefix, sorted.
func appNames(prefix string) (names []string) {
	for name := range appFields() {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
