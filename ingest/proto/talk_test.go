package proto

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// talk takes what an engine says.
type talk struct {
	messages []*index.Message
	apps     []*index.Application
}

func (k *talk) Message(m *index.Message)         { k.messages = append(k.messages, stored(m)) }
func (k *talk) Application(a *index.Application) { k.apps = append(k.apps, a) }

// talkProtocols are those that the scripts speak.
func talkProtocols() []Protocol {
	return []Protocol{
		smtpProtocol(), ftpProtocol(), ftpDataProtocol(), popProtocol(), imapProtocol(), ircProtocol(), ldapProtocol(),
		{Name: "tls", Title: "TLS", On: Streams, New: func() Decoder { return &swallow{} }},
	}
}

// swallow stands for a protocol that another one switched to. It tells how much came.
type swallow struct{ bytes [2]int }

func (w *swallow) Decode(s *Stream, data []byte) int {
	w.bytes[s.Side()] += len(data)
	return len(data)
}

func (w *swallow) Gap(*Stream, Gap) {}

func (w *swallow) End(s *Stream, _ []byte, _ End) {
	if n := w.bytes[s.Side()]; n > 0 {
		m := s.Message(s.At(0))
		m.Summary = fmt.Sprintf("%d bytes", n)
		s.Emit(m, s.At(0))
	}
}

// script is a connection: lines "C text" and "S text" are frames of the client and the
// server, from 1; \r\n is added, unless the line ends with a backslash. "-" lines are gaps.
type script struct {
	port   uint16
	frames string
	pieces *rand.Rand // cuts the frames into pieces, if not nil
	end    End
}

// run feeds an engine, and tells how many messages there were before the end.
func (x script) run(k *talk) (before int) {
	return x.connection(NewEngine(k, talkProtocols()), k, 1, 0)
}

// connection plays the script as a connection with a number, whose first frame is the
// one after frame.
func (x script) connection(e *Engine, k *talk, number, frame uint32) (before int) {
	c := e.Open(number, [2]Endpoint{netip.MustParseAddrPort("10.0.0.1:40000"), netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), x.port)}, false)
	c.Client(index.SideA)
	var offsets [2]uint64
	for line := range strings.Lines(x.frames) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) < 2 {
			continue
		}
		frame++
		side := index.SideA
		if line[0] == 'S' || line[1] == 'S' {
			side = index.SideB
		}
		at := index.Time(frame) * 1e6
		e.At(frame, at)
		if line[0] == '-' {
			c.Gap(side, Gap{Bytes: 100})
			offsets[side] += 100
			continue
		}
		for data := frameBytes(line); len(data) > 0; {
			n := len(data)
			if x.pieces != nil {
				n = 1 + x.pieces.IntN(n)
			}
			c.Bytes(side, offsets[side], data[:n], frame, at)
			offsets[side] += uint64(n)
			data = data[n:]
		}
	}
	before = len(k.messages)
	c.Close(x.end)
	return before
}

// frameBytes gives what a line of a script stands for.
func frameBytes(line string) []byte {
	text, open := strings.CutSuffix(line[2:], `\`)
	text = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\0`, "\x00", `\x01`, "\x01").Replace(text)
	if !open {
		text += "\r\n"
	}
	return []byte(text)
}

// lines writes the messages, one a line: frames, kind, request, code, outcome, summary,
// warnings.
func (k *talk) lines() (all []string) {
	for _, m := range k.messages {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %d-%d %s", m.Protocol, m.First, m.Frame, m.Kind)
		if m.Request > 0 {
			fmt.Fprintf(&b, " of %d", m.Request)
		}
		if m.Code != "" {
			fmt.Fprintf(&b, " %s", m.Code)
		}
		if m.Outcome != index.Fine {
			fmt.Fprintf(&b, " %s", m.Outcome)
		}
		fmt.Fprintf(&b, ": %s", m.Summary)
		for _, w := range m.Warnings {
			fmt.Fprintf(&b, " !%s", w.Code)
		}
		if o := m.Object; o != nil {
			fmt.Fprintf(&b, " [%s %d %s %.8s]", o.Name, o.Size, o.Verdict, o.SHA256)
		}
		all = append(all, strings.ReplaceAll(b.String(), "\x01", `\x01`))
	}
	return all
}

