package query

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"pcapidx/index"
	"pcapidx/ingest/words"
)

// The modes words and phrase are answered from the text index: it names chunks of
// about 16 KiB of one direction that hold words, best first. The words are then
// looked for in the stored packets of the chunk, which decide (searchchunk.go).
//
// What is asked for is split as payload is. Mode words wants all its words in one
// chunk and gives each place of the rarest, mode phrase wants them in a row. A
// word with * behind it stands for all that begin with it. Rows come by edits,
// then by bleve's weight, then by connection.

// wordSearch is a search for words in one capture.
type wordSearch struct {
	page    *searchPage
	capture Capture
	words   []queryWord
	rarest  int // of words
	chunks  []wordChunk
	whole   bool // chunks are all there are
	looked  int  // chunks whose packets were read
	reader  *chunkReader
}

// queryWord is one word of what is asked for.
type queryWord struct {
	index.WordQuery
	exact string         // as it was written
	terms map[string]int // the words of the index that it stands for, and their edits
}

// wordChunk is a chunk that holds the words.
type wordChunk struct {
	hit      index.WordHit
	distance int
	weight   float64
	last     uint32 // frame; of the next chunk if a phrase may go on there
	term     string // the word of the index that it is there for; "": any that fits
}

// queryWords splits what is asked for.
func queryWords(q *SearchRequest) (list []queryWord, err error) {
	text := []byte(q.Needle)
	words.SplitQuery(text, func(w words.Word) {
		word := queryWord{exact: string(text[w.Start:w.End]), terms: map[string]int{}}
		word.Word, word.Prefix = string(w.Text), w.End < len(text) && text[w.End] == '*'
		if !word.Prefix {
			word.Edits = min(q.MaxEdits, maxEditsOf(word.Word))
		}
		list = append(list, word)
	})
	if len(list) == 0 {
		return nil, badRequest("`--mode substring` finds any text", "nothing in %q is a word of the index: 2 to 20 letters, or 2 to 4 digits", q.Needle)
	}
	if len(list) > maxQueryWords {
		return nil, badRequest("search for a part of it", "%d words are too many: at most %d", len(list), maxQueryWords)
	}
	return list, nil
}

// maxQueryWords bounds the words that are asked for at once.
const maxQueryWords = 16

// maxEditsOf is how many edits leave something of a word: 1 of up to 4 characters,
// none of 2.
func maxEditsOf(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n <= 2:
		return 0
	case n <= 4:
		return 1
	}
	return index.MaxWordEdits
}

// searchWords answers the modes words and phrase.
func (e *Engine) searchWords(ctx context.Context, p *searchPage, x Capture) error {
	list, err := queryWords(p.request)
	if err != nil {
		return err
	}
	reader, err := newChunkReader(p, x)
	if err != nil {
		return err
	}
	s := &wordSearch{page: p, capture: x, words: list, reader: reader}
	before := p.answer.Returned
	if err := s.run(ctx); err != nil {
		return err
	}
	if p.request.Explain {
		p.answer.Plans = append(p.answer.Plans, s.plan())
	}
	if p.answer.Returned == before && p.before == 0 {
		p.hint(unindexed(x.Summary().Text))
	}
	p.report(p.capture, x.Summary().Frames)
	return nil
}

// unindexed says what words of the payload are not in the index.
func unindexed(t *index.TextSummary) string {
	text := "`--mode substring` finds any text, also within words, numbers and identifiers"
	if t == nil {
		return text
	}
	all := t.Indexed + t.Gated + t.Capped + t.Scanned
	return fmt.Sprintf("the words of %d of %d bytes of payload are in the index (%d look encrypted or compressed, %d are beyond %d bytes of their direction, %d were sent again or have no order); %s",
		t.Indexed, all, t.Gated, t.Capped, t.Cap, t.Scanned, text)
}

// run gives the matches, best chunk first.
func (s *wordSearch) run(ctx context.Context) error {
	p := s.page
	start := int(p.start(0)) // chunks are numbered from 1
	if uint32(start) == noFrame {
		return nil
	}
	for want := start + max(100, 2*p.request.Limit); ; want *= 4 {
		if p.request.Limit == 0 {
			want = 0
		}
		from := max(start-1, s.looked)
		if err := s.candidates(ctx, want); err != nil {
			return err
		}
		for i := from; i < len(s.chunks); i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if more, err := s.chunk(ctx, i); err != nil || !more {
				return err
			}
			s.looked = i + 1
		}
		if s.whole {
			return nil
		}
	}
}

// chunkKey names a chunk, or, without frame, the place where one begins.
type chunkKey struct {
	conn   uint32
	side   index.Side
	offset uint64
	frame  uint32 // its first: offsets of datagrams begin anew when ingest was short of memory
}

// candidates finds the chunks that hold the words, the best want of them at least;
// 0 is no bound.
func (s *wordSearch) candidates(ctx context.Context, want int) error {
	if len(s.words) == 1 {
		return s.single(ctx, want)
	}
	s.whole = true // which chunks hold the other words too is not known before
	best := make([]map[chunkKey]index.WordHit, len(s.words))
	least := math.MaxInt
	for k := range s.words {
		w := &s.words[k]
		hits, total, err := s.hits(ctx, w, 0)
		if err != nil {
			return err
		}
		if total < least {
			least, s.rarest = total, k
		}
		best[k] = make(map[chunkKey]index.WordHit, len(hits))
		for _, h := range hits { // the nearest word of a chunk comes first
			w.terms[h.Term] = h.Distance
			for _, frame := range []uint32{h.First, 0} {
				key := chunkKey{h.Conn, h.Side, h.Offset, frame}
				if _, ok := best[k][key]; !ok {
					best[k][key] = h
				}
			}
		}
	}
	s.join(best)
	return nil
}

