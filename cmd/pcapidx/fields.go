package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) fieldsCommand() *cobra.Command {
	var q query.FieldsRequest
	cmd := &cobra.Command{
		Use:   "fields [PREFIX]",
		Short: "List the fields that filters may name",
		Long: "List the fields that filters may name, Wireshark's names and types; with --capture\n" +
			"also how many packets of that capture have each.",
		Example: "  pcapidx fields tcp.flags\n  pcapidx fields icmp --capture trace.pcap",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			if len(args) > 0 {
				q.Prefix = args[0]
			}
			answer, err := e.Fields(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printFields(answer)
		},
	}
	cmd.Flags().StringVar(&q.Capture, "capture", "", "count the packets of this capture that have each field")
	_ = cmd.RegisterFlagCompletionFunc("capture", a.completeCaptures) // the flag is there
	return cmd
}

func (a *app) printFields(f *query.FieldsAnswer) error {
	header := []string{"FIELD", "TYPE", "MEANING"}
	if f.Capture != "" {
		header = []string{"FIELD", "TYPE", "<PACKETS", "MEANING"}
	}
	rows := make([][]string, 0, len(f.Rows))
	for _, r := range f.Rows {
		doc := r.Doc
		if r.Unavailable != "" {
			doc += " (" + r.Unavailable + ")"
		}
		row := []string{r.Name, r.Type}
		if f.Capture != "" {
			count := ""
			if r.Frames != nil {
				count = strconv.FormatUint(*r.Frames, 10)
			}
			row = append(row, count)
		}
		rows = append(rows, append(row, doc))
	}
	if err := a.out.table(header, rows); err != nil {
		return err
	}
	a.hints(f.Hints)
	return nil
}
