package proto

import (
	"fmt"
	"net/netip"
	"strconv"

	"pcapidx/index"
)

// sipCalls follows calls: the dialogs that an INVITE begins, by Call-ID.
type sipCalls struct {
	by     *bounded[string, *sipCall]
	onConn map[uint32][]*sipCall // that were seen on connections
}

// sipCall is a call. Its times are those of the hop on which it was seen first.
type sipCall struct {
	id        string
	conn      uint32 // where it was seen last
	src, dst  Endpoint
	caller    string // tag
	from, to  string
	first     Mark // INVITE
	last      Mark // latest message
	rang      index.Time
	answered  index.Time
	ended     bool
	cancelled bool
	failed    int    // code of the final answer that may be followed by another INVITE
	invite    uint32 // CSeq of the INVITE
	media     []*rtpOffer
}

// rtpOffer is an endpoint for media that a call announced. The decoder of RTP counts
// what comes there.
type rtpOffer struct {
	endpoint Endpoint
	rates    map[uint8]uint32
	caller   bool // announced by the caller
	silent   bool // does not want to receive
	received uint64
}

// maxOffers bounds the endpoints of a call, and of the calls of a connection.
const (
	maxOffers    = 32
	maxConnCalls = 8 << 10
)

func newSIPCalls() sipCalls {
	return sipCalls{newBounded[string, *sipCall](maxSIPTransactions), map[uint32][]*sipCall{}}
}

// follow takes a message that was not sent before.
func (d *sipCalls) follow(s *Stream, m *sipMessage, media *sdp, first, last Mark) {
	c := d.by.by[m.callID]
	if m.method == "INVITE" && c == nil {
		c = &sipCall{
			id: m.callID, src: s.Source(), dst: s.Destination(), caller: sipParameter(m.from.params, "tag"),
			from: m.from.who(), to: m.to.who(), first: first, conn: index.NoConnection, invite: m.cseq,
		}
		d.by.put(m.callID, c)
	}
	if c == nil {
		if media != nil {
			media.announce(s, nil)
		}
		return
	}
	if media != nil {
		media.announce(s, c)
	}
	if c.ended {
		return
	}
	c.last = last
	if on := d.onConn[s.Conn()]; c.conn != s.Conn() && len(on) < maxConnCalls {
		c.conn = s.Conn()
		d.onConn[s.Conn()] = append(on, c)
	}
	switch {
	case m.method == "BYE":
		end := "callee"
		if sipParameter(m.from.params, "tag") == c.caller {
			end = "caller"
		}
		d.conclude(s, c, end)
	case m.method == "CANCEL":
		c.cancelled = true
	case m.method == "INVITE" && m.cseq > c.invite && c.answered == 0:
		c.invite, c.failed = m.cseq, 0
	case m.method == "" && m.cseqMethod == "INVITE" && s.Source().Addr() == c.dst.Addr() && s.Destination().Addr() == c.src.Addr():
		d.answer(s, c, m, last)
	}
}

// answer takes an answer to an INVITE.
func (d *sipCalls) answer(s *Stream, c *sipCall, m *sipMessage, at Mark) {
	switch {
	case c.answered > 0: // of a later INVITE within the call
	case (m.status == 180 || m.status == 183) && c.rang == 0:
		c.rang = at.Time
	case m.status >= 200 && m.status < 300:
		c.answered, c.failed = at.Time, 0
	case m.status == 401 || m.status == 407:
		c.failed = m.status
	case m.status == 487 || m.status >= 300 && c.cancelled:
		d.conclude(s, c, "cancelled")
	case m.status >= 300:
		d.conclude(s, c, strconv.Itoa(m.status))
	}
}

// gone concludes the calls that were seen last on a connection that is over.
func (d *sipCalls) gone(s *Stream) {
	for _, c := range d.onConn[s.Conn()] {
		if c.conn == s.Conn() && !c.ended {
			d.conclude(s, c, c.endWithoutBYE())
		}
	}
	delete(d.onConn, s.Conn())
}

func (c *sipCall) endWithoutBYE() string {
	switch {
	case c.answered > 0:
		return "open"
	case c.failed > 0:
		return strconv.Itoa(c.failed)
	case c.cancelled:
		return "cancelled"
	}
	return "unanswered"
}

