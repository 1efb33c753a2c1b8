package dissect

import "github.com/google/gopacket"

// layerTable is the parser's container: the decoding layers by Proto, which
// serves as gopacket.LayerType here. A Proto without a layer is a leaf.
//
// It brings its own loop because gopacket's stops at an empty payload, where a
// header that was cut off must still be named, and because it starts with a
// different layer for each link type.
type layerTable struct {
	scan   *scan
	layers [protoCount]gopacket.DecodingLayer
}

// newLayerTable returns a table of all layers, which share s.
func newLayerTable(s *scan) *layerTable {
	t := &layerTable{scan: s}
	for _, l := range allLayers(s) {
		t.Put(l)
	}
	return t
}

// allLayers lists the decoding layers.
func allLayers(s *scan) []gopacket.DecodingLayer { //nolint:funlen // a list
	return []gopacket.DecodingLayer{
		ethernet{s},
		vlan{s},
		serviceVLAN{s},
		etherTag{s, ProtoVNTag, 6},
		etherTag{s, ProtoETag, 8},
		etherTag{s, ProtoCMD, 8},
		etherTag{s, ProtoPBB, backboneLength},
		hsr{s},
		macsec{s},
		trill{s},
		null{s},
		raw{s},
		sll{s},
		prism{s},
		wlanCap{s},
		ppi{s},
		nflog{s},
		pflog{s},
		enc{s},
		clip{s},
		ipOverFC{s},
		ipOverIB{s},
		radiotap{s},
		wlan{s},
		llc{s},
		tokenRing{s},
		fddi{s},
		pppoe{s},
		ppp{s},
		chdlc{s},
		frameRelay{s},
		l2tp{s},
		mpls{s},
		pseudowire{s},
		controlWord{s, ProtoPWControl, 4},
		controlWord{s, ProtoPWNoControl, 0},
		channel{s},
		named{s, ProtoPPPHDLC, 0},
		named{s, ProtoIPComp, 4},
		named{s, ProtoLoop, 6},
		gre{s},
		erspan{s},
		etherIP{s},
		nsh{s},
		vxlan{s},
		geneve{s},
		gtp{s, ProtoGTP},
		gtp{s, ProtoGTPPrime},
		capwapData{s},
		teredo{s},
		udpEncap{s},
		ayiya{s},
		lispData{s},
		tzsp{s},
		ipv4{s},
		ipv6{s},
		extension{s, ProtoHopOpts},
		extension{s, ProtoDstOpts},
		extension{s, ProtoRouting},
		extension{s, ProtoShim6},
		ipv6Fragment{s},
		authentication{s},
		icmp{s},
		icmpv6{s},
		igmp{s},
		osi{s},
		tcp{s},
		udp{s},
		udpLite{s},
		sctp{s},
	}
}

// Put adds a decoding layer.
func (t *layerTable) Put(l gopacket.DecodingLayer) gopacket.DecodingLayerContainer {
	for _, typ := range l.CanDecode().LayerTypes() {
		t.layers[typ] = l
	}
	return t
}

// Decoder gives the decoding layer of a type.
func (t *layerTable) Decoder(typ gopacket.LayerType) (gopacket.DecodingLayer, bool) {
	if typ < 0 || int(typ) >= len(t.layers) || t.layers[typ] == nil {
		return nil, false
	}
	return t.layers[typ], true
}

// LayersDecoder gives the function that decodes a frame. Which layer is the
// first comes from the scan, not from first; the list of decoded types stays
// empty, because the layers record themselves in the Packet.
func (t *layerTable) LayersDecoder(_ gopacket.LayerType, df gopacket.DecodeFeedback) gopacket.DecodingLayerFunc {
	return func(data []byte, _ *[]gopacket.LayerType) (gopacket.LayerType, error) {
		err := t.chain(data, df)
		s := t.scan
		for i := 0; i < len(s.pending); i++ {
			if v, ok := err.(*verdict); ok { //nolint:errorlint // never wrapped; one bad part does not spoil the others
				s.packet.Problem = max(s.packet.Problem, v.problem)
			}
			b := s.pending[i]
			s.next, s.pos, s.rep = b.next, b.start, b.rep
			err = t.chain(s.data[b.start:b.end], df)
		}
		return gopacket.LayerTypeZero, err
	}
}

// chain decodes layer after layer. A layer has at most maxLayers before it, so
// the loop ends even if a layer consumes nothing.
func (t *layerTable) chain(data []byte, df gopacket.DecodeFeedback) error {
	s := t.scan
	for s.next != gopacket.LayerTypeZero {
		if len(s.packet.Layers) >= maxLayers {
			return errMalformed
		}
		proto := Proto(s.next)
		l := t.layers[proto]
		if l == nil {
			return s.leaf(proto, data)
		}
		if err := l.DecodeFromBytes(data, df); err != nil {
			return err
		}
		s.previous = proto
		data = s.payload
	}
	return nil
}

// named is a protocol whose payload Wireshark calls "data".
type named struct {
	*scan
	proto  Proto
	header int
}

func (l named) CanDecode() gopacket.LayerClass { return gopacket.LayerType(l.proto) }

func (l named) DecodeFromBytes(data []byte, _ gopacket.DecodeFeedback) error {
	l.add(l.proto, l.header)
	if len(data) < l.header {
		return l.short(l.header)
	}
	return l.pass(ProtoData, data, l.header, rest)
}

// leaf records a protocol that is named only. Wireshark does not name it
// "data" if there is none.
func (s *scan) leaf(proto Proto, data []byte) error {
	if proto != ProtoData || len(data) > 0 {
		s.add(proto, len(data))
	}
	return s.end()
}
