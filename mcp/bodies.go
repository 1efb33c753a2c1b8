package mcp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// A request's body is read before anything is made for the request: a client
// that sends slowly or too much costs a connection and no session.

const (
	maxBody = 16 << 20 // holds the 10 MB that add_capture takes as base64
	// smallBody is what questions need. Of those that are larger only so many are
	// read at the same time, since they are held in memory.
	smallBody     = 256 << 10
	maxLargeReads = 8
)

// bodies reads the body of each request, within a time.
func bodies(most time.Duration, next http.Handler) http.Handler {
	large := make(chan struct{}, maxLargeReads)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxBody {
			tooLarge(w)
			return
		}
		deadline := time.Now().Add(most)
		control := http.NewResponseController(w)
		timed := control.SetReadDeadline(deadline) == nil
		body, release, err := readBody(w, r, large, deadline)
		defer release()
		if timed {
			_ = control.SetReadDeadline(time.Time{})
		}
		var over *http.MaxBytesError
		switch {
		case errors.As(err, &over):
			tooLarge(w)
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			w.Header().Set("Connection", "close")
			http.Error(w, fmt.Sprintf("the body of the request took longer than %s", most), http.StatusRequestTimeout)
			return
		case errors.Is(err, errBusyReading):
			w.Header().Set("Retry-After", "5")
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		case err != nil:
			http.Error(w, "the body of the request ended early", http.StatusBadRequest)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

func tooLarge(w http.ResponseWriter) {
	w.Header().Set("Connection", "close") // what follows is not read
	http.Error(w, fmt.Sprintf("the body of a request may have %d bytes", maxBody), http.StatusRequestEntityTooLarge)
}

var errBusyReading = errors.New("too many large requests at the same time; try again")

// readBody reads a body; for what is more than a question it waits for its turn,
// which release ends.
func readBody(w http.ResponseWriter, r *http.Request, large chan struct{}, deadline time.Time) (body []byte, release func(), err error) {
	release = func() {}
	limited := http.MaxBytesReader(w, r.Body, maxBody)
	var b bytes.Buffer
	if n, err := io.CopyN(&b, limited, smallBody); n < smallBody || err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return b.Bytes(), release, err
	}
	wait := time.NewTimer(time.Until(deadline))
	defer wait.Stop()
	select {
	case large <- struct{}{}:
		release = func() { <-large }
	case <-wait.C:
		return nil, release, errBusyReading
	case <-r.Context().Done():
		return nil, release, r.Context().Err()
	}
	_, err = b.ReadFrom(limited)
	return b.Bytes(), release, err
}
