package query

import (
	"net/netip"

	"pcapidx/index"
)

// Observation is a pattern over many messages: numbers and evidence, never a verdict.
type Observation struct {
	Code      string `json:"code"`
	Title     string `json:"title"`
	Statement string `json:"statement"` // with numbers; may name what the capture names
	// Frames are some of those that show it, Who the address that it is about.
	Frames []uint32 `json:"evidence"`
	Who    string   `json:"who,omitempty"`
	Rule   string   `json:"rule"` // what was counted, above which threshold
	// Benign are explanations without harm, Limits what the capture cannot tell.
	Benign []string `json:"benign_explanations"`
	Limits string   `json:"limits,omitempty"`
}

// observer watches the messages of a summary.
type observer interface {
	// fields names those that it reads.
	fields() []string
	// watch sees a message; from and to are its sender and receiver, not valid where
	// it belongs to no connection.
	watch(m *index.Message, from, to netip.Addr)
	// report gives what was seen, in an order that depends on the messages alone.
	report() []Observation
}

// observers gives those of a protocol, new for each summary.
func observers(protocol string) []observer {
	switch protocol {
	case "dns":
		return []observer{newSubdomains(), newFailedNames()}
	case "icmp":
		return []observer{newEchoes()}
	case "sip":
		return []observer{newRegistrations()}
	}
	return nil
}

// maxObserved bounds what an observer keeps.
const maxObserved = 1 << 16

// someFrames keeps the first frames of a piece of evidence.
func someFrames(frames []uint32, frame uint32) []uint32 {
	if len(frames) < 5 {
		return append(frames, frame)
	}
	return frames
}

// fieldText gives the first value of a text field, "" if there is none.
func fieldText(m *index.Message, name string) string {
	for i := range m.Fields {
		if m.Fields[i].Name == name {
			return m.Fields[i].Text
		}
	}
	return ""
}

// fieldNumber gives the first value of a number field.
func fieldNumber(m *index.Message, name string) (n uint64, has bool) {
	for i := range m.Fields {
		if m.Fields[i].Name == name {
			return m.Fields[i].Num, true
		}
	}
	return 0, false
}
