package filter

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// frame is the values of a frame by field.
type frame map[string][]Value

// fake is a frame that answers by the ids of one filter.
type fake struct{ values [][]Value }

func (f *fake) Present(id int) bool { return len(f.values[id]) > 0 }

func (f *fake) Values(id int, dst []Value) []Value { return append(dst, f.values[id]...) }

func fakeRecord(f *Filter, fr frame) *fake {
	r := &fake{}
	for _, field := range f.Fields() {
		r.values = append(r.values, fr[field.Name])
	}
	return r
}

func ip(s string) Value { return AddrValue(netip.MustParseAddr(s)) }

// frames are: web, a request; arp, without any of its fields; tunnel, with two
// values of most fields.
func frames() map[string]frame {
	payload := "GET /index.HTML\xff\x00\xe4"
	segment := []byte("\xc3\xe9\x00\x50" + payload)
	day := time.Date(2020, 1, 1, 12, 0, 0, 5e8, time.UTC).UnixNano()
	web := frame{
		"frame": {ProtocolValue(segment, 99)}, "ip": {ProtocolValue(segment, 20)}, "tcp": {ProtocolValue(segment, 32)},
		"frame.number": {UintValue(7)}, "frame.len": {UintValue(99)},
		"frame.time": {AbsTimeValue(day)}, "frame.time_relative": {RelTimeValue(1500 * time.Millisecond)},
		"frame.time_delta": {RelTimeValue(-time.Millisecond)},
		"eth.addr":         {BytesValue([]byte{1, 0, 0x5e, 0, 0, 1}), BytesValue([]byte{2, 0, 0, 0, 0, 0xff})},
		"eth.src":          {BytesValue([]byte{2, 0, 0, 0, 0, 0xff})},
		"ip.src":           {ip("10.1.2.3")}, "ip.dst": {ip("192.0.2.1")}, "ip.addr": {ip("10.1.2.3"), ip("192.0.2.1")},
		"ip.ttl": {UintValue(64)}, "ipv6.addr": {ip("fe80::1")},
		"tcp.port": {UintValue(50153), UintValue(80)}, "tcp.srcport": {UintValue(50153)}, "tcp.dstport": {UintValue(80)},
		"tcp.flags": {UintValue(0x18)}, "tcp.flags.syn": {BoolValue(false)}, "tcp.flags.ack": {BoolValue(true)},
		"tcp.payload": {BytesValue([]byte(payload))}, "tcp.analysis.flags": {NoneValue()},
		"http.host": {StringValue("www.Example.com")}, "http.request.method": {StringValue("GET")},
		"http.request.uri": {StringValue("/a\n")},
		"x.char":           {UintValue('a')}, "x.int8": {IntValue(-5)}, "x.int64": {IntValue(64)}, "x.double": {FloatValue(1000)},
		"x.guid": {BytesValue([]byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"))},
		"x.oid":  {BytesValue([]byte{0x2a, 0x86, 0x48})}, "x.eui": {UintValue(0x0011223344556677)},
	}
	tunnel := frame{
		"ip.src": {ip("10.0.0.1"), ip("10.0.0.9")}, "ip.dst": {ip("10.0.0.9"), ip("10.0.0.5")},
		"ip.ttl": {UintValue(64), UintValue(1)}, "udp.port": {UintValue(53), UintValue(53)},
		"http.host": {StringValue("a.com"), StringValue("b.com")},
	}
	return map[string]frame{"web": web, "arp": {"arp": {ProtocolValue(nil, 28)}}, "tunnel": tunnel}
}

// matchTable: filters, and of the frames arp, tunnel, web those that match. The
// expectations are tshark 4.0.17's on frames of this shape.
const matchTable = `
                                     | arp tunnel web
tcp                                  | web
arp                                  | arp
not tcp                              | arp tunnel
tcp.flags.syn                        | web
tcp.flags.syn == 1                   |
tcp.flags.syn == 0                   | web
tcp.flags.ack == True                | web
tcp.flags.ack == 2                   | web
tcp.flags.ack in {1..5}              | web
tcp.flags.syn == "Not Set"           | web
tcp.flags.syn == Set                 |
tcp.flags.syn < tcp.flags.ack        | web
tcp.analysis.flags                   | web
tcp.port == 80                       | web
tcp.port == 0120                     | web
tcp.port == 0x50                     | web
tcp.port == 0b1010000                | web
tcp.port == 'P'                      | web
tcp.port != 80                       |
tcp.port != 81                       | web
tcp.port !== 80                      | web
tcp.port === 80                      |
any tcp.port == 80                   | web
all tcp.port == 80                   |
any tcp.port != 80                   | web
all tcp.port > 79                    | web
all tcp.port > 80                    |
!(tcp.port == 80)                    | arp tunnel
udp.port === 53                      | tunnel
udp.port !== 53                      |
ip.ttl == 1                          | tunnel
ip.ttl != 1                          | web
ip.ttl !== 1                         | tunnel web
ip.ttl === 64                        | web
ip.ttl > 1                           | tunnel web
all ip.ttl > 1                       | web
ip.ttl in {1}                        | tunnel
all ip.ttl in {64}                   | web
all ip.ttl in {1, 60..64}            | tunnel web
ip.ttl not in {1}                    | arp web
any ip.ttl not in {1}                | arp web
ip.ttl in {64..60}                   |
ip.src == ip.dst                     | tunnel
ip.src != ip.dst                     | web
ip.src !== ip.dst                    | tunnel web
ip.src === ip.dst                    |
ip.src < ip.dst                      | tunnel web
all ip.src < ip.dst                  | web
ip.src in {ip.dst}                   | tunnel
ip.src in {ip.dst, 10.1.0.0/16}      | tunnel web
ip.src in {10.1.0.0 .. ip.dst}       | web
tcp.srcport == udp.port              |
tcp.srcport != udp.port              |
tcp.dstport < tcp.srcport < 60000    | web
ip.addr == 10.9.9.9/8                | web
ip.addr != 10.0.0.0/8                |
ip.addr !== 10.0.0.0/8               | web
ip.src < 10.0.0.0/8                  |
ip.src <= 10.0.0.0/8                 | tunnel web
ip.src > 9.0.0.0/8                   | tunnel web
ip.src == 0.0.0.0/0                  | tunnel web
ip.src & 255.0.0.0 == 10.0.0.0       | tunnel web
ip.src & 0.0.0.0                     |
ipv6.addr == fe80::/10               | web
ipv6.addr == fe80::1                 | web
ipv6.addr == fe80::2/127             |
ipv6.addr == ::/0                    | web
ipv6.addr in {fe80:: .. fe80::5}     | web
tcp.flags & 0x10                     | web
tcp.flags & 2                        |
tcp.flags & 0x10 == 0x10             | web
tcp.flags & 2 == 0                   | web
ip.ttl & 1 == 1                      | tunnel
ip.ttl & 1 != 1                      | web
eth.addr == 01:00:5e:00:00:01        | web
eth.addr == 01-00-5e-00-00-01        | web
eth.addr == 0100.5e00.0001           | web
eth.addr contains 01:00:5e           | web
eth.addr contains ff                 | web
eth.addr == eth.src                  | web
eth.src & 02:00:00:00:00:00          | web
eth.src & 01:00:00:00:00:00          |
tcp.payload contains "GET"           | web
tcp.payload contains "get"           |
tcp.payload contains 47:45           | web
tcp.payload contains 'G'             | web
tcp.payload contains 0x47            | web
tcp.payload contains ""              | web
tcp.payload > 48                     | web
tcp.payload < 48                     |
tcp.payload & :ff:ff:ff == 47:45:54  | web
tcp contains 00:50                   | web
tcp contains "HTML"                  | web
tcp matches "html"                   | web
tcp matches r"\x00P"                 | web
tcp matches r"^..\x00P"              | web
tcp matches "\xff"                   | web
tcp matches r"\xff.\xe4$"            | web
tcp matches r"\xc4"                  |
tcp matches "[^a]\x00\xe4"           | web
http.host == "www.Example.com"       | web
http.host == "www.example.com"       |
http.host == a.com                   | tunnel
http.host != "a.com"                 | web
http.host === "a.com"                |
http.host contains "Example"         | web
http.host contains "example"         |
http.host contains ""                |
http.host matches "example"          | web
http.host matches "(?i)EXAMPLE"      | web
http.host matches "(?-i)EXAMPLE"     |
http.host ~ r"\.com$"                | tunnel web
all http.host matches "^a"           |
all http.host matches "com"          | tunnel web
http.host in {"a" .. "b"}            | tunnel
http.host > "b"                      | tunnel web
lower(http.host) contains "example"  | web
upper(http.host) == "A.COM"          | tunnel
http.request.uri matches "a$"        | web
http.request.method in {GET, "POST"} | web
len(http.host) == 5                  | tunnel
len(tcp) == 32                       | web
len(tcp.payload) == 18               | web
len(tcp.port) == 2                   | web
len(tcp.flags.syn) == 0              | web
len(ip.src) == 4                     | tunnel web
count(ip.src) == 2                   | tunnel
count(udp.port) == 0                 |
count(tcp.port) != 1                 | web
max(tcp.port) > 50000                | web
min(tcp.port) == 80                  | web
max(udp.port) == 0                   |
max(ip.ttl) == 64                    | tunnel web
max(tcp.port, 60000) == 60000        | arp tunnel web
abs(x.int8) == 5                     | web
string(tcp.port) matches "^80$"      | web
string(tcp.flags) == "24"            | web
string(ip.src) contains "10."        | tunnel web
string(eth.src) == "02:00:00:00:00:ff" | web
string(x.oid) == "1.2.840"           | web
string(x.guid) contains "4455"       | web
string(x.eui) contains "00:11"       | web
x.int8 == -5                         | web
x.int8 < 0                           | web
x.int8 in {-5..-1}                   | web
x.int8 < tcp.port                    | web
x.int64 == ip.ttl                    | web
tcp.port > x.int8                    | web
x.char == 'a'                        | web
x.char in {'a'..'z'}                 | web
x.double == 1e3                      | web
x.double in {999.5..1000.5}          | web
x.guid == 00112233-4455-6677-8899-aabbccddeeff | web
x.oid == 1.2.840                     | web
x.eui == 00:11:22:33:44:55:66:77     | web
frame.time > "2020-01-01"            | web
frame.time == "2020-01-01 12:00:00.5" | web
frame.time == "2020-01-01T13:00:00.5+01:00" | web
frame.time == "Jan  1, 2020 12:00:00.500000000 UTC" | web
frame.time < "2019-12-32"            | error
frame.time < "2019-02-30"            |
frame.time_relative == 1.5           | web
frame.time_relative in {1..2}        | web
frame.time_delta < 0                 | web
frame.time_delta == -0.001           | web
frame.time_relative > frame.time_delta | web
`

func TestMatch(t *testing.T) {
	for line := range strings.Lines(strings.Trim(matchTable, "\n")) {
		at := strings.LastIndex(line, "|")
		src, want := strings.TrimSpace(line[:at]), strings.TrimSpace(line[at+1:])
		f, err := parseAndCheck(src, smallTable())
		if err != nil {
			if want != "error" {
				t.Errorf("%s: %v", src, err)
			}
			continue
		}
		var got []string
		for _, name := range []string{"arp", "tunnel", "web"} {
			if f.Match(fakeRecord(f, frames()[name])) {
				got = append(got, name)
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s\n got %s\nwant %s", src, s, want)
		}
	}
}

// TestMatchParallel: one Filter serves many goroutines (run with -race).
func TestMatchParallel(t *testing.T) {
	f, err := parseAndCheck(`all ip.ttl in {1, 64} and http.host matches "com" and max(ip.ttl) > 1`, smallTable())
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for name, fr := range frames() {
				if got := f.Match(fakeRecord(f, fr)); got != (name != "arp") {
					t.Errorf("%s: %v", name, got)
				}
			}
		})
	}
}

// TestWrongKinds: a record that gives values of other kinds than its fields
// have matches nothing, and nothing panics.
func TestWrongKinds(t *testing.T) {
	all := []Value{
		{},
		NoneValue(), BoolValue(true), UintValue(1), IntValue(-1), FloatValue(1), StringValue("a"), BytesValue(nil),
		ProtocolValue(nil, 0), ip("1.2.3.4"), ip("::1"), AbsTimeValue(1), RelTimeValue(1),
	}
	for _, src := range seeds() {
		f, err := parseAndCheck(src, smallTable())
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		r := &fake{}
		for range f.Fields() {
			r.values = append(r.values, all)
		}
		f.Match(r)
	}
}
