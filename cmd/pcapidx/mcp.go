package main

import (
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/mcp"
	"pcapidx/query"
)

func (a *app) mcpCommand() *cobra.Command {
	var c mcp.Config
	var logLevel string
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Serve the captures to an assistant over the Model Context Protocol (stdio)",
		Long: "Serve the captures to an assistant over the Model Context Protocol: it can index\n" +
			"a capture and ask all that the other commands answer. Requests come on standard\n" +
			"input and answers go to standard output; the log goes to standard error. A host\n" +
			"such as Claude Desktop starts it: nobody types this.",
		Example: "  claude mcp add pcapidx -- pcapidx mcp\n" +
			"  pcapidx mcp --read-only --toolsets captures,connections",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.mcpServer(c, logLevel)
			if err != nil {
				return err
			}
			return s.ServeStdio(cmd.Context(), a.stdin, a.out.w)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&c.ReadOnly, "read-only", false, "no tool that adds, deletes or writes a file")
	f.StringSliceVar(&c.Toolsets, "toolsets", nil, "groups of tools to offer: "+strings.Join(mcp.Toolsets(), ", ")+" (default all), or mcpcap")
	mcpcapFlags(f, &c)
	f.BoolVar(&c.Reveal, "reveal", false, "show passwords, cookies and tokens that were captured instead of their length")
	f.StringSliceVar(&c.ReadDirs, "allow-dir", nil, "folder that capture files may be read from (default any)")
	f.StringVar(&c.ExportDir, "export-dir", "", "folder that packets are exported into (default exports/ in the store)")
	f.StringVar(&logLevel, "log-level", "warn", "debug, info, warn or error")
	return cmd
}

// mcpServer completes the configuration and makes the server.
func (a *app) mcpServer(c mcp.Config, logLevel string) (*mcp.Server, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(logLevel)); err != nil {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "unknown log level", Hint: "debug, info, warn or error", Err: err}
	}
	dir, err := a.storeDir()
	if err != nil {
		return nil, err
	}
	if c.ExportDir == "" {
		c.ExportDir = filepath.Join(dir, "exports")
	}
	if c.ExportDir, err = filepath.Abs(c.ExportDir); err != nil {
		return nil, err
	}
	// standard input carries the protocol: nothing is indexed from it
	e, err := (&app{store: dir, stdin: strings.NewReader(""), keepOpen: true}).engine()
	if err != nil {
		return nil, err
	}
	c.Engine = func(string) (*query.Engine, error) { return e, nil }
	c.Version = buildVersion()
	c.Log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	return mcp.New(c)
}
