package index

import (
	"slices"
	"strings"
)

// Summary is what is known about a whole capture; it is stored once per index
// and is the source of every overview.
type Summary struct {
	Format  int `json:"format"`  // FormatVersion of the writer
	Content int `json:"content"` // ContentVersion of the writer

	File FileInfo `json:"file"`

	Frames        uint32 `json:"frames"`
	Bytes         uint64 `json:"bytes"`          // sum of original frame lengths
	CapturedBytes uint64 `json:"captured_bytes"` // sum of captured lengths
	Connections   uint32 `json:"connections"`
	TCPStreams    uint32 `json:"tcp_streams"`
	UDPStreams    uint32 `json:"udp_streams"`

	// Timed counts the frames that have a time. Start and End are the earliest
	// and the latest of them, whatever their order in the file; Backwards
	// counts frames that are earlier than the one before.
	Timed     uint32 `json:"timed"`
	Start     Time   `json:"start"`
	End       Time   `json:"end"`
	Backwards uint32 `json:"backwards,omitempty"`

	// Sizes counts frames by original length, in the classes of SizeClasses.
	Sizes []uint64 `json:"sizes"`
	// Stacks is the dictionary of layer stacks that Packet.Stack refers to.
	Stacks []Stack `json:"stacks"`
	// Apps is the dictionary of application protocols that Packet.App refers to.
	Apps []App `json:"apps,omitempty"`
	// Addresses are the busiest network addresses by bytes, at most
	// TopAddresses, busiest first.
	Addresses []AddressCount `json:"addresses"`

	// Findings are those of the capture as a whole; Found sums up those of its
	// connections, by code.
	Findings []Finding   `json:"findings,omitempty"`
	Found    []FoundCode `json:"found,omitempty"`

	// Text says what the text index holds; nil: there is none.
	Text *TextSummary `json:"text,omitempty"`

	// Applications says what is stored of application protocols; nil: nothing.
	Applications *MessageSummary `json:"applications,omitempty"`

	Counters Counters `json:"counters"`
}

// TextSummary says what became of the transport payload, in bytes that were
// captured. Their sum is all of it.
type TextSummary struct {
	Documents uint64 `json:"documents"` // chunks with words
	Indexed   uint64 `json:"indexed"`   // their words are in the text index
	Gated     uint64 `json:"gated"`     // not: encrypted or compressed, by their look
	Capped    uint64 `json:"capped"`    // not: beyond Cap in their direction
	// Scanned is the rest: bytes that were sent again, of fragments, and of no
	// connection's order.
	Scanned uint64 `json:"scanned"`
	Cap     uint64 `json:"cap"` // bytes of a direction of a connection that are indexed at most
}

// Stack is one combination of protocol layers and how often it occurred.
type Stack struct {
	Layers string `json:"layers"` // Wireshark's frame.protocols, layers 2 to 4: "eth:ethertype:ip:tcp"
	Frames uint64 `json:"frames"`
	Bytes  uint64 `json:"bytes"` // original lengths
}

// App is one combination of application protocols in a frame.
type App struct {
	Layers  string `json:"layers"`            // what follows the transport in frame.protocols
	Segment bool   `json:"segment,omitempty"` // the frame has tcp.segment_data
	Opaque  bool   `json:"opaque,omitempty"`  // none of the payload is understood
}

// Names gives the names under which lists have the frame: its protocols, each once, and
// OpaqueApp.
func (a *App) Names() (names []string) {
	if a.Layers != "" {
		names = strings.Split(a.Layers, ":")
	}
	slices.Sort(names)
	if names = slices.Compact(names); a.Opaque {
		names = append(names, OpaqueApp)
	}
	return names
}

// OpaqueApp is the list of the frames whose App is opaque, among those of protocols.
const OpaqueApp = "-"

// AddressCount counts the frames that have an address as source or destination
// of their outermost IP header.
type AddressCount struct {
	Address string `json:"address"`
	Frames  uint64 `json:"frames"`
	Bytes   uint64 `json:"bytes"`
}

// TopAddresses bounds Summary.Addresses.
const TopAddresses = 100

// Counters say what was wrong, skipped or limited. Zero ones are left out.
type Counters struct {
	Malformed           uint64 `json:"malformed,omitempty"`            // frames with a header that contradicts itself
	Truncated           uint64 `json:"truncated,omitempty"`            // frames whose headers the snap length cut
	Sliced              uint64 `json:"sliced,omitempty"`               // frames with fewer captured bytes than their original length
	Panics              uint64 `json:"panics,omitempty"`               // decoder panics recovered
	Fragments           uint64 `json:"fragments,omitempty"`            // IP fragments seen
	Reassembled         uint64 `json:"reassembled,omitempty"`          // datagrams put together
	FragmentsUnfinished uint64 `json:"fragments_unfinished,omitempty"` // datagrams of which a part never came
	FragmentsDropped    uint64 `json:"fragments_dropped,omitempty"`    // datagrams given up because of the reassembly budget
	StacksCapped        uint64 `json:"stacks_capped,omitempty"`        // frames whose layer stack found no place in the dictionary
	AppsCapped          uint64 `json:"apps_capped,omitempty"`          // frames whose application protocols found no place in the dictionary
	AddressesCapped     uint64 `json:"addresses_capped,omitempty"`     // frames whose address found no place in the address table
	HistoriesCapped     uint64 `json:"histories_capped,omitempty"`     // connections whose history was cut
	PostingsOverBudget  uint64 `json:"postings_over_budget,omitempty"` // (segment, field) pairs answered by scanning instead
	UnknownLinkTypes    uint64 `json:"unknown_link_types,omitempty"`   // frames of a link type that is not decoded
	MembershipsCapped   uint64 `json:"memberships_capped,omitempty"`   // connections of a frame beyond the limit per frame
}

// SizeClasses gives the lower bounds of the frame length classes, bytes, as
// Wireshark's packet length statistics has them.
func SizeClasses() []uint32 { return []uint32{0, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120} }
