// Command bench measures pcapidx beside what a user would run instead, on the
// same capture files, in the same run: cat (reading alone), capinfos (one pass
// with hashes), tshark's TCP conversations (one pass with dissection).
//
//	go run ./cmd/bench [-runs 3] FILE...
//	go run ./cmd/bench -flood 4000000 -o flood.pcap     writes a capture of random SYNs
//
// Each program runs -runs times, in turn; the median wall time is compared. For
// pcapidx the peak resident memory and the size of the store are shown too, how
// long cold commands take, and display filters and searches over the index, in this
// process, beside tshark -Y and ngrep on the file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	runs := flag.Int("runs", 3, "how often each program runs")
	flood := flag.Int("flood", 0, "write a capture of this many SYNs from random sources instead")
	out := flag.String("o", "", "file that -flood writes")
	noTshark := flag.Bool("no-tshark", false, "leave tshark out (it is slow)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *runs, *flood, *out, *noTshark, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, runs, flood int, out string, noTshark bool, files []string) error {
	if flood > 0 {
		return writeFlood(out, flood)
	}
	if len(files) == 0 {
		return fmt.Errorf("no capture files: name some, or write one with -flood")
	}
	scratch, err := os.MkdirTemp("", "pcapidx-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	b := &bench{ctx: ctx, runs: runs, bin: filepath.Join(scratch, "pcapidx"), store: filepath.Join(scratch, "store"), tshark: !noTshark}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.bin, "./cmd/pcapidx")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build pcapidx: %w", err)
	}
	fmt.Printf("%s, %d CPUs, %s\n", cpuName(), runtime.NumCPU(), runtime.Version())
	for _, f := range files {
		if err := b.file(f); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	return nil
}

// cpuName is the processor as Linux names it.
func cpuName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return runtime.GOARCH
}

type bench struct {
	ctx    context.Context
	runs   int
	bin    string
	store  string
	tshark bool
}

// rival is a program that reads the same file.
type rival struct {
	name string
	args []string
}

func (b *bench) rivals(file string) []rival {
	all := []rival{{"cat", []string{"cat", file}}, {"capinfos", []string{"capinfos", file}}}
	if b.tshark {
		all = append(all, rival{"tshark -q -z conv,tcp", []string{"tshark", "-n", "-q", "-z", "conv,tcp", "-r", file}})
	}
	return slices.DeleteFunc(all, func(r rival) bool {
		_, err := exec.LookPath(r.args[0])
		if err != nil {
			fmt.Printf("  %s is not installed, left out\n", r.args[0])
		}
		return err != nil
	})
}

// file measures everything on one capture.
func (b *bench) file(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s, %.1f MB\n", filepath.Base(file), float64(info.Size())/1e6)
	rivals := b.rivals(file)
	times := make([][]time.Duration, len(rivals)+1)
	var peak int64
	for range b.runs {
		for i, r := range rivals {
			t, _, err := b.time(r.args...)
			if err != nil {
				return err
			}
			times[i] = append(times[i], t)
		}
		if err := os.RemoveAll(b.store); err != nil {
			return err
		}
		t, rss, err := b.time(b.bin, "ingest", file, "--json", "--store", b.store)
		if err != nil {
			return err
		}
		times[len(rivals)], peak = append(times[len(rivals)], t), max(peak, rss)
	}
	ours := median(times[len(rivals)])
	fmt.Printf("  %-24s %8.2f s  %7.0f MB/s  peak memory %d MB\n", "pcapidx ingest", ours.Seconds(), float64(info.Size())/1e6/ours.Seconds(), peak/1000)
	for i, r := range rivals {
		t := median(times[i])
		fmt.Printf("  %-24s %8.2f s   pcapidx takes %.2f of it\n", r.name, t.Seconds(), ours.Seconds()/t.Seconds())
	}
	size, err := folderSize(b.store)
	if err != nil {
		return err
	}
	fmt.Printf("  %-24s %8.1f MB  %.3f of the capture\n", "store", float64(size)/1e6, float64(size)/float64(info.Size()))
	if err := b.commands(filepath.Base(file)); err != nil {
		return err
	}
	if err := b.filters(file, filepath.Base(file)); err != nil {
		return err
	}
	return b.searches(file, filepath.Base(file))
}

// commands times cold commands: a new process for each.
func (b *bench) commands(name string) error {
	for _, args := range [][]string{
		{"info", name},
		{"connections", name, "--sort", "bytes", "--limit", "100"},
		{"connections", name, "--sort", "start", "--limit", "100"},
		{"connections", name, "--port", "443", "--limit", "100"},
	} {
		var times []time.Duration
		for range 20 {
			t, _, err := b.time(append(append([]string{b.bin}, args...), "--json", "--store", b.store)...)
			if err != nil {
				return err
			}
			times = append(times, t)
		}
		fmt.Printf("  %-44s %6.1f ms cold (median of 20)\n", strings.Join(slices.DeleteFunc(args, func(s string) bool { return s == name }), " "), float64(median(times).Microseconds())/1e3)
	}
	return nil
}

// time runs a program with its output thrown away, and gives the wall time and
// the peak resident set in kB.
func (b *bench) time(args ...string) (time.Duration, int64, error) {
	c := exec.CommandContext(b.ctx, args[0], args[1:]...)
	start := time.Now()
	err := c.Run()
	wall := time.Since(start)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 && args[0] == "ngrep" { // nothing found
		err = nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return wall, 0, nil
	}
	return wall, usage.Maxrss, nil
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func folderSize(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
