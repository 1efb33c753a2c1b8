package mcp

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/mcp/keys"
)

// recheck is how often the key of a request that takes long is looked at again:
// a stream must not outlive the right to it for long.
const recheck = 5 * time.Second

// access lets in who has a key, as the user that the key belongs to. The key
// comes in the Authorization header and nowhere else: addresses end up in logs.
func (h *HTTP) access(next http.Handler) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Del("WWW-Authenticate")
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		go h.watchKey(ctx, stop, r.Header.Get("Authorization"))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
	demand := auth.RequireBearerToken(h.verify, &auth.RequireBearerTokenOptions{AllowMissingExpiration: true})(inner)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, keys.Prefix) {
			http.Error(w, "a key does not belong into an address, where logs keep it: revoke it, and send one as `Authorization: Bearer KEY`", http.StatusBadRequest)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="pcapidx"`)
		demand.ServeHTTP(w, r)
	})
}

// verify gives whom a key belongs to.
func (h *HTTP) verify(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
	k, err := h.config.Keys.Verify(token)
	if errors.Is(err, keys.ErrInvalid) {
		return nil, auth.ErrInvalidToken
	}
	if err != nil {
		h.log.Error("keys cannot be read", "error", err)
		return nil, errors.New("internal error; it was logged")
	}
	scopes := []string{}
	for _, s := range keys.Scopes() {
		if k.Allows(s) {
			scopes = append(scopes, s)
		}
	}
	return &auth.TokenInfo{UserID: k.User, Scopes: scopes, Expiration: k.Expires}, nil
}

// watchKey ends a request whose key is revoked or expires meanwhile.
func (h *HTTP) watchKey(ctx context.Context, stop context.CancelFunc, authorization string) {
	_, token, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	t := time.NewTicker(recheck)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if _, err := h.config.Keys.Verify(strings.TrimSpace(token)); errors.Is(err, keys.ErrInvalid) {
				stop()
				return
			}
		}
	}
}

// admins lets in who may see the figures of the whole server.
func admins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who := auth.TokenInfoFromContext(r.Context()); who == nil || !slices.Contains(who.Scopes, keys.Admin) {
			http.Error(w, "this needs a key of scope admin", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// may reports whether a request may do what needs a scope. Where there are no
// keys everybody may do everything.
func may(req sdk.Request, scope string) bool {
	x := req.GetExtra()
	if x == nil || x.TokenInfo == nil {
		return true
	}
	return slices.Contains(x.TokenInfo.Scopes, scope)
}
