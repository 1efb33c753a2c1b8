package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

func (c *client) read(uri string) (string, error) {
	res, err := c.session.ReadResource(context.Background(), &sdk.ReadResourceParams{URI: uri})
	if err != nil {
		return "", err
	}
	if len(res.Contents) != 1 || res.Contents[0].URI != uri {
		c.t.Errorf("%s: %+v", uri, res.Contents)
	}
	return res.Contents[0].Text, nil
}

func TestResources(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap", "hostile-names.pcapng"))
	for _, era := range eras() {
		c := connect(t, s, era, nil)
		list, err := c.session.ListResources(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var uris []string
		for _, r := range list.Resources {
			uris = append(uris, r.URI)
			if r.Name == "" || r.Description == "" || r.MIMEType == "" || harmful(r.Title+r.Name+r.Description) != "" {
				t.Errorf("%s: %+v", era, r)
			}
			if _, err := c.read(r.URI); err != nil {
				t.Errorf("%s: %s: %v", era, r.URI, err)
			}
		}
		if len(uris) != 4 || !slices.Contains(uris, filtersURI) || !slices.Contains(uris, diagnosticsURI) || !slices.Contains(uris, "pcapidx://captures/5f0a1dd4b1bc4af9") {
			t.Errorf("%s: resources %q", era, uris)
		}
		templates, err := c.session.ListResourceTemplates(context.Background(), nil)
		if err != nil || len(templates.ResourceTemplates) != 6 {
			t.Errorf("%s: templates %+v %v", era, templates, err)
		}
		for uri, want := range map[string]string{
			filtersURI:                                                         "tcp.flags.reset == 1",
			"pcapidx://captures/web-day.pcap":                                  `"packets":237`,
			"pcapidx://captures/5f0a":                                          `"name":"web-day.pcap"`,
			"pcapidx://captures/hostile%2Dnames.pcapng":                        `\\u{202e}gpj.exe`,
			"pcapidx://captures/5f0a1dd4b1bc4af9/connections/13":               `"state":"REJ"`,
			"pcapidx://captures/5f0a1dd4b1bc4af9/packets/197":                  `tcp.flags.reset`,
			"pcapidx://captures/5f0a1dd4b1bc4af9/connections/2/stream/client":  `GET /`,
			"pcapidx://captures/web-day.pcap/connections/2/stream/server":      `200 OK`,
			"pcapidx://captures/web-day.pcap/connections/2/stream/upwards":     "",
			"pcapidx://captures/web-day.pcap/connections/2/plots/pie.png":      "",
			"pcapidx://captures/web-day.pcap/connections/1/plots/sequence.png": "",
			"pcapidx://captures/web-day.pcap/objects/16":                       `captured_text`,
			"pcapidx://captures/web-day.pcap/objects/15":                       "",
			"pcapidx://captures/web-day.pcap/objects/0":                        "",
			"pcapidx://captures/web-day.pcap/objects/99999":                    "",
			"pcapidx://captures/web-day.pcap/connections/02":                   "",
			"pcapidx://captures/nope":                                          "",
			"pcapidx://captures/web-day.pcap/connections/20":                   "",
			"pcapidx://captures/web-day.pcap/connections/-1":                   "",
			"pcapidx://captures/web-day.pcap/packets/0":                        "",
			"pcapidx://captures/web-day.pcap/packets/238":                      "",
			"pcapidx://captures/web-day.pcap/packets/99999999999":              "",
			"pcapidx://captures/":                                              "",
			"pcapidx://docs/none":                                              "",
			"file:///etc/passwd":                                               "",
		} {
			text, err := c.read(uri)
			if want == "" {
				if err == nil || !strings.Contains(err.Error(), "not found") {
					t.Errorf("%s: %s %v", uri, text, err)
				}
				continue
			}
			if err != nil || !strings.Contains(text, want) || harmful(text) != "" || len(text) > defaultBudget {
				t.Errorf("%s: %v, %d bytes, lacks %s: %s", uri, err, len(text), want, text)
			}
			if uri != filtersURI && (!json.Valid([]byte(text)) || !strings.Contains(text, "never obey")) {
				t.Errorf("%s: %s", uri, text)
			}
		}
	}
}

// TestFilterReference: every filter of the reference is one.
func TestFilterReference(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t, "web-day.pcap")), "", nil)
	tested := 0
	for _, line := range strings.Split(filterReference, "\n") {
		cell, ok := strings.CutPrefix(line, "| ")
		if !ok || strings.HasPrefix(cell, "filter |") || strings.HasPrefix(cell, "---") {
			continue
		}
		filter := strings.Split(cell, " | ")[0]
		c.ok("search_packets", map[string]any{"filter": filter, "limit": 1})
		tested++
	}
	if tested < 15 {
		t.Errorf("only %d filters", tested)
	}
	_, questions, _ := strings.Cut(filterReference, "## Common questions")
	for _, line := range strings.Split(questions, "\n") {
		if _, filter, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(line, "- ") && !strings.Contains(line, "list_connections") && strings.Contains(filter, "==") {
			filter, _, _ = strings.Cut(filter, " (")
			if strings.HasSuffix(filter, ".") || strings.Contains(line, "asks whether") {
				continue
			}
			c.ok("search_packets", map[string]any{"filter": filter, "limit": 1})
		}
	}
}

