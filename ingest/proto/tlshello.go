package proto

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// tlsHello is a client's or a server's hello (RFC 8446, section 4.1), as far as it
// could be read.
type tlsHello struct {
	legacy      uint16
	random      []byte
	session     []byte
	cookie      []byte // DTLS clients
	suites      []uint16
	compression []byte
	extensions  []uint16 // in their order
	names       []string
	protocols   []string // ALPN
	versions    []uint16
	groups      []uint16
	points      []byte
	signatures  []uint16
	shares      []uint16
	ech         bool
	ticket      bool // the client offers one
	bad         bool // lengths do not fit
	headless    bool // already in front of the extensions
	overlong    bool // the extensions do not fit into the hello
}

// Extensions of hellos.
const (
	extServerName = 0
	extGroups     = 10
	extPoints     = 11
	extSignatures = 13
	extALPN       = 16
	extTicket     = 35
	extPreShared  = 41
	extEarlyData  = 42
	extVersions   = 43
	extKeyShare   = 51
	extECH        = 0xfe0d
)

// readClientHello reads a client's hello; a datagram's has a cookie.
func readClientHello(b []byte, cookie bool) *tlsHello {
	r := reader{b: b}
	h := &tlsHello{legacy: r.uint16(), random: r.bytes(32)}
	session := r.vector(1)
	h.session = session.b
	if cookie {
		c := r.vector(1)
		h.cookie = c.b
	}
	suites, compression := r.vector(2), r.vector(1)
	h.suites, h.compression = suites.uints(2), compression.b
	h.readExtensions(&r, true)
	return h
}

// readServerHello reads a server's hello.
func readServerHello(b []byte) *tlsHello {
	r := reader{b: b}
	h := &tlsHello{legacy: r.uint16(), random: r.bytes(32)}
	// Drafts of TLS 1.3 before the 22nd left session and compression out.
	draft := h.legacy>>8 == 0x7f && h.legacy < 0x7f16
	if !draft {
		session := r.vector(1)
		h.session = session.b
	}
	if suite := r.uint16(); !r.bad {
		h.suites = []uint16{suite}
	}
	if !draft {
		h.compression = r.bytes(1)
	}
	h.readExtensions(&r, false)
	return h
}

func (h *tlsHello) readExtensions(r *reader, client bool) {
	h.bad, h.headless = r.bad, r.bad
	if r.bad || len(r.b) == 0 { // hellos before TLS 1.2 may have none
		return
	}
	all := r.vector(2)
	if all.bad && len(r.b) == 0 {
		h.bad, h.overlong = true, true
		return
	}
	for len(all.b) > 0 {
		kind := all.uint16()
		body := all.vector(2)
		if all.bad {
			h.bad = true
			return
		}
		h.extensions = append(h.extensions, kind)
		h.readExtension(kind, body, client)
	}
}

func (h *tlsHello) readExtension(kind uint16, r reader, client bool) {
	switch kind {
	case extServerName:
		list := r.vector(2)
		for len(list.b) > 0 {
			isHost := list.uint8() == 0
			if name := list.vector(2); isHost && !name.bad {
				h.names = append(h.names, string(name.b))
			}
		}
	case extALPN:
		list := r.vector(2)
		for len(list.b) > 0 {
			if p := list.vector(1); !p.bad {
				h.protocols = append(h.protocols, string(p.b))
			}
		}
	case extVersions:
		if client {
			list := r.vector(1)
			h.versions = append(h.versions, list.uints(2)...)
		} else if v := r.uint16(); !r.bad {
			h.versions = append(h.versions, v)
		}
	case extGroups:
		list := r.vector(2)
		h.groups = append(h.groups, list.uints(2)...)
	case extPoints:
		list := r.vector(1)
		h.points = append(h.points, list.b...)
	case extSignatures:
		list := r.vector(2)
		h.signatures = append(h.signatures, list.uints(2)...)
	case extKeyShare:
		h.readShares(r, client)
	case extECH:
		h.ech = true
	case extTicket:
		h.ticket = client && len(r.b) > 0
	}
}

