package ingest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
)

// exportedObject is a row of objects.jsonl: what Wireshark exports.
type exportedObject struct {
	Capture, Kind, SHA256 string
	Keylog                string
	Frame                 uint32
	Size                  uint64
}

// exportedObjects gives the rows of a kind by capture, without those of decrypted
// connections and of packets that were cut.
func exportedObjects(t *testing.T, kind string) map[string][]exportedObject {
	t.Helper()
	f, err := os.Open("../../shared/corpus/objects.jsonl")
	if err != nil {
		t.Skip("no corpus: ../shared/corpus/objects.jsonl")
	}
	defer f.Close()
	all := map[string][]exportedObject{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var o exportedObject
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		name := "../../shared/corpus/captures/" + o.Capture
		_, keys := os.Stat(strings.TrimSuffix(name, filepath.Ext(name)) + ".keys")
		if o.Kind == kind && o.Keylog == "" && keys != nil && !strings.Contains(o.Capture, "snaplen") {
			all[o.Capture] = append(all[o.Capture], o)
		}
	}
	return all
}

// TestObjectsOfHTTP compares the bodies of HTTP messages with those that Wireshark
// exports: the same hash and size of the same frame, where it tells the frame.
// OBJECTS_SHOW=n shows some that differ; OBJECTS_ONLY=pattern takes some captures.
func TestObjectsOfHTTP(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short, the comparison with tshark takes a minute")
	}
	all := exportedObjects(t, "http")
	show := 0
	_, _ = fmt.Sscan(os.Getenv("OBJECTS_SHOW"), &show)
	shares, count, wholes, wholeCount := 0.0, 0, 0.0, 0
	captures := make([]string, 0, len(all))
	for name := range all {
		captures = append(captures, name)
	}
	slices.Sort(captures)
	for _, name := range captures {
		if only := os.Getenv("OBJECTS_ONLY"); only != "" {
			if ok, _ := filepath.Match(only, name); !ok {
				continue
			}
		}
		bodies := bodyFrames(t, name)
		whole := slices.DeleteFunc(slices.Clone(all[name]), func(o exportedObject) bool { return o.Frame > 0 && !bodies[o.Frame] })
		same, ofWhole := compareObjects(t, name, all[name], bodies, show)
		t.Logf("%-60s %4d of %4d (%.1f %%), bodies of messages %d of %d", name, same, len(all[name]), 100*float64(same)/float64(len(all[name])), ofWhole, len(whole))
		shares += float64(same) / float64(len(all[name]))
		count++
		if len(whole) > 0 {
			wholes += float64(ofWhole) / float64(len(whole))
			wholeCount++
		}
	}
	mean, ofWhole := shares/float64(max(1, count)), wholes/float64(max(1, wholeCount))
	t.Logf("mean over %d captures: %.1f %%", count, 100*mean)
	t.Logf("mean over %d captures, bodies of messages: %.1f %%", wholeCount, 100*ofWhole)
	const wanted, wantedOfWhole = 0.95, 0.99
	if os.Getenv("OBJECTS_ONLY") == "" && (mean < wanted || ofWhole < wantedOfWhole) {
		t.Errorf("%.1f %% of all objects agree, %.0f %% are wanted; of bodies of messages %.1f %%, %.0f %%", 100*mean, 100*wanted, 100*ofWhole, 100*wantedOfWhole)
	}
}

// bodyFrames gives the frames in which Wireshark shows a message of HTTP. What it
// exports of other frames are segments that belong to no message that it knows, each
// for itself. Those that differ: segments of messages that it could not put together,
// because they came out of order, but we can; what TCP sent again; and on a port of HTTP
// protocols that are another one.
func bodyFrames(t *testing.T, name string) map[uint32]bool {
	t.Helper()
	raw, err := os.ReadFile("../../shared/corpus/fields/" + name + ".json")
	if err != nil {
		return nil // it has no fields at all
	}
	var fields struct {
		HTTP []map[string]any `json:"http"`
	}
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	frames := map[uint32]bool{}
	for _, row := range fields.HTTP {
		if n, ok := row["frame"].(float64); ok && (row["http.request.method"] != nil || row["http.response.version"] != nil) {
			frames[uint32(n)] = true
		}
	}
	return frames
}

func compareObjects(t *testing.T, name string, want []exportedObject, bodies map[uint32]bool, show int) (same, whole int) {
	t.Helper()
	var got []index.Message
	eachMessage(t, filepath.Join("../../shared/corpus/captures", name), func(m *index.Message) {
		if m.Object != nil && m.Protocol == "http" {
			got = append(got, *m)
		}
	})
	used := make([]bool, len(got))
	shown := 0
	for _, w := range want {
		found := -1
		for i, m := range got {
			if !used[i] && m.Object.SHA256 == w.SHA256 && m.Object.Size == w.Size && (w.Frame == 0 || m.Frame == w.Frame) {
				found = i
				break
			}
		}
		if found >= 0 {
			used[found] = true
			same++
			if w.Frame == 0 || bodies[w.Frame] {
				whole++
			}
			continue
		}
		if shown++; shown <= show {
			t.Logf("    frame %d, %d bytes, %s", w.Frame, w.Size, w.SHA256)
			for _, m := range got {
				if m.Frame == w.Frame {
					t.Logf("        got %d bytes, %s, %s: %q", m.Object.Size, m.Object.SHA256, m.Object.Verdict, m.Summary)
				}
			}
		}
	}
	return same, whole
}
