package query

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// details fills what is known of the frame in hand.
func (r *frameRecord) details(p *DecodedPacket, q *DecodeRequest) error {
	p.CapturedLength = r.row.CapLen
	p.Interface = r.interfaceName()
	p.Status = statusWords(r.row.Status)
	for _, c := range r.file.Comments {
		if c.Frame == r.row.Number {
			p.Comments = append(p.Comments, c.Comment)
		}
	}
	packet, data, datagram := r.dissected(), r.data(), []byte(nil)
	if datagram = r.datagram; q.Redact {
		data, datagram = redacted(packet, data, false), redacted(packet, datagram, true)
	}
	if r.row.Status&index.StatusReassembled != 0 {
		var err error
		if p.Fragments, err = r.capture.Datagram(r.row.Number); err != nil {
			return err
		}
	}
	if q.Layers == "full" {
		p.Layers = append(p.Layers, r.frameLayer())
	}
	primary := r.primaryLayer(packet)
	for i := range packet.Layers {
		l := &packet.Layers[i]
		if l.Proto == dissect.ProtoEtherType { // a step between layers, not one itself
			continue
		}
		layer := DecodedLayer{Protocol: l.Proto.String(), Title: l.Proto.Title(), Offset: l.Offset, Length: l.Length, Reassembled: l.Reassembled}
		if q.Layers == "full" {
			for _, at := range dissect.AppendFields(nil, i, data, datagram, int(r.row.OrigLen), packet) {
				if dissect.Fields()[at.Field].Name != layer.Protocol { // the layer itself
					layer.Fields = append(layer.Fields, decodedField(at.Field, &at.FieldValue))
				}
			}
			if i == primary {
				layer.Fields = append(layer.Fields, r.columnFields(l.Proto)...)
			}
		}
		p.Layers = append(p.Layers, layer)
	}
	if err := r.application(p, q.Layers == "full", q.Reveal); err != nil {
		return err
	}
	if q.Payload != "text" {
		p.Bytes, p.BytesCut = show(data, q)
		p.Datagram, p.DatagramCut = show(datagram, q)
		return r.err
	}
	if data = r.data(); r.datagram != nil {
		data = r.datagram
	}
	start := payloadStart(packet, r.datagram != nil)
	p.BytesOffset = min(start, uint32(len(data)))
	p.Bytes, p.BytesCut = show(data[p.BytesOffset:], q)
	return r.err
}

// application adds the messages of the frame in hand.
func (r *frameRecord) application(p *DecodedPacket, fields, reveal bool) error {
	if r.capture.Summary().Content < appContent {
		return nil
	}
	messages, err := r.messages.of(r.row.Number)
	if err != nil {
		return err
	}
	shown := newMessageTexts(reveal)
	for _, m := range messages {
		d := DecodedMessage{
			Number: m.Number, Protocol: m.Protocol, Kind: m.Kind.String(), Summary: m.Summary, Outcome: m.Outcome.String(), FirstFrame: m.First, Bytes: m.Length,
			Warnings: warningRows(m),
		}
		if fields {
			d.Fields = shown.fields(m)
		}
		p.Application = append(p.Application, d)
	}
	return nil
}

// payloadStart gives the place behind the innermost header of a frame, or of the
// datagram that it completed.
func payloadStart(p *dissect.Packet, reassembled bool) (start uint32) {
	for i := range p.Layers {
		if l := &p.Layers[i]; l.Reassembled == reassembled && l.Proto != dissect.ProtoData {
			start = max(start, l.Offset+l.Length)
		}
	}
	return start
}

func decodedField(id dissect.FieldID, v *dissect.FieldValue) DecodedField {
	f := &dissect.Fields()[id]
	return DecodedField{Name: f.Name, Value: f.Text(v), Meaning: f.Meaning(v), Offset: v.Offset, Length: v.Length}
}

// interfaceName is the name of the frame's interface, or its number.
func (r *frameRecord) interfaceName() string {
	if int(r.row.Iface) >= len(r.file.Interfaces) {
		return ""
	}
	i := &r.file.Interfaces[r.row.Iface]
	if i.Name != "" {
		return i.Name
	}
	return strconv.Itoa(i.ID)
}