func TestCompletion(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap", "any.pcap", "any.pcap.gz"))
	template := &sdk.CompleteReference{Type: "ref/resource", URI: connectionURI}
	prompt := &sdk.CompleteReference{Type: "ref/prompt", Name: "triage_capture"}
	compare := &sdk.CompleteReference{Type: "ref/prompt", Name: "compare_captures"}
	slow := &sdk.CompleteReference{Type: "ref/prompt", Name: "why_slow"}
	for _, era := range eras() {
		c := connect(t, s, era, nil)
		for _, q := range []struct {
			ref         *sdk.CompleteReference
			name, value string
			before      map[string]string
			want        string
		}{
			{prompt, "capture", "we", nil, "web-day.pcap"},
			{prompt, "capture", "", nil, "web-day.pcap any.pcap"},
			{prompt, "capture", "zzz", nil, ""},
			{prompt, "question", "", nil, ""},
			{compare, "b", "an", nil, "any.pcap"},
			{slow, "address", "198", map[string]string{"capture": "web-day.pcap"}, "198.51.100.80 198.51.100.53"},
			{slow, "protocol", "", map[string]string{"capture": "web-day.pcap"}, "arp dns http icmp icmpv6 tls"},
			{slow, "protocol", "", map[string]string{"capture": "nope"}, ""},
			{slow, "connection", "19", map[string]string{"capture": "web-day.pcap"}, "19"},
			{template, "connection", "1", map[string]string{"capture": "web-day.pcap"}, "1 10 11 12 13 14 15 16 17 18 19"},
			{template, "connection", "1", map[string]string{"capture": "nope"}, ""},
			{template, "connection", "", nil, ""},
			{template, "frame", "23", map[string]string{"capture": "web-day.pcap"}, "23 230 231 232 233 234 235 236 237"},
		} {
			params := &sdk.CompleteParams{Ref: q.ref, Argument: sdk.CompleteParamsArgument{Name: q.name, Value: q.value}}
			if q.before != nil {
				params.Context = &sdk.CompleteContext{Arguments: q.before}
			}
			r, err := c.session.Complete(context.Background(), params)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.Completion.Values, " "); got != q.want || r.Completion.Values == nil {
				t.Errorf("%s %s %q: %q, want %q", era, q.name, q.value, got, q.want)
			}
		}
	}
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprint(i))
	}
	if r := offered(many, "").Completion; len(r.Values) != 100 || r.Total != 300 || !r.HasMore || !slices.IsSorted([]int{len(r.Values), r.Total}) {
		t.Errorf("%d of %d, more: %v", len(r.Values), r.Total, r.HasMore)
	}
}

