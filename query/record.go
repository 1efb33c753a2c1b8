package query

import (
	"slices"
	"time"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// frameRecord is one frame as a filter sees it. The frame is dissected when a
// field asks for it, once.
type frameRecord struct {
	capture Capture
	file    *index.FileInfo
	fields  []recordField // by position in Filter.Fields
	streams *streamTable
	decoder *dissect.Decoder

	row      *index.Packet
	more     []index.Member // further connections of the frame
	data     []byte
	datagram []byte     // reassembled payload, if the frame completed one
	first    index.Time // of frame 1
	before   index.Time // of the frame before
	packet   dissect.Packet
	decoded  bool
	values   []dissect.FieldValue
	err      error // of reading what a field needed
}

// recordField is where the values of a filter's field come from.
type recordField struct {
	id     dissect.FieldID
	stored func(r *frameRecord, dst []filter.Value) []filter.Value
}

// streamTable gives transport and stream number of every connection.
type streamTable struct {
	kind   []uint8
	stream []uint32
}

func newFrameRecord(x Capture, f *filter.Filter) *frameRecord {
	r := &frameRecord{capture: x, file: &x.Summary().File, decoder: dissect.NewDecoder()}
	if f == nil {
		return r
	}
	stored := storedFields()
	for _, field := range f.Fields() {
		id, _ := dissect.FieldByName(field.Name)
		rf := recordField{id: id}
		if i := slices.IndexFunc(stored, func(s storedField) bool { return s.name == field.Name }); i >= 0 {
			rf.stored = stored[i].get
		}
		r.fields = append(r.fields, rf)
	}
	return r
}

// set makes row i of a block the frame in hand.
func (r *frameRecord) set(rows *index.Rows, i int) {
	if r.row != nil {
		r.before = r.row.Time
	}
	row := rows.Packets[i]
	if row.Number == 1 {
		r.first, r.before = row.Time, row.Time
	}
	r.row, r.data, r.decoded, r.datagram = &row, rows.Data(i), false, nil
	r.more = r.more[:0]
	for _, m := range rows.More {
		if m.Frame == row.Number {
			r.more = append(r.more, m)
		}
	}
}

// dissected gives the frame's layers; a reassembled datagram is put together
// from its fragments' frames.
func (r *frameRecord) dissected() *dissect.Packet {
	if r.decoded {
		return &r.packet
	}
	r.decoded = true
	link := uint32(0)
	if int(r.row.Iface) < len(r.file.Interfaces) {
		link = r.file.Interfaces[r.row.Iface].LinkType
	}
	r.decoder.Decode(link, r.data, int(r.row.OrigLen), &r.packet)
	if f := r.packet.Fragment; f != nil && r.row.Status&index.StatusReassembled != 0 {
		network := f.Network
		if r.datagram = r.join(f); r.datagram != nil {
			r.decoder.DecodeDatagram(network, r.datagram, &r.packet)
		}
	}
	return &r.packet
}

// join puts the datagram that the frame completed together again.
func (r *frameRecord) join(last *dissect.Fragment) []byte {
	frames, err := r.capture.Datagram(r.row.Number)
	if err != nil {
		r.err = err
		return nil
	}
	var whole []byte
	place := func(f *dissect.Fragment, data []byte) {
		end := int(f.Offset) + int(f.Length)
		if f == nil || end > 1<<16 || uint64(f.Start)+uint64(f.Length) > uint64(len(data)) {
			return
		}
		if len(whole) < end {
			whole = append(whole, make([]byte, end-len(whole))...)
		}
		copy(whole[f.Offset:], data[f.Start:f.Start+f.Length])
	}
	d := dissect.NewDecoder()
	var p dissect.Packet
	for i := len(frames) - 1; i >= 0; i-- { // the first to come is placed last: it counts where they overlap
		if frames[i] == r.row.Number {
			place(last, r.data)
			continue
		}
		row, _, data, err := r.capture.Packet(frames[i])
		if err != nil {
			r.err = err
			return nil
		}
		d.Decode(r.file.Interfaces[row.Iface].LinkType, data, int(row.OrigLen), &p)
		if p.Fragment != nil {
			place(p.Fragment, data)
		}
	}
	return whole
}

// Present tells whether the field occurs in the frame.
func (r *frameRecord) Present(id int) bool { return len(r.Values(id, nil)) > 0 }

// Values appends the field's values.
func (r *frameRecord) Values(id int, dst []filter.Value) []filter.Value {
	f := &r.fields[id]
	if f.stored != nil {
		return f.stored(r, dst)
	}
	p := r.dissected()
	r.values = dissect.AppendValues(r.values[:0], f.id, r.data, r.datagram, int(r.row.OrigLen), p)
	for i := range r.values {
		dst = append(dst, filterValue(&r.values[i]))
	}
	return dst
}

func filterValue(v *dissect.FieldValue) filter.Value {
	switch v.Kind {
	case dissect.KindBool:
		return filter.BoolValue(v.Num != 0)
	case dissect.KindUint:
		return filter.UintValue(v.Num)
	case dissect.KindInt:
		return filter.IntValue(v.Int())
	case dissect.KindString:
		return filter.StringValue(string(v.Bytes))
	case dissect.KindBytes, dissect.KindEther:
		return filter.BytesValue(v.Bytes)
	case dissect.KindIPv4, dissect.KindIPv6:
		return filter.AddrValue(v.Addr())
	case dissect.KindAbsTime:
		return filter.AbsTimeValue(v.Int())
	case dissect.KindRelTime:
		return filter.RelTimeValue(time.Duration(v.Int()))
	case dissect.KindProtocol:
		return filter.ProtocolValue(v.Bytes, int(v.Length))
	}
	return filter.NoneValue()
}

// timed appends a value that only frames with a time have.
func (r *frameRecord) timed(dst []filter.Value, v filter.Value) []filter.Value {
	if r.row.NoTime {
		return dst
	}
	return append(dst, v)
}

// tcp appends a number of the frame's primary TCP header.
func (r *frameRecord) tcp(dst []filter.Value, n uint32) []filter.Value {
	if !r.row.TCP {
		return dst
	}
	return append(dst, filter.UintValue(uint64(n)))
}

// appendStreams appends the stream numbers of the frame's connections over
// some transports.
func (r *frameRecord) appendStreams(dst []filter.Value, kinds ...uint8) []filter.Value {
	if r.streams == nil {
		if r.streams, r.err = loadStreams(r.capture); r.err != nil {
			r.streams = &streamTable{}
		}
	}
	add := func(conn uint32) {
		if t := r.streams; int(conn) < len(t.kind) && slices.Contains(kinds, t.kind[conn]) {
			dst = append(dst, filter.UintValue(uint64(t.stream[conn])))
		}
	}
	if r.row.Conn != index.NoConnection {
		add(r.row.Conn)
	}
	for _, m := range r.more {
		add(m.Conn)
	}
	return dst
}

func loadStreams(x Capture) (*streamTable, error) {
	t := &streamTable{}
	err := x.EachConnection(0, func(c *index.Connection) bool {
		t.kind, t.stream = append(t.kind, c.Kind), append(t.stream, c.Stream)
		return true
	})
	return t, err
}
