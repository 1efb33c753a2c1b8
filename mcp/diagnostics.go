package mcp

import (
	"fmt"
	"strings"

	"pcapidx/query"
)

// diagnosticsReference is the resource that explains the codes of findings, made of
// the list that the diagnosis works with.
func diagnosticsReference() string {
	var b strings.Builder
	b.WriteString("# Findings\n\n" +
		"The codes that diagnose_capture and diagnose_connection give. The severity is the usual one: a finding may have another. " +
		"A word with capitals inside is a limit; its default stands below.\n")
	for _, d := range query.Diagnostics() {
		fmt.Fprintf(&b, "\n## %s\n\n%s, %s: %s.\n\n%s\n", d.Code, d.Severity, d.Group, d.Title, d.Meaning)
		for i, l := range d.Limits {
			b.WriteString([]string{"\nLimits: ", ", "}[min(i, 1)] + l.Name + " " + l.Value)
		}
		if len(d.Limits) > 0 {
			b.WriteString(".\n")
		}
		b.WriteString("\nWhat to do: " + d.Advice + "\n")
	}
	return b.String()
}
