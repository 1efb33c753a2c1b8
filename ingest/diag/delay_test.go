package diag

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"pcapidx/index"
)

// TestHistogram: quantiles are those of the values, within 3 %.
func TestHistogram(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for n := 1; n < 3000; n = n*3 + 1 {
		var h histogram
		values := make([]int64, n)
		for i := range values {
			values[i] = random.Int63() >> random.Intn(63)
			h.add(values[i])
		}
		h.add(-1)
		slices.Sort(values)
		s := h.spread()
		for _, q := range []struct{ percent, got int64 }{{50, s.Median}, {95, s.P95}} {
			want := values[(int64(n)*q.percent+99)/100-1]
			if d := float64(q.got-want) / float64(max(want, 1)); d > 0.03 || d < -0.03 {
				t.Errorf("%d values: %d %% are below %d, not %d", n, q.percent, want, q.got)
			}
		}
		if s.Count != int64(n) || s.Min != values[0] || s.Max != values[n-1] {
			t.Errorf("%+v", s)
		}
	}
	var h histogram
	if h.spread() != (index.Spread{}) {
		t.Error("no values have a spread")
	}
}

// TestBuckets: buckets follow one another without gaps, and have their middle.
func TestBuckets(t *testing.T) {
	last := uint16(0)
	for v := int64(0); v < 1<<16; v++ {
		key := bucketOf(v)
		if key != last && key != last+1 || bucketOf(bucket{key: key}.middle()) != key {
			t.Fatalf("%d is in bucket %d after %d, whose middle is %d", v, key, last, bucket{key: key}.middle())
		}
		last = key
	}
	if bucketOf(1<<63-1) >= maxBuckets {
		t.Error("the largest value has no bucket")
	}
}

// asked are segments of 100 bytes that are acknowledged after some time (ms).
func asked(delay ...int) string {
	return times(len(delay), func(i int) string {
		at, seq := 100+i*1000, 100+i*100
		return fmt.Sprintf("%d > PA %d 500 100\n%d < A 500 %d 0", at, seq, at+delay[i], seq+100)
	})
}

func TestRTT(t *testing.T) {
	steady := slices.Repeat([]int{10}, 20)
	one, two := slices.Clone(steady), slices.Clone(steady)
	one[7] = 300
	two[7], two[9] = 300, 350
	pull(t, []trigger{
		{"2 of 20 are late", 30000, ready + asked(two...), "rtt_variation", "the client's data varied from 10 ms to 350 ms (median 10.1 ms; 5 % of 20 samples took 298 ms or more)"},
		{"1 of 20 is late", 30000, ready + asked(one...), "!rtt_variation", ""},
		{"late by 90 ms", 30000, ready + asked(append(slices.Repeat([]int{100}, 10), 10)...), "!rtt_variation", ""},
		{"late by 4 times", 30000, ready + asked(append(slices.Repeat([]int{400}, 10), 100)...), "!rtt_variation", ""},
		{"without their acknowledgements", 60000, opened + asked(10, 10, 10, 10, 10, 10, 10, 10, 10, 30000), "!rtt_variation", ""},
		{"9 samples", 30000, ready + asked(slices.Repeat([]int{10, 300, 300}, 3)...), "!rtt_variation", ""},
		{"all late but the first", 30000, ready + asked(append([]int{10}, slices.Repeat([]int{300}, 9)...)...), "rtt_variation", ""},
		{"all late but the last", 30000, ready + asked(append(slices.Repeat([]int{300}, 9), 10)...), "rtt_variation", ""},
	})
}

// TestKarn: what was sent again gives no round-trip time, nor do SYN and FIN.
func TestKarn(t *testing.T) {
	_, r := watch(t, 9000, ready+`
		100 > A 100 500 100
		101 > A 200 500 100
		115 < A 500 200 0
		600 > A 200 500 100
		612 < A 500 300 0
		700 > A 300 500 100
		714 < A 500 400 0
		800 > A 200 500 100
		810 < A 500 400 0
		900 > A 400 500 100
		913 < A 500 500 0
		1000 > FA 500 500 0
		1500 < A 500 501 0`)
	if s := r.Measures.Sides[0].RTT; s.Count != 3 || s.Min != 13*millisecond || s.Max != 15*millisecond || s.Sum != 42*millisecond {
		t.Errorf("%+v", s)
	}
	if s := r.Measures.Sides[1].RTT; s.Count != 0 {
		t.Errorf("%+v", s)
	}
}

func TestNagle(t *testing.T) {
	// A small write, its acknowledgement, the rest after a pause, the response.
	writes := func(n, acked, next int) string {
		return times(n, func(i int) string {
			at, seq, ack := 100+i*1000, 100+i*200, 500+i*10
			return fmt.Sprintf("%d > PA %d %d 100\n%d < A %d %d 0\n%d > PA %d %d 100\n%d < PA %d %d 10\n%d > A %d %d 0",
				at, seq, ack, at+acked, ack, seq+100, at+next, seq+100, ack, at+next+10, ack, seq+200, at+next+20, seq+200, ack+10)
		})
	}
	// Writes at the same pace without an answer: some end near an acknowledgement.
	paced := func(n, near int) string {
		return times(n, func(i int) string {
			at, seq := 100+i*100, 100+i*100
			acked := 40
			if i < near {
				acked = 98
			}
			return fmt.Sprintf("%d > PA %d 500 100\n%d < A 500 %d 0", at, seq, at+acked, seq+100)
		})
	}
	pull(t, []trigger{
		{"three times", 9000, ready + writes(3, 40, 41), "nagle_delayed_ack", "held small data back 3 times until the server acknowledged what went before, 41 ms each"},
		{"each of two turns", 9000, ready + writes(2, 40, 44), "nagle_delayed_ack", ""},
		{"once", 9000, ready + writes(1, 40, 41), "!nagle_delayed_ack", ""},
		{"leaves later", 9000, ready + writes(5, 40, 46), "!nagle_delayed_ack", ""},
		{"short waits", 9000, ready + writes(5, 30, 31), "!nagle_delayed_ack", ""},
		{"long waits", 9000, ready + writes(5, 250, 251), "!nagle_delayed_ack", ""},
		{"paced, by chance", 9000, ready + paced(9, 3), "!nagle_delayed_ack", ""},
		{"paced by acknowledgements", 9000, ready + paced(6, 3), "nagle_delayed_ack", ""},

		{"acknowledged after 40 ms", 9000, ready + asked(40, 40, 40), "delayed_ack", "The server acknowledged single segments after 40 ms (median of 3), against 10 ms at best"},
		{"after 25 ms", 9000, ready + asked(25, 25, 25), "!delayed_ack", ""},
		{"two of them", 9000, ready + asked(40, 40), "!delayed_ack", ""},
		{"two segments at once", 9000, ready + times(9, func(i int) string {
			return fmt.Sprintf("%d > PA %d 500 100\n%d > PA %d 500 100\n%d < A 500 %d 0", 100+i*100, 100+i*200, 101+i*100, 200+i*200, 140+i*100, 300+i*200)
		}), "!delayed_ack", ""},
	})
	full := "\n100 > PA 100 500 1448\n140 < A 500 1548 0\n141 > PA 1548 500 1448\n181 < A 500 2996 0\n182 > PA 2996 500 1448\n222 < A 500 4444 0\n223 > PA 4444 500 9"
	pull(t, []trigger{{"full segments", 9000, ready + full, "!nagle_delayed_ack", ""}})
}
