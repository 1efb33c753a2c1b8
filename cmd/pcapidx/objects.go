package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) objectsCommand() *cobra.Command {
	var q query.ObjectsRequest
	var folder string
	cmd := &cobra.Command{
		Use:   "objects CAPTURE",
		Short: "List files that HTTP, mail and FTP carried, whether they are whole, and if not why",
		Long: "List the files that messages carried: declared and sniffed type, size, SHA-256, bytes announced\n" +
			"and received, whether each is complete, and if not why, with the frames that show it.\n" +
			"--extract writes them into a folder, under names that are safe: names from the capture never\n" +
			"are paths.",
		Example:           "  pcapidx objects trace.pcap --type image/\n  pcapidx objects trace.pcap --incomplete\n  pcapidx objects trace.pcap --extract ./objects",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeFirst,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture = args[0]
			answer, err := e.Objects(cmd.Context(), q)
			if err != nil {
				return err
			}
			if folder != "" {
				if err := a.extract(cmd, e, folder, answer); err != nil {
					return err
				}
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printObjects(answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Connection, "connection", "", "only objects of this connection")
	f.StringVar(&q.Type, "type", "", "beginning of the declared or sniffed type, such as image/")
	f.StringVarP(&q.Filter, "filter", "Y", "", "display filter that the object's last frame must match")
	f.BoolVar(&q.Incomplete, "incomplete", false, "only objects that are not whole")
	f.StringVar(&folder, "extract", "", "write the objects into this folder")
	f.IntVar(&q.Limit, "limit", 0, "most objects to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

// extract writes objects into a folder. A file that is there already is not touched.
func (a *app) extract(cmd *cobra.Command, e *query.Engine, folder string, answer *query.ObjectsAnswer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for i := range answer.Rows {
		r := &answer.Rows[i]
		path := filepath.Join(folder, r.FileName())
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("write object of message %d: %w", r.Message, err)
		}
		failed := e.ExtractObject(cmd.Context(), answer.Capture, r, f)
		if err := f.Close(); failed == nil {
			failed = err
		}
		if r.File = path; failed != nil {
			r.Error = failed.Error()
		}
		if err := cmd.Context().Err(); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printObjects(o *query.ObjectsAnswer) error {
	rows := make([][]string, 0, len(o.Rows))
	for i := range o.Rows {
		r := &o.Rows[i]
		expected, because := "", r.Because
		if r.Expected != nil {
			expected = a.out.size(uint64(*r.Expected))
		}
		if r.Error != "" {
			because = r.Error
		}
		line := []string{
			strconv.FormatUint(uint64(r.Message), 10), strconv.FormatUint(uint64(r.Frame), 10), r.Host, r.Name, r.Type, r.Sniffed,
			a.out.size(r.Size), a.out.size(r.Wire), expected, r.Verdict,
		}
		if !a.out.terminal {
			line = append(line, r.Coding, r.SHA256, r.Summary)
		}
		rows = append(rows, append(line, because, r.File))
	}
	header := []string{"<MESSAGE", "<FRAME", "HOST", "NAME", "TYPE", "LOOKS LIKE", "<SIZE", "<ON WIRE", "<ANNOUNCED", "VERDICT", "WHY", "FILE"}
	if err := a.out.table(header, rows); err != nil {
		return err
	}
	if a.out.terminal && o.NextCursor != "" {
		fmt.Fprintf(a.stderr, "%d objects; the next page: --cursor %s\n", o.Returned, o.NextCursor)
	}
	a.hints(o.Hints)
	return nil
}
