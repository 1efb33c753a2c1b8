// Package proto decodes application protocols: the ordered bytes of TCP
// connections, datagrams, and the ICMP and ARP layers of frames become messages.
//
// # Add a protocol
//
// A protocol is one file and one line in list.go. The file has
//
//   - the places of its fields as constants, and their table:
//
//     const (
//     echoText = iota
//     echoLength
//     )
//
//     func echoProtocol() Protocol {
//     return Protocol{
//     Name: "echo", Title: "Echo", On: Streams | Datagrams, Ports: []uint16{7},
//     Fields: []Field{
//     echoText:   {Name: "echo.data", Kind: dissect.KindBytes, Doc: "Echoed bytes"},
//     },
//     Detect: detectEcho,
//     New:    func() Decoder { return &echo{} },
//     }
//     }
//
//   - Detect, which tells the protocol by its first bytes, whatever the ports;
//
//   - a Decoder: a state machine that takes bytes of both directions as they come
//     and emits messages.
//
// Decoders are tolerant: they keep what can be read of a message that is cut or
// wrong, and warn of the rest. They hold bounded state only, never a whole
// message of unbounded length. The engine (engine.go) owns streams, gaps, budgets,
// panics, the numbers of frames and the times.
//
// A message belongs to the frame of its last byte, where Wireshark shows it. Names,
// types and values of fields are Wireshark's, as far as it has them.
package proto

import (
	"net/netip"

	"pcapidx/index"
	"pcapidx/ingest/buffers"
	"pcapidx/ingest/dissect"
)

// Carriers are the ways on which a protocol comes.
type Carriers uint8

// Carriers of protocols.
const (
	Streams   Carriers = 1 << iota // TCP connections
	Datagrams                      // UDP
	Frames                         // a layer of the frame itself: Protocol.Layers
)

// Protocol is what the engine must know of a protocol.
type Protocol struct {
	Name  string // Wireshark's: "http"
	Title string // as people write it: "HTTP"
	On    Carriers
	// Ports are those registered for it. They decide only between protocols that
	// both may be it.
	Ports []uint16
	// Headless are ports on which a connection is taken for the protocol, tentatively,
	// though nothing speaks for it nor for another: its beginning is not in the capture.
	Headless []uint16
	// Detect judges the first bytes of a connection, or a datagram. nil: the
	// protocol is never found by itself, only named by others (Stream.Switch, Expect).
	Detect func(h *Head) Verdict
	// Layers are those of frames that it decodes, with all that they carry.
	Layers []dissect.Proto
	// Shared: one decoder takes the datagrams of all connections, because an answer
	// may come on another one than its question (DHCP).
	Shared bool
	// Repeats: messages of streams that TCP sends again, as a fast retransmission, are
	// shown again.
	Repeats bool
	// Fields are those that its messages may have. Protocols may name the same ones.
	Fields []Field
	// New makes a decoder. nil: another protocol's decoder emits its messages
	// (Stream.MessageOf).
	New func() Decoder
	// Patience is how long, in nanoseconds of capture time, an answer may take: a
	// request without one counts as unanswered when the capture goes on longer than
	// that. 0: 10 s.
	Patience int64
}

// Field is one of Wireshark's fields, or one of ours where it has none.
type Field struct {
	Name string
	Kind dissect.FieldKind
	Bits uint8 // of integers: width of Wireshark's type
	Hex  bool  // integers: shown in hexadecimal
	// Listed: it has few values, so that the index keeps the frames of each. Numbers
	// and texts only.
	Listed bool
	// Secret: a secret: answers show its length only.
	Secret bool
	Doc    string
}

// Head is the beginning of a connection, or a datagram (in Client alone).
type Head struct {
	// Client and Server are the first bytes of the directions, at most HeadBytes of
	// each. The client is who sent the SYN; where that was not captured, Detect is
	// asked for both assignments.
	Client, Server         []byte
	ClientPort, ServerPort uint16
	Datagram               bool
	Midstream              bool // the capture lacks the beginning of the connection
}

// HeadBytes is how much of each direction a Detect sees.
const HeadBytes = 4 << 10

// Verdict is the answer of a Detect.
type Verdict uint8

// Verdicts, rising.
const (
	No     Verdict = iota
	More           // cannot tell yet: more bytes, or the other direction
	Likely         // may be it: taken where a port speaks for it, or nothing better is found
	Yes            // it is
)

