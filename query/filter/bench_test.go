package filter

import "testing"

func BenchmarkMatch(b *testing.B) {
	for _, src := range []string{
		"tcp",
		"tcp.dstport == 80",
		"ip.addr == 192.0.2.0/24",
		"tcp.port in {443, 8080, 8000..8010}",
		"tcp.flags & 0x10",
		`http.host == "www.Example.com"`,
		`tcp.payload contains "HTML"`,
		`tcp.payload matches "html"`,
		"ip.src == ip.dst",
		"len(http.host) > 3",
		"tcp.flags.syn == 0 and tcp.flags.ack == 1 and not tcp.port == 22",
	} {
		b.Run(src, func(b *testing.B) {
			f, err := parseAndCheck(src, smallTable())
			if err != nil {
				b.Fatal(err)
			}
			r := fakeRecord(f, frames()["web"])
			b.ReportAllocs()
			for b.Loop() {
				f.Match(r)
			}
		})
	}
}

func BenchmarkParseAndCheck(b *testing.B) {
	tab := smallTable()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseAndCheck(seeds()[0], tab); err != nil {
			b.Fatal(err)
		}
	}
}
