package query

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
)

// trafficSums gathers the sums.
type trafficSums struct {
	capture   Capture
	chosen    connectionFilter
	threshold float64
	servers   map[netip.AddrPort]int32
	each      bool // rows are of connections
	most      int  // rows of servers or connections of their own; the row behind them is of all others
	rows      []TrafficRow
	of        []int32 // by connection: place in rows, negative (less one) where side B is the client; 0: none
	worst     []ResentRow
	above     uint64
	guessed   uint64 // connections whose client is a guess
}

// connections sums up records and measures.
func (s *trafficSums) connections() error {
	s.of = make([]int32, s.capture.Summary().Connections)
	err := s.capture.EachConnection(0, func(c *index.Connection) bool {
		if !s.wanted(c) {
			return true
		}
		i := s.place(c)
		r := &s.rows[i]
		r.Connections++
		switch c.State {
		case index.StateSF:
			r.Closed++
		case index.StateREJ, index.StateRSTO, index.StateRSTR, index.StateRSTOS0, index.StateRSTRH:
			r.Reset++
		}
		if c.ClientBy.Guessed() {
			s.guessed++
		}
		client := c.ClientSide()
		r.ToServer.add(&DirectionTraffic{Packets: c.Packets[client], Bytes: c.Bytes[client], PayloadBytes: c.Payload[client]})
		r.FromServer.add(&DirectionTraffic{Packets: c.Packets[1-client], Bytes: c.Bytes[1-client], PayloadBytes: c.Payload[1-client]})
		if s.of[c.Number] = i + 1; client == index.SideB {
			s.of[c.Number] = -i - 1
		}
		return true
	})
	if err != nil {
		return err
	}
	if err := s.capture.EachAnalysis(0, s.measures); err != nil {
		return err
	}
	return s.names()
}

// wanted reports whether a connection is one to such a server; where connections have
// rows, either side may be it.
func (s *trafficSums) wanted(c *index.Connection) bool {
	at := func(end netip.AddrPort) bool { return s.chosen.record(&index.Connection{Kind: c.Kind, A: end, B: end}) }
	return c.Kind == kindTCP && (at(c.Server()) || s.each && at(c.Client()))
}

// place gives the row of a connection or its server.
func (s *trafficSums) place(c *index.Connection) int32 {
	server := c.Server()
	if i, known := s.servers[server]; known && !s.each {
		return i
	}
	if len(s.rows) < s.most {
		i := int32(len(s.rows))
		r := TrafficRow{Server: endpointText(server, true)}
		if s.each {
			number := c.Number
			r.Connection, r.Client, r.State = &number, endpointText(c.Client(), true), c.State.String()
		} else {
			s.servers[server] = i
		}
		s.rows = append(s.rows, r)
		return i
	}
	if len(s.rows) == s.most {
		s.rows = append(s.rows, TrafficRow{})
	}
	return int32(s.most)
}

// row gives the row of a connection and its client's side; nil if it is not asked.
func (s *trafficSums) row(conn uint32) (r *TrafficRow, client index.Side) {
	switch i := s.of[conn]; {
	case i > 0:
		return &s.rows[i-1], index.SideA
	case i < 0:
		return &s.rows[-i-1], index.SideB
	}
	return nil, 0
}

func (s *trafficSums) measures(a *index.ConnAnalysis) bool {
	r, client := s.row(a.Number)
	if r == nil {
		return true
	}
	switch a.Measures.Handshake {
	case "complete", "simultaneous_open":
		r.Complete++
	case "syn_unanswered", "refused", "icmp_rejected", "mismatch":
		r.Failed++
	case "half_open", "reset_by_client":
		r.HalfOpen++
	default:
		r.Undecided++
	}
	var sum DirectionTraffic
	for side, d := range []*DirectionTraffic{&r.ToServer, &r.FromServer} {
		m := &a.Measures.Sides[client^index.Side(side)]
		one := DirectionTraffic{DataSegments: uint64(m.DataSegments), Resent: uint64(m.Resent), ResentControl: uint64(m.ResentControl)}
		d.add(&one)
		sum.add(&one)
	}
	if rate := ratio(sum.Resent, sum.DataSegments); sum.Resent > 0 {
		if rate > s.threshold {
			s.above++
		}
		s.keep(ResentRow{Connection: a.Number, Resent: sum.Resent, DataSegments: sum.DataSegments, Rate: rate})
	}
	return true
}

// maxWorst is how many connections the answer names.
const maxWorst = 10

func (s *trafficSums) keep(r ResentRow) {
	at, _ := slices.BinarySearchFunc(s.worst, r, func(a, b ResentRow) int {
		return cmp.Or(-cmp.Compare(a.Rate, b.Rate), -cmp.Compare(a.Resent, b.Resent), cmp.Compare(a.Connection, b.Connection))
	})
	if at < maxWorst {
		s.worst = slices.Insert(s.worst, at, r)
		s.worst = s.worst[:min(len(s.worst), maxWorst)]
	}
}

