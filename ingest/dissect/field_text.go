package dissect

import (
	"encoding/hex"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a text, those of Wireshark's packet details.
const (
	maxTextBytes = 36  // bytes shown in hexadecimal
	maxText      = 240 // bytes of a string
)

// Text gives a value as Wireshark's packet details show it: 64, 0x0012,
// 192.0.2.1, 00:11:22:33:44:55, True, 20 bytes, 0.020000000 seconds. Bytes and
// strings are cut to the length that the details have room for, with an
// ellipsis. A string is as it was captured: whoever shows it escapes it.
func (f *Field) Text(v *FieldValue) string {
	switch f.Kind {
	case KindBool:
		return [...]string{"False", "True"}[min(v.Num, 1)]
	case KindUint:
		return f.numberText(v.Num) + f.unit(v.Num)
	case KindInt:
		return strconv.FormatInt(v.Int(), 10)
	case KindFloat:
		return strconv.FormatFloat(math.Float64frombits(v.Num), 'f', 3, 64) + f.unit(2)
	case KindString:
		return cutText(v.Bytes)
	case KindEther:
		return net.HardwareAddr(v.Bytes).String()
	case KindIPv4, KindIPv6:
		return v.Addr().String()
	case KindAbsTime:
		return time.Unix(0, v.Int()).UTC().Format("Jan _2, 2006 15:04:05.000000000 MST")
	case KindRelTime:
		return secondsText(v.Int()) + " seconds"
	case KindProtocol:
		if f.Name == f.Proto.String() {
			return protoTitles[f.Proto].title
		}
		return bytesText(v.Bytes)
	case KindBytes:
		if strings.HasSuffix(f.Name, "linkaddr") { // shown as an address, whatever its length
			return net.HardwareAddr(v.Bytes[:min(len(v.Bytes), maxTextBytes)]).String()
		}
		return bytesText(v.Bytes)
	}
	return ""
}

// numberText is a number in the form that the field is shown in.
func (f *Field) numberText(n uint64) string {
	switch {
	case f.Hex:
		return fmt.Sprintf("0x%0*x", f.Bits/4, n)
	case strings.HasSuffix(f.Name, ".oui"):
		return fmt.Sprintf("%02x:%02x:%02x", n>>16&0xff, n>>8&0xff, n&0xff)
	case f.Name == "igmp.max_resp": // in tenths of a second
		return fmt.Sprintf("%d.%d sec", n/10, n%10)
	case f.Name == "ip.frag_offset": // in bytes, unlike the field
		n *= 8
	}
	return strconv.FormatUint(n, 10)
}

// unit is the unit of a field's numbers, with a space before it.
func (f *Field) unit(n uint64) string {
	unit := ""
	switch f.Name {
	case "tcp.hdr_len", "ip.hdr_len", "frame.len", "frame.cap_len", "ipv6.hopopts.len_oct", "ipv6.dstopts.len_oct", "ipv6.routing.len_oct":
		unit = " bytes"
	case "icmp.resptime":
		return " ms"
	}
	if n == 1 {
		return strings.TrimSuffix(unit, "s")
	}
	return unit
}

// secondsText is a number of nanoseconds in seconds, with all decimals.
func secondsText(nanoseconds int64) string {
	sign, n := "", uint64(nanoseconds)
	if nanoseconds < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%09d", sign, n/uint64(time.Second), n%uint64(time.Second))
}

func bytesText(b []byte) string {
	if len(b) > maxTextBytes {
		return hex.EncodeToString(b[:maxTextBytes]) + "…"
	}
	return hex.EncodeToString(b)
}

func cutText(s []byte) string {
	if end := cutAt(s, maxText); end < len(s) {
		return string(s[:end]) + "…"
	}
	return string(s)
}

// cutAt gives the length to which a text is cut so that it is no longer than
// limit, between characters if it holds any.
func cutAt(s []byte, limit int) int {
	if len(s) <= limit {
		return len(s)
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return end
}
