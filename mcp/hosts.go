package mcp

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// hosts are the names by which a server may be called. A page from the internet
// can make a browser call a server in the reader's network by a name of its own
// (DNS rebinding); then the name in the request is a wrong one.
type hosts []string

// hostsOf are the names of this computer, that of the address listened on, and
// that of the public URL.
func hostsOf(address string, base *url.URL) hosts {
	h := hosts{"localhost", "127.0.0.1", "::1"}
	if name, _, err := net.SplitHostPort(address); err == nil && name != "" {
		h = append(h, strings.ToLower(name))
	}
	return append(h, strings.ToLower(base.Hostname()))
}

// allow reports whether a request calls the server by one of its names. An
// address is a right name if it is the one that the connection came to.
func (h hosts) allow(r *http.Request) bool {
	name := r.Host
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		name = host
	}
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), "."))
	if slices.Contains(h, name) {
		return true
	}
	ip := net.ParseIP(name)
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ip != nil && ok && local.IP.Equal(ip)
}

// guard refuses requests under wrong names, and those that pages of other sites
// make a browser send.
func (h hosts) guard(base *url.URL, next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	// base is http(s)://host[:port]: nothing that the protection refuses
	_ = origins.AddTrustedOrigin(base.Scheme + "://" + base.Host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.allow(r) {
			http.Error(w, "this server does not go by the name in the Host header: `pcapidx serve --public-url URL` gives it one", http.StatusForbidden)
			return
		}
		asked := r
		if r.URL.Path == Path && r.Method == http.MethodGet { // a stream of answers is not for other sites to read either
			post := *r
			post.Method, asked = http.MethodPost, &post
		}
		if err := origins.Check(asked); err != nil {
			http.Error(w, "pages of other sites may not use this server", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
