package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// InfoRequest asks what a capture is and what is in it.
type InfoRequest struct {
	Capture string `json:"capture"`
}

// InfoAnswer is what capinfos tells, and more. Sizes are bytes.
type InfoAnswer struct {
	Capture    string    `json:"capture"`
	Name       string    `json:"name"`
	Added      Timestamp `json:"added"`
	SHA256     string    `json:"sha256"`      // of the file as given
	DataSHA256 string    `json:"data_sha256"` // of the decompressed bytes

	FileType       string   `json:"file_type"`             // "pcap", "pcapng"
	FileVersion    string   `json:"file_version"`          // "2.4", "1.0"
	FileVariant    string   `json:"file_variant"`          // "modified" (Kuznetzov) or ""
	Compression    []string `json:"compression,omitempty"` // outermost first
	FileBytes      uint64   `json:"file_bytes"`
	DataBytes      uint64   `json:"data_bytes"` // decompressed
	Encapsulations []string `json:"encapsulations"`

	Packets            uint32    `json:"packets"`
	Bytes              uint64    `json:"bytes"` // sum of original frame lengths
	CapturedBytes      uint64    `json:"captured_bytes"`
	Start              Timestamp `json:"start"` // earliest frame
	End                Timestamp `json:"end"`   // latest frame
	DurationS          Seconds   `json:"duration_s"`
	BytesPerSecond     float64   `json:"bytes_per_second"`
	BitsPerSecond      float64   `json:"bits_per_second"`
	PacketsPerSecond   float64   `json:"packets_per_second"`
	AveragePacketBytes float64   `json:"average_packet_bytes"`
	StrictTimeOrder    bool      `json:"strict_time_order"`

	Connections uint32 `json:"connections"`
	TCPStreams  uint32 `json:"tcp_streams"`
	UDPStreams  uint32 `json:"udp_streams"`

	Sections   []index.Section      `json:"sections"`
	Interfaces []InterfaceRow       `json:"interfaces"`
	Comments   []index.FrameComment `json:"frame_comments,omitempty"`
	Names      []index.NameRecord   `json:"names,omitempty"`
	Secrets    map[string]int       `json:"secrets,omitempty"`
	Blocks     map[string]int       `json:"blocks,omitempty"`

	Sizes     []SizeRow            `json:"sizes"`
	Hierarchy []ProtocolRow        `json:"hierarchy"`
	Endpoints []index.AddressCount `json:"endpoints"` // busiest first
	// Applications counts the messages of application protocols, by name.
	Applications []index.MessageProtocol `json:"applications,omitempty"`

	Damage   *index.Damage  `json:"damage"` // null: the file is whole
	Counters index.Counters `json:"counters"`
	Capped   []string       `json:"capped,omitempty"` // parts of this description that are not complete

	// Text says how much of the transport payload is word-indexed; null: nothing,
	// the index was made without.
	Text *index.TextSummary `json:"text"`

	IndexBytes   int64    `json:"index_bytes"`
	IndexFormat  int      `json:"index_format"`
	IndexContent int      `json:"index_content"`
	Hints        []string `json:"hints,omitempty"`
}

// InterfaceRow describes a capture interface with its link type's name.
type InterfaceRow struct {
	index.Interface
	Encapsulation string `json:"encapsulation"` // as capinfos names it
	TimeUnit      string `json:"time_unit"`     // "microseconds", "2^-20 s"
}

// SizeRow counts the frames of a length class.
type SizeRow struct {
	From    uint32 `json:"from"`         // original length, bytes
	To      uint32 `json:"to,omitempty"` // inclusive; 0: no upper bound
	Packets uint64 `json:"packets"`
}

// ProtocolRow is a node of the protocol hierarchy, in depth-first order.
type ProtocolRow struct {
	Protocol string `json:"protocol"`
	Path     string `json:"path"`  // "eth:ethertype:ip"
	Depth    int    `json:"depth"` // from 0
	Packets  uint64 `json:"packets"`
	Bytes    uint64 `json:"bytes"` // original frame lengths
}

// Info describes a capture.
func (e *Engine) Info(_ context.Context, q InfoRequest) (*InfoAnswer, error) {
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	s := x.Summary()
	a := &InfoAnswer{
		Capture: entry.ID, Name: entry.Name, Added: stampOf(entry.Added), SHA256: entry.FileSHA256, DataSHA256: entry.DataSHA256,
		Packets: s.Frames, Bytes: s.Bytes, CapturedBytes: s.CapturedBytes,
		Connections: s.Connections, TCPStreams: s.TCPStreams, UDPStreams: s.UDPStreams,
		StrictTimeOrder: s.Backwards == 0, Endpoints: s.Addresses, Counters: s.Counters, Text: s.Text,
		IndexBytes: entry.IndexBytes, IndexFormat: s.Format, IndexContent: s.Content,
	}
	a.file(&s.File)
	a.rates(s)
	a.Sizes, a.Hierarchy = sizeRows(s.Sizes), hierarchy(s.Stacks)
	if s.Applications != nil {
		a.Applications = s.Applications.Protocols
	}
	a.limits(s)
	return a, nil
}

