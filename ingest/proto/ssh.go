package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	sshVersion = iota
	sshLength
	sshPadding
	sshCode
	sshCookie
	sshKexAlgorithms
	sshHostKeyAlgorithms
	sshEncryptionToServer
	sshEncryptionToClient
	sshMACToServer
	sshMACToClient
	sshCompressionToServer
	sshCompressionToClient
	sshLanguagesToServer
	sshLanguagesToClient
	sshFirstFollows
	sshHasshAlgorithms
	sshHassh
	sshHasshServerAlgorithms
	sshHasshServer
	sshHostKeyType
	sshGroupMin
	sshGroupBits
	sshGroupMax
	sshDisconnectReason
	sshEncryptedLength
	sshDirection
)

// sshProtocol is the Secure Shell transport (RFC 4253), as far as it is in the clear.
func sshProtocol() Protocol {
	text := func(name, doc string, listed bool) Field {
		return Field{Name: name, Kind: dissect.KindString, Listed: listed, Doc: doc}
	}
	return Protocol{
		Name: "ssh", Title: "SSH", On: Streams, Ports: []uint16{22},
		Fields: []Field{
			sshVersion:               text("ssh.protocol", "Identification line", true),
			sshLength:                {Name: "ssh.packet_length", Kind: dissect.KindUint, Bits: 32, Doc: "Length of a packet in the clear"},
			sshPadding:               {Name: "ssh.padding_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of a packet's padding"},
			sshCode:                  {Name: "ssh.message_code", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Message number: 20 KEXINIT, 21 NEWKEYS"},
			sshCookie:                {Name: "ssh.cookie", Kind: dissect.KindBytes, Doc: "Random bytes of KEXINIT"},
			sshKexAlgorithms:         text("ssh.kex_algorithms", "Key exchange methods offered", true),
			sshHostKeyAlgorithms:     text("ssh.server_host_key_algorithms", "Host key algorithms offered", true),
			sshEncryptionToServer:    text("ssh.encryption_algorithms_client_to_server", "Ciphers offered, to the server", true),
			sshEncryptionToClient:    text("ssh.encryption_algorithms_server_to_client", "Ciphers offered, to the client", true),
			sshMACToServer:           text("ssh.mac_algorithms_client_to_server", "MACs offered, to the server", true),
			sshMACToClient:           text("ssh.mac_algorithms_server_to_client", "MACs offered, to the client", true),
			sshCompressionToServer:   text("ssh.compression_algorithms_client_to_server", "Compressions offered, to the server", true),
			sshCompressionToClient:   text("ssh.compression_algorithms_server_to_client", "Compressions offered, to the client", true),
			sshLanguagesToServer:     text("ssh.languages_client_to_server", "Languages, to the server", false),
			sshLanguagesToClient:     text("ssh.languages_server_to_client", "Languages, to the client", false),
			sshFirstFollows:          {Name: "ssh.first_kex_packet_follows", Kind: dissect.KindUint, Bits: 8, Doc: "A guessed packet follows"},
			sshHasshAlgorithms:       text("ssh.kex.hassh_algorithms", "What the client's HASSH is the MD5 of", false),
			sshHassh:                 text("ssh.kex.hassh", "HASSH of the client", true),
			sshHasshServerAlgorithms: text("ssh.kex.hasshserver_algorithms", "What the server's HASSH is the MD5 of", false),
			sshHasshServer:           text("ssh.kex.hasshserver", "HASSH of the server", true),
			sshHostKeyType:           text("ssh.host_key.type", "Type of the server's host key", true),
			sshGroupMin:              {Name: "ssh.dh_gex.min", Kind: dissect.KindUint, Bits: 32, Doc: "Smallest group acceptable, bits"},
			sshGroupBits:             {Name: "ssh.dh_gex.nbits", Kind: dissect.KindUint, Bits: 32, Doc: "Group wanted, bits"},
			sshGroupMax:              {Name: "ssh.dh_gex.max", Kind: dissect.KindUint, Bits: 32, Doc: "Largest group acceptable, bits"},
			sshDisconnectReason:      {Name: "ssh.disconnect_reason", Kind: dissect.KindUint, Bits: 32, Hex: true, Listed: true, Doc: "Reason of a disconnect"},
			sshEncryptedLength:       {Name: "ssh.packet_length_encrypted", Kind: dissect.KindBytes, Doc: "First four bytes of what a frame carries after NEWKEYS"},
			sshDirection:             {Name: "ssh.direction", Kind: dissect.KindBool, Listed: true, Doc: "From the server"},
		},
		Detect: detectSSH,
		New:    func() Decoder { return &ssh{} },
	}
}

// sshLine bounds an identification line (RFC 4253 section 4.2), sshPacket a packet in
// the clear (section 6.1).
const (
	sshLine   = 255
	sshPacket = 35000
)

// detectSSH wants an identification line. The middle of a connection has no mark: a
// port that speaks for it and bytes that look random must do.
func detectSSH(h *Head) Verdict {
	for _, b := range [][]byte{h.Client, h.Server} {
		if bytes.HasPrefix(b, []byte("SSH-1.")) || bytes.HasPrefix(b, []byte("SSH-2.")) {
			return Yes
		}
	}
	c, s := h.Client, h.Server
	begins := func(b []byte) bool { return len(b) > 0 && len(b) < 6 && string(b) == "SSH-2."[:len(b)] }
	if begins(c) && len(s) < 6 || begins(s) && len(c) < 6 {
		return More
	}
	if h.Midstream && h.ServerPort == 22 && (len(c) == 0 || opaque(c)) && (len(s) == 0 || opaque(s)) && len(c)+len(s) > 0 {
		return Likely
	}
	return No
}

// opaque tells bytes that look encrypted: a quarter of them and more are no printable
// ASCII.
func opaque(b []byte) bool {
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' || c > '~' {
			odd++
		}
	}
	return len(b) >= 16 && 4*odd >= len(b)
}

