package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

type command = func(ts *testscript.TestScript, neg bool, args []string)

// scriptCommands are what the scripts can do beyond testscript's own commands.
// FILE may be stdout or stderr.
func scriptCommands() map[string]command {
	return map[string]command{
		"exits":    exits,    // exits CODE PROGRAM [ARG...]: run it, it must end with this exit code
		"json":     jsonIs,   // [!] json FILE PATH VALUE: the value at PATH, as "rows.0.name" or "rows.len", is VALUE
		"jsonkeys": jsonKeys, // jsonkeys FILE PATH KEY...: the object at PATH ("." is the document) has these keys and no others; "KEY?" may be missing
		"jsonenv":  jsonEnv,  // jsonenv VARIABLE FILE PATH: put a value into the environment
		"sha256":   sha256Is, // sha256 FILE SUM
		"harmless": harmless, // harmless FILE: nothing that a terminal acts on but line ends and tabs
		"flip":     flip,     // flip PATTERN OFFSET: change one bit of the one file that matches
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] json FILE PATH VALUE")
	}
	got := text(at(ts, args[0], args[1]))
	if (got == args[2]) == neg {
		ts.Fatalf("%s is %s, want %s (not: %v)", args[1], got, args[2], neg)
	}
}

func jsonKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: jsonkeys FILE PATH KEY...")
	}
	object, ok := at(ts, args[0], args[1]).(map[string]any)
	if !ok {
		ts.Fatalf("%s is no object", args[1])
	}
	known := map[string]bool{}
	for _, k := range args[2:] {
		name, optional := strings.CutSuffix(k, "?")
		known[name] = true
		if _, ok := object[name]; !ok && !optional {
			ts.Fatalf("%s has no %s", args[1], name)
		}
	}
	for k := range object {
		if !known[k] {
			ts.Fatalf("%s has %s, which nobody expected", args[1], k)
		}
	}
}

func jsonEnv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: jsonenv VARIABLE FILE PATH")
	}
	ts.Setenv(args[0], text(at(ts, args[1], args[2])))
}

// at gives the value at a path of a file that holds exactly one JSON document;
// "len" is the length of a list, "-" the last of its items.
func at(ts *testscript.TestScript, file, path string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(file)))
	d.UseNumber()
	ts.Check(d.Decode(&v))
	if d.More() {
		ts.Fatalf("%s holds more than one JSON document", file)
	}
	if path == "." {
		return v
	}
	for _, step := range strings.Split(path, ".") {
		next, err := descend(v, step)
		if err != nil {
			ts.Fatalf("%s: %v", path, err)
		}
		v = next
	}
	return v
}

func descend(v any, step string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if below, ok := v[step]; ok {
			return below, nil
		}
	case []any:
		if step == "len" {
			return len(v), nil
		}
		i, err := strconv.Atoi(step)
		if step == "-" {
			i, err = len(v)-1, nil
		}
		if err == nil && i >= 0 && i < len(v) {
			return v[i], nil
		}
	}
	return nil, fmt.Errorf("there is no %q", step)
}

// text writes a JSON value as scripts compare it: strings bare, others as JSON.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func sha256Is(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sha256 FILE SUM")
	}
	sum := sha256.Sum256([]byte(ts.ReadFile(args[0])))
	if got := hex.EncodeToString(sum[:]); got != args[1] {
		ts.Fatalf("SHA-256 of %s is %s, want %s", args[0], got, args[1])
	}
}

func harmless(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: harmless FILE")
	}
	if bad := harmful(ts.ReadFile(args[0])); bad != "" {
		ts.Fatalf("%s holds %s", args[0], bad)
	}
}

// harmful describes the first thing in s that a terminal may act on, line ends
// and tabs aside, "" if there is none. It decides by lists of its own, so that
// it does not agree with the program by sharing its code.
func harmful(s string) string {
	if s == "" {
		return "nothing at all"
	}
	for i, r := range s {
		bidi := unicode.Is(unicode.Bidi_Control, r)
		control := r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f
		broken := r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd")
		if control || bidi || broken || r == 0x2028 || r == 0x2029 {
			return fmt.Sprintf("%U at byte %d", r, i)
		}
	}
	return ""
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip PATTERN OFFSET")
	}
	files, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("%d files match %s, want one", len(files), args[0])
	}
	offset, err := strconv.Atoi(args[1])
	ts.Check(err)
	b, err := os.ReadFile(files[0])
	ts.Check(err)
	if offset >= len(b) {
		ts.Fatalf("%s has only %d bytes", files[0], len(b))
	}
	b[offset] ^= 1
	ts.Check(os.WriteFile(files[0], b, 0o644))
}

// TestHarmful makes sure that the check of the scripts can fail.
func TestHarmful(t *testing.T) {
	for _, bad := range []string{"a\x1b[31m", "\a", "\u009b31m", "a\u202eb", "\r\n", "\x7f", "a\xff", "a\u2028", ""} {
		if harmful(bad) == "" {
			t.Errorf("%q counts as harmless", bad)
		}
	}
	if got := harmful("a\tb\nü \ufffd\n"); got != "" {
		t.Errorf("plain text counts as harmful: %s", got)
	}
}

// TestDescend makes sure that a path that does not exist is noticed.
func TestDescend(t *testing.T) {
	var v any
	if err := json.NewDecoder(bytes.NewReader([]byte(`{"a":[{"b":null}]}`))).Decode(&v); err != nil {
		t.Fatal(err)
	}
	list, err := descend(v, "a")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := descend(list, "len"); err != nil || n != 1 {
		t.Errorf("length %v, %v", n, err)
	}
	for _, bad := range []string{"1", "x", "-1"} {
		if _, err := descend(list, bad); err == nil {
			t.Errorf("a list has %q", bad)
		}
	}
	if _, err := descend(v, "z"); err == nil || slices.Contains([]any{nil}, v) {
		t.Error("an object has a key that it does not have")
	}
}
