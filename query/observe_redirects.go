package query

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pcapidx/index"
)

// redirects looks for clients that servers send from one URI to the next and back again.
// The scheme of URIs is left out: behind a proxy that ends TLS, a loop between http and
// https is one of http alone.
type redirects struct {
	limits  *ObservationThresholds
	asked   map[uint32]askedURI       // requests without a final answer
	waiting map[string]waitingClients // by the URI that they were sent to last
	chains  int                       // in waiting
	paths   map[string]int            // of URIs in waiting: how many
	visits  int                       // URIs kept in chains
	by      map[netip.Addr]*redirectSum
}

// askedURI is what a request asks for, as it stands there. Few requests are redirected:
// only of these the URI is made of it.
type askedURI struct {
	host, target string
	time         index.Time
}

// waitingClients are chains that end at a URI, by client.
type waitingClients map[netip.Addr]*redirectChain

// redirectChain is redirects of which each answers the request that the one before made
// the client send.
type redirectChain struct {
	hops    int
	back    bool // it came to a URI again
	told    bool // it is among the loops of its client
	visited map[string]bool
	last    index.Time
	frames  []uint32
	first   []string // URIs
}

type redirectSum struct {
	loops   int
	longest *redirectChain
}

func newRedirects(limits *ObservationThresholds) *redirects {
	return &redirects{limits: limits, asked: map[uint32]askedURI{}, waiting: map[string]waitingClients{}, paths: map[string]int{}, by: map[netip.Addr]*redirectSum{}}
}

func (r *redirects) fields() []string {
	return []string{"http.host", "http.request.uri", "http.location"}
}

func (r *redirects) watch(m *index.Message, t *talkers) {
	if m.Kind == index.Request {
		if len(r.asked) < maxObserved {
			r.asked[m.Number] = askedURI{fieldText(m, "http.host"), fieldText(m, "http.request.uri"), m.Start}
		}
		return
	}
	asked, known := r.asked[m.Request]
	if !known || strings.HasPrefix(m.Code, "1") { // 1xx: the answer follows
		return
	}
	delete(r.asked, m.Request)
	redirected := strings.HasPrefix(m.Code, "3")
	if !redirected && (r.chains == 0 || strings.HasPrefix(asked.target, "/") && r.paths[asked.target] == 0) {
		return
	}
	if asked.host == "" {
		asked.host = t.server().String()
	}
	uri := requestURI(asked.host, asked.target)
	if uri == "" || !redirected && r.waiting[uri] == nil {
		return
	}
	client := t.to().Addr()
	chain := r.take(uri, client)
	to := ""
	if redirected {
		to = redirectedTo(uri, fieldText(m, "http.location"))
	}
	if to == "" || r.chains >= maxObserved {
		return
	}
	if chain == nil || asked.time-chain.last > r.limits.RedirectGap {
		chain = &redirectChain{visited: map[string]bool{}}
	}
	r.follow(chain, client, uri)
	chain.last, chain.frames = m.Start, few(chain.frames, m.Frame)
	if r.waiting[to] == nil {
		r.waiting[to] = waitingClients{}
		r.paths[pathOf(to)]++
	}
	if r.waiting[to][client] == nil {
		r.chains++
	}
	r.waiting[to][client] = chain
}

// take gives the chain of a client that waits at a URI, which it does no more.
func (r *redirects) take(uri string, client netip.Addr) *redirectChain {
	clients := r.waiting[uri]
	chain := clients[client]
	if chain != nil {
		r.chains--
		if delete(clients, client); len(clients) == 0 {
			delete(r.waiting, uri)
			r.paths[pathOf(uri)]--
		}
	}
	return chain
}

// follow adds a redirect from a URI to a chain.
func (r *redirects) follow(chain *redirectChain, client netip.Addr, uri string) {
	chain.hops++
	switch {
	case chain.visited[uri]:
		chain.back = true
	case r.visits < maxObserved:
		r.visits++
		chain.visited[uri], chain.first = true, few(chain.first, uri)
	}
	if !chain.back || chain.hops < int(r.limits.RedirectLoop) {
		return
	}
	x := r.by[client]
	if x == nil {
		x = &redirectSum{longest: chain}
		r.by[client] = x
	}
	if !chain.told {
		chain.told = true
		x.loops++
	}
	if chain.hops > x.longest.hops {
		x.longest = chain
	}
}

// requestURI gives host and target of a request, "" if they are not known. A port that
// goes without saying is left out.
func requestURI(host, target string) string {
	if rest, ok := strings.CutPrefix(target, "/"); ok && host != "" {
		return plainHost(host) + "/" + rest
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return ""
	}
	return plainURI(u)
}

// pathOf gives what stands behind the host of a URI without its scheme.
func pathOf(uri string) string { return uri[max(0, strings.IndexByte(uri, '/')):] }

func plainHost(host string) string {
	host = strings.ToLower(host)
	for _, port := range []string{":80", ":443"} {
		host = strings.TrimSuffix(host, port)
	}
	return host
}

func plainURI(u *url.URL) string { return plainHost(u.Host) + u.RequestURI() }

// redirectedTo gives where a Location header sends who asked for a URI, "" if it says
// nothing that can be followed (RFC 9110, section 10.2.2).
func redirectedTo(uri, location string) string {
	base, err := url.Parse("http://" + uri)
	if err != nil || location == "" {
		return ""
	}
	u, err := base.Parse(location)
	if err != nil || u.Host == "" {
		return ""
	}
	return plainURI(u)
}

func (r *redirects) report() (out []Observation) {
	for _, client := range largest(r.by, func(x *redirectSum) int { return x.longest.hops }, netip.Addr.Compare) {
		x := r.by[client]
		if len(out) >= maxOfCode {
			break
		}
		var names []string
		for _, uri := range x.longest.first { // queries may hold what nobody else should read
			if path, _, _ := strings.Cut(uri, "?"); !slices.Contains(names, path) {
				names = append(names, path)
			}
		}
		out = append(out, Observation{
			Code: "http.redirect_loop", Title: "redirects that lead back", Who: client.String(), Frames: x.longest.frames,
			Statement: fmt.Sprintf("%s was redirected %d times in a row, to %d different URIs (%s); loops in all: %d",
				client, x.longest.hops, len(x.longest.visited), strings.Join(names, ", "), x.loops),
			Rule: fmt.Sprintf("at least %d redirects (3xx with Location) in a row that come back to a URI, each followed within %s; http and https count as the same",
				r.limits.RedirectLoop, spanWords(r.limits.RedirectGap)),
			Source: "ours",
			Benign: []string{"a client that keeps no cookies, which the server waits for", "a client that asks again and again for what was moved to https, and does not go there", "answers that say \"not yet\" with a redirect to themselves"},
			Limits: "redirects inside TLS are not seen; clients behind one proxy are one client",
		})
	}
	return out
}
