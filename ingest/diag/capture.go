package diag

import (
	"fmt"

	"pcapidx/index"
)

// captureDiagnostics lists what is found of a capture as a whole. one_sided and
// capture_duplicates are found of connections too.
func captureDiagnostics() []Diagnostic {
	return []Diagnostic{
		{
			"capture_drops", index.SeverityWarn, "capture", "packets dropped while capturing",
			"The capture file's interface statistics count packets that were dropped (pcapng isb_ifdrop and isb_osdrop).",
		},
		{
			"capture_point", index.SeverityInfo, "capture", "where the capture was made",
			"For most handshakes one side's part of the time is below NearShare: the capture was made near that side.",
		},
		{
			"capture_checksum_offload", index.SeverityInfo, "capture", "checksum offload",
			"Wrong TCP checksums in nearly all (OffloadShare) packets of some senders, and in none of others: their network card computes them after the capture.",
		},
		{
			"capture_checksum_errors", index.SeverityWarn, "capture", "corrupted packets",
			"Some of the packets of a sender have a wrong TCP checksum.",
		},
		{
			"port_scan", index.SeverityWarn, "scan", "scan of many ports",
			"A source tried ScanPorts or more ports of one host within ScanWindow, and was refused, never answered, or aborted.",
		},
		{
			"host_scan", index.SeverityWarn, "scan", "scan of many hosts",
			"A source tried one port of ScanHosts or more hosts within ScanWindow, and was refused, never answered, or aborted.",
		},
		{
			"stealth_scan", index.SeverityWarn, "scan", "probes with odd flags",
			"A source sent StealthProbes or more first packets within ScanWindow with no flags, FIN alone, FIN+PSH+URG or SYN+FIN; or ScanPorts lone ACKs that were answered by RST.",
		},
		{
			"syn_flood", index.SeverityWarn, "scan", "many unfinished handshakes",
			"FloodRate or more handshakes that began within one second at one server port were never finished.",
		},
	}
}

// Capture finds what concerns a whole capture. It takes the connections in the
// order of their numbers; its memory does not grow with them.
type Capture struct {
	t           Thresholds
	connections uint32
	packets     int64
	duplicates  int64
	copies      Evidence // of the connections that have many
	oneSided    Evidence // first frames of such connections
	measured    uint32   // connections whose handshake was measured
	near        [2]uint32
	sums        senderSums
	scans       scans
}

// NewCapture makes the state for one capture.
func NewCapture(t Thresholds) *Capture {
	a := &Capture{t: t}
	a.sums.init()
	a.scans.init(&a.t)
	return a
}

// Connection takes a TCP connection after its Engine.Finish: c.A and c.B are set, r
// is its report and findings are what Finish gave.
func (a *Capture) Connection(c *Conn, r *Report, findings []index.Finding) {
	a.connections++
	a.packets += int64(c.First.Count)
	a.duplicates += int64(c.Duplicates)
	for i := range findings {
		switch f := &findings[i]; f.Code {
		case "one_sided":
			a.oneSided.Add(c.First.Frame)
		case "capture_duplicates":
			a.copies.take(f.Frames, f.Count)
		}
	}
	if m := &r.Measures; m.Handshake == openComplete && m.ConnectServer+m.ConnectClient > 0 {
		a.measured++
		switch total := m.ConnectServer + m.ConnectClient; {
		case share(m.ConnectClient, total) < a.t.NearShare:
			a.near[0]++
		case share(m.ConnectServer, total) < a.t.NearShare:
			a.near[1]++
		}
	}
	a.scans.connection(c, r)
}

// Checksums counts packets of a sender whose TCP checksum was verified.
func (a *Capture) Checksums(sender Sender, good, bad uint32) { a.sums.add(sender, good, bad) }

// take adds frames that were listed elsewhere.
func (e *Evidence) take(frames []uint32, count uint32) {
	e.Frames = append(e.Frames, frames[:min(len(frames), index.MaxEvidence-len(e.Frames))]...)
	e.Count += count
}

