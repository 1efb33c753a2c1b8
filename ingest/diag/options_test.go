package diag

import (
	"testing"

	"pcapidx/index"
)

// syns is a handshake with the given options of SYN and SYN+ACK.
func syns(client, server string) string {
	return "0 > S 99 0 0 " + client + "\n10 < SA 499 100 0 " + server + "\n20 > A 100 500 0\n"
}

const usual = "mss=1460 scale=7 sack=1 ts=1"

func TestOptions(t *testing.T) {
	data := "100 > PA 100 500 10\n110 < A 500 110 0\n"
	resent := "100 > PA 100 500 10\n400 > PA 100 500 10\n410 < A 500 110 0\n"
	full := func(extra string) string { return syns(usual, usual) + "100 > A 100 500 1448\n" + extra }
	table := []finding{
		{name: "PPPoE", endMs: minute, code: "mss_clamp", severity: 1, says: "The server allows segments of 1452 bytes, less than the 1460 of Ethernet: an MTU of 1492, that of PPPoE", lines: syns("mss=1460", "mss=1452"), measure: func(m *index.Measures) bool {
			return m.Sides[0].MSS == 1460 && m.Sides[1].MSS == 1452 && m.Sides[0].Scale == -1 && !m.Sides[0].SACKPermitted
		}},
		{name: "both", endMs: minute, code: "mss_clamp", severity: 1, says: "Both sides allow segments of 1360 bytes, less than the 1460 of Ethernet: an MTU of 1400, usual for VPN tunnels and mobile networks; as both say the same", lines: syns("mss=1360", "mss=1360")},
		{name: "Ethernet", endMs: minute, code: "mss_clamp", severity: none, lines: syns("mss=1460", "mss=1460")},
		{name: "jumbo", endMs: minute, code: "mss_clamp", severity: none, lines: syns("mss=8960", "mss=1460")},
		{name: "Ethernet v6", endMs: minute, code: "mss_clamp", severity: none, lines: syns("mss=1440 v6=1", "mss=1440 v6=1")},
		{name: "1440 is short of IPv4", endMs: minute, code: "mss_clamp", severity: 1, says: "an MTU of 1480", lines: syns("mss=1440", "mss=1460")},
		{name: "no answer", endMs: minute, code: "mss_clamp", severity: none, lines: "0 > S 99 0 0 mss=1024"},
		{name: "535", endMs: minute, code: "mss_tiny", severity: 2, says: "The client allows segments of 535 bytes only", lines: syns("mss=535", "mss=1460")},
		{name: "536", endMs: minute, code: "mss_tiny", severity: none, lines: syns("mss=536", "mss=1460")},
		{name: "large segment", endMs: minute, code: "offload", severity: 1, says: "1 segment from the client is larger than the maximum of 1460 bytes (up to 2920)", lines: syns(usual, usual) + "100 > A 100 500 2920\n"},
		{name: "frame not large", endMs: minute, code: "offload", severity: none, lines: syns("mss=1460", "mss=536") + "100 > A 100 500 1460\n"},
		{name: "just the MSS", endMs: minute, code: "offload", severity: none, lines: syns("mss=8960", "mss=8960") + "100 > A 100 500 8960\n"},
		{name: "peer heard", endMs: minute, code: "mtu_blackhole", severity: 3, says: "a segment of 1448 bytes from the client was sent again 3 times without acknowledgement", lines: full(`
			400 > A 100 500 1448
			500 < A 500 100 0
			1000 > A 100 500 1448
			2200 > A 100 500 1448`)},
		{name: "ICMP", endMs: minute, code: "mtu_blackhole", severity: 3, says: "and the ICMP error that says so had no effect", lines: full(`
			icmp 150 3 4
			400 > A 100 500 1448
			500 < PA 500 100 10
			1000 > A 100 500 1448
			2200 > A 100 500 1448`)},
		{name: "smaller ones pass", endMs: minute, code: "mtu_blackhole", severity: 3, lines: full(`
			400 > A 100 500 1448
			1000 > A 100 500 1448
			2200 > A 100 500 1448
			4600 > A 100 500 512
			4610 < A 500 612 0
			4620 > A 612 500 512
			4630 < A 500 1124 0`)},
		{name: "twice", endMs: minute, code: "mtu_blackhole", severity: none, lines: full(`
			400 > A 100 500 1448
			500 < A 500 100 0
			1000 > A 100 500 1448`)},
		{name: "peer is silent", endMs: minute, code: "mtu_blackhole", severity: none, lines: full(`
			400 > A 100 500 1448
			1000 > A 100 500 1448
			2200 > A 100 500 1448`)},
		{name: "an outage", endMs: minute, code: "mtu_blackhole", severity: none, lines: full(`
			400 > A 100 500 1448
			500 < A 500 100 0
			1000 > A 100 500 1448
			2200 > A 100 500 1448
			2210 < A 500 1548 0`)},
		{name: "small segments", endMs: minute, code: "mtu_blackhole", severity: none, lines: syns(usual, usual) + `
			100 > A 100 500 1000
			400 > A 100 500 1000
			500 < A 500 100 0
			1000 > A 100 500 1000
			2200 > A 100 500 1000`},
		{name: "others arrive", endMs: minute, code: "mtu_blackhole", severity: none, lines: full(`
			101 > A 1548 500 1448
			400 > A 100 500 1448
			410 < A 500 100 0 sacked=1548-2996
			1000 > A 100 500 1448
			2200 > A 100 500 1448`)},
		{name: "server", endMs: minute, code: "sack_missing", severity: 2, says: "because the server did not offer them", lines: syns("sack=1", "mss=1460") + resent},
		{name: "no loss", endMs: minute, code: "sack_missing", severity: none, lines: syns("sack=1", "mss=1460") + data},
		{name: "agreed", endMs: minute, code: "sack_missing", severity: none, lines: syns("sack=1", "sack=1") + resent},
		{name: "both", endMs: minute, code: "timestamps_missing", severity: 0, says: "because both sides did not", lines: syns("mss=1460", "mss=1460") + data},
		{name: "agreed", endMs: minute, code: "timestamps_missing", severity: none, lines: syns(usual, usual) + data},
		{name: "client", endMs: minute, code: "scale_one_side", severity: 1, says: "the client did not", lines: syns("mss=1460", "scale=7")},
		{name: "both", endMs: minute, code: "scale_one_side", severity: none, lines: syns("scale=0", "scale=7"), measure: func(m *index.Measures) bool {
			return m.Sides[0].Scale == 0 && m.Sides[1].Scale == 7
		}},
		{name: "neither", endMs: minute, code: "scale_one_side", severity: none, lines: syns("mss=1460", "mss=1460")},
		{name: "fallback", endMs: minute, code: "syn_options_changed", severity: 1, says: "The client sent", lines: "0 > S 99 0 0 " + usual + "\n1000 > S 99 0 0 mss=1460\n"},
		{name: "equal", endMs: minute, code: "syn_options_changed", severity: none, lines: "0 > S 99 0 0 " + usual + "\n1000 > S 99 0 0 " + usual + "\n"},
	}
	check(t, table)
	both(t, optionsFamily(), table)
}
