package main

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pcapidx/mcp/keys"
	"pcapidx/query"
)

func (a *app) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke the API keys of `pcapidx serve`",
		Long: "API keys open a server that `pcapidx serve` runs over the same store. Each belongs\n" +
			"to a user and opens that user's captures, and no others. User local has those\n" +
			"that `pcapidx ingest` adds.",
		Example: "  pcapidx keys create laptop --user ann --scope write --expires 90d\n  pcapidx keys list\n  pcapidx keys revoke laptop",
		Args:    unknownCommand,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(a.keysCreateCommand(), a.keysListCommand(), a.keysRevokeCommand())
	return cmd
}

// keyRow is a key as it is shown: nothing of it opens anything. Times are RFC 3339
// in UTC, "" is never.
type keyRow struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	User     string `json:"user"`
	Scope    string `json:"scope"`
	State    string `json:"state"` // active, expired, revoked
	Created  string `json:"created"`
	Expires  string `json:"expires,omitempty"`
	LastUsed string `json:"last_used,omitempty"`
	Key      string `json:"key,omitempty"` // of a key that was just made
}

func keyRowOf(k *keys.Key) keyRow {
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	r := keyRow{
		ID: k.ID, Name: k.Name, User: k.User, Scope: k.Scope, State: "active",
		Created: moment(k.Created), Expires: moment(k.Expires), LastUsed: moment(k.LastUsed),
	}
	switch {
	case !k.Revoked.IsZero():
		r.State = "revoked"
	case !k.Valid(time.Now()):
		r.State = "expired"
	}
	return r
}

func (a *app) keysStore() (*keys.Store, error) {
	dir, err := a.storeDir()
	if err != nil {
		return nil, err
	}
	return keys.Open(keysDir(dir)), nil
}

func (a *app) keysCreateCommand() *cobra.Command {
	k, expires := keys.Key{}, ""
	cmd := &cobra.Command{
		Use:   "create NAME --user USER",
		Short: "Make a key and show it, this once",
		Long: "Make a key and show it, this once: what is kept can check the key and not tell it.\n" +
			"NAME says what the key is for. Scope read asks, write also adds and deletes\n" +
			"captures, admin also reads /metrics of the server.",
		Example: "  pcapidx keys create laptop --user ann --scope write --expires 90d",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.keysStore()
			if err != nil {
				return err
			}
			if k.Name = args[0]; k.User == "" {
				return &query.Error{Kind: query.BadRequest, Msg: "whose key?", Hint: "give --user USER"}
			}
			if k.Expires, err = expiry(expires); err != nil {
				return err
			}
			text, made, err := s.Create(k)
			if errors.Is(err, keys.ErrRefused) {
				return &query.Error{Kind: query.BadRequest, Msg: err.Error(), Err: err}
			}
			if err != nil {
				return &query.Error{Kind: query.IO, Msg: err.Error(), Err: err}
			}
			row := keyRowOf(made)
			row.Key = text
			if a.json {
				return a.out.json(row)
			}
			a.hints([]string{"keep the key now: it is not shown again"})
			return a.out.pairs([][2]string{{"key", text}, {"id", row.ID}, {"user", row.User}, {"scope", row.Scope}, {"expires", orNever(row.Expires)}})
		},
	}
	f := cmd.Flags()
	f.StringVar(&k.User, "user", "", "whose captures the key opens; local: those of this command line")
	f.StringVar(&k.Scope, "scope", keys.Read, strings.Join(keys.Scopes(), ", "))
	f.StringVar(&expires, "expires", "", "after how long it ends, such as 90d or 12h (default never)")
	return cmd
}

// expiry is the moment after a time that may be given in days.
func expiry(text string) (time.Time, error) {
	if text == "" || text == "never" {
		return time.Time{}, nil
	}
	wrong := &query.Error{Kind: query.BadRequest, Msg: "--expires " + text + " is no time to come", Hint: "give days or hours, such as 90d or 12h"}
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		if n, err = strconv.ParseUint(days, 10, 16); err == nil {
			d = time.Duration(n) * 24 * time.Hour
		}
	}
	if err != nil || d <= 0 {
		return time.Time{}, wrong
	}
	return time.Now().UTC().Add(d).Truncate(time.Second), nil
}

func (a *app) keysListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the keys, without what opens anything",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := a.keysStore()
			if err != nil {
				return err
			}
			all, err := s.List()
			if err != nil {
				return &query.Error{Kind: query.IO, Msg: err.Error(), Err: err}
			}
			return a.printKeys(all)
		},
	}
}

func (a *app) keysRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID|NAME",
		Short: "End a key, or all keys of that name; running servers refuse it at once",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.keysStore()
			if err != nil {
				return err
			}
			ended, err := s.Revoke(args[0])
			if errors.Is(err, keys.ErrNotFound) {
				return &query.Error{Kind: query.NotFound, Msg: err.Error(), Hint: "`pcapidx keys list` names the keys", Err: err}
			}
			if err != nil {
				return &query.Error{Kind: query.IO, Msg: err.Error(), Err: err}
			}
			return a.printKeys(ended)
		},
	}
}

func (a *app) printKeys(all []keys.Key) error {
	rows, cells := make([]keyRow, 0, len(all)), make([][]string, 0, len(all))
	for i := range all {
		r := keyRowOf(&all[i])
		rows = append(rows, r)
		cells = append(cells, []string{r.ID, r.Name, r.User, r.Scope, r.State, r.Created, orNever(r.Expires), orNever(r.LastUsed)})
	}
	if a.json {
		return a.out.json(map[string]any{"rows": rows})
	}
	return a.out.table([]string{"ID", "NAME", "USER", "SCOPE", "STATE", "CREATED", "EXPIRES", "LAST USED"}, cells)
}

func orNever(moment string) string { return cmp.Or(moment, "never") }
