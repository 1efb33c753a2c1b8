package mcp

import (
	"fmt"
	"slices"
	"strings"

	"pcapidx/query"
)

type dhcpPacketsArgs struct {
	mcpcapPages
	seen  *listing[dhcpPacket]
	count dhcpCount
}

type dhcpPacketsOut struct {
	File      string          `json:"file"`
	Timestamp query.Timestamp `json:"analysis_timestamp"`
	Total     uint32          `json:"total_packets"`
	Found     int             `json:"dhcp_packets_found"`
	Analyzed  int             `json:"dhcp_packets_analyzed"`
	Stats     dhcpStatistics  `json:"statistics"`
	Packets   []dhcpPacket    `json:"packets"`
	mcpcapPage
}

type dhcpStatistics struct {
	ClientCount  int                   `json:"unique_clients_count"`
	ServerCount  int                   `json:"unique_servers_count"`
	Clients      []string              `json:"unique_clients"`
	Servers      []string              `json:"unique_servers"`
	Types        map[string]int        `json:"message_type_counts"`
	Count        int                   `json:"transaction_count"`
	Transactions map[string][]dhcpStep `json:"transactions"` // by number
}

// dhcpStep is a message of a transaction.
type dhcpStep struct {
	Number int             `json:"packet_number"`
	Type   string          `json:"message_type"`
	Time   query.Timestamp `json:"timestamp"`
}

type dhcpPacket struct {
	Number          int             `json:"packet_number"` // among the packets of DHCP
	Frame           uint32          `json:"frame"`         // in the capture, as in Wireshark
	Time            query.Timestamp `json:"timestamp"`
	Source          string          `json:"src_ip"`
	Destination     string          `json:"dst_ip"`
	SourcePort      uint16          `json:"src_port"`
	DestinationPort uint16          `json:"dst_port"`
	Op              string          `json:"op"` // Request, Reply
	Transaction     string          `json:"transaction_id"`
	ClientIP        string          `json:"client_ip"`
	YourIP          string          `json:"your_ip"`
	ServerIP        string          `json:"server_ip"`
	RelayIP         string          `json:"relay_ip"`
	ClientMAC       string          `json:"client_mac"`
	Type            string          `json:"message_type,omitempty"`
	TypeCode        *int64          `json:"message_type_code,omitempty"`
	Lease           *int64          `json:"lease_time,omitempty"` // seconds
	Renewal         *int64          `json:"renewal_time,omitempty"`
	Rebinding       *int64          `json:"rebinding_time,omitempty"`
	ServerID        string          `json:"server_id,omitempty"`
	Requested       string          `json:"requested_ip,omitempty"`
	ClientID        string          `json:"client_id,omitempty"` // hexadecimal
	Options         map[string]any  `json:"options"`
	Status          string          `json:"status"`
	LatencyMS       *float64        `json:"latency_ms,omitempty"` // of a request's answer
}

func analyzeDHCP() *tool {
	t := define(tool{
		name: "analyze_dhcp_packets", title: "DHCP packets of a capture file", module: "dhcp", list: "packets",
		description: "DHCP in a capture file: clients, servers, message types and transactions; then packet by packet addresses, lease times and options.",
		narrow:      "or ask for a smaller limit",
	}, func(c *call, in *dhcpPacketsArgs) (*dhcpPacketsOut, error) {
		if in.seen == nil {
			info, err := c.intake(in.File)
			if err != nil {
				return nil, err
			}
			if in.seen, err = listed(c, &in.mcpcapPages, info, "dhcp", in.count.add, dhcpRow); err != nil {
				return nil, err
			}
		}
		l := in.seen
		out := &dhcpPacketsOut{
			File: in.File, Timestamp: l.info.Added, Total: l.info.Packets, Found: l.found, Analyzed: l.analyzed, Stats: in.count.statistics(),
		}
		out.Packets, out.mcpcapPage = l.page(c, in.Limit, "DHCP")
		out.Hints = slices.Concat(out.Hints, in.count.clients.hint("unique_clients"), in.count.servers.hint("unique_servers"))
		if n := in.count.transactions.count(); n > len(out.Stats.Transactions) {
			out.Hints = append(out.Hints, fmt.Sprintf("transactions has the first %d of %d", len(out.Stats.Transactions), n))
		}
		return out, nil
	})
	outline(t.output, "file", "total_packets", "dhcp_packets_found", "dhcp_packets_analyzed", "packets", "note", "next_cursor")
	return t
}

