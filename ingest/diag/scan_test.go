package diag

import (
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"pcapidx/ingest/tcp"
)

// attempts of one source, one each spacing ms.
func (f *fed) attempts(n int, spacing float64, to func(i int) string, lines func(at float64) string) {
	f.t.Helper()
	for i := range n {
		f.add("192.0.2.9:5000", to(i), lines(float64(i)*spacing))
	}
}

func refusedAt(at float64) string { return fmt.Sprintf("%f > S 99 0 0\n%f < RA 0 100 0\n", at, at+1) }
func silentAt(at float64) string  { return fmt.Sprintf("%f > S 99 0 0\n", at) }
func probeAt(flags string) func(float64) string {
	return func(at float64) string { return fmt.Sprintf("%f > %s 99 0 0\n", at, flags) }
}

func ackProbe(at float64) string { return fmt.Sprintf("%f > A 99 7 0\n%f < R 7 0 0\n", at, at+1) }

func halfOpenAt(at float64) string {
	return fmt.Sprintf("%f > S 99 0 0\n%f < SA 499 100 0\n", at, at+1)
}

func fullAt(at float64) string { return halfOpenAt(at) + fmt.Sprintf("%f > A 100 500 0\n", at+2) }

func port(i int) string { return fmt.Sprintf("10.0.0.1:%d", 20+i) }
func host(i int) string { return fmt.Sprintf("10.0.%d.%d:22", i/256, i%256) }

func TestScans(t *testing.T) {
	same := func(int) string { return "10.0.0.1:80" }
	for _, c := range []struct {
		name    string
		n       int
		spacing float64 // ms
		to      func(int) string
		lines   func(float64) string
		code    string
		says    string // "": it must not be found
	}{
		{"refused", 15, 10, port, refusedAt, "port_scan", "192.0.2.9 tried 15 ports of 10.0.0.1 in 140 ms (15 refused): a scan."},
		{"14", 14, 10, port, refusedAt, "port_scan", ""},
		{"all of them", 3000, 10, port, silentAt, "port_scan", "tried 3000 ports of 10.0.0.1 in 30 s (3000 never answered)"},
		{"one port", 50, 10, func(int) string { return port(1) }, refusedAt, "port_scan", ""},
		{"answered", 50, 10, port, fullAt, "port_scan", ""},
		{"14 in 60 s", 30, 4300, port, refusedAt, "port_scan", ""},
		{"15 in 60 s", 30, 4285, port, refusedAt, "port_scan", "tried 30 ports"},
		{"hosts", 300, 10, host, silentAt, "host_scan", "192.0.2.9 tried port 22 of 300 hosts in 2.99 s (300 never answered): a scan."},
		{"14 hosts", 14, 10, host, silentAt, "host_scan", ""},
		{"no flags", 5, 10, port, probeAt("-"), "stealth_scan", "192.0.2.9 probed 5 ports of 10.0.0.1 in 40 ms with packets that no connection begins with (no flags)"},
		{"4 with no flags", 4, 10, port, probeAt("-"), "stealth_scan", ""},
		{"FIN", 5, 10, port, probeAt("F"), "stealth_scan", "(FIN alone)"},
		{"Xmas", 5, 10, port, probeAt("FPU"), "stealth_scan", "(FIN, PSH and URG)"},
		{"SYN and FIN", 5, 10, port, probeAt("SF"), "stealth_scan", "(SYN and FIN)"},
		{"FIN and ACK", 50, 10, port, probeAt("FA"), "stealth_scan", ""},
		{"ACK", 15, 10, port, ackProbe, "stealth_scan", "15 ports of 10.0.0.1 in 140 ms with lone ACKs"},
		{"14 ACKs", 14, 10, port, ackProbe, "stealth_scan", ""},
		{"ACK without answer", 50, 10, port, probeAt("A"), "stealth_scan", ""},
		{"flood", 100, 9.9, same, halfOpenAt, "syn_flood", "100 handshakes at port 80 of 10.0.0.1 were never finished, up to 100 in a second, within 980 ms: a SYN flood."},
		{"99 in a second", 500, 10.2, same, halfOpenAt, "syn_flood", ""},
		{"finished", 500, 1, same, fullAt, "syn_flood", ""},
		{"silent flood", 200, 1, same, silentAt, "syn_flood", "a SYN flood, or a service that is down"},
	} {
		t.Run(c.code+"/"+c.name, func(t *testing.T) {
			f := feedCapture(t, 10*minute)
			f.attempts(c.n, c.spacing, c.to, c.lines)
			found, ok := f.codes(nil)[c.code]
			if ok != (c.says != "") || !strings.Contains(found.Sentence, c.says) || ok && (found.Count == 0 || found.Frames[0] != 1) {
				t.Errorf("%t %+v", ok, found)
			}
		})
	}
}

