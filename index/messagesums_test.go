package index

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// readMessages gives copies of the wanted messages.
func readMessages(t *testing.T, x *Index, from uint32, w MessageWish) (list []Message) {
	t.Helper()
	err := x.EachMessage(from, w, func(m *Message) bool {
		c := *m
		c.Fields, c.Warnings = slices.Clone(m.Fields), slices.Clone(m.Warnings)
		list = append(list, c)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// logFields are the fields of a message as a log knows them; all of them are summed.
func logFields(m *Message, n *names) (of []*logField) {
	for i := range m.Fields {
		of = append(of, &logField{id: n.id(m.Fields[i].Name), summed: true})
	}
	return of
}

// sumRows are the groups that content 5 has of messages with the fields a.text.
func sumRows(all []Message, n *names) map[string][]byte {
	groups := map[string][]byte{}
	body, count, first, last := map[string][]byte{}, map[string]int{}, map[string]uint32{}, map[string]uint32{}
	flush := func(p string) {
		if count[p] > 0 {
			groups[string(sumsKey{p, first[p]}.bytes())] = pack(nil, body[p])
		}
		body[p], count[p] = nil, 0
	}
	for i := range all {
		m := all[i]
		p := m.Protocol
		if count[p] == sumGroup {
			flush(p)
		}
		if count[p] == 0 {
			first[p], last[p] = m.Number, m.Number
		}
		m.Summary, m.Text, m.Object = "", nil, nil
		m.Fields = slices.DeleteFunc(slices.Clone(m.Fields), func(f MessageField) bool { return f.Name != "a.text" })
		m.Warnings = slices.Clone(m.Warnings)
		for k := range m.Warnings {
			m.Warnings[k].Text, m.Warnings[k].Frames = "", nil
		}
		one := appendMessage(nil, &m, logFields(&m, n), n)
		body[p] = binary.AppendUvarint(body[p], uint64(len(one)))
		body[p] = append(binary.AppendUvarint(body[p], uint64(m.Number-last[p])), one...)
		last[p] = m.Number
		count[p]++
	}
	for p := range count {
		flush(p)
	}
	return groups
}

// TestMessageSumsOfContent5: what an index of content 5 has for sums gives the same
// messages as that of today.
func TestMessageSumsOfContent5(t *testing.T) {
	all := sampleMessages(3000)
	x := storeMessages(t, all, nil)
	dir := filepath.Dir(x.db.Path())
	wish := MessageWish{Protocols: []string{"dns", "http"}, Fields: []string{"a.text"}, Sums: true}
	wishes := []MessageWish{wish, wish, wish}
	wishes[1].Warned = []string{"http"}
	wishes[2].Fields, wishes[2].NoFields = nil, true
	var today [][]Message
	for _, w := range wishes {
		today = append(today, readMessages(t, x, 700, w))
	}
	if len(today[0]) != 2301 || len(today[1]) > 2000 || len(today[1]) < 1200 || today[1][0].Protocol != "dns" {
		t.Fatalf("%d and %d messages", len(today[0]), len(today[1]))
	}
	names := names{list: x.summary.Applications.Names, by: map[string]uint64{}}
	for i, name := range names.list {
		names.by[name] = uint64(i)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	editIndex(t, dir, func(e *edit) {
		e.repack(bucketMeta, []byte(keyCapture), func(body []byte) []byte {
			return bytes.Replace(body, fmt.Appendf(nil, `"content":%d`, ContentVersion), []byte(`"content":5`), 1)
		})
		for _, m := range all[:2] {
			b := e.tx.Bucket([]byte(bucketMessageSums)).Cursor()
			for key, _ := b.Seek(append([]byte(m.Protocol), 0)); key != nil; key, _ = b.Next() {
				if err := b.Delete(); err != nil {
					t.Fatal(err)
				}
			}
		}
		for key, body := range sumRows(all, &names) {
			e.put(bucketMessageSums, []byte(key), body)
		}
	})
	old, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if old.summary.Content != sumsSince {
		t.Fatalf("content %d", old.summary.Content)
	}
	for i, w := range wishes {
		list := readMessages(t, old, 700, w)
		for k := range list {
			list[k].First, list[k].Offset = 0, 0
		}
		for k := range today[i] {
			for f := range today[i][k].Fields {
				today[i][k].Fields[f].Ordinal = 0
			}
		}
		if len(list) != len(today[i]) {
			t.Fatalf("%+v: %d messages, today %d", w, len(list), len(today[i]))
		}
		for k := range list {
			if len(list[k].Fields)+len(today[i][k].Fields) == 0 {
				list[k].Fields, today[i][k].Fields = nil, nil
			}
			if !reflect.DeepEqual(list[k], today[i][k]) {
				t.Fatalf("%+v\ntoday %+v", list[k], today[i][k])
			}
		}
	}
}

// TestWarnedMessages: of a protocol of which those with warnings are wanted, no others
// come, wherever they are read from.
func TestWarnedMessages(t *testing.T) {
	x := storeMessages(t, sampleMessages(3000), nil)
	for _, sums := range []bool{false, true} {
		w := MessageWish{Protocols: []string{"dns", "http"}, Fields: []string{"a.text"}, Sums: sums}
		want := slices.DeleteFunc(readMessages(t, x, 1, w), func(m Message) bool { return m.Protocol == "http" && len(m.Warnings) == 0 })
		w.Warned = []string{"http"}
		if got := readMessages(t, x, 1, w); len(got) != len(want) || len(got) == 3000 || !slices.EqualFunc(got, want, func(a, b Message) bool { return a.Number == b.Number }) {
			t.Errorf("sums %v: %d messages, want %d", sums, len(got), len(want))
		}
	}
}

// TestMessageSumsStop: who has seen enough is left alone, also in the middle of a group,
// and values beyond those that are remembered are read as others are.
func TestMessageSumsStop(t *testing.T) {
	x := storeMessages(t, sampleMessages(maxKnownTexts+2000), nil)
	wish := MessageWish{Protocols: []string{"dns", "http"}, Fields: []string{"a.text"}, Sums: true}
	for _, most := range []int{1, 700, sumGroup, 20 * sumGroup} {
		n := 0
		if err := x.EachMessage(1, wish, func(*Message) bool { n++; return n < most }); err != nil || n != most {
			t.Errorf("%d messages of %d, %v", n, most, err)
		}
	}
	ordinals, without := map[uint32]string{}, 0
	for _, m := range readMessages(t, x, 1, wish) {
		if text := m.Fields[0].Text; text != fmt.Sprint("v", m.Number-1) {
			t.Fatalf("message %d has %q", m.Number, text)
		}
		if m.Fields[0].Ordinal == 0 {
			without++
		} else {
			ordinals[m.Fields[0].Ordinal] = m.Fields[0].Text
		}
	}
	if without != 2001 || len(ordinals) != maxKnownTexts-1 { // one is that of texts that are empty
		t.Errorf("%d values have a number, %d have none", len(ordinals), without)
	}
}

// TestDamagedSumSections: a group whose parts do not fit is refused.
func TestDamagedSumSections(t *testing.T) {
	n, body := sampleSums(t)
	reader := func() *sumSectionReader {
		return &sumSectionReader{names: n.list, wish: (&MessageWish{}).in(n.list), known: map[string]uint32{}, texts: map[string]string{}}
	}
	if wanted, err := reader().read(&sumMessages{}, append([]byte{packedPlain}, body...), "http", 1); err != nil || !wanted {
		t.Fatalf("%v, %v", wanted, err)
	}
	for cut := range body {
		if _, err := reader().read(&sumMessages{}, append([]byte{packedPlain}, body[:cut]...), "http", 1); err == nil {
			t.Errorf("cut at %d of %d: it was read", cut, len(body))
		}
	}
	refused := 0
	for at := range body {
		broken := slices.Clone(body)
		broken[at] ^= 0x7f
		g, m := &sumMessages{}, Message{}
		if _, err := reader().read(g, append([]byte{packedPlain}, broken...), "http", 1); err != nil {
			refused++
			continue
		}
		g.each(1, n.list, &m, func(*Message) bool { return true })
	}
	if refused < 60 {
		t.Errorf("%d of %d groups with a broken byte were refused", refused, len(body))
	}
}

// sampleSums is a stored group before it is packed.
func sampleSums(t testing.TB) (n names, body []byte) {
	t.Helper()
	s := messageSums{open: map[string]*sumsGroup{}}
	if err := s.groups.create(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	all := sampleMessages(24)
	for i := range all {
		if all[i].Protocol == "http" {
			s.add(&all[i], logFields(&all[i], &n), &n)
		}
	}
	s.flush("http", s.open["http"])
	if err := s.groups.remove(); err != nil {
		t.Fatal(err)
	}
	return n, s.body
}

// FuzzSums: whatever a stored group holds, it is decoded or refused, by today's reader and
// by that of content 5.
func FuzzSums(f *testing.F) {
	n, body := sampleSums(f)
	f.Add(body)
	for _, rows := range sumRows(sampleMessages(6), &n) {
		row, err := unpack(rows, nil, messageLimit)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(row)
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		value := append([]byte{packedPlain}, body...)
		w := (&MessageWish{}).in(n.list)
		s := sumSectionReader{names: n.list, wish: w, known: map[string]uint32{}, texts: map[string]string{}}
		g, m := sumMessages{}, Message{}
		for range 2 { // the second time values are known
			if wanted, err := s.read(&g, value, "http", 1); wanted && err == nil {
				g.each(1, n.list, &m, func(m *Message) bool { return m.Protocol == "http" })
			}
		}
		r := sumRowReader{names: n.list, wish: w, known: map[string]string{}, yield: func(m *Message) bool { return m.Number < 100 }}
		_, _ = r.group(value, 1)
	})
}

// TestMessage: one message alone is that of its group.
func TestMessage(t *testing.T) {
	all := sampleMessages(200)
	x := storeMessages(t, all, nil)
	for _, number := range []uint32{1, 64, 65, 130, 200} {
		m, err := x.Message(number)
		if err != nil || m == nil {
			t.Fatalf("message %d: %v, %v", number, m, err)
		}
		sameMessage(t, m, &all[number-1])
	}
	for _, number := range []uint32{0, 201, 256, 1000} {
		if m, err := x.Message(number); err != nil || m != nil {
			t.Errorf("message %d: %+v, %v", number, m, err)
		}
	}
}

// TestEachMissing: what connections lacked is what their applications say.
func TestEachMissing(t *testing.T) {
	var apps []Application
	for i := range uint32(300) {
		apps = append(apps, Application{
			Conn: 3 * i, Protocols: []string{"tls", "http"}[:i%3], Host: fmt.Sprint("host ", i), HostFrom: "dns", Confirmed: i%2 == 0,
			Messages: i, Missing: uint64(i) * uint64(i), Sampled: 300 * i, Printable: uint16(i), Entropy: uint16(3 * i), Head: make([]byte, i%9),
		})
	}
	x := storeMessages(t, sampleMessages(5), apps)
	for _, from := range []uint32{0, 1, 63, 64, 500, 897, 898, 2000} {
		want := []uint64{}
		err := x.EachApplication(from, func(a *Application) bool {
			b := apps[a.Conn/3]
			if b.Messages != a.Messages || b.Host != a.Host || !slices.Equal(b.Protocols, a.Protocols) || !slices.Equal(b.Head, a.Head) || b.Entropy != a.Entropy {
				t.Fatalf("%+v, want %+v", *a, b)
			}
			want = append(want, uint64(a.Conn), a.Missing)
			return true
		})
		got := []uint64{}
		merr := x.EachMissing(from, func(conn uint32, missing uint64) bool {
			got = append(got, uint64(conn), missing)
			return true
		})
		if err != nil || merr != nil || !slices.Equal(got, want) || (len(got) == 0) != (from > 897) {
			t.Errorf("from %d: %v, want %v; %v, %v", from, got, want, merr, err)
		}
	}
}
