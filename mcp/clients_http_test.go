package mcp

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// conformance runs a suite of the protocol's conformance tests, and gives how many
// checks passed in the scenarios, and in which some failed.
func conformance(t *testing.T, suite, url string, args ...string) (out string, code, passed int, failed []string) {
	t.Helper()
	dir := npm(t)
	script := filepath.Join(dir, suite, "node_modules/@modelcontextprotocol/conformance/dist/index.js")
	out, errs, code := runNode(t, dir, t.TempDir(), append([]string{script, "server", "--url", url}, args...)...)
	for _, m := range regexp.MustCompile(`(?m)^. ([a-z0-9-]+): (\d+) passed, (\d+) failed$`).FindAllStringSubmatch(out, -1) {
		if m[3] != "0" && !strings.HasPrefix(m[1], "tasks-") { // an extension that is not offered
			failed = append(failed, m[0])
		}
		n, _ := strconv.Atoi(m[2])
		passed += n
	}
	return out + errs, code, passed, failed
}

// TestConformance runs the suites against the fixture server behind everything
// that the real one has before it: what they find is what that breaks.
func TestConformance(t *testing.T) {
	npm(t)
	for _, c := range []struct {
		suite string
		args  []string
		least int // checks that must have passed
	}{
		{"conformance", []string{"--suite", "all"}, 44},
		{"conformance-next", []string{"--spec-version", "2025-11-25"}, 73},
		{"conformance-next", []string{"--requirements", "2026-07-28"}, 153},
	} {
		t.Run(strings.Join(append([]string{c.suite}, c.args...), " "), func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			h, err := newHTTP(fixtureServer(), slog.New(slog.DiscardHandler), HTTPConfig{Address: l.Addr().String()})
			if err != nil {
				t.Fatal(err)
			}
			serveHTTP(t, h, l)
			out, code, passed, failed := conformance(t, c.suite, strings.Replace(h.BaseURL(), "127.0.0.1", "localhost", 1)+Path, c.args...)
			for _, f := range failed {
				t.Error(f)
			}
			if code != 0 || passed < c.least {
				t.Errorf("exit code %d, %d checks passed, want %d\n%s", code, passed, c.least, out)
			}
		})
	}
}

// served is `pcapidx serve` as another process.
type served struct{ url string }

