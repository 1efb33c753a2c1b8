package query

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
)

// TestFollowAsTshark: the bytes of both directions of each stream are those that
// tshark recorded in golden/follow.tsv.
func TestFollowAsTshark(t *testing.T) {
	golden, err := os.ReadFile("../testdata/golden/follow.tsv")
	if err != nil {
		t.Fatal(err)
	}
	byCapture := map[string][][]string{}
	for line := range strings.Lines(string(golden)) {
		row := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		byCapture[row[0]] = append(byCapture[row[0]], row)
	}
	for name, rows := range byCapture {
		e := engineWith(t, name)
		all, err := e.Connections(context.Background(), ConnectionsRequest{All: true, Protocol: "tcp"})
		if err != nil {
			t.Fatal(err)
		}
		numbers := map[string]*ConnectionRow{}
		for i := range all.Rows {
			numbers[fmt.Sprint(*all.Rows[i].Stream)] = &all.Rows[i]
		}
		for _, row := range rows {
			c := numbers[row[1]]
			if c == nil {
				t.Fatalf("%s has no tcp.stream %s", name, row[1])
			}
			directions := []string{"client", "server"}
			if c.Client != row[2] {
				directions = []string{"server", "client"}
			}
			for i, d := range directions {
				got, _ := followed(t, e, FollowRequest{Capture: name, Connection: fmt.Sprint(c.Connection), Direction: d, Certain: true})
				sum := sha256.Sum256(got)
				if strconv.Itoa(len(got)) != row[3+2*i] || hex.EncodeToString(sum[:]) != row[4+2*i] {
					t.Errorf("%s stream %s: %s sent %d bytes, want %s", name, row[1], d, len(got), row[3+2*i])
				}
			}
		}
	}
}

// followed gives all bytes that a request asks for.
func followed(t *testing.T, e *Engine, q FollowRequest) ([]byte, *FollowAnswer) {
	t.Helper()
	var b []byte
	a, err := e.FollowTo(context.Background(), q, func(c *FollowChunk) error {
		b = append(b, c.Data...)
		return nil
	})
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return b, a
}

// wire is a packet of a capture that a test writes: IPv4 between 10.0.0.1 (side 0)
// and 10.0.0.2.
type wire struct {
	side     int
	proto    byte // 6 or 17; 1: an ICMP error that quotes a TCP packet of the other side
	flags    byte
	seq, ack uint32
	payload  string
	cut      int    // bytes that the snap length took
	port     uint16 // of side 0, 40000 if 0
}

func (w *wire) packet() []byte {
	var h []byte
	ports := [2]uint16{cmp.Or(w.port, 40000), 80}
	h = binary.BigEndian.AppendUint16(h, ports[w.side])
	h = binary.BigEndian.AppendUint16(h, ports[1-w.side])
	switch w.proto {
	case 17:
		h = binary.BigEndian.AppendUint16(h, uint16(8+len(w.payload)))
		h = append(h, 0, 0)
	default:
		h = binary.BigEndian.AppendUint32(h, w.seq)
		h = binary.BigEndian.AppendUint32(h, w.ack)
		h = append(h, 5<<4, w.flags, 0xff, 0xff, 0, 0, 0, 0)
	}
	return ipv4(w.side, w.proto, append(h, w.payload...))
}

func ipv4(side int, proto byte, payload []byte) []byte {
	b := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, byte(1 + side), 10, 0, 0, byte(2 - side)}
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(payload)))
	return append(b, payload...)
}

// engineWithPackets gives an engine over a capture of raw IP packets, a
// millisecond apart.
func engineWithPackets(t *testing.T, packets []wire) *Engine {
	t.Helper()
	return engineWithConfig(t, ingest.Config{}, packets)
}

