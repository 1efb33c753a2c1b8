package query

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pcapidx/index"
)

// observed is a capture that shows a pattern, and one that comes near it: of several
// captures with the same code, each has both.
type observed struct {
	code      string
	says      string // part of the statement
	link      uint32
	shows     []framed
	nearly    []framed
	summaries []string // protocols whose summary has it, too
}

// overviewed looks at all protocols of a written capture.
func overviewed(t *testing.T, link uint32, frames []framed) (*Engine, string, *OverviewAnswer) {
	t.Helper()
	e, id := listed(t, link, frames...)
	a, err := e.Overview(context.Background(), OverviewRequest{Capture: id})
	if err != nil {
		t.Fatal(err)
	}
	return e, id, a
}

// observation gives the first one of a code, nil if there is none.
func observation(all []Observation, code string) *Observation {
	for i := range all {
		if all[i].Code == code {
			return &all[i]
		}
	}
	return nil
}

func TestObservations(t *testing.T) {
	var cases []observed
	for _, some := range [][]observed{observedICMP(), observedDNS(), observedLinks(), observedSIP(), observedConnections(), observedRedirects(), observedAccess(), observedWarned()} {
		cases = append(cases, some...)
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.code+" "+c.says, func(t *testing.T) {
			e, id, a := overviewed(t, c.link, c.shows)
			o := observation(a.Observations, c.code)
			if o == nil {
				t.Fatalf("not seen among %+v", a.Observations)
			}
			if !strings.Contains(o.Statement, c.says) {
				t.Errorf("statement: %s; want %q in it", o.Statement, c.says)
			}
			checkObservation(t, o, len(c.shows))
			for _, protocol := range c.summaries {
				if s := observation(summed(t, e, id, protocol).Observations, c.code); s == nil || s.Statement != o.Statement {
					t.Errorf("summary of %s: %+v", protocol, s)
				}
			}
			if _, _, a = overviewed(t, c.link, c.nearly); observation(a.Observations, c.code) != nil {
				t.Errorf("seen in what only comes near: %s", observation(a.Observations, c.code).Statement)
			}
		})
	}
}

// checkObservation: every observation has evidence that exists, a rule, and an
// explanation without harm.
func checkObservation(t *testing.T, o *Observation, frames int) {
	t.Helper()
	if len(o.Frames) == 0 || len(o.Frames) > someValues || slices.ContainsFunc(o.Frames, func(f uint32) bool { return f == 0 || int(f) > frames }) {
		t.Errorf("evidence %v of %d frames", o.Frames, frames)
	}
	if o.Title == "" || o.Rule == "" || len(o.Benign) == 0 {
		t.Errorf("incomplete: %+v", o)
	}
	for _, word := range []string{"attack", "malicious", "suspicious", "a scan."} {
		if strings.Contains(strings.ToLower(o.Statement), word) {
			t.Errorf("a verdict: %s", o.Statement)
		}
	}
}

// repeated writes n frames, a step of milliseconds apart.
func repeated(n, step int, frame func(i int) []byte) (out []framed) {
	for i := range n {
		out = append(out, framed{i * step, frame(i)})
	}
	return out
}

// laterMS puts frames behind others.
func laterMS(all []framed, ms int, more ...framed) []framed {
	for _, f := range more {
		all = append(all, framed{f.ms + ms, f.data})
	}
	return all
}

// talk writes a connection: a handshake, what is said, from the client where it begins
// with ">" and from the server otherwise, and its end.
func talk(client, server string, said ...string) (out []framed) {
	out = []framed{{0, tcpPacket(client, server, syn, 1000, 0, "")}, {1, tcpPacket(server, client, syn|ack, 5000, 1001, "")}, {2, tcpPacket(client, server, ack, 1001, 5001, "")}}
	a, b := uint32(1001), uint32(5001)
	for i, s := range said {
		if text, ok := strings.CutPrefix(s, ">"); ok {
			out = append(out, framed{3 + i, tcpPacket(client, server, ack|8, a, b, text)})
			a += uint32(len(text))
		} else {
			out = append(out, framed{3 + i, tcpPacket(server, client, ack|8, b, a, s[1:])})
			b += uint32(len(s) - 1)
		}
	}
	n := 3 + len(said)
	return append(out, framed{n, tcpPacket(client, server, ack|1, a, b, "")}, framed{n + 1, tcpPacket(server, client, ack|1, b, a+1, "")}, framed{n + 2, tcpPacket(client, server, ack, a+1, b+1, "")})
}