// serveProgram starts it over a store, and ends it with the test: by SIGTERM, which
// is no failure.
func serveProgram(t *testing.T, exe, store string, args ...string) *served {
	t.Helper()
	c := exec.Command(exe, append([]string{"--store", store, "serve", "--listen", "127.0.0.1:0", "--log-level", "info"}, args...)...)
	errs, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	s := &served{}
	lines, log := bufio.NewScanner(errs), ""
	for s.url == "" && lines.Scan() {
		if m := regexp.MustCompile(`msg=serving url=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			s.url = strings.Replace(m[1], "127.0.0.1", "localhost", 1)
		}
		log += lines.Text() + "\n"
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "panic") {
				t.Error(lines.Text())
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		<-drained
		if err := c.Wait(); err != nil {
			t.Errorf("serve ends with %v", err)
		}
	})
	if s.url == "" {
		t.Fatalf("serve did not begin:\n%s", log)
	}
	return s
}

// TestServedConformance runs the suites against the program. What it fails is in
// the baselines, which say why.
func TestServedConformance(t *testing.T) {
	npm(t)
	exe := program(t)
	for _, args := range [][]string{{"--spec-version", "2025-11-25"}, {"--requirements", "2026-07-28"}} {
		t.Run(args[1], func(t *testing.T) {
			t.Parallel()
			s := serveProgram(t, exe, t.TempDir())
			baseline, err := filepath.Abs("../testdata/mcp/conformance-" + args[1] + ".yml")
			if err != nil {
				t.Fatal(err)
			}
			out, code, passed, _ := conformance(t, "conformance-next", s.url, append(args, "--expected-failures", baseline)...)
			if code != 0 || passed < 40 || !strings.Contains(out, "Baseline check passed") {
				t.Errorf("exit code %d, %d checks passed\n%s", code, passed, out)
			}
		})
	}
}

// TestServedClients: the inspector and the TypeScript SDK come with a key.
func TestServedClients(t *testing.T) {
	dir := npm(t)
	exe, store := program(t), t.TempDir()
	out, err := exec.Command(exe, "--store", store, "keys", "create", "test", "--user", "ann", "--scope", "write", "--json").Output()
	var made struct{ Key string }
	if err != nil || json.Unmarshal(out, &made) != nil || made.Key == "" {
		t.Fatalf("keys create: %v\n%s", err, out)
	}
	s := serveProgram(t, exe, store, "--keys", "--allow-dir", filepath.Dir(captureFile(t, "web-day.pcap")))
	t.Run("TypeScript", func(t *testing.T) {
		script, err := filepath.Abs("../testdata/mcp/client.cjs")
		if err != nil {
			t.Fatal(err)
		}
		out, errs, code := runNode(t, dir, t.TempDir(), script, s.url, captureFile(t, "web-day.pcap"), made.Key)
		if code != 0 || !strings.Contains(out, "passed") {
			t.Errorf("exit code %d\n%s\n%s", code, out, errs)
		}
		_, _, code = runNode(t, dir, t.TempDir(), script, s.url, captureFile(t, "web-day.pcap"), made.Key+"x")
		if code == 0 {
			t.Error("a wrong key opens")
		}
	})
	inspect := func(t *testing.T, args ...string) string {
		t.Helper()
		out, errs, code := runNode(t, dir, t.TempDir(), append([]string{
			filepath.Join(dir, "clients/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
			"--cli", "--server-url", s.url, "--transport", "http", "--header", "Authorization: Bearer " + made.Key, "--format", "json", "-q",
		}, args...)...)
		if code != 0 {
			t.Fatalf("%v: exit code %d\n%.2000s\n%.2000s", args, code, out, errs)
		}
		return out
	}
	for _, era := range []string{"legacy", "modern"} {
		t.Run(era, func(t *testing.T) { inspect(t, "--protocol-era", era, "--method", "tools/list", "--strict") })
	}
	t.Run("load", func(t *testing.T) {
		out := inspect(t, "--protocol-era", "modern", "--method", "tools/call", "--tool-name", "list_captures", "--load", "--load-requests", "300", "--load-concurrency", "8")
		var load struct {
			Result struct{ Requests, OK, ToolErrors, Errors int }
		}
		if err := json.Unmarshal([]byte(out), &load); err != nil || load.Result.OK != 300 || load.Result.Errors+load.Result.ToolErrors != 0 {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// TestServedKeys: the program demands keys where others than its own user can come
// in, and says how to make one; a key that is revoked by another process is
// refused from then on.
func TestServedKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program; not with -short")
	}
	exe, store := program(t), t.TempDir()
	run := func(args ...string) (string, int) {
		c := exec.Command(exe, append([]string{"--store", store}, args...)...)
		out, _ := c.CombinedOutput()
		return string(out), c.ProcessState.ExitCode()
	}
	for _, args := range [][]string{{"--listen", "0.0.0.0:0"}, {"--keys"}, {"--public-url", "https://x.example"}} {
		if out, code := run(append([]string{"serve"}, args...)...); code != 2 || !strings.Contains(out, "pcapidx keys create") {
			t.Errorf("%q without keys: exit code %d, %s", args, code, out)
		}
	}
	out, _ := run("keys", "create", "test", "--user", "ann", "--json")
	var made struct{ Key, ID string }
	if err := json.Unmarshal([]byte(out[strings.Index(out, "{"):]), &made); err != nil {
		t.Fatal(err, out)
	}
	s := serveProgram(t, exe, store, "--keys")
	status := func() int {
		r, _ := http.NewRequest("POST", s.url, strings.NewReader(initialize))
		r.Header = http.Header{"Authorization": {"Bearer " + made.Key}, "Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if got := status(); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	if out, _ := run("keys", "list"); !strings.Contains(out, made.ID) || strings.Contains(out, made.Key) || strings.Count(out, time.Now().UTC().Format("2006-01-02")) < 2 {
		t.Errorf("keys list does not tell the last use, or tells the key: %s", out)
	}
	if out, code := run("keys", "revoke", made.ID); code != 0 || !strings.Contains(out, "revoked") {
		t.Errorf("exit code %d, %s", code, out)
	}
	if got := status(); got != http.StatusUnauthorized {
		t.Errorf("a revoked key: status %d", got)
	}
	if err := os.WriteFile(filepath.Join(store, "keys", "pepper"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := status(); got != http.StatusInternalServerError {
		t.Errorf("keys that cannot be read: status %d", got)
	}
}
