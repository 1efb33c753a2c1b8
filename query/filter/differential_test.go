package filter

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCorpusMatches asks the corpus' filters of the corpus' captures: tshark
// gives the values of the fields, this package the frames, the corpus (tshark
// -Y) the frames expected. Filters that look at protocols' bytes are left out:
// tshark prints none.
func TestCorpusMatches(t *testing.T) {
	if testing.Short() {
		t.Skip("needs tshark for some seconds")
	}
	rows, fields := corpusRows(t), tsharkTable(t)
	captures := slices.Sorted(maps.Keys(rows))
	slices.SortStableFunc(captures, func(a, b string) int { return len(rows[b]) - len(rows[a]) })
	if os.Getenv("FILTER_ALL_CAPTURES") == "" {
		captures = captures[:min(12, len(captures))]
	}
	compared := 0
	for _, capture := range captures {
		compared += compareCapture(t, "../../../shared/corpus/captures/"+capture, rows[capture], fields)
	}
	t.Logf("%d filters compared on %d captures", compared, len(captures))
}

type corpusRow struct {
	Capture *string `json:"capture"`
	Filter  string  `json:"filter"`
	Frames  []int   `json:"frames"`
	Count   *int    `json:"count"`
}

func corpusRows(t *testing.T) map[string][]corpusRow {
	t.Helper()
	file, err := os.Open("../../../shared/corpus/filters.jsonl")
	if err != nil {
		t.Skipf("SKIPPED, MATCHES NOT CHECKED: %v", err)
	}
	defer file.Close()
	rows := map[string][]corpusRow{}
	for dec := json.NewDecoder(bufio.NewReader(file)); dec.More(); {
		var r corpusRow
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if r.Capture != nil && r.Count == nil {
			rows[*r.Capture] = append(rows[*r.Capture], r)
		}
	}
	return rows
}

func compareCapture(t *testing.T, path string, rows []corpusRow, fields *dictionary) int {
	var filters []*Filter
	var used []string
	for i := range rows {
		f, err := parseAndCheck(rows[i].Filter, fields)
		if err != nil {
			t.Errorf("%s: %v", rows[i].Filter, err)
			continue
		}
		filters = append(filters, f)
		for _, field := range f.Fields() {
			if !slices.Contains(used, field.Name) {
				used = append(used, field.Name)
			}
		}
	}
	if filters == nil {
		return 0
	}
	got := make([][]int, len(filters))
	extract(t, path, used, fields, func(number int, fr frame) {
		for i, f := range filters {
			if f.Match(fakeRecord(f, fr)) {
				got[i] = append(got[i], number)
			}
		}
	})
	n := 0
	for i, f := range filters {
		if readsProtocolBytes(f) || f.Source == "smb2.filename" { // the latter is often empty, which tshark does not print
			continue
		}
		n++
		if !slices.Equal(got[i], rows[i].Frames) {
			t.Errorf("%s: %s\n got %v\nwant %v", filepath.Base(path), f.Source, got[i], rows[i].Frames)
		}
	}
	return n
}

func readsProtocolBytes(f *Filter) (found bool) {
	Walk(f.Root, func(n Node) bool {
		if t, ok := n.(*Test); ok && t.Op != Present {
			ref, isRef := t.Left.(*Ref)
			found = found || isRef && ref.Type.Kind == Protocol
		}
		return true
	})
	return found
}

// extract lets tshark print fields of each frame.
func extract(t *testing.T, path string, names []string, fields *dictionary, visit func(int, frame)) {
	t.Helper()
	args := []string{"-n", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=\x01", "-E", "separator=/t", "-e", "frame.number"}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "frame.number" })
	for _, n := range names {
		args = append(args, "-e", n)
	}
	out, err := exec.Command("tshark", args...).Output() //nolint:gosec // test
	if err != nil {
		t.Logf("tshark %s: %v, %d bytes", path, err, len(out))
	}
	for line := range strings.Lines(string(out)) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		number, err := strconv.Atoi(cells[0])
		if err != nil {
			continue
		}
		fr := frame{"frame.number": {UintValue(uint64(number))}}
		for i, name := range names {
			if i+1 < len(cells) && cells[i+1] != "" {
				for text := range strings.SplitSeq(cells[i+1], "\x01") {
					fr[name] = append(fr[name], printedValue(text, fields.table[name]))
				}
			}
		}
		visit(number, fr)
	}
}

