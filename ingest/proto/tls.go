package proto

import "pcapidx/index"

// tlsProtocol is Transport Layer Security over TCP (RFC 8446, 5246 and before).
func tlsProtocol() Protocol {
	return Protocol{
		Name: "tls", Title: "TLS", On: Streams, Patience: 10e9,
		Ports:  tlsPorts(),
		Fields: tlsFields("tls"), Detect: detectTLS,
		New: func() Decoder { return &tlsStream{session: tlsSession{carrier: 't'}} },
	}
}

// Bounds of records.
const (
	tlsHeader    = 5
	maxTLSRecord = 1<<14 + 2048 // RFC 5246, section 6.2.3
)

// tlsStream decodes a connection: one message for the records that end in a frame.
type tlsStream struct {
	session tlsSession
	sides   [2]tlsRecords
	records uint64 // seen
	strange int    // pieces in a row that were no records
	last    Mark   // of the last bytes of either direction
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
	if pos == 0 && t.records == 0 && s.FromClient() {
		if pos = t.oldHello(s, data); pos < 0 {
			return 0
		}
	}
	for pos < len(data) {
		head := data[pos:]
		if !tlsRecord(head) { // look for one where the next frame begins
			t.lost(s)
			pos = min(max(s.FrameEnd(pos), pos+1), len(data))
			continue
		}
		if len(head) < tlsHeader || len(head) < tlsSize(head) {
			break
		}
		size := tlsSize(head)
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
	d.keep(s, pos, data[pos:])
	t.last = s.At(len(data) - 1)
	return pos
}

// tlsRecord tells whether b begins like a record, as far as it goes, within a
// connection that is TLS for certain: less strict than tlsHead.
func tlsRecord(b []byte) bool {
	return b[0] >= tlsChangeCipher && b[0] <= tlsWithID && (len(b) < 2 || b[1] == 3 || b[1] == 0x7f) && (len(b) < 3 || b[1] == 0x7f || b[2] <= 4) &&
		(len(b) < tlsHeader || tlsSize(b) <= tlsHeader+maxTLSRecord)
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
func (t *tlsStream) lost(s *Stream) {
	if t.strange++; t.strange > maxStrange {
		s.Reject()
	}
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
		t.cut(s, d, e.Outcome(), false)
	}
	d.held = 0
	x := &t.session
	if t.over || x.askedFrame == 0 || x.complete() || t.fatal {
		return
	}
	t.over = true
	mark := s.At(0)
	if mark.Frame == 0 { // the side never said anything
		mark = t.last
	}
	m := s.Message(mark)
	m.Kind, m.Outcome, m.Summary = index.Conclusion, e.Outcome(), "handshake did not complete"
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
	s.Emit(m, mark)
}
