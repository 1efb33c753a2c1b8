package proto

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	memcacheCommand = iota
	memcacheSubcommand
	memcacheKey
	memcacheFlags
	memcacheExpiration
	memcacheLength
	memcacheCAS
	memcacheResponse
	memcacheVersion
	memcacheName
	memcacheValue
)

// memcacheProtocol is memcached's text protocol.
func memcacheProtocol() Protocol {
	text := func(name, doc string, listed bool) Field {
		return Field{Name: "memcache." + name, Kind: dissect.KindString, Listed: listed, Doc: doc}
	}
	number := func(name string, bits uint8, doc string) Field {
		return Field{Name: "memcache." + name, Kind: dissect.KindUint, Bits: bits, Doc: doc}
	}
	return Protocol{
		Name: "memcache", Title: "memcached", On: Streams, Ports: []uint16{11211},
		Fields: []Field{
			memcacheCommand:    text("command", "Command, or STAT of its answer", true),
			memcacheSubcommand: text("subcommand", "What is asked of a command", true),
			memcacheKey:        text("key", "Key", true),
			memcacheFlags:      number("flags", 16, "Flags of a value"),
			memcacheExpiration: number("expiration", 32, "When a value expires"),
			memcacheLength:     number("value.length", 32, "Length of a value"),
			memcacheCAS:        number("cas", 64, "Unique number of a value"),
			memcacheResponse:   text("response", "Answer", true),
			memcacheVersion:    text("version", "Version of the server", true),
			memcacheName:       text("name", "Name of a statistic", true),
			memcacheValue:      text("name_value", "Value of a statistic", false),
		},
		Detect: detectMemcache,
		New:    func() Decoder { return &memcache{} },
	}
}

// memcacheLine bounds a line, memcacheQueue the commands without an answer.
const (
	memcacheLine  = 8 << 10
	memcacheQueue = 1024
)

// memcacheStores tells the commands that a value follows.
func memcacheStores(word string) bool {
	return slices.Contains([]string{"set", "add", "replace", "append", "prepend", "cas"}, word)
}

// detectMemcache wants a command in small letters and an answer in capitals.
func detectMemcache(h *Head) Verdict {
	c, s := memcacheWord(h.Client), memcacheWord(h.Server)
	if !memcacheStores(c) && !slices.Contains([]string{"get", "gets", "delete", "incr", "decr", "touch", "stats", "version", "flush_all", "verbosity"}, c) {
		return No
	}
	switch {
	case len(h.Server) == 0:
		return More
	case slices.Contains([]string{"STORED", "NOT_STORED", "EXISTS", "NOT_FOUND", "VALUE", "END", "STAT", "DELETED", "TOUCHED", "VERSION", "ERROR", "CLIENT_ERROR", "SERVER_ERROR"}, s):
		return Yes
	case h.ServerPort == 11211 && len(s) > 0 && (s[0] >= '0' && s[0] <= '9' || s == "OK"):
		return Yes
	}
	return No
}

// memcacheWord is the first word of a first line that is there.
func memcacheWord(b []byte) string {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		return ""
	}
	word, _, _ := bytes.Cut(bytes.TrimRight(b[:n], "\r"), []byte(" "))
	return string(word[:min(len(word), 16)])
}

// memcache pairs answers with commands by their order.
type memcache struct {
	queue []uint32
	skip  [2]int // bytes to come of values, with CR LF
	hits  int    // values of the answer in hand
	lost  [2]bool
}

func memcacheSide(s *Stream) int {
	if s.FromClient() {
		return 0
	}
	return 1
}

// Decode implements Decoder.
func (x *memcache) Decode(s *Stream, data []byte) int {
	side := memcacheSide(s)
	g := &frameGroup{s: s}
	defer g.close()
	pos := 0
	for pos < len(data) {
		if x.skip[side] > 0 {
			n := min(x.skip[side], len(data)-pos)
			x.skip[side] -= n
			pos += n
			continue
		}
		end := bytes.IndexByte(data[pos:], '\n')
		if end < 0 {
			if len(data)-pos > memcacheLine {
				return len(data) // no text of memcached: it ends with the next line
			}
			break
		}
		line := strings.TrimRight(string(data[pos:pos+min(end, memcacheLine)]), "\r")
		if words := strings.Fields(line); x.lost[side] || len(words) == 0 {
			x.lost[side] = false
		} else if g.open(s.At(pos), pos+end); side == 0 {
			x.command(g, words)
		} else {
			x.answer(g, words, line)
		}
		pos += end + 1
	}
	return pos
}

