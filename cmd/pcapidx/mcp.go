package main

import (
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pcapidx/mcp"
	"pcapidx/query"
)

// toolFlags say which tools a server offers, and what they may touch.
type toolFlags struct {
	config   mcp.Config
	logLevel string
	limits   string // file of the thresholds of observations
	flags    *pflag.FlagSet
}

// add defines the flags; level is what is logged by default.
func (t *toolFlags) add(f *pflag.FlagSet, level string) {
	t.flags = f
	f.BoolVar(&t.config.ReadOnly, "read-only", false, "no tool that adds, deletes or writes a file")
	f.StringSliceVar(&t.config.Toolsets, "toolsets", nil, "groups of tools to offer: "+strings.Join(mcp.Toolsets(), ", ")+" (default all), or mcpcap")
	mcpcapFlags(f, &t.config)
	f.BoolVar(&t.config.Reveal, "reveal", false, "show passwords, cookies and tokens that were captured instead of their length")
	f.StringSliceVar(&t.config.Tools, "tools", nil, "tools to offer, alone or besides --toolsets")
	f.StringSliceVar(&t.config.ExcludeTools, "exclude-tools", nil, "tools not to offer, whatever else is said")
	f.StringSliceVar(&t.config.ReadDirs, "allow-dir", nil, "folder that capture files may be read from (default any over stdio, none over HTTP)")
	f.BoolVar(&t.config.AllowURL, "allow-url", false, "let captures be downloaded from public addresses (default true over stdio, false over HTTP)")
	f.StringVar(&t.config.ExportDir, "export-dir", "", "folder that packets are exported into (default exports/ in the store)")
	thresholdsFlag(f, &t.limits)
	f.StringVar(&t.logLevel, "log-level", level, "debug, info, warn or error")
}

func (a *app) mcpCommand() *cobra.Command {
	var t toolFlags
	var s serving
	transport, host, port := "stdio", "127.0.0.1", 8080
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Serve the captures to an assistant over the Model Context Protocol (stdio)",
		Long: "Serve the captures to an assistant over the Model Context Protocol: it can index\n" +
			"a capture and ask all that the other commands answer. Requests come on standard\n" +
			"input and answers go to standard output; the log goes to standard error. A host\n" +
			"such as Claude Desktop starts it: nobody types this.",
		Example: "  claude mcp add pcapidx -- pcapidx mcp\n" +
			"  pcapidx mcp --read-only --toolsets captures,connections\n" +
			"  pcapidx mcp --transport http --port 8080",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch transport {
			case "stdio":
			case "http", "streamable-http":
				s.tools, s.listen = t, net.JoinHostPort(host, strconv.Itoa(port))
				return a.serve(cmd.Context(), &s)
			default:
				return &query.Error{Kind: query.BadRequest, Msg: "unknown transport " + strconv.Quote(transport), Hint: "stdio or http"}
			}
			c, err := a.mcpConfig(t)
			if err != nil {
				return err
			}
			server, err := mcp.New(c)
			if err != nil {
				return err
			}
			return server.ServeStdio(cmd.Context(), a.stdin, a.out.w)
		},
	}
	f := cmd.Flags()
	t.add(f, "warn")
	f.StringVar(&transport, "transport", transport, "stdio or http; `pcapidx serve` says more about http")
	f.StringVar(&host, "host", host, "of --transport http: address to listen on")
	f.IntVar(&port, "port", port, "of --transport http: port to listen on")
	return cmd
}

// mcpConfig completes the configuration of a server of the local user.
func (a *app) mcpConfig(t toolFlags) (mcp.Config, error) {
	c := t.config
	var level slog.Level
	if err := level.UnmarshalText([]byte(t.logLevel)); err != nil {
		return c, &query.Error{Kind: query.BadRequest, Msg: "unknown log level", Hint: "debug, info, warn or error", Err: err}
	}
	if err := a.readObserving(t.limits); err != nil {
		return c, err
	}
	dir, err := a.storeDir()
	if err != nil {
		return c, err
	}
	if !t.flags.Changed("allow-url") {
		c.AllowURL = !c.Remote
	}
	c.IncomingDir = filepath.Join(dir, "uploads")
	if c.ExportDir == "" && !c.Remote {
		c.ExportDir = filepath.Join(dir, "exports")
	}
	if c.ExportDir != "" {
		if c.ExportDir, err = filepath.Abs(c.ExportDir); err != nil {
			return c, err
		}
	}
	// standard input carries the protocol: nothing is indexed from it
	e, err := (&app{store: dir, stdin: strings.NewReader(""), keepOpen: true, observing: a.observing}).engine()
	if err != nil {
		return c, err
	}
	c.Engine = func(string) (*query.Engine, error) { return e, nil }
	c.Version = buildVersion()
	c.Log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	return c, nil
}
