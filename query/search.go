package query

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/query/needle"
)

// SearchRequest asks where something occurs in the payload of TCP and UDP.
type SearchRequest struct {
	Captures []string `json:"captures,omitempty" jsonschema:"names, ids or id prefixes"`
	All      bool     `json:"all,omitempty" jsonschema:"all captures of the store, newest first"`
	Needle   string   `json:"needle" jsonschema:"what to look for"`
	// Mode says how Needle is meant; empty is substring.
	Mode string `json:"mode,omitempty" jsonschema:"substring (default), words, phrase, fuzzy, regex or hex"`
	// MaxEdits are the bytes that may be inserted, left out or changed in mode fuzzy,
	// 1 to 3; 0 is 1. In the modes words and phrase it is characters of each word, 0
	// to 2.
	MaxEdits int `json:"max_edits,omitempty" jsonschema:"fuzzy: most bytes that may differ (1 to 3); words and phrase: most characters of a word (0 to 2)"`
	// In is where to look: raw (what TCP and UDP carried, the default), decoded
	// (what application protocols make of it), or both.
	In            string   `json:"in,omitempty" jsonschema:"raw (default), decoded or both"`
	CaseSensitive bool     `json:"case_sensitive,omitempty" jsonschema:"letters must have the same case"`
	Encodings     []string `json:"encodings,omitempty" jsonschema:"look for these encodings too: utf16le, utf16be, percent, base64"`
	Filter        string   `json:"filter,omitempty" jsonschema:"Wireshark display filter: only the packets that match are searched"`
	Context       int      `json:"context,omitempty" jsonschema:"bytes to show before and behind a match"`
	// Redact shows asterisks for what looks like a secret, in matches too.
	Redact  bool `json:"redact,omitempty" jsonschema:"hide passwords, cookies and tokens"`
	Explain bool `json:"explain,omitempty" jsonschema:"add how the answer was found"`
	Page
}

// SearchRow is one match. Rows come by the frame in which the match is complete; in
// the modes words and phrase by distance, and by weight.
type SearchRow struct {
	Capture    string   `json:"capture"`
	Frame      uint32   `json:"frame"`                // in which it begins
	Frames     []uint32 `json:"frames"`               // that hold a part of it, in the order of the bytes
	Connection *uint32  `json:"connection,omitempty"` // none: the frame is in more connections than are kept
	Protocol   string   `json:"protocol"`
	Direction  string   `json:"direction,omitempty"` // who sent it: client or server
	Offset     uint32   `json:"offset"`              // in the payload of Frame
	// StreamOffset is where it begins in the stream of its direction (TCP, of the
	// innermost header). It counts from the SYN, or from the first packet seen,
	// modulo 2^32.
	StreamOffset *uint32 `json:"stream_offset,omitempty"`
	Length       uint32  `json:"length"`
	// Where is raw: as TCP or UDP carried it; or, decoded, the field of a message or
	// its body, as in "http body". Offset then counts in that text.
	Where    string `json:"where"`
	Encoding string `json:"encoding,omitempty"` // in which it was found, if not as written
	Distance int    `json:"distance"`           // edits between needle and match
	Match    string `json:"match"`              // at most 256 bytes of it; hexadecimal in mode hex
	Context  string `json:"context,omitempty"`  // with what stands before and behind
}

// SearchCount says how many of the rows a connection has.
type SearchCount struct {
	Capture    string `json:"capture"`
	Connection uint32 `json:"connection"`
	Protocol   string `json:"protocol"`
	Client     string `json:"client"`
	Server     string `json:"server"`
	Matches    int    `json:"matches"`
}

// UnreadableCapture is one that could not be searched to its end.
type UnreadableCapture struct {
	Capture string `json:"capture"`
	Error   string `json:"error"`
}

// SearchAnswer is a page of matches, capture after capture. A page that is full
// ends the search: Total is then a lower bound.
type SearchAnswer struct {
	Captures []string    `json:"captures"` // ids asked, in the order in which they are searched
	Rows     []SearchRow `json:"rows"`
	// Connections are those of the rows, most matches first; at most 1000.
	Connections []SearchCount       `json:"connections"`
	Unreadable  []UnreadableCapture `json:"unreadable,omitempty"`
	Plans       []SearchPlan        `json:"plans,omitempty"` // with Explain, one for each capture searched
	Paged
}