// number adds a number if a word is one.
func (m *Message) number(field int, word string) uint64 {
	n, err := strconv.ParseUint(word, 10, 64)
	if err == nil {
		m.Uint(field, n)
	}
	return n
}

// command takes the line of a command.
func (x *memcache) command(g *frameGroup, words []string) {
	m := g.alone()
	m.Kind = index.Request
	m.ascii(memcacheCommand, words[0])
	rest := words[1:]
	switch word := words[0]; {
	case memcacheStores(word) && len(words) >= 5:
		m.ascii(memcacheKey, words[1])
		m.number(memcacheFlags, words[2])
		m.number(memcacheExpiration, words[3])
		if n := m.number(memcacheLength, words[4]); n < 1<<30 {
			x.skip[0] = int(n) + 2
		}
		if word == "cas" && len(words) > 5 {
			m.number(memcacheCAS, words[5])
		}
	case word == "get" || word == "gets":
		for _, key := range rest {
			m.ascii(memcacheKey, key)
		}
	case len(rest) > 0 && (word == "delete" || word == "incr" || word == "decr" || word == "touch"):
		m.ascii(memcacheKey, rest[0])
	case len(rest) > 0 && word == "stats":
		m.ascii(memcacheSubcommand, rest[0])
	}
	addSummary(m, strings.Join(words[:min(len(words), 4)], " "))
	if words[0] == "quit" || words[len(words)-1] == "noreply" {
		m.Kind = index.Notice
		g.close()
		return
	}
	g.stored = func(number uint32) {
		if len(x.queue) >= memcacheQueue {
			x.queue = x.queue[1:]
		}
		x.queue = append(x.queue, number)
	}
	g.close()
	g.stored = nil
}

// answer takes a line of an answer.
func (x *memcache) answer(g *frameGroup, words []string, line string) {
	m := g.m
	switch words[0] {
	case "VALUE":
		x.hits++
		if len(words) >= 4 {
			m.ascii(memcacheKey, words[1])
			m.number(memcacheFlags, words[2])
			if n := m.number(memcacheLength, words[3]); n < 1<<30 {
				x.skip[1] = int(n) + 2
			}
		}
		if len(words) > 4 {
			m.number(memcacheCAS, words[4])
		}
		if m.Summary == "" {
			m.Summary = "values"
		}
		return
	case "STAT":
		x.hits++
		m.Str(memcacheCommand, "STAT")
		if len(words) > 1 {
			m.ascii(memcacheName, words[1])
			m.ascii(memcacheValue, strings.Join(words[2:], " "))
		}
		if m.Summary == "" {
			m.Summary = "statistics"
		}
		return
	case "END":
		m.Summary = count(x.hits, "value")
		x.hits = 0
	case "VERSION":
		m.ascii(memcacheVersion, strings.Join(words[1:], " "))
		m.Summary = "version"
	case "ERROR", "CLIENT_ERROR", "SERVER_ERROR":
		m.Outcome, m.Code, m.Summary = index.Failed, words[0], line[:min(len(line), 200)]
		m.Warn("memcache.error", index.SeverityNote, "the server reports an error")
	default:
		m.Summary = line[:min(len(line), 80)]
		m.ascii(memcacheResponse, words[0])
	}
	m.Kind = index.Response
	if len(x.queue) > 0 {
		m.Request, x.queue = x.queue[0], x.queue[1:]
	}
	g.close()
}

// Gap implements Decoder: the next line that begins after one is read.
func (x *memcache) Gap(s *Stream, _ Gap) {
	side := memcacheSide(s)
	x.skip[side], x.lost[side], x.queue, x.hits = 0, true, nil, 0
}

// End implements Decoder.
func (x *memcache) End(s *Stream, rest []byte, e End) {
	side := memcacheSide(s)
	if n := len(rest); n > 0 || x.skip[side] > 2 {
		endCut(s, n, e)
	}
}
