package query

import (
	"slices"

	"pcapidx/index"
)

// messageReader gives the messages of frames. Asked for rising frames it reads what
// is stored once. It is used by one goroutine.
type messageReader struct {
	capture  Capture
	from, to uint32 // frames of which window holds all messages
	window   []index.FrameMessage
	groups   map[uint32][]index.Message // by number of their first
	found    []*index.Message
}

// Bounds of a messageReader.
const (
	windowMessages = 2048
	windowFrames   = 1 << 14
	keptGroups     = 32
)

// of gives the messages of a frame, in order. They are good until the next call.
func (r *messageReader) of(frame uint32) ([]*index.Message, error) {
	if frame < r.from || frame >= r.to {
		if err := r.load(frame); err != nil {
			return nil, err
		}
	}
	r.found = r.found[:0]
	at, _ := slices.BinarySearchFunc(r.window, frame, func(m index.FrameMessage, f uint32) int { return int(int64(m.Frame) - int64(f)) })
	for ; at < len(r.window) && r.window[at].Frame == frame; at++ {
		m, err := r.message(r.window[at].Number)
		if err != nil {
			return nil, err
		}
		if m != nil {
			r.found = append(r.found, m)
		}
	}
	return r.found, nil
}

// load reads which messages the frames from one on have.
func (r *messageReader) load(frame uint32) error {
	r.window, r.from, r.to = r.window[:0], frame, frame+windowFrames
	return r.capture.EachFrameMessage(frame, func(m index.FrameMessage) bool {
		switch {
		case m.Frame >= r.to:
			return false
		case len(r.window) >= windowMessages && m.Frame > r.window[len(r.window)-1].Frame:
			r.to = m.Frame
			return false
		}
		r.window = append(r.window, m)
		return true
	})
}

// message gives a message by its number, nil if there is none.
func (r *messageReader) message(number uint32) (*index.Message, error) {
	first := (number-1)/index.MessageGroupSize*index.MessageGroupSize + 1
	group, known := r.groups[first]
	if !known {
		var err error
		if group, err = r.capture.MessageGroup(number); err != nil {
			return nil, err
		}
		if r.groups == nil || len(r.groups) >= keptGroups {
			r.groups = map[uint32][]index.Message{}
		}
		r.groups[first] = group
	}
	if i := int(number - first); i < len(group) {
		return &group[i], nil
	}
	return nil, nil
}
