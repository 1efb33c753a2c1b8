package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"os"
)

// bbolt trusts the page numbers in a file: a damaged one can send it around in
// circles until the stack or the memory is used up, and nothing recovers from
// that. So the page tree is walked before bbolt reads it.
//
// A page begins with id u64, flags u16, count u16, overflow u32 (the pages that
// it goes on for); elements of 16 bytes follow. All numbers are in the byte
// order of the machine, positions count from the element that holds them.
//
//	branch element  position u32, key size u32, page u64
//	leaf element    flags u32, position u32, key size u32, value size u32
//	bucket value    root page u64 (0: the page follows inline), sequence u64
const (
	pageHeader   = 16
	pageElement  = 16
	pageBranch   = 1
	pageLeaf     = 2
	pageMagic    = 0xED0CDAED
	bucketFlag   = 1
	bucketHeader = 16
	maxTreeDepth = 16
	maxRun       = 1 << 12 // more than any key and any value of the bucket of buckets has
)

var errPages = errors.New("page structure is damaged")

// verifyPages walks the page tree of the file at path. Unless deep, the pages
// that should be leaves are not read; that is quick even for a large file.
func verifyPages(path string, deep bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := &pageWalk{f: f, seen: map[uint64]bool{}}
	if err = w.meta(); err == nil {
		err = w.buckets(deep)
	}
	if errors.Is(err, errPages) || errors.Is(err, io.EOF) {
		return &CorruptError{File: path, Reason: errPages.Error()}
	}
	return err
}

// pageWalk is a walk over the pages of one file.
type pageWalk struct {
	f    *os.File
	size uint64          // of a page
	root uint64          // page of the bucket of buckets
	end  uint64          // first page number that is not in use
	seen map[uint64]bool // pages that something refers to
}

// meta finds the newer valid one of the two pages that say where the root is:
// magic u32, version u32, page size u32, flags u32, root u64, sequence u64, free
// list u64, end u64, transaction u64, FNV-1a of all that u64.
func (w *pageWalk) meta() error {
	info, err := w.f.Stat()
	if err != nil {
		return err
	}
	o, newest := binary.NativeEndian, uint64(0)
	for i := range 2 {
		size := int(w.size)
		if size == 0 { // the first page does not say
			size = os.Getpagesize()
		}
		b := make([]byte, 64)
		if _, err := w.f.ReadAt(b, int64(i*size+pageHeader)); err != nil {
			return err
		}
		h := fnv.New64a()
		_, _ = h.Write(b[:56])
		if o.Uint32(b) != pageMagic || h.Sum64() != o.Uint64(b[56:]) || o.Uint64(b[48:]) < newest {
			continue
		}
		w.size, w.root, w.end, newest = uint64(o.Uint32(b[8:])), o.Uint64(b[16:]), o.Uint64(b[40:]), o.Uint64(b[48:])
	}
	if w.size < 1<<9 || w.size > 1<<16 || w.end > uint64(info.Size())/w.size {
		return errPages
	}
	return nil
}

// buckets walks the tree of the buckets, which is small and always read to its
// leaves, and then the tree of each bucket.
func (w *pageWalk) buckets(deep bool) error {
	var roots []uint64
	top := &treeWalk{pageWalk: w, deep: true, each: func(p *page, i int) error {
		e, o := p.element(i), binary.NativeEndian
		value, err := p.run(i, uint64(o.Uint32(e[4:]))+uint64(o.Uint32(e[8:])), o.Uint32(e[12:]))
		if err != nil {
			return err
		}
		if o.Uint32(e) != bucketFlag || len(value) < bucketHeader {
			return errPages
		}
		if root := o.Uint64(value); root != 0 {
			roots = append(roots, root)
			return nil
		}
		inline, err := newPage(&page{head: value[bucketHeader:], size: uint64(len(value) - bucketHeader)})
		if err != nil || inline.branch {
			return errPages
		}
		return (&treeWalk{each: plainValue}).leaf(inline)
	}}
	err := top.tree(w.root)
	for _, root := range roots {
		if err == nil {
			t := &treeWalk{pageWalk: w, deep: deep, each: plainValue}
			err = t.tree(root)
		}
	}
	return err
}

// plainValue refuses buckets inside buckets.
func plainValue(p *page, i int) error {
	if binary.NativeEndian.Uint32(p.element(i)) != 0 {
		return errPages
	}
	return nil
}

// treeWalk is a walk over the tree of one bucket.
type treeWalk struct {
	*pageWalk
	deep  bool
	each  func(p *page, element int) error // sees the elements of leaves
	depth int                              // of the leaves, -1: not known yet
	least []byte                           // the keys to come are not less
	last  []byte                           // the keys to come are greater; empty: any
}