// onEthernet puts an IP packet, or a payload of another type, into a frame.
func onEthernet(source byte, kind uint16, payload []byte) []byte {
	b := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, source, byte(kind >> 8), byte(kind)}
	return append(b, payload...)
}

// TestObservedSecrets: what was sent as a password is in no answer.
func TestObservedSecrets(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte("ann:s3cr3t"))
	_, _, a := overviewed(t, linkRaw, talk("10.0.0.1:40000", "10.0.0.2:80", ">GET / HTTP/1.1\r\nAuthorization: Basic "+encoded+"\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	text, err := json.Marshal(a)
	if err != nil || observation(a.Observations, "cleartext.credentials") == nil || strings.Contains(string(text), "s3cr3t") || strings.Contains(string(text), encoded) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestOverviewFigures: protocols with the most messages first, and codes that begin as
// asked; of many observations of one code the first ones with the number of the others.
func TestOverviewFigures(t *testing.T) {
	var frames []framed
	for i := range toldOfCode + 3 {
		frames = laterMS(frames, 100*i, talk(fmt.Sprintf("10.0.0.1:%d", 40000+i), fmt.Sprintf("10.0.1.%d:6379", i+1), ">*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "<$1\r\nb\r\n")...)
	}
	frames = append(frames, framed{5000, udpPacket("192.0.2.1:41000", resolver, dnsSays(1, asks, strings.Repeat("a", 60)+".example.com", 1))})
	e, id, a := overviewed(t, linkRaw, frames)
	if a.Messages != 17 || a.Connections != 9 || a.Identified != 9 || len(a.Protocols) != 2 || a.Protocols[0] != (ProtocolFigure{Protocol: "resp", Messages: 16}) || a.Protocols[1].Warnings == 0 {
		t.Errorf("%+v", a)
	}
	var redis []Observation
	for _, o := range a.Observations {
		if o.Code == "redis.no_auth" {
			redis = append(redis, o)
		}
	}
	if len(redis) != toldOfCode || redis[toldOfCode-1].More != 3 || redis[0].More != 0 {
		t.Errorf("%+v", redis)
	}
	some, err := e.Overview(context.Background(), OverviewRequest{Capture: id, Code: "dns."})
	if err != nil || len(some.Observations) != 1 || some.Observations[0].Code != "dns.long_label" {
		t.Errorf("%+v, %v", some, err)
	}
	if _, err = e.Overview(context.Background(), OverviewRequest{Capture: "none"}); err == nil {
		t.Error("a capture that is not there")
	}
}

// TestOverviewKept: of an index that stays open the first look is kept; a question about
// some codes does not change it.
func TestOverviewKept(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	kept := NewKeptSource(store, 1, time.Hour)
	defer kept.Close()
	e := New(kept, testWriter{store: store})
	id := ingestBytes(t, e, captureFile(linkRaw, framed{0, udpPacket("192.0.2.1:41000", resolver, dnsSays(1, asks, strings.Repeat("a", 60)+".example.com", 1))}))
	ask := func(code string) *OverviewAnswer {
		a, err := e.Overview(context.Background(), OverviewRequest{Capture: id, Code: code})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := ask("")
	if none := ask("tls"); len(first.Observations) != 1 || len(none.Observations) != 0 || len(none.Hints) != 1 {
		t.Errorf("%+v, then %+v", first, none)
	}
	if again := ask(""); !reflect.DeepEqual(first, again) {
		t.Errorf("%+v, then %+v", first, again)
	}
	x, _, err := kept.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if x.(*keptIndex).overview.Load() == nil {
		t.Error("nothing is kept")
	}
}
