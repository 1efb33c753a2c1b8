package query

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// dhcpServers looks at who answers the clients of a network: those behind one relay, or,
// without one, on the link itself.
type dhcpServers struct {
	allowed []netip.Addr // none: all are
	by      map[dhcpServerKey]*dhcpServerSum
}

type dhcpServerKey struct{ relay, server netip.Addr }

func (k dhcpServerKey) compare(o dhcpServerKey) int {
	return cmp.Or(k.relay.Compare(o.relay), k.server.Compare(o.server))
}

// where says which network it is.
func (k dhcpServerKey) where() string {
	if k.relay.IsValid() && !k.relay.IsUnspecified() {
		return "behind relay " + k.relay.String()
	}
	return "on the link"
}

type dhcpServerSum struct {
	answers int
	frames  []uint32
	offers  string   // routers and name servers of its first answer
	sources []string // who sent these frames on the link
}

func newDHCPServers(allowed []netip.Addr) *dhcpServers {
	return &dhcpServers{allowed: allowed, by: map[dhcpServerKey]*dhcpServerSum{}}
}

func (d *dhcpServers) fields() []string {
	return []string{"dhcp.option.dhcp", "dhcp.option.dhcp_server_id", "dhcp.ip.relay", "dhcp.option.router", "dhcp.option.domain_name_server"}
}

func (d *dhcpServers) watch(m *index.Message, _ *talkers) {
	if kind, _ := fieldNumber(m, "dhcp.option.dhcp"); m.Kind != index.Response || kind != 2 && kind != 5 {
		return
	}
	k := dhcpServerKey{fieldAddress(m, "dhcp.ip.relay"), fieldAddress(m, "dhcp.option.dhcp_server_id")}
	if !k.server.IsValid() {
		return
	}
	s := d.by[k]
	if s == nil {
		if len(d.by) >= maxWindow {
			return
		}
		s = &dhcpServerSum{offers: "router " + addressesOf(m, "dhcp.option.router") + ", name server " + addressesOf(m, "dhcp.option.domain_name_server")}
		d.by[k] = s
	}
	s.answers++
	s.frames = few(s.frames, m.Frame)
}

// addressesOf writes the values of an address field.
func addressesOf(m *index.Message, name string) string {
	var out []string
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Name == name {
			if a, ok := netip.AddrFromSlice([]byte(f.Text)); ok {
				out = few(out, a.String())
			}
		}
	}
	return cmp.Or(strings.Join(out, " "), "none")
}

// review reads who sent the answers on the link.
func (d *dhcpServers) review(ctx context.Context, x Capture) error {
	of := map[uint32]*dhcpServerSum{}
	var frames []uint32
	if len(d.by) > 1 || len(d.allowed) > 0 {
		for _, s := range d.by {
			for _, f := range s.frames {
				of[f], frames = s, append(frames, f)
			}
		}
	}
	return reviewFrames(ctx, x, reviewed(frames), func(r *frameRecord) {
		s := of[r.row.Number]
		if who := r.hardwareSource(); who != "" && !slices.Contains(s.sources, who) {
			s.sources = append(s.sources, who)
		}
	})
}

func (d *dhcpServers) report() (out []Observation) {
	keys := largest(d.by, func(*dhcpServerSum) int { return 0 }, dhcpServerKey.compare)
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].relay == keys[0].relay {
			n++
		}
		if o, ok := d.several(keys[:n]); ok && len(out) < maxOfCode {
			out = append(out, o)
		}
		for _, k := range keys[:n] {
			if len(d.allowed) > 0 && !slices.Contains(d.allowed, k.server) && len(out) < maxOfCode {
				out = append(out, d.unlisted(k))
			}
		}
		keys = keys[n:]
	}
	return out
}

// several describes the servers of one network, if there are several.
func (d *dhcpServers) several(keys []dhcpServerKey) (o Observation, ok bool) {
	var sources, offers, names []string
	for _, k := range keys {
		s := d.by[k]
		for _, who := range s.sources {
			if !slices.Contains(sources, who) {
				sources = append(sources, who)
			}
		}
		if !slices.Contains(offers, s.offers) {
			offers = append(offers, s.offers)
		}
		for _, f := range s.frames[:1] {
			o.Frames = few(o.Frames, f)
		}
		names = few(names, fmt.Sprintf("%s from %s, %d answers (%s)", k.server, strings.Join(s.sources, " "), s.answers, s.offers))
	}
	if len(keys) < 2 || len(sources) < 2 {
		return o, false
	}
	o.Code, o.Title, o.Who = "dhcp.multiple_servers", "several DHCP servers on one network", keys[0].server.String()
	o.Statement = fmt.Sprintf("%d servers answer %s: %s", len(keys), keys[0].where(), strings.Join(names, "; "))
	if len(offers) > 1 {
		o.Statement += "; what they offer as router or name server differs"
	}
	o.Rule, o.Source = "at least 2 server identifiers (option 54) from at least 2 senders on one link, or behind one relay", "MITRE T1557.003"
	o.Benign = []string{"a pair of servers that stand in for each other: the usual way to run DHCP", "a router at home behind another one"}
	o.Limits = "a capture of several links at once looks the same; which servers are allowed is not known"
	return o, true
}

