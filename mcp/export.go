package mcp

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pcapidx/query"
)

const exportTool = "export_pcap"

type exportPcapArgs struct {
	one
	Filter   string `json:"filter,omitempty" jsonschema:"display filter: only packets that match"`
	Format   string `json:"format,omitempty" jsonschema:"container; without it that of the capture"`
	FileName string `json:"file_name,omitempty" jsonschema:"name of the file, without folder; letters, digits, . _ -"`
}

type exportPcapOut struct {
	File string `json:"file"` // where it was written
	query.ExportAnswer
	outcome
}

func exportPcap() *tool {
	t := define(tool{
		name: exportTool, title: "Write packets to a file", set: "export", writes: true,
		description: "Write a capture, or its packets that match a filter, to a pcap or pcapng file in the server's export folder, and say where. " +
			"Without filter and format it is the file that was indexed, decompressed, byte for byte. A file that is there already is not replaced.",
	}, func(c *call, in *exportPcapArgs) (*exportPcapOut, error) {
		info, err := c.engine.Info(c.ctx, query.InfoRequest{Capture: in.Capture})
		if err != nil {
			return nil, err
		}
		name := in.FileName
		if name == "" {
			if name = info.Capture; in.Filter != "" {
				name += "-part"
			}
		}
		format := in.Format
		if format == "" {
			format = info.FileType
		}
		if name, err = exportName(name, format); err != nil {
			return nil, err
		}
		out := &exportPcapOut{outcome: outcome{Notice: notice}}
		q := query.ExportRequest{Capture: info.Capture, Filter: in.Filter, Format: in.Format}
		out.File, err = writeExport(filepath.Join(c.server.config.ExportDir, c.user), name, func(f *os.File) error {
			a, err := c.engine.Export(c.ctx, q, f)
			if err == nil {
				out.ExportAnswer = *a
			}
			return err
		})
		return out, err
	})
	t.input.Properties["format"].Enum = []any{"pcapng", "pcap"}
	return t
}

// exportName is a plain file name: nothing that leaves the folder, hides, or
// means something to a system.
func exportName(name, format string) (string, error) {
	if format != "pcap" && format != "pcapng" {
		format = "pcap"
	}
	if ext := strings.ToLower(filepath.Ext(name)); ext != ".pcap" && ext != ".pcapng" {
		name += "." + format
	}
	bad := strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	})
	if bad || len(name) > 100 || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || !filepath.IsLocal(name) {
		return "", &query.Error{Kind: query.BadRequest, Msg: "file_name " + quoted(name) + " cannot be used", Hint: "give up to 90 letters, digits, dots, _ and -, no folder"}
	}
	return name, nil
}

// writeExport writes a new file in a folder, each user's own: under a temporary name,
// which becomes the name when the file is complete.
func writeExport(dir, name string, write func(*os.File) error) (path string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := root.Close(); err == nil {
			err = cerr
		}
	}()
	exists := &query.Error{Kind: query.BadRequest, Msg: "there is a file of this name already", Hint: "choose another file_name"}
	if _, err := root.Lstat(name); err == nil {
		return "", exists
	}
	part := "." + name + "." + rand.Text()[:8]
	f, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	err = write(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		if err = root.Link(part, name); errors.Is(err, fs.ErrExist) {
			err = exists
		}
	}
	if rerr := root.Remove(part); err == nil {
		err = rerr
	}
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, name), nil
}
