package proto

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// ja4 is the JA4 fingerprint of a client's hello over a carrier: 't' for TCP, 'q' for
// QUIC, 'd' for DTLS. Like JA3 it leaves GREASE out, but sorts suites and extensions.
func (h *tlsHello) ja4(carrier byte) string {
	suites, extensions := withoutGrease(h.suites), withoutGrease(h.extensions)
	name := byte('i') // the client asks for an address
	if h.offers(extServerName) {
		name = 'd'
	}
	alpn := "00"
	if len(h.protocols) > 0 {
		alpn = ja4Protocol(h.protocols[0])
	}
	head := fmt.Sprintf("%c%s%c%02d%02d%s", carrier, ja4Version(h.version()), name, min(len(suites), 99), min(len(extensions), 99), alpn)
	slices.Sort(suites)
	slices.Sort(extensions)
	extensions = slices.DeleteFunc(extensions, func(v uint16) bool { return v == extServerName || v == extALPN })
	text := hexList(extensions)
	if signatures := withoutGrease(h.signatures); len(signatures) > 0 {
		text += "_" + hexList(signatures)
	}
	if len(h.extensions) == 0 {
		text = ""
	}
	return head + "_" + ja4Hash(hexList(suites)) + "_" + ja4Hash(text)
}

func withoutGrease(list []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(list), grease)
}

func hexList(list []uint16) string {
	parts := make([]string, 0, len(list))
	for _, v := range list {
		parts = append(parts, fmt.Sprintf("%04x", v))
	}
	return strings.Join(parts, ",")
}

func ja4Hash(text string) string {
	if text == "" {
		return "000000000000"
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

func ja4Version(v uint16) string {
	switch v {
	case tls13:
		return "13"
	case tls12:
		return "12"
	case 0x302:
		return "11"
	case tls10:
		return "10"
	case ssl30:
		return "s3"
	case 2:
		return "s2"
	case 0xfeff:
		return "d1"
	case 0xfefd:
		return "d2"
	case 0xfefc:
		return "d3"
	}
	return "00"
}

// ja4Protocol is the first and the last character of a protocol's name, of its
// hexadecimal form if they are no letters or digits.
func ja4Protocol(name string) string {
	if name == "" {
		return "00"
	}
	plain := func(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	first, last := name[0], name[len(name)-1]
	if plain(first) && plain(last) {
		return string([]byte{first, last})
	}
	return fmt.Sprintf("%02x", first)[:1] + fmt.Sprintf("%02x", last)[1:]
}
