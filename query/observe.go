package query

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"sync"

	"pcapidx/index"
)

// Observation is a pattern over many messages or connections: numbers and evidence,
// never a verdict.
type Observation struct {
	Code      string `json:"code"`
	Title     string `json:"title"`
	Statement string `json:"statement"` // with numbers; may name what the capture names
	// Frames are some of those that show it, Connections some connections, Who the
	// address that it is about.
	Frames      []uint32 `json:"evidence"`
	Connections []uint32 `json:"connections,omitempty"`
	Who         string   `json:"who,omitempty"`
	Rule        string   `json:"rule"`             // what was counted, above which threshold
	Source      string   `json:"source,omitempty"` // where the rule comes from
	// More counts further observations of the code, which are left out: of the last.
	More int `json:"more,omitempty"`
	// Benign are explanations without harm, Limits what the capture cannot tell.
	Benign []string `json:"benign_explanations"`
	Limits string   `json:"limits,omitempty"`
}

// observer watches the messages of a summary.
type observer interface {
	// fields names those that it reads.
	fields() []string
	watch(m *index.Message, t *talkers)
	// report gives what was seen, in an order that depends on the messages alone.
	report() []Observation
}

// talkers are who a message is between: looked up when somebody asks, because most
// messages tell observers nothing. Of messages that belong to no connection they are not
// valid.
type talkers struct {
	records *knownEnds
	message *index.Message
	known   bool
	ends    [2]netip.AddrPort // sender, receiver
	asked   netip.AddrPort    // server
	err     error
}

func (t *talkers) find() {
	if t.known || t.message.Conn == index.NoConnection {
		return
	}
	t.known = true
	c, err := t.records.of(t.message.Conn)
	if err != nil {
		t.err = err
		return
	}
	t.ends, t.asked = [2]netip.AddrPort{c.Of(t.message.Side), c.Of(1 - t.message.Side)}, c.Server()
}

func (t *talkers) from() netip.AddrPort {
	t.find()
	return t.ends[0]
}

func (t *talkers) to() netip.AddrPort {
	t.find()
	return t.ends[1]
}

func (t *talkers) server() netip.AddrPort {
	t.find()
	return t.asked
}

// reviewer is an observer that reads frames, or whole messages, before it reports: those
// that are watched lack the texts and the evidence of their warnings, and fields that few
// ask for.
type reviewer interface {
	review(ctx context.Context, x Capture) error
}

// connectionObserver watches connections and what their applications are.
type connectionObserver interface {
	connection(c *index.Connection, protocols []string, confirmed bool)
	report() []Observation
}

// watching is a kind of observer of the messages of some protocols.
type watching struct {
	protocols []string
	make      func() observer
}

// watchers lists the observers of messages, in the order in which they report.
func watchers(limits *ObservationThresholds) []watching {
	return []watching{
		{[]string{"dns"}, func() observer { return newSubdomains(limits) }},
		{[]string{"dns"}, func() observer { return newFailedNames(limits) }},
		{[]string{"icmp", "icmpv6"}, func() observer { return newEchoes(limits) }},
		{[]string{"icmp", "icmpv6"}, func() observer { return newEchoPayloads(limits) }},
		{[]string{"icmp", "icmpv6"}, func() observer { return &traces{limits: limits} }},
		{[]string{"dhcp"}, func() observer { return newDHCPServers(limits.DHCPServers) }},
		{[]string{"dhcp"}, func() observer { return &discovers{limits: limits} }},
		{[]string{"arp"}, func() observer { return &claimants{} }},
		{[]string{"http"}, func() observer { return newRedirects(limits) }},
		{[]string{"sip"}, func() observer { return newRegistrations(limits) }},
		{[]string{"sip"}, func() observer { return newCallSpread(limits) }},
		{[]string{"resp"}, func() observer { return newOpenRedis() }},
		{[]string{"mysql", "pgsql"}, func() observer { return newOpenSQL() }},
	}
}

// observing is the observers of one summary.
type observing struct {
	capture Capture
	records *knownEnds
	all     []observer
	of      map[string][]observer // by protocol
	warned  []string              // protocols of which nobody watches messages without warnings
	conns   []connectionObserver  // none: connections are not walked
	walked  bool
	known   uint64 // connections of which the protocol is known, if walked
	scans   bool   // what the diagnosis of the capture found is reported, too
	between talkers
}

// newObserving makes the observers of messages of some protocols.
func newObserving(x Capture, protocols []string, limits *ObservationThresholds) *observing {
	o := &observing{capture: x, records: &knownEnds{capture: x}, of: map[string][]observer{}}
	add := func(w observer, of []string) {
		used := false
		for _, p := range of {
			if slices.Contains(protocols, p) {
				o.of[p], used = append(o.of[p], w), true
			}
		}
		if used {
			o.all = append(o.all, w)
		}
	}
	for _, w := range watchers(limits) {
		add(w.make(), w.protocols)
	}
	with := warnedProtocols(x, protocols)
	for _, p := range with {
		if len(o.of[p]) == 0 {
			o.warned = append(o.warned, p)
		}
	}
	add(newCredentials(), with)
	add(newWarned(), with)
	for _, c := range connectionWatchers(limits) {
		if slices.ContainsFunc(c.protocols, func(p string) bool { return slices.Contains(protocols, p) }) {
			o.conns = append(o.conns, c.make())
		}
	}
	return o
}

