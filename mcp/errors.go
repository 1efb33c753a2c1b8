package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// failure is a result that says what went wrong and what to call next. What
// lies inside the program (paths of the store, causes) is logged, not told.
func (s *Server) failure(tool string, err error) *sdk.CallToolResult {
	return failed(s.explain(tool, err))
}

// failed is a tool result that carries an error.
func failed(text string) *sdk.CallToolResult {
	return &sdk.CallToolResult{IsError: true, Content: []sdk.Content{&sdk.TextContent{Text: text}}}
}

func (s *Server) explain(tool string, err error) string {
	var q *query.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s took longer than %s. Ask for less: one capture, a narrower filter or time, a smaller limit.", tool, s.config.TimeLimit)
	case errors.Is(err, context.Canceled):
		return tool + " was cancelled."
	case errors.As(err, &q):
		return s.explainQuery(tool, q)
	}
	s.config.Log.Error("call failed", "tool", tool, "error", err)
	return "internal error; it was logged. list_captures shows whether the store answers."
}

func (s *Server) explainQuery(tool string, q *query.Error) string {
	msg, hint := q.Msg, q.Hint
	switch q.Kind {
	case query.BadRequest:
		if strings.HasPrefix(msg, "filter: ") && s.has("list_fields") {
			hint = join(hint, "list_fields finds fields; resource "+filtersURI+" explains the language")
		}
	case query.NotFound:
		if hint == "" {
			hint = "list_captures and capture_info say what there is"
		}
	case query.Busy:
		msg, hint = "the store is busy: another process writes", "call again in a few seconds"
	case query.Gone:
		hint = "call list_captures, then ask again without a cursor"
	case query.Corrupt:
		s.config.Log.Error("call failed", "tool", tool, "error", q.Error())
		msg, hint = "stored data of this capture are damaged", "`pcapidx check` on the command line says what; delete_capture and add_capture index it anew"
	default:
		s.config.Log.Error("call failed", "tool", tool, "error", q.Error())
		msg, hint = "the store could not be read or written", "the server's log says why; list_captures shows whether the store answers"
	}
	return speak(clip(escape(join(msg, hint)), 2000)) + "."
}

// join puts a hint behind a message.
func join(msg, hint string) string {
	if msg == "" || hint == "" {
		return msg + hint
	}
	if strings.HasSuffix(msg, "?") {
		return msg + " " + hint
	}
	return msg + "; " + hint
}

// clip bounds a text that echoes an argument.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "..."
}

// speak turns what the command line would call something into the name that it
// has here: commands into tools, flags into arguments.
func speak(s string) string {
	s = strings.NewReplacer(
		"`pcapidx ingest FILE`", "add_capture", "`pcapidx captures`", "list_captures", "`pcapidx info CAPTURE`", "capture_info",
		"`pcapidx connections CAPTURE --protocol tcp`", "list_connections with protocol tcp",
		"`pcapidx connections CAPTURE`", "list_connections", "`pcapidx packet CAPTURE --connection N`", "get_packets",
		"`pcapidx reindex CAPTURE`", "`pcapidx reindex CAPTURE` on the command line",
		"`pcapidx check CAPTURE` says", "`pcapidx check CAPTURE` on the command line says",
		"captures or --all", "captures",
	).Replace(s)
	var b strings.Builder
	for {
		i := strings.Index(s, "--")
		if i < 0 || i+2 >= len(s) || s[i+2] < 'a' || s[i+2] > 'z' || i > 0 && s[i-1] != ' ' && s[i-1] != '`' {
			if i < 0 {
				return b.String() + s
			}
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		s = s[i+2:]
		end := strings.IndexFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' })
		if end < 0 {
			end = len(s)
		}
		b.WriteString(strings.ReplaceAll(s[:end], "-", "_"))
		s = s[end:]
	}
}
