package filter

import (
	"strings"
	"testing"
)

// TestPrint: a filter and the one spelling of its tree.
func TestPrint(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"", ""},
		{" \t\r\n", ""},
		{"tcp", "tcp"},
		{".tcp", ".tcp"},
		{"!!tcp", "not not tcp"},
		{"not tcp or udp", "not tcp or udp"},
		{"not (tcp or udp)", "not (tcp or udp)"},
		{"a == 1 or b == 2 and c < 3", "a == 1 or b == 2 and c < 3"},
		{"(a == 1 || b==2)&&c>=3", "(a == 1 or b == 2) and c >= 3"},
		{"(a and b) and (c and d)", "a and b and c and d"},
		{"a or (b or c)", "a or b or c"},
		{"((((a))))", "a"},
		{"!a == 1", "not a == 1"},
		{"a eq 1 or a ne 1 or a gt 1 or a ge 1 or a lt 1 or a le 1", "a == 1 or a != 1 or a > 1 or a >= 1 or a < 1 or a <= 1"},
		{"a any_eq 1 or a all_eq 1 or a any_ne 1 or a all_ne 1 or a ~= 1", "a == 1 or a === 1 or a !== 1 or a != 1 or a !== 1"},
		{"any a == 1", "a == 1"},
		{"all a == 1", "a === 1"},
		{"any a != 1", "a !== 1"},
		{"all a !== 1", "a != 1"},
		{"any a === 1", "a == 1"},
		{"all a > 1", "all a > 1"},
		{"all a contains x", "all a contains x"},
		{"a ~ \"x\"", `a matches "x"`},
		{`a matches r"\d\""`, `a matches "\\d\\\""`},
		{"a in{1,2..3 , 4 .. 5}", "a in {1, 2 .. 3, 4 .. 5}"},
		{"a not in {1}", "not a in {1}"},
		{"all a in {1}", "all a in {1}"},
		{"a in {::1..fe80::}", "a in {::1 .. fe80::}"},
		{"a & 2", "a & 2"},
		{"a&2==2", "a & 2 == 2"},
		{"a bitwise_and b & 0x10 != 0", "a & b & 0x10 != 0"},
		{"a == b == c", "a == b and b == c"},
		{"not a < b < 5", "not (a < b and b < 5)"},
		{"x or all a < b < 5", "x or all a < b and all b < 5"},
		{"len (http.host) > 5", "len(http.host) > 5"},
		{"max( a , b,3) == -5", "max(a, b, 3) == -5"},
		{`a == "x\n\x41\101\u00e4\""`, `a == "x\x0aAAä\""`},
		{`a == '\''`, `a == '\''`},
		{`a == '"'`, `a == '"'`},
		{`a == '\0'`, `a == '\x00'`},
		{"a == aa:bb:cc", "a == aa:bb:cc"},
		{"a == :aa", "a == :aa"},
		{"a == 10.0.0.0/8&&b", "a == 10.0.0.0/8 and b"},
		{"a == 2001:db8::/32", "a == 2001:db8::/32"},
		{"a == ::", "a == ::"},
		{"sip.Status-Code == 200", "sip.Status-Code == 200"},
		{"a == -1.5 and b == +2 and c == - 3", "a == -1.5 and b == +2 and c == -3"},
	} {
		tree, err := Parse(tt.src)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		if got := tree.String(); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

// TestErrors: a filter and why it is refused.
func TestErrors(t *testing.T) {
	const notHere = ": valid in Wireshark, not supported here"
	for _, tt := range []struct{ src, want string }{
		{"tcp.port ==", "unexpected end of the filter at 12"},
		{"tcp.prot == 80", "unknown field tcp.prot at 1: did you mean tcp.port?"},
		{"not ip.adr == 1.2.3.4", "unknown field ip.adr at 5: did you mean ip.addr?"},
		{"TCP", "unknown field TCP at 1: did you mean tcp?"},
		{"sip.status-code", "unknown field sip.status-code at 1: did you mean sip.Status-Code?"},
		{"tcp.port == 80 AND udp", `unexpected "AND" at 16: operators are written in lower case: "and"`},
		{"NOT tcp", `unexpected "tcp" at 5: operators are written in lower case: "not"`},
		{"tcp udp", `unexpected "udp" at 5: an operator is missing in front of it`},
		{"tcp xor udp", `unexpected "xor" at 5: there is no xor; write (a and not b) or (b and not a)`},
		{"tcp.port = 80", `"=" is no operator at 10: equality is "=="`},
		{"tcp.port => 80", `"=" is no operator at 10: write ">="`},
		{"tcp | udp", `"|" is no operator at 5: use "or" or "||"`},
		{"tcp;", `unexpected ";" at 4`},
		{"any tcp", `unexpected end of the filter at 8`},
		{"any tcp and udp", `unexpected "and" at 9: "any" stands in front of a comparison`},
		{"tcp.port in (80)", `unexpected "(" at 13: a set stands in braces: {1, 2, 5..9}`},
		{"tcp.port in {80 443}", `unexpected "443" at 17: the values of a set have commas between them, ranges two dots`},
		{"tcp.port in {80-90}", `"80-90" is no unsigned integer at 14: a range stands in braces with two dots: {80..90}`},
		{"ip.addr#1 == 1.2.3.4", "a layer number (#) at 8" + notHere},
		{"tcp.payload[0:2] == aa:bb", "a slice ([...]) at 12" + notHere},
		{"tcp.port + 1 == 80", "arithmetic (+) at 10" + notHere},
		{"tcp.port == -tcp.srcport", "arithmetic (-) at 13" + notHere},
		{"tcp.port == {80}", "arithmetic in braces ({...}) at 13" + notHere},
		{"$x", "a macro or reference ($) at 1" + notHere},
		{"ip.addr == 10/8", `unexpected "/" at 14: a network is written 10.0.0.0/8`},
		{"ip.addr == 10.0.0.0/33", "the prefix of an IPv4 address has 0 to 32 bits, not 33 at 12"},
		{"tcp.port == 70000", "70000 is out of range for tcp.port: its limit is 65535 at 13"},
		{"tcp.port == -1", "-1 is negative, and tcp.port never is at 13"},
		{"x.int8 == -129", "-129 is out of range for x.int8: its limit is -128 at 11"},
		{"tcp.port == 08", `"08" is no unsigned integer at 13: a leading 0 makes a number octal`},
		{"tcp.port == http", "tcp.port (unsigned integer) and http (protocol) cannot be compared at 13"},
		{"http.host == tcp", "http.host (character string) and tcp (protocol) cannot be compared at 14: text that is no field stands in double quotes"},
		{"tcp.port contains 80", `"contains" does not apply to tcp.port (unsigned integer) at 1: string(tcp.port) is its text`},
		{"tcp.flags.syn & 1", `"&" does not apply to tcp.flags.syn (boolean) at 1`},
		{"tcp.flags.syn == true", `"true" is no boolean at 18: a boolean is True, False, 1 or 0`},
		{"80 == tcp.port", `the left side of "==" must be a field or function, not "80" at 1: write the field first and the constant last`},
		{"len(http.host)", "whether a function is present cannot be tested at 1: compare its result with something"},
		{"lenn(http.host) == 1", "unknown function lenn at 1: did you mean len?"},
		{"len(http.host, tcp) == 1", "len takes one argument, not 2 at 1"},
		{"upper(tcp.port) == 1", "upper cannot be applied to this argument (unsigned integer) at 7"},
		{"len(tcp.port) in {1}", "only a field can be looked for in a set at 1"},
		{"tcp.analysis.flags == 1", `"==" does not apply to tcp.analysis.flags (label) at 1: a label has no value; it can only be tested for presence`},
		{`http.host matches "a(?=b)"`, "invalid regular expression: invalid or unsupported Perl syntax \"(?=\" at 19: the syntax is RE2's: no look-around and no back references"},
		{`http.host matches abc`, `"matches" needs a string in double quotes on its right at 19: as in matches "^GET"`},
		{`http.host == "a\d"`, `\d is no escape sequence at 16: write "\\" for a backslash, or r"..." for a raw string`},
		{`http.host == "a`, `the string has no closing quote at 14`},
		{"http.host == ä", "characters outside ASCII stand only inside quotes at 14: put the text in double quotes"},
		{"frame.time > 2020-01-01T00:00:00", `"2020-01-01T00:00:00" is neither a byte sequence (aa:bb:cc) nor an IPv6 address at 14: put the time in double quotes`},
		{strings.Repeat("(", 101) + "tcp", "the filter is nested more than 100 deep at 101"},
		{strings.Repeat("!", 101) + "tcp", "the filter is nested more than 100 deep at 102"},
		{strings.Repeat(" ", 4097), "the filter is longer than 4096 bytes at 4097"},
	} {
		_, err := parseAndCheck(tt.src, smallTable())
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\n got %v\nwant %s", tt.src, err, tt.want)
		}
	}
}

