package query

import (
	"sync"

	"pcapidx/index"
)

// tables are facts about a whole capture that many frames are asked with. Each
// is loaded when it is first needed; they are safe for concurrent use.
type tables struct {
	// streams and firsts are sort columns by connection: transport and stream
	// number, and the time of the first frame.
	streams, firsts func() ([]uint64, error)
	// initial are the initial round-trip times of TCP by connection, ns; 0: not known.
	initial func() ([]int64, error)
	// start is the time of frame 1.
	start func() (index.Time, error)
}

func newTables(x Capture) *tables {
	return &tables{
		streams: sync.OnceValues(func() ([]uint64, error) { return x.SortColumn(index.SortStream) }),
		firsts:  sync.OnceValues(func() ([]uint64, error) { return x.SortColumn(index.SortFirst) }),
		initial: sync.OnceValues(func() ([]int64, error) {
			column, err := x.SortColumn(index.SortIRTT)
			times := make([]int64, len(column))
			for i, v := range column {
				times[i] = int64(v ^ 1<<63)
			}
			return times, err
		}),
		start: sync.OnceValues(func() (index.Time, error) { return timeOf(x, 1) }),
	}
}

// timeOf gives the time of a frame, 0 if there is no such frame.
func timeOf(x Capture, frame uint32) (t index.Time, err error) {
	next := func(from uint32) uint32 { return max(from, frame) }
	err = x.EachBlock(index.ColTime, next, func(rows *index.Rows) (bool, error) {
		if i := int(frame - rows.Packets[0].Number); i < len(rows.Packets) {
			t = rows.Packets[i].Time
		}
		return false, nil
	})
	return t, err
}

// streamOf gives the stream number of a connection over one of some transports.
func (t *tables) streamOf(conn uint32, kinds ...uint8) (stream uint32, ok bool, err error) {
	all, err := t.streams()
	if err != nil || int(conn) >= len(all) {
		return 0, false, err
	}
	v := all[conn]
	for _, k := range kinds {
		if n := uint32(v); v>>32 == uint64(k) && n != index.NoStream {
			return n, true, nil
		}
	}
	return 0, false, nil
}
