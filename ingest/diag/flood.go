package diag

import "net/netip"

// Floods are counted in steps of floodStep over the last ten of them. A handshake
// that the capture's end cut off counts if it had floodAge to finish.
const (
	floodStep = 100_000_000 // ns
	floodAge  = 500_000_000 // ns
)

// flood counts the unfinished handshakes of one server port.
type flood struct {
	steps     [10]uint32
	at        int64 // step in hand
	total     uint32
	confirmed bool
	recent    floodSum // since the last pause of a second, until it is confirmed
}

// floodSum is a server port with too many of them.
type floodSum struct {
	server           netip.AddrPort
	peak             uint32 // in one second
	halfOpen, silent uint32
	first, last      int64
	frames           Evidence
}

// unfinished takes a handshake that was not finished.
func (s *scans) unfinished(server netip.AddrPort, c *Conn, answered bool) {
	at := s.flood.get(server, c.Start)
	f := &at.value
	rate := f.add(c.Start)
	at.hot = at.hot || f.total >= hotMembers
	if !f.confirmed {
		if rate == 1 { // after a pause
			f.recent = floodSum{}
		}
		if f.recent.add(c, rate, answered); rate < s.t.FloodRate {
			return
		}
	}
	i, ok := s.byServer[server]
	switch {
	case ok:
	case len(s.floods) == maxScanners:
		if !f.confirmed {
			s.moreFlood++
		}
		f.confirmed = true
		return
	default:
		i = int32(len(s.floods))
		s.byServer[server] = i
		s.floods = append(s.floods, floodSum{server: server})
	}
	x := &s.floods[i]
	if f.confirmed {
		x.add(c, rate, answered)
		return
	}
	x.join(&f.recent)
	f.confirmed, f.recent = true, floodSum{}
}

// add counts a handshake.
func (x *floodSum) add(c *Conn, rate uint32, answered bool) {
	if x.frames.Count == 0 {
		x.first, x.last = c.Start, c.Start
	}
	x.frames.Add(c.First.Frame)
	x.peak = max(x.peak, rate)
	x.first, x.last = min(x.first, c.Start), max(x.last, c.Start)
	if answered {
		x.halfOpen++
	} else {
		x.silent++
	}
}

// join adds what was counted apart.
func (x *floodSum) join(o *floodSum) {
	if x.frames.Count == 0 {
		x.first, x.last = o.first, o.last
	}
	x.frames.take(o.frames.Frames, o.frames.Count)
	x.peak = max(x.peak, o.peak)
	x.first, x.last = min(x.first, o.first), max(x.last, o.last)
	x.halfOpen += o.halfOpen
	x.silent += o.silent
}

// add counts one and gives how many there were in the last second.
func (f *flood) add(time int64) (rate uint32) {
	const n = int64(len(f.steps))
	step := time / floodStep
	switch ahead := step - f.at; {
	case f.total == 0 || ahead >= n:
		f.steps, f.at = [n]uint32{}, step
	case ahead > 0:
		for ; f.at < step; f.at++ {
			f.steps[(f.at+1)%n] = 0
		}
	case ahead <= -n:
		return 0
	}
	f.total++
	f.steps[((step%n)+n)%n]++
	for _, v := range f.steps {
		rate += v
	}
	return rate
}
