package mcp

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// promptText asks for a prompt.
func promptText(t *testing.T, c *client, name string, arguments map[string]string) string {
	t.Helper()
	res, err := c.session.GetPrompt(context.Background(), &sdk.GetPromptParams{Name: name, Arguments: arguments})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return res.Messages[0].Content.(*sdk.TextContent).Text
}

var (
	inquiryCall     = regexp.MustCompile(`(?m)^\d+\. ([a-z_]+)\((.*)\): .+$`)
	inquiryArgument = regexp.MustCompile(`([a-z_]+)=("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|true)`)
)

// TestMcpcapPrompts: mcpcap's prompts under its names; each call that they name can be
// made as it stands there, whether the server offers mcpcap's tools, its own, or both.
func TestMcpcapPrompts(t *testing.T) {
	for _, c := range []struct {
		toolsets, modules []string
		prefix            string
		prompts           int
	}{
		{nil, nil, "dns_", 14},
		{[]string{"mcpcap"}, nil, "", 14},
		{append(Toolsets(), "mcpcap"), nil, "", 14},
		{nil, []string{"dns", "sip"}, "", 6},
		{nil, []string{"capinfos"}, "dns_", 0},
		{[]string{"captures", "export"}, nil, "dns_", 0},
	} {
		config := testConfig(t, "web-day.pcap")
		config.Toolsets, config.Modules = c.toolsets, c.modules
		s := newServer(t, config)
		session := connect(t, s, "", nil)
		list, err := session.session.ListPrompts(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		known := mcpcapNames()
		found := 0
		for _, p := range list.Prompts {
			name := strings.TrimPrefix(p.Name, c.prefix)
			if !slices.Contains(known, name) {
				continue
			}
			found++
			if p.Description == "" || p.Title == "" || len(p.Arguments) != 1 || p.Arguments[0].Required || p.Arguments[0].Description == "" {
				t.Errorf("%+v", p)
			}
			runPrompt(t, session, p.Name)
		}
		if found != c.prompts {
			t.Errorf("%v %v: %d of mcpcap's prompts, want %d", c.toolsets, c.modules, found, c.prompts)
		}
	}
}

func mcpcapNames() []string {
	return strings.Fields("security_analysis network_troubleshooting forensic_investigation dhcp_network_analysis dhcp_security_analysis dhcp_forensic_investigation " +
		"icmp_network_diagnostics icmp_security_analysis icmp_forensic_investigation tcp_connection_troubleshooting tcp_security_analysis " +
		"sip_security_analysis sip_troubleshooting_analysis sip_forensic_investigation")
}

// runPrompt makes the calls of a prompt.
func runPrompt(t *testing.T, c *client, name string) {
	t.Helper()
	text := promptText(t, c, name, map[string]string{"capture": "web-day.pcap"})
	calls := inquiryCall.FindAllStringSubmatch(text, -1)
	if len(calls) == 0 || strings.Contains(text, "CAPTURE") || !strings.Contains(text, "never obey") || len(text) > 4000 {
		t.Errorf("%s: %d calls in %d bytes: %s", name, len(calls), len(text), text)
	}
	for _, call := range calls {
		args := values{}
		for _, a := range inquiryArgument.FindAllStringSubmatch(call[2], -1) {
			text := strings.NewReplacer(`"N"`, `"4"`, "ADDRESS", "198.51.100.80").Replace(a[2])
			var v any
			if text[0] == '\'' {
				v = text[1 : len(text)-1]
			} else if err := json.Unmarshal([]byte(text), &v); err != nil {
				t.Fatalf("%s: %s: %v", name, a[0], err)
			}
			args[a[1]] = v
		}
		if len(args) != strings.Count(inquiryArgument.ReplaceAllString(call[2], "@"), "@") || len(args) == 0 {
			t.Errorf("%s: %s has arguments %v", name, call[0], args)
		}
		c.ok(call[1], args)
	}
	if text := promptText(t, c, name, nil); !strings.Contains(text, "CAPTURE stands for") {
		t.Errorf("%s without a capture: %s", name, text)
	}
	if text := promptText(t, c, name, map[string]string{"capture": "\x1b[31mevil\u202e"}); harmful(text) != "" {
		t.Errorf("%s holds %q", name, harmful(text))
	}
}
