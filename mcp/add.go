package mcp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/fetch"
	"pcapidx/query"
)

const addTool = "add_capture"

type addCaptureArgs struct {
	Path  string `json:"path,omitempty" jsonschema:"of the file on this server's computer, absolute or from ~/"`
	URL   string `json:"url,omitempty" jsonschema:"public http(s) URL to download"`
	Data  string `json:"data_base64,omitempty" jsonschema:"the file, up to 10 MB; a token per 3 bytes"`
	Name  string `json:"name,omitempty" jsonschema:"to list it under"`
	WaitS int    `json:"wait_s,omitempty" jsonschema:"seconds to wait for the end; indexing goes on behind"`
}

type addCaptureOut struct {
	State string         `json:"state"` // ready, indexing
	Rows  []query.AddRow `json:"rows"`
	// While indexing: what it is called until it has an id, and how far it is.
	Capture    string   `json:"capture,omitempty"`
	ReadBytes  uint64   `json:"read_bytes,omitempty"`
	TotalBytes uint64   `json:"total_bytes,omitempty"`
	Packets    uint32   `json:"packets_so_far,omitempty"`
	Hints      []string `json:"hints,omitempty"`
	outcome
}

func addCapture() *tool {
	return define(tool{
		name: addTool, title: "Index a capture file", set: "captures", writes: true,
		description: "Index a capture file (pcap, pcapng, also gzip'd or zstd'd), so that the other tools can answer about it. " +
			"A file that is indexed already is recognised (duplicate: true) and not indexed twice. " +
			"If state is indexing, call again with the same arguments to wait on.",
	}, func(c *call, in *addCaptureArgs) (*addCaptureOut, error) {
		o, err := c.order(in)
		if err != nil {
			return nil, err
		}
		j, err := c.server.jobs.start(o)
		if err != nil {
			return nil, err
		}
		if err := c.wait(j, time.Duration(in.WaitS)*time.Second); err != nil {
			return nil, err
		}
		if !j.ended() {
			p := j.at()
			return &addCaptureOut{
				State: "indexing", Rows: []query.AddRow{}, Capture: j.id, ReadBytes: p.Bytes, TotalBytes: p.Total, Packets: p.Frames,
				Hints: []string{"indexing goes on; capture_info of " + j.id + ", or add_capture again with the same arguments, waits for it"},
			}, nil
		}
		a, err := j.result()
		if err != nil {
			return nil, err
		}
		return added(a), nil
	})
}

// fitAddCapture leaves those ways of adding a capture in the tool that the
// configuration opens.
func (s *Server) fitAddCapture(t *tool) {
	var closed []string
	if s.config.Remote && len(s.config.ReadDirs) == 0 {
		closed = append(closed, "path")
	} else if s.config.Remote {
		t.input.Properties["path"].Description = "of the file on the server, absolute or in a folder that it reads from"
	}
	if !s.config.AllowURL {
		closed = append(closed, "url")
	}
	drop(t.input, closed...)
	t.openWorld = s.config.AllowURL
	if s.uploads != nil {
		t.description += " Files of the user's own computer: " + uploadTool + "."
	}
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

// order says what is to be done for a call of add_capture.
func (c *call) order(in *addCaptureArgs) (*order, error) {
	if in.WaitS < 0 {
		in.WaitS = 0
	}
	name := captureName(in.Name)
	var o *order
	var err error
	switch {
	case (in.Path != "") && in.URL == "" && in.Data == "":
		o, err = c.pathOrder(in.Path, name)
	case in.URL != "" && in.Path == "" && in.Data == "":
		o, err = c.urlOrder(in.URL, name)
	case in.Data != "" && in.Path == "" && in.URL == "":
		o, err = c.dataOrder(in.Data, name)
	default:
		ways := strings.Join(c.server.ways(), ", ")
		return nil, &query.Error{Kind: query.BadRequest, Msg: "which file?", Hint: "give one of " + ways + ", and only one"}
	}
	if err != nil {
		return nil, err
	}
	o.user = c.user
	if err := c.reserve(o); err != nil {
		o.free()
		return nil, err
	}
	return o, nil
}

// reserve makes room for an order in the user's quota. One that joins a job needs
// none, and neither does a file that the user has.
func (c *call) reserve(o *order) error {
	if c.server.jobs.has(o) {
		return nil
	}
	release, err := c.server.Reserve(c.ctx, c.user, int64(o.bytes))
	if err != nil {
		if !known(c.ctx, c.engine, o.name, o.bytes) {
			return err
		}
		return nil
	}
	o.reserved = release
	return nil
}

// ways names the arguments that say where a file is.
func (s *Server) ways() (names []string) {
	for _, t := range s.tools {
		for _, way := range []string{"path", "url", "data_base64"} {
			if t.name == addTool && t.input.Properties[way] != nil {
				names = append(names, way)
			}
		}
	}
	return names
}

func (c *call) pathOrder(given, name string) (*order, error) {
	f, err := c.server.openCapture(given)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = captureName(filepath.Base(given))
	}
	open := query.OpenFile{Name: name, Content: f.File, Size: f.size}
	if c.server.config.Remote {
		open.MaxData, open.MaxRatio = c.server.config.MaxData, c.server.config.MaxRatio
	}
	return &order{
		key: "path\x00" + f.resolved + "\x00" + name, name: name, bytes: f.size, index: c.indexing(open), release: func() { _ = f.Close() },
	}, nil
}

