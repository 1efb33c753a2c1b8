package query

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// DecodeRequest asks for the details of packets: by their numbers, or those of a
// connection.
type DecodeRequest struct {
	Capture    string `json:"capture" jsonschema:"name, id or id prefix"`
	Frames     string `json:"frames,omitempty" jsonschema:"frame numbers and ranges, such as 17 or 3,5-9"`
	Connection string `json:"connection,omitempty" jsonschema:"number of a connection, instead of frames"`
	Layers     string `json:"layers,omitempty" jsonschema:"full (default): every field; concise: the layers with their place"`
	// Payload is none (default), text (what the innermost headers carry, bytes
	// that are no text as dots) or hex (the whole frame).
	Payload string `json:"payload,omitempty" jsonschema:"none (default), text of what the headers carry, or the whole frame in hex"`
	// PayloadBytes bounds the bytes shown of each packet; 0 means 4096.
	PayloadBytes int `json:"payload_bytes,omitempty" jsonschema:"most bytes to show of a packet; 0 means 4096"`
	// Redact hides what looks like a secret in payload: in text its length stands for
	// it, in hexadecimal and in fields asterisks. Reveal shows secrets of messages.
	Redact bool `json:"redact,omitempty" jsonschema:"hide passwords, cookies and tokens in payload"`
	Reveal bool `json:"reveal,omitempty" jsonschema:"show passwords and tokens of messages instead of their length"`
	Page
}

// DecodedField is one value of a field in a layer.
type DecodedField struct {
	Name    string `json:"name"`
	Value   string `json:"value"`             // as Wireshark's packet details show it; may hold text from the capture
	Meaning string `json:"meaning,omitempty"` // of a number, in words
	// Offset and Length are the bytes that it comes from, in the frame, or in the
	// datagram of a reassembled layer; Length 0: computed.
	Offset uint32 `json:"offset"`
	Length uint32 `json:"length"`
}

// DecodedLayer is one protocol layer of a packet.
type DecodedLayer struct {
	Protocol string `json:"protocol"` // Wireshark's name
	Title    string `json:"title"`
	Offset   uint32 `json:"offset"`
	Length   uint32 `json:"length"` // header bytes
	// Reassembled: the offsets count in the datagram that the frame completed.
	Reassembled bool           `json:"reassembled,omitempty"`
	Fields      []DecodedField `json:"fields,omitempty"`
}

// DecodedPacket is a packet with its layers, outermost first.
type DecodedPacket struct {
	PacketRow
	CapturedLength uint32         `json:"captured_length"`
	Interface      string         `json:"interface,omitempty"` // name, or number
	Status         []string       `json:"status,omitempty"`    // what is special: malformed, truncated, fragment, reassembled, quoted
	Comments       []string       `json:"comments,omitempty"`  // of the frame, in the capture file
	Fragments      []uint32       `json:"fragments,omitempty"` // frames of the datagram that this one completed
	Layers         []DecodedLayer `json:"layers"`
	// Application are the messages that are whole with this packet.
	Application []DecodedMessage `json:"application,omitempty"`
	// Bytes are as Payload asked, from byte BytesOffset of the frame (or of the
	// datagram that it completed, for a text) on; BytesCut says that there are more.
	Bytes       string `json:"bytes,omitempty"`
	BytesOffset uint32 `json:"bytes_offset,omitempty"`
	BytesCut    bool   `json:"bytes_cut,omitempty"`
	// Datagram are the bytes of the reassembled datagram in hexadecimal.
	Datagram    string `json:"datagram,omitempty"`
	DatagramCut bool   `json:"datagram_cut,omitempty"`
}

// DecodedMessage is a message of an application protocol.
type DecodedMessage struct {
	Number     uint32           `json:"message"`
	Protocol   string           `json:"protocol"`
	Kind       string           `json:"kind"`
	Summary    string           `json:"summary"`
	Outcome    string           `json:"outcome"`
	FirstFrame uint32           `json:"first_frame"`
	Bytes      uint64           `json:"bytes"`
	Warnings   []MessageWarning `json:"warnings,omitempty"`
	Fields     []DecodedField   `json:"fields,omitempty"`
}

// DecodeAnswer holds the packets asked for, in file order.
type DecodeAnswer struct {
	Capture string          `json:"capture"`
	Rows    []DecodedPacket `json:"rows"`
	Paged
}

// defaultPayload is how many bytes of a packet are shown.
const defaultPayload = 4096

