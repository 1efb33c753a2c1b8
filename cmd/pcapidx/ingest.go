package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) ingestCommand() *cobra.Command {
	var thresholds string
	cmd := &cobra.Command{
		Use:   "ingest FILE...",
		Short: "Index capture files (pcap, pcapng; also gzip'd, zstd'd; - reads standard input)",
		Long: "Index capture files. The index holds every byte: the files are not needed again.\n" +
			"A capture that the store has already is recognised and not indexed twice.",
		Example: "  pcapidx ingest trace.pcapng\n  zcat big.pcap.gz | pcapidx ingest -",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.readThresholds(thresholds); err != nil {
				return err
			}
			e, err := a.engine()
			if err != nil {
				return err
			}
			return a.ingest(cmd, e, args)
		},
	}
	cmd.Flags().StringVar(&thresholds, "thresholds", "", "JSON file with limits of the diagnostics, such as {\"SlowResponse\": \"250ms\"}")
	a.noTextFlag(cmd)
	return cmd
}

// ingest indexes the files one by one and goes on after one that fails; the
// exit code is that of the first failure.
func (a *app) ingest(cmd *cobra.Command, e *query.Engine, files []string) error {
	all := &query.AddAnswer{Rows: []query.AddRow{}}
	var failed error
	for _, file := range files {
		report, clearBar := newProgress(a.stderr)
		answer, err := e.Add(cmd.Context(), query.AddRequest{Files: []string{file}}, report)
		clearBar()
		if cmd.Context().Err() != nil {
			return cmd.Context().Err()
		}
		if err != nil {
			fmt.Fprintln(a.stderr, "pcapidx: "+escape(err.Error()))
			if failed == nil {
				failed = exitError{code: exitCode(err), silent: true, err: err}
			}
			continue
		}
		a.warnDamage(answer.Rows)
		all.Rows = append(all.Rows, answer.Rows...)
		if !a.json {
			if err := a.overview(cmd, e, answer.Rows[0]); err != nil {
				return err
			}
		}
	}
	if a.json {
		if err := a.out.json(all); err != nil {
			return err
		}
	}
	return failed
}

func (a *app) warnDamage(rows []query.AddRow) {
	for _, r := range rows {
		if r.Damage != nil {
			fmt.Fprintf(a.stderr, "warning: %s: %s at byte %d, after frame %d: %s\n", escape(r.Name), r.Damage.Kind,
				r.Damage.Offset, r.Damage.AfterFrame, escape(r.Damage.Message))
		}
	}
}

func (a *app) reindexCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:               "reindex CAPTURE | --all",
		Short:             "Build indexes anew from the stored packets",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q := query.ReindexRequest{All: all}
			if len(args) > 0 {
				q.Capture = args[0]
			}
			report, clearBar := newProgress(a.stderr)
			answer, err := e.Reindex(cmd.Context(), q, report)
			clearBar()
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.addRows(answer.Rows)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all captures of the store")
	a.noTextFlag(cmd)
	return cmd
}

func (a *app) noTextFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.noText, "no-text", false, "leave out the index of the words of the payload (search then scans; reindex adds it)")
}

func (a *app) addRows(rows []query.AddRow) error {
	cells := make([][]string, 0, len(rows))
	for _, r := range rows {
		cells = append(cells, []string{r.Capture, r.Name, a.out.count(uint64(r.Packets)), a.out.count(uint64(r.Connections)), r.State})
	}
	return a.out.table([]string{"CAPTURE", "NAME", "<PACKETS", "<CONNECTIONS", "STATE"}, cells)
}
