package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pcapidx/index"
	"pcapidx/mcp"
	"pcapidx/mcp/keys"
	"pcapidx/mcp/upload"
	"pcapidx/query"
)

// defaultListen is where a server listens that is not told where.
const defaultListen = "127.0.0.1:8080"

// serving are the flags of a server that is reached over HTTP.
type serving struct {
	tools         toolFlags
	http          mcp.HTTPConfig
	listen        string
	uploads       mcp.Uploads
	metricsListen string
	keys, noKeys  bool
}

func (a *app) serveCommand() *cobra.Command {
	var s serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the captures to a team's assistants over the Model Context Protocol (HTTP)",
		Long: "Serve the captures over the Model Context Protocol at http://ADDRESS/mcp. On this\n" +
			"computer's own address nobody needs a key; on any other everybody does: see\n" +
			"`pcapidx keys create`. Each user sees his own captures and nothing of the others'.",
		Example: "  pcapidx serve\n" +
			"  pcapidx serve --listen :8443 --public-url https://pcap.example.com:8443 --tls-cert cert.pem --tls-key key.pem",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), &s) },
	}
	f := cmd.Flags()
	s.tools.add(f, "info") // where it serves
	f.StringVar(&s.listen, "listen", defaultListen, "address to listen on, as HOST:PORT")
	f.StringVar(&s.http.PublicURL, "public-url", "", "what clients call the server, if that is not its address")
	f.StringVar(&s.http.CertFile, "tls-cert", "", "PEM file of the certificate, for https")
	f.StringVar(&s.http.KeyFile, "tls-key", "", "PEM file of the certificate's key")
	f.StringVar(&s.metricsListen, "metrics-listen", "", "address of Prometheus metrics, as HOST:PORT (default none)")
	f.BoolVar(&s.keys, "keys", false, "demand keys also on this computer's own address")
	f.BoolVar(&s.noKeys, "no-keys", false, "demand no keys: whoever reaches the server has all captures")
	f.DurationVar(&s.http.SessionTimeout, "session-timeout", mcp.DefaultSessionTimeout, "how long a session may be idle")
	f.IntVar(&s.http.MaxSessions, "max-sessions", mcp.DefaultMaxSessions, "most sessions at the same time")
	f.IntVar(&s.http.MaxUserSessions, "max-user-sessions", mcp.DefaultMaxUserSessions, "most sessions of one user")
	f.Int64Var(&s.tools.config.Quota.Bytes, "quota-bytes", 0, "most bytes of the indexes of one user (default no limit)")
	f.Int64Var(&s.uploads.MaxBytes, "max-upload", upload.DefaultMaxBytes, "most bytes of a file that is uploaded")
	f.IntVar(&s.uploads.PerUser, "uploads-at-once", upload.DefaultPerUser, "most uploads of one user at the same time")
	f.Uint64Var(&s.tools.config.MaxData, "max-decompressed", mcp.DefaultMaxData, "most bytes of a capture when it is decompressed")
	f.IntVar(&s.tools.config.Quota.Captures, "quota-captures", 0, "most captures of one user (default no limit)")
	return cmd
}

// serve listens until the program is told to end.
func (a *app) serve(ctx context.Context, s *serving) error {
	if (s.http.CertFile == "") != (s.http.KeyFile == "") {
		return &query.Error{Kind: query.BadRequest, Msg: "--tls-cert and --tls-key belong together", Hint: "give both or neither"}
	}
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	if err := s.chooseKeys(dir); err != nil {
		return err
	}
	s.tools.config.Remote = true
	c, err := a.mcpConfig(s.tools)
	if err != nil {
		return err
	}
	store := index.OpenStore(dir)
	c.Engine, c.Usage = a.engines(store), store.Usage
	if s.http.Keys != nil {
		if c.Secret, err = s.http.Keys.Derive("handles"); err != nil {
			return &query.Error{Kind: query.IO, Msg: err.Error(), Err: err}
		}
	}
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return &query.Error{Kind: query.IO, Msg: err.Error(), Hint: "choose another address with --listen", Err: err}
	}
	server, h, err := s.servers(c, l.Addr().String())
	if err != nil {
		_ = l.Close()
		return err
	}
	defer server.Close()
	c.Log.Info("serving", "url", h.BaseURL()+mcp.Path, "address", s.http.Address, "keys", s.http.Keys != nil)
	if s.metricsListen != "" {
		end, err := serveMetrics(s.metricsListen, server, c.Log)
		if err != nil {
			_ = l.Close()
			return err
		}
		defer end()
	}
	if s.http.Keys != nil {
		go sweep(ctx, store, c.Log)
	}
	if err := h.Serve(ctx, l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return &query.Error{Kind: query.IO, Msg: err.Error(), Err: err}
	}
	c.Log.Info("stopped")
	return exitError{code: exitOK, silent: true, err: context.Canceled} // told to stop: that is no failure
}

