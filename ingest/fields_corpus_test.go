package ingest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pcapidx/index"
)

// TestFieldsAgainstTshark compares the fields of messages with those that tshark
// printed, frame by frame and field by field, and prints the share of rows of each
// protocol that agree in everything that we decode.
//
//	FIELDS_ONLY=pattern    captures by name, "*dns*"
//	FIELDS_PROTO=a,b       protocols
//	FIELDS_SHOW=n          rows shown that differ, of each protocol
//	FIELDS_DIR=folder      another folder with fields/*.json and captures/*
//
// A row agrees when each of its keys that is one of our fields has the same values.
// A key that we do not have makes it differ, unless it is computed elsewhere (keys
// of notOurs).
func TestFieldsAgainstTshark(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short, the comparison with tshark takes a minute")
	}
	files, _ := filepath.Glob(fieldsFolder() + "/fields/*.json")
	if len(files) == 0 {
		t.Skip("no corpus: ../shared/corpus/fields")
	}
	show := 0
	_, _ = fmt.Sscan(os.Getenv("FIELDS_SHOW"), &show)
	total := map[string]*fieldTally{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if only := os.Getenv("FIELDS_ONLY"); only != "" {
			if ok, _ := filepath.Match(only, name); !ok {
				continue
			}
		}
		compareFields(t, file, name, show, total)
	}
	for _, p := range slices.Sorted(maps.Keys(total)) {
		c := total[p]
		t.Logf("%-10s %5d of %5d rows (%.1f %%), %d without a message, %d decrypted or cut left out", p, c.same, c.rows, 100*float64(c.same)/float64(max(1, c.rows)), c.none, c.left)
		for _, key := range slices.SortedFunc(maps.Keys(c.keys), func(a, b string) int { return c.keys[b] - c.keys[a] }) {
			t.Logf("    %5d %s", c.keys[key], key)
		}
		if want := fieldsWanted(p, c.rows); c.same < want {
			t.Errorf("%s: %d of %d rows agree, %d are wanted", p, c.same, c.rows, want)
		}
	}
}

// fieldsFolder is where captures and their fields are.
func fieldsFolder() string {
	if dir := os.Getenv("FIELDS_DIR"); dir != "" {
		return dir
	}
	return "../../shared/corpus"
}

// fieldsWanted gives how many rows of a protocol must agree, 0 for those without a
// decoder: all of the corpus's but those that are known to differ and one, and in another
// folder 98 % of some protocols and 95 % of the others. Known are rows that need keys (QUIC),
// and those where Wireshark does not put together what comes out of order.
func fieldsWanted(protocol string, rows int) int {
	mayDiffer, ok := map[string]int{
		"http": 1, "tls": 40, "dtls": 1, "quic": 26, "websocket": 1, "sip": 1, "sdp": 1, "rtsp": 1, "rtcp": 1, "stun": 2, "ssh": 1,
		"mysql": 1, "pgsql": 1, "resp": 1, "memcache": 1, "telnet": 2, "smtp": 2, "imf": 1, "ftp": 2, "ftp-data": 1, "pop": 1, "imap": 1,
		"irc": 1, "ldap": 1, "xmpp": 3, "tftp": 1, "syslog": 1,
		"dns": 15, "nbns": 1, "dhcp": 1, "dhcpv6": 1, "ntp": 1, "icmp": 1, "icmpv6": 1, "arp": 1,
	}[protocol]
	switch {
	case !ok || os.Getenv("FIELDS_ONLY") != "":
		return 0
	case os.Getenv("FIELDS_DIR") == "":
		return rows - mayDiffer
	case slices.Contains([]string{"http", "dns", "tls", "dhcp", "icmp"}, protocol):
		return rows * 98 / 100
	}
	return rows * 95 / 100
}

type fieldTally struct {
	rows, same, none, left, shown int
	keys                          map[string]int // that differ
}

// notOurs are keys of rows that are no fields of messages: they are of other layers, or describe the row.
func notOurs(key string) bool {
	return slices.Contains([]string{
		"frame", "tcp_stream", "udp_stream", "tcp_streams", "udp_streams", "decrypted", "two_pass_differs", "only_one_pass", "only_two_pass", "proto",
	}, key)
}

// framesOfPairs are keys that name the frame of the other side of an exchange, and their
// times: the index keeps pairs, not these fields.
func framesOfPairs(key string) bool {
	return slices.Contains([]string{
		"http.response_in", "http.request_in", "http.time", "http.prev_request_in", "dns.response_in", "dns.response_to", "dns.time",
		"dns.retransmission", "dns.unsolicited", "http.response_for.uri", "icmp.resp_in", "icmp.resp_to", "icmp.resptime",
		"icmpv6.resp_in", "icmpv6.resp_to", "icmpv6.resptime",
		"imap.response_to", "imap.time", "ldap.response_to", "ldap.time",
	}, key)
}

