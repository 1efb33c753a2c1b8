package query

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pcapidx/index"
)

// Tests of what a per-protocol listing of a capture must tell: packet by packet with
// the protocol's own values, and in figures. Each builds its capture byte by byte.

// Link types of captures that tests write.
const (
	linkEthernet = 1
	linkRaw      = 101
	linkIPv4     = 228
)

// framed is a frame of a capture that a test writes.
type framed struct {
	ms   int // since the epoch of testEpoch
	data []byte
}

// testEpoch is when written captures begin: 2023-11-14 22:13:20 UTC.
const testEpoch = 1700000000

// captureFile writes a capture in pcap's format with microseconds.
func captureFile(link uint32, frames ...framed) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0)
	b = le.AppendUint32(b, link)
	for _, f := range frames {
		b = le.AppendUint32(b, uint32(testEpoch+f.ms/1000))
		b = le.AppendUint32(b, uint32(f.ms%1000*1000))
		b = le.AppendUint32(b, uint32(len(f.data)))
		b = append(le.AppendUint32(b, uint32(len(f.data))), f.data...)
	}
	return b
}

// listed gives an engine over a written capture, and the capture's id.
func listed(t *testing.T, link uint32, frames ...framed) (*Engine, string) {
	t.Helper()
	store := index.OpenStore(t.TempDir())
	e := New(StoreSource{store}, testWriter{store: store})
	return e, ingestBytes(t, e, captureFile(link, frames...))
}

// ipPacket writes an IP packet, version 4 or 6 as its addresses are.
func ipPacket(from, to string, proto byte, payload []byte) []byte {
	src, dst := netip.MustParseAddr(from), netip.MustParseAddr(to)
	be := binary.BigEndian
	if src.Is6() {
		b := be.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(payload)))
		b = append(b, proto, 64)
		b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
		return append(b, payload...)
	}
	b := be.AppendUint16([]byte{0x45, 0}, uint16(20+len(payload)))
	b = append(b, 0, 0, 0, 0, 64, proto, 0, 0)
	b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
	return append(b, payload...)
}

// udpPacket writes a datagram between two "ip:port".
func udpPacket(from, to string, payload []byte) []byte {
	src, dst := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	be := binary.BigEndian
	b := be.AppendUint16(be.AppendUint16(nil, src.Port()), dst.Port())
	b = append(be.AppendUint16(b, uint16(8+len(payload))), 0, 0)
	return ipPacket(src.Addr().String(), dst.Addr().String(), 17, append(b, payload...))
}

// tcpPacket writes a segment between two "ip:port".
func tcpPacket(from, to string, flags byte, seq, ackNumber uint32, payload string) []byte {
	src, dst := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	be := binary.BigEndian
	b := be.AppendUint16(be.AppendUint16(nil, src.Port()), dst.Port())
	b = be.AppendUint32(be.AppendUint32(b, seq), ackNumber)
	b = append(b, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	return ipPacket(src.Addr().String(), dst.Addr().String(), 6, append(b, payload...))
}

// said lists the messages of a protocol with their fields.
func said(t *testing.T, e *Engine, capture, protocol string) []MessageRow {
	t.Helper()
	a, err := e.Messages(context.Background(), MessagesRequest{Capture: capture, Protocol: protocol, Details: true})
	if err != nil {
		t.Fatal(err)
	}
	return a.Rows
}

// told describes messages: frame, ends, kind, status, code, summary, the number of the
// request that is answered, and the latency of its answer.
func told(rows []MessageRow) string {
	var lines []string
	for i := range rows {
		r := &rows[i]
		line := fmt.Sprintf("%d %s>%s %s %s [%s] %s", r.Frame, r.From, r.To, r.Kind, r.Status, r.Code, r.Summary)
		if r.Request != 0 {
			line += fmt.Sprintf(" re %d", r.Request)
		}
		if r.LatencyMS != nil {
			line += fmt.Sprintf(" in %g ms", *r.LatencyMS)
		}
		for _, w := range r.Warnings {
			line += " !" + w.Code
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// wantTold compares lines.
func wantTold(t *testing.T, got string, want ...string) {
	t.Helper()
	if w := strings.Join(want, "\n"); got != w {
		t.Errorf("got\n%s\nwant\n%s", got, w)
	}
}

// wantFields checks all values of fields of a message, with commas between.
func wantFields(t *testing.T, r *MessageRow, want map[string]string) {
	t.Helper()
	for name, w := range want {
		var got []string
		for _, f := range r.Fields {
			if f.Name == name {
				got = append(got, f.Value)
			}
		}
		if g := strings.Join(got, ","); g != w {
			t.Errorf("message %d: %s = %q, want %q", r.Number, name, g, w)
		}
	}
}

// summed gives the figures of a protocol.
func summed(t *testing.T, e *Engine, capture, protocol string) *SummaryAnswer {
	t.Helper()
	a, err := e.Summary(context.Background(), SummaryRequest{Capture: capture, Protocol: protocol})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// counts writes counted values: "value count @first".
func countsText(all []ValueCount) string {
	var out []string
	for _, c := range all {
		out = append(out, fmt.Sprintf("%s %d @%d", c.Value, c.Count, c.First))
	}
	return strings.Join(out, ", ")
}

// topText writes the most frequent values of a field, with the number of different ones.
func topText(a *SummaryAnswer, field string) string {
	for _, x := range a.Top {
		if x.Field == field {
			return fmt.Sprintf("%d: %s", x.Distinct, countsText(x.Values))
		}
	}
	return ""
}

// framesWith gives the numbers of the frames that a filter matches.
func framesWith(t *testing.T, e *Engine, capture, filter string) []uint32 {
	t.Helper()
	a, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{capture}, Filter: filter, Numbers: true})
	if err != nil {
		t.Fatalf("%s: %v", filter, err)
	}
	if len(a.Numbers) == 0 {
		return nil
	}
	return a.Numbers[0].Frames
}

// wantFrames checks which frames match filters.
func wantFrames(t *testing.T, e *Engine, capture string, want map[string]string) {
	t.Helper()
	for filter, w := range want {
		if got := strings.Trim(fmt.Sprint(framesWith(t, e, capture, filter)), "[]"); got != w {
			t.Errorf("%s: frames %q, want %q", filter, got, w)
		}
	}
}

// describeCapture asks what a capture is.
func describeCapture(t *testing.T, e *Engine, capture string) *InfoAnswer {
	t.Helper()
	a, err := e.Info(context.Background(), InfoRequest{Capture: capture})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
