package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/scorer"
	api "github.com/blevesearch/bleve_index_api"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Text is an open text index, read-only and safe for concurrent use. Several
// processes may have it open.
type Text struct {
	path   string
	places *placesReader // nil: the ids of documents are their places
	engine *scorch.Scorch
	reader api.IndexReader
	count  uint64
}

// OpenText opens the text index of the build in folder dir. Errors: ErrNoText,
// CorruptError.
func OpenText(dir string) (*Text, error) { return openText(dir, false) }

// openText opens a text index. What was verified is not compared with its sums
// again.
func openText(dir string, verified bool) (*Text, error) {
	problems, err := verifyTextSums(dir, verified)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open index %s: %w", dir, ErrNoText)
	}
	path := filepath.Join(dir, textFolder)
	if err != nil {
		return nil, fmt.Errorf("open text index: %w", err)
	}
	if len(problems) > 0 { // bleve maps the files and does not look what it reads
		return nil, &CorruptError{File: path, Reason: problems[0]}
	}
	t := &Text{path: path}
	if t.places, err = openPlaces(path); err != nil {
		return nil, fmt.Errorf("open text index: %w", err)
	}
	if t.engine, err = openEngine(nil, map[string]any{"path": path, "read_only": true, "bolt_timeout": openTimeout.String()}); err != nil {
		_ = t.places.Close()
		return nil, &CorruptError{File: path, Reason: err.Error()}
	}
	if t.reader, err = t.engine.Reader(); err == nil {
		t.count, err = t.reader.DocCount()
	}
	if err != nil {
		_ = t.Close()
		return nil, &CorruptError{File: path, Reason: err.Error()}
	}
	return t, nil
}

// Close releases the files.
func (t *Text) Close() error {
	if t.reader != nil {
		_ = t.reader.Close()
	}
	_ = t.places.Close()
	return t.engine.Close()
}

// Count is the number of documents.
func (t *Text) Count() uint64 { return t.count }

// MaxWordEdits bounds WordQuery.Edits.
const MaxWordEdits = 2

// WordQuery asks for the chunks that hold a word.
type WordQuery struct {
	Word   string // lower case
	Prefix bool   // or any word that begins with it
	// Edits: or any word that so many insertions, deletions, changes and swaps of
	// neighbours make of it; at most MaxWordEdits. Not with Prefix.
	Edits int
}

// WordHit is a chunk that holds a word asked for.
type WordHit struct {
	Conn        uint32
	Side        Side
	Offset      uint64
	Length      uint32
	First, Last uint32
	Term        string  // the word that it holds
	Distance    int     // edits between the word asked for and Term
	Weight      float64 // bleve's tf-idf: more in a short chunk, more of a rare word
}

// maxTerms bounds the words that one query may stand for.
const maxTerms = 1000

// term is a word of the index that fits a query.
type term struct {
	word     string
	distance int
}

// Words gives the chunks that hold a word, nearest word first, then by weight,
// then in the order of connections. A chunk with several words that fit is there
// once for each. limit bounds how many are given, 0 is no bound; total counts all. more says that
// the query stands for more words than are looked for.
func (t *Text) Words(ctx context.Context, q WordQuery, limit int) (hits []WordHit, total int, more bool, err error) {
	terms, more, err := t.terms(q)
	if err != nil {
		return nil, 0, false, t.wrap(err)
	}
	for from := 0; from < len(terms); {
		to := from + 1
		for to < len(terms) && terms[to].distance == terms[from].distance {
			to++
		}
		rest := 0
		if limit > 0 {
			if rest = limit - len(hits); rest <= 0 {
				rest = -1 // only count
			}
		}
		near, n, err := t.documents(ctx, terms[from:to], rest)
		if err != nil {
			return nil, 0, false, t.wrap(err)
		}
		hits, total, from = append(hits, near...), total+n, to
	}
	return hits, total, more, nil
}

func (t *Text) wrap(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &CorruptError{File: t.path, Reason: err.Error()}
}

