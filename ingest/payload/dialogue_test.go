package payload

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A dialogue is one TCP connection of testdata/dialogues.txt:
//
//	# name: server port
//	> "bytes" = protocols segment data=5 pdu=9
//
// > is from the client, < from the server; fin and rst are flags, gap=N leaves N
// bytes out before. Right of = stands what tshark shows; - is no protocol.
type dialogue struct {
	name  string
	port  uint16
	turns []turn
}

type turn struct {
	dir      uint8
	fin, rst bool
	gap      int
	data     []byte
	want     string
}

func readDialogues(t *testing.T) (list []dialogue) {
	t.Helper()
	raw, err := os.ReadFile("testdata/dialogues.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "":
		case line[0] == '#':
			i := strings.LastIndex(line, ": ")
			port, err := strconv.ParseUint(line[i+2:], 10, 16)
			if err != nil {
				t.Fatal(line, err)
			}
			list = append(list, dialogue{name: line[2:i], port: uint16(port)})
		default:
			d := &list[len(list)-1]
			d.turns = append(d.turns, parseTurn(t, line))
		}
	}
	return list
}

func parseTurn(t *testing.T, line string) (u turn) {
	t.Helper()
	open, end := strings.IndexByte(line, '"'), strings.LastIndex(line, `" = `)
	text, err := strconv.Unquote(line[open : end+1])
	if err != nil {
		t.Fatal(line, err)
	}
	u.data, u.want = []byte(text), line[end+4:]
	for _, word := range strings.Fields(line[:open]) {
		switch {
		case word == "<":
			u.dir = 1
		case word == "fin":
			u.fin = true
		case word == "rst":
			u.rst = true
		case strings.HasPrefix(word, "gap="):
			u.gap, _ = strconv.Atoi(word[4:])
		}
	}
	return u
}

// shown writes a result as in the file.
func shown(protocols string, segment bool, lengths, sizes string) string {
	s := protocols
	if s == "" {
		s = "-"
	}
	if segment {
		s += " segment"
	}
	if lengths != "" {
		s += " data=" + lengths
	}
	if sizes != "" {
		s += " pdu=" + sizes
	}
	return s
}

// packets gives the packets of a dialogue, handshake first; for these want is "".
func (d *dialogue) packets(fn func(p *Packet, want string)) {
	ends := [2]netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.1:51111"), netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), d.port),
	}
	seq := [2]uint32{1000, 4294967000} // the server's numbers wrap
	send := func(u turn, syn bool) {
		seq[u.dir] += uint32(u.gap)
		fn(&Packet{
			Kind: TCP, Dir: u.dir, Src: ends[u.dir], Dst: ends[1-u.dir], Seq: seq[u.dir],
			SYN: syn, ACK: !syn || u.dir == 1, FIN: u.fin, RST: u.rst, Length: len(u.data), Data: u.data,
		}, u.want)
		seq[u.dir] += uint32(len(u.data))
		if syn || u.fin {
			seq[u.dir]++
		}
	}
	send(turn{}, true)
	send(turn{dir: 1}, true)
	for _, u := range d.turns {
		send(u, false)
	}
}

// TestDialogues feeds the dialogues, once as they are, once with the state
// written and read again before each packet.
func TestDialogues(t *testing.T) {
	a := New()
	for _, d := range readDialogues(t) {
		for _, stored := range []bool{false, true} {
			conn := &Conn{}
			d.packets(func(p *Packet, want string) {
				if stored {
					state := append(conn.AppendBinary(nil), 7)
					conn = &Conn{}
					if rest := conn.DecodeBinary(state); len(rest) != 1 || rest[0] != 7 {
						t.Fatalf("%s: state %x was not read again", d.name, state)
					}
				}
				r := a.Feed(conn, p)
				got := shown(strings.Join(r.Protocols, ":"), r.Segment, join(r.DataLengths), join(r.PDUSizes))
				if want == "" {
					want = "-"
				}
				if got != want {
					t.Errorf("%s, stored %v: %.60q\n got %s\nwant %s", d.name, stored, p.Data, got, want)
				}
			})
		}
	}
}

// TestDialoguesTshark asks tshark whether the file is right.
func TestDialoguesTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: no tshark, the dialogues were not compared with Wireshark")
	}
	file := filepath.Join(t.TempDir(), "dialogues.pcap")
	raw := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	raw = append(raw, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0)
	var want []string
	for i, d := range readDialogues(t) {
		d.packets(func(p *Packet, w string) {
			raw = binary.LittleEndian.AppendUint32(raw, uint32(len(want)/1000))
			raw = binary.LittleEndian.AppendUint32(raw, uint32(len(want)%1000)*1000)
			raw = appendFrame(raw, p, uint16(i))
			if w == "" {
				w = "-"
			}
			want = append(want, fmt.Sprintf("%s, %.60q: %s", d.name, p.Data, w))
		})
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-r", file, "-T", "fields"}
	for _, f := range oracleFields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d frames, tshark has %d", len(want), len(lines))
	}
	for i, line := range lines {
		e := parseExpected(line)
		got := shown(e.protocols, e.segment, e.lengths, e.sizes)
		if w := want[i]; !strings.HasSuffix(w, ": "+got) {
			t.Errorf("%s\ntshark: %s", w, got)
		}
	}
}

// appendFrame appends a record's lengths and its IPv4 packet. Each connection has
// a client address of its own.
func appendFrame(b []byte, p *Packet, conn uint16) []byte {
	const headers = 40
	n := uint32(headers + len(p.Data))
	b = binary.LittleEndian.AppendUint32(b, n)
	b = binary.LittleEndian.AppendUint32(b, n)
	ends := [2][4]byte{p.Src.Addr().As4(), p.Dst.Addr().As4()}
	binary.BigEndian.PutUint16(ends[p.Dir][2:], conn)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	b = append(b, 0, 0, 0, 0, 64, TCP, 0, 0)
	b = append(b, ends[0][:]...)
	b = append(b, ends[1][:]...)
	b = binary.BigEndian.AppendUint16(b, p.Src.Port())
	b = binary.BigEndian.AppendUint16(b, p.Dst.Port())
	b = binary.BigEndian.AppendUint32(b, p.Seq)
	flags := byte(0)
	for i, set := range []bool{p.FIN, p.SYN, p.RST, false, p.ACK} {
		if set {
			flags |= 1 << i
		}
	}
	b = append(b, 0, 0, 0, 0, 0x50, flags, 0x20, 0, 0, 0, 0, 0)
	return append(b, p.Data...)
}