func engineWithConfig(t *testing.T, c ingest.Config, packets []wire) *Engine {
	t.Helper()
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0)
	for i := range packets {
		w := &packets[i]
		p := w.packet()
		if w.proto == 1 {
			quoted := *w
			quoted.proto, quoted.side = 6, 1-w.side
			p = ipv4(w.side, 1, append([]byte{3, 1, 0, 0, 0, 0, 0, 0}, quoted.packet()...))
		}
		for _, v := range []uint32{0, uint32(i) * 1000, uint32(len(p) - w.cut), uint32(len(p))} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = append(b, p[:len(p)-w.cut]...)
	}
	path := filepath.Join(t.TempDir(), "written.pcap")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	store := index.OpenStore(t.TempDir())
	e := New(StoreSource{store}, testWriter{store, c})
	if _, err := e.Add(context.Background(), AddRequest{Files: []string{path}}, nil); err != nil {
		t.Fatal(err)
	}
	return e
}

const (
	fin, syn, ack = 1, 2, 16
)

// rows writes an answer's rows as text.
func rows(a *FollowAnswer) string {
	var lines []string
	for _, r := range a.Rows {
		what := r.Bytes
		if r.Gap != "" {
			what = fmt.Sprintf("[%d %s]", r.Length, r.Gap)
		}
		lines = append(lines, fmt.Sprintf("%s %d @%d %s", r.Direction, r.Offset, r.Frame, what))
	}
	return strings.Join(lines, "; ")
}

