package query

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestPacketsOfSeveral: rows and pages go on from capture to capture.
func TestPacketsOfSeveral(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng", "tunnels.pcap")
	q := PacketsRequest{All: true, Filter: "tcp.flags.syn == 1", Numbers: true}
	all, err := e.Packets(context.Background(), q)
	if err != nil || len(all.Numbers) < 2 || all.Total != all.Returned || !all.TotalExact {
		t.Fatalf("%+v %v", all, err)
	}
	var want, got []string
	add := func(to *[]string, a *PacketsAnswer) {
		for _, l := range a.Numbers {
			for _, n := range l.Frames {
				*to = append(*to, fmt.Sprint(l.Capture, n))
			}
		}
	}
	add(&want, all)
	for q.Limit = 3; ; {
		p, err := e.Packets(context.Background(), q)
		if err != nil || p.Total != all.Total || !p.TotalExact {
			t.Fatalf("%d of %d (%v): %v", p.Returned, p.Total, p.TotalExact, err)
		}
		add(&got, p)
		if q.Cursor = p.NextCursor; q.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages give %v\nwant %v", got, want)
	}
}

// TestLowerBound: a page that ends the search says that there may be more.
func TestLowerBound(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	a, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{"web-day.pcap"}, Filter: "ip.ttl > 1", Page: Page{Limit: 5}, Explain: true})
	if err != nil || a.Total != 6 || a.TotalExact || a.Returned != 5 {
		t.Errorf("%d of %d (%v): %v", a.Returned, a.Total, a.TotalExact, err)
	}
	if p := a.Plans[0]; p.Frames != 237 || p.Candidates != 122 || p.Decoded == 0 || p.Tests[0].Access != "bytes of ip frames" {
		t.Errorf("plan %+v", p)
	}
	a, err = e.Packets(context.Background(), PacketsRequest{Captures: []string{"web-day.pcap"}, Filter: "udp", Page: Page{Limit: 5}, Explain: true})
	if err != nil || a.Total != 28 || !a.TotalExact || a.Plans[0].Tested != 0 {
		t.Errorf("lists tell: %d (%v) %+v: %v", a.Total, a.TotalExact, a.Plans, err)
	}
}

func TestFlagsShorthand(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	for flags, filter := range map[string]string{
		"SYN,!ACK": "tcp.flags.syn == 1 && tcp.flags.ack == 0", "rst": "tcp.flags.reset == 1", "!push, Fin": "tcp.flags.push == 0 && tcp.flags.fin == 1",
	} {
		web := []string{"web-day.pcap"}
		a, aerr := e.Packets(context.Background(), PacketsRequest{Captures: web, Flags: flags, Numbers: true})
		b, berr := e.Packets(context.Background(), PacketsRequest{Captures: web, Filter: filter, Numbers: true})
		if aerr != nil || berr != nil || a.Total == 0 || !slices.Equal(a.Numbers[0].Frames, b.Numbers[0].Frames) {
			t.Errorf("%s: %v %v, want %v %v", flags, a, aerr, b, berr)
		}
	}
	_, err := e.Packets(context.Background(), PacketsRequest{All: true, Flags: "SIN"})
	wantError(t, err, BadRequest, "SIN", "SYN")
}

// TestMissingFields: an empty answer names the fields that no packet has.
func TestMissingFields(t *testing.T) {
	e := engineWith(t, "web-day.pcap")
	a, err := e.Packets(context.Background(), PacketsRequest{All: true, Filter: "vlan.id == 5 || tcp.port == 1"})
	if err != nil || !slices.Contains(a.Hints, "no packet of this capture has vlan.id") || len(a.Hints) != 1 {
		t.Errorf("%v %v", a.Hints, err)
	}
}

