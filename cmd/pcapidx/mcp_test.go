package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// session is a client of `pcapidx mcp` that speaks plain lines, so that nothing
// on standard output goes unseen.
type session struct {
	t     *testing.T
	in    io.WriteCloser
	lines *bufio.Scanner
	next  int
}

// serve starts the command in this process.
func serve(t *testing.T, args ...string) *session {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		ended <- run(context.Background(), append([]string{"mcp"}, args...), inR, outW, &stderr)
		outW.Close()
	}()
	s := newSession(t, inW, outR)
	t.Cleanup(func() {
		inW.Close()
		for s.lines.Scan() {
			t.Errorf("a line too many: %s", s.lines.Bytes())
		}
		if code := <-ended; code != exitOK || stderr.Len() > 0 {
			t.Errorf("exit code %d, stderr %s", code, stderr.String())
		}
	})
	return s
}

func newSession(t *testing.T, in io.WriteCloser, out io.Reader) *session {
	s := &session{t: t, in: in, lines: bufio.NewScanner(out)}
	s.lines.Buffer(nil, 1<<24)
	s.ask("initialize", map[string]any{
		"protocolVersion": "2025-11-25", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "test", "version": "1"},
	})
	s.send(map[string]any{"jsonrpc": "2.0", "method": "notifications/initialized"})
	return s
}

func (s *session) send(message map[string]any) {
	s.t.Helper()
	b, err := json.Marshal(message)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.in.Write(append(b, '\n')); err != nil {
		s.t.Fatal(err)
	}
}

// ask sends a request and reads its answer; every line on the way must be
// JSON-RPC.
func (s *session) ask(method string, params map[string]any) map[string]any {
	s.t.Helper()
	s.next++
	s.send(map[string]any{"jsonrpc": "2.0", "id": s.next, "method": method, "params": params})
	for s.lines.Scan() {
		var m struct {
			JSONRPC string         `json:"jsonrpc"`
			ID      int            `json:"id"`
			Method  string         `json:"method"`
			Result  map[string]any `json:"result"`
			Error   any            `json:"error"`
		}
		d := json.NewDecoder(bytes.NewReader(s.lines.Bytes()))
		d.UseNumber()
		if err := d.Decode(&m); err != nil || m.JSONRPC != "2.0" || d.More() {
			s.t.Fatalf("standard output holds %q: %v", s.lines.Text(), err)
		}
		if m.Method != "" {
			continue
		}
		if m.Error != nil || m.ID != s.next {
			s.t.Fatalf("%s: %s", method, s.lines.Text())
		}
		return m.Result
	}
	s.t.Fatalf("%s: no answer: %v", method, s.lines.Err())
	return nil
}

// call uses a tool and gives its structured content.
func (s *session) call(tool string, args map[string]any) map[string]any {
	s.t.Helper()
	r := s.ask("tools/call", map[string]any{"name": tool, "arguments": args})
	if r["isError"] == true {
		s.t.Fatalf("%s %v: %v", tool, args, r["content"])
	}
	m, _ := r["structuredContent"].(map[string]any)
	return m
}

// TestMCPStdio: the program as a host starts it. Standard output carries the
// protocol and nothing else, whatever is asked; it ends when its input does.
func TestMCPStdio(t *testing.T) {
	store := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(exe, "-test.run=^TestMCPChild$")
	program.Env = append(os.Environ(), "PCAPIDX_STORE="+store, "PCAPIDX_TEST_MCP=1")
	var stderr bytes.Buffer
	program.Stderr = &stderr
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	s := newSession(t, in, out)
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"web-day.pcap", "hostile-names.pcapng", "cut-packet.pcap", "not-a-capture.bin"} {
		s.ask("tools/call", map[string]any{
			"name": "add_capture", "arguments": map[string]any{"path": dir + "/../../testdata/captures/" + file},
			"_meta": map[string]any{"progressToken": file},
		})
	}
	if got := len(s.call("list_captures", nil)["rows"].([]any)); got != 3 {
		t.Errorf("%d captures", got)
	}
	for _, args := range []map[string]any{{}, {"filter": "nope"}, {"filter": "tcp", "limit": "x"}, {"captures": "hostile-names.pcapng"}} {
		s.ask("tools/call", map[string]any{"name": "search_packets", "arguments": args})
	}
	s.ask("resources/list", nil)
	s.ask("prompts/list", nil)
	in.Close()
	for s.lines.Scan() {
		t.Errorf("a line too many: %s", s.lines.Text())
	}
	if err := program.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("%v, stderr %s", err, stderr.String())
	}
}

// TestMCPChild is the program that TestMCPStdio and TestMCPSignal start.
func TestMCPChild(t *testing.T) {
	if os.Getenv("PCAPIDX_TEST_MCP") == "" {
		return
	}
	os.Args = []string{"pcapidx", "mcp", "--log-level", "error"}
	main()
}

// TestMCPSignal: a host that ends the program waits for nothing.
func TestMCPSignal(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(exe, "-test.run=^TestMCPChild$")
	program.Env = append(os.Environ(), "PCAPIDX_STORE="+t.TempDir(), "PCAPIDX_TEST_MCP=1")
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	newSession(t, in, out).call("list_captures", nil)
	begin := time.Now()
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait()
	if code := program.ProcessState.ExitCode(); code != exitInterrupted || time.Since(begin) > 5*time.Second {
		t.Errorf("exit code %d after %s", code, time.Since(begin))
	}
}

// TestMCPUsage: what cannot be meant is refused before anything is served.
func TestMCPUsage(t *testing.T) {
	for _, args := range [][]string{{"mcp", "--toolsets", "nope"}, {"mcp", "--log-level", "loud"}, {"mcp", "extra"}} {
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &stdout, &stderr); code != exitBadRequest || stdout.Len() > 0 {
			t.Errorf("%v: exit code %d, %q", args, code, stdout.String())
		}
	}
}

// TestMCPModules: the flags that mcpcap has mean its tools.
func TestMCPModules(t *testing.T) {
	t.Setenv("PCAPIDX_STORE", t.TempDir())
	s := serve(t, "--modules", "dns,icmp", "--max-packets", "3")
	var names []string
	for _, tool := range s.ask("tools/list", map[string]any{})["tools"].([]any) {
		names = append(names, tool.(map[string]any)["name"].(string))
	}
	if got := strings.Join(names, " "); got != "analyze_dns_packets analyze_icmp_packets" {
		t.Errorf("offered %s", got)
	}
	file, err := filepath.Abs("../../testdata/captures/web-day.pcap")
	if err != nil {
		t.Fatal(err)
	}
	m := s.call("analyze_dns_packets", map[string]any{"pcap_file": file})
	if fmt.Sprint(m["dns_packets_found"], " ", m["dns_packets_analyzed"]) != "28 3" || !strings.Contains(fmt.Sprint(m["note"]), "limited to first 3") {
		t.Errorf("%v", m)
	}
	for _, args := range [][]string{{"--max-packets", "-1"}, {"--max-packets", "0"}, {"--max-packets", "x"}, {"--modules", "dns,foo"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), append([]string{"mcp"}, args...), strings.NewReader(""), &out, &errs); code != exitBadRequest || out.Len() > 0 ||
			!strings.Contains(errs.String(), "max_packets must be a positive integer") && !strings.Contains(errs.String(), `unknown module "foo"`) {
			t.Errorf("%v: exit code %d, %s", args, code, errs.String())
		}
	}
}
