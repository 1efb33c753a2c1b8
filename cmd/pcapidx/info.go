package main

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"pcapidx/index"
	"pcapidx/query"
)

func (a *app) infoCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "info CAPTURE",
		Short:             "Describe a capture: file, times, rates, protocols, endpoints, damage",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeCaptures,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine()
			if err != nil {
				return err
			}
			answer, err := e.Info(cmd.Context(), query.InfoRequest{Capture: args[0]})
			if err != nil {
				return err
			}
			if a.json {
				return a.out.json(answer)
			}
			a.hints(answer.Hints)
			return a.out.pairs(a.infoPairs(answer))
		},
	}
}

// infoPairs is the whole description as label and value lines.
func (a *app) infoPairs(i *query.InfoAnswer) [][2]string {
	rows := a.filePairs(i)
	rows = append(rows, a.packetPairs(i)...)
	for n := range i.Interfaces {
		rows = append(rows, [2]string{fmt.Sprintf("interface %d", n), interfaceText(&i.Interfaces[n])})
	}
	for n := range i.Sections {
		s := &i.Sections[n]
		rows = appendTexts(rows, "hardware", s.Hardware)
		rows = appendTexts(rows, "operating system", s.OS)
		rows = appendTexts(rows, "application", s.Application)
		rows = appendTexts(rows, "comment", s.Comments...)
	}
	for _, c := range i.Comments {
		rows = append(rows, [2]string{fmt.Sprintf("comment on frame %d", c.Frame), c.Comment})
	}
	for _, name := range sortedKeys(i.Secrets) {
		rows = append(rows, [2]string{"secrets", fmt.Sprintf("%s (%d)", name, i.Secrets[name])})
	}
	for _, name := range sortedKeys(i.Blocks) {
		rows = append(rows, [2]string{"other blocks", fmt.Sprintf("%s (%d)", name, i.Blocks[name])})
	}
	for _, s := range i.Sizes {
		if s.Packets > 0 {
			rows = append(rows, [2]string{"frame length " + sizeRange(s), a.out.count(s.Packets)})
		}
	}
	rows = append(rows, a.protocolPairs(i.Hierarchy)...)
	for _, e := range i.Endpoints[:min(10, len(i.Endpoints))] {
		rows = append(rows, [2]string{"endpoint", fmt.Sprintf("%s  %s packets, %s", e.Address, a.out.count(e.Frames), a.out.size(e.Bytes))})
	}
	for _, p := range i.Applications {
		rows = append(rows, [2]string{"application messages", fmt.Sprintf("%s  %s, %s failed", p.Name, a.out.count(p.Messages), a.out.count(p.Failed))})
	}
	rows = append(rows, a.textPairs(i.Text)...)
	rows = append(rows, counterPairs(&i.Counters)...)
	for _, c := range i.Capped {
		rows = append(rows, [2]string{"not complete", c})
	}
	return rows
}

func appendTexts(rows [][2]string, label string, texts ...string) [][2]string {
	for _, t := range texts {
		if t != "" {
			rows = append(rows, [2]string{label, t})
		}
	}
	return rows
}

func (a *app) filePairs(i *query.InfoAnswer) [][2]string {
	kind := fmt.Sprintf("%s %s", i.FileType, i.FileVersion)
	if i.FileVariant != "" {
		kind += ", " + i.FileVariant
	}
	if len(i.Compression) > 0 {
		kind += ", " + strings.Join(i.Compression, " in ")
	}
	rows := [][2]string{
		{"name", i.Name},
		{"capture", i.Capture},
		{"file type", kind},
		{"encapsulation", strings.Join(i.Encapsulations, ", ")},
		{"file size", a.out.size(i.FileBytes)},
	}
	if i.FileBytes != i.DataBytes {
		rows = append(rows, [2]string{"decompressed", a.out.size(i.DataBytes)})
	}
	rows = append(rows, [2]string{"index size", a.out.size(uint64(i.IndexBytes))}, [2]string{"sha256", i.SHA256})
	if i.Damage != nil {
		rows = append(rows, [2]string{"damage", fmt.Sprintf("%s at byte %d, after frame %d", i.Damage.Kind, i.Damage.Offset, i.Damage.AfterFrame)})
	}
	return rows
}

func (a *app) packetPairs(i *query.InfoAnswer) [][2]string {
	order := "yes"
	if !i.StrictTimeOrder {
		order = "no, some frames are earlier than the one before"
	}
	return [][2]string{
		{"packets", a.out.count(uint64(i.Packets))},
		{"bytes", a.out.count(i.Bytes)},
		{"captured bytes", a.out.count(i.CapturedBytes)},
		{"start", a.out.when(i.Start)},
		{"end", a.out.when(i.End)},
		{"duration", a.out.seconds(i.DurationS)},
		{"in time order", order},
		{"rate", fmt.Sprintf("%s packets/s, %s", a.out.count(uint64(math.Round(i.PacketsPerSecond))), a.out.bitRate(i.BitsPerSecond))},
		{"average packet", fmt.Sprintf("%.1f bytes", i.AveragePacketBytes)},
		{"connections", fmt.Sprintf("%s (TCP streams %s, UDP streams %s)", a.out.count(uint64(i.Connections)),
			a.out.count(uint64(i.TCPStreams)), a.out.count(uint64(i.UDPStreams)))},
	}
}

func interfaceText(r *query.InterfaceRow) string {
	parts := []string{}
	for _, s := range []string{r.Name, r.Description} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	parts = append(parts, r.Encapsulation, fmt.Sprintf("%d packets", r.Packets), r.TimeUnit)
	if r.SnapLen > 0 {
		parts = append(parts, fmt.Sprintf("snaplen %d", r.SnapLen))
	}
	for _, d := range []struct {
		name  string
		value *uint64
	}{{"received", r.Received}, {"dropped", r.Dropped}, {"dropped by the system", r.OSDropped}} {
		if d.value != nil {
			parts = append(parts, fmt.Sprintf("%d %s", *d.value, d.name))
		}
	}
	if r.Filter != "" {
		parts = append(parts, "filter "+r.Filter)
	}
	return strings.Join(append(parts, r.Comments...), ", ")
}

func sizeRange(s query.SizeRow) string {
	if s.To == 0 {
		return fmt.Sprintf("%d-", s.From)
	}
	return fmt.Sprintf("%d-%d", s.From, s.To)
}

func (a *app) protocolPairs(tree []query.ProtocolRow) (rows [][2]string) {
	for _, p := range tree {
		rows = append(rows, [2]string{"protocol", fmt.Sprintf("%s%s  %s packets, %s", strings.Repeat("  ", p.Depth), p.Protocol,
			a.out.count(p.Packets), a.out.size(p.Bytes))})
	}
	return rows
}

// textPairs tells what became of the payload on its way to the text index.
func (a *app) textPairs(t *index.TextSummary) [][2]string {
	if t == nil {
		return [][2]string{{"payload indexed by words", "no"}}
	}
	return [][2]string{
		{"payload indexed by words", a.out.size(t.Indexed)},
		{"encrypted or compressed", a.out.size(t.Gated)},
		{fmt.Sprintf("beyond %s of a direction", a.out.size(t.Cap)), a.out.size(t.Capped)},
		{"sent again or without order", a.out.size(t.Scanned)},
	}
}

// counterPairs shows the counters that are not zero under their JSON names.
func counterPairs(c *index.Counters) (rows [][2]string) {
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		if n := v.Field(i).Uint(); n > 0 {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			rows = append(rows, [2]string{strings.ReplaceAll(name, "_", " "), fmt.Sprint(n)})
		}
	}
	return rows
}
