package dissect

import (
	"math/rand/v2"
	"testing"
)

// TestOnesSum: the fast sum is the plain one of RFC 1071.
func TestOnesSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		data := make([]byte, r.IntN(70))
		for i := range data {
			data[i] = byte(r.UintN(256))
			if r.UintN(2) == 0 {
				data[i] = 0xff
			}
		}
		var plain uint32
		for i, b := range data {
			if i%2 == 0 {
				plain += uint32(b) << 8
			} else {
				plain += uint32(b)
			}
		}
		for plain > 0xffff {
			plain = plain>>16 + plain&0xffff
		}
		if got := uint32(onesSum(data, 0)); got != plain {
			t.Fatalf("%x: %04x, want %04x", data, got, plain)
		}
	}
}
