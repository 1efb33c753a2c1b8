package proto

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"math"
	"strings"
	"time"
	"unicode/utf16"
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

// derNext takes the first element of DER, with its tag byte.
func derNext(b []byte) (tag byte, body, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f { // X.509 has no long tags
		return 0, nil, nil, false
	}
	n, head := int(b[1]), 2
	if n >= 0x80 {
		size := n & 0x7f
		if size == 0 || size > 4 || len(b) < 2+size {
			return 0, nil, nil, false
		}
		n = 0
		for _, c := range b[2 : 2+size] {
			n = n<<8 | int(c)
		}
		head += size
	}
	if n < 0 || n > len(b)-head {
		return 0, nil, nil, false
	}
	return b[0], b[head : head+n], b[head+n:], true
}

// Tags of DER.
const (
	derInteger  = 0x02
	derBits     = 0x03
	derOctets   = 0x04
	derOID      = 0x06
	derBMP      = 0x1e
	derUTC      = 0x17
	derGeneral  = 0x18
	derSequence = 0x30
)

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

func derSerial(b []byte) string {
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) == 0 {
		return "00"
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

// derName writes a name in its order, and gives its last common name.
func derName(b []byte) (text, common string) {
	var parts []string
	for len(b) > 0 && len(parts) < 64 {
		_, set, rest, ok := derNext(b)
		if !ok {
			break
		}
		b = rest
		for len(set) > 0 {
			_, pair, more, ok := derNext(set)
			if !ok {
				break
			}
			set = more
			tag, oid, value, ok := derNext(pair)
			if !ok || tag != derOID {
				continue
			}
			tag, body, _, _ := derNext(value)
			name, said := derAttribute(oid), derText(tag, body)
			if name == "commonName" {
				common = said
			}
			parts = append(parts, name+"="+said)
		}
	}
	return strings.Join(parts, ", "), common
}

// derAttribute names an attribute of a name, as X.520 and its relatives do.
func derAttribute(oid []byte) string {
	for _, a := range []struct{ oid, name string }{
		{"\x55\x04\x03", "commonName"},
		{"\x55\x04\x04", "surname"},
		{"\x55\x04\x05", "serialNumber"},
		{"\x55\x04\x06", "countryName"},
		{"\x55\x04\x07", "localityName"},
		{"\x55\x04\x08", "stateOrProvinceName"},
		{"\x55\x04\x09", "streetAddress"},
		{"\x55\x04\x0a", "organizationName"},
		{"\x55\x04\x0b", "organizationalUnitName"},
		{"\x55\x04\x0c", "title"},
		{"\x55\x04\x0d", "description"},
		{"\x55\x04\x0f", "businessCategory"},
		{"\x55\x04\x11", "postalCode"},
		{"\x55\x04\x29", "name"},
		{"\x55\x04\x2a", "givenName"},
		{"\x55\x04\x2b", "initials"},
		{"\x55\x04\x2e", "dnQualifier"},
		{"\x55\x04\x61", "organizationIdentifier"},
		{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
		{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02", "unstructuredName"},
		{"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "domainComponent"},
		{"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "userId"},
		{"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", "jurisdictionLocalityName"},
		{"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", "jurisdictionStateOrProvinceName"},
		{"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", "jurisdictionCountryName"},
	} {
		if a.oid == string(oid) {
			return a.name
		}
	}
	var id asn1.ObjectIdentifier
	whole := append([]byte{derOID, byte(len(oid))}, oid...)
	if len(oid) > 100 {
		return "attribute"
	}
	if _, err := asn1.Unmarshal(whole, &id); err != nil {
		return "attribute"
	}
	return id.String()
}

// derText gives a string of DER in UTF-8.
func derText(tag byte, b []byte) string {
	if tag != derBMP {
		return string(b)
	}
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	return string(utf16.Decode(units))
}

// derTime reads a time; seconds may be missing, and a zone may stand in place of Z.
func derTime(tag byte, b []byte) time.Time {
	layouts := []string{"060102150405Z0700", "0601021504Z0700"}
	if tag == derGeneral {
		layouts = []string{"20060102150405Z0700", "200601021504Z0700", "20060102150405"}
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, string(b))
		if err != nil {
			continue
		}
		if tag == derUTC && t.Year() >= 2050 { // RFC 5280, section 4.1.2.5.1
			t = t.AddDate(-100, 0, 0)
		}
		return t.UTC()
	}
	return time.Time{}
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
