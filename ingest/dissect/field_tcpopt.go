package dissect

// tcpOptionFields are of the options in a TCP header.
var tcpOptionFields = [...]Field{
	{Name: "tcp.options", Kind: KindBytes, Proto: ProtoTCP, get: getTCPOptions, Doc: "All options"},
	{Name: "tcp.option_kind", Kind: KindUint, Bits: 8, Proto: ProtoTCP, in: part{0, 1, 0}, get: getTCPOption, Doc: "Kind of each option"},
	{Name: "tcp.option_len", Kind: KindUint, Bits: 8, Proto: ProtoTCP, in: part{1, 1, 0}, get: getTCPOption, Doc: "Length of each option that has one"},
	{Name: "tcp.options.mss", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionMSS, Doc: "Maximum segment size option"},
	{Name: "tcp.options.mss_val", Kind: KindUint, Bits: 16, Proto: ProtoTCP, in: part{2, 2, 0}, get: getTCPOption, option: tcpOptionMSS, Doc: "Maximum segment size"},
	{Name: "tcp.options.wscale", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionScale, Doc: "Window scale option"},
	{Name: "tcp.options.wscale.shift", Kind: KindUint, Bits: 8, Proto: ProtoTCP, in: part{2, 1, 0}, get: getTCPOption, option: tcpOptionScale, Doc: "Window scale as a shift"},
	{Name: "tcp.options.wscale.multiplier", Kind: KindUint, Bits: 16, Proto: ProtoTCP, get: getTCPMultiplier, option: tcpOptionScale, Doc: "Window scale as a factor"},
	{Name: "tcp.options.sack_perm", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionSACKPermitted, Doc: "Selective acknowledgement permitted"},
	{Name: "tcp.options.sack", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionSACK, Doc: "Selective acknowledgement option"},
	{Name: "tcp.options.timestamp", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionTime, Doc: "Timestamp option"},
	{Name: "tcp.options.timestamp.tsval", Kind: KindUint, Bits: 32, Proto: ProtoTCP, in: part{2, 4, 0}, get: getTCPOption, option: tcpOptionTime, Doc: "Timestamp of the sender"},
	{Name: "tcp.options.timestamp.tsecr", Kind: KindUint, Bits: 32, Proto: ProtoTCP, in: part{6, 4, 0}, get: getTCPOption, option: tcpOptionTime, Doc: "Timestamp echoed"},
	{Name: "tcp.options.md5", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionMD5, Doc: "MD5 signature option"},
	{Name: "tcp.options.mptcp.subtype", Kind: KindUint, Bits: 8, Proto: ProtoTCP, in: part{2, 1, 0xf0}, get: getTCPOption, option: tcpOptionMultipath, Doc: "Subtype of the multipath option"},
	{Name: "tcp.options.tfo", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionFastOpen, Doc: "Fast open option"},
	{Name: "tcp.options.tfo.cookie", Kind: KindBytes, Proto: ProtoTCP, get: getFastOpenCookie, option: tcpOptionFastOpen, Doc: "Cookie of the fast open option"},
	{Name: "tcp.options.user_to_val", Kind: KindUint, Bits: 16, Proto: ProtoTCP, in: part{2, 2, 0x7fff}, get: getTCPOption, option: tcpOptionUserTimeout, Doc: "User timeout"},
	{Name: "tcp.options.nop", Kind: KindProtocol, Proto: ProtoTCP, get: getTCPOptionBytes, option: tcpOptionNop, Doc: "No operation, used to align"},
	{Name: "tcp.options.sack.count", Kind: KindUint, Bits: 8, Proto: ProtoTCP, get: getSACKCount, option: tcpOptionSACK, Doc: "Number of selectively acknowledged blocks"},
}

