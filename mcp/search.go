package mcp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"pcapidx/query"
)

type searchPacketsArgs struct {
	chosen
	Filter   string `json:"filter,omitempty" jsonschema:"Wireshark display filter, e.g. tcp.flags.reset == 1 && ip.addr == 10.0.0.0/8"`
	TCPFlags string `json:"tcp_flags,omitempty" jsonschema:"flags that are set or, with !, not set, e.g. SYN,!ACK"`
	Address  string `json:"address,omitempty" jsonschema:"IP address, CIDR prefix or MAC address of either side"`
	Port     string `json:"port,omitempty" jsonschema:"TCP, UDP or SCTP port of either side, or a range such as 8000-8010"`
	Protocol string `json:"protocol,omitempty" jsonschema:"Wireshark's name of a protocol in the packet, e.g. arp, icmp, tcp; one of several with commas"`
	TimeFrom string `json:"time_from,omitempty" jsonschema:"seconds since the first frame, or UTC time such as 2026-01-31T12:00:00Z"`
	TimeTo   string `json:"time_to,omitempty" jsonschema:"as time_from; not included"`
	Numbers  bool   `json:"numbers_only,omitempty" jsonschema:"frame numbers instead of rows"`
	pages
}

type searchPacketsOut struct {
	query.PacketsAnswer
	Filter string `json:"filter,omitempty"` // that all conditions together make
	outcome
}

func searchPackets() *tool {
	t := define(tool{
		name: "search_packets", title: "Search packets", set: "packets",
		description: "Packets that match a Wireshark display filter, or the conditions address, port, protocol, tcp_flags and time, all of which must hold. " +
			"A row has frame number, time, length, addresses, protocols, connections, and an info line. " +
			"For the layers and bytes of a packet use get_packets, for counts stats.",
		narrow: "or narrow by filter, address, port, protocol, tcp_flags or time",
	}, func(c *call, in *searchPacketsArgs) (*searchPacketsOut, error) {
		filter, err := in.filter()
		if err != nil {
			return nil, err
		}
		q := query.PacketsRequest{Filter: filter, Flags: in.TCPFlags, Numbers: in.Numbers, Page: in.page()}
		q.Captures, q.All = in.captures()
		a, err := c.engine.Packets(c.ctx, q)
		if err != nil {
			return nil, err
		}
		out := &searchPacketsOut{PacketsAnswer: *a, Filter: filter, outcome: outcome{Notice: notice}}
		if a.Total == 0 {
			out.Hints = append(out.Hints, c.whatThereIs(a.Captures)...)
		}
		return out, nil
	})
	outline(t.output, "rows", "numbers", "returned", "total", "total_exact", "next_cursor", "truncated", "hints")
	outline(t.output.Properties["rows"].Items, "capture", "frame", "src", "dst", "protocol", "connections", "labels", "info")
	return t
}

