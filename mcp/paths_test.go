//go:build unix

package mcp

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestPaths: on a server for others only regular files of the allowed folders are
// read, however the path is written.
func TestPaths(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	data := fileBytes(t, "any.pcap")
	for _, path := range []string{filepath.Join(in, "in.pcap"), filepath.Join(in, "..sub.pcap"), filepath.Join(out, "out.pcap")} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"out-link": filepath.Join(out, "out.pcap"), "dir-link": out, "up-link": "../" + filepath.Base(out) + "/out.pcap", "good-link": "in.pcap",
		"zero-link": "/dev/zero", "loop": "loop",
	} {
		if err := os.Symlink(to, filepath.Join(in, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(in, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := testConfig(t)
	config.Remote, config.ReadDirs = true, []string{in, "/dev"}
	c := connect(t, newServer(t, config), "", nil)
	for _, path := range []string{filepath.Join(in, "in.pcap"), "in.pcap", "./in.pcap", filepath.Join(in, "x", "..", "in.pcap"), "good-link", "..sub.pcap"} {
		c.ok("add_capture", map[string]any{"path": path})
	}
	for _, path := range []string{
		filepath.Join(out, "out.pcap"), "out-link", "up-link", "dir-link/out.pcap", "../" + filepath.Base(out) + "/out.pcap", filepath.Join(in, "..", filepath.Base(out), "out.pcap"),
		"loop", "none.pcap", "/etc/passwd", "~/x.pcap", "/proc/self/environ", "/proc/self/root" + filepath.Join(out, "out.pcap"), "in.pcap/x", "in.pcap\x00", "/dev/../etc/passwd", "/dev/fd/0/x",
	} {
		begin := time.Now()
		c.fails("add_capture", map[string]any{"path": path}, "may not be read, or is not there", "--allow-dir")
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("%s: took %s", path, took)
		}
	}
	for path, word := range map[string]string{"fifo": "no regular file", "/dev/zero": "no regular file", "zero-link": "not be read", ".": "folder", "/dev": "folder", in: "folder"} {
		c.fails("add_capture", map[string]any{"path": path}, word)
	}

	config.ReadDirs = nil
	s := newServer(t, config)
	if got := arguments(s, addTool); slices.Contains(got, "path") || !slices.Contains(got, "data_base64") {
		t.Errorf("without folders it takes %v", got)
	}
	connect(t, s, "", nil).fails("add_capture", map[string]any{"path": "/etc/passwd"}, "no argument")
	if _, err := s.openCapture(filepath.Join(in, "in.pcap")); err == nil {
		t.Error("without folders a file is opened")
	}
}
