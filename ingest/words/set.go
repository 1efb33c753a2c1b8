package words

import "hash/maphash"

// Set collects words, once each, in the order in which they came first. Its
// memory is kept for the next use. The zero value is ready.
type Set struct {
	text  []byte   // the words, one after the other
	ends  []uint32 // where they end in it
	table []uint32 // open addressing: number of a word + 1, 0 is free
	seed  maphash.Seed
	add   func(Word)
}

// Reset empties the set.
func (s *Set) Reset() {
	s.text, s.ends = s.text[:0], s.ends[:0]
	clear(s.table)
}

// Add adds the words of a text.
func (s *Set) Add(text []byte) {
	if s.add == nil {
		s.seed = maphash.MakeSeed()
		s.add = func(w Word) { s.insert(w.Text) }
	}
	Split(text, s.add)
}

// Len is the number of words.
func (s *Set) Len() int { return len(s.ends) }

// Words gives the words. They do not change when the set is used again.
func (s *Set) Words() []string {
	all := string(s.text)
	out := make([]string, len(s.ends))
	from := uint32(0)
	for i, end := range s.ends {
		out[i], from = all[from:end], end
	}
	return out
}

func (s *Set) word(n uint32) []byte {
	from := uint32(0)
	if n > 0 {
		from = s.ends[n-1]
	}
	return s.text[from:s.ends[n]]
}

func (s *Set) insert(word []byte) {
	if 2*len(s.ends) >= len(s.table) {
		s.grow()
	}
	at := s.find(word)
	if s.table[at] != 0 {
		return
	}
	s.text = append(s.text, word...)
	s.ends = append(s.ends, uint32(len(s.text)))
	s.table[at] = uint32(len(s.ends))
}

// find gives the place in the table that holds a word, or that is free for it.
func (s *Set) find(word []byte) int {
	mask := len(s.table) - 1
	for at := int(maphash.Bytes(s.seed, word)) & mask; ; at = (at + 1) & mask {
		if n := s.table[at]; n == 0 || string(s.word(n-1)) == string(word) {
			return at
		}
	}
}

// grow makes room for twice as many words.
func (s *Set) grow() {
	s.table = make([]uint32, max(256, 2*len(s.table)))
	for n := range uint32(len(s.ends)) {
		s.table[s.find(s.word(n))] = n + 1
	}
}
