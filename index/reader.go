package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Index is an open index.db, read-only and safe for concurrent use. It keeps
// answering after its build was removed, until Close.
type Index struct {
	db      *bolt.DB
	dir     string
	summary Summary
	buffers sync.Pool // *readBuffers

	sound soundness // blocks whose checksums were compared

	opening  sync.Mutex // of text
	text     *Text      // once it was asked for
	verified *sync.Map  // Store.verified, nil outside of a store
}

// readBuffers is the scratch memory of one block read.
type readBuffers struct {
	rows    []Packet
	columns columnReader
	data    []byte
	offsets []uint32
}

// Open opens the index.db in folder dir.
func Open(dir string) (*Index, error) {
	path := filepath.Join(dir, indexFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open index %s: %w", path, ErrGone)
	}
	x := &Index{dir: dir}
	x.buffers.New = func() any { return &readBuffers{} }
	err := guard(path, func() (err error) {
		if err := verifyPages(path, false); err != nil {
			return err
		}
		x.db, err = bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: openTimeout})
		return err
	})
	switch {
	case errors.As(err, new(*CorruptError)):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open index %s: %w", path, ErrGone)
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("open index %s: %w", path, ErrBusy)
	case errors.As(err, new(*fs.PathError)):
		return nil, fmt.Errorf("open index: %w", err)
	case err != nil:
		return nil, &CorruptError{File: path, Reason: err.Error()}
	}
	if err := x.readSummary(); err != nil {
		_ = x.db.Close()
		return nil, err
	}
	return x, nil
}

// readSummary loads the summary and refuses a format that it does not know.
func (x *Index) readSummary() error {
	return x.view(func(v *view) error {
		body, err := v.get(bucketMeta, []byte(keyCapture))
		if err != nil {
			return err
		}
		body, err = unpack(body, nil, packLimit)
		if err == nil {
			err = json.Unmarshal(body, &x.summary)
		}
		if err != nil {
			return v.corrupt(bucketMeta, []byte(keyCapture), err)
		}
		if x.summary.Format > FormatVersion {
			return fmt.Errorf("open index %s: %w (%d, known is %d): use a newer pcapidx", v.path(), ErrNewer, x.summary.Format, FormatVersion)
		}
		return nil
	})
}

// Close releases the files.
func (x *Index) Close() error {
	x.opening.Lock()
	defer x.opening.Unlock()
	if x.text != nil {
		_ = x.text.Close()
		x.text = nil
	}
	return x.db.Close()
}

// Summary gives what is known about the whole capture; it must not be changed.
func (x *Index) Summary() *Summary { return &x.summary }

// Text gives the text index; it is open from the first time on, until Close.
// Errors: as OpenText.
func (x *Index) Text() (*Text, error) {
	x.opening.Lock()
	defer x.opening.Unlock()
	if x.text != nil {
		return x.text, nil
	}
	verified := false
	if x.verified != nil {
		_, verified = x.verified.Load(x.dir)
	}
	t, err := openText(x.dir, verified)
	if err != nil {
		return nil, err
	}
	if x.verified != nil {
		x.verified.Store(x.dir, true)
	}
	x.text = t
	return t, nil
}

// Words asks the text index (see Text.Words).
func (x *Index) Words(ctx context.Context, q WordQuery, limit int) (hits []WordHit, total int, more bool, err error) {
	t, err := x.Text()
	if err != nil {
		return nil, 0, false, err
	}
	return t.Words(ctx, q, limit)
}

// guard runs fn and turns panics and memory faults, which a damaged file can
// cause inside bbolt, into a CorruptError.
func guard(path string, fn func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if r := recover(); r != nil {
			err = &CorruptError{File: path, Reason: fmt.Sprintf("page structure is damaged (%v)", r)}
		}
	}()
	return fn()
}

// soundness remembers which values of a bucket with frame numbers as keys were found
// to fit their checksums since the index was opened. To compare them reads each byte
// once more, which costs a scan of the capture as much as to decompress it.
type soundness struct {
	lock            sync.RWMutex
	blocks, columns roaring.Bitmap
}

// unsealOnce is unseal for a value that need not be compared twice.
func (s *soundness) unsealOnce(known *roaring.Bitmap, key, value []byte) (body []byte, ok bool) {
	if len(key) != 4 || len(value) < 4 {
		return nil, false
	}
	frame := binary.BigEndian.Uint32(key)
	s.lock.RLock()
	ok = known.Contains(frame)
	s.lock.RUnlock()
	if ok {
		return value[:len(value)-4], true
	}
	if body, ok = unseal(key, value); ok {
		s.lock.Lock()
		known.Add(frame)
		s.lock.Unlock()
	}
	return body, ok
}

// view is one read transaction.
type view struct {
	x  *Index
	tx *bolt.Tx
}

func (x *Index) view(fn func(*view) error) error {
	return guard(x.db.Path(), func() error {
		return x.db.View(func(tx *bolt.Tx) error { return fn(&view{x: x, tx: tx}) })
	})
}

func (v *view) path() string { return v.x.db.Path() }

func (v *view) corrupt(bucket string, key []byte, err error) error {
	return &CorruptError{File: v.path(), Bucket: bucket, Key: append([]byte(nil), key...), Reason: err.Error()}
}

var (
	errChecksum = errors.New("checksum differs")
	errMissing  = errors.New("values are missing")
)

// get gives a value that must be there, checked and without its checksum.
func (v *view) get(bucket string, key []byte) ([]byte, error) {
	body, err := v.find(bucket, key)
	if err == nil && body == nil {
		err = v.corrupt(bucket, key, errors.New("value is missing"))
	}
	return body, err
}