// ssh follows a connection up to its encryption. Messages are what one frame
// completes, as Wireshark shows it.
type ssh struct {
	version byte // of the protocol, 0: no identification line yet
	sides   [2]sshSide
	agreed  bool
	method  string // of the key exchange
	torn    bool   // the message in hand ends with a packet that makes no sense
}

// sshSide is what one side said.
type sshSide struct {
	named     bool // sent its identification line
	encrypted bool
	offers    [][]byte // name lists of KEXINIT
	packets   uint64
}

func (x *ssh) side(s *Stream) *sshSide {
	if s.FromClient() {
		return &x.sides[0]
	}
	return &x.sides[1]
}

// group gathers what a frame says; at its end stands who said it, unless the frame
// makes no sense.
func (x *ssh) group(s *Stream) *frameGroup {
	return &frameGroup{s: s, notice: true, ending: func(m *Message) {
		if !x.torn {
			m.Bool(sshDirection, !s.FromClient())
		}
		x.torn = false
	}}
}

// Decode implements Decoder.
func (x *ssh) Decode(s *Stream, data []byte) int {
	f := x.group(s)
	d := x.side(s)
	pos := 0
	for pos < len(data) {
		n := 0
		switch {
		case bytes.HasPrefix(data[pos:], []byte("SSH-")[:min(4, len(data)-pos)]) && !d.named && !d.encrypted:
			n = x.line(f, d, data, pos)
		case x.version == 2 && !d.encrypted:
			n = x.packet(f, d, data, pos)
		default:
			n = min(s.FrameEnd(pos), len(data)) - pos
			x.opaque(f, d, data[pos:pos+n], pos)
		}
		if n == 0 {
			break
		}
		pos += n
	}
	f.close()
	return pos
}

// line takes an identification line.
func (x *ssh) line(f *frameGroup, d *sshSide, data []byte, pos int) int {
	b := data[pos:]
	end := bytes.IndexByte(b[:min(len(b), sshLine+1)], '\n')
	if end < 0 {
		if len(b) > sshLine {
			d.encrypted = true // no line: nothing to read here
			x.opaque(f, d, b, pos)
			return len(b)
		}
		return 0
	}
	line := bytes.TrimRight(b[:end], "\r")
	m := f.open(f.s.At(pos), pos+end)
	m.Str(sshVersion, string(line))
	addSummary(m, string(line))
	d.named = true
	if x.version = 2; bytes.HasPrefix(line, []byte("SSH-1.")) && !bytes.HasPrefix(line, []byte("SSH-1.99")) {
		x.version = 1
		m.Warn("ssh.v1", index.SeverityWarn, "protocol version 1, which has known weaknesses")
	}
	return end + 1
}

// packet takes a packet in the clear.
func (x *ssh) packet(f *frameGroup, d *sshSide, data []byte, pos int) int {
	b := data[pos:]
	if len(b) < 4 {
		return 0
	}
	length := int(binary.BigEndian.Uint32(b))
	if length < 2 || length > sshPacket {
		m := f.open(f.s.At(pos), len(data)-1)
		m.Outcome = index.Malformed
		m.Warn("malformed", index.SeverityWarn, fmt.Sprintf("packet length %d is not between 2 and %d: the rest of the direction is not read", uint32(length), sshPacket))
		addSummary(m, "packet of odd length")
		d.encrypted = true
		return len(b)
	}
	if len(b) < 4+length {
		return 0
	}
	m := f.open(f.s.At(pos), pos+4+length-1)
	m.Uint(sshLength, uint64(length))
	m.Uint(sshPadding, uint64(b[4]))
	m.Uint(sshCode, uint64(b[5]))
	d.packets++
	if !x.message(f, d, b, 4+length) {
		x.torn, f.last = true, len(data)-1
		return len(b)
	}
	return 4 + length
}

// opaque notes what a frame carries after NEWKEYS.
func (x *ssh) opaque(f *frameGroup, d *sshSide, b []byte, pos int) {
	m := f.open(f.s.At(pos), pos+len(b)-1)
	m.Kind = index.Continues
	if len(b) >= 4 {
		m.Str(sshEncryptedLength, string(b[:4]))
	}
	addSummary(m, fmt.Sprintf("encrypted, %d bytes", len(b)))
}

// Gap implements Decoder: after a gap no packet begins where one can tell.
func (x *ssh) Gap(s *Stream, _ Gap) { x.side(s).encrypted = true }

// End implements Decoder.
func (x *ssh) End(s *Stream, rest []byte, e End) {
	if len(rest) == 0 {
		return
	}
	endCut(s, len(rest), e)
}