func (t *treeWalk) tree(root uint64) error {
	t.depth = -1
	return t.walk(root, 0)
}

func (t *treeWalk) walk(id uint64, depth int) error {
	if id < 2 || id >= t.end || t.seen[id] || depth > maxTreeDepth {
		return errPages
	}
	t.seen[id] = true
	if !t.deep && depth == t.depth {
		return nil // all leaves are equally deep
	}
	p, err := t.read(id)
	if err != nil {
		return err
	}
	if p.branch {
		return t.branch(p, depth)
	}
	if t.depth >= 0 && t.depth != depth {
		return errPages
	}
	t.depth = depth
	if !t.deep {
		return nil
	}
	return t.leaf(p)
}

func (t *treeWalk) branch(p *page, depth int) error {
	o := binary.NativeEndian
	for i := range p.count {
		e := p.element(i)
		key, err := p.run(i, uint64(o.Uint32(e)), o.Uint32(e[4:]))
		if err != nil {
			return err
		}
		if !t.fits(key) || i > 0 && bytes.Equal(key, t.least) {
			return errPages
		}
		t.least = key
		if err := t.walk(o.Uint64(e[8:]), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (t *treeWalk) leaf(p *page) error {
	o := binary.NativeEndian
	for i := range p.count {
		e := p.element(i)
		position, keySize, size := o.Uint32(e[4:]), o.Uint32(e[8:]), o.Uint32(e[12:])
		key, err := p.run(i, uint64(position), keySize)
		if err != nil {
			return err
		}
		if !t.fits(key) || !p.holds(i, uint64(position)+uint64(keySize), size) {
			return errPages
		}
		t.last = append(t.last[:0], key...)
		if err := t.each(p, i); err != nil {
			return err
		}
	}
	return nil
}

// fits reports whether a key may come next.
func (t *treeWalk) fits(key []byte) bool {
	return bytes.Compare(key, t.least) >= 0 && (len(t.last) == 0 || bytes.Compare(key, t.last) > 0)
}

// page is one page with all that it goes on for.
type page struct {
	file   io.ReaderAt
	at     int64  // in file
	size   uint64 // bytes
	head   []byte // its first bytes, with all elements at least
	branch bool
	count  int
}

// read gives page id.
func (w *pageWalk) read(id uint64) (*page, error) {
	first := make([]byte, w.size)
	if _, err := w.f.ReadAt(first, int64(id*w.size)); err != nil {
		return nil, err
	}
	o := binary.NativeEndian
	pages := uint64(o.Uint32(first[12:])) + 1
	if o.Uint64(first) != id || pages > w.end-id {
		return nil, errPages
	}
	for i := id + 1; i < id+pages; i++ {
		if w.seen[i] {
			return nil, errPages
		}
		w.seen[i] = true
	}
	return newPage(&page{file: w.f, at: int64(id * w.size), size: pages * w.size, head: first})
}

// newPage fills in what the page's header says.
func newPage(p *page) (*page, error) {
	if len(p.head) < pageHeader {
		return nil, errPages
	}
	flags, count := binary.NativeEndian.Uint16(p.head[8:]), binary.NativeEndian.Uint16(p.head[10:])
	p.branch, p.count = flags == pageBranch, int(count)
	elements := uint64(pageHeader + p.count*pageElement)
	if flags != pageBranch && flags != pageLeaf || p.branch && count == 0 || elements > p.size {
		return nil, errPages
	}
	if elements > uint64(len(p.head)) {
		p.head = make([]byte, elements)
		if _, err := p.file.ReadAt(p.head, p.at); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// element gives the fixed part of an element.
func (p *page) element(i int) []byte {
	return p.head[pageHeader+i*pageElement : pageHeader+(i+1)*pageElement]
}

// holds reports whether size bytes at a position from element i are in the page.
func (p *page) holds(i int, position uint64, size uint32) bool {
	return uint64(pageHeader+i*pageElement)+position+uint64(size) <= p.size
}

// run gives size bytes at a position from element i.
func (p *page) run(i int, position uint64, size uint32) ([]byte, error) {
	if size > maxRun || !p.holds(i, position, size) {
		return nil, errPages
	}
	from := uint64(pageHeader+i*pageElement) + position
	if to := from + uint64(size); to <= uint64(len(p.head)) {
		return p.head[from:to], nil
	}
	b := make([]byte, size)
	_, err := p.file.ReadAt(b, p.at+int64(from))
	return b, err
}
