package proto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// quicKeys protect the Initial packets of one direction. Everybody can derive them
// from the connection ID that the client's first packet is for (RFC 9001, section 5.2).
type quicKeys struct {
	header cipher.Block // header protection
	packet cipher.AEAD
	iv     [12]byte
}

// quicSalt gives the salt of a version, and whether it is version 2 (RFC 9369), which
// has other labels.
func quicSalt(version uint32) (salt string, second bool) {
	switch draft := version & 0xff; {
	case version == quicV1:
		return "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a", false
	case version == quicV2:
		return "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9", true
	case version == quicFacebook2:
		return quicSalt(quicDraft | 27)
	case version&^0xff != quicDraft:
	case draft >= 33 && draft <= 34:
		return quicSalt(quicV1)
	case draft >= 29:
		return "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99", false
	case draft >= 23:
		return "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02", false
	}
	return "", false
}

// newQUICKeys derives the keys of the client (0) and of the server (1); ok is false
// for versions of which the salt is not known.
func newQUICKeys(version uint32, dcid []byte) (keys [2]*quicKeys, ok bool) {
	salt, second := quicSalt(version)
	if salt == "" {
		return keys, false
	}
	initial, err := hkdf.Extract(sha256.New, dcid, []byte(salt))
	if err != nil {
		return keys, false
	}
	prefix := "quic "
	if second {
		prefix = "quicv2 "
	}
	for i, label := range []string{"client in", "server in"} {
		secret := expandLabel(initial, label, sha256.Size)
		k := &quicKeys{}
		block, err1 := aes.NewCipher(expandLabel(secret, prefix+"key", 16))
		header, err2 := aes.NewCipher(expandLabel(secret, prefix+"hp", 16))
		if err1 != nil || err2 != nil {
			return keys, false
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return keys, false
		}
		k.header, k.packet = header, aead
		copy(k.iv[:], expandLabel(secret, prefix+"iv", 12))
		keys[i] = k
	}
	return keys, true
}

// expandLabel is HKDF-Expand-Label of TLS 1.3 without a context (RFC 8446, section 7.1).
func expandLabel(secret []byte, label string, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(6+len(label)))
	info = append(info, "tls13 "...)
	info = append(info, label...)
	info = append(info, 0)
	out, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		return make([]byte, n)
	}
	return out
}

// open takes the protection off a packet, whose number begins at byte at. It gives the
// number, expanded after the largest one seen, and the frames; frames is nil if the
// keys are not the packet's.
func (k *quicKeys) open(packet []byte, at int, largest uint64) (number uint64, frames []byte) {
	const sample = aes.BlockSize
	if at+4+sample > len(packet) {
		return 0, nil
	}
	var mask [aes.BlockSize]byte
	k.header.Encrypt(mask[:], packet[at+4:at+4+sample])
	first := packet[0] ^ mask[0]&0x0f
	size := int(first&3) + 1
	head := append([]byte(nil), packet[:at+size]...)
	head[0] = first
	truncated := uint64(0)
	for i, x := range mask[1 : 1+size] {
		head[at+i] ^= x
		truncated = truncated<<8 | uint64(head[at+i])
	}
	number = quicNumber(truncated, size, largest)
	nonce := k.iv
	for i := range 8 {
		nonce[4+i] ^= byte(number >> (56 - 8*i))
	}
	frames, err := k.packet.Open(nil, nonce[:], packet[at+size:], head)
	if err != nil {
		return number, nil
	}
	return number, frames
}

// quicNumber expands a truncated packet number to that next to the one expected (RFC
// 9000, section A.3). next is one more than the largest seen.
func quicNumber(truncated uint64, size int, next uint64) uint64 {
	window := uint64(1) << (8 * size)
	candidate := next&^(window-1) | truncated
	switch {
	case candidate+window/2 <= next && candidate < 1<<62-window:
		return candidate + window
	case candidate > next+window/2 && candidate >= window:
		return candidate - window
	}
	return candidate
}
