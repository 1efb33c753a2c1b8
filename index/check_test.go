package index

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	bolt "go.etcd.io/bbolt"
)

// edit changes values of an index.db, with checksums and sums that fit: only
// what contradicts itself can be noticed then.
type edit struct {
	t  *testing.T
	tx *bolt.Tx
}

func editIndex(t *testing.T, dir string, fn func(*edit)) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, indexFile), 0, &bolt.Options{NoFreelistSync: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { fn(&edit{t, tx}); return nil })
	if cerr := db.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	if err := writeSums(dir); err != nil {
		t.Fatal(err)
	}
}

func (e *edit) body(bucket string, key []byte) []byte {
	e.t.Helper()
	body, ok := unseal(key, e.tx.Bucket([]byte(bucket)).Get(key))
	if !ok {
		e.t.Fatalf("no value %s/%x", bucket, key)
	}
	return slices.Clone(body)
}

func (e *edit) put(bucket string, key, body []byte) {
	e.t.Helper()
	if err := e.tx.Bucket([]byte(bucket)).Put(key, seal(slices.Clone(body), 0, key)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *edit) remove(bucket string, key []byte) {
	e.t.Helper()
	e.body(bucket, key)
	if err := e.tx.Bucket([]byte(bucket)).Delete(key); err != nil {
		e.t.Fatal(err)
	}
}

// repack changes a packed body.
func (e *edit) repack(bucket string, key []byte, change func([]byte) []byte) {
	e.t.Helper()
	b, err := unpack(e.body(bucket, key), nil, packLimit)
	if err != nil {
		e.t.Fatal(err)
	}
	e.put(bucket, key, pack(nil, change(b)))
}

func (e *edit) firstKey(bucket string) []byte {
	key, _ := e.tx.Bucket([]byte(bucket)).Cursor().First()
	return slices.Clone(key)
}

// rows changes the rows of the block that begins with a frame.
func (e *edit) rows(first uint32, change func([]Packet)) {
	e.t.Helper()
	rows, more, err := decodeColumns(e.body(bucketColumns, key32(first)), first, ColAll, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	change(rows)
	value, _ := appendColumns(nil, rows, more, nil)
	e.put(bucketColumns, key32(first), value)
}

func TestCheckFindsContradictions(t *testing.T) {
	tcp := keyPosting(0, PostProtocol, []byte("tcp"))
	swap := func(from, to string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
	}
	for _, c := range []struct {
		name, want string
		edit       func(*edit)
	}{
		{"a value that nothing reads", "datagrams/00000032: checksum differs", func(e *edit) {
			if err := e.tx.Bucket([]byte(bucketDatagrams)).Put(key32(50), []byte("12345678")); err != nil {
				t.Fatal(err)
			}
		}},
		{"no bucket", "bucket postings is missing", func(e *edit) {
			if err := e.tx.DeleteBucket([]byte(bucketPostings)); err != nil {
				t.Fatal(err)
			}
		}},
		{"no columns in between", "columns/00000201: values are missing", func(e *edit) { e.remove(bucketColumns, key32(513)) }},
		{"no columns at the end", "values are missing", func(e *edit) { e.remove(bucketColumns, key32(769)) }},
		{"no packet data", "blocks/00000201: value is missing", func(e *edit) { e.remove(bucketBlocks, key32(513)) }},
		{"packet data of other length", "blocks/00000001: value is cut", func(e *edit) {
			e.repack(bucketBlocks, key32(1), func(b []byte) []byte { return b[1:] })
		}},
		{"other packet data", "SHA-256", func(e *edit) {
			e.repack(bucketBlocks, key32(1), func(b []byte) []byte { b[9]++; return b })
		}},
		{"other container bytes", "SHA-256", func(e *edit) {
			e.repack(bucketContainer, e.firstKey(bucketContainer), swap("file header", "FILE header"))
		}},
		{"no container bytes", "container bytes are missing", func(e *edit) { e.remove(bucketContainer, e.firstKey(bucketContainer)) }},
		{"container bytes of no frame", "belong to no frame", func(e *edit) {
			w := &pieceWriter{}
			w.add(ContainerPiece{Before: 5000, Data: []byte("x")})
			e.put(bucketContainer, keyPiece(5000, 99), pack(nil, w.body))
		}},
		{"other time", "SHA-256", func(e *edit) { e.rows(257, func(rows []Packet) { rows[7].Time++ }) }},
		{"frame of another connection", "frames of connections differ", func(e *edit) {
			e.rows(257, func(rows []Packet) {
				i := slices.IndexFunc(rows, func(p Packet) bool { return p.Conn == 5 })
				rows[i].Conn = 6
			})
		}},
		{"unknown stack", "has layer stack 77 of 3", func(e *edit) { e.rows(257, func(rows []Packet) { rows[7].Stack = 77 }) }},
		{"other status", "postings field 12", func(e *edit) { e.rows(257, func(rows []Packet) { rows[7].Status ^= StatusQuoted }) }},
		{"no posting list", "postings field 1", func(e *edit) { e.remove(bucketPostings, tcp) }},
		{"posting list without a frame", "miss frame", func(e *edit) { e.postings(tcp, func(b *roaring.Bitmap) { b.Remove(b.Maximum()) }) }},
		{"posting list with a frame too many", "too many", func(e *edit) {
			e.postings(tcp, func(b *roaring.Bitmap) { b.Flip(0, 1000) })
		}},
		{"posting list of frames that are not there", "of a segment with 1000", func(e *edit) { e.postings(tcp, func(b *roaring.Bitmap) { b.Add(1000) }) }},
		{"posting list that no frame explains", "no frame has it", func(e *edit) {
			e.put(bucketPostings, keyPosting(0, PostProtocol, []byte("sctp")), appendBitmap(nil, roaring.BitmapOf(3)))
		}},
		{"no members", "frames of connections differ", func(e *edit) { e.remove(bucketMembers, e.firstKey(bucketMembers)) }},
		{"no connections in between", "connections/00000080: values are missing", func(e *edit) { e.remove(bucketConnections, key32(64)) }},
		{"no connections at the end", "connections/: values are missing", func(e *edit) { e.remove(bucketConnections, key32(128)) }},
		{"connection with other bytes", "connection 129 does not agree", func(e *edit) {
			e.connection(129, func(c *Connection) { c.Bytes[1]++ })
		}},
		{"connection with other packets", "connection 129 does not agree", func(e *edit) {
			e.connection(129, func(c *Connection) { c.Packets[0]++ })
		}},
		{"connection with other frames", "connection 129 does not agree", func(e *edit) {
			e.connection(129, func(c *Connection) { c.Last++ })
		}},
		{"no sort column", "sort/0400000000: values are missing", func(e *edit) { e.remove(bucketSort, keySort(SortPackets, 0)) }},
		{"other number of frames", "values are missing", func(e *edit) {
			e.repack(bucketMeta, []byte(keyCapture), swap(`"frames":1000`, `"frames":1001`))
		}},
		{"other number of bytes", "read were", func(e *edit) {
			e.repack(bucketMeta, []byte(keyCapture), swap(`"data_bytes":`, `"data_bytes":1`))
		}},
		{"no summary", "meta/63617074757265: value is missing", func(e *edit) { e.remove(bucketMeta, []byte(keyCapture)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, capture := t.TempDir(), newSynthetic(1000, 140, 30)
			capture.write(t, dir)
			editIndex(t, dir, c.edit)
			report, err := Check(context.Background(), dir, capture.sha())
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(report.Problems, "\n"); !strings.Contains(all, c.want) {
				t.Errorf("check found %q, expected %q", all, c.want)
			}
		})
	}
}

// connection changes the record of a connection.
func (e *edit) connection(number uint32, change func(*Connection)) {
	e.t.Helper()
	first := number - number%connGroup
	group, err := decodeConnections(e.body(bucketConnections, key32(first)), first, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	change(&group[number-first])
	e.put(bucketConnections, key32(first), packConnections(group))
}

func (e *edit) postings(key []byte, change func(*roaring.Bitmap)) {
	e.t.Helper()
	b, err := decodeBitmap(e.body(bucketPostings, key))
	if err != nil {
		e.t.Fatal(err)
	}
	change(b)
	e.put(bucketPostings, key, appendBitmap(nil, b))
}

// What is read of an index with a hole is an error, never a part of the truth.
func TestReadsNoticeHoles(t *testing.T) {
	rows := func(x *Index) error { return x.EachRows(1, false, func(*Rows) (bool, error) { return true, nil }) }
	conns := func(x *Index) error { return x.EachConnection(0, func(*Connection) bool { return true }) }
	for _, c := range []struct {
		name   string
		bucket string
		key    []byte
		read   func(*Index) error
	}{
		{"rows in between", bucketColumns, key32(257), rows},
		{"rows at the start", bucketColumns, key32(1), rows},
		{"rows at the end", bucketColumns, key32(769), rows},
		{"packet", bucketColumns, key32(257), func(x *Index) error { _, _, _, err := x.Packet(300); return err }},
		{"export in between", bucketColumns, key32(257), func(x *Index) error { return x.Export(io.Discard) }},
		{"export at the end", bucketColumns, key32(769), func(x *Index) error { return x.Export(io.Discard) }},
		{"connections in between", bucketConnections, key32(64), conns},
		{"connections at the start", bucketConnections, key32(0), conns},
		{"connections at the end", bucketConnections, key32(128), conns},
		{"connection", bucketConnections, key32(64), func(x *Index) error { _, err := x.Connection(70); return err }},
		{"connections by number", bucketConnections, key32(64), func(x *Index) error { _, err := x.ConnectionsByNumber([]uint32{1, 70}); return err }},
		{"sort column", bucketSort, keySort(SortBytes, 0), func(x *Index) error { _, err := x.SortColumn(SortBytes); return err }},
		{"members", bucketMembers, keyMember(0, 0, 0), func(x *Index) error {
			c, err := x.Connection(1)
			if err == nil {
				err = x.Members(&c, func(Member) bool { return true })
			}
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			newSynthetic(1000, 140, 30).write(t, dir)
			if err := c.read(openDir(t, dir)); err != nil {
				t.Fatalf("before: %v", err)
			}
			other := t.TempDir()
			newSynthetic(1000, 140, 30).write(t, other)
			editIndex(t, other, func(e *edit) { e.remove(c.bucket, c.key) })
			var corrupt *CorruptError
			if err := c.read(openDir(t, other)); !errors.As(err, &corrupt) || corrupt.Bucket != c.bucket {
				t.Errorf("got %v", err)
			}
		})
	}
}
