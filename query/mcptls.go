package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
)

// MCPTLS is what the clear part of a TLS connection tells.
type MCPTLS struct {
	SNI     string   `json:"sni,omitempty"`
	Version string   `json:"version,omitempty"` // "TLS 1.3"
	Cipher  string   `json:"cipher,omitempty"`  // number of the suite, hexadecimal
	ALPN    string   `json:"alpn,omitempty"`    // chosen; only versions up to 1.2 show it
	Offered []string `json:"alpn_offered,omitempty"`
	JA4     string   `json:"ja4,omitempty"`
	// HTTP is 1 or 2, by ALPN or by the length of the client's first record; 0: not known.
	HTTP int `json:"http,omitempty"`
	// Overhead is what encryption adds to a record, header included; Exact says that it
	// is not an upper bound.
	Overhead int  `json:"record_overhead"`
	Exact    bool `json:"overhead_exact"`
	Records  int  `json:"records"`         // of application data, without the handshake
	Control  int  `json:"control_records"` // taken for control frames of HTTP/2
}

// mcpTLSConn is a TLS connection under way.
type mcpTLSConn struct {
	conn       uint32
	client     index.Side
	row        MCPTLS
	version    uint64
	suite      uint64
	records    []mcpRecord
	first      uint32
	last       uint32
	unfinished bool // more records came than are kept
}

// mcpRecord is a record of application data.
type mcpRecord struct {
	side       index.Side
	body       int // its length on the wire, without the header
	plain      int
	message    uint32
	first      uint32
	frame      uint32
	start, end index.Time
	offset     uint64
}

// Bounds of the records that are kept.
const (
	maxMCPRecords   = 20_000 // of a connection
	maxMCPAllRecord = 500_000
)

// readTLS collects the records of the TLS connections, in the order of connections.
func (t *mcpTraffic) readTLS(ctx context.Context) ([]*mcpTLSConn, error) {
	conns := map[uint32]*mcpTLSConn{}
	var order []*mcpTLSConn
	wish := index.MessageWish{Protocols: []string{"tls"}, Fields: []string{
		"tls.record.content_type", "tls.record.opaque_type", "tls.record.length", "tls.handshake.type", "tls.handshake.version", "tls.handshake.ciphersuite",
		"tls.handshake.extensions.supported_version", "tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "tls.handshake.ja4",
	}}
	n, all := 0, 0
	var failed error
	err := t.capture.EachMessage(1, wish, func(m *index.Message) bool {
		if n++; n&0xfff == 0 {
			failed = ctx.Err()
		}
		if m.Conn == index.NoConnection || t.only != nil && !t.only.Contains(m.Conn) {
			return failed == nil
		}
		c := conns[m.Conn]
		if c == nil {
			record, err := t.records.connection(m.Conn)
			if failed = err; err != nil {
				return false
			}
			c = &mcpTLSConn{conn: m.Conn, client: record.ClientSide(), first: m.First}
			conns[m.Conn] = c
			order = append(order, c)
		}
		c.last = max(c.last, m.Frame)
		before := len(c.records)
		c.take(m)
		all += len(c.records) - before
		return failed == nil && all < maxMCPAllRecord
	})
	if failed != nil {
		err = failed
	}
	t.capped = t.capped || all >= maxMCPAllRecord
	slices.SortFunc(order, func(a, b *mcpTLSConn) int { return int(int64(a.conn) - int64(b.conn)) })
	return order, err
}

// take notes the records of a message, and what hellos say.
func (c *mcpTLSConn) take(m *index.Message) {
	var kind, hello uint64
	for i := range m.Fields {
		f := &m.Fields[i]
		switch f.Name {
		case "tls.record.content_type", "tls.record.opaque_type":
			kind = f.Num
		case "tls.record.length":
			if kind != 23 {
				continue
			}
			if len(c.records) >= maxMCPRecords {
				c.unfinished = true
				continue
			}
			c.records = append(c.records, mcpRecord{
				side: m.Side, body: int(f.Num), message: m.Number, first: m.First, frame: m.Frame, start: m.Start, end: m.End, offset: m.Offset,
			})
		case "tls.handshake.type":
			hello = f.Num
		case "tls.handshake.extensions_server_name":
			if hello == 1 && c.row.SNI == "" {
				c.row.SNI = cutBytes(f.Text, mcpShown)
			}
		case "tls.handshake.ja4":
			c.row.JA4 = f.Text
			c.client = m.Side
		case "tls.handshake.extensions_alpn_str":
			if hello == 1 && len(c.row.Offered) < mcpArguments {
				c.row.Offered = append(c.row.Offered, cutBytes(f.Text, 32))
			} else if hello == 2 {
				c.row.ALPN = cutBytes(f.Text, 32)
			}
		default:
			if hello == 2 {
				c.serverHello(f)
			}
		}
	}
}

func (c *mcpTLSConn) serverHello(f *index.MessageField) {
	switch f.Name {
	case "tls.handshake.version", "tls.handshake.extensions.supported_version": // the second one counts
		c.version = f.Num
	case "tls.handshake.ciphersuite":
		c.suite = f.Num
	}
}

// Versions of TLS.
const (
	mcpTLS11 = 0x0302
	mcpTLS12 = 0x0303
	mcpTLS13 = 0x0304
)

