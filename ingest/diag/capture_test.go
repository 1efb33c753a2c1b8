package diag

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// fed gives connections to a Capture; times and frames are those that the lines and
// the number of the connection make.
type fed struct {
	t   *testing.T
	a   *Capture
	n   uint32
	end int64 // of the capture, ms
}

func feedCapture(t *testing.T, endMs int64) *fed {
	return &fed{t: t, a: NewCapture(Defaults()), end: endMs}
}

// add feeds a connection between two endpoints, the first packet's sender first.
func (f *fed) add(from, to, lines string) {
	f.t.Helper()
	e := New(Defaults())
	w := e.Begin()
	var conn tcp.Conn
	for line := range strings.SplitSeq(lines, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f.n++
		p := packetOf(f.t, line, f.n)
		a := conn.Feed(p.Segment)
		p.Analysis = &a
		e.Feed(p)
	}
	w.A, w.B = netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	r := &Report{CaptureEnd: f.end * 1e6}
	f.a.Connection(&w.Conn, r, e.Finish(r, false))
}

// codes gives the findings by code; there is one of each at most.
func (f *fed) codes(info *index.FileInfo) map[string]index.Finding {
	f.t.Helper()
	out := map[string]index.Finding{}
	for _, x := range f.a.Finish(info) {
		if _, known := Find(x.Code); !known || x.Sentence == "" || len(x.Frames) > index.MaxEvidence || uint32(len(x.Frames)) > x.Count || x.Side != -1 {
			f.t.Errorf("%+v", x)
		}
		if _, twice := out[x.Code]; twice {
			f.t.Errorf("%s twice", x.Code)
		}
		out[x.Code] = x
	}
	return out
}

func TestCaptureOneSided(t *testing.T) {
	for _, c := range []struct {
		of   int
		want bool
	}{{3, true}, {4, false}} {
		f := feedCapture(t, minute)
		f.add("10.0.0.1:1000", "10.0.0.2:80", "0 > S 99 0 0\n10 > A 100 500 0\n")
		for range c.of - 1 {
			f.add("10.0.0.1:1001", "10.0.0.2:80", opened)
		}
		found, ok := f.codes(nil)["one_sided"]
		if ok != c.want || ok && (found.Count != 1 || found.Frames[0] != 1 || !strings.Contains(found.Sentence, "Of 1 of the 3 TCP connections")) {
			t.Errorf("1 of %d: %+v", c.of, found)
		}
	}
}

func TestCaptureDuplicates(t *testing.T) {
	for _, c := range []struct {
		segments int // of 2 packets, beside the handshake and the copy
		want     bool
	}{{7, true}, {8, false}} {
		f := feedCapture(t, minute)
		f.add("10.0.0.1:1000", "10.0.0.2:80", opened+"900 > A 100 500 0 dup=1\n")
		f.add("10.0.0.1:1001", "10.0.0.2:80", strings.Repeat("0 > A 100 500 10\n1 < A 500 110 0\n", c.segments))
		found, ok := f.codes(nil)["capture_duplicates"]
		if ok != c.want || ok && (found.Count != 1 || found.Frames[0] != 4 || !strings.Contains(found.Sentence, "5.6 % of the TCP packets (1 of 18)")) {
			t.Errorf("%d segments: %+v", c.segments, found)
		}
	}
}

func TestCaptureDrops(t *testing.T) {
	n, zero := uint64(3), uint64(0)
	f := feedCapture(t, minute)
	found, ok := f.codes(&index.FileInfo{Interfaces: []index.Interface{{Packets: 5, Dropped: &n}, {Packets: 6, Dropped: &n, OSDropped: &n}}})["capture_drops"]
	if !ok || !strings.Contains(found.Sentence, "9 dropped packets (6 by the interface, 3 by the operating system) beside the 11") {
		t.Errorf("%+v", found)
	}
	if found := f.codes(&index.FileInfo{Interfaces: []index.Interface{{Dropped: &zero}, {}}}); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

func TestCapturePoint(t *testing.T) {
	at := func(serverMs, clientMs string) string {
		return "0 > S 99 0 0\n" + serverMs + " < SA 499 100 0\n" + clientMs + " > A 100 500 0\n"
	}
	for _, c := range []struct{ server, client, says string }{
		{"100", "110", "near the clients"}, {"100", "112", ""}, {"10", "110", "near the servers"}, {"12", "110", ""},
	} {
		f := feedCapture(t, minute)
		f.add("10.0.0.1:1000", "10.0.0.2:80", at(c.server, c.client))
		if found, ok := f.codes(nil)["capture_point"]; ok != (c.says != "") || !strings.Contains(found.Sentence, c.says) {
			t.Errorf("%+v: %+v", c, found)
		}
	}
}

func TestCaptureChecksums(t *testing.T) {
	a, b, c := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("fe80::1%eth0")
	type count struct {
		sender    Sender
		good, bad uint32
	}
	for name, row := range map[string]struct {
		counts []count
		want   []string
		says   string
	}{
		"offload":   {[]count{{a, 10, 90}, {b, 100, 0}}, []string{"capture_checksum_offload"}, "1 sender (10.0.0.1)"},
		"corrupted": {[]count{{a, 11, 89}, {b, 100, 0}}, []string{"capture_checksum_errors"}, "89 of 100 packets of 1 sender (10.0.0.1)"},
		"two hosts": {[]count{{a, 0, 90}, {c, 0, 1}}, []string{"capture_checksum_offload"}, "2 senders (10.0.0.1, fe80::1)"},
		"parts":     {[]count{{a, 0, 50}, {a, 10, 40}, {b, 99, 1}}, []string{"capture_checksum_offload", "capture_checksum_errors"}, "Nearly all packets of 1 sender"},
		"good":      {[]count{{a, 100, 0}, {netip.Addr{}, 0, 5}}, nil, ""},
	} {
		x := NewCapture(Defaults())
		for _, n := range row.counts {
			x.Checksums(n.sender, n.good, n.bad)
		}
		var got []string
		found := x.Finish(nil)
		for _, f := range found {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, row.want) || len(got) > 0 && !strings.Contains(found[0].Sentence, row.says) {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// TestChecksumBounds: many senders do not hide the one with wrong checksums.
func TestCaptureChecksumBounds(t *testing.T) {
	x := NewCapture(Defaults())
	bad := netip.MustParseAddr("192.0.2.1")
	x.Checksums(bad, 0, 10)
	for i := range uint32(3 * maxSenders) {
		x.Checksums(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5, 0)
	}
	x.Checksums(bad, 0, 10)
	found := x.Finish(nil)
	if len(x.sums.list) > maxSenders || len(found) != 1 || found[0].Code != "capture_checksum_offload" || found[0].Numbers[1].Value != 20 {
		t.Errorf("%d listed: %+v", len(x.sums.list), found)
	}
}
