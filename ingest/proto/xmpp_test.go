package proto

import (
	"slices"
	"strings"
	"testing"
)

func xmppScript() []scriptTurn {
	return scriptOf(
		"c<?xml version='1.0' ?>", "c<stream:stream to='example.org' xmlns='jabber:client' version='1.0'>",
		"s<?xml version='1.0'?><stream:stream from='example.org' id='1'>", "s<stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>",
		"c<auth mechanism='PLAIN'>AGFsaWNlAHNlY3JldA==</auth>", "s<failure><not-authorized/></failure>",
		"c<iq type='get' id='a>b' to='example.org'><ping/></iq> <message to='bob&amp;co' type=\"chat\"><body><![CDATA[<x>]]></body></message>",
		"s<iq type='error' id='a>b'/><presence/>", "c<starttls/>", "s<proceed/>",
		"c\x16\x03\x01\x00", "s</stream:stream>",
	)
}

func TestXMPP(t *testing.T) {
	k, _ := playScript(xmppScript(), "", 9999, scriptWhole)
	checkScript(t, k, true, `
c notice/ok stream to example.org
s notice/ok stream
s notice/ok features
c request/ok auth PLAIN !cleartext.credentials
s response/error failure !xmpp.auth_fail
c request/ok iq get to example.org
c notice/ok message chat to bob&co
s response/error of 6 iq error
s notice/ok presence
c request/ok starttls
s response/ok proceed`)
	if got := strings.Join(k.apps[0].Protocols, " "); got != "xmpp tls" {
		t.Errorf("got %q", got)
	}
	for name, want := range map[string]string{
		"xmpp.to": "example.org|bob&co", "xmpp.id": "a>b|a>b", "xmpp.type": "get|chat|error", "xmpp.message.body": "1",
	} {
		if got := k.scriptValues(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for most := 1; most < 30; most++ {
		cut, _ := playScript(xmppScript(), "xmpp", 9999, func(n int) int { return min(n, most) })
		if got, want := cut.scriptLines(true), k.scriptLines(true); !slices.Equal(got, want) {
			t.Errorf("cut at %d: got\n%s", most, strings.Join(got, "\n"))
		}
	}
}

// TestXMPPResumes: after a gap the next stanza is read.
func TestXMPPResumes(t *testing.T) {
	d := &xmpp{}
	d.sides[0].lost = true
	if n := d.resync(&Stream{}, []byte("ody></message><presence/>")); n != len("ody></message>") || d.sides[0].lost {
		t.Errorf("resumes at byte %d, lost %v", n, d.sides[0].lost)
	}
	if n := d.resync(&Stream{}, []byte("<presence/>")); n != 0 {
		t.Errorf("resumes at byte %d", n)
	}
}

func TestDetectInTheMiddle(t *testing.T) {
	modbus := &Head{Client: []byte("E\x0a\x00\x00\x00\x06\xff\x01\x00\x00\x00\x0a"), Server: []byte("E\x0a\x00\x00\x00\x05\xff\x01\x02\x01\x00"), Midstream: true}
	if v := detectPgSQL(modbus); v != No {
		t.Errorf("Modbus is taken for PostgreSQL: %d", v)
	}
	for head, want := range map[string]Verdict{
		"<iq id='1' type='get'>": Yes, "<presence from='a@b'/>": Yes, "<message>": No, "</stream:stream>": Yes, "<?xml version='1.0'?><a/>": No, "<?xml ": More, "<stream:str": More, "<html>": No, "": No,
	} {
		if got := detectXMPP(&Head{Client: []byte(head), Midstream: true}); got != want {
			t.Errorf("%q: got %d, want %d", head, got, want)
		}
	}
}

func FuzzXMPP(f *testing.F) { fuzzSeeds(f, "xmpp", xmppScript()) }
