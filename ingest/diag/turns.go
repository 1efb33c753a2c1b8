package diag

import (
	"cmp"
	"fmt"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

// turnsFamily tells requests from responses by who sends data, whatever the
// protocol, and measures how long each side takes to answer the other.
func turnsFamily() Family {
	return Family{Name: "turns", FromData: true, New: func() Watcher { return &turns{} }, Finds: []Diagnostic{
		{
			Code: "slow_response", Severity: index.SeverityWarn, Group: "application", Title: "slow response",
			Doc: "The server began to answer a request more than SlowResponse after the request's last byte, or after its last re-send, the " +
				"network's part (the smallest round-trip time) left out if the handshake was captured. Waits above LongPoll do not count: see idle_push.",
		},
		{
			Code: "idle_push", Severity: index.SeverityInfo, Group: "application", Title: "server sends when it has something",
			Doc: "The server sent data after a pause of more than LongPoll since the last data of either side: long polling or server push, " +
				"which is no slow response.",
		},
		{
			Code: "client_waiting", Severity: index.SeverityInfo, Group: "application", Title: "mostly waiting for the client",
			Doc: "From the end of a response to the next request the client let pass more than ClientWaiting of the connection's duration, in " +
				"all.",
		},
	}}
}

// maxRuns keeps MaxTurns turns whoever of the sides began.
const maxRuns = 2*index.MaxTurns + 1

// handshakeTurns is how many of a TLS connection's turns belong to its handshake.
const handshakeTurns = 2

// turns cuts the new data of a connection into runs, each by one side. Which of
// them are requests is known at the end only.
type turns struct {
	runs    []run // the first ones without the last two, which are prev and cur
	count   uint32
	first   uint8 // who sent the first run; the sides alternate
	prev    run   // if count > 1
	cur     run   // if count > 0
	curSeq  uint32
	resent  int64 // when something of cur was last sent again
	curLast uint32
	side    [2]turnSide
}

// run is a stretch of data from one side.
type run struct {
	frame      uint32 // its first
	start, end int64
	bytes      uint64 // of sequence numbers: what was not captured counts
}

// turnSide is about the runs of one side, and the pauses before them.
type turnSide struct {
	high         uint32 // end of its data, if seen
	seen, tls    bool   // tls: its first data is a TLS record
	gaps, length histogram
	longest      int64    // pause, and the frame that ended it
	longestFrame uint32   //
	slow         Evidence // pauses above SlowResponse: the frames before and after each
	slowest      int64    // of them
	slowRun      uint32   // number of the run after the slowest, from 0
	slowSum      int64
	long         Evidence // pauses above LongPoll, within a run too
}

func (w *turns) turn() uint8 { return w.first ^ uint8(w.count-1)&1 }

func (w *turns) Watch(c *Conn, p *Packet) {
	if p.Duplicate || !p.Data() || p.Labels&(tcp.KeepAlive|tcp.ZeroWindowProbe) != 0 {
		return
	}
	me := &w.side[p.Dir]
	if p.Labels&(tcp.Retransmission|tcp.SpuriousRetransmission) == tcp.Retransmission && w.count > 0 && p.Dir == w.turn() {
		w.resent = p.Time
	}
	n := p.Len
	if end := p.Seq + p.Len; me.seen {
		if !beyond(end, me.high) {
			return
		}
		n = end - me.high
		me.high = end
	} else {
		me.high, me.seen, me.tls = end, true, p.TLS
	}
	switch {
	case w.count == 0:
		w.first = p.Dir
		w.begin(p, n)
	case w.turn() == p.Dir:
		if p.Time-w.cur.end > c.T.LongPoll {
			me.long.Add(w.curLast)
			me.long.Add(p.Frame)
		}
		w.cur.end, w.curLast = p.Time, p.Frame
		w.cur.bytes += uint64(n)
	case p.Flags&tcp.ACK != 0 && !beyond(p.Ack, w.curSeq): // sent before the peer's run arrived: no answer to it
		if w.count > 1 {
			w.prev.end = p.Time
			w.prev.bytes += uint64(n)
			return
		}
		w.begin(p, n)
	default:
		me.answer(c, w, p)
		w.begin(p, n)
	}
}

// begin starts a run.
func (w *turns) begin(p *Packet, n uint32) {
	if w.count > 1 {
		w.side[p.Dir].length.add(w.prev.end - w.prev.start)
		if len(w.runs) < maxRuns {
			w.runs = append(w.runs, w.prev)
		}
	}
	w.prev = w.cur
	w.cur = run{frame: p.Frame, start: p.Time, end: p.Time, bytes: uint64(n)}
	w.curSeq, w.curLast, w.resent = p.Seq, p.Frame, 0
	w.count++
}

// handshaken reports whether the handshake was captured. Otherwise the smallest
// round-trip time may be that of an acknowledgement that waited for a response.
func (c *Conn) handshaken() bool {
	return c.Side[0].SYN.Count > 0 && c.Side[1].SYNACK.Count > 0 || c.Side[1].SYN.Count > 0 && c.Side[0].SYNACK.Count > 0
}

// answer measures the pause before a run of s.
func (s *turnSide) answer(c *Conn, w *turns, p *Packet) {
	gap, trip := p.Time-w.cur.end, c.Side[1-p.Dir].MinRTT
	s.gaps.add(gap)
	if gap > s.longest || s.longestFrame == 0 {
		s.longest, s.longestFrame = gap, p.Frame
	}
	wait := min(gap, p.Time-w.resent)
	if !c.handshaken() {
		trip = 0
	}
	switch {
	case gap > c.T.LongPoll:
		s.long.Add(w.curLast)
		s.long.Add(p.Frame)
	case wait-trip > c.T.SlowResponse:
		s.slow.Add(w.curLast)
		s.slow.Add(p.Frame)
		s.slowSum += wait
		if wait > s.slowest {
			s.slowest, s.slowRun = wait, w.count
		}
	}
}

func (w *turns) Finish(c *Conn, r *Report) {
	if w.count == 0 {
		return
	}
	runs := w.runs
	if w.count > 1 {
		w.side[1-w.turn()].length.add(w.prev.end - w.prev.start)
		runs = append(runs, w.prev)
	}
	w.side[w.turn()].length.add(w.cur.end - w.cur.start)
	if runs = append(runs, w.cur); uint32(len(runs)) < w.count { // runs in between are gone
		runs = w.runs
	}
	skip := uint32(w.first ^ r.Client)
	r.Measures.TurnCount = int64((w.count + 1 - skip) / 2)
	for i := int(skip); i < len(runs) && len(r.Measures.Turns) < index.MaxTurns; i += 2 {
		q := &runs[i]
		t := index.Turn{RequestFrame: q.frame, RequestStart: q.start, RequestEnd: q.end, RequestBytes: int64(q.bytes)}
		if i+1 < len(runs) {
			a := &runs[i+1]
			t.ResponseFrame, t.ResponseStart, t.ResponseEnd, t.ResponseBytes = a.frame, a.start, a.end, int64(a.bytes)
		}
		r.Measures.Turns = append(r.Measures.Turns, t)
	}
	for dir := range w.side {
		m := &r.Measures.Sides[dir]
		m.Response, m.Transfer = w.side[dir].gaps.spread(), w.side[dir].length.spread()
	}
	w.reportServer(c, r, skip)
	w.reportClient(c, r)
}

func (w *turns) reportServer(c *Conn, r *Report, skip uint32) {
	server := 1 - r.Client
	s := &w.side[server]
	if slow := s.slow.Count / 2; slow > 0 {
		network, trip, where := "", c.Side[r.Client].MinRTT, ""
		if trip > 0 && c.handshaken() {
			network = fmt.Sprintf(", of which the network needs %s", timeWords(trip))
		}
		if w.side[r.Client].tls && (s.slowRun-skip)/2 < handshakeTurns {
			where = " in the TLS handshake"
		}
		r.Add(index.Finding{
			Code: "slow_response", Severity: index.SeverityWarn, Side: int8(server), Weight: float64(s.slowSum) / 1e9,
			Sentence: fmt.Sprintf("The server took %s to begin an answer%s%s; %d of its %s came after more than %s.", timeWords(s.slowest), where, network,
				slow, countWords(s.gaps.count, "answer"), timeWords(c.T.SlowResponse)),
			Numbers: []index.Number{
				inMs("slowest", s.slowest), inMs("network", trip), figure("slow", slow), figure("answers", s.gaps.count),
				inMs("median", s.gaps.quantile(50)),
			},
			Frames: s.slow.Frames, Count: s.slow.Count,
		})
	}
	if s.long.Count > 0 {
		r.Add(index.Finding{
			Code: "idle_push", Severity: index.SeverityInfo, Side: int8(server),
			Sentence: fmt.Sprintf("The server sent data after a pause of more than %s %s: long polling or server push, no slow answer.", timeWords(c.T.LongPoll),
				countWords(s.long.Count/2, "time")),
			Numbers: []index.Number{figure("times", s.long.Count/2)}, Frames: s.long.Frames, Count: s.long.Count,
		})
	}
}

func (w *turns) reportClient(c *Conn, r *Report) {
	s, duration := &w.side[r.Client], c.End-c.Start
	if duration <= 0 || float64(s.gaps.sum) <= c.T.ClientWaiting*float64(duration) {
		return
	}
	frames, count := slices.Concat(s.slow.Frames, s.long.Frames), s.slow.Count+s.long.Count
	if count == 0 {
		frames, count = []uint32{s.longestFrame}, 1
	}
	slices.SortFunc(frames, cmp.Compare[uint32])
	percent := 100 * float64(s.gaps.sum) / float64(duration)
	r.Add(index.Finding{
		Code: "client_waiting", Severity: index.SeverityInfo, Side: int8(r.Client),
		Sentence: fmt.Sprintf("The connection mostly waited for the client: %s of %s (%s %%) lie between an answer and the next request.",
			timeWords(s.gaps.sum), timeWords(duration), digits(percent)),
		Numbers: []index.Number{inMs("waited", s.gaps.sum), {Name: "share_percent", Value: percent}, inMs("longest", s.longest)},
		Frames:  frames[:min(len(frames), index.MaxEvidence)], Count: count,
	})
}
