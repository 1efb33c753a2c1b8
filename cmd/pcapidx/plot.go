package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) plotCommand() *cobra.Command {
	var path string
	var q query.PlotRequest
	cmd := &cobra.Command{
		Use:   "plot CAPTURE CONNECTION -o FILE",
		Short: "Draw a TCP connection: sequence numbers, throughput, round trips or windows",
		Long: "Draw a TCP connection as PNG: an overview, and below it what stands out, larger.\n\n" +
			"  sequence    segments, ACKs, window and SACK blocks of one direction, with what\n" +
			"              was re-sent, out of order or lost (as tcptrace draws it)\n" +
			"  throughput  bits per second of both directions\n" +
			"  rtt         round-trip times by ACKs, both directions\n" +
			"  window      receive window and bytes in flight of one direction\n\n" +
			"The picture is printed as one line of numbers too.",
		Example:           "  pcapidx plot trace.pcap 4 -o four.png\n  pcapidx plot trace.pcap 4 --kind rtt --from 1.5 --to 2 -o rtt.png",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeFirst,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture, q.Connection = args[0], args[1]
			toOutput := path == "-"
			switch {
			case path == "":
				return &query.Error{Kind: query.BadRequest, Msg: "where to?", Hint: "name a file with -o, or - for standard output"}
			case toOutput && (a.out.terminal || a.json):
				return &query.Error{Kind: query.BadRequest, Msg: "a picture is binary", Hint: "name a file with -o, or pipe the output"}
			}
			answer, err := e.Plot(cmd.Context(), q)
			if err != nil {
				return err
			}
			if toOutput {
				if _, err := a.out.w.Write(answer.PNG); err != nil {
					return err
				}
				fmt.Fprintln(a.stderr, answer.Reading)
				a.hints(answer.Hints)
				return nil
			}
			err = writeFile(path, func(w io.Writer) error {
				_, err := w.Write(answer.PNG)
				return err
			})
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printPlot(path, answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Kind, "kind", "sequence", "sequence, throughput, rtt or window")
	f.StringVar(&q.Direction, "direction", "", "whose data: client or server (default: who sent more)")
	f.Float64Var(&q.FromS, "from", 0, "begin, seconds since the start of the connection")
	f.Float64Var(&q.ToS, "to", 0, "end, seconds since the start of the connection (0: its end)")
	f.IntVar(&q.Width, "width", 0, "pixels (default 1200)")
	f.IntVar(&q.Height, "height", 0, "pixels (default: what suits)")
	f.StringVarP(&path, "output", "o", "", "file to write, - for standard output")
	return cmd
}

// completeFirst offers captures for the first argument.
func (a *app) completeFirst(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeCaptures(cmd, args, typed)
}

func (a *app) printPlot(path string, p *query.PlotAnswer) error {
	rows := [][2]string{
		{"file", path},
		{"size", fmt.Sprintf("%d x %d pixels, %s bytes", p.Width, p.Height, a.out.count(uint64(len(p.PNG))))},
		{"packets", a.out.count(uint64(p.Packets))},
		{"reading", p.Reading},
	}
	for _, z := range p.Zooms {
		span := strconv.FormatFloat(float64(z.FromS), 'f', 6, 64) + " to " + strconv.FormatFloat(float64(z.ToS), 'f', 6, 64) + " s"
		rows = append(rows, [2]string{"zoom " + z.Name, span + ": " + z.Caption})
	}
	if err := a.out.pairs(rows); err != nil {
		return err
	}
	a.hints(p.Hints)
	return nil
}