// servers makes the server and its HTTP side, where uploads are taken too.
func (s *serving) servers(c mcp.Config, address string) (*mcp.Server, *mcp.HTTP, error) {
	s.http.Address = address
	base, err := mcp.BaseURL(s.http.PublicURL, address, s.http.CertFile != "")
	if err != nil {
		return nil, nil, &query.Error{Kind: query.BadRequest, Msg: err.Error(), Err: err}
	}
	s.uploads.Dir, s.uploads.URL = c.IncomingDir, base.String()
	c.Uploads = &s.uploads
	server, err := mcp.New(c)
	if err != nil {
		return nil, nil, err
	}
	h, err := server.HTTP(s.http)
	if err != nil {
		server.Close()
		return nil, nil, &query.Error{Kind: query.BadRequest, Msg: err.Error(), Err: err}
	}
	return server, h, nil
}

// chooseKeys decides who may come in: without keys only who is on this computer.
func (s *serving) chooseKeys(store string) error {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return &query.Error{Kind: query.BadRequest, Msg: "--listen " + s.listen + " is no address", Hint: "give HOST:PORT, such as " + defaultListen, Err: err}
	}
	ip := net.ParseIP(host)
	own := host == "localhost" || ip != nil && ip.IsLoopback()
	if s.noKeys && s.keys {
		return &query.Error{Kind: query.BadRequest, Msg: "--keys or --no-keys?", Hint: "give one of them"}
	}
	if s.noKeys || own && !s.keys && s.http.PublicURL == "" {
		return nil
	}
	s.http.Keys = keys.Open(keysDir(store))
	all, err := s.http.Keys.List()
	if err != nil {
		return &query.Error{Kind: query.IO, Msg: err.Error(), Err: err}
	}
	for i := range all {
		if all[i].Valid(time.Now()) {
			return nil
		}
	}
	return &query.Error{
		Kind: query.BadRequest, Msg: "this address needs keys, and there are none",
		Hint: "`pcapidx keys create NAME --user USER` makes one; --no-keys serves everybody who can reach the address",
	}
}

func keysDir(store string) string { return filepath.Join(store, "keys") }

// engines gives each user an engine over the user's own captures, made when it
// is first asked for.
func (a *app) engines(store *index.Store) func(user string) (*query.Engine, error) {
	var mu sync.Mutex
	made := map[string]*query.Engine{}
	return func(user string) (*query.Engine, error) {
		mu.Lock()
		defer mu.Unlock()
		e := made[user]
		if e == nil {
			own := store
			if user != "" {
				own = store.ForOwner(user)
			}
			e = a.observe(query.New(query.NewKeptSource(own, keptIndexes, keptIdle), &writer{store: own, stdin: strings.NewReader("")}))
			made[user] = e
		}
		return e, nil
	}
}

// sweepEvery is how long at most what users delete stays on disk.
const sweepEvery = time.Minute

// sweep tidies the store until ctx ends: what users do leaves that to it.
func sweep(ctx context.Context, store *index.Store, log *slog.Logger) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		if err := store.Sweep(); err != nil {
			log.Warn("the store could not be tidied", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// serveMetrics serves what the server counts, on an address of its own.
func serveMetrics(address string, s *mcp.Server, log *slog.Logger) (end func(), err error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &query.Error{Kind: query.IO, Msg: err.Error(), Hint: "choose another address with --metrics-listen", Err: err}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.Metrics())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not served any more", "error", err)
		}
	}()
	log.Info("metrics", "url", "http://"+l.Addr().String()+"/metrics")
	return func() { _ = server.Close() }, nil
}
