package proto

import (
	"encoding/base32"
	"encoding/binary"
	"net/netip"
	"strings"
)

// dnsReader reads a message. It is bad after a read behind the message's end, and
// emits nothing more then.
type dnsReader struct {
	m   *Message
	b   []byte // from the header on
	at  int
	bad bool
}

// take gives the next bytes.
func (r *dnsReader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b)-r.at {
		r.bad = true
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at]
}

// uint reads a number of some bytes and emits it as a field.
func (r *dnsReader) uint(field, size int) uint64 {
	var v uint64
	for _, c := range r.take(size) {
		v = v<<8 | uint64(c)
	}
	if !r.bad {
		r.m.Uint(field, v)
	}
	return v
}

func (r *dnsReader) u8(field int) int  { return int(r.uint(field, 1)) }
func (r *dnsReader) u16(field int) int { return int(r.uint(field, 2)) }

// name reads a name and emits it.
func (r *dnsReader) name(field int) dnsName {
	n, ok := r.readName()
	if ok {
		r.m.Str(field, n.text)
	}
	return n
}

func (r *dnsReader) readName() (dnsName, bool) {
	if r.bad {
		return dnsName{}, false
	}
	n, end, ok := readName(r.b, r.at)
	if !ok {
		r.bad = true
		return n, false
	}
	r.at = end
	return n, true
}

// text reads an ASCII text of a length.
func (r *dnsReader) text(field, size int) string {
	s := asciiText(r.take(size))
	if !r.bad {
		r.m.Str(field, s)
	}
	return s
}

// bytes reads bytes and emits them.
func (r *dnsReader) bytes(field, size int) {
	if b := r.take(size); !r.bad {
		r.m.Str(field, string(b))
	}
}

// rest reads bytes up to an end, if there are any.
func (r *dnsReader) rest(field, end int) {
	if end > r.at {
		r.bytes(field, end-r.at)
	}
}

// address reads an address of 4 or 16 bytes.
func (r *dnsReader) address(field, size int) netip.Addr {
	a, _ := netip.AddrFromSlice(r.take(size))
	if !r.bad {
		r.m.Str(field, string(a.AsSlice()))
	}
	return a
}

// dnsStep is a part of a record's data.
type dnsStep struct {
	kind  dnsPart
	field int
}

// dnsPart is a kind of parts.
type dnsPart uint8

// Parts of records. Counted texts have a field for their length, whose place is the
// one before their own.
const (
	partU8 dnsPart = iota
	partU16
	partU32
	partTime32 // seconds since 1970
	partName
	partCounted // length byte and text
	partRest    // bytes to the end of the data
	partText    // text to the end
	partIPv4
	partIPv6
	partEther
	partTypes // bitmap of types (RFC 4034, section 4.1.2)
)

// dnsLayouts are the parts of records by type (RFC 1035 and those that the registry
// of types names). Types that need more than that are in dnsReader.special.
func dnsLayouts(kind uint16) []dnsStep {
	switch kind {
	case 1:
		return []dnsStep{{partIPv4, dnsA}}
	case 2:
		return []dnsStep{{partName, dnsNS}}
	case 3:
		return []dnsStep{{partName, dnsMD}}
	case 4:
		return []dnsStep{{partName, dnsMF}}
	case 5:
		return []dnsStep{{partName, dnsCNAME}}
	case 6:
		return []dnsStep{
			{partName, dnsSOAName},
			{partName, dnsSOAMail},
			{partU32, dnsSOASerial},
			{partU32, dnsSOARefresh},
			{partU32, dnsSOARetry},
			{partU32, dnsSOAExpire},
			{partU32, dnsSOAMinimum},
		}
	case 7:
		return []dnsStep{{partName, dnsMB}}
	case 8:
		return []dnsStep{{partName, dnsMG}}
	case 9:
		return []dnsStep{{partName, dnsMR}}
	case 10:
		return []dnsStep{{partRest, dnsNull}}
	case 11:
		return []dnsStep{{partIPv4, dnsWKSAddress}, {partU8, dnsWKSProtocol}}
	case 12:
		return []dnsStep{{partName, dnsPTR}}
	case 13:
		return []dnsStep{{partCounted, dnsHInfoCPU}, {partCounted, dnsHInfoOS}}
	case 14:
		return []dnsStep{{partName, dnsMInfoR}, {partName, dnsMInfoE}}
	case 15:
		return []dnsStep{{partU16, dnsMXPreference}, {partName, dnsMX}}
	case 17:
		return []dnsStep{{partName, dnsRPMailbox}, {partName, dnsRPText}}
	case 18:
		return []dnsStep{{partU16, dnsAFSDBSubtype}, {partName, dnsAFSDBHost}}
	case 19:
		return []dnsStep{{partCounted, dnsX25}}
	case 21:
		return []dnsStep{{partU16, dnsRTSubtype}, {partName, dnsRTHost}}
	case 28:
		return []dnsStep{{partIPv6, dnsAAAA}}
	case 29:
		return []dnsStep{
			{partU8, dnsLOCVersion},
			{partU8, dnsLOCSize},
			{partU8, dnsLOCHorizontal},
			{partU8, dnsLOCVertical},
			{partU32, dnsLOCLatitude},
			{partU32, dnsLOCLongitude},
			{partU32, dnsLOCAltitude},
		}
	case 33:
		return []dnsStep{{partU16, dnsSRVPriority}, {partU16, dnsSRVWeight}, {partU16, dnsSRVPort}, {partName, dnsSRVTarget}}
	case 36:
		return []dnsStep{{partU16, dnsKXPreference}, {partName, dnsKX}}
	}
	return dnsLaterLayouts(kind)
}

// dnsLaterLayouts are those of types above 36.
func dnsLaterLayouts(kind uint16) []dnsStep {
	switch kind {
	case 37:
		return []dnsStep{{partU16, dnsCertType}, {partU16, dnsCertTag}, {partU8, dnsCertAlgorithm}, {partRest, dnsCert}}
	case 39:
		return []dnsStep{{partName, dnsDNAME}}
	case 43, 59, 32769: // DS, CDS, DLV
		return []dnsStep{{partU16, dnsDSKey}, {partU8, dnsDSAlgorithm}, {partU8, dnsDSDigestType}, {partRest, dnsDSDigest}}
	case 44:
		return []dnsStep{{partU8, dnsSSHFPAlgorithm}, {partU8, dnsSSHFPType}, {partRest, dnsSSHFP}}
	case 24, 46: // SIG, RRSIG
		return []dnsStep{
			{partU16, dnsRRSIGCovered},
			{partU8, dnsRRSIGAlgorithm},
			{partU8, dnsRRSIGLabels},
			{partU32, dnsRRSIGTTL},
			{partTime32, dnsRRSIGExpiration},
			{partTime32, dnsRRSIGInception},
			{partU16, dnsRRSIGKey},
			{partName, dnsRRSIGSigner},
			{partRest, dnsRRSIG},
		}
	case 47:
		return []dnsStep{{partName, dnsNSECNext}, {partTypes, dnsRespType}}
	case 52:
		return []dnsStep{{partU8, dnsTLSAUsage}, {partU8, dnsTLSASelector}, {partU8, dnsTLSAMatching}, {partRest, dnsTLSAData}}
	case 61:
		return []dnsStep{{partText, dnsOpenPGP}}
	case 108:
		return []dnsStep{{partEther, dnsEUI48}}
	}
	return nil
}

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
