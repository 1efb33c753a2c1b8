package mcp

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
)

// missing names no capture, in the form of an id.
const missing = "00000000deadbeef"

// anyArguments fills in what a tool needs, so that a tool that is new is tried
// too.
func anyArguments(t *tool, capture string) map[string]any {
	args := map[string]any{}
	for name, p := range t.input.Properties {
		switch {
		case name == "capture" || name == "a" || name == "b":
			args[name] = capture
		case name == "captures":
			args[name] = []string{capture}
		case name == "confirm":
			args[name] = true
		case !slices.Contains(t.input.Required, name):
		case len(p.Enum) > 0:
			args[name] = p.Enum[0]
		case p.Type == "integer" || slices.Contains(p.Types, "integer"):
			args[name] = 1
		case p.Type == "array":
			args[name] = []any{"1"}
		default:
			args[name] = "1"
		}
	}
	for name, value := range map[string]any{"connection": 1, "frames": "1", "query": "GET", "protocol": "dns", "by": "port"} {
		p, needed := t.input.Properties[name], name != "protocol" || slices.Contains(t.input.Required, name)
		if p != nil && needed && (len(p.Enum) == 0 || slices.Contains(p.Enum, value)) {
			args[name] = value
		}
	}
	return args
}

func takesCapture(s *jsonschema.Schema) bool {
	return s.Properties["capture"] != nil || s.Properties["captures"] != nil
}