// statusWords names what is special about a frame.
func statusWords(s index.Status) (words []string) {
	for _, w := range []struct {
		bit  index.Status
		word string
	}{
		{index.StatusMalformed, "malformed"},
		{index.StatusTruncated, "truncated"},
		{index.StatusFragment, "fragment"},
		{index.StatusReassembled, "reassembled"},
		{index.StatusQuoted, "quoted"},
		{index.StatusPanicked, "decoder failed"},
	} {
		if s&w.bit != 0 {
			words = append(words, w.word)
		}
	}
	return words
}

// primaryLayer gives the layer that the transport columns are about.
func (r *frameRecord) primaryLayer(p *dissect.Packet) int {
	for i := len(p.Transports) - 1; i >= 0; i-- {
		if !p.Transports[i].Quoted {
			return int(p.Transports[i].Layer)
		}
	}
	if n := len(p.Transports); n > 0 {
		return int(p.Transports[n-1].Layer)
	}
	return -1
}

// frameLayer is what Wireshark shows of the frame before its layers.
func (r *frameRecord) frameLayer() DecodedLayer {
	l := DecodedLayer{Protocol: "frame", Title: "Frame", Length: r.row.CapLen}
	l.Fields = r.columnValues(func(f *dissect.Field) bool { return strings.HasPrefix(f.Name, "frame.") })
	return l
}

// columnFields gives the fields of a layer that other frames decide.
func (r *frameRecord) columnFields(proto dissect.Proto) []DecodedField {
	return r.columnValues(func(f *dissect.Field) bool {
		for _, p := range f.Layers() {
			if f.Stored && p == proto {
				return true
			}
		}
		return false
	})
}

func (r *frameRecord) columnValues(wanted func(*dissect.Field) bool) (out []DecodedField) {
	for i := range r.fields {
		f := &dissect.Fields()[r.fields[i].id]
		if !wanted(f) {
			continue
		}
		for _, v := range r.Values(i, nil) {
			value := dissectValue(f.Kind, &v)
			out = append(out, DecodedField{Name: f.Name, Value: f.Text(&value), Meaning: f.Meaning(&value)})
		}
	}
	return out
}

// dissectValue is the inverse of filterValue for what columns hold.
func dissectValue(kind dissect.FieldKind, v *filter.Value) dissect.FieldValue {
	out := dissect.FieldValue{Kind: kind}
	switch v.Kind() {
	case filter.Bool, filter.Uint:
		out.Num = v.Uint()
	case filter.Int, filter.AbsTime, filter.RelTime:
		out.Num = uint64(v.Int())
	case filter.Float:
		out.Num = math.Float64bits(v.Float())
	}
	return out
}

// show gives bytes as text or in hexadecimal, up to the request's limit.
func show(data []byte, q *DecodeRequest) (text string, cut bool) {
	if q.Payload == "none" || len(data) == 0 {
		return "", false
	}
	if len(data) > q.PayloadBytes {
		data, cut = data[:q.PayloadBytes], true
	}
	if q.Payload == "hex" {
		return hex.EncodeToString(data), cut
	}
	var secrets []span
	if q.Redact {
		secrets = packetSecrets(data)
	}
	return hidden(data, secrets, dumpText), cut
}

// dumpText shows the same letters as beside a hex dump, and line ends.
func dumpText(data []byte) string {
	b := make([]byte, len(data))
	for i, c := range data {
		if b[i] = '.'; c >= 0x20 && c < 0x7f || c == '\n' || c == '\t' {
			b[i] = c
		}
	}
	return string(b)
}

// redacted overwrites the secrets behind the headers of a frame or datagram.
func redacted(p *dissect.Packet, data []byte, reassembled bool) []byte {
	start := min(int(payloadStart(p, reassembled)), len(data))
	secrets := packetSecrets(data[start:])
	for i := range secrets {
		secrets[i].from, secrets[i].to = secrets[i].from+start, secrets[i].to+start
	}
	return overwritten(data, secrets)
}
