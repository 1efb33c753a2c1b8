package dissect

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpusFields are what is compared; the first is the stack.
var corpusFields = []string{
	"frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
	"tcp.srcport", "tcp.dstport", "tcp.len", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags",
	"tcp.window_size_value", "tcp.hdr_len", "udp.srcport", "udp.dstport", "sctp.srcport", "sctp.dstport",
	"vlan.id", "ieee8021ad.id", "icmp.ident", "icmpv6.echo.identifier",
}

// TestCorpus compares every frame of some captures with tshark; of all if
// DISSECT_CORPUS is "all" or names a folder. The share of frames that agree in all
// fields must not sink below the limit.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the comparison with tshark takes minutes")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: no tshark, so nothing was compared with Wireshark")
	}
	files := corpusCaptures("DISSECT_CORPUS", 12)
	if len(files) == 0 {
		t.Skip("SKIPPED: no corpus of captures")
	}
	var frames, same int
	differ := map[string]int{}
	for _, file := range files {
		compareCapture(t, file, func(frame int, diffs []string) {
			frames++
			if len(diffs) == 0 {
				same++
			}
			for _, d := range diffs {
				field, _, _ := strings.Cut(d, ":")
				if differ[field]++; differ[field] <= 4000 {
					t.Logf("%s frame %d %s", filepath.Base(file), frame, d)
				}
			}
		})
	}
	for _, f := range corpusFields {
		t.Logf("%-24s %d of %d differ", f, differ[f], frames)
	}
	share := float64(same) / float64(max(frames, 1))
	t.Logf("%d captures, %d of %d frames agree in all fields: %.4f %%", len(files), same, frames, 100*share)
	const limit = 0.9999
	if share < limit {
		t.Errorf("agreement below %v", limit)
	}
}

// corpusCaptures are the captures to compare: every step-th of the corpus, all of it
// if the environment variable says "all", else those of the folder that it names.
func corpusCaptures(variable string, step int) (files []string) {
	dir := "../../../shared/corpus/captures"
	switch d := os.Getenv(variable); d {
	case "":
	case "all":
		step = 1
	default:
		dir, step = d, 1
	}
	all, _ := filepath.Glob(filepath.Join(dir, "*"))
	for i := 0; i < len(all); i += step {
		if !strings.HasSuffix(all[i], ".keys") {
			files = append(files, all[i])
		}
	}
	return files
}

// compareCapture decodes the frames of one capture, reassembles datagrams as
// tshark does, and reports each frame with what differs.
func compareCapture(t *testing.T, file string, report func(frame int, diffs []string)) {
	converted := filepath.Join(t.TempDir(), "c.pcapng")
	_ = exec.Command("tshark", "-n", "-r", file, "-F", "pcapng", "-w", converted).Run() // cut files end with an error
	raw, err := os.ReadFile(converted)
	if err != nil {
		return // not a capture
	}
	args := []string{"-n", "-r", converted, "-T", "fields", "-E", "separator=/t"}
	for _, f := range corpusFields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil && len(out) == 0 {
		return
	}
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	lines.Buffer(nil, 1<<24)
	d, p, r := NewDecoder(), &Packet{}, reassembler{}
	number := 0
	readBlocks(raw, func(link uint32, data []byte, original int) {
		number++
		if !lines.Scan() {
			t.Fatalf("%s: tshark has no frame %d", file, number)
		}
		if link == ^uint32(0) {
			return
		}
		d.Decode(link, data, original, p)
		r.finish(d, p, data)
		var diffs []string
		want := strings.Split(lines.Text(), "\t")
		for i, got := range ourFields(p) {
			w := want[i]
			if i == 0 {
				w = lowerLayers(w)
			}
			if w != got {
				diffs = append(diffs, fmt.Sprintf("%s: tshark %q, got %q (%v) stack %s", corpusFields[i], w, got, p.Problem, want[0]))
			}
		}
		report(number, diffs)
	})
}

// lowerLayers drops what is not in the Proto table from frame.protocols, and
// "data" and other leafs that follow a transport.
func lowerLayers(stack string) string {
	var kept []string
	for name := range strings.SplitSeq(stack, ":") {
		p := Proto(slices.Index(protoNames[:], name))
		if p == 255 || name == "" {
			kept = append(kept, "?")
			continue
		}
		kept = append(kept, name)
	}
	// After a transport only tunnels go on.
	for i, name := range kept {
		if (name == "udp" || name == "tcp" || name == "sctp" || name == "udplite") && i+1 < len(kept) && !tunnelName[kept[i+1]] {
			return strings.Join(kept[:i+1], ":")
		}
	}
	if i := slices.Index(kept, "?"); i >= 0 {
		kept = kept[:i]
	}
	return strings.Join(kept, ":")
}

