package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this program under its name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"pcapidx": func() {
			os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// TestScripts runs testdata/script: each script in a folder of its own, with
// the test captures in $CAPTURES, its store in $PCAPIDX_STORE, the escape
// character in $ESC, and the commands of scriptCommands beside testscript's.
func TestScripts(t *testing.T) {
	captures, err := filepath.Abs("../../testdata/captures")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands(),
		Setup: func(e *testscript.Env) error {
			e.Setenv("CAPTURES", captures)
			e.Setenv("GORACE", "atexit_sleep_ms=20") // with -race each of hundreds of processes would wait a second
			e.Setenv("ESC", "\x1b")
			e.Setenv("PCAPIDX_STORE", filepath.Join(e.WorkDir, "store"))
			return nil
		},
	})
}
