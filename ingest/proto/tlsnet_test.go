package proto

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pcapidx/index"
)

// tlsNet is a connection in memory: what it is given comes out as messages.
type tlsNet struct {
	engine   *Engine
	conn     *Connection
	messages []*index.Message
	apps     []*index.Application
	frame    uint32
	sent     [2]uint64
}

func newTLSNet(datagrams bool, protocols ...Protocol) *tlsNet {
	n := &tlsNet{}
	n.engine = NewEngine(n, protocols)
	ends := [2]Endpoint{netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:443")}
	n.conn = n.engine.Open(0, ends, datagrams)
	if !datagrams {
		n.conn.Client(index.SideA)
	}
	return n
}

// Message implements Sink.
func (n *tlsNet) Message(m *index.Message) { n.messages = append(n.messages, stored(m)) }

// Application implements Sink.
func (n *tlsNet) Application(a *index.Application) { n.apps = append(n.apps, a) }

// tlsNow is the time of frame 0: 2023-11-14.
const tlsNow = 1_700_000_000_000_000_000

// send gives a packet to the connection, in a frame of its own.
func (n *tlsNet) send(side index.Side, data []byte) {
	n.frame++
	n.piece(side, data)
}

// piece gives more bytes of the frame in hand.
func (n *tlsNet) piece(side index.Side, data []byte) {
	now := index.Time(tlsNow + int64(n.frame)*1e6)
	n.engine.At(n.frame, now)
	if n.conn.datagrams {
		n.conn.Datagram(side, data, n.frame, now)
		return
	}
	n.conn.Bytes(side, n.sent[side], data, n.frame, now)
	n.sent[side] += uint64(len(data))
}

func (n *tlsNet) gap(side index.Side, g Gap) {
	n.conn.Gap(side, g)
	n.sent[side] += g.Bytes
}

func (n *tlsNet) end(side index.Side, e End) {
	n.frame++
	n.conn.End(side, e, n.frame, index.Time(tlsNow+int64(n.frame)*1e6))
}

// lines writes the messages, one a line.
func (n *tlsNet) lines() string {
	var b strings.Builder
	for _, m := range n.messages {
		fmt.Fprintf(&b, "%d-%d %s/%s req %d [%s] %s", m.First, m.Frame, m.Kind, m.Outcome, m.Request, m.Code, m.Summary)
		for _, w := range m.Warnings {
			fmt.Fprintf(&b, " !%s", w.Code)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// fields writes the values of all messages one after the other.
func (n *tlsNet) fields() string {
	var b strings.Builder
	for _, m := range n.messages {
		for _, f := range m.Fields {
			fmt.Fprintf(&b, "%s=%d%x\n", f.Name, f.Num, f.Text)
		}
	}
	return b.String()
}

// values gives the values of a field, as text.
func (n *tlsNet) values(name string) (all []string) {
	for _, m := range n.messages {
		for _, f := range m.Fields {
			if f.Name != name {
				continue
			}
			if f.Text != "" {
				all = append(all, f.Text)
			} else {
				all = append(all, fmt.Sprint(f.Num))
			}
		}
	}
	return all
}

func wantLines(t *testing.T, n *tlsNet, want string) {
	t.Helper()
	if got := n.lines(); got != strings.TrimPrefix(want, "\n") {
		t.Errorf("messages:\n%swant:%s", got, want)
	}
}

func wantValues(t *testing.T, n *tlsNet, field string, want ...string) {
	t.Helper()
	if got := n.values(field); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %q, want %q", field, got, want)
	}
}

// Parts of TLS messages.

func vec8(b ...byte) []byte { return append([]byte{byte(len(b))}, b...) }

func vec16(parts ...[]byte) []byte {
	b := join(parts...)
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

func vec24(parts ...[]byte) []byte {
	b := join(parts...)
	return append([]byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}, b...)
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func num16(values ...uint16) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func extension(kind uint16, parts ...[]byte) []byte { return join(num16(kind), vec16(parts...)) }

func serverName(name string) []byte {
	return extension(extServerName, vec16([]byte{0}, vec16([]byte(name))))
}

func tlsRandomBytes() []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(i + 1)
	}
	return b
}

func handshake(kind byte, parts ...[]byte) []byte { return join([]byte{kind}, vec24(parts...)) }

func clientHello(suites []uint16, extensions ...[]byte) []byte {
	return handshake(tlsClientHello, num16(tls12), tlsRandomBytes(), vec8(), vec16(num16(suites...)), vec8(0), vec16(extensions...))
}

func serverHello(version, suite uint16, extensions ...[]byte) []byte {
	return handshake(tlsServerHello, num16(version), tlsRandomBytes(), vec8(), num16(suite), []byte{0}, vec16(extensions...))
}

func record(kind byte, parts ...[]byte) []byte {
	return join([]byte{kind, 3, 3}, vec16(parts...))
}

// noise gives bytes that look like encrypted ones.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(n) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}
