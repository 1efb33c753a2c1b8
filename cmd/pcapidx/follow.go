package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) followCommand() *cobra.Command {
	var q query.FollowRequest
	var raw, hexDump, text bool
	cmd := &cobra.Command{
		Use:   "follow CAPTURE CONNECTION",
		Short: "Show what a connection carried: its bytes in order, gaps named",
		Long: "Show what a connection carried: the streams of TCP put in order, without what was\n" +
			"sent again, and what is missing as gaps with their reason; the datagrams of UDP.\n" +
			"Without --direction both sides in the order of the capture. CONNECTION is a number\n" +
			"of `pcapidx connections`.",
		Example:           "  pcapidx follow trace.pcap 7\n  pcapidx follow trace.pcap 7 --direction server --raw > answer.bin",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture, q.Connection = args[0], args[1]
			switch {
			case raw && hexDump, text && (raw || hexDump):
				return &query.Error{Kind: query.BadRequest, Msg: "--text, --hex and --raw exclude each other", Hint: "give one of them"}
			case raw:
				q.Format, q.Certain = "raw", !a.json
			case hexDump:
				q.Format = "hex"
			}
			if a.json {
				answer, err := e.Follow(cmd.Context(), q)
				if err != nil {
					return err
				}
				return a.out.json(answer)
			}
			return a.follow(cmd, e, q)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Direction, "direction", "", "only what the client or the server sent")
	f.BoolVar(&text, "text", false, "as text, what is no text as dots (default)")
	f.BoolVar(&hexDump, "hex", false, "in hexadecimal, with the frames")
	f.BoolVar(&raw, "raw", false, "the bytes themselves, without anything else")
	f.Uint64Var(&q.Offset, "offset", 0, "place in the stream to begin at; missing bytes count")
	f.IntVar(&q.Limit, "limit", 0, "most bytes to show (0: all; with --json 65536)")
	return cmd
}

// follow prints chunk by chunk, however many there are.
func (a *app) follow(cmd *cobra.Command, e *query.Engine, q query.FollowRequest) error {
	w := bufio.NewWriterSize(a.out.w, 64<<10)
	p := &followPrinter{w: w}
	show := p.text
	switch q.Format {
	case "raw":
		show = p.raw
	case "hex":
		show = p.hex
	}
	answer, err := e.FollowTo(cmd.Context(), q, show)
	if err != nil {
		return err
	}
	if p.open {
		_ = w.WriteByte('\n') // Flush tells
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if answer.NextOffset > 0 {
		fmt.Fprintf(a.stderr, "there is more: --offset %d\n", answer.NextOffset)
	}
	for _, c := range answer.Conflicts {
		fmt.Fprintf(a.stderr, "conflict: frame %d sent %d bytes again, from %s offset %d on, that differ from frame %d\n",
			c.DroppedFrame, c.Differ, c.Direction, c.Offset, c.KeptFrame)
	}
	a.hints(answer.Hints)
	return nil
}

// followPrinter writes the chunks of a connection.
type followPrinter struct {
	w         *bufio.Writer
	direction string // of the chunk before
	open      bool   // the last line has no end
}

// raw writes the bytes and nothing of gaps.
func (p *followPrinter) raw(c *query.FollowChunk) error {
	_, err := p.w.Write(c.Data)
	return err
}

// heading names the sender where it changes, and gaps.
func (p *followPrinter) heading(c *query.FollowChunk) (err error) {
	if p.open && (c.Direction != p.direction || c.Gap != "") {
		err, p.open = p.w.WriteByte('\n'), false
	}
	if c.Direction != p.direction {
		_, err = fmt.Fprintf(p.w, "--- %s, frame %d, offset %d\n", c.Direction, c.Frame, c.Offset)
		p.direction = c.Direction
	}
	if c.Gap != "" {
		_, err = fmt.Fprintf(p.w, "[%d bytes missing: %s]\n", c.Length, c.Gap)
	}
	return err
}

// text writes the text of each sender under its name.
func (p *followPrinter) text(c *query.FollowChunk) error {
	if err := p.heading(c); err != nil || c.Gap != "" {
		return err
	}
	for line := range strings.Lines(query.PlainText(c.Data)) {
		text, ended := strings.CutSuffix(line, "\n")
		text = strings.Join(escapeAll(strings.Split(text, "\t")), "\t")
		if p.open = !ended; ended {
			text += "\n"
		}
		if _, err := p.w.WriteString(text); err != nil {
			return err
		}
	}
	return nil
}

// hex writes a dump of each frame, with the offsets of its stream.
func (p *followPrinter) hex(c *query.FollowChunk) error {
	if err := p.heading(c); err != nil || c.Gap != "" {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "frame %d\n", c.Frame)
	dump(&b, c.Offset, c.Data)
	_, err := p.w.WriteString(b.String())
	return err
}