// seal is what a suite adds to a record behind its header, at least (RFC 5246, 5288,
// 6655, 7905, 8446).
func (c *mcpTLSConn) seal() (bytes int, exact bool) {
	ccm8 := c.suite >= 0xc0a0 && c.suite <= 0xc0a3 || c.suite >= 0xc0a8 && c.suite <= 0xc0ab || c.suite >= 0xc0ae && c.suite <= 0xc0af
	switch {
	case c.version == mcpTLS13 && c.suite == 0x1305: // CCM_8
		return 9, false
	case c.version == mcpTLS13:
		return 17, false // the type, and a tag of 16; padding is not known
	case c.version < 0x0300 || c.suite == 0:
		return 17, false
	case c.suite >= 0xcca8 && c.suite <= 0xccae: // ChaCha20-Poly1305
		return 16, true
	case ccm8:
		return 16, true
	case c.suite >= 0x9c && c.suite <= 0xa9, c.suite >= 0xc02b && c.suite <= 0xc032, c.suite >= 0xc09c && c.suite <= 0xc0af: // GCM, CCM
		return 24, true
	}
	iv := 0
	if c.version >= mcpTLS11 {
		iv = 16
	}
	return iv + 20 + 1, false // CBC with SHA-1, and one byte of padding: more than that is not known
}

// prepare drops the records of the handshake and estimates the rest.
func (c *mcpTLSConn) prepare() {
	sealed, exact := c.seal()
	c.row.Overhead, c.row.Exact = sealed+5, exact
	switch c.version {
	case mcpTLS13:
		c.row.Version = "TLS 1.3"
	case mcpTLS12:
		c.row.Version = "TLS 1.2"
	case mcpTLS11, mcpTLS11 - 1:
		c.row.Version = fmt.Sprintf("TLS 1.%d", c.version-mcpTLS11+1)
	}
	if c.suite != 0 {
		c.row.Cipher = fmt.Sprintf("0x%04x", c.suite)
	}
	if c.version == mcpTLS13 {
		c.dropFlights()
	}
	kept := c.records[:0]
	for _, r := range c.records {
		if r.plain = max(r.body-sealed, 0); r.plain == 2 && c.version == mcpTLS13 {
			continue // an alert, as that with which a side closes
		}
		kept = append(kept, r)
	}
	c.records = kept
	c.dropGreeting()
	c.findHTTP()
}

// dropFlights drops what TLS 1.3 hides of the handshake: all up to the client's
// Finished, which has 36 or 52 bytes and a tag (RFC 8446, section 4.4.4).
func (c *mcpTLSConn) dropFlights() {
	finished := -1
	for i, r := range c.records {
		if r.side != c.client {
			continue
		}
		if finished < 0 {
			finished = i
		}
		if r.body == 53 || r.body == 69 {
			finished = i
			break
		}
		if i > 12 {
			break
		}
	}
	c.records = c.records[finished+1:]
}

// dropGreeting drops what the server says before the client does: session tickets, and
// the SETTINGS of HTTP/2.
func (c *mcpTLSConn) dropGreeting() {
	i := slices.IndexFunc(c.records, func(r mcpRecord) bool { return r.side == c.client })
	if i > 0 {
		c.row.Control += i
		c.records = c.records[i:]
	}
}

// findHTTP tells HTTP/2 by ALPN or by its preface: 24 bytes, a SETTINGS frame of 9+6n,
// and maybe a WINDOW_UPDATE of 13; and drops its control frames.
func (c *mcpTLSConn) findHTTP() {
	first := 0
	if len(c.records) > 0 {
		first = c.records[0].plain
	}
	preface := first >= 33 && first <= 33+6*16+13 && ((first-33)%6 == 0 || first >= 46 && (first-46)%6 == 0)
	switch {
	case c.row.ALPN == "h2":
		c.row.HTTP = 2
	case c.row.ALPN != "":
		c.row.HTTP = 1
	case slices.Contains(c.row.Offered, "h2") && preface:
		c.row.HTTP = 2
	case !slices.Contains(c.row.Offered, "h2") && len(c.records) > 0:
		c.row.HTTP = 1
	}
	if c.row.HTTP != 2 {
		c.row.Records = len(c.records)
		return
	}
	kept := c.records[:0]
	for i, r := range c.records {
		if r.plain == 9 || r.plain == 13 || r.plain == 17 || i == 0 && preface {
			c.row.Control++
			continue
		}
		kept = append(kept, r)
	}
	c.records = kept
	c.row.Records = len(c.records)
}

// marks says what speaks for MCP besides lengths, "" if nothing does.
func (t *mcpTraffic) marks(c *mcpTLSConn, host string) string {
	for _, name := range []string{c.row.SNI, host} {
		if strings.Contains(strings.ToLower(name), "mcp") {
			return "the name of the host says mcp"
		}
	}
	record, err := t.records.connection(c.conn)
	if err != nil {
		return ""
	}
	server := record.Server().Addr().String()
	for _, s := range t.order {
		if s.mcp && s.row.Evidence == "content" && (s.row.Host != "" && s.row.Host == cmp.Or(c.row.SNI, host) || strings.HasPrefix(s.row.Server, server+":")) {
			return "the same server speaks MCP in the clear in this capture"
		}
	}
	if t.only != nil {
		return "the question named the connection"
	}
	return ""
}
