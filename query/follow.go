package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/tcp"
)

// FollowRequest asks for what a connection carried: the streams of TCP put in
// order, the datagrams of UDP.
type FollowRequest struct {
	Capture    string `json:"capture" jsonschema:"name, id or id prefix"`
	Connection string `json:"connection" jsonschema:"number of the connection"`
	Direction  string `json:"direction,omitempty" jsonschema:"what the client sent, what the server sent, or both (default) in the order of the capture"`
	// Format is how bytes are shown: text (default; what is no text as dots, line
	// ends as \n), hex, or raw (base64).
	Format string `json:"format,omitempty" jsonschema:"text (default), hex or raw (base64)"`
	// Offset is the place to begin at: of one direction its stream offset, of both
	// the sum of their offsets. Missing bytes count.
	Offset uint64 `json:"offset,omitempty" jsonschema:"place in the stream to begin at; next_offset of the answer before goes on"`
	// Limit is the most bytes to give; 0 means 65536 (Follow), or all (FollowTo).
	Limit int `json:"limit,omitempty" jsonschema:"most bytes to give; 0 means 65536"`
	// Certain leaves out what a direction holds behind a hole that was neither
	// filled nor acknowledged when the capture ended: Wireshark never shows it. An
	// Offset behind the hole asks for it all the same.
	Certain bool `json:"certain,omitempty" jsonschema:"leave out what is behind a hole that nobody filled or acknowledged"`
	// Redact hides what looks like a secret: in text its length stands for it, in the
	// other formats and in Data asterisks.
	Redact bool `json:"redact,omitempty" jsonschema:"hide passwords, cookies and tokens"`
}

// FollowChunk is a part of a stream: the bytes of one frame, or a gap.
type FollowChunk struct {
	Direction string `json:"direction"`       // who sent it: client or server
	Offset    uint64 `json:"offset"`          // in the stream of its direction, from 0
	Frame     uint32 `json:"frame,omitempty"` // that brought it; of a gap the one that decided it, none at the end
	Length    uint64 `json:"length"`          // bytes here, or missing
	// Gap says why bytes are missing: "not captured" (acknowledged, but not in the
	// capture), "cut by the snap length", "not recovered" (the capture ended before
	// they came), "over the limit" (too much was waiting for them).
	Gap   string `json:"gap,omitempty"`
	Bytes string `json:"bytes,omitempty"` // as Format asked
	// Data are the bytes themselves; in FollowTo they are valid during the call.
	Data    []byte `json:"-"`
	at      uint64 // place, as FollowRequest.Offset counts
	secrets []span // of Data, with FollowRequest.Redact
}

// FollowSide sums up one direction.
type FollowSide struct {
	Bytes   uint64 `json:"bytes_captured"` // in order, without what was sent again
	Missing uint64 `json:"bytes_missing"`
	Gaps    int    `json:"gaps"`
	// Conflicts counts overlaps that were sent again with other bytes.
	Conflicts int    `json:"conflicts"`
	Begin     string `json:"begin,omitempty"` // TCP: "syn", or "midstream" if it was not seen
	End       string `json:"end,omitempty"`   // TCP: "fin", "rst", or "open" if neither was seen
}

// FollowConflict is a place that was sent twice with different bytes. The first
// to come was kept: who evades a filter bets on the other.
type FollowConflict struct {
	Direction    string `json:"direction"`
	Offset       uint64 `json:"offset"` // of the first byte that differs
	Differ       int    `json:"differ"` // bytes that do
	KeptFrame    uint32 `json:"kept_frame"`
	DroppedFrame uint32 `json:"dropped_frame"`
}

// maxConflicts bounds the conflicts listed; all are counted.
const maxConflicts = 100

// FollowAnswer is a part of what a connection carried, and what is known of the
// whole.
type FollowAnswer struct {
	Capture    string `json:"capture"`
	Connection uint32 `json:"connection"`
	Protocol   string `json:"protocol"`
	Client     string `json:"client"`
	Server     string `json:"server"`
	Format     string `json:"format"`
	// Complete: everything from the beginning to the end of both directions is
	// there. Of TCP both SYNs were seen, and a FIN of each side or an RST.
	Complete     bool             `json:"complete"`
	ClientStream FollowSide       `json:"client_stream"`
	ServerStream FollowSide       `json:"server_stream"`
	Conflicts    []FollowConflict `json:"conflicts,omitempty"`
	Rows         []FollowChunk    `json:"rows"`
	// NextOffset goes on where the rows end; not set at the end.
	NextOffset uint64   `json:"next_offset,omitempty"`
	Hints      []string `json:"hints,omitempty"`
}

// followPage is the number of bytes in an answer that no limit was asked for.
const followPage = 64 << 10

