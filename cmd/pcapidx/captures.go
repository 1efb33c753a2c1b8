package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"pcapidx/index"
	"pcapidx/query"
)

func (a *app) capturesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "captures",
		Short: "List the indexed captures",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			answer, err := e.Captures(cmd.Context(), query.CapturesRequest{})
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			var rows [][]string
			for _, r := range answer.Rows {
				rows = append(rows, []string{
					r.Capture, r.Name, a.out.count(uint64(r.Packets)), a.out.count(uint64(r.Connections)), a.out.size(r.Bytes),
					a.out.when(r.Start), a.out.seconds(r.DurationS), r.State, r.Damage,
				})
			}
			a.hints(answer.Hints)
			return a.out.table([]string{"CAPTURE", "NAME", "<PACKETS", "<CONNECTIONS", "<BYTES", "START", "<DURATION", "STATE", "DAMAGE"}, rows)
		},
	}
}

func (a *app) rmCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "rm CAPTURE...",
		Short:             "Remove captures from the store",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			answer, err := e.Remove(cmd.Context(), query.RemoveRequest{Captures: args})
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			var rows [][]string
			for _, r := range answer.Rows {
				rows = append(rows, []string{r.Capture, r.Name, a.out.size(uint64(r.IndexBytes))})
			}
			return a.out.table([]string{"REMOVED", "NAME", "<FREED"}, rows)
		},
	}
}

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "check CAPTURE",
		Short:             "Verify an index against its checksums and itself",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			answer, err := e.Check(cmd.Context(), query.CheckRequest{Capture: args[0]})
			if err != nil {
				return err
			}
			if err := a.printCheck(answer); err != nil || answer.OK {
				return err
			}
			return exitError{code: exitIO, silent: true, err: fmt.Errorf("index of %s is damaged", answer.Capture)}
		},
	}
}

func (a *app) printCheck(c *query.CheckAnswer) error {
	if a.json {
		return a.out.json(c)
	}
	if c.OK {
		return a.out.pairs([][2]string{
			{"index of " + c.Name, "whole"},
			{"packets", a.out.count(uint64(c.Packets))},
			{"connections", a.out.count(uint64(c.Connections))},
			{"posting lists", a.out.count(uint64(c.Postings))},
		})
	}
	rows := [][2]string{{"index of " + c.Name, "damaged"}}
	for _, p := range c.Problems {
		rows = append(rows, [2]string{"problem", p})
	}
	a.hints(c.Hints)
	return a.out.pairs(rows)
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and of its index format",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version string `json:"version"`
				Format  int    `json:"index_format"`
				Content int    `json:"index_content"`
				Go      string `json:"go"`
			}{buildVersion(), index.FormatVersion, index.ContentVersion, runtime.Version()}
			if a.json {
				return a.out.json(v)
			}
			_, err := fmt.Fprintf(a.out.w, "pcapidx %s (index format %d, content %d, %s)\n", v.Version, v.Format, v.Content, v.Go)
			return err
		},
	}
}

// buildVersion is the module version that Go recorded, "devel" for a build from
// a working tree.
func buildVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}
