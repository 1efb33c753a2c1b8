package proto

import (
	"strings"
	"testing"
)

const smtpTalk = `
S 220-mx.example ESMTP\r\n220 ready
C EHLO me
S 250-mx.example\r\n250-SIZE 1000
S 250 STARTTLS
C AUTH LOGIN
S 334 VXNlcm5hbWU6
C Ym9i
S 334 UGFzc3dvcmQ6
C c2VjcmV0
S 535 no
C AUTH PLAIN AGJvYgBzZWNyZXQ=
S 235 yes
C MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA
S 250 ok\r\n452 later\r\n354 go
C Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\nFrom: a@b\r\nTo: c@d,\r\n e@f
C Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nna=C3=AFve=\r\n text
C ..dot\r\n\r\n.
S 250 queued
C BDAT 4\r\nFrom\
S 250 4 octets
C BDAT 8 LAST\r\n: x\r\n\r\nyNOOP
S 250 done\r\n250 nothing
C STARTTLS
S 220 go
C hello tls\
`

func TestSMTP(t *testing.T) {
	k := script{port: 25, frames: smtpTalk, end: Finished}.check(t, `
smtp 1-1 notice 220: 220-mx.example ESMTP | 220 ready
smtp 2-2 request: EHLO me
smtp 3-3 continues of 2: 250-mx.example | 250-SIZE 1000
smtp 4-4 response of 2 250: 250 STARTTLS
smtp 5-5 request: AUTH LOGIN
smtp 6-6 response of 5 334: 334 VXNlcm5hbWU6
smtp 7-7 request: AUTH LOGIN of user bob
smtp 8-8 response of 7 334: 334 UGFzc3dvcmQ6
smtp 9-9 request: AUTH LOGIN of user bob !cleartext.credentials
smtp 10-10 response of 9 535 error: 535 no !smtp.auth_fail
smtp 11-11 request: AUTH PLAIN of user bob !cleartext.credentials
smtp 12-12 response of 11 235: 235 yes
smtp 13-13 request: MAIL FROM:<a@b> !smtp.no_starttls
smtp 13-13 request: RCPT TO:<c@d>
smtp 13-13 request: DATA
smtp 14-14 response of 13 250: 250 ok
smtp 14-14 response of 14 452 error: 452 later !smtp.4xx
smtp 14-14 response of 15 354: 354 go
smtp 15-17 request: mail from a@b: grüße [grüße.eml 164 complete d39cd6c4]
smtp 18-18 response of 19 250: 250 queued
smtp 19-19 request: BDAT 4
smtp 20-20 response of 21 250: 250 4 octets
smtp 21-21 request: BDAT 8 LAST
smtp 19-21 request: mail from x:  [ 12 complete 716c0a76]
smtp 21-21 request: NOOP
smtp 22-22 response of 24 250: 250 done
smtp 22-22 response of 25 250: 250 nothing
smtp 23-23 request: STARTTLS
smtp 24-24 response of 28 220: 220 go
tls 25-25 notice: 9 bytes
`)
	wantTalk(t, k, map[string]string{
		"smtp.req.command":   "2:EHLO 5:AUTH 11:AUTH 13:MAIL 13:RCPT 13:DATA 19:BDAT 21:BDAT 21:NOOP 23:STAR",
		"smtp.req.parameter": "2:me 5:LOGIN 11:secret 13:FROM:<a@b> 13:TO:<c@d> 19:4 21:8 LAST 23:TLS",
		"smtp.rsp.parameter": "1:mx.example ESMTP 1:ready 3:mx.example 3:SIZE 1000 4:STARTTLS 6:VXNlcm5hbWU6 8:UGFzc3dvcmQ6 10:no 12:yes 14:ok 14:later 14:go 18:queued 20:4 octets 22:done 22:nothing 24:go",
		"smtp.auth.username": "7:Ym9i", "smtp.auth.password": "9:c2VjcmV0", "smtp.auth.user": "7:bob 9:bob 11:bob",
		"imf.to": "17:c@d,\r\n e@f", "imf.content.transfer_encoding": "17:quoted-printable", "smtp.data.fragment": "17:15 17:16 17:17 21:19 21:21",
	})
	if text := string(k.messages[18].Text); !strings.Contains(text, "grüße") || !strings.Contains(text, "naïve text\r\n.dot") {
		t.Errorf("text of the mail: %q", text)
	}
}

// wantTalk compares values of fields.
func wantTalk(t *testing.T, k *talk, want map[string]string) {
	t.Helper()
	for field, w := range want {
		if got := k.values(field); got != w {
			t.Errorf("%s: got %q, want %q", field, got, w)
		}
	}
}

func TestSMTPCutMail(t *testing.T) {
	for end, want := range map[End]string{
		Finished:     "smtp 5-5 request truncated: mail from a:  [ 9 sender_closed 7568955c]",
		CaptureEnded: "smtp 5-5 request partial: mail from a:  [ 9 capture_ended 7568955c]",
	} {
		k := &talk{}
		script{port: 25, end: end, frames: "S 220 ESMTP\nC EHLO a\nC DATA\nS 354 go\nC From: a"}.run(k)
		if l := k.lines(); l[len(l)-1] != want {
			t.Errorf("%d: got %q, want %q", end, l[len(l)-1], want)
		}
	}
}

