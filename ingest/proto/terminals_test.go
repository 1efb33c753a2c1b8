package proto

import (
	"encoding/binary"
	"strings"
	"testing"
)

func sshSays(body string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+5))
	return string(b) + "\x04" + body + "pppp"
}

// sshOffers is a KEXINIT with a cipher and a method.
func sshOffers(method, cipher string) string {
	b := "\x14" + strings.Repeat("c", 16)
	for _, list := range []string{method, "ssh-ed25519", cipher, cipher, "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""} {
		b += string(binary.BigEndian.AppendUint32(nil, uint32(len(list)))) + list
	}
	return sshSays(b + "\x00\x00\x00\x00\x00")
}

func sshScript() []scriptTurn {
	return scriptOf(
		"sSSH-2.0-OpenSSH_9.6\r\n", "cSSH-2.0-probe\r\n",
		"c"+sshOffers("curve25519-sha256,diffie-hellman-group1-sha1", "aes128-ctr,3des-cbc"), "s"+sshOffers("diffie-hellman-group1-sha1", "3des-cbc"),
		"c"+sshSays("\x1e\x00\x00\x00\x01k"), "s"+sshSays("\x1f\x00\x00\x00\x0f\x00\x00\x00\x0bssh-ed25519")+sshSays("\x15"), "c"+sshSays("\x15"),
		"c\x00\x00\x00\x20encrypted bytes", "s\x00\x00\x00\x10others",
	)
}

