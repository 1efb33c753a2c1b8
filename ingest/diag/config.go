package diag

// Thresholds are the limits above which something is a finding. Times are in ns,
// shares from 0 to 1. They are judgement, not standards: change them with
// ingest.Config.
type Thresholds struct{}

// Defaults gives the thresholds that an ingest uses unless told otherwise.
func Defaults() Thresholds { return Thresholds{} }
