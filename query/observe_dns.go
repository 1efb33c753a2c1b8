package query

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// domainOf gives what is probably the registered domain of a name, and what stands in
// front of it. Without a list of public suffixes it is a guess: two labels, three below
// a country's short second level (co.uk).
func domainOf(name string) (sub, domain string) {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(name), "."), ".")
	n := 2
	if k := len(labels); k > 2 && len(labels[k-1]) == 2 && len(labels[k-2]) <= 3 {
		n = 3
	}
	at := max(0, len(labels)-n)
	return strings.Join(labels[:at], "."), strings.Join(labels[at:], ".")
}

// subdomains counts the different names below one domain that one client asks for.
type subdomains struct {
	limits *ObservationThresholds
	by     map[clientDomain]*subdomainSum
	names  int // kept in all
}

type clientDomain struct {
	client netip.Addr
	domain string
}

func (a clientDomain) compare(b clientDomain) int {
	return cmp.Or(cmp.Compare(a.domain, b.domain), a.client.Compare(b.client))
}

type subdomainSum struct {
	names       map[string]bool
	lengths     []int // of the names, with the domain
	asked       int
	texts       int // TXT and NULL
	bits        float64
	long        int // names that bits is about
	first, last index.Time
	frames      []uint32
}

func newSubdomains(limits *ObservationThresholds) *subdomains {
	return &subdomains{limits: limits, by: map[clientDomain]*subdomainSum{}}
}

func (s *subdomains) fields() []string { return []string{"dns.qry.name", "dns.qry.type"} }

func (s *subdomains) watch(m *index.Message, t *talkers) {
	if m.Kind != index.Request {
		return
	}
	name := fieldText(m, "dns.qry.name")
	if name == "" || strings.HasSuffix(name, ".arpa") {
		return
	}
	sub, domain := domainOf(name)
	key := clientDomain{t.from().Addr(), domain}
	x := s.by[key]
	if x == nil {
		if len(s.by) >= maxObserved {
			return
		}
		x = &subdomainSum{names: map[string]bool{}, first: m.Start, last: m.Start}
		s.by[key] = x
	}
	x.asked++
	x.first, x.last = min(x.first, m.Start), max(x.last, m.Start)
	if kind, _ := fieldNumber(m, "dns.qry.type"); kind == 16 || kind == 10 {
		x.texts++
	}
	if sub == "" || x.names[sub] || s.names >= maxObserved {
		return
	}
	x.names[sub] = true
	s.names++
	x.lengths, x.frames = append(x.lengths, len(name)), few(x.frames, m.Frame)
	if plain := strings.ReplaceAll(sub, ".", ""); len(plain) >= int(s.limits.EntropyLength) {
		x.long++
		x.bits += entropyOf(plain)
	}
}

// entropyOf gives Shannon's entropy of a text, bits a character.
func entropyOf(text string) (bits float64) {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(text))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

func (s *subdomains) report() (out []Observation) {
	l := s.limits
	for _, k := range reached(min(l.EntropyNames, l.ManySubdomains), s.by, func(x *subdomainSum) int { return len(x.names) }, clientDomain.compare) {
		x := s.by[k]
		if len(x.names) >= int(l.ManySubdomains) {
			out = append(out, x.many(k, l))
		}
		if x.long >= int(l.EntropyNames) && x.bits/float64(x.long) > l.EntropyBits {
			out = append(out, Observation{
				Code: "dns.high_entropy_names", Title: "names that look like data", Who: k.client.String(), Frames: x.frames,
				Statement: fmt.Sprintf("%d names of %d and more characters below %s have %.2f bits of entropy a character on average", x.long, l.EntropyLength, k.domain, x.bits/float64(x.long)),
				Rule:      fmt.Sprintf("at least %d such names with more than %.1f bits on average", l.EntropyNames, l.EntropyBits),
				Source:    "common practice; hexadecimal text has at most 4 bits a character, base32 5",
				Benign:    []string{"hashes of files or devices in names", "content delivery networks"}, Limits: domainLimits(),
			})
		}
		if len(out) >= maxOfCode {
			break
		}
	}
	return out
}

func domainLimits() string {
	return "the registered domain is a guess from its labels; encrypted DNS is not seen"
}

