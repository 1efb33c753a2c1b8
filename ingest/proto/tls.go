package proto

import "pcapidx/index"

// tlsProtocol is Transport Layer Security over TCP (RFC 8446, 5246 and before).
func tlsProtocol() Protocol {
	return Protocol{
		Name: "tls", Title: "TLS", On: Streams, Patience: 10e9,
		Ports:  []uint16{443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5223, 5228, 5671, 6697, 8443, 8883},
		Fields: tlsFields("tls"), Detect: detectTLS,
		New: func() Decoder { return &tlsStream{session: tlsSession{carrier: 't'}} },
	}
}

// Bounds of records.
const (
	tlsHeader    = 5
	maxTLSRecord = 1<<14 + 2048 // RFC 5246, section 6.2.3
)

// tlsHead tells whether b begins like a record, as far as it goes, at least three
// bytes of it.
func tlsHead(b []byte) bool {
	if len(b) < 3 || b[0] < tlsChangeCipher || b[0] > tlsHeartbeat || b[1] != 3 || b[2] > 4 {
		return false
	}
	if len(b) < tlsHeader {
		return true
	}
	size := int(b[3])<<8 | int(b[4])
	switch {
	case size > maxTLSRecord:
		return false
	case size == 0:
		return b[0] == tlsApplication
	case b[0] == tlsChangeCipher:
		return size == 1 && (len(b) == tlsHeader || b[5] == 1)
	case b[0] == tlsAlertRecord:
		return size >= 2 && size < 1<<10
	}
	return true
}

// tlsSize is the size of a record with its header.
func tlsSize(b []byte) int { return tlsHeader + (int(b[3])<<8 | int(b[4])) }

// tlsChain counts the records that b consists of, one after the other. whole is false
// if something else comes between.
func tlsChain(b []byte) (n int, whole bool) {
	for len(b) >= tlsHeader {
		if !tlsHead(b) {
			return n, false
		}
		n++
		b = b[min(len(b), tlsSize(b)):]
	}
	return n, true
}

// detectTLS: a client's or a server's hello in a handshake record. In the middle of
// a connection: records, one after the other.
func detectTLS(h *Head) Verdict {
	c, s := tlsHelloHead(h.Client, tlsClientHello), tlsHelloHead(h.Server, tlsServerHello)
	switch {
	case c == Yes || s == Yes:
		return Yes
	case h.Midstream:
		return max(detectTLSMid(h.Client, h), detectTLSMid(h.Server, h))
	case c == More && (len(h.Server) == 0 || s != No || tlsHead(h.Server)):
		return More
	case s == More && len(h.Client) == 0:
		return More
	case len(h.Client) == 0 && tlsHead(h.Server) && h.Server[0] == tlsAlertRecord && len(h.Server) == tlsHeader+2:
		return Likely
	}
	return No
}

// tlsHelloHead judges the first bytes of a direction, which should be a hello.
func tlsHelloHead(b []byte, kind byte) Verdict {
	if len(b) == 0 {
		return No
	}
	if b[0] != tlsHandshakes || len(b) > 1 && b[1] != 3 || len(b) > 2 && b[2] > 4 {
		return No
	}
	if len(b) < tlsHeader+6 {
		return More
	}
	size, inner := int(b[3])<<8|int(b[4]), int(b[6])<<16|int(b[7])<<8|int(b[8])
	if size < 4 || size > maxTLSRecord || b[5] != kind || inner < 38 || inner > maxHandshake || b[9] != 3 && b[9] != 0x7f {
		return No
	}
	return Yes
}

// detectTLSMid judges what a direction begins with in the middle of a connection. One
// record that reaches beyond what is there says little.
func detectTLSMid(b []byte, h *Head) Verdict {
	n, whole := tlsChain(b)
	switch {
	case n == 0 || !whole:
		return No
	case b[1] != 3 || b[2] == 0:
		return Likely
	case n >= 2, tlsSize(b) == len(b):
		return Yes
	case onPort(&Protocol{Ports: []uint16{443, 993, 995, 465, 853, 8443, 5223, 5228}}, h.ClientPort, h.ServerPort):
		return Yes
	}
	return Likely
}

// tlsStream decodes a connection: one message for the records that end in a frame.
type tlsStream struct {
	session tlsSession
	sides   [2]tlsRecords
	records uint64 // seen
	strange int    // pieces in a row that were no records
	over    bool   // said what became of the handshake
	fatal   bool   // an alert ended it
}

// tlsRecords is where a direction is.
type tlsRecords struct {
	pending [tlsHeader]byte // header of the record that is not whole yet
	held    int             // bytes seen of it; 0: none
	first   Mark            // of it
	last    Mark            // of the last of these bytes
	skip    int             // bytes of a record that lie behind a gap
}

// maxStrange is after how many pieces without a record a connection is given up.
const maxStrange = 64

// Decode implements Decoder.
func (t *tlsStream) Decode(s *Stream, data []byte) int {
	d := &t.sides[s.Side()]
	pos := 0
	if d.skip > 0 {
		pos = min(d.skip, len(data))
		if d.skip -= pos; pos == len(data) {
			return pos
		}
	}
	var m *Message
	var last Mark
	for len(data)-pos >= tlsHeader {
		head := data[pos:]
		if !tlsHead(head) {
			if m != nil {
				t.session.finish(s, m, last)
			}
			return t.lost(s, d, len(data))
		}
		size := tlsSize(head)
		if len(head) < size {
			break
		}
		t.strange = 0
		mark := s.At(pos + size - 1)
		if m != nil && mark.Frame != last.Frame {
			t.session.finish(s, m, last)
			m = nil
		}
		if m == nil {
			m = s.Message(s.At(pos))
			t.session.begin()
		}
		t.record(s, m, head[:size])
		pos, last = pos+size, mark
	}
	if m != nil {
		t.session.finish(s, m, last)
	}
	rest := data[pos:]
	if n := len(rest); n > 0 && n < tlsHeader && !tlsHead3(rest) {
		return t.lost(s, d, len(data))
	}
	d.keep(s, pos, rest)
	return pos
}

