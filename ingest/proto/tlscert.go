package proto

import (
	"bytes"
	"crypto/sha256"
	"math"
	"strings"
	"time"
)

// certificate is what an X.509 certificate says (RFC 5280), as far as it can be
// read: unlike crypto/x509 this takes certificates that break rules.
type certificate struct {
	hash            [32]byte
	serial          string
	subject, issuer string
	common          string // common name of the subject
	selfSigned      bool   // subject and issuer are the same
	from, to        time.Time
	names           []string
	key             string
	bits            int
}

// maxCertNames bounds the names kept of a certificate.
const maxCertNames = 512

// readCertificate reads a certificate; ok tells whether the parts in front of the
// extensions made sense.
func readCertificate(der []byte) (c certificate, ok bool) {
	c.hash = sha256.Sum256(der)
	_, outer, _, ok1 := derNext(der)
	tag, b, _, ok2 := derNext(outer)
	if !ok1 || !ok2 || tag != derSequence {
		return c, false
	}
	if len(b) > 0 && b[0] == 0xa0 { // version
		_, _, b, _ = derNext(b)
	}
	var parts [6][]byte // serial, algorithm, issuer, validity, subject, key
	for i := range parts {
		_, body, rest, fine := derNext(b)
		if !fine {
			return c, false
		}
		parts[i], b = body, rest
	}
	c.serial = derSerial(parts[0])
	c.issuer, _ = derName(parts[2])
	c.subject, c.common = derName(parts[4])
	c.selfSigned = bytes.Equal(parts[2], parts[4])
	tag, body, rest, _ := derNext(parts[3])
	c.from = derTime(tag, body)
	tag, body, _, _ = derNext(rest)
	c.to = derTime(tag, body)
	c.readKey(parts[5])
	for len(b) > 0 {
		tag, body, rest, fine := derNext(b)
		if !fine {
			break
		}
		if b = rest; tag == 0xa3 {
			c.readExtensions(body)
		}
	}
	return c, true
}

// readKey tells the type and size of a subject's public key.
func (c *certificate) readKey(b []byte) {
	_, algorithm, rest, _ := derNext(b)
	_, oid, parameters, _ := derNext(algorithm)
	_, key, _, ok := derNext(rest)
	if !ok || len(key) < 1 {
		return
	}
	key = key[1:] // count of unused bits
	switch string(oid) {
	case "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a":
		c.key = "RSA"
		_, numbers, _, _ := derNext(key)
		_, modulus, _, _ := derNext(numbers)
		c.bits = bitLength(modulus)
	case "\x2a\x86\x48\xce\x3d\x02\x01":
		c.key = "EC"
		_, curve, _, _ := derNext(parameters)
		switch string(curve) {
		case "\x2a\x86\x48\xce\x3d\x03\x01\x07", "\x2b\x81\x04\x00\x0a":
			c.bits = 256
		case "\x2b\x81\x04\x00\x22":
			c.bits = 384
		case "\x2b\x81\x04\x00\x23":
			c.bits = 521
		default:
			c.bits = 8 * ((len(key) - 1) / 2)
		}
	case "\x2a\x86\x48\xce\x38\x04\x01":
		c.key = "DSA"
		_, numbers, _, _ := derNext(parameters)
		_, p, _, _ := derNext(numbers)
		c.bits = bitLength(p)
	case "\x2b\x65\x70":
		c.key, c.bits = "Ed25519", 256
	case "\x2b\x65\x71":
		c.key, c.bits = "Ed448", 456
	default:
		c.key = "other"
	}
}

func bitLength(number []byte) int {
	for len(number) > 0 && number[0] == 0 {
		number = number[1:]
	}
	if len(number) == 0 {
		return 0
	}
	n := 8 * len(number)
	for top := number[0]; top < 0x80; top <<= 1 {
		n--
	}
	return n
}

// readExtensions takes the DNS names of the subject (RFC 5280, section 4.2.1.6).
func (c *certificate) readExtensions(b []byte) {
	_, list, _, _ := derNext(b)
	for len(list) > 0 {
		_, extension, rest, ok := derNext(list)
		if !ok {
			return
		}
		list = rest
		_, oid, value, _ := derNext(extension)
		if string(oid) != "\x55\x1d\x11" {
			continue
		}
		tag, body, more, _ := derNext(value)
		if tag == 0x01 { // critical
			tag, body, _, _ = derNext(more)
		}
		if tag != derOctets {
			continue
		}
		_, names, _, _ := derNext(body)
		for len(names) > 0 && len(c.names) < maxCertNames {
			tag, name, rest, ok := derNext(names)
			if !ok {
				break
			}
			if names = rest; tag == 0x82 {
				c.names = append(c.names, string(name))
			}
		}
	}
}

// matches tells whether the certificate is for a host (RFC 6125): a wildcard stands
// for the leftmost label.
func (c *certificate) matches(host string) bool {
	names := c.names
	if len(names) == 0 {
		names = []string{c.common}
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, name := range names {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		if name == host {
			return true
		}
		if rest, wild := strings.CutPrefix(name, "*."); wild {
			if _, parent, ok := strings.Cut(host, "."); ok && parent == rest {
				return true
			}
		}
	}
	return false
}

// host is a name that the certificate gives its server: the first without a wildcard.
func (c *certificate) host() string {
	for _, name := range append(c.names[:len(c.names):len(c.names)], c.common) {
		if !strings.ContainsAny(name, "* ") && strings.Contains(name, ".") {
			return name
		}
	}
	return ""
}

// nanoseconds gives a time as the index has it; times beyond its range are cut.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Year() > 2261:
		return math.MaxInt64
	case t.Year() < 1678:
		return math.MinInt64
	}
	return t.UnixNano()
}

// fields puts a certificate into a message.
func (c *certificate) fields(m *Message, whole bool) {
	m.Uint(tlsCertificate, 1)
	m.Str(tlsCertHash, string(c.hash[:]))
	if !whole {
		return
	}
	m.Str(tlsCertSubject, c.subject)
	m.Str(tlsCertIssuer, c.issuer)
	m.Uint(tlsCertFrom, uint64(nanoseconds(c.from)))
	m.Uint(tlsCertTo, uint64(nanoseconds(c.to)))
	m.Str(tlsCertSerial, c.serial)
	for _, name := range c.names {
		m.Str(tlsCertName, name)
	}
	if c.key != "" {
		m.Str(tlsCertKey, c.key)
		m.Uint(tlsCertBits, uint64(c.bits))
	}
	m.Bool(tlsCertSelfSigned, c.selfSigned)
}
