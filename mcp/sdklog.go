package mcp

import (
	"context"
	"log/slog"
)

// sdkLog takes what the SDK logs a level down: it tells of each session at the
// level of what an operator wants to know, and clients without sessions have one
// for each request.
type sdkLog struct{ slog.Handler }

const levelStep = slog.LevelInfo - slog.LevelDebug

func lower(l slog.Level) slog.Level {
	if l >= slog.LevelWarn {
		return l
	}
	return l - levelStep
}

// Enabled reports whether the level below is logged.
func (l sdkLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.Handler.Enabled(ctx, lower(level))
}

// Handle logs a record at the level below.
func (l sdkLog) Handle(ctx context.Context, r slog.Record) error {
	r.Level = lower(r.Level)
	return l.Handler.Handle(ctx, r)
}

// WithAttrs gives a handler with more attributes.
func (l sdkLog) WithAttrs(a []slog.Attr) slog.Handler { return sdkLog{l.Handler.WithAttrs(a)} }

// WithGroup gives a handler whose attributes stand in a group.
func (l sdkLog) WithGroup(name string) slog.Handler { return sdkLog{l.Handler.WithGroup(name)} }