// tlsHead3 is tlsHead for less than a header.
func tlsHead3(b []byte) bool {
	return b[0] >= tlsChangeCipher && b[0] <= tlsHeartbeat && (len(b) < 2 || b[1] == 3) && (len(b) < 3 || b[2] <= 4)
}

// keep notes what is held of a record, which a gap may cut.
func (d *tlsRecords) keep(s *Stream, pos int, rest []byte) {
	d.held = len(rest)
	if d.held >= tlsHeader {
		copy(d.pending[:], rest)
		d.first, d.last = s.At(pos), s.At(pos+len(rest)-1)
	}
}

// lost gives up a piece that is no record: the next one may be.
func (t *tlsStream) lost(s *Stream, d *tlsRecords, n int) int {
	d.held = 0
	if t.strange++; t.strange > maxStrange || t.records == 0 && t.strange > 8 {
		s.Reject()
	}
	return n
}

// record takes one whole record.
func (t *tlsStream) record(s *Stream, m *Message, b []byte) {
	t.records++
	kind, body := b[0], b[tlsHeader:]
	t.head(m, kind, b)
	switch kind {
	case tlsApplication:
		m.Uint(tlsAppData, 1)
		t.session.label("Application Data")
		t.session.sides[s.Side()].secured = true
	case tlsHandshakes:
		t.session.handshakes(s, m, body)
	case tlsChangeCipher:
		t.session.changeCipher(s, m)
	case tlsAlertRecord:
		t.session.alert(s, m, body)
		t.fatal = t.fatal || m.Outcome == index.Failed
	case tlsHeartbeat:
		t.session.label("Heartbeat")
	}
}

// head puts the fields of a record's header.
func (t *tlsStream) head(m *Message, kind byte, b []byte) {
	if m.Fields == nil {
		m.Fields = make([]index.MessageField, 0, 4)
	}
	if kind == tlsApplication && (t.session.modern() || t.session.early && !t.session.answered) {
		m.Uint(tlsOpaqueType, uint64(kind))
	} else {
		m.Uint(tlsRecordType, uint64(kind))
	}
	m.Uint(tlsRecordVersion, uint64(b[1])<<8|uint64(b[2]))
	m.Uint(tlsRecordLength, uint64(b[3])<<8|uint64(b[4]))
}

// Gap implements Decoder. A record that the gap cuts is kept as far as its header
// goes; the one after it is found by its length.
func (t *tlsStream) Gap(s *Stream, g Gap) {
	d := &t.sides[s.Side()]
	t.session.sides[s.Side()].fragment = nil
	left := 0
	switch {
	case d.skip > 0:
		left = d.skip
	case d.held >= tlsHeader:
		left = tlsSize(d.pending[:]) - d.held
		t.cut(s, d, index.Partial, g.Snapped)
	}
	d.held, d.skip = 0, 0
	if uint64(left) > g.Bytes {
		d.skip = left - int(g.Bytes)
	}
}

// cut stores what is there of a record: its header. Wireshark shows its fields where
// the snap length cut it.
func (t *tlsStream) cut(s *Stream, d *tlsRecords, outcome index.Outcome, snapped bool) {
	m := s.Message(d.first)
	t.session.begin()
	kind := d.pending[0]
	if snapped {
		t.head(m, kind, d.pending[:])
	}
	m.Outcome = outcome
	m.Length = uint64(d.held)
	t.records++
	switch kind {
	case tlsApplication:
		t.session.label("Application Data (in part)")
		t.session.sides[s.Side()].secured = true
	case tlsHandshakes:
		t.session.label("Handshake (in part)")
	default:
		t.session.label("record (in part)")
	}
	t.session.finish(s, m, d.last)
}

// End implements Decoder.
func (t *tlsStream) End(s *Stream, rest []byte, e End) {
	d := &t.sides[s.Side()]
	if d.held >= tlsHeader && len(rest) > 0 {
		t.cut(s, d, cutOutcome(e), false)
	}
	d.held = 0
	x := &t.session
	if t.over || x.askedFrame == 0 || x.complete() || t.fatal {
		return
	}
	t.over = true
	m := s.Message(s.At(0))
	m.Kind, m.Outcome, m.Summary = index.Conclusion, cutOutcome(e), "handshake did not complete"
	how := "its end is not in the capture"
	switch e {
	case Finished:
		how = "a side closed the connection before"
	case ResetBySender, ResetByReceiver:
		how = "the connection was reset before"
	}
	severity := index.SeverityWarn
	if e == CaptureEnded || e == Forgotten {
		severity = index.SeverityNote
	}
	m.Warn("tls.handshake_incomplete", severity, "the handshake did not come to its end: "+how, x.askedFrame)
	s.Emit(m, s.At(0))
}

// cutOutcome is that of a message which the end of its direction cuts.
func cutOutcome(e End) index.Outcome {
	switch e {
	case Finished, ResetBySender:
		return index.Truncated
	case ResetByReceiver:
		return index.Aborted
	}
	return index.Partial
}
