package proto

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

// tlv encodes an element of BER.
func tlv(tag byte, parts ...string) string {
	content := strings.Join(parts, "")
	if n := len(content); n >= 0x80 {
		return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + content
	}
	return string([]byte{tag, byte(len(content))}) + content
}

func ldapMessage(id byte, op string) string { return tlv(0x30, tlv(2, string([]byte{id})), op) }

func ldapDone(tag, code byte) string {
	return tlv(tag, tlv(10, string([]byte{code})), tlv(4), tlv(4, "text"))
}

// ldapTalk is a connection: who sends, and what.
func ldapTalk() [][2]string {
	filter := tlv(0xa0, tlv(0xa3, tlv(4, "cn"), tlv(4, "x")), tlv(0x87, "objectClass"),
		tlv(0xa4, tlv(4, "sn"), tlv(0x30, tlv(0x80, "a"), tlv(0x81, "b"), tlv(0x82, "c"))))
	search := tlv(0x63, tlv(4, "dc=a"), tlv(10, "\x02"), tlv(10, "\x00"), tlv(2, "\x00"), tlv(2, "\x00"), tlv(1, "\xff"), filter, tlv(0x30, tlv(4, "mail")))
	entry := tlv(0x64, tlv(4, "cn=x"), tlv(0x30, tlv(0x30, tlv(4, "mail"), tlv(0x31, tlv(4, "a@b"), tlv(4, "c@d")))))
	return [][2]string{
		{"C", ldapMessage(1, tlv(0x60, tlv(2, "\x03"), tlv(4, "cn=me"), tlv(0x80, "secret")))},
		{"S", ldapMessage(1, ldapDone(0x61, 49))},
		{"C", ldapMessage(2, search)},
		{"S", ldapMessage(2, entry) + ldapMessage(2, ldapDone(0x65, 0))},
		{"C", ldapMessage(3, tlv(0x4a, "cn=x")) + ldapMessage(4, tlv(0x77, tlv(0x80, startTLS)))},
		{"S", ldapMessage(3, ldapDone(0x6b, 32))},
		{"S", "\x00\x00\x00\x08sealed.."},
		{"S", ldapMessage(4, ldapDone(0x78, 0))},
		{"C", "tls"},
	}
}