// random is a small generator with a fixed course.
type random uint64

func (r *random) next() uint64 {
	*r ^= *r << 13
	*r ^= *r >> 7
	*r ^= *r << 17
	return uint64(*r)
}

// floodOf gives random SYNs to a Capture, a source that scans slowly among them.
func floodOf(a *Capture, n int) {
	rnd := random(1)
	r := &Report{CaptureEnd: 1 << 62}
	r.Measures.Handshake = openUnanswered
	for i := range n {
		v, w := rnd.next(), rnd.next()
		c := &Conn{Start: int64(i) * 15_000, FirstFlags: tcp.SYN} // 4 million in a minute
		c.First.Frame, c.First.Count = uint32(i+1), 1
		c.A = netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}), uint16(v>>32))
		c.B = netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(w), byte(w >> 8), byte(w >> 16), byte(w >> 24)}), uint16(w>>32))
		if i%500 == 0 {
			c.A = netip.MustParseAddrPort("192.0.2.9:5000")
			c.B = netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), uint16(i/500))
		}
		a.Connection(c, r, nil)
	}
}

// TestScanBounds: a flood of random SYNs takes a few MB, is no finding, does not
// hide a scan, and gives the same each time.
func TestScanBounds(t *testing.T) {
	const n = 1_000_000
	memory := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := memory()
	a := NewCapture(Defaults())
	floodOf(a, n)
	grown := int64(memory()) - int64(before)
	t.Logf("%d KB", grown>>10)
	if grown > 8<<20 {
		t.Errorf("%d bytes for %d SYNs", grown, n)
	}
	found := a.Finish(nil)
	if len(found) != 1 || found[0].Code != "port_scan" || found[0].Numbers[1].Value < 0.9*n/500 {
		t.Errorf("%+v", found)
	}
	first, second := NewCapture(Defaults()), NewCapture(Defaults())
	floodOf(first, 50_000)
	floodOf(second, 50_000)
	if !reflect.DeepEqual(first.Finish(nil), second.Finish(nil)) {
		t.Error("not the same again")
	}
}

// TestManyScanners: sources beyond the bound are summed up.
func TestManyScanners(t *testing.T) {
	a := NewCapture(Defaults())
	r := &Report{CaptureEnd: 1 << 62}
	r.Measures.Handshake = openRefused
	for i := range 3 * maxScanners * 15 {
		c := &Conn{Start: int64(i) * 1000, FirstFlags: tcp.SYN}
		c.First.Frame = uint32(i + 1)
		c.A = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i / 15)}), 5000)
		c.B = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 2, 1}), uint16(i%15))
		a.Connection(c, r, nil)
	}
	found := a.Finish(nil)
	if len(found) != maxScanners+1 || !strings.Contains(found[maxScanners].Sentence, "More sources") {
		t.Errorf("%d findings, the last %+v", len(found), found[len(found)-1])
	}
}

func BenchmarkScans(b *testing.B) {
	b.ReportAllocs()
	a := NewCapture(Defaults())
	floodOf(a, b.N)
}