func (a *InfoAnswer) file(f *index.FileInfo) {
	a.FileType, a.FileVersion = f.Format.String(), fmt.Sprintf("%d.%d", f.Major, f.Minor)
	a.FileVariant, a.Compression, a.FileBytes, a.DataBytes = f.Variant, f.Compression, f.FileBytes, f.DataBytes
	a.Sections, a.Comments, a.Names = f.Sections, f.Comments, f.Names
	a.Secrets, a.Blocks, a.Damage = f.Secrets, f.Blocks, f.Damage
	a.Encapsulations, a.Interfaces = []string{}, []InterfaceRow{}
	for i := range f.Interfaces {
		r := InterfaceRow{
			Interface: f.Interfaces[i], Encapsulation: dissect.LinkTypeName(f.Interfaces[i].LinkType),
			TimeUnit: timeUnit(f.Interfaces[i].Resolution),
		}
		a.Interfaces = append(a.Interfaces, r)
		if !slices.Contains(a.Encapsulations, r.Encapsulation) {
			a.Encapsulations = append(a.Encapsulations, r.Encapsulation)
		}
	}
}

// timeUnit names pcapng's if_tsresol.
func timeUnit(resolution uint8) string {
	if resolution&0x80 != 0 {
		return fmt.Sprintf("2^-%d s", resolution&0x7f)
	}
	switch resolution {
	case 0:
		return "seconds"
	case 3:
		return "milliseconds"
	case 6:
		return "microseconds"
	case 9:
		return "nanoseconds"
	}
	return fmt.Sprintf("10^-%d s", resolution)
}

func (a *InfoAnswer) rates(s *index.Summary) {
	if s.Frames > 0 {
		a.AveragePacketBytes = float64(s.Bytes) / float64(s.Frames)
	}
	if s.Timed == 0 {
		return
	}
	a.Start, a.End, a.DurationS = stampOf(s.Start.UTC()), stampOf(s.End.UTC()), secondsBetween(s.Start, s.End)
	if d := float64(a.DurationS); d > 0 {
		a.BytesPerSecond, a.BitsPerSecond = float64(s.Bytes)/d, float64(s.Bytes)*8/d
		a.PacketsPerSecond = float64(s.Frames) / d
	}
}

func sizeRows(counts []uint64) []SizeRow {
	low := index.SizeClasses()
	rows := make([]SizeRow, 0, len(low))
	for i, n := range counts {
		r := SizeRow{From: low[i], Packets: n}
		if i+1 < len(low) {
			r.To = low[i+1] - 1
		}
		rows = append(rows, r)
	}
	return rows
}

// hierarchy sums the layer stacks into a tree: every prefix of a stack is a
// node that counts the frames below it; siblings stand by frames, then name.
func hierarchy(stacks []index.Stack) []ProtocolRow {
	nodes := map[string]*ProtocolRow{}
	children := map[string][]*ProtocolRow{}
	for _, s := range stacks {
		if s.Layers == "" {
			continue
		}
		parent := ""
		for depth, name := range strings.Split(s.Layers, ":") {
			path := strings.TrimPrefix(parent+":"+name, ":")
			n := nodes[path]
			if n == nil {
				n = &ProtocolRow{Protocol: name, Path: path, Depth: depth}
				nodes[path] = n
				children[parent] = append(children[parent], n)
			}
			n.Packets += s.Frames
			n.Bytes += s.Bytes
			parent = path
		}
	}
	rows := []ProtocolRow{}
	var walk func(parent string)
	walk = func(parent string) {
		below := children[parent]
		slices.SortFunc(below, func(a, b *ProtocolRow) int {
			if a.Packets != b.Packets {
				if a.Packets > b.Packets {
					return -1
				}
				return 1
			}
			return strings.Compare(a.Protocol, b.Protocol)
		})
		for _, n := range below {
			rows = append(rows, *n)
			walk(n.Path)
		}
	}
	walk("")
	return rows
}

// limits says what the description leaves out and what to do.
func (a *InfoAnswer) limits(s *index.Summary) {
	a.Capped = append(a.Capped, s.File.Capped...)
	if s.Counters.AddressesCapped > 0 {
		a.Capped = append(a.Capped, fmt.Sprintf("endpoints: %d address occurrences found no place in the table", s.Counters.AddressesCapped))
	}
	if s.Counters.StacksCapped > 0 {
		a.Capped = append(a.Capped, fmt.Sprintf("hierarchy: %d frames have a layer stack beyond the dictionary", s.Counters.StacksCapped))
	}
	if s.Content < index.ContentVersion {
		a.Hints = append(a.Hints, "this index is older than the program: `pcapidx reindex CAPTURE` adds what is new")
	}
	if s.Text == nil {
		a.Hints = append(a.Hints, "its payload is not word-indexed: `pcapidx reindex "+a.Capture+"` adds that")
	}
	if s.File.Damage != nil {
		a.Hints = append(a.Hints, "the file is damaged: "+s.File.Damage.Message)
	}
}
