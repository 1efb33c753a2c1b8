package proto

import (
	"bytes"
	"encoding/hex"
	"testing"

	"pcapidx/index"
)

// sealInitial makes an Initial packet, with packet numbers of two bytes.
func sealInitial(t testing.TB, version uint32, secretID []byte, role int, dcid, scid, token []byte, number uint64, frames []byte) []byte {
	t.Helper()
	keys, ok := newQUICKeys(version, secretID)
	if !ok {
		t.Fatal("no keys")
	}
	k := keys[role]
	for len(frames) < 20 {
		frames = append(frames, quicPadding)
	}
	first := byte(0xc1)
	if version == quicV2 {
		first |= 0x10
	}
	head := join([]byte{first}, num16(uint16(version>>16), uint16(version)), vec8(dcid...), vec8(scid...), vec8(token...), num16(0x4000|uint16(len(frames)+18)))
	at := len(head)
	head = append(head, byte(number>>8), byte(number))
	nonce := k.iv
	for i := range 8 {
		nonce[4+i] ^= byte(number >> (56 - 8*i))
	}
	packet := k.packet.Seal(bytes.Clone(head), nonce[:], frames, head)
	var mask [16]byte
	k.header.Encrypt(mask[:], packet[at+4:at+20])
	packet[0] ^= mask[0] & 0x0f
	packet[at] ^= mask[1]
	packet[at+1] ^= mask[2]
	return packet
}

func cryptoFrame(offset int, data []byte) []byte {
	return join([]byte{quicCrypto}, num16(0x4000|uint16(offset), 0x4000|uint16(len(data))), data)
}

func padded(frames []byte) []byte { return append(frames, make([]byte, max(0, 1170-len(frames)))...) }

// TestQUICVectors opens the server's packets of RFC 9001, appendix A.3, and of RFC 9369,
// appendix A.3.
func TestQUICVectors(t *testing.T) {
	id := []byte{0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08}
	for version, text := range map[uint32]string{
		quicV1: "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee",
		quicV2: "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140",
	} {
		packet, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		h, ok := readLongHeader(packet)
		keys, known := newQUICKeys(version, id)
		if !ok || !known || h.kind != quicInitial || h.size != len(packet) {
			t.Fatalf("version %x: header %+v, %v", version, h, ok)
		}
		number, frames := keys[1].open(packet, h.number, 0)
		if number != 1 || !bytes.HasPrefix(frames, []byte{2, 0, 0, 0, 0, 6, 0, 0x40, 0x5a, 2}) {
			t.Errorf("version %x: number %d, frames %x", version, number, frames)
		}
	}
}

func TestQUIC(t *testing.T) {
	hello := clientHello([]uint16{0x1301}, serverName("a.example"), extension(extVersions, vec8(num16(tls13)...)), extension(extALPN, vec16(vec8('h', '3'))))
	answer := serverHello(tls12, 0x1301, extension(extVersions, num16(tls13)))
	first, client, server := []byte{1, 2, 3, 4, 5, 6, 7, 8}, []byte{9, 9, 9}, []byte{7, 7, 7, 7}
	for _, version := range []uint32{quicV1, quicV2, quicDraft | 29, quicDraft | 27} {
		n := newTLSNet(true, quicProtocol())
		// The hello comes in three parts, the last one first.
		n.send(0, sealInitial(t, version, first, 0, first, client, nil, 0, padded(join(cryptoFrame(70, hello[70:]), []byte{quicPing}))))
		n.send(0, sealInitial(t, version, first, 0, first, client, nil, 1, padded(join(cryptoFrame(30, hello[30:70]), cryptoFrame(0, hello[:31])))))
		long := byte(0xe0)
		if version == quicV2 {
			long = 0xf0
		}
		handshakePacket := join([]byte{long}, num16(uint16(version>>16), uint16(version)), vec8(client...), vec8(server...), num16(0x4000|300), noise(300))
		n.send(1, join(sealInitial(t, version, first, 1, client, server, nil, 0, join([]byte{quicAck, 1, 0, 0, 0}, cryptoFrame(0, answer))), handshakePacket, []byte{0x41}, client, noise(40)))
		n.send(0, join([]byte{0x40}, server, noise(60)))
		n.conn.Close(CaptureEnded)
		wantLines(t, n, `
1-1 continues/ok req 0 [] Initial
2-2 request/ok req 0 [] Initial, Client Hello (a.example)
3-3 response/ok req 2 [] Initial, Server Hello (TLS 1.3), Handshake, Protected Payload
4-4 continues/ok req 0 [] Protected Payload
`)
		wantValues(t, n, "quic.packet_number", "0", "1", "0")
		wantValues(t, n, "quic.frame_type", "6", "1", "0", "6", "6", "0", "2", "6")
		wantValues(t, n, "quic.header_form", "1", "1", "1", "1", "0", "0")
		wantValues(t, n, "tls.handshake.extensions_alpn_str", "h3")
		if a := n.apps[0]; a.Host != "a.example" || a.Protocols[0] != "quic" {
			t.Errorf("application: %+v", a)
		}
	}
}

