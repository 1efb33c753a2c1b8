package mcp

import (
	"context"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

const callTool = "tools/call"

// middleware is what every request goes through, the first listed first. schema
// gives the arguments of a tool, nil where they are left alone; more comes before
// arguments are looked at.
func middleware(log *slog.Logger, limit time.Duration, schema func(tool string) *jsonschema.Schema, more ...sdk.Middleware) []sdk.Middleware {
	return slices.Concat([]sdk.Middleware{recovers(log), logs(log), limits(limit)}, more, []sdk.Middleware{lenient(schema)})
}

// recovers turns a panic into an error: without it the process dies, with all
// its sessions.
func recovers(log *slog.Logger) sdk.Middleware {
	return func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (res sdk.Result, err error) {
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				log.Error("panic", "method", method, "panic", p, "stack", string(debug.Stack()))
				if method == callTool {
					res, err = failed("internal error; it was logged."), nil
				} else {
					res, err = nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "internal error"}
				}
			}()
			return next(ctx, method, req)
		}
	}
}

// logs notes what was asked and how it ended, for who debugs a host; not the
// arguments, which may quote a capture.
func logs(log *slog.Logger) sdk.Middleware {
	return func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
			begin := time.Now()
			res, err := next(ctx, method, req)
			tool, ok := "", err == nil
			if r, is := req.(*sdk.CallToolRequest); is {
				tool = r.Params.Name
			}
			if r, is := res.(*sdk.CallToolResult); is && r != nil && r.IsError {
				ok = false
			}
			log.Debug("request", "method", method, "tool", tool, "ok", ok, "took", time.Since(begin))
			return res, err
		}
	}
}

// limits bounds the time of what reads the store. Cancelling does not reach
// every server from every client, so that this is the only end that is certain.
func limits(limit time.Duration) sdk.Middleware {
	bounded := []string{callTool, "resources/list", "resources/read", "prompts/get", "completion/complete"}
	return func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
			if limit > 0 && slices.Contains(bounded, method) {
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, limit)
				defer stop()
			}
			return next(ctx, method, req)
		}
	}
}

// lenient reads arguments as models write them, and answers those that cannot
// be meant with what the tool takes.
func lenient(schema func(tool string) *jsonschema.Schema) sdk.Middleware {
	return func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
			r, ok := req.(*sdk.CallToolRequest)
			if !ok || method != callTool {
				return next(ctx, method, req)
			}
			s := schema(r.Params.Name)
			if s == nil {
				return next(ctx, method, req)
			}
			args, problem := readArguments(s, r.Params.Arguments)
			if problem != "" {
				return failed(r.Params.Name + ": " + problem), nil
			}
			r.Params.Arguments = args
			return next(ctx, method, req)
		}
	}
}
