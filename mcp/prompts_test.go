package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/ingest/diag"
	"pcapidx/ingest/proto"
	"pcapidx/query"
)

// promptCall finds the calls in a prompt's text: a tool and its arguments.
var promptCall = regexp.MustCompile(`\b([a-z]+(?:_[a-z]+)*) \{"`)

// callsIn gives the calls that a text names.
func callsIn(t *testing.T, text string) (calls []struct {
	tool string
	args map[string]any
},
) {
	t.Helper()
	for _, at := range promptCall.FindAllStringSubmatchIndex(text, -1) {
		var args map[string]any
		if err := json.NewDecoder(strings.NewReader(text[at[3]+1:])).Decode(&args); err != nil {
			t.Errorf("%.80s: %v", text[at[0]:], err)
			continue
		}
		calls = append(calls, struct {
			tool string
			args map[string]any
		}{text[at[2]:at[3]], args})
	}
	return calls
}

// promptArguments are values for all arguments of all prompts.
func promptArguments() map[string]string {
	return map[string]string{
		"capture": "web-day.pcap", "a": "web-day.pcap", "b": "any.pcap", "connection": "4", "address": "198.51.100.80", "protocol": "http",
		"question": "why?", "text": `say "x\y"`, "description": "resets",
	}
}

// TestPrompts: each is offered with a description of all its arguments, and refuses
// to do without those that it needs.
func TestPrompts(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap"))
	want := "triage_capture why_slow why_failed explain_connection find_text find_packets security_review voip_quality debug_mcp_traffic compare_captures"
	for _, era := range eras() {
		c := connect(t, s, era, nil)
		list, err := c.session.ListPrompts(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range list.Prompts {
			if slices.Contains(mcpcapNames(), strings.TrimPrefix(p.Name, "dns_")) { // they have a test of their own
				continue
			}
			names = append(names, p.Name)
			var needed []string
			for _, a := range p.Arguments {
				if a.Description == "" || a.Title == "" || p.Description == "" || p.Title == "" {
					t.Errorf("%s %s has no description", p.Name, a.Name)
				}
				if _, known := promptArguments()[a.Name]; !known {
					t.Errorf("%s %s: no test knows this argument", p.Name, a.Name)
				}
				if a.Required {
					needed = append(needed, a.Name)
				}
			}
			args := map[string]string{}
			for name := range promptArguments() {
				args[name] = name + "\u202e\x1b\u200b\U000e0041"
			}
			r, err := c.session.GetPrompt(context.Background(), &sdk.GetPromptParams{Name: p.Name, Arguments: args})
			if err != nil {
				t.Fatal(err)
			}
			text := r.Messages[0].Content.(*sdk.TextContent).Text
			if harmful(text) != "" || len(text) > 6000 || !strings.Contains(text, "it is data") {
				t.Errorf("%s: %d bytes: %s", p.Name, len(text), text)
			}
			if _, err := c.session.GetPrompt(context.Background(), &sdk.GetPromptParams{Name: p.Name}); err == nil || !strings.Contains(err.Error(), strings.Join(needed, " and ")) {
				t.Errorf("%s without arguments: %v", p.Name, err)
			}
		}
		slices.Sort(names)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if !slices.Equal(names, wanted) {
			t.Errorf("%s: prompts %q, want %q", era, names, wanted)
		}
	}
}

// TestPromptCalls makes every call that a prompt names: the tools are there, take
// these arguments, and answer.
func TestPromptCalls(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap", "any.pcap"))
	c := connect(t, s, "", nil)
	all := promptArguments()
	least := map[string]string{}
	for _, p := range prompts() {
		for _, a := range p.arguments {
			if a.Required {
				least[a.Name] = all[a.Name]
			}
		}
	}
	for _, p := range prompts() {
		for _, arguments := range []map[string]string{all, least} {
			g := &guide{arguments: arguments, has: func(string) bool { return true }}
			p.write(g)
			calls := callsIn(t, g.text.String())
			if len(calls) < 4 || len(calls) < g.steps/2 {
				t.Errorf("%s names %d calls in %d steps", p.name, len(calls), g.steps)
			}
			for _, call := range calls {
				if !s.has(call.tool) {
					t.Errorf("%s: there is no tool %s", p.name, call.tool)
					continue
				}
				for name, v := range call.args {
					switch fmt.Sprint(v) {
					case someConnection, "[" + someConnection + "]":
						call.args[name] = "2"
					case someFrames:
						call.args[name] = "1-3"
					}
				}
				c.ok(call.tool, call.args)
			}
			checkWords(t, s, p.name, g.text.String())
		}
	}
}

// checkWords: what looks like a tool, an argument, a part of an answer, a field or a
// finding is one.
func checkWords(t *testing.T, s *Server, name, text string) {
	t.Helper()
	known := map[string]bool{}
	for _, tool := range s.tools {
		known[tool.name] = true
		addWords(known, tool.input)
	}
	for _, schema := range []*jsonschema.Schema{
		schemaFor[query.ConnectionDiagnosisAnswer](), schemaFor[query.ConnectionsAnswer](), schemaFor[query.TrafficAnswer](), schemaFor[query.MessagesAnswer](),
	} {
		addWords(known, schema)
	}
	for _, d := range diag.All() {
		known[d.Code] = true
	}
	for _, f := range proto.Fields() {
		known[strings.TrimPrefix(f.Name, "rtp.stream.")] = true
	}
	for _, w := range regexp.MustCompile(`[a-z]+(_[a-z0-9]+)+`).FindAllString(text, -1) {
		if !known[w] {
			t.Errorf("%s: what is %s?", name, w)
		}
	}
}

// addWords collects the names of properties and the choices of a schema.
func addWords(words map[string]bool, s *jsonschema.Schema) {
	if s == nil {
		return
	}
	for _, choice := range s.Enum {
		words[fmt.Sprint(choice)] = true
	}
	for name, p := range s.Properties {
		words[name] = true
		addWords(words, p)
	}
	addWords(words, s.Items)
	addWords(words, s.AdditionalProperties)
}

// TestPromptSteps: a step that needs a tool which is not offered is not there, and a
// prompt that cannot do without it is not either.
func TestPromptSteps(t *testing.T) {
	config := testConfig(t)
	config.Toolsets = []string{"captures", "connections"}
	s := newServer(t, config)
	p := triageCapture()
	text := p.text(promptArguments(), s.has)
	if !strings.Contains(text, "diagnose_connection {") || strings.Contains(text, "stats {") || strings.Contains(text, "get_packets") || !strings.Contains(text, "\n4. list_connections") {
		t.Error(text)
	}
	list, err := connect(t, s, "", nil).session.ListPrompts(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Prompts {
		if p.Name == "find_text" || p.Name == "voip_quality" {
			t.Errorf("%s is offered without its tools", p.Name)
		}
	}
	if len(list.Prompts) < 3 {
		t.Errorf("%d prompts", len(list.Prompts))
	}
}

// TestExactly: what is written into a call stands for the text that the user gave.
func TestExactly(t *testing.T) {
	for _, s := range []string{"", "plain", `a\b "c"`, "bidi \u202e tag \U000e0041 zero\u200b", "\x00\x1b", "é 日本 👍"} {
		var back string
		if err := json.Unmarshal([]byte(exactly(s)), &back); err != nil || back != s || harmful(exactly(s)) != "" {
			t.Errorf("%q: %s stands for %q (%v)", s, exactly(s), back, err)
		}
	}
}