// indexing gives the work of indexing a file, within the user's quota.
func (c *call) indexing(f query.OpenFile) func(context.Context, func(query.Progress)) (*query.AddAnswer, error) {
	return func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error) {
		a, err := c.engine.Add(ctx, query.AddRequest{Open: []query.OpenFile{f}}, progress)
		if err != nil {
			return nil, err
		}
		return a, c.server.settle(ctx, c.engine, c.user, a)
	}
}

// maxSent is how many bytes a file may have that is an argument.
const maxSent = 10_000_000

func (c *call) dataOrder(text, name string) (*order, error) {
	hint := "larger files are given by " + strings.Join(c.server.ways(), " or ")
	if c.server.has(uploadTool) {
		hint = uploadTool + " takes larger files, and costs no tokens"
	}
	if len(text) > base64.StdEncoding.EncodedLen(maxSent)*80/76 { // it may have line ends
		return nil, &query.Error{Kind: query.BadRequest, Msg: "data_base64 is more than 10 MB", Hint: hint}
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	switch {
	case err != nil:
		return nil, &query.Error{Kind: query.BadRequest, Msg: "data_base64 is no base64", Hint: "encode the bytes of the file, as `base64 FILE` does", Err: err}
	case len(data) > maxSent:
		return nil, &query.Error{Kind: query.BadRequest, Msg: "data_base64 is more than 10 MB", Hint: hint}
	}
	if name == "" {
		name = "sent.pcap"
	}
	sum := sha256.Sum256(data)
	return &order{
		key: "data\x00" + hex.EncodeToString(sum[:]) + "\x00" + name, name: name, bytes: uint64(len(data)),
		index: c.indexing(c.server.bounded(query.OpenFile{Name: name, Content: bytes.NewReader(data), Size: uint64(len(data))})),
	}, nil
}

// bounded limits what a file may become that comes from elsewhere.
func (s *Server) bounded(f query.OpenFile) query.OpenFile {
	f.MaxData, f.MaxRatio = s.config.MaxData, s.config.MaxRatio
	return f
}

func (c *call) urlOrder(url, name string) (*order, error) {
	s := c.server
	if !s.config.AllowURL {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "this server downloads nothing", Hint: "give one of " + strings.Join(s.ways(), ", ")}
	}
	if err := fetch.Check(url); err != nil {
		return nil, fetchError(err)
	}
	if name == "" {
		name = captureName(fetch.Name(url))
	}
	if name == "" {
		name = "download.pcap"
	}
	f := &partFile{}
	var size uint64
	o := &order{key: "url\x00" + url + "\x00" + name, name: name, release: f.remove}
	o.fetch = func(ctx context.Context, progress func(query.Progress)) error {
		if s.uploads != nil { // the same disk
			if err := s.uploads.Room(0); err != nil {
				return uploadError(err)
			}
		}
		if err := f.create(s.config.IncomingDir); err != nil {
			return err
		}
		n, err := s.config.Fetch.Get(ctx, url, f.file, func(done, total int64) {
			progress(query.Progress{Bytes: uint64(done), Total: uint64(2 * max(total, done))})
		})
		if err != nil {
			return fetchError(err)
		}
		size = uint64(n)
		if o.reserved != nil { // the place of a file of unknown size becomes one of this size
			o.reserved()
			if o.reserved, err = s.Reserve(ctx, c.user, n); err != nil {
				return err
			}
		}
		_, err = f.file.Seek(0, io.SeekStart)
		return err
	}
	o.index = func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error) {
		open := s.bounded(query.OpenFile{Name: name, Content: f.file, Size: size})
		return c.indexing(open)(ctx, func(p query.Progress) {
			p.Bytes, p.Total = p.Bytes+open.Size, 2*open.Size
			progress(p)
		})
	}
	return o, nil
}

// fetchError is what a user is told of a download that fails.
func fetchError(err error) error {
	var own *fetch.Error
	if errors.As(err, &own) {
		return &query.Error{Kind: query.BadRequest, Msg: own.Msg, Hint: "download the file yourself and add it another way", Err: err}
	}
	return err
}

// partFile is a file on its way in. The zero value is none yet.
type partFile struct{ file *os.File }

func (p *partFile) create(dir string) (err error) {
	if dir == "" {
		dir = os.TempDir()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	p.file, err = os.CreateTemp(dir, "*.part")
	return err
}

func (p *partFile) remove() {
	if p.file != nil {
		_ = p.file.Close()
		_ = os.Remove(p.file.Name())
	}
}

// captureName is a name to list a capture under, made of what somebody calls the
// file: the end of a path of either system, without what is not text.
func captureName(given string) string {
	name := path.Base(strings.ReplaceAll(strings.ToValidUTF8(given, ""), `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return clip(name, maxName)
}

const maxName = 200

// wait reports progress until a job ends, the time is over, or the call is
// cancelled; then a job that nobody else waits for is stopped.
func (c *call) wait(j *job, most time.Duration) error {
	defer j.leave()
	err := c.watch(j, most)
	if errors.Is(err, context.Canceled) {
		j.abandon()
	}
	return err
}

// watch reports progress until a job ends, the time is over, or the call is
// cancelled.
func (c *call) watch(j *job, most time.Duration) error {
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
			return c.ctx.Err()
		case <-tick.C:
			p := j.at()
			if token == nil || p.Bytes <= told {
				continue
			}
			told = p.Bytes
			err := c.request.Session.NotifyProgress(c.ctx, &sdk.ProgressNotificationParams{
				ProgressToken: token, Progress: float64(p.Bytes), Total: float64(max(p.Total, p.Bytes)), Message: fmt.Sprintf("%d packets indexed", p.Frames),
			})
			if err != nil {
				c.server.config.Log.Debug("progress not sent", "error", err)
			}
		}
	}
}
