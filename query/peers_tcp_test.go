package query

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// connected describes connections: ends, state, packets and payload of either side,
// what was sent again, and what was found.
func connected(t *testing.T, e *Engine, capture string) string {
	t.Helper()
	a, err := e.Connections(context.Background(), ConnectionsRequest{Captures: []string{capture}, Protocol: "tcp"})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range a.Rows {
		r := &a.Rows[i]
		line := fmt.Sprintf("%s>%s %s %d+%d packets %d+%d bytes", r.Client, r.Server, r.State, r.ClientPackets, r.ServerPackets, r.ClientPayloadBytes, r.ServerPayloadBytes)
		if r.Retransmissions != nil {
			line += fmt.Sprintf(", %d again", *r.Retransmissions)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// handshakes describes the sums of a capture: connections, handshakes that were
// complete, failed, half open and undecided; SYN, SYN-ACK, FIN and RST; then of data
// segments how many and how many again, of either side.
func handshakes(t *testing.T, e *Engine, capture string) string {
	t.Helper()
	s := traffic(t, e, TrafficRequest{Capture: capture}).Total
	c, r := &s.ToServer, &s.FromServer
	return fmt.Sprintf("%d: %d %d %d %d; %d %d %d %d; %d/%d %d/%d", s.Connections, s.Complete, s.Failed, s.HalfOpen, s.Undecided,
		c.SYN+r.SYN, c.SYNACK+r.SYNACK, c.FIN+r.FIN, c.RST+r.RST, c.Resent, c.DataSegments, r.Resent, r.DataSegments)
}

const (
	tcpClient = "192.0.2.1:40000"
	tcpServer = "192.0.2.2:80"
)

// shaken is a handshake, a millisecond between its packets.
func shaken(ms int) []framed {
	return []framed{
		{ms, tcpPacket(tcpClient, tcpServer, syn, 1000, 0, "")},
		{ms + 1, tcpPacket(tcpServer, tcpClient, syn|ack, 5000, 1001, "")},
		{ms + 2, tcpPacket(tcpClient, tcpServer, ack, 1001, 5001, "")},
	}
}

// TestListedConnections: what connections are, and what is not to be counted as more
// than it is.
func TestListedConnections(t *testing.T) {
	const rst = 4
	client := func(ms int, flags byte, seq, number uint32, payload string) framed {
		return framed{ms, tcpPacket(tcpClient, tcpServer, flags, seq, number, payload)}
	}
	server := func(ms int, flags byte, seq, number uint32, payload string) framed {
		return framed{ms, tcpPacket(tcpServer, tcpClient, flags, seq, number, payload)}
	}
	with := func(more ...framed) []framed { return append(shaken(0), more...) }
	for _, c := range []struct {
		name           string
		frames         []framed
		rows, sums     string
		resent, notYet string // frames that are retransmissions, and keep-alives
	}{
		{
			name: "handshake: one connection", frames: shaken(0),
			rows: "192.0.2.1:40000>192.0.2.2:80 S1 2+1 packets 0+0 bytes, 0 again", sums: "1: 1 0 0 0; 1 1 0 0; 0/0 0/0",
		},
		{
			name: "both sides at the same sequence number",
			frames: []framed{
				client(0, syn, 1000, 0, ""), server(1, syn|ack, 1000, 1001, ""), client(2, ack, 1001, 1001, ""),
				client(3, ack, 1001, 1001, "hello"), server(4, ack, 1001, 1006, "world"),
			},
			rows: "192.0.2.1:40000>192.0.2.2:80 S1 3+2 packets 5+5 bytes, 0 again", sums: "1: 1 0 0 0; 1 1 0 0; 0/1 0/1",
		},
		{
			name: "first data after an ACK of the same number", frames: with(client(3, ack, 1001, 5001, "hello"), server(4, ack, 5001, 1006, "")),
			rows: "192.0.2.1:40000>192.0.2.2:80 S1 3+2 packets 5+0 bytes, 0 again", sums: "1: 1 0 0 0; 1 1 0 0; 0/1 0/0",
		},
		{
			name: "keep-alive", frames: with(client(3, ack, 1001, 5001, "hello"), server(4, ack, 5001, 1006, ""), client(9000, ack, 1005, 5001, "o"), server(9001, ack, 5001, 1006, "")),
			rows: "192.0.2.1:40000>192.0.2.2:80 S1 4+3 packets 6+0 bytes, 0 again", sums: "1: 1 0 0 0; 1 1 0 0; 0/2 0/0", notYet: "6",
		},
		{
			name: "sent again", frames: with(client(3, ack, 1001, 5001, "hello"), client(400, ack, 1001, 5001, "hello"), server(401, ack, 5001, 1006, "")),
			rows: "192.0.2.1:40000>192.0.2.2:80 S1 4+2 packets 10+0 bytes, 1 again", sums: "1: 1 0 0 0; 1 1 0 0; 1/2 0/0", resent: "5",
		},
		{
			name: "SYN sent again", frames: append([]framed{client(0, syn, 1000, 0, "")}, shaken(1000)...),
			rows: "192.0.2.1:40000>192.0.2.2:80 S1 3+1 packets 0+0 bytes, 0 again", sums: "1: 1 0 0 0; 2 1 0 0; 0/0 0/0", resent: "2",
		},
		{
			name: "half-open scan", frames: append(shaken(0)[:2], client(2, rst, 1001, 0, "")),
			rows: "192.0.2.1:40000>192.0.2.2:80 RSTO 2+1 packets 0+0 bytes, 0 again", sums: "1: 0 0 1 0; 1 1 0 1; 0/0 0/0",
		},
		{
			name: "refused", frames: append(shaken(0)[:1], server(1, rst|ack, 0, 1001, "")),
			rows: "192.0.2.1:40000>192.0.2.2:80 REJ 1+1 packets 0+0 bytes, 0 again", sums: "1: 0 1 0 0; 1 0 0 1; 0/0 0/0",
		},
		{
			name: "a FIN sent again does not close", frames: with(client(3, fin|ack, 1001, 5001, ""), client(500, fin|ack, 1001, 5001, "")),
			rows: "192.0.2.1:40000>192.0.2.2:80 S2 4+1 packets 0+0 bytes, 0 again", sums: "1: 1 0 0 0; 1 1 2 0; 0/0 0/0", resent: "5",
		},
		{
			name:   "ports used again: two connections",
			frames: append(with(client(3, fin|ack, 1001, 5001, ""), server(4, fin|ack, 5001, 1002, ""), client(5, ack, 1002, 5002, "")), client(300000, syn, 900000, 0, ""), server(300001, syn|ack, 700000, 900001, ""), client(300002, ack, 900001, 700001, "")),
			rows:   "192.0.2.1:40000>192.0.2.2:80 SF 4+2 packets 0+0 bytes, 0 again\n192.0.2.1:40000>192.0.2.2:80 S1 2+1 packets 0+0 bytes, 0 again",
			sums:   "2: 2 0 0 0; 2 2 2 0; 0/0 0/0",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, id := listed(t, linkRaw, c.frames...)
			wantTold(t, connected(t, e, id), c.rows)
			wantTold(t, handshakes(t, e, id), c.sums)
			wantFrames(t, e, id, map[string]string{"tcp.analysis.retransmission": c.resent, "tcp.analysis.keep_alive": c.notYet})
		})
	}
}
