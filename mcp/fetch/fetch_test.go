package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "93.184.216.34": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.0.1": true, "172.32.0.1": true,
		"192.0.1.1": true, "198.17.0.1": true, "223.255.255.255": true, "2606:4700::1111": true, "2a00:1450::1": true, "2001:4860:4860::8888": true, "3ffe::1": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false, "127.255.0.9": false,
		"169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "192.0.0.170": false, "192.0.2.1": false,
		"192.88.99.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.7": false, "203.0.113.9": false, "224.0.0.1": false, "239.1.1.1": false,
		"240.0.0.1": false, "255.255.255.255": false,

		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:8.8.8.8": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b::808:808": false,
		"64:ff9b:1::1": false, "100::1": false, "2001::1": false, "2001:0:1:2:3:4:5:6": false, "2001:2::1": false, "2001:20::1": false, "2001:db8::1": false, "2002:7f00:1::": false,
		"3fff::1": false, "5f00::1": false, "fc00::1": false, "fd12:3456::1": false, "fe80::1": false, "fe80::1%eth0": false, "2606:4700::1111%1": false, "fec0::1": false, "ff02::1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public %v", text, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func FuzzPublic(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "8.8.8.8", "::ffff:10.0.0.1", "2606:4700::1111", "fe80::1"} {
		f.Add(netip.MustParseAddr(s).AsSlice())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		if Public(a) && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || !a.IsGlobalUnicast()) {
			t.Errorf("%s is public", a)
		}
	})
}

func TestOwnAddress(t *testing.T) {
	if !ownAddress(netip.MustParseAddr("127.0.0.1")) || ownAddress(netip.MustParseAddr("8.8.8.8")) {
		t.Error("127.0.0.1 is this computer's, 8.8.8.8 is not")
	}
}

// onLoopback lets a client speak to the tests' servers, and nothing else.
func onLoopback(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }

func get(c *Client, url string) (string, error) {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	var b bytes.Buffer
	n, err := c.Get(ctx, url, &b, nil)
	if n != int64(b.Len()) {
		return "", fmt.Errorf("%d bytes counted, %d written", n, b.Len())
	}
	return b.String(), err
}

// wants checks that err is for who gave the URL, and says something.
func wants(t *testing.T, what string, err error, word string) {
	t.Helper()
	var own *Error
	if !errors.As(err, &own) || !strings.Contains(own.Msg, word) {
		t.Errorf("%s: %v, want %q", what, err, word)
	}
}

func TestGet(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" {
			t.Errorf("sent %v", r.Header)
		}
		switch r.URL.Path {
		case "/hop":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, r, "/a/trace.pcap", http.StatusFound)
		default:
			fmt.Fprint(w, "content of "+r.URL.Path)
		}
	}))
	defer server.Close()
	c := New(Config{Allow: onLoopback})
	for path, want := range map[string]string{"/a/trace.pcap": "/a/trace.pcap", "/hop?secret=1": "/a/trace.pcap"} {
		if got, err := get(c, server.URL+path); err != nil || got != "content of "+want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	var done, total int64
	if _, err := c.Get(context.Background(), server.URL+"/x", &bytes.Buffer{}, func(d, all int64) { done, total = d, all }); err != nil || done != 13 || total != 13 {
		t.Errorf("progress %d of %d, %v", done, total, err)
	}
	_, err := get(New(Config{}), server.URL+"/x")
	wants(t, "loopback by default", err, "not public")
}

// TestURLs: what no connection is made for.
func TestURLs(t *testing.T) {
	c := New(Config{
		Allow: func(a netip.Addr) bool { t.Errorf("connects to %s", a); return false },
		Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
			t.Errorf("asks for %s", host)
			return nil, nil
		},
	})
	for raw, word := range map[string]string{
		"file:///etc/passwd":                   "only http",
		"ftp://example.org/x.pcap":             "only http",
		"gopher://127.0.0.1:11211/x":           "only http",
		"//example.org/x.pcap":                 "only http",
		"/etc/passwd":                          "only http",
		"":                                     "only http",
		"http:example.org":                     "no host",
		"http://":                              "no host",
		"http:///x":                            "no host",
		"http://:80/x":                         "no host",
		"http://u@example.org/x":               "password",
		"https://user:secret@example.org/x":    "password",
		"http://example.org\x00/":              "no URL",
		"http://[::1":                          "no URL",
		"http://x/" + strings.Repeat("y", 3e3): "longer",
	} {
		_, err := get(c, raw)
		wants(t, raw, err, word)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", raw, err)
		}
	}
}

// TestClosedAddresses: however an address is written, or whatever name leads to it.
func TestClosedAddresses(t *testing.T) {
	names := map[string]string{
		"inside.example.org": "10.1.2.3", "mapped.example.org": "::ffff:127.0.0.1", "nat64.example.org": "64:ff9b::7f00:1", "6to4.example.org": "2002:7f00:1::1",
		"2130706433": "127.0.0.1", "0x7f.1": "127.0.0.1", "017700000001": "127.0.0.1", "localhost": "::1", "metadata.example.org": "169.254.169.254",
	}
	c := New(Config{Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
		if a, ok := names[host]; ok {
			return []netip.Addr{netip.MustParseAddr(a)}, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}})
	for _, url := range []string{
		"http://127.0.0.1/", "http://127.1.2.3:8080/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]:80/", "http://[::]/", "http://0.0.0.0/",
		"http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "https://192.168.0.1/", "http://100.64.0.1/", "http://[fe80::1]/", "http://[fd00::1]/",
		"http://inside.example.org/", "http://mapped.example.org/", "http://nat64.example.org/", "https://6to4.example.org/", "http://2130706433/", "http://0x7f.1/",
		"http://017700000001/", "http://localhost:80/", "http://metadata.example.org/",
	} {
		_, err := get(c, url)
		wants(t, url, err, "not public")
	}
	_, err := get(c, "http://gone.example.org/")
	wants(t, "no such name", err, "could not be reached")
}

