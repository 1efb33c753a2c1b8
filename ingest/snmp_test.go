package ingest

import "testing"

func TestIsSNMP(t *testing.T) {
	for payload, want := range map[string]bool{
		"\x30\x02\x02\x00": true, "\x30\x81\x02\x02\x00": true, "\x30\x82\x00\x01\x00": true, "\x30\x03\x02\x00": false,
		"\x31\x02\x02\x00": false, "\x30": false, "": false, "\x30\x80\x00\x00": false, "\x30\x84\x00\x00\x00\x00": false, "\x30\x82\x00": false,
	} {
		if got := isSNMP([]byte(payload), len(payload)); got != want {
			t.Errorf("%q: %v", payload, got)
		}
	}
}