func TestHints(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"tcp.flags.reset or tcp.flags.reset", "tcp.flags.reset tests presence; did you mean tcp.flags.reset == 1?"},
		{"tcp.port ~= 80", `"~=" is deprecated: write "!=="`},
		{"tcp.port in {5..1}", "the range 5..1 is empty; write the smaller value first"},
		{"all tcp.port not in {5}", `"all" in front of "not in" has no effect in Wireshark 4.0`},
		{"tcp.flags.syn == 1 and tcp", ""},
	} {
		f, err := parseAndCheck(tt.src, smallTable())
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
		} else if got := strings.Join(f.Hints(), "|"); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

// seeds are filters that between them use all of the language.
func seeds() []string {
	return []string{
		`tcp.flags.syn == 1 && !(ip.addr == 10.0.0.0/8) or all tcp.port > 1023`,
		`ip.src in {10.0.0.0/8, 192.168.0.1 .. 192.168.1.255} and http.host matches r"^www\."`,
		`len(http.host) > 3 and max(tcp.port, 5) == 80 and lower(http.host) contains "a\x00\"b"`,
		`tcp.flags & 2 == 2 and eth.addr contains 01:00:5e or ipv6.addr == fe80::/10`,
		`frame.time > "2020-01-01 00:00:00" and frame.time_relative < -0.5 and x.char == '\''`,
		`.tcp and tcp.port not in {80} and x.guid == 00112233-4455-6677-8899-aabbccddeeff`,
		`ip.src == ip.dst == ip.src and x.eui == 00:11:22:33:44:55:66:77 and x.oid == 1.2.840`,
		`string(ip.src) ~ "^10" and x.double == 1e3 and tcp contains 'a' and x.int8 in {-5..5}`,
	}
}

// FuzzParse: nothing panics, and a tree printed and parsed again is the same.
func FuzzParse(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	tab := smallTable()
	f.Fuzz(func(t *testing.T, src string) {
		tree, err := Parse(src)
		if err != nil {
			return
		}
		printed := tree.String()
		again, err := parse(printed, 1<<20, 1<<12) // printing may add parentheses and spaces
		if err != nil {
			t.Fatalf("%q printed as %q: %v", src, printed, err)
		}
		if second := again.String(); second != printed || dump(again.Root) != dump(tree.Root) {
			t.Fatalf("%q printed as %q, again as %q", src, printed, second)
		}
		filter, err := Check(tree, tab)
		if err != nil {
			return
		}
		filter.Match(fakeRecord(filter, frames()["web"]))
		if _, err := Check(again, tab); err != nil {
			t.Fatalf("%q checked, its print %q not: %v", src, printed, err)
		}
	})
}
