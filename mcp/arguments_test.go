package mcp

import (
	"encoding/json"
	"strings"
	"testing"
)

type testArgs struct {
	one
	Count int      `json:"limit,omitempty"`
	Port  string   `json:"port,omitempty"`
	Flag  bool     `json:"by_name,omitempty"`
	List  []string `json:"captures,omitempty"`
	Word  string   `json:"sort,omitempty"`
}

func TestReadArguments(t *testing.T) {
	s := inputSchema[testArgs](map[string][]string{"sort": {"up", "down"}})
	delete(s.Properties, "captures")
	for in, want := range map[string]string{
		`{"capture":"x"}`:                               `{"capture":"x","limit":50,"sort":"up"}`,
		`{"capture":"x","limit":"10","port":443}`:       `{"capture":"x","limit":10,"port":"443","sort":"up"}`,
		`{"capture":"x","limit":1e2,"sort":"DOWN"}`:     `{"capture":"x","limit":100,"sort":"down"}`,
		`{"capture":"x","limit":10.0,"by_name":"True"}`: `{"by_name":true,"capture":"x","limit":10,"sort":"up"}`,
		`{"CAPTURE":"x","limit":null,"port":""}`:        `{"capture":"x","limit":50,"sort":"up"}`,
		`{"capture":"x","By-Name":false}`:               `{"by_name":false,"capture":"x","limit":50,"sort":"up"}`,
		`{"captures":"x","limit":999999}`:               `{"capture":"x","limit":500,"sort":"up"}`,
		`{"capture":7}`:                                 `{"capture":"7","limit":50,"sort":"up"}`,
		``:                                              "!capture is missing",
		`null`:                                          "!capture is missing",
		`{}`:                                            "!capture is missing",
		`[]`:                                            "!JSON object",
		`"x"`:                                           "!JSON object",
		`{"capture":{}}`:                                "!capture must be a text",
		`{"capture":["x"],"port":[1,"2-3"]}`:            `{"capture":"x","limit":50,"port":"1,2-3","sort":"up"}`,
		`{"capture":[["x"]]}`:                           "!capture must be a text",
		`{"capture":[null]}`:                            "!capture must be a text",
		`{"capture":"x","limit":"ten"}`:                 "!limit must be a whole number",
		`{"capture":"x","limit":1.5}`:                   "!limit must be a whole number",
		`{"capture":"x","limit":-1}`:                    "!limit must be 1 or more",
		`{"capture":"x","limit":1e999999999}`:           "!limit must be a whole number",
		`{"capture":"x","limit":"1/1"}`:                 "!limit must be a whole number",
		`{"capture":"x","by_name":"maybe"}`:             "!by_name must be true or false",
		`{"capture":"x","sort":"sideways"}`:             "!one of up, down",
		`{"capture":"x","prot":1}`:                      "!did you mean port",
		`{"capture":"x","Capture":"y"}`:                 "!capture is given twice",
		`{"capture":"x","\u001b[31m":1}`:                `!there is no argument "\u{1b}[31m"`,
	} {
		got, problem := readArguments(s, json.RawMessage(in))
		if words, bad := strings.CutPrefix(want, "!"); bad {
			if !strings.Contains(problem, words) || !strings.Contains(problem, "It takes capture (required), limit") {
				t.Errorf("%s: %q %q, want %q", in, got, problem, words)
			}
		} else if string(got) != want || problem != "" {
			t.Errorf("%s: %s %q, want %s", in, got, problem, want)
		}
	}
}

func TestReadNumbers(t *testing.T) {
	s := inputSchema[plotArgs](nil)
	for in, want := range map[string]string{
		`1.5`: "1.5", `"1.5"`: "1.5", `2`: "2", `1e-3`: "0.001", `" 7 "`: "7",
		`"soon"`: "", `true`: "", `"NaN"`: "", `"Inf"`: "", `1e999`: "", `"0x1p3"`: "", `[1]`: "",
	} {
		raw, problem := readArguments(s, json.RawMessage(`{"capture":"x","connection":4,"from_s":`+in+`}`))
		var got struct {
			From json.RawMessage `json:"from_s"`
		}
		if problem == "" {
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
		}
		if string(got.From) != want || want == "" && !strings.Contains(problem, "from_s must be a number") {
			t.Errorf("%s: %s %q, want %s", in, got.From, problem, want)
		}
	}
}