var tunnelName = map[string]bool{
	"gtp": true, "gtpprime": true, "vxlan": true, "vxlan_gpe": true, "geneve": true, "teredo": true, "l2tp": true, "udpencap": true,
	"ayiya": true, "lisp-data": true, "capwap.data": true, "mpls": true, "llc": true, "tzsp": true,
	"eth": true, "ip": true, "ipv6": true, "nsh": true,
}

// ourFields renders p as tshark prints it.
func ourFields(p *Packet) []string {
	v := make([]strings.Builder, len(corpusFields))
	put := func(field string, value any) {
		b := &v[slices.Index(corpusFields, field)]
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(b, value)
	}
	put("frame.protocols", p.Stack())
	for _, n := range p.Networks {
		family := "ip"
		if n.Src.Is6() {
			family = "ipv6"
		}
		put(family+".src", n.Src.WithZone(""))
		put(family+".dst", n.Dst)
	}
	for _, id := range p.VLANs {
		put("vlan.id", id)
	}
	for _, id := range p.ServiceVLANs {
		put("ieee8021ad.id", id)
	}
	for _, tr := range p.Transports {
		// Wireshark shows the sequence number of a segment that ICMP for IPv4
		// quotes as tcp.seq, which is relative elsewhere.
		putTransport(put, tr, tr.Quoted && tr.Layer >= 2 && p.Layers[tr.Layer-2].Proto == ProtoICMP)
	}
	s := make([]string, len(v))
	for i := range v {
		s[i] = v[i].String()
	}
	return s
}

func putTransport(put func(string, any), tr Transport, noSeq bool) {
	switch tr.Kind {
	case ICMP:
		put("icmp.ident", tr.SrcPort)
	case ICMPv6:
		put("icmpv6.echo.identifier", fmt.Sprintf("0x%04x", tr.SrcPort))
	case UDP, UDPLite, SCTP:
		name := map[Kind]string{UDP: "udp", UDPLite: "udp", SCTP: "sctp"}[tr.Kind]
		put(name+".srcport", tr.SrcPort)
		put(name+".dstport", tr.DstPort)
	case TCP:
		put("tcp.srcport", tr.SrcPort)
		put("tcp.dstport", tr.DstPort)
		if tr.HasLength {
			put("tcp.len", tr.Length)
		}
		if tr.HasTCP && !noSeq {
			put("tcp.seq_raw", tr.Seq)
		}
		if tr.HasTCP {
			put("tcp.hdr_len", tr.HeaderLength)
		}
		if tr.HasTCP && !tr.BadOffset {
			put("tcp.ack_raw", tr.Ack)
			put("tcp.flags", fmt.Sprintf("0x%04x", tr.Flags))
			put("tcp.window_size_value", tr.Window)
		}
	}
}

// readBlocks walks a little-endian pcapng file of one section.
func readBlocks(raw []byte, frame func(link uint32, data []byte, original int)) {
	var links []uint32
	le := binary.LittleEndian
	for len(raw) >= 12 {
		typ, length := le.Uint32(raw), le.Uint32(raw[4:])
		body := raw[8 : length-4]
		switch typ {
		case 1: // interface description
			links = append(links, uint32(le.Uint16(body)))
		case 0xbad, 0x40000bad: // custom: tshark counts it
			frame(^uint32(0), nil, 0)
		case 6: // enhanced packet
			frame(links[le.Uint32(body)], body[20:20+le.Uint32(body[12:])], int(le.Uint32(body[16:])))
		}
		raw = raw[length:]
	}
}

// reassembler puts IP fragments together, for the test only: no timeouts, and
// a datagram is complete when its bytes add up.
type reassembler map[string]*datagram

type datagram struct {
	data []byte
	have map[uint32]int
	size int
}

// finish returns the last datagram put together, nil if there was none.
func (r reassembler) finish(d *Decoder, p *Packet, frame []byte) (whole []byte) {
	data := frame
	for p.Fragment != nil && p.Fragment.Complete {
		f := *p.Fragment
		n := p.Networks[f.Network]
		key := fmt.Sprint(n.Src, n.Dst, f.ID, f.Proto)
		g := r[key]
		if g == nil {
			g = &datagram{have: map[uint32]int{}}
			r[key] = g
		}
		end := int(f.Offset + f.Length)
		if !f.More {
			g.size = end
		}
		g.data = append(g.data, make([]byte, max(0, end-len(g.data)))...)
		copy(g.data[f.Offset:], data[f.Start:f.Start+f.Length])
		g.have[f.Offset] = int(f.Length)
		sum := 0
		for _, n := range g.have {
			sum += n
		}
		if g.size == 0 || sum < g.size {
			return whole
		}
		delete(r, key)
		whole = g.data[:g.size]
		data = whole
		d.DecodeDatagram(f.Network, data, p)
	}
	return whole
}