// find gives a value, or nil if there is none.
func (v *view) find(bucket string, key []byte) ([]byte, error) {
	b := v.tx.Bucket([]byte(bucket))
	if b == nil {
		return nil, v.corrupt(bucket, nil, errors.New("bucket is missing"))
	}
	value := b.Get(key)
	if value == nil {
		return nil, nil
	}
	body, ok := []byte(nil), false
	if bucket == bucketBlocks {
		body, ok = v.x.sound.unsealOnce(&v.x.sound.blocks, key, value)
	} else {
		body, ok = unseal(key, value)
	}
	if !ok {
		return nil, v.corrupt(bucket, key, errChecksum)
	}
	return body, nil
}

// scan calls fn for the values of a bucket from the last key <= from (or the
// first one) onwards, until fn returns false.
func (v *view) scan(bucket string, from []byte, fn func(key, body []byte) (bool, error)) error {
	b := v.tx.Bucket([]byte(bucket))
	if b == nil {
		return v.corrupt(bucket, nil, errors.New("bucket is missing"))
	}
	c := b.Cursor()
	key, value := c.Seek(from)
	if !bytes.Equal(key, from) {
		if key, value = c.Prev(); key == nil {
			key, value = c.First()
		}
	}
	for ; key != nil; key, value = c.Next() {
		body, ok := unseal(key, value)
		if !ok {
			return v.corrupt(bucket, key, errChecksum)
		}
		more, err := fn(key, body)
		if err != nil {
			return v.wrap(bucket, key, err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

// wrap names the value that a decoder refused and passes other errors on.
func (v *view) wrap(bucket string, key []byte, err error) error {
	if errors.Is(err, errShort) {
		return v.corrupt(bucket, key, err)
	}
	return err
}

// Datagram gives the frames that a reassembled IP datagram came from; nil if
// the frame did not complete one.
func (x *Index) Datagram(frame uint32) (frames []uint32, err error) {
	err = x.view(func(v *view) error {
		body, err := v.find(bucketDatagrams, key32(frame))
		if err == nil && body != nil {
			frames, err = decodeFrameList(body)
			err = v.wrap(bucketDatagrams, key32(frame), err)
		}
		return err
	})
	return frames, err
}

// Posting gives the frames of a segment that have a value in a field, as
// numbers within the segment; nil if there are none. ok is false when the field
// is not indexed there (over its budget): any frame may have it.
func (x *Index) Posting(segment uint16, field PostingField, value []byte) (b *roaring.Bitmap, ok bool, err error) {
	ok = true
	err = x.view(func(v *view) error {
		over, err := v.find(bucketPostings, keyPosting(segment, field, make([]byte, overflowLen)))
		if err != nil || over != nil {
			ok = over == nil
			return err
		}
		key := keyPosting(segment, field, value)
		body, err := v.find(bucketPostings, key)
		if err != nil || body == nil {
			return err
		}
		b, err = checkedBitmap(body)
		return v.wrap(bucketPostings, key, err)
	})
	return b, ok, err
}

// EachPosting calls yield for the values of a field from low to high (both
// included, and both of one length) in a segment, in order, until it returns
// false. The bitmap holds numbers within the segment and is the caller's. ok is
// as for Posting.
func (x *Index) EachPosting(segment uint16, field PostingField, low, high []byte, yield func(value []byte, frames *roaring.Bitmap) bool) (ok bool, err error) {
	ok = true
	err = x.view(func(v *view) error {
		over, err := v.find(bucketPostings, keyPosting(segment, field, make([]byte, overflowLen)))
		if err != nil || over != nil {
			ok = over == nil
			return err
		}
		from, to := keyPosting(segment, field, low), keyPosting(segment, field, high)
		return v.scan(bucketPostings, from, func(key, body []byte) (bool, error) {
			if bytes.Compare(key, from) < 0 || len(key) != len(from) {
				return bytes.Compare(key, to) <= 0, nil
			}
			if bytes.Compare(key, to) > 0 {
				return false, nil
			}
			b, err := checkedBitmap(body)
			return err == nil && yield(key[3:], b), err
		})
	})
	return ok, err
}

// Segments gives the number of segments of the capture.
func (x *Index) Segments() int {
	return int((uint64(x.summary.Frames) + SegmentFrames - 1) >> segmentBits)
}

// Members calls yield for every frame of a connection, in order, until it
// returns false.
func (x *Index) Members(c *Connection, yield func(Member) bool) error {
	first, _ := segmentOf(c.First)
	last, _ := segmentOf(c.Last)
	return x.view(func(v *view) error {
		n := uint64(0)
		for segment := first; segment <= last; segment++ {
			more, err := v.members(segment, c.Number, func(m Member) bool { n++; return yield(m) })
			if err != nil || !more {
				return err
			}
		}
		if n != c.Packets[SideA]+c.Packets[SideB] {
			return v.corrupt(bucketMembers, keyMember(first, c.Number, 0), errMissing)
		}
		return nil
	})
}

func (v *view) members(segment uint16, conn uint32, yield func(Member) bool) (more bool, err error) {
	more = true
	err = v.scan(bucketMembers, keyMember(segment, conn, 0), func(key, body []byte) (bool, error) {
		if len(key) != 10 {
			return false, errShort
		}
		s, first := binary.BigEndian.Uint16(key), binary.BigEndian.Uint32(key[2:])
		if s < segment {
			return true, nil // the chunk before may still hold the connection
		}
		if s > segment || first > conn {
			return false, nil
		}
		_, err := eachMember(body, s, first, func(m Member) bool {
			if m.Conn == conn {
				more = yield(m)
			}
			return more && m.Conn <= conn
		})
		return more && err == nil, err
	})
	return more, err
}