func (h *tlsHello) readShares(r reader, client bool) {
	if !client {
		if group := r.uint16(); !r.bad {
			h.shares = append(h.shares, group)
		}
		return
	}
	list := r.vector(2)
	for len(list.b) > 0 {
		group := list.uint16()
		if list.vector(2); !list.bad {
			h.shares = append(h.shares, group)
		}
	}
}

// version is that which the hello chooses, or the highest that it offers.
func (h *tlsHello) version() uint16 {
	best := uint16(0)
	for _, v := range h.versions {
		if !grease(v) && (best == 0 || tlsNewer(v, best)) {
			best = v
		}
	}
	if best == 0 {
		return h.legacy
	}
	return best
}

// tlsNewer tells whether a version is newer than another one of its protocol. Those
// of DTLS count down.
func tlsNewer(a, b uint16) bool {
	if a>>8 == 0xfe && b>>8 == 0xfe {
		return a < b
	}
	// A draft of 1.3 is older than 1.3 and newer than 1.2.
	rank := func(v uint16) int {
		if v>>8 == 0x7f {
			return tls12<<8 | int(v&0xff)
		}
		return int(v) << 8
	}
	return rank(a) > rank(b)
}

// grease tells the values that clients send to keep servers tolerant (RFC 8701).
func grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// retryRandom is the random of a server hello that is a HelloRetryRequest: the SHA-256
// of "HelloRetryRequest" (RFC 8446, section 4.1.3).
const retryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

func (h *tlsHello) retry() bool { return string(h.random) == retryRandom }

// decimals writes numbers with hyphens between them, without GREASE.
func decimals(list []uint16) string {
	var b []byte
	for _, v := range list {
		if grease(v) {
			continue
		}
		if len(b) > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return string(b)
}

// ja3 is what the JA3 fingerprint of a client is the MD5 of. Where the extensions
// could not be read, Wireshark's ends in front of them.
func (h *tlsHello) ja3() string {
	if h.overlong {
		return h.ja3s()
	}
	points := make([]uint16, 0, len(h.points))
	for _, p := range h.points {
		points = append(points, uint16(p))
	}
	return strings.Join([]string{
		strconv.Itoa(int(h.legacy)), decimals(h.suites), decimals(h.extensions), decimals(h.groups), decimals(points),
	}, ",")
}

// ja3s is the same of a server.
func (h *tlsHello) ja3s() string {
	return strings.Join([]string{strconv.Itoa(int(h.legacy)), decimals(h.suites), decimals(h.extensions)}, ",")
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// fields puts what clients' and servers' hellos have alike.
func (h *tlsHello) fields(m *Message) {
	m.Uint(tlsVersion, uint64(h.legacy))
	if h.random != nil {
		m.Str(tlsRandom, string(h.random))
	}
	if len(h.session) > 0 {
		m.Str(tlsSessionID, string(h.session))
	}
	for _, v := range h.suites {
		m.Uint(tlsCipher, uint64(v))
	}
	for _, v := range h.compression {
		m.Uint(tlsCompression, uint64(v))
	}
	h.extensionFields(m)
}

// extensionFields puts what the extensions say.
func (h *tlsHello) extensionFields(m *Message) {
	for _, list := range []struct {
		field  int
		values []uint16
	}{
		{tlsExtension, h.extensions}, {tlsSupportedVersion, h.versions}, {tlsGroup, h.groups}, {tlsSigAlg, h.signatures}, {tlsKeyShare, h.shares},
	} {
		for _, v := range list.values {
			m.Uint(list.field, uint64(v))
		}
	}
	for _, v := range h.points {
		m.Uint(tlsPointFormat, uint64(v))
	}
	for _, name := range h.names {
		m.Str(tlsServerName, name)
	}
	for _, name := range h.protocols {
		m.Str(tlsALPN, name)
	}
}

// offers tells whether a hello has an extension.
func (h *tlsHello) offers(extension uint16) bool { return slices.Contains(h.extensions, extension) }
