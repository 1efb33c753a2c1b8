package proto

import (
	"slices"

	"pcapidx/index"
)

// repeatable is how many messages of a direction are kept, of protocols with Repeats,
// to be shown again; repeatBytes is what one may take: a longer one is not kept.
const (
	repeatable  = 2
	repeatBytes = 8 << 10
)

// keptMessage is a message that may be sent again, without text and object.
type keptMessage struct {
	index.Message
	size int // what it takes, about
}

// keep remembers a message of a stream that may be sent again.
func (c *Connection) keep(m *index.Message) {
	if c.datagrams || m.Kind == index.Conclusion || m.First != m.Frame {
		return
	}
	const itself, field = 256, 64
	kept := &keptMessage{*m, itself + len(m.Summary)}
	kept.Text, kept.Object = nil, nil
	for i := range m.Fields {
		kept.size += field + len(m.Fields[i].Text)
	}
	if kept.size > repeatBytes {
		return
	}
	kept.Fields = slices.Clip(slices.Clone(m.Fields)) // m's are used again
	d := &c.sides[m.Side]
	if len(d.recent) >= repeatable {
		copy(d.recent, d.recent[1:])
		d.recent = d.recent[:repeatable-1]
	}
	d.recent = append(d.recent, kept)
}

// Repeat says that a frame brought bytes of a direction again that had come before.
// Wireshark decodes fast retransmissions anew: the messages that they hold whole are
// shown in that frame too, and refer to those before.
func (c *Connection) Repeat(side index.Side, offset uint64, n int, frame uint32, time index.Time) {
	for _, old := range c.sides[side].recent {
		if old.Offset < offset || old.Offset+old.Length > offset+uint64(n) || frame <= old.Frame {
			continue
		}
		m := old.Message
		m.First, m.Frame, m.Start, m.End = frame, frame, time, time
		m.Kind, m.Request = index.Continues, old.Number
		m.Warnings = []index.Warning{{
			Code: "repeated", Severity: index.SeverityInfo, Text: "TCP sent the message again", Frames: []uint32{old.Frame, frame},
		}}
		c.engine.count++
		m.Number = c.engine.count
		c.messages++
		c.engine.sink.Message(&m)
	}
}
