package diag

import (
	"fmt"

	"pcapidx/index"
)

func (x *options) Finish(c *Conn, r *Report) {
	for d := range c.Side {
		f, m := &c.Side[d], &r.Measures.Sides[d]
		m.Scale = -1
		if f.Opened {
			o := &f.Options
			m.MSS, m.Scale, m.SACKPermitted, m.Timestamps = int64(o.MSS), int64(o.Scale), o.SACKPermitted, o.Timestamps
		}
		x.sideReport(c, r, uint8(d))
	}
	if c.Side[0].Opened && c.Side[1].Opened && !x.cut {
		x.agreed(c, r)
	}
}

// sideReport reports what concerns the segments of one side.
func (x *options) sideReport(c *Conn, r *Report, d uint8) {
	who := r.Role(d)
	if e := &x.changed[d]; e.Count > 0 {
		r.Add(index.Finding{
			Code: "syn_options_changed", Severity: index.SeverityNote, Side: int8(d), Frames: e.Frames, Count: e.Count,
			Sentence: fmt.Sprintf("The %s sent its opening packet again with other options: it falls back to simpler ones, or something on the path changes them.", who),
			Numbers:  []index.Number{{Name: "changed", Value: float64(e.Count - 1)}},
		})
	}
	mss := c.Side[1-d].Options.MSS
	if e := &x.large[d]; e.Count > 0 {
		r.Add(index.Finding{
			Code: "offload", Severity: index.SeverityNote, Side: int8(d), Frames: e.Frames, Count: e.Count,
			Sentence: fmt.Sprintf("%s from the %s larger than the maximum of %d bytes (up to %d): a network card cuts or joins them, so the capture was made in one of the hosts, and frames on the wire were others.",
				countWords(e.Count, "segment"), who+either(e.Count > 1, " are", " is"), mss, x.largest),
			Numbers: []index.Number{{Name: "segments", Value: float64(e.Count)}, {Name: "largest_bytes", Value: float64(x.largest)}, {Name: "mss_bytes", Value: float64(mss)}},
		})
	}
	b := &x.big[d]
	if b.frames.Count < c.T.BlackholeResends || !b.proven && !b.answered {
		return
	}
	s := fmt.Sprintf("Large packets do not get through: a segment of %s from the %s was sent again %d times without acknowledgement, while smaller packets passed. The path has a smaller MTU than the hosts believe",
		countWords(b.end-b.seq, "byte"), who, b.frames.Count)
	e := b.frames
	if c.Quoted.TooBig != 0 {
		s += ", and the ICMP error that says so had no effect"
		e.Add(c.Quoted.TooBig)
	} else {
		s += ", and the ICMP errors that would say so are missing"
	}
	r.Add(index.Finding{
		Code: "mtu_blackhole", Severity: index.SeverityError, Side: int8(d), Weight: float64(b.frames.Count), Frames: e.Frames, Count: e.Count, Sentence: s + ".",
		Numbers: []index.Number{{Name: "resends", Value: float64(b.frames.Count)}, {Name: "segment_bytes", Value: float64(b.end - b.seq)}},
	})
}

