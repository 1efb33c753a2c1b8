package capfile

import (
	"bytes"
	"fmt"

	"pcapidx/index"
)

// Packet writes the block of a frame.
func (p *pcapng) Packet(number uint32, f *index.Frame, data []byte) error {
	i, err := p.frame(number, f, data)
	if err != nil {
		return err
	}
	switch {
	case i.LinkType == linkJournal && isJournal(data):
		p.block.begin(blockJournal)
		p.data(data)
	case i.LinkType > maxLink:
		p.leftOut++
		return nil
	default:
		if err := p.packet(number, f, data, i); err != nil {
			return fmt.Errorf("write frame %d: %w", number, err)
		}
	}
	if err := p.writeBlock("packet"); err != nil {
		return err
	}
	p.wrote(i)
	return nil
}

// isJournal reports whether data can be given back as a Journal Export Block: it
// is as long as one must be, and no NUL at its end would be taken for padding.
func isJournal(data []byte) bool {
	const least = len("__REALTIME_TIMESTAMP=0\n")
	return len(data) >= least && !bytes.HasSuffix(data, []byte{0})
}

// packet makes the block of a packet: an Enhanced Packet Block (interface, time
// high and low, captured and original length, data, options), or a Simple
// Packet Block (original length, data).
func (p *pcapng) packet(number uint32, f *index.Frame, data []byte, i *index.Interface) error {
	s := scaleOf(i)
	id, err := p.id(f.Iface, s)
	if err != nil {
		return err
	}
	comments := p.commentsOf(number)
	if f.NoTime && id == 0 && len(comments) == 0 && p.cutAsSimple(f) {
		p.block.begin(blockSimple)
		p.block.u32(f.OrigLen)
		p.data(data)
		return nil
	}
	t := f.Time
	if f.NoTime {
		t = 0
		p.untimed++
	}
	ts, ok := s.stamp(t)
	if !ok {
		s = wide(t)
		ts, _ = s.stamp(t)
		if id, err = p.id(f.Iface, s); err != nil {
			return err
		}
	}
	k := &p.block
	k.begin(blockEnhanced)
	for _, v := range [...]uint32{id, uint32(ts >> 32), uint32(ts), f.CapLen, f.OrigLen} {
		k.u32(v)
	}
	p.data(data)
	for _, c := range comments {
		if !k.comment(c.Comment) {
			p.comments++
		}
	}
	return nil
}

// cutAsSimple reports whether a reader of a Simple Packet Block finds the
// captured length of a frame.
func (p *pcapng) cutAsSimple(f *index.Frame) bool {
	if p.snap0 == 0 {
		return f.CapLen == f.OrigLen
	}
	return f.CapLen == min(f.OrigLen, p.snap0)
}

// data appends the captured bytes of a frame to the block in the making.
func (p *pcapng) data(data []byte) {
	p.block.b = append(p.block.b, data...)
	p.block.pad()
}

// Close writes what is buffered.
func (p *pcapng) Close() error { return p.flush() }

// Result says what was written.
func (p *pcapng) Result() Result {
	l := p.commonLosses()
	if n := len(p.info.Sections); n > 1 {
		l.add(true, "which of the %d sections a frame is of", n)
		l.add(hasSectionTexts(p.info), "hardware, system and application of the sections")
	}
	l.add(p.comments > 0, "comments beyond 128 KiB in a block: %d", p.comments)
	return p.result(l)
}
