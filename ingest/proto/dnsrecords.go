package proto

import (
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// data reads the data of a record up to its end. Reads go on behind it, as
// Wireshark's do.
func (r *dnsReader) data(kind uint16, end int) {
	steps := dnsLayouts(kind)
	if steps == nil {
		if !r.special(kind, end) && !unreadType(kind) && end > r.at {
			r.bytes(dnsData, end-r.at)
		}
		return
	}
	for _, s := range steps {
		r.step(s, end)
	}
}

// unreadType tells types that Wireshark has fields for, which are rare and not read
// here.
func unreadType(kind uint16) bool {
	switch kind {
	case 20, 22, 23, 25, 26, 27, 30, 38, 42, 45, 49, 55, 63, 104, 105, 106, 107, 109, 249, 65281, 65282, 65422:
		return true
	}
	return false
}

func (r *dnsReader) step(s dnsStep, end int) {
	switch s.kind {
	case partU8:
		r.uint(s.field, 1)
	case partU16:
		r.uint(s.field, 2)
	case partU32:
		r.uint(s.field, 4)
	case partTime32:
		if b := r.take(4); !r.bad {
			r.m.Uint(s.field, uint64(binary.BigEndian.Uint32(b))*1e9)
		}
	case partName:
		r.name(s.field)
	case partCounted:
		r.text(s.field, r.u8(s.field-1))
	case partRest:
		r.rest(s.field, end)
	case partText:
		if end > r.at {
			r.text(s.field, end-r.at)
		}
	case partIPv4:
		r.address(s.field, 4)
	case partIPv6:
		r.address(s.field, 16)
	case partEther:
		r.bytes(s.field, 6)
	case partTypes:
		r.types(s.field, end)
	}
}

// types reads a bitmap of types: windows of 256 types, each with its length.
func (r *dnsReader) types(field, end int) {
	for r.at < end && !r.bad {
		head := r.take(2)
		if r.bad {
			return
		}
		first := int(head[0]) << 8
		for i, c := range r.take(int(head[1])) {
			for bit := range 8 {
				if c&(0x80>>bit) != 0 {
					r.m.Uint(field, uint64(first+8*i+bit))
				}
			}
		}
	}
}

// special reads the data of types that are more than a row of parts. It tells
// whether it knows the type.
func (r *dnsReader) special(kind uint16, end int) bool {
	switch kind {
	case 16:
		r.texts(dnsTXTLen, dnsTXT, end)
	case 99:
		r.texts(dnsSPFLen, dnsSPF, end)
	case 35:
		r.naptr()
	case 48, 60: // DNSKEY, CDNSKEY
		r.dnskey(end)
	case 50, 51: // NSEC3, NSEC3PARAM
		r.nsec3(kind, end)
	case 62:
		r.uint(dnsCSYNCSerial, 4)
		flags := r.u16(dnsCSYNCFlags)
		r.flags([]dnsStep{{0, dnsCSYNCImmediate}, {1, dnsCSYNCMinimum}}, flags)
		at := r.at
		if r.rest(dnsCSYNCTypes, end); !r.bad {
			r.at = at
			r.types(dnsRespType, end)
		}
	case 64, 65: // SVCB, HTTPS
		r.svcb(end)
	case 250:
		r.tsig()
	case 257:
		r.caa(end)
	default:
		return false
	}
	return true
}

// flags emits bits of a number, each by its place.
func (r *dnsReader) flags(bits []dnsStep, value int) {
	for _, bit := range bits {
		if !r.bad {
			r.m.Bool(bit.field, value>>bit.kind&1 != 0)
		}
	}
}

// texts reads counted texts. A count that goes beyond the record takes what follows.
func (r *dnsReader) texts(length, text, end int) {
	for left := end - r.at; left != 0 && !r.bad; {
		n := r.u8(length)
		r.text(text, n)
		left -= 1 + n
	}
}

func (r *dnsReader) naptr() {
	r.u16(dnsNAPTROrder)
	r.u16(dnsNAPTRPreference)
	r.text(dnsNAPTRFlags, r.u8(dnsNAPTRFlagsLen))
	r.text(dnsNAPTRService, r.u8(dnsNAPTRServiceLen))
	r.text(dnsNAPTRRegex, r.u8(dnsNAPTRRegexLen))
	if n, ok := r.readName(); ok {
		r.m.Uint(dnsNAPTRReplacementLen, uint64(n.raw))
		r.m.Str(dnsNAPTRReplacement, n.text)
	}
}

// dnskey reads a key and computes its tag (RFC 4034, appendix B).
func (r *dnsReader) dnskey(end int) {
	begin := r.at
	flags := r.u16(dnsDNSKEYFlags)
	r.flags([]dnsStep{{8, dnsDNSKEYZone}, {7, dnsDNSKEYRevoked}, {0, dnsDNSKEYSEP}}, flags)
	if !r.bad {
		r.m.Uint(dnsDNSKEYReserved, uint64(flags&0xfe7e))
	}
	r.u8(dnsDNSKEYProtocol)
	algorithm := r.u8(dnsDNSKEYAlgorithm)
	if r.bad || end > len(r.b) {
		return
	}
	if key := r.b[begin:max(begin, end)]; algorithm == 1 && len(key) >= 3 {
		r.m.Uint(dnsDNSKEYID, uint64(binary.BigEndian.Uint16(key[len(key)-3:])))
	} else if algorithm != 1 {
		var sum uint32
		for i, c := range key {
			sum += uint32(c) << (8 * (1 - i&1))
		}
		r.m.Uint(dnsDNSKEYID, uint64((sum+sum>>16)&0xffff))
	}
	r.rest(dnsDNSKEY, end)
}

func (r *dnsReader) nsec3(kind uint16, end int) {
	r.u8(dnsNSEC3Algorithm)
	flags := r.u8(dnsNSEC3Flags)
	if kind == 50 {
		r.flags([]dnsStep{{0, dnsNSEC3OptOut}}, flags)
	}
	r.u16(dnsNSEC3Iterations)
	r.bytes(dnsNSEC3Salt, r.u8(dnsNSEC3SaltLen))
	if kind != 50 {
		return
	}
	if b := r.take(r.u8(dnsNSEC3HashLen)); !r.bad {
		r.m.Str(dnsNSEC3Hash, strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b)))
	}
	r.types(dnsRespType, end)
}