// Bounds of requests and answers.
const (
	maxNeedle      = needle.MaxText // bytes
	maxContext     = 1 << 10
	maxMatchShown  = 256
	maxSearchConns = 1000
)

// Modes of a search.
const (
	modeSubstring = "substring"
	modeWords     = "words"
	modePhrase    = "phrase"
	modeFuzzy     = "fuzzy"
	modeRegex     = "regex"
	modeHex       = "hex"
)

// SearchModes names the modes, the default first.
func SearchModes() []string {
	return []string{modeSubstring, modeWords, modePhrase, modeFuzzy, modeRegex, modeHex}
}

// SearchPlaces names what can be searched, the default first.
func SearchPlaces() []string { return []string{"raw", "decoded", "both"} }

// Search gives a page of matches.
func (e *Engine) Search(ctx context.Context, q SearchRequest) (*SearchAnswer, error) {
	rows := []SearchRow{}
	a, err := e.SearchTo(ctx, q, func(r *SearchRow) error {
		rows = append(rows, *r)
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	a.Rows = rows
	return a, nil
}

// SearchTo hands the rows to a function as they are found, and gives the answer
// without them: however many there are, few are held. progress may be nil.
func (e *Engine) SearchTo(ctx context.Context, q SearchRequest, give func(*SearchRow) error, progress func(Progress)) (*SearchAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	f, err := parseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	n, err := q.compile()
	if err != nil {
		return nil, err
	}
	entries, err := e.searched(q.Captures, q.All)
	if err != nil {
		return nil, err
	}
	p := &searchPage{
		request: &q, filter: f, needle: n, give: give, counts: map[searchConn]*SearchCount{},
		answer: &SearchAnswer{Captures: []string{}, Rows: []SearchRow{}, Connections: []SearchCount{}},
	}
	for i := range entries {
		p.answer.Captures = append(p.answer.Captures, entries[i].ID)
	}
	shape, builds := q.shape(), searchBuilds(entries)
	if err := p.resume(shape, builds); err != nil {
		return nil, err
	}
	p.progress(entries, progress)
	for i := p.from.capture; i < len(entries) && !p.full; i++ {
		if err := e.searchCapture(ctx, p, i, &entries[i], len(entries)); err != nil {
			return nil, err
		}
	}
	p.finish()
	if p.full {
		p.answer.NextCursor = formatCursor(shape, builds, p.lastKey())
	}
	return p.answer, nil
}

// byWords reports whether the text index answers.
func (q *SearchRequest) byWords() bool { return q.Mode == modeWords || q.Mode == modePhrase }

// check refuses what cannot be meant.
func (q *SearchRequest) check() error {
	if q.Mode == "" {
		q.Mode = modeSubstring
	}
	if q.In == "" {
		q.In = "raw"
	}
	switch {
	case q.Needle == "":
		return badRequest("give it behind --, as in `pcapidx search CAPTURE -- TEXT`", "search for what?")
	case len(q.Needle) > maxNeedle:
		return badRequest("search for a part of it", "%d bytes are too many: a search takes at most %d", len(q.Needle), maxNeedle)
	case !slices.Contains(SearchModes(), q.Mode):
		return UnknownWord("mode", q.Mode, SearchModes())
	case !slices.Contains(SearchPlaces(), q.In):
		return UnknownWord("place", q.In, SearchPlaces())
	case q.MaxEdits != 0 && q.Mode != modeFuzzy && !q.byWords():
		return badRequest("`--mode fuzzy` counts edits of bytes, `--mode words` of words", "mode %s has no edits", q.Mode)
	case q.byWords() && (q.MaxEdits < 0 || q.MaxEdits > index.MaxWordEdits):
		return badRequest(fmt.Sprintf("give 0 to %d; `--mode fuzzy` takes more", index.MaxWordEdits), "%d edits of a word are out of range", q.MaxEdits)
	case q.byWords() && q.In != "raw":
		return badRequest("`--mode substring` looks at decoded text too", "mode %s looks at what TCP and UDP carried only", q.Mode)
	case q.byWords() && len(q.Encodings) > 0:
		return badRequest("`--mode substring` knows encodings", "mode %s has no encodings", q.Mode)
	case q.Context < 0 || q.Context > maxContext:
		return badRequest(fmt.Sprintf("give 0 to %d bytes", maxContext), "context %d is out of range", q.Context)
	}
	if q.MaxEdits == 0 && q.Mode == modeFuzzy {
		q.MaxEdits = 1
	}
	return q.Page.check()
}

// compile makes the needle of a scan; nil for modes that the text index answers.
func (q *SearchRequest) compile() (*needle.Needle, error) {
	if q.byWords() {
		return nil, nil
	}
	n, err := needle.Compile(needle.Spec{
		Mode: needle.Mode(q.Mode), Text: q.Needle, CaseSensitive: q.CaseSensitive, MaxEdits: q.MaxEdits, Encodings: q.Encodings,
	})
	var refused *needle.Error
	if errors.As(err, &refused) {
		return nil, &Error{Kind: BadRequest, Msg: refused.Msg, Hint: refused.Hint, Err: err}
	}
	return n, err
}

// shape is what must be the same for a cursor to go on.
func (q *SearchRequest) shape() string {
	return strings.Join([]string{
		"search", q.Needle, q.Mode, strconv.Itoa(q.MaxEdits), q.In, strconv.FormatBool(q.CaseSensitive), strings.Join(q.Encodings, ","), q.Filter,
	}, "\x00")
}

// searched gives the captures to search: in the order asked, or all of them, the
// newest first. None is opened yet.
func (e *Engine) searched(refs []string, all bool) ([]index.Entry, error) {
	if all == (len(refs) > 0) {
		return nil, badRequest("give captures or --all, not both and not neither", "which captures?")
	}
	if all {
		entries, err := e.source.List()
		slices.Reverse(entries)
		return entries, wrap(err)
	}
	entries := make([]index.Entry, 0, len(refs))
	for _, ref := range refs {
		entry, err := e.source.Find(ref)
		if err != nil {
			return nil, wrap(err)
		}
		if !slices.ContainsFunc(entries, func(x index.Entry) bool { return x.ID == entry.ID }) {
			entries = append(entries, *entry)
		}
	}
	return entries, nil
}

// searchBuilds stands for the builds of all captures in a cursor: a store may have
// thousands.
func searchBuilds(entries []index.Entry) []string {
	h := fnv.New128a()
	for i := range entries {
		fmt.Fprintf(h, "%s/%s\n", entries[i].ID, entries[i].Build)
	}
	return []string{hex.EncodeToString(h.Sum(nil))}
}

// searchCapture searches one of several captures. Of several, one that cannot be
// read does not end the search.
func (e *Engine) searchCapture(ctx context.Context, p *searchPage, i int, entry *index.Entry, several int) error {
	err := e.searchOne(ctx, p, i, entry)
	if err == nil || ctx.Err() != nil || p.failed != nil {
		return err
	}
	err = wrap(err)
	if several == 1 {
		return err
	}
	p.answer.Unreadable = append(p.answer.Unreadable, UnreadableCapture{Capture: entry.ID, Error: err.Error()})
	p.hint(fmt.Sprintf("capture %s could not be searched to its end: %s", entry.ID, err.Error()))
	return nil
}

func (e *Engine) searchOne(ctx context.Context, p *searchPage, i int, entry *index.Entry) error {
	x, opened, err := e.source.Open(entry.ID)
	if err != nil {
		return err
	}
	defer x.Close()
	if opened.Build != entry.Build {
		return &Error{Kind: Gone, Msg: "capture " + entry.ID + " was re-indexed meanwhile", Hint: "ask again"}
	}
	if err := answerable(p.filter, entry.ID, x.Summary().Content); err != nil {
		return err
	}
	p.open(i, entry.ID, x)
	if p.request.In == "decoded" {
		return searchDecoded(ctx, p, x)
	}
	if p.needle == nil {
		return e.searchWords(ctx, p, x)
	}
	s := newSearchScan(p, x)
	err = s.run(ctx)
	if p.request.Explain {
		p.answer.Plans = append(p.answer.Plans, s.plan())
	}
	if err == nil && p.request.In == "both" && !p.full {
		err = searchDecoded(ctx, p, x)
	}
	return err
}

// hint adds a hint once.
func (p *searchPage) hint(text string) {
	if !slices.Contains(p.answer.Hints, text) {
		p.answer.Hints = append(p.answer.Hints, text)
	}
}
