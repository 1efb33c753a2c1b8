package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
)

// maxConnectionWords bounds the words of one request.
const maxConnectionWords = 16

// parseWords splits what connections are searched for. A connection is listed if each
// word is part of its endpoints, host, transport, application protocols, state or
// findings.
func parseWords(text string) ([]string, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) > maxConnectionWords {
		return nil, badRequest(fmt.Sprintf("give at most %d", maxConnectionWords), "%d words are too many", len(words))
	}
	return words, nil
}

// stateWords says in words what Zeek's conn_state means.
func stateWords(s index.ConnState) string {
	switch s.String() {
	case "S0":
		return "S0 no answer unanswered"
	case "S1":
		return "S1 established open"
	case "SF":
		return "SF normal closed"
	case "REJ":
		return "REJ rejected refused"
	case "S2", "S3":
		return s.String() + " half-closed"
	case "RSTO", "RSTOS0":
		return s.String() + " reset by originator"
	case "RSTR", "RSTRH":
		return s.String() + " reset by responder"
	case "SH", "SHR":
		return s.String() + " half-open"
	}
	return s.String() + " mid-stream"
}

// connectionWord is a word in one capture.
type connectionWord struct {
	text  string
	found *roaring.Bitmap // connections with a finding or an application protocol that it is part of
}

// wordsIn looks up what the words mean in a capture.
func (s *selection) wordsIn(ctx context.Context, x Capture) ([]connectionWord, error) {
	words := make([]connectionWord, 0, len(s.words))
	for _, text := range s.words {
		w := connectionWord{text, roaring.New()}
		for _, f := range x.Summary().Found {
			if !strings.Contains(f.Code, text) {
				continue
			}
			one, err := x.Found(f.Code)
			if err != nil {
				return nil, err
			}
			w.found.Or(one)
		}
		if err := w.speaks(ctx, x); err != nil {
			return nil, err
		}
		words = append(words, w)
	}
	return words, applicationsWith(x, words)
}

// applicationsWith adds the connections whose application or host a word is part of.
func applicationsWith(x Capture, words []connectionWord) error {
	if len(words) == 0 || x.Summary().Content < appContent {
		return nil
	}
	return x.EachApplication(0, func(a *index.Application) bool {
		text := strings.ToLower(strings.Join(a.Protocols, " ") + " " + a.Host)
		for _, w := range words {
			if strings.Contains(text, w.text) {
				w.found.Add(a.Conn)
			}
		}
		return true
	})
}

// speaks adds the connections with an application protocol that the word is part of.
func (w *connectionWord) speaks(ctx context.Context, x Capture) error {
	var names []string
	for _, app := range x.Summary().Apps {
		for name := range strings.SplitSeq(app.Layers, ":") {
			if strings.Contains(strings.ToLower(name), w.text) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	all, err := parseFilter("")
	if err != nil {
		return err
	}
	m := newMatcher(x, all)
	found := make([]*roaring.Bitmap, len(m.records))
	for i := range found {
		found[i] = roaring.New()
	}
	for segment := range uint16(x.Segments()) {
		frames := roaring.New()
		for _, name := range names {
			of, ok, err := x.Posting(segment, index.PostApp, []byte(name))
			if err != nil {
				return err
			}
			if ok && of != nil {
				frames.Or(of)
			}
		}
		if err := m.owners(ctx, segment, frames, found); err != nil {
			return err
		}
	}
	w.found.Or(union(found))
	return nil
}

// hasWords reports whether a connection has them all.
func hasWords(words []connectionWord, c *index.Connection) bool {
	if len(words) == 0 {
		return true
	}
	ports := !isICMP(c.Kind)
	text := strings.ToLower(strings.Join([]string{endpointText(c.Client(), ports), endpointText(c.Server(), ports), transportName(c.Kind), stateWords(c.State)}, " "))
	for _, w := range words {
		if !strings.Contains(text, w.text) && !w.found.Contains(c.Number) {
			return false
		}
	}
	return true
}
