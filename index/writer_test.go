package index

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// openSynthetic writes a capture and opens it.
func openSynthetic(t *testing.T, c *synthetic) (x *Index, dir string) {
	t.Helper()
	dir = t.TempDir()
	c.write(t, dir)
	return openDir(t, dir), dir
}

func openDir(t *testing.T, dir string) *Index {
	t.Helper()
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func TestSummary(t *testing.T) {
	c := newSynthetic(3000, 150, 200)
	x, dir := openSynthetic(t, c)
	got, want := *x.Summary(), c.summary
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got.Format != FormatVersion || got.Content != ContentVersion || got.Connections != 150 || got.Counters.PostingsOverBudget != 1 {
		t.Errorf("the writer's part of the summary: %+v", got)
	}
	report, err := Check(context.Background(), dir, c.sha())
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("check: %v, %v", report, err)
	}
	if report.Frames != 3000 || report.Connections != 150 || report.Postings < 15 {
		t.Errorf("check looked at %+v", report)
	}
}

func TestRows(t *testing.T) {
	c := newSynthetic(3000, 150, 200)
	x, _ := openSynthetic(t, c)
	for _, from := range []uint32{1, 2, 256, 257, 1500, 2999, 3000} {
		for _, data := range []bool{false, true} {
			compareRows(t, x, c, from, data)
		}
	}
	calls := 0
	stop := errors.New("stop")
	if err := x.EachRows(1, false, func(*Rows) (bool, error) { calls++; return true, stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("the caller's error became %v after %d calls", err, calls)
	}
}

// compareRows compares the rows from the block of frame from on.
func compareRows(t *testing.T, x *Index, c *synthetic, from uint32, data bool) {
	t.Helper()
	next := uint32(0)
	err := x.EachRows(from, data, func(r *Rows) (bool, error) {
		first := r.Packets[0].Number
		if next == 0 && (first > from || first+256 <= from) || next != 0 && first != next {
			t.Fatalf("from %d: block begins with frame %d, expected %d", from, first, next)
		}
		next = first + uint32(len(r.Packets))
		if !reflect.DeepEqual(r.Packets, c.rows[first-1:next-1]) {
			t.Fatalf("rows from frame %d differ", first)
		}
		if !slices.Equal(r.More, c.moreIn(first, next)) {
			t.Fatalf("memberships from frame %d differ", first)
		}
		for i := range r.Packets {
			if got := r.Data(i); data && !bytes.Equal(got, c.data[int(first)-1+i]) || !data && got != nil {
				t.Fatalf("data of frame %d differ", int(first)+i)
			}
		}
		return true, nil
	})
	if err != nil || next != uint32(len(c.rows))+1 {
		t.Fatalf("from %d: %v after frame %d", from, err, next-1)
	}
}

func (c *synthetic) moreIn(first, next uint32) (more []Member) {
	for _, m := range c.more {
		if m.Frame >= first && m.Frame < next {
			more = append(more, m)
		}
	}
	return more
}

func TestPacket(t *testing.T) {
	c := newSynthetic(700, 20, 100)
	x, _ := openSynthetic(t, c)
	for i := range c.rows {
		n := uint32(i + 1)
		p, more, data, err := x.Packet(n)
		if err != nil || !reflect.DeepEqual(p, c.rows[i]) || !bytes.Equal(data, c.data[i]) || !slices.Equal(more, c.moreIn(n, n+1)) {
			t.Fatalf("frame %d: %+v %v %x %v", n, p, more, data, err)
		}
	}
	for _, n := range []uint32{0, 701, ^uint32(0)} {
		if _, _, _, err := x.Packet(n); err == nil {
			t.Errorf("there is a frame %d", n)
		}
	}
}

func TestConnections(t *testing.T) {
	c := newSynthetic(12_000, 10_000, 10) // several groups of records and of sort columns
	x, _ := openSynthetic(t, c)
	for _, from := range []uint32{0, 1, 63, 64, 65, 5000, 9999, 10_000, ^uint32(0)} {
		next := from
		err := x.EachConnection(from, func(g *Connection) bool {
			if !reflect.DeepEqual(*g, c.conns[next]) {
				t.Fatalf("connection %d: %+v", next, g)
			}
			next++
			return true
		})
		if err != nil || next != max(10_000, from) {
			t.Errorf("from %d: ended at %d, %v", from, next, err)
		}
	}
	for _, n := range []uint32{0, 64, 9999} {
		if g, err := x.Connection(n); err != nil || !reflect.DeepEqual(g, c.conns[n]) {
			t.Errorf("connection %d: %+v, %v", n, g, err)
		}
	}
	if _, err := x.Connection(10_000); err == nil {
		t.Error("there is a connection 10000")
	}
	numbers := []uint32{9999, 3, 4, 3, 64, 0}
	got, err := x.ConnectionsByNumber(numbers)
	if err != nil || len(got) != len(numbers) {
		t.Fatalf("%d connections, %v", len(got), err)
	}
	for i, n := range numbers {
		if !reflect.DeepEqual(got[i], c.conns[n]) {
			t.Errorf("connection %d: %+v", n, got[i])
		}
	}
	for _, column := range SortColumns() {
		values, err := x.SortColumn(column)
		if err != nil || len(values) != len(c.conns) {
			t.Fatalf("column %d: %d values, %v", column, len(values), err)
		}
		for i := range values {
			if values[i] != c.conns[i].SortValue(column) {
				t.Fatalf("column %d of connection %d is %d", column, i, values[i])
			}
		}
	}
}

func TestMembersAndPostings(t *testing.T) {
	c := newSynthetic(3000, 7, 20)
	x, _ := openSynthetic(t, c)
	compareMembers(t, x, c)
	first := Member{}
	if err := x.Members(&c.conns[3], func(m Member) bool { first = m; return false }); err != nil || first != c.members[3][0] {
		t.Errorf("stopped at %+v, %v", first, err)
	}
	tcp, ok, err := x.Posting(0, PostProtocol, []byte("tcp"))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	for i := range c.rows {
		if tcp.Contains(uint32(i)) != c.rows[i].TCP {
			t.Fatalf("frame %d in the list of tcp: %v", i+1, tcp.Contains(uint32(i)))
		}
	}
	for _, a := range []struct {
		name    string
		segment uint16
		field   PostingField
		value   string
		ok      bool
	}{
		{"over budget", 0, PostIPSrc, "\x00\x00\x00\x01", false},
		{"no such value", 0, PostProtocol, "sctp", true},
		{"field without lists", 0, PostVLAN, "\x00\x01", true},
		{"no such segment", 1, PostProtocol, "tcp", true},
	} {
		if b, ok, err := x.Posting(a.segment, a.field, []byte(a.value)); b != nil || ok != a.ok || err != nil {
			t.Errorf("%s: %v, %v, %v", a.name, b, ok, err)
		}
	}
	for n := range uint32(len(c.rows)) + 2 {
		if got, err := x.Datagram(n); err != nil || !slices.Equal(got, c.datagrams[n]) {
			t.Fatalf("datagram of frame %d: %v, %v", n, got, err)
		}
	}
}

func compareMembers(t *testing.T, x *Index, c *synthetic) {
	t.Helper()
	for i := range c.conns {
		var got []Member
		err := x.Members(&c.conns[i], func(m Member) bool { got = append(got, m); return true })
		if err != nil || !slices.Equal(got, c.members[uint32(i)]) {
			t.Fatalf("connection %d has %d frames, want %d (%v)", i, len(got), len(c.members[uint32(i)]), err)
		}
	}
}

func TestExport(t *testing.T) {
	for name, c := range map[string]*synthetic{"3000 frames": newSynthetic(3000, 150, 2000), "one frame": newSynthetic(1, 1, 5), "none": newSynthetic(0, 0, 5)} {
		x, dir := openSynthetic(t, c)
		var b bytes.Buffer
		if err := x.Export(&b); err != nil || !bytes.Equal(b.Bytes(), c.file) {
			t.Errorf("%s: %d bytes of %d, %v", name, b.Len(), len(c.file), err)
		}
		report, err := Check(context.Background(), dir, c.sha())
		if err != nil || len(report.Problems) > 0 {
			t.Errorf("%s: check: %v, %v", name, report, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrGone) {
		t.Errorf("missing folder: %v", err)
	}
	for name, content := range map[string]string{"empty": "", "text": "this is no index"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, indexFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var corrupt *CorruptError
		if _, err := Open(dir); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	newSynthetic(3, 1, 5).write(t, dir)
	db, err := bolt.Open(filepath.Join(dir, indexFile), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		value := seal(pack(nil, []byte(`{"format":99}`)), 0, []byte(keyCapture))
		return tx.Bucket([]byte(bucketMeta)).Put([]byte(keyCapture), value)
	})
	if cerr := db.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	if _, err := Open(dir); !errors.Is(err, ErrNewer) {
		t.Errorf("newer format: %v", err)
	}
}