// many describes many names below one domain, and what of them is like a tunnel.
func (x *subdomainSum) many(k clientDomain, l *ObservationThresholds) Observation {
	slices.Sort(x.lengths)
	middle := x.lengths[len(x.lengths)/2]
	fresh, texts := float64(len(x.names))/float64(x.asked), float64(x.texts)/float64(x.asked)
	o := Observation{
		Code: "dns.many_subdomains", Title: "many different names below one domain", Who: k.client.String(), Frames: x.frames,
		Statement: fmt.Sprintf("%d different names below %s were asked for by %s in %d queries, %d of them TXT or NULL; the median name has %d characters",
			len(x.names), k.domain, k.client, x.asked, x.texts, middle),
		Rule:   fmt.Sprintf("at least %d different names below one domain by one client", l.ManySubdomains),
		Source: "RITA (100 subdomains)",
		Benign: []string{"content delivery networks", "look-ups of block lists and virus scanners", "telemetry"}, Limits: domainLimits(),
	}
	if span := x.last - x.first; span > 0 {
		o.Statement += fmt.Sprintf(", %.0f names an hour", float64(len(x.names))/(float64(span)/3600e9))
	}
	var like []string
	if middle > int(l.TunnelName) {
		like = append(like, fmt.Sprintf("names longer than %d characters", l.TunnelName))
	}
	if fresh > l.TunnelFresh {
		like = append(like, fmt.Sprintf("%.0f %% of the queries ask for a new name", 100*fresh))
	}
	if texts >= l.TunnelTexts {
		like = append(like, fmt.Sprintf("%.0f %% of them are TXT or NULL", 100*texts))
	}
	if len(like) > 0 {
		o.Statement += "; a tunnel has the same shape: " + strings.Join(like, ", ")
	}
	return o
}

// failedNames looks for many names that do not exist, within minutes.
type failedNames struct {
	limits *ObservationThresholds
	by     map[netip.Addr]*failedSum
}

type failedSum struct {
	window[string]  // of domains
	answers, failed int
	frames          []uint32
	names           []string
}

func newFailedNames(limits *ObservationThresholds) *failedNames {
	return &failedNames{limits: limits, by: map[netip.Addr]*failedSum{}}
}

func (f *failedNames) fields() []string { return []string{"dns.qry.name", "dns.flags.rcode"} }

func (f *failedNames) watch(m *index.Message, t *talkers) {
	if m.Kind != index.Response {
		return
	}
	client := t.to().Addr()
	x := f.by[client]
	if x == nil {
		if len(f.by) >= maxObserved {
			return
		}
		x = &failedSum{}
		f.by[client] = x
	}
	x.answers++
	if rcode, _ := fieldNumber(m, "dns.flags.rcode"); rcode != 3 {
		return
	}
	x.failed++
	_, domain := domainOf(fieldText(m, "dns.qry.name"))
	if x.add(domain, m.Start, f.limits.BurstWindow) {
		x.frames, x.names = few(x.frames, m.Frame), few(x.names, domain)
	}
}

func (f *failedNames) report() (out []Observation) {
	for _, client := range reached(f.limits.BurstNames, f.by, func(x *failedSum) int { return x.best }, netip.Addr.Compare) {
		x := f.by[client]
		if float64(x.failed) < f.limits.BurstShare*float64(x.answers) || len(out) >= maxOfCode {
			continue
		}
		out = append(out, Observation{
			Code: "dns.nxdomain_burst", Title: "many names that do not exist", Who: client.String(), Frames: x.frames,
			Statement: fmt.Sprintf("%s asked for %d different domains that do not exist within %s; %d of its %d answers were NXDOMAIN; among them %s", client, x.best, spanWords(f.limits.BurstWindow), x.failed, x.answers, strings.Join(x.names, ", ")),
			Rule:      fmt.Sprintf("at least %d different domains with NXDOMAIN in %s, and %.0f %% of all answers", f.limits.BurstNames, spanWords(f.limits.BurstWindow), 100*f.limits.BurstShare),
			Source:    "ours, after MITRE T1568.002",
			Benign:    []string{"a search list of domains", "browsers that probe for captive portals", "a typing error in a configuration that is tried again"},
			Limits:    "the registered domain is a guess from its labels",
		})
	}
	return out
}
