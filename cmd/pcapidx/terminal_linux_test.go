package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pcapidx/query"
)

// openTerminal gives the two ends of a pseudo-terminal.
func openTerminal(t *testing.T) (outside, terminal *os.File) {
	t.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("SKIPPED: no pseudo-terminals here (%v), what a terminal shows was not tested", err)
	}
	t.Cleanup(func() { outside.Close() })
	if err := unix.IoctlSetPointerInt(int(outside.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(outside.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("SKIPPED: pseudo-terminal %d cannot be opened (%v), what a terminal shows was not tested", number, err)
	}
	t.Cleanup(func() { terminal.Close() })
	return outside, terminal
}

// onTerminal runs a command line with a terminal for both its outputs, and
// gives what the terminal got.
func onTerminal(t *testing.T, args ...string) string {
	t.Helper()
	outside, terminal := openTerminal(t)
	got := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = b.ReadFrom(outside) // ends with an error when the terminal is closed
		got <- b.String()
	}()
	if code := run(context.Background(), args, strings.NewReader(""), terminal, terminal); code != exitOK {
		t.Errorf("%v: exit code %d", args, code)
	}
	terminal.Close()
	return strings.ReplaceAll(<-got, "\r\n", "\n")
}

func TestTerminal(t *testing.T) {
	t.Setenv("PCAPIDX_STORE", t.TempDir())
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	const capture = "../../testdata/captures/tcp-ends.pcap"
	if got := onTerminal(t, "ingest", capture); !strings.Contains(got, "\x1b[1mCONN") {
		t.Errorf("ingest has no bold header:\n%s", got)
	}

	const page = `CONN  PROTO  CLIENT            SERVER              START                    DURATION  PACKETS >  PACKETS <  BYTES >  BYTES <      RTT  RESENT  STATE  HISTORY   APP  HOST
`
	got := onTerminal(t, "connections", "tcp-ends.pcap", "--limit", "2")
	header, rest, _ := strings.Cut(got, "\n")
	if header != "\x1b[1m"+strings.TrimSuffix(page, "\n")+"\x1b[0m" {
		t.Errorf("header is %q", header)
	}
	if !strings.Contains(rest, "2 of 10 connections; the next page: --cursor ") {
		t.Errorf("the page does not tell of the next:\n%s", rest)
	}
	if n := strings.Count(rest, "\n"); n != 3 {
		t.Errorf("%d lines below the header, want 3:\n%s", n, rest)
	}

	for name, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if got := onTerminal(t, "connections", "tcp-ends.pcap"); strings.Contains(got, "\x1b") || !strings.HasPrefix(got, page) {
				t.Errorf("escapes or another layout with %s=%s:\n%s", name, value, got)
			}
		})
	}
	got = onTerminal(t, "traffic", "tcp-ends.pcap")
	for _, want := range []string{"HALF OPEN  PACKETS >", "\nall "} {
		if !strings.Contains(got, want) {
			t.Errorf("traffic lacks %q:\n%s", want, got)
		}
	}
	if got := onTerminal(t, "captures"); !strings.Contains(got, "\x1b[1mCAPTURE") {
		t.Errorf("captures has no bold header:\n%s", got)
	}
}

// TestDiagnosesOnTerminal: reports for people, in lines that fit, with the words of
// severities in colour.
func TestDiagnosesOnTerminal(t *testing.T) {
	t.Setenv("PCAPIDX_STORE", t.TempDir())
	t.Setenv("NO_COLOR", "1")
	t.Setenv("TERM", "xterm")
	got := onTerminal(t, "ingest", "../../testdata/captures/web-day.pcap", "../../testdata/captures/tcp-windows.pcap", "../../testdata/captures/tunnels.pcap")
	for _, want := range []string{
		"\n      pcapidx diagnose 5f0a1dd4\n\nwhat went wrong\nerror  syn_unanswered, 1 connection: 15\nerror  refused, 1 connection: 13\n",
		"what went wrong\nwarn   window_full, 1 connection: 0\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("ingest lacks %q:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "what went wrong"); n != 2 {
		t.Errorf("%d captures of which something went wrong, want 2", n)
	}
	got = onTerminal(t, "diagnose", "web-day.pcap")
	for _, want := range []string{
		"web-day.pcap, 8 TCP connections\nThe capture is sound: ",
		"\n\nerror  syn_unanswered       1 connection: 15\n       The server never answered",
		"\nnote   high_retransmission  2 connections: 4, 9\n",
		"\nnext: pcapidx diagnose 5f0a1dd4 15\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("diagnose lacks %q:\n%s", want, got)
		}
	}
	report := onTerminal(t, "diagnose", "web-day.pcap", "9", "13")
	for _, want := range []string{
		"connection 9: tcp [2001:db8:1::10]:41198 > [2001:db8:2::80]:80, ", "\n\nTIME ", "\n\nSENT BY ", "\n\nREQUEST  RESPONSE ",
		"\n\nconnection 13: tcp ", "\nerror  refused, server, frames 196, 197\n",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("diagnose lacks %q:\n%s", want, report)
		}
	}
	for _, line := range strings.Split(got+report, "\n") {
		if len(line) > 100 && !strings.Contains(line, "  ") {
			t.Errorf("a line of %d: %s", len(line), line)
		}
	}
	t.Setenv("NO_COLOR", "")
	if got := onTerminal(t, "diagnose", "web-day.pcap"); !strings.Contains(got, "\x1b[31merror\x1b[0m  refused") {
		t.Errorf("no colour:\n%s", got)
	}
}

func TestWrapped(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a b": "a b", "aaa bbb cc": "aaa bbb|cc", "aaaaaaaaaaaa b": "aaaaaaaaaaaa|b", "äääääää b": "äääääää|b", "x aaaaaaaaaaaa": "x|aaaaaaaaaaaa",
	} {
		if got := strings.Join(wrapped(text, 8), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestProgressOnTerminal: the bar appears when the work takes long, and leaves
// an empty line.
func TestProgressOnTerminal(t *testing.T) {
	_, terminal := openTerminal(t)
	if report, _ := newProgress(terminal); report == nil {
		t.Error("a terminal gets no progress bar")
	}
	var b bytes.Buffer
	p := &progressBar{w: &b, start: time.Now()}
	p.draw(query.Progress{Bytes: 1, Total: 2, Frames: 1})
	p.clear()
	if b.Len() > 0 {
		t.Errorf("short work shows %q", b.String())
	}
	p.start = time.Now().Add(-time.Second)
	p.draw(query.Progress{Bytes: 1, Total: 2, Frames: 1})
	drawn := b.String()
	if !strings.HasPrefix(drawn, "\r[############............]  50%") {
		t.Errorf("long work shows %q", drawn)
	}
	p.draw(query.Progress{Bytes: 2, Total: 2, Frames: 2})
	if b.String() != drawn {
		t.Errorf("drawn twice at once: %q", b.String())
	}
	p.clear()
	blank := "\r" + strings.Repeat(" ", len(drawn)-1) + "\r"
	if b.String() != drawn+blank {
		t.Errorf("not cleared: %q", b.String())
	}
}
