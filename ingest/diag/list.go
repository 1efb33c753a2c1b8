package diag

// families lists who watches connections, in the order of their reports.
func families() []Family {
	return []Family{
		rateFamily(),
		rttFamily(),
		windowFamily(),
		turnsFamily(),
		nagleFamily(),
		idleFamily(),
		keepAliveFamily(),
		pathFamily(),
		checksumFamily(),
	}
}

// captureDiagnostics lists what is found of a capture as a whole (capture.go).
func captureDiagnostics() []Diagnostic { return nil }
