package proto

import (
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf16"
)

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