func TestReadLists(t *testing.T) {
	s := inputSchema[listConnectionsArgs](nil)
	for in, want := range map[string]string{
		`{"captures":"a, b"}`:                                   `["a","b"]`,
		`{"captures":["a,b",""]}`:                               `["a,b"]`,
		`{"capture":"a"}`:                                       `["a"]`,
		`{"captures":"[\"a\",7]"}`:                              `["a","7"]`,
		`{"captures":7}`:                                        `["7"]`,
		`{"captures":"[broken"}`:                                `["[broken"]`,
		`{"captures":[null,"a"]}`:                               `["a"]`,
		`{"captures":[{"a":1},"b"]}`:                            "",
		`{"captures":{"a":1}}`:                                  "",
		`{"captures":[` + strings.Repeat(`"a",`, 200) + `"a"]}`: "",
	} {
		raw, problem := readArguments(s, json.RawMessage(in))
		var got struct{ Captures json.RawMessage }
		if problem == "" {
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
		}
		if string(got.Captures) != want || (problem == "") != (want != "") {
			t.Errorf("%s: %s %q, want %s", in, got.Captures, problem, want)
		}
	}
}

// FuzzReadArguments: whatever a model sends is understood or refused, and what
// is understood fits the tool.
func FuzzReadArguments(f *testing.F) {
	for _, s := range []string{`{}`, `{"captures":"[1"}`, `{"limit":"1e3","cursor":null}`, `{"filter":{"a":[]}}`, `[`, "\x00"} {
		f.Add([]byte(s))
	}
	s := inputSchema[searchPacketsArgs](nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		raw, problem := readArguments(s, b)
		if problem != "" {
			return
		}
		var in searchPacketsArgs
		if err := json.Unmarshal(raw, &in); err != nil || in.Limit < 1 || in.Limit > maxRows {
			t.Errorf("%s becomes %s: %v %d", b, raw, err, in.Limit)
		}
	})
}

func TestSpeak(t *testing.T) {
	for in, want := range map[string]string{
		"without --address, --port and --time-from there are 3": "without address, port and time_from there are 3",
		"`pcapidx captures` lists what there is":                "list_captures lists what there is",
		"a -- b --":                                             "a -- b --",
		"x--y, 5---6 --":                                        "x--y, 5---6 --",
		"give captures or --all, not both":                      "give captures, not both",
	} {
		if got := speak(in); got != want {
			t.Errorf("speak(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		in   searchPacketsArgs
		want string
	}{
		{searchPacketsArgs{}, ""},
		{searchPacketsArgs{Filter: "tcp"}, "tcp"},
		{searchPacketsArgs{Filter: "tcp || udp", Port: "53"}, "(tcp || udp) && (tcp.port == 53 || udp.port == 53 || sctp.port == 53)"},
		{searchPacketsArgs{Port: "1-9"}, "tcp.port in {1..9} || udp.port in {1..9} || sctp.port in {1..9}"},
		{searchPacketsArgs{Address: "10.1.2.3/8"}, "ip.addr == 10.0.0.0/8"},
		{searchPacketsArgs{Address: "[2001:DB8::1]"}, "ipv6.addr == 2001:db8::1"},
		{searchPacketsArgs{Address: "02-30-59-82-F8-75"}, "eth.addr == 02:30:59:82:f8:75"},
		{searchPacketsArgs{Protocol: "ARP, icmp"}, "arp || icmp"},
		{searchPacketsArgs{TimeFrom: "1.5", TimeTo: "2"}, "(frame.time_relative >= 1.5) && (frame.time_relative < 2)"},
		{searchPacketsArgs{TimeFrom: "2026-11-21T04:40:03.5+01:00"}, "frame.time_epoch >= 1795232403.500000000"},
		{searchPacketsArgs{TimeFrom: "2026-11-21"}, "frame.time_epoch >= 1795219200.000000000"},
	} {
		if got, err := c.in.filter(); got != c.want || err != nil {
			t.Errorf("%+v: %q %v, want %q", c.in, got, err, c.want)
		}
	}
	for filter, want := range map[string]bool{
		"": true, "(tcp) && (udp)": true, "tcp) || (udp": false, "(tcp": false, `frame contains ")"`: true, `x == "\")" && (`: false, `"`: false,
	} {
		if balanced(filter) != want {
			t.Errorf("balanced(%q) is not %v", filter, want)
		}
		if _, err := (&searchPacketsArgs{Filter: filter, Port: "1"}).filter(); (err == nil) != want {
			t.Errorf("%q: %v", filter, err)
		}
	}
}
