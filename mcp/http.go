package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
	"pcapidx/mcp/upload"
)

// Path is where the protocol is spoken.
const Path = "/mcp"

// HTTPConfig says how a server is reached over HTTP. Address is required.
type HTTPConfig struct {
	// Address is where it listens, as host:port.
	Address string
	// PublicURL is what clients call the server, if that is not its address.
	PublicURL string
	// CertFile and KeyFile are PEM files of the server's certificate; both or
	// neither.
	CertFile, KeyFile string
	// Keys are the keys that open the server. Without them everybody is the local
	// user.
	Keys *keys.Store
	// Mount are further handlers by pattern, as http.ServeMux takes them. They are
	// behind the check of hosts, but not behind that of keys. One that reads bodies
	// for longer than BodyTime has to move the deadline of reading
	// (http.ResponseController).
	Mount map[string]http.Handler

	// SessionTimeout ends sessions that are idle; 0: DefaultSessionTimeout.
	SessionTimeout time.Duration
	// MaxSessions and MaxUserSessions bound the sessions of all and of each user;
	// 0: DefaultMaxSessions, DefaultMaxUserSessions.
	MaxSessions, MaxUserSessions int
	// BodyTime bounds how long the body of a request may take to come; 0:
	// DefaultBodyTime.
	BodyTime time.Duration

	metrics http.Handler // for keys of scope admin
	uploads http.Handler // for who has the URL of one; nil: none
}

// Limits that HTTPConfig says nothing about.
const (
	DefaultSessionTimeout  = 15 * time.Minute
	DefaultMaxSessions     = 1000
	DefaultMaxUserSessions = 200
	DefaultBodyTime        = 30 * time.Second
)

const (
	headerTime     = 10 * time.Second
	idleTime       = 2 * time.Minute
	shutdownTime   = 10 * time.Second
	firstStateless = "2026-07-28" // the protocol version that knows no sessions
)

// HTTP serves an MCP server over HTTP, to clients with sessions and without.
type HTTP struct {
	config  HTTPConfig
	log     *slog.Logger
	sdk     *sdk.Server
	base    *url.URL
	open    *sessions
	drain   drain
	handler http.Handler
}

// HTTP makes the HTTP side of the server, where the files of upload URLs are taken
// too.
func (s *Server) HTTP(c HTTPConfig) (*HTTP, error) {
	c.metrics = s.Metrics()
	if s.uploads != nil {
		c.uploads = s.uploads
	}
	h, err := newHTTP(s.sdk, s.config.Log, c)
	if err == nil {
		s.counts.sessions = h.open.count
	}
	return h, err
}

func newHTTP(server *sdk.Server, log *slog.Logger, c HTTPConfig) (*HTTP, error) {
	c.SessionTimeout = cmp.Or(c.SessionTimeout, DefaultSessionTimeout)
	c.BodyTime = cmp.Or(c.BodyTime, DefaultBodyTime)
	base, err := BaseURL(c.PublicURL, c.Address, c.CertFile != "")
	if err != nil {
		return nil, err
	}
	h := &HTTP{config: c, log: log, sdk: server, base: base}
	h.open = &sessions{
		most: cmp.Or(c.MaxSessions, DefaultMaxSessions), mostOfUser: cmp.Or(c.MaxUserSessions, DefaultMaxUserSessions),
		idle: c.SessionTimeout, ofUser: map[string]int{},
	}
	server.AddReceivingMiddleware(h.open.admit, h.drain.listens)
	protocol := h.drain.count(bodies(c.BodyTime, bothEras(server, c.SessionTimeout)))
	mux := http.NewServeMux()
	if c.Keys != nil {
		protocol = h.access(protocol)
		if c.metrics != nil {
			mux.Handle("GET /metrics", h.access(admins(c.metrics)))
		}
	}
	mux.Handle(Path, protocol)
	if c.uploads != nil {
		mux.Handle(upload.Pattern, c.uploads)
	}
	for pattern, handler := range c.Mount {
		mux.Handle(pattern, handler)
	}
	all := http.NewServeMux()
	all.Handle("/", hostsOf(c.Address, base).guard(base, mux))
	// what watches over servers calls them by address, and learns nothing
	all.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	h.handler = all
	return h, nil
}

// bothEras serves clients with and without sessions on one URL. Hosts, origins
// and bodies are looked after by who stands before it.
func bothEras(s *sdk.Server, timeout time.Duration) http.Handler {
	get := func(*http.Request) *sdk.Server { return s }
	modern := sdk.NewStreamableHTTPHandler(get, &sdk.StreamableHTTPOptions{
		Stateless: true, PropagateRequestCancellation: true, MaxRequestBodyBytes: maxBody, DisableLocalhostProtection: true,
	})
	legacy := sdk.NewStreamableHTTPHandler(get, &sdk.StreamableHTTPOptions{
		SessionTimeout: timeout, MaxRequestBodyBytes: maxBody, DisableLocalhostProtection: true,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Mcp-Session-Id") == "" && r.Header.Get("MCP-Protocol-Version") >= firstStateless {
			modern.ServeHTTP(w, r)
			return
		}
		legacy.ServeHTTP(w, r)
	})
}

// BaseURL is what links to a server begin with, without a slash at the end: its
// public URL, or its address. It never comes from what a client says.
func BaseURL(public, address string, tls bool) (*url.URL, error) {
	if public == "" {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("address to listen on: %w", err)
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "localhost"
		}
		u := &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
		if tls {
			u.Scheme = "https"
		}
		return u, nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the public URL is none: give http(s)://HOST[:PORT][/PATH]")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// BaseURL is what links to this server begin with.
func (h *HTTP) BaseURL() string { return h.base.String() }

// ServeHTTP answers one request.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.handler.ServeHTTP(w, r) }

// Serve answers what comes in on l until ctx ends; then it takes no more
// requests, and lets those that run end if they do so within seconds.
func (h *HTTP) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: h.config.BodyTime, IdleTimeout: idleTime, // answers are streams: they have no time limit
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() {
		if h.config.CertFile != "" {
			ended <- server.ServeTLS(l, h.config.CertFile, h.config.KeyFile)
			return
		}
		ended <- server.Serve(l)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	h.shutdown(server)
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// shutdown takes no more connections, waits for answers, and ends the sessions
// with their streams.
func (h *HTTP) shutdown(server *http.Server) {
	ctx, stop := context.WithTimeout(context.Background(), shutdownTime)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Shutdown(ctx) }()
	h.drain.wait(ctx)
	for session := range h.sdk.Sessions() {
		go func() { _ = session.Close() }()
	}
	if err := <-ended; err != nil {
		h.log.Warn("requests were cut off", "error", err)
		_ = server.Close()
	}
}