// filter makes one display filter of all conditions but tcp_flags.
func (in *searchPacketsArgs) filter() (string, error) {
	var parts []string
	if in.Filter != "" {
		parts = append(parts, in.Filter)
	}
	for _, condition := range []struct {
		value string
		write func(string) (string, error)
	}{
		{in.Address, addressFilter},
		{in.Port, portFilter},
		{in.Protocol, protocolFilter},
		{in.TimeFrom, func(s string) (string, error) { return timeFilter("time_from", ">=", s) }},
		{in.TimeTo, func(s string) (string, error) { return timeFilter("time_to", "<", s) }},
	} {
		if condition.value == "" {
			continue
		}
		part, err := condition.write(strings.TrimSpace(condition.value))
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	if len(parts) < 2 {
		return strings.Join(parts, ""), nil
	}
	if !balanced(in.Filter) { // else its parentheses would pair with those written here
		return "", &query.Error{Kind: query.BadRequest, Msg: "filter: the parentheses do not pair", Hint: "close what is opened"}
	}
	return "(" + strings.Join(parts, ") && (") + ")", nil
}

// balanced reports whether the parentheses outside of quoted text pair.
func balanced(filter string) bool {
	depth, quote := 0, false
	for i := 0; i < len(filter); i++ {
		switch c := filter[i]; {
		case quote && c == '\\':
			i++
		case c == '"':
			quote = !quote
		case quote:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0 && !quote
}

func addressFilter(s string) (string, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return ipField(p.Addr()) + " == " + p.Masked().String(), nil
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil && a.Zone() == "" {
		return ipField(a) + " == " + a.String(), nil
	}
	if isMAC(s) {
		return "eth.addr == " + strings.ToLower(strings.ReplaceAll(s, "-", ":")), nil
	}
	return "", &query.Error{
		Kind: query.BadRequest, Msg: "address " + quoted(s) + " cannot be read",
		Hint: "give an address such as 192.0.2.1 or 2001:db8::1, a prefix such as 10.0.0.0/8, or a MAC address; the port goes into port",
	}
}

func ipField(a netip.Addr) string {
	if a.Is4() {
		return "ip.addr"
	}
	return "ipv6.addr"
}

func isMAC(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '-' })
	return len(parts) == 6 && len(s) == 17 && !slices.ContainsFunc(parts, func(p string) bool {
		_, err := strconv.ParseUint(p, 16, 8)
		return err != nil || len(p) != 2
	})
}

func portFilter(s string) (string, error) {
	from, to, isRange := strings.Cut(s, "-")
	low, err := strconv.ParseUint(strings.TrimSpace(from), 10, 16)
	high := low
	if err == nil && isRange {
		high, err = strconv.ParseUint(strings.TrimSpace(to), 10, 16)
	}
	if err != nil || low > high {
		return "", &query.Error{Kind: query.BadRequest, Msg: "port " + quoted(s) + " cannot be read", Hint: "give a number from 0 to 65535, or a range such as 8000-8010"}
	}
	var parts []string
	for _, field := range []string{"tcp.port", "udp.port", "sctp.port"} {
		if isRange {
			parts = append(parts, fmt.Sprintf("%s in {%d..%d}", field, low, high))
		} else {
			parts = append(parts, fmt.Sprintf("%s == %d", field, low))
		}
	}
	return strings.Join(parts, " || "), nil
}

// protocolFilter tests for the presence of protocols; that they exist is
// checked when the filter is.
func protocolFilter(s string) (string, error) {
	var names []string
	for _, w := range strings.Split(s, ",") {
		w = strings.ToLower(strings.TrimSpace(w))
		if w == "" || strings.ContainsFunc(w, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '.' && r != '-'
		}) {
			return "", &query.Error{Kind: query.BadRequest, Msg: "protocol " + quoted(s) + " cannot be read", Hint: "give Wireshark's name of a protocol, such as arp or icmp; conditions go into filter"}
		}
		names = append(names, w)
	}
	return strings.Join(names, " || "), nil
}

func timeFilter(name, operator, s string) (string, error) {
	if f, err := strconv.ParseFloat(s, 64); err == nil && f > -1e9 && f < 1e9 {
		return "frame.time_relative " + operator + " " + strconv.FormatFloat(f, 'f', -1, 64), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() < 2262 {
			u := t.UTC()
			return fmt.Sprintf("frame.time_epoch %s %d.%09d", operator, u.Unix(), u.Nanosecond()), nil
		}
	}
	return "", &query.Error{Kind: query.BadRequest, Msg: name + " " + quoted(s) + " cannot be read", Hint: "give seconds since the first frame such as 12.5, or a UTC time such as 2026-01-31T12:00:00Z"}
}

// whatThereIs tells, where nothing matches, what the captures hold.
func (c *call) whatThereIs(captures []string) (hints []string) {
	const most = 3
	if len(captures) == 0 {
		return []string{"there is no capture: list_captures, add_capture"}
	}
	for _, id := range captures[:min(most, len(captures))] {
		i, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: id})
		if err != nil {
			continue
		}
		var names []string
		for _, p := range i.Hierarchy {
			if !slices.Contains(names, p.Protocol) && p.Protocol != "ethertype" && len(names) < 15 {
				names = append(names, p.Protocol)
			}
		}
		hints = append(hints, fmt.Sprintf("nothing matches; capture %s has %s and %s from %s to %s, with %s", id,
			plural(uint64(i.Packets), "packet"), plural(uint64(i.Connections), "connection"), i.Start, i.End, strings.Join(names, ", ")))
	}
	if len(captures) > most {
		hints = append(hints, fmt.Sprintf("%d more captures were asked; capture_info describes one", len(captures)-most))
	}
	return hints
}
