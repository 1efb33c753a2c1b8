package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// serverJSON is what the registry of MCP servers reads, as far as it is used here
// (schema 2025-12-11).
type serverJSON struct {
	Schema      string `json:"$schema"`
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Version     string `json:"version"`
	Repository  struct {
		URL    string `json:"url"`
		Source string `json:"source"`
	} `json:"repository"`
	Packages []struct {
		RegistryType     string            `json:"registryType"`
		Identifier       string            `json:"identifier"`
		RuntimeHint      string            `json:"runtimeHint"`
		RuntimeArguments []serverInput     `json:"runtimeArguments"`
		PackageArguments []serverInput     `json:"packageArguments"`
		Transport        map[string]string `json:"transport"`
	} `json:"packages"`
	Remotes []struct {
		Type      string                 `json:"type"`
		URL       string                 `json:"url"`
		Variables map[string]serverInput `json:"variables"`
		Headers   []serverInput          `json:"headers"`
	} `json:"remotes"`
}

type serverInput struct {
	Type        string                 `json:"type"`
	Name        string                 `json:"name"`
	Value       string                 `json:"value"`
	Description string                 `json:"description"`
	Format      string                 `json:"format"`
	Placeholder string                 `json:"placeholder"`
	IsRequired  bool                   `json:"isRequired"`
	IsSecret    bool                   `json:"isSecret"`
	Variables   map[string]serverInput `json:"variables"`
}

func packaged(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readServerJSON(t *testing.T) (s serverJSON) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(packaged(t, "mcp/packaging/server.json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestServerJSON checks what the schema asks for: it is nowhere to be had offline.
func TestServerJSON(t *testing.T) {
	s := readServerJSON(t)
	if s.Schema != "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json" ||
		!regexp.MustCompile(`^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$`).MatchString(s.Name) || len(s.Description) > 100 || s.Description == "" ||
		!regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(s.Version) || len(s.Packages) != 1 || len(s.Remotes) != 1 {
		t.Errorf("%+v", s)
	}
	p := s.Packages[0]
	if p.RegistryType != "oci" || p.Transport["type"] != "stdio" || p.RuntimeHint == "" {
		t.Errorf("%+v", p)
	}
	all := slices.Concat(p.RuntimeArguments, p.PackageArguments, s.Remotes[0].Headers)
	for _, a := range all {
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(a.Value, -1) {
			if v, ok := a.Variables[m[1]]; !ok || !v.IsRequired || v.Description == "" {
				t.Errorf("%s: variable %s: %+v", a.Name, m[1], v)
			}
		}
		if a.Type == "named" && !strings.HasPrefix(a.Name, "--") || a.Value == "" {
			t.Errorf("%+v", a)
		}
	}
	if !s.Remotes[0].Headers[0].Variables["key"].IsSecret || s.Remotes[0].Variables["host"].Description == "" {
		t.Errorf("%+v", s.Remotes[0])
	}
}

// TestPackaging: one version everywhere, and the commands that packages start are
// commands of this program with flags that it has.
func TestPackaging(t *testing.T) {
	s := readServerJSON(t)
	var manifest struct {
		Version string `json:"version"`
		Server  struct {
			Config struct {
				Args      []string `json:"args"`
				Overrides map[string]struct {
					Args []string `json:"args"`
				} `json:"platform_overrides"`
			} `json:"mcp_config"`
		} `json:"server"`
		UserConfig map[string]any `json:"user_config"`
	}
	if err := json.Unmarshal(packaged(t, "mcp/packaging/bundle/manifest.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	image := regexp.MustCompile(`image: (\S+)`).FindStringSubmatch(string(packaged(t, "mcp/packaging/compose.yaml")))[1]
	if manifest.Version != s.Version || s.Packages[0].Identifier != image || !strings.HasSuffix(image, ":"+s.Version) {
		t.Errorf("versions: manifest %s, server.json %s and %s, compose %s", manifest.Version, s.Version, s.Packages[0].Identifier, image)
	}
	docker := string(packaged(t, "Dockerfile"))
	if !strings.Contains(docker, `io.modelcontextprotocol.server.name="`+s.Name+`"`) {
		t.Errorf("the Dockerfile does not say that the image is %s", s.Name)
	}
	commands := [][]string{manifest.Server.Config.Args[1:], manifest.Server.Config.Overrides["win32"].Args, {}}
	for _, a := range s.Packages[0].PackageArguments {
		commands[2] = append(commands[2], strings.TrimPrefix(a.Name+"="+a.Value, "="))
	}
	for _, file := range []string{docker, string(packaged(t, "mcp/packaging/compose.yaml"))} {
		words := regexp.MustCompile(`(?m)^(?:CMD|    command:) (\[.*\])$`).FindStringSubmatch(file)
		var args []string
		if words == nil || json.Unmarshal([]byte(words[1]), &args) != nil {
			t.Fatalf("no command in\n%s", file)
		}
		commands = append(commands, args)
	}
	for _, args := range commands {
		for i, a := range args { // what the host puts in
			for name := range manifest.UserConfig {
				a = strings.ReplaceAll(a, "${user_config."+name+"}", "true")
			}
			args[i] = a
		}
		cmd, rest, err := (&app{}).root().Find(args)
		if err != nil {
			t.Errorf("%q: %v", args, err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil || len(cmd.Flags().Args()) > 0 {
			t.Errorf("%q: %v, left over %q", args, err, cmd.Flags().Args())
		}
	}
}
