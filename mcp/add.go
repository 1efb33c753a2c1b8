package mcp

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

type addCaptureArgs struct {
	Path  string `json:"path" jsonschema:"of the file on this server's computer, absolute or from ~/"`
	WaitS int    `json:"wait_s,omitempty" jsonschema:"seconds to wait for the end; indexing goes on behind"`
}

type addCaptureOut struct {
	State string         `json:"state"` // ready, indexing
	Rows  []query.AddRow `json:"rows"`
	// While indexing: how far it is.
	ReadBytes  uint64   `json:"read_bytes,omitempty"`
	TotalBytes uint64   `json:"total_bytes,omitempty"`
	Packets    uint32   `json:"packets_so_far,omitempty"`
	Hints      []string `json:"hints,omitempty"`
	outcome
}

func addCapture() *tool {
	return define(tool{
		name: "add_capture", title: "Index a capture file", set: "captures", writes: true,
		description: "Index a capture file (pcap, pcapng, also gzip'd or zstd'd), so that the other tools can answer about it. " +
			"A file that is indexed already is recognised (duplicate: true) and not indexed twice. " +
			"A large file takes about a second per 150 MB: if state is indexing, call again with the same path to wait on.",
	}, func(c *call, in *addCaptureArgs) (*addCaptureOut, error) {
		path, err := c.server.readable(in.Path)
		if err != nil {
			return nil, err
		}
		j, err := c.server.jobs.start(c.user+"\x00"+path, func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error) {
			return c.server.AddFile(ctx, c.user, path, progress)
		})
		if err != nil {
			return nil, err
		}
		if err := c.wait(j, time.Duration(in.WaitS)*time.Second); err != nil {
			return nil, err
		}
		select {
		case <-j.done:
		default:
			p := j.at()
			return &addCaptureOut{
				State: "indexing", Rows: []query.AddRow{}, ReadBytes: p.Bytes, TotalBytes: p.Total, Packets: p.Frames,
				Hints: []string{"indexing goes on; call add_capture again with the same path to wait for it"},
			}, nil
		}
		if j.err != nil {
			return nil, j.err
		}
		return added(j.answer), nil
	})
}

func added(a *query.AddAnswer) *addCaptureOut {
	out := &addCaptureOut{State: "ready", Rows: a.Rows, outcome: outcome{Notice: notice}}
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Duplicate {
			out.Hints = append(out.Hints, "capture "+r.Capture+" was indexed before, nothing was added")
		}
		if r.Damage != nil {
			out.Hints = append(out.Hints, "the file is damaged ("+r.Damage.Kind+"); what could be read is indexed")
		}
		out.Hints = append(out.Hints, "next: capture_info of "+r.Capture)
	}
	return out
}

// wait reports progress until a job ends, the time is over, or the call is
// cancelled; then a job that nobody else waits for is stopped.
func (c *call) wait(j *job, most time.Duration) error {
	defer j.leave()
	most = min(most, c.server.config.TimeLimit*4/5)
	token := c.request.Params.GetProgressToken()
	over := time.NewTimer(most)
	defer over.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var told uint64
	for {
		select {
		case <-j.done:
			return nil
		case <-over.C:
			return nil
		case <-c.ctx.Done():
			if errors.Is(c.ctx.Err(), context.Canceled) {
				j.abandon()
			}
			return c.ctx.Err()
		case <-tick.C:
			p := j.at()
			if token == nil || p.Bytes <= told {
				continue
			}
			told = p.Bytes
			err := c.request.Session.NotifyProgress(c.ctx, &sdk.ProgressNotificationParams{
				ProgressToken: token, Progress: float64(p.Bytes), Total: float64(max(p.Total, p.Bytes)), Message: itoa(p.Frames) + " packets indexed",
			})
			if err != nil {
				c.server.config.Log.Debug("progress not sent", "error", err)
			}
		}
	}
}

// readable gives the path of a file that add_capture may read: a regular file,
// in the allowed folders after all links are followed.
func (s *Server) readable(path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	if !filepath.IsAbs(path) {
		return "", &query.Error{Kind: query.BadRequest, Msg: "the path is not absolute", Hint: "give the whole path of the file, from / or ~/"}
	}
	followed, err := filepath.EvalSymlinks(path)
	limited := s.config.Remote || len(s.config.ReadDirs) > 0
	if err == nil && limited && !inside(followed, s.config.ReadDirs) {
		err = fs.ErrPermission
	}
	var info fs.FileInfo
	if err == nil {
		info, err = os.Stat(followed)
	}
	switch {
	case errors.Is(err, fs.ErrPermission) || err != nil && limited:
		return "", &query.Error{Kind: query.NotFound, Msg: "this file may not be read, or is not there", Hint: s.readHint(), Err: err}
	case err != nil:
		return "", &query.Error{Kind: query.NotFound, Msg: "there is no such file", Hint: "check the path; list_captures shows what is indexed already", Err: err}
	case info.IsDir():
		return "", &query.Error{Kind: query.BadRequest, Msg: "the path is a folder", Hint: "name one capture file in it"}
	case !info.Mode().IsRegular():
		return "", &query.Error{Kind: query.BadRequest, Msg: "the path is no regular file", Hint: "name a capture file"}
	}
	return followed, nil
}

func (s *Server) readHint() string {
	if len(s.config.ReadDirs) == 0 && !s.config.Remote {
		return "the user that runs pcapidx has to be allowed to read it"
	}
	return "the server reads capture files from the folders it was started with only (--allow-dir)"
}

// inside reports whether a path lies in one of some folders.
func inside(path string, folders []string) bool {
	for _, f := range folders {
		folder, err := filepath.EvalSymlinks(f)
		if err != nil {
			continue
		}
		if rel, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}
