package mcp

import "pcapidx/query"

type dnsPacketsArgs struct {
	mcpcapPages
	seen  *listing[dnsPacket]
	count dnsCount
}

type dnsPacketsOut struct {
	File      string          `json:"file"`
	Timestamp query.Timestamp `json:"analysis_timestamp"`
	Total     uint32          `json:"total_packets_in_file"`
	Found     int             `json:"dns_packets_found"`
	Analyzed  int             `json:"dns_packets_analyzed"`
	Stats     dnsStatistics   `json:"statistics"`
	Packets   []dnsPacket     `json:"packets"`
	mcpcapPage
}

type dnsStatistics struct {
	Queries   int            `json:"queries"`
	Responses int            `json:"responses"`
	Unique    int            `json:"unique_domains_queried"`
	Domains   []string       `json:"unique_domains"`
	Codes     map[string]int `json:"response_codes"`     // by name, of responses
	Silent    int            `json:"unanswered_queries"` // nobody answered in time
}

type dnsPacket struct {
	Number      int             `json:"packet_number"` // among the packets of DNS
	Frame       uint32          `json:"frame"`         // in the capture, as in Wireshark
	Time        query.Timestamp `json:"timestamp"`
	Source      string          `json:"source_ip"`
	Destination string          `json:"destination_ip"`
	Protocol    string          `json:"protocol"`
	ID          int64           `json:"dns_id"`
	Flags       dnsFlags        `json:"flags"`
	Questions   []dnsQuestion   `json:"questions"`
	Answers     []dnsAnswer     `json:"answers"`
	Code        string          `json:"response_code,omitempty"`
	LatencyMS   *float64        `json:"latency_ms,omitempty"` // of a query's answer
	Status      string          `json:"status"`
	Summary     string          `json:"summary"`
}

type dnsFlags struct {
	Response      bool `json:"is_response"`
	Authoritative bool `json:"authoritative"`
	Truncated     bool `json:"truncated"`
	Desired       bool `json:"recursion_desired"`
	Available     bool `json:"recursion_available"`
}

type dnsQuestion struct {
	Name  string `json:"name"`
	Type  int64  `json:"type"`
	Class int64  `json:"class"`
}

type dnsAnswer struct {
	dnsQuestion
	TTL     int64  `json:"ttl"`
	Address string `json:"address,omitempty"`
	CNAME   string `json:"cname,omitempty"`
	MX      string `json:"mx,omitempty"`
	Data    string `json:"data,omitempty"`
}

func analyzeDNS() *tool {
	t := define(tool{
		name: "analyze_dns_packets", title: "DNS packets of a capture file", module: "dns", list: "packets",
		description: "DNS (with mDNS and LLMNR) in a capture file: queries, responses, names asked for, response codes and unanswered queries; " +
			"then packet by packet flags, questions and answers.",
		narrow: "or ask for a smaller limit",
	}, func(c *call, in *dnsPacketsArgs) (*dnsPacketsOut, error) {
		if in.seen == nil {
			info, err := c.intake(in.File)
			if err != nil {
				return nil, err
			}
			if in.seen, err = listed(c, &in.mcpcapPages, info, "dns,mdns,llmnr", in.count.add, dnsRow); err != nil {
				return nil, err
			}
		}
		l := in.seen
		out := &dnsPacketsOut{
			File: in.File, Timestamp: l.info.Added, Total: l.info.Packets, Found: l.found, Analyzed: l.analyzed, Stats: in.count.statistics(),
		}
		out.Packets, out.mcpcapPage = l.page(c, in.Limit, "DNS")
		out.Hints = append(out.Hints, in.count.domains.hint("unique_domains")...)
		return out, nil
	})
	outline(t.output, "file", "total_packets_in_file", "dns_packets_found", "dns_packets_analyzed", "packets", "note", "next_cursor")
	return t
}

// dnsCount sums up messages.
type dnsCount struct {
	queries, responses, silent int
	domains, codes             distinct
}

func (s *dnsCount) add(_ int, m *query.MessageRow) {
	f := fieldsOf(m.Fields)
	if firstOf(f, "dns.flags.response") == "True" {
		s.responses++
		if m.Code != "" {
			s.codes.add(m.Code)
		}
		return
	}
	s.queries++
	if m.Status == "no_response" {
		s.silent++
	}
	for _, name := range f["dns.qry.name"] {
		s.domains.add(name)
	}
}

func (s *dnsCount) statistics() dnsStatistics {
	return dnsStatistics{
		Queries: s.queries, Responses: s.responses, Unique: s.domains.count(), Domains: s.domains.list(), Codes: s.codes.counted(), Silent: s.silent,
	}
}

func dnsRow(n int, m *query.MessageRow) dnsPacket {
	f := fieldsOf(m.Fields)
	is := func(flag string) bool { return firstOf(f, "dns.flags."+flag) == "True" }
	p := dnsPacket{
		Number: n, Frame: m.Frame, Time: m.Time, Protocol: "UDP", ID: numberOf(firstOf(f, "dns.id")),
		Flags:     dnsFlags{is("response"), is("authoritative"), is("truncated"), is("recdesired"), is("recavail")},
		Questions: []dnsQuestion{}, Code: m.Code, LatencyMS: m.LatencyMS, Status: m.Status, Summary: m.Summary,
	}
	if len(f["dns.length"]) > 0 { // only TCP has it
		p.Protocol = "TCP"
	}
	p.Source, _ = endOf(m.From)
	p.Destination, _ = endOf(m.To)
	types, classes := f["dns.qry.type"], f["dns.qry.class"]
	for i, name := range f["dns.qry.name"] {
		if i < len(types) && i < len(classes) {
			p.Questions = append(p.Questions, dnsQuestion{name, numberOf(types[i]), numberOf(classes[i])})
		}
	}
	p.Answers = dnsAnswers(m.Fields, int(numberOf(firstOf(f, "dns.count.answers"))))
	return p
}

// dnsAnswers gives the records of the answer section, which come first. The fields of
// a record begin with its name; that of a service is in parts.
func dnsAnswers(fields []query.DecodedField, most int) []dnsAnswer {
	all := []dnsAnswer{}
	var a *dnsAnswer
	begin := func() {
		all = append(all, dnsAnswer{})
		a = &all[len(all)-1]
	}
	for _, f := range fields {
		switch f.Name {
		case "dns.resp.name", "dns.srv.service":
			if begin(); len(all) > most {
				return all[:most]
			}
			a.Name = f.Value
			continue
		}
		if a == nil {
			continue
		}
		switch f.Name {
		case "dns.srv.proto", "dns.srv.name":
			a.Name += "." + f.Value
		case "dns.resp.type":
			a.Type = numberOf(f.Value)
		case "dns.resp.class":
			a.Class = numberOf(f.Value)
		case "dns.resp.ttl":
			a.TTL = numberOf(f.Value)
		case "dns.a", "dns.aaaa":
			a.Address = f.Value
		case "dns.cname":
			a.CNAME = f.Value
		case "dns.mx.mail_exchange":
			a.MX = f.Value
		case "dns.resp.len", "dns.resp.z", "dns.resp.edns0_version", "dns.resp.ext_rcode", "dns.rr.udp_payload_size", "dns.txt.length", "dns.mx.preference":
		default:
			a.more(f.Value)
		}
	}
	return all
}

// more adds a value to the data of a record without a field of its own.
func (a *dnsAnswer) more(value string) {
	const most = 500
	if len(a.Data) < most {
		if a.Data != "" {
			a.Data += " "
		}
		a.Data += clip(value, most)
	}
}