func compareFields(t *testing.T, file, name string, show int, total map[string]*fieldTally) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	only := strings.FieldsFunc(os.Getenv("FIELDS_PROTO"), func(r rune) bool { return r == ',' })
	var frames map[uint32]map[string][]string
	for _, protocol := range slices.Sorted(maps.Keys(all)) {
		var rows []map[string]any
		if len(only) > 0 && !slices.Contains(only, protocol) || json.Unmarshal(all[protocol], &rows) != nil {
			continue
		}
		if frames == nil {
			frames = messageFields(t, filepath.Join(fieldsFolder(), "captures", name))
		}
		if total[protocol] == nil {
			total[protocol] = &fieldTally{keys: map[string]int{}}
		}
		for _, row := range rows {
			total[protocol].compare(t, name+" "+protocol, row, frames, show)
		}
	}
}

func (c *fieldTally) compare(t *testing.T, what string, row map[string]any, frames map[uint32]map[string][]string, show int) {
	if row["decrypted"] != nil {
		c.left++
		return
	}
	number, ok := row["frame"].(float64)
	if !ok {
		c.left++
		return
	}
	c.rows++
	got := frames[uint32(number)]
	if got == nil {
		c.none++
	}
	var bad []string
	differs, _ := row["two_pass_differs"].([]any)
	for key, value := range row {
		if notOurs(key) || framesOfPairs(key) || slices.Contains(differs, any(key)) {
			continue
		}
		list, _ := value.([]any)
		if key == "certificates" {
			if diff := certificatesDiffer(got, list); diff != "" {
				bad = append(bad, diff)
				c.keys[key]++
			}
			continue
		}
		var want []string
		for _, v := range list {
			want = append(want, fmt.Sprint(v))
		}
		if !sameValues(got[key], want) {
			bad = append(bad, fmt.Sprintf("%s: want %.300q, got %.300q", key, want, got[key]))
			c.keys[key]++
		}
	}
	if len(bad) == 0 {
		c.same++
	} else if c.shown < show {
		c.shown++
		slices.Sort(bad)
		t.Logf("%s frame %.0f:\n        %s", what, number, strings.Join(bad, "\n        "))
	}
}

// certificatesDiffer compares the certificates of a frame with what OpenSSL read of them:
// the values of all of them one after the other, by kind.
func certificatesDiffer(got map[string][]string, rows []any) string {
	prefix := "tls"
	if len(got["dtls.certificate.sha256"]) > 0 {
		prefix = "dtls"
	}
	want := map[string][]string{}
	for _, row := range rows {
		c, _ := row.(map[string]any)
		for ours, theirs := range map[string]string{"sha256": "sha256", "subject": "subject", "issuer": "issuer", "serial": "serial", "not_before": "notBefore", "not_after": "notAfter"} {
			text, _ := c[theirs].(string)
			if date, err := time.Parse("Jan _2 15:04:05 2006 GMT", text); err == nil {
				text = date.Format("Jan _2, 2006 15:04:05.000000000 UTC")
			}
			want[ours] = append(want[ours], text)
		}
		names, _ := c["dns"].([]any)
		for _, name := range names {
			want["dns"] = append(want["dns"], fmt.Sprint(name))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(want)) {
		if have := got[prefix+".certificate."+kind]; !slices.Equal(have, want[kind]) {
			return fmt.Sprintf("certificates, %s: want %.500q, got %.500q", kind, want[kind], have)
		}
	}
	return ""
}

// sameValues compares texts; those above 2000 characters were cut when they were recorded.
func sameValues(got, want []string) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		if head, cut := strings.CutSuffix(w, "..."); cut && len(w) >= 2000 {
			return strings.HasPrefix(g, head)
		}
		return g == w
	})
}

// messageFields gives the fields of a capture's messages by frame, as tshark would
// print them.
func messageFields(t *testing.T, path string) map[uint32]map[string][]string {
	t.Helper()
	frames := map[uint32]map[string][]string{}
	x := eachMessage(t, path, func(m *index.Message) {
		if frames[m.Frame] == nil {
			frames[m.Frame] = map[string][]string{}
		}
		for _, f := range m.Fields {
			frames[m.Frame][f.Name] = append(frames[m.Frame][f.Name], printed(&f))
		}
	})
	addFrameFields(t, x, frames)
	return frames
}

// eachMessage ingests a capture, visits its messages, and gives its index.
func eachMessage(t *testing.T, path string, visit func(m *index.Message)) *index.Index {
	t.Helper()
	store := index.OpenStore(t.TempDir())
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Ingest(t.Context(), store, Input{Name: filepath.Base(path), Reader: f, Seeker: f}, Config{NoText: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := store.Open(r.Entry.ID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	err = x.EachMessage(1, index.MessageWish{}, func(m *index.Message) bool {
		visit(m)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}
