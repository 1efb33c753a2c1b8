// Package diag says what went wrong with TCP connections, and with a capture.
//
// A Family is one file and one line in families: the diagnostics that it can give,
// and a Watcher that sees the packets of one connection in frame order and reports
// when the connection is over. What several families need stands in Conn (facts.go).
// Capture does the same for the capture as a whole. Thresholds are in config.go.
//
// An ingest writes down what it needs of each packet (Packet.AppendBinary) and shows the
// connections one after the other when the capture was read: there is never more
// than one watched. Lists in a watcher are bounded all the same: a connection may be
// all of the capture.
package diag

import (
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// Diagnostic is something that can be found.
type Diagnostic struct {
	Code     string // as it is stored and asked for
	Severity index.Severity
	Group    string // handshake, close, loss, delay, window, application, path, capture, scan
	Title    string // a few words
	Doc      string // what it means, when it is given, where the rule comes from
}

// Family is a group of diagnostics that one watcher finds.
type Family struct {
	Name  string
	Finds []Diagnostic
	New   func() Watcher
	// FromData: the watcher begins with the first packet that has payload. Most
	// connections of a flood have none, and cost nothing then.
	FromData bool
}

// Watcher follows one connection.
type Watcher interface {
	// Watch sees a packet. c holds the facts up to it, itself included.
	Watch(c *Conn, p *Packet)
	// Finish reports, once, at the end of the capture.
	Finish(c *Conn, r *Report)
}

// Packet is one packet of a connection with a known length.
type Packet struct {
	*tcp.Segment
	*tcp.Analysis
	WindowSize  uint32 // calculated: scaled if that is known
	WireLen     uint32 // of the frame, as it was on the wire
	TTL         uint8  // or hop limit
	IPv6        bool
	IPID        uint16 // IPv4 identification
	Reassembled bool   // came in IP fragments
	Sum         uint16 // the TCP checksum as it stands in the header
	Checksum    Checksum
	// Duplicate: captured before (tcp.CaptureDuplicate; Feed sets it). Loss and delay must leave
	// it out.
	Duplicate bool
	TLS       bool // the payload begins with a TLS record
}

// Checksum says whether the TCP checksum was right.
type Checksum uint8

// States of a checksum.
const (
	ChecksumUnknown Checksum = iota // the packet is not there in full
	ChecksumGood
	ChecksumBad
)

// Resent reports whether the packet repeats data that was sent before, by
// Wireshark's rules.
func (p *Packet) Resent() bool { return p.Labels&tcp.Retransmission != 0 && p.Len > 0 }

// Data reports whether the packet is a data segment.
func (p *Packet) Data() bool { return p.Len > 0 && p.Flags&tcp.RST == 0 }

// Evidence are the frames that prove a finding: the first ones, and how many.
type Evidence struct {
	Frames []uint32
	Count  uint32
}

// Add notes a frame.
func (e *Evidence) Add(frame uint32) {
	if e.Count++; len(e.Frames) < index.MaxEvidence {
		e.Frames = append(e.Frames, frame)
	}
}

// Report takes what the watchers of one connection find.
type Report struct {
	// Measures are filled by the families, each its own part.
	Measures index.Measures
	// CaptureEnd is the time of the last frame of the capture, ns.
	CaptureEnd int64
	// Client is the client's direction, and Guessed says that no handshake told.
	Client  uint8
	Guessed bool
	// TCP is the connection's state at the end: it holds what was not acknowledged.
	// nil: not known.
	TCP *tcp.Conn

	// Sums counts the packets of each direction with right and wrong checksums.
	Sums [2]struct{ Good, Bad uint32 }

	findings []index.Finding
	low      bool
}

// Add reports a finding. Its severity is what the family says, which may be other
// than the diagnostic's usual one.
func (r *Report) Add(f index.Finding) {
	f.Low = f.Low || r.low
	slices.Sort(f.Frames)
	r.findings = append(r.findings, f)
}

// Role names a direction: "client" or "server".
func (r *Report) Role(dir uint8) string {
	if dir == r.Client {
		return "client"
	}
	return "server"
}

// All lists every diagnostic, in the order of the families.
func All() []Diagnostic {
	var all []Diagnostic
	for _, f := range families() {
		all = append(all, f.Finds...)
	}
	return append(all, captureDiagnostics()...)
}

// Find gives a diagnostic by its code.
func Find(code string) (Diagnostic, bool) {
	all := All()
	if i := slices.IndexFunc(all, func(d Diagnostic) bool { return d.Code == code }); i >= 0 {
		return all[i], true
	}
	return Diagnostic{}, false
}
