package mcp

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"pcapidx/mcp/upload"
	"pcapidx/query"
)

const uploadTool = "create_upload"

// Uploads says how files are taken over HTTP. Dir and URL are required; what is
// 0 means the defaults of package upload.
type Uploads struct {
	Dir string // see upload.Config
	URL string // of the server, as clients know it: http(s)://HOST[:PORT][/PATH]

	MaxBytes       int64
	PerUser, Total int
	KeepFree       int64
	Expiry         time.Duration
}

// startUploads makes what takes the files, if the configuration wants it.
func (s *Server) startUploads() (err error) {
	u := s.config.Uploads
	if u == nil || s.config.ReadOnly {
		return nil
	}
	if u.URL == "" {
		return errors.New("mcp: uploads without the server's URL")
	}
	s.uploads, err = upload.New(upload.Config{
		Dir: u.Dir, MaxBytes: u.MaxBytes, PerUser: u.PerUser, Total: u.Total, KeepFree: u.KeepFree, Expiry: u.Expiry, Log: s.config.Log,
		Start: s.startUpload, Allow: s.roomFor,
	})
	return err
}

// roomFor tells who uploads whether the user's quota has room for so many bytes
// more. They are reserved when they are there.
func (s *Server) roomFor(user string, bytes int64) error {
	release, err := s.Reserve(context.Background(), user, bytes)
	if err != nil {
		return plain(err)
	}
	release()
	return plain(s.jobs.room(user))
}

// plain makes of an error of this program's users one of their HTTP clients'.
func plain(err error) error {
	var q *query.Error
	if errors.As(err, &q) {
		return errors.New(speak(join(q.Msg, q.Hint)))
	}
	return err
}

// startUpload begins to index a file that was uploaded.
func (s *Server) startUpload(f upload.File) (string, error) {
	e, err := s.config.Engine(f.User)
	if err != nil {
		return "", plain(err)
	}
	c := &call{ctx: context.Background(), server: s, engine: e, user: f.User}
	o := &order{
		user: f.User, key: "upload\x00" + f.Path, name: f.Name, bytes: uint64(f.Bytes),
		index: func(ctx context.Context, progress func(query.Progress)) (*query.AddAnswer, error) {
			file, err := os.Open(f.Path)
			if err != nil {
				return nil, err
			}
			defer func() { _ = file.Close() }()
			return c.indexing(s.bounded(query.OpenFile{Name: f.Name, Content: file, Size: uint64(f.Bytes)}))(ctx, progress)
		},
	}
	if err := c.reserve(o); err != nil {
		return "", plain(err)
	}
	o.release = func() { _ = os.Remove(f.Path) }
	j, err := s.jobs.start(o)
	if err != nil {
		return "", plain(err)
	}
	return j.id, nil // nobody leaves the job: it goes on, whoever waits for it
}

type createUploadArgs struct {
	Name   string `json:"name" jsonschema:"of the file; may be a path"`
	Size   int64  `json:"size_bytes,omitempty" jsonschema:"of the file, to be checked"`
	SHA256 string `json:"sha256,omitempty" jsonschema:"of the file, to be checked"`
}

type createUploadOut struct {
	URL         verbatim        `json:"url"`
	Curl        verbatim        `json:"curl"`                   // for a POSIX shell
	CurlWindows verbatim        `json:"curl_windows,omitempty"` // for PowerShell, and cmd.exe where the name is simple
	Expires     query.Timestamp `json:"expires"`
	MaxBytes    int64           `json:"max_bytes"`
	Hints       []string        `json:"hints"`
}

func createUpload() *tool {
	return define(tool{
		name: uploadTool, title: "Get an upload URL", set: "captures", writes: true,
		description: "A URL that takes one capture file of the user's computer, and the curl commands for it. " +
			"Run one where the file is, or give it to the user; its answer names the capture.",
	}, func(c *call, in *createUploadArgs) (*createUploadOut, error) {
		name := captureName(in.Name)
		if !quotable(in.Name) || name == "" || strings.HasSuffix(in.Name, "/") || strings.HasSuffix(in.Name, `\`) {
			return nil, &query.Error{Kind: query.BadRequest, Msg: "name " + quoted(in.Name) + " cannot be used", Hint: "give the file's name in visible characters"}
		}
		t, err := c.server.uploads.Create(upload.Request{User: c.user, Name: name, Bytes: in.Size, SHA256: in.SHA256})
		if err != nil {
			return nil, uploadError(err)
		}
		url := c.server.config.Uploads.URL + upload.Path + t.Token
		out := &createUploadOut{
			URL: verbatim(url), Curl: verbatim(posixCurl(in.Name, url)), CurlWindows: verbatim(windowsCurl(in.Name, url)),
			Expires: query.Timestamp(t.Expires.UTC().Format(time.RFC3339)), MaxBytes: t.MaxBytes,
			Hints: []string{"the upload's answer has a field capture: capture_info of its value waits for the indexing and gives the capture's id"},
		}
		return out, nil
	})
}

// uploadError is what a user is told of an upload that is refused.
func uploadError(err error) error {
	var refused *upload.Error
	if errors.As(err, &refused) {
		return &query.Error{Kind: query.BadRequest, Msg: refused.Msg, Hint: refused.Hint, Err: err}
	}
	return err
}

// quotable reports whether a file name can stand in a command that is shown: what
// it looks like is what it is.
func quotable(name string) bool {
	return name != "" && len(name) <= 1000 && !strings.ContainsFunc(name, func(r rune) bool { return r != '\\' && needsEscape(r) })
}

// posixCurl is the command that uploads a file from a POSIX shell. In single quotes
// a shell takes everything but a single quote as it is. -g: curl takes brackets and
// braces as they are.
func posixCurl(name, url string) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	return "curl --fail-with-body -g -T " + quote(noOption(name)) + " " + quote(url)
}

// windowsCurl is the command for Windows. Names without characters that its shells
// replace stand in double quotes, which both know; others in PowerShell's single
// quotes, in which a quote of any form is doubled. There is none for a name that
// no file of Windows has.
func windowsCurl(name, url string) string {
	if strings.ContainsAny(name, `"<>|?*`) {
		return ""
	}
	quoted := `"` + noOption(name) + `"`
	if strings.ContainsAny(name, "$%`!^&\u201c\u201d\u201e") {
		quoted = "'"
		for _, r := range noOption(name) {
			if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
				quoted += string(r)
			}
			quoted += string(r)
		}
		quoted += "'"
	}
	return "curl.exe --fail-with-body -g -T " + quoted + ` "` + url + `"`
}

// noOption makes sure that a program takes a name for a file's: "-" would be its
// standard input.
func noOption(name string) string {
	if strings.HasPrefix(name, "-") || name == "." {
		return "./" + name
	}
	return name
}

// indexingRow is a capture that is not indexed yet.
type indexingRow struct {
	Capture string `json:"capture"`
	Name    string `json:"name"`
	Bytes   uint64 `json:"file_bytes,omitempty"`
	State   string `json:"state"`
	Packets uint32 `json:"packets_so_far,omitempty"`
}

func (c *call) indexingRows() (rows []indexingRow) {
	for _, j := range c.server.jobs.of(c.user) {
		rows = append(rows, indexingRow{Capture: j.id, Name: j.name, Bytes: j.order.bytes, State: j.share(), Packets: j.at().Frames})
	}
	return rows
}
