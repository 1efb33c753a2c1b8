package query

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
)

// CaptureDiagnosisRequest asks what went wrong in a capture.
type CaptureDiagnosisRequest struct {
	Capture string `json:"capture" jsonschema:"name, id or id prefix"`
	By      string `json:"by,omitempty" jsonschema:"code (default), host (server address) or connection"`
	// Severity is the lowest that counts: info, note (default), warn or error.
	Severity string `json:"severity,omitempty" jsonschema:"lowest severity: info, note (default), warn or error"`
	Code     string `json:"code,omitempty" jsonschema:"only findings of these codes; several with commas"`
	Page
}

// DiagnosisRow sums up findings: of one code, of the connections to one server
// address, or of one connection.
type DiagnosisRow struct {
	Code       string  `json:"code,omitempty"`
	Host       string  `json:"host,omitempty"`
	Connection *uint32 `json:"connection,omitempty"`
	Client     string  `json:"client,omitempty"` // of the connection
	Server     string  `json:"server,omitempty"`

	Severity    string  `json:"severity"`    // the highest
	Connections uint64  `json:"connections"` // that have such a finding
	Frames      uint64  `json:"frames"`      // that are evidence, summed over findings
	Weight      float64 `json:"weight"`      // ranks rows of one severity: seconds of delay, or what comes near it
	// Low says that the finding of Sentence is uncertain.
	Low      bool        `json:"low_confidence,omitempty"`
	Sentence string      `json:"sentence"`           // of the worst finding
	Examples []uint32    `json:"examples,omitempty"` // connections, the worst first
	Codes    []CodeCount `json:"codes,omitempty"`    // of a host or connection, the worst first
}

// CodeCount counts the findings of one code.
type CodeCount struct {
	Code     string `json:"code"`
	Findings uint64 `json:"findings"`

	worst index.Severity
}

// CaptureDiagnosisAnswer is the diagnosis of a capture.
type CaptureDiagnosisAnswer struct {
	Capture string `json:"capture"`
	Name    string `json:"name"`
	// Quality is sound or limited; Verdict says in a sentence what the capture
	// itself is good for. Limits are the reasons, one by one.
	Quality  string       `json:"quality"`
	Verdict  string       `json:"verdict"`
	Limits   []string     `json:"limits,omitempty"`
	Findings []FindingRow `json:"findings,omitempty"` // of the capture as a whole
	By       string       `json:"by"`
	// Examined counts the TCP connections of the capture.
	Examined uint32         `json:"examined"`
	Rows     []DiagnosisRow `json:"rows"`
	Paged
}

// DiagnosisGroupings lists how findings can be grouped, the default first.
func DiagnosisGroupings() []string { return []string{"code", "host", "connection"} }

// Severities lists the severities of findings, the lowest first.
func Severities() []string { return index.SeverityNames() }

// diagnosis is one such question in work.
type diagnosis struct {
	CaptureDiagnosisRequest
	capture Capture
	least   index.Severity
	codes   []string // empty: all
	raised  bool     // one_sided is said of the capture, and not again of each connection
}

// DiagnoseCapture says what went wrong in a capture, the worst first.
func (e *Engine) DiagnoseCapture(ctx context.Context, q CaptureDiagnosisRequest) (*CaptureDiagnosisAnswer, error) {
	d := &diagnosis{CaptureDiagnosisRequest: q}
	if err := d.check(); err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	if _, err := x.Found(""); err != nil { // an older index has no findings
		return nil, wrap(err)
	}
	d.capture = x
	s := x.Summary()
	a := &CaptureDiagnosisAnswer{Capture: entry.ID, Name: entry.Name, By: d.By, Examined: s.TCPStreams, Rows: []DiagnosisRow{}}
	a.judge(s)
	for i := range s.Findings {
		if f := &s.Findings[i]; d.wants(f) {
			a.Findings = append(a.Findings, findingRow(f, 0))
		}
	}
	d.raised = slices.ContainsFunc(s.Findings, func(f index.Finding) bool { return f.Code == oneSided })
	slices.SortStableFunc(a.Findings, compareFindingRows)
	after, err := parseCursor(q.Cursor, d.shape(), []string{entry.Build})
	if err != nil {
		return nil, err
	}
	last, err := d.page(ctx, a, after)
	if err != nil {
		return nil, wrap(err)
	}
	a.Returned, a.TotalExact = len(a.Rows), true
	if last != nil {
		a.NextCursor = formatCursor(d.shape(), []string{entry.Build}, *last)
	}
	d.hints(a)
	return a, nil
}

// check refuses what cannot be meant, and fills in what was not said.
func (d *diagnosis) check() error {
	d.By, d.Severity = cmp.Or(d.By, DiagnosisGroupings()[0]), cmp.Or(d.Severity, index.SeverityNote.String())
	severity := slices.Index(Severities(), d.Severity)
	switch {
	case !slices.Contains(DiagnosisGroupings(), d.By):
		return UnknownWord("grouping", d.By, DiagnosisGroupings())
	case severity < 0:
		return UnknownWord("severity", d.Severity, Severities())
	}
	d.least, d.codes = index.Severity(severity), splitList(d.Code)
	return d.Page.check()
}

