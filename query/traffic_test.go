package query

import (
	"context"
	"math"
	"strings"
	"testing"
)

func traffic(t *testing.T, e *Engine, q TrafficRequest) *TrafficAnswer {
	t.Helper()
	a, err := e.Traffic(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTraffic: sums by server, against what tshark counts in the capture.
func TestTraffic(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	a := traffic(t, e, TrafficRequest{Capture: "web-day.pcap"})
	sum := &a.Total
	if sum.Connections != 8 || sum.Complete != 6 || sum.Failed != 2 || sum.ToServer.SYN != 11 || sum.FromServer.SYN != 0 || sum.FromServer.SYNACK != 6 || sum.FromServer.RST != 1 || sum.ToServer.RST != 0 {
		t.Errorf("%+v", sum)
	}
	if sum.ToServer.Packets+sum.FromServer.Packets != 193 || sum.FromServer.Resent != 2 || sum.ToServer.Resent != 0 || sum.ResetBy != "server" {
		t.Errorf("%+v", sum)
	}
	var packets, resent uint64
	for _, r := range a.Rows {
		packets += r.ToServer.Packets + r.FromServer.Packets
		resent += r.ToServer.Resent + r.FromServer.Resent
	}
	if packets != 193 || resent != 2 || len(a.Worst) != 2 || a.Worst[0].Rate < a.Worst[1].Rate || a.Above != 2 {
		t.Errorf("%d packets, %d re-sent, worst %+v", packets, resent, a.Worst)
	}
	// a SYN that is sent again is no re-sent data
	one := traffic(t, e, TrafficRequest{Capture: "web-day.pcap", Port: "8443"})
	if len(one.Rows) != 1 || one.Rows[0].ToServer.SYN != 4 || one.Rows[0].ToServer.ResentControl != 3 || one.Rows[0].ToServer.Resent != 0 ||
		one.Rows[0].Exceeds || one.Rows[0].Balance != "server silent" || one.Rows[0].Asymmetry != nil || one.Rows[0].Failed != 1 {
		t.Errorf("%+v", one.Rows)
	}
	var pages []TrafficRow
	for q := (TrafficRequest{Capture: "web-day.pcap", Page: Page{Limit: 2}}); ; {
		p := traffic(t, e, q)
		pages = append(pages, p.Rows...)
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			break
		}
	}
	if len(pages) != len(a.Rows) || pages[2].Server != a.Rows[2].Server {
		t.Errorf("%d rows by pages, %d at once", len(pages), len(a.Rows))
	}
	for _, bad := range []float64{-0.1, 2, math.NaN()} {
		_, err := e.Traffic(context.Background(), TrafficRequest{Capture: "web-day.pcap", Threshold: &bad})
		wantError(t, err, BadRequest, "threshold ")
	}
}

// TestTrafficCounts: what other tools count wrong. First data segments and keep-alives
// are no retransmissions, a half-open scan is no handshake.
func TestTrafficCounts(t *testing.T) {
	e := engineWith(t, "tcp-windows.pcap", "tcp-ends.pcap", "diag/reset_by_client.pcap")
	if a := traffic(t, e, TrafficRequest{Capture: "tcp-windows.pcap"}); a.Total.ToServer.Resent+a.Total.FromServer.Resent != 1 || a.Total.ToServer.DataSegments != 29 {
		t.Errorf("six keep-alives, one re-sent segment: %+v", a.Total)
	}
	if a := traffic(t, e, TrafficRequest{Capture: "tcp-ends.pcap"}); a.Total.ToServer.Resent+a.Total.FromServer.Resent != 0 || a.Total.ResetBy != "both" || a.Total.Complete != 9 {
		t.Errorf("ten connections: %+v", a.Total)
	}
	a := traffic(t, e, TrafficRequest{Capture: "reset_by_client.pcap"})
	if a.Total.HalfOpen == 0 || a.Total.Failed != 0 || a.Total.Complete != 0 || a.Total.ToServer.RST == 0 || a.Total.ResetBy != "clients" {
		t.Errorf("half-open scan: %+v", a.Total)
	}
}

// TestTrafficEach: the same figures connection by connection, and a host that is asked
// for as either side.
func TestTrafficEach(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-ends.pcap")
	for _, capture := range []string{"web-day.pcap", "tcp-ends.pcap"} {
		all, each := traffic(t, e, TrafficRequest{Capture: capture}), traffic(t, e, TrafficRequest{Capture: capture, Each: true})
		if got, want := each.Total.ToServer, all.Total.ToServer; got != want || each.Total.FromServer != all.Total.FromServer || each.Total.Closed != all.Total.Closed {
			t.Errorf("%s: %+v, by connection %+v", capture, want, got)
		}
		if n := len(framesWith(t, e, capture, "tcp.flags.ack == 1 && !icmp")); all.Total.ToServer.ACK+all.Total.FromServer.ACK != uint64(n) {
			t.Errorf("%s: %d and %d with ACK, %d frames", capture, all.Total.ToServer.ACK, all.Total.FromServer.ACK, n)
		}
		rows, err := e.Connections(context.Background(), ConnectionsRequest{Captures: []string{capture}, Protocol: "tcp"})
		if err != nil || len(rows.Rows) != len(each.Rows) {
			t.Fatalf("%s: %d connections, %d rows, %v", capture, len(rows.Rows), len(each.Rows), err)
		}
		closed, reset := uint64(0), uint64(0)
		for i, r := range each.Rows {
			c := &rows.Rows[i]
			if *r.Connection != c.Connection || r.Client != c.Client || r.Server != c.Server || r.State != c.State || r.ToServer.Packets != c.ClientPackets || r.Connections != 1 {
				t.Errorf("%s: %+v is not %+v", capture, r, c)
			}
			if c.State == "SF" {
				closed++
			} else if strings.Contains(c.State, "R") && c.State != "SHR" {
				reset++
			}
		}
		if each.Total.Closed != closed || each.Total.Reset != reset {
			t.Errorf("%s: %d closed, %d reset, want %d, %d", capture, each.Total.Closed, each.Total.Reset, closed, reset)
		}
	}
	if a := traffic(t, e, TrafficRequest{Capture: "web-day.pcap", Server: "192.0.2.10", Each: true}); len(a.Rows) == 0 || a.Rows[0].Client[:10] != "192.0.2.10" {
		t.Errorf("a client asked for: %+v", a.Rows)
	}
	if a := traffic(t, e, TrafficRequest{Capture: "web-day.pcap", Server: "192.0.2.10"}); len(a.Rows) != 0 {
		t.Errorf("a client asked for as server: %+v", a.Rows)
	}
}
