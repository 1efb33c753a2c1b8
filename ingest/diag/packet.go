package diag

import (
	"encoding/binary"

	"pcapidx/ingest/tcp"
)

// Bits of a stored packet.
const (
	storedSACKPermitted = 1 << iota
	storedTimestamps
	storedFastOpen
	storedMultipath
	storedIPv6
	storedReassembled
	storedDuplicate
	storedTLS
	storedRecord
	storedHasLen
	storedNoOptions
)

// packetBytes is the length of a stored packet without timestamps and blocks.
const packetBytes = 4*8 + 10*4 + 6*2 + 6

// AppendBinary appends what the watchers need of a packet to b: fixed-width numbers,
// because every TCP packet of a capture is written and read once. The format lives
// only while one ingest runs.
func (p *Packet) AppendBinary(b []byte) []byte {
	s, a, le := p.Segment, p.Analysis, binary.LittleEndian
	for _, v := range [...]int64{s.Time, a.AckRTT, a.RTO, a.IRTT} {
		b = le.AppendUint64(b, uint64(v))
	}
	for _, v := range [...]uint32{s.Frame, s.Seq, s.Ack, s.Len, p.WindowSize, p.WireLen, a.AcksFrame, a.RTOFrame, a.InFlight, a.DupNum} {
		b = le.AppendUint32(b, v)
	}
	for _, v := range [...]uint16{s.Flags, s.Window, s.MSS, p.IPID, uint16(a.Labels), p.stored()} {
		b = le.AppendUint16(b, v)
	}
	b = append(b, s.Dir, p.TTL, byte(p.Checksum), byte(s.Scale), byte(a.Scale), s.SACKs)
	if s.Timestamps {
		b = le.AppendUint32(le.AppendUint32(b, s.TSVal), s.TSEcr)
	}
	for _, block := range s.SACK[:s.SACKs] {
		b = le.AppendUint32(le.AppendUint32(b, block.Left), block.Right)
	}
	return b
}

// stored gives the truths of a packet as bits.
func (p *Packet) stored() (bits uint16) {
	s := p.Segment
	for i, is := range [...]bool{
		s.SACKPermitted, s.Timestamps, s.FastOpen, s.Multipath, p.IPv6, p.Reassembled, p.Duplicate, p.TLS, p.Record, s.HasLen, s.NoOptions,
	} {
		if is {
			bits |= 1 << i
		}
	}
	return bits
}

// DecodeBinary restores what AppendBinary wrote into p, whose Segment and Analysis
// are set; false if b is damaged.
func (p *Packet) DecodeBinary(b []byte) bool {
	if len(b) < packetBytes {
		return false
	}
	s, a, le := p.Segment, p.Analysis, binary.LittleEndian
	*s, *a = tcp.Segment{}, tcp.Analysis{}
	*p = Packet{Segment: s, Analysis: a}
	s.Time, a.AckRTT, a.RTO, a.IRTT = int64(le.Uint64(b)), int64(le.Uint64(b[8:])), int64(le.Uint64(b[16:])), int64(le.Uint64(b[24:]))
	b = b[32:]
	for i, v := range [...]*uint32{&s.Frame, &s.Seq, &s.Ack, &s.Len, &p.WindowSize, &p.WireLen, &a.AcksFrame, &a.RTOFrame, &a.InFlight, &a.DupNum} {
		*v = le.Uint32(b[4*i:])
	}
	b = b[40:]
	s.Flags, s.Window, s.MSS, p.IPID, a.Labels = le.Uint16(b), le.Uint16(b[2:]), le.Uint16(b[4:]), le.Uint16(b[6:]), tcp.Labels(le.Uint16(b[8:]))
	bits := le.Uint16(b[10:])
	s.SACKPermitted, s.Timestamps, s.FastOpen, s.Multipath = bits&storedSACKPermitted != 0, bits&storedTimestamps != 0, bits&storedFastOpen != 0, bits&storedMultipath != 0
	p.IPv6, p.Reassembled, p.Duplicate, p.TLS = bits&storedIPv6 != 0, bits&storedReassembled != 0, bits&storedDuplicate != 0, bits&storedTLS != 0
	a.Record, s.HasLen, s.NoOptions = bits&storedRecord != 0, bits&storedHasLen != 0, bits&storedNoOptions != 0
	b = b[12:]
	s.Dir, p.TTL, p.Checksum, a.Scale, s.SACKs = b[0], b[1], Checksum(b[2]), int8(b[4]), b[5]
	s.Scale = int16(int8(b[3]))
	b = b[6:]
	want := 8 * int(s.SACKs)
	if s.Timestamps {
		want += 8
	}
	if int(s.SACKs) > len(s.SACK) || s.Dir > 1 || len(b) != want {
		return false
	}
	if s.Timestamps {
		s.TSVal, s.TSEcr, b = le.Uint32(b), le.Uint32(b[4:]), b[8:]
	}
	for i := range s.SACK[:s.SACKs] {
		s.SACK[i] = tcp.Block{Left: le.Uint32(b[8*i:]), Right: le.Uint32(b[8*i+4:])}
	}
	return true
}
