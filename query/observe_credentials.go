package query

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// credentials looks for passwords, tokens and keys that were sent without encryption, by
// protocol and server. Their values are never told.
type credentials struct {
	by map[credentialKey]*credentialSum
}

type credentialKey struct {
	protocol string
	server   netip.AddrPort
}

func (k credentialKey) compare(o credentialKey) int {
	return cmp.Or(strings.Compare(k.protocol, o.protocol), k.server.Compare(o.server))
}

type credentialSum struct {
	logins         int
	clients, users []string
	frames, conns  []uint32
	messages       []uint32 // the first ones
	said           string
}

func newCredentials() *credentials { return &credentials{by: map[credentialKey]*credentialSum{}} }

// userFields are those that name who logs in.
func userFields() []string {
	return []string{"mysql.user", "imap.request.username", "smtp.auth.username", "ldap.name", "sip.auth.username"}
}

func (c *credentials) fields() []string { return nil }

func (c *credentials) watch(m *index.Message, t *talkers) {
	if warning(m, "cleartext.credentials") == nil {
		return
	}
	k := credentialKey{m.Protocol, t.server()}
	x := c.by[k]
	if x == nil {
		if len(c.by) >= maxObserved {
			return
		}
		x = &credentialSum{}
		c.by[k] = x
	}
	x.logins++
	x.frames, x.messages = few(x.frames, m.Frame), few(x.messages, m.Number)
	if m.Conn != index.NoConnection && !slices.Contains(x.conns, m.Conn) {
		x.conns = few(x.conns, m.Conn)
	}
	if client := pairOf(t).client; client.IsValid() && !slices.Contains(x.clients, client.String()) {
		x.clients = few(x.clients, client.String())
	}
}

// review reads what the first ones say, and who logs in.
func (c *credentials) review(_ context.Context, x Capture) error {
	for i, k := range largest(c.by, func(x *credentialSum) int { return x.logins }, credentialKey.compare) {
		if i == maxOfCode {
			break
		}
		s := c.by[k]
		for _, n := range s.messages {
			m, err := x.Message(n)
			if err != nil {
				return err
			}
			if m != nil {
				s.read(m)
			}
		}
	}
	return nil
}

func (x *credentialSum) read(m *index.Message) {
	if w := warning(m, "cleartext.credentials"); w != nil && x.said == "" {
		x.said = w.Text
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		if !f.Secret && slices.Contains(userFields(), f.Name) && f.Text != "" && !slices.Contains(x.users, f.Text) {
			x.users = few(x.users, f.Text)
		}
	}
}

func (c *credentials) report() (out []Observation) {
	for _, k := range largest(c.by, func(x *credentialSum) int { return x.logins }, credentialKey.compare) {
		x := c.by[k]
		o := Observation{
			Code: "cleartext.credentials", Title: "passwords or keys without encryption", Frames: x.frames, Connections: x.conns,
			Statement: fmt.Sprintf("%s: %d times", k.protocol, x.logins),
			Rule:      "any password, token, key or hash of a password that a decoder finds outside TLS", Source: "nDPI risk 36",
			Benign: []string{"a network that is encrypted below, such as a VPN", "a test"},
			Limits: "values are not shown: `messages --reveal` does; that a password is right is not known",
		}
		if k.server.IsValid() {
			o.Who = k.server.String()
			o.Statement += fmt.Sprintf(" to %s, from %s", k.server, strings.Join(x.clients, ", "))
		}
		o.Statement += "; the first: " + x.said
		if len(x.users) > 0 {
			o.Statement += "; users: " + strings.Join(x.users, ", ")
		}
		if out = append(out, o); len(out) >= maxOfCode {
			break
		}
	}
	return out
}