// names adds the endpoints of the worst connections.
func (s *trafficSums) names() error {
	numbers := make([]uint32, len(s.worst))
	for i := range s.worst {
		numbers[i] = s.worst[i].Connection
	}
	records, err := s.capture.ConnectionsByNumber(numbers)
	if err != nil {
		return err
	}
	for i := range records {
		s.worst[i].Client, s.worst[i].Server = endpointText(records[i].Client(), true), endpointText(records[i].Server(), true)
	}
	return nil
}

// flags counts the packets that open, close and reset, and those without ACK.
func (s *trafficSums) flags(ctx context.Context) error {
	f, err := parseFilter("tcp.flags.syn == 1 || tcp.flags.fin == 1 || tcp.flags.reset == 1 || tcp.flags.ack == 0")
	if err != nil {
		return err
	}
	m := newMatcher(s.capture, f)
	counts := make([]map[int32]*[2]DirectionTraffic, len(m.records)) // by worker and row, the client's first
	for i := range counts {
		counts[i] = map[int32]*[2]DirectionTraffic{}
	}
	err = m.eachFound(ctx, func(segment uint16, frames *roaring.Bitmap) error {
		return m.visit(ctx, segment, frames, index.ColFlags|index.ColConn, func(worker int, r *frameRecord) error {
			if r.row.Conn == index.NoConnection || !r.row.TCP || r.row.Status&index.StatusQuoted != 0 || s.of[r.row.Conn] == 0 {
				return r.err
			}
			i, client := s.of[r.row.Conn], index.SideA
			if i < 0 {
				i, client = -i, index.SideB
			}
			both := counts[worker][i-1]
			if both == nil {
				both = &[2]DirectionTraffic{}
				counts[worker][i-1] = both
			}
			both[r.row.Side^client].flags(r.row.Flags)
			return r.err
		})
	})
	for _, worker := range counts {
		for i, both := range worker { // sums: in any order
			s.rows[i].ToServer.add(&both[0])
			s.rows[i].FromServer.add(&both[1])
		}
	}
	return err
}

// flags counts those of one packet.
func (d *DirectionTraffic) flags(flags uint16) {
	switch flags & (flagSYN | flagACK) {
	case flagSYN:
		d.SYN++
	case flagSYN | flagACK:
		d.SYNACK++
	}
	if flags&flagFIN != 0 {
		d.FIN++
	}
	if flags&flagRST != 0 {
		d.RST++
	}
	if flags&flagACK == 0 {
		d.noACK++
	}
}

// finish works out shares and puts the busiest server first; connections stay in order.
func (s *trafficSums) finish(a *TrafficAnswer) {
	for i := range s.rows {
		r := &s.rows[i]
		a.Total.Connections += r.Connections
		a.Total.Complete, a.Total.Failed = a.Total.Complete+r.Complete, a.Total.Failed+r.Failed
		a.Total.HalfOpen, a.Total.Undecided = a.Total.HalfOpen+r.HalfOpen, a.Total.Undecided+r.Undecided
		a.Total.Closed, a.Total.Reset = a.Total.Closed+r.Closed, a.Total.Reset+r.Reset
		a.Total.ToServer.add(&r.ToServer)
		a.Total.FromServer.add(&r.FromServer)
		r.judge(s.threshold)
	}
	a.Total.judge(s.threshold)
	if a.TotalExact = len(s.rows) <= s.most; !a.TotalExact {
		s.rows = s.rows[:s.most]
		a.Hints = append(a.Hints, fmt.Sprintf("only the first %d %s have rows; the sum is of all", s.most, map[bool]string{false: "servers", true: "connections"}[s.each]))
	}
	if s.each {
		return
	}
	slices.SortStableFunc(s.rows, func(a, b TrafficRow) int {
		return -cmp.Compare(a.ToServer.Bytes+a.FromServer.Bytes, b.ToServer.Bytes+b.FromServer.Bytes)
	})
}

func (r *TrafficRow) judge(threshold float64) {
	up, down := &r.ToServer, &r.FromServer
	for _, d := range []*DirectionTraffic{up, down} {
		d.ACK = d.Packets - min(d.Packets, d.noACK)
		d.Rate = ratio(d.Resent, d.DataSegments)
		d.Exceeds = d.Rate > threshold
	}
	r.Rate = ratio(up.Resent+down.Resent, up.DataSegments+down.DataSegments)
	r.Exceeds = r.Rate > threshold
	r.Balance = "server silent"
	if down.Packets > 0 {
		asymmetry := float64(up.Packets) / float64(down.Packets)
		r.Asymmetry, r.Balance = &asymmetry, "balanced"
		if asymmetry > 1.2 {
			r.Balance = "client sends more"
		} else if asymmetry < 0.8 {
			r.Balance = "server sends more"
		}
	}
	switch {
	case up.RST > 0 && down.RST > 0:
		r.ResetBy = "both"
	case up.RST > 0:
		r.ResetBy = "clients"
	case down.RST > 0:
		r.ResetBy = "server"
	default:
		r.ResetBy = "nobody"
	}
}

func ratio(part, all uint64) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}
