package proto

import (
	"fmt"
	"math"
	"net/netip"

	"pcapidx/index"
)

// Bounds of samples of what echoes carry. entropySample and randomBits are nDPI's bounds
// for data that is encrypted or random.
const (
	maxEchoFlows  = 1024
	entropySample = 512 // bytes that are judged together
	randomBits    = 7.0 // a byte
	maxRandom     = 16  // warnings of a flow
)

// echoFlowKey is two hosts and the identifier of their echoes, whoever asks.
type echoFlowKey struct {
	low, high netip.Addr
	id        uint16
}

// echoFlow gathers what the echoes of a flow carry, until there is enough to judge.
type echoFlow struct {
	counts [256]uint32
	bytes  int
	told   int
}

// sample takes what an echo carries, and warns where the bytes of its flow look random.
// Programs that fill echoes with a pattern use bytes that rise by one: however many of
// them there are, they are no data.
func (d *icmp) sample(m *Message, a, b netip.Addr, id uint16, payload []byte) {
	if len(payload) < 2 || rising(payload) {
		return
	}
	if b.Less(a) {
		a, b = b, a
	}
	k := echoFlowKey{a, b, id}
	f := d.flows.by[k]
	if f == nil {
		f = &echoFlow{}
		d.flows.put(k, f)
	}
	if f.told == maxRandom {
		return
	}
	for _, c := range payload {
		f.counts[c]++
	}
	if f.bytes += len(payload); f.bytes < entropySample {
		return
	}
	bits := 0.0
	for _, n := range f.counts {
		if n > 0 {
			p := float64(n) / float64(f.bytes)
			bits -= p * math.Log2(p)
		}
	}
	if bits > randomBits {
		f.told++
		m.Warn("icmp.payload_entropy", index.SeverityNote, fmt.Sprintf("%d bytes that echoes carried have %.2f bits of entropy a byte, as encrypted or compressed data has", f.bytes, bits))
	}
	f.counts, f.bytes = [256]uint32{}, 0
}

// rising tells payloads most bytes of which are one more than the byte before.
func rising(payload []byte) bool {
	n := 0
	for i := 1; i < len(payload); i++ {
		if payload[i] == payload[i-1]+1 {
			n++
		}
	}
	return 2*n > len(payload)
}
