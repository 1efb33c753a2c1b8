package index

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// seeded gives random numbers that are the same in every run.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// anyUint32 gives small, middling and extreme numbers.
func anyUint32(r *rand.Rand) uint32 {
	switch r.IntN(6) {
	case 0:
		return 0
	case 1:
		return ^uint32(0)
	case 2:
		return r.Uint32()
	}
	return r.Uint32N(2000)
}

func anyInt64(r *rand.Rand) int64 {
	switch r.IntN(6) {
	case 0:
		return -1 << 63
	case 1:
		return 1<<63 - 1
	case 2:
		return int64(r.Uint64())
	}
	return 1_700_000_000_000_000_000 + r.Int64N(1e12)
}

func anyAddr(r *rand.Rand) netip.Addr {
	var b [16]byte
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	switch r.IntN(5) {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom16(b)
	case 2:
		return netip.MustParseAddr("::ffff:192.0.2.1")
	}
	return netip.AddrFrom4([4]byte(b[:4]))
}

// anyRows gives the rows of a block and memberships in them. Fields that are not
// stored without a connection or a TCP header are set only with one.
func anyRows(r *rand.Rand, first uint32, n int) (rows []Packet, more []Member) {
	for i := range n {
		p := Packet{
			Frame: Frame{
				Time: Time(anyInt64(r)), Iface: anyUint32(r), CapLen: anyUint32(r), OrigLen: anyUint32(r),
				NoTime: r.IntN(9) == 0,
			},
			Number: first + uint32(i), Stack: anyUint32(r), Status: Status(r.Uint32()), Conn: NoConnection,
			Side: Side(r.IntN(2)),
		}
		if r.IntN(4) > 0 {
			p.Conn, p.Payload, p.Length = min(anyUint32(r), NoConnection-1), anyUint32(r), anyUint32(r)
			p.Delta, p.App = Time(anyInt64(r)), anyUint32(r)
		}
		if r.IntN(2) > 0 {
			p.TCP, p.Flags, p.Window = true, uint16(r.Uint32()), uint16(r.Uint32())
			p.Seq, p.Ack, p.Scale = anyUint32(r), anyUint32(r), int8(r.IntN(maxScale-noScale+1))+noScale
			p.Analysis = anyAnalysis(r, p.Number)
		}
		if r.IntN(9) == 0 {
			p.Request, p.Delay = max(anyUint32(r), 1), Time(anyInt64(r))
		}
		if r.IntN(9) == 0 {
			p.DataLengths = []uint32{anyUint32(r)}
		}
		if r.IntN(9) == 0 {
			p.PDUSizes = []uint32{anyUint32(r), anyUint32(r)}
		}
		rows = append(rows, p)
		for r.IntN(4) == 0 {
			more = append(more, Member{Frame: p.Number, Conn: anyUint32(r), Side: Side(r.IntN(2))})
		}
	}
	return rows, more
}

func anyAnalysis(r *rand.Rand, number uint32) (a Analysis) {
	before := func() uint32 { return number - r.Uint32N(number) }
	a.Labels, a.HasIRTT, a.Analysed = Labels(r.Uint32()), r.IntN(2) == 0, r.IntN(2) == 0
	a.Completeness, a.States = uint8(r.UintN(64)), [2]uint8{uint8(r.UintN(16)), uint8(r.UintN(16))}
	if r.IntN(2) == 0 {
		a.Acks, a.AckRTT = before(), Time(anyInt64(r))
	}
	if r.IntN(2) == 0 {
		a.InFlight, a.PushBytes = anyUint32(r), anyUint32(r)
	}
	if r.IntN(5) == 0 && number > 1 {
		a.Dup, a.DupFrame = max(anyUint32(r), 1), 1+r.Uint32N(number-1)
	}
	if r.IntN(5) == 0 && number > 1 {
		a.RTO, a.RTOFrame = Time(anyInt64(r)), 1+r.Uint32N(number-1)
	}
	return a
}

func anyConnection(r *rand.Rand, number uint32) Connection {
	c := Connection{
		Number: number, Kind: uint8(r.Uint32()), Stream: anyUint32(r), EchoID: uint16(r.Uint32()),
		A: netip.AddrPortFrom(anyAddr(r), uint16(r.Uint32())), B: netip.AddrPortFrom(anyAddr(r), uint16(r.Uint32())),
		ClientIsB: r.IntN(2) == 0, ClientBy: ClientRule(r.IntN(7)), State: ConnState(r.IntN(13)),
		First: anyUint32(r), Last: anyUint32(r), Start: Time(anyInt64(r)), End: Time(anyInt64(r)),
		History: strings.Repeat("ShADadF", r.IntN(9)),
	}
	for s := range 2 {
		c.Packets[s], c.Bytes[s], c.Payload[s] = r.Uint64(), uint64(anyUint32(r)), uint64(anyUint32(r))
	}
	for range r.IntN(4) {
		c.VLANs = append(c.VLANs, uint16(r.Uint32()))
	}
	return c
}

// allocLimit is more than any decoder may allocate for one damaged value.
const allocLimit = 96 << 20

// survives hands decode every truncation of value and many damaged copies of it.
// Panics fail the test; so does a decoder that allocates out of proportion.
func survives(t *testing.T, r *rand.Rand, value []byte, decode func([]byte)) {
	t.Helper()
	var before, after runtime.MemStats
	try := func(b []byte, what string) {
		t.Helper()
		defer func() {
			t.Helper()
			if p := recover(); p != nil {
				t.Fatalf("%s: panic: %v\nvalue %x", what, p, b)
			}
		}()
		runtime.ReadMemStats(&before)
		decode(b)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > allocLimit {
			t.Fatalf("%s: allocated %d bytes for a value of %d: %x", what, n, len(b), b)
		}
	}
	step := max(1, len(value)/300)
	for n := 0; n < len(value); n += step {
		try(value[:n:n], fmt.Sprintf("cut to %d", n))
	}
	for i := range 300 {
		b := slices.Clone(value)
		for range 1 + r.IntN(3) {
			if len(b) > 0 {
				b[r.IntN(len(b))] ^= byte(1 << r.IntN(8))
			}
		}
		try(b, fmt.Sprintf("damage %d", i))
	}
	for i := range 100 {
		b := make([]byte, r.IntN(64))
		for j := range b {
			b[j] = byte(r.Uint32())
		}
		try(b, fmt.Sprintf("noise %d", i))
	}
}

// bothForms gives a packed value also in the form that is not compressed, so
// that damage reaches the decoder behind the decompressor.
func bothForms(t *testing.T, packed []byte) [][]byte {
	t.Helper()
	body, err := unpack(packed, nil, packLimit)
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{packed, append([]byte{packedPlain}, body...)}
}
