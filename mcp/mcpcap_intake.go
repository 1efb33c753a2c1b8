package mcp

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"pcapidx/mcp/keys"
	"pcapidx/query"
)

// intake finds the capture that pcap_file means: a URL, whose file is downloaded and
// indexed; a file, which is indexed when it is new; or the id or name of a capture that
// is indexed already. What add_capture may not add is not added here either.
func (c *call) intake(file string) (*query.InfoAnswer, error) {
	switch {
	case isURL(file):
		return c.added(&addCaptureArgs{URL: file})
	case filepath.IsAbs(file), strings.HasPrefix(file, "~/"):
		return c.indexed(file)
	}
	info, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: file})
	var q *query.Error
	if !errors.As(err, &q) || q.Kind != query.NotFound {
		return info, err
	}
	if len(c.server.config.ReadDirs) > 0 { // of one of these folders
		return c.indexed(file)
	}
	return nil, notFound(file, "give the absolute path of a capture file, or the id or name of a capture that is indexed", err)
}

func notFound(file, hint string, err error) error {
	return &query.Error{Kind: query.NotFound, Msg: "PCAP file not found: " + clip(file, 200), Hint: hint, Err: err}
}

func isURL(s string) bool {
	l := strings.ToLower(s)
	return strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://")
}

// indexed gives the capture of a file, which it indexes if need be. A file that has
// not changed since it was seen is not read again.
func (c *call) indexed(file string) (*query.InfoAnswer, error) {
	f, err := c.server.openCapture(file)
	var q *query.Error
	if errors.As(err, &q) && q.Kind == query.NotFound {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, notFound(file, "check the path", err)
		}
		return nil, notFound(file, q.Msg+"; "+c.server.readHint(), err)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	_ = f.Close()
	if err != nil {
		return nil, err
	}
	key, stamp := c.user+"\x00"+f.resolved, fileStamp{info.Size(), info.ModTime()}
	if id, ok := c.server.seen.get(key, stamp); ok {
		if a, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: id}); err == nil {
			return a, nil
		}
	}
	a, err := c.added(&addCaptureArgs{Path: file})
	if err == nil {
		c.server.seen.put(key, stamp, a.Capture)
	}
	return a, err
}

// added indexes what add_capture would, and waits for it as long as a call may take.
func (c *call) added(in *addCaptureArgs) (*query.InfoAnswer, error) {
	readOnly := c.server.config.ReadOnly || !may(c.request, keys.Write)
	if x := c.request.GetExtra(); x != nil {
		readOnly = readOnly || asked(x.Header).readOnly
	}
	if readOnly {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "no file may be added: the server, the key or the request is read-only", Hint: "name a capture that is indexed"}
	}
	if in.URL != "" && !c.server.config.AllowURL {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "this server downloads nothing", Hint: "download the file and give its path, or name a capture that is indexed"}
	}
	o, err := c.order(in)
	if err != nil {
		return nil, err
	}
	j, err := c.server.jobs.start(o)
	if err != nil {
		return nil, err
	}
	if err := c.wait(j, time.Hour); err != nil { // bounded by the call's time
		return nil, err
	}
	if !j.ended() {
		p := j.at()
		return nil, &query.Error{Kind: query.BadRequest, Msg: fmt.Sprintf("the file is still being indexed, %d of %d bytes are read", p.Bytes, max(p.Total, p.Bytes)), Hint: "call again in a few seconds"}
	}
	a, err := j.result()
	var q *query.Error
	if errors.As(err, &q) && in.URL != "" {
		return nil, &query.Error{Kind: q.Kind, Msg: "Failed to download PCAP file: " + q.Msg, Hint: q.Hint, Err: err}
	}
	if err != nil {
		return nil, err
	}
	return c.engine.Info(c.ctx, query.InfoRequest{Capture: a.Rows[0].Capture})
}

// seenFiles remembers which capture a file became, so that each call of a tool need not
// read the file to recognise it.
type seenFiles struct {
	mu  sync.Mutex
	all map[string]seenFile // by user and path
}

type seenFile struct {
	fileStamp
	capture string
}

// fileStamp tells whether a file was changed.
type fileStamp struct {
	size     int64
	modified time.Time
}

// maxSeen bounds the files that are remembered.
const maxSeen = 1000

func (s *seenFiles) get(key string, stamp fileStamp) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.all[key]
	return f.capture, ok && f.size == stamp.size && f.modified.Equal(stamp.modified)
}

func (s *seenFiles) put(key string, stamp fileStamp, capture string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil || len(s.all) >= maxSeen { // they are recognised by their bytes
		s.all = map[string]seenFile{}
	}
	s.all[key] = seenFile{stamp, capture}
}