// Drops sums up what the interfaces of a capture file report as dropped: by the
// interface and by the operating system.
func Drops(info *index.FileInfo) (dropped, byOS uint64) {
	if info == nil {
		return 0, 0
	}
	for i := range info.Interfaces {
		if n := info.Interfaces[i].Dropped; n != nil {
			dropped += *n
		}
		if n := info.Interfaces[i].OSDropped; n != nil {
			byOS += *n
		}
	}
	return dropped, byOS
}

// Finish gives the findings of the capture. info may be nil.
func (a *Capture) Finish(info *index.FileInfo) []index.Finding {
	var found []index.Finding
	if f, ok := dropFinding(info); ok {
		found = append(found, f)
	}
	found = a.quality(found)
	found = a.place(found)
	found = a.sums.findings(&a.t, found)
	return a.scans.findings(found)
}

func dropFinding(info *index.FileInfo) (f index.Finding, ok bool) {
	dropped, byOS := Drops(info)
	if dropped+byOS == 0 {
		return f, false
	}
	packets := uint64(0)
	for i := range info.Interfaces {
		packets += info.Interfaces[i].Packets
	}
	f = index.Finding{
		Code: "capture_drops", Severity: index.SeverityWarn, Side: -1,
		Sentence: fmt.Sprintf("The capture file reports %d dropped packets (%d by the interface, %d by the operating system) beside the %d that it holds: losses that it shows may be its own.",
			dropped+byOS, dropped, byOS, packets),
		Numbers: []index.Number{{Name: "dropped", Value: float64(dropped)}, {Name: "os_dropped", Value: float64(byOS)}, {Name: "packets", Value: float64(packets)}},
	}
	return f, true
}

// quality reports copies and missing directions.
func (a *Capture) quality(found []index.Finding) []index.Finding {
	if rate := share(a.duplicates, a.packets); a.duplicates > 0 && rate > a.t.Duplicates {
		found = append(found, index.Finding{
			Code: "capture_duplicates", Severity: index.SeverityWarn, Side: -1, Weight: rate, Frames: a.copies.Frames,
			Count: max(uint32(min(a.duplicates, 1<<32-1)), a.copies.Count),
			Sentence: fmt.Sprintf("%s of the TCP packets (%d of %d) were captured twice: other tools count them as retransmissions. De-duplicate the capture, or mirror one side only.",
				shareText(rate), a.duplicates, a.packets),
			Numbers: []index.Number{{Name: "duplicates", Value: float64(a.duplicates)}, {Name: "duplicates_percent", Value: rate * 100}},
		})
	}
	if rate := share(a.oneSided.Count, a.connections); a.oneSided.Count > 0 && rate > a.t.OneSided {
		found = append(found, index.Finding{
			Code: "one_sided", Severity: index.SeverityWarn, Side: -1, Weight: rate, Frames: a.oneSided.Frames, Count: a.oneSided.Count,
			Sentence: fmt.Sprintf("Of %d of the %s only one direction was captured (asymmetric routing, or a mirror port set to one direction): times and losses are not reliable.",
				a.oneSided.Count, countWords(a.connections, "TCP connection")),
			Numbers: []index.Number{{Name: "one_sided", Value: float64(a.oneSided.Count)}, {Name: "one_sided_percent", Value: rate * 100}},
		})
	}
	return found
}

// place says near which side the capture was made, if most handshakes agree.
func (a *Capture) place(found []index.Finding) []index.Finding {
	for i, side := range []string{"clients", "servers"} {
		if a.near[i] == 0 || a.near[i] <= a.measured/2 {
			continue
		}
		found = append(found, index.Finding{
			Code: "capture_point", Side: -1,
			Sentence: fmt.Sprintf("The capture was made near the %s: in %d of %s nearly all of the time passes on the other side of the capture point.",
				side, a.near[i], countWords(a.measured, "measured handshake")),
			Numbers: []index.Number{
				{Name: "near_client", Value: float64(a.near[0])}, {Name: "near_server", Value: float64(a.near[1])}, {Name: "measured", Value: float64(a.measured)},
			},
		})
	}
	return found
}
