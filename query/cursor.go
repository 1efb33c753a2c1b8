package query

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"slices"
)

// cursorText is what a cursor holds: where the page ended, and what must be the
// same to go on.
type cursorText struct {
	Shape   uint64   `json:"q"` // hash of the question
	Builds  []string `json:"b"`
	Value   uint64   `json:"v,string"`
	Capture int      `json:"c"`
	Number  uint32   `json:"n"`
}

func hashShape(shape string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(shape)) // never fails
	return h.Sum64()
}

func formatCursor(shape string, builds []string, last rowKey) string {
	b, err := json.Marshal(cursorText{Shape: hashShape(shape), Builds: builds, Value: last.value, Capture: last.capture, Number: last.number})
	if err != nil { // plain numbers and strings
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor gives the row that the page before ended with; nil without one.
func parseCursor(cursor, shape string, builds []string) (*rowKey, error) {
	if cursor == "" {
		return nil, nil
	}
	var c cursorText
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return nil, badRequest("use next_cursor of an answer, or begin without a cursor", "the cursor is no cursor")
	}
	if c.Shape != hashShape(shape) {
		return nil, badRequest("ask the same question with the same order, or begin without a cursor", "the cursor belongs to another question")
	}
	if !slices.Equal(c.Builds, builds) {
		return nil, &Error{Kind: Gone, Msg: "the cursor's captures were re-indexed or are others", Hint: "begin without a cursor"}
	}
	return &rowKey{value: c.Value, capture: c.Capture, number: c.Number}, nil
}
