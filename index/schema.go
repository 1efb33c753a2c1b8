package index

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The store on disk
//
//	STORE/catalog.db                    bbolt: which captures there are (catalog.go)
//	STORE/catalog.turn                  empty; lets writers go first (turnstile.go)
//	STORE/incoming/<random>/            a build in the making; its file "owner" is flock'd
//	STORE/captures/<id>/<build>/        a published build
//	    index.db                        bbolt: everything about one capture (below)
//	    index.sum                       sums of it (sums.go)
//	    text/                           bleve: the words of the payload (text.go); not in every build
//	    text.sum                        sums of the files in it (textsums.go)
//	    owner                           empty; locked until the build is published
//
// index.db holds the buckets named below. Keys are fixed-width big-endian
// numbers, so that bbolt's order is numeric order and the writer only appends.
// Every value ends in the CRC-32C (big-endian) of its key and body (seal, unseal).
//
//	bucket       key                              value
//	meta         "capture"                        Summary as JSON
//	blocks       first frame u32                  packet data of a block, s2 (blocks.go)
//	columns      first frame u32                  per-packet columns of the same block (columns.go)
//	datagrams    completing frame u32             frames of a reassembled IP datagram, varint deltas
//	connections  first connection u32             up to connGroup records, s2 (connections.go)
//	sort         column u8, first connection u32  up to sortGroup fixed-width u64 values, s2
//	members      segment u16, connection u32,     frames of connections in a segment
//	             frame in segment u32             (members.go)
//	postings     segment u16, field u8, value     roaring bitmap of the frames in a segment (postings.go)
//	analyses     first connection u32             measures and findings of a group, s2 (analyses.go)
//	found        code of a finding, text          roaring bitmap of the connections that have it
//	messages     first message u32                protocols of up to messageGroup messages, and these, s2 (messagecode.go)
//	messagesums    protocol, 0, first message u32  what figures need of up to sumGroup messages of a protocol, s2 (messagesums.go)
//	messagetexts   message u32                    text of a message's body, s2
//	messageframes  first frame u32                messages by frame, with their answers, s2 (messages.go)
//	messagelists   field, 0, value                roaring bitmap of the frames with it (messages.go)
//	applications   first connection u32           applications of a group of connections, s2
//	container    before frame u32, part u32       container bytes that cannot be told (container.go)
//
// A segment is 2^20 frames: frame n stands in segment (n-1)>>20.

// FormatVersion is the number of the on-disk format: a reader must know it.
//
//	1  the first format
//	2  columns in sections
const FormatVersion = 2

// ContentVersion is the number of what today's ingest would write into an
// index. An index with a smaller one answers, but reindex would add to it.
//
//	1  packets, connections, container bytes
//	2  window scale, time since the connection's frame before, echo pairs,
//	   StatusComplex; application protocols of payloads; sort columns of streams and first times
//	3  TCP analysis of packets, measures of connections, findings
//	4  messages of application protocols
//	5  messages for sums; events of event streams, and texts of JSON-RPC on connections of its own
//	6  messages for sums in sections; RTP and RTCP inside RTSP; payloads that are mere
//	   continuation; Location headers for sums; places of the text index's documents
const ContentVersion = 6

// Bucket names.
const (
	bucketMeta        = "meta"
	bucketBlocks      = "blocks"
	bucketColumns     = "columns"
	bucketDatagrams   = "datagrams"
	bucketConnections = "connections"
	bucketSort        = "sort"
	bucketMembers     = "members"
	bucketPostings    = "postings"
	bucketContainer   = "container"
	bucketAnalyses    = "analyses"
	bucketFound       = "found"

	bucketMessages      = "messages"
	bucketMessageSums   = "messagesums"
	bucketMessageTexts  = "messagetexts"
	bucketMessageFrames = "messageframes"
	bucketMessageLists  = "messagelists"
	bucketApplications  = "applications"
)

// buckets lists every bucket, in the order in which the writer creates them.
func buckets() []string {
	return []string{
		bucketMeta, bucketBlocks, bucketColumns, bucketDatagrams, bucketConnections,
		bucketSort, bucketMembers, bucketPostings, bucketContainer, bucketAnalyses, bucketFound,
		bucketMessages, bucketMessageTexts, bucketMessageFrames, bucketMessageLists, bucketApplications, bucketMessageSums,
	}
}

// bucketSince gives the content number that brought a bucket.
func bucketSince(name string) int {
	switch name {
	case bucketAnalyses, bucketFound:
		return analysesSince
	case bucketMessages, bucketMessageTexts, bucketMessageFrames, bucketMessageLists, bucketApplications:
		return messagesSince
	case bucketMessageSums:
		return sumsSince
	}
	return 1
}

// keyCapture is the only key of bucket meta.
const keyCapture = "capture"

// File names inside a build.
const (
	indexFile = "index.db"
	ownerFile = "owner"
)

const (
	segmentBits = 20
	// SegmentFrames is the number of frames in a segment.
	SegmentFrames = 1 << segmentBits
	segmentMask   = SegmentFrames - 1
)

// segmentOf gives the segment of a frame and its place in it.
func segmentOf(frame uint32) (segment uint16, offset uint32) {
	return uint16((frame - 1) >> segmentBits), (frame - 1) & segmentMask
}

// frameAt is the inverse of segmentOf.
func frameAt(segment uint16, offset uint32) uint32 {
	return uint32(segment)<<segmentBits + offset + 1
}

func key32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func keySort(column SortColumn, first uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(column)}, first)
}

func keyMember(segment uint16, conn, offset uint32) []byte {
	k := binary.BigEndian.AppendUint16(make([]byte, 0, 10), segment)
	k = binary.BigEndian.AppendUint32(k, conn)
	return binary.BigEndian.AppendUint32(k, offset)
}

func keyPosting(segment uint16, field PostingField, value []byte) []byte {
	k := binary.BigEndian.AppendUint16(make([]byte, 0, 3+len(value)), segment)
	return append(append(k, byte(field)), value...)
}

func keyPiece(before, part uint32) []byte {
	return binary.BigEndian.AppendUint32(key32(before), part)
}

// CorruptError says which stored value is damaged.
type CorruptError struct {
	File   string
	Bucket string
	Key    []byte
	Reason string
}

func (e *CorruptError) Error() string {
	if e.Bucket == "" {
		return fmt.Sprintf("read index %s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("read index %s: %s/%x: %s", e.File, e.Bucket, e.Key, e.Reason)
}

// castagnoli returns the CRC-32C table; crc32.MakeTable caches it.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// checksum covers the key too, so that a value found under a damaged key is
// not taken for another one.
func checksum(key, body []byte) uint32 {
	t := castagnoli()
	return crc32.Update(crc32.Update(0, t, key), t, body)
}

// seal appends the checksum to a body that starts at dst[from:].
func seal(dst []byte, from int, key []byte) []byte {
	return binary.BigEndian.AppendUint32(dst, checksum(key, dst[from:]))
}

// unseal checks and removes the checksum of a stored value.
func unseal(key, value []byte) (body []byte, ok bool) {
	if len(value) < 4 {
		return nil, false
	}
	body = value[:len(value)-4]
	return body, binary.BigEndian.Uint32(value[len(value)-4:]) == checksum(key, body)
}