// dhcpTypes names message types (RFC 2132 section 9.6).
func dhcpTypes() []string {
	return []string{"", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"}
}

func dhcpType(f map[string][]string) string {
	code, names := firstOf(f, "dhcp.option.dhcp"), dhcpTypes()
	switch n := numberOf(code); {
	case code == "":
		return ""
	case n > 0 && int(n) < len(names):
		return names[n]
	}
	return "Type " + code
}

// Bounds of what is listed of transactions.
const (
	maxTransactions = 25
	maxSteps        = 20
)

// dhcpCount sums up messages.
type dhcpCount struct {
	clients, servers, types, transactions distinct
	steps                                 map[string][]dhcpStep
	owner                                 map[string]string // MAC by number of transaction
}

func (s *dhcpCount) add(n int, m *query.MessageRow) {
	if s.steps == nil {
		s.steps, s.owner = map[string][]dhcpStep{}, map[string]string{}
	}
	f := fieldsOf(m.Fields)
	mac := firstOf(f, "dhcp.hw.mac_addr")
	s.clients.add(mac)
	if id := firstOf(f, "dhcp.option.dhcp_server_id"); id != "" {
		s.servers.add(id)
	} else if firstOf(f, "dhcp.type") == "2" { // a server that does not say which
		ip, _ := endOf(m.From)
		s.servers.add(ip)
	}
	kind := dhcpType(f)
	if kind != "" {
		s.types.add(kind)
	}
	id := firstOf(f, "dhcp.id")
	if first, used := s.owner[id]; used && first != mac { // two clients that chose the same number
		id += " " + mac
	} else if !used && len(s.owner) < maxDistinct {
		s.owner[id] = mac
	}
	s.transactions.add(id)
	if steps := s.steps[id]; len(steps) < maxSteps && (steps != nil || len(s.steps) < maxTransactions) {
		s.steps[id] = append(steps, dhcpStep{n, kind, m.Time})
	}
}

func (s *dhcpCount) statistics() dhcpStatistics {
	out := dhcpStatistics{
		ClientCount: s.clients.count(), ServerCount: s.servers.count(), Clients: s.clients.list(), Servers: s.servers.list(), Types: s.types.counted(),
		Count: s.transactions.count(), Transactions: s.steps,
	}
	if out.Transactions == nil {
		out.Transactions = map[string][]dhcpStep{}
	}
	return out
}

func dhcpRow(n int, m *query.MessageRow) dhcpPacket {
	f := fieldsOf(m.Fields)
	p := dhcpPacket{
		Number: n, Frame: m.Frame, Time: m.Time, Op: "Request", Transaction: firstOf(f, "dhcp.id"), ClientIP: firstOf(f, "dhcp.ip.client"), YourIP: firstOf(f, "dhcp.ip.your"),
		ServerIP: firstOf(f, "dhcp.ip.server"), RelayIP: firstOf(f, "dhcp.ip.relay"), ClientMAC: firstOf(f, "dhcp.hw.mac_addr"),
		Type: dhcpType(f), TypeCode: optionalNumber(f, "dhcp.option.dhcp"), Lease: optionalNumber(f, "dhcp.option.ip_address_lease_time"),
		Renewal: optionalNumber(f, "dhcp.option.renewal_time_value"), Rebinding: optionalNumber(f, "dhcp.option.rebinding_time_value"),
		ServerID: firstOf(f, "dhcp.option.dhcp_server_id"), Requested: firstOf(f, "dhcp.option.requested_ip_address"), Options: dhcpOptions(m.Fields),
		Status: m.Status, LatencyMS: m.LatencyMS,
	}
	if firstOf(f, "dhcp.type") == "2" {
		p.Op = "Reply"
	}
	p.Source, p.SourcePort = endOf(m.From)
	p.Destination, p.DestinationPort = endOf(m.To)
	if id, ok := p.Options["client_id"].(string); ok {
		p.ClientID = id
	}
	return p
}

// dhcpOptions gives options by name: those that mcpcap names under its names, the
// others under Wireshark's, and what has no name as option_N in hexadecimal.
func dhcpOptions(fields []query.DecodedField) map[string]any {
	out := map[string]any{}
	var requested []int64
	code, value := "", ""
	named := true
	end := func() {
		switch {
		case code == "61":
			out["client_id"] = value
		case !named && code != "" && code != "0" && code != "255":
			out["option_"+code] = value
		}
	}
	for _, f := range fields {
		name, ok := strings.CutPrefix(f.Name, "dhcp.option.")
		switch {
		case f.Name == "dhcp.option.type":
			end()
			code, value, named = f.Value, "", false
		case name == "value":
			value = f.Value
		case !ok || code == "" || code == "61", slices.Contains([]string{"length", "end", "padding", "dhcp"}, name):
			named = named || name == "dhcp" || name == "end"
		case name == "request_list_item":
			requested, named = append(requested, numberOf(f.Value)), true
		default:
			dhcpOption(out, name, f.Value)
			named = true
		}
	}
	end()
	if requested != nil {
		out["parameter_request_list"] = requested
	}
	return out
}

func dhcpOption(out map[string]any, name, value string) {
	switch name {
	case "ip_address_lease_time", "renewal_time_value", "rebinding_time_value":
		name = strings.TrimSuffix(strings.TrimPrefix(name, "ip_address_"), "_value")
		value += " seconds"
	case "domain_name_server":
		name = "dns_servers"
	case "dhcp_server_id":
		name = "server_id"
	case "requested_ip_address":
		name = "requested_addr"
	}
	if before, ok := out[name].(string); ok {
		value = before + ", " + value
	}
	out[name] = value
}
