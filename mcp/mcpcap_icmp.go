package mcp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pcapidx/query"
)

type icmpPacketsArgs struct {
	mcpcapPages
	seen  *listing[icmpPacket]
	count icmpCount
}

type icmpPacketsOut struct {
	File      string          `json:"file"`
	Timestamp query.Timestamp `json:"analysis_timestamp"`
	Total     uint32          `json:"total_packets"`
	Found     int             `json:"icmp_packets_found"`
	Analyzed  int             `json:"icmp_packets_analyzed"`
	Stats     icmpStatistics  `json:"statistics"`
	Packets   []icmpPacket    `json:"packets"`
	mcpcapPage
}

type icmpStatistics struct {
	Types            map[string]int       `json:"icmp_type_counts"`
	SourceCount      int                  `json:"unique_sources_count"`
	DestinationCount int                  `json:"unique_destinations_count"`
	Sources          []string             `json:"unique_sources"`
	Destinations     []string             `json:"unique_destinations"`
	Sessions         int                  `json:"echo_sessions"`
	Pairs            map[string]*echoPair `json:"echo_pairs"` // by identifier
	UnreachableCount int                  `json:"unreachable_destinations_count"`
	Unreachable      []string             `json:"unreachable_destinations"` // hosts that errors are about
}

// echoPair are the echoes of one identifier.
type echoPair struct {
	Requests int `json:"requests"`
	Replies  int `json:"replies"`
	// Of requests: how many were answered, and how long that took.
	Answered int      `json:"answered"`
	MinMS    *float64 `json:"rtt_min_ms,omitempty"`
	AvgMS    *float64 `json:"rtt_avg_ms,omitempty"`
	MaxMS    *float64 `json:"rtt_max_ms,omitempty"`
	sum      float64
}

type icmpPacket struct {
	Number      int             `json:"packet_number"` // among the packets of ICMP
	Frame       uint32          `json:"frame"`         // in the capture, as in Wireshark
	Time        query.Timestamp `json:"timestamp"`
	Source      string          `json:"src_ip"`
	Destination string          `json:"dst_ip"`
	Version     int             `json:"ip_version"`
	TTL         *int64          `json:"ttl,omitempty"`
	HopLimit    *int64          `json:"hop_limit,omitempty"`
	Size        uint32          `json:"packet_size"`
	Type        *int64          `json:"icmp_type,omitempty"`
	Code        *int64          `json:"icmp_code,omitempty"`
	TypeName    string          `json:"icmp_type_name"`
	CodeName    string          `json:"icmp_code_name,omitempty"`
	ID          *int64          `json:"icmp_id,omitempty"`
	Seq         *int64          `json:"icmp_seq,omitempty"`
	Checksum    *int64          `json:"checksum,omitempty"`
	Status      string          `json:"status"`
	LatencyMS   *float64        `json:"rtt_ms,omitempty"` // of a request
	Summary     string          `json:"summary"`
}

func analyzeICMP() *tool {
	t := define(tool{
		name: "analyze_icmp_packets", title: "ICMP packets of a capture file", module: "icmp", list: "packets",
		description: "ICMP and ICMPv6 in a capture file: types, who sent them, echoes with round-trip times, hosts that were unreachable; then packet by packet.",
		narrow:      "or ask for a smaller limit",
	}, func(c *call, in *icmpPacketsArgs) (*icmpPacketsOut, error) {
		if in.seen == nil {
			info, err := c.intake(in.File)
			if err != nil {
				return nil, err
			}
			l, err := listed(c, &in.mcpcapPages, info, "icmp,icmpv6", in.count.add, icmpRow)
			if err == nil {
				err = c.icmpHeaders(l.info.Capture, l.rows)
			}
			if err != nil {
				return nil, err
			}
			in.seen = l
		}
		l, s := in.seen, &in.count
		out := &icmpPacketsOut{
			File: in.File, Timestamp: l.info.Added, Total: l.info.Packets, Found: l.found, Analyzed: l.analyzed, Stats: s.statistics(),
		}
		out.Packets, out.mcpcapPage = l.page(c, in.Limit, "ICMP")
		out.Hints = slices.Concat(out.Hints, s.sources.hint("unique_sources"), s.destinations.hint("unique_destinations"), s.unreachable.hint("unreachable_destinations"))
		if s.ids.count() > len(s.pairs) {
			out.Hints = append(out.Hints, fmt.Sprintf("echo_pairs has the first %d of %d identifiers", len(s.pairs), s.ids.count()))
		}
		return out, nil
	})
	outline(t.output, "file", "total_packets", "icmp_packets_found", "icmp_packets_analyzed", "packets", "note", "next_cursor")
	return t
}

