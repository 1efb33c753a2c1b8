package main

import (
	"testing"
	"time"

	"pcapidx/query"
)

func TestHumanBytes(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 1049: "1.0 kB", 1051: "1.1 kB", 999_949: "999.9 kB", 999_950: "1.0 MB",
		117_141: "117.1 kB", 1e9: "1.0 GB", 2_500_000_000_000: "2.5 TB", 1e15: "1.0 PB", 1<<64 - 1: "18446.7 PB",
	} {
		if got := humanBytes(n); got != want {
			t.Errorf("humanBytes(%d) is %s, want %s", n, got, want)
		}
	}
}

func TestHumanSeconds(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0 s", 1e-9: "0 µs", 2e-6: "2 µs", 0.000999: "999 µs", 0.001: "1.0 ms", 0.2053: "205.3 ms", 1: "1.00 s",
		12.623281: "12.62 s", 59.99: "59.99 s", 60: "1m00.0s", 61.25: "1m01.2s", 3599: "59m59.0s", 3600: "1h00m00s",
		90061: "25h01m01s",
	} {
		if got := humanSeconds(v); got != want {
			t.Errorf("humanSeconds(%v) is %s, want %s", v, got, want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for s, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "123456": "123,456", "1234567": "1,234,567"} {
		if got := grouped(s); got != want {
			t.Errorf("grouped(%s) is %s, want %s", s, got, want)
		}
	}
}

// TestForPeopleAndPrograms: a terminal gets rounded values, all else whole ones.
func TestForPeopleAndPrograms(t *testing.T) {
	people, programs := &output{terminal: true}, &output{}
	const stamp = query.Timestamp("2026-11-21T03:40:02.728335000Z")
	for _, c := range []struct{ got, want string }{
		{people.count(1234567), "1,234,567"},
		{programs.count(1234567), "1234567"},
		{people.size(1234567), "1.2 MB"},
		{programs.size(1234567), "1234567"},
		{people.seconds(0.125253), "125.3 ms"},
		{programs.seconds(0.125253), "0.125253000"},
		{people.bitRate(71819.9), "71.8 kbit/s"},
		{people.bitRate(999.96), "1.0 kbit/s"},
		{people.bitRate(2.5e12), "2500.0 Gbit/s"},
		{programs.bitRate(71819.9), "71820 bit/s"},
		{people.when(stamp), "2026-11-21 03:40:02.728"},
		{programs.when(stamp), string(stamp)},
		{people.when(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		q    query.Progress
		want string
	}{
		{
			query.Progress{Bytes: 250_000, Total: 1_000_000, Frames: 5000},
			"[######..................]  25%  250.0 kB of 1.0 MB  5,000 packets, 2,500/s  6s left",
		},
		{
			query.Progress{Bytes: 1_000_000, Total: 1_000_000, Frames: 10},
			"[########################] 100%  1.0 MB of 1.0 MB  10 packets, 5/s  0s left",
		},
		{ // the file grew meanwhile
			query.Progress{Bytes: 3_000_000, Total: 1_000_000},
			"[########################] 100%  3.0 MB of 1.0 MB  0 packets, 0/s  0s left",
		},
		{ // standard input: the size is not known
			query.Progress{Bytes: 1500, Frames: 3},
			"1.5 kB  3 packets, 2/s",
		},
		{
			query.Progress{Total: 1000},
			"0 B  0 packets, 0/s",
		},
	} {
		if got := progressLine(c.q, 2*time.Second); got != c.want {
			t.Errorf("%+v:\n%s\nwant\n%s", c.q, got, c.want)
		}
	}
}
