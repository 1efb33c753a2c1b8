package mcp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// The toolset mcpcap answers to who comes from mcpcap (mcpcap.ai): its nine tools
// under their own names, with their arguments and the fields of their results, so
// that prompts and scripts written for it go on working. A tool is one file and one
// line in mcpcapTools. They ask the same questions as all other tools, and where
// mcpcap counts wrong they give the right number under its name. What they add is
// optional: pages of packets, frame numbers, latencies.
//
// A capture file is indexed when it is first asked about and recognised afterwards
// (mcpcap_intake.go). Times are UTC. analysis_timestamp is when the capture was
// indexed, which is when it was analysed; it does not change from call to call.

// mcpcapSet is the toolset. It is not offered unless it is asked for: its questions
// are those of other tools in other words.
const mcpcapSet = "mcpcap"

// mcpcapTools is the list of its tools, in mcpcap's order of modules.
func mcpcapTools() []*tool {
	tools := []*tool{
		analyzeDNS(),
		analyzeDHCP(),
		analyzeICMP(),
		analyzeTCPConnections(),
		analyzeTCPAnomalies(),
		analyzeTCPRetransmissions(),
		analyzeTrafficFlow(),
		analyzeSIP(),
		analyzeCapinfos(),
	}
	for _, t := range tools {
		t.set, t.adds = mcpcapSet, true
		t.run = mcpcapErrors(t.name, t.run)
	}
	return tools
}

// Modules names the parts of the toolset mcpcap that a server can be limited to.
func Modules() []string { return []string{"dns", "dhcp", "icmp", "tcp", "sip", "capinfos"} }

// chooseModules checks the modules and what goes with them.
func (c *Config) chooseModules() error {
	if c.MaxPackets < 0 {
		return &query.Error{Kind: query.BadRequest, Msg: "max_packets must be a positive integer", Hint: "leave it out to analyze all packets"}
	}
	var chosen []string
	for _, name := range c.Modules {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !slices.Contains(Modules(), name) {
			return &query.Error{Kind: query.BadRequest, Msg: "unknown module " + quoted(name), Hint: "known are " + strings.Join(Modules(), ", ")}
		}
		chosen = append(chosen, name)
	}
	if c.Modules = chosen; len(chosen) > 0 && !slices.Contains(c.Toolsets, mcpcapSet) {
		c.Toolsets = append(slices.Clone(c.Toolsets), mcpcapSet)
	}
	return nil
}

// offers reports whether the configuration asks for a tool: one of mcpcap only if its
// module or its name is chosen.
func (c *Config) offers(t *tool) bool {
	return t.set != mcpcapSet || slices.Contains(c.Tools, t.name) ||
		slices.Contains(c.Toolsets, mcpcapSet) && (len(c.Modules) == 0 || slices.Contains(c.Modules, t.module))
}

// mcpcapErrors makes errors of the form that mcpcap gives them: an object with error
// and the file as it was given. That it is an error is said in MCP's own way too.
func mcpcapErrors(name string, run func(*call, json.RawMessage) (*sdk.CallToolResult, error)) func(*call, json.RawMessage) (*sdk.CallToolResult, error) {
	return func(c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
		res, err := run(c, args)
		if err == nil {
			err = c.ctx.Err()
		}
		if err == nil {
			return res, nil
		}
		var in mcpcapFile
		_ = json.Unmarshal(args, &in) // it was read before
		key := "pcap_file"
		if isURL(in.File) {
			key = "pcap_url"
		}
		n := &node{kind: object}
		n.add("error", textNodeClean(c.server.explain(name, err)))
		n.add(key, textNode(clip(in.File, 500), false))
		return failed(n.JSON()), nil
	}
}

// mcpcapFile names what is asked about.
type mcpcapFile struct {
	File string `json:"pcap_file" jsonschema:"path or URL of a capture file, or id or name of an indexed capture"`
}

// mcpcapPages are the arguments of tools that list packets.
type mcpcapPages struct {
	mcpcapFile
	pages
}

// mcpcapEnd is what results of the tools end with.
type mcpcapEnd struct {
	Message string   `json:"message,omitempty"`
	Note    string   `json:"note,omitempty"`
	Capture string   `json:"capture"` // id: for all other tools
	Hints   []string `json:"hints,omitempty"`
	outcome
}

// mcpcapPage is the end of results that list packets.
type mcpcapPage struct {
	Returned   int    `json:"returned"`
	NextCursor string `json:"next_cursor,omitempty"`
	mcpcapEnd
}

// listing is one walk over the messages of a protocol: all are counted, those of the
// page that was asked are kept.
type listing[P any] struct {
	info     *query.InfoAnswer
	found    int
	analyzed int // the first ones, at most as many as Config.MaxPackets
	from     int
	rows     []P
}

// listed walks once. row makes the row of a message, count takes its values into
// account; number is the message's place among those found, from 1.
func listed[P any](c *call, in *mcpcapPages, info *query.InfoAnswer, protocols string, count func(number int, m *query.MessageRow), row func(number int, m *query.MessageRow) P) (*listing[P], error) {
	l := &listing[P]{info: info}
	var err error
	if in.Cursor != "" {
		if l.from, err = strconv.Atoi(in.Cursor); err != nil || l.from < 0 {
			return nil, &query.Error{Kind: query.BadRequest, Msg: "the cursor is none of this tool", Hint: "pass next_cursor of the answer before, with the same file"}
		}
	}
	most := c.server.config.MaxPackets
	l.found, err = c.eachMessage(info.Capture, protocols, most, func(number int, m *query.MessageRow) {
		l.analyzed = number
		count(number, m)
		if number > l.from && number <= l.from+in.Limit {
			l.rows = append(l.rows, row(number, m))
		}
	})
	return l, err
}

// eachMessage gives yield the first messages of some protocols, with their fields, and
// counts all. most is how many to give, 0: all.
func (c *call) eachMessage(capture, protocols string, most int, yield func(number int, m *query.MessageRow)) (found int, err error) {
	q := query.MessagesRequest{Capture: capture, Protocol: protocols, TextLimit: 1, Page: query.Page{Limit: 2000}}
	for {
		q.Details = most == 0 || found < most
		a, err := c.engine.Messages(c.ctx, q)
		if err != nil {
			return 0, err
		}
		for i := range a.Rows {
			if a.Rows[i].Kind == "conclusion" { // drawn from others, no packet
				continue
			}
			if found++; most == 0 || found <= most {
				yield(found, &a.Rows[i])
			}
		}
		if q.Cursor = a.NextCursor; q.Cursor == "" {
			return found, nil
		}
	}
}

// page gives the first rows of the listing, at most limit, and the end of the result.
func (l *listing[P]) page(c *call, limit int, protocol string) ([]P, mcpcapPage) {
	rows := l.rows[:min(limit, len(l.rows))]
	if rows == nil {
		rows = []P{}
	}
	p := mcpcapPage{Returned: len(rows), mcpcapEnd: mcpcapEnd{Capture: l.info.Capture, outcome: outcome{Notice: notice}}}
	if l.found == 0 {
		p.Message = "No " + protocol + " packets found in this capture"
	}
	if l.analyzed < l.found {
		p.Note = fmt.Sprintf("Analysis limited to first %d %s packets of %d (--max-packets)", l.analyzed, protocol, l.found)
	}
	if end := l.from + len(rows); end < l.analyzed {
		p.NextCursor = strconv.Itoa(end)
		p.Hints = append(p.Hints, fmt.Sprintf("packets has %d of %d, statistics are of all %d; limit and cursor give the others", len(rows), l.analyzed, l.analyzed))
	}
	return rows, p
}
