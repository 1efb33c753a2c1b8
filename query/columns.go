package query

import (
	"slices"
	"time"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// columnField is a field whose values stand in the stored columns.
type columnField struct {
	name string
	need index.Columns
	// always: the bytes of the frame do not give it, so the columns do also where
	// the frame is complex (index.StatusComplex).
	always bool
	// since is the content number of the index that brought its columns.
	since int
	get   func(r *frameRecord, dst []filter.Value) []filter.Value
	// one is instead of get for a field that has one value at the most.
	one func(r *frameRecord) (v filter.Value, has bool)
}

// values appends the field's values.
func (c *columnField) values(r *frameRecord, dst []filter.Value) []filter.Value {
	if c.one == nil {
		return c.get(r, dst)
	}
	if v, has := c.one(r); has {
		dst = append(dst, v)
	}
	return dst
}

// tells reports whether the columns of a frame give the field's values.
func (c *columnField) tells(row *index.Packet) bool {
	return c.always || row.Status&index.StatusComplex == 0
}

// flag makes the field of one TCP flag.
func flag(name string, bit uint16) columnField {
	return columnField{name: "tcp.flags." + name, need: index.ColFlags, since: 2, one: func(r *frameRecord) (filter.Value, bool) {
		return filter.BoolValue(r.row.Flags&bit != 0), r.row.TCP
	}}
}

// number makes a field that frames with a TCP header have.
func number(name string, need index.Columns, always bool, since int, get func(*index.Packet) uint32) columnField {
	return columnField{name: name, need: need, always: always, since: since, one: func(r *frameRecord) (filter.Value, bool) {
		return filter.UintValue(uint64(get(r.row))), r.row.TCP
	}}
}

// moment makes a field of type time that frames with a time have.
func moment(name string, get func(r *frameRecord) (filter.Value, error)) columnField {
	return columnField{name: name, need: index.ColTime, always: true, since: 1, one: func(r *frameRecord) (v filter.Value, has bool) {
		if r.row.NoTime {
			return v, false
		}
		v, err := get(r)
		if err != nil {
			r.err = err
		}
		return v, err == nil
	}}
}

// columnFields lists the fields of columns.
func columnFields() []columnField { return append(generalColumns(), analysisColumns()...) }

func generalColumns() []columnField {
	const connected = index.ColConn | index.ColTime | index.ColDelta
	return []columnField{
		{name: "frame.number", need: 0, always: true, since: 1, one: func(r *frameRecord) (filter.Value, bool) { return filter.UintValue(uint64(r.row.Number)), true }},
		{name: "frame.len", need: index.ColOrigLen, always: true, since: 1, one: func(r *frameRecord) (filter.Value, bool) { return filter.UintValue(uint64(r.row.OrigLen)), true }},
		{name: "frame.cap_len", need: index.ColCapLen, always: true, since: 1, one: func(r *frameRecord) (filter.Value, bool) { return filter.UintValue(uint64(r.row.CapLen)), true }},
		{name: "frame.interface_id", need: index.ColIface, always: true, since: 1, get: appendInterface},
		{name: "frame.marked", need: 0, always: true, since: 1, get: never},
		{name: "frame.ignored", need: 0, always: true, since: 1, get: never},
		moment("frame.time", func(r *frameRecord) (filter.Value, error) { return filter.AbsTimeValue(int64(r.row.Time)), nil }),
		moment("frame.time_epoch", func(r *frameRecord) (filter.Value, error) {
			return filter.RelTimeValue(time.Duration(r.row.Time)), nil
		}),
		moment("frame.time_relative", func(r *frameRecord) (filter.Value, error) {
			start, err := r.tables.start()
			return filter.RelTimeValue(time.Duration(r.row.Time - start)), err
		}),
		moment("frame.time_delta", func(r *frameRecord) (filter.Value, error) {
			before, err := r.timeBefore()
			return filter.RelTimeValue(time.Duration(r.row.Time - before)), err
		}),

		flag("fin", 1), flag("syn", 2), flag("reset", 4), flag("push", 8), flag("ack", 16), flag("urg", 32),
		flag("ece", 64), flag("cwr", 128), flag("ae", 256), flag("res", 0xe00),
		number("tcp.flags", index.ColFlags, false, 2, func(p *index.Packet) uint32 { return uint32(p.Flags) }),
		number("tcp.len", index.ColLength, false, 2, func(p *index.Packet) uint32 { return p.Length }),
		number("tcp.window_size_value", index.ColWindow, false, 2, func(p *index.Packet) uint32 { return uint32(p.Window) }),
		number("tcp.seq", index.ColSeq, true, 1, func(p *index.Packet) uint32 { return p.Seq }),
		number("tcp.ack", index.ColAck, true, 1, func(p *index.Packet) uint32 { return p.Ack }),
		number("tcp.window_size", index.ColFlags|index.ColWindow|index.ColScale, true, 2, scaledWindow),
		{name: "tcp.nxtseq", need: index.ColFlags | index.ColSeq | index.ColLength, always: true, since: 2, get: appendNextSeq},
		{name: "tcp.window_size_scalefactor", need: index.ColFlags | index.ColScale, always: true, since: 2, get: appendScaleFactor},

		{name: "frame.protocols", need: index.ColStack | index.ColApp, always: true, since: 2, one: func(r *frameRecord) (filter.Value, bool) {
			return filter.StringValue(r.layers()), true
		}},
		{name: "data", need: index.ColStack | index.ColApp, always: true, since: 2, get: appendData},
		{name: "data.len", need: index.ColStack | index.ColApp | index.ColLength | index.ColNumbers, always: true, since: 2, get: appendDataLength},
		{name: "tcp.segment_data", need: index.ColApp, always: true, since: 2, get: appendSegmentData},
		{name: "tcp.pdu.size", need: index.ColNumbers, always: true, since: 2, get: func(r *frameRecord, dst []filter.Value) []filter.Value {
			for _, n := range r.row.PDUSizes {
				dst = append(dst, filter.UintValue(uint64(n)))
			}
			return dst
		}},
		later("tcp.reassembled_in"), later("icmp.resp_in"), later("icmpv6.resp_in"), later("ip.reassembled_in"), later("ipv6.reassembled.in"),

		edge("tcp.options.sack_le", 0), edge("tcp.options.sack_re", 1),

		stream("tcp.stream", kindTCP), stream("udp.stream", kindUDP, kindUDPLite),
		elapsed("tcp.time_delta", connected, sinceBefore, kindTCP), elapsed("udp.time_delta", connected, sinceBefore, kindUDP, kindUDPLite),
		elapsed("tcp.time_relative", connected, sinceFirst, kindTCP), elapsed("udp.time_relative", connected, sinceFirst, kindUDP, kindUDPLite),
		response("icmp.resptime", kindICMP, func(p *index.Packet) filter.Value { return filter.FloatValue(float64(p.Delay) / 1e6) }),
		response("icmpv6.resptime", kindICMPv6, func(p *index.Packet) filter.Value { return filter.FloatValue(float64(p.Delay) / 1e6) }),
		response("icmp.resp_to", kindICMP, func(p *index.Packet) filter.Value { return filter.UintValue(uint64(p.Request)) }),
		response("icmpv6.resp_to", kindICMPv6, func(p *index.Packet) filter.Value { return filter.UintValue(uint64(p.Request)) }),
	}
}

// columnFor gives the column of a field in an index of some content, nil if it
// has none.
func columnFor(name string, content int) *columnField {
	if f := appFieldFor(name); f != nil {
		if c := f.column(); c.since <= content {
			return c
		}
		return nil
	}
	all := columnFields()
	if i := slices.IndexFunc(all, func(c columnField) bool { return c.name == name }); i >= 0 && all[i].since <= content {
		return &all[i]
	}
	return nil
}

func never(_ *frameRecord, dst []filter.Value) []filter.Value {
	return append(dst, filter.BoolValue(false))
}

// appendInterface: Wireshark numbers the interfaces of pcapng only.
func appendInterface(r *frameRecord, dst []filter.Value) []filter.Value {
	if f := r.file; f.Format == index.FormatPcapng && int(r.row.Iface) < len(f.Interfaces) && f.Interfaces[r.row.Iface].ID >= 0 {
		return append(dst, filter.UintValue(uint64(f.Interfaces[r.row.Iface].ID)))
	}
	return dst
}

// timeBefore gives the time of the frame before; of the first its own.
func (r *frameRecord) timeBefore() (index.Time, error) {
	switch {
	case r.row.Number == 1:
		return r.row.Time, nil
	case r.at > 0:
		return r.rows.Packets[r.at-1].Time, nil
	}
	return timeOf(r.capture, r.row.Number-1)
}

const (
	flagFIN = 1
	flagSYN = 2
)

// scaledWindow is the window that counts: that of a SYN is never scaled (RFC
// 7323, section 2.2).
func scaledWindow(p *index.Packet) uint32 {
	if p.Flags&flagSYN != 0 || p.Scale < 0 {
		return uint32(p.Window)
	}
	return uint32(p.Window) << p.Scale
}

// appendNextSeq: a packet quoted in an ICMP error has no length, so no next
// number either.
func appendNextSeq(r *frameRecord, dst []filter.Value) []filter.Value {
	p := r.row
	if !p.TCP || p.Status&index.StatusQuoted != 0 {
		return dst
	}
	next := p.Seq + p.Length
	if p.Flags&(flagSYN|flagFIN) != 0 {
		next++
	}
	return append(dst, filter.UintValue(uint64(next)))
}

// appendScaleFactor: -1 unknown, -2 no scaling (Wireshark's numbers).
func appendScaleFactor(r *frameRecord, dst []filter.Value) []filter.Value {
	p := r.row
	switch {
	case !p.TCP || p.Flags&flagSYN != 0:
		return dst
	case p.Scale < 0:
		return append(dst, filter.IntValue(int64(p.Scale)))
	}
	return append(dst, filter.IntValue(1<<p.Scale))
}

// later makes a field that names a frame still to come. Filters mean what they
// mean in one pass over the capture (plain tshark): nothing is known of later
// frames, so no frame has the field.
func later(name string) columnField {
	return columnField{name: name, need: 0, always: true, since: 1, get: func(_ *frameRecord, dst []filter.Value) []filter.Value { return dst }}
}

// edge makes the field of the left (0) or right (1) edges of selectively
// acknowledged blocks, counted from the start of the acknowledged side.
func edge(name string, which int) columnField {
	return columnField{name: name, need: index.ColFlags | index.ColAck, always: true, since: 2, get: func(r *frameRecord, dst []filter.Value) []filter.Value {
		if !r.row.TCP {
			return dst
		}
		p := r.dissected()
		t := primaryTCP(p)
		if t == nil {
			return dst
		}
		r.edges = dissect.SACKEdges(r.edges[:0], r.data(), r.datagram, p, int(t.Layer))
		for i := which; i < len(r.edges); i += 2 {
			dst = append(dst, filter.UintValue(uint64(r.edges[i]-(t.Ack-r.row.Ack))))
		}
		return dst
	}}
}

// stream makes the field of a stream number, of all connections of a frame.
func stream(name string, kinds ...uint8) columnField {
	return columnField{name: name, need: index.ColConn | index.ColMore, always: true, since: 2, get: func(r *frameRecord, dst []filter.Value) []filter.Value {
		add := func(conn uint32) {
			n, ok, err := r.tables.streamOf(conn, kinds...)
			if err != nil {
				r.err = err
			}
			if ok {
				dst = append(dst, filter.UintValue(uint64(n)))
			}
		}
		if r.row.Conn != index.NoConnection {
			add(r.row.Conn)
		}
		for _, m := range r.members() {
			add(m.Conn)
		}
		return dst
	}}
}

// elapsed makes a field of time inside the frame's first connection.
func elapsed(name string, need index.Columns, get func(r *frameRecord) (index.Time, error), kinds ...uint8) columnField {
	return columnField{name: name, need: need, always: true, since: 2, one: func(r *frameRecord) (v filter.Value, has bool) {
		if r.row.Conn == index.NoConnection {
			return v, false
		}
		_, has, err := r.tables.streamOf(r.row.Conn, kinds...)
		if err == nil && has {
			var t index.Time
			t, err = get(r)
			v = filter.RelTimeValue(time.Duration(t))
		}
		if err != nil {
			r.err = err
		}
		return v, has && err == nil
	}}
}

func sinceBefore(r *frameRecord) (index.Time, error) { return r.row.Delta, nil }

func sinceFirst(r *frameRecord) (index.Time, error) {
	firsts, err := r.tables.firsts()
	if err != nil || int(r.row.Conn) >= len(firsts) {
		return 0, err
	}
	return r.row.Time - index.Time(firsts[r.row.Conn]^1<<63), nil
}

// response makes a field of ICMP echo replies whose request was seen.
func response(name string, kind uint8, get func(*index.Packet) filter.Value) columnField {
	need := index.ColConn | index.ColRequest | index.ColDelay | index.ColStack
	return columnField{name: name, need: need, always: true, since: 2, get: func(r *frameRecord, dst []filter.Value) []filter.Value {
		if r.row.Request == 0 {
			return dst
		}
		if all, err := r.tables.streams(); err != nil {
			r.err = err
		} else if int(r.row.Conn) < len(all) && all[r.row.Conn]>>32 == uint64(kind) {
			return append(dst, get(r.row))
		}
		return dst
	}}
}

// Transports by IP protocol number.
const (
	kindICMP    = uint8(dissect.ICMP)
	kindTCP     = uint8(dissect.TCP)
	kindUDP     = uint8(dissect.UDP)
	kindICMPv6  = uint8(dissect.ICMPv6)
	kindUDPLite = uint8(dissect.UDPLite)
)
