// Package keys keeps the API keys of a server that a team shares, in a folder of
// the store.
//
// A key is the text pcx_<id>_<secret>. It is shown once, when it is made. What is
// kept is a file for each key with the HMAC-SHA256 of its secret; the HMAC's own
// key, the pepper, stands in a file beside them. The files are read whenever a
// key is checked, so that a key that was revoked by another process is refused
// from then on. Each change is one file that comes into place as a whole, so that
// processes need no lock:
//
//	DIR/pepper       32 random bytes
//	DIR/<id>.json    Key, with the secret's HMAC
//	DIR/<id>.used    empty; its time of change is when the key was last used
package keys

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Scopes of keys, each including those before it.
const (
	Read  = "read"  // ask
	Write = "write" // add and delete captures, write files
	Admin = "admin" // see the figures of the whole server
)

// Scopes gives all scopes, the narrowest first.
func Scopes() []string { return []string{Read, Write, Admin} }

// Errors of the store of keys.
var (
	// ErrInvalid: the text is no key, or the key is unknown, expired or revoked.
	// Which of them is not told to who tries keys.
	ErrInvalid = errors.New("invalid API key")
	// ErrRefused: a key cannot be made like this; the text says why.
	ErrRefused = errors.New("no key was made")
	// ErrNotFound: no key has that id or name.
	ErrNotFound = errors.New("no such key")
)

// Key is what is kept of a key.
type Key struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`  // what it is for
	User    string    `json:"user"`  // whose captures it opens
	Scope   string    `json:"scope"` // read, write or admin
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Revoked time.Time `json:"revoked,omitzero"` // zero: not
	MAC     []byte    `json:"mac"`

	// LastUsed is when a server last accepted the key, to the minute; zero: never.
	LastUsed time.Time `json:"-"`
}

// Allows reports whether the key's scope includes another.
func (k *Key) Allows(scope string) bool {
	return slices.Index(Scopes(), k.Scope) >= slices.Index(Scopes(), scope)
}

// Valid reports whether the key opens anything at a moment.
func (k *Key) Valid(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Prefix is what the text of every key begins with.
const Prefix = "pcx_"

const (
	idLetters  = 10
	pepperFile = "pepper"
	pepperSize = 32
)

// Store is a folder of keys. Any number of Stores, also in other processes, may
// work on the same folder.
type Store struct{ dir string }

// Open gives the keys in a folder, which is made with the first key.
func Open(dir string) *Store { return &Store{dir: dir} }

// Create makes a key and gives its text, which is kept nowhere. ID, Created and
// MAC of k are set; a key of an unknown scope, or of a user whose name is no
// plain word, is refused.
func (s *Store) Create(k Key) (text string, made *Key, err error) {
	if err := k.check(); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("create key: %w", err)
	}
	pepper, err := s.makePepper()
	if err != nil {
		return "", nil, fmt.Errorf("create key: %w", err)
	}
	secret := strings.ToLower(rand.Text())
	k.ID, k.Created = strings.ToLower(rand.Text()[:idLetters]), time.Now().UTC().Truncate(time.Second)
	k.MAC = mac(pepper, k.ID, secret)
	if err := s.put(&k); err != nil {
		return "", nil, fmt.Errorf("create key: %w", err)
	}
	return Prefix + k.ID + "_" + secret, &k, nil
}

func (k *Key) check() error {
	switch {
	case !slices.Contains(Scopes(), k.Scope):
		return fmt.Errorf("%w: unknown scope %q, known are %s", ErrRefused, k.Scope, strings.Join(Scopes(), ", "))
	case !plain(k.User):
		return fmt.Errorf("%w: user %q: give up to 64 small letters, digits, and . _ @ - behind the first", ErrRefused, k.User)
	case k.Name == "" || len(k.Name) > 100:
		return fmt.Errorf("%w: name: give up to 100 bytes that say what the key is for", ErrRefused)
	}
	return nil
}

// plain reports whether a user's name can be the name of a folder everywhere.
func plain(user string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._@-", r)
	}
	return user != "" && len(user) <= 64 && !strings.ContainsFunc(user, odd) && !strings.ContainsRune("._@-", rune(user[0])) && !strings.HasSuffix(user, ".")
}

// mac is what is kept of a secret.
func mac(pepper []byte, id, secret string) []byte {
	h := hmac.New(sha256.New, pepper)
	_, _ = h.Write([]byte(id + "\x00" + secret)) // never fails
	return h.Sum(nil)
}

// Verify gives the key that a text is, if it opens anything now. Any other is
// ErrInvalid.
func (s *Store) Verify(text string) (*Key, error) {
	rest, ok := strings.CutPrefix(text, Prefix)
	id, secret, two := strings.Cut(rest, "_")
	if !ok || !two || !isID(id) {
		return nil, ErrInvalid
	}
	pepper, err := s.pepper()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrInvalid
	}
	if err != nil {
		return nil, err
	}
	k, err := s.get(id)
	if errors.Is(err, fs.ErrNotExist) {
		k, err = &Key{}, nil // fails as a wrong secret does
	}
	if err != nil {
		return nil, err
	}
	right := hmac.Equal(mac(pepper, id, secret), k.MAC)
	if !right || !k.Valid(time.Now()) {
		return nil, ErrInvalid
	}
	s.used(k)
	return k, nil
}

// List gives all keys, also those that open nothing any more, oldest first.
func (s *Store) List() ([]Key, error) {
	files, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := []Key{}
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok || !isID(id) {
			continue
		}
		k, err := s.get(id)
		if err != nil {
			return nil, err
		}
		all = append(all, *k)
	}
	slices.SortFunc(all, func(a, b Key) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

// Revoke ends keys: the one with that id, or all with that name. A server
// refuses them from its next request on.
func (s *Store) Revoke(ref string) ([]Key, error) {
	all, err := s.List()
	if err != nil {
		return nil, err
	}
	var ended []Key
	for _, k := range all {
		if k.ID != ref && k.Name != ref {
			continue
		}
		if k.Revoked.IsZero() {
			k.Revoked = time.Now().UTC().Truncate(time.Second)
			if err := s.put(&k); err != nil {
				return ended, fmt.Errorf("revoke key: %w", err)
			}
		}
		ended = append(ended, k)
	}
	if len(ended) == 0 {
		return nil, fmt.Errorf("%w: %q", ErrNotFound, ref)
	}
	return ended, nil
}

// Derive gives a secret for another purpose than keys, the same in all processes
// that use the folder.
func (s *Store) Derive(purpose string) ([]byte, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	pepper, err := s.makePepper()
	if err != nil {
		return nil, err
	}
	return mac(pepper, "", purpose), nil
}

func decode(b []byte) (*Key, error) {
	k := &Key{}
	err := json.Unmarshal(b, k)
	return k, err
}
