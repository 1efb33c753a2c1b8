package diag

import (
	"pcapidx/index"
	"pcapidx/ingest/tcp"
)

func optionsFamily() Family {
	return Family{Name: "options", New: func() Watcher { return &options{} }, Finds: []Diagnostic{
		{
			"mss_clamp", index.SeverityNote, "path", "reduced segment size",
			"The maximum segment size that both sides agreed on is below that of Ethernet: 1460 bytes over IPv4, 1440 over IPv6.",
		},
		{
			"mss_tiny", index.SeverityWarn, "path", "tiny segment size",
			"A maximum segment size below TinyMSS (RFC 9293, section 3.7.1): headers eat up the capacity.",
		},
		{
			"offload", index.SeverityNote, "path", "segments beyond the MSS",
			"Segments larger than the receiver's maximum segment size, in frames of more than OffloadFrame bytes: a network card cuts or joins them, and the capture was made in the host.",
		},
		{
			"mtu_blackhole", index.SeverityError, "path", "large packets do not get through",
			"A full-size segment was sent again BlackholeResends times without acknowledgement, while smaller segments or the peer's packets got through.",
		},
		{
			"sack_missing", index.SeverityWarn, "path", "no selective acknowledgements",
			"Data was lost, and the handshake did not agree on SACK (RFC 2018): each round trip repairs one loss.",
		},
		{
			"timestamps_missing", index.SeverityInfo, "path", "no timestamps",
			"The handshake did not agree on TCP timestamps (RFC 7323).",
		},
		{
			"scale_one_side", index.SeverityNote, "path", "window scaling on one side only",
			"Only one of SYN and SYN+ACK has the window scale option, so that windows end at 65535 bytes (RFC 7323, section 2.2).",
		},
		{
			"syn_options_changed", index.SeverityNote, "handshake", "SYN sent again with other options",
			"A repeated SYN or SYN+ACK has other options than the first: the sender falls back, or something on the path changes them.",
		},
	}}
}

// optionSpace is what TCP options may take of a full segment's payload, bytes.
const optionSpace = 40

// options follows what the handshake agrees on, and segments against the MSS.
type options struct {
	cut     bool // options of a SYN were not read to their end
	changed [2]Evidence
	large   [2]Evidence // segments beyond the MSS
	largest uint32
	big     [2]fullSize
	// passed is the end of a smaller segment of a side that its peer reported
	// selectively, if it did.
	passed    [2]uint32
	passedSet [2]bool
}

// fullSize follows full-size segments of one side that are sent again and again.
type fullSize struct {
	seq, end uint32
	frames   Evidence // re-sends
	answered bool     // smaller ones got through meanwhile
	shrunk   bool     // the sender tries smaller ones
	proven   bool     // and they get through
}

func (x *options) Watch(c *Conn, p *Packet) {
	if p.Duplicate {
		return
	}
	if p.Flags&tcp.SYN != 0 {
		x.open(c, p)
		return
	}
	if mss := uint32(c.Side[1-p.Dir].Options.MSS); p.Len > 0 && mss > 0 {
		if p.Len > mss && p.WireLen > c.T.OffloadFrame {
			x.large[p.Dir].Add(p.Frame)
			x.largest = max(x.largest, p.Len)
		}
		if p.Resent() {
			x.again(c, p, min(mss, uint32(c.Side[p.Dir].Options.MSS)))
		}
	}
	x.selective(c, p)
	if b := &x.big[1-p.Dir]; b.frames.Count > 0 {
		b.heard(c, p)
	}
}

// selective notes a block that is smaller than a full segment: something small got
// through where something before it did not.
func (x *options) selective(c *Conn, p *Packet) {
	for _, s := range p.SACK[:p.SACKs] {
		mss := min(c.Side[0].Options.MSS, c.Side[1].Options.MSS)
		if size := s.Right - s.Left; size > 0 && size+optionSpace < uint32(mss) && beyond(s.Left, p.Ack) {
			x.passed[1-p.Dir], x.passedSet[1-p.Dir] = s.Right, true
		}
	}
}

// open compares the options of a repeated SYN.
func (x *options) open(c *Conn, p *Packet) {
	x.cut = x.cut || p.NoOptions
	f := &c.Side[p.Dir]
	m := &f.SYN
	if p.Flags&tcp.ACK != 0 {
		m = &f.SYNACK
	}
	o, n := &f.Options, &p.Options
	same := o.MSS == n.MSS && o.Scale == n.Scale && o.SACKPermitted == n.SACKPermitted && o.Timestamps == n.Timestamps &&
		o.FastOpen == n.FastOpen && o.Multipath == n.Multipath
	if m.Count > 1 && m.Seq == p.Seq && !same && !p.NoOptions {
		if e := &x.changed[p.Dir]; e.Count == 0 {
			e.Add(m.Frame)
		}
		x.changed[p.Dir].Add(p.Frame)
	}
}

// again handles a re-sent segment. own is the smaller MSS of both, or that of the
// peer if the sender's is not known.
func (x *options) again(c *Conn, p *Packet, own uint32) {
	b := &x.big[p.Dir]
	if own == 0 {
		own = uint32(c.Side[1-p.Dir].Options.MSS)
	}
	waits := b.frames.Count > 0 && b.seq == p.Seq
	switch full := p.Len+optionSpace >= own && p.Len <= own; {
	case b.proven:
	case waits && full:
		b.frames.Add(p.Frame)
	case waits:
		b.shrunk = true
	case full && (b.frames.Count < c.T.BlackholeResends || beyond(b.seq, p.Seq)):
		*b = fullSize{seq: p.Seq, end: p.Seq + p.Len, answered: x.passedSet[p.Dir] && beyond(x.passed[p.Dir], p.Seq+p.Len)}
		b.frames.Add(p.Frame)
	}
}

// heard takes a packet of the peer: does it acknowledge the segment, or show that
// something else got through?
func (b *fullSize) heard(c *Conn, p *Packet) {
	if b.proven {
		return
	}
	if p.Flags&tcp.ACK != 0 && beyond(p.Ack, b.seq) {
		if b.shrunk && b.frames.Count >= c.T.BlackholeResends {
			b.proven = true
		} else {
			*b = fullSize{}
		}
		return
	}
	for _, s := range p.SACK[:p.SACKs] {
		if beyond(s.Right, b.seq) && s.Right-s.Left >= b.end-b.seq { // other full-size segments arrive
			*b = fullSize{}
			return
		}
	}
	if p.Flags&tcp.RST == 0 && !p.Resent() {
		b.answered = true
	}
}