// Decoder decodes one connection (or all datagrams of a Shared protocol). All
// methods are called by one goroutine.
type Decoder interface {
	// Decode takes the bytes of a direction that it has not consumed yet, and tells
	// how many it has consumed now. It is called again when more have come; what it
	// did not consume is given again, in front of them. A direction may keep at most
	// HoldBytes; when a decoder asks for more, the engine skips the bytes as it does
	// a gap. data is valid until Decode returns.
	//
	// Each datagram, and each frame's layer, is a call of its own; what is consumed
	// does not matter then, but 0 means: this is none of mine.
	Decode(s *Stream, data []byte) (n int)
	// Gap says that bytes of the direction are missing, which come before the next
	// Decode. What was held of the direction was given up before. A decoder finds
	// the next message by itself, or calls Stream.Reject.
	Gap(s *Stream, g Gap)
	// End says that the direction has ended. It is called once for each direction
	// that carried bytes. rest is what was not consumed.
	End(s *Stream, rest []byte, e End)
}

// Holder is a Decoder that keeps more than its state: the beginning of a body, say. What
// it holds counts in the memory of connections, the longest silent of which are given up.
type Holder interface {
	Held() int // bytes
}

// HoldBytes bounds what a direction keeps for a decoder that asks for more.
const HoldBytes = 64 << 10

// Gap is a hole in a direction.
type Gap struct {
	Bytes uint64
	// Captured: the bytes were captured, but given up, because a decoder asked for
	// more than HoldBytes, or they waited too long.
	Captured bool
	// Snapped: the snap length cut them. Lost: the peer never acknowledged them.
	// Neither, and not Captured: the peer acknowledged them, the capture lacks them.
	Snapped, Lost bool
}

// End is how a direction ended.
type End uint8

// Ends of directions.
const (
	CaptureEnded End = iota // nothing was seen of an end
	Finished                // its sender sent FIN
	ResetBySender
	ResetByReceiver
	Forgotten // the engine gave it up for want of memory
)

// Outcome is how a message fared whose direction ended before it was whole.
func (e End) Outcome() index.Outcome {
	switch e {
	case Finished, ResetBySender:
		return index.Truncated
	case ResetByReceiver:
		return index.Aborted
	}
	return index.Partial
}

// Mark is a place in a stream.
type Mark struct {
	Frame  uint32 // that brought the byte
	Time   index.Time
	Offset uint64 // of the byte in its direction
}

// Endpoint is one end of a connection.
type Endpoint = netip.AddrPort

// Str adds a value of a text, byte or address field.
func (m *Message) Str(field int, value string) {
	if len(m.Fields) >= index.MaxMessageFields {
		m.cut = true
		return
	}
	if len(value) > index.MaxFieldText {
		value, m.cut = value[:index.MaxFieldText], true
	}
	m.add(index.MessageField{Name: m.protocol.Fields[field].Name, Text: value})
}

func (m *Message) add(f index.MessageField) {
	if m.spare != nil {
		m.Fields = m.spare.Grow(m.Fields, len(m.Fields)+1)
	}
	m.Fields = append(m.Fields, f)
}

// hide marks the value that was added last as a secret, if it is one.
func (m *Message) hide(secret bool) {
	if n := len(m.Fields); n > 0 && secret {
		m.Fields[n-1].Secret = true
	}
}

// Uint adds a value of a number field. Times are in nanoseconds.
func (m *Message) Uint(field int, value uint64) {
	if len(m.Fields) >= index.MaxMessageFields {
		m.cut = true
		return
	}
	m.add(index.MessageField{Name: m.protocol.Fields[field].Name, Num: value})
}

// Bool adds a value of a boolean field.
func (m *Message) Bool(field int, value bool) {
	var n uint64
	if value {
		n = 1
	}
	m.Uint(field, n)
}

// Addr adds an address.
func (m *Message) Addr(field int, a netip.Addr) {
	if a = a.Unmap(); a.IsValid() {
		m.Str(field, string(a.AsSlice()))
	}
}

// Warn adds a warning. text holds no captured text. Without frames the message's
// are the evidence.
func (m *Message) Warn(code string, severity index.Severity, text string, frames ...uint32) {
	m.Warnings = append(m.Warnings, index.Warning{Code: code, Severity: severity, Text: text, Frames: frames})
}

// Message is a message in the making. Its protocol, connection, side, frames and
// times are the engine's.
type Message struct {
	index.Message
	protocol *Protocol
	spare    *buffers.Pool[index.MessageField]
	cut      bool // fields were left out
	guess    bool // it does not speak for its protocol
}