// TestQUICWithoutFixedBit: long headers without the fixed bit are read where they are
// for the connection ID of the other side, and are no beginning of a connection.
func TestQUICWithoutFixedBit(t *testing.T) {
	first, client, server := []byte{1, 2, 3, 4, 5, 6, 7, 8}, []byte{9, 9, 9}, []byte{7, 7, 7, 7}
	handshake := func(dcid []byte) []byte {
		return join([]byte{0xa0}, num16(0, quicV1), vec8(dcid...), vec8(server...), num16(0x4000|300), noise(300))
	}
	n := newTLSNet(true, quicProtocol())
	n.send(1, handshake(client))
	n.send(0, sealInitial(t, quicV1, first, 0, first, client, nil, 0, padded([]byte{quicPing})))
	n.send(1, handshake([]byte{5, 5, 5}))
	n.send(1, handshake(client))
	n.conn.Close(CaptureEnded)
	wantLines(t, n, `
2-2 continues/ok req 0 [] Initial
4-4 continues/ok req 0 [] Handshake
`)
}

func TestQUICRetryAndNegotiation(t *testing.T) {
	hello := clientHello([]uint16{0x1301}, serverName("a.example"))
	first, client, server := []byte{1, 2, 3, 4, 5, 6, 7, 8}, []byte{9, 9, 9}, []byte{7, 7, 7, 7, 7, 7, 7, 7}
	n := newTLSNet(true, quicProtocol())
	n.send(0, sealInitial(t, quicV1, first, 0, first, client, nil, 0, padded(cryptoFrame(0, hello))))
	n.send(1, join([]byte{0xf0, 0, 0, 0, 1}, vec8(client...), vec8(server...), noise(30), noise(16)))
	n.send(0, sealInitial(t, quicV1, server, 0, server, client, noise(30), 1, padded(cryptoFrame(0, hello))))
	n.send(1, sealInitial(t, quicV1, server, 1, client, server, nil, 0, []byte{quicClose, 0x41, 0x28, 0, 0}))
	wantLines(t, n, `
1-1 request/ok req 0 [] Initial, Client Hello (a.example)
2-2 response/ok req 1 [Retry] Retry !quic.retry
3-3 continues/ok req 0 [] Initial
4-4 continues/error req 0 [handshake failure] Initial, Connection Close (handshake failure) !quic.close
`)
	n = newTLSNet(true, quicProtocol())
	n.send(0, sealInitial(t, quicV1, first, 0, first, client, nil, 0, padded(cryptoFrame(0, hello))))
	n.send(1, join([]byte{0x80, 0, 0, 0, 0}, vec8(client...), vec8(first...), num16(0x6b33, 0x43cf, 0xff00, 29)))
	wantValues(t, n, "quic.supported_version", "1798521807", "4278190109")
	n = newTLSNet(true, quicProtocol())
	n.send(0, sealInitial(t, quicV1, first, 0, first, client, nil, 0, padded(cryptoFrame(0, hello))))
	n.conn.Close(CaptureEnded)
	wantLines(t, n, `
1-1 request/ok req 0 [] Initial, Client Hello (a.example)
1-1 conclusion/error req 0 [] no answer from the server !quic.blocked
`)
}

func TestQUICNumber(t *testing.T) {
	for _, c := range []struct {
		truncated uint64
		size      int
		next      uint64
		want      uint64
	}{
		{0x9b32, 2, 0xa82f30eb, 0xa82f9b32}, // RFC 9000, section A.3
		{0, 1, 0, 0}, {0xff, 1, 0x100, 0xff}, {0x01, 1, 0xff, 0x101},
	} {
		if got := quicNumber(c.truncated, c.size, c.next); got != c.want {
			t.Errorf("%x after %x: %x, want %x", c.truncated, c.next, got, c.want)
		}
	}
}

