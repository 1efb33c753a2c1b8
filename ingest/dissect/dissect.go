// Package dissect decodes what a single frame says by itself: the link, network
// and transport layers, tunnels included. It keeps no state between frames, so
// that indexing and querying share it; what needs several frames (reassembly,
// connections) belongs to its callers.
//
// The work is done by one gopacket.DecodingLayerParser whose decoding layers
// are this package's own. Each of them records facts in the Packet before it
// names its successor, so that a protocol may occur any number of times in one
// frame. A scan carries what they share: the position, and the length which
// the headers so far announce. Two lengths are kept apart throughout:
//
//   - the captured length, len(data), which the snap length may have cut;
//   - the reported length, what the headers and the original frame length
//     allow. Every length that the package reports comes from this one.
//
// The captured length never exceeds the reported one. Running out of reported
// bytes is Malformed, running out of captured bytes only is Truncated.
//
// Names and choices (which port is a tunnel, what a first nibble means) are
// those of Wireshark 4.0 with default preferences.
package dissect

import "github.com/google/gopacket"

// Decoder decodes frames. It keeps scratch memory and is not safe for
// concurrent use; make one per goroutine.
type Decoder struct {
	parser  *gopacket.DecodingLayerParser
	scan    scan
	decoded []gopacket.LayerType
	panics  uint64
}

// NewDecoder returns a Decoder.
func NewDecoder() *Decoder {
	d := &Decoder{}
	d.parser = gopacket.NewDecodingLayerParser(gopacket.LayerTypeZero)
	d.parser.SetDecodingLayerContainer(newLayerTable(&d.scan))
	return d
}

// Panics counts the decodes which ended in a recovered panic.
func (d *Decoder) Panics() uint64 { return d.panics }

// Decode fills p with the layers of one frame: data are its captured bytes,
// origLen its original length, linkType a LINKTYPE_ number. It never fails and
// never panics: what cannot be decoded is said in p.Problem.
func (d *Decoder) Decode(linkType uint32, data []byte, origLen int, p *Packet) {
	p.Reset()
	d.scan.start(p, data, max(origLen, len(data)))
	d.scan.link = linkType
	d.scan.next = gopacket.LayerType(firstLayer(linkType))
	d.run(data)
}

// DecodeDatagram goes on after IP reassembly: it appends to p the layers found
// in datagram, the reassembled payload of IP protocol proto between the
// addresses of p.Networks[network], where proto is Networks[network].Proto.
// p.Fragment is cleared; it is set anew if datagram holds another IP fragment
// (a tunnel), whose Start then counts in datagram.
func (d *Decoder) DecodeDatagram(network uint16, datagram []byte, p *Packet) {
	if int(network) >= len(p.Networks) {
		return
	}
	if p.Fragment != nil {
		if n := len(p.Layers); n > 0 && p.Layers[n-1].Proto == ProtoData {
			p.Layers = p.Layers[:n-1] // the fragment's own undecoded payload
		}
	}
	p.Fragment = nil
	s := &d.scan
	s.start(p, datagram, len(datagram))
	s.reassembled = true
	s.network = int(network)
	s.quoted = p.Networks[network].Quoted
	s.next = gopacket.LayerType(ipPayload(p.Networks[network].Proto))
	d.run(datagram)
}

// run drives the parser and turns its verdict into p.Problem. The parser
// recovers panics and returns them as errors, which are told from the layers'
// own verdicts by their type.
func (d *Decoder) run(data []byte) {
	err := d.parser.DecodeLayers(data, &d.decoded)
	p := d.scan.packet
	switch err := err.(type) { //nolint:errorlint // the layers never wrap a verdict
	case nil:
	case *verdict:
		p.Problem = max(p.Problem, err.problem)
	default:
		p.Problem = Panicked
		d.panics++
	}
	d.scan.packet, d.scan.data = nil, nil
}
