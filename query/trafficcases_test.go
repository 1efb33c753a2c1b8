package query

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// opened is a handshake from a client's port.
func opened(port uint16) []wire {
	return []wire{
		{side: 0, proto: 6, flags: syn, seq: 1000, port: port},
		{side: 1, proto: 6, flags: syn | ack, seq: 5000, ack: 1001, port: port},
		{side: 0, proto: 6, flags: ack, seq: 1001, ack: 5001, port: port},
	}
}

// TestTrafficCases: what is easily counted wrong.
func TestTrafficCases(t *testing.T) {
	const rst = 4
	data := func(port uint16, seq uint32, payload string) wire {
		return wire{side: 0, proto: 6, flags: ack, seq: seq, ack: 5001, payload: payload, port: port}
	}
	acked := func(port uint16, number uint32) wire {
		return wire{side: 1, proto: 6, flags: ack, seq: 5001, ack: number, port: port}
	}
	for _, c := range []struct {
		name    string
		packets []wire
		// Complete, failed, half open, undecided handshakes; then data segments, re-sent
		// ones and re-sent SYN and FIN of the client; then RSTs of client and server.
		want string
	}{
		{
			"the first data segment has the sequence number of the ACK before it",
			slices.Concat(opened(1), []wire{data(1, 1001, "hello"), acked(1, 1006)}),
			"1 0 0 0, 1 0 0, 0 0 nobody false",
		},
		{
			"a keep-alive of one byte is not sent again",
			slices.Concat(opened(1), []wire{data(1, 1001, "hello"), acked(1, 1006), data(1, 1005, "o"), acked(1, 1006), data(1, 1005, "o"), acked(1, 1006)}),
			"1 0 0 0, 3 0 0, 0 0 nobody false",
		},
		{
			"a SYN that is sent again is no data",
			slices.Concat(opened(1)[:1], opened(1)[:1], opened(1)),
			"1 0 0 0, 0 0 2, 0 0 nobody false",
		},
		{
			"a scan that resets what was answered has no handshake",
			slices.Concat(opened(1)[:2], []wire{{side: 0, proto: 6, flags: rst, seq: 1001, port: 1}}),
			"0 0 1 0, 0 0 0, 1 0 clients false",
		},
		{
			"two connections with the same numbers",
			slices.Concat(opened(1), opened(2), []wire{data(1, 1001, "hello"), data(2, 1001, "hello"), acked(1, 1006), acked(2, 1006)}),
			"2 0 0 0, 2 0 0, 0 0 nobody false",
		},
		{
			"refused",
			slices.Concat(opened(1)[:1], []wire{{side: 1, proto: 6, flags: rst | ack, ack: 1001, port: 1}}),
			"0 1 0 0, 0 0 0, 0 1 server false",
		},
		{
			"an ICMP error that quotes a RST is none",
			slices.Concat(opened(1), []wire{{side: 1, proto: 1, flags: rst, seq: 1001, port: 1}}),
			"1 0 0 0, 0 0 0, 0 0 nobody false",
		},
		{
			"sent again",
			slices.Concat(opened(1), []wire{data(1, 1001, "hello"), data(1, 1001, "hello"), acked(1, 1006), {side: 0, proto: 6, flags: fin | ack, seq: 1006, ack: 5001, port: 1}}),
			"1 0 0 0, 2 1 0, 0 0 nobody true",
		},
		{"midway", []wire{data(50000, 1, "hello"), acked(50000, 6)}, "0 0 0 1, 1 0 0, 0 0 nobody false"},
	} {
		a := traffic(t, engineWithPackets(t, c.packets), TrafficRequest{Capture: "written.pcap"})
		s, d := &a.Total, &a.Total.ToServer
		got := fmt.Sprintf("%d %d %d %d, %d %d %d, %d %d %s %v", s.Complete, s.Failed, s.HalfOpen, s.Undecided,
			d.DataSegments, d.Resent, d.ResentControl, d.RST, s.FromServer.RST, s.ResetBy, s.Exceeds)
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if len(a.Rows) != 1 || a.Rows[0].Server != "10.0.0.2:80" || a.Rows[0].ToServer != *d {
			t.Errorf("%s: rows %+v", c.name, a.Rows)
		}
		if guessed := len(a.Hints) > 0; guessed != (c.name == "midway") {
			t.Errorf("%s: hints %v", c.name, a.Hints)
		}
	}
}

