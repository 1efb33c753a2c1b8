package query

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/query/filter"
)

// storedFields are those that other frames decide, as tshark is asked for them.
func storedFields() []string {
	fields := []string{
		"tcp.seq", "tcp.ack", "tcp.nxtseq", "tcp.window_size", "tcp.window_size_scalefactor", "tcp.len",
		"tcp.time_relative", "tcp.time_delta", "udp.time_relative", "udp.time_delta", "icmp.resptime", "icmp.resp_to",
		"icmpv6.resptime", "icmpv6.resp_to", "tcp.options.sack_le", "tcp.options.sack_re", "frame.time_delta", "frame.time_relative",
		"tcp.completeness", "tcp.analysis.acks_frame", "tcp.analysis.ack_rtt", "tcp.analysis.initial_rtt", "tcp.analysis.rto",
		"tcp.analysis.rto_frame", "tcp.analysis.bytes_in_flight", "tcp.analysis.push_bytes_sent", "tcp.analysis.duplicate_ack_num",
		"tcp.analysis.duplicate_ack_frame", "tcp.analysis", "tcp.analysis.flags",
	}
	for _, name := range index.LabelNames() {
		if name != "capture_duplicate" { // not Wireshark's
			fields = append(fields, "tcp.analysis."+name)
		}
	}
	return fields
}

// TestStoredFieldsAgainstTshark compares every value of these fields in every
// frame of a third of the corpus, with STORED_ALL of all of it, that is not complex
// with what tshark says of it.
func TestStoredFieldsAgainstTshark(t *testing.T) {
	paths, _ := filepath.Glob("../../shared/corpus/captures/*.*")
	if len(paths) == 0 {
		t.Skip("SKIPPED: no corpus of captures")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: no tshark, so nothing was compared with Wireshark")
	}
	if testing.Short() {
		t.Skip("SKIPPED: -short, the comparison with tshark takes its time")
	}
	right, wrong := map[string]int{}, map[string]int{}
	all := os.Getenv("STORED_ALL") != ""
	for i, path := range paths {
		if i%3 != 0 && !all {
			continue
		}
		if info, err := os.Stat(path); err != nil || info.Size() > 300<<10 || strings.HasSuffix(path, ".keys") {
			continue // the largest captures take long and hold nothing new
		}
		compareStored(t, path, right, wrong)
	}
	seen := 0
	for _, name := range storedFields() {
		if right[name]+wrong[name] == 0 && !all { // rare ones are not in each third
			continue
		}
		seen++
		share := float64(right[name]) / float64(max(1, right[name]+wrong[name]))
		t.Logf("%-32s %7d right, %5d wrong, %.5f", name, right[name], wrong[name], share)
		least := 0.995
		if strings.HasPrefix(name, "udp.time") { // Wireshark begins conversations anew for what SIP announces
			least = 0.6
		}
		if share < least {
			t.Errorf("%s: %.4f of the values are tshark's", name, share)
		}
	}
	if seen < len(storedFields())*3/4 {
		t.Errorf("only %d of %d fields occur", seen, len(storedFields()))
	}
}

// TestAnalysisAgainstTshark compares all of TCP analysis in random captures, where
// every rule is met at its borders, with what tshark says: frame for frame, without
// any difference.
func TestAnalysisAgainstTshark(t *testing.T) {
	const generator = "../../shared/tools/tcp_fuzz.py"
	if _, err := os.Stat(generator); err != nil {
		t.Skip("SKIPPED: no corpus, so no generator of random captures")
	}
	for _, program := range []string{"tshark", "python3"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("SKIPPED: no " + program + ", so nothing was compared with Wireshark")
		}
	}
	right, wrong := map[string]int{}, map[string]int{}
	for _, seed := range []string{"1", "12", "77"} {
		path := filepath.Join(t.TempDir(), "random.pcap")
		if out, err := exec.Command("python3", generator, seed, "60", "60", path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		compareStored(t, path, right, wrong)
	}
	for _, name := range storedFields() {
		if strings.HasPrefix(name, "tcp.options.sack") { // without ACK nothing stored tells what the edges count from
			continue
		}
		if wrong[name] > 0 || strings.HasPrefix(name, "tcp.analysis.") && right[name] < 10 {
			t.Errorf("%s: %d right, %d wrong", name, right[name], wrong[name])
		}
	}
}

func compareStored(t *testing.T, path string, right, wrong map[string]int) {
	t.Helper()
	store := index.OpenStore(t.TempDir())
	e := New(StoreSource{store}, testWriter{store: store})
	if _, err := e.Add(context.Background(), AddRequest{Files: []string{path}}, nil); err != nil {
		return
	}
	x, _, err := e.source.Open(filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	args := []string{"-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"}
	for _, name := range storedFields() {
		args = append(args, "-e", name)
	}
	out, _ := exec.Command("tshark", args...).Output() // a cut file ends with an error, after its frames
	lines := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	f, err := parseFilter(strings.Join(storedFields(), " || "))
	if err != nil {
		t.Fatal(err)
	}
	r := newFrameRecord(x, newTables(x), f)
	shown := map[string]bool{}
	err = x.EachRows(1, false, func(rows *index.Rows) (bool, error) {
		for i := range rows.Packets {
			if r.set(rows, i); int(r.row.Number) > len(lines) || r.row.Status&index.StatusComplex != 0 {
				continue
			}
			cells := strings.Split(string(lines[r.row.Number-1]), "\t")
			for id, name := range storedFields() {
				var got []string
				for _, v := range r.Values(id, nil) {
					if v.Kind() == filter.None { // tshark says 1 for each time that it shows the label
						cells[id] = strings.TrimSuffix(cells[id], ",1")
						got = append(got, "1")
						continue
					}
					got = append(got, v.String())
				}
				if sameNumbers(got, cells[id]) {
					right[name] += min(1, len(got))
					continue
				}
				if wrong[name]++; !shown[name] {
					shown[name] = true
					t.Logf("%s frame %d %s: %v, tshark %s", filepath.Base(path), r.row.Number, name, got, cells[id])
				}
			}
		}
		return true, r.err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sameNumbers compares numbers as texts, times to the nanosecond.
func sameNumbers(got []string, cell string) bool {
	var want []string
	if cell != "" {
		want = strings.Split(cell, ",")
	}
	return slices.EqualFunc(got, want, func(a, b string) bool {
		x, aerr := strconv.ParseFloat(a, 64)
		y, berr := strconv.ParseFloat(b, 64)
		return aerr == nil && berr == nil && math.Abs(x-y) < 1e-6
	})
}
