package proto

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"iter"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/buffers"
)

// httpBudget bounds what the bodies of all connections take together.
type httpBudget struct {
	text     int                 // bytes of texts that are kept
	decoders int                 // bytes of decoders, about
	spare    *buffers.Pool[byte] // for texts to come
}

// httpSpare is how many bytes of texts of each length are kept for others.
const httpSpare = 256 << 10

func newHTTPBudget() *httpBudget { return &httpBudget{spare: buffers.New[byte](httpSpare)} }

// Bounds of a budget.
const (
	httpTexts    = 64 << 20
	httpDecoders = 64 << 20
)

// digest is what is known of bytes that went by.
type digest struct {
	sum  hash.Hash
	size uint64
	head []byte // the first sniffBytes
	tail [16]byte
}

// sniffBytes is how many first bytes tell a type.
const sniffBytes = 512

func (d *digest) write(b []byte) {
	if len(b) == 0 {
		return
	}
	if d.sum == nil {
		d.sum = sha256.New()
	}
	d.sum.Write(b)
	d.size += uint64(len(b))
	if n := sniffBytes - len(d.head); n > 0 {
		d.head = append(d.head, b[:min(n, len(b))]...)
	}
	if len(b) >= len(d.tail) {
		copy(d.tail[:], b[len(b)-len(d.tail):])
	} else {
		copy(d.tail[:], d.tail[len(b):])
		copy(d.tail[len(d.tail)-len(b):], b)
	}
}

func (d *digest) hex() string {
	if d.sum == nil {
		d.sum = sha256.New()
	}
	return hex.EncodeToString(d.sum.Sum(nil))
}

// httpSink takes a body as it comes: it undoes the codings, hashes what comes out, and
// keeps the beginning of a text.
type httpSink struct {
	budget  *httpBudget
	raw     digest // before the codings
	decoded digest
	codings []string
	keep    bool // the text
	text    []byte
	missed  bool // text was not kept for want of memory
	charged int  // to budget.decoders
	err     error
	events  *sseReader // nil: the body is no stream of events

	data  []byte // for the decoder to read
	ended bool
	yield func(struct{}) bool
	next  func() (struct{}, bool)
	stop  func()
}

func newHTTPSink(budget *httpBudget, h *httpHeader) *httpSink {
	return &httpSink{budget: budget, codings: h.codings, keep: h.chunked || len(h.codings) > 0 || textType(h.media)}
}

// write takes the next bytes of the body.
func (k *httpSink) write(b []byte) {
	k.raw.write(b)
	if len(k.codings) == 0 {
		k.store(b)
		return
	}
	if k.next == nil && k.err == nil {
		k.start()
	}
	if k.err == nil {
		k.resume(b)
	}
}

// start begins the decoder, which runs as a coroutine: it goes on whenever bytes come.
func (k *httpSink) start() {
	cost := 0
	for _, c := range k.codings[:min(len(k.codings), httpMaxCodings)] {
		switch c {
		case "br", "zstd":
			cost += 4 << 20
		default:
			cost += 64 << 10
		}
	}
	if k.budget.decoders+cost > httpDecoders {
		k.err = errors.New("too many bodies are decoded at once")
		return
	}
	k.charged = cost
	k.budget.decoders += cost
	k.next, k.stop = iter.Pull(func(yield func(struct{}) bool) {
		k.yield = yield
		k.err = k.decode()
	})
}

func (k *httpSink) resume(b []byte) {
	k.data = b
	for more := true; more && (len(k.data) > 0 || k.ended && k.err == nil); {
		_, more = k.next()
	}
	k.data = nil
}

// decode is the coroutine.
func (k *httpSink) decode() error {
	r, err := undoCodings(httpSinkReader{k}, k.codings)
	if err != nil {
		return err
	}
	bounded := &boundedBody{r: r, encoded: func() uint64 { return k.raw.size }}
	buffer := make([]byte, 16<<10)
	for {
		n, err := bounded.Read(buffer)
		k.store(buffer[:n])
		if err != nil {
			return err
		}
	}
}

// httpSinkReader gives the decoder what has come, and waits for more.
type httpSinkReader struct{ k *httpSink }

// Read implements io.Reader.
func (r httpSinkReader) Read(p []byte) (int, error) {
	for len(r.k.data) == 0 {
		if r.k.ended || !r.k.yield(struct{}{}) {
			return 0, io.EOF
		}
	}
	n := copy(p, r.k.data)
	r.k.data = r.k.data[n:]
	return n, nil
}

// store takes decoded bytes.
func (k *httpSink) store(b []byte) {
	if len(k.codings) > 0 {
		k.decoded.write(b)
	}
	if k.events != nil {
		k.events.write(b)
	}
	if !k.keep {
		return
	}
	b = b[:min(len(b), index.MaxText-len(k.text))]
	if k.budget.text+len(b) > httpTexts {
		k.keep, k.missed = false, true
		return
	}
	k.budget.text += len(b)
	k.text = append(k.budget.spare.Grow(k.text, len(k.text)+len(b)), b...)
}

// finish ends the decoder. whole says that nothing of the body is missing.
func (k *httpSink) finish() {
	if k.next != nil {
		k.ended = true
		if k.err == nil {
			k.resume(nil)
		}
		k.stop()
		k.next = nil
	}
	k.budget.decoders -= k.charged
	k.budget.text -= len(k.text)
	k.charged = 0
	if errors.Is(k.err, io.EOF) {
		k.err = nil
	}
}

// undone tells whether the codings could be undone, at least at first.
func (k *httpSink) undone() bool { return len(k.codings) > 0 && (k.decoded.size > 0 || k.err == nil) }

// result is the digest of the body: decoded, or as it came if that is all there is.
func (k *httpSink) result() *digest {
	if k.undone() {
		return &k.decoded
	}
	return &k.raw
}

// textType tells media types whose bodies are text.
func textType(media string) bool {
	if strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "+xml") {
		return true
	}
	switch media {
	case "application/json", "application/xml", "application/javascript", "application/x-javascript", "application/x-www-form-urlencoded",
		"application/json-rpc", "application/x-ndjson", "application/graphql", "application/sql", "application/yaml", "application/ecmascript":
		return true
	}
	return false
}

// plainText tells whether bytes are text: no control characters but white space.
func plainText(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' || r == 0x7f }) < 0
}