// icmpCount sums up messages.
type icmpCount struct {
	types, sources, destinations, unreachable, ids, sessions distinct
	pairs                                                    map[string]*echoPair
}

func (s *icmpCount) add(_ int, m *query.MessageRow) {
	f := fieldsOf(m.Fields)
	s.types.add(icmpTypeName(m.Protocol, f))
	from, _ := endOf(m.From)
	to, _ := endOf(m.To)
	s.sources.add(from)
	s.destinations.add(to)
	for _, name := range []string{"icmp.unreachable", "icmpv6.unreachable"} {
		for _, host := range f[name] {
			s.unreachable.add(host)
		}
	}
	kind := icmpKind(m.Protocol, f)
	if kind != "echo request" && kind != "echo reply" {
		return
	}
	id, ok := echoID(m.Summary)
	if !ok {
		return
	}
	s.ids.add(id)
	if kind == "echo request" {
		s.sessions.add(from + " " + to + " " + id)
	} else {
		s.sessions.add(to + " " + from + " " + id)
	}
	if s.pairs == nil {
		s.pairs = map[string]*echoPair{}
	}
	p := s.pairs[id]
	if p == nil {
		if len(s.pairs) >= maxListed {
			return
		}
		p = &echoPair{}
		s.pairs[id] = p
	}
	p.add(kind, m)
}

func (p *echoPair) add(kind string, m *query.MessageRow) {
	if kind == "echo reply" {
		p.Replies++
		return
	}
	p.Requests++
	if m.LatencyMS == nil || m.Status == "error" { // an error is an answer, but no reply
		return
	}
	ms := *m.LatencyMS
	p.Answered++
	p.sum += ms
	if p.MinMS == nil {
		p.MinMS, p.MaxMS = ptr(ms), ptr(ms)
	}
	*p.MinMS, *p.MaxMS = min(*p.MinMS, ms), max(*p.MaxMS, ms)
	p.AvgMS = ptr(p.sum / float64(p.Answered))
}

func (s *icmpCount) statistics() icmpStatistics {
	out := icmpStatistics{
		Types: s.types.counted(), SourceCount: s.sources.count(), DestinationCount: s.destinations.count(), Sources: s.sources.list(), Destinations: s.destinations.list(),
		Sessions: s.sessions.count(), Pairs: s.pairs, UnreachableCount: s.unreachable.count(), Unreachable: s.unreachable.list(),
	}
	if out.Pairs == nil {
		out.Pairs = map[string]*echoPair{}
	}
	return out
}

// echoID reads the identifier in the summary of an echo, in decimal.
func echoID(summary string) (string, bool) {
	_, rest, ok := strings.Cut(summary, " id=")
	hex, _, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(hex, 0, 16)
	return strconv.FormatUint(n, 10), ok && err == nil
}

func icmpRow(n int, m *query.MessageRow) icmpPacket {
	p := icmpPacket{
		Number: n, Frame: m.Frame, Time: m.Time, Version: 4, TypeName: icmpTypeName(m.Protocol, fieldsOf(m.Fields)),
		Status: m.Status, LatencyMS: m.LatencyMS, Summary: m.Summary,
	}
	if m.Protocol == "icmpv6" {
		p.Version = 6
	}
	p.Source, _ = endOf(m.From)
	p.Destination, _ = endOf(m.To)
	return p
}
