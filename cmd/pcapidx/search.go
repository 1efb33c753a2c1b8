package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) searchCommand() *cobra.Command {
	var q query.SearchRequest
	cmd := &cobra.Command{
		Use:   "search CAPTURE... | --all -- NEEDLE",
		Short: "Find where something was sent, in single packets and across them",
		Long: "Find where a text, a pattern or bytes occur in what TCP and UDP carried: in the\n" +
			"payload of each packet, also inside tunnels, and across the packets of a TCP stream,\n" +
			"in whatever order they came. Letters match without regard to case. In mode fuzzy a\n" +
			"match may differ from NEEDLE in --max-edits bytes; in regex ^ and $ stand for the\n" +
			"ends of a packet's payload.",
		Example: "  pcapidx search trace.pcap -- 'set-cookie: session='\n" +
			"  pcapidx search trace.pcap --mode regex -Y 'tcp.port == 80' -- 'GET /[a-z]+\\.php'\n" +
			"  pcapidx search --all --mode hex --limit 10 -- 'de ad be ef'",
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			if q.Captures, q.Needle, err = searchArguments(args, cmd.ArgsLenAtDash()); err != nil {
				return err
			}
			if a.json {
				return a.searchDocument(cmd, e, q)
			}
			return a.search(cmd, e, q)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&q.All, "all", false, "all captures of the store, newest first")
	f.StringVar(&q.Mode, "mode", "", strings.Join(query.SearchModes(), ", ")+" (default "+query.SearchModes()[0]+")")
	f.IntVar(&q.MaxEdits, "max-edits", 0, "with --mode fuzzy: most bytes that may differ, 1 to 3 (default 1); with words and phrase: characters of a word, 0 to 2 (default 0)")
	f.StringVar(&q.In, "in", "", strings.Join(query.SearchPlaces(), ", ")+" (default "+query.SearchPlaces()[0]+")")
	f.BoolVar(&q.CaseSensitive, "case-sensitive", false, "letters must have the same case")
	f.StringSliceVar(&q.Encodings, "encodings", nil, "look for these encodings of NEEDLE too: utf16le, utf16be, percent, base64")
	f.StringVarP(&q.Filter, "filter", "Y", "", "display filter: search only the packets that match")
	f.IntVar(&q.Context, "context", 32, "bytes to show before and behind a match")
	f.BoolVar(&q.Explain, "explain", false, "say how the answer was found, and what that cost")
	f.IntVar(&q.Limit, "limit", 0, "most matches to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

// searchArguments takes the captures and the needle apart. The needle is what
// stands behind --, or else the last argument; dash is how many stand before --.
func searchArguments(args []string, dash int) (captures []string, needle string, err error) {
	if n := len(args); dash < 0 && n > 0 {
		dash = n - 1
	}
	if dash < 0 || len(args)-dash != 1 {
		return nil, "", &query.Error{
			Kind: query.BadRequest, Msg: "search takes one needle",
			Hint: "give it behind --, in quotes if it has spaces: pcapidx search CAPTURE -- 'TEXT'",
		}
	}
	return args[:dash], args[dash], nil
}

func (a *app) searchDocument(cmd *cobra.Command, e *query.Engine, q query.SearchRequest) error {
	answer, err := e.Search(cmd.Context(), q)
	if err != nil {
		return err
	}
	return a.out.json(answer)
}

// search prints matches as they are found, however many there are.
func (a *app) search(cmd *cobra.Command, e *query.Engine, q query.SearchRequest) error {
	report, clearBar := newProgress(a.stderr)
	p := &searchPrinter{out: a.out, several: q.All || len(q.Captures) > 1, clear: clearBar}
	answer, err := e.SearchTo(cmd.Context(), q, p.add, report)
	clearBar()
	if err == nil {
		err = p.flush()
	}
	if err != nil {
		return err
	}
	if a.out.terminal {
		a.searchSummary(answer)
	}
	for i := range answer.Plans {
		a.printSearchPlan(&answer.Plans[i])
	}
	a.hints(answer.Hints)
	return nil
}

// searchSummary says how many matches there are, on standard error.
func (a *app) searchSummary(s *query.SearchAnswer) {
	n := func(v int) string { return grouped(strconv.Itoa(v)) }
	if s.NextCursor == "" {
		fmt.Fprintf(a.stderr, "matches: %s, in connections: %s\n", n(s.Total), n(len(s.Connections)))
		return
	}
	fmt.Fprintf(a.stderr, "%s of at least %s matches; the next page: --cursor %s\n", n(s.Returned), n(s.Total), s.NextCursor)
}

// searchPrinter prints rows in groups: the columns of a group have one width.
type searchPrinter struct {
	out     *output
	several bool // captures
	clear   func()
	lines   [][]string
}

// searchGroup is how many rows are held back to align them.
const searchGroup = 200

func (p *searchPrinter) add(r *query.SearchRow) error {
	frames := make([]string, 0, len(r.Frames))
	for _, f := range r.Frames {
		frames = append(frames, strconv.FormatUint(uint64(f), 10))
	}
	conn, stream := "", ""
	if r.Connection != nil {
		conn = strconv.FormatUint(uint64(*r.Connection), 10)
	}
	if r.StreamOffset != nil {
		stream = strconv.FormatUint(uint64(*r.StreamOffset), 10)
	}
	u := func(v uint32) string { return strconv.FormatUint(uint64(v), 10) }
	line := []string{strings.Join(frames, ","), conn, r.Direction, u(r.Offset), stream, u(r.Length), strconv.Itoa(r.Distance)}
	text := r.Context
	if text == "" {
		text = r.Match
	}
	switch {
	case !p.out.terminal:
		line = append([]string{r.Capture}, append(line, r.Protocol, r.Where, r.Encoding, r.Match, r.Context)...)
	case p.several:
		line = append([]string{r.Capture[:8]}, append(line, text)...)
	default:
		line = append(line, text)
	}
	if p.lines = append(p.lines, line); len(p.lines) < searchGroup {
		return nil
	}
	return p.flush()
}

func (p *searchPrinter) flush() error {
	if len(p.lines) == 0 {
		return nil
	}
	p.clear()
	header := []string{"<FRAMES", "<CONN", "FROM", "<OFFSET", "<STREAM", "<LENGTH", "<EDITS", "TEXT"}
	if p.several {
		header = append([]string{"CAPTURE"}, header...)
	}
	err := p.out.table(header, p.lines)
	p.lines = p.lines[:0]
	return err
}

// printSearchPlan says on standard error how the answer was found.
func (a *app) printSearchPlan(p *query.SearchPlan) {
	n := func(v uint64) string { return grouped(strconv.FormatUint(v, 10)) }
	if p.Filter != nil {
		a.printPlan(p.Filter)
	}
	fmt.Fprintf(a.stderr, "search of %s: %s\n", p.Capture, p.How)
	fmt.Fprintf(a.stderr, "  looked at %s frames in %s blocks, %s of them without payload; %s payloads held a candidate, %s frames were dissected\n",
		n(p.Frames), n(p.Blocks), n(p.Empty), n(p.Touched), n(p.Decoded))
	if p.Seams > 0 {
		fmt.Fprintf(a.stderr, "  borders between TCP segments: %s searched, %s segments read again, %d passes\n", n(p.Seams), n(p.Reread), p.Passes)
	}
}
