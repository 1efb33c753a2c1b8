package query

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pcapidx/index"
)

// ConnectionsRequest asks for connections.
type ConnectionsRequest struct {
	Captures []string `json:"captures,omitempty" jsonschema:"names, ids or id prefixes"`
	All      bool     `json:"all,omitempty" jsonschema:"all captures of the store"`
	// Sort is frame (order of appearance, default), start, duration, bytes, packets,
	// rtt or retransmissions; all but the first two begin with the largest. Reverse
	// turns it round.
	Sort    string `json:"sort,omitempty"`
	Reverse bool   `json:"reverse,omitempty"`

	Address  string `json:"address,omitempty" jsonschema:"IP address or CIDR prefix of either side"`
	Port     string `json:"port,omitempty" jsonschema:"port of either side, or a range such as 8000-8010"`
	Protocol string `json:"protocol,omitempty" jsonschema:"tcp, udp, sctp, udplite, icmp or icmpv6; several with commas"`
	State    string `json:"state,omitempty" jsonschema:"Zeek's conn_state, such as S0, SF or REJ; several with commas"`
	Finding  string `json:"finding,omitempty" jsonschema:"code of a finding, such as zero_window; one of several with commas"`
	Filter   string `json:"filter,omitempty" jsonschema:"Wireshark display filter; one of the connection's packets must match"`
	// Words must each be part of the connection's endpoints, transport, application
	// protocols, state (its meaning in words too) or findings, whatever their case.
	Words string `json:"words,omitempty" jsonschema:"words that must all occur in addresses, ports, protocols, state or findings"`
	// MinRetransmissions is the least number of re-sent data segments.
	MinRetransmissions uint64 `json:"min_retransmissions,omitempty" jsonschema:"least number of re-sent TCP data segments"`
	Page
}

// ConnectionRow describes one connection. Sizes are bytes.
type ConnectionRow struct {
	Capture    string  `json:"capture"`
	Connection uint32  `json:"connection"` // number, from 0, in order of appearance
	Protocol   string  `json:"protocol"`
	Stream     *uint32 `json:"stream"` // Wireshark's tcp.stream, udp.stream or sctp.assoc_index; null for ICMP
	Client     string  `json:"client"` // "ip:port"
	Server     string  `json:"server"`

	Start     Timestamp `json:"start"`
	DurationS Seconds   `json:"duration_s"` // earliest to latest frame

	ClientPackets      uint64 `json:"client_packets"` // sent by the client
	ServerPackets      uint64 `json:"server_packets"`
	ClientBytes        uint64 `json:"client_bytes"` // original frame lengths
	ServerBytes        uint64 `json:"server_bytes"`
	ClientPayloadBytes uint64 `json:"client_payload_bytes"` // transport payload, re-sent bytes included
	ServerPayloadBytes uint64 `json:"server_payload_bytes"`

	FirstFrame uint32 `json:"first_frame"`
	LastFrame  uint32 `json:"last_frame"`

	State       string `json:"state"`   // Zeek's conn_state
	History     string `json:"history"` // Zeek's history letters
	CommunityID string `json:"community_id"`

	ClientBy      string   `json:"client_by"`      // rule that told client from server
	ClientGuessed bool     `json:"client_guessed"` // that rule is a guess
	ClientScope   string   `json:"client_scope"`   // private, public, loopback, link-local, multicast ...
	ServerScope   string   `json:"server_scope"`
	VLAN          []uint16 `json:"vlan,omitempty"`    // of the first frame, outermost first
	ICMPID        *uint16  `json:"icmp_id,omitempty"` // identifier of ICMP echo pairs

	// Of TCP, where the index has its analysis: the handshake's round-trip time, data
	// segments sent again by both sides, and what diagnostics found, the worst first.
	InitialRTTMs    *float64 `json:"initial_rtt_ms,omitempty"`
	Retransmissions *int64   `json:"retransmissions,omitempty"`
	Findings        []string `json:"findings,omitempty"`

	// Applications are the application protocols found, in the order in which they
	// took over, "?" behind those that are only likely. Host is the server's name, and
	// HostFrom where it comes from: tls sni, http host, certificate, dns.
	Applications []string `json:"applications,omitempty"`
	Host         string   `json:"host,omitempty"`
	HostFrom     string   `json:"host_from,omitempty"`
}

// ConnectionsAnswer is a page of connections.
type ConnectionsAnswer struct {
	Captures []string        `json:"captures"` // ids asked
	Rows     []ConnectionRow `json:"rows"`
	Paged
}