// agreed reports on the options of both SYNs.
func (x *options) agreed(c *Conn, r *Report) {
	a, b := &c.Side[0].Options, &c.Side[1].Options
	syns := evidence(opening(&c.Side[0]), opening(&c.Side[1]))
	add := func(code string, severity index.Severity, side int8, sentence string, numbers ...index.Number) {
		r.Add(index.Finding{Code: code, Severity: severity, Side: side, Sentence: sentence, Numbers: numbers, Frames: syns.Frames, Count: syns.Count})
	}
	lacking := func(has0, has1 bool) (side int8, who string) {
		switch {
		case has0 == has1:
			return -1, "both sides"
		case has0:
			return 1, "the " + r.Role(1)
		}
		return 0, "the " + r.Role(0)
	}
	x.segmentSize(c, r, add)
	if lost := c.Side[0].Resent.Count + c.Side[1].Resent.Count; lost > 0 && !(a.SACKPermitted && b.SACKPermitted) {
		side, who := lacking(a.SACKPermitted, b.SACKPermitted)
		add("sack_missing", index.SeverityWarn, side, fmt.Sprintf(
			"Selective acknowledgements are not used, because %s did not offer them; with %s sent again, each loss costs a round trip or more.", who, countWords(lost, "segment")),
			index.Number{Name: "resent", Value: float64(lost)})
	}
	if !(a.Timestamps && b.Timestamps) && c.Side[0].Data.Count+c.Side[1].Data.Count > 0 {
		side, who := lacking(a.Timestamps, b.Timestamps)
		add("timestamps_missing", index.SeverityInfo, side, fmt.Sprintf(
			"TCP timestamps are not used, because %s did not offer them: round-trip times are measured less often, and old packets are told less well.", who))
	}
	if (a.Scale >= 0) != (b.Scale >= 0) {
		side, who := lacking(a.Scale >= 0, b.Scale >= 0)
		add("scale_one_side", index.SeverityNote, side, fmt.Sprintf(
			"Only one side offered window scaling, %s did not: neither window can exceed 65535 bytes.", who))
	}
}

// opening is the frame that the options of a side come from.
func opening(f *Facts) uint32 {
	if f.SYN.Frame != 0 && (f.SYNACK.Frame == 0 || f.SYN.Frame < f.SYNACK.Frame) {
		return f.SYN.Frame
	}
	return f.SYNACK.Frame
}

// segmentSize reports a maximum segment size that is unusual.
func (x *options) segmentSize(c *Conn, r *Report, add func(string, index.Severity, int8, string, ...index.Number)) {
	a, b := uint32(c.Side[0].Options.MSS), uint32(c.Side[1].Options.MSS)
	usual, headers := uint32(1460), uint32(40)
	if c.IPv6 {
		usual, headers = 1440, 60
	}
	mss := min(a, b)
	if mss == 0 || mss >= usual {
		return
	}
	side := int8(0)
	if b < a {
		side = 1
	}
	who := "The " + r.Role(uint8(side)) + " allows"
	if a == b {
		side, who = -1, "Both sides allow"
	}
	numbers := []index.Number{
		{Name: "mss_bytes", Value: float64(mss)},
		{Name: "client_mss_bytes", Value: float64(uint32(c.Side[r.Client].Options.MSS))},
		{Name: "server_mss_bytes", Value: float64(uint32(c.Side[1-r.Client].Options.MSS))},
		{Name: "mtu_bytes", Value: float64(mss + headers)},
	}
	if mss < c.T.TinyMSS {
		add("mss_tiny", index.SeverityWarn, side, fmt.Sprintf("%s segments of %d bytes only: a large part of the capacity goes into headers.", who, mss), numbers...)
		return
	}
	s := fmt.Sprintf("%s segments of %d bytes, less than the %d of Ethernet: an MTU of %d, %s", who, mss, usual, mss+headers, pathOf(mss+headers))
	if a == b {
		s += "; as both say the same, something on the path probably rewrites the option"
	}
	add("mss_clamp", index.SeverityNote, side, s+".", numbers...)
}

// pathOf guesses what makes an MTU: what the encapsulations take from 1500 bytes.
func pathOf(mtu uint32) string {
	switch {
	case mtu == 1492:
		return "that of PPPoE (DSL)"
	case mtu == 1480:
		return "that of IP in IP"
	case mtu == 1476:
		return "that of a GRE tunnel"
	case mtu == 1420:
		return "that of WireGuard"
	case mtu == 1450:
		return "that of VXLAN"
	case mtu >= 1460 && mtu < 1500:
		return "as tunnels such as GRE leave it"
	case mtu == 1280:
		return "the minimum of IPv6"
	case mtu >= 1380 && mtu < 1460:
		return "usual for VPN tunnels and mobile networks"
	}
	return "small for a tunnel"
}
