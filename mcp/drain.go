package mcp

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// drain knows which requests have to be waited for when a server ends: those that
// get an answer, and not the streams that stay open for what may come.
type drain struct {
	requests  atomic.Int64 // that may get an answer
	listeners atomic.Int64 // of these, those that listen only
	stopping  atomic.Bool
}

// count is the handler that counts, and refuses what comes too late.
func (d *drain) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		d.requests.Add(1)
		defer d.requests.Add(-1)
		if d.stopping.Load() {
			w.Header().Set("Connection", "close")
			http.Error(w, "the server is stopping", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// listens is the middleware that knows the requests that only listen.
func (d *drain) listens(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		if method == "subscriptions/listen" {
			d.listeners.Add(1)
			defer d.listeners.Add(-1)
		}
		return next(ctx, method, req)
	}
}

// wait returns when all that was asked is answered, or ctx ends.
func (d *drain) wait(ctx context.Context) {
	d.stopping.Store(true)
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for d.requests.Load() > d.listeners.Load() {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
