package diag

import (
	"strings"
	"testing"
)

func TestParseThresholds(t *testing.T) {
	got, err := ParseThresholds([]byte(`{"SlowResponse": "250ms", "LongRTO": 7, "ResentWarn": 0.5, "ScanPorts": 3}`))
	want := Defaults()
	want.SlowResponse, want.LongRTO, want.ResentWarn, want.ScanPorts = 250*millisecond, 7, 0.5, 3
	if err != nil || got != want {
		t.Errorf("%+v (%v)", got, err)
	}
	for text, part := range map[string]string{
		`{"SlowRespons": 1}`:          `unknown threshold "SlowRespons"`,
		`{"SlowResponse": "soon"}`:    "threshold SlowResponse: time: invalid duration",
		`{"ScanPorts": -1}`:           "threshold ScanPorts",
		`[1]`:                         "read thresholds",
		`{"ResentWarn": {"share":1}}`: "threshold ResentWarn",
	} {
		if _, err := ParseThresholds([]byte(text)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