func TestLDAP(t *testing.T) {
	want := []string{
		"ldap 1-1 request: bindRequest cn=me simple !cleartext.credentials",
		"ldap 2-2 response of 1 invalidCredentials error: bindResponse invalidCredentials: text !ldap.auth_fail",
		"ldap 3-3 request: searchRequest dc=a wholeSubtree (&(cn=x)(objectClass=*)(sn=a*b*c))",
		"ldap 4-4 continues of 3: searchResEntry cn=x",
		"ldap 4-4 response of 3 success: searchResDone success: text",
		"ldap 5-5 request: delRequest cn=x",
		"ldap 5-5 request: extendedReq " + startTLS,
		"ldap 6-6 response of 6 noSuchObject error: delResponse noSuchObject: text",
		"ldap 7-7 notice: 8 bytes protected by SASL",
		"ldap 8-8 response of 7 success: extendedResp success: text",
		"tls 9-9 notice: 3 bytes",
	}
	for step := range 5 { // 0: whole, else in pieces of so many bytes
		k := &talk{}
		e := NewEngine(k, talkProtocols())
		c := e.Open(1, [2]Endpoint{netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:389")}, false)
		c.Client(index.SideA)
		var offsets [2]uint64
		for i, x := range ldapTalk() {
			frame, side := uint32(i+1), index.SideA
			if x[0] == "S" {
				side = index.SideB
			}
			size := step
			if step == 0 {
				size = len(x[1])
			}
			for piece := range slices.Chunk([]byte(x[1]), size) {
				e.At(frame, index.Time(frame))
				c.Bytes(side, offsets[side], piece, frame, index.Time(frame))
				offsets[side] += uint64(len(piece))
			}
		}
		c.Close(Finished)
		if got := k.lines(); !slices.Equal(got, want) {
			t.Fatalf("pieces of %d: got\n%s", step, strings.Join(got, "\n"))
		}
		wantTalk(t, k, map[string]string{
			"ldap.protocolOp": "1:0 2:1 3:3 4:4 4:5 5:10 5:23 6:11 8:24", "ldap.name": "1:cn=me", "ldap.attributeDesc": "3:cn",
			"ldap.filter": "3:0 3:3 3:7 3:4", "ldap.scope": "3:2", "ldap.vals": "4:2", "ldap.objectName": "4:cn=x",
		})
	}
}

// TestLDAPAfterGap: the next message is found.
func TestLDAPAfterGap(t *testing.T) {
	k := &talk{}
	e := NewEngine(k, talkProtocols())
	c := e.Open(1, [2]Endpoint{netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:389")}, false)
	c.Client(index.SideA)
	first, rest := []byte(ldapMessage(1, tlv(0x4a, "cn=x"))), []byte("rest"+ldapMessage(9, tlv(0x4a, "cn=y")))
	e.At(1, 1)
	c.Bytes(index.SideA, 0, first, 1, 1)
	c.Gap(index.SideA, Gap{Bytes: 50})
	e.At(2, 2)
	c.Bytes(index.SideA, uint64(len(first))+50, rest, 2, 2)
	c.Close(Finished)
	if got := k.lines(); len(got) != 2 || got[1] != "ldap 2-2 request: delRequest cn=y" {
		t.Errorf("got %q", got)
	}
}

func TestTFTP(t *testing.T) {
	k := &talk{}
	e := NewEngine(k, []Protocol{tftpProtocol()})
	client := netip.MustParseAddrPort("10.0.0.1:40000")
	asks := e.Open(1, [2]Endpoint{client, netip.MustParseAddrPort("10.0.0.2:69")}, true)
	data := e.Open(2, [2]Endpoint{netip.MustParseAddrPort("10.0.0.2:5000"), client}, true)
	for i, x := range []struct {
		c    *Connection
		side index.Side
		data string
	}{
		{asks, 0, "\x00\x01dir/a.bin\x00octet\x00blksize\x008\x00"},
		{data, 0, "\x00\x06blksize\x008\x00"},
		{data, 1, "\x00\x04\x00\x00"},
		{data, 0, "\x00\x03\x00\x0112345678"},
		{data, 0, "\x00\x03\x00\x0112345678"},
		{data, 1, "\x00\x04\x00\x01"},
		{data, 0, "\x00\x03\x00\x02abc"},
		{data, 0, "\x00\x05\x00\x02denied\x00"},
	} {
		e.At(uint32(i+1), index.Time(i))
		x.c.Datagram(x.side, []byte(x.data), uint32(i+1), index.Time(i))
	}
	want := []string{
		"tftp 1-1 request: read dir/a.bin, octet blksize=8",
		"tftp 2-2 response of 1: options: blksize=8",
		"tftp 3-3 continues of 1: acknowledges block 0",
		"tftp 4-4 continues of 1: block 1, 8 bytes",
		"tftp 5-5 continues of 1: block 1, 8 bytes, again",
		"tftp 6-6 continues of 1: acknowledges block 1",
		"tftp 7-7 continues of 1: last block 2 of dir/a.bin, 11 bytes in all [a.bin 11 complete cec43b4f]",
		"tftp 8-8 continues of 1 2 error: error 2: denied !tftp.error",
	}
	if got := k.lines(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestSyslog(t *testing.T) {
	k := &talk{}
	e := NewEngine(k, []Protocol{syslogProtocol()})
	c := e.Open(1, [2]Endpoint{netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:514")}, true)
	for i, x := range []string{
		"<34>Oct  1 22:14:15 host su[7]: failed", "<165>1 2003-10-11T22:14:15.003Z host app - ID47 - text", "<5>plain\n\x00", "no priority", "<999>x",
	} {
		e.At(uint32(i+1), index.Time(i))
		c.Datagram(0, []byte(x), uint32(i+1), index.Time(i))
	}
	wantTalk(t, k, map[string]string{
		"syslog.facility": "1:4 2:20 3:0 5:124", "syslog.level": "1:2 2:5 3:5 5:7", "syslog.hostname": "1:host 2:host",
		"syslog.procid": "1:su 2:-", "syslog.appname": "2:app", "syslog.msgid": "1:[7]: failed 2:ID47 - text",
		"syslog.timestamp": "2:1065910455003000000",
	})
	if got := k.lines()[2]; got != "syslog 3-3 notice: notice: plain" {
		t.Errorf("got %q", got)
	}
}

// TestDetectText: protocols that begin alike, and what is none of them.
func TestDetectText(t *testing.T) {
	for _, x := range []struct{ client, server, want string }{
		{"", "220 mail ESMTP\r\n", "smtp"},
		{"EHLO x\r\n", "220 a\r\n", "smtp"},
		{"USER x\r\n", "220 a\r\n", "ftp"},
		{"AUTH TLS\r\n", "220 a\r\n", "ftp"},
		{"", "220 FTP server\r\n", "ftp"},
		{"USER x\r\n", "+OK a\r\n", "pop"},
		{"a CAPABILITY\r\n", "* OK a\r\n", "imap"},
		{"NICK a\r\nUSER a 0 * :a\r\n", "", "irc"},
		{"", ":host 001 a :hello\r\n", "irc"},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", ""},
		{"*1\r\n$4\r\nPING\r\n", "+OK\r\n", ""},
		{"set a 0 0 1\r\n", "STORED\r\n", ""},
	} {
		got := ""
		for _, p := range talkProtocols()[:7] {
			if p.Detect != nil && p.Detect(&Head{Client: []byte(x.client), Server: []byte(x.server), ClientPort: 40000, ServerPort: 9}) == Yes {
				got += p.Name
			}
		}
		if got != x.want {
			t.Errorf("client %q, server %q: got %q, want %q", x.client, x.server, got, x.want)
		}
	}
}
