package main

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/query"
)

func (a *app) packetCommand() *cobra.Command {
	q := query.DecodeRequest{Payload: "hex"}
	cmd := &cobra.Command{
		Use:   "packet CAPTURE FRAMES",
		Short: "Show packets in detail: layers, fields, bytes",
		Long: "Show packets in detail: every layer with its fields as Wireshark's packet details\n" +
			"have them, outer and inner, and the bytes in hexadecimal and ASCII. FRAMES are\n" +
			"numbers and ranges.",
		Example:           "  pcapidx packet trace.pcap 17\n  pcapidx packet trace.pcap 3,5-9 --layers concise --payload none",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			q.Capture = args[0]
			if len(args) > 1 {
				q.Frames = args[1]
			}
			answer, err := e.Decode(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			return a.printDecoded(answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Connection, "connection", "", "the packets of this connection, instead of FRAMES")
	f.StringVar(&q.Layers, "layers", "full", "full or concise")
	f.StringVar(&q.Payload, "payload", "hex", "bytes of the frame: none, text or hex")
	f.IntVar(&q.PayloadBytes, "payload-bytes", 0, "most bytes to show of a packet (0: 4096)")
	f.IntVar(&q.Limit, "limit", 0, "most packets to print (0: all)")
	f.StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

func (a *app) printDecoded(answer *query.DecodeAnswer) error {
	var b strings.Builder
	for i := range answer.Rows {
		if i > 0 {
			b.WriteString("\n")
		}
		a.writePacket(&b, &answer.Rows[i])
	}
	if _, err := a.out.w.Write([]byte(b.String())); err != nil {
		return err
	}
	if answer.NextCursor != "" {
		fmt.Fprintf(a.stderr, "%d of %d packets; the next page: --cursor %s\n", answer.Returned, answer.Total, answer.NextCursor)
	}
	a.hints(answer.Hints)
	return nil
}

func (a *app) writePacket(b *strings.Builder, p *query.DecodedPacket) {
	fmt.Fprintf(b, "frame %d: %d bytes, %d captured", p.Frame, p.Length, p.CapturedLength)
	if p.Interface != "" {
		fmt.Fprintf(b, ", interface %s", escape(p.Interface))
	}
	if p.Time != "" {
		fmt.Fprintf(b, ", %s", p.Time)
	}
	fmt.Fprintf(b, "\n%s  %s\n", p.Protocol, escape(p.Info))
	for _, c := range p.Connections {
		fmt.Fprintf(b, "connection %d\n", c)
	}
	if len(p.Status) > 0 {
		fmt.Fprintf(b, "status: %s\n", strings.Join(p.Status, ", "))
	}
	if len(p.Fragments) > 0 {
		fmt.Fprintf(b, "completes the datagram of frames %s\n", joinNumbers(p.Fragments))
	}
	for _, c := range p.Comments {
		fmt.Fprintf(b, "comment: %s\n", escape(c))
	}
	for i := range p.Layers {
		writeLayer(b, &p.Layers[i])
	}
	for i := range p.Application {
		writeApplication(b, &p.Application[i])
	}
	writeBytes(b, "bytes", p.Bytes, p.BytesCut)
	writeBytes(b, "reassembled datagram", p.Datagram, p.DatagramCut)
}

// writeApplication writes a message of an application protocol.
func writeApplication(b *strings.Builder, m *query.DecodedMessage) {
	where := ""
	if m.FirstFrame != 0 {
		where = fmt.Sprintf(", from frame %d on", m.FirstFrame)
	}
	fmt.Fprintf(b, "%s %s, message %d, %d bytes%s, %s\n  %s\n", m.Protocol, m.Kind, m.Number, m.Bytes, where, m.Outcome, escape(m.Summary))
	writeWarnings(b, m.Warnings)
	writeValuesOf(b, m.Fields)
}

func joinNumbers(numbers []uint32) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.FormatUint(uint64(n), 10)
	}
	return strings.Join(words, ", ")
}

// writeLayer writes a layer's title and its fields, with the place of each.
func writeLayer(b *strings.Builder, l *query.DecodedLayer) {
	where := fmt.Sprintf("bytes %d-%d", l.Offset, int(l.Offset+l.Length)-1)
	switch {
	case l.Length == 0:
		where = fmt.Sprintf("at byte %d", l.Offset)
	case l.Reassembled:
		where += " of the datagram"
	}
	fmt.Fprintf(b, "%s (%s), %s\n", l.Title, l.Protocol, where)
	width := 0
	for _, f := range l.Fields {
		width = max(width, len(f.Name))
	}
	for _, f := range l.Fields {
		value := escape(f.Value)
		if f.Meaning != "" && f.Meaning != f.Value {
			value += " (" + escape(f.Meaning) + ")"
		}
		place := "         "
		if f.Length > 0 {
			place = fmt.Sprintf("%4d +%-3d", f.Offset, f.Length)
		}
		fmt.Fprintf(b, "  %s  %-*s  %s\n", place, width, f.Name, value)
	}
}

// writeBytes writes a hex dump with ASCII beside it, or text as it is.
func writeBytes(b *strings.Builder, title, text string, cut bool) {
	if text == "" {
		return
	}
	fmt.Fprintf(b, "%s\n", title)
	data, err := hex.DecodeString(text)
	if err != nil { // shown as text
		for line := range strings.Lines(text) {
			fmt.Fprintf(b, "  %s\n", escape(strings.TrimRight(line, "\n")))
		}
	}
	dump(b, 0, data)
	if cut {
		b.WriteString("  ... cut; --payload-bytes shows more\n")
	}
}

// dump writes bytes in hexadecimal with ASCII beside it, 16 on a line; the first
// line's number is from.
func dump(b *strings.Builder, from uint64, data []byte) {
	for at := 0; at < len(data); at += 16 {
		row := data[at:min(at+16, len(data))]
		ascii := make([]byte, len(row))
		for i, c := range row {
			if ascii[i] = '.'; c >= 0x20 && c < 0x7f {
				ascii[i] = c
			}
		}
		digits := fmt.Sprintf("% x", row)
		if len(row) > 8 {
			digits = digits[:24] + " " + digits[24:]
		}
		fmt.Fprintf(b, "  %04x  %-48s  %s\n", from+uint64(at), digits, ascii)
	}
}
