package query

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pcapidx/ingest/proto"
)

// downloads are the captures of testdata/captures/http. The frames are those that
// tshark shows: the last one with data of the answer and the FIN or RST, or, where
// bytes are missing, the frame before them.
var downloads = []struct {
	capture  string
	verdict  string // "": no object
	size     uint64
	expected int64 // -1: not announced
	code     string
	frames   []uint32
	// extracted is how the bytes compare with what curl wrote: equal, or a part of what
	// it wrote, from its beginning, because the capture lacks the rest.
	extracted string
}{
	{"jpeg", "complete", 24212, 24212, "", nil, "equal"},
	{"png", "complete", 28470, 28470, "", nil, "equal"},
	{"chunked_gzip", "complete", 25200, -1, "", nil, "equal"},
	{"until_close", "complete", 24212, -1, "", nil, "equal"},
	{"range", "complete", 10000, 10000, "", nil, "equal"},
	{"head", "", 0, 0, "", nil, ""},
	{"not_modified", "", 0, 0, "", nil, ""},
	{"error_page", "complete", 196, 196, "http.not_a_picture", []uint32{6}, "equal"},
	{"jpeg_at_source", "content_incomplete_at_source", 17000, 17000, "http.content_incomplete_at_source", []uint32{28}, "equal"},
	{"png_at_source", "content_incomplete_at_source", 17000, 17000, "http.content_incomplete_at_source", []uint32{28}, "equal"},
	{"server_close", "short_server_close", 12106, 24212, "http.body_short_server_close", []uint32{22, 24}, "equal"},
	{"chunked_cut", "short_server_close", 17995, -1, "http.body_short_server_close", []uint32{30, 32}, "equal"},
	{"chunked_endless", "short_server_close", 25200, -1, "http.body_short_server_close", []uint32{40, 42}, "equal"},
	{"gzip_cut", "short_server_close", 12647, 5844, "http.body_short_server_close", []uint32{10, 12}, "equal"},
	{"server_reset", "server_reset", 12106, 24212, "http.body_short_server_reset", []uint32{20, 22}, "equal"},
	{"until_reset", "server_reset", 12106, -1, "http.body_short_server_reset", []uint32{22, 24}, "equal"},
	{"client_abort", "client_abort", 9998, 24212, "http.body_short_client_abort", []uint32{20, 22, 23}, "equal"},
	{"client_close", "client_abort", 12106, 24212, "http.body_short_client_abort", []uint32{22, 24}, "equal"},
	{"capture_loss", "capture_loss", 21316, 24212, "http.body_short_capture_loss", []uint32{16}, "part"},
	{"capture_loss_end", "capture_loss", 20030, 24212, "http.body_short_capture_loss", []uint32{32}, "part"},
	{"network_loss", "network_loss", 14238, 24212, "http.body_short_network_loss", []uint32{14}, "equal"},
	{"snaplen", "", 0, 0, "http.header_short", []uint32{6}, ""},
	{"snaplen_body", "snaplen", 92, 24212, "http.body_short_snaplen", []uint32{6}, "part"},
	{"capture_ended", "capture_ended", 14238, 24212, "http.body_short_capture_ended", []uint32{24}, "part"},
}

// TestDownloads: why each download came whole or did not, and with which frames that
// is shown; and that what is given back is what curl wrote.
func TestDownloads(t *testing.T) {
	curl := curlWrote(t)
	if len(curl) != len(downloads) {
		t.Errorf("%d captures in curl.tsv, %d here", len(curl), len(downloads))
	}
	var names []string
	for _, c := range downloads {
		names = append(names, "http/"+c.capture+".pcap")
	}
	e := engineWith(t, names...)
	photo := extracted(t, e, "jpeg.pcap", false)
	for _, c := range downloads {
		t.Run(c.capture, func(t *testing.T) {
			name := c.capture + ".pcap"
			row := answerRow(t, e, name)
			if c.code != "" {
				i := slices.IndexFunc(row.Warnings, func(w MessageWarning) bool { return w.Code == c.code })
				if i < 0 || !slices.Equal(row.Warnings[i].Frames, c.frames) {
					t.Errorf("warnings %+v, want %s with frames %v", row.Warnings, c.code, c.frames)
				}
			} else if len(row.Warnings) > 0 {
				t.Errorf("warnings %+v", row.Warnings)
			}
			o := row.Object
			if c.verdict == "" {
				if o != nil {
					t.Errorf("object %+v, want none", o)
				}
				return
			}
			if o == nil {
				t.Fatal("no object")
			}
			expected := int64(-1)
			if o.Expected != nil {
				expected = *o.Expected
			}
			if o.Verdict != c.verdict || o.Size != c.size || expected != c.expected {
				t.Errorf("verdict %s, size %d, expected %d; want %s, %d, %d", o.Verdict, o.Size, expected, c.verdict, c.size, c.expected)
			}
			if o.Verdict != proto.VerdictComplete {
				checkEvidence(t, e, name, c.frames)
			}
			body := extracted(t, e, name, c.extracted == "part" || c.verdict == "network_loss")
			sum := sha256.Sum256(body)
			wrote := curl[name]
			switch c.extracted {
			case "equal":
				if len(body) != wrote.bytes || hex.EncodeToString(sum[:]) != wrote.sha256 {
					t.Errorf("%d bytes extracted, which are not the %d that curl wrote", len(body), wrote.bytes)
				}
			case "part":
				if len(body) == 0 || len(body) >= wrote.bytes || !bytes.HasPrefix(photo, body) {
					t.Errorf("%d bytes extracted, which are no beginning of the %d that curl wrote", len(body), wrote.bytes)
				}
			}
		})
	}
}

