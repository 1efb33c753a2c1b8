package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
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
		if err != nil || len(list.Resources) != 1 || list.Resources[0].URI != filtersURI {
			t.Errorf("%s: resources %+v %v", era, list, err)
		}
		templates, err := c.session.ListResourceTemplates(context.Background(), nil)
		if err != nil || len(templates.ResourceTemplates) != 3 {
			t.Errorf("%s: templates %+v %v", era, templates, err)
		}
		for uri, want := range map[string]string{
			filtersURI:                                            "tcp.flags.reset == 1",
			"pcapidx://captures/web-day.pcap":                     `"packets":237`,
			"pcapidx://captures/5f0a":                             `"name":"web-day.pcap"`,
			"pcapidx://captures/hostile%2Dnames.pcapng":           `\\u{202e}gpj.exe`,
			"pcapidx://captures/5f0a1dd4b1bc4af9/connections/13":  `"state":"REJ"`,
			"pcapidx://captures/5f0a1dd4b1bc4af9/packets/197":     `tcp.flags.reset`,
			"pcapidx://captures/nope":                             "",
			"pcapidx://captures/web-day.pcap/connections/20":      "",
			"pcapidx://captures/web-day.pcap/connections/-1":      "",
			"pcapidx://captures/web-day.pcap/packets/0":           "",
			"pcapidx://captures/web-day.pcap/packets/238":         "",
			"pcapidx://captures/web-day.pcap/packets/99999999999": "",
			"pcapidx://captures/":                                 "",
			"pcapidx://docs/none":                                 "",
			"file:///etc/passwd":                                  "",
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
