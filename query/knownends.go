package query

import (
	"fmt"

	"pcapidx/index"
)

// knownEnds gives the endpoints of connections that come in any order.
type knownEnds struct {
	capture Capture
	kept    map[uint32][]index.Ends // runs of connectionRun, by their first number
}

// maxKnownRuns bounds the runs that are kept, 4 KiB each.
const maxKnownRuns = 4096

// of gives the endpoints of a connection.
func (k *knownEnds) of(number uint32) (ends index.Ends, err error) {
	first := number - number%connectionRun
	run, ok := k.kept[first]
	if !ok {
		run = make([]index.Ends, 0, connectionRun)
		err := k.capture.EachEnds(first, func(_ uint32, ends index.Ends) bool {
			run = append(run, ends)
			return len(run) < connectionRun
		})
		if err != nil {
			return ends, err
		}
		if len(k.kept) >= maxKnownRuns || k.kept == nil {
			k.kept = map[uint32][]index.Ends{}
		}
		k.kept[first] = run
	}
	if int(number-first) >= len(run) {
		return ends, fmt.Errorf("no connection %d: %w", number, index.ErrNotFound)
	}
	return run[number-first], nil
}