// Option kinds (IANA, TCP Option Kind Numbers).
const (
	tcpOptionEnd           = 0
	tcpOptionNop           = 1
	tcpOptionMSS           = 2
	tcpOptionScale         = 3
	tcpOptionSACKPermitted = 4
	tcpOptionSACK          = 5
	tcpOptionEcho          = 6
	tcpOptionEchoReply     = 7
	tcpOptionTime          = 8
	tcpOptionCC            = 11
	tcpOptionCCNew         = 12
	tcpOptionCCEcho        = 13
	tcpOptionMD5           = 19
	tcpOptionUserTimeout   = 28
	tcpOptionAuth          = 29
	tcpOptionMultipath     = 30
	tcpOptionFastOpen      = 34
	tcpOptionExperiment1   = 253
	tcpOptionExperiment2   = 254
)

const tcpMaxShift = 14 // of a window (RFC 7323)

// tcpOptionLengths are the lengths without which Wireshark does not read an
// option.
var tcpOptionLengths = [...]uint8{
	tcpOptionMSS: 4, tcpOptionScale: 3, tcpOptionSACKPermitted: 2, tcpOptionTime: 10, tcpOptionMD5: 18, tcpOptionUserTimeout: 4,
}

// nextTCPOption gives the option at a place among the options, and its length;
// 0 if there is none.
func (v *view) nextTCPOption(at int) (kind uint8, length int) {
	if at >= v.limit {
		return 0, 0
	}
	kind = v.data[at]
	if kind <= tcpOptionNop {
		return kind, 1
	}
	if at+2 > v.limit || v.data[at+1] < 2 || at+int(v.data[at+1]) > v.limit {
		return 0, 0
	}
	length = int(v.data[at+1])
	return kind, length
}

// hasTCPOptions tells whether Wireshark looks at the options at all.
func (v *view) hasTCPOptions() bool {
	t := v.transport()
	return t != nil && t.HasTCP && !t.BadOffset && int(t.HeaderLength) > tcpHeader && v.limit > v.start+tcpHeader
}

func getTCPOptions(dst []FieldValue, v view, f *Field) []FieldValue {
	if !v.hasTCPOptions() {
		return dst
	}
	return append(dst, v.bytes(f, v.start+tcpHeader, v.limit-v.start-tcpHeader))
}

// eachTCPOption calls use for the options of kind f.option, or for all.
func (v *view) eachTCPOption(f *Field, use func(at, length int)) {
	if !v.hasTCPOptions() {
		return
	}
	for at := v.start + tcpHeader; ; {
		kind, length := v.nextTCPOption(at)
		if length == 0 {
			return
		}
		known := int(kind) >= len(tcpOptionLengths) || tcpOptionLengths[kind] == 0 || int(tcpOptionLengths[kind]) == length
		if f.option == 0 || f.option == kind && known {
			use(at, length)
		}
		at += length
	}
}

// getTCPOption is a part of every option that is long enough for it.
func getTCPOption(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachTCPOption(f, func(at, length int) {
		if int(f.in.at)+int(f.in.size) <= length {
			dst = append(dst, v.value(f, at+int(f.in.at)))
		}
	})
	return dst
}

func getTCPOptionBytes(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachTCPOption(f, func(at, length int) { dst = append(dst, v.bytes(f, at, length)) })
	return dst
}

// getTCPMultiplier is the factor of a shift.
func getTCPMultiplier(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachTCPOption(f, func(at, _ int) {
		dst = append(dst, v.number(f, 1<<min(v.data[at+2], tcpMaxShift), at+2, 1))
	})
	return dst
}

func getFastOpenCookie(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachTCPOption(f, func(at, length int) {
		if length > 2 {
			dst = append(dst, v.bytes(f, at+2, length-2))
		}
	})
	return dst
}

func getSACKCount(dst []FieldValue, v view, f *Field) []FieldValue {
	v.eachTCPOption(f, func(at, length int) {
		if n := (length - 2) / 8; n > 0 {
			dst = append(dst, v.number(f, uint64(n), at, length))
		}
	})
	return dst
}
