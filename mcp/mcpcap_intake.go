package mcp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"pcapidx/query"
)

// intake finds the capture that pcap_file means: a file, which is indexed when it is
// new; a URL, whose file is fetched and then treated so; or the id or name of a
// capture that is indexed already.
func (c *call) intake(file string) (*query.InfoAnswer, error) {
	capture := file
	var err error
	switch {
	case isURL(file):
		capture, err = c.fetched(file)
	case filepath.IsAbs(file), strings.HasPrefix(file, "~/"):
		capture, err = c.indexed(file)
	}
	if err != nil {
		return nil, err
	}
	info, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: capture})
	var q *query.Error
	if errors.As(err, &q) && q.Kind == query.NotFound {
		return nil, &query.Error{
			Kind: query.NotFound, Msg: "PCAP file not found: " + clip(file, 200), Err: err,
			Hint: "give the absolute path of a capture file, or the id or name of a capture that is indexed",
		}
	}
	return info, err
}

func isURL(s string) bool {
	l := strings.ToLower(s)
	return strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://")
}

// indexed gives the capture of a file, which it indexes if need be. A file that has
// not changed since it was seen is not read again.
func (c *call) indexed(file string) (string, error) {
	path, err := c.server.readable(file)
	var q *query.Error
	if errors.As(err, &q) && q.Kind == query.NotFound {
		hint := c.server.readHint()
		if errors.Is(err, fs.ErrNotExist) && len(c.server.config.ReadDirs) == 0 {
			hint = "check the path"
		}
		return "", &query.Error{Kind: query.NotFound, Msg: "PCAP file not found: " + clip(file, 200) + " (" + q.Msg + ")", Hint: hint, Err: err}
	}
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", &query.Error{Kind: query.NotFound, Msg: "PCAP file not found: " + clip(file, 200), Err: err}
	}
	key, stamp := c.user+"\x00"+path, fileStamp{info.Size(), info.ModTime()}
	if id, ok := c.server.seen.get(key, stamp); ok {
		if _, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: id}); err == nil {
			return id, nil
		}
	}
	id, err := c.add(key, func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error) {
		return c.engine.Add(ctx, query.AddRequest{Files: []string{path}}, progress)
	})
	if err == nil {
		c.server.seen.put(key, stamp, id)
	}
	return id, err
}

// fetched gives the capture of a URL.
func (c *call) fetched(url string) (string, error) {
	fetch := c.server.config.Fetch
	if fetch == nil || c.server.config.ReadOnly {
		return "", &query.Error{
			Kind: query.BadRequest, Msg: "this server does not fetch URLs",
			Hint: "download the file and give its path, or name a capture that is indexed",
		}
	}
	return c.add(c.user+"\x00"+url, func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error) {
		path, cleanup, err := fetch(ctx, url)
		if cleanup != nil {
			defer cleanup()
		}
		if err != nil {
			return nil, fetchFailed(err)
		}
		return c.engine.Add(ctx, query.AddRequest{Files: []string{path}}, progress)
	})
}

// fetchFailed says that a download failed, and why where the fetcher says so itself.
func fetchFailed(err error) error {
	var q *query.Error
	if errors.As(err, &q) {
		return &query.Error{Kind: q.Kind, Msg: "Failed to download PCAP file: " + q.Msg, Hint: q.Hint, Err: err}
	}
	return &query.Error{Kind: query.BadRequest, Msg: "Failed to download PCAP file", Hint: "check the URL; the server's log may say more", Err: err}
}

// add indexes a file, waits for it as long as a call may take, and gives its id.
func (c *call) add(key string, work func(context.Context, func(query.Progress)) (*query.AddAnswer, error)) (string, error) {
	if c.server.config.ReadOnly {
		return "", &query.Error{Kind: query.BadRequest, Msg: "this server is read-only: it indexes no files", Hint: "name a capture that is indexed"}
	}
	j, err := c.server.jobs.start(key, work)
	if err != nil {
		return "", err
	}
	if err := c.wait(j, time.Hour); err != nil { // bounded by the call's time
		return "", err
	}
	select {
	case <-j.done:
	default:
		p := j.at()
		return "", &query.Error{Kind: query.BadRequest, Msg: fmt.Sprintf("the file is still being indexed, %d of %d bytes are read", p.Bytes, max(p.Total, p.Bytes)), Hint: "call again in a few seconds"}
	}
	if j.err != nil {
		return "", j.err
	}
	return j.answer.Rows[0].Capture, nil
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
