package diag

import (
	"reflect"

	"pcapidx/index"
	"pcapidx/ingest/spill"
)

// Engine watches the connections of one capture.
type Engine struct {
	t        Thresholds
	families []Family
	bytes    [2]int // of memory that the watchers of a connection take, before and after its first payload
}

// New makes an engine with all families.
func New(t Thresholds) *Engine {
	e := &Engine{t: t, families: families()}
	own := int(reflect.TypeFor[Watch]().Size()) + len(e.families)*int(reflect.TypeFor[Watcher]().Size())
	e.bytes = [2]int{own, own}
	for _, f := range e.families {
		size := int(reflect.TypeOf(f.New()).Elem().Size())
		if e.bytes[1] += size; !f.FromData {
			e.bytes[0] += size
		}
	}
	return e
}

// Size is about how many bytes of memory the state of a connection takes.
func (e *Engine) Size(w *Watch) int {
	if w.begun {
		return e.bytes[1]
	}
	return e.bytes[0]
}

// Watch is the state of one connection.
type Watch struct {
	Conn
	copies   Duplicates
	watchers []Watcher // by family; nil before it begins
	begun    bool      // those that wait for data have begun
}

// Feed takes the next packet of a connection. It sets p.Duplicate where the packet
// was captured before.
func (e *Engine) Feed(w *Watch, p *Packet) {
	w.T = &e.t
	p.Duplicate = p.Duplicate || w.copies.Seen(p)
	w.note(p)
	if w.watchers == nil {
		w.watchers = make([]Watcher, len(e.families))
		e.begin(w, false)
	}
	if !w.begun && p.Len > 0 {
		w.begun = true
		e.begin(w, true)
	}
	for _, x := range w.watchers {
		if x != nil {
			x.Watch(&w.Conn, p)
		}
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

func (e *Engine) begin(w *Watch, fromData bool) {
	for i := range e.families {
		if e.families[i].FromData == fromData {
			w.watchers[i] = e.families[i].New()
		}
	}
}

// Finish gives the findings of a connection and fills r.Measures. low says that
// everything about the connection is uncertain.
func (e *Engine) Finish(w *Watch, r *Report, low bool) []index.Finding {
	w.T = &e.t
	r.low = low || r.Guessed
	for _, x := range w.watchers {
		if x != nil {
			x.Finish(&w.Conn, r)
		}
	}
	return r.findings
}

// Code goes over the state of a connection.
func (e *Engine) Code(w *Watch, k *spill.Coder) {
	w.code(k)
	w.copies.Code(k)
	started := w.watchers != nil
	k.Bits(&started, &w.begun)
	if !started {
		return
	}
	if k.Reading() {
		w.watchers = make([]Watcher, len(e.families))
		e.begin(w, false)
		if w.begun {
			e.begin(w, true)
		}
	}
	for _, x := range w.watchers {
		if x != nil {
			x.Code(k)
		}
	}
}
