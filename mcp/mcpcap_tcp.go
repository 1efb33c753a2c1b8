package mcp

import (
	"net/netip"
	"strconv"

	"pcapidx/query"
)

// tcpFilter is what the tools about TCP can be limited to: connections that have this
// host, at this port, on either side.
type tcpFilter struct {
	IP   string `json:"server_ip,omitempty" jsonschema:"IP address or CIDR prefix of the server"`
	Port int    `json:"server_port,omitempty" jsonschema:"port of the server"`
}

// isServer reports whether an end of a connection is the host that was asked for.
func (f tcpFilter) isServer(end string) bool {
	a, err := netip.ParseAddrPort(end)
	if err != nil || f.Port != 0 && int(a.Port()) != f.Port {
		return false
	}
	if f.IP == "" {
		return true
	}
	if p, err := netip.ParsePrefix(f.IP); err == nil {
		return p.Contains(a.Addr())
	}
	ip, err := netip.ParseAddr(f.IP)
	return err == nil && ip == a.Addr()
}

// tcpTraffic sums up TCP connection by connection. Where an answer is cut and asked
// again the connections are not read again: that is what known is for.
func (c *call) tcpTraffic(file string, f tcpFilter, threshold *float64, known **tcpSums) (*tcpSums, error) {
	if *known != nil {
		return *known, nil
	}
	if f.Port < 0 || f.Port > 65535 {
		return nil, &query.Error{Kind: query.BadRequest, Msg: "server_port " + strconv.Itoa(f.Port) + " is no port", Hint: "give a number from 1 to 65535"}
	}
	info, err := c.intake(file)
	if err != nil {
		return nil, err
	}
	q := query.TrafficRequest{Capture: info.Capture, Server: f.IP, Threshold: threshold, Each: true}
	if f.Port != 0 {
		q.Port = strconv.Itoa(f.Port)
	}
	a, err := c.engine.Traffic(c.ctx, q)
	if err != nil {
		return nil, err
	}
	*known = &tcpSums{info: info, TrafficAnswer: a}
	return *known, nil
}

// tcpSums are the figures of a capture's connections.
type tcpSums struct {
	info *query.InfoAnswer
	*query.TrafficAnswer
}

// end says what to know of the figures.
func (s *tcpSums) end(c *call, f tcpFilter) mcpcapEnd {
	e := mcpcapEnd{Capture: s.info.Capture, Hints: s.Hints, outcome: outcome{Notice: notice}}
	if s.Total.Connections == 0 {
		e.Hints = nil
		e.Message = "No TCP packets found in this capture"
		if f.IP != "" || f.Port != 0 {
			e.Message += " that match the filter"
		}
	}
	if most := c.server.config.MaxPackets; most > 0 && s.info.Packets > uint32(most) {
		e.Note = "TCP is not limited to first " + strconv.Itoa(most) + " packets (--max-packets): its figures are of the whole capture, which costs no more"
	}
	return e
}

// both adds the directions of a row.
func both(r *query.TrafficRow) query.DirectionTraffic {
	a, b := &r.ToServer, &r.FromServer
	return query.DirectionTraffic{
		Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes, PayloadBytes: a.PayloadBytes + b.PayloadBytes, SYN: a.SYN + b.SYN, SYNACK: a.SYNACK + b.SYNACK,
		FIN: a.FIN + b.FIN, RST: a.RST + b.RST, ACK: a.ACK + b.ACK, DataSegments: a.DataSegments + b.DataSegments, Resent: a.Resent + b.Resent, ResentControl: a.ResentControl + b.ResentControl,
	}
}

// resent counts what was sent again, SYN and FIN too.
func resent(d query.DirectionTraffic) uint64 { return d.Resent + d.ResentControl }
