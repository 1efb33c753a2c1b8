package diag

import (
	"fmt"
	"strings"
	"testing"
)

func TestZeroWindow(t *testing.T) {
	// The client's window is zero from 100 ms on, for some time; more data follows
	// at the end.
	zero := func(ms, end int) string {
		return ready + fmt.Sprintf(`
			90 < PA 500 100 1000
			100 > A 100 1500 0 win=0
			%d > A 100 1500 0 win=1000
			%d < PA 1500 100 500`, 100+ms, end)
	}
	stuck := ready + "\n90 < PA 500 100 1000\n100 > A 100 1500 0 win=0\n400 < A 1500 100 1\n410 > A 100 1500 0 win=0"
	pull(t, []trigger{
		{"300 ms", 9000, zero(300, 9000), "zero_window !zero_window_stuck", "The client's receive window was zero 1 time, for 300 ms in all (longest 300 ms)"},
		{"200 ms of 9 s", 9000, zero(200, 9000), "!zero_window", ""},
		{"100 ms of 1 s", 1000, zero(100, 1000), "zero_window", ""},
		{"never ready", 2000, stuck, "zero_window_stuck !zero_window", "The client's receive window went to zero and did not open again in the 1.9 s that followed"},
		{"the capture ends soon", 1000, stuck, "!zero_window_stuck zero_window", ""},
		{"until a RST", 3000, stuck + "\n2500 < RA 1500 100 0", "zero_window_stuck", "2.4 s"},
		{"until a RST soon", 90000, stuck + "\n1000 < RA 1500 100 0", "!zero_window_stuck", ""},
		{"RST and FIN say nothing", 9000, ready + "\n90 < PA 500 100 1000\n100 > FA 100 1500 0 win=0\n9000 > R 101 0 0 win=0", "!zero_window !zero_window_stuck", ""},
	})
	_, r := watch(t, 9000, zero(300, 9000)+"\n9001 > A 100 2000 0 win=0\n9101 > A 100 2000 0 win=700")
	if m := r.Measures.Sides[0]; m.ZeroWindows != 2 || m.ZeroWindowTime != 400*millisecond || m.ZeroWindowLongest != 300*millisecond || m.WindowMin != 0 || m.WindowMax != 1000 {
		t.Errorf("%+v", m)
	}
}

func TestWindowFull(t *testing.T) {
	// The client fills the server's window of 1000 bytes; the acknowledgement and
	// the next data come after some time.
	full := func(acked, next, end int) string {
		return ready + fmt.Sprintf(`
			100 > PA 100 500 1000
			%d < A 500 1100 0
			%d > PA 1100 500 100
			%d < A 500 1200 0`, 100+acked, 100+next, end)
	}
	pull(t, []trigger{
		{"300 ms of 1 s", 1000, full(300, 301, 1000), "window_full", "The client had to stop sending because the server's window was used up: 1 packet filled it, and the waits add up to 301 ms (30.1 %"},
		{"45 ms", 1000, full(44, 45, 500), "!window_full", ""},
		{"60 ms of 2 s", 2000, full(60, 60, 2000), "!window_full", ""},
		{"ready at once, nothing to send", 900, full(20, 600, 900), "!window_full", ""},
		{"one byte less", 1000, strings.Replace(full(300, 301, 1000), "PA 100 500 1000", "PA 100 500 999", 1), "!window_full", ""},
	})
	_, r := watch(t, 900, full(300, 800, 900))
	if m := r.Measures.Sides[0]; m.WindowFulls != 1 || m.WindowFullTime != 320*millisecond || m.InFlightMax != 1000 {
		t.Errorf("%+v", m) // 300 ms, and one round-trip time
	}
}

func TestSmallWindow(t *testing.T) {
	// One segment for each round-trip time of 60 ms.
	paced := func(n, size, window int) string {
		return times(n, func(i int) string {
			return fmt.Sprintf("%d > PA %d 500 %d\n%d < A 500 %d 0 win=%d", 100+60*i, 100+size*i, size, 150+60*i, 100+size*(i+1), window)
		})
	}
	far := strings.Replace(ready, "11 <", "-39 <", 1)
	far = strings.Replace(far, "1 > S", "-89 > S", 1)
	far = strings.Replace(far, "21 >", "-29 >", 1)
	unscaled := strings.ReplaceAll(far, "scale=0", "")
	pull(t, []trigger{
		{"90 % in flight", 3000, far + paced(20, 900, 1000), "small_window !scaling_missing", "The server's window of at most 1000 bytes limits the client to about 133 kbit/s at a round-trip time of 60 ms"},
		{"70 % in flight", 3000, far + paced(20, 700, 1000), "!small_window", ""},
		{"few segments", 3000, far + paced(9, 900, 1000), "!small_window", ""},
		{"no handshake", 3000, paced(20, 900, 1000), "!small_window", ""},
		{"zero window", 3000, far + paced(20, 900, 1000) + "\n1400 < A 500 18100 0 win=0\n1410 < A 500 18100 0", "!small_window", ""},
		{"scaling is missing", 3000, unscaled + paced(20, 64000, 65000), "scaling_missing small_window", "the server cannot announce more than 65535 bytes, and 65000 are not enough"},
		{"scaling is there", 3000, far + paced(20, 64000, 65000), "small_window !scaling_missing", ""},
		{"small, without scaling", 3000, unscaled + paced(20, 50000, 59999), "small_window !scaling_missing", ""},
		{"fast all the same", 3000, "1 > S 99 0 0 scale=0\n1.2 < SA 499 100 0 scale=0\n1.2 > A 100 500 0" + times(20, func(i int) string {
			return fmt.Sprintf("%d > PA %d 500 64000\n%d.2 < A 500 %d 0 win=65000", 10+i, 100+64000*i, 10+i, 100+64000*(i+1))
		}), "!small_window", ""},
	})
}
