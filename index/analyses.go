package index

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// measureNumbers is how many figures the measures have.
const measureNumbers = 5 + 2*(26+3*6)

// numbers lists the figures of the measures in the order in which they are stored,
// with all as memory. New ones come last, and raise ContentVersion.
func (m *Measures) numbers(all *[measureNumbers]*int64) []*int64 {
	out := all[:0]
	out = append(out, &m.ConnectServer, &m.ConnectClient, &m.IRTT, &m.CloseDelay, &m.TurnCount)
	for i := range m.Sides {
		s := &m.Sides[i]
		out = append(out, &s.DataSegments, &s.UniqueBytes, &s.Resent, &s.ResentBytes, &s.ResentControl, &s.Spurious, &s.OutOfOrder,
			&s.DuplicateAcks, &s.UpstreamLost, &s.DownstreamLost, &s.CaptureLost, &s.ZeroWindows, &s.ZeroWindowTime, &s.ZeroWindowLongest,
			&s.WindowFulls, &s.WindowFullTime, &s.WindowMin, &s.WindowMax, &s.InFlightMax, &s.MSS, &s.Scale, &s.Goodput, &s.WireRate,
			&s.PeakRate, &s.Unacked, &s.TTL)
		for _, p := range []*Spread{&s.RTT, &s.Response, &s.Transfer} {
			out = append(out, &p.Count, &p.Min, &p.Median, &p.P95, &p.Max, &p.Sum)
		}
	}
	return out
}

func appendMeasures(b []byte, m *Measures) []byte {
	b = appendString(appendString(b, m.Handshake), m.Close)
	bits := boolByte(m.Sides[0].SACKPermitted) | boolByte(m.Sides[0].Timestamps)<<1 | boolByte(m.Sides[1].SACKPermitted)<<2 | boolByte(m.Sides[1].Timestamps)<<3
	b = append(b, byte(m.ClosedBy), bits)
	var all [measureNumbers]*int64
	for _, n := range m.numbers(&all) {
		b = binary.AppendVarint(b, *n)
	}
	b = binary.AppendUvarint(b, uint64(len(m.Turns)))
	for i := range m.Turns {
		t := &m.Turns[i]
		for _, n := range t.numbers() {
			b = binary.AppendVarint(b, n)
		}
	}
	return b
}

// numbers gives a turn as it is stored: times after the first as differences.
func (t *Turn) numbers() [8]int64 {
	return [8]int64{
		int64(t.RequestFrame), int64(t.ResponseFrame), t.RequestStart, t.RequestEnd - t.RequestStart,
		t.ResponseStart - t.RequestStart, t.ResponseEnd - t.RequestStart, t.RequestBytes, t.ResponseBytes,
	}
}

func decodeMeasures(d *decoder, m *Measures) {
	m.Handshake, m.Close = d.string(), d.string()
	m.ClosedBy = int8(d.byte())
	bits := d.byte()
	m.Sides[0].SACKPermitted, m.Sides[0].Timestamps = bits&1 != 0, bits&2 != 0
	m.Sides[1].SACKPermitted, m.Sides[1].Timestamps = bits&4 != 0, bits&8 != 0
	var all [measureNumbers]*int64
	for _, n := range m.numbers(&all) {
		*n = d.varint()
	}
	n := d.count(8)
	if n > MaxTurns {
		d.fail()
		return
	}
	for range n {
		var v [8]int64
		for i := range v {
			v[i] = d.varint()
		}
		m.Turns = append(m.Turns, Turn{
			RequestFrame: uint32(v[0]), ResponseFrame: uint32(v[1]), RequestStart: v[2], RequestEnd: v[2] + v[3],
			ResponseStart: v[2] + v[4], ResponseEnd: v[2] + v[5], RequestBytes: v[6], ResponseBytes: v[7],
		})
	}
}

func appendFinding(b []byte, f *Finding) []byte {
	b = appendString(b, f.Code)
	b = append(b, byte(f.Severity)<<1|boolByte(f.Low), byte(f.Side))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(f.Weight))
	b = appendString(b, f.Sentence)
	b = binary.AppendUvarint(b, uint64(len(f.Numbers)))
	for _, n := range f.Numbers {
		b = binary.BigEndian.AppendUint64(appendString(b, n.Name), math.Float64bits(n.Value))
	}
	frames := f.Frames[:min(len(f.Frames), MaxEvidence)]
	b = binary.AppendUvarint(b, uint64(len(frames)))
	for _, n := range frames {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return binary.AppendUvarint(b, uint64(f.Count))
}

func decodeFinding(d *decoder) (f Finding) {
	f.Code = d.string()
	bits := d.byte()
	f.Severity, f.Low, f.Side = Severity(bits>>1), bits&1 != 0, int8(d.byte())
	float := func() float64 {
		if b := d.bytes(8); b != nil {
			return math.Float64frombits(binary.BigEndian.Uint64(b))
		}
		return 0
	}
	f.Weight, f.Sentence = float(), d.string()
	for range d.count(9) {
		f.Numbers = append(f.Numbers, Number{d.string(), float()})
	}
	n := d.count(1)
	if n > MaxEvidence {
		d.fail()
		return f
	}
	for range n {
		f.Frames = append(f.Frames, d.uint32())
	}
	f.Count = d.uint32()
	return f
}

