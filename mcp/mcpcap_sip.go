package mcp

import (
	"slices"
	"strconv"
	"strings"

	"pcapidx/query"
)

type sipPacketsArgs struct {
	mcpcapPages
	seen  *listing[sipPacket]
	count sipCount
}

type sipPacketsOut struct {
	File      string          `json:"file"`
	Timestamp query.Timestamp `json:"analysis_timestamp"`
	Total     uint32          `json:"total_packets_in_file"`
	Found     int             `json:"sip_packets_found"`
	Analyzed  int             `json:"sip_packets_analyzed"`
	Stats     sipStatistics   `json:"statistics"`
	Packets   []sipPacket     `json:"packets"`
	mcpcapPage
}

type sipStatistics struct {
	Requests   int            `json:"requests"`
	Responses  int            `json:"responses"`
	Methods    map[string]int `json:"methods"`
	Classes    map[string]int `json:"response_classes"`
	CallCount  int            `json:"unique_call_ids"`
	Calls      []string       `json:"call_ids"`
	Transports map[string]int `json:"transports"`
	Agents     []string       `json:"user_agents"`
}

type sipPacket struct {
	Number          int               `json:"packet_number"` // among the messages of SIP
	Frame           uint32            `json:"frame"`         // in the capture, as in Wireshark
	Time            query.Timestamp   `json:"timestamp"`
	Source          string            `json:"source_ip"`
	Destination     string            `json:"destination_ip"`
	SourcePort      uint16            `json:"source_port"`
	DestinationPort uint16            `json:"destination_port"`
	Transport       string            `json:"transport"`
	Kind            string            `json:"message_type"` // request, response
	StartLine       string            `json:"start_line"`
	Method          string            `json:"method,omitempty"`
	URI             string            `json:"request_uri,omitempty"`
	Version         string            `json:"sip_version,omitempty"`
	Code            *int64            `json:"status_code,omitempty"`
	Reason          string            `json:"reason_phrase,omitempty"`
	CallID          string            `json:"call_id"`
	CSeq            string            `json:"cseq"`
	From            string            `json:"from"`
	To              string            `json:"to"`
	Contact         string            `json:"contact,omitempty"`
	Agent           string            `json:"user_agent,omitempty"`
	Server          string            `json:"server,omitempty"`
	Via             string            `json:"via"` // all, the last hop first
	ContentType     string            `json:"content_type,omitempty"`
	ContentLength   *int64            `json:"content_length,omitempty"`
	BodyLength      *int64            `json:"body_length,omitempty"` // of messages that are whole
	KnownPort       bool              `json:"known_sip_port"`
	Headers         map[string]string `json:"headers"`
	LatencyMS       *float64          `json:"latency_ms,omitempty"` // of a request's answer
	Status          string            `json:"status"`
	Summary         string            `json:"summary"`
}

func analyzeSIP() *tool {
	t := define(tool{
		name: "analyze_sip_packets", title: "SIP messages of a capture file", module: "sip", list: "packets",
		description: "SIP in a capture file: methods, response classes, calls, transports, user agents; then message by message first line, addresses and headers. " +
			"Messages over TCP are put together; digests and passwords are shown as their length.",
		narrow: "or ask for a smaller limit",
	}, func(c *call, in *sipPacketsArgs) (*sipPacketsOut, error) {
		if in.seen == nil {
			info, err := c.intake(in.File)
			if err != nil {
				return nil, err
			}
			if in.count.transport, err = c.sipTransports(info.Capture); err != nil {
				return nil, err
			}
			if in.seen, err = listed(c, &in.mcpcapPages, info, "sip", in.count.add, in.count.row); err != nil {
				return nil, err
			}
		}
		l, s := in.seen, &in.count
		out := &sipPacketsOut{
			File: in.File, Timestamp: l.info.Added, Total: l.info.Packets, Found: l.found, Analyzed: l.analyzed, Stats: s.statistics(),
		}
		out.Packets, out.mcpcapPage = l.page(c, in.Limit, "SIP")
		out.Hints = slices.Concat(out.Hints, s.calls.hint("call_ids"), s.agents.hint("user_agents"))
		return out, nil
	})
	outline(t.output, "file", "total_packets_in_file", "sip_packets_found", "sip_packets_analyzed", "packets", "note", "next_cursor")
	return t
}

// sipTransports gives the transports of connections that are not UDP's, by number.
func (c *call) sipTransports(capture string) (map[uint32]string, error) {
	a, err := c.engine.Connections(c.ctx, query.ConnectionsRequest{Captures: []string{capture}, Protocol: "tcp,sctp", Filter: "sip"})
	if err != nil {
		return nil, err
	}
	out := map[uint32]string{}
	for i := range a.Rows {
		out[a.Rows[i].Connection] = strings.ToUpper(a.Rows[i].Protocol)
	}
	return out, nil
}