// terms gives the words of the index that fit a query, nearest first.
func (t *Text) terms(q WordQuery) (terms []term, more bool, err error) {
	var dict api.FieldDict
	switch {
	case q.Prefix:
		dict, err = t.reader.FieldDictPrefix(wordField, []byte(q.Word))
	case q.Edits > 0:
		fuzzy, ok := t.reader.(api.IndexReaderFuzzy)
		if !ok {
			return nil, false, errors.New("no fuzzy dictionary")
		}
		dict, err = fuzzy.FieldDictFuzzy(wordField, q.Word, min(q.Edits, MaxWordEdits), "")
	default:
		return []term{{word: q.Word}}, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = dict.Close() }()
	for {
		e, err := dict.Next()
		if err != nil {
			return nil, false, err
		}
		if e == nil {
			break
		}
		terms = append(terms, term{e.Term, int(e.EditDistance)})
	}
	slices.SortStableFunc(terms, func(a, b term) int { return cmp.Compare(a.distance, b.distance) })
	if len(terms) > maxTerms {
		terms, more = terms[:maxTerms], true
	}
	return terms, more, nil
}

// match is a document that holds a term, before its id was read.
type match struct {
	weight float64
	doc    uint64 // bleve's number
	term   int
}

// documents gives the best of the documents that hold one of the terms, all of
// one distance, and counts them. limit 0 is no bound, below 0 nothing is given.
func (t *Text) documents(ctx context.Context, terms []term, limit int) (hits []WordHit, total int, err error) {
	best := bestMatches{limit: limit}
	for i := range terms {
		if err := t.matches(ctx, terms[i].word, i, &best); err != nil {
			return nil, 0, err
		}
	}
	if limit < 0 {
		return nil, best.total, nil
	}
	best.prune()
	hits = make([]WordHit, 0, len(best.kept))
	var id api.IndexInternalID
	for i := range best.kept {
		m := &best.kept[i]
		id = api.NewIndexInternalID(id, m.doc)
		external, err := t.reader.ExternalID(id)
		if err != nil {
			return nil, 0, err
		}
		d, err := t.place(external)
		if err != nil {
			return nil, 0, err
		}
		hits = append(hits, WordHit{
			Conn: d.Conn, Side: d.Side, Offset: d.Offset, Length: d.Length, First: d.First, Last: d.Last,
			Term: terms[m.term].word, Distance: terms[m.term].distance, Weight: m.weight,
		})
	}
	slices.SortFunc(hits, compareHits)
	if limit > 0 && limit < len(hits) {
		hits = hits[:limit]
	}
	return hits, best.total, nil
}

// bestMatches keeps those matches that may be among the first limit ones. Which
// of the same weight these are is told by their ids, so that all of them stay.
type bestMatches struct {
	limit int // 0: no bound, below 0: only count
	kept  []match
	total int
	least float64 // kept has limit matches of this weight or more
}

func (b *bestMatches) add(m match) {
	b.total++
	if b.limit < 0 || m.weight < b.least {
		return
	}
	b.kept = append(b.kept, m)
	if b.limit > 0 && len(b.kept) >= 4*b.limit+4096 {
		b.prune()
	}
}

// prune drops what is not among the first. Of a great many matches of the same
// weight none is dropped.
func (b *bestMatches) prune() {
	if b.limit <= 0 || len(b.kept) <= b.limit {
		return
	}
	slices.SortFunc(b.kept, func(a, c match) int { return cmp.Compare(c.weight, a.weight) })
	b.least = b.kept[b.limit-1].weight
	last := b.limit
	for last < len(b.kept) && b.kept[last].weight == b.least {
		last++
	}
	b.kept = b.kept[:last]
}

func compareHits(a, b WordHit) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(b.Weight, a.Weight),
		cmp.Compare(a.Conn, b.Conn), cmp.Compare(a.Side, b.Side), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.First, b.First), cmp.Compare(a.Term, b.Term))
}

// matches adds the documents that hold a word, with bleve's weight.
func (t *Text) matches(ctx context.Context, word string, term int, best *bestMatches) error {
	r, err := t.reader.TermFieldReader(ctx, []byte(word), wordField, true, true, false)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	weigh := scorer.NewTermQueryScorer([]byte(word), wordField, 1, t.count, r.Count(), 0, search.SearcherOptions{})
	sc := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(1, 0)}
	var doc api.TermFieldDoc
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		d, err := r.Next(doc.Reset())
		if err != nil || d == nil {
			return err
		}
		m := weigh.Score(sc, d)
		best.add(match{m.Score, d.ID.Value(), term})
		sc.DocumentMatchPool.Put(m)
	}
}
