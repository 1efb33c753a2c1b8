package query

import (
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
	"pcapidx/query/plot"
)

// DiagnosisWords says in the words of other tools what the findings and measures
// say.
type DiagnosisWords struct {
	HasNotAck           bool     `json:"has_not_ack"`        // data was never acknowledged: finding unacked_at_end
	HasRetransmission   bool     `json:"has_retransmission"` // data, SYN or FIN was sent again
	UnfinishedHandshake bool     `json:"unfinished_handshake"`
	UnfinishedClose     bool     `json:"unfinished_close"`     // it was set up, but not closed by acknowledged FINs of both sides
	RSTCauses           []string `json:"rst_causes,omitempty"` // probable causes of a RST, the likeliest first

	// DelayMS is the round trip of each side's data, as in Timings.
	DelayMS *DelayWords `json:"delay_ms,omitempty"`
}

// DelayWords are the delays of both directions.
type DelayWords struct {
	Client *DelayRange `json:"client,omitempty"`
	Server *DelayRange `json:"server,omitempty"`
}

// DelayRange is a delay, milliseconds.
type DelayRange struct {
	Min float64 `json:"min"`
	Avg float64 `json:"avg"`
	Max float64 `json:"max"`
}

func diagnosisWords(m *index.Measures, findings []index.Finding, client index.Side) *DiagnosisWords {
	w := &DiagnosisWords{
		HasNotAck: has(findings, "unacked_at_end"), UnfinishedHandshake: handshakeFailed(m.Handshake),
	}
	if d := (DelayWords{delayRange(&m.Sides[client].RTT), delayRange(&m.Sides[1-client].RTT)}); d.Client != nil || d.Server != nil {
		w.DelayMS = &d
	}
	for i := range m.Sides {
		w.HasRetransmission = w.HasRetransmission || m.Sides[i].Resent+m.Sides[i].ResentControl > 0
	}
	w.UnfinishedClose = !w.UnfinishedHandshake && m.Close != "fin_fin"
	for i := range findings {
		w.RSTCauses = append(w.RSTCauses, causesOf(&findings[i])...)
	}
	return w
}

func delayRange(s *index.Spread) *DelayRange {
	t := timesOf(s)
	if t == nil {
		return nil
	}
	return &DelayRange{Min: t.MinMS, Avg: t.AvgMS, Max: t.MaxMS}
}

// handshakeFailed tells whether a handshake is known to be unfinished. One whose
// beginning was not captured is not.
func handshakeFailed(result string) bool {
	return slices.Contains([]string{"syn_unanswered", "refused", "icmp_rejected", "half_open", "reset_by_client", "mismatch", "undecided"}, result)
}

// causesMark stands before the probable causes in a sentence about a RST.
const causesMark = "Probable causes: "

// causesOf gives the probable causes that the sentence about a RST ends with.
func causesOf(f *index.Finding) []string {
	text := strings.TrimSuffix(f.Sentence, ".")
	if _, causes, ok := strings.Cut(text, causesMark); ok {
		return strings.Split(causes, "; ")
	}
	if f.Code == "refused" || f.Code == "reset_by_client" {
		if _, causes, ok := strings.Cut(text, ": "); ok {
			return []string{causes}
		}
	}
	return nil
}

// courseOf says in a sentence how a connection went.
func courseOf(c *index.Connection, m *index.Measures, closedBy string) string {
	client := c.ClientSide()
	text := openingWords(m)
	during := ""
	if c.End > c.Start {
		during = " in " + plot.DurationText(int64(c.End-c.Start))
	}
	if toServer, toClient := m.Sides[client].UniqueBytes, m.Sides[1-client].UniqueBytes; toServer+toClient > 0 {
		text += fmt.Sprintf("; the client sent %s and the server %s%s", byteWords(toServer), byteWords(toClient), during)
	} else if !handshakeFailed(m.Handshake) {
		text += "; no data was sent" + during
	}
	if words := closingWords(m, closedBy); words != "" && !handshakeFailed(m.Handshake) {
		text += "; " + words
	}
	return text + "."
}

func byteWords(n int64) string { return plot.BytesText(uint64(max(0, n))) }

func openingWords(m *index.Measures) string {
	switch m.Handshake {
	case "complete":
		return "The handshake took " + plot.DurationText(m.ConnectServer+m.ConnectClient)
	case "syn_unanswered":
		return "The connection was not set up: nothing answered the SYN"
	case "refused":
		return "The connection was not set up: the SYN was refused by a RST"
	case "icmp_rejected":
		return "The connection was not set up: an ICMP error rejected the SYN"
	case "half_open":
		return "The connection was not set up: the client did not finish the handshake"
	case "reset_by_client":
		return "The connection was not set up: the client reset it during the handshake"
	case "mismatch":
		return "The connection was not set up: the answer does not fit the SYN"
	case "undecided":
		return "The capture ended before the handshake did"
	case "simultaneous_open":
		return "Both sides opened the connection at once"
	case "synack_only":
		return "The SYN was not captured"
	case "synack_missing":
		return "The SYN+ACK was not captured"
	}
	return "The handshake was not captured"
}

func closingWords(m *index.Measures, closedBy string) string {
	if kind, ok := strings.CutPrefix(m.Close, "rst_by_"+closedBy); ok && closedBy != "" {
		when := map[string]string{
			"_before_data": " before any data", "_with_unacked_data": " with data on its way", "_after_peer_fin": " after the other side's FIN",
			"_after_data": " instead of closing it",
		}
		return "the " + closedBy + " reset it" + when[kind]
	}
	switch m.Close {
	case "fin_fin":
		return "both sides closed it, the " + closedBy + " first"
	case "fin_fin_unacked":
		return "both sides closed it, but the last FIN was not acknowledged"
	case "fin_then_rst":
		return "the " + closedBy + " closed it, then a RST ended it"
	case "half_closed":
		return "only the " + closedBy + " closed it"
	case "fin_unanswered":
		return "the " + closedBy + " closed it, and nothing answered that"
	case "open":
		return "it was open when the capture ended"
	case "silent_end":
		return "it ended in silence"
	}
	return ""
}

// faultOf says in a sentence what was wrong: the worst of the sorted findings.
func faultOf(findings []index.Finding) string {
	if len(findings) == 0 || findings[0].Severity == index.SeverityInfo {
		return "Nothing is wrong with it."
	}
	f := &findings[0]
	text, _, _ := strings.Cut(f.Sentence, " "+causesMark)
	if f.Low {
		text = strings.TrimSuffix(text, ".") + " (uncertain)."
	}
	return text
}

// notDiagnosed is the verdict on a connection without analysis: it is not TCP, or
// only packets quoted in ICMP errors and the like are known of it.
func notDiagnosed(c *index.Connection) string {
	client, why := c.ClientSide(), "only TCP connections are diagnosed"
	if c.Kind == kindTCP {
		why = "too little of it was captured to diagnose it"
	}
	return fmt.Sprintf("The client sent %s and the server %s in %s. This is %s: %s.",
		plural(c.Packets[client], "packet"), plural(c.Packets[1-client], "packet"), plot.DurationText(int64(c.End-c.Start)), transportName(c.Kind), why)
}
