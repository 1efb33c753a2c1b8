package payload

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pcapidx/ingest/dissect"
	"pcapidx/ingest/source"
)

// oracleFields are what is asked of tshark.
var oracleFields = []string{
	"frame.number", "frame.protocols", "data.len", "tcp.segment_data", "tcp.pdu.size", "tcp.stream", "udp.stream",
	"tcp.analysis.retransmission", "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission", "tcp.analysis.keep_alive",
	"tcp.analysis.out_of_order",
}

// expected is what tshark shows for one frame.
type expected struct {
	protocols, lengths, sizes string // colons and commas between values
	segment                   bool
	stream                    string // of the innermost transport
	retransmission, spurious  bool
	keepAlive, outOfOrder     bool
}

func parseExpected(line string) (e expected) {
	f := strings.Split(line, "\t")
	if len(f) < len(oracleFields) {
		return e
	}
	stack := strings.Split(f[1], ":")
	for i := len(stack) - 1; i >= 0; i-- {
		if stack[i] == "tcp" || stack[i] == "udp" {
			e.protocols = strings.Join(stack[i+1:], ":")
			streams := strings.Split(f[map[string]int{"tcp": 5, "udp": 6}[stack[i]]], ",")
			e.stream = stack[i] + streams[len(streams)-1]
			break
		}
	}
	e.lengths, e.segment, e.sizes = f[2], f[3] != "", f[4]
	e.spurious, e.keepAlive, e.outOfOrder = f[9] != "", f[10] != "", f[11] != ""
	e.retransmission = f[7] != "" && f[8] == "" && !e.spurious
	return e
}

// share counts agreement among frames where either side says something.
type share struct{ same, all int }

func (s *share) add(want, got bool, equal bool) {
	if want || got {
		s.all++
		if equal {
			s.same++
		}
	}
}

func (s share) String() string {
	return fmt.Sprintf("%6d of %6d equal: %.3f %%", s.same, s.all, 100*float64(s.same)/float64(max(s.all, 1)))
}

// corpusFiles are the captures to compare: every third of the corpus, or all of it
// with PAYLOAD_CORPUS=all.
func corpusFiles() (files []string) {
	all, _ := filepath.Glob("../../../shared/corpus/captures/*")
	step := 3
	if os.Getenv("PAYLOAD_CORPUS") == "all" {
		step = 1
	}
	for i := 0; i < len(all); i += step {
		if !strings.HasSuffix(all[i], ".keys") {
			files = append(files, all[i])
		}
	}
	return files
}

// TestCorpus compares every frame of the captures with tshark.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the comparison with tshark takes minutes")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: no tshark, so nothing was compared with Wireshark")
	}
	files := corpusFiles()
	if len(files) == 0 {
		t.Skip("SKIPPED: no corpus of captures")
	}
	s := shares{}
	for _, file := range files {
		args := []string{"-n", "-r", file, "-T", "fields"}
		for _, f := range oracleFields {
			args = append(args, "-e", f)
		}
		out, _ := exec.Command("tshark", args...).Output() // cut files end with an error
		compareCapture(t, file, strings.NewReader(string(out)), s, nil)
	}
	for _, topic := range topics {
		t.Logf("%-20s %v", topic, s.topic(topic))
	}
	for topic, least := range map[string]float64{
		"data": 0.98, "data.len": 0.98, "http": 0.998, "tls": 0.99, "tcp.segment_data": 0.997, "tcp.pdu.size": 0.997, "frame.protocols": 0.98,
	} {
		if x := s.topic(topic); float64(x.same) < least*float64(x.all) {
			t.Errorf("%s: agreement below %v", topic, least)
		}
	}
}

// TestGolden compares the frames of our own captures with what tshark said of
// them (testdata/make/payload.sh).
func TestGolden(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/golden/payload.tsv")
	if err != nil {
		t.Fatal(err)
	}
	byCapture := map[string]*strings.Builder{}
	for line := range strings.Lines(string(raw)) {
		name, rest, _ := strings.Cut(line, "\t")
		if byCapture[name] == nil {
			byCapture[name] = &strings.Builder{}
		}
		byCapture[name].WriteString(rest)
	}
	s := shares{}
	for name, lines := range byCapture {
		compareCapture(t, "../../testdata/captures/"+name, strings.NewReader(lines.String()), s,
			func(frame int, _ *Packet, want expected, got *Result) {
				g := shown(strings.Join(got.Protocols, ":"), got.Segment, join(got.DataLengths), join(got.PDUSizes))
				if w := shown(want.protocols, want.segment, want.lengths, want.sizes); g != w {
					t.Errorf("%s frame %d: got %s, want %s", name, frame, g, w)
				}
			})
	}
	for topic, least := range map[string]int{"data": 20, "http": 35, "tls": 4, "tcp.segment_data": 120} {
		if s.topic(topic).all < least {
			t.Errorf("%s was compared in %d frames only", topic, s.topic(topic).all)
		}
	}
}

