package keys

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func create(t *testing.T, s *Store, k Key) (string, *Key) {
	t.Helper()
	text, made, err := s.Create(k)
	if err != nil {
		t.Fatal(err)
	}
	return text, made
}

func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s, other := Open(dir), Open(dir) // two processes
	if _, err := s.Verify("pcx_aaaaaaaaaa_x"); !errors.Is(err, ErrInvalid) {
		t.Error("a key before there is any:", err)
	}
	if all, err := s.List(); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	text, made := create(t, s, Key{Name: "laptop", User: "ann", Scope: Write, Expires: time.Now().Add(time.Hour)})
	second, _ := create(t, other, Key{Name: "desk", User: "bob", Scope: Read})
	if len(text) < len("pcx_")+10+1+26 || !strings.HasPrefix(text, Prefix) || text == second {
		t.Error(text, second)
	}
	k, err := other.Verify(text)
	if err != nil || k.ID != made.ID || k.User != "ann" || !k.Allows(Read) || !k.Allows(Write) || k.Allows(Admin) {
		t.Errorf("%+v, %v", k, err)
	}
	if all, err := s.List(); err != nil || len(all) != 2 || all[0].LastUsed.IsZero() == all[1].LastUsed.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
	ended, err := other.Revoke("laptop")
	if err != nil || len(ended) != 1 || ended[0].ID != made.ID {
		t.Error(ended, err)
	}
	if _, err := s.Verify(text); !errors.Is(err, ErrInvalid) {
		t.Error("a revoked key opens:", err)
	}
	if _, err := s.Revoke("nobody's"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.Verify(second); err != nil {
		t.Error("another key than the revoked one:", err)
	}
}

// TestInvalid: one letter of a key more, less or changed, or a key whose time is
// over, opens nothing and says nothing.
func TestInvalid(t *testing.T) {
	s := Open(t.TempDir())
	text, k := create(t, s, Key{Name: "a", User: "ann", Scope: Read})
	for i := range text {
		changed := []byte(text)
		if changed[i]++; changed[i] == '_' {
			changed[i]++
		}
		for _, bad := range []string{string(changed), text[:i] + text[i+1:], text[:i] + "a" + text[i:]} {
			if bad == text {
				continue
			}
			if _, err := s.Verify(bad); err != ErrInvalid {
				t.Fatalf("%s instead of %s: %v", bad, text, err)
			}
		}
	}
	for _, bad := range []string{"", "pcx_", "pcx__", "pcx_../pepper_x", "pcx_" + k.ID, "pcx_" + k.ID + "_", text + "\n", strings.ToUpper(text)} {
		if _, err := s.Verify(bad); err != ErrInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	late, _ := create(t, s, Key{Name: "b", User: "ann", Scope: Read, Expires: time.Now().Add(-time.Second)})
	if _, err := s.Verify(late); err != ErrInvalid {
		t.Error("an expired key:", err)
	}
	if _, err := s.Verify(text); err != nil {
		t.Error("the key itself:", err)
	}
}

func TestRefused(t *testing.T) {
	s := Open(t.TempDir())
	for _, k := range []Key{
		{Name: "a", User: "ann", Scope: "root"},
		{Name: "a", User: "", Scope: Read},
		{Name: "a", User: "../ann", Scope: Read},
		{Name: "a", User: ".ann", Scope: Read},
		{Name: "a", User: "Ann", Scope: Read},
		{Name: "a", User: "a/b", Scope: Read},
		{Name: "a", User: "a\x00b", Scope: Read},
		{Name: "a", User: "ann.", Scope: Read},
		{Name: "", User: "ann", Scope: Read},
		{Name: "a", User: strings.Repeat("a", 65), Scope: Read},
	} {
		if _, _, err := s.Create(k); !errors.Is(err, ErrRefused) {
			t.Errorf("%+v: %v", k, err)
		}
	}
	create(t, s, Key{Name: "a", User: "ann.b@example-1.com", Scope: Read})
}

// TestKept: nothing in the folder is the secret, and nobody else can read it.
func TestKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s := Open(dir)
	text, _ := create(t, s, Key{Name: "a", User: "ann", Scope: Read})
	if _, err := s.Verify(text); err != nil {
		t.Fatal(err)
	}
	secret := text[strings.LastIndex(text, "_")+1:]
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil || bytes.Contains(bytes.ToLower(b), []byte(secret)) {
			t.Errorf("%s holds the secret, or: %v", f.Name(), err)
		}
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
	a, err := s.Derive("x")
	b, err2 := Open(dir).Derive("x")
	c, err3 := s.Derive("y")
	if err != nil || err2 != nil || err3 != nil || !bytes.Equal(a, b) || bytes.Equal(a, c) || len(a) < 16 {
		t.Error(a, b, c, err, err2, err3)
	}
}

// TestTogether: processes that make the first keys at the same time agree on the
// pepper.
func TestTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	var all sync.WaitGroup
	texts := make([]string, 20)
	for i := range texts {
		all.Go(func() { texts[i], _ = create(t, Open(dir), Key{Name: "a", User: "ann", Scope: Read}) })
	}
	all.Wait()
	for _, text := range texts {
		if _, err := Open(dir).Verify(text); err != nil {
			t.Error(text, err)
		}
	}
}

// TestThrottled: the last use is written once a minute, not with each request.
func TestThrottled(t *testing.T) {
	s := Open(t.TempDir())
	text, k := create(t, s, Key{Name: "a", User: "ann", Scope: Read})
	for _, c := range []struct {
		before time.Duration
		moves  bool
	}{{30 * time.Second, false}, {2 * time.Minute, true}} {
		if _, err := s.Verify(text); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-c.before).Truncate(time.Second)
		if err := os.Chtimes(s.mark(k.ID), then, then); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(text); err != nil {
			t.Fatal(err)
		}
		got, err := s.get(k.ID)
		if err != nil || got.LastUsed.Equal(then) == c.moves {
			t.Errorf("used %s before: now %s, %v", c.before, got.LastUsed, err)
		}
	}
}
