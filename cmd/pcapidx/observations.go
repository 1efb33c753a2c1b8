package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

// summaryOfAll sums up all protocols of a capture. The flags of a summary are about one.
func (a *app) summaryOfAll(cmd *cobra.Command, e *query.Engine, capture string) error {
	for _, name := range []string{"view", "slow-ms", "limit"} {
		if cmd.Flags().Changed(name) {
			return &query.Error{Kind: query.BadRequest, Msg: "--" + name + " is about one protocol", Hint: "name it: `pcapidx summary CAPTURE http`"}
		}
	}
	answer, err := e.Overview(cmd.Context(), query.OverviewRequest{Capture: capture})
	if err != nil {
		return err
	}
	if a.json {
		return a.out.json(answer)
	}
	return a.printOverview(answer)
}

func (a *app) printOverview(v *query.OverviewAnswer) error {
	o := a.out
	_, err := fmt.Fprintf(o.w, "%s connections, the protocol of %s is known; %s messages\n", o.count(uint64(v.Connections)), o.count(v.Identified), o.count(v.Messages))
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(v.Protocols))
	for _, p := range v.Protocols {
		rows = append(rows, []string{p.Protocol, o.count(p.Messages), o.count(p.Failed), o.count(p.Warnings)})
	}
	if len(rows) > 0 {
		if err := o.table([]string{"PROTOCOL", "<MESSAGES", "<NOT OK", "<WARNINGS"}, rows); err != nil {
			return err
		}
	}
	if err := a.printObservations(v.Observations); err != nil {
		return err
	}
	a.hints(v.Hints)
	return nil
}

// printObservations writes each with its evidence, its rule and what it may be.
func (a *app) printObservations(all []query.Observation) error {
	var b strings.Builder
	for i := range all {
		x := &all[i]
		fmt.Fprintf(&b, "%s: %s\n", x.Code, escape(x.Statement))
		evidence := "frames " + joinNumbers(x.Frames)
		if len(x.Connections) > 0 {
			evidence += "; connections " + joinNumbers(x.Connections)
		}
		fmt.Fprintf(&b, "  %s\n  rule: %s", evidence, x.Rule)
		if x.Source != "" {
			fmt.Fprintf(&b, " (%s)", x.Source)
		}
		fmt.Fprintf(&b, "\n  may be: %s\n", strings.Join(x.Benign, "; "))
		if x.Limits != "" {
			fmt.Fprintf(&b, "  limits: %s\n", x.Limits)
		}
		if x.More > 0 {
			fmt.Fprintf(&b, "  and %s more of %s\n", a.out.count(uint64(x.More)), x.Code)
		}
	}
	_, err := a.out.w.Write([]byte(b.String()))
	return err
}
