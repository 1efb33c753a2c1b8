package dissect

import (
	"encoding/binary"
	"math/bits"
)

// onesSum is the Internet checksum's sum of b (RFC 1071), added to sum.
func onesSum(b []byte, sum uint16) uint16 { return fold(wideSum(uint64(sum), b)) }

// wideSum is onesSum eight bytes at a time; fold makes 16 bits of it.
func wideSum(sum uint64, data []byte) uint64 {
	var carry uint64
	for len(data) >= 8 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data), carry)
		data = data[8:]
	}
	var tail [8]byte
	copy(tail[:], data)
	sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(tail[:]), carry)
	sum, carry = bits.Add64(sum, 0, carry)
	return sum + carry
}

func fold(sum uint64) uint16 {
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return uint16(sum)
}

// verify checks the checksum of a transport whose header and payload are data, of
// the announced length, with the pseudo-header of the innermost network header
// (RFC 9293, section 3.1; RFC 8200, section 8.1).
func (s *scan) verify(proto uint8, data []byte) ChecksumState {
	if s.network < 0 || s.quoted || s.fragmented || s.rep != len(data) {
		return ChecksumUnknown
	}
	n := &s.packet.Networks[s.network]
	sum := uint64(proto) + uint64(s.rep)
	for _, a := range [...][16]byte{n.Src.As16(), n.Dst.As16()} {
		if n.Src.Is4() { // without the prefix of mapped addresses
			sum = wideSum(sum, a[12:])
			continue
		}
		sum = wideSum(sum, a[:])
	}
	if fold(wideSum(sum, data)) == 0xffff {
		return ChecksumGood
	}
	return ChecksumBad
}