// printedValue reads a value as tshark -T fields prints it.
func printedValue(s string, f Field) Value {
	switch f.Kind {
	case Bool:
		return BoolValue(s == "1" || s == "True")
	case Uint, FrameNum, Char:
		u, _ := strconv.ParseUint(s, 0, 64)
		return UintValue(u)
	case Int:
		i, _ := strconv.ParseInt(s, 0, 64)
		return IntValue(i)
	case Float:
		x, _ := strconv.ParseFloat(s, 64)
		return FloatValue(x)
	case IPv4, IPv6:
		a, err := netip.ParseAddr(s)
		if err != nil {
			return NoneValue()
		}
		return AddrValue(a)
	case Bytes, Ether:
		b, _ := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
		return BytesValue(b)
	case RelTime:
		v, _ := relTimeConstant(&Const{Text: s})
		return v
	case String:
		return StringValue(strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\t`, "\t", `\\`, `\`).Replace(s))
	}
	return NoneValue()
}

// TestAcceptsAsWireshark makes filters at random and asks sharkd, tshark's
// server of the same build, whether it takes them; this package must agree.
func TestAcceptsAsWireshark(t *testing.T) {
	if testing.Short() {
		t.Skip("needs sharkd for some seconds")
	}
	fields := tsharkTable(t)
	var filters []string
	r := rand.New(rand.NewSource(1))
	for range 1000 {
		if src := randomFilter(r, 0); !knownDeviation(src) {
			filters = append(filters, src)
		}
	}
	verdicts := askSharkd(t, filters)
	accepted := 0
	for i, src := range filters {
		_, err := parseAndCheck(src, fields)
		if (err == nil) != (verdicts[i] == "") {
			t.Errorf("%s\n\there     %v\n\tsharkd   %s", src, err, verdicts[i])
		}
		if err == nil {
			accepted++
		}
	}
	t.Logf("%d filters, %d of them accepted", len(filters), accepted)
}

// knownDeviation leaves out what differs on purpose: constants that Wireshark's
// parsers take by accident (durations with several dots, a prefix or more
// seconds than 64 bits of nanoseconds hold; the empty time).
func knownDeviation(src string) bool {
	if strings.Contains(src, "frame.time") && strings.Contains(src, `""`) {
		return true
	}
	for _, c := range []string{"1.2.3.4", "300.1.1.1", "10.0.0.0/", "1.2.840", "99999999999999999999"} {
		if strings.Contains(src, "frame.time_delta") && strings.Contains(src, c) {
			return true
		}
	}
	return false
}

// askSharkd gives sharkd's message per filter, "" where it is accepted.
func askSharkd(t *testing.T, filters []string) []string {
	t.Helper()
	if _, err := exec.LookPath("sharkd"); err != nil {
		t.Skipf("SKIPPED, NOT COMPARED WITH WIRESHARK: %v", err)
	}
	var in strings.Builder
	for i, f := range filters {
		q, _ := json.Marshal(f)
		fmt.Fprintf(&in, `{"jsonrpc":"2.0","id":%d,"method":"check","params":{"filter":%s}}`+"\n", i+1, q)
	}
	cmd := exec.Command("sharkd", "-")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	verdicts := slices.Repeat([]string{"no answer"}, len(filters))
	for line := range strings.Lines(string(out)) {
		var answer struct {
			ID    int
			Error *struct{ Message string }
		}
		if json.Unmarshal([]byte(line), &answer) != nil || answer.ID < 1 || answer.ID > len(filters) {
			continue
		}
		verdicts[answer.ID-1] = ""
		if answer.Error != nil {
			verdicts[answer.ID-1] = answer.Error.Message
		}
	}
	return verdicts
}

func pick(r *rand.Rand, words ...string) string { return words[r.Intn(len(words))] }

// randomFilter is mostly well formed; types fit each other by chance.
func randomFilter(r *rand.Rand, depth int) string {
	if depth < 3 && r.Intn(5) == 0 {
		a, b := randomFilter(r, depth+1), randomFilter(r, depth+1)
		return pick(r, "("+a+") "+pick(r, "and", "or", "&&", "||")+" "+b, "not "+a, "!("+a+")", a+" and "+b+" or "+a)
	}
	field, other := randomField(r), randomField(r)
	switch r.Intn(10) {
	case 0:
		return field
	case 1:
		return pick(r, "", "any ", "all ", "not ") + field + pick(r, " in {", " not in {", " in{") +
			randomConstant(r) + pick(r, "}", ", "+randomConstant(r)+"}", " .. "+randomConstant(r)+"}", " }")
	case 2:
		return field + " & " + pick(r, randomConstant(r), other) + pick(r, "", " == "+randomConstant(r))
	case 3:
		return pick(r, "len", "count", "max", "min", "upper", "lower", "string", "abs") + "(" + field + ")" +
			randomOp(r) + randomConstant(r)
	case 4, 5:
		return field + randomOp(r) + other
	case 6:
		return field + pick(r, " contains ", " matches ", " ~ ", " contains ") + randomConstant(r)
	}
	return pick(r, "", "", "any ", "all ") + field + randomOp(r) + randomConstant(r)
}

func randomOp(r *rand.Rand) string {
	return pick(r, " == ", " != ", "==", " === ", " !== ", " > ", " >= ", " < ", "<=", " eq ", " ne ", " gt ", " any_ne ", " all_eq ")
}

func randomField(r *rand.Rand) string {
	return pick(r, "tcp", "frame", "tcp.port", "tcp.seq", "ip.ttl", "tcp.flags.syn", "ip.addr", "ip.src", "ipv6.addr",
		"eth.addr", "http.host", "http.request.method", "tcp.payload", "frame.time", "frame.time_delta", "tcp.analysis.flags",
		"_ws.ftypes.int8", "_ws.ftypes.int64", "_ws.ftypes.uint64", "_ws.ftypes.double", "_ws.ftypes.float", "_ws.ftypes.char",
		"_ws.ftypes.guid", "_ws.ftypes.oid", "_ws.ftypes.eui64", "http.request_in", "dns.flags.response", "no.such.field")
}

func randomConstant(r *rand.Rand) string {
	return pick(r, "1", "0", "80", "127", "128", "255", "256", "65536", "4294967296", "0x1f", "0b11", "017", "08", "1.5",
		`"a"`, `""`, `"80"`, `r"\d"`, `"^G"`, `"[a"`, "'a'", "'\\x41'", "aa:bb", "aa:bb:cc:dd:ee:ff", "aa-bb-cc-dd-ee-ff",
		"00:11:22:33:44:55:66:77", "1.2.3.4", "10.0.0.0/8", "10.0.0.0/33", "300.1.1.1", "fe80::1", "fe80::/10", "::", "::1/129",
		"True", "FALSE", "true", "abc", "GET", "1.2.840", "12345678-1234-1234-1234-123456789abc", `"2020-01-01 10:00:00"`,
		`"Jan 1, 2020 10:00:00.5"`, `"10:00"`, "2020-01-01", "99999999999999999999", "tcp.port", "zz")
}