// Connections lists the connections of one or several captures. Rows of
// several captures are sorted together; by frame, capture after capture.
func (e *Engine) Connections(ctx context.Context, q ConnectionsRequest) (*ConnectionsAnswer, error) {
	sort, err := parseSort(q.Sort, q.Reverse)
	if err != nil {
		return nil, err
	}
	filter, err := parseConnectionFilter(&q)
	if err != nil {
		return nil, err
	}
	words, err := parseWords(q.Words)
	if err != nil {
		return nil, err
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	display, err := parseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	set, err := e.open(q.Captures, q.All)
	if err != nil {
		return nil, err
	}
	defer set.close()
	s := &selection{openSet: set, sort: sort, filter: filter, words: words, display: display, limit: q.Limit}
	if s.after, err = parseCursor(q.Cursor, s.shape(&q), s.builds); err != nil {
		return nil, err
	}
	for i := range s.captures {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.gather(ctx, i); err != nil {
			return nil, wrap(err)
		}
	}
	a := &ConnectionsAnswer{Captures: set.ids, Rows: []ConnectionRow{}}
	if err := s.answer(&q, a); err != nil {
		return nil, wrap(err)
	}
	return a, nil
}

// answer reads the records of the chosen rows and fills the page.
func (s *selection) answer(q *ConnectionsRequest, a *ConnectionsAnswer) error {
	chosen, more := s.chosen()
	byCapture := make([][]uint32, len(s.captures))
	for _, k := range chosen {
		byCapture[k.capture] = append(byCapture[k.capture], k.number)
	}
	records := make([][]index.Connection, len(s.captures))
	for i, numbers := range byCapture {
		var err error
		if records[i], err = s.captures[i].ConnectionsByNumber(numbers); err != nil {
			return err
		}
	}
	for _, k := range chosen {
		r := &records[k.capture][0]
		records[k.capture] = records[k.capture][1:]
		a.Rows = append(a.Rows, connectionRow(s.ids[k.capture], r))
	}
	if err := s.analyses(chosen, a.Rows); err != nil {
		return err
	}
	if err := s.applications(chosen, a.Rows); err != nil {
		return err
	}
	a.Returned, a.Total, a.TotalExact = len(a.Rows), s.total, true
	if more {
		a.NextCursor = formatCursor(s.shape(q), s.builds, chosen[len(chosen)-1])
	}
	a.Hints = s.hints(a)
	return nil
}

func (s *selection) hints(a *ConnectionsAnswer) (hints []string) {
	hints = append(hints, s.display.Hints()...)
	switch {
	case a.Total == 0 && s.filter.findings != nil:
		hints = append(hints, s.findingHint())
	case a.Total == 0 && (len(s.words) > 0 || s.filter.set() || s.display.Root != nil || s.filter.resent > 0):
		hints = append(hints, fmt.Sprintf("no connection matches; without words, filter, address, port, protocol and state there are %d", s.all))
	case negates(s.display.Root):
		hints = append(hints, "a connection is listed when one of its packets matches: what is negated is found in nearly all")
	}
	return hints
}

// findingHint says what can be found in the captures asked.
func (s *selection) findingHint() string {
	var codes []string
	for _, x := range s.captures {
		for _, f := range x.Summary().Found {
			if !slices.Contains(codes, f.Code) {
				codes = append(codes, f.Code)
			}
		}
	}
	if codes == nil {
		return "no connection of these captures has any finding"
	}
	slices.Sort(codes)
	return "no connection matches; found there are " + strings.Join(codes, ", ")
}

func connectionRow(capture string, c *index.Connection) ConnectionRow {
	client := c.ClientSide()
	ports := !isICMP(c.Kind)
	r := ConnectionRow{
		Capture: capture, Connection: c.Number, Protocol: transportName(c.Kind),
		Client: endpointText(c.Client(), ports), Server: endpointText(c.Server(), ports),
		Start: stampOf(c.Start.UTC()), DurationS: secondsBetween(c.Start, c.End),
		ClientPackets: c.Packets[client], ServerPackets: c.Packets[1-client],
		ClientBytes: c.Bytes[client], ServerBytes: c.Bytes[1-client],
		ClientPayloadBytes: c.Payload[client], ServerPayloadBytes: c.Payload[1-client],
		FirstFrame: c.First, LastFrame: c.Last, State: c.State.String(), History: c.History,
		CommunityID: communityID(c, 0), ClientBy: c.ClientBy.String(), ClientGuessed: c.ClientBy.Guessed(),
		ClientScope: scopeOf(c.Client().Addr()), ServerScope: scopeOf(c.Server().Addr()), VLAN: c.VLANs,
	}
	if c.Stream != index.NoStream {
		stream := c.Stream
		r.Stream = &stream
	}
	if !ports {
		id := c.EchoID
		r.ICMPID = &id
	}
	return r
}

// analyses adds to the rows of a page what TCP analysis says of their connections.
func (s *selection) analyses(chosen []rowKey, rows []ConnectionRow) error {
	for i, x := range s.captures {
		if x.Summary().Content < analysisSince {
			continue
		}
		at := map[uint32]int{} // by connection: place in rows
		for row, k := range chosen {
			if k.capture == i && rows[row].Protocol == "tcp" {
				at[k.number] = row
			}
		}
		err := eachAnalysisOf(x, slices.Sorted(maps.Keys(at)), func(a *index.ConnAnalysis) { rows[at[a.Number]].analysis(a) })
		if err != nil {
			return err
		}
	}
	return nil
}

// applications adds what is known of the applications of a page's connections.
func (s *selection) applications(chosen []rowKey, rows []ConnectionRow) error {
	for i, x := range s.captures {
		if x.Summary().Content < appContent {
			continue
		}
		at := map[uint32]int{} // by connection: place in rows
		for row, k := range chosen {
			if k.capture == i {
				at[k.number] = row
			}
		}
		err := eachApplicationOf(x, slices.Sorted(maps.Keys(at)), func(a *index.Application) { rows[at[a.Conn]].application(a) })
		if err != nil {
			return err
		}
	}
	return nil
}

// eachApplicationOf calls yield for the applications of some connections, whose numbers
// ascend.
func eachApplicationOf(x Capture, numbers []uint32, yield func(*index.Application)) error {
	const near = 1024
	for len(numbers) > 0 {
		broken := false
		err := x.EachApplication(numbers[0], func(a *index.Application) bool {
			for len(numbers) > 0 && numbers[0] < a.Conn { // carried nothing
				numbers = numbers[1:]
			}
			if len(numbers) > 0 && numbers[0] == a.Conn {
				yield(a)
				numbers = numbers[1:]
			}
			broken = len(numbers) == 0 || numbers[0]-a.Conn > near
			return !broken
		})
		if err != nil || !broken {
			return err
		}
	}
	return nil
}

// application adds what is known of the connection's application.
func (r *ConnectionRow) application(a *index.Application) {
	for i, name := range a.Protocols {
		if i == len(a.Protocols)-1 && !a.Confirmed {
			name += "?"
		}
		r.Applications = append(r.Applications, name)
	}
	r.Host, r.HostFrom = a.Host, a.HostFrom
}

// eachAnalysisOf calls yield for the analyses of some connections, whose numbers
// ascend. Analyses are stored in groups: those that are near each other are read in
// one walk, since each walk begins with decoding a group.
func eachAnalysisOf(x Capture, numbers []uint32, yield func(*index.ConnAnalysis)) error {
	const near = 128
	for len(numbers) > 0 {
		broken := false
		err := x.EachAnalysis(numbers[0], func(a *index.ConnAnalysis) bool {
			for len(numbers) > 0 && numbers[0] < a.Number { // has none
				numbers = numbers[1:]
			}
			if len(numbers) > 0 && numbers[0] == a.Number {
				yield(a)
				numbers = numbers[1:]
			}
			broken = len(numbers) == 0 || numbers[0]-a.Number > near
			return !broken
		})
		if err != nil || !broken {
			return err
		}
	}
	return nil
}

// analysis adds what TCP analysis says of the connection.
func (r *ConnectionRow) analysis(a *index.ConnAnalysis) {
	if a.Measures.IRTT != 0 {
		ms := float64(a.Measures.IRTT) / 1e6
		r.InitialRTTMs = &ms
	}
	resent := a.Measures.Sides[0].Resent + a.Measures.Sides[1].Resent
	r.Retransmissions = &resent
	slices.SortStableFunc(a.Findings, func(a, b index.Finding) int { return int(b.Severity) - int(a.Severity) })
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Severity > index.SeverityInfo && !slices.Contains(r.Findings, f.Code) {
			r.Findings = append(r.Findings, f.Code)
		}
	}
}

func isICMP(kind uint8) bool { return kind == 1 || kind == 58 }
