package query

import (
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/filter"
)

// app gives the application protocols of the frame in hand.
func (r *frameRecord) app() index.App {
	if all := r.capture.Summary().Apps; int(r.row.App) < len(all) {
		return all[r.row.App]
	}
	return index.App{}
}

// stack gives the layers of the frame that its own bytes tell.
func (r *frameRecord) stack() string {
	if all := r.capture.Summary().Stacks; int(r.row.Stack) < len(all) && r.row.Stack > 0 {
		return all[r.row.Stack].Layers
	}
	return r.dissected().Stack()
}

// layers is frame.protocols: the layers of the frame and of its payload.
func (r *frameRecord) layers() string {
	if apps := r.app().Layers; apps != "" {
		return r.stack() + ":" + apps
	}
	return r.stack()
}

// times counts a name in a list with colons.
func times(list, name string) (n int) {
	for part := range strings.SplitSeq(list, ":") {
		if part == name {
			n++
		}
	}
	return n
}

// dataLayers gives the values of the protocol data that the frame's own layers
// have: bytes below TCP and UDP that nothing claims.
func (r *frameRecord) dataLayers() []dissect.FieldValue {
	id, ok := dissect.FieldByName("data")
	if !ok || times(r.stack(), "data") == 0 {
		return nil
	}
	return r.bytesOf(id)
}

// payload gives the captured payload of the frame's TCP or UDP header.
func (r *frameRecord) payload() []byte {
	for _, name := range []string{"tcp.payload", "udp.payload"} {
		if id, ok := dissect.FieldByName(name); ok {
			if values := r.bytesOf(id); len(values) > 0 {
				return values[len(values)-1].Bytes
			}
		}
	}
	return nil
}

func appendData(r *frameRecord, dst []filter.Value) []filter.Value {
	values := r.dataLayers()
	for i := range values {
		dst = append(dst, filterValue(&values[i]))
	}
	if n := times(r.app().Layers, "data"); n > 0 {
		b := r.payload()
		for range n {
			dst = append(dst, filter.ProtocolValue(b, len(b)))
		}
	}
	return dst
}

func appendDataLength(r *frameRecord, dst []filter.Value) []filter.Value {
	for _, v := range r.dataLayers() {
		dst = append(dst, filter.IntValue(int64(len(v.Bytes))))
	}
	if r.row.DataLengths == nil && r.app().Layers == "data" {
		return append(dst, filter.IntValue(int64(r.row.Length)))
	}
	for _, n := range r.row.DataLengths {
		dst = append(dst, filter.IntValue(int64(n)))
	}
	return dst
}

func appendSegmentData(r *frameRecord, dst []filter.Value) []filter.Value {
	if !r.app().Segment {
		return dst
	}
	return append(dst, filter.BytesValue(r.payload()))
}
