package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// textSumsFile stands beside the text folder and holds the number of documents
// and the sums of its files, as index.sum has those of index.db. It is written
// last: a build without it has no text index.
const textSumsFile = "text.sum"

type textSums struct {
	Documents uint64     `json:"documents"`
	Files     []fileSums `json:"files"` // by name
}

type fileSums struct {
	Name string `json:"name"`
	sums
}

// computeTextSums reads the files of the text folder in dir.
func computeTextSums(dir string) (files []fileSums, err error) {
	folder := filepath.Join(dir, textFolder)
	entries, err := os.ReadDir(folder) // by name
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		s, err := computeSums(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, fileSums{e.Name(), *s})
	}
	return files, nil
}

// writeTextSums writes textSumsFile for the text folder in dir and syncs it.
func writeTextSums(dir string, documents uint64) error {
	files, err := computeTextSums(dir)
	if err != nil {
		return fmt.Errorf("sum text index: %w", err)
	}
	return writeJSON(filepath.Join(dir, textSumsFile), textSums{documents, files})
}

// parseTextSums reads what writeTextSums wrote; ok is false if b is something else.
func parseTextSums(b []byte) (sums textSums, ok bool) {
	err := json.Unmarshal(b, &sums)
	return sums, err == nil
}

// verifyTextSums compares the text folder in dir with textSumsFile and describes
// every difference; with known set it looks only whether there is one. The error
// is fs.ErrNotExist if there is no text index.
func verifyTextSums(dir string, known bool) (problems []string, err error) {
	b, err := os.ReadFile(filepath.Join(dir, textSumsFile))
	if err != nil || known {
		return nil, err
	}
	want, ok := parseTextSums(b)
	if !ok {
		return []string{textSumsFile + " is damaged"}, nil
	}
	have, err := computeTextSums(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return []string{"the folder text is missing"}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check text index: %w", err)
	}
	byName := map[string]*fileSums{}
	for i := range have {
		byName[have[i].Name] = &have[i]
	}
	for i := range want.Files {
		name := want.Files[i].Name
		if f := byName[name]; f == nil {
			problems = append(problems, fmt.Sprintf("text/%s is missing", name))
		} else {
			problems = append(problems, compareSums("text/"+name, &f.sums, &want.Files[i].sums)...)
		}
	}
	return problems, nil
}