// TestTrafficAgainstFilters: packets and flags of each server are those that display
// filters find, and the rows add up to the sum.
func TestTrafficAgainstFilters(t *testing.T) {
	for _, name := range []string{"web-day.pcap", "tcp-ends.pcap", "http-loss.pcapng", "diag/port_scan.pcap", "diag/stealth_scan.pcap"} {
		e := engineWith(t, name)
		capture := name[strings.LastIndexByte(name, '/')+1:]
		count := func(filter string) uint64 {
			a, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{capture}, Filter: filter, Numbers: true})
			if err != nil {
				t.Fatal(err)
			}
			return uint64(a.Total)
		}
		a := traffic(t, e, TrafficRequest{Capture: capture})
		var up, down DirectionTraffic
		for i := range a.Rows {
			r := &a.Rows[i]
			colon := strings.LastIndexByte(r.Server, ':')
			version, address, port := "ip", r.Server[:colon], r.Server[colon+1:]
			if address[0] == '[' {
				version, address = "ipv6", strings.Trim(address, "[]")
			}
			for from, d := range map[string]*DirectionTraffic{"dst": &r.ToServer, "src": &r.FromServer} {
				its := fmt.Sprintf("%s.%s == %s && tcp.%sport == %s && !icmp && !icmpv6", version, from, address, from, port)
				got := []uint64{d.Packets, d.SYN, d.SYNACK, d.FIN, d.RST}
				want := []uint64{
					count(its), count(its + " && tcp.flags.syn == 1 && tcp.flags.ack == 0"), count(its + " && tcp.flags.syn == 1 && tcp.flags.ack == 1"),
					count(its + " && tcp.flags.fin == 1"), count(its + " && tcp.flags.reset == 1"),
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s %s %s: %v, want %v", name, r.Server, from, got, want)
				}
			}
			up.add(&r.ToServer)
			down.add(&r.FromServer)
		}
		s := &a.Total
		for of, d := range map[*DirectionTraffic]*DirectionTraffic{&s.ToServer: &up, &s.FromServer: &down} {
			if d.Rate, d.Exceeds = of.Rate, of.Exceeds; *d != *of || len(a.Rows) == 0 {
				t.Errorf("%s: rows make %+v, the sum is %+v", name, d, of)
			}
		}
		if s.Complete+s.Failed+s.HalfOpen+s.Undecided != s.Connections {
			t.Errorf("%s: handshakes of %+v", name, s)
		}
	}
}

// TestTrafficOfOldIndex: it has no measures.
func TestTrafficOfOldIndex(t *testing.T) {
	x, _ := openOld(t)
	_, err := New(oneCapture{x: x}, nil).Traffic(context.Background(), TrafficRequest{Capture: "http-loss.pcapng"})
	wantError(t, err, BadRequest, "lacks content", "pcapidx reindex")
}

// TestTrafficThreshold: none at all is a threshold too.
func TestTrafficThreshold(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	for threshold, above := range map[float64]uint64{0: 2, 0.03: 2, 0.034: 0} {
		a := traffic(t, e, TrafficRequest{Capture: "web-day.pcap", Threshold: &threshold})
		if a.Above != above || a.Threshold != threshold || a.Total.Exceeds != (threshold == 0) {
			t.Errorf("%g: %d connections, %+v", threshold, a.Above, a.Total)
		}
	}
}

// TestTrafficOfManyServers: beyond a number of servers the others count in the sum only.
func TestTrafficOfManyServers(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	all := traffic(t, e, TrafficRequest{Capture: "web-day.pcap"})
	x, _, err := e.source.Open("web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for most, exact := range map[int]bool{2: false, 4: false, 5: true} {
		s := &trafficSums{capture: x, most: most, threshold: DefaultThreshold, servers: map[netip.AddrPort]int32{}}
		a := &TrafficAnswer{}
		if err := s.connections(); err != nil {
			t.Fatal(err)
		}
		if err := s.flags(context.Background()); err != nil {
			t.Fatal(err)
		}
		s.finish(a)
		if a.TotalExact != exact || len(s.rows) != most || len(a.Hints) > 0 == exact || a.Total.ToServer != all.Total.ToServer || a.Total.Connections != 8 {
			t.Errorf("%d servers: %+v, rows %+v", most, a, s.rows)
		}
	}
}
