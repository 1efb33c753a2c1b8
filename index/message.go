package index

// Message is one message of an application protocol: what Wireshark shows as one
// protocol data unit of it.
type Message struct {
	Number   uint32 // from 1, in the order in which messages were decoded
	Protocol string // Wireshark's name: "http"
	Conn     uint32 // NoConnection: none, as of ARP and ICMP
	Side     Side   // sender within Conn

	First, Frame uint32 // frames of its first and its last byte; its fields are those of Frame
	Start, End   Time   // of these frames
	// Offset is the place of its first byte in what its direction carried, and
	// Length how many bytes were seen of it. Of a datagram Offset is 0.
	Offset, Length uint64

	Kind    MessageKind
	Outcome Outcome
	// Request is the number of the message that this one answers, 0: none known.
	Request uint32
	Code    string // of an answer: "404", "NXDOMAIN"
	Summary string // one line for people: "GET /index.html"

	Fields   []MessageField // in the order in which they stand in the message
	Warnings []Warning
	// Text is decoded text of the message's body, at most MaxText bytes. It is stored
	// apart: messages that are read have TextBytes, and Index.MessageText gives it.
	Text      []byte
	TextBytes uint32
	Object    *Object // what the message carries, if that is a file of its own
}

// MaxText bounds Message.Text.
const MaxText = 1 << 20

// MessageKind is the part that a message plays.
type MessageKind uint8

// Message kinds.
const (
	Notice     MessageKind = iota // neither asks nor answers
	Request                       // an answer is expected
	Response                      // answers
	Continues                     // belongs to an exchange that another message began: data, interim answers
	Conclusion                    // says what became of a whole: the quality of a media stream
)

// String names the kind.
func (k MessageKind) String() string {
	return [...]string{"notice", "request", "response", "continues", "conclusion"}[min(k, Conclusion)]
}

// Outcome says how a message fared.
type Outcome uint8

// Outcomes.
const (
	Fine      Outcome = iota // nothing wrong
	Failed                   // the answer says that the request failed
	Truncated                // the sender did not finish it
	Partial                  // bytes of it are missing in the capture
	Aborted                  // the receiver gave up before it was whole
	Malformed                // its bytes make no sense
)

// String names the outcome.
func (o Outcome) String() string {
	return [...]string{"ok", "error", "truncated", "partial", "aborted", "malformed"}[min(o, Malformed)]
}

// MessageField is one value of a message.
type MessageField struct {
	Name string // Wireshark's
	Num  uint64 // of numbers; times in nanoseconds
	// Text is the value of kinds that are not numbers: text, bytes, addresses.
	Text string
	// Secret: the value is a password or the like, though its field may hold others.
	Secret bool
	// Ordinal numbers the values that EachMessage gives for sums, from 1: the same value
	// of the same field has the same number. 0: it has none.
	Ordinal uint32
}

// Warning is something odd about a message.
type Warning struct {
	Code     string // "http.body_short"
	Severity Severity
	Text     string   // one sentence with numbers; it holds no captured text
	Frames   []uint32 // evidence, at most MaxEvidence
}

// Object is a file that a message carried.
type Object struct {
	Name   string // as the protocol gives it; a text from the wire, never a path
	Type   string // media type that the message declares
	Sniff  string // media type that its first bytes show, "" if none
	Size   uint64 // decoded bytes seen
	SHA256 string // of these, hexadecimal
	// Wire is how many bytes of it the stream carried; Expected how many the message
	// announced, -1 if it did not.
	Wire     uint64
	Expected int64
	// Coding are the codings undone, in that order, with commas: "chunked,gzip".
	Coding string
	// Verdict says whether it is whole: "complete", or why not
	// (ingest/proto's verdicts).
	Verdict string
}

// Application says what is known of a connection's application.
type Application struct {
	Conn uint32
	// Protocols are those found, in the order in which they took over.
	Protocols []string
	// Confirmed: both directions agree, or two messages were understood.
	Confirmed bool
	// Host names the server; HostFrom says where the name comes from: "tls sni",
	// "http host", "dns", "certificate".
	Host, HostFrom string
	Messages       uint32
	Missing        uint64 // bytes that decoders had to skip: gaps, and what was too long
	// Of connections without a protocol: what their first bytes look like. Printable
	// is the share of printable ASCII in thousandths, Entropy in hundredths of a bit
	// a byte, Head the first bytes of the direction that spoke first.
	Sampled            uint32
	Printable, Entropy uint16
	Head               []byte
}
