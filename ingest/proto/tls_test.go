package proto

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pcapidx/index"
)

// testCertificate makes a certificate; the same one each time.
func testCertificate(t *testing.T, from, to time.Time, issuer string, names ...string) []byte {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	c := &x509.Certificate{
		SerialNumber: big.NewInt(0x0102ff), Subject: pkix.Name{Country: []string{"DE"}, CommonName: "srv.example"},
		NotBefore: from, NotAfter: to, DNSNames: names,
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}
	if issuer == "" {
		parent = c
	}
	der, err := x509.CreateCertificate(nil, c, parent, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestTLS12(t *testing.T) {
	n := newTLSNet(false, tlsProtocol())
	der := testCertificate(t, time.Unix(1_600_000_000, 0), time.Unix(1_610_000_000, 0), "Test CA", "*.srv.example", "srv.example")
	n.send(0, record(tlsHandshakes, clientHello([]uint16{0xc02f, 0x0a0a, 0x000a}, serverName("www.srv.example"),
		extension(extGroups, vec16(num16(0x1a1a, 29))), extension(extPoints, vec8(0)), extension(extALPN, vec16(vec8('h', '2'))))))
	n.send(1, join(
		record(tlsHandshakes, serverHello(tls12, 0xc02f, extension(extALPN, vec16(vec8('h', '2'))))),
		record(tlsHandshakes, handshake(tlsCertificates, vec24(vec24(der)))),
		record(tlsHandshakes, handshake(tlsServerKey, []byte{3}, num16(29), vec8(noise(32)...), num16(0x0804), vec16(noise(64))), handshake(tlsHelloDone))))
	n.send(0, join(record(tlsHandshakes, handshake(tlsClientKey, vec8(noise(32)...))), record(tlsChangeCipher, []byte{1}), record(tlsHandshakes, make([]byte, 8), noise(32))))
	n.send(1, join(record(tlsChangeCipher, []byte{1}), record(tlsHandshakes, make([]byte, 8), noise(32))))
	n.send(0, record(tlsApplication, noise(100)))
	n.send(1, join(record(tlsApplication, noise(100)), record(tlsApplication, noise(50))))
	n.send(1, record(tlsAlertRecord, noise(26)))
	n.end(1, Finished)
	n.end(0, Finished)
	n.conn.Close(CaptureEnded)
	wantLines(t, n, `
1-1 request/ok req 0 [] Client Hello (www.srv.example)
2-2 response/ok req 1 [] Server Hello (TLS 1.2), Certificate, Server Key Exchange, Server Hello Done !tls.cert_expired
3-3 continues/ok req 0 [] Client Key Exchange, Change Cipher Spec, Encrypted Handshake Message
4-4 continues/ok req 0 [] Change Cipher Spec, Encrypted Handshake Message
5-5 continues/ok req 0 [] Application Data
6-6 continues/ok req 0 [] Application Data
7-7 continues/ok req 0 [] Encrypted Alert
`)
	wantValues(t, n, "tls.handshake.type", "1", "2", "11", "12", "14", "16")
	wantValues(t, n, "tls.handshake.ja3_full", "771,49199-10,0-10-11-16,29,0")
	wantValues(t, n, "tls.handshake.ja3s_full", "771,49199,16")
	wantValues(t, n, "tls.handshake.extensions_server_name", "www.srv.example")
	wantValues(t, n, "tls.handshake.server_named_curve", "29")
	wantValues(t, n, "tls.certificate.subject", "countryName=DE, commonName=srv.example")
	wantValues(t, n, "tls.certificate.issuer", "commonName=Test CA")
	wantValues(t, n, "tls.certificate.serial", "0102FF")
	wantValues(t, n, "tls.certificate.dns", "*.srv.example", "srv.example")
	wantValues(t, n, "tls.certificate.not_after", "1610000000000000000")
	wantValues(t, n, "tls.certificate.key_type", "Ed25519")
	wantValues(t, n, "tls.certificate.name_matches", "1")
	if a := n.apps[0]; a.Host != "www.srv.example" || a.HostFrom != "tls sni" || !a.Confirmed {
		t.Errorf("application: %+v", a)
	}
}

func TestTLS13(t *testing.T) {
	n := newTLSNet(false, tlsProtocol())
	versions := extension(extVersions, vec8(num16(tls13, tls12)...))
	retry := handshake(tlsServerHello, num16(tls12), []byte(retryRandom), vec8(), num16(0x1301), []byte{0}, vec16(extension(extVersions, num16(tls13))))
	n.send(0, record(tlsHandshakes, clientHello([]uint16{0x1301}, versions, extension(extECH, noise(40)))))
	n.send(1, join(record(tlsHandshakes, retry), record(tlsChangeCipher, []byte{1})))
	n.send(0, join(record(tlsChangeCipher, []byte{1}), record(tlsHandshakes, clientHello([]uint16{0x1301}, versions, serverName("a.example")))))
	n.send(1, join(record(tlsHandshakes, serverHello(tls12, 0x1301, extension(extVersions, num16(tls13)), extension(extPreShared, num16(0)))), record(tlsApplication, noise(60))))
	n.send(0, record(tlsApplication, noise(53)))
	n.end(0, Finished)
	n.end(1, Finished)
	wantLines(t, n, `
1-1 request/ok req 0 [] Client Hello !tls.no_sni !tls.ech
2-2 response/ok req 1 [HelloRetryRequest] Hello Retry Request, Change Cipher Spec
3-3 request/ok req 0 [] Change Cipher Spec, Client Hello (a.example)
4-4 response/ok req 3 [] Server Hello (TLS 1.3), resumed, Application Data
5-5 continues/ok req 0 [] Application Data
`)
	wantValues(t, n, "tls.record.opaque_type", "23", "23")
	wantValues(t, n, "tls.record.content_type", "22", "22", "20", "20", "22", "22")
}

func TestTLSWarnings(t *testing.T) {
	past, future := time.Unix(1_500_000_000, 0), time.Unix(1_900_000_000, 0)
	hello := record(tlsHandshakes, clientHello([]uint16{0x0005}, serverName("other.example")))
	for _, c := range []struct {
		name   string
		client []byte
		server []byte
		want   []string
	}{
		{"old version, weak cipher", hello, record(tlsHandshakes, serverHello(tls10, 0x0005)), []string{"tls.old_version", "tls.weak_cipher", "tls.handshake_incomplete"}},
		{"self-signed, other name", hello, record(tlsHandshakes, serverHello(tls12, 0xc02f), handshake(tlsCertificates, vec24(vec24(testCertificate(t, past, future, "", "srv.example"))))), []string{"tls.cert_self_signed", "tls.cert_name_mismatch", "tls.handshake_incomplete"}},
		{"not yet valid", hello, record(tlsHandshakes, serverHello(tls12, 0xc02f), handshake(tlsCertificates, vec24(vec24(testCertificate(t, future, future.AddDate(0, 1, 0), "CA", "other.example"))))), []string{"tls.cert_not_yet", "tls.handshake_incomplete"}},
		{"valid too long", hello, record(tlsHandshakes, serverHello(tls12, 0xc02f), handshake(tlsCertificates, vec24(vec24(testCertificate(t, time.Unix(1_690_000_000, 0), future, "CA", "other.example"))))), []string{"tls.cert_long_validity", "tls.handshake_incomplete"}},
		{"fatal alert", hello, record(tlsAlertRecord, []byte{2, 40}), []string{"tls.alert_fatal"}},
		{"no answer", hello, nil, []string{"tls.handshake_incomplete"}},
		{"hello with wrong lengths", record(tlsHandshakes, handshake(tlsClientHello, num16(tls12), tlsRandomBytes(), vec8(), vec16(num16(5)), vec8(0), num16(9, 1))), nil, []string{"tls.hello_malformed", "tls.handshake_incomplete"}},
	} {
		n := newTLSNet(false, tlsProtocol())
		n.send(0, c.client)
		if c.server != nil {
			n.send(1, c.server)
		}
		n.end(1, ResetBySender)
		n.end(0, ResetByReceiver)
		var got []string
		for _, m := range n.messages {
			for _, w := range m.Warnings {
				got = append(got, w.Code)
			}
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: got %q, want %q\n%s", c.name, got, c.want, n.lines())
		}
	}
}

func TestTLSAlertAnswers(t *testing.T) {
	n := newTLSNet(false, tlsProtocol())
	n.send(0, record(tlsHandshakes, clientHello([]uint16{0x1301}, serverName("a.example"))))
	n.send(1, record(tlsAlertRecord, []byte{2, 70}))
	wantLines(t, n, `
1-1 request/ok req 0 [] Client Hello (a.example)
2-2 response/error req 1 [protocol version] Alert (protocol version) !tls.alert_fatal
`)
}

// TestTLSResumed: the server changes its cipher without a certificate.
func TestTLSResumed(t *testing.T) {
	n := newTLSNet(false, tlsProtocol())
	n.send(0, record(tlsHandshakes, clientHello([]uint16{0xc02f}, serverName("a.example"), extension(extTicket, noise(40)))))
	n.send(1, join(record(tlsHandshakes, serverHello(tls12, 0xc02f)), record(tlsChangeCipher, []byte{1}), record(tlsHandshakes, make([]byte, 8), noise(32))))
	wantValues(t, n, "tls.resumed", "1")
}

// TestTLSCutRecord: the record behind one that a gap cuts is found by its length.
func TestTLSCutRecord(t *testing.T) {
	n := newTLSNet(false, tlsProtocol())
	n.send(0, record(tlsHandshakes, clientHello([]uint16{0xc02f}, serverName("a.example"))))
	data := join(record(tlsApplication, noise(1000)), record(tlsApplication, noise(77)))
	n.send(1, data[:300])
	n.gap(1, Gap{Bytes: 500})
	n.send(1, data[800:])
	wantLines(t, n, `
1-1 request/ok req 0 [] Client Hello (a.example)
2-2 continues/partial req 0 [] Application Data (in part)
3-3 continues/ok req 0 [] Application Data
`)
	wantValues(t, n, "tls.record.length", "65", "77")
}

// TestTLSPieces: however the bytes of a direction are cut into pieces, the same values
// come out; when its end is missing, the first of them.
func TestTLSPieces(t *testing.T) {
	hello := record(tlsHandshakes, clientHello([]uint16{0xc02f}, serverName("a.example")))
	der := testCertificate(t, time.Unix(1_600_000_000, 0), time.Unix(1_900_000_000, 0), "Test CA", "a.example")
	flight := join(serverHello(tls12, 0xc02f), handshake(tlsCertificates, vec24(vec24(der))), handshake(tlsHelloDone))
	data := join(record(tlsHandshakes, flight[:20]), record(tlsHandshakes, flight[20:200]), record(tlsHandshakes, flight[200:]),
		record(tlsChangeCipher, []byte{1}), record(tlsHandshakes, make([]byte, 8), noise(32)), record(tlsApplication, noise(300)), record(tlsApplication), record(tlsAlertRecord, noise(20)))
	run := func(r *rand.Rand, data []byte) string {
		n := newTLSNet(false, tlsProtocol())
		n.send(0, hello)
		for len(data) > 0 {
			size := len(data)
			if r != nil {
				size = min(size, 1+r.IntN(60))
			}
			n.send(1, data[:size])
			data = data[size:]
		}
		n.conn.Close(CaptureEnded)
		return n.fields()
	}
	whole := run(nil, data)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		if got := run(r, data); got != whole {
			t.Fatalf("seed %d: pieces give other values:\n%s\nwant\n%s", seed, got, whole)
		}
		if got := run(r, data[:r.IntN(len(data))]); !strings.HasPrefix(whole, got) {
			t.Fatalf("seed %d: a part gives other values:\n%s\nwant\n%s", seed, got, whole)
		}
	}
}

func TestDetectTLS(t *testing.T) {
	hello := record(tlsHandshakes, clientHello([]uint16{0xc02f}))
	answer := record(tlsHandshakes, serverHello(tls12, 0xc02f))
	data := record(tlsApplication, noise(40))
	for _, c := range []struct {
		name string
		head Head
		want Verdict
	}{
		{"client's hello", Head{Client: hello}, Yes},
		{"its beginning", Head{Client: hello[:7]}, More},
		{"server's hello", Head{Server: answer}, Yes},
		{"other record first", Head{Client: data}, No},
		{"text", Head{Client: []byte("GET / HTTP/1.1\r\n\r\n")}, No},
		{"in the middle: two records", Head{Midstream: true, Client: join(data, data)}, Yes},
		{"in the middle: one record", Head{Midstream: true, Client: data}, Yes},
		{"in the middle: part of one", Head{Midstream: true, Client: data[:20]}, Likely},
		{"in the middle: part of one, port", Head{Midstream: true, Client: data[:20], ServerPort: 443}, Yes},
		{"in the middle of a record", Head{Midstream: true, Server: join(noise(90), data, data)}, Yes},
		{"in the middle: text", Head{Midstream: true, Client: []byte("some text of no protocol")}, No},
		{"SSL 2.0", Head{Client: oldClientHello()}, Yes},
	} {
		if got := detectTLS(&c.head); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func oldClientHello() []byte {
	body := join([]byte{tlsClientHello}, num16(tls10, 6, 0, 16), []byte{0, 0, 0x2f, 0, 0, 0x0a}, noise(16))
	return join([]byte{0x80, byte(len(body))}, body)
}

func TestTLSOldHello(t *testing.T) {
	n := newTLSNet(false, tlsProtocol())
	n.send(0, oldClientHello())
	n.send(1, record(tlsHandshakes, serverHello(tls10, 0x2f)))
	wantValues(t, n, "tls.handshake.version", "769", "769")
	wantValues(t, n, "tls.record.version", "2", "771")
}

// TestJA4 has the example of the fingerprint's specification.
func TestJA4(t *testing.T) {
	h := &tlsHello{
		legacy: tls12, versions: []uint16{0x0a0a, tls13, tls12}, protocols: []string{"h2", "http/1.1"},
		suites:     []uint16{0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		extensions: []uint16{0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015},
		signatures: []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
	}
	if got, want := h.ja4('t'), "t13d1516h2_8daaf6152771_e5627efa2ab1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := (&tlsHello{legacy: tls10}).ja4('q'), "q10i000000_000000000000_000000000000"; got != want {
		t.Errorf("without anything: got %s, want %s", got, want)
	}
}

// TestBrokenCertificates: every beginning of a certificate, and bytes changed in it.
func TestBrokenCertificates(t *testing.T) {
	der := testCertificate(t, time.Unix(1_600_000_000, 0), time.Unix(1_900_000_000, 0), "Test CA", "a.example")
	for i := range der {
		readCertificate(der[:i])
		for _, x := range []byte{0x01, 0x80, 0xff} {
			b := append([]byte(nil), der...)
			b[i] ^= x
			readCertificate(b)
		}
	}
	if c, ok := readCertificate(der); !ok || !c.matches("A.example.") || c.matches("b.a.example") || c.selfSigned {
		t.Errorf("%+v", c)
	}
}

func BenchmarkTLSApplicationData(b *testing.B) {
	n := newTLSNet(false, tlsProtocol())
	n.send(0, record(tlsHandshakes, clientHello([]uint16{0xc02f}, serverName("a.example"))))
	data := record(tlsApplication, noise(1400))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n.send(1, data)
		n.messages = n.messages[:0]
	}
}

// FuzzTLS feeds bytes in pieces in both directions: each piece is a byte that says
// which side and how much.
func FuzzTLS(f *testing.F) {
	hello := record(tlsHandshakes, clientHello([]uint16{0xc02f}, serverName("a.example")))
	f.Add(hello, record(tlsHandshakes, serverHello(tls12, 0xc02f), handshake(tlsHelloDone)), []byte{80, 200, 3, 130})
	f.Add(oldClientHello(), record(tlsApplication, noise(30)), []byte{80, 200, 3, 130})
	f.Fuzz(func(t *testing.T, client, server, pieces []byte) {
		n := newTLSNet(false, tlsProtocol())
		data := [2][]byte{client, server}
		for _, p := range pieces {
			side := index.Side(p >> 7)
			size := min(int(p&63), len(data[side]))
			if p&64 != 0 && size > 0 {
				n.gap(side, Gap{Bytes: uint64(size), Snapped: size%2 == 0})
			} else if size > 0 {
				n.send(side, data[side][:size])
			}
			data[side] = data[side][size:]
		}
		for side, rest := range data {
			if len(rest) > 0 {
				n.send(index.Side(side), rest)
			}
		}
		n.conn.Close(CaptureEnded)
		if n.engine.Panics > 0 {
			t.Fatal("the decoder panicked")
		}
	})
}
