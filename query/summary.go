package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/proto"
	"pcapidx/query/filter"
)

// SummaryRequest asks for the figures of one application protocol.
type SummaryRequest struct {
	Capture  string `json:"capture" jsonschema:"name, id or id prefix"`
	Protocol string `json:"protocol" jsonschema:"http, dns, tls, dhcp, icmp, sip, rtp, sql (MySQL and PostgreSQL), redis, or the name of another protocol"`
	// View chooses what to show beside the figures: overview (default), transactions,
	// errors, slow, hosts.
	View string `json:"view,omitempty" jsonschema:"overview (default), transactions, errors, slow, hosts"`
	// SlowMS is the latency above which a transaction is slow.
	SlowMS float64 `json:"slow_ms,omitempty" jsonschema:"latency above which a transaction counts as slow; 0: three times the 95th percentile, at least 200 ms for dns and 1000 ms for others"`
	Limit  int     `json:"limit,omitempty" jsonschema:"most rows, and most values of each list; 0 means 10"`
}

// SummaryAnswer has the figures of a protocol.
type SummaryAnswer struct {
	Capture  string   `json:"capture"`
	Protocol string   `json:"protocol"`
	View     string   `json:"view"`
	Of       []string `json:"protocols"` // that are summed up
	Messages uint64   `json:"messages"`
	Bytes    uint64   `json:"bytes"`
	Requests uint64   `json:"requests"`
	Answered uint64   `json:"answered"`
	// NoResponse counts requests that stayed without an answer, Unknown those of which
	// the capture cannot tell, Orphans answers without a request.
	NoResponse uint64  `json:"no_response"`
	Unknown    uint64  `json:"unknown"`
	Orphans    uint64  `json:"orphan_responses"`
	Errors     uint64  `json:"errors"` // answers that say that the request failed
	Broken     uint64  `json:"broken"` // truncated, partial, aborted, malformed
	Slow       uint64  `json:"slow"`
	SlowMS     float64 `json:"slow_ms"` // what counts as slow
	// Latency is the time from the last byte of a request to the first of its answer.
	Latency  *SpreadMS      `json:"latency_ms,omitempty"`
	Codes    []ValueCount   `json:"codes,omitempty"` // of answers
	Top      []TopValues    `json:"top,omitempty"`
	Warnings []ValueCount   `json:"warnings,omitempty"` // codes
	Servers  []ServerFigure `json:"servers,omitempty"`
	// Observations are patterns over many messages: numbers, not verdicts.
	Observations []Observation `json:"observations,omitempty"`
	Rows         []MessageRow  `json:"rows,omitempty"` // of views other than overview and hosts
	Hints        []string      `json:"hints,omitempty"`
}

// SpreadMS describes times in milliseconds.
type SpreadMS struct {
	Count  uint64  `json:"count"`
	Min    float64 `json:"min"`
	Avg    float64 `json:"avg"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// ValueCount counts the messages with a value. First is the first frame with it.
type ValueCount struct {
	Value string `json:"value"`
	Count uint64 `json:"count"`
	First uint32 `json:"first_frame"`
}

// TopValues are the most frequent values of a field.
type TopValues struct {
	Field    string       `json:"field"`
	Distinct int          `json:"distinct"` // values; a lower bound where Capped
	Capped   bool         `json:"capped,omitempty"`
	Values   []ValueCount `json:"values"`
}

// ServerFigure sums up the requests to one server.
type ServerFigure struct {
	Server     string    `json:"server"`
	Requests   uint64    `json:"requests"`
	Answered   uint64    `json:"answered"`
	NoResponse uint64    `json:"no_response"`
	Errors     uint64    `json:"errors"`
	Bytes      uint64    `json:"bytes"`
	Latency    *SpreadMS `json:"latency_ms,omitempty"`
}

// summaryViews lists the views.
func summaryViews() []string { return []string{"overview", "transactions", "errors", "slow", "hosts"} }

// summaryProtocols gives the protocols that a word stands for, and the fields whose
// most frequent values an overview shows.
func summaryProtocols(word string) (protocols, top []string) {
	for _, s := range proto.Sums() {
		if s.Word == word {
			return s.Protocols, s.Top
		}
	}
	return []string{word}, nil
}

// Summary gives the figures of a protocol.
func (e *Engine) Summary(ctx context.Context, q SummaryRequest) (*SummaryAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	a := &SummaryAnswer{Capture: entry.ID, Protocol: q.Protocol, View: q.View}
	s := newSummer(x, a, &q, e.limits)
	if err := s.read(ctx); err != nil {
		return nil, wrap(err)
	}
	if err := s.finish(); err != nil {
		return nil, wrap(err)
	}
	if a.Observations, err = s.watch.report(ctx); err != nil {
		return nil, wrap(err)
	}
	if q.View != "overview" && q.View != "hosts" {
		if err := s.rows(ctx); err != nil {
			return nil, wrap(err)
		}
	}
	s.hint()
	return a, nil
}

func (q *SummaryRequest) check() error {
	known := append(messageProtocols(), "sql", "redis")
	if q.View == "" {
		q.View = "overview"
	}
	switch {
	case q.Protocol == "":
		return badRequest("one of "+strings.Join(known, ", "), "which protocol?")
	case !slices.Contains(known, q.Protocol):
		return UnknownWord("protocol", q.Protocol, known)
	case !slices.Contains(summaryViews(), q.View):
		return UnknownWord("view", q.View, summaryViews())
	case q.Limit < 0 || q.SlowMS < 0:
		return badRequest("give a positive number, or 0", "limit or latency is negative")
	}
	if q.Limit == 0 {
		q.Limit = 10
	}
	return nil
}

// rows lists the transactions of the view.
func (s *summer) rows(ctx context.Context) error {
	r := &MessagesRequest{TextLimit: textPage}
	scan, err := newMessageScan(ctx, s.capture, r, &filter.Filter{})
	if err != nil {
		return err
	}
	var failed error
	for _, n := range s.wanted() {
		failed = scan.one(n, func(m, answer *index.Message) (bool, error) {
			row, err := scan.row(m, answer)
			if row != nil {
				s.answer.Rows = append(s.answer.Rows, *row)
			}
			return true, err
		})
		if failed != nil {
			break
		}
	}
	return failed
}

func (s *summer) hint() {
	a := s.answer
	apps := s.capture.Summary().Applications
	if a.Messages == 0 && apps != nil {
		a.Hints = append(a.Hints, "the capture has no "+a.Protocol+"; it has "+protocolWords(apps.Protocols))
	}
	if s.capped {
		a.Hints = append(a.Hints, fmt.Sprintf("there are more than %d different values of a field, or more than %d answers: lists and percentiles are of the first ones", maxSummed, maxLatencies))
	}
}
