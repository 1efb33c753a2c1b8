package query

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest"
)

// testWriter adds captures with package ingest, as the command does.
type testWriter struct {
	store  *index.Store
	config ingest.Config
}

func (w testWriter) Add(ctx context.Context, path string, _ func(Progress)) (*Added, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return w.AddOpen(ctx, OpenFile{Name: filepath.Base(path), Content: f}, nil)
}

func (w testWriter) AddOpen(ctx context.Context, f OpenFile, _ func(Progress)) (*Added, error) {
	r, err := ingest.Ingest(ctx, w.store, ingest.Input{Name: f.Name, Reader: f.Content}, w.config, nil)
	if err != nil {
		return nil, err
	}
	return &Added{Entry: r.Entry, Duplicate: r.Duplicate}, nil
}

func (w testWriter) Reindex(ctx context.Context, ref string, _ func(Progress)) (*Added, error) {
	r, err := ingest.Reindex(ctx, w.store, ref, w.config, nil)
	if err != nil {
		return nil, err
	}
	return &Added{Entry: r.Entry}, nil
}

// engineWith gives an engine over a fresh store with some captures of testdata.
func engineWith(t testing.TB, names ...string) *Engine {
	t.Helper()
	store := index.OpenStore(t.TempDir())
	e := New(StoreSource{store}, testWriter{store: store})
	for _, n := range names {
		if _, err := e.Add(context.Background(), AddRequest{Files: []string{"../testdata/captures/" + n}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// wantError checks kind and text of an error.
func wantError(t *testing.T, err error, kind Kind, parts ...string) {
	t.Helper()
	var q *Error
	if !errors.As(err, &q) {
		t.Fatalf("error %v (%T), want a query.Error", err, err)
	}
	if q.Kind != kind {
		t.Errorf("kind %d, want %d: %v", q.Kind, kind, err)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

// TestCommunityID: the vectors of the Community ID v1 specification.
func TestCommunityID(t *testing.T) {
	for _, c := range []struct {
		kind uint8
		a, b string
		seed uint16
		want string
	}{
		{6, "1.2.3.4:1122", "5.6.7.8:3344", 0, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
		{6, "5.6.7.8:3344", "1.2.3.4:1122", 0, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
		{6, "1.2.3.4:1122", "5.6.7.8:3344", 1, "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk="},
		{17, "1.2.3.4:1122", "5.6.7.8:3344", 0, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="},
		{6, "128.232.110.120:34855", "66.35.250.204:80", 0, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{6, "[2001:470:e5bf:dead:4957:2174:e82c:4887]:63943", "[2607:f8b0:400c:c03::1a]:25", 0, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{17, "192.168.1.52:54585", "8.8.8.8:53", 0, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{1, "192.168.0.89:0", "192.168.0.1:0", 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	} {
		conn := &index.Connection{Kind: c.kind, A: netip.MustParseAddrPort(c.a), B: netip.MustParseAddrPort(c.b)}
		if got := communityID(conn, c.seed); got != c.want {
			t.Errorf("%d %s %s: %s, want %s", c.kind, c.a, c.b, got, c.want)
		}
	}
}

func TestScope(t *testing.T) {
	for addr, want := range map[string]string{
		"10.1.2.3": "private", "172.16.0.1": "private", "172.32.0.1": "public", "192.168.9.9": "private", "8.8.8.8": "public",
		"127.0.0.1": "loopback", "::1": "loopback", "fe80::1": "link-local", "169.254.1.1": "link-local", "fd00::1": "private",
		"224.0.0.251": "multicast", "ff02::fb": "multicast", "255.255.255.255": "broadcast", "0.0.0.0": "unspecified",
		"100.64.0.1": "shared", "100.128.0.1": "public", "192.0.2.1": "documentation", "2001:db8::1": "documentation",
		"198.19.0.1": "benchmarking", "::ffff:10.0.0.1": "private", "2001:4860::8888": "public",
	} {
		if got := scopeOf(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

func TestBadRequests(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "tcp-ends.pcap")
	ctx := context.Background()
	for _, c := range []struct {
		q     ConnectionsRequest
		kind  Kind
		parts []string
	}{
		{ConnectionsRequest{}, BadRequest, []string{"which captures", "--all"}},
		{ConnectionsRequest{All: true, Captures: []string{"x"}}, BadRequest, []string{"not both"}},
		{ConnectionsRequest{Captures: []string{"nothere"}}, NotFound, []string{`"nothere"`, "pcapidx captures"}},
		{ConnectionsRequest{All: true, Sort: "byte"}, BadRequest, []string{"did you mean bytes"}},
		{ConnectionsRequest{All: true, Protocol: "tpc"}, BadRequest, []string{"did you mean tcp"}},
		{ConnectionsRequest{All: true, State: "S9"}, BadRequest, []string{`unknown state "S9"`, "RSTOS0"}},
		{ConnectionsRequest{All: true, Address: "192.0.2.1:80"}, BadRequest, []string{"--port"}},
		{ConnectionsRequest{All: true, Address: "192.0.2"}, BadRequest, []string{"10.0.0.0/8"}},
		{ConnectionsRequest{All: true, Port: "http"}, BadRequest, []string{"8000-8010"}},
		{ConnectionsRequest{All: true, Port: "90-80"}, BadRequest, []string{"90-80"}},
		{ConnectionsRequest{All: true, Port: "65536"}, BadRequest, []string{"65535"}},
		{ConnectionsRequest{All: true, Page: Page{Limit: -1}}, BadRequest, []string{"-1"}},
		{ConnectionsRequest{All: true, Page: Page{Cursor: "!!"}}, BadRequest, []string{"no cursor"}},
	} {
		_, err := e.Connections(ctx, c.q)
		wantError(t, err, c.kind, c.parts...)
	}
	_, err := e.Info(ctx, InfoRequest{Capture: "web"})
	wantError(t, err, NotFound, `"web"`)
	_, err = e.Remove(ctx, RemoveRequest{Captures: []string{"web-day.pcap", "nothere"}})
	wantError(t, err, NotFound)
	if a, _ := e.Captures(ctx, CapturesRequest{}); a.Total != 2 {
		t.Errorf("a refused removal removed something: %d captures", a.Total)
	}
}

func TestReadOnlyEngine(t *testing.T) {
	e := New(StoreSource{index.OpenStore(t.TempDir())}, nil)
	_, err := e.Add(context.Background(), AddRequest{Files: []string{"x"}}, nil)
	wantError(t, err, BadRequest, "read-only")
	_, err = e.Reindex(context.Background(), ReindexRequest{All: true}, nil)
	wantError(t, err, BadRequest, "read-only")
	a, err := e.Captures(context.Background(), CapturesRequest{})
	if err != nil || a.Total != 0 || len(a.Hints) == 0 || a.Rows == nil {
		t.Errorf("empty store: %+v %v", a, err)
	}
}

func TestInfo(t *testing.T) {
	e := engineWith(t, "web-day.pcap", "backwards.pcap", "empty.pcap", "cut-packet.pcap", "blocks.pcapng")
	ctx := context.Background()
	a, err := e.Info(ctx, InfoRequest{Capture: "web-day.pcap"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Packets != 237 || a.Bytes != 113325 || a.FileType != "pcap" || a.FileVersion != "2.4" || a.Encapsulations[0] != "ether" {
		t.Errorf("%+v", a)
	}
	var sized uint64
	for _, s := range a.Sizes {
		sized += s.Packets
	}
	if sized != 237 {
		t.Errorf("the length classes hold %d frames", sized)
	}
	if h := a.Hierarchy[0]; h.Protocol != "eth" || h.Packets != 237 || h.Bytes != a.Bytes || h.Depth != 0 {
		t.Errorf("root of the hierarchy: %+v", h)
	}
	for path, want := range map[string]uint64{"eth:ethertype:ip:tcp": 98, "eth:ethertype:arp": 2} {
		found := uint64(0)
		for _, h := range a.Hierarchy {
			if h.Path == path {
				found = h.Packets
			}
		}
		if found == 0 || path == "eth:ethertype:arp" && found != want {
			t.Errorf("%s: %d packets", path, found)
		}
	}
	if b, _ := e.Info(ctx, InfoRequest{Capture: "backwards.pcap"}); b.StrictTimeOrder || b.DurationS <= 0 || b.Start >= b.End {
		t.Errorf("times that run backwards: %+v", b)
	}
	if b, _ := e.Info(ctx, InfoRequest{Capture: "empty.pcap"}); b.Packets != 0 || b.Start != "" || b.DurationS != 0 || b.Damage != nil {
		t.Errorf("empty capture: %+v", b)
	}
	if b, _ := e.Info(ctx, InfoRequest{Capture: "cut-packet.pcap"}); b.Damage == nil || b.Damage.Kind != "cut in packet" || len(b.Hints) == 0 {
		t.Errorf("damaged capture: %+v", b.Damage)
	}
	b, _ := e.Info(ctx, InfoRequest{Capture: "blocks.pcapng"})
	if len(b.Interfaces) < 2 || len(b.Comments) == 0 || len(b.Names) == 0 || b.Secrets["tls"] == 0 || len(b.Blocks) == 0 {
		t.Errorf("pcapng: %d interfaces, comments %v, names %v, secrets %v, blocks %v", len(b.Interfaces), b.Comments, b.Names, b.Secrets, b.Blocks)
	}
	dropped := false
	for _, i := range b.Interfaces {
		dropped = dropped || i.Dropped != nil && *i.Dropped > 0
	}
	if !dropped {
		t.Error("no drop count")
	}
}

func TestReindexKeepsTheCapture(t *testing.T) {
	e := engineWith(t, "any.pcap.gz")
	ctx := context.Background()
	before, err := e.Info(ctx, InfoRequest{Capture: "any.pcap.gz"})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := e.Connections(ctx, ConnectionsRequest{All: true, Page: Page{Limit: 2}})
	if err != nil || rows.NextCursor == "" {
		t.Fatal(rows, err)
	}
	if _, err := e.Reindex(ctx, ReindexRequest{Capture: before.Capture[:6]}, nil); err != nil {
		t.Fatal(err)
	}
	after, err := e.Info(ctx, InfoRequest{Capture: "any.pcap.gz"})
	if err != nil {
		t.Fatal(err)
	}
	if after.SHA256 != before.SHA256 || after.Added != before.Added || after.FileBytes != before.FileBytes ||
		after.Compression[0] != "gzip" || after.Packets != before.Packets {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	_, err = e.Connections(ctx, ConnectionsRequest{All: true, Page: Page{Limit: 2, Cursor: rows.NextCursor}})
	wantError(t, err, Gone, "re-indexed")
}

// ingestBytes indexes a capture file and gives its id.
func ingestBytes(t testing.TB, e *Engine, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "exported")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := e.Add(context.Background(), AddRequest{Files: []string{path}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a.Rows[0].Capture
}