// hits asks the text index for a word.
func (s *wordSearch) hits(ctx context.Context, w *queryWord, want int) (hits []index.WordHit, total int, err error) {
	hits, total, more, err := s.capture.Words(ctx, w.WordQuery, want)
	if more {
		s.page.hint(fmt.Sprintf("%q stands for more words than are looked for: give more of it", w.Word))
	}
	return hits, total, err
}

// single is candidates for one word. A chunk is there once for each word that it
// holds, so that what is found first does not depend on how many are wanted.
func (s *wordSearch) single(ctx context.Context, want int) error {
	hits, total, err := s.hits(ctx, &s.words[0], want)
	if err != nil {
		return err
	}
	s.whole, s.chunks = len(hits) == total, s.chunks[:0]
	for _, h := range hits {
		s.words[0].terms[h.Term] = h.Distance
		s.chunks = append(s.chunks, wordChunk{hit: h, last: h.Last, term: h.Term})
	}
	return nil
}

// join keeps the chunks that hold all the words, or of a phrase the first, with
// the others there or in the chunk that follows.
func (s *wordSearch) join(best []map[chunkKey]index.WordHit) {
	phrase := s.page.request.Mode == modePhrase
	base := s.rarest
	if phrase {
		base = 0
	}
	s.chunks = s.chunks[:0]
next:
	for key, h := range best[base] {
		if key.frame == 0 {
			continue
		}
		c := wordChunk{hit: h, last: h.Last}
		for k := range best {
			other, ok := best[k][key]
			if !ok && phrase {
				if other, ok = best[k][chunkKey{key.conn, key.side, key.offset + uint64(h.Length), 0}]; ok {
					c.last = max(c.last, other.Last)
				}
			}
			if !ok {
				continue next
			}
			c.distance, c.weight = c.distance+other.Distance, c.weight+other.Weight
		}
		s.chunks = append(s.chunks, c)
	}
	slices.SortFunc(s.chunks, func(a, b wordChunk) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(b.weight, a.weight), cmp.Compare(a.hit.Conn, b.hit.Conn),
			cmp.Compare(a.hit.Side, b.hit.Side), cmp.Compare(a.hit.Offset, b.hit.Offset), cmp.Compare(a.hit.First, b.hit.First))
	})
}

// chunk gives the matches in a chunk, in the order of its bytes; more is false
// when no more are wanted.
func (s *wordSearch) chunk(ctx context.Context, i int) (more bool, err error) {
	c := &s.chunks[i]
	want := s.words
	if s.page.request.Mode == modeWords {
		want = s.words[s.rarest : s.rarest+1]
	}
	runs, err := s.reader.read(ctx, &c.hit, c.last)
	if err != nil {
		return false, err
	}
	for r := range runs {
		run := &runs[r]
		all := run.words()
		for at := 0; at+len(want) <= len(all); at++ {
			distance, ok := fits(run.data, all[at:at+len(want)], want, s.page.request.CaseSensitive)
			if !ok || c.term != "" && all[at].text != c.term || !run.inside(&c.hit, all[at].from) {
				continue
			}
			h := run.hit(&c.hit, all[at].from, all[at+len(want)-1].to, s.page.request.around())
			h.frame, h.distance = uint32(i+1), distance
			if more, err := s.page.offer(0, &h); err != nil || !more {
				return false, err
			}
		}
	}
	return true, nil
}

// fits reports whether words of a payload are those that are wanted.
func fits(data []byte, have []placedWord, want []queryWord, caseSensitive bool) (distance int, ok bool) {
	for k := range want {
		d, ok := want[k].terms[have[k].text]
		if !ok {
			return 0, false
		}
		if written := string(data[have[k].from:have[k].to]); caseSensitive && d == 0 {
			if want[k].Prefix && !strings.HasPrefix(written, want[k].exact) || !want[k].Prefix && written != want[k].exact {
				return 0, false
			}
		}
		distance += d
	}
	return distance, true
}

// plan describes the search.
func (s *wordSearch) plan() SearchPlan {
	var parts []string
	for k := range s.words {
		w := &s.words[k]
		text := fmt.Sprintf("%q", w.Word)
		switch {
		case w.Prefix:
			text += "*"
		case w.Edits > 0:
			text += fmt.Sprintf(" with at most %s", plural(w.Edits, "edit"))
		}
		parts = append(parts, fmt.Sprintf("%s (%s of the index)", text, plural(len(w.terms), "word")))
	}
	how := "text index, chunks that hold " + strings.Join(parts, " and ")
	return SearchPlan{
		Capture: s.page.id, How: fmt.Sprintf("%s: %s found, the packets of %d read", how, plural(len(s.chunks), "chunk"), s.looked),
		Frames: s.reader.frames, Blocks: s.reader.blocks, Decoded: s.reader.decoded, Passes: 1,
	}
}