// TestConnectionsByFilter: a connection is listed when one of its packets matches.
func TestConnectionsByFilter(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "icmp-errors.pcap", "tunnels.pcap")
	for _, name := range []string{"web-day.pcap", "icmp-errors.pcap", "tunnels.pcap"} {
		for _, f := range []string{"tcp.flags.reset == 1", "icmp.type == 3", "udp", "frame.number <= 3", "!tcp"} {
			got, err := e.Connections(context.Background(), ConnectionsRequest{Captures: []string{name}, Filter: f})
			if err != nil {
				t.Fatal(err)
			}
			packets, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{name}, Filter: f})
			if err != nil {
				t.Fatal(err)
			}
			var want, have []uint32
			for _, p := range packets.Rows {
				want = append(want, p.Connections...)
			}
			slices.Sort(want)
			for _, c := range got.Rows {
				have = append(have, c.Connection)
			}
			if want = slices.Compact(want); !slices.Equal(have, want) {
				t.Errorf("%s %s: %v, want %v", name, f, have, want)
			}
		}
	}
}

// TestStats: rows agree with what packets and connections say.
func TestStats(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tunnels.pcap")
	ctx, web := context.Background(), []string{"web-day.pcap"}
	sum := func(by, filter string) map[string]StatsRow {
		a, err := e.Stats(ctx, StatsRequest{Captures: web, By: by, Filter: filter})
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]StatsRow{}
		for _, r := range a.Rows {
			rows[r.Key] = r
		}
		return rows
	}
	for key, filter := range map[string]string{"tcp": "tcp", "arp": "arp", "ipv6": "ipv6", "icmpv6": "icmpv6"} {
		p, err := e.Packets(ctx, PacketsRequest{Captures: web, Filter: filter})
		if r := sum("protocol", "")[key]; err != nil || r.Packets != uint64(p.Total) {
			t.Errorf("%s: %+v, packets are %d (%v)", key, r, p.Total, err)
		}
	}
	for _, by := range []string{"length", "time"} {
		total := uint64(0)
		for _, r := range sum(by, "tcp") {
			total += r.Packets
		}
		if total != 193 {
			t.Errorf("by %s: %d packets, want 193", by, total)
		}
	}
	if r := sum("endpoint", "tcp")["198.51.100.80"]; r.Packets == 0 || r.Connections != 5-1 {
		t.Errorf("endpoint: %+v", r)
	}
	if r := sum("port", "")["tcp/8080"]; r.Packets != 2 || r.Bytes != 128 || r.Connections != 1 {
		t.Errorf("port: %+v", r)
	}
	if r := sum("pair", "icmp")["192.0.2.10 <-> 198.51.100.80"]; r.Packets != 6 || r.Share != 1 {
		t.Errorf("pair: %+v", r)
	}
	_, err := e.Stats(ctx, StatsRequest{All: true, By: "colour"})
	wantError(t, err, BadRequest, "colour", "endpoint")
	_, err = e.Stats(ctx, StatsRequest{Captures: web, By: "time", Bucket: "1us"})
	wantError(t, err, BadRequest, "bucket")
}

// TestFieldCounts: a field is counted as often as a filter for it matches.
func TestFieldCounts(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "ip-odd.pcap", "protocols.pcap")
	for _, name := range []string{"web-day.pcap", "ip-odd.pcap", "protocols.pcap"} {
		for _, prefix := range []string{"tcp.options", "ip.", "icmp", "frame.", "udp", "arp.src", "vlan"} {
			a, err := e.Fields(context.Background(), FieldsRequest{Prefix: prefix, Capture: name})
			if err != nil || len(a.Rows) == 0 {
				t.Fatal(prefix, err)
			}
			for _, f := range a.Rows {
				if f.Frames == nil {
					continue
				}
				p, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{name}, Filter: f.Name, Numbers: true})
				if err != nil || uint64(p.Total) != *f.Frames {
					t.Errorf("%s %s: counted %d, matched %d (%v)", name, f.Name, *f.Frames, p.Total, err)
				}
			}
		}
	}
	a, err := e.Fields(context.Background(), FieldsRequest{Prefix: "tcp.flgs"})
	if err != nil || a.Total != 0 || !strings.Contains(strings.Join(a.Hints, ""), "tcp.flags") {
		t.Errorf("%+v %v", a, err)
	}
}

