package proto

import (
	"bytes"
	"crypto/md5" //nolint:gosec // HASSH is an MD5
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
)

// Message numbers (RFC 4253 section 12; 30 to 34 depend on the method).
const (
	sshDisconnect = 1
	sshKexInit    = 20
	sshNewKeys    = 21
	sshKex31      = 31 // reply of DH and ECDH, group of DH-GEX
	sshKex33      = 33 // reply of DH-GEX
	sshKex34      = 34 // request of DH-GEX
)

// message reads the payload of a packet, which ends at end; b goes on after it. It
// tells whether the payload makes sense.
func (x *ssh) message(f *frameGroup, d *sshSide, b []byte, end int) bool {
	code, payload := b[5], b[6:max(6, end-int(b[4]))]
	name := sshMessageName(code)
	switch code {
	case sshKexInit:
		addSummary(f.m, name)
		return x.kexInit(f, d, b[6:])
	case sshNewKeys:
		d.encrypted = true
	case sshDisconnect:
		if len(payload) >= 4 {
			f.m.Uint(sshDisconnectReason, uint64(binary.BigEndian.Uint32(payload)))
			f.m.Code = fmt.Sprint(binary.BigEndian.Uint32(payload))
		}
	case sshKex31:
		if !strings.HasPrefix(x.method, "diffie-hellman-group-exchange-") {
			sshHostKey(f.m, payload)
		}
	case sshKex33:
		if strings.HasPrefix(x.method, "diffie-hellman-group-exchange-") {
			sshHostKey(f.m, payload)
		}
	case sshKex34:
		if len(payload) >= 12 {
			for i, field := range []int{sshGroupMin, sshGroupBits, sshGroupMax} {
				f.m.Uint(field, uint64(binary.BigEndian.Uint32(payload[4*i:])))
			}
		}
	}
	addSummary(f.m, name)
	return true
}

func sshMessageName(code byte) string {
	switch {
	case code == sshDisconnect:
		return "disconnect"
	case code == sshKexInit:
		return "key exchange init"
	case code == sshNewKeys:
		return "new keys"
	case code >= 30 && code < 50:
		return fmt.Sprintf("key exchange (%d)", code)
	}
	return fmt.Sprintf("message %d", code)
}

// sshHostKey reads the type of the host key that begins a reply.
func sshHostKey(m *Message, b []byte) {
	blob, _, ok := sshString(b)
	if !ok {
		return
	}
	if kind, _, ok := sshString(blob); ok {
		m.Str(sshHostKeyType, string(kind))
	}
}

// sshString takes a string with its length in front.
func sshString(b []byte) (value, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// kexInit reads KEXINIT (RFC 4253 section 7.1). Lists that end after the packet are
// read beyond it, as far as the frame goes, as Wireshark does.
func (x *ssh) kexInit(f *frameGroup, d *sshSide, b []byte) bool {
	m := f.m
	wrong := func() bool {
		m.Outcome = index.Malformed
		m.Warn("malformed", index.SeverityWarn, fmt.Sprintf("the algorithm lists of KEXINIT end after list %d of 10", len(d.offers)))
		return false
	}
	d.offers = nil
	if len(b) < 16 {
		return wrong()
	}
	m.Str(sshCookie, string(b[:16]))
	b = b[16:]
	for field := sshKexAlgorithms; field <= sshLanguagesToClient; field++ {
		list, rest, ok := sshString(b)
		if !ok {
			return wrong()
		}
		m.Str(field, string(list))
		d.offers = append(d.offers, bytes.Clone(list))
		b = rest
	}
	if len(b) < 5 {
		return wrong()
	}
	m.Uint(sshFirstFollows, uint64(b[0]))
	// HASSH: method, cipher, MAC and compression of the sender's own direction.
	algorithms, hash, second := sshHasshAlgorithms, sshHassh, 0
	if !f.s.FromClient() {
		algorithms, hash, second = sshHasshServerAlgorithms, sshHasshServer, 1
	}
	all := bytes.Join([][]byte{d.offers[0], d.offers[2+second], d.offers[4+second], d.offers[6+second]}, []byte(";"))
	sum := md5.Sum(all) //nolint:gosec // HASSH is an MD5
	m.Str(algorithms, string(all))
	m.Str(hash, hex.EncodeToString(sum[:]))
	x.agree(m)
	return true
}

// agree finds what both sides settled on: the first of the client's names that the
// server has too (RFC 4253 section 7.1).
func (x *ssh) agree(m *Message) {
	c, s := x.sides[0].offers, x.sides[1].offers
	if x.agreed || len(c) < 10 || len(s) < 10 {
		return
	}
	x.agreed = true
	var weak, chosen []string
	for i := range 6 {
		name := sshCommon(c[i], s[i])
		if i == 0 {
			x.method = name
		}
		if kind := sshWeak(name); kind != "" && !slices.Contains(weak, kind) {
			weak = append(weak, kind)
		}
		if i == 0 || i == 1 || i == 2 || i == 4 {
			chosen = append(chosen, name)
		}
	}
	addSummary(m, "agreed on "+strings.Join(chosen, " "))
	if len(weak) > 0 {
		m.Warn("ssh.weak_algo", index.SeverityWarn, fmt.Sprintf("%d of the algorithms agreed on are weak: %s", len(weak), strings.Join(weak, ", ")))
	}
}

func sshCommon(client, server []byte) string {
	has := map[string]bool{}
	for name := range bytes.SplitSeq(server, []byte(",")) {
		has[string(name)] = true
	}
	for name := range bytes.SplitSeq(client, []byte(",")) {
		if has[string(name)] {
			return string(name)
		}
	}
	return ""
}

// sshWeak names an algorithm that RFC 9142, RFC 8758 or NIST SP 800-131A advise
// against.
func sshWeak(name string) string {
	for _, weak := range []string{
		"diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1", "ssh-dss", "none", "3des-cbc", "des-cbc",
		"blowfish-cbc", "cast128-cbc", "arcfour", "arcfour128", "arcfour256", "aes128-cbc", "aes192-cbc", "aes256-cbc",
		"rijndael-cbc@lysator.liu.se", "hmac-md5", "hmac-md5-96", "hmac-sha1-96",
		"hmac-md5-etm@openssh.com", "hmac-md5-96-etm@openssh.com", "hmac-sha1-96-etm@openssh.com",
	} {
		if name == weak {
			return weak
		}
	}
	return ""
}
