package ingest

import (
	"math/rand/v2"
	"testing"

	"pcapidx/ingest/diag"
	"pcapidx/ingest/tcp"
)

// TestTCPLog: each connection gets its own records, in order, however few fit into
// memory at once and however large one connection is.
func TestTCPLog(t *testing.T) {
	for _, budget := range []int{1, 300, 2000, logBudget} {
		l := newTCPLog(t.TempDir(), budget)
		l.window = 50
		r := rand.New(rand.NewPCG(3, 3))
		want := map[uint32][]uint32{} // frames by connection
		const connections = 60
		for frame := uint32(1); frame <= 3000; frame++ {
			conn := r.Uint32N(connections) * r.Uint32N(3) // some have many packets, some none
			switch {
			case frame%500 == 0:
				f := follows{int64(frame), true}
				l.add(conn, logFollows, f.append)
				continue
			case frame%70 == 0:
				f := rejection{frame, 5, 3, 3}
				l.add(conn, logRejected, f.append)
				continue
			}
			p := diag.Packet{Segment: &tcp.Segment{Frame: frame, Time: int64(frame), HasLen: true, Len: 10}, Analysis: &tcp.Analysis{}}
			l.add(conn, logPacket, p.AppendBinary)
			want[conn] = append(want[conn], frame)
		}
		replay := replayer{engine: diag.New(diag.Defaults())}
		for conn := range uint32(3 * connections) {
			frames := want[conn]
			if frames == nil {
				continue
			}
			got, err := l.records(conn)
			if err != nil {
				t.Fatalf("budget %d, connection %d: %v", budget, conn, err)
			}
			w, err := replay.connection(&got)
			if err != nil {
				t.Fatalf("budget %d, connection %d: %v", budget, conn, err)
			}
			if int(w.First.Count) != len(frames) || w.First.Frame != frames[0] || w.First.LastFrame != frames[len(frames)-1] {
				t.Errorf("budget %d, connection %d: %+v, want %d packets from %d to %d", budget, conn, w.First, len(frames), frames[0], frames[len(frames)-1])
			}
		}
		l.close()
	}
}

// TestTCPLogDamage: a scratch file that was changed is an error, not an answer.
func TestTCPLogDamage(t *testing.T) {
	l := newTCPLog(t.TempDir(), logBudget)
	defer l.close()
	p := diag.Packet{Segment: &tcp.Segment{Frame: 1, HasLen: true}, Analysis: &tcp.Analysis{}}
	l.add(0, logPacket, p.AppendBinary)
	if err := l.flush(); err != nil {
		t.Fatal(err)
	}
	if err := l.file.Truncate(40); err != nil {
		t.Fatal(err)
	}
	if _, err := l.records(0); err == nil {
		t.Error("a cut file is read")
	}
}
