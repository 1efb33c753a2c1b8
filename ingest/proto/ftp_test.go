package proto

import (
	"testing"
)

const ftpTalk = `
S 220-Welcome
S  to this\r\n220 FTP ready
C USER bob
S 331 password?
C PASS secret
S 530 no
C PWD
S 257 "/a""b" is it
C CWD ../c
S 250 ok
C CDUP
S 250 ok
C PASV
S 227 Entering (10,0,0,2,8,1)
C RETR x/y.txt
S 150 opening\r\n226 done
C PORT 10,0,0,9,8,2
S 200 ok
C EPRT |2|2001:db8::1|2051|
S 200 ok
C EPSV
S 229 Entering (|||2052|)
C AUTH TLS
S 234 go
C tls\
`

func TestFTP(t *testing.T) {
	k := script{port: 21, frames: ftpTalk, end: Finished}.check(t, `
ftp 1-1 continues: 220-Welcome
ftp 2-2 notice 220:  to this | 220 FTP ready
ftp 3-3 request: USER bob
ftp 4-4 response of 3 331: 331 password?
ftp 5-5 request: PASS (6 bytes) !cleartext.credentials
ftp 6-6 response of 5 530 error: 530 no !ftp.auth_fail
ftp 7-7 request: PWD
ftp 8-8 response of 7 257: 257 "/a""b" is it
ftp 9-9 request: CWD ../c
ftp 10-10 response of 9 250: 250 ok
ftp 11-11 request: CDUP
ftp 12-12 response of 11 250: 250 ok
ftp 13-13 request: PASV
ftp 14-14 response of 13 227: 227 Entering (10,0,0,2,8,1)
ftp 15-15 request: RETR x/y.txt
ftp 16-16 continues of 15 150: 150 opening
ftp 16-16 response of 15 226: 226 done
ftp 17-17 request: PORT 10,0,0,9,8,2
ftp 18-18 response of 18 200: 200 ok
ftp 19-19 request: EPRT |2|2001:db8::1|2051|
ftp 20-20 response of 20 200: 200 ok
ftp 21-21 request: EPSV
ftp 22-22 response of 22 229: 229 Entering (|||2052|)
ftp 23-23 request: AUTH TLS
ftp 24-24 response of 24 234: 234 go
tls 25-25 notice: 3 bytes
`)
	wantTalk(t, k, map[string]string{
		"ftp.request.arg":               "3:bob 5:secret 9:../c 15:x/y.txt 17:10,0,0,9,8,2 19:|2|2001:db8::1|2051| 23:TLS",
		"ftp.response.code":             "1:220 4:331 6:530 8:257 10:250 12:250 14:227 16:150 18:200 20:200 22:229 24:234",
		"ftp.response.arg":              "1:Welcome 2: to this 4:password? 6:no 8:\"/a\"\"b\" is it 10:ok 12:ok 14:Entering (10,0,0,2,8,1) 16:opening 18:ok 20:ok 22:Entering (|||2052|) 24:go",
		"ftp.passive.port":              "14:2049",
		"ftp.active.port":               "17:2050",
		"ftp.active.nat":                "17:1",
		"ftp.eprt.port":                 "19:2051",
		"ftp.epsv.port":                 "22:2052",
		"ftp.current-working-directory": `1: 2: 3: 4: 5: 6: 7: 8:/a"b 9:/a"b 10:/c 11:/c 12:/ 13:/ 14:/ 15:/ 16:/ 17:/ 18:/ 19:/ 20:/ 21:/ 22:/ 23:/ 24:/`,
	})
}

// TestFTPData: the data connection finds the command that it belongs to.
func TestFTPData(t *testing.T) {
	k := &talk{}
	e := NewEngine(k, talkProtocols())
	control := script{port: 21, frames: "S 220 FTP\nC USER ftp\nS 331 a\nC PASV\nS 227 (10,0,0,2,8,1)\nC RETR x/y.txt\nS 150 a", end: CaptureEnded}
	control.connection(e, k, 1, 0)
	data := script{port: 2049, frames: `S hello\`, end: Finished}
	data.connection(e, k, 2, 10)
	other := script{port: 2050, frames: `S hello\`, end: Finished}
	other.connection(e, k, 3, 11)
	if l := k.lines(); len(l) != 8 || l[7] != "ftp-data 11-11 conclusion: RETR x/y.txt: 5 bytes [y.txt 5 complete 2cf24dba]" {
		t.Errorf("messages: %q", l)
	}
	wantTalk(t, k, map[string]string{
		"ftp-data.setup-method": "11:PASV", "ftp-data.command-frame": "11:6", "ftp-data.setup-frame": "11:5",
	})
}

const ircTalk = `
C CAP LS\r\nNICK bob
C USER bob 0 * :Bob B
S :irc.example NOTICE * :hello
C PASS secret\r\nOPER bob pw
S :irc.example 491 bob :no
S PING :abc
C PONG :abc\r\nPRIVMSG #a :\x01ACTION waves\x01
`

func TestIRC(t *testing.T) {
	k := script{port: 6667, frames: ircTalk, end: Finished}.check(t, `
irc 1-1 notice: CAP LS
irc 1-1 notice: NICK bob
irc 2-2 notice: USER bob 0 * :Bob B
irc 3-3 notice: :irc.example NOTICE * :hello
irc 4-4 notice: PASS (6 bytes) !cleartext.credentials
irc 4-4 notice: OPER bob (2 bytes) !cleartext.credentials
irc 5-5 notice 491 error: :irc.example 491 bob :no !irc.auth_fail
irc 6-6 request: PING :abc
irc 7-7 response of 8: PONG :abc
irc 7-7 notice: PRIVMSG #a :\x01ACTION waves\x01
`)
	wantTalk(t, k, map[string]string{
		"irc.request.command_parameter": "1:LS 1:bob 2:bob 2:0 2:* 4:secret 4:bob 4:secret 7:#a",
		"irc.request.trailer":           "2:Bob B 7:abc 7:\x01ACTION waves\x01",
		"irc.response.num_command":      "5:491",
		"irc.request":                   "1:CAP LS 1:NICK bob 2:USER bob 0 * :Bob B 4:secret 4:secret 7:PONG :abc 7:PRIVMSG #a :\x01ACTION waves\x01",
		"irc.ctcp":                      "7:ACTION waves",
	})
}