// values gives the values of a field, with their frames.
func (k *talk) values(field string) string {
	var all []string
	kinds := map[string]dissect.FieldKind{}
	for _, f := range Fields() {
		kinds[f.Name] = f.Kind
	}
	for _, m := range k.messages {
		for _, f := range m.Fields {
			if f.Name == field {
				v := f.Text
				switch kind := kinds[field]; {
				case f.Secret:
					v = "secret"
				case kind != dissect.KindString && kind != dissect.KindBytes:
					v = fmt.Sprint(f.Num)
				}
				all = append(all, fmt.Sprintf("%d:%s", m.Frame, v))
			}
		}
	}
	return strings.Join(all, " ")
}

// check runs a script and compares its messages; then it runs it in random pieces, and
// cut off, which must give the same messages and a part of them.
func (x script) check(t *testing.T, want string) *talk {
	t.Helper()
	k := &talk{}
	x.run(k)
	got := k.lines()
	if w := strings.Split(strings.TrimSpace(want), "\n"); !slices.Equal(got, w) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(w, "\n"))
	}
	for seed := range uint64(20) {
		x.pieces = rand.New(rand.NewPCG(seed, 1))
		again := &talk{}
		x.run(again)
		if l := again.lines(); !slices.Equal(l, got) {
			t.Fatalf("in pieces (seed %d):\n%s\nwhole:\n%s", seed, strings.Join(l, "\n"), strings.Join(got, "\n"))
		}
	}
	x.pieces = nil
	frames := slices.Collect(strings.Lines(x.frames))
	for n := range frames {
		cut := x
		cut.frames = strings.Join(frames[:n], "")
		part := &talk{}
		before := cut.run(part)
		if l := part.lines()[:before]; before > len(got) || !slices.Equal(l, got[:before]) {
			t.Fatalf("first %d lines:\n%s\nall:\n%s", n, strings.Join(l, "\n"), strings.Join(got, "\n"))
		}
	}
	return k
}

// FuzzMail feeds the decoders of mail, FTP, IRC and LDAP with pieces of both directions.
func FuzzMail(f *testing.F) {
	for _, s := range []string{smtpTalk, popTalk, imapTalk, ftpTalk, ircTalk} {
		var b bytes.Buffer
		for line := range strings.Lines(s) {
			if line = strings.TrimSuffix(line, "\n"); len(line) > 2 {
				data := frameBytes(line)
				b.Write([]byte{map[byte]byte{'C': 1}[line[0]], byte(min(255, len(data)))})
				b.Write(data[:min(255, len(data))])
			}
		}
		f.Add(b.Bytes())
	}
	f.Add(append([]byte{1, 14}, 0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0))
	f.Add([]byte("\x01\x0e0\f\x02\x01\x01`\a\x7fV\xc2\xc2\xc2\xc2\xc2\xfa\x00\x00\xfa\x04\x00\x80\x00")) // an empty datagram
	f.Fuzz(func(t *testing.T, data []byte) {
		protocols := append(talkProtocols(), tftpProtocol(), syslogProtocol(), cldapProtocol())
		for i := range protocols {
			k := &talk{}
			e := NewEngine(k, protocols)
			datagrams := protocols[i].On&Datagrams != 0
			c := e.Open(1, [2]Endpoint{netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:1")}, datagrams)
			c.Client(index.SideA)
			if !datagrams {
				c.adopt(&e.protocols[i], true)
			}
			var offsets [2]uint64
			frame := uint32(0)
			for b := data; len(b) > 2; {
				side, n := index.Side(1-b[0]&1), min(int(b[1]), len(b)-2)
				gap := b[0]&0x0e == 0x0e
				piece := b[2 : 2+n]
				b = b[2+n:]
				frame++
				e.At(frame, index.Time(frame))
				switch {
				case datagrams:
					c.Datagram(side, piece, frame, index.Time(frame))
				case gap:
					c.Gap(side, Gap{Bytes: uint64(n)})
					offsets[side] += uint64(n)
				case n > 0:
					c.Bytes(side, offsets[side], piece, frame, index.Time(frame))
					offsets[side] += uint64(n)
				}
			}
			c.Close(Finished)
			if e.Panics > 0 {
				t.Fatalf("%s panicked", protocols[i].Name)
			}
			for _, m := range k.messages {
				if len(m.Summary) > maxSummary || m.Frame < m.First || m.Frame > frame {
					t.Fatalf("%s: message of frames %d to %d of %d, summary of %d bytes", m.Protocol, m.First, m.Frame, frame, len(m.Summary))
				}
			}
		}
	})
}