func TestSMTPGap(t *testing.T) {
	script{port: 25, frames: "S 220 ESMTP\nC EHLO a\nS 250 a\nC DATA\nS 354 go\nC From: a\n-C\nC rest\r\\n.\nS 250 ok"}.check(t, `
smtp 1-1 notice 220: 220 ESMTP
smtp 2-2 request: EHLO a
smtp 3-3 response of 2 250: 250 a
smtp 4-4 request: DATA
smtp 5-5 response of 4 354: 354 go
smtp 6-8 request partial: mail from a:  [ 15 capture_loss 482e7a22]
smtp 9-9 response of 6 250: 250 ok
`)
}

const popTalk = `
S +OK POP3 ready
C USER bob
S +OK
C PASS sec ret
S -ERR no
C AUTH PLAIN
S + 
C AGJvYgBzZWNyZXQ=
S +OK
C LIST
S +OK 1 messages\r\n1 20\r\n.
C RETR 1
S +OK
S Subject: one\r\nFrom: a@b\r\nTo: c@d
S Date: now\r\n\r\n..text\r\n.
C TOP 1 0
S +OK 12 octets\r\nSubject: two\r\nX-Y: z\r\n\r\n.
C STLS
S +OK
C tls\
`

func TestPOP(t *testing.T) {
	k := script{port: 110, frames: popTalk, end: Finished}.check(t, `
pop 1-1 notice +OK: +OK POP3 ready
pop 2-2 request: USER bob
pop 3-3 response of 2 +OK: +OK
pop 4-4 request: PASS (7 bytes) !cleartext.credentials
pop 5-5 response of 4 -ERR error: -ERR no !pop.auth_fail
pop 6-6 request: AUTH PLAIN
pop 7-7 continues of 6: + 
pop 8-8 request: AUTH PLAIN of user bob !cleartext.credentials
pop 9-9 response of 8 +OK: +OK
pop 10-10 request: LIST
pop 11-11 response of 10 +OK: +OK 1 messages
pop 12-12 request: RETR 1
pop 13-13 response of 12 +OK: +OK
pop 14-14 continues of 12: header of a mail, subject: one, from: a@b
pop 15-15 continues of 12: header of a mail
pop 14-15 continues of 12: mail from a@b: one [one.eml 54 complete cb34fab2]
pop 16-16 request: TOP 1 0
pop 17-17 response of 17 +OK: +OK 12 octets
pop 17-17 continues of 17: mail from : two [two.eml 24 complete 070a69f6]
pop 18-18 request: STLS
pop 19-19 response of 20 +OK: +OK
tls 20-20 notice: 3 bytes
`)
	wantTalk(t, k, map[string]string{
		"pop.request.command":   "2:USER 4:PASS 6:AUTH 8:secret 10:LIST 12:RETR 16:TOP 18:STLS",
		"pop.request.parameter": "2:bob 4:secret 6:secret 12:1 16:1 0",
		"imf.subject":           "14:one 17:two", "imf.date": "15:now",
	})
}

const imapTalk = `
S * OK IMAP4rev1 ready
C a login "b b" "p\\"w"
S a NO wrong
C b LOGIN {3}
S + go
C bob {2}
S + go
C pw
S * CAPABILITY IMAP4rev1\r\nb OK done
C c UID FETCH 1 BODY[]
S * 1 FETCH (BODY[] {28}\r\nSubject: x\r\nFrom: y\r\n\r\n12345)\r\nc OK
C d AUTHENTICATE PLAIN
S + 
C AGJvYgBzZWNyZXQ=
S d BAD no
C e APPEND box {19}
S + go
C From: z\r\n\r\n12345678
S e OK
C f STARTTLS
S f OK
C tls\
`

func TestIMAP(t *testing.T) {
	k := script{port: 143, frames: imapTalk, end: Finished}.check(t, `
imap 1-1 notice: * OK IMAP4rev1 ready
imap 2-2 request: LOGIN of user b b !cleartext.credentials
imap 3-3 response of 2 NO error: a NO wrong !imap.auth_fail
imap 4-4 request: LOGIN
imap 5-5 continues of 4: + go
imap 7-7 continues of 4: + go
imap 8-8 continues of 4: password of user bob !cleartext.credentials
imap 9-9 continues of 4: * CAPABILITY IMAP4rev1
imap 9-9 response of 4 OK: b OK done
imap 10-10 request: c UID FETCH 1 BODY[]
imap 11-11 continues of 10: mail from y: x [x.eml 28 complete a8365318]
imap 11-11 response of 10 OK: c OK
imap 12-12 request: AUTHENTICATE PLAIN
imap 13-13 continues of 13: + 
imap 14-14 continues of 13: AUTHENTICATE PLAIN of user bob !cleartext.credentials
imap 15-15 response of 13 BAD error: d BAD no !imap.auth_fail
imap 16-16 request: e APPEND box {19}
imap 17-17 continues of 17: + go
imap 18-18 continues of 17: mail from z:  [ 19 complete 0d5e9bc2]
imap 19-19 response of 17 OK: e OK
imap 20-20 request: f STARTTLS
imap 21-21 response of 21 OK: f OK
tls 22-22 notice: 3 bytes
`)
	wantTalk(t, k, map[string]string{
		"imap.request.command": "2:login 4:LOGIN 10:FETCH 12:AUTHENTICATE 16:APPEND 20:STARTTLS",
		"imap.request.folder":  "16:box",
		"imap.response_tag":    "3:a 5:+ 7:+ 9:b 11:) 11:c 13:+ 15:d 17:+ 19:e 21:f",
		"imap.auth.user":       "2:b b 8:bob 14:bob",
		"imf.subject":          "11:x",
	})
}
