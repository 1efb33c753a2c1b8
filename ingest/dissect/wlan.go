package dissect

import (
	"bytes"
	"encoding/binary"

	"github.com/google/gopacket"
)

// radiotap is the radiotap header: a little-endian length, then fields by a
// bit map that may take several words.
type radiotap struct{ *scan }

func (radiotap) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoRadiotap) }

func (l radiotap) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	const fcsAtEnd, padded = 0x10, 0x20
	if len(data) < 8 {
		l.add(ProtoRadiotap, len(data))
		return l.short(8)
	}
	header := int(binary.LittleEndian.Uint16(data[2:]))
	l.add(ProtoRadiotap, header)
	if header < 8 {
		return errMalformed
	}
	if len(data) < header {
		return l.short(header)
	}
	flags := radiotapFlags(data[:header])
	if flags&fcsAtEnd != 0 {
		l.stash.wlanFCS = 4
	}
	l.stash.wlanPad = flags&padded != 0
	return l.radio(data, header)
}

// radio goes on to an 802.11 frame by way of Wireshark's pseudo-layer for what
// the radio said about it.
func (s *scan) radio(data []byte, header int) error {
	s.addAt(ProtoWLANRadio, s.pos+header, 0)
	return s.pass(ProtoWLAN, data, header, rest)
}

// radiotapFlags finds the flags field: the second, after the 8-byte time stamp
// and all words of the bit map.
func radiotapFlags(header []byte) byte {
	const timeStamp, flags, more = 1, 2, 1 << 31
	present := binary.LittleEndian.Uint32(header[4:])
	at := 8
	for word := present; word&more != 0 && at+4 <= len(header); at += 4 {
		word = binary.LittleEndian.Uint32(header[at:])
	}
	if present&timeStamp != 0 {
		at = (at+7)&^7 + 8
	}
	if present&flags == 0 || at >= len(header) {
		return 0
	}
	return header[at]
}

// wlan is an IEEE 802.11 frame. Only data frames have a payload here.
type wlan struct{ *scan }

// Bits of the frame control field, little-endian.
const (
	wlanVersion   = 0x0003
	wlanToDS      = 0x0100
	wlanFromDS    = 0x0200
	wlanMoreFrags = 0x0400
	wlanProtected = 0x4000
	wlanOrder     = 0x8000
	wlanData      = 2
)

func (wlan) CanDecode() gopacket.LayerClass { return gopacket.LayerType(ProtoWLAN) }

func (l wlan) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	if fcs := l.stash.wlanFCS; fcs > 0 && l.rep >= fcs {
		l.rep -= fcs
		data = data[:min(len(data), l.rep)]
		l.stash.wlanFCS = 0
	}
	if len(data) < 2 {
		l.add(ProtoWLAN, len(data))
		return l.short(10)
	}
	control := binary.LittleEndian.Uint16(data)
	if l.stash.wlanSwapped {
		control = be16(data, 0)
		l.stash.wlanSwapped = false
	}
	typ, subtype := control>>2&3, control>>4&0xf
	if typ != wlanData || control&wlanVersion != 0 {
		l.add(ProtoWLAN, len(data))
		return l.end()
	}
	header, qos := wlanHeader(control, subtype)
	if l.stash.wlanPad {
		header = (header + 3) &^ 3
	}
	l.add(ProtoWLAN, header)
	if len(data) < header {
		return l.short(header)
	}
	if subtype&4 != 0 { // a null function
		return l.end()
	}
	if control&(wlanProtected|wlanMoreFrags) != 0 {
		return l.pass(ProtoData, data, header, rest)
	}
	if qos > 0 && data[qos]&0x80 != 0 {
		return l.aggregate(data, header)
	}
	return l.body(data, header)
}

// wlanHeader gives the length of a data frame's header and where its QoS
// control field is, 0 without.
func wlanHeader(control, subtype uint16) (header, qos int) {
	header = 24
	if control&wlanToDS != 0 && control&wlanFromDS != 0 {
		header += 6 // fourth address
	}
	if subtype&8 != 0 {
		qos = header
		header += 2
		if control&wlanOrder != 0 {
			header += 4 // HT control
		}
	}
	return header, qos
}

// body goes on after the header: LLC as a rule, but some devices put a whole
// Ethernet frame or raw IPX there.
func (l wlan) body(data []byte, header int) error {
	b := data[header:]
	if len(b) == 0 {
		if l.rep > header {
			return l.short(header + 1)
		}
		return l.end()
	}
	if len(b) >= 2 && !(b[0] == sapSNAP && b[1] == sapSNAP) {
		switch {
		case len(b) >= 12 && ethernetInside(data, b):
			return l.pass(ProtoEth, data, header, rest)
		case b[0] == 0xff && b[1] == 0xff:
			return l.pass(ProtoIPX, data, header, rest)
		case b[0] == 0 && b[1] == 0: // an alignment which some drivers leave
			return l.pass(ProtoLLC, data, header+2, rest)
		}
	}
	return l.pass(ProtoLLC, data, header, rest)
}

// ethernetInside tells whether the body starts with the frame's own addresses.
func ethernetInside(data, body []byte) bool {
	dst, src := data[4:10], data[10:16]
	switch {
	case data[1]&3 == 3:
		dst, src = data[16:22], data[24:30]
	case data[1]&1 != 0: // to the distribution system
		dst = data[16:22]
	case data[1]&2 != 0: // from it
		src = data[16:22]
	}
	return bytes.Equal(body[:6], dst) || bytes.Equal(body[6:12], src)
}

// aggregate takes an A-MSDU apart: subframes of two addresses, a length and an
// LLC packet, each but the last padded to four bytes.
func (l wlan) aggregate(data []byte, header int) error {
	const subheader = 14
	at := header
	for len(data)-at > subheader && len(l.pending) < maxSubframes {
		length := int(be16(data, at+12))
		start := l.pos + at + subheader
		rep := min(length, l.rep-at-subheader)
		l.pending = append(l.pending, branch{
			next: gopacket.LayerType(ProtoLLC), start: start, end: min(start+rep, l.pos+len(data)), rep: rep,
		})
		at += (subheader + length + 3) &^ 3
	}
	return l.end()
}

// maxSubframes bounds the subframes of one aggregate.
const maxSubframes = 64
