package diag

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// pathFamily looks at what routers and middleboxes leave in IP headers.
func pathFamily() Family {
	return Family{Name: "path", New: func() Watcher { return &path{} }, Finds: []Diagnostic{
		{
			Code: "ttl_change", Severity: index.SeverityNote, Group: "path", Title: "TTL differs between packets",
			Doc: "The TTL or hop limit of some packets differs from the sender's most frequent one by TTLDifference or more: another route, or " +
				"another device answers for the host.",
		},
		{
			Code: "injected_rst", Severity: index.SeverityWarn, Group: "path", Title: "RST probably forged",
			Doc: "A RST differs from its alleged sender's packets in two ways of five at least: TTL off by TTLDifference; IP identification out of " +
				"the sender's sequence; sequence number neither the sender's next nor in the receiver's window; data of the sender after its " +
				"own RST; RSTs with other sequence numbers within RSTBurst. Middleboxes and censors send such RSTs.",
		},
		{
			Code: "ip_fragmentation", Severity: index.SeverityNote, Group: "path", Title: "TCP in IP fragments",
			Doc: "Segments arrived in IP fragments: the sender's MSS does not fit the path and path MTU discovery does not work. Fragments whose " +
				"rest was not captured are not counted, and the segment is missing from all other figures.",
		},
	}}
}

// Bounds of the lists of one connection.
const (
	maxTTLs = 8 // values by sender
	maxRSTs = 8
)

type path struct {
	side [2]pathSide
	rsts []rstSeen // the first ones
}

// pathSide is about the packets of one sender, RSTs apart.
type pathSide struct {
	ttl    ttlSeen   // of the first packet
	others []ttlSeen // other values
	common uint8     // the most frequent so far

	id           uint16 // IPv4 identification of the last packet
	ids          uint32 // packets that have one
	steps, zeros uint32 // of them: a little above the one before; 0
	window       uint32 // calculated, of the last packet

	dataAfterRST uint32 // frame
	fragments    *Evidence
}

// ttlSeen is one TTL of a sender.
type ttlSeen struct {
	ttl   uint8
	count uint32
	first uint32   // frame
	odd   []uint32 // further frames, while another value was more frequent
}

// rstSeen is a RST and what is odd about it (see reasons), as far as the packets
// before tell.
type rstSeen struct {
	frame, seq uint32
	time       int64
	dir, ttl   uint8
	odd        uint8
}

// What is odd about a RST.
const (
	oddTTL = 1 << iota
	oddID
	oddSeq
	oddData
	oddBurst
)

func reasons(odd uint8) []string {
	var list []string
	for i, s := range []string{
		"its TTL is another", "its IP identification is out of sequence", "its sequence number does not fit", "data of that side followed it",
		"others with other sequence numbers came with it",
	} {
		if odd>>i&1 != 0 {
			list = append(list, s)
		}
	}
	return list
}

func (w *path) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	s := &w.side[p.Dir]
	if p.Reassembled {
		if s.fragments == nil {
			s.fragments = &Evidence{}
		}
		s.fragments.Add(p.Frame)
	}
	if p.Flags&tcp.RST != 0 {
		w.reset(c, p)
		return
	}
	if p.TTL == s.ttl.ttl && s.ttl.count > 0 {
		s.ttl.note(p, s.common)
	} else {
		s.otherTTL(p)
	}
	if len(s.others) > 0 {
		s.rank()
	}
	if !p.IPv6 {
		if s.ids > 0 && sequential(s.id, p.IPID) {
			s.steps++
		}
		if p.IPID == 0 {
			s.zeros++
		}
		s.ids++
		s.id = p.IPID
	}
	s.window = p.WindowSize
	if len(w.rsts) > 0 && p.Data() && s.dataAfterRST == 0 {
		for _, x := range w.rsts {
			if x.dir == p.Dir {
				s.dataAfterRST = p.Frame
			}
		}
	}
}

func (t *ttlSeen) note(p *Packet, common uint8) {
	if t.count++; t.count == 1 {
		t.first = p.Frame
	} else if p.TTL != common && len(t.odd) < index.MaxEvidence {
		t.odd = append(t.odd, p.Frame)
	}
}

func (s *pathSide) otherTTL(p *Packet) {
	if s.ttl.count == 0 {
		s.ttl.ttl, s.common = p.TTL, p.TTL
		s.ttl.note(p, p.TTL)
		return
	}
	for i := range s.others {
		if s.others[i].ttl == p.TTL {
			s.others[i].note(p, s.common)
			return
		}
	}
	if len(s.others) < maxTTLs {
		s.others = append(s.others, ttlSeen{ttl: p.TTL})
		s.others[len(s.others)-1].note(p, s.common)
	}
}

// rank finds the most frequent TTL.
func (s *pathSide) rank() {
	most := s.ttl.count
	s.common = s.ttl.ttl
	for i := range s.others {
		if s.others[i].count > most {
			most, s.common = s.others[i].count, s.others[i].ttl
		}
	}
}

// idReach is how far a counter for IP identifications may have moved between two
// packets of one connection: it counts the host's other packets too.
const idReach = 2048

// answerReach is how far behind the highest acknowledgement a RST may answer.
const answerReach = 1 << 16

