package query

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// Thresholds of names. Sources: dns.many_subdomains is the base of RITA's score for C2
// over DNS; dns.high_entropy_names is common practice (hexadecimal has at most 4 bits a
// character, base32 at most 5); dns.nxdomain_burst is ours, after MITRE T1568.002.
const (
	manySubdomains = 100
	entropyBits    = 3.5
	entropyNames   = 20
	entropyLength  = 20
	burstNames     = 25
	burstWindow    = index.Time(300e9)
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
	by    map[clientDomain]*subdomainSum
	names int // kept in all
}

type clientDomain struct {
	client netip.Addr
	domain string
}

type subdomainSum struct {
	names  map[string]bool
	asked  int
	texts  int // TXT and NULL
	bits   float64
	long   int // names that bits is about
	frames []uint32
}

func newSubdomains() *subdomains { return &subdomains{by: map[clientDomain]*subdomainSum{}} }

func (s *subdomains) fields() []string { return []string{"dns.qry.name", "dns.qry.type"} }

func (s *subdomains) watch(m *index.Message, from, _ netip.Addr) {
	name := fieldText(m, "dns.qry.name")
	if m.Kind != index.Request || m.Protocol != "dns" || name == "" || strings.HasSuffix(name, ".arpa") {
		return
	}
	sub, domain := domainOf(name)
	key := clientDomain{from, domain}
	x := s.by[key]
	if x == nil {
		if len(s.by) >= maxObserved {
			return
		}
		x = &subdomainSum{names: map[string]bool{}}
		s.by[key] = x
	}
	x.asked++
	if kind, _ := fieldNumber(m, "dns.qry.type"); kind == 16 || kind == 10 {
		x.texts++
	}
	if sub == "" || x.names[sub] || s.names >= maxObserved {
		return
	}
	x.names[sub] = true
	s.names++
	x.frames = someFrames(x.frames, m.Frame)
	if plain := strings.ReplaceAll(sub, ".", ""); len(plain) >= entropyLength {
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
	keys := slices.SortedFunc(maps.Keys(s.by), func(a, b clientDomain) int {
		return cmp.Or(-cmp.Compare(len(s.by[a].names), len(s.by[b].names)), cmp.Compare(a.domain, b.domain), a.client.Compare(b.client))
	})
	limits := "the registered domain is a guess from its labels; encrypted DNS is not seen"
	for _, k := range keys {
		x := s.by[k]
		if len(x.names) >= manySubdomains {
			out = append(out, Observation{
				Code: "dns.many_subdomains", Title: "many different names below one domain", Who: k.client.String(), Frames: x.frames,
				Statement: fmt.Sprintf("%d different names below %s were asked for by %s in %d queries, %d of them TXT or NULL", len(x.names), k.domain, k.client, x.asked, x.texts),
				Rule:      fmt.Sprintf("at least %d different names below one domain by one client", manySubdomains),
				Benign:    []string{"content delivery networks", "look-ups of block lists and virus scanners", "telemetry"}, Limits: limits,
			})
		}
		if x.long >= entropyNames && x.bits/float64(x.long) > entropyBits {
			out = append(out, Observation{
				Code: "dns.high_entropy_names", Title: "names that look like data", Who: k.client.String(), Frames: x.frames,
				Statement: fmt.Sprintf("%d names of %d and more characters below %s have %.2f bits of entropy a character on average", x.long, entropyLength, k.domain, x.bits/float64(x.long)),
				Rule:      fmt.Sprintf("at least %d such names with more than %.1f bits on average", entropyNames, entropyBits),
				Benign:    []string{"hashes of files or devices in names", "content delivery networks"}, Limits: limits,
			})
		}
	}
	return out
}

// failedNames looks for many names that do not exist, within minutes.
type failedNames struct{ by map[netip.Addr]*failedSum }

type failedSum struct {
	answers, failed int
	recent          []failedName // within the window
	best            int          // most different domains in a window
	frames          []uint32
	names           []string
}

type failedName struct {
	domain string
	time   index.Time
}

func newFailedNames() *failedNames { return &failedNames{by: map[netip.Addr]*failedSum{}} }

func (f *failedNames) fields() []string { return []string{"dns.qry.name", "dns.flags.rcode"} }

func (f *failedNames) watch(m *index.Message, _, to netip.Addr) {
	if m.Kind != index.Response || m.Protocol != "dns" {
		return
	}
	x := f.by[to]
	if x == nil {
		if len(f.by) >= maxObserved {
			return
		}
		x = &failedSum{}
		f.by[to] = x
	}
	x.answers++
	if rcode, _ := fieldNumber(m, "dns.flags.rcode"); rcode != 3 {
		return
	}
	x.failed++
	_, domain := domainOf(fieldText(m, "dns.qry.name"))
	for len(x.recent) > 0 && m.Start-x.recent[0].time > burstWindow || len(x.recent) >= 4096 {
		x.recent = x.recent[1:]
	}
	if slices.ContainsFunc(x.recent, func(n failedName) bool { return n.domain == domain }) {
		return
	}
	x.recent = append(x.recent, failedName{domain, m.Start})
	x.frames = someFrames(x.frames, m.Frame)
	if len(x.names) < 5 {
		x.names = append(x.names, domain)
	}
	x.best = max(x.best, len(x.recent))
}

func (f *failedNames) report() (out []Observation) {
	for _, client := range slices.SortedFunc(maps.Keys(f.by), netip.Addr.Compare) {
		x := f.by[client]
		if x.best < burstNames || 2*x.failed < x.answers {
			continue
		}
		out = append(out, Observation{
			Code: "dns.nxdomain_burst", Title: "many names that do not exist", Who: client.String(), Frames: x.frames,
			Statement: fmt.Sprintf("%s asked for %d different domains that do not exist within 5 minutes; %d of its %d answers were NXDOMAIN; among them %s", client, x.best, x.failed, x.answers, strings.Join(x.names, ", ")),
			Rule:      fmt.Sprintf("at least %d different domains with NXDOMAIN in 5 minutes, and half of all answers", burstNames),
			Benign:    []string{"a search list of domains", "browsers that probe for captive portals", "a typing error in a configuration that is tried again"},
			Limits:    "the registered domain is a guess from its labels",
		})
	}
	return out
}
