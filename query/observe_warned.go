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

// warnedRule makes an observation of the warnings of one code.
type warnedRule struct {
	code, title  string
	as           string // code of the observation, "" for the same
	rule, source string
	benign       []string
	limits       string
}

// Sources of rules that several codes share.
const (
	riskTLS    = "nDPI risks 6 to 10 and 32, RFC 8996"
	inCapture  = "judged at the time of the capture; certificates of TLS 1.3 are encrypted and not seen"
	privateUse = "a device or a test of one's own"
)

// warnedRules lists them, in the order in which they are reported.
func warnedRules() []warnedRule {
	return []warnedRule{
		{
			code: "icmp.redirect", title: "hosts are told to take another router", rule: "any ICMP redirect", source: "RFC 1812",
			benign: []string{"two routers on one link, as redirects are meant for"},
		},
		{
			code: "icmp.frag_needed", as: "icmp.path_mtu", title: "packets that are too big for the way", rule: "any ICMP fragmentation needed, or ICMPv6 packet too big", source: "RFC 1191, RFC 8201",
			benign: []string{"path MTU discovery at work: one of each way is normal"}, limits: "connections that stall because such errors are lost are a finding of `diagnose`",
		},
		{
			code: "dns.long_label", title: "long first labels of names", rule: "a first label of more than 48 characters, not of a reverse look-up", source: "nDPI",
			benign: []string{"content delivery networks", "keys of DKIM and of certificates", "telemetry"},
		},
		{
			code: "dns.large_udp", title: "large DNS answers over UDP", rule: "more than 512 bytes without EDNS, or more than EDNS announced", source: "nDPI risk 37, corrected for EDNS",
			benign: []string{"a resolver that ignores the limit"},
		},
		{code: "dns.obsolete_type", title: "obsolete record types", rule: "a question of a type such as NULL or WKS", source: "nDPI risk 23", benign: []string{"a test", "tunnels that are wanted"}},
		{code: "dns.multiple_answers_differ", title: "answers to one question differ", rule: "two answers to one question that do not say the same", benign: []string{"several servers were asked", "load balancing"}},
		{code: "dns.id_mismatch", title: "answers with another number than the question", rule: "an answer that fits a question but for its identifier", benign: []string{"a late answer to an earlier question"}},
		{code: "dhcp.pool_conflict", title: "an address was given to two clients", rule: "an address given to a client while the lease of another one lasts", benign: []string{"a client that changed its hardware address", "a release that was not captured"}},
		{code: "tls.old_version", title: "TLS below version 1.2", rule: "the server chose SSL, TLS 1.0 or 1.1", source: riskTLS, benign: []string{"old devices that cannot be updated"}},
		{code: "tls.weak_cipher", title: "weak cipher suites", rule: "the server chose RC4, 3DES, NULL, EXPORT or no authentication", source: riskTLS, benign: []string{"old devices that cannot be updated"}},
		{code: "tls.cert_expired", title: "expired certificates", rule: "a certificate that was no longer valid", source: riskTLS, benign: []string{privateUse, "a wrong clock where the capture was made"}, limits: inCapture},
		{code: "tls.cert_not_yet", title: "certificates that are not valid yet", rule: "a certificate that was not valid yet", source: riskTLS, benign: []string{"a wrong clock where the capture was made"}, limits: inCapture},
		{code: "tls.cert_name_mismatch", title: "certificates for other names", rule: "no name of the certificate is the one that the client asked for", source: riskTLS, benign: []string{privateUse, "a captive portal"}, limits: inCapture},
		{code: "tls.cert_self_signed", title: "self-signed certificates", rule: "subject and issuer of the server's certificate are the same", source: riskTLS, benign: []string{privateUse, "a client that knows the certificate"}, limits: inCapture},
		{code: "tls.cert_weak_key", title: "short keys of certificates", rule: "an RSA key of less than 2048 bits", source: riskTLS, benign: []string{"old devices"}, limits: inCapture},
		{code: "tls.cert_long_validity", title: "certificates with a long life", rule: "more than 398 days, issued since September 2020", source: riskTLS, benign: []string{"a certificate authority of one's own, which browsers' rule does not bind"}, limits: inCapture},
		{code: "ssh.v1", title: "SSH version 1", rule: "an identification line of version 1", benign: []string{"old devices"}},
		{code: "ssh.weak_algo", title: "weak algorithms of SSH", rule: "a key exchange, cipher or MAC that is no longer recommended was chosen", benign: []string{"old devices"}},
		{code: "smtp.no_starttls", title: "mail in the clear although the server offers TLS", rule: "a mail was sent without STARTTLS that the server had offered", benign: []string{"servers on one host or in one room"}},
		{code: "http.cl_te_conflict", title: "two lengths of a body", rule: "Content-Length and Transfer-Encoding in one message", source: "RFC 9112, section 6.3", benign: []string{"a server that sends both by mistake"}},
		{code: "http.dup_cl", title: "several Content-Length headers", rule: "Content-Length headers that differ", source: "RFC 9112, section 6.3", benign: []string{"a proxy that adds one"}},
		{code: "http.bad_header", title: "header lines that are none", rule: "a header line without a colon, or with characters that may not be there", source: "RFC 9112, section 5", benign: []string{"a program that writes HTTP by hand"}},
		{code: "http.type_mismatch", title: "bodies of another type than declared", rule: "the first bytes of a body are not those of its Content-Type", benign: []string{"servers that send one type for all files"}},
		{code: "http.bomb", title: "bodies that grow when they are decompressed", rule: "a body that grows beyond the limits of decompression", benign: []string{"a log or a table full of zeros"}},
	}
}

