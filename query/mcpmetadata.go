package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"pcapidx/index"
)

// MCPExchange is a request and its answer, inferred from lengths and times of records.
type MCPExchange struct {
	RequestBytes  int      `json:"request_bytes"` // plaintext, estimated
	ResponseBytes int      `json:"response_bytes"`
	Records       int      `json:"records"`
	TTFBMS        *float64 `json:"ttfb_ms,omitempty"` // from the last record of the request to the first of the answer
	DurationMS    float64  `json:"duration_ms"`
	// Streaming: the answer came in three records or more that are 250 ms apart; SSELike:
	// most of them are tiny, as comments are that keep a stream of events alive.
	Streaming  bool   `json:"streaming,omitempty"`
	SSELike    bool   `json:"sse_like,omitempty"`
	Guess      string `json:"guess"`
	Confidence string `json:"confidence"` // low or medium, never more
	Why        string `json:"why"`
}

// mcpGuess is an exchange under way.
type mcpGuess struct {
	conn     uint32
	message  uint32
	first    uint32
	frame    uint32
	begun    index.Time
	asked    index.Time // last record of the request
	answered index.Time // first record of the answer, 0: none
	ended    index.Time
	side     index.Side
	offset   uint64
	apart    int // records of the answer 250 ms behind the one before
	tiny     int // of these, as small as a comment
	MCPExchange
	n       int
	session *mcpSession
}

// Bounds of a guess.
const (
	mcpBurst    = index.Time(200e6) // the client is silent for longer: another request
	mcpApart    = index.Time(250e6)
	mcpTiny     = 40 // bytes of a record that carries a comment
	mcpShake    = index.Time(2e9)
	mcpEmptyH1  = 150 // bytes of an answer without a body
	mcpEmptyH2  = 60
	mcpHelloMin = 150
	mcpHelloMax = 1500
)

// exchanges infers the exchanges of a connection.
func (c *mcpTLSConn) exchanges() (all []*mcpGuess) {
	var g *mcpGuess
	for i := range c.records {
		r := &c.records[i]
		asks := r.side == c.client
		if asks && (g == nil || g.answered != 0 || r.start-g.asked > mcpBurst) {
			g = &mcpGuess{conn: c.conn, message: r.message, first: r.first, begun: r.start, side: c.client, offset: r.offset}
			all = append(all, g)
		}
		if g == nil {
			continue
		}
		g.Records++
		if asks {
			g.RequestBytes += r.plain
			g.asked = r.end
		} else {
			g.answer(r)
		}
		g.frame, g.ended = r.frame, r.end
	}
	for _, g := range all {
		if g.DurationMS = milliseconds(int64(g.ended - g.begun)); g.answered != 0 {
			ms := milliseconds(int64(g.answered - g.asked))
			g.TTFBMS = &ms
		}
		g.Streaming = g.apart >= 2
		g.SSELike = g.Streaming && 2*g.tiny >= g.apart
	}
	return all
}

// answer takes a record of the answer.
func (g *mcpGuess) answer(r *mcpRecord) {
	g.ResponseBytes += r.plain
	if g.answered == 0 {
		g.answered = r.start
	} else if r.start-g.ended >= mcpApart {
		g.apart++
		if r.plain <= mcpTiny {
			g.tiny++
		}
	}
}

// handshake tells how much the first exchanges look like initialize, initialized and
// the question after it: 0 to 3.
func (c *mcpTLSConn) handshake(all []*mcpGuess) (score int) {
	empty := mcpEmptyH1
	if c.row.HTTP == 2 {
		empty = mcpEmptyH2
	}
	if len(all) < 2 || all[0].RequestBytes < mcpHelloMin || all[0].RequestBytes > 2*mcpHelloMax || all[0].answered == 0 || all[0].ResponseBytes <= empty {
		return 0
	}
	if second := all[1]; second.answered == 0 || second.ResponseBytes > empty || second.begun-all[0].ended > mcpShake {
		return 1
	}
	if len(all) < 3 || all[2].answered == 0 || all[2].ResponseBytes <= empty {
		return 2
	}
	return 3
}

// metadata infers exchanges of TLS connections.
func (t *mcpTraffic) metadata(ctx context.Context) error {
	conns, err := t.readTLS(ctx)
	if err != nil {
		return err
	}
	for _, c := range conns {
		c.prepare()
		all := c.exchanges()
		host, from, err := t.names.ofConnection(c.conn)
		if err != nil {
			return err
		}
		why, score := t.marks(c, host), c.handshake(all)
		if t.request.Mode == "auto" && why == "" && score < 3 {
			t.hidden++
			continue
		}
		record, err := t.records.connection(c.conn)
		if err != nil {
			return err
		}
		s := &mcpSession{key: fmt.Sprint("tls\x00", c.conn), exchanges: all}
		tls := c.row
		s.row = MCPSessionRow{
			By: "connection", Client: record.Client().String(), Server: record.Server().String(), Host: host, HostFrom: from, Era: "hidden", Evidence: "metadata",
			Carriers: []string{"tls"}, Connections: []uint32{c.conn}, FirstFrame: c.first, LastFrame: c.last, TLS: &tls,
		}
		s.judge(why, score)
		t.capped = t.capped || c.unfinished
		t.order = append(t.order, s)
	}
	slices.SortStableFunc(t.order, func(a, b *mcpSession) int { return cmp.Compare(a.row.FirstFrame, b.row.FirstFrame) })
	return nil
}

// judge says what the exchanges of a session may be, and how sure that is.
func (s *mcpSession) judge(why string, score int) {
	r := &s.row
	r.Confidence, r.Guess = "low", "requests and answers of an application that TLS hides"
	if why != "" {
		r.Confidence = "medium"
	} else {
		why = "lengths and times alone"
	}
	r.Why = fmt.Sprintf("%s; %d of 3 signs of a handshake of MCP by lengths", why, score)
	if score == 3 {
		r.Guess = "possible_legacy_mcp_handshake"
	}
	for i, g := range s.exchanges {
		g.session, g.Guess, g.Confidence, g.Why = s, "request and answer", r.Confidence, why
		switch {
		case score == 3 && i < 2:
			g.Guess = "possible " + [...]string{"initialize", "notifications/initialized"}[i]
			g.Why += "; an answer of fitting length follows, then an empty one, then a larger one"
		case g.answered == 0:
			g.Guess = "request without an answer"
		case g.SSELike:
			g.Guess = "stream of events, kept alive"
		case g.Streaming:
			g.Guess = "stream of events, or a slow answer"
		}
	}
}
