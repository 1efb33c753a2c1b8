package main

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) exportCommand() *cobra.Command {
	var path string
	var q query.ExportRequest
	cmd := &cobra.Command{
		Use:   "export CAPTURE [-Y FILTER] [-o FILE]",
		Short: "Write the capture file back, byte for byte, or the packets of a filter",
		Long: "Write the capture file back as it was read, decompressed, byte for byte, damaged\n" +
			"parts included. With a filter a new file holds the packets that match, with their\n" +
			"times, lengths, interfaces and comments: pcap if FILE ends in .pcap, else pcapng.\n" +
			"Without -o it goes to standard output.",
		Example:           "  pcapidx export trace.pcap -o back.pcap\n  pcapidx export trace.pcap -Y 'tcp.stream == 7' -o seven.pcapng",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture = args[0]
			if q.Filter != "" && q.Format == "" && strings.EqualFold(filepath.Ext(path), ".pcap") {
				q.Format = "pcap"
			}
			if path == "" || path == "-" {
				if a.out.terminal || a.json {
					return &query.Error{Kind: query.BadRequest, Msg: "a capture is binary", Hint: "name a file with -o, or pipe the output"}
				}
				answer, err := e.Export(cmd.Context(), q, a.out.w)
				if err == nil {
					a.losses(answer)
				}
				return err
			}
			var answer *query.ExportAnswer
			err = writeFile(path, func(w io.Writer) (err error) {
				answer, err = e.Export(cmd.Context(), q, w)
				return err
			})
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printExport(path, answer)
		},
	}
	cmd.Flags().StringVarP(&q.Filter, "filter", "Y", "", "display filter: only the packets that match")
	cmd.Flags().StringVar(&q.Format, "format", "", "pcapng or pcap (default: by the name of FILE)")
	cmd.Flags().StringVarP(&path, "output", "o", "", "file to write")
	return cmd
}

func (a *app) printExport(path string, answer *query.ExportAnswer) error {
	rows := [][2]string{{"file", path}, {"format", answer.Format}, {"packets", a.out.count(uint64(answer.Packets))}, {"bytes", a.out.count(answer.Bytes)}}
	if answer.SHA256 != "" {
		rows = append(rows, [2]string{"sha256", answer.SHA256})
	}
	if err := a.out.pairs(rows); err != nil {
		return err
	}
	a.losses(answer)
	return nil
}

// losses says on standard error what a new file lacks.
func (a *app) losses(answer *query.ExportAnswer) {
	for _, l := range answer.Losses {
		a.hints([]string{"not in the file: " + l})
	}
	a.hints(answer.Hints)
}
