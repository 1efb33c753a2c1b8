package jsonrpc

import (
	"fmt"
	"strings"
	"testing"
)

// describe is what is known of a text, in a line for each message.
func describe(text string) string {
	list, batch := Read([]byte(text))
	out := make([]string, 0, len(list))
	for i := range list {
		m := &list[i]
		out = append(out, fmt.Sprintf("%d %q %q/%d %s|%s|%s %q %d %s", m.Kind(), m.Method, m.ID, m.IDKind, m.Params, m.Result, m.Error, m.Code, m.Size, m.Problem))
	}
	return fmt.Sprint(batch, " ", strings.Join(out, "; "))
}

func TestRead(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	huge := strings.Repeat("9", 5000)
	for _, c := range []struct{ name, text, want string }{
		{"request", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`, `0 1 "tools/call" "1"/3 {"name":"x"}|| "" 68 `},
		{"notification", ` {"jsonrpc":"2.0","method":"n"} `, `0 2 "n" ""/0 || "" 30 `},
		{"response", `{"jsonrpc":"2.0","id":"a\"b","result":null}`, `0 3 "" "a\"b"/2 |null| "" 43 `},
		{"error", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}`, `0 4 "" ""/1 ||{"code":-32700,"message":"no"} "-32700" 66 `},
		{"version 1.0", `{"id":1,"result":null,"error":{"code":"x"}}`, `0 4 "" "1"/3 ||{"code":"x"} "" 43 `},
		{"result and error", `{"jsonrpc":"2.0","id":1,"result":1,"error":{}}`, `0 0 "" "1"/3 |1|{} "" 46 `},
		{"call and answer", `{"jsonrpc":"2.0","id":1,"method":"m","result":1}`, `0 0 "m" "1"/3 |1| "" 48 `},
		{"neither", `{"jsonrpc":"2.0","id":1}`, `0 0 "" "1"/3 || "" 24 `},
		{"batch", `[{"jsonrpc":"2.0","method":"a"}, 5 ,{"jsonrpc":"2.0","id":true,"method":"b"}]`, `3 2 "a" ""/0 || "" 30 ; 0 "" ""/0 || "" 1 no JSON-RPC; 1 "b" "true"/4 || "" 40 `},
		{"empty batch", `[]`, `0 0 "" ""/0 || "" 2 no JSON-RPC`},
		{"cut batch", `[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","id":2,"me`, `2 2 "a" ""/0 || "" 30 ; 0 "" "2"/3 || "" 27 cut`},
		{"cut in a value", `{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":"b`, `0 1 "m" "7"/3 {"a":"b|| "" 53 cut`},
		{"cut in a number", `{"jsonrpc":"2.0","method":"m","id":12`, `0 2 "m" ""/0 || "" 37 cut`},
		{"cut before a value", `{"jsonrpc":`, `0 0 "" ""/0 || "" 11 cut`},
		{"malformed", `{"jsonrpc":"2.0","id":7,"method":"m" "params"}`, `0 0 "m" "7"/3 || "" 37 malformed`},
		{"malformed inside", `{"jsonrpc":"2.0","id":7,"method":"m","params":{x}}`, `0 0 "m" "7"/3 {x}|| "" 50 malformed`},
		{"wrong bracket", `{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":[}}`, `0 0 "m" "7"/3 || "" 54 malformed`},
		{"deep", `{"jsonrpc":"2.0","id":1,"method":"m","params":` + deep + `}`, `0 0 "m" "1"/3 || "" 247 nested too deeply`},
		{"huge id", `{"jsonrpc":"2.0","id":` + huge + `,"method":"m"}`, `0 1 "m" "` + huge + `"/3 || "" 5036 `},
		{"alien", `{"a":1}`, `0 0 "" ""/0 || "" 7 no JSON-RPC`},
		{"no JSON", `hello`, `0 0 "" ""/0 || "" 5 no JSON-RPC`},
		{"nothing", ``, `0 0 "" ""/0 || "" 0 no JSON-RPC`},
	} {
		if got := describe(c.text); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	if list, batch := Read([]byte("[" + strings.Repeat(`{"jsonrpc":"2.0","method":"n"},`, 1500) + "1]")); batch != 1501 || len(list) != MaxBatch {
		t.Errorf("%d messages of %d", len(list), batch)
	}
	if list, _ := Read([]byte(`{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}`)); list[0].Twice != 1 || list[0].ID != "2" {
		t.Errorf("a member that stands twice: %+v", list[0])
	}
}

func TestLookup(t *testing.T) {
	text := []byte(`{"a":{"b/c":[1,"two",{"d":3}],"e":"f"},"a":{"e":"g"}}`)
	if got, _ := Text(Lookup(text, "a", "e")); got != "g" {
		t.Errorf("%q, the last of two members counts", got)
	}
	if Lookup(text, "a", "b/c") != nil || Lookup(text, "x", "e") != nil || Lookup([]byte(`"a"`), "a") != nil {
		t.Error("found what is not there")
	}
	if got := fmt.Sprintf("%s", Elements([]byte(`[1,"two",{"d":3}]`), 2)); got != `[1 "two"]` {
		t.Errorf("elements %s", got)
	}
}

// FuzzRead: whatever the text, reading it ends, and gives parts of it.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`))
	f.Add([]byte(`[{"jsonrpc":"2.0","id":"a","error":{"code":-1}},{"jsonrpc"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, batch := Read(text)
		if len(list) == 0 || batch > 0 && len(list) != min(batch, MaxBatch) {
			t.Fatalf("%d messages of %d", len(list), batch)
		}
		for i := range list {
			m := &list[i]
			if m.Size > len(text) || len(m.Params)+len(m.Result)+len(m.Error) > 3*len(text) {
				t.Fatalf("%+v", m)
			}
			m.Kind()
			Lookup(m.Params, "name")
		}
	})
}
