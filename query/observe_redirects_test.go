package query

import (
	"fmt"
	"strings"
	"testing"
)

// redirected writes n requests on one connection, each answered by a redirect.
func redirected(n int, from, to func(i int) string) []framed {
	var said []string
	for i := range n {
		said = append(said, ">GET "+from(i)+" HTTP/1.1\r\nHost: a.example\r\n\r\n", "<HTTP/1.1 302 Found\r\nLocation: "+to(i)+"\r\nContent-Length: 0\r\n\r\n")
	}
	return talk("10.0.0.1:40000", "10.0.0.2:80", said...)
}

func observedRedirects() []observed {
	pages := func(i int) string { return fmt.Sprintf("/page%d", i) }
	next := func(i int) string { return pages(i + 1) }
	turns := func(i int) string { return pages(i % 2) }
	back := func(i int) string { return "http://A.example:80" + pages((i+1)%2) }
	// secure writes redirects to TLS of requests that come again, each on a connection.
	secure := func(step int) (out []framed) {
		for i := range 5 {
			one := talk(fmt.Sprintf("10.0.0.1:%d", 40000+i), "10.0.0.2:80", ">GET /?token=s3cr3t HTTP/1.1\r\nHost: a.example\r\n\r\n", "<HTTP/1.1 301 Moved Permanently\r\nLocation: https://a.example/?token=s3cr3t\r\nContent-Length: 0\r\n\r\n")
			out = laterMS(out, step*i, one...)
		}
		return out
	}
	// settled writes a loop of five that a page interrupts.
	settled := func(status string) []framed {
		ask, send := ">GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "<HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
		return talk("10.0.0.1:40000", "10.0.0.2:80", ask, send, ask, send, ask, "<HTTP/1.1 "+status+"\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", ask, send, ask, send)
	}
	return []observed{
		{"http.redirect_loop", "10.0.0.1 was redirected 5 times in a row, to 2 different URIs (a.example/page0, a.example/page1); loops in all: 1", linkRaw, redirected(5, turns, back), redirected(4, turns, back), []string{"http"}},
		{"http.redirect_loop", "5 times in a row", linkRaw, redirected(5, turns, back), redirected(9, pages, next), nil},
		{"http.redirect_loop", "to 1 different URIs (a.example/); loops", linkRaw, secure(2000), secure(2010), nil},
		{"http.redirect_loop", "5 times in a row", linkRaw, settled("303 See Other"), settled("200 OK"), nil},
	}
}

func TestRedirectedTo(t *testing.T) {
	for _, c := range []struct{ uri, location, want string }{
		{"a.example/x/y?q=1", "z", "a.example/x/z"},
		{"a.example/x/y?q=1", "/z?r=2#part", "a.example/z?r=2"},
		{"a.example/x", "//B.example", "b.example/"},
		{"a.example/x", "https://b.example:443/", "b.example/"},
		{"a.example/x", "http://b.example:8080/", "b.example:8080/"},
		{"[2001:db8::1]:81/x", "?y", "[2001:db8::1]:81/x?y"},
		{"a.example/x", "", ""},
		{"a.example/x", "mailto:a@example.com", ""},
		{"a.example/x", "http://[", ""},
		{"%zz/", "/", ""},
	} {
		if got := redirectedTo(c.uri, c.location); got != c.want {
			t.Errorf("%s to %s: %q, want %q", c.uri, c.location, got, c.want)
		}
	}
	for _, c := range []struct{ host, target, want string }{
		{"A.example:80", "/x?y", "a.example/x?y"},
		{"proxy", "http://b.example/x", "b.example/x"},
		{"a.example", "*", ""},
		{"", "/x", ""},
	} {
		if got := requestURI(c.host, c.target); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.host, c.target, got, c.want)
		}
	}
}

// TestRedirectSecrets: queries of URIs are not told.
func TestRedirectSecrets(t *testing.T) {
	shows := observedRedirects()[2].shows
	_, _, a := overviewed(t, linkRaw, shows)
	if o := observation(a.Observations, "http.redirect_loop"); o == nil || strings.Contains(o.Statement, "s3cr3t") {
		t.Errorf("%+v", o)
	}
}
