package diag

import (
	"fmt"
	"testing"
)

func TestIdle(t *testing.T) {
	after := func(lines string) string { return ready + talk(1, 10, 10) + "\n120 > A 200 600 0" + lines }
	pull(t, []trigger{
		{"61 s", 200000, after("\n61200 > PA 200 600 10\n61210 < A 600 210 0"), "idle_gap !idle_timeout", "silent for 61.1 s, between a packet of the client and one of the client"},
		{"60 s", 200000, after("\n60120 > PA 200 600 10"), "idle_gap=info !idle_timeout", "silent for 60 s"},
		{"1 s", 200000, after("\n1120 > PA 200 600 10"), "!idle_gap", ""},
		{"twice", 200000, after("\n2120 > PA 200 600 10\n4000 < A 600 210 0"), "idle_gap=info", "silent 2 times for more than 1 s; the longest silence, between a packet of the client and one of the client, lasted 2 s"},
		{
			"slow answers", 200000, ready + times(5, func(i int) string {
				return fmt.Sprintf("%d > PA %d %d 10\n%d < PA %d %d 10", 30+i*1500, 100+10*i, 500+10*i, 30+i*1500+1400, 500+10*i, 110+10*i)
			}), "!idle_gap", "",
		},
		{"then a RST", 200000, after("\n61200 < RA 600 200 0"), "idle_timeout idle_gap", "After a silence of 61.1 s a RST from the server came"},
		{"data answered with a RST", 200000, after("\n61200 > PA 200 600 10\n61210 < R 600 0 0"), "idle_timeout", "the client continued and was answered with a RST"},
		{"re-sent three times", 200000, after("\n61200 > PA 200 600 10\n61500 > PA 200 600 10\n62200 > PA 200 600 10\n63500 > PA 200 600 10"), "idle_timeout", "data of the client had to be sent again 3 times"},
		{"re-sent twice", 200000, after("\n61200 > PA 200 600 10\n61500 > PA 200 600 10\n62200 > PA 200 600 10\n63500 < A 600 210 0\n63510 > PA 210 600 10\n64510 > PA 210 600 10"), "!idle_timeout idle_gap", ""},
		{"closed before", 200000, after("\n130 > FA 200 600 0\n140 < A 600 201 0\n61200 < RA 600 201 0"), "!idle_timeout idle_gap", ""},
		{"a RST after an answer", 200000, after("\n61200 > PA 200 600 10\n61210 < PA 600 210 5\n61220 < RA 605 210 0"), "!idle_timeout", ""},
	})
}

func TestKeepAlive(t *testing.T) {
	kept := func(n, length int, answered bool) string {
		return times(n, func(i int) string {
			line := fmt.Sprintf("%d > A 199 600 %d", 10000+i*10000, length)
			if answered {
				line += fmt.Sprintf("\n%d < A 600 200 0", 10010+i*10000)
			}
			return line
		})
	}
	before := ready + talk(1, 10, 10) + "\n120 > A 200 600 0\n121 < A 600 200 0"
	pull(t, []trigger{
		{"for 40 s", 200000, before + kept(4, 0, true), "keep_alive_only !keep_alive_unanswered", "For 39.9 s of 40 s the connection carried no data and was only held open by keep-alives (4, about every 10"},
		{"with a byte", 200000, before + kept(4, 1, true), "keep_alive_only !keep_alive_unanswered", ""},
		{"one", 200000, before + kept(1, 0, true), "!keep_alive_only", ""},
		{"and 12 s of data", 200000, before + kept(4, 1, true) + times(12, func(i int) string { return fmt.Sprintf("%d > A %d 600 10", 40100+i*1000, 200+i*10) }), "!keep_alive_only", ""},
		{"three without an answer", 200000, before + kept(3, 0, false), "keep_alive_unanswered", "The client sent 3 keep-alives in a row without an answer of the server; none came later"},
		{"two", 200000, before + kept(2, 0, false), "!keep_alive_unanswered", ""},
		{"answered in the end", 200000, before + kept(3, 0, false) + "\n50000 < A 600 200 0", "keep_alive_unanswered", "only then came an answer"},
		{"one direction captured", 200000, "1 > A 190 600 10" + kept(4, 0, false), "!keep_alive_unanswered", ""},
	})
}

func TestTTL(t *testing.T) {
	pull(t, []trigger{
		{"two away", 9000, ready + "\n30 > PA 100 500 10 ttl=62", "ttl_change", "1 packet of the client came with a TTL of 62 instead of 64"},
		{"one away", 9000, ready + "\n30 > PA 100 500 10 ttl=63", "!ttl_change", ""},
		{"the first ones", 9000, ready + times(9, func(i int) string { return fmt.Sprintf("%d < PA %d 100 10 ttl=50", 30+i, 500+10*i) }), "ttl_change", "1 packet of the server came with a TTL of 64 instead of 50"},
		{"fragments", 9000, ready + "\n30 > PA 100 500 3000 frag=1", "ip_fragmentation", "1 segment of the client came in IP fragments"},
		{"none", 9000, ready + "\n30 > PA 100 500 3000", "!ip_fragmentation", ""},
	})
	found, r := watch(t, 9000, ready+times(30, func(i int) string { return fmt.Sprintf("%d < PA %d 100 10 ttl=%d", 30+i, 500+10*i, 50+i%2*10) }))
	if f := found["ttl_change"]; f.Count != 16 || len(f.Frames) != 16 || f.Frames[0] != 2 || r.Measures.Sides[1].TTL != 50 || r.Measures.Sides[0].TTL != 64 {
		t.Errorf("%+v", f)
	}
}

