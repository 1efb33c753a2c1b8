package proto

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

// scriptTurn is what one side says at once.
type scriptTurn struct {
	server bool
	data   []byte
	gap    int // bytes lost before it
}

// scriptOf gives turns: "c" or "s" in front of what is said; "~" after it stands for
// 100 lost bytes before.
func scriptOf(says ...string) []scriptTurn {
	turns := make([]scriptTurn, 0, len(says))
	for _, t := range says {
		turn := scriptTurn{server: t[0] == 's', data: []byte(t[1:])}
		if len(t) > 1 && t[1] == '~' {
			turn.gap, turn.data = 100, []byte(t[2:])
		}
		turns = append(turns, turn)
	}
	return turns
}

// scriptSink keeps what an engine finds.
type scriptSink struct {
	messages []index.Message
	apps     []index.Application
}

func (k *scriptSink) Message(m *index.Message)         { k.messages = append(k.messages, *stored(m)) }
func (k *scriptSink) Application(a *index.Application) { k.apps = append(k.apps, *a) }

// playScript gives turns to an engine, each as a frame, or cut into frames. A name
// chooses the protocol; without one it is found.
func playScript(turns []scriptTurn, name string, port uint16, cut func(n int) int) (*scriptSink, *Engine) {
	k := &scriptSink{}
	e := NewEngine(k, All())
	ends := [2]Endpoint{netip.MustParseAddrPort("192.0.2.1:40000"), netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), port)}
	if name != "" {
		e.expected.add(ends[1], expectation{protocol: name})
	}
	c := e.Open(1, ends, false)
	c.Client(index.SideA)
	var at [2]uint64
	frame := uint32(0)
	for _, t := range turns {
		side := index.SideA
		if t.server {
			side = index.SideB
		}
		if t.gap > 0 {
			c.Gap(side, Gap{Bytes: uint64(t.gap)})
			at[side] += uint64(t.gap)
		}
		for b := t.data; len(b) > 0; {
			n := cut(len(b))
			frame++
			now := index.Time(int64(frame) * 1e6)
			e.At(frame, now)
			c.Bytes(side, at[side], b[:n], frame, now)
			at[side] += uint64(n)
			b = b[n:]
		}
	}
	c.Close(Finished)
	return k, e
}

func scriptWhole(n int) int { return n }

// scriptLine writes a message on a line; requests are named by their place among the
// lines.
func (k *scriptSink) scriptLines(all bool) []string {
	places := map[uint32]int{}
	var lines []string
	for i := range k.messages {
		m := &k.messages[i]
		if m.Kind == index.Continues && !all {
			continue
		}
		places[m.Number] = len(lines) + 1
		side := "c"
		if m.Side == index.SideB {
			side = "s"
		}
		line := fmt.Sprintf("%s %s/%s", side, m.Kind, m.Outcome)
		if m.Request > 0 {
			line += fmt.Sprintf(" of %d", places[m.Request])
		}
		if m.Code != "" {
			line += " [" + m.Code + "]"
		}
		line += " " + strings.ToValidUTF8(m.Summary, "?")
		for _, w := range m.Warnings {
			line += " !" + w.Code
		}
		lines = append(lines, line)
	}
	return lines
}

func checkScript(t *testing.T, k *scriptSink, all bool, want string) {
	t.Helper()
	got, lines := k.scriptLines(all), strings.Split(strings.Trim(want, "\n"), "\n")
	if !slices.Equal(got, lines) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

// scriptValues gives the values of a field, joined.
func (k *scriptSink) scriptValues(name string) string {
	var values []string
	for i := range k.messages {
		for _, f := range k.messages[i].Fields {
			if f.Name == name && f.Text != "" {
				values = append(values, f.Text)
			} else if f.Name == name {
				values = append(values, fmt.Sprint(int64(f.Num)))
			}
		}
	}
	return strings.Join(values, "|")
}

// checkScriptCuts: cuts into frames change no message that says something by itself,
// and bytes that are missing at the end cost but the last ones.
func checkScriptCuts(t *testing.T, turns []scriptTurn, name string) {
	t.Helper()
	k, _ := playScript(turns, name, 9999, scriptWhole)
	whole := k.scriptLines(false)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 60 {
		most := 1 + round%40
		cut := func(n int) int { return min(n, 1+r.IntN(most)) }
		k, e := playScript(turns, name, 9999, cut)
		if got := k.scriptLines(false); !slices.Equal(got, whole) || e.Panics > 0 {
			t.Fatalf("cut at %d: %d panics, got\n%s\nwant\n%s", most, e.Panics, strings.Join(got, "\n"), strings.Join(whole, "\n"))
		}
	}
	for i := range turns {
		part := slices.Clone(turns[:i+1])
		part[i].data = part[i].data[:r.IntN(len(part[i].data))]
		k, _ := playScript(part, name, 9999, scriptWhole)
		if got := k.scriptLines(false); len(got) > len(whole) || !slices.Equal(got, whole[:len(got)]) {
			t.Fatalf("turn %d cut: got\n%s\nwant the beginning of\n%s", i, strings.Join(got, "\n"), strings.Join(whole, "\n"))
		}
	}
}

// fuzzScript gives bytes to a protocol in pieces of both sides, and checks what comes
// out of it.
func fuzzScript(t *testing.T, name string, data []byte) {
	var turns []scriptTurn
	for len(data) > 1 && len(turns) < 200 {
		head := data[0]
		n := min(len(data)-1, 1+int(head>>2))
		turn := scriptTurn{server: head&1 == 1, data: data[1 : 1+n]}
		if head == 0x42 {
			turn.gap = 7
		}
		turns = append(turns, turn)
		data = data[1+n:]
	}
	k, e := playScript(turns, name, 9999, scriptWhole)
	if e.Panics > 0 {
		t.Fatal("a decoder panicked")
	}
	for i := range k.messages {
		m := &k.messages[i]
		if len(m.Summary) > 260 || m.First > m.Frame || m.Request > m.Number || len(m.Fields) > index.MaxMessageFields {
			t.Fatalf("odd message %+v", m)
		}
	}
}