func TestSSH(t *testing.T) {
	k, _ := playScript(sshScript(), "", 9999, scriptWhole)
	checkScript(t, k, true, `
s notice/ok SSH-2.0-OpenSSH_9.6
c notice/ok SSH-2.0-probe
c notice/ok key exchange init
s notice/ok key exchange init, agreed on diffie-hellman-group1-sha1 ssh-ed25519 3des-cbc hmac-sha2-256 !ssh.weak_algo
c notice/ok key exchange (30)
s notice/ok key exchange (31), new keys
c notice/ok new keys
c continues/ok encrypted, 19 bytes
s continues/ok encrypted, 10 bytes`)
	for name, want := range map[string]string{
		"ssh.protocol": "SSH-2.0-OpenSSH_9.6|SSH-2.0-probe", "ssh.message_code": "20|20|30|31|21|21", "ssh.host_key.type": "ssh-ed25519",
		"ssh.kex.hassh_algorithms":    "curve25519-sha256,diffie-hellman-group1-sha1;aes128-ctr,3des-cbc;hmac-sha2-256;none",
		"ssh.packet_length_encrypted": "\x00\x00\x00\x20|\x00\x00\x00\x10", "ssh.direction": "1|0|0|1|0|1|0|0|1",
	} {
		if got := k.scriptValues(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for most := 1; most < 30; most++ {
		cut, _ := playScript(sshScript(), "ssh", 9999, func(n int) int { return min(n, most) })
		for _, name := range []string{"ssh.protocol", "ssh.message_code", "ssh.kex.hassh", "ssh.kex.hasshserver", "ssh.packet_length"} {
			if got, want := cut.scriptValues(name), k.scriptValues(name); got != want {
				t.Errorf("cut at %d: %s: got %q, want %q", most, name, got, want)
			}
		}
	}
}

func TestSSHOdd(t *testing.T) {
	for _, c := range []struct{ name, says, want string }{
		{"version 1", "sSSH-1.5-old\n", "s notice/ok SSH-1.5-old !ssh.v1"},
		{"both versions", "sSSH-1.99-old\n", "s notice/ok SSH-1.99-old"},
		{"length", "sSSH-2.0-x\r\n\xff\xff\xff\xffabcd", "s notice/malformed SSH-2.0-x, packet of odd length !malformed"},
		{"lists", "sSSH-2.0-x\r\n" + sshSays("\x14"+strings.Repeat("c", 16)+"\x00\x00\x00\xff"), "s notice/malformed SSH-2.0-x, key exchange init !malformed"},
	} {
		k, _ := playScript(scriptOf(c.says), "", 22, scriptWhole)
		if got := strings.Join(k.scriptLines(true), "\n"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func telnetScript() []scriptTurn {
	return scriptOf(
		"s\xff\xfd\x18\xff\xfb\x01", "c\xff\xfb\x18\xff\xfd\x01", "s\xff\xfa\x18\x01\xff\xf0", "c\xff\xfa\x18\x00vt100\xff\xf0",
		"c\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0", "s\r\nlogin: ", "cbo", "sbo", "cb\r\n", "sb\r\nPassword: ", "chu", "csh\r\n", "s\r\nLogin incorrect\r\nlogin: ",
		"cann\r\n", "s\r\n$ ", "cls\r\x00",
	)
}

func TestTelnet(t *testing.T) {
	k, _ := playScript(telnetScript(), "", 9999, scriptWhole)
	checkScript(t, k, true, `
s notice/ok do terminal type, will echo
c notice/ok will terminal type, do echo
s notice/ok suboption terminal type
c notice/ok suboption terminal type
c notice/ok suboption window size
s notice/ok login:
c notice/ok bo
s notice/ok bo
c request/ok b
s notice/ok b, Password:
c notice/ok data
c notice/ok password, 4 bytes !cleartext.credentials
s notice/ok Login incorrect, login:
c request/ok ann
s notice/ok $
c notice/ok ls`)
	values := map[string]string{
		"telnet.user": "bob|ann", "telnet.password": "hush", "telnet.cmd": "253|251|251|253|250|240|250|240|250|240",
		"telnet.subcmd": "24|1|24|1|24|1|24|0|31", "telnet.naws_subopt.width": "80", "telnet.string_subopt.value": "vt100",
	}
	for most := 1; most < 20; most++ {
		k, _ := playScript(telnetScript(), "telnet", 9999, func(n int) int { return min(n, most) })
		for name, want := range values {
			if got := k.scriptValues(name); got != want {
				t.Errorf("cut at %d: %s: got %q, want %q", most, name, got, want)
			}
		}
	}
	for i := range k.messages {
		for _, f := range k.messages[i].Fields {
			if f.Name == "telnet.data" && (f.Text == "hu" || f.Text == "sh\r\n") != f.Secret {
				t.Errorf("%q: secret %v", f.Text, f.Secret)
			}
		}
	}
}

func respScript() []scriptTurn {
	return scriptOf(
		"c*2\r\n$4\r\nAUTH\r\n$4\r\nhush\r\n", "s-WRONGPASS no\r\n", "c*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "s+OK\r\n$5\r\nhello\r\n",
		"cPING\r\n", "s+PONG\r\n", "c*1\r\n$4\r\nKEYS\r\n", "s*2\r\n$1\r\nk\r\n*2\r\n:1\r\n$-1\r\n", "c*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", "s%1\r\n$5\r\nproto\r\n:3\r\n",
		"s>2\r\n+message\r\n+x\r\n", "c*1\r\n$3\r\nBAD\r\n", "s!7\r\nERR bad\r\n", "c*1\r\n$4\r\nTTLS\r\n", "s|1\r\n+a\r\n:1\r\n:7\r\n",
	)
}

func TestRESP(t *testing.T) {
	k, _ := playScript(respScript(), "", 9999, scriptWhole)
	checkScript(t, k, true, `
c request/ok AUTH, password of 4 bytes !cleartext.credentials
s response/error of 1 [WRONGPASS] WRONGPASS no !resp.error
c request/ok SET k hello
c request/ok GET k
s response/ok of 3 OK
s response/ok of 4 "hello"
c request/ok PING
s response/ok of 7 PONG
c request/ok KEYS
s response/ok of 9 array of 2 elements
c request/ok HELLO 3
s response/ok of 11 map of 1 pair
s notice/ok push, array of 2 elements
c request/ok BAD
s response/error of 14 [ERR] ERR bad !resp.error
c request/ok TTLS
s response/ok of 16 7`)
	for i := range k.messages {
		for _, f := range k.messages[i].Fields {
			if f.Secret != (f.Text == "hush") {
				t.Errorf("%s %q: secret %v", f.Name, f.Text, f.Secret)
			}
		}
	}
	checkScriptCuts(t, respScript(), "resp")
}

// TestRESPCutValues: a frame that ends within a string shows what there is, and the
// next one shows it again.
func TestRESPCutValues(t *testing.T) {
	k, _ := playScript(scriptOf("c*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "s*2\r\n:1\r\n$6\r\nabc", "sdef\r\n"), "", 9999, scriptWhole)
	if got := k.scriptValues("resp.integer"); got != "1|1" {
		t.Errorf("got %q", got)
	}
	k, _ = playScript(scriptOf("c*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "s*2\r\n:1\r\n", "s$6\r\nabcdef\r\n"), "", 9999, scriptWhole)
	if got := k.scriptValues("resp.integer"); got != "1" {
		t.Errorf("got %q", got)
	}
	long := strings.Repeat("x", 300000)
	k, _ = playScript(scriptOf("c*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$300000\r\n"+long+"\r\n", "s+OK\r\n"), "", 9999, func(n int) int { return min(n, 1400) })
	checkScript(t, k, false, `
c request/ok SET k (300000 bytes)
s response/ok of 1 OK`)
	if k.apps[0].Missing != 0 {
		t.Errorf("%d bytes missing", k.apps[0].Missing)
	}
}

func TestRESPNesting(t *testing.T) {
	k, e := playScript(scriptOf("c*1\r\n$4\r\nKEYS\r\n", "s"+strings.Repeat("*1\r\n", 200)+":1\r\n", "s+OK\r\n"), "", 9999, scriptWhole)
	if got := strings.Join(k.scriptLines(true), "\n"); e.Panics > 0 || !strings.Contains(got, "!malformed") {
		t.Errorf("got %s", got)
	}
}

func TestNormalizeSQL(t *testing.T) {
	for q, want := range map[string]string{
		"SELECT  a1,'x''y' -- no\nFROM t2 WHERE b=1.5e3 /* c */ AND c IN (1,2, 3)": "SELECT a1,? FROM t2 WHERE b=? AND c IN (?)",
		"select \"a 1\", `b 2`, $1 from t":                                         "select \"a 1\", `b 2`, $1 from t",
		"insert into t values ('a\\'b', 'c":                                        "insert into t values (?",
	} {
		if got := normalizeSQL(q); got != want {
			t.Errorf("%q: got %q, want %q", q, got, want)
		}
	}
}

func memcacheScript() []scriptTurn {
	return scriptOf(
		"cset k 0 60 5\r\nhello\r\n", "sSTORED\r\n",
		"cget k j\r\n", "sVALUE k 0 5\r\nhello\r\nEND\r\n",
		"cset x 1 2 3 noreply\r\nabc\r\n",
		"cbad\r\n", "sERROR\r\n",
		"cquit\r\n",
	)
}

func TestMemcache(t *testing.T) {
	turns := memcacheScript()
	k, _ := playScript(turns, "", 9999, scriptWhole)
	checkScript(t, k, true, `
c request/ok set k 0 60
s response/ok of 1 STORED
c request/ok get k j
s response/ok of 3 1 value
c notice/ok set x 1 2
c request/ok bad
s response/error of 6 [ERROR] ERROR !memcache.error
c notice/ok quit`)
	if got := k.scriptValues("memcache.value.length"); got != "5|5|3" {
		t.Errorf("got %q", got)
	}
	checkScriptCuts(t, turns, "memcache")
}