// unlisted describes a server that is not among those that may answer.
func (d *dhcpServers) unlisted(k dhcpServerKey) Observation {
	s := d.by[k]
	return Observation{
		Code: "dhcp.server_unlisted", Title: "a DHCP server that is not on the list", Who: k.server.String(), Frames: s.frames,
		Statement: fmt.Sprintf("%s, which is none of the %d listed servers, answers %s from %s: %d answers (%s)", k.server, len(d.allowed), k.where(), strings.Join(s.sources, " "), s.answers, s.offers),
		Rule:      "an OFFER or ACK whose server identifier (option 54) is not among the given servers", Source: "the given list",
		Benign: []string{"a new server that the list lacks", "an address of a listed server that the list lacks"},
		Limits: "a server may claim the identifier of another one; answers without an identifier are not counted",
	}
}

// discovers looks for many clients that ask for an address within a minute.
type discovers struct {
	limits *ObservationThresholds
	window[string]
	all []discover
}

type discover struct {
	client string
	frame  uint32
	time   index.Time
	source string
}

func (d *discovers) fields() []string {
	return []string{"dhcp.option.dhcp", "dhcp.hw.mac_addr", "dhcp.ip.relay"}
}

func (d *discovers) watch(m *index.Message, _ *talkers) {
	kind, _ := fieldNumber(m, "dhcp.option.dhcp")
	client, relay := fieldText(m, "dhcp.hw.mac_addr"), fieldAddress(m, "dhcp.ip.relay")
	if kind != 1 || client == "" || relay.IsValid() && !relay.IsUnspecified() { // a relay sends for others by design
		return
	}
	d.add(client, m.Start, d.limits.StarvedWindow)
	if len(d.all) < maxReviewed {
		d.all = append(d.all, discover{client: client, frame: m.Frame, time: m.Start})
	}
}

// review reads who sent the requests, if there are enough.
func (d *discovers) review(ctx context.Context, x Capture) error {
	if d.best < int(d.limits.StarvedClients) {
		return nil
	}
	at := map[uint32]*discover{}
	var frames []uint32
	for i := range d.all {
		at[d.all[i].frame], frames = &d.all[i], append(frames, d.all[i].frame)
	}
	return reviewFrames(ctx, x, reviewed(frames), func(r *frameRecord) { at[r.row.Number].source = r.hardwareSource() })
}

func (d *discovers) report() (out []Observation) {
	if d.best < int(d.limits.StarvedClients) {
		return nil
	}
	least, span := int(d.limits.StarvedClients), d.limits.StarvedWindow
	sums := map[string]*window[string]{}
	frames := map[string][]uint32{}
	other, others := &window[string]{}, []uint32(nil)
	for i := range d.all {
		x := &d.all[i]
		if sums[x.source] == nil {
			sums[x.source] = &window[string]{}
		}
		sums[x.source].add(x.client, x.time, span)
		frames[x.source] = few(frames[x.source], x.frame)
		if x.source != colons([]byte(x.client)) {
			other.add(x.client, x.time, span)
			others = few(others, x.frame)
		}
	}
	o := Observation{
		Code: "dhcp.starvation_shape", Title: "many clients ask for an address at once",
		Rule:   fmt.Sprintf("DISCOVER of at least %d different clients in %s from one sender, or with a client's address that is not the sender's", least, spanWords(span)),
		Source: "ours", Benign: []string{"a test of the server's load", "a switch or access point that forwards for others", "many devices that start after a power cut"},
		Limits: fmt.Sprintf("the first %d DISCOVER are read; requests that a relay forwards are not counted", maxReviewed),
	}
	for _, who := range largest(sums, func(w *window[string]) int { return w.best }, strings.Compare) {
		if w := sums[who]; w.best >= least && len(out) < maxOfCode {
			o.Who, o.Frames = who, frames[who]
			o.Statement = fmt.Sprintf("%s sent DISCOVER of %d different clients within %s", who, w.best, spanWords(span))
			out = append(out, o)
		}
	}
	if len(out) == 0 && other.best >= least {
		o.Frames = others
		o.Statement = fmt.Sprintf("DISCOVER of %d different clients within %s, from %d senders whose own address is another one", other.best, spanWords(span), len(sums))
		out = append(out, o)
	}
	return out
}