// maxFollowRows bounds the chunks of an answer with a limit.
const maxFollowRows = 4096

// followLimits bound what waits behind a hole of a followed stream: more than
// while ingesting, because there is only one. Time is no reason to give up.
func followLimits() *tcp.Limits {
	return &tcp.Limits{Bytes: 16 << 20, Segments: 16 << 10, History: 256 << 10}
}

// Follow gives a page of what a connection carried.
func (e *Engine) Follow(ctx context.Context, q FollowRequest) (*FollowAnswer, error) {
	if q.Limit == 0 {
		q.Limit = followPage
	}
	var rows []FollowChunk
	a, err := e.FollowTo(ctx, q, func(c *FollowChunk) error {
		c.Bytes, c.Data = "", slices.Clone(c.Data)
		rows = append(rows, *c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.Rows = append(a.Rows, rows...)
	for i := range a.Rows {
		a.Rows[i].show(a.Format)
	}
	return a, nil
}

// FollowTo hands the chunks to a function as they are put together, and gives
// the answer without rows. However long the stream is, little of it is held.
func (e *Engine) FollowTo(ctx context.Context, q FollowRequest, give func(*FollowChunk) error) (*FollowAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	x, entry, err := e.source.Open(q.Capture)
	if err != nil {
		return nil, wrap(err)
	}
	defer x.Close()
	c, err := connectionNamed(x, q.Connection)
	if err != nil {
		return nil, wrap(err)
	}
	switch dissect.Kind(c.Kind) {
	case dissect.TCP, dissect.UDP, dissect.UDPLite:
	default:
		return nil, badRequest("`pcapidx packet CAPTURE --connection N` shows its packets", "connection %d is %s: only TCP and UDP carry a stream", c.Number, transportName(c.Kind))
	}
	f := newFollower(x, c, &q, entry.ID, give)
	if err := f.read(ctx); err != nil {
		return nil, wrap(err)
	}
	f.finish()
	return f.answer, nil
}

func (q *FollowRequest) check() error {
	if q.Format == "" {
		q.Format = "text"
	}
	directions, formats := []string{"both", "client", "server"}, []string{"text", "hex", "raw"}
	switch {
	case q.Direction != "" && !slices.Contains(directions, q.Direction):
		return UnknownWord("direction", q.Direction, directions)
	case !slices.Contains(formats, q.Format):
		return UnknownWord("format", q.Format, formats)
	case q.Limit < 0:
		return badRequest("give a positive number, or 0", "limit %d is negative", q.Limit)
	case q.Connection == "":
		return badRequest("`pcapidx connections CAPTURE` lists their numbers", "which connection?")
	}
	return nil
}

// framesOf gives the frames of a connection.
func framesOf(x Capture, c *index.Connection) (*roaring.Bitmap, error) {
	frames := roaring.New()
	return frames, x.Members(c, func(m index.Member) bool {
		frames.Add(m.Frame)
		return true
	})
}

// finish sums up.
func (f *follower) finish() {
	a := f.answer
	if f.more {
		a.NextOffset = f.at
	}
	client, server := &a.ClientStream, &a.ServerStream
	a.Complete = client.Missing == 0 && server.Missing == 0
	if f.streams != nil {
		reset := f.reset[0] || f.reset[1]
		for side := range f.reset {
			s, stream := f.side(uint8(side)), f.streams.Side(uint8(side))
			s.Begin, s.End = "midstream", "open"
			if stream.Began() {
				s.Begin = "syn"
			}
			switch {
			case stream.Ended():
				s.End = "fin"
			case f.reset[side]:
				s.End = "rst"
			}
			a.Complete = a.Complete && stream.Began() && (stream.Ended() || reset)
		}
	}
	for _, s := range []struct {
		name string
		*FollowSide
	}{{"client", client}, {"server", server}} {
		if s.Gaps > 0 {
			a.Hints = append(a.Hints, fmt.Sprintf("the %s's stream lacks %s in %s", s.name, plural(s.Missing, "byte"), plural(uint64(s.Gaps), "gap")))
		}
		if s.Conflicts > 0 {
			a.Hints = append(a.Hints, fmt.Sprintf("the %s sent %s again with other bytes; the first to come are shown", s.name, plural(uint64(s.Conflicts), "place")))
		}
	}
	if f.behind > 0 {
		a.Hints = append(a.Hints, fmt.Sprintf("%s behind a hole that nobody filled or acknowledged are left out, as in Wireshark: --offset %d begins with them", plural(f.behind, "byte"), f.hole))
	}
	if client.Bytes+server.Bytes == 0 {
		a.Hints = append(a.Hints, "the connection carried no payload")
	}
}