// TestDecode: layers, their fields and the bytes of a packet; outer and inner.
func TestDecode(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tunnels.pcap", "ipv6-frag.pcap")
	a, err := e.Decode(context.Background(), DecodeRequest{Capture: "web-day.pcap", Frames: "16-18,200-9999", Payload: "hex", Page: Page{Limit: 2}})
	if err != nil || a.Returned != 2 || a.Total != 3+38 || a.NextCursor == "" {
		t.Fatalf("%d of %d %v", a.Returned, a.Total, err)
	}
	p := a.Rows[0]
	value := func(name string) (values []string) {
		for _, l := range p.Layers {
			for _, f := range l.Fields {
				if f.Name == name {
					values = append(values, strings.TrimSpace(f.Value+" "+f.Meaning))
				}
			}
		}
		return values
	}
	for name, want := range map[string]string{
		"tcp.flags": "0x0012 SYN, ACK", "tcp.seq": "0", "tcp.stream": "0", "eth.type": "0x86dd IPv6", "ipv6.nxt": "6 TCP", "frame.number": "16",
	} {
		if got := value(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(p.Bytes) != 2*94 || !strings.HasPrefix(p.Info, "80 → 45444 [SYN, ACK] Seq=0 Ack=1") || p.Protocol != "TCP" {
		t.Errorf("%d %s %s", len(p.Bytes), p.Protocol, p.Info)
	}
	tunnel, err := e.Decode(context.Background(), DecodeRequest{Capture: "tunnels.pcap", Frames: "1-40", Layers: "concise"})
	if err != nil {
		t.Fatal(err)
	}
	deepest := 0
	for _, r := range tunnel.Rows {
		n := 0
		for _, l := range r.Layers {
			if l.Protocol == "ip" {
				n++
			}
		}
		deepest = max(deepest, n)
	}
	if deepest < 2 {
		t.Error("no packet shows an inner network layer")
	}
	for _, bad := range []DecodeRequest{{}, {Frames: "0"}, {Frames: "5-3"}, {Frames: "x"}, {Frames: "1", Layers: "deep"}, {Frames: "1", Payload: "all"}, {Frames: "1", Connection: "1"}} {
		bad.Capture = "web-day.pcap"
		_, err := e.Decode(context.Background(), bad)
		wantError(t, err, BadRequest)
	}
	for _, missing := range []DecodeRequest{{Frames: "238"}, {Connection: "20"}} {
		missing.Capture = "web-day.pcap"
		_, err := e.Decode(context.Background(), missing)
		wantError(t, err, NotFound, "capture has")
	}
}

// TestFilteredExport: a new file, indexed again, has the packets of the filter.
func TestFilteredExport(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "http-loss.pcapng")
	for _, q := range []ExportRequest{
		{Capture: "web-day.pcap", Filter: "tcp.stream == 2"},
		{Capture: "web-day.pcap", Filter: "udp", Format: "pcap"},
		{Capture: "http-loss.pcapng", Filter: "tcp.len > 0", Format: "pcapng"},
	} {
		var b bytes.Buffer
		a, err := e.Export(context.Background(), q, &b)
		if err != nil || a.Packets == 0 || a.Bytes != uint64(b.Len()) {
			t.Fatalf("%+v: %+v %v", q, a, err)
		}
		want, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{q.Capture}, Filter: q.Filter})
		if err != nil {
			t.Fatal(err)
		}
		added := ingestBytes(t, e, b.Bytes())
		got, err := e.Packets(context.Background(), PacketsRequest{Captures: []string{added}})
		if err != nil || got.Total != want.Total {
			t.Fatalf("%+v: %d packets, want %d (%v)", q, got.Total, want.Total, err)
		}
		for i := range got.Rows {
			if g, w := got.Rows[i], want.Rows[i]; g.Time != w.Time || g.Length != w.Length || g.Src != w.Src || g.Dst != w.Dst {
				t.Errorf("%+v: %+v, want %+v", q, g, w)
			}
		}
	}
	_, err := e.Export(context.Background(), ExportRequest{Capture: "web-day.pcap", Format: "snoop"}, &bytes.Buffer{})
	wantError(t, err, BadRequest, "snoop", "pcapng")
}
