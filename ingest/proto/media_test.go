package proto

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

// mediaProtocols are those of this file's tests.
func mediaProtocols() []Protocol {
	return []Protocol{sipProtocol(), rtspProtocol(), megacoProtocol(), stunProtocol(), rtcpProtocol(), rtpProtocol()}
}

// mediaSink keeps messages.
type mediaSink struct{ messages []*index.Message }

func (k *mediaSink) Message(m *index.Message)       { k.messages = append(k.messages, stored(m)) }
func (k *mediaSink) Application(*index.Application) {}

// lines writes messages as text, those with a condition.
func (k *mediaSink) lines(of func(*index.Message) bool) (lines []string) {
	for _, m := range k.messages {
		if of != nil && !of(m) {
			continue
		}
		line := fmt.Sprintf("%d-%d %s %s/%s req %d [%s] %s", m.First, m.Frame, m.Protocol, m.Kind, m.Outcome, m.Request, m.Code, m.Summary)
		for _, w := range m.Warnings {
			line += " !" + w.Code
		}
		lines = append(lines, line)
	}
	return lines
}

func (k *mediaSink) values(field string) (values []string) {
	for _, m := range k.messages {
		for _, f := range m.Fields {
			if f.Name == field {
				values = append(values, f.Text+fmt.Sprint(f.Num))
			}
		}
	}
	return values
}

// mediaNet plays datagrams and streams.
type mediaNet struct {
	engine *Engine
	sink   *mediaSink
	conns  map[[2]Endpoint]*Connection
	order  []*Connection
	frame  uint32
	now    index.Time
}

func newMediaNet() *mediaNet {
	k := &mediaSink{}
	return &mediaNet{engine: NewEngine(k, mediaProtocols()), sink: k, conns: map[[2]Endpoint]*Connection{}}
}

// send plays a datagram, some milliseconds after the one before.
func (n *mediaNet) send(after float64, from, to string, data []byte) {
	n.frame++
	n.now += index.Time(after * 1e6)
	n.engine.At(n.frame, n.now)
	src, dst := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	c, side := n.conns[[2]Endpoint{src, dst}], index.SideA
	if c == nil {
		c, side = n.conns[[2]Endpoint{dst, src}], index.SideB
	}
	if c == nil {
		c, side = n.engine.Open(uint32(len(n.order)), [2]Endpoint{src, dst}, true), index.SideA
		n.conns[[2]Endpoint{src, dst}] = c
		n.order = append(n.order, c)
	}
	c.Datagram(side, data, n.frame, n.now)
}

func (n *mediaNet) close() {
	for _, c := range n.order {
		c.Close(CaptureEnded)
	}
}

// mediaTurn is what a side of a stream says.
type mediaTurn struct {
	side index.Side
	text string
}

// playTurns plays a stream, each turn in pieces.
func playTurns(turns []mediaTurn, cut func(n int) int) *mediaSink {
	k := &mediaSink{}
	e := NewEngine(k, mediaProtocols())
	c := e.Open(0, [2]Endpoint{netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:5060")}, false)
	c.Client(index.SideA)
	var offsets [2]uint64
	frame := uint32(0)
	for _, t := range turns {
		for data := []byte(t.text); len(data) > 0; {
			n := cut(len(data))
			frame++
			e.At(frame, index.Time(frame)*1e6)
			c.Bytes(t.side, offsets[t.side], data[:n], frame, index.Time(frame)*1e6)
			offsets[t.side] += uint64(n)
			data = data[n:]
		}
	}
	c.Close(Finished)
	if e.Panics > 0 {
		panic("a decoder panicked")
	}
	return k
}

func whole(n int) int { return n }

// plain writes the messages without frames, but for conclusions and those cut.
func plain(k *mediaSink) []string {
	lines := k.lines(func(m *index.Message) bool { return m.Kind != index.Conclusion && m.Outcome != index.Truncated })
	for i, l := range lines {
		_, lines[i], _ = strings.Cut(l, " ")
	}
	return lines
}

// checkCuts plays a stream whole, in random pieces, and with its end cut off.
func checkCuts(t *testing.T, turns []mediaTurn) {
	t.Helper()
	want := plain(playTurns(turns, whole))
	if len(want) == 0 {
		t.Fatal("no message")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		most, begun := 1+r.IntN(200), false
		got := plain(playTurns(turns, func(n int) int {
			if !begun { // the protocol is looked for in the first pieces only
				begun = true
				return min(n, 64)
			}
			return 1 + r.IntN(min(n, most))
		}))
		if !slices.Equal(got, want) {
			t.Fatalf("pieces up to %d:\n%s\nwant\n%s", most, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	for range 200 {
		short := slices.Clone(turns[:1+r.IntN(len(turns))])
		last := &short[len(short)-1]
		last.text = last.text[:r.IntN(len(last.text))]
		got := plain(playTurns(short, whole))
		if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("cut:\n%s\nwant the begin of\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func checkLines(t *testing.T, got []string, want string) {
	t.Helper()
	if text := strings.Join(got, "\n"); text != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", text, strings.TrimSpace(want))
	}
}

func checkValues(t *testing.T, k *mediaSink, field string, want ...string) {
	t.Helper()
	if got := k.values(field); !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", field, got, want)
	}
}

// rtpPacket makes a packet.
func rtpPacket(pt byte, seq uint16, timestamp, ssrc uint32) []byte {
	b := []byte{0x80, pt}
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, timestamp)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	return append(b, make([]byte, 160)...)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