// warned counts the warnings of those codes, with who is between whom.
type warned struct {
	by    map[string]*warnedSum // by code; nil for codes of other observers
	rules []warnedRule
}

type warnedSum struct {
	count  int
	pairs  map[warnedPair]int
	capped bool
	frames []uint32
	conns  []uint32
	first  uint32 // message with the first one
	said   string
}

// warnedPair is a client and a server, or a sender and a receiver where no connection
// tells.
type warnedPair struct {
	client netip.Addr
	server netip.AddrPort
}

func (p warnedPair) compare(o warnedPair) int {
	return cmp.Or(p.server.Compare(o.server), p.client.Compare(o.client))
}

func newWarned() *warned {
	w := &warned{by: map[string]*warnedSum{}, rules: warnedRules()}
	for _, r := range w.rules {
		w.by[r.code] = &warnedSum{pairs: map[warnedPair]int{}}
	}
	return w
}

func (w *warned) fields() []string { return nil }

func (w *warned) watch(m *index.Message, t *talkers) {
	for i := range m.Warnings {
		if x := w.by[m.Warnings[i].Code]; x != nil {
			x.add(m, t)
		}
	}
}

func (x *warnedSum) add(m *index.Message, t *talkers) {
	if x.count++; x.count == 1 {
		x.first = m.Number
	}
	x.frames = few(x.frames, m.Frame)
	if m.Conn == index.NoConnection {
		return
	}
	if !slices.Contains(x.conns, m.Conn) {
		x.conns = few(x.conns, m.Conn)
	}
	p := pairOf(t)
	if _, known := x.pairs[p]; !known && len(x.pairs) >= maxObserved {
		x.capped = true
		return
	}
	x.pairs[p]++
}

// pairOf gives the client and the server of a message.
func pairOf(t *talkers) warnedPair {
	if t.from() == t.server() {
		return warnedPair{t.to().Addr(), t.server()}
	}
	return warnedPair{t.from().Addr(), t.server()}
}

// review reads what the first warning of each code says.
func (w *warned) review(_ context.Context, c Capture) error {
	for code, x := range w.by {
		if x.count > 0 {
			var err error
			if x.said, err = warningText(c, x.first, code); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *warned) report() (out []Observation) {
	for i := range w.rules {
		r := &w.rules[i]
		x := w.by[r.code]
		if x.count == 0 {
			continue
		}
		out = append(out, Observation{
			Code: cmp.Or(r.as, r.code), Title: r.title, Frames: x.frames, Connections: x.conns, Statement: x.statement(r.title),
			Rule: r.rule, Source: r.source, Benign: r.benign, Limits: r.limits,
		})
	}
	return out
}

// statement counts, and names the pairs with the most.
func (x *warnedSum) statement(title string) string {
	s := fmt.Sprintf("%s: %d times", title, x.count)
	if len(x.pairs) > 0 {
		s += ", " + pairWords(x.pairs, x.capped)
	}
	return s + "; the first: " + x.said
}

// pairWords names the pairs of hosts with the most.
func pairWords(pairs map[warnedPair]int, capped bool) string {
	var names []string
	for _, p := range largest(pairs, func(n int) int { return n }, warnedPair.compare) {
		names = few(names, fmt.Sprintf("%s with %s (%d)", p.client, endpointText(p.server, p.server.Port() != 0), pairs[p]))
	}
	least, pair, more := "", "pairs", ""
	if capped {
		least = "at least "
	}
	if len(pairs) == 1 {
		pair = "pair"
	}
	if len(pairs) > len(names) {
		more = ", and others"
	}
	return fmt.Sprintf("%s%d %s of hosts: %s%s", least, len(pairs), pair, strings.Join(names, ", "), more)
}

// smallest gives the smallest values of a piece of evidence.
func smallest(list []uint32) []uint32 {
	slices.Sort(list)
	return list[:min(len(list), someValues)]
}
