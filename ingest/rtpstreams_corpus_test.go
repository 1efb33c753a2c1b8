package ingest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
)

// TestRTPStreamsAgainstTshark compares what is concluded of media streams with the
// table of tshark -z rtp,streams.
func TestRTPStreamsAgainstTshark(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short, the comparison with tshark takes a minute")
	}
	files, _ := filepath.Glob("../../shared/corpus/fields/*.json")
	if len(files) == 0 {
		t.Skip("no corpus: ../shared/corpus/fields")
	}
	// SSRC, names of payloads, packets, lost, percent, three deltas, three jitters
	line := regexp.MustCompile(`0x([0-9A-F]{8}) (.*?) +(\d+) +(-?\d+) \(([-0-9.]+)%\)((?: +-?[0-9.]+){6})`)
	streams := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rows struct {
			Lines []string `json:"rtp_streams"`
		}
		if json.Unmarshal(raw, &rows) != nil || len(rows.Lines) == 0 {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		got := rtpConclusions(t, filepath.Join("../../shared/corpus/captures", name))
		for _, l := range rows.Lines {
			m := line.FindStringSubmatch(l)
			if m == nil {
				continue
			}
			streams++
			s := got[strings.ToLower(m[1])]
			if s == nil {
				t.Errorf("%s: no stream 0x%s", name, m[1])
				continue
			}
			number := func(text string) float64 { n, _ := strconv.ParseFloat(text, 64); return n }
			// After a call has turned to T.38, Wireshark takes one direction for that,
			// though RTP goes on.
			packets := number(m[3])
			if turned := strings.Contains(name, "t38"); s["packets"] != packets && (!turned || s["packets"] < packets) {
				t.Errorf("%s 0x%s: %v packets, tshark has %v", name, m[1], s["packets"], packets)
			}
			if s["lost"] != number(m[4]) {
				t.Errorf("%s 0x%s: %v lost, tshark has %s", name, m[1], s["lost"], m[4])
			}
			times := strings.Fields(m[6])
			if times[3] == "-1.000" { // the clock rate is not known
				continue
			}
			for i, field := range map[int]string{4: "jitter_mean", 5: "jitter_max"} {
				if want := number(times[i]); math.Abs(s[field]/1e6-want) > max(0.05, want/10) { // payload types that change are compared otherwise
					t.Errorf("%s 0x%s: %s %.3f ms, tshark has %s", name, m[1], field, s[field]/1e6, times[i])
				}
			}
		}
	}
	if streams == 0 {
		t.Error("no line of a stream")
	}
}

// rtpConclusions gives the numbers of a capture's streams, by SSRC and name of the field.
func rtpConclusions(t *testing.T, path string) map[string]map[string]float64 {
	t.Helper()
	streams := map[string]map[string]float64{}
	eachMessage(t, path, func(m *index.Message) {
		if m.Protocol != "rtp" || m.Kind != index.Conclusion {
			return
		}
		numbers, ssrc := map[string]float64{}, ""
		for i := range m.Fields {
			name := strings.TrimPrefix(m.Fields[i].Name, "rtp.stream.")
			if name == "ssrc" {
				ssrc = strings.TrimPrefix(printed(&m.Fields[i]), "0x")
			}
			numbers[name] = float64(m.Fields[i].Num)
		}
		streams[ssrc] = numbers
	})
	return streams
}