// decodeAnalyses decodes one stored group that starts at connection first: for each
// that has an analysis its place in the group, measures, and findings.
func decodeAnalyses(value []byte, first uint32, buf []byte) (group []ConnAnalysis, err error) {
	body, err := unpack(value, buf, analysesLimit)
	if err != nil {
		return nil, err
	}
	d := &decoder{b: body}
	for len(d.b) > 0 {
		at := d.byte()
		if at >= connGroup || len(group) > 0 && first+uint32(at) <= group[len(group)-1].Number {
			return nil, errShort
		}
		a := ConnAnalysis{Number: first + uint32(at)}
		decodeMeasures(d, &a.Measures)
		for range d.count(14) {
			a.Findings = append(a.Findings, decodeFinding(d))
		}
		if d.err != nil {
			return nil, d.err
		}
		group = append(group, a)
	}
	return group, nil
}

// analysisWriter collects analyses into groups, and the connections that have each
// finding.
type analysisWriter struct {
	first uint32 // of the group in hand
	body  []byte
	found map[string]*roaring.Bitmap
}

// WriteAnalysis stores the analysis of a connection. They come in the order of the
// connections' numbers, and not every connection has one.
func (w *Writer) WriteAnalysis(a *ConnAnalysis) error {
	g := &w.analyses
	if first := a.Number - a.Number%connGroup; first != g.first {
		w.flushAnalyses()
		g.first = first
	}
	g.body = appendMeasures(append(g.body, byte(a.Number-g.first)), &a.Measures)
	g.body = binary.AppendUvarint(g.body, uint64(len(a.Findings)))
	for i := range a.Findings {
		g.body = appendFinding(g.body, &a.Findings[i])
		code := a.Findings[i].Code
		if g.found == nil {
			g.found = map[string]*roaring.Bitmap{}
		}
		if g.found[code] == nil {
			g.found[code] = roaring.New()
		}
		g.found[code].Add(a.Number)
	}
	return w.Err()
}

func (w *Writer) flushAnalyses() {
	g := &w.analyses
	if len(g.body) == 0 {
		return
	}
	key, body := key32(g.first), pack(nil, g.body)
	g.body = g.body[:0]
	w.jobs <- func(p *put) error {
		if p == nil {
			return nil
		}
		return p.put(bucketAnalyses, key, body)
	}
}

// flushFound stores the lists of connections, at the end.
func (w *Writer) flushFound() {
	w.flushAnalyses()
	codes := make([]string, 0, len(w.analyses.found))
	for code := range w.analyses.found {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		b := w.analyses.found[code]
		b.RunOptimize()
		body := appendBitmap(nil, b)
		w.jobs <- func(p *put) error {
			if p == nil {
				return nil
			}
			return p.put(bucketFound, []byte(code), body)
		}
	}
}

// Analysis gives the analysis of a connection; ok is false if it has none. An index
// of older content has none at all: ErrOutdated.
func (x *Index) Analysis(number uint32) (a ConnAnalysis, ok bool, err error) {
	err = x.EachAnalysis(number, func(found *ConnAnalysis) bool {
		if ok = found.Number == number; ok {
			a = *found
		}
		return false
	})
	return a, ok, err
}

// analysesLimit bounds what a group unfolds to: far above connGroup analyses with
// every finding.
const analysesLimit = 16 << 20

// analysesSince is the content number that brought them.
const analysesSince = 3

// EachAnalysis calls yield for the analyses of the connections from number from on,
// in order, until it returns false. ErrOutdated as for Analysis.
func (x *Index) EachAnalysis(from uint32, yield func(*ConnAnalysis) bool) error {
	if x.summary.Content < analysesSince {
		return x.outdated()
	}
	return x.view(func(v *view) error {
		start := from - from%connGroup
		return v.scan(bucketAnalyses, key32(start), func(key, body []byte) (bool, error) {
			if len(key) != 4 {
				return false, errShort
			}
			first := binary.BigEndian.Uint32(key)
			if first < start {
				return true, nil
			}
			group, err := decodeAnalyses(body, first, nil)
			for i := range group {
				if group[i].Number >= from && !yield(&group[i]) {
					return false, nil
				}
			}
			return err == nil, err
		})
	})
}

// Found gives the connections that have a finding; an empty set if there are none.
// ErrOutdated as for Analysis.
func (x *Index) Found(code string) (b *roaring.Bitmap, err error) {
	if x.summary.Content < analysesSince {
		return nil, x.outdated()
	}
	err = x.view(func(v *view) error {
		body, err := v.find(bucketFound, []byte(code))
		if err != nil || body == nil {
			return err
		}
		b, err = readBitmap(body, math.MaxUint32, func(b *roaring.Bitmap) error { return b.Validate() })
		return v.wrap(bucketFound, []byte(code), err)
	})
	if b == nil {
		b = roaring.New()
	}
	return b, err
}
