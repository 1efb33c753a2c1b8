// Command pcapidx indexes packet captures and answers questions about them.
//
// Each subcommand is one file; it fills a request of package query, and prints
// the answer as a table (terminal), tab-separated values (pipe) or JSON.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

// Exit codes.
const (
	exitOK          = 0
	exitNotFound    = 1   // no such file, capture or connection
	exitBadRequest  = 2   // the command line cannot be meant, or the file is no capture
	exitIO          = 3   // reading or writing failed, store busy, data damaged
	exitInterrupted = 130 // Ctrl-C
)

// memoryLimit is the soft limit that the garbage collector works towards; the
// environment variable GOMEMLIMIT overrides it.
const memoryLimit = 490 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and gives its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, out: newOutput(stdout), stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var done exitError
	if ctx.Err() != nil && (!errors.As(err, &done) || done.code != exitOK) {
		fmt.Fprintln(stderr, "pcapidx: interrupted")
		return exitInterrupted
	}
	if err == nil {
		return exitOK
	}
	if !errors.As(err, &done) || !done.silent {
		fmt.Fprintln(stderr, "pcapidx: "+escape(err.Error()))
	}
	return exitCode(err)
}

// exitError carries an exit code of a command that said itself what went wrong.
type exitError struct {
	code   int
	silent bool
	err    error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var done exitError
	var q *query.Error
	switch {
	case errors.As(err, &done):
		return done.code
	case errors.As(err, &q):
		switch q.Kind {
		case query.NotFound:
			return exitNotFound
		case query.BadRequest:
			return exitBadRequest
		}
	}
	return exitIO // also: the answer could not be written
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "pcapidx",
		Short: "Index packet captures once, ask about them for ever",
		Long: "pcapidx reads a capture once, keeps its packets and connections in an index,\n" +
			"and answers from there: in milliseconds, offline, the capture file no longer needed.",
		Example:       "  pcapidx ingest trace.pcapng\n  pcapidx info trace.pcapng\n  pcapidx connections trace.pcapng --sort bytes --limit 10",
		SilenceErrors: true, SilenceUsage: true,
		SuggestionsMinimumDistance: 2,

		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().StringVar(&a.store, "store", "", "folder of the indexed captures (default $PCAPIDX_STORE or "+defaultStoreText()+")")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON document")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		a.ingestCommand(), a.capturesCommand(), a.infoCommand(), a.connectionsCommand(), a.packetsCommand(), a.packetCommand(), a.searchCommand(), a.followCommand(),
		a.statsCommand(), a.diagnoseCommand(), a.trafficCommand(), a.mcpTrafficCommand(), a.messagesCommand(), a.summaryCommand(), a.objectsCommand(), a.fieldsCommand(), a.plotCommand(), a.exportCommand(), a.rmCommand(), a.checkCommand(), a.reindexCommand(),
		a.mcpCommand(), a.serveCommand(), a.keysCommand(), a.versionCommand(),
	)
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = helpTopic
		}
		explainArguments(c)
	}
	return root
}
