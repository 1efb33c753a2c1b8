package mcp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"pcapidx/query"
)

// Cursors that go to a user of many are sealed: they open for that user only. The
// local user has those of the command line.

const sealBytes = 16

func (c *call) mark(cursor string) string {
	h := hmac.New(sha256.New, c.server.config.Secret)
	_, _ = h.Write([]byte("cursor\x00" + c.user + "\x00" + c.name + "\x00" + cursor)) // never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:sealBytes])
}

// seal marks the cursor in an answer as the user's.
func (c *call) seal(n *node) {
	if next := n.get("next_cursor"); next != nil && c.user != "" {
		n.set("next_cursor", textNodeClean(next.text+"."+c.mark(next.text)))
	}
}

// unseal takes the mark off again. What belongs to somebody else, to another tool
// or to nobody is the same.
func (c *call) unseal(cursor *string) error {
	if c.user == "" || *cursor == "" {
		return nil
	}
	plain, mark, _ := strings.Cut(*cursor, ".")
	if !hmac.Equal([]byte(mark), []byte(c.mark(plain))) {
		return &query.Error{Kind: query.BadRequest, Msg: "the cursor is no cursor of this tool", Hint: "use next_cursor of an answer, or begin without a cursor"}
	}
	*cursor = plain
	return nil
}
