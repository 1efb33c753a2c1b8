package query

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"pcapidx/index"
)

// OverviewRequest asks which application protocols a capture has, and for observations
// over all of them.
type OverviewRequest struct {
	Capture string `json:"capture" jsonschema:"name, id or id prefix"`
	// Code keeps observations whose code begins so.
	Code string `json:"code,omitempty" jsonschema:"keep observations whose code begins so: scan, cleartext, tls"`
}

// OverviewAnswer is what is known of the application protocols of a capture.
type OverviewAnswer struct {
	Capture   string           `json:"capture"`
	Messages  uint64           `json:"messages"`
	Protocols []ProtocolFigure `json:"protocols"` // those with the most messages first
	// Connections counts all, Identified those of which the protocol is known.
	Connections uint32 `json:"connections"`
	Identified  uint64 `json:"identified"`
	// Observations are patterns over many messages and connections: numbers and
	// evidence, not verdicts.
	Observations []Observation `json:"observations"`
	Hints        []string      `json:"hints,omitempty"`
}

// ProtocolFigure counts the messages of a protocol.
type ProtocolFigure struct {
	Protocol string `json:"protocol"`
	Messages uint64 `json:"messages"`
	Failed   uint64 `json:"failed"` // with an outcome other than ok
	Warnings uint64 `json:"warnings"`
}

// Overview tells what protocols a capture has, and what is worth a look.
func (e *Engine) Overview(ctx context.Context, q OverviewRequest) (*OverviewAnswer, error) {
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	look := func() (*OverviewAnswer, error) { return overviewOf(ctx, x, entry.ID, e.limits) }
	if k, ok := x.(interface {
		keptOverview(limits *ObservationThresholds, look func() (*OverviewAnswer, error)) (*OverviewAnswer, error)
	}); ok {
		look = func() (*OverviewAnswer, error) {
			return k.keptOverview(e.limits, func() (*OverviewAnswer, error) { return overviewOf(ctx, x, entry.ID, e.limits) })
		}
	}
	whole, err := look()
	if err != nil {
		return nil, wrap(err)
	}
	a := *whole
	a.Observations = []Observation{}
	for i := range whole.Observations {
		if o := &whole.Observations[i]; strings.HasPrefix(o.Code, q.Code) {
			a.Observations = append(a.Observations, *o)
		}
	}
	if len(a.Observations) == 0 {
		a.Hints = append(a.Hints, "no pattern reached its threshold; `diagnose` tells what went wrong in TCP")
	}
	return &a, nil
}

// keptOverview is what a look at a capture found with some thresholds.
type keptOverview struct {
	limits *ObservationThresholds
	answer *OverviewAnswer
}

// keptOverview looks at a capture once while it stays open.
func (k *keptIndex) keptOverview(limits *ObservationThresholds, look func() (*OverviewAnswer, error)) (*OverviewAnswer, error) {
	if o := k.overview.Load(); o != nil && o.limits == limits {
		return o.answer, nil
	}
	a, err := look()
	if err == nil {
		k.overview.Store(&keptOverview{limits, a})
	}
	return a, err
}

// overviewOf looks at a capture. Messages and connections are read at the same time.
func overviewOf(ctx context.Context, x Capture, id string, limits *ObservationThresholds) (*OverviewAnswer, error) {
	s := x.Summary()
	a := &OverviewAnswer{Capture: id, Connections: s.Connections, Protocols: []ProtocolFigure{}}
	names := []string{anyConnection}
	if apps := s.Applications; apps != nil {
		a.Messages = apps.Messages
		for _, p := range apps.Protocols {
			a.Protocols = append(a.Protocols, ProtocolFigure{Protocol: p.Name, Messages: p.Messages, Failed: p.Failed, Warnings: p.Warnings})
			names = append(names, p.Name)
		}
	}
	slices.SortFunc(a.Protocols, func(x, y ProtocolFigure) int {
		return cmp.Or(-cmp.Compare(x.Messages, y.Messages), cmp.Compare(x.Protocol, y.Protocol))
	})
	o := newObserving(x, names, limits)
	o.scans = true
	walked := make(chan error, 1)
	go func() { walked <- o.walk(ctx) }()
	err := cmp.Or(o.read(ctx), <-walked)
	if err != nil {
		return nil, err
	}
	a.Observations, err = o.report(ctx)
	a.Identified = o.known
	return a, err
}

// read shows the observers the messages of their protocols.
func (o *observing) read(ctx context.Context) error {
	wish := index.MessageWish{Protocols: o.protocols(), Fields: o.fields(), Warned: o.warned, Sums: true}
	wish.NoFields = len(wish.Fields) == 0
	if len(wish.Protocols) == 0 {
		return nil
	}
	var failed error
	n := 0
	err := o.capture.EachMessage(1, wish, func(m *index.Message) bool {
		if n++; n&0xfff == 0 {
			failed = ctx.Err()
		}
		if failed == nil {
			failed = o.message(m)
		}
		return failed == nil
	})
	return cmp.Or(failed, err)
}