// tsig reads a transaction signature (RFC 8945).
func (r *dnsReader) tsig() {
	r.name(dnsTSIGName)
	if b := r.take(6); !r.bad {
		r.m.Uint(dnsTSIGTime, (uint64(binary.BigEndian.Uint16(b))<<32|uint64(binary.BigEndian.Uint32(b[2:])))*1e9)
	}
	r.u16(dnsTSIGFudge)
	r.take(r.u16(dnsTSIGMACSize))
	r.u16(dnsTSIGID)
	r.u16(dnsTSIGError)
	if n := r.u16(dnsTSIGOtherLen); n > 0 {
		r.bytes(dnsTSIGOther, n)
	}
}

// caa reads a rule for certificate authorities (RFC 8659).
func (r *dnsReader) caa(end int) {
	flags := r.u8(dnsCAAFlags)
	r.flags([]dnsStep{{7, dnsCAACritical}}, flags)
	tag := r.text(dnsCAATag, r.u8(dnsCAATagLen))
	value := asciiText(r.take(end - r.at))
	if r.bad {
		return
	}
	field := dnsCAAUnknown
	switch tag {
	case "issue":
		field = dnsCAAIssue
	case "issuewild":
		field = dnsCAAIssueWild
	case "iodef":
		field = dnsCAAIodef
	}
	r.m.Str(field, value)
	r.m.Str(dnsCAAValue, value)
}
