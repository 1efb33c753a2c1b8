package query

import (
	"context"
	"slices"

	"pcapidx/index"
	"pcapidx/ingest/proto"
)

// summer sums up the messages of some protocols in one pass.
type summer struct {
	capture Capture
	answer  *SummaryAnswer
	request *SummaryRequest
	scan    messageScan // for statuses and texts of values
	tops    []string
	counts  []*tally // by place in tops
	codes   *tally
	warned  *tally
	open    openRequests
	late    []uint32         // transactions in the order of requests, for the view
	taken   []timedRequest   // those with an answer, in the order of answers
	servers map[sender]int32 // places in sums
	sums    []*serverSum
	lastTo  sender // that was asked last
	lastSum int32  // place of its sum
	ends    knownEnds
	errors  []uint32
	watch   *observing
	capped  bool
}

// asked is a request that waits for its answer.
type asked struct {
	end    index.Time
	number uint32
	conn   uint32
	server int32 // place in sums, noServer
	proto  uint8 // place among the protocols that are summed up
	done   bool  // it was answered
	inVain bool  // an answer would have come
}

// noServer stands for the server of requests that are not counted by server.
const noServer = -1

// timedRequest is how long a request took.
type timedRequest struct {
	number  uint32
	latency int64
}

type serverSum struct {
	ServerFigure
	times []int64
}

// sender is a side of a connection.
type sender struct {
	conn uint32
	side index.Side
}

// Bounds of what a summary keeps.
const (
	maxSummed    = 1 << 17 // values of a field, rows
	maxSenders   = 1 << 20
	maxLatencies = 4 << 20
	maxServerRTT = 1 << 14 // of one server
)

func newSummer(x Capture, a *SummaryAnswer, q *SummaryRequest, limits *ObservationThresholds) *summer {
	s := &summer{
		capture: x, answer: a, request: q, codes: newTally(maxSummed), warned: newTally(maxSummed),
		servers: map[sender]int32{}, lastSum: noServer, ends: knownEnds{capture: x},
	}
	a.Of, s.tops = summaryProtocols(q.Protocol)
	for range s.tops {
		s.counts = append(s.counts, newTally(maxSummed))
	}
	s.watch = newObserving(x, a.Of, limits)
	s.watch.records = &s.ends
	s.scan = messageScan{capture: x, request: &MessagesRequest{}, ends: endsReader{capture: x}, texts: newMessageTexts(false), patience: patiences()}
	return s
}

// patiences gives how long an answer may take, by protocol.
func patiences() map[string]index.Time {
	out := map[string]index.Time{}
	for _, p := range proto.All() {
		if out[p.Name] = index.Time(p.Patience); p.Patience == 0 {
			out[p.Name] = 10e9
		}
	}
	return out
}

// messageProtocols names the protocols of which there may be messages.
func messageProtocols() (names []string) {
	for _, p := range proto.All() {
		names = append(names, p.Name)
	}
	return names
}

func (s *summer) read(ctx context.Context) error {
	var failed error
	n := 0
	err := s.capture.EachMessage(1, s.wish(), func(m *index.Message) bool {
		if n++; n&0xfff == 0 {
			if failed = ctx.Err(); failed != nil {
				return false
			}
		}
		failed = s.message(m)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// wish names what is summed up: a capture has far more.
func (s *summer) wish() index.MessageWish {
	w := index.MessageWish{Protocols: s.answer.Of, Fields: slices.Clone(s.tops), Sums: true}
	w.Fields = append(w.Fields, s.watch.fields()...)
	w.NoFields = len(w.Fields) == 0
	return w
}

func (s *summer) message(m *index.Message) error {
	a := s.answer
	a.Messages++
	a.Bytes += m.Length
	for _, w := range m.Warnings {
		s.warned.add(storedValue{text: w.Code}, m)
	}
	switch m.Outcome {
	case index.Fine:
	case index.Failed:
		if m.Kind != index.Conclusion { // its answers are counted
			a.Errors++
		}
		s.note(m)
	default:
		a.Broken++
		s.note(m)
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		if at := slices.Index(s.tops, f.Name); at >= 0 {
			s.counts[at].addField(f, m)
		}
	}
	if m.Code != "" && m.Kind != index.Conclusion {
		s.codes.add(storedValue{text: m.Code}, m)
	}
	if err := s.watch.message(m); err != nil {
		return err
	}
	switch m.Kind {
	case index.Request:
		s.asks(m)
	case index.Response:
		s.answers(m)
	}
	return nil
}

// note keeps a message for the view of errors: by its request, where it has one.
func (s *summer) note(m *index.Message) {
	n := m.Number
	if m.Kind == index.Response && m.Request != 0 {
		n = m.Request
	}
	if len(s.errors) < maxSummed && (len(s.errors) == 0 || s.errors[len(s.errors)-1] != n) {
		s.errors = append(s.errors, n)
	}
}

func (s *summer) asks(m *index.Message) {
	a := s.answer
	a.Requests++
	if len(s.late) < maxSummed {
		s.late = append(s.late, m.Number)
	}
	server := s.server(m)
	if server != noServer {
		sum := s.sums[server]
		sum.Requests++
		sum.Bytes += m.Length
	}
	s.open.add(asked{end: m.End, number: m.Number, conn: m.Conn, server: server, proto: uint8(slices.Index(a.Of, m.Protocol))})
}

// server gives the place of the sum of what a request's connection asked of its server;
// those of the same server are put together at the end.
func (s *summer) server(m *index.Message) int32 {
	if m.Conn == index.NoConnection {
		return noServer
	}
	to := sender{m.Conn, 1 - m.Side}
	if s.lastSum != noServer && s.lastTo == to {
		return s.lastSum
	}
	at, known := s.servers[to]
	if !known && len(s.servers) >= maxSenders {
		s.capped = true
		return noServer
	}
	if !known {
		at = int32(len(s.sums))
		s.servers[to], s.sums = at, append(s.sums, &serverSum{})
	}
	s.lastTo, s.lastSum = to, at
	return at
}

func (s *summer) answers(m *index.Message) {
	r := s.open.take(m.Request)
	if r == nil {
		if m.Request == 0 {
			s.answer.Orphans++
		}
		return
	}
	s.answer.Answered++
	latency := int64(m.Start - r.end)
	if len(s.taken) < maxLatencies {
		s.taken = append(s.taken, timedRequest{m.Request, latency})
	} else {
		s.capped = true
	}
	if r.server == noServer {
		return
	}
	sum := s.sums[r.server]
	sum.Answered++
	sum.Bytes += m.Length
	if m.Outcome == index.Failed {
		sum.Errors++
	}
	if len(sum.times) < maxServerRTT {
		sum.times = append(sum.times, latency)
	}
}
