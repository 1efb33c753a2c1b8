package query

import (
	"encoding/hex"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// endsReader tells who sent messages, and what their connections lack. Those asked
// last are kept.
type endsReader struct {
	capture Capture
	records *knownConnections
	known   map[uint32]endsOfConn
	decoder *dissect.Decoder
	packet  dissect.Packet
}

type endsOfConn struct {
	text    [2]string // by side
	missing uint64
}

// keptEnds bounds the connections kept.
const keptEnds = 1 << 14

func (e *endsReader) conn(number uint32) (endsOfConn, error) {
	if c, ok := e.known[number]; ok {
		return c, nil
	}
	var out endsOfConn
	if e.records == nil {
		e.records = &knownConnections{capture: e.capture}
	}
	c, err := e.records.connection(number)
	if err != nil {
		return out, err
	}
	ports := c.Kind != 1 && c.Kind != 58
	out.text = [2]string{endpointText(c.A, ports), endpointText(c.B, ports)}
	err = e.capture.EachApplication(number, func(a *index.Application) bool {
		if a.Conn == number {
			out.missing = a.Missing
		}
		return false
	})
	if e.known == nil || len(e.known) >= keptEnds {
		e.known = map[uint32]endsOfConn{}
	}
	e.known[number] = out
	return out, err
}

// missing gives how many bytes the decoders of a connection lacked.
func (e *endsReader) missing(number uint32) uint64 {
	if number == index.NoConnection {
		return 0
	}
	c, err := e.conn(number)
	if err != nil {
		return 1 // not known
	}
	return c.missing
}

// of gives the sender and the receiver of a message.
func (e *endsReader) of(m *index.Message) (from, to string, err error) {
	if m.Conn != index.NoConnection {
		c, err := e.conn(m.Conn)
		return c.text[m.Side], c.text[1-m.Side], err
	}
	row, _, data, err := e.capture.Packet(m.Frame)
	if err != nil {
		return "", "", err
	}
	if e.decoder == nil {
		e.decoder = dissect.NewDecoder()
	}
	link := uint32(0)
	if all := e.capture.Summary().File.Interfaces; int(row.Iface) < len(all) {
		link = all[row.Iface].LinkType
	}
	e.decoder.Decode(link, data, int(row.OrigLen), &e.packet)
	for i := len(e.packet.Networks) - 1; i >= 0; i-- {
		if n := &e.packet.Networks[i]; !n.Quoted {
			return n.Src.String(), n.Dst.String(), nil
		}
	}
	for i, name := range []string{"eth.src", "eth.dst"} {
		id, _ := dissect.FieldByName(name)
		if v := dissect.AppendValues(nil, id, data, nil, int(row.OrigLen), &e.packet); len(v) > 0 {
			*[]*string{&from, &to}[i] = colons(v[0].Bytes)
		}
	}
	return from, to, nil
}

// ApplicationRow says what is known of a connection's application.
type ApplicationRow struct {
	Protocols  []string `json:"protocols"`  // in the order in which they took over
	Confidence string   `json:"confidence"` // confirmed, tentative, unknown
	Host       string   `json:"host,omitempty"`
	HostFrom   string   `json:"host_from,omitempty"` // tls sni, http host, certificate, dns
	Messages   uint32   `json:"messages"`
	Missing    uint64   `json:"missing_bytes,omitempty"` // that decoders had to skip
	// Of connections without a protocol: what the first bytes look like.
	Sampled       uint32 `json:"sampled_bytes,omitempty"`
	PrintableRate Ratio  `json:"printable_share,omitempty"`
	EntropyBits   Ratio  `json:"entropy_bits,omitempty"` // a byte, 0 to 8
	HeadHex       string `json:"head_hex,omitempty"`
}

// applicationOf gives what is known of a connection's application, nil if it carried
// nothing.
func applicationOf(x Capture, number uint32) (row *ApplicationRow, err error) {
	err = x.EachApplication(number, func(a *index.Application) bool {
		if a.Conn == number {
			row = applicationRow(a)
		}
		return false
	})
	return row, err
}

func applicationRow(a *index.Application) *ApplicationRow {
	r := &ApplicationRow{
		Protocols: a.Protocols, Confidence: "unknown", Host: a.Host, HostFrom: a.HostFrom, Messages: a.Messages, Missing: a.Missing, Sampled: a.Sampled,
		PrintableRate: Ratio(float64(a.Printable) / 1000), EntropyBits: Ratio(float64(a.Entropy) / 100),
	}
	switch {
	case len(a.Protocols) == 0:
		r.Protocols = []string{}
		r.HeadHex = hex.EncodeToString(a.Head)
	case a.Confirmed:
		r.Confidence = "confirmed"
	default:
		r.Confidence = "tentative"
	}
	return r
}