// wrote is what curl wrote of a download.
type wrote struct {
	bytes  int
	sha256 string
}

// curlWrote reads curl.tsv.
func curlWrote(t *testing.T) map[string]wrote {
	t.Helper()
	table, err := os.ReadFile("../testdata/captures/http/curl.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]wrote{}
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		row := strings.Split(line, "\t")
		n, err := strconv.Atoi(row[3])
		if err != nil {
			t.Fatal(err)
		}
		all[row[0]] = wrote{n, row[4]}
	}
	return all
}

// answerRow gives the only answer in a capture.
func answerRow(t *testing.T, e *Engine, capture string) *MessageRow {
	t.Helper()
	a, err := e.Messages(context.Background(), MessagesRequest{Capture: capture, Protocol: "http", Details: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) != 2 || a.Rows[1].Kind != "response" || a.Rows[1].Request != a.Rows[0].Number {
		t.Fatalf("messages %+v, want a request and its answer", a.Rows)
	}
	return &a.Rows[1]
}

// checkEvidence: the list of objects names the frames, too.
func checkEvidence(t *testing.T, e *Engine, capture string, frames []uint32) {
	t.Helper()
	a, err := e.Objects(context.Background(), ObjectsRequest{Capture: capture, Incomplete: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) != 1 || a.Rows[0].Complete || a.Rows[0].Because == "" || !slices.Equal(a.Rows[0].Frames, frames) {
		t.Errorf("objects %+v, want one with evidence %v", a.Rows, frames)
	}
}

// extracted gives the bytes of the only object in a capture. Where it has holes, there
// may be an error that says so.
func extracted(t *testing.T, e *Engine, capture string, holes bool) []byte {
	t.Helper()
	a, err := e.Objects(context.Background(), ObjectsRequest{Capture: capture})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) != 1 {
		t.Fatalf("%d objects", len(a.Rows))
	}
	var body bytes.Buffer
	if err := e.ExtractObject(context.Background(), capture, &a.Rows[0], &body); err != nil && !holes {
		t.Fatal(err)
	}
	return body.Bytes()
}

// TestMessageDetails: what --details adds to an answer of which half is missing, and to
// its request, which fares as the answer does.
func TestMessageDetails(t *testing.T) {
	e := engineWith(t, "http/server_close.pcap")
	q := MessagesRequest{Capture: "server_close.pcap", Status: "truncated"}
	plain, err := e.Messages(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	q.Details = true
	a, err := e.Messages(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) != 2 || len(plain.Rows) != 2 || len(plain.Rows[1].Fields) > 0 {
		t.Fatalf("%d rows, and %+v without details", len(a.Rows), plain.Rows)
	}
	if a.Rows[0].Summary != "GET /close/photo.jpg" || a.Rows[0].Response != a.Rows[1].Number {
		t.Errorf("request %+v", a.Rows[0])
	}
	for name, value := range map[string]string{"http.request.method": "GET", "http.request.uri": "/close/photo.jpg", "http.host": "198.51.100.80:8000"} {
		i := slices.IndexFunc(a.Rows[0].Fields, func(f DecodedField) bool { return f.Name == name })
		if i < 0 || a.Rows[0].Fields[i].Value != value {
			t.Errorf("no %s %s among %+v", name, value, a.Rows[0].Fields)
		}
	}
	// Wireshark waits for the rest and shows no fields of such an answer: its filters
	// do not match it. The summary has what matters of its header.
	if len(a.Rows[1].Fields) > 0 {
		t.Errorf("fields %+v", a.Rows[1].Fields)
	}
	if text := a.Rows[1].Summary; text != "200 OK, image/jpeg, 12106 of 24212 bytes, short_server_close" {
		t.Errorf("summary %q", text)
	}
}
