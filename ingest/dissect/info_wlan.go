package dissect

import (
	"encoding/binary"
	"encoding/hex"
	"unicode"
	"unicode/utf8"
)

// 802.11 types and the management subtypes that have more to say.
const (
	wlanManagement  = 0
	wlanControl     = 1
	wlanExtension   = 3
	wlanProbeReq    = 4
	wlanProbeResp   = 5
	wlanBeacon      = 8
	wlanAction      = 13
	wlanActionNoAck = 14
)

// wlan says the type, the sequence number, the flags, and of a network its name.
func (l *infoLine) wlan() bool {
	const headerEnd = 2
	if l.index > 0 && l.packet.Layers[l.index-1].Proto == ProtoEtherType { // no more than the body of an action frame
		return true
	}
	checked := l.wlanChecked()
	if checked {
		l.frameLength = max(l.frameLength-fcsLength, 0)
		l.data = l.data[:max(min(len(l.data), l.frameLength), l.start)]
	}
	if l.short(headerEnd) {
		return true
	}
	b := l.body()
	if version := b[0] & wlanVersion; version > 1 {
		l.add("Unknown protocol version: %d", version)
		l.problem(Malformed)
		return true
	} else if version == 1 {
		l.add("%s", wlanShortNames[b[0]>>2&7])
		return true
	}
	typ, subtype := b[0]>>2&3, b[0]>>4
	l.add("%s", orUnknown(wlanTypeNames.of(uint64(typ)<<4|uint64(subtype)), "Unrecognized (Reserved frame)"))
	if typ == wlanControl || typ == wlanExtension {
		if !l.short(wlanControlLength(typ, subtype)) {
			l.wlanFlags(b[1], checked)
		}
		return true
	}
	const header, sequenceAt = 24, 22
	if l.short(header) {
		return true
	}
	if b[1]&(wlanMoreFrags>>8) != 0 && b[1]&(wlanProtected>>8) == 0 && (typ != wlanData || subtype&4 == 0) {
		l.text = append(l.text[:l.from], "Fragmented IEEE 802.11 frame"...)
		return true
	}
	control := binary.LittleEndian.Uint16(b[sequenceAt:])
	l.add(", SN=%d, FN=%d", control>>4, control&0xf)
	l.wlanFlags(b[1], checked)
	if typ == wlanManagement && b[1]&(wlanProtected>>8) == 0 {
		l.wlanManagement(b, subtype)
	}
	return true
}

// wlanShortNames are the types of version 1 (IEEE 802.11, 9.8).
var wlanShortNames = [8]string{
	"PV1 QoS Data - with one SID", "PV1 Management", "PV1 Control", "PV1 QoS Data - no SIDs",
	"PV1 Reserved", "PV1 Reserved", "PV1 Reserved", "PV1 Extension (currently reserved)",
}

// wlanControlLength is the length of a frame without sequence number: those
// with one address are the shortest.
func wlanControlLength(typ, subtype byte) int {
	const clearToSend, acknowledgement, oneAddress, twoAddresses = 12, 13, 10, 16
	if typ == wlanExtension || subtype == clearToSend || subtype == acknowledgement || subtype < 3 || subtype == 6 {
		return oneAddress
	}
	return twoAddresses
}

// wlanFlags says the flags from the highest bit on, and whether the frame came
// with its check sequence.
func (l *infoLine) wlanFlags(flags byte, checked bool) {
	const letters = "opmPRMFT"
	l.add(", Flags=")
	for i := range len(letters) {
		c := letters[i]
		if flags&(0x80>>i) == 0 {
			c = '.'
		}
		l.text = append(l.text, c)
	}
	if checked {
		l.text = append(l.text, 'C')
	}
}

// wlanChecked tells whether the radio's header announces a check sequence.
func (l *infoLine) wlanChecked() bool {
	const fcsAtEnd, header = 0x10, 8
	if l.index < 2 || l.packet.Layers[l.index-1].Proto != ProtoWLANRadio {
		return false
	}
	outer := &l.packet.Layers[l.index-2]
	end := int(outer.Offset) + int(outer.Length)
	if outer.Length < header || end > len(l.data) {
		return false
	}
	h := l.data[outer.Offset:end]
	switch outer.Proto {
	case ProtoRadiotap:
		return radiotapFlags(h)&fcsAtEnd != 0
	case ProtoPPI:
		return ppiFCS(h[header:]) != 0
	}
	return false
}

// wlanManagement says what a management frame has behind its header.
func (l *infoLine) wlanManagement(b []byte, subtype byte) {
	const header, throughput = 24, 4
	at := header
	if b[1]&(wlanOrder>>8) != 0 {
		at += throughput
	}
	fixed, ok := wlanFixed(subtype)
	switch {
	case subtype == wlanAction || subtype == wlanActionNoAck:
		l.wlanAction(b[min(at, len(b)):])
		return
	case !ok:
		return
	}
	if subtype == wlanBeacon || subtype == wlanProbeResp {
		const intervalAt = 8
		if l.short(at + intervalAt + 4) {
			return
		}
		l.add(", BI=%d", binary.LittleEndian.Uint16(b[at+intervalAt:]))
	}
	if !l.short(at + fixed) {
		l.wlanName(at + fixed)
	}
}

// wlanFixed is the length of the part before the elements; false if there are
// none.
func wlanFixed(subtype byte) (length int, ok bool) {
	switch subtype {
	case 0: // association request
		return 4, true
	case 1, 3: // association and reassociation response
		return 6, true
	case 2: // reassociation request
		return 10, true
	case wlanProbeReq:
		return 0, true
	case 10, 12: // disassociation, deauthentication
		return 2, true
	case 11: // authentication
		return 6, true
	case wlanProbeResp, wlanBeacon:
		return 12, true
	}
	return 0, false
}

// wlanAction says the dialog of a few categories that have it in one place.
func (l *infoLine) wlanAction(body []byte) {
	const spectrum, qualityOfService, blockAck = 0, 1, 3
	if len(body) < 3 {
		return
	}
	if body[0] == spectrum || (body[0] == qualityOfService || body[0] == blockAck) && body[1] <= 1 {
		l.add(", Dialog Token=%d", body[2])
	}
}

// wlanName says the first name of a network among the elements from a place
// in the frame on.
func (l *infoLine) wlanName(at int) {
	const header, name = 2, 0
	for found := false; at < l.reported(); {
		if l.short(at + header) {
			return
		}
		b := l.body()
		length := int(b[at+1])
		if at+header+length > l.reported() {
			l.add("[Malformed Packet: length of contained item exceeds length of containing item]")
			l.told = true
			return
		}
		if l.short(at + header + length) {
			return
		}
		if b[at] == name && !found {
			found = true
			l.ssid(b[at+header : at+header+length])
		}
		at += header + length
	}
}

// ssid says a network's name, in hexadecimal if it is no printable text.
func (l *infoLine) ssid(name []byte) {
	switch {
	case len(name) == 0:
		l.add(", SSID=Wildcard (Broadcast)")
	case printable(name):
		l.add(", SSID=\"%s\"", name)
	default:
		l.add(", SSID=%s", hex.EncodeToString(name))
	}
}

func printable(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n <= 1 || !unicode.IsPrint(r) {
			return false
		}
		b = b[n:]
	}
	return true
}