// topics are what is counted.
var topics = []string{"data", "data.len", "http", "tls", "tcp.segment_data", "tcp.pdu.size", "frame.protocols"}

type shares map[string]*share

func (s shares) topic(name string) *share {
	if s[name] == nil {
		s[name] = &share{}
	}
	return s[name]
}

// compareCapture feeds the payloads of a capture and compares with lines of
// oracleFields.
func compareCapture(t *testing.T, file string, lines io.Reader, s shares, report func(frame int, p *Packet, want expected, got *Result)) {
	t.Helper()
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, 1<<24)
	conns := map[string]*Conn{}
	dirs := map[string]netip.AddrPort{}
	a := New()
	payloads(t, file, func(number int, transport *dissect.Transport, p *Packet) {
		if !scanner.Scan() {
			return
		}
		e := parseExpected(scanner.Text())
		if p == nil || e.stream == "" {
			return
		}
		if conns[e.stream] == nil {
			conns[e.stream] = &Conn{}
			dirs[e.stream] = p.Src
		}
		if dirs[e.stream] != p.Src {
			p.Dir = 1
		}
		p.Retransmission, p.Spurious = e.retransmission, e.spurious
		p.KeepAlive, p.OutOfOrder = e.keepAlive, e.outOfOrder
		got := a.Feed(conns[e.stream], p)
		s.count(e, got)
		if report != nil {
			report(number, p, e, got)
		}
	})
}

func (s shares) count(e expected, got *Result) {
	want := strings.Split(e.protocols, ":")
	for _, name := range []string{"data", "http", "tls"} {
		w, g := slices.Contains(want, name), slices.Contains(got.Protocols, name)
		s.topic(name).add(w, g, w == g)
	}
	lengths, sizes := join(got.DataLengths), join(got.PDUSizes)
	s.topic("data.len").add(e.lengths != "", lengths != "", e.lengths == lengths)
	s.topic("tcp.pdu.size").add(e.sizes != "", sizes != "", e.sizes == sizes)
	s.topic("tcp.segment_data").add(e.segment, got.Segment, e.segment == got.Segment)
	protocols := strings.Join(got.Protocols, ":")
	s.topic("frame.protocols").add(e.protocols != "", protocols != "", e.protocols == protocols)
}

func join(numbers []int) string {
	text := make([]string, len(numbers))
	for i, n := range numbers {
		text[i] = strconv.Itoa(n)
	}
	return strings.Join(text, ",")
}

// payloads calls fn for every frame; p is nil if its innermost transport is
// none that could be fed.
func payloads(t *testing.T, file string, fn func(number int, transport *dissect.Transport, p *Packet)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := source.NewReader(f, source.Config{})
	if err != nil {
		return // not a capture
	}
	defer r.Close()
	d, packet := dissect.NewDecoder(), &dissect.Packet{}
	var b source.Batch
	for {
		if err := r.Next(&b); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Log(err)
			}
			return
		}
		for i := range b.Frames {
			data := b.Packet(i)
			d.Decode(b.Links[i], data, int(b.Frames[i].OrigLen), packet)
			tr, p := innermost(packet, data)
			fn(int(b.First)+i, tr, p)
		}
	}
}

// innermost makes a Packet of the last transport, if there is no tunnel in it.
func innermost(packet *dissect.Packet, data []byte) (*dissect.Transport, *Packet) {
	if len(packet.Transports) == 0 || packet.Fragment != nil {
		return nil, nil
	}
	tr := &packet.Transports[len(packet.Transports)-1]
	if tr.Kind != dissect.TCP && tr.Kind != dissect.UDP || tr.Quoted || tr.Broken || !tr.HasLength || int(tr.Layer)+1 < len(packet.Layers) {
		return nil, nil
	}
	n := packet.Networks[tr.Network]
	return tr, &Packet{
		Kind: uint8(tr.Kind), Src: netip.AddrPortFrom(n.Src, tr.SrcPort), Dst: netip.AddrPortFrom(n.Dst, tr.DstPort),
		Seq: tr.Seq, FIN: tr.Flags&1 != 0, SYN: tr.Flags&2 != 0, RST: tr.Flags&4 != 0, ACK: tr.Flags&16 != 0,
		Length: int(tr.Length), Data: data[tr.Payload : tr.Payload+tr.Captured],
	}
}