func dtlsRecordOf(kind byte, epoch uint16, number uint16, parts ...[]byte) []byte {
	return join([]byte{kind}, num16(0xfefd, epoch, 0, 0, number), vec16(parts...))
}

func dtlsPart(kind byte, number uint16, whole []byte, from, to int) []byte {
	size := vec24(whole)[:3]
	return join([]byte{kind}, size, num16(number), []byte{0, byte(from >> 8), byte(from)}, vec24(whole[from:to]))
}

func TestDTLS(t *testing.T) {
	hello := join(num16(0xfefd), tlsRandomBytes(), vec8(), vec8(), vec16(num16(0xc02b)), vec8(0), vec16(serverName("a.example")))
	answer := join(num16(0xfefd), tlsRandomBytes(), vec8(), num16(0xc02b), []byte{0}, vec16())
	n := newTLSNet(true, dtlsProtocol())
	n.send(0, dtlsRecordOf(tlsHandshakes, 0, 0, dtlsPart(tlsClientHello, 0, hello, 0, len(hello))))
	n.send(1, dtlsRecordOf(tlsHandshakes, 0, 0, dtlsPart(tlsHelloVerify, 0, join(num16(0xfeff), vec8(noise(20)...)), 0, 23)))
	n.send(0, dtlsRecordOf(tlsHandshakes, 0, 1, dtlsPart(tlsClientHello, 1, hello, 30, len(hello))))
	n.send(0, dtlsRecordOf(tlsHandshakes, 0, 2, dtlsPart(tlsClientHello, 1, hello, 0, 30)))
	n.send(1, join(dtlsRecordOf(tlsHandshakes, 0, 1, dtlsPart(tlsServerHello, 1, answer, 0, len(answer))), dtlsRecordOf(tlsHandshakes, 0, 2, dtlsPart(tlsHelloDone, 2, nil, 0, 0))))
	n.send(0, join(dtlsRecordOf(tlsChangeCipher, 0, 3, []byte{1}), dtlsRecordOf(tlsHandshakes, 1, 0, noise(48))))
	n.send(0, dtlsRecordOf(tlsApplication, 1, 1, noise(48)))
	n.send(1, noise(30)) // of another protocol
	wantLines(t, n, `
1-1 request/ok req 0 [] Client Hello (a.example)
2-2 response/ok req 1 [HelloVerifyRequest] Hello Verify Request
3-3 continues/ok req 0 [] Client Hello (in part)
4-4 request/ok req 0 [] Client Hello (a.example)
5-5 response/ok req 4 [] Server Hello (DTLS 1.2), Server Hello Done
6-6 continues/ok req 0 [] Change Cipher Spec, Encrypted Handshake Message
7-7 continues/ok req 0 [] Application Data
`)
	wantValues(t, n, "dtls.handshake.type", "1", "3", "1", "1", "2", "14")
	wantValues(t, n, "dtls.record.epoch", "0", "0", "0", "0", "0", "0", "0", "1", "1")
}

// FuzzQUIC feeds datagrams of both directions to the protocols over UDP.
func FuzzQUIC(f *testing.F) {
	first, client := []byte{1, 2, 3, 4, 5, 6, 7, 8}, []byte{9, 9, 9}
	hello := clientHello([]uint16{0x1301}, serverName("a.example"))
	f.Add(sealInitial(f, quicV1, first, 0, first, client, nil, 0, padded(cryptoFrame(0, hello))), []byte{0x41, 9, 9, 9, 0, 0, 0}, hello)
	f.Add(dtlsRecordOf(tlsHandshakes, 0, 0, dtlsPart(tlsClientHello, 0, hello[4:], 0, 40)), []byte{0x41, 9, 9, 9, 0, 0, 0}, hello)
	f.Fuzz(func(t *testing.T, a, b, frames []byte) {
		n := newTLSNet(true, quicProtocol(), dtlsProtocol())
		// The fuzzer cannot seal packets: the frames of one are its.
		sealed := sealInitial(t, quicV1, first, 0, first, client, nil, 0, bytes.Clone(frames[:min(len(frames), 1<<13)]))
		for i, data := range [][]byte{a, b, sealed, b, a} {
			if len(data) > 0 {
				n.send(index.Side(i&1), data)
			}
		}
		n.conn.Close(CaptureEnded)
		if n.engine.Panics > 0 {
			t.Fatal("the decoder panicked")
		}
	})
}
