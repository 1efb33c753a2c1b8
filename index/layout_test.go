package index

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	const second = 1_000_000_000
	for _, c := range []struct {
		name       string
		resolution uint8
		offset     int64
		time       Time
		ticks      uint64
		ok         bool
	}{
		{"seconds", 0, 0, 5 * second, 5, true},
		{"part of a second in seconds", 0, 0, 5*second + 1, 0, false},
		{"milliseconds", 3, 0, 5*second + 7_000_000, 5007, true},
		{"microseconds", 6, 0, 1_700_000_000*second + 123_456_000, 1_700_000_000_123_456, true},
		{"nanoseconds in microseconds", 6, 0, 123_456_001, 0, false},
		{"nanoseconds", 9, 0, 1_700_000_000*second + 123_456_789, 1_700_000_000_123_456_789, true},
		{"finer than the store's time", 10, 0, second, 0, false},
		{"binary", 0x80 | 20, 0, second, 0, false},
		{"offset", 6, 1_000_000, 1_000_003*second + 5000, 3_000_005, true},
		{"negative offset", 6, -10, 3 * second, 13_000_000, true},
		{"before the offset", 6, 10, 3 * second, 0, false},
		{"before 1970", 6, 0, -1, 0, false},
		{"before 1970 in nanoseconds", 9, 0, -1, 0, false},
		{"before 1970 with offset", 9, -10, -1, 9_999_999_999, true},
		{"whole second before 1970", 9, -10, -second, 9 * second, true},
		{"offset out of range", 6, 1<<33 + 1, second, 0, false},
		{"negative offset out of range", 6, -1<<33 - 1, second, 0, false},
		{"latest time, widest offset", 9, -1 << 33, math.MaxInt64, (1<<33)*second + math.MaxInt64, true},
		{"earliest time, widest offset", 9, -1 << 34, math.MinInt64, 0, false},
		{"zero", 9, 0, 0, 0, true},
	} {
		ticks, ok := Ticks(&Interface{Resolution: c.resolution, Offset: c.offset}, c.time)
		if ticks != c.ticks || ok != c.ok {
			t.Errorf("%s: got %d, %v", c.name, ticks, ok)
		}
	}
}

func TestAppendGap(t *testing.T) {
	pcap := Interface{Format: FormatPcap, Resolution: 6}
	nano := Interface{Format: FormatPcap, Resolution: 9}
	big := Interface{Format: FormatPcap, Resolution: 6, BigEndian: true}
	ng := Interface{Format: FormatPcapng, Resolution: 6, ID: 2}
	ngBig := Interface{Format: FormatPcapng, Resolution: 9, BigEndian: true, Offset: 1}
	section2 := Interface{Format: FormatPcapng, Resolution: 6, Section: 1}
	binary := Interface{Format: FormatPcapng, Resolution: 0x80 | 10}
	at := func(iface uint32, ns Time, captured, original uint32) *Frame {
		return &Frame{Iface: iface, Time: ns, CapLen: captured, OrigLen: original}
	}
	untimed := &Frame{CapLen: 4, OrigLen: 4, NoTime: true}
	for _, c := range []struct {
		name       string
		ifaces     []Interface
		prev, next *Frame
		want       string // hex; "-": cannot be told
	}{
		{"start of the file", []Interface{pcap}, nil, at(0, 0, 1, 1), "-"},
		{"empty file", []Interface{pcap}, nil, nil, "-"},
		{"pcap", []Interface{pcap}, at(0, 0, 1, 1), at(0, 1_000_002_000, 3, 4), "01000000 02000000 03000000 04000000"},
		{"pcap in ns", []Interface{nano}, at(0, 0, 1, 1), at(0, 1_000_000_002, 3, 4), "01000000 02000000 03000000 04000000"},
		{"pcap big-endian", []Interface{big}, at(0, 0, 1, 1), at(0, 1_000_002_000, 3, 4), "00000001 00000002 00000003 00000004"},
		{"pcap us with ns", []Interface{pcap}, at(0, 0, 1, 1), at(0, 1_000_000_002, 3, 4), "-"},
		{"pcap before 1970", []Interface{nano}, at(0, 0, 1, 1), at(0, -1, 3, 4), "-"},
		{"pcap after 2106", []Interface{nano}, at(0, 0, 1, 1), at(0, 1<<32*1e9, 3, 4), "-"},
		{"pcap in 2106", []Interface{nano}, at(0, 0, 1, 1), at(0, (1<<32-1)*1e9, 3, 4), "ffffffff 00000000 03000000 04000000"},
		{"end of a pcap", []Interface{pcap}, at(0, 0, 1, 1), nil, ""},
		{"end of a pcapng", []Interface{ng}, at(0, 0, 1, 1), nil, "000000 24000000"},
		{"pcapng", []Interface{{}, ng}, at(1, 0, 5, 5), at(1, 1_000_002_000, 3, 4), "000000 28000000" +
			"06000000 24000000 02000000 00000000 42420f00 03000000 04000000"},
		{"pcapng without padding", []Interface{ng}, at(0, 0, 8, 8), at(0, 0, 4, 4), "28000000" +
			"06000000 24000000 02000000 00000000 00000000 04000000 04000000"},
		{"pcapng big-endian, ns, offset", []Interface{ngBig}, at(0, 0, 2, 2), at(0, 21_000_000_007, 3, 4), "0000 00000024" +
			"00000006 00000024 00000000 00000004 a817c807 00000003 00000004"},
		{"empty packets", []Interface{ng}, at(0, 0, 0, 9), at(0, 0, 0, 9), "20000000" +
			"06000000 20000000 02000000 00000000 00000000 00000000 09000000"},
		{"two sections", []Interface{ng, section2}, at(0, 0, 4, 4), at(1, 0, 4, 4), "-"},
		{"two formats", []Interface{ng, pcap}, at(0, 0, 4, 4), at(1, 0, 4, 4), "-"},
		{"binary resolution", []Interface{binary}, at(0, 0, 4, 4), at(0, 0, 4, 4), "-"},
		{"no time", []Interface{ng}, at(0, 0, 4, 4), untimed, "-"},
		{"no time before", []Interface{ng}, untimed, at(0, 0, 4, 4), "-"},
		{"unknown interface before", []Interface{ng}, at(1, 0, 4, 4), at(0, 0, 4, 4), "-"},
		{"unknown interface", []Interface{ng}, at(0, 0, 4, 4), at(1, 0, 4, 4), "-"},
		{"unknown interface at the end", []Interface{ng}, at(1, 0, 4, 4), nil, "-"},
		{"no interfaces", nil, at(0, 0, 4, 4), nil, "-"},
	} {
		gap, ok := AppendGap([]byte("x"), c.ifaces, c.prev, c.next)
		got := "-"
		if ok {
			got = hex.EncodeToString(gap[1:])
		}
		if want := strings.ReplaceAll(c.want, " ", ""); got != want || gap[0] != 'x' || !ok && len(gap) != 1 {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
	}
}
