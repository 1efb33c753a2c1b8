package ingest

import (
	"net/netip"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/payload"
	"pcapidx/ingest/tcp"
)

// appTable notes which application protocols Wireshark would find in a frame's
// payload (package payload), in a dictionary of their combinations.
type appTable struct {
	analyzer *payload.Analyzer
	list     []index.App
	byKey    map[string]uint32
	packet   payload.Packet
	key      []byte
	names    [][]string // by place in list: its distinct names
}

// maxApps bounds the dictionary. App 0 stands for none, and for those that found
// no room.
const maxApps = 1 << 12

// maxAppLayers bounds the protocols kept of one frame: a frame may hold very many
// messages.
const maxAppLayers = 64

func newAppTable() appTable {
	return appTable{analyzer: payload.New(), list: []index.App{{}}, byKey: map[string]uint32{"": 0}, names: [][]string{nil}}
}

// repeats are the kinds of retransmissions.
const repeats = tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission

// feed shows the frame's innermost transport to the application side of its
// connection. data hold the transport header and its payload.
func (t *appTable) feed(row *index.Packet, c *conn, side index.Side, tr *dissect.Transport, p *dissect.Packet, data []byte, labels tcp.Labels, counters *index.Counters) {
	end := uint64(tr.Payload) + uint64(tr.Captured)
	switch {
	case tr.Kind != dissect.TCP && tr.Kind != dissect.UDP || p.Fragment != nil:
		return
	case tr.Quoted:
		t.quote(row, c, side, tr, p, data[:min(end, uint64(len(data)))], counters)
		return
	case !tr.HasLength:
		return
	case int(tr.Layer)+1 < len(p.Layers) || end > uint64(len(data)): // a tunnel that dissect followed
		return
	}
	n := &p.Networks[tr.Network]
	t.packet = payload.Packet{
		Kind: uint8(tr.Kind), Dir: uint8(side), Src: netip.AddrPortFrom(n.Src, tr.SrcPort), Dst: netip.AddrPortFrom(n.Dst, tr.DstPort),
		Seq: tr.Seq, FIN: tr.Flags&tcp.FIN != 0, SYN: tr.Flags&tcp.SYN != 0, RST: tr.Flags&tcp.RST != 0, ACK: tr.Flags&tcp.ACK != 0,
		Retransmission: labels&repeats == tcp.Retransmission, Spurious: labels&tcp.SpuriousRetransmission != 0,
		OutOfOrder: labels&tcp.OutOfOrder != 0, KeepAlive: labels&tcp.KeepAlive != 0,
		Length: int(tr.Length), Data: data[tr.Payload:end],
	}
	if c.app == nil {
		c.app = &payload.Conn{}
	}
	r := t.analyzer.Feed(c.app, &t.packet)
	row.App = t.add(r, counters)
	if len(r.Protocols) != 1 || len(r.DataLengths) != 1 || r.DataLengths[0] != int(tr.Length) { // else Length tells
		row.DataLengths = numbers(r.DataLengths)
	}
	row.PDUSizes = numbers(r.PDUSizes)
}

// quote notes what Wireshark finds in a payload that an ICMP error quotes. It is looked
// at as a packet of its connection, which it leaves as it was, without other segments.
// Bytes that nobody claims are layers of the frame itself.
func (t *appTable) quote(row *index.Packet, c *conn, side index.Side, tr *dissect.Transport, p *dissect.Packet, data []byte, counters *index.Counters) {
	if uint64(tr.Payload) >= uint64(len(data)) || int(tr.Layer)+1 < len(p.Layers) {
		return
	}
	app := payload.Conn{}
	if c.app != nil {
		app = c.app.Quoted()
	}
	n := &p.Networks[tr.Network]
	t.packet = payload.Packet{
		Kind: uint8(tr.Kind), Dir: uint8(side), Src: netip.AddrPortFrom(n.Src, tr.SrcPort), Dst: netip.AddrPortFrom(n.Dst, tr.DstPort),
		Data: data[tr.Payload:], Length: max(int(tr.Length), len(data)-int(tr.Payload)),
	}
	if r := t.analyzer.Feed(&app, &t.packet); len(r.Protocols) > 0 && r.Protocols[0] != "data" {
		row.App = t.add(r, counters)
	}
}

// maxAppNumbers bounds the numbers kept of one frame.
const maxAppNumbers = 256

func numbers(in []int) (out []uint32) {
	for _, n := range in[:min(len(in), maxAppNumbers)] {
		out = append(out, uint32(n))
	}
	return out
}

// add gives the place of a result in the dictionary.
func (t *appTable) add(r *payload.Result, counters *index.Counters) uint32 {
	t.key = t.key[:0]
	if r.Segment {
		t.key = append(t.key, '+')
	}
	if r.Opaque {
		t.key = append(t.key, '-')
	}
	for _, name := range r.Protocols[:min(len(r.Protocols), maxAppLayers)] {
		t.key = append(append(t.key, name...), ':')
	}
	id, ok := t.byKey[string(t.key)]
	if ok {
		return id
	}
	if len(t.list) >= maxApps {
		counters.AppsCapped++
		return 0
	}
	id = uint32(len(t.list))
	app := index.App{Layers: strings.Join(r.Protocols[:min(len(r.Protocols), maxAppLayers)], ":"), Segment: r.Segment, Opaque: r.Opaque}
	t.list, t.names = append(t.list, app), append(t.names, app.Names())
	t.byKey[string(t.key)] = id
	return id
}

// appLists are the posting lists of the dictionary's entries in the current segment.
type appLists [][]index.PostingList

// newSegment forgets the posting lists of the segment before.
func (l appLists) newSegment() { clear(l) }

// post puts a frame into the lists of its application protocols; names are those of
// the dictionary.
func (l *appLists) post(s *index.Segment, names [][]string, row *index.Packet) {
	for len(*l) < len(names) {
		*l = append(*l, nil)
	}
	of := &(*l)[row.App]
	if *of == nil {
		for _, name := range names[row.App] {
			*of = append(*of, s.List(index.PostApp, []byte(name)))
		}
	}
	for _, list := range *of {
		list.Add(row.Number)
	}
}
