package mcp

import (
	"slices"
	"strings"
)

// ours are the fields of an answer that this program says; all others hold or
// may hold text from a capture and stand inside the fence.
var ours = []string{
	"returned", "total", "total_exact", "next_cursor", "next_offset", "complete", "truncated", "hints", "notice", "filter", "file", "state", "read_bytes",
	"total_bytes", "packets_so_far", "by", "metric", "total_packets", "reading", "quality", "verdict", "url", "curl", "curl_windows", "expires", "max_bytes", "mode", "limits", "note", "message", "analysis_timestamp",
}

// Text writes an answer for a reader: what the program says first, then what
// comes from captures, fenced. It holds all that the JSON does.
func (n *node) Text() string {
	var head, body strings.Builder
	for i, key := range n.keys {
		item := n.items[i]
		switch {
		case key == "notice", len(item.items) == 0 && item.kind == list && key != "rows":
		case key == "hints":
			for _, h := range item.items {
				head.WriteString("hint: " + h.text + "\n")
			}
		case slices.Contains(ours, key) && item.isFlat():
			head.WriteString(key + ": " + item.text + "\n")
		default:
			item.writeText(&body, key, "")
		}
	}
	if body.Len() == 0 {
		return head.String()
	}
	return head.String() + fence(body.String())
}

// writeText writes "key: value"; objects and lists are indented below their
// key, a list of flat objects is a table.
func (n *node) writeText(b *strings.Builder, key, indent string) {
	switch {
	case n.kind == textScalar && strings.Contains(n.text, "\n"):
		b.WriteString(indent + key + ":\n")
		for _, line := range strings.Split(strings.TrimSuffix(n.text, "\n"), "\n") {
			b.WriteString(indent + "  " + line + "\n")
		}
	case n.kind == scalar, n.kind == textScalar:
		b.WriteString(indent + key + ": " + n.text + "\n")
	case n.kind == object:
		b.WriteString(indent + key + ":\n")
		n.writeFields(b, indent+"  ")
	case n.isFlat():
		b.WriteString(indent + key + ": " + n.cell() + "\n")
	default:
		if columns := n.columns(); columns != nil {
			b.WriteString(indent + key + ":\n")
			n.writeTable(b, columns, indent+"  ")
			return
		}
		for i, item := range n.items {
			item.writeText(b, key+"["+numberNode(i).text+"]", indent)
		}
	}
}

func (n *node) writeFields(b *strings.Builder, indent string) {
	for i, item := range n.items {
		item.writeText(b, n.keys[i], indent)
	}
}

// isFlat: a scalar without line ends, or a list of such.
func (n *node) isFlat() bool {
	switch n.kind {
	case object:
		return false
	case list:
		return !slices.ContainsFunc(n.items, func(i *node) bool { return i.kind == object || i.kind == list })
	}
	return !strings.Contains(n.text, "\n")
}

// cell is a flat node on one line.
func (n *node) cell() string {
	if n.kind != list {
		return n.text
	}
	parts := make([]string, len(n.items))
	for i, item := range n.items {
		parts[i] = item.text
	}
	return strings.Join(parts, ", ")
}

// columns gives the keys of all objects of a list, in the order of their first
// appearance; nil if it is no table.
func (n *node) columns() (keys []string) {
	for _, row := range n.items {
		if row.kind != object || slices.ContainsFunc(row.items, func(i *node) bool { return !i.isFlat() }) {
			return nil
		}
		for i, k := range row.keys {
			if slices.Contains(keys, k) {
				continue
			}
			at := len(keys) // behind the key that it follows in its row
			if i > 0 {
				at = slices.Index(keys, row.keys[i-1]) + 1
			}
			keys = slices.Insert(keys, at, k)
		}
	}
	return keys
}

// writeTable writes rows of cells with tabs between them. An escaped text holds
// no tab.
func (n *node) writeTable(b *strings.Builder, columns []string, indent string) {
	b.WriteString(indent + strings.Join(columns, "\t") + "\n")
	for _, row := range n.items {
		b.WriteString(indent)
		for i, c := range columns {
			if i > 0 {
				b.WriteByte('\t')
			}
			if item := row.get(c); item != nil {
				b.WriteString(item.cell())
			}
		}
		b.WriteByte('\n')
	}
}
