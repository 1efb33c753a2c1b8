// Package fetch downloads one file from a URL that somebody else has chosen.
//
// Such a URL must not become a way into the network that the program runs in. So
// a Client speaks http and https only, and connects to public addresses only. The
// address is checked when a socket is about to connect, behind all resolving of
// names: a name that answers differently the second time (DNS rebinding), and an
// address written in an odd way, end there. Redirects are few and go through the
// same door. There is no proxy, no cookie, no password, and sizes and times are
// bounded.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"
)

// Config bounds a Client. The zero value is valid.
type Config struct {
	MaxBytes int64         // of a file; 0: DefaultMaxBytes
	Timeout  time.Duration // of a whole download; 0: DefaultTimeout
	Stall    time.Duration // without a byte; 0: DefaultStall

	// Allow says which addresses may be connected to. nil: those that are Public
	// and not this computer's own.
	Allow func(netip.Addr) bool
	// Lookup resolves a name; nil: as the system does.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Bounds of a Config that says nothing.
const (
	DefaultMaxBytes = 1 << 30
	DefaultTimeout  = 15 * time.Minute
	DefaultStall    = 30 * time.Second
)

const (
	maxRedirects = 3
	maxURL       = 2048
	maxAddresses = 4 // of one name that are tried
	dialTimeout  = 10 * time.Second
	headTimeout  = 30 * time.Second
)

// Error says why a URL cannot be downloaded; its text is for who gave the URL. It
// holds nothing that the other side has sent but the number of a status.
type Error struct {
	Msg string
	Err error // cause, may be nil
}

func (e *Error) Error() string { return e.Msg }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Client downloads files. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client
}

// New makes a Client.
func New(c Config) *Client {
	if c.MaxBytes <= 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Stall <= 0 {
		c.Stall = DefaultStall
	}
	if c.Allow == nil {
		c.Allow = func(a netip.Addr) bool { return Public(a) && !ownAddress(a) }
	}
	if c.Lookup == nil {
		c.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	client := &Client{config: c}
	client.http = &http.Client{
		CheckRedirect: checkRedirect,
		Transport: &http.Transport{
			DialContext:            client.dial,
			TLSHandshakeTimeout:    dialTimeout,
			ResponseHeaderTimeout:  headTimeout,
			MaxResponseHeaderBytes: 64 << 10,
			DisableKeepAlives:      true, // a connection is for one download
			DisableCompression:     true, // the file as it lies there
		},
	}
	return client
}

// dial connects to one of a name's addresses. Each is refused by control if it is
// not allowed.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs := []netip.Addr{}
	if literal, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, literal)
	} else if addrs, err = c.config.Lookup(ctx, host); err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout, Control: c.control}
	var failed error = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	for i, a := range addrs {
		if i == maxAddresses {
			break
		}
		// as it is: an IPv4 address inside of an IPv6 one stays one
		conn, err := d.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

// Check says what is wrong with a URL as such, nil if it may be tried.
func Check(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case len(raw) > maxURL:
		return &Error{Msg: fmt.Sprintf("the URL is longer than %d bytes", maxURL)}
	case err != nil:
		return &Error{Msg: "this is no URL", Err: err}
	}
	return checkURL(u)
}

func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return &Error{Msg: "only http:// and https:// URLs are downloaded"}
	case u.User != nil:
		return &Error{Msg: "the URL holds a user name or password; they do not belong into a URL"}
	case u.Hostname() == "" || u.Opaque != "":
		return &Error{Msg: "the URL names no host"}
	}
	return nil
}

// checkRedirect lets few redirects happen, to URLs that could have been given.
func checkRedirect(r *http.Request, before []*http.Request) error {
	r.Header.Del("Referer") // where the file came from is nobody's business
	if len(before) > maxRedirects {
		return &Error{Msg: fmt.Sprintf("the server redirects more than %d times", maxRedirects)}
	}
	if before[len(before)-1].URL.Scheme == "https" && r.URL.Scheme == "http" {
		return &Error{Msg: "the server redirects from https to http"}
	}
	if err := checkURL(r.URL); err != nil {
		return &Error{Msg: "the server redirects elsewhere: " + err.Error(), Err: err}
	}
	return nil
}

// Get downloads a URL into w and gives the number of bytes. progress, if not nil,
// hears of the bytes so far and of all, 0 if that is not known.
func (c *Client) Get(ctx context.Context, raw string, w io.Writer, progress func(done, total int64)) (int64, error) {
	if err := Check(raw); err != nil {
		return 0, err
	}
	limited, stop := context.WithTimeout(ctx, c.config.Timeout)
	defer stop()
	n, err := c.get(limited, raw, w, progress)
	var own *Error
	var ours *writeError
	switch {
	case errors.As(err, &ours):
		return n, ours.err
	case err == nil || ctx.Err() != nil:
		return n, errors.Join(err, ctx.Err())
	case limited.Err() != nil:
		return n, &Error{Msg: fmt.Sprintf("the download took longer than %s", c.config.Timeout), Err: err}
	case errors.As(err, &own):
		return n, own
	case errors.Is(err, errNotPublic):
		return n, &Error{Msg: "the URL leads to an address that is not public", Err: err}
	}
	return n, &Error{Msg: "the server could not be reached, or did not answer", Err: err}
}

func (c *Client) get(ctx context.Context, raw string, w io.Writer, progress func(done, total int64)) (int64, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, raw, http.NoBody)
	if err != nil {
		return 0, err
	}
	r.Header.Set("User-Agent", "pcapidx")
	res, err := c.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode != http.StatusOK:
		return 0, &Error{Msg: fmt.Sprintf("the server answered with status %d", res.StatusCode)}
	case res.ContentLength > c.config.MaxBytes:
		return 0, c.tooLarge()
	}
	b := &body{from: res.Body, progress: progress, total: max(res.ContentLength, 0), stall: c.config.Stall}
	b.watch = time.AfterFunc(b.stall, stop)
	defer b.watch.Stop()
	n, err := io.Copy(w, io.LimitReader(b, c.config.MaxBytes+1))
	switch {
	case n > c.config.MaxBytes:
		return n, c.tooLarge()
	case b.err != nil && ctx.Err() != nil:
		return n, &Error{Msg: fmt.Sprintf("the server sent nothing for %s", b.stall), Err: b.err}
	case b.err != nil:
		return n, &Error{Msg: fmt.Sprintf("the download broke off after %d bytes", n), Err: b.err}
	}
	if err != nil {
		return n, &writeError{err}
	}
	return n, nil
}

// writeError is a failure of where the file goes, not of where it comes from.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }

func (c *Client) tooLarge() error {
	return &Error{Msg: fmt.Sprintf("the file is larger than %d bytes", c.config.MaxBytes)}
}

// body reads an answer, tells how far it is, and puts off the end of the download
// as long as bytes come. err is what ended it early.
type body struct {
	from        io.Reader
	progress    func(done, total int64)
	done, total int64
	stall       time.Duration
	watch       *time.Timer
	err         error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if n > 0 {
		b.watch.Reset(b.stall)
		b.done += int64(n)
		if b.progress != nil {
			b.progress(b.done, b.total)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// Name gives the file name that a URL ends with, "" if there is none. It is what
// somebody wrote, and no path.
func Name(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	name := path.Base(u.Path)
	if name == "." || name == "/" || name == ".." || strings.ContainsAny(name, "/\\") {
		return ""
	}
	return name
}
