package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
)

// ConnectionDiagnosisRequest asks what went wrong in some connections.
type ConnectionDiagnosisRequest struct {
	Capture     string   `json:"capture" jsonschema:"name, id or id prefix"`
	Connections []string `json:"connections" jsonschema:"numbers of connections"`
	Page
}

// FindingRow is one finding.
type FindingRow struct {
	Code       string `json:"code"`
	Severity   string `json:"severity"`       // info, note, warn, error
	Confidence string `json:"confidence"`     // normal, or low: the client is guessed, or the capture has gaps
	Side       string `json:"side,omitempty"` // who is at fault or concerned: client or server; empty: nobody alone

	Weight   float64 `json:"weight"` // ranks findings of one severity
	Sentence string  `json:"sentence"`
	// Numbers are the figures of the sentence and more; a name ends in its unit.
	Numbers map[string]float64 `json:"numbers,omitempty"`
	Frames  []uint32           `json:"frames,omitempty"` // evidence: the first ones
	Count   uint32             `json:"count"`            // of all frames that are evidence
}

// ConnectionDiagnosis is the diagnosis of one connection.
type ConnectionDiagnosis struct {
	Connection    uint32    `json:"connection"`
	Protocol      string    `json:"protocol"`
	Client        string    `json:"client"`
	Server        string    `json:"server"`
	ClientGuessed bool      `json:"client_guessed"`
	Start         Timestamp `json:"start"`
	DurationS     Seconds   `json:"duration_s"`

	// Verdict is two sentences: how it went, and what was wrong.
	Verdict  string `json:"verdict"`
	Severity string `json:"severity,omitempty"` // the highest of its findings

	Handshake string `json:"handshake,omitempty"` // result, such as complete or refused
	Close     string `json:"close,omitempty"`     // result, such as fin_fin or rst_by_server_after_data
	ClosedBy  string `json:"closed_by,omitempty"` // who sent the first FIN or the RST

	Findings []FindingRow    `json:"findings"` // the worst first
	Timings  *Timings        `json:"timings,omitempty"`
	ByClient *SenderMeasures `json:"client_sent,omitempty"` // measures of the client as sender
	ByServer *SenderMeasures `json:"server_sent,omitempty"`
	Aliases  *DiagnosisWords `json:"aliases,omitempty"`
}

// ConnectionDiagnosisAnswer holds the connections in the order asked for.
type ConnectionDiagnosisAnswer struct {
	Capture string                `json:"capture"`
	Rows    []ConnectionDiagnosis `json:"rows"`
	Paged
}

// maxDiagnosed bounds the connections of one question.
const maxDiagnosed = 1000

// DiagnoseConnections says all that is known of some connections.
func (e *Engine) DiagnoseConnections(ctx context.Context, q ConnectionDiagnosisRequest) (*ConnectionDiagnosisAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	shape := strings.Join(append([]string{"diagnose"}, q.Connections...), "\x00")
	after, err := parseCursor(q.Cursor, shape, []string{entry.Build})
	if err != nil {
		return nil, err
	}
	a := &ConnectionDiagnosisAnswer{Capture: entry.ID, Rows: []ConnectionDiagnosis{}}
	from, to, last := q.slice(len(q.Connections), after)
	for _, text := range q.Connections[from:to] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, err := connectionNamed(x, text)
		if err != nil {
			return nil, wrap(err)
		}
		if err := a.add(x, c); err != nil {
			return nil, wrap(err)
		}
	}
	a.Returned, a.Total, a.TotalExact = len(a.Rows), len(q.Connections), true
	if last != nil {
		a.NextCursor = formatCursor(shape, []string{entry.Build}, *last)
	}
	return a, nil
}

// check splits what has commas in it, and refuses too many.
func (q *ConnectionDiagnosisRequest) check() error {
	var all []string
	for _, text := range q.Connections {
		for _, number := range splitList(text) {
			if !slices.Contains(all, number) {
				all = append(all, number)
			}
			if len(all) > maxDiagnosed {
				return badRequest("ask for the others in another question", "more than %d connections", maxDiagnosed)
			}
		}
	}
	if q.Connections = all; len(all) == 0 {
		return badRequest("give the number of a connection, or several", "which connections?")
	}
	return q.Page.check()
}

// add diagnoses one connection.
func (a *ConnectionDiagnosisAnswer) add(x Capture, c *index.Connection) error {
	r := ConnectionDiagnosis{
		Connection: c.Number, Protocol: transportName(c.Kind), Client: endpointText(c.Client(), !isICMP(c.Kind)),
		Server: endpointText(c.Server(), !isICMP(c.Kind)), ClientGuessed: c.ClientBy.Guessed(),
		Start: stampOf(c.Start.UTC()), DurationS: secondsBetween(c.Start, c.End), Findings: []FindingRow{},
	}
	found, ok, err := x.Analysis(c.Number)
	if err != nil {
		return err
	}
	if !ok {
		r.Verdict = notDiagnosed(c)
		a.Hints = append(a.Hints, fmt.Sprintf("connection %d was not diagnosed", c.Number))
		a.Rows = append(a.Rows, r)
		return nil
	}
	client := c.ClientSide()
	m := &found.Measures
	slices.SortStableFunc(found.Findings, compareFindings)
	for i := range found.Findings {
		r.Findings = append(r.Findings, findingRow(&found.Findings[i], client))
	}
	if len(found.Findings) > 0 {
		r.Severity = found.Findings[0].Severity.String()
	}
	r.Handshake, r.Close, r.ClosedBy = m.Handshake, m.Close, sideName(m.ClosedBy, client)
	r.Verdict = courseOf(c, m, r.ClosedBy) + " " + faultOf(found.Findings)
	r.Timings = timingsOf(c, m)
	r.ByClient, r.ByServer = senderMeasures(&m.Sides[client]), senderMeasures(&m.Sides[1-client])
	r.Aliases = diagnosisWords(m, found.Findings, client)
	a.Rows = append(a.Rows, r)
	return nil
}

// sideName gives the role of a side; "" for nobody.
func sideName(side int8, client index.Side) string {
	switch {
	case side < 0 || side > 1:
		return ""
	case index.Side(side) == client:
		return "client"
	}
	return "server"
}

func findingRow(f *index.Finding, client index.Side) FindingRow {
	r := FindingRow{
		Code: f.Code, Severity: f.Severity.String(), Confidence: "normal", Side: sideName(f.Side, client), Weight: finite(f.Weight),
		Sentence: f.Sentence, Frames: f.Frames, Count: f.Count,
	}
	if f.Low {
		r.Confidence = "low"
	}
	for _, n := range f.Numbers {
		if r.Numbers == nil {
			r.Numbers = map[string]float64{}
		}
		r.Numbers[n.Name] = finite(n.Value)
	}
	return r
}

// compareFindingRows puts the worst first.
func compareFindingRows(a, b FindingRow) int {
	rank := func(r *FindingRow) int { return slices.Index(Severities(), r.Severity) }
	return cmp.Or(-cmp.Compare(rank(&a), rank(&b)), -cmp.Compare(a.Weight, b.Weight))
}