func TestInjectedRST(t *testing.T) {
	// Numbers of the IP identification rise, as most hosts count.
	before := ready + times(5, func(i int) string { return fmt.Sprintf("%d < PA %d 100 10 ttl=50 id=%d", 30+i, 500+10*i, 7000+i) }) + "\n40 > A 100 550 0"
	pull(t, []trigger{
		{"an honest one", 9000, before + "\n50 < RA 550 100 0 ttl=50 id=7005", "!injected_rst", ""},
		{"only the TTL", 9000, before + "\n50 < RA 550 100 0 ttl=64 id=7005", "!injected_rst ttl_change", ""},
		{"only the number", 9000, before + "\n50 < RA 99550 100 0 ttl=50 id=7005", "!injected_rst", ""},
		{"TTL and number", 9000, before + "\n50 < RA 99550 100 0 ttl=64 id=7005", "injected_rst", "A RST in the name of the server probably did not come from it, but from a middlebox: its TTL is another; its sequence number does not fit."},
		{"TTL one away, and number", 9000, before + "\n50 < RA 99550 100 0 ttl=51 id=7005", "!injected_rst", ""},
		{"number in the window", 9000, before + "\n50 < RA 1549 100 0 ttl=64 id=7005", "!injected_rst", ""},
		{"TTL and data after it", 9000, before + "\n50 < RA 550 100 0 ttl=64 id=7005\n51 < PA 550 100 10 ttl=50 id=7005", "injected_rst", "data of that side followed it"},
		{"several, and TTL", 9000, before + "\n50 < R 550 100 0 ttl=64 id=7005\n51 < R 1000 100 0 ttl=64 id=7005", "injected_rst", "others with other sequence numbers came with it"},
		{"several of one number", 9000, before + "\n50 < R 550 100 0 ttl=64 id=7005\n51 < R 550 100 0 ttl=64 id=7005", "!injected_rst", ""},
		{"several, later", 9000, before + "\n50 < R 550 100 0 ttl=64 id=7005\n61 < R 1000 100 0 ttl=64 id=7005", "!injected_rst", ""},
		{"several answers of a closed port", 9000, before + "\n50 < R 550 100 0 ttl=50\n51 < R 560 100 0 ttl=50", "!injected_rst", ""},
		{"answers to earlier segments", 9000, before + "\n41 < FA 550 100 0 ttl=50\n42 > A 100 551 0\n50 < R 550 0 0 ttl=50\n51 < R 550 0 0 ttl=50\n52 < R 551 0 0 ttl=50", "!injected_rst", ""},
		{"refused", 9000, "1 > S 99 0 0 ttl=64\n2 < RA 0 100 0 ttl=255", "!injected_rst", ""},
		{"refused after the answer", 9000, ready + "\n30 < R 99999 0 0 ttl=255", "injected_rst", ""},
	})
	ids := "1 > S 99 0 0\n2 < SA 499 100 0 id=100\n3 > A 100 500 0" + times(4, func(i int) string { return fmt.Sprintf("%d < PA %d 100 10 id=%d", 30+i, 500+10*i, 101+i) }) + "\n40 > A 100 540 0"
	pull(t, []trigger{
		{"TTL and identification", 9000, ids + "\n50 < RA 540 100 0 ttl=60 id=60000", "injected_rst", "its IP identification is out of sequence"},
		{"identification 0", 9000, ids + "\n50 < RA 540 100 0 ttl=60", "!injected_rst", ""},
		{"identification goes on", 9000, ids + "\n50 < RA 540 100 0 ttl=60 id=130", "!injected_rst", ""},
	})
}

func TestChecksums(t *testing.T) {
	sums := func(bad, good int) string {
		return times(bad+good, func(i int) string {
			line := fmt.Sprintf("%d > PA %d 500 10", 30+i, 100+10*i)
			if i < bad {
				line += " sum=bad"
			}
			return line
		})
	}
	server := "\n900 < A 500 100 0 sum=bad"
	pull(t, []trigger{
		{"one of 20", 9000, sums(1, 19), "bad_checksums !checksum_offload", "1 of 20 packets from the client have a wrong TCP checksum"},
		{"none", 9000, sums(0, 20), "!bad_checksums !checksum_offload", ""},
		{"18 of 20", 9000, sums(18, 2), "checksum_offload !bad_checksums", "18 of 20 packets"},
		{"17 of 20", 9000, sums(17, 3), "bad_checksums !checksum_offload", ""},
		{"some, acknowledged without a re-send", 9000, sums(3, 19) + "\n900 < A 500 320 0", "checksum_offload !bad_checksums", "3 of 22 packets"},
		{"some, sent again and acknowledged", 9000, sums(3, 19) + "\n800 > PA 100 500 20\n801 > PA 120 500 10\n900 < A 500 320 0", "bad_checksums !checksum_offload", ""},
		{"all of both", 9000, sums(20, 0) + server, "checksum_offload !bad_checksums", ""},
		{"all of one, some of the other", 9000, sums(20, 0) + server + "\n901 < A 500 100 0", "bad_checksums !checksum_offload", ""},
	})
}
