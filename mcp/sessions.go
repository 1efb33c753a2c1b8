package mcp

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// sessions counts the sessions of clients that have them, of all and of each
// user, and bounds them: a session costs memory until it ends.
type sessions struct {
	most, mostOfUser int
	idle             time.Duration // after which they end

	mu     sync.Mutex
	all    int
	ofUser map[string]int
}

// codeTooMany is the JSON-RPC code of a refused session, of those that are free
// for servers.
const codeTooMany = -32029

// enter counts a session, or says why there is no room for it.
func (s *sessions) enter(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	refused := func(format string, most int) error {
		return &jsonrpc.Error{Code: codeTooMany, Message: fmt.Sprintf(format, most) +
			fmt.Sprintf(", and no more are allowed: end one (HTTP DELETE with its Mcp-Session-Id), or wait until one has been idle for %s", s.idle)}
	}
	if s.all >= s.most {
		return refused("this server has %d sessions", s.most)
	}
	if s.ofUser[user] >= s.mostOfUser {
		return refused("you have %d sessions", s.mostOfUser)
	}
	s.all++
	s.ofUser[user]++
	return nil
}

func (s *sessions) leave(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.ofUser[user]--; s.ofUser[user] <= 0 {
		delete(s.ofUser, user)
	}
}

// count is how many sessions there are.
func (s *sessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// admit is the middleware that counts. A session that was refused is closed by
// the SDK, since it was not initialized.
func (s *sessions) admit(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		session, ok := req.GetSession().(*sdk.ServerSession)
		if method != "initialize" || !ok || session.ID() == "" || session.InitializeParams() != nil {
			return next(ctx, method, req)
		}
		who := user(req)
		if err := s.enter(who); err != nil {
			return nil, err
		}
		res, err := next(ctx, method, req)
		if err != nil {
			s.leave(who)
			return nil, err
		}
		go func() {
			_ = session.Wait()
			s.leave(who)
		}()
		return res, nil
	}
}
