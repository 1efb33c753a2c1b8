package index

import (
	"math/bits"

	api "github.com/blevesearch/bleve_index_api"
)

// textDoc is a document as bleve takes it: an id and a field of words.
type textDoc struct {
	id    idField
	words wordsField
	named bool // the id is one of the fields
}

func (d *textDoc) ID() string { return d.id.id }

// Size estimates the memory that the document takes while it is added.
func (d *textDoc) Size() int {
	n := 200
	for _, word := range d.words.words {
		n += len(word) + 48
	}
	return n
}

func (d *textDoc) VisitFields(visit api.FieldVisitor) {
	visit(&d.words)
	if d.named {
		visit(&d.id)
	}
}

func (d *textDoc) VisitComposite(api.CompositeFieldVisitor) {}
func (d *textDoc) HasComposite() bool                       { return false }
func (d *textDoc) NumPlainTextBytes() uint64                { return 0 }
func (d *textDoc) AddIDField()                              { d.named = true }
func (d *textDoc) StoredFieldsBytes() uint64                { return 0 }
func (d *textDoc) Indexed() bool                            { return true }

// wordsField is the field of the words: indexed only.
type wordsField struct {
	words  []string
	tables *termTables
}

func (f *wordsField) Name() string                                   { return wordField }
func (f *wordsField) Value() []byte                                  { return nil }
func (f *wordsField) ArrayPositions() []uint64                       { return nil }
func (f *wordsField) EncodedFieldType() byte                         { return 't' }
func (f *wordsField) Options() api.FieldIndexingOptions              { return api.IndexField }
func (f *wordsField) AnalyzedLength() int                            { return len(f.words) }
func (f *wordsField) NumPlainTextBytes() uint64                      { return 0 }
func (f *wordsField) Analyze()                                       {}
func (f *wordsField) AnalyzedTokenFrequencies() api.TokenFrequencies { return f.tables.of(f.words) }

// termTables lends the tables in which bleve reads the words of a document. It reads
// those of a batch in one goroutine, one document after the other, and twice: each table
// is valid until the next one is asked for. Tables for all documents at once would be as
// large as their words.
type termTables struct {
	bySize [32]api.TokenFrequencies // by bits of how many words they are for
	once   *api.TokenFreq           // every word occurs once
}

func newTermTables() *termTables {
	t := &termTables{once: &api.TokenFreq{}}
	t.once.SetFrequency(1)
	return t
}

func (t *termTables) of(words []string) api.TokenFrequencies {
	table := &t.bySize[min(bits.Len(uint(len(words))), len(t.bySize)-1)]
	if *table == nil {
		*table = make(api.TokenFrequencies, len(words))
	}
	clear(*table)
	for _, word := range words {
		(*table)[word] = t.once
	}
	return *table
}

// idField is the field _id that bleve wants: stored, so that a hit has it.
type idField struct{ id string }

func (f *idField) Name() string                      { return "_id" }
func (f *idField) Value() []byte                     { return []byte(f.id) }
func (f *idField) ArrayPositions() []uint64          { return nil }
func (f *idField) EncodedFieldType() byte            { return 't' }
func (f *idField) Analyze()                          {}
func (f *idField) Options() api.FieldIndexingOptions { return api.IndexField | api.StoreField }
func (f *idField) AnalyzedLength() int               { return 1 }
func (f *idField) NumPlainTextBytes() uint64         { return 0 }

func (f *idField) AnalyzedTokenFrequencies() api.TokenFrequencies {
	once := &api.TokenFreq{Term: []byte(f.id)}
	once.SetFrequency(1)
	return api.TokenFrequencies{f.id: once}
}
