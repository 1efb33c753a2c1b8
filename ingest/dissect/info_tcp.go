package dissect

// tcpFlagNames are the flags from the lowest bit on; the three above are
// reserved.
var tcpFlagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"}

// tcp says "80 → 45444 [ACK] Seq=1 Ack=80 Win=64512 Len=0", and the options.
func (l *infoLine) tcp() bool {
	t := l.transport()
	if t == nil || len(l.head(portsLength)) < portsLength {
		return false
	}
	l.add("%d → %d", t.SrcPort, t.DstPort)
	if !t.HasTCP {
		return true
	}
	seq, ack, window := t.Seq, t.Ack, uint32(t.Window)
	if l.context.HasSeq {
		seq, ack = l.context.Seq, l.context.Ack
	}
	if l.context.HasWindow {
		window = l.context.Window
	}
	l.add(" [")
	l.tcpFlags(t.Flags)
	l.add("] Seq=%d", seq)
	if t.Flags&tcpFlagAck != 0 {
		l.add(" Ack=%d", ack)
	}
	l.add(" Win=%d", window)
	if t.BadOffset {
		l.add(", bogus TCP header length (%d, must be at least %d)", t.HeaderLength, tcpHeader)
		l.told = true
		return true
	}
	if l.short(tcpChecksumEnd) || l.short(tcpHeader) {
		return true
	}
	if t.Flags&tcpFlagUrg != 0 {
		l.add(" Urg=%d", be16(l.data, l.start+18))
	}
	if t.HasLength {
		l.add(" Len=%d", t.Length)
	}
	l.tcpOptions()
	return true
}

const tcpChecksumEnd = 18 // the header is read in this order

// Flags whose numbers are shown only if they are set.
const (
	tcpFlagAck = 0x10
	tcpFlagUrg = 0x20
)

func (l *infoLine) tcpFlags(flags uint16) {
	before := len(l.text)
	for i, name := range tcpFlagNames {
		if flags&(1<<i) != 0 {
			l.list(before, name)
		}
	}
	if flags>>len(tcpFlagNames) != 0 {
		l.list(before, "Reserved")
	}
	if len(l.text) == before {
		l.add("<None>")
	}
}

// list appends an item to the list that starts at a place in the text.
func (l *infoLine) list(start int, item string) {
	if len(l.text) > start {
		l.text = append(l.text, ", "...)
	}
	l.text = append(l.text, item...)
}

// tcpOptions says the options, as far as they are sound.
func (l *infoLine) tcpOptions() {
	for at := l.start + tcpHeader; ; {
		kind, length := l.nextTCPOption(at)
		if length == 0 {
			if l.packet.Problem == Malformed && at+2 <= l.limit && l.data[at+1] > 2 { // an option longer than the segment
				l.add("[Malformed Packet: length of contained item exceeds length of containing item]")
				l.told = true
			}
			return
		}
		if kind == tcpOptionEnd {
			return
		}
		if !l.tcpOption(kind, at, length) {
			l.problem(Malformed)
			return
		}
		at += length
	}
}

// tcpOption says one option; false if Wireshark gives the segment up over it.
func (l *infoLine) tcpOption(kind uint8, at, length int) bool {
	const block, firstBlock, minMultipath = 8, 2, 4
	if int(kind) < len(tcpOptionLengths) && tcpOptionLengths[kind] != 0 && int(tcpOptionLengths[kind]) != length &&
		kind != tcpOptionSACKPermitted && kind != tcpOptionMD5 {
		return true
	}
	switch kind {
	case tcpOptionMSS:
		l.add(" MSS=%d", be16(l.data, at+2))
	case tcpOptionScale:
		l.add(" WS=%d", uint32(1)<<min(l.data[at+2], tcpMaxShift))
	case tcpOptionSACKPermitted:
		l.add(" SACK_PERM")
	case tcpOptionSACK:
		for edge := at + firstBlock; edge+block <= at+length; edge += block {
			l.add(" SLE=%d SRE=%d", be32(l.data, edge)-l.sackBase(), be32(l.data, edge+4)-l.sackBase())
		}
		return length >= firstBlock+block
	case tcpOptionTime:
		l.add(" TSval=%d TSecr=%d", be32(l.data, at+2), be32(l.data, at+6))
	case tcpOptionEcho, tcpOptionEchoReply:
		l.number(" ECHO=%d", at, length, 4)
	case tcpOptionCC, tcpOptionCCNew, tcpOptionCCEcho:
		l.number(" CC=%d", at, length, 4)
	case tcpOptionMD5:
		l.add(" MD5")
	case tcpOptionUserTimeout:
		l.add(" USER_TO=%d", be16(l.data, at+2))
	case tcpOptionAuth:
		l.add("TCP AO")
	case tcpOptionMultipath:
		return length >= minMultipath
	case tcpOptionFastOpen:
		l.fastOpen(length - firstBlock)
	case tcpOptionExperiment1, tcpOptionExperiment2:
		l.experiment(at, length)
	}
	return true
}

// number says the number of an option that has nothing else.
func (l *infoLine) number(format string, at, length, size int) {
	if length == 2+size {
		l.add(format, be32(l.data, at+2))
	}
}

// experiment says an option whose first 16 bits tell what it is (RFC 6994).
func (l *infoLine) experiment(at, length int) {
	const fastOpen, header = 0xf989, 4
	switch {
	case length < header:
	case be16(l.data, at+2) == fastOpen:
		l.fastOpen(length - header)
	default:
		l.add(" ExID=%x", be16(l.data, at+2))
	}
}

// fastOpen says whether a cookie is asked for or there (RFC 7413).
func (l *infoLine) fastOpen(cookie int) {
	if cookie == 0 {
		l.add(" TFO=R")
		return
	}
	l.add(" TFO=C")
}

func (l *infoLine) sackBase() uint32 {
	if l.context.HasSACKBase {
		return l.context.SACKBase
	}
	return 0
}

// SACKEdges appends to dst the selectively acknowledged blocks of a TCP layer,
// left and right edge of each, in their order and as they are in the header.
// Of frame and datagram see AppendValues.
func SACKEdges(dst []uint32, frame, datagram []byte, p *Packet, layer int) []uint32 {
	if layer < 0 || layer >= len(p.Layers) || p.Layers[layer].Proto != ProtoTCP {
		return dst
	}
	v, ok := viewOf(p, layer, frame, datagram, len(frame))
	if !ok {
		return dst
	}
	v.eachTCPOption(&Field{option: tcpOptionSACK}, func(at, length int) {
		for edge := at + 2; edge+8 <= at+length; edge += 8 {
			dst = append(dst, be32(v.data, edge), be32(v.data, edge+4))
		}
	})
	return dst
}
