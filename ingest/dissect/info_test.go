package dissect

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestInfo compares the Info and the Protocol column with what tshark said of
// the captures in the repository.
func TestInfo(t *testing.T) {
	lines := map[string][][]string{} // by capture, in the order of frames
	for _, line := range goldenLines(t, "info.tsv") {
		if n, err := strconv.Atoi(line[1]); err != nil || n != len(lines[line[0]])+1 {
			t.Fatalf("frame %s of %s is not in its place", line[1], line[0])
		}
		lines[line[0]] = append(lines[line[0]], line[2:])
	}
	count := map[string]*tally{}
	frames := 0
	for capture, want := range lines {
		eachFrame(t, filepath.Join(captures, capture), func(number int, frame, datagram []byte, original int, p *Packet) {
			frames++
			w := want[number-1]
			got := escapes.Replace(string(AppendInfo(nil, frame, datagram, original, p, infoContext(p, w))))
			where := capture + " frame " + strconv.Itoa(number) + " (" + w[0] + ")"
			countInfo(t, where, w[1], infoAnalysis.ReplaceAllString(w[2], ""), ProtocolColumn(frame, datagram, original, p), got, count)
		})
	}
	differ := 0
	for protocol, c := range count {
		allowed := 0
		if protocol == "TCP" { // tcp-odd.pcap frame 50: the number after "Ack=" stands nowhere else
			allowed = 1
		}
		if differ += c.differ; c.differ > allowed {
			t.Errorf("%s: %d of %d frames differ", protocol, c.differ, c.frames)
		}
	}
	t.Logf("%d captures, %d frames, %d differ", len(lines), frames, differ)
}

// TestInfoContext shows what a line is without and with what other frames know.
func TestInfoContext(t *testing.T) {
	sack := ethernetFrame(0x0800, ipv4Packet(6, tcpHeaderWith("0101050a0000100000001200")))
	ping := ethernetFrame(0x0800, ipv4Packet(1, unhex("00000000 12340005")))
	piece := ethernetFrame(0x0800, ipv4Packet(17, unhex("0001020304050607")))
	piece[20] = 0x20 // more fragments
	for _, c := range []struct {
		name  string
		frame []byte
		know  *InfoContext
		want  string
	}{
		{"nothing", sack, nil, "Seq=1000 Ack=2000 Win=5000 Len=0 SLE=4096 SRE=4608"},
		{"connection", sack, &InfoContext{HasSeq: true, Seq: 1, Ack: 2, HasWindow: true, Window: 1 << 20, HasSACKBase: true, SACKBase: 4095}, "Seq=1 Ack=2 Win=1048576 Len=0 SLE=1 SRE=513"},
		{"no reply", ping, &InfoContext{ReplyFrame: 7}, "seq=5/1280, ttl=64"},
		{"request", ping, &InfoContext{RequestFrame: 7}, "seq=5/1280, ttl=64 (request in 7)"},
		{"fragment", piece, nil, "off=0, ID=0001)"},
		{"reassembled", piece, &InfoContext{ReassembledIn: 9}, "off=0, ID=0001) [Reassembled in #9]"},
	} {
		d, p := NewDecoder(), &Packet{}
		d.Decode(1, c.frame, len(c.frame), p)
		if got := string(AppendInfo(nil, c.frame, nil, len(c.frame), p, c.know)); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: %q, want %q at the end", c.name, got, c.want)
		}
	}
}

// TestInfoHostile makes lines of frames that were made to be too much.
func TestInfoHostile(t *testing.T) {
	sources := join(unhex("11 0a 0000 e0000001 027d 3fff"), make([]byte, 4*0x3fff-20-12))
	names := bytes.Repeat(unhex("0a01 1b"), 30000)
	for _, frame := range [][]byte{
		ethernetFrame(0x0800, ipv4Packet(2, sources)),
		ethernetFrame(0x88cc, join(unhex("0202 0741 0402 0742 0602 0078"), names)),
		ethernetFrame(0x0800, ipv4Packet(132, join(make([]byte, 12), bytes.Repeat(unhex("07000008 00000001"), 8000)))),
	} {
		d, p := NewDecoder(), &Packet{}
		d.Decode(1, frame, len(frame), p)
		if got := AppendInfo(nil, frame, nil, len(frame), p, nil); len(got) < 512 || len(got) > maxInfo {
			t.Errorf("%d bytes: %.60q", len(got), got)
		}
	}
	d, p := NewDecoder(), &Packet{}
	d.Decode(9999, []byte("?"), 1, p)
	if got := string(AppendInfo(nil, []byte("?"), nil, 1, p, nil)); got == "" || ProtocolColumn([]byte("?"), nil, 1, p) == "" {
		t.Errorf("nothing is said of what cannot be decoded")
	}
}

func TestSACKEdges(t *testing.T) {
	frame := ethernetFrame(0x0800, ipv4Packet(6, tcpHeaderWith("01010512 00000001 00000002 fffffffe 00000003")))
	d, p := NewDecoder(), &Packet{}
	d.Decode(1, frame, len(frame), p)
	layer := len(p.Layers) - 1
	if got := SACKEdges(nil, frame, nil, p, layer); !slices.Equal(got, []uint32{1, 2, 0xfffffffe, 3}) {
		t.Errorf("got %x", got)
	}
	if got := SACKEdges(nil, frame, nil, p, layer-1); got != nil {
		t.Errorf("edges of another layer: %x", got)
	}
	d.Decode(1, frame[:len(frame)-4], len(frame), p) // the second block was cut
	if got := SACKEdges(nil, frame[:len(frame)-4], nil, p, layer); len(got) != 0 {
		t.Errorf("edges of an option that is not there in full: %x", got)
	}
}