// TestFollowRows: both directions in the order of the capture, gaps with their
// reason, overlaps that differ, and what is left out only when asked.
func TestFollowRows(t *testing.T) {
	shake := []wire{
		{0, 6, syn, 100, 0, "", 0, 0}, {1, 6, syn | ack, 500, 101, "", 0, 0}, {0, 6, ack, 101, 501, "ask", 0, 0},
	}
	for name, c := range map[string]struct {
		packets        []wire
		want, certain  string
		complete       bool
		hints          string
		client, server FollowSide
	}{
		"complete": {
			packets:  append(shake[:3:3], wire{1, 6, ack, 501, 104, "answer", 0, 0}, wire{1, 6, fin | ack, 507, 104, "", 0, 0}, wire{0, 6, fin | ack, 104, 508, "", 0, 0}),
			want:     "client 0 @3 ask; server 0 @4 answer",
			complete: true,
			client:   FollowSide{Bytes: 3, Begin: "syn", End: "fin"}, server: FollowSide{Bytes: 6, Begin: "syn", End: "fin"},
		},
		"gap that was acknowledged, and a quoted header": {
			packets: append(shake[:3:3], wire{0, 6, ack, 110, 501, "more", 0, 0}, wire{0, 1, ack, 501, 1, "quoted", 0, 0}, wire{1, 6, 4 | ack, 501, 114, "", 0, 0}),
			want:    "client 0 @3 ask; client 3 @6 [6 not captured]; client 9 @4 more",
			hints:   "the client's stream lacks 6 bytes in 1 gap",
			client:  FollowSide{Bytes: 7, Missing: 6, Gaps: 1, Begin: "syn", End: "open"}, server: FollowSide{Begin: "syn", End: "rst"},
		},
		"gap that nobody acknowledged": {
			packets: append(shake[:3:3], wire{0, 6, ack, 110, 501, "more", 0, 0}, wire{0, 6, ack, 114, 501, "!", 0, 0}),
			want:    "client 0 @3 ask; client 3 @0 [6 not recovered]; client 9 @4 more; client 13 @5 !",
			certain: "client 0 @3 ask",
			hints:   "the client's stream lacks 6 bytes in 1 gap",
			client:  FollowSide{Bytes: 8, Missing: 6, Gaps: 1, Begin: "syn", End: "open"}, server: FollowSide{Begin: "syn", End: "open"},
		},
		"midstream, frames cut": {
			packets: []wire{{0, 6, ack, 1, 1, "abcdef", 2, 0}, {0, 6, ack, 7, 1, "ghi", 3, 0}, {0, 6, ack, 10, 1, "j", 0, 0}},
			want:    "client 0 @1 abcd; client 4 @1 [5 cut by the snap length]; client 9 @3 j",
			hints:   "the client's stream lacks 5 bytes in 2 gaps",
			client:  FollowSide{Bytes: 5, Missing: 5, Gaps: 2, Begin: "midstream", End: "open"}, server: FollowSide{Begin: "midstream", End: "open"},
		},
		"sent again, differently": {
			packets: append(shake[:3:3], wire{0, 6, ack, 101, 501, "aXk more", 0, 0}),
			want:    "client 0 @3 ask; client 3 @4  more",
			hints:   "the client sent 1 place again with other bytes; the first to come are shown",
			client:  FollowSide{Bytes: 8, Conflicts: 1, Begin: "syn", End: "open"}, server: FollowSide{Begin: "syn", End: "open"},
		},
		"datagrams": {
			packets:  []wire{{0, 17, 0, 0, 0, "one", 0, 0}, {1, 17, 0, 0, 0, "\x00\xffü", 0, 0}, {0, 17, 0, 0, 0, "", 0, 0}, {0, 17, 0, 0, 0, "two", 1, 0}, {0, 17, 0, 0, 0, "three", 0, 0}},
			want:     "client 0 @1 one; server 0 @2 ..ü; client 3 @4 tw; client 5 @4 [1 cut by the snap length]; client 6 @5 three",
			hints:    "the client's stream lacks 1 byte in 1 gap",
			client:   FollowSide{Bytes: 10, Missing: 1, Gaps: 1},
			server:   FollowSide{Bytes: 4},
			complete: false,
		},
		"nothing": {packets: shake[:2], hints: "the connection carried no payload", client: FollowSide{Begin: "syn", End: "open"}, server: FollowSide{Begin: "syn", End: "open"}},
	} {
		e := engineWithPackets(t, c.packets)
		q := FollowRequest{Capture: "written.pcap", Connection: "0"}
		a, err := e.Follow(context.Background(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := rows(a); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
		if got := strings.Join(a.Hints, "; "); got != c.hints || a.Complete != c.complete || a.ClientStream != c.client || a.ServerStream != c.server {
			t.Errorf("%s: complete %v, hints %q, client %+v, server %+v", name, a.Complete, got, a.ClientStream, a.ServerStream)
		}
		if len(a.Conflicts) != c.client.Conflicts {
			t.Errorf("%s: conflicts %+v", name, a.Conflicts)
		}
		if c.certain == "" {
			c.certain = c.want
		}
		q.Certain = true
		if a, err = e.Follow(context.Background(), q); err != nil || rows(a) != c.certain {
			t.Errorf("%s: for certain %s, want %s: %v", name, rows(a), c.certain, err)
		}
	}
}

// TestFollowLeftOut: what is left out behind a hole can be asked for.
func TestFollowLeftOut(t *testing.T) {
	e := engineWithPackets(t, []wire{{0, 6, ack, 1, 1, "ab", 0, 0}, {0, 6, ack, 9, 1, "ij", 0, 0}})
	q := FollowRequest{Capture: "written.pcap", Connection: "0", Certain: true}
	b, a := followed(t, e, q)
	if want := "2 bytes behind a hole that nobody filled or acknowledged are left out, as in Wireshark: --offset 8 begins with them"; string(b) != "ab" || a.Hints[len(a.Hints)-1] != want {
		t.Errorf("%q, hints %q", b, a.Hints)
	}
	q.Offset = 8
	if b, _ = followed(t, e, q); string(b) != "ij" {
		t.Errorf("from 8 on: %q", b)
	}
}

// TestFollowPages: pages of any size, of one direction and of both, put together
// are the whole, and so are answers that were cut.
func TestFollowPages(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng", "snaplen-60.pcap")
	for _, base := range []FollowRequest{
		{Capture: "web-day.pcap", Connection: "2"},
		{Capture: "web-day.pcap", Connection: "1"},
		{Capture: "http-loss.pcapng", Connection: "1", Direction: "server"},
		{Capture: "snaplen-60.pcap", Connection: "0"},
	} {
		want, all := followed(t, e, base)
		if len(want) == 0 {
			t.Fatalf("%+v: nothing to compare", base)
		}
		for _, limit := range []int{1, 7, 1000, len(want), len(want) + 1} {
			if len(want) > 10000 && limit < 1000 {
				continue
			}
			for _, cut := range []bool{false, true} {
				if got := paged(t, e, base, limit, cut, all); !bytes.Equal(got, want) {
					t.Errorf("%+v in pages of %d, cut %v: %d bytes, want %d", base, limit, cut, len(got), len(want))
				}
			}
		}
	}
}

func paged(t *testing.T, e *Engine, q FollowRequest, limit int, cut bool, all *FollowAnswer) (got []byte) {
	t.Helper()
	q.Limit, q.Format = limit, "raw"
	for pages := 0; ; pages++ {
		a, err := e.Follow(context.Background(), q)
		if err != nil || pages > 100000 {
			t.Fatalf("%+v: %d pages, %v", q, pages, err)
		}
		if a.ClientStream != all.ClientStream || a.ServerStream != all.ServerStream || a.Complete != all.Complete {
			t.Fatalf("%+v: a page tells other sums: %+v", q, a)
		}
		if cut {
			a.Cut(pages%3, limit/2)
		}
		n := 0
		for _, r := range a.Rows {
			b, err := base64.StdEncoding.DecodeString(r.Bytes)
			if err != nil || r.Gap == "" && uint64(len(b)) != r.Length {
				t.Fatalf("%+v: row %+v: %v", q, r, err)
			}
			got, n = append(got, b...), n+len(b)
		}
		if n > limit {
			t.Fatalf("%+v: %d bytes", q, n)
		}
		if q.Offset = a.NextOffset; q.Offset == 0 {
			return got
		}
	}
}

func TestFollowErrors(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	for _, c := range []struct {
		q     FollowRequest
		kind  Kind
		parts []string
	}{
		{FollowRequest{Capture: "nope", Connection: "1"}, NotFound, []string{"no such capture"}},
		{FollowRequest{Capture: "web-day.pcap", Connection: "20"}, NotFound, []string{"has 20, numbered from 0"}},
		{FollowRequest{Capture: "web-day.pcap", Connection: "x"}, NotFound, []string{`"x"`}},
		{FollowRequest{Capture: "web-day.pcap"}, BadRequest, []string{"which connection?"}},
		{FollowRequest{Capture: "web-day.pcap", Connection: "0"}, BadRequest, []string{"icmp", "packet CAPTURE --connection"}},
		{FollowRequest{Capture: "web-day.pcap", Connection: "1", Direction: "sever"}, BadRequest, []string{"did you mean server"}},
		{FollowRequest{Capture: "web-day.pcap", Connection: "1", Format: "txt"}, BadRequest, []string{"did you mean text"}},
		{FollowRequest{Capture: "web-day.pcap", Connection: "1", Limit: -1}, BadRequest, []string{"negative"}},
	} {
		_, err := e.Follow(context.Background(), c.q)
		wantError(t, err, c.kind, c.parts...)
	}
	stop := fmt.Errorf("the pipe is gone")
	_, err := e.FollowTo(context.Background(), FollowRequest{Capture: "web-day.pcap", Connection: "2"}, func(*FollowChunk) error { return stop })
	if err == nil || !strings.Contains(err.Error(), stop.Error()) {
		t.Errorf("a failing writer: %v", err)
	}
}

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\n\tc\rd": "a\nb\n\tc.d", "\x00\x1b[0m": "..[0m", "é\xc3": "é.", "\u202e\ufffd": "..", "": "",
	} {
		if got := PlainText([]byte(in)); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
