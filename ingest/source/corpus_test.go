package source

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
)

const corpus = "../../../shared/corpus"

// oracle is what Wireshark says about a capture of the corpus.
type oracle struct {
	Packets       int      `json:"packets"`
	FirstTS       string   `json:"first_ts"`
	LastTS        string   `json:"last_ts"`
	MinTS         string   `json:"min_ts"`
	MaxTS         string   `json:"max_ts"`
	Bytes         uint64   `json:"bytes"`
	CapturedBytes uint64   `json:"captured_bytes"`
	Stderr        []string `json:"tshark_stderr"`
}

func TestCorpus(t *testing.T) {
	files, _ := filepath.Glob(corpus + "/captures/*")
	if len(files) == 0 {
		t.Skip("SKIPPED: no corpus in " + corpus + ", nothing was compared with Wireshark")
	}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, ".keys") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := loadOracle(t, name)
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := read(t, f, Config{})
			if errors.Is(err, ErrNotCapture) && strings.Contains(strings.Join(want.Stderr, ""), "isn't a capture file") {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			compareOracle(t, got, want)
		})
	}
}

func loadOracle(t *testing.T, name string) (o oracle) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus, "oracle", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func compareOracle(t *testing.T, got *capture, want oracle) {
	t.Helper()
	var total, captured uint64
	var first, last, least, most index.Time
	timed := false
	for _, f := range got.frames {
		total, captured = total+uint64(f.OrigLen), captured+uint64(f.CapLen)
		if f.NoTime {
			continue
		}
		if !timed {
			first, least, most, timed = f.Time, f.Time, f.Time, true
		}
		last, least, most = f.Time, min(least, f.Time), max(most, f.Time)
	}
	if len(got.frames) != want.Packets || total != want.Bytes || captured != want.CapturedBytes {
		t.Errorf("%d frames, %d bytes, %d captured; want %d, %d, %d",
			len(got.frames), total, captured, want.Packets, want.Bytes, want.CapturedBytes)
	}
	for _, c := range []struct {
		got  index.Time
		want string
	}{{first, want.FirstTS}, {last, want.LastTS}, {least, want.MinTS}, {most, want.MaxTS}} {
		if c.want != "" && c.got != epoch(t, c.want) {
			t.Errorf("time %d, want %s", c.got, c.want)
		}
	}
	if (got.info.Damage != nil) != (len(want.Stderr) > 0) {
		t.Errorf("damage %+v, want %q", got.info.Damage, want.Stderr)
	}
}

// epoch parses Wireshark's seconds with fraction. The fraction of a pcap may
// have more than nine digits: it is a number of nanoseconds of any size.
func epoch(t *testing.T, s string) index.Time {
	t.Helper()
	sec, frac, _ := strings.Cut(s, ".")
	a, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(frac, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(s, "-") {
		n = -n
	}
	return index.Time(a*1e9 + n)
}