// conclude says what became of a call.
func (d *sipCalls) conclude(s *Stream, c *sipCall, end string) {
	c.ended = true
	x := s.Message(c.first)
	x.Kind, x.Code, x.Length = index.Conclusion, end, 1
	sipText(x, sipCallFrom, c.from)
	sipText(x, sipCallTo, c.to)
	x.Str(sipCallIdentifier, c.id)
	summary := fmt.Sprintf("call from %s to %s: ", clip(c.from, 50), clip(c.to, 50))
	if c.rang > 0 {
		x.Uint(sipCallPDD, sipMillis(c.rang-c.first.Time))
	}
	if c.answered > 0 {
		setup, talk := sipMillis(c.answered-c.first.Time), sipMillis(c.last.Time-c.answered)
		x.Uint(sipCallSetup, setup)
		x.Uint(sipCallTalk, talk)
		summary += fmt.Sprintf("answered after %s s, talked %s s, ", sipSeconds(setup), sipSeconds(talk))
	} else {
		x.Outcome = index.Failed
		summary += fmt.Sprintf("not answered in %s s, ", sipSeconds(sipMillis(c.last.Time-c.first.Time)))
	}
	x.Str(sipCallEnd, end)
	switch end {
	case "caller", "callee":
		summary += "ended by " + end
	case "open":
		summary += "no end seen"
		x.Warn("sip.no_bye", index.SeverityNote, "the call was answered, and no BYE is in the capture", c.first.Frame, c.last.Frame)
	case "cancelled", "unanswered":
		summary += end
	default:
		summary += "ended with " + end
	}
	x.Summary = summary
	c.judgeMedia(x)
	s.Emit(x, c.last)
}

// sipSeconds writes milliseconds as seconds.
func sipSeconds(ms uint64) string { return fmt.Sprintf("%d.%d", ms/1000, ms%1000/100) }

// oneWayPackets is how many packets of media one side must have got before the lack
// of them on the other one is odd: two seconds of 20 ms.
const oneWayPackets = 100

// judgeMedia warns of a call of which only one side got media.
func (c *sipCall) judgeMedia(x *Message) {
	var got, wants [2]uint64 // by the caller, by the callee
	for _, o := range c.media {
		side := 1
		if o.caller {
			side = 0
		}
		got[side] += o.received
		if !o.silent {
			wants[side]++
		}
	}
	for side, name := range []string{"caller", "callee"} {
		if c.answered > 0 && wants[side] > 0 && got[side] == 0 && got[1-side] >= oneWayPackets {
			x.Warn("sip.one_way_media", index.SeverityWarn, fmt.Sprintf("%s got no media, the other side %d packets", name, got[1-side]))
		}
	}
}

// who names an address for people.
func (a *sipAddress) who() string {
	switch {
	case a.user != "":
		return a.user
	case a.host != "":
		return a.host
	}
	return a.uri
}

// announce tells the engine where media will come.
func (d *sdp) announce(s *Stream, c *sipCall) {
	for i := range d.media {
		m := &d.media[i]
		if !m.rtp || m.port == 0 || !m.address.IsValid() {
			continue
		}
		e := netip.AddrPortFrom(m.address, m.port)
		s.ExpectFor(e, "rtp", c.offer(s, e, m))
		if m.rtcp > 0 && m.rtcp != m.port {
			s.Expect(netip.AddrPortFrom(m.address, m.rtcp), "rtcp")
		} else if !m.mux && m.port < 1<<16-1 {
			s.Expect(netip.AddrPortFrom(m.address, m.port+1), "rtcp")
		}
	}
}

// offer gives the offer of an endpoint. A call that announces it again keeps it. The
// sender of the description is the caller's side if the first INVITE came from there.
func (c *sipCall) offer(s *Stream, e Endpoint, m *sdpMedia) *rtpOffer {
	if c != nil {
		for _, o := range c.media {
			if o.endpoint == e {
				o.rates, o.silent = m.rates, m.silent
				return o
			}
		}
	}
	o := &rtpOffer{endpoint: e, rates: m.rates, silent: m.silent}
	if c != nil && len(c.media) < maxOffers {
		o.caller = s.Source().Addr() == c.src.Addr()
		c.media = append(c.media, o)
	}
	return o
}
