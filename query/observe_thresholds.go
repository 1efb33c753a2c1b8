package query

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"

	"pcapidx/index"
	"pcapidx/ingest/diag"
)

// ObservationThresholds are the limits from which on a pattern is an observation. Times
// are in ns, shares from 0 to 1. They are judgement, not standards; where a rule is
// somebody's, the observation names the source. What a decoder judges while it reads the
// capture (a long label, a large answer, two claims of an address) is not among them, and
// neither are scans: those are diagnostics, with diag.Thresholds.
type ObservationThresholds struct {
	// beacon.periodic: so many connections of one client to one port of a server, whose
	// gaps have at least that median and vary (standard deviation by mean) by less than
	// that share. Defaults 20, 30 s, 0.2: common practice.
	BeaconCount  uint32
	BeaconGap    index.Time
	BeaconSpread float64
	// auth.ssh_many: so many sessions of at most that length within the window.
	// Defaults 30, 30 s, 30 minutes: count and window are Zeek's; what is short is ours,
	// as a session in which somebody works takes longer.
	SSHSessions uint32
	SSHShort    index.Time
	SSHWindow   index.Time

	// icmp.sweep: echo requests to so many hosts within the window. Defaults 25 and 5
	// minutes, Zeek's for scans of addresses; Elastic raised its own from 10 to 100 hosts.
	SweepHosts  uint32
	SweepWindow index.Time
	// icmp.large_payload: bytes of an echo request, which count from one more on.
	// Default 1000: Splunk's. LargeEchoOutside is that of requests which leave the
	// network, and counts itself. Default 256: Elastic's.
	LargeEcho, LargeEchoOutside uint16
	// icmp.payload_asymmetry: so many replies that do not carry what their requests do
	// (RFC 792, RFC 4443). Default 5: ours.
	ChangedEchoes uint32
	// icmp.traceroute: so many Time Exceeded for one pair of hosts within the window, and
	// packets on that way with a smaller time to live. Defaults 3 (ours), 3 minutes, 10:
	// Zeek's.
	TraceAnswers uint32
	TraceWindow  index.Time
	TraceTTL     uint8

	// dns.many_subdomains: so many different names below one domain by one client.
	// Default 100: the base of RITA's score for command and control over DNS.
	ManySubdomains uint32
	// What makes many subdomains look more like a tunnel: names longer than that in the
	// middle (characters), larger shares of different ones, of TXT and NULL. Defaults 52,
	// 0.8, 0.5.
	TunnelName               uint16
	TunnelFresh, TunnelTexts float64
	// dns.high_entropy_names: so many names of that many characters whose entropy is
	// above that many bits a character. Defaults 20, 20, 3.5: common practice
	// (hexadecimal has at most 4 bits a character, base32 at most 5).
	EntropyNames  uint32
	EntropyLength uint16
	EntropyBits   float64
	// dns.nxdomain_burst: so many different domains with NXDOMAIN within the window, and
	// that share of the client's answers. Defaults 25, 5 minutes, 0.5: ours, after MITRE
	// T1568.002.
	BurstNames  uint32
	BurstWindow index.Time
	BurstShare  float64

	// dhcp.server_unlisted: the servers that may answer, by their identifier (option 54).
	// Default none: then nobody is looked for.
	DHCPServers []netip.Addr
	// dhcp.starvation_shape: DISCOVER of so many clients within the window. Defaults 50
	// and 60 s: ours.
	StarvedClients uint32
	StarvedWindow  index.Time

	// http.redirect_loop: so many redirects in a row that come back to a URI, each
	// followed within that time. Defaults 5 and 2 s: ours.
	RedirectLoop uint32
	RedirectGap  index.Time

	// sip.register_failures: so many refusals within the window; from so many users on
	// they are said to be tried. Defaults 30 and 30 minutes, Zeek's for SSH, and 10.
	FailedLogins   uint32
	LoginsWindow   index.Time
	DifferentUsers uint32
	// sip.call_spread: calls to so many numbers within the window. Defaults 50 and 600 s:
	// VoIPmonitor's.
	SpreadCalls  uint32
	SpreadWindow index.Time
}

const (
	second = index.Time(1e9)
	minute = 60 * second
)

// DefaultObservationThresholds gives the thresholds of an Engine that was not told others.
func DefaultObservationThresholds() ObservationThresholds {
	return ObservationThresholds{
		BeaconCount: 20, BeaconGap: 30 * second, BeaconSpread: 0.2,
		SSHSessions: 30, SSHShort: 30 * second, SSHWindow: 30 * minute,
		SweepHosts: 25, SweepWindow: 5 * minute, LargeEcho: 1000, LargeEchoOutside: 256, ChangedEchoes: 5,
		TraceAnswers: 3, TraceWindow: 3 * minute, TraceTTL: 10,
		ManySubdomains: 100, TunnelName: 52, TunnelFresh: 0.8, TunnelTexts: 0.5,
		EntropyNames: 20, EntropyLength: 20, EntropyBits: 3.5,
		BurstNames: 25, BurstWindow: 5 * minute, BurstShare: 0.5,
		StarvedClients: 50, StarvedWindow: 60 * second,
		RedirectLoop: 5, RedirectGap: 2 * second,
		FailedLogins: 30, LoginsWindow: 30 * minute, DifferentUsers: 10,
		SpreadCalls: 50, SpreadWindow: 10 * minute,
	}
}

// ParseObservationThresholds reads thresholds from a JSON object, as diag.ParseThresholds
// does. Counts are from 2 to 4096, which is how many entries a window has.
func ParseObservationThresholds(data []byte) (ObservationThresholds, error) {
	t := DefaultObservationThresholds()
	if err := diag.ReadThresholds(data, &t); err != nil {
		return t, err
	}
	v := reflect.ValueOf(t)
	for f := range v.Type().Fields() {
		if err := checkThreshold(v.FieldByIndex(f.Index)); err != nil {
			return t, fmt.Errorf("threshold %s: %w", f.Name, err)
		}
	}
	return t, nil
}

func checkThreshold(v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Uint32 && (v.Uint() < 2 || v.Uint() > maxWindow):
		return fmt.Errorf("%d is not from 2 to %d", v.Uint(), maxWindow)
	case v.Kind() == reflect.Int64 && v.Int() <= 0:
		return errors.New("a time must be positive")
	case v.Kind() == reflect.Float64 && v.Float() < 0:
		return fmt.Errorf("%v is negative", v.Float())
	}
	return nil
}

// spanWords writes a threshold that is a time: minutes, where it is some of them.
func spanWords(t index.Time) string {
	if t >= 2*minute && t%minute == 0 {
		return strconv.FormatInt(int64(t/minute), 10) + " minutes"
	}
	return strconv.FormatFloat(float64(t)/float64(second), 'f', -1, 64) + " s"
}
