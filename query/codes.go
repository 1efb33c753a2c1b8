package query

import "pcapidx/ingest/diag"

// DiagnosticRow describes one of the codes that a diagnosis may have.
type DiagnosticRow struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // the usual one: info, note, warn or error
	Group    string `json:"group"`    // handshake, close, loss, delay, window, application, path, capture, scan
	Title    string `json:"title"`
	Meaning  string `json:"meaning"` // what is found, and when it is said
	Advice   string `json:"advice"`  // what to do about it
	// Limits are the thresholds that Meaning names, with their defaults.
	Limits []diag.Limit `json:"limits,omitempty"`
}

// Diagnostics describes all codes of diagnoses, those of connections first.
func Diagnostics() []DiagnosticRow {
	all := diag.All()
	rows := make([]DiagnosticRow, 0, len(all))
	for i := range all {
		d := &all[i]
		rows = append(rows, DiagnosticRow{
			Code: d.Code, Severity: d.Severity.String(), Group: d.Group, Title: d.Title, Meaning: d.Doc, Advice: diag.Advice(d.Code), Limits: d.Limits(),
		})
	}
	return rows
}
