package query

import (
	"time"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// frameRecord is one frame as a filter sees it. The frame is dissected when a
// field asks for what its columns do not tell, once. It is used by one
// goroutine.
type frameRecord struct {
	capture Capture
	file    *index.FileInfo
	tables  *tables
	filter  *filter.Matcher
	fields  []recordField // by position in Filter.Fields
	tests   []bounds      // by Test.ID, of the segment in hand; may be nil
	decoder *dissect.Decoder

	rows     *index.Rows
	at       int // place of the frame in rows
	row      *index.Packet
	more     []index.Member // further connections of the frame
	offset   uint32         // place of the frame in its segment
	datagram []byte         // reassembled payload, if the frame completed one
	packet   dissect.Packet
	decoded  bool
	values   []dissect.FieldValue
	present  []filter.Value // scratch for Present
	text     []byte         // scratch for texts
	edges    []uint32       // and for blocks
	messages messageReader
	client   struct { // of the connection asked last
		known bool
		conn  uint32
		side  index.Side
	}
	err error // of reading what a field needed
}

// recordField is where the values of a filter's field come from.
type recordField struct {
	id     dissect.FieldID
	column *columnField // nil: the frame's bytes
}

func newFrameRecord(x Capture, t *tables, f *filter.Filter) *frameRecord {
	r := &frameRecord{capture: x, file: &x.Summary().File, tables: t, decoder: dissect.NewDecoder(), messages: messageReader{capture: x}}
	for _, field := range f.Fields() {
		id, _ := dissect.FieldByName(field.Name)
		r.fields = append(r.fields, recordField{id: id, column: columnFor(field.Name, x.Summary().Content)})
	}
	r.filter = f.Matcher(r)
	return r
}

// set makes row i of a block the frame in hand. Blocks are walked forwards.
func (r *frameRecord) set(rows *index.Rows, i int) {
	if rows != r.rows || i <= r.at {
		r.more = rows.More
	}
	r.rows, r.at, r.row = rows, i, &rows.Packets[i]
	for len(r.more) > 0 && r.more[0].Frame < r.row.Number {
		r.more = r.more[1:]
	}
	r.offset = (r.row.Number - 1) % index.SegmentFrames
	r.decoded, r.datagram = false, nil
}

// members are the connections of the frame beyond its first.
func (r *frameRecord) members() []index.Member {
	n := 0
	for n < len(r.more) && r.more[n].Frame == r.row.Number {
		n++
	}
	return r.more[:n]
}

// data gives the captured bytes.
func (r *frameRecord) data() []byte {
	if err := r.rows.Load(); err != nil {
		r.err = err
		return nil
	}
	return r.rows.Data(r.at)
}

func (r *frameRecord) linkType(iface uint32) uint32 {
	if int(iface) < len(r.file.Interfaces) {
		return r.file.Interfaces[iface].LinkType
	}
	return 0
}

// dissected gives the frame's layers; a reassembled datagram is put together
// from its fragments' frames.
func (r *frameRecord) dissected() *dissect.Packet {
	if r.decoded {
		return &r.packet
	}
	r.decoded = true
	if err := r.rows.Need(index.ColOrigLen | index.ColIface); err != nil {
		r.err = err
	}
	r.decoder.Decode(r.linkType(r.row.Iface), r.data(), int(r.row.OrigLen), &r.packet)
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
		if end > 1<<16 || uint64(f.Start)+uint64(f.Length) > uint64(len(data)) {
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
			place(last, r.data())
			continue
		}
		row, _, data, err := r.capture.Packet(frames[i])
		if err != nil {
			r.err = err
			return nil
		}
		d.Decode(r.linkType(row.Iface), data, int(row.OrigLen), &p)
		if p.Fragment != nil {
			place(p.Fragment, data)
		}
	}
	return whole
}

// Decided tells what the index knows of a test (filter.Decider).
func (r *frameRecord) Decided(test int) (result, known bool) {
	if test >= len(r.tests) {
		return false, false
	}
	b := &r.tests[test]
	switch {
	case b.may != nil && !b.may.Contains(r.offset):
		return false, true
	case b.must != nil && b.must.Contains(r.offset):
		return true, true
	}
	return false, false
}

// Present tells whether the field occurs in the frame.
func (r *frameRecord) Present(id int) bool {
	if f := &r.fields[id]; f.column == nil || !f.column.tells(r.row) {
		return len(r.bytesOf(f.id)) > 0
	}
	r.present = r.Values(id, r.present[:0])
	return len(r.present) > 0
}

// One gives a field that has one value at the most (filter.Single).
func (r *frameRecord) One(id int) (v filter.Value, has, single bool) {
	c := r.fields[id].column
	if c == nil || c.one == nil || !c.tells(r.row) {
		return v, false, false
	}
	v, has = c.one(r)
	return v, has, true
}

// Values appends the field's values.
func (r *frameRecord) Values(id int, dst []filter.Value) []filter.Value {
	f := &r.fields[id]
	if f.column != nil && f.column.tells(r.row) {
		return f.column.values(r, dst)
	}
	values := r.bytesOf(f.id)
	for i := range values {
		dst = append(dst, filterValue(&values[i]))
	}
	return dst
}

// bytesOf gives the values of a field that the frame's bytes hold. They are valid
// until the next call.
func (r *frameRecord) bytesOf(id dissect.FieldID) []dissect.FieldValue {
	p := r.dissected()
	r.values = dissect.AppendValues(r.values[:0], id, r.data(), r.datagram, int(r.row.OrigLen), p)
	return r.values
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
