// Package index is the store: what an ingest writes and every question reads.
//
// A Store is a folder of captures with a catalog. A Build is a capture's index
// in the making; Publish makes it visible in one transaction. A Writer fills its
// index.db: packets in blocks with columns beside them, connections, posting
// lists, the frames of connections, and the container bytes from which the
// capture file is given back. An Index is an open index.db; it is read-only,
// safe for concurrent use, and says CorruptError where stored bytes are damaged.
//
// schema.go documents the format on disk; model.go and connections.go hold the
// types that the rest of the program speaks of. The package knows nothing of
// protocols and imports nothing of the project.
package index

import (
	"net/netip"
	"time"
)

// Time is a point in capture time: nanoseconds since 1970-01-01T00:00:00Z.
type Time int64

// UTC converts t to a time.Time in UTC.
func (t Time) UTC() time.Time { return time.Unix(0, int64(t)).UTC() }

// Side is the sender of a packet within its connection. A is the endpoint that
// sent the connection's first packet; which of the two is the client is known
// only when the whole capture was seen (Connection.ClientIsB).
type Side uint8

// The two sides of a connection.
const (
	SideA Side = 0
	SideB Side = 1
)

// Format is the container format of a capture file.
type Format uint8

// Container formats.
const (
	FormatPcap   Format = 1 // classic libpcap, any byte order, resolution and minor version
	FormatPcapng Format = 2 // pcapng (draft-ietf-opsawg-pcapng)
)

func (f Format) String() string {
	switch f {
	case FormatPcap:
		return "pcap"
	case FormatPcapng:
		return "pcapng"
	}
	return "unknown"
}

// Interface describes one capture interface. A classic pcap file has exactly
// one; a pcapng file has those of all its sections, in file order.
type Interface struct {
	Section  int    `json:"section"`   // section of the file, from 0
	ID       int    `json:"id"`        // number inside its section, from 0
	LinkType uint32 `json:"link_type"` // LINKTYPE_ value of the pcap registry
	SnapLen  uint32 `json:"snaplen"`   // 0: no limit

	Format    Format `json:"format"`
	BigEndian bool   `json:"big_endian,omitempty"`
	// Resolution is the unit of the file's time stamps as pcapng's if_tsresol
	// byte: 6 = microseconds, 9 = nanoseconds, 0x80|n = 2^-n seconds.
	Resolution uint8 `json:"resolution"`
	// Offset is pcapng's if_tsoffset in seconds, added to every time stamp.
	Offset int64 `json:"offset_s,omitempty"`

	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Hardware    string   `json:"hardware,omitempty"`
	OS          string   `json:"os,omitempty"`
	Filter      string   `json:"filter,omitempty"`
	Comments    []string `json:"comments,omitempty"`

	// Packets counts the frames that name this interface. The statistics are
	// those of its last Interface Statistics Block; nil: not reported.
	Packets   uint64  `json:"packets"`
	Received  *uint64 `json:"received,omitempty"`   // isb_ifrecv
	Dropped   *uint64 `json:"dropped,omitempty"`    // isb_ifdrop
	OSDropped *uint64 `json:"os_dropped,omitempty"` // isb_osdrop
}

// Section describes one pcapng section header (a classic pcap file has one
// without texts).
type Section struct {
	BigEndian   bool     `json:"big_endian,omitempty"`
	Major       uint16   `json:"major"`
	Minor       uint16   `json:"minor"`
	Hardware    string   `json:"hardware,omitempty"`
	OS          string   `json:"os,omitempty"`
	Application string   `json:"application,omitempty"`
	Comments    []string `json:"comments,omitempty"`
}

// FrameComment is an opt_comment of a packet block.
type FrameComment struct {
	Frame   uint32 `json:"frame"`
	Comment string `json:"comment"`
}

// NameRecord is one entry of a pcapng Name Resolution Block.
type NameRecord struct {
	Addr netip.Addr `json:"addr"`
	Name string     `json:"name"`
}

// Damage says where a capture file stopped to make sense. The bytes from
// Offset on are kept and exported, but are no frames.
type Damage struct {
	// Kind is one of "cut in header", "cut in packet", "impossible length",
	// "unsupported record", "garbage", "compression" (the compressed stream
	// itself is cut or corrupt).
	Kind string `json:"kind"`
	// Offset is the byte in the decompressed file where the bad record starts.
	Offset uint64 `json:"offset"`
	// AfterFrame is the last good frame before the damage, 0 if there is none.
	AfterFrame uint32 `json:"after_frame"`
	// Message is one sentence for people; it holds no text from the capture.
	Message string `json:"message"`
}

// FileInfo is what the container of a capture file says about itself.
type FileInfo struct {
	Format      Format         `json:"format"`
	Compression []string       `json:"compression,omitempty"` // outermost first: "gzip", "zstd"
	Major       uint16         `json:"major"`
	Minor       uint16         `json:"minor"`
	Variant     string         `json:"variant,omitempty"` // "modified" (Kuznetzov) or ""
	FileBytes   uint64         `json:"file_bytes"`        // as given
	DataBytes   uint64         `json:"data_bytes"`        // decompressed
	Sections    []Section      `json:"sections"`
	Interfaces  []Interface    `json:"interfaces"`
	Comments    []FrameComment `json:"frame_comments,omitempty"`
	Names       []NameRecord   `json:"names,omitempty"`
	// Secrets counts Decryption Secrets Blocks by type ("tls", "ssh",
	// "wireguard", "zigbee-nwk", "zigbee-aps", "unknown").
	Secrets map[string]int `json:"secrets,omitempty"`
	// Blocks counts pcapng blocks that are neither headers, interfaces nor
	// packets, by name ("interface statistics", "custom", "unknown 0x...").
	Blocks map[string]int `json:"blocks,omitempty"`
	Damage *Damage        `json:"damage,omitempty"`
	// Capped names what was left out of this description because of a limit
	// (the bytes themselves are always kept), for example "frame comments".
	Capped []string `json:"capped,omitempty"`
}

// Frame is the container's view of one frame. Analysis uses OrigLen and what
// the headers say; CapLen bytes are stored.
type Frame struct {
	Time    Time
	Iface   uint32 // index into FileInfo.Interfaces
	CapLen  uint32
	OrigLen uint32
	NoTime  bool // the container gave no time (pcapng Simple Packet Block); Time is 0
}