// warnedProtocols gives those protocols of which messages have warnings.
func warnedProtocols(x Capture, protocols []string) (out []string) {
	if apps := x.Summary().Applications; apps != nil {
		for _, p := range apps.Protocols {
			if p.Warnings > 0 && slices.Contains(protocols, p.Name) {
				out = append(out, p.Name)
			}
		}
	}
	return out
}

// protocols names those whose messages are watched, in order.
func (o *observing) protocols() (names []string) {
	for name := range o.of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fields names the fields that are read.
func (o *observing) fields() (names []string) {
	for _, w := range o.all {
		names = append(names, w.fields()...)
	}
	return names
}

// message shows a message to its observers.
func (o *observing) message(m *index.Message) error {
	watchers := o.of[m.Protocol]
	if len(watchers) == 0 {
		return nil
	}
	o.between = talkers{records: o.records, message: m}
	for _, w := range watchers {
		w.watch(m, &o.between)
	}
	return o.between.err
}

// report gives what was seen.
func (o *observing) report(ctx context.Context) (out []Observation, err error) {
	if o.scans {
		out = append(out, scansFound(o.capture.Summary())...)
	}
	if err := o.review(ctx); err != nil {
		return nil, err
	}
	for _, w := range o.all {
		out = append(out, w.report()...)
	}
	if err := o.walk(ctx); err != nil {
		return nil, err
	}
	for _, c := range o.conns {
		out = append(out, c.report()...)
	}
	return firstOfCodes(out), nil
}

// review lets observers read what they want to, some at the same time: each has its own
// records.
func (o *observing) review(ctx context.Context) error {
	failed := make([]error, len(o.all))
	var all sync.WaitGroup
	turn := make(chan struct{}, maxReviewers)
	for i, w := range o.all {
		if r, ok := w.(reviewer); ok {
			turn <- struct{}{}
			all.Go(func() {
				failed[i] = r.review(ctx, o.capture)
				<-turn
			})
		}
	}
	all.Wait()
	return cmp.Or(failed...)
}

// firstOfCodes keeps the first observations of each code, and counts the others.
func firstOfCodes(all []Observation) (out []Observation) {
	last, count := map[string]int{}, map[string]int{}
	for i := range all {
		code := all[i].Code
		if count[code]++; count[code] > toldOfCode {
			out[last[code]].More++
			continue
		}
		last[code] = len(out)
		out = append(out, all[i])
	}
	return out
}

// Bounds of what observers keep and tell.
const (
	maxObserved = 1 << 16
	maxWindow   = 4096 // entries of a sliding window
	maxOfCode   = 64   // observations of one code that are looked at, the largest first
	toldOfCode  = 5    // of them, those that are told
	someValues  = 5    // frames, connections and names that an observation gives
	maxReviewed = 1024 // frames whose bytes an observer reads

	maxReviewers = 2 // observers that review at a time
)

// few appends to the first values of a piece of evidence.
func few[T any](list []T, v T) []T {
	if len(list) < someValues {
		return append(list, v)
	}
	return list
}

// window counts the different values of the last while.
type window[K comparable] struct {
	recent []timed[K]
	has    map[K]bool // those in recent
	best   int        // most different values at a time
}

type timed[K comparable] struct {
	value K
	time  index.Time
}

// add takes a value, and tells whether it is new within the span before it.
func (w *window[K]) add(v K, now, span index.Time) bool {
	for len(w.recent) > 0 && now-w.recent[0].time > span || len(w.recent) >= maxWindow {
		delete(w.has, w.recent[0].value)
		w.recent = w.recent[1:]
	}
	if w.has[v] {
		return false
	}
	if w.has == nil {
		w.has = map[K]bool{}
	}
	w.has[v] = true
	w.recent = append(w.recent, timed[K]{v, now})
	w.best = max(w.best, len(w.recent))
	return true
}

// largest gives the keys of sums, those with the most first, then in the order of keys.
func largest[K comparable, V any](sums map[K]V, size func(V) int, compare func(a, b K) int) []K {
	return reached(0, sums, size, compare)
}

// reached gives the keys of those sums that reach a threshold, as largest does.
func reached[K comparable, V any](least uint32, sums map[K]V, size func(V) int, compare func(a, b K) int) []K {
	var keys []K
	for k, v := range sums {
		if size(v) >= int(least) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Or(-cmp.Compare(size(sums[a]), size(sums[b])), compare(a, b)) })
	return keys
}

// fieldText gives the first value of a text field, "" if there is none.
func fieldText(m *index.Message, name string) string {
	for i := range m.Fields {
		if m.Fields[i].Name == name {
			return m.Fields[i].Text
		}
	}
	return ""
}

// fieldNumber gives the first value of a number field.
func fieldNumber(m *index.Message, name string) (n uint64, has bool) {
	for i := range m.Fields {
		if m.Fields[i].Name == name {
			return m.Fields[i].Num, true
		}
	}
	return 0, false
}

// fieldAddress gives the first value of an address field.
func fieldAddress(m *index.Message, name string) netip.Addr {
	a, _ := netip.AddrFromSlice([]byte(fieldText(m, name)))
	return a
}

// warningText gives what a message's warning of a code says.
func warningText(x Capture, number uint32, code string) (string, error) {
	m, err := x.Message(number)
	if err != nil || m == nil {
		return "", err
	}
	if w := warning(m, code); w != nil {
		return w.Text, nil
	}
	return "", nil
}

// warning gives a message's warning of a code, nil if it has none.
func warning(m *index.Message, code string) *index.Warning {
	for i := range m.Warnings {
		if m.Warnings[i].Code == code {
			return &m.Warnings[i]
		}
	}
	return nil
}