// sipCount sums up messages.
type sipCount struct {
	transport                                   map[uint32]string
	requests, responses                         int
	methods, classes, calls, transports, agents distinct
}

func (s *sipCount) transportOf(m *query.MessageRow) string {
	if m.Connection != nil && s.transport[*m.Connection] != "" {
		return s.transport[*m.Connection]
	}
	return "UDP"
}

func (s *sipCount) add(_ int, m *query.MessageRow) {
	f := fieldsOf(m.Fields)
	if method := firstOf(f, "sip.Method"); method != "" {
		s.requests++
		s.methods.add(method)
	} else {
		s.responses++
		s.classes.add(classOf(firstOf(f, "sip.Status-Code")))
	}
	s.transports.add(s.transportOf(m))
	for name, values := range map[string]*distinct{"sip.Call-ID": &s.calls, "sip.User-Agent": &s.agents} {
		if v := firstOf(f, name); v != "" {
			values.add(v)
		}
	}
}

func (s *sipCount) statistics() sipStatistics {
	return sipStatistics{
		Requests: s.requests, Responses: s.responses, Methods: s.methods.counted(), Classes: s.classes.counted(), CallCount: s.calls.count(), Calls: s.calls.list(),
		Transports: s.transports.counted(), Agents: s.agents.list(),
	}
}

func (s *sipCount) row(n int, m *query.MessageRow) sipPacket {
	f := fieldsOf(m.Fields)
	p := sipPacket{
		Number: n, Frame: m.Frame, Time: m.Time, Transport: s.transportOf(m), Kind: "request", StartLine: firstOf(f, "sip.Request-Line"), Method: firstOf(f, "sip.Method"),
		URI: firstOf(f, "sip.r-uri"), CallID: firstOf(f, "sip.Call-ID"), CSeq: firstOf(f, "sip.CSeq"), From: firstOf(f, "sip.From"), To: firstOf(f, "sip.To"),
		Contact: strings.Join(f["sip.Contact"], ", "), Agent: firstOf(f, "sip.User-Agent"), Server: firstOf(f, "sip.Server"), Via: strings.Join(f["sip.Via"], ", "),
		ContentType: firstOf(f, "sip.Content-Type"), ContentLength: optionalNumber(f, "sip.Content-Length"), Headers: sipHeaders(m.Fields),
		LatencyMS: m.LatencyMS, Status: m.Status, Summary: m.Summary,
	}
	p.Source, p.SourcePort = endOf(m.From)
	p.Destination, p.DestinationPort = endOf(m.To)
	known := func(port uint16) bool { return port == 5060 || port == 5061 }
	p.KnownPort = known(p.SourcePort) || known(p.DestinationPort)
	if p.Method == "" {
		p.Kind, p.StartLine, p.Code = "response", firstOf(f, "sip.Status-Line"), optionalNumber(f, "sip.Status-Code")
		if parts := strings.SplitN(p.StartLine, " ", 3); len(parts) == 3 {
			p.Reason = parts[2]
		}
	} else if i := strings.LastIndexByte(p.StartLine, ' '); i >= 0 {
		p.Version = p.StartLine[i+1:]
	}
	if !slices.Contains([]string{"truncated", "partial", "aborted", "malformed"}, m.Status) {
		p.BodyLength = p.ContentLength
	}
	return p
}

// sipHeaders gives the headers that the index keeps under their names; several of one
// name are joined as RFC 3261 section 7.3.1 allows. Of credentials the digest is hidden.
func sipHeaders(fields []query.DecodedField) map[string]string {
	out := map[string]string{}
	add := func(name, separator, value string) {
		if before, ok := out[name]; ok {
			value = before + separator + value
		}
		out[name] = value
	}
	for _, f := range fields {
		name, ok := strings.CutPrefix(f.Name, "sip.")
		auth, isAuth := strings.CutPrefix(name, "auth.")
		switch {
		case !ok:
		case isAuth && auth == "scheme":
			add("authentication", ", ", f.Value)
		case isAuth:
			add("authentication", " ", auth+"="+f.Value)
		case name[:1] == strings.ToLower(name[:1]) || strings.Contains(name, "."), slices.Contains(sipNoHeaders(), name):
		default:
			add(name, ", ", f.Value)
		}
	}
	return out
}

// sipNoHeaders are the fields whose names look like headers' and are of the first line.
func sipNoHeaders() []string {
	return []string{"Request-Line", "Status-Line", "Method", "Status-Code"}
}

// classOf gives "2xx" of 200.
func classOf(code string) string {
	n, err := strconv.Atoi(code)
	if err != nil || n < 100 || n > 699 {
		return "other"
	}
	return strconv.Itoa(n/100) + "xx"
}