// TestBinaryResources: pictures of connections, and those that were carried, whole or
// not.
func TestBinaryResources(t *testing.T) {
	s := newServer(t, testConfig(t, "web-day.pcap", "http/server_close.pcap", "http/chunked_gzip.pcap"))
	c := connect(t, s, "", nil)
	read := func(uri string) []*sdk.ResourceContents {
		t.Helper()
		res, err := c.session.ReadResource(context.Background(), &sdk.ReadResourceParams{URI: uri})
		if err != nil {
			t.Fatal(err)
		}
		return res.Contents
	}
	for _, kind := range query.PlotKinds() {
		got := read("pcapidx://captures/web-day.pcap/connections/4/plots/" + kind + ".png")
		if len(got) != 1 || got[0].MIMEType != "image/png" || !bytes.HasPrefix(got[0].Blob, []byte("\x89PNG")) {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	got := read("pcapidx://captures/server_close.pcap/objects/2")
	if len(got) != 2 || got[1].MIMEType != "image/jpeg" || len(got[1].Blob) != 12106 || !bytes.HasPrefix(got[1].Blob, []byte{0xff, 0xd8}) ||
		!strings.Contains(got[0].Text, `"verdict":"short_server_close"`) || strings.Contains(got[0].Text, "captured_text") {
		t.Errorf("%+v", got)
	}
	got = read("pcapidx://captures/chunked_gzip.pcap/objects/2")
	if len(got) != 1 || !strings.Contains(got[0].Text, `"captured_text":"`) || !strings.Contains(got[0].Text, `"size":25200`) || len(got[0].Text) > defaultBudget {
		t.Errorf("%d contents, %d bytes: %.300s", len(got), len(got[0].Text), got[0].Text)
	}
}

// TestLinks: answers link to at most three resources, and these can be read.
func TestLinks(t *testing.T) {
	c := connect(t, newServer(t, testConfig(t, "web-day.pcap")), "", nil)
	for tool, args := range map[string]map[string]any{
		"list_captures": nil, "list_connections": {"sort": "bytes"}, "extract_objects": {"capture": "web-day.pcap"},
	} {
		n := 0
		for _, content := range c.call(tool, args).Content {
			link, ok := content.(*sdk.ResourceLink)
			if !ok {
				continue
			}
			n++
			if _, err := c.read(link.URI); err != nil || link.Name == "" {
				t.Errorf("%s: %+v %v", tool, link, err)
			}
		}
		if want := min(3, len(rowsIn(c.ok(tool, args)))); n != want {
			t.Errorf("%s: %d links, want %d", tool, n, want)
		}
	}
}

// TestResourcesOfUsers: a user sees the own captures only, and what belongs to another
// is as if it were not there.
func TestResourcesOfUsers(t *testing.T) {
	mine, theirs := testConfig(t, "web-day.pcap"), testConfig(t, "any.pcap")
	config := mine
	config.Engine = func(user string) (*query.Engine, error) {
		if user == "me" {
			return mine.Engine("")
		}
		return theirs.Engine("")
	}
	s := newServer(t, config)
	me := &sdk.RequestExtra{TokenInfo: &auth.TokenInfo{UserID: "me"}}
	ctx := context.Background()
	none := func(context.Context, string, sdk.Request) (sdk.Result, error) { return &sdk.ListResourcesResult{}, nil }
	list, err := s.listsCaptures(none)(ctx, "resources/list", &sdk.ListResourcesRequest{Params: &sdk.ListResourcesParams{}, Extra: me})
	if err != nil {
		t.Fatal(err)
	}
	if own := list.(*sdk.ListResourcesResult).Resources; len(own) != 1 || own[0].Title != "web-day.pcap" {
		t.Errorf("%+v", own)
	}
	for _, part := range []string{"", "/connections/0", "/connections/0/stream/both", "/connections/0/plots/rtt.png", "/packets/1", "/objects/2"} {
		_, errTheirs := s.readResource(ctx, &sdk.ReadResourceRequest{Params: &sdk.ReadResourceParams{URI: capturesURI + "any.pcap" + part}, Extra: me})
		_, errNobodys := s.readResource(ctx, &sdk.ReadResourceRequest{Params: &sdk.ReadResourceParams{URI: capturesURI + "xxx.pcap" + part}, Extra: me})
		if errTheirs == nil || errNobodys == nil || strings.ReplaceAll(errTheirs.Error(), "any.pcap", "xxx.pcap") != errNobodys.Error() {
			t.Errorf("%q: %v, but %v", part, errTheirs, errNobodys)
		}
	}
	for _, argument := range []string{"connection", "frame", "object", "address", "protocol"} {
		r, err := s.complete(ctx, &sdk.CompleteRequest{Extra: me, Params: &sdk.CompleteParams{
			Argument: sdk.CompleteParamsArgument{Name: argument}, Context: &sdk.CompleteContext{Arguments: map[string]string{"capture": "any.pcap"}},
		}})
		if err != nil || len(r.Completion.Values) > 0 {
			t.Errorf("%s: %v %v", argument, r, err)
		}
	}
}

// TestDiagnosticsReference: every code is there with its meaning and advice.
func TestDiagnosticsReference(t *testing.T) {
	text := diagnosticsReference()
	if n := strings.Count(text, "\nWhat to do: "); n != len(query.Diagnostics()) || n < 60 || strings.Contains(text, "What to do: \n") {
		t.Errorf("%d codes", n)
	}
	for _, part := range []string{"\n## refused\n\nerror, handshake: connection refused.\n", "SlowHandshake 300ms.", "Limits: ResentNote 0.005, ResentWarn 0.02"} {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %q", part)
		}
	}
}

// FuzzResourceURI: whatever a client asks for is a resource of a capture or nothing.
func FuzzResourceURI(f *testing.F) {
	for _, s := range []string{"", capturesURI, capturesURI + "a/connections/1/plots/rtt.png", capturesURI + "%2e%2e/packets/1", capturesURI + "a/objects/4294967296", "file:///etc/passwd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if read := resourceAt(nil, uri); read != nil && !strings.HasPrefix(uri, capturesURI) {
			t.Errorf("%q is a resource", uri)
		}
	})
}
