package dissect

// sctp says the chunks, each with a space behind it.
func (l *infoLine) sctp() bool {
	const header, chunkHeader = 12, 4
	if l.short(header) {
		return len(l.data)-l.start > 0
	}
	b := l.body()
	for at, n := header, 0; at < l.reported() && n < maxInfoChunks; n++ {
		if l.short(at + chunkHeader) {
			return true
		}
		length := int(be16(b, at+2))
		if length < chunkHeader {
			l.problem(Malformed)
			return true
		}
		l.add("%s ", orUnknown(sctpChunkNames.of(uint64(b[at])), "RESERVED"))
		l.chunk(b[at:min(len(b), at+length)])
		if l.short(at + length) {
			return true
		}
		at += (length + 3) &^ 3
	}
	return true
}

// maxInfoChunks bounds the chunks that a line names.
const maxInfoChunks = 64

// chunk says the numbers of a chunk of data or of an acknowledgement (RFC 9260,
// section 3.3). They count from the first one if the context has it.
func (l *infoLine) chunk(c []byte) {
	const interleaved, ending, beginning = 64, 1, 2
	switch c[0] {
	case chunkData, interleaved:
		if len(c) < 16 {
			return
		}
		l.add("(TSN=%d) ", be32(c, 4)-l.context.TSNBase)
		if c[1]&(beginning|ending) != beginning|ending && c[0] == chunkData {
			l.add("(Message Fragment) ")
		}
	case chunkSACK:
		if len(c) < 16 {
			return
		}
		l.add("(Ack=%d", be32(c, 4)-l.context.TSNAckBase)
		if gaps := int(be16(c, 12)); gaps > 0 && len(c) >= 16+4*gaps {
			l.add("+%d", be16(c, 16+4*gaps-2))
		}
		l.add(", Arwnd=%d) ", be32(c, 8))
	}
}
