package index

import (
	"errors"
	"time"
)

// Errors of a store. They are wrapped with the file or capture they concern.
var (
	// ErrBusy: another process held the catalog or an index too long.
	ErrBusy = errors.New("store is busy")
	// ErrGone: a build's files are not there (any more): it was removed or
	// re-indexed. Look the capture up again.
	ErrGone = errors.New("index is gone")
	// ErrNotFound: no capture has that name or id.
	ErrNotFound = errors.New("no such capture")
	// ErrAmbiguous: several captures have that name or id prefix.
	ErrAmbiguous = errors.New("ambiguous capture")
	// ErrNewer: written by a newer program than this one.
	ErrNewer = errors.New("format is newer than this program knows")
	// ErrOutdated: the index was made by an older program and lacks what was
	// asked for.
	ErrOutdated = errors.New("index lacks content that it would have today")
	// ErrNoText: the build has no text index. It was made without one, or by an
	// older program.
	ErrNoText = errors.New("payload is not word-indexed")
)

// openTimeout is how long opening the catalog or an index waits for the file
// lock of another process.
const openTimeout = 10 * time.Second
