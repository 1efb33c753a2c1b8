package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"pcapidx/query"
)

// writeFile writes a file under a temporary name beside its place and renames
// it when it is complete. What is no regular file, such as a device or a pipe,
// is written to as it stands.
func writeFile(path string, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return &query.Error{Kind: query.BadRequest, Msg: path + " is a folder", Hint: "name the file to write"}
	case err == nil && !info.Mode().IsRegular():
		return writeInto(path, write)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return cannotWrite(path, err)
	}
	err = write(f)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = cannotWrite(path, cerr)
	}
	if err == nil {
		err = finish(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// writeInto writes to what is there already.
func writeInto(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return cannotWrite(path, err)
	}
	err = write(f)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = cannotWrite(path, cerr)
	}
	return err
}

// finish gives a complete file its name.
func finish(temporary, path string) error {
	err := os.Chmod(temporary, 0o644)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// cannotWrite names the file that was asked for, not the temporary one.
func cannotWrite(path string, err error) error {
	reason := err
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		reason = p.Err
	case errors.As(err, &l):
		reason = l.Err
	}
	return &query.Error{Kind: query.IO, Msg: fmt.Sprintf("write %s: %v", path, reason), Err: err}
}
