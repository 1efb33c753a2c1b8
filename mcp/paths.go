package mcp

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"pcapidx/query"
)

// givenFile is a regular file that add_capture was given the path of.
type givenFile struct {
	*os.File
	size     uint64
	resolved string // names it among the server's jobs
}

// openCapture opens the file of a path: any, or one in the allowed folders. Of
// what is outside of these nothing is told, not even whether it is there.
func (s *Server) openCapture(path string) (*givenFile, error) {
	limited := s.config.Remote || len(s.config.ReadDirs) > 0
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	if !limited && !filepath.IsAbs(path) {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "the path is not absolute", Hint: "give the whole path of the file, from / or ~/"}
	}
	var f *givenFile
	var err error
	if limited {
		f, err = s.openAllowed(path)
	} else {
		f, err = openRegular(path, os.Stat, os.OpenFile)
	}
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, errFolder):
		return nil, &query.Error{Kind: query.BadRequest, Msg: "the path is a folder", Hint: "name one capture file in it"}
	case errors.Is(err, errIrregular):
		return nil, &query.Error{Kind: query.BadRequest, Msg: "the path is no regular file", Hint: "name a capture file"}
	case errors.Is(err, fs.ErrPermission):
		return nil, &query.Error{Kind: query.NotFound, Msg: "this file may not be read, or is not there", Hint: s.readHint(), Err: err}
	}
	return nil, &query.Error{Kind: query.NotFound, Msg: "there is no such file", Hint: "check the path; list_captures shows what is indexed already", Err: err}
}

func (s *Server) readHint() string {
	if len(s.config.ReadDirs) == 0 && !s.config.Remote {
		return "the user that runs pcapidx has to be allowed to read it"
	}
	return "the server reads capture files from the folders it was started with only (--allow-dir)"
}

// openAllowed opens a file in one of the allowed folders.
func (s *Server) openAllowed(path string) (*givenFile, error) {
	for _, dir := range s.config.ReadDirs {
		f, err := openInside(dir, path)
		if err == nil || errors.Is(err, errFolder) || errors.Is(err, errIrregular) {
			return f, err
		}
	}
	return nil, fs.ErrPermission
}

// openInside opens a file of a folder. The path is absolute or begins there; links
// are followed as long as they do not leave the folder, which the system checks
// while it opens the file: a folder that is changed meanwhile opens no way out.
func openInside(dir, path string) (*givenFile, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	rel := path
	if filepath.IsAbs(path) {
		if rel, err = relative(dir, path); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	f, err := openRegular(rel, root.Stat, root.OpenFile)
	if err == nil {
		f.resolved = filepath.Join(dir, rel)
	}
	return f, err
}

// relative gives a path from a folder on, the folder's name being taken as it is
// or with its links followed.
func relative(dir, path string) (string, error) {
	followed, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	for _, d := range []string{dir, followed} {
		if rel, err := filepath.Rel(d, filepath.Clean(path)); err == nil && filepath.IsLocal(rel) {
			return rel, nil
		}
	}
	return "", fs.ErrPermission
}

var (
	errFolder    = errors.New("it is a folder")
	errIrregular = errors.New("it is no regular file")
)

// openRegular opens a regular file for reading. What is something else is not
// opened at all: a fifo would wait, a device may do things. As it may become
// something else in between, the open does not wait, and what was opened is
// looked at.
func openRegular(path string, stat func(string) (fs.FileInfo, error), open func(string, int, fs.FileMode) (*os.File, error)) (*givenFile, error) {
	info, err := stat(path)
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, err
	}
	f, err := open(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = regular(info)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &givenFile{File: f, size: uint64(info.Size()), resolved: path}, nil
}

func regular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errFolder
	case !info.Mode().IsRegular():
		return errIrregular
	}
	return nil
}
