package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
	"pcapidx/ingest/source"
)

// golden is what tshark says of a capture (testdata/make/golden.py).
type golden struct {
	Packets       uint32         `json:"packets"`
	Bytes         uint64         `json:"bytes"`
	CapturedBytes uint64         `json:"captured_bytes"`
	Streams       []goldenStream `json:"tcp_streams"`
	UDPStreams    uint32         `json:"udp_streams"`
	Complete      *bool          `json:"complete"`
}

type goldenStream struct {
	Stream    uint32 `json:"stream"`
	A         string `json:"a"`
	B         string `json:"b"`
	PktsAB    uint64 `json:"pkts_ab"`
	PktsBA    uint64 `json:"pkts_ba"`
	BytesAB   uint64 `json:"bytes_ab"`
	BytesBA   uint64 `json:"bytes_ba"`
	PayloadAB uint64 `json:"payload_ab"`
	PayloadBA uint64 `json:"payload_ba"`
	First     uint32 `json:"first_frame"`
	Last      uint32 `json:"last_frame"`
}

// ingestFile indexes one file into a fresh store.
func ingestFile(t *testing.T, path string, c ingest.Config) (*index.Store, *ingest.Result, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	store := index.OpenStore(t.TempDir())
	r, err := ingest.Ingest(context.Background(), store, ingest.Input{Name: filepath.Base(path), Reader: f}, c, nil)
	return store, r, err
}

func open(t *testing.T, store *index.Store, r *ingest.Result) *index.Index {
	t.Helper()
	x, _, err := store.Open(r.Entry.ID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func tcpConnections(t *testing.T, x *index.Index) map[uint32]index.Connection {
	t.Helper()
	all := map[uint32]index.Connection{}
	err := x.EachConnection(0, func(c *index.Connection) bool {
		if c.Kind == 6 {
			all[c.Stream] = *c
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAgainstTshark compares packets, bytes, TCP streams and the number of UDP
// streams of every capture in testdata with what tshark counted.
func TestAgainstTshark(t *testing.T) {
	files, err := filepath.Glob("../testdata/golden/tshark/*.json")
	if err != nil || len(files) < 40 {
		t.Fatalf("golden files: %d, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			var want golden
			text, err := os.ReadFile(file)
			if err == nil {
				err = json.Unmarshal(text, &want)
			}
			if err != nil {
				t.Fatal(err)
			}
			store, r, err := ingestFile(t, filepath.Join("../testdata/captures", name), ingest.Config{})
			if err != nil {
				t.Fatal(err)
			}
			x := open(t, store, r)
			s := x.Summary()
			if s.Frames != want.Packets || s.Bytes != want.Bytes || s.CapturedBytes != want.CapturedBytes {
				t.Errorf("packets, bytes, captured: got %d %d %d, tshark %d %d %d", s.Frames, s.Bytes, s.CapturedBytes, want.Packets, want.Bytes, want.CapturedBytes)
			}
			if want.Complete != nil && *want.Complete != (s.File.Damage == nil) {
				t.Errorf("damage %+v, tshark read the file to its end: %v", s.File.Damage, *want.Complete)
			}
			if s.UDPStreams != want.UDPStreams {
				t.Errorf("UDP streams: got %d, tshark %d", s.UDPStreams, want.UDPStreams)
			}
			compareStreams(t, tcpConnections(t, x), want.Streams)
		})
	}
}

func compareStreams(t *testing.T, got map[uint32]index.Connection, want []goldenStream) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("TCP connections: got %d, tshark %d", len(got), len(want))
	}
	for _, w := range want {
		c, ok := got[w.Stream]
		if !ok {
			t.Errorf("tcp.stream %d is missing", w.Stream)
			continue
		}
		have := goldenStream{
			w.Stream, c.A.String(), c.B.String(), c.Packets[0], c.Packets[1], c.Bytes[0], c.Bytes[1],
			c.Payload[0], c.Payload[1], c.First, c.Last,
		}
		w.A, w.B = canonical(w.A), canonical(w.B)
		if have != w {
			t.Errorf("tcp.stream %d:\n got    %+v\n tshark %+v", w.Stream, have, w)
		}
	}
}

// canonical writes an endpoint as Go does: tshark leaves brackets to the script.
func canonical(s string) string {
	if e, err := netip.ParseAddrPort(s); err == nil {
		return e.String()
	}
	if i := strings.LastIndex(s, ":"); i > 0 {
		return canonical(fmt.Sprintf("[%s]:%s", s[:i], s[i+1:]))
	}
	return s
}

// captureFiles lists the captures of testdata and, if it is there, the corpus.
func captureFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/captures/*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	corpus, _ := filepath.Glob("../../shared/corpus/captures/*")
	if len(corpus) == 0 {
		t.Log("the corpus (../shared/corpus) is not there: only testdata is tested")
	}
	for _, f := range corpus {
		if !strings.HasSuffix(f, ".keys") {
			files = append(files, f)
		}
	}
	return files
}

// TestExportGivesTheFileBack: the exported bytes have the SHA-256 of what was
// read, for every readable capture, whole or damaged, and the index is whole.
func TestExportGivesTheFileBack(t *testing.T) {
	for i, file := range captureFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if testing.Short() && i%4 != 0 {
				t.Skip("SKIPPED: -short, a quarter of the captures")
			}
			store, r, err := ingestFile(t, file, ingest.Config{})
			if errors.Is(err, source.ErrNotCapture) {
				if list, _ := store.List(); len(list) != 0 {
					t.Error("no capture, but in the store")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			x := open(t, store, r)
			h := sha256.New()
			if err := x.Export(h); err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(h.Sum(nil)); got != r.Entry.DataSHA256 {
				t.Errorf("exported %s, read %s", got, r.Entry.DataSHA256)
			}
			if len(x.Summary().File.Compression) == 0 {
				sameAsFile(t, x, file)
			}
			report, _, err := store.Check(context.Background(), r.Entry.ID)
			if err != nil || len(report.Problems) > 0 {
				t.Errorf("check: %v %q", err, report.Problems)
			}
		})
	}
}

// sameAsFile compares the export with the file itself, not with a hash that
// the same program made.
func sameAsFile(t *testing.T, x *index.Index, file string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := x.Export(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("the export differs from the file")
	}
}
