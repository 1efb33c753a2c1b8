package query

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pcapidx/index"
	"pcapidx/ingest/diag"
)

func TestParseObservationThresholds(t *testing.T) {
	got, err := ParseObservationThresholds([]byte(`{"SweepHosts": 10, "SweepWindow": "1m", "BurstShare": 0.25, "TraceTTL": 5, "DHCPServers": ["192.0.2.1", "192.0.2.2"]}`))
	want := DefaultObservationThresholds()
	want.SweepHosts, want.SweepWindow, want.BurstShare, want.TraceTTL = 10, minute, 0.25, 5
	want.DHCPServers = []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v)", got, err)
	}
	for text, part := range map[string]string{
		`{"SweepHosts": 1}`:         "threshold SweepHosts: 1 is not from 2 to 4096",
		`{"SweepHosts": 5000}`:      "threshold SweepHosts: 5000 is not from 2 to 4096",
		`{"SweepHosts": -1}`:        "threshold SweepHosts",
		`{"BeaconGap": "0s"}`:       "threshold BeaconGap: a time must be positive",
		`{"BeaconSpread": -0.5}`:    "threshold BeaconSpread: -0.5 is negative",
		`{"TraceTTL": 300}`:         "threshold TraceTTL",
		`{"DHCPServers": ["here"]}`: "threshold DHCPServers",
	} {
		if _, err := ParseObservationThresholds([]byte(text)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var unknown *diag.UnknownThreshold
	if _, err := ParseObservationThresholds([]byte(`{"SweepHost": 9}`)); !errors.As(err, &unknown) || unknown.Name != "SweepHost" || !slices.Contains(unknown.Known, "SweepHosts") {
		t.Errorf("%v", err)
	}
	if _, err := ParseObservationThresholds([]byte(`{}`)); err != nil {
		t.Errorf("defaults: %v", err)
	}
}

// seenWith looks for a code with some thresholds.
func seenWith(t *testing.T, link uint32, frames []framed, code, thresholds string) *Observation {
	t.Helper()
	e, id := listed(t, link, frames...)
	limits, err := ParseObservationThresholds([]byte(thresholds))
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.WithThresholds(limits).Overview(context.Background(), OverviewRequest{Capture: id})
	if err != nil {
		t.Fatal(err)
	}
	return observation(a.Observations, code)
}

// TestThresholds: what comes near by default is seen with other thresholds.
func TestThresholds(t *testing.T) {
	near := map[string][]observed{}
	for _, some := range [][]observed{observedICMP(), observedDNS(), observedLinks(), observedSIP(), observedConnections(), observedRedirects()} {
		for _, c := range some {
			near[c.code] = append(near[c.code], c)
		}
	}
	for _, c := range []struct {
		code       string
		nth        int // of the captures with that code
		thresholds string
		says       string // part of statement or rule
	}{
		{"icmp.sweep", 0, `{"SweepHosts": 24}`, "at least 24 hosts in 5 minutes"},
		{"icmp.sweep", 0, `{"SweepHosts": 2, "SweepWindow": "2s"}`, "3 different hosts within 2 s"},
		{"icmp.large_payload", 0, `{"LargeEcho": 999}`, "more than 999 bytes"},
		{"icmp.large_payload", 1, `{"LargeEchoOutside": 255}`, "of 255 bytes and more"},
		{"icmp.payload_asymmetry", 0, `{"ChangedEchoes": 4}`, "at least 4 pairs"},
		{"icmp.traceroute", 0, `{"TraceAnswers": 2}`, "at least 2 Time Exceeded"},
		{"icmp.traceroute", 1, `{"TraceTTL": 11, "TraceWindow": "170s"}`, "within 170 s"},
		{"dns.many_subdomains", 0, `{"ManySubdomains": 99}`, "at least 99 different names"},
		{"dns.many_subdomains", 0, `{"ManySubdomains": 10, "TunnelName": 5}`, "names longer than 5 characters"},
		{"dns.high_entropy_names", 0, `{"EntropyBits": 0.5}`, "more than 0.5 bits"},
		{"dns.nxdomain_burst", 0, `{"BurstNames": 24, "BurstShare": 1}`, "100 % of all answers"},
		{"dhcp.starvation_shape", 0, `{"StarvedClients": 49}`, "at least 49 different clients in 60 s"},
		{"dhcp.starvation_shape", 1, `{"StarvedWindow": "61s"}`, "within 61 s"},
		{"sip.register_failures", 0, `{"FailedLogins": 29, "LoginsWindow": "1h"}`, "29 times within 60 minutes"},
		{"sip.register_failures", 0, `{"FailedLogins": 29, "DifferentUsers": 29}`, "at least 29 users are tried"},
		{"sip.call_spread", 0, `{"SpreadCalls": 49}`, "at least 49 different numbers"},
		{"beacon.periodic", 0, `{"BeaconCount": 19}`, "at least 19 connections"},
		{"beacon.periodic", 1, `{"BeaconGap": "29s"}`, "median gap at least 29 s"},
		{"beacon.periodic", 2, `{"BeaconSpread": 0.9, "BeaconGap": "10s"}`, "below 90 %"},
		{"auth.ssh_many", 0, `{"SSHSessions": 29}`, "at least 29 sessions of at most 30 s"},
		{"auth.ssh_many", 1, `{"SSHShort": "31500ms"}`, "at most 31.5 s"},
		{"http.redirect_loop", 0, `{"RedirectLoop": 4}`, "at least 4 redirects"},
		{"http.redirect_loop", 2, `{"RedirectGap": "2010ms"}`, "followed within 2.01 s"},
	} {
		x := near[c.code][c.nth]
		if o := seenWith(t, x.link, x.nearly, c.code, c.thresholds); o == nil || !strings.Contains(o.Statement+o.Rule, c.says) {
			t.Errorf("%s with %s: %+v", c.code, c.thresholds, o)
		}
	}
}

// TestListedServers: DHCP servers that are not on a list, which is empty by default.
func TestListedServers(t *testing.T) {
	var offers []framed
	for _, c := range observedLinks() {
		if c.code == "dhcp.multiple_servers" {
			offers = c.shows
		}
	}
	const code = "dhcp.server_unlisted"
	if o := seenWith(t, linkEthernet, offers, code, `{"DHCPServers": ["192.168.1.1", "192.168.1.9"]}`); o == nil || o.Who != "192.168.1.2" ||
		!strings.Contains(o.Statement, "192.168.1.2, which is none of the 2 listed servers, answers on the link from 02:00:00:00:00:02: 1 answers (router 192.168.1.2, name server none)") {
		t.Errorf("%+v", o)
	} else {
		checkObservation(t, o, len(offers))
	}
	for _, all := range []string{`{"DHCPServers": ["192.168.1.1", "192.168.1.2"]}`, `{"DHCPServers": []}`, `{}`} {
		if o := seenWith(t, linkEthernet, offers, code, all); o != nil {
			t.Errorf("%s: %+v", all, o)
		}
	}
}

// TestKeptThresholds: what is kept of a look is not given to who asks with others.
func TestKeptThresholds(t *testing.T) {
	store := index.OpenStore(t.TempDir())
	kept := NewKeptSource(store, 1, time.Minute)
	defer kept.Close()
	e := New(kept, testWriter{store: store})
	sweep := observedICMP()[0]
	id := ingestBytes(t, e, captureFile(sweep.link, sweep.nearly...))
	limits := DefaultObservationThresholds()
	limits.SweepHosts = 24
	lower := e.WithThresholds(limits)
	for range 2 {
		for some, want := range map[*Engine]bool{e: false, lower: true} {
			a, err := some.Overview(context.Background(), OverviewRequest{Capture: id})
			if err != nil || (observation(a.Observations, "icmp.sweep") != nil) != want {
				t.Errorf("%+v, %v", a, err)
			}
		}
	}
}
