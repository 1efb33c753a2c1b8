package index

import (
	"github.com/RoaringBitmap/roaring/v2"
)

// messages compares the messages with the lists of their frames and fields, and walks
// the applications.
func (c *checker) messages() error {
	s := c.x.summary.Applications
	if c.x.summary.Content < messagesSince || s == nil {
		return nil
	}
	frames := make([]uint32, 0, min(s.Messages, MaxMessages))
	fields := map[string]*roaring.Bitmap{}
	var texts [][2]uint32
	err := c.x.EachMessage(1, MessageWish{}, func(m *Message) bool {
		frames = append(frames, m.Frame)
		if m.Number != uint32(len(frames)) || m.Frame == 0 || m.Frame > c.x.summary.Frames || m.Request >= m.Number {
			c.problem("message %d of frame %d and request %d cannot be", m.Number, m.Frame, m.Request)
		}
		if m.TextBytes > 0 {
			texts = append(texts, [2]uint32{m.Number, m.TextBytes})
		}
		for i := range m.Fields {
			name := m.Fields[i].Name
			if fields[name] == nil {
				fields[name] = roaring.New()
			}
			fields[name].Add(m.Frame)
		}
		return c.ctx.Err() == nil
	})
	if c.note(err) != nil || c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	if uint64(len(frames)) != s.Messages {
		c.problem("%d messages are stored, the summary says %d", len(frames), s.Messages)
	}
	for _, t := range texts {
		text, err := c.x.MessageText(t[0])
		if c.note(err) != nil {
			return err
		}
		if len(text) != int(t[1]) {
			c.problem("message %d has %d bytes of text, %d are stored", t[0], t[1], len(text))
		}
	}
	for name, b := range fields {
		got, _, err := c.x.MessageList(name, nil)
		if c.note(err) != nil {
			return err
		}
		if !b.Equals(got) {
			c.problem("the list of frames with %q differs", name)
		}
	}
	if err := c.messageSums(s, frames); err != nil {
		return err
	}
	if err := c.messageFrames(frames); err != nil {
		return err
	}
	return c.applications(s)
}

// messageSums compares what is stored for sums with the messages.
func (c *checker) messageSums(s *MessageSummary, frames []uint32) error {
	if c.x.summary.Content < sumsSince {
		return nil
	}
	for _, p := range s.Protocols {
		n, last := uint64(0), uint32(0)
		err := c.x.EachMessage(1, MessageWish{Protocols: []string{p.Name}, Fields: s.Summed, NoFields: len(s.Summed) == 0, Sums: true}, func(m *Message) bool {
			if m.Number <= last || int(m.Number) > len(frames) || frames[m.Number-1] != m.Frame || m.Protocol != p.Name {
				c.problem("message %d of %s is stored otherwise for sums", m.Number, p.Name)
				return false
			}
			n, last = n+1, m.Number
			return c.ctx.Err() == nil
		})
		if c.note(err) != nil || c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if n != p.Messages {
			c.problem("%d messages of %s are stored for sums, there are %d", n, p.Name, p.Messages)
		}
	}
	return nil
}

// messageFrames compares the list by frame with the frames of the messages.
func (c *checker) messageFrames(frames []uint32) error {
	seen, last := roaring.New(), FrameMessage{}
	err := c.x.EachFrameMessage(1, func(f FrameMessage) bool {
		if f.Number == 0 || int(f.Number) > len(frames) || frames[f.Number-1] != f.Frame || f.Frame < last.Frame || int(f.Answer) > len(frames) {
			c.problem("message %d is listed for frame %d", f.Number, f.Frame)
		}
		last = f
		seen.Add(f.Number)
		return true
	})
	if c.note(err) != nil {
		return err
	}
	if int(seen.GetCardinality()) != len(frames) {
		c.problem("%d messages are listed by frame, there are %d", seen.GetCardinality(), len(frames))
	}
	return nil
}

func (c *checker) applications(s *MessageSummary) error {
	n, next := uint64(0), uint32(0)
	err := c.x.EachApplication(0, func(a *Application) bool {
		if a.Conn < next || a.Conn >= c.x.summary.Connections {
			c.problem("connection %d has an application, there are %d", a.Conn, c.x.summary.Connections)
		}
		n, next = n+1, a.Conn+1
		return true
	})
	if c.note(err) != nil {
		return err
	}
	if n != s.Applications {
		c.problem("%d connections have an application, the summary says %d", n, s.Applications)
	}
	return nil
}