func sequential(before, id uint16) bool { d := id - before; return d > 0 && d <= idReach }

// reset judges a RST by the packets before it.
func (w *path) reset(c *Conn, p *Packet) {
	if len(w.rsts) == maxRSTs {
		return
	}
	s, peer := &w.side[p.Dir], &w.side[1-p.Dir]
	x := rstSeen{frame: p.Frame, seq: p.Seq, time: p.Time, dir: p.Dir, ttl: p.TTL}
	// A host that answers for a closed port sends 0, whatever it sent before.
	if !p.IPv6 && p.IPID != 0 && s.ids >= 4 && (s.zeros == s.ids || s.steps == s.ids-1 && s.zeros == 0 && !sequential(s.id, p.IPID)) {
		x.odd |= oddID
	}
	me, other := &c.Side[p.Dir], &c.Side[1-p.Dir]
	// The answer to a segment for a closed port repeats its acknowledgement number
	// (RFC 9293, section 3.10.7.1), which may be one of those before the last.
	answer := p.Flags&tcp.ACK == 0 && other.AckSet && other.Acked-p.Seq <= answerReach
	if me.HighSet && other.AckSet && !answer && p.Seq != me.High && p.Seq-other.Acked >= max(peer.window, 1) {
		x.odd |= oddSeq
	}
	for i := range w.rsts {
		if b := &w.rsts[i]; b.dir == p.Dir && !answer && b.seq != p.Seq && p.Time-b.time <= c.T.RSTBurst {
			b.odd |= oddBurst
			x.odd |= oddBurst
		}
	}
	w.rsts = append(w.rsts, x)
}

func (w *path) Finish(c *Conn, r *Report) {
	for i := range w.rsts {
		x := &w.rsts[i]
		s := &w.side[x.dir]
		if s.ttl.count > 0 && apart(x.ttl, s.common) >= c.T.TTLDifference {
			x.odd |= oddTTL
		}
		if s.dataAfterRST > x.frame {
			x.odd |= oddData
		}
	}
	for i := range w.side {
		r.Measures.Sides[i].TTL = int64(w.side[i].common)
		w.reportTTL(c, r, uint8(i))
		w.reportRST(r, uint8(i))
		w.reportFragments(r, uint8(i))
	}
}

func apart(a, b uint8) uint8 { return max(a, b) - min(a, b) }

func (w *path) reportTTL(c *Conn, r *Report, dir uint8) {
	s := &w.side[dir]
	if s.ttl.count == 0 {
		return
	}
	slots := append([]ttlSeen{s.ttl}, s.others...)
	for _, x := range w.rsts {
		if x.dir == dir {
			slots = append(slots, ttlSeen{ttl: x.ttl, count: 1, first: x.frame})
		}
	}
	var frames []uint32
	var ttls []string
	count := uint32(0)
	for _, t := range slots {
		if apart(t.ttl, s.common) < c.T.TTLDifference {
			continue
		}
		if name := strconv.Itoa(int(t.ttl)); !slices.Contains(ttls, name) {
			ttls = append(ttls, name)
		}
		count += t.count
		frames = append(append(frames, t.first), t.odd...)
	}
	if count == 0 {
		return
	}
	slices.Sort(frames)
	r.Add(index.Finding{
		Code: "ttl_change", Severity: index.SeverityNote, Side: int8(dir),
		Sentence: fmt.Sprintf("%s of the %s came with a TTL of %s instead of %d: another route, or another device that answers for it.",
			countWords(count, "packet"), r.Role(dir), strings.Join(ttls, ", "), s.common),
		Numbers: []index.Number{figure("packets", count), figure("usual_ttl", s.common)},
		Frames:  frames[:min(len(frames), index.MaxEvidence)], Count: count,
	})
}

func (w *path) reportRST(r *Report, dir uint8) {
	var e Evidence
	all := uint8(0)
	for _, x := range w.rsts {
		if list := reasons(x.odd); x.dir == dir && len(list) >= 2 {
			e.Add(x.frame)
			all |= x.odd
		}
	}
	if e.Count == 0 {
		return
	}
	if all&oddData != 0 {
		e.Add(w.side[dir].dataAfterRST)
	}
	r.Add(index.Finding{
		Code: "injected_rst", Severity: index.SeverityWarn, Side: -1, Weight: 1,
		Sentence: fmt.Sprintf("A RST in the name of the %s probably did not come from it, but from a middlebox: %s.", r.Role(dir), strings.Join(reasons(all), "; ")),
		Numbers:  []index.Number{figure("reasons", uint32(len(reasons(all))))},
		Frames:   e.Frames, Count: e.Count,
	})
}

func (w *path) reportFragments(r *Report, dir uint8) {
	e := w.side[dir].fragments
	if e == nil {
		return
	}
	r.Add(index.Finding{
		Code: "ip_fragmentation", Severity: index.SeverityNote, Side: int8(dir),
		Sentence: fmt.Sprintf("%s of the %s came in IP fragments: its MSS is too large for the path, and path MTU discovery does not correct it.",
			countWords(e.Count, "segment"), r.Role(dir)),
		Numbers: []index.Number{figure("segments", e.Count)}, Frames: e.Frames, Count: e.Count,
	})
}