// Decode shows packets in detail.
func (e *Engine) Decode(ctx context.Context, q DecodeRequest) (*DecodeAnswer, error) {
	if err := q.checkWords(); err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	frames, err := q.wanted(x)
	if err != nil {
		return nil, wrap(err)
	}
	shape := strings.Join([]string{"decode", q.Frames, q.Connection}, "\x00")
	after, err := parseCursor(q.Cursor, shape, []string{entry.Build})
	if err != nil {
		return nil, err
	}
	a := &DecodeAnswer{Capture: entry.ID, Rows: []DecodedPacket{}, Paged: Paged{Total: int(frames.GetCardinality()), TotalExact: true}}
	if after != nil {
		frames.RemoveRange(0, uint64(after.number)+1)
	}
	if q.Limit > 0 && frames.GetCardinality() > uint64(q.Limit) {
		frames = firstOf(frames, q.Limit)
		a.NextCursor = formatCursor(shape, []string{entry.Build}, rowKey{number: frames.Maximum()})
	}
	if err := a.decode(ctx, x, &q, frames); err != nil {
		return nil, wrap(err)
	}
	a.Returned = len(a.Rows)
	return a, nil
}

func (q *DecodeRequest) checkWords() error {
	if q.Layers == "" {
		q.Layers = "full"
	}
	if q.Payload == "" {
		q.Payload = "none"
	}
	if q.PayloadBytes == 0 {
		q.PayloadBytes = defaultPayload
	}
	layers, payloads := []string{"full", "concise"}, []string{"none", "text", "hex"}
	switch {
	case !slices.Contains(layers, q.Layers):
		return UnknownWord("form of layers", q.Layers, layers)
	case !slices.Contains(payloads, q.Payload):
		return UnknownWord("form of payload", q.Payload, payloads)
	case q.PayloadBytes < 0:
		return badRequest("give a positive number, or 0 for the default", "payload bytes %d are negative", q.PayloadBytes)
	case (q.Frames == "") == (q.Connection == ""):
		return badRequest("give frame numbers or the number of a connection", "which packets?")
	}
	return q.check()
}

// wanted gives the numbers of the frames asked for.
func (q *DecodeRequest) wanted(x Capture) (*roaring.Bitmap, error) {
	if q.Connection == "" {
		return frameList(q.Frames, x.Summary().Frames)
	}
	c, err := connectionNamed(x, q.Connection)
	if err != nil {
		return nil, err
	}
	return framesOf(x, c)
}

// frameList reads numbers and ranges: 3,5-9.
func frameList(text string, most uint32) (*roaring.Bitmap, error) {
	frames := roaring.New()
	for _, part := range splitList(text) {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		low, lerr := strconv.ParseUint(strings.TrimSpace(from), 10, 32)
		high, herr := strconv.ParseUint(strings.TrimSpace(to), 10, 32)
		switch {
		case lerr != nil || herr != nil || low > high || low == 0:
			return nil, badRequest("such as 17 or 3,5-9", "%q is no frame number", part)
		case low > uint64(most):
			return nil, &Error{Kind: NotFound, Msg: "no frame " + strconv.FormatUint(low, 10), Hint: "the capture has frames 1 to " + strconv.FormatUint(uint64(most), 10)}
		}
		frames.AddRange(low, min(high, uint64(most))+1)
	}
	if frames.IsEmpty() {
		return nil, badRequest("such as 17 or 3,5-9", "which frames?")
	}
	return frames, nil
}

// decode fills the rows.
func (a *DecodeAnswer) decode(ctx context.Context, x Capture, q *DecodeRequest, frames *roaring.Bitmap) error {
	tables := newTables(x)
	start, err := tables.start()
	if err != nil {
		return err
	}
	r := newDetailRecord(x, tables)
	next := func(from uint32) uint32 {
		it := frames.Iterator()
		if it.AdvanceIfNeeded(from); !it.HasNext() {
			return 0
		}
		return it.PeekNext()
	}
	return x.EachBlock(index.ColAll, next, func(rows *index.Rows) (bool, error) {
		last := rows.Packets[len(rows.Packets)-1].Number
		for frame := next(rows.Packets[0].Number); frame != 0 && frame <= last; frame = next(frame + 1) {
			r.set(rows, int(frame-rows.Packets[0].Number))
			p := DecodedPacket{PacketRow: r.packetRow(a.Capture, start), Layers: []DecodedLayer{}}
			if err := r.details(&p, q); err != nil {
				return false, err
			}
			a.Rows = append(a.Rows, p)
		}
		return true, ctx.Err()
	})
}

// newDetailRecord makes a record that knows all columns.
func newDetailRecord(x Capture, t *tables) *frameRecord {
	r := &frameRecord{capture: x, file: &x.Summary().File, tables: t, decoder: dissect.NewDecoder(), messages: messageReader{capture: x}}
	content := x.Summary().Content
	for _, c := range columnFields() {
		if id, ok := dissect.FieldByName(c.name); ok && c.since <= content {
			r.fields = append(r.fields, recordField{id: id, column: &c})
		}
	}
	return r
}
