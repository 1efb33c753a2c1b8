package mcp

import "pcapidx/query"

type listConnectionsArgs struct {
	chosen
	Address  string `json:"address,omitempty" jsonschema:"IP address or CIDR prefix of either side"`
	Port     string `json:"port,omitempty" jsonschema:"port of either side, or a range such as 8000-8010"`
	Protocol string `json:"protocol,omitempty" jsonschema:"tcp, udp, sctp, udplite, icmp, icmpv6; several with commas"`
	State    string `json:"state,omitempty" jsonschema:"Zeek's conn_state: SF, S0, S1, REJ, RSTO, RSTR, OTH ...; several with commas"`
	Finding  string `json:"finding,omitempty" jsonschema:"code of diagnose_capture, such as zero_window; several with commas"`
	Words    string `json:"words,omitempty" jsonschema:"that all occur in addresses, ports, protocols, state or findings"`
	Resent   uint64 `json:"min_retransmissions,omitempty" jsonschema:"least number of re-sent segments"`
	Filter   string `json:"filter,omitempty" jsonschema:"display filter that one of its packets matches"`
	Sort     string `json:"sort,omitempty" jsonschema:"frame: order of appearance; start: time; others: largest first"`
	Reverse  bool   `json:"reverse,omitempty" jsonschema:"turn the order round"`
	format
	pages
}

type listConnectionsOut struct {
	query.ConnectionsAnswer
	outcome
}

func listConnections() *tool {
	t := define(tool{
		name: "list_connections", title: "List connections", set: "connections",
		description: "Who talked to whom, when, how much, and how it ended: one row for each connection (TCP, UDP, SCTP, ICMP echo), from one or several captures. " +
			"state is Zeek's: SF normal end, S0 no answer, REJ refused, RSTO/RSTR reset by client/server side, OTH seen midway. " +
			"For counts use stats, for packets search_packets.",
		choices: map[string][]string{"sort": {"frame", "start", "duration", "bytes", "packets", "rtt", "retransmissions"}},
		concise: []string{"community_id", "client_by", "client_guessed", "client_scope", "server_scope", "client_payload_bytes", "server_payload_bytes"},
		narrow:  "or narrow by address, port, protocol, state, finding or filter",
	}, func(c *call, in *listConnectionsArgs) (*listConnectionsOut, error) {
		q := query.ConnectionsRequest{
			Sort: in.Sort, Reverse: in.Reverse, Address: in.Address, Port: in.Port, Protocol: in.Protocol,
			State: in.State, Finding: in.Finding, Words: in.Words, MinRetransmissions: in.Resent, Filter: in.Filter, Page: in.page(),
		}
		q.Captures, q.All = in.captures()
		a, err := c.engine.Connections(c.ctx, q)
		if err != nil {
			return nil, err
		}
		out := &listConnectionsOut{ConnectionsAnswer: *a, outcome: outcome{Notice: notice}}
		if a.Total == 0 {
			out.Hints = append(out.Hints, c.whatThereIs(a.Captures)...)
		}
		return out, nil
	})
	outline(t.output.Properties["rows"].Items, "capture", "connection", "protocol", "stream", "client", "server", "state", "findings")
	return t
}
