package proto

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// webNet is a connection in memory: what it is given comes out as messages.
type webNet struct {
	engine   *Engine
	conn     *Connection
	messages []*index.Message
	apps     []*index.Application
	frame    uint32
	sent     [2]uint64
	cuts     *rand.Rand // cuts what is sent into pieces, each in a frame of its own
}

func newWebNet(datagrams bool) *webNet {
	n := &webNet{}
	n.engine = NewEngine(n, []Protocol{httpProtocol(), websocketProtocol(), jsonRPCProtocol(), ssdpProtocol()})
	n.conn = n.engine.Open(0, [2]Endpoint{netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:80")}, datagrams)
	if !datagrams {
		n.conn.Client(index.SideA)
	}
	return n
}

// Message implements Sink.
func (n *webNet) Message(m *index.Message) { n.messages = append(n.messages, stored(m)) }

// Application implements Sink.
func (n *webNet) Application(a *index.Application) { n.apps = append(n.apps, a) }

func (n *webNet) at() index.Time {
	now := index.Time(1_700_000_000_000_000_000 + int64(n.frame)*1e6)
	n.engine.At(n.frame, now)
	return now
}

func (n *webNet) send(side index.Side, text string) {
	for data := []byte(text); len(data) > 0; {
		k := len(data)
		if n.cuts != nil {
			k = 1 + n.cuts.IntN(len(data))
		}
		n.frame++
		now := n.at()
		if n.conn.datagrams {
			n.conn.Datagram(side, data[:k], n.frame, now)
		} else {
			n.conn.Bytes(side, n.sent[side], slices.Clone(data[:k]), n.frame, now)
		}
		n.sent[side] += uint64(k)
		data = data[k:]
	}
}

func (n *webNet) gap(side index.Side, g Gap) {
	n.at()
	n.conn.Gap(side, g)
	n.sent[side] += g.Bytes
}

func (n *webNet) end(side index.Side, e End) {
	n.frame++
	n.conn.End(side, e, n.frame, n.at())
}

// lines describes the messages. Frames are left out where pieces are cut by chance.
func (n *webNet) lines() string {
	var b strings.Builder
	for _, m := range n.messages {
		if n.cuts == nil {
			fmt.Fprintf(&b, "%d-%d ", m.First, m.Frame)
		}
		fmt.Fprintf(&b, "%s %s/%s", m.Protocol, m.Kind, m.Outcome)
		if m.Request > 0 {
			fmt.Fprintf(&b, " to %d", m.Request)
		}
		fmt.Fprintf(&b, " [%s]", m.Summary)
		if o := m.Object; o != nil {
			fmt.Fprintf(&b, " %q %s %d/%d/%d %s %s %.8s", o.Name, o.Sniff, o.Size, o.Wire, o.Expected, o.Coding, o.Verdict, o.SHA256)
		}
		for _, w := range m.Warnings {
			fmt.Fprintf(&b, " !%s", w.Code)
			if n.cuts == nil && len(w.Frames) > 0 {
				fmt.Fprintf(&b, "%v", w.Frames)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// webScript is what the sides say in turn: ">" or "<", and text; "." closes a side, "!"
// resets, "_" are bytes that are missing.
type webScript []string

func (x webScript) play(n *webNet) {
	for _, step := range x {
		side := index.SideA
		if step[0] == '<' {
			side = index.SideB
		}
		switch rest := step[1:]; {
		case rest == ".":
			n.end(side, Finished)
		case rest == "!":
			n.end(side, ResetBySender)
			n.conn.End(1-side, ResetByReceiver, n.frame, n.at())
		case strings.HasPrefix(rest, "_"):
			g := Gap{Bytes: uint64(len(rest)) - 1, Snapped: strings.HasPrefix(rest, "_s"), Lost: strings.HasPrefix(rest, "_l")}
			n.gap(side, g)
		default:
			n.send(side, rest)
		}
	}
	n.conn.Close(CaptureEnded)
}
