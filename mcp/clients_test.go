package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// npm gives the folder that .ci/npm-clients made, with clients in it that
// others wrote. Without one the test skips.
func npm(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PCAPIDX_NPM")
	if dir == "" {
		t.Skip("no npm clients: `.ci/npm-clients DIR` installs them, PCAPIDX_NPM=DIR names them")
	}
	return dir
}

// runNode runs a program of the folder and gives what it prints and how it ends.
// home is where the program keeps its captures: clients hand on few variables of
// the environment, and HOME is one.
func runNode(t *testing.T, dir, home string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	c := exec.Command(filepath.Join(dir, "clients/node_modules/node/bin/node"), args...)
	c.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME=", "PCAPIDX_STORE=", "NO_COLOR=1", "NODE_PATH="+filepath.Join(dir, "clients/node_modules"))
	c.Dir = t.TempDir()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("node: %v", err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// TestMain removes the program that tests have built.
func TestMain(m *testing.M) {
	code := m.Run()
	if dir := builtDir.Load(); dir != nil {
		os.RemoveAll(*dir)
	}
	os.Exit(code)
}

var (
	builtDir atomic.Pointer[string]
	// built builds the command, once for all tests.
	built = sync.OnceValues(func() (path string, err error) {
		dir, err := os.MkdirTemp("", "pcapidx-test-")
		if err != nil {
			return "", err
		}
		builtDir.Store(&dir)
		path = filepath.Join(dir, "pcapidx")
		if out, err := exec.Command("go", "build", "-o", path, "pcapidx/cmd/pcapidx").CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return path, nil
	})
)

// program gives the command.
func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInspector asks with the protocol's own inspector, which checks schemas
// strictly, in both eras.
func TestInspector(t *testing.T) {
	dir := npm(t)
	exe := program(t)
	home := t.TempDir()
	inspect := func(want int, args ...string) map[string]any {
		t.Helper()
		out, errs, code := runNode(t, dir, home, append([]string{
			filepath.Join(dir, "clients/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
			"--cli", exe, "mcp", "--format", "json", "-q",
		}, args...)...)
		var m map[string]any
		if err := json.Unmarshal([]byte(out), &m); err != nil || code != want {
			t.Fatalf("%v: exit code %d, want %d: %v\n%.2000s\n%.2000s", args, code, want, err, out, errs)
		}
		if strings.Contains(strings.ToLower(errs), "warn") {
			t.Errorf("%v: %s", args, errs)
		}
		return m
	}
	for _, era := range []string{"legacy", "modern"} {
		e := []string{"--protocol-era", era}
		inspect(0, append(e, "--method", "tools/list", "--strict")...)
		inspect(0, append(e, "--method", "tools/call", "--tool-name", "add_capture", "--tool-args-json", `{"path":"`+captureFile(t, "web-day.pcap")+`"}`)...)
		m := inspect(0, append(e, "--method", "tools/call", "--tool-name", "search_packets", "--tool-args-json", `{"tcp_flags":"RST"}`)...)
		if b, _ := json.Marshal(m); !strings.Contains(string(b), `"frame":197`) {
			t.Errorf("%s: %s", era, b)
		}
		inspect(5, append(e, "--method", "tools/call", "--tool-name", "capture_info", "--tool-args-json", `{"capture":"nope"}`)...)
		inspect(0, append(e, "--method", "resources/read", "--uri", "pcapidx://captures/web-day.pcap/packets/197")...)
		inspect(0, append(e, "--method", "prompts/get", "--prompt-name", "triage_capture", "--prompt-args", "capture=web-day.pcap")...)
	}
}

// TestTypeScriptClient runs testdata/mcp/client.cjs.
func TestTypeScriptClient(t *testing.T) {
	dir := npm(t)
	script, err := filepath.Abs("../testdata/mcp/client.cjs")
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code := runNode(t, dir, t.TempDir(), script, program(t), captureFile(t, "web-day.pcap"))
	if code != 0 || !strings.Contains(out, "passed") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
}

// TestBundle validates the manifest of the bundle with the program that packs it.
func TestBundle(t *testing.T) {
	dir := npm(t)
	mcpb := filepath.Join(dir, "clients/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js")
	if _, err := os.Stat(mcpb); err != nil {
		t.Skip("no mcpb: `.ci/npm-clients DIR` installs it")
	}
	manifest, err := filepath.Abs("packaging/bundle/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if out, errs, code := runNode(t, dir, t.TempDir(), mcpb, "validate", manifest); code != 0 || !strings.Contains(out, "passes") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
	wrong := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(wrong, []byte(`{"manifest_version": "0.3", "name": "x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, code := runNode(t, dir, t.TempDir(), mcpb, "validate", wrong); code == 0 {
		t.Error("mcpb accepts anything")
	}
}
