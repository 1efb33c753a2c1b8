package query

import (
	"os"
	"testing"
	"time"

	"pcapidx/index"
)

// BenchmarkSummary sums up protocols of an indexed capture, which stays open between
// questions as it does in a server:
//
//	SUMMARY_STORE=folder SUMMARY_CAPTURE=name go test ./query -run XX -bench Summary
func BenchmarkSummary(b *testing.B) {
	store, capture := os.Getenv("SUMMARY_STORE"), os.Getenv("SUMMARY_CAPTURE")
	if store == "" {
		b.Skip("no store: SUMMARY_STORE and SUMMARY_CAPTURE name one and a capture in it")
	}
	e := New(NewKeptSource(index.OpenStore(store), 1, time.Minute), nil)
	for _, protocol := range []string{"http", "dns", "tls", "dhcp", "icmp", "sip", "rtp", "sql", "redis"} {
		b.Run(protocol, func(b *testing.B) {
			for b.Loop() {
				a, err := e.Summary(b.Context(), SummaryRequest{Capture: capture, Protocol: protocol})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(a.Messages), "messages")
			}
		})
	}
}

// BenchmarkOverview looks at all protocols of such a capture.
func BenchmarkOverview(b *testing.B) {
	store, capture := os.Getenv("SUMMARY_STORE"), os.Getenv("SUMMARY_CAPTURE")
	if store == "" {
		b.Skip("no store: SUMMARY_STORE and SUMMARY_CAPTURE name one and a capture in it")
	}
	e := New(StoreSource{index.OpenStore(store)}, nil)
	for b.Loop() {
		a, err := e.Overview(b.Context(), OverviewRequest{Capture: capture})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(a.Observations)), "observations")
	}
}
