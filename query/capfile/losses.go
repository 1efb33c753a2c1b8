package capfile

import (
	"fmt"
	"slices"
	"strings"

	"pcapidx/index"
)

// losses collects Result.Losses.
type losses []string

// add adds an entry if there is something lost.
func (l *losses) add(lost bool, format string, args ...any) {
	if lost {
		*l = append(*l, fmt.Sprintf(format, args...))
	}
}

// commonLosses lists what neither format keeps.
func (o *output) commonLosses() (l losses) {
	f := o.info
	l.add(o.leftOut > 0, "frames that are no packets: %d", o.leftOut)
	l.add(o.untimed > 0, "that frames have no time (they are written with that of 1970-01-01): %d", o.untimed)
	l.add(o.fine, "fractions of nanoseconds")
	// The model of an index does not say whether a frame has such options.
	l.add(f.Format == index.FormatPcapng, "options of packets other than comments: flags, hashes, drop counts, packet ids")
	l.add(f.Variant != "", "what records have more in this variant of pcap")
	l.add(slices.ContainsFunc(f.Interfaces, hasStatistics), "statistics of interfaces")
	secrets := 0
	for _, n := range f.Secrets {
		secrets += n
	}
	l.add(secrets > 0, "decryption secrets: %d", secrets)
	unknown := 0
	for name, n := range f.Blocks {
		if strings.HasPrefix(name, "unknown") {
			unknown += n
		}
	}
	l.add(unknown > 0, "blocks of unknown types: %d", unknown)
	l.add(len(f.Capped) > 0, "what the index left out of the source's description: %s", strings.Join(f.Capped, ", "))
	return l
}

func hasStatistics(i index.Interface) bool {
	return i.Received != nil || i.Dropped != nil || i.OSDropped != nil
}

func hasSectionTexts(f *index.FileInfo) bool {
	return slices.ContainsFunc(f.Sections, func(s index.Section) bool {
		return s.Hardware+s.OS+s.Application != ""
	})
}

func hasSectionComments(f *index.FileInfo) bool {
	return slices.ContainsFunc(f.Sections, func(s index.Section) bool { return len(s.Comments) > 0 })
}

func hasInterfaceTexts(f *index.FileInfo) bool {
	return slices.ContainsFunc(f.Interfaces, func(i index.Interface) bool {
		return i.Name+i.Description+i.Hardware+i.OS+i.Filter != "" || len(i.Comments) > 0
	})
}

// result completes a Result.
func (o *output) result(l losses) Result {
	return Result{Frames: o.frames, LeftOut: o.leftOut, Losses: l}
}

// flush writes what is buffered.
func (o *output) flush() error {
	if err := o.w.Flush(); err != nil {
		return fmt.Errorf("write end of file: %w", err)
	}
	return nil
}