// said is all that a client gets to see of a call.
func (c *client) said(name string, args map[string]any) string {
	c.t.Helper()
	res, err := c.session.CallTool(context.Background(), &sdk.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		return "protocol error: " + err.Error()
	}
	b, err := json.Marshal(res)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// TestIsolation: one user tries all that there is on what is another's. It must
// look as if it were not there.
func TestIsolation(t *testing.T) {
	m := newTeam(t, nil)
	annKey, bobKey := m.key("ann", keys.Write), m.key("bob", keys.Write)
	ann := m.connect(annKey, "")
	added := ann.ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
	hers := rowsIn(added)[0].(map[string]any)["capture"].(string)
	own := m.connect(bobKey, "").ok("add_capture", map[string]any{"path": captureFile(t, "any.pcap")})
	his := rowsIn(own)[0].(map[string]any)["capture"].(string)
	for _, era := range eras() {
		bob := m.connect(bobKey, era)
		for _, tool := range m.server.tools {
			if !takesCapture(tool.input) {
				if got := bob.said(tool.name, anyArguments(tool, hers)); strings.Contains(got, hers) || strings.Contains(got, "web-day") {
					t.Errorf("%s tells of ann's capture: %s", tool.name, got)
				}
				continue
			}
			for _, name := range []string{hers, hers[:6], "web-day.pcap"} {
				got, want := bob.said(tool.name, anyArguments(tool, name)), bob.said(tool.name, anyArguments(tool, missing))
				if got = strings.ReplaceAll(got, name, missing); got != want || !strings.Contains(got, `"isError":true`) {
					t.Errorf("%s of what is ann's says\n%s\nand of what is not there\n%s", tool.name, got, want)
				}
			}
			if got := bob.said(tool.name, anyArguments(tool, "*")); strings.Contains(got, hers) || strings.Contains(got, "web-day") {
				t.Errorf("%s of all captures tells of ann's: %s", tool.name, got)
			}
		}
		m.hidesResources(bob, hers)
		if got := rowsIn(bob.ok("list_captures", nil)); len(got) != 1 || got[0].(map[string]any)["capture"] != his {
			t.Errorf("bob has %v", got)
		}
	}
	if got := rowsIn(ann.ok("list_captures", nil)); len(got) != 1 || got[0].(map[string]any)["capture"] != hers {
		t.Errorf("ann has %v", got)
	}
}

// hidesResources tries another's capture by resources and completions.
func (m *team) hidesResources(c *client, capture string) {
	m.t.Helper()
	ctx := context.Background()
	for _, below := range []string{"", "/connections/1", "/packets/1"} {
		read := func(id string) string {
			res, err := c.session.ReadResource(ctx, &sdk.ReadResourceParams{URI: capturesURI + id + below})
			if err == nil {
				m.t.Errorf("%s%s: %v", id, below, res.Contents[0])
				return ""
			}
			return strings.ReplaceAll(err.Error(), id, "ID")
		}
		for _, id := range []string{capture, "web-day.pcap"} {
			if got, want := read(id), read(missing); got != want {
				m.t.Errorf("resource %s%s: %s, and of what is not there: %s", id, below, got, want)
			}
		}
	}
	list, err := c.session.ListResources(ctx, nil)
	if b, _ := json.Marshal(list); err != nil || strings.Contains(string(b), capture) {
		m.t.Errorf("resources/list: %s, %v", b, err)
	}
	complete := func(ref *sdk.CompleteReference, argument, value string, before map[string]string) []string {
		r, err := c.session.Complete(ctx, &sdk.CompleteParams{
			Ref: ref, Argument: sdk.CompleteParamsArgument{Name: argument, Value: value}, Context: &sdk.CompleteContext{Arguments: before},
		})
		if err != nil {
			m.t.Fatal(err)
		}
		return r.Completion.Values
	}
	var refs []*sdk.CompleteReference
	for _, p := range prompts() {
		refs = append(refs, &sdk.CompleteReference{Type: "ref/prompt", Name: p.name})
	}
	refs = append(refs, &sdk.CompleteReference{Type: "ref/resource", URI: captureURI}, &sdk.CompleteReference{Type: "ref/resource", URI: connectionURI})
	for _, ref := range refs {
		for _, argument := range []string{"capture", "a", "b"} {
			for _, value := range []string{"", "web", capture[:4]} {
				if got := complete(ref, argument, value, nil); slices.Contains(got, "web-day.pcap") || slices.Contains(got, capture) {
					m.t.Errorf("completion of %s: %q", argument, got)
				}
			}
		}
		for _, argument := range []string{"connection", "frame"} {
			if got := complete(ref, argument, "", map[string]string{"capture": capture}); len(got) != 0 {
				m.t.Errorf("completion of a %s of ann's capture: %q", argument, got)
			}
		}
	}
}

// TestSharedBytes: two users who add the same file do not learn of each other, and
// a cursor of one does not open for the other, though the data are the same.
func TestSharedBytes(t *testing.T) {
	m := newTeam(t, nil)
	ann, bob := m.connect(m.key("ann", keys.Write), ""), m.connect(m.key("bob", keys.Write), "")
	file := map[string]any{"path": captureFile(t, "web-day.pcap")}
	first, second := ann.ok("add_capture", file), bob.ok("add_capture", file)
	a, b := rowsIn(first)[0].(map[string]any), rowsIn(second)[0].(map[string]any)
	if a["capture"] != b["capture"] || a["duplicate"] != false || b["duplicate"] != false {
		t.Fatal(a, b)
	}
	tried := 0
	for _, tool := range m.server.tools {
		if tool.input.Properties["cursor"] == nil {
			continue
		}
		args := anyArguments(tool, "web-day.pcap")
		args["limit"] = 1
		delete(args, "connection")
		next, _ := ann.ok(tool.name, args)["next_cursor"].(string)
		if next == "" {
			continue
		}
		tried++
		args["cursor"] = next
		bob.fails(tool.name, args, "the cursor is no cursor")
		ann.ok(tool.name, args)
		plain, _, sealed := strings.Cut(next, ".")
		if !sealed {
			t.Errorf("%s: cursor %s", tool.name, next)
		}
		for _, bad := range []string{plain, plain + ".", plain + ".AAAA", "A" + next, next + "A"} {
			args["cursor"] = bad
			ann.fails(tool.name, args, "the cursor is no cursor")
		}
	}
	if tried < 5 {
		t.Errorf("only %d tools gave a cursor", tried)
	}
	ann.ok("delete_capture", map[string]any{"capture": "web-day.pcap", "confirm": true})
	if err := m.store.Sweep(); err != nil {
		t.Fatal(err)
	}
	bob.ok("get_packets", map[string]any{"capture": "web-day.pcap", "frames": "1"})
	if got := rowsIn(ann.ok("add_capture", file))[0].(map[string]any); got["duplicate"] != false {
		t.Error("ann learns of bob's:", got)
	}
}

// TestExportsApart: what users write lies in folders of their own.
func TestExportsApart(t *testing.T) {
	m := newTeam(t, nil)
	for _, user := range []string{"ann", "bob"} {
		c := m.connect(m.key(user, keys.Write), "")
		c.ok("add_capture", map[string]any{"path": captureFile(t, "web-day.pcap")})
		out := c.ok("export_pcap", map[string]any{"capture": "web-day.pcap", "file_name": "same.pcap"})
		if file := out["file"].(string); !strings.HasSuffix(file, "/exports/"+user+"/same.pcap") {
			t.Error(file)
		}
		c.fails("add_capture", map[string]any{"path": "/etc/hostname"}, "may not be read, or is not there")
		c.fails("add_capture", map[string]any{"path": "/etc/no-such-file"}, "may not be read, or is not there")
	}
}