// TestRebinding: a name that leads to an allowed address first, and to a closed one
// when it is asked again, gets nothing: it is the connected address that counts.
func TestRebinding(t *testing.T) {
	var hits atomic.Int32
	secret := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { hits.Add(1); fmt.Fprint(w, "secret") }))
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("SKIPPED: the system has no address 127.0.0.2")
	}
	secret.Listener.Close()
	secret.Listener = l
	secret.Start()
	defer secret.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://rebind.example.org:"+port+"/again", http.StatusFound)
	}))
	defer front.Close()
	u, _ := url.Parse(front.URL)
	asked := 0
	c := New(Config{Allow: onLoopback, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		if asked++; asked == 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
	}})
	_, err = get(c, "http://rebind.example.org:"+u.Port()+"/")
	wants(t, "rebinding", err, "not public")
	if asked != 2 || hits.Load() != 0 {
		t.Errorf("asked %d times, the closed server was reached %d times", asked, hits.Load())
	}
	// the same without a guard reaches it: the test could see a failure
	open := New(Config{Allow: func(netip.Addr) bool { return true }, Lookup: c.config.Lookup})
	if got, err := get(open, "http://rebind.example.org:"+port+"/"); err != nil || got != "secret" {
		t.Errorf("without a guard: %q, %v", got, err)
	}
}

func TestRedirects(t *testing.T) {
	var target string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := len(r.URL.Path) - 1
		switch {
		case r.URL.Path == "/to":
			http.Redirect(w, r, target, http.StatusFound)
		case n > 0:
			http.Redirect(w, r, r.URL.Path[:n], http.StatusMovedPermanently)
		default:
			fmt.Fprint(w, "end")
		}
	}))
	defer server.Close()
	c := New(Config{Allow: onLoopback})
	if got, err := get(c, server.URL+"/xxx"); err != nil || got != "end" {
		t.Errorf("three redirects: %q, %v", got, err)
	}
	_, err := get(c, server.URL+"/xxxx")
	wants(t, "four redirects", err, "more than 3")
	for to, word := range map[string]string{
		"http://127.0.0.2:" + strings.Split(server.URL, ":")[2] + "/": "not public",
		"http://[::1]/":            "not public",
		"http://10.0.0.1/":         "not public",
		"file:///etc/passwd":       "only http",
		"ftp://example.org/":       "only http",
		"http://user:pw@127.0.0.1": "password",
	} {
		target = to
		_, err := get(c, server.URL+"/to")
		wants(t, "redirect to "+to, err, word)
	}
	secure := httptest.NewTLSServer(http.RedirectHandler(server.URL+"/", http.StatusFound))
	defer secure.Close()
	c.http.Transport.(*http.Transport).TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig
	_, err = get(c, secure.URL)
	wants(t, "from https to http", err, "https to http")
}

func TestProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy is asked") }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	_, err := get(New(Config{Allow: onLoopback, Lookup: func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no") }}), "http://example.org/")
	wants(t, "proxy", err, "could not be reached")
}

func TestBounds(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/said":
			w.Header().Set("Content-Length", "2000")
		case "/error":
			w.WriteHeader(http.StatusForbidden)
		case "/cut":
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, "abc")
			return
		case "/stall":
			fmt.Fprint(w, "abc")
			w.(http.Flusher).Flush()
			<-release
			return
		case "/silent":
			<-release
			return
		case "/drip":
			for range 200 {
				if _, err := fmt.Fprint(w, "x"); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}
		for range 20 {
			fmt.Fprint(w, strings.Repeat("x", 100))
			w.(http.Flusher).Flush()
		}
	}))
	defer server.Close()
	defer close(release)
	c := New(Config{Allow: onLoopback, MaxBytes: 1000, Timeout: time.Second, Stall: 200 * time.Millisecond})
	for path, word := range map[string]string{
		"/said": "larger than 1000", "/unsaid": "larger than 1000", "/error": "status 403", "/cut": "broke off after 3 bytes",
		"/stall": "sent nothing for", "/silent": "took longer than", "/drip": "took longer than",
	} {
		begin := time.Now()
		_, err := get(c, server.URL+path)
		wants(t, path, err, word)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: ended after %s", path, took)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, stop)
	if _, err := c.Get(ctx, server.URL+"/silent", &bytes.Buffer{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := c.Get(context.Background(), server.URL+"/small", full{}, nil); !errors.Is(err, errFull) {
		t.Errorf("a writer that fails: %v", err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestName(t *testing.T) {
	for raw, want := range map[string]string{
		"https://example.org/a/trace.pcap?x=1#y": "trace.pcap", "https://example.org/": "", "https://example.org": "", "https://example.org/a/..": "",
		"https://example.org/a%2Fb%20c.pcap": "b c.pcap", `https://example.org/..%5Cx.pcap`: "", "%": "", "https://example.org/x/": "x",
	} {
		if got := Name(raw); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}
