package proto

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Limits against bodies that decode to far more than they are.
const (
	httpMaxDecoded = 32 << 20
	httpMaxRatio   = 1000
	httpMaxCodings = 3
	zstdWindow     = 8 << 20
)

// ErrBodyLimit says that a body decodes to more than the limits allow: 32 MiB, or
// 1000 times its length.
var ErrBodyLimit = errors.New("the decoded body exceeds the limits")

// errCodings says that a body has more codings, or others, than can be undone.
var errCodings = errors.New("unknown coding, or more than three")

// undoCodings gives a reader that undoes codings, of which the last was applied last.
func undoCodings(r io.Reader, codings []string) (io.Reader, error) {
	if len(codings) > httpMaxCodings {
		return nil, errCodings
	}
	for i := len(codings) - 1; i >= 0; i-- {
		var err error
		switch codings[i] {
		case "gzip", "x-gzip":
			r, err = newGunzip(r)
		case "deflate":
			r, err = inflate(r)
		case "br":
			r = brotli.NewReader(r)
		case "zstd":
			r, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(httpMaxDecoded))
		default:
			err = fmt.Errorf("%w: %q", errCodings, codings[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// inflate undoes "deflate": zlib as RFC 9110, section 8.4.1.2 has it, or the raw
// deflate that some servers send.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	if head, err := b.Peek(2); err == nil && head[0]&0xf == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// gunzip reads gzip members (RFC 1952, section 2.2); what follows them and is none is
// left alone.
type gunzip struct {
	from *bufio.Reader
	z    *gzip.Reader
}

func newGunzip(r io.Reader) (io.Reader, error) {
	from := bufio.NewReader(r)
	z, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gunzip{from, z}, nil
}

// Read implements io.Reader.
func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if magic, _ := g.from.Peek(3); string(magic) != "\x1f\x8b\x08" {
		return n, io.EOF
	}
	if err = g.z.Reset(g.from); err == nil {
		g.z.Multistream(false)
	}
	return n, err
}

// boundedBody stops a reader at the limits; encoded tells how much went in so far.
type boundedBody struct {
	r       io.Reader
	encoded func() uint64
	size    uint64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.size += uint64(n)
	if b.size > min(httpMaxDecoded, httpMaxRatio*b.encoded()) {
		return 0, ErrBodyLimit
	}
	return n, err
}

// HTTPBody gives the decoded body of an HTTP/1 message from its bytes, header
// included: chunks joined and codings undone, within the limits that hold for
// indexing, but for the length of text that is kept. request is the method of the
// request that a response answers, "" if not known; a response to HEAD has no body.
// Of a message that was cut it gives what is there, and then io.ErrUnexpectedEOF if it
// was coded.
func HTTPBody(message []byte, request string) (io.Reader, error) {
	end := httpHeaderEnd(message)
	if end == 0 {
		return nil, errors.New("the message has no whole header")
	}
	h := parseHTTPHeader(message[:end], true)
	var body bytes.Buffer
	f := httpFramer{framing: h.framing(request), left: uint64(max(h.length, 0)), take: func(b []byte) { body.Write(b) }}
	f.feed(message[end:])
	if len(h.codings) == 0 || body.Len() == 0 {
		return &body, nil
	}
	encoded := uint64(body.Len())
	r, err := undoCodings(&body, h.codings)
	if err != nil {
		return nil, err
	}
	return &boundedBody{r: r, encoded: func() uint64 { return encoded }}, nil
}

// httpHeaderEnd finds the end of a header, 0 if it is not there.
func httpHeaderEnd(b []byte) int {
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], '\n') + 1
		if n == 0 {
			return 0
		}
		if line := b[at : at+n]; at > 0 && (n == 1 || n == 2 && line[0] == '\r') {
			return at + n
		}
		at += n
	}
}

// framing tells how the end of the body is found. request is the method that a
// response answers.
func (h *httpHeader) framing(request string) httpFraming {
	switch {
	case h.response && (h.status/100 == 1 || h.status == 204 || h.status == 304 || request == "HEAD" || request == "CONNECT" && h.status/100 == 2):
		return httpNoBody
	case strings.HasPrefix(h.method, "RPC_IN_") || strings.HasPrefix(h.method, "RPC_OUT_"):
		return httpNoBody // what follows is no body but the stream of RPC over HTTP ([MS-RPCH])
	case h.chunked:
		return httpChunked
	case h.length > 0:
		return httpSized
	case h.length == 0, !h.response:
		return httpNoBody
	}
	return httpUntilClose
}

// codingNames lists what is undone of a body, chunks first.
func (h *httpHeader) codingNames(undone bool) string {
	var names []string
	if h.chunked {
		names = append(names, "chunked")
	}
	for i := len(h.codings) - 1; undone && i >= 0; i-- {
		names = append(names, h.codings[i])
	}
	if len(names) > httpMaxCodings+1 {
		names = names[:httpMaxCodings+1]
	}
	return strings.Join(names, ",")
}
