package proto

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// harness plays datagrams, streams and layers of frames to an engine and keeps what it
// finds. Each call is a frame of its own, a millisecond after the one before.
type harness struct {
	engine   *Engine
	messages []*index.Message
	apps     []*index.Application
	frame    uint32
	now      index.Time
	conns    map[[2]Endpoint]*Connection
	order    []*Connection
	offsets  map[*Connection]*[2]uint64
}

func newHarness(protocols ...Protocol) *harness {
	h := &harness{conns: map[[2]Endpoint]*Connection{}, offsets: map[*Connection]*[2]uint64{}}
	h.engine = NewEngine(h, protocols)
	return h
}

// Message implements Sink.
func (h *harness) Message(m *index.Message) { h.messages = append(h.messages, stored(m)) }

// Application implements Sink.
func (h *harness) Application(a *index.Application) { h.apps = append(h.apps, a) }

func (h *harness) next() {
	h.frame++
	h.now += 1e6
	h.engine.At(h.frame, h.now)
}

// connection gives the connection of two ends, and the side of the first one.
func (h *harness) connection(from, to string, datagrams bool) (*Connection, index.Side) {
	a, b := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	if c := h.conns[[2]Endpoint{b, a}]; c != nil {
		return c, index.SideB
	}
	c := h.conns[[2]Endpoint{a, b}]
	if c == nil {
		c = h.engine.Open(uint32(len(h.order)), [2]Endpoint{a, b}, datagrams)
		if !datagrams {
			c.Client(index.SideA)
		}
		h.conns[[2]Endpoint{a, b}], h.offsets[c] = c, &[2]uint64{}
		h.order = append(h.order, c)
	}
	return c, index.SideA
}

// datagram sends a datagram.
func (h *harness) datagram(from, to string, data []byte) {
	h.next()
	c, side := h.connection(from, to, true)
	c.Datagram(side, data, h.frame, h.now)
}

// stream sends bytes of a stream in pieces whose lengths cut gives; nil: in one.
func (h *harness) stream(from, to string, data []byte, cut func(left int) int) {
	for len(data) > 0 {
		n := len(data)
		if cut != nil {
			n = min(max(1, cut(n)), n)
		}
		h.next()
		c, side := h.connection(from, to, false)
		c.Bytes(side, h.offsets[c][side], data[:n], h.frame, h.now)
		h.offsets[c][side] += uint64(n)
		data = data[n:]
	}
}

// layer sends a layer of a frame.
func (h *harness) layer(p dissect.Proto, from, to string, data []byte) {
	h.next()
	var src, dst netip.Addr
	if from != "" {
		src, dst = netip.MustParseAddr(from), netip.MustParseAddr(to)
	}
	h.engine.Layer(p, src, dst, index.NoConnection, 0, data)
}

// close ends all connections.
func (h *harness) close(e End) {
	for _, c := range h.order {
		c.Close(e)
	}
}

// lines describes the messages, without frames and numbers of the capture, so that
// they do not depend on how it was cut.
func (h *harness) lines() (out []string) {
	for _, m := range h.messages {
		line := fmt.Sprintf("%d %s %s", m.Number, m.Protocol, m.Kind)
		if m.Request > 0 {
			line += fmt.Sprintf(" to %d", m.Request)
		}
		if m.Outcome != index.Fine {
			line += " " + m.Outcome.String()
		}
		line += ": " + m.Summary
		for _, w := range m.Warnings {
			line += " !" + w.Code
		}
		out = append(out, line)
	}
	return out
}

// want compares the messages with lines.
func (h *harness) want(t *testing.T, lines ...string) {
	t.Helper()
	if got := h.lines(); !slices.Equal(got, lines) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
	if h.engine.Panics > 0 {
		t.Errorf("%d decoders panicked", h.engine.Panics)
	}
}

// field gives the values of a field of a message, as text.
func (h *harness) field(message int, name string) string {
	kinds := map[string]Field{}
	for _, f := range Fields() {
		kinds[f.Name] = f
	}
	var out []string
	for _, f := range h.messages[message].Fields {
		if f.Name != name {
			continue
		}
		switch k := kinds[name].Kind; k {
		case dissect.KindUint, dissect.KindInt, dissect.KindBool, dissect.KindAbsTime:
			out = append(out, fmt.Sprint(f.Num))
		case dissect.KindIPv4, dissect.KindIPv6:
			a, _ := netip.AddrFromSlice([]byte(f.Text))
			out = append(out, a.String())
		case dissect.KindBytes, dissect.KindEther:
			out = append(out, fmt.Sprintf("%x", f.Text))
		default:
			out = append(out, f.Text)
		}
	}
	return strings.Join(out, "|")
}

// wantFields compares values of fields: name, value, name, value.
func (h *harness) wantFields(t *testing.T, message int, pairs ...string) {
	t.Helper()
	if message >= len(h.messages) {
		t.Fatalf("no message %d", message)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := h.field(message, pairs[i]); got != pairs[i+1] {
			t.Errorf("message %d: %s is %q, want %q", message, pairs[i], got, pairs[i+1])
		}
	}
}

// stored gives what a sink may keep of a message: its lists are used again.
func stored(m *index.Message) *index.Message {
	kept := *m
	kept.Fields, kept.Text = slices.Clone(m.Fields), bytes.Clone(m.Text)
	return &kept
}