// shape is what must be the same for a cursor to go on.
func (d *diagnosis) shape() string {
	return strings.Join([]string{"diagnose", d.By, d.Severity, d.Code}, "\x00")
}

func (d *diagnosis) wants(f *index.Finding) bool {
	return f.Severity >= d.least && d.wantsCode(f.Code)
}

// oneSided is found of connections, and of the capture if too many have it.
const oneSided = "one_sided"

func (d *diagnosis) wantsCode(code string) bool {
	if len(d.codes) == 0 {
		return code != oneSided || !d.raised
	}
	return slices.Contains(d.codes, code)
}

// page fills the rows behind the one named; last is that where the page ends, nil
// if it is the last page.
func (d *diagnosis) page(ctx context.Context, a *CaptureDiagnosisAnswer, after *rowKey) (last *rowKey, err error) {
	switch d.By {
	case "host":
		return d.byHost(ctx, a, after)
	case "connection":
		return d.byConnection(ctx, a, after)
	}
	return d.byCode(a, after)
}

// byCode takes the sums that the index has. A code counts if its worst finding does.
func (d *diagnosis) byCode(a *CaptureDiagnosisAnswer, after *rowKey) (*rowKey, error) {
	var found []index.FoundCode
	for _, f := range d.capture.Summary().Found {
		if f.Severity >= d.least && d.wantsCode(f.Code) {
			found = append(found, f)
		}
	}
	a.Total = len(found)
	from, to, last := d.slice(len(found), after)
	for _, f := range found[from:to] {
		r := DiagnosisRow{
			Code: f.Code, Severity: f.Severity.String(), Connections: f.Connections, Frames: f.Frames, Weight: finite(f.Weight), Examples: f.Examples,
		}
		if len(f.Examples) > 0 {
			worst, err := d.worst(f.Examples[0], func(g *index.Finding) bool { return g.Code == f.Code })
			if err != nil {
				return nil, err
			}
			r.Sentence, r.Low = worst.Sentence, worst.Low
		}
		a.Rows = append(a.Rows, r)
	}
	return last, nil
}

// slice gives the part of n rows in order that makes a page; last is for the
// cursor, nil if it is the last page.
func (p Page) slice(n int, after *rowKey) (from, to int, last *rowKey) {
	if after != nil {
		from = min(int(after.number), n)
	}
	if p.Limit == 0 || n-from <= p.Limit {
		return from, n, nil
	}
	to = from + p.Limit
	return from, to, &rowKey{number: uint32(to)}
}

// worst gives the worst finding of a connection among those that count.
func (d *diagnosis) worst(number uint32, counts func(*index.Finding) bool) (worst index.Finding, err error) {
	found, _, err := d.capture.Analysis(number)
	if err != nil {
		return worst, err
	}
	list := slices.DeleteFunc(found.Findings, func(f index.Finding) bool { return !counts(&f) })
	if len(list) > 0 {
		worst = slices.MinFunc(list, compareFindings)
	}
	return worst, nil
}

// compareFindings puts the worst first.
func compareFindings(a, b index.Finding) int {
	return cmp.Or(-cmp.Compare(a.Severity, b.Severity), -cmp.Compare(a.Weight, b.Weight))
}

// connections gives those that have one of the findings asked for, or may have:
// another of the same code was severe enough.
func (d *diagnosis) connections() (*roaring.Bitmap, error) {
	all := roaring.New()
	for _, f := range d.capture.Summary().Found {
		if f.Severity < d.least || !d.wantsCode(f.Code) {
			continue
		}
		b, err := d.capture.Found(f.Code)
		if err != nil {
			return nil, err
		}
		all.Or(b)
	}
	return all, nil
}

func (d *diagnosis) hints(a *CaptureDiagnosisAnswer) {
	known := map[string]bool{}
	s := d.capture.Summary()
	for i := range s.Found {
		known[s.Found[i].Code] = true
	}
	for i := range s.Findings {
		known[s.Findings[i].Code] = true
	}
	for _, code := range d.codes {
		if !known[code] {
			a.Hints = append(a.Hints, "nothing of the code "+code+" was found in this capture")
		}
	}
	switch {
	case s.TCPStreams == 0:
		a.Hints = append(a.Hints, "the capture has no TCP connections: only those are diagnosed")
	case a.Total == 0 && len(d.codes) == 0:
		a.Hints = append(a.Hints, "no connection has a finding of severity "+d.Severity+" or higher")
	}
	if d.raised && len(d.codes) == 0 {
		a.Hints = append(a.Hints, "one_sided is said of the capture; ask for that code to see its connections")
	}
}

// finite makes a figure of a damaged index one that JSON can hold.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
