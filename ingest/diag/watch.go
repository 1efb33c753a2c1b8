package diag

import (
	"reflect"

	"pcapidx/index"
)

// Engine watches the connections of one capture, one after the other.
type Engine struct {
	t        Thresholds
	families []Family
	all      []Watcher // by family; used again for each connection
	watch    Watch
}

// New makes an engine with all families.
func New(t Thresholds) *Engine {
	e := &Engine{t: t, families: families()}
	for _, f := range e.families {
		e.all = append(e.all, f.New())
	}
	e.watch.T = &e.t
	return e
}

// Begin forgets the connection before and gives the next one, whose packets Feed
// takes.
func (e *Engine) Begin() *Watch {
	for _, w := range e.all { // as New made it
		reflect.ValueOf(w).Elem().SetZero()
	}
	e.watch = Watch{Conn: Conn{T: &e.t}, watchers: e.watch.watchers[:0]}
	for i := range e.families {
		if !e.families[i].FromData {
			e.watch.watchers = append(e.watch.watchers, e.all[i])
		}
	}
	return &e.watch
}

// Watch is the state of one connection.
type Watch struct {
	Conn
	watchers []Watcher // that have begun
	begun    bool      // those that wait for data have
}

// Feed takes the next packet of the connection.
func (e *Engine) Feed(p *Packet) {
	w := &e.watch
	w.note(p)
	if !w.begun && p.Len > 0 {
		w.begun = true
		w.watchers = append(w.watchers[:0], e.all...)
	}
	for _, x := range w.watchers {
		x.Watch(&w.Conn, p)
	}
}

// Rejected notes an ICMP or ICMPv6 error that quotes a packet of the connection.
func (w *Watch) Rejected(frame uint32, time int64, icmpType, icmpCode uint8) {
	w.quoted(frame, time, icmpType, icmpCode)
}

// Follows says, before the first packet, that the endpoints had a connection
// before: when it was closed or, if it was not, the time of its last packet.
func (w *Watch) Follows(prevCloseTime int64, prevClosed bool) {
	w.Previous = Previous{Set: true, Closed: prevClosed, Time: prevCloseTime}
}

// Finish gives the findings of the connection and fills r.Measures. low says that
// everything about the connection is uncertain.
func (e *Engine) Finish(r *Report, low bool) []index.Finding {
	r.low = low || r.Guessed
	for _, x := range e.watch.watchers {
		x.Finish(&e.watch.Conn, r)
	}
	return r.findings
}
