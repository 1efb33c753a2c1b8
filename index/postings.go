package index

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// PostingField is a field whose values have posting lists: for every segment
// and value a bitmap of the frames that have it. A frame with several
// occurrences of a field (tunnels, ICMP errors) stands in several lists.
type PostingField uint8

// Posting fields. The numbers are part of the format.
const (
	PostProtocol   PostingField = 1  // protocol name of a layer, text
	PostTCPFlag    PostingField = 2  // one byte: bit number, 0 FIN ... 7 CWR, 8: any bit above; two bytes: the flags of a header in a complex frame
	PostIPSrc      PostingField = 3  // 4 or 16 bytes
	PostIPDst      PostingField = 4  // 4 or 16 bytes
	PostTCPSrcPort PostingField = 5  // u16
	PostTCPDstPort PostingField = 6  // u16
	PostUDPSrcPort PostingField = 7  // u16, UDP-Lite too
	PostUDPDstPort PostingField = 8  // u16
	PostSCTPSrc    PostingField = 9  // u16
	PostSCTPDst    PostingField = 10 // u16
	PostVLAN       PostingField = 11 // u16
	PostStatus     PostingField = 12 // one byte: a Status bit
	PostApp        PostingField = 13 // name of an application protocol (Summary.Apps), text; content 2
	PostLabel      PostingField = 14 // one byte: the bit of a label of tcp.analysis; content 3
	postFields                  = 15
)

// TCPFlagOthers is the value of PostTCPFlag that stands for accurate ECN and the
// reserved bits; TCPFlagLists is the number of values.
const (
	TCPFlagOthers = 8
	TCPFlagLists  = 9
)

// PostingBudget is the number of distinct values that a field may have in one
// segment. Above it the field is not indexed in that segment: a flood with
// random addresses would cost more than its packets. The reader then answers
// "any frame of the segment may have it".
const PostingBudget = 1 << 15

// overflowValue is the value under which a segment says that a field went over
// its budget. No field has a value this long.
const overflowLen = 64

// postings collects the lists of one segment.
type postings struct {
	lists    [postFields]map[string]*roaring.Bitmap
	overflow [postFields]bool
}

func newPostings() *postings {
	p := &postings{}
	for f := range p.lists {
		p.lists[f] = map[string]*roaring.Bitmap{}
	}
	return p
}

// list gives the bitmap of a value, nil if the field is over its budget.
func (p *postings) list(f PostingField, value []byte) *roaring.Bitmap {
	if p.overflow[f] {
		return nil
	}
	if b, ok := p.lists[f][string(value)]; ok {
		return b
	}
	if len(p.lists[f]) >= PostingBudget {
		p.overflow[f], p.lists[f] = true, nil
		return nil
	}
	b := roaring.New()
	p.lists[f][string(value)] = b
	return b
}

// write hands all lists to put in key order.
func (p *postings) write(segment uint16, put func(key, body []byte) error) error {
	var body []byte
	for f := PostingField(1); f < postFields; f++ {
		if p.overflow[f] {
			if err := put(keyPosting(segment, f, make([]byte, overflowLen)), nil); err != nil {
				return err
			}
			continue
		}
		values := make([]string, 0, len(p.lists[f]))
		for v := range p.lists[f] {
			values = append(values, v)
		}
		slices.Sort(values)
		for _, v := range values {
			b := p.lists[f][v]
			b.RunOptimize()
			body = appendBitmap(body[:0], b)
			if err := put(keyPosting(segment, f, []byte(v)), body); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bitmap bodies: a list of up to smallList frames is stored as varint deltas,
// because roaring's headers would cost more than the numbers; a longer one in
// roaring's portable format.
const (
	bitmapDeltas  = 0
	bitmapRoaring = 1
	smallList     = 16
)

func appendBitmap(body []byte, b *roaring.Bitmap) []byte {
	if b.GetCardinality() > smallList {
		body = append(body, bitmapRoaring)
		data, err := b.ToBytes()
		if err != nil { // writes to memory only
			return body
		}
		return append(body, data...)
	}
	body = append(body, bitmapDeltas)
	var last uint32
	for it := b.Iterator(); it.HasNext(); {
		v := it.Next()
		body = binary.AppendUvarint(body, uint64(v-last))
		last = v
	}
	return body
}

// decodeBitmap decodes what appendBitmap wrote, and refuses what is not
// well-formed.
func decodeBitmap(body []byte) (*roaring.Bitmap, error) {
	return readBitmap(body, segmentMask, func(b *roaring.Bitmap) error { return b.Validate() })
}

// checkedBitmap is decodeBitmap for a body whose checksum was right: looking at
// every run of a large list would take longer than using it.
func checkedBitmap(body []byte) (*roaring.Bitmap, error) {
	return readBitmap(body, segmentMask, func(*roaring.Bitmap) error { return nil })
}

// readBitmap refuses numbers above most: what runs unfold to is then bounded.
func readBitmap(body []byte, most uint32, validate func(*roaring.Bitmap) error) (*roaring.Bitmap, error) {
	b := roaring.New()
	if len(body) == 0 {
		return nil, errShort
	}
	switch body[0] {
	case bitmapRoaring:
		// the reader's pages may go away with the index: copy
		if _, err := b.FromBuffer(slices.Clone(body[1:])); err != nil || validate(b) != nil {
			return nil, errShort
		}
	case bitmapDeltas:
		d := &decoder{b: body[1:]}
		var last uint32
		for len(d.b) > 0 {
			last += d.uint32()
			b.Add(last)
		}
		if d.err != nil {
			return nil, d.err
		}
	default:
		return nil, errShort
	}
	if !b.IsEmpty() && b.Maximum() > most {
		return nil, errShort
	}
	return b, nil
}

// AddressValue and PortValue give the stored form of a posting value.
func AddressValue(a netip.Addr) []byte { return a.AsSlice() }

// PortValue gives the stored form of a port, VLAN or other 16-bit number.
func PortValue(p uint16) []byte { return binary.BigEndian.AppendUint16(nil, p) }
