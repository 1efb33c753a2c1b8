package capfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"pcapidx/index"
)

const (
	magicMicro = 0xa1b2c3d4
	magicNano  = 0xa1b23c4d

	ethernet    = 1         // link type of a file without frames, if its source has none
	noLimit     = 262_144   // snapshot length for "no limit": libpcap's largest
	probed      = 3         // records by which readers guess a variant of pcap, see suspect
	maxHeld     = 1 << 20   // bytes of records that are held back for it
	largeRecord = 256 << 10 // captured length above which a record looks wrong
	largeFrame  = 128 << 20 // original length above which a record looks wrong
)

// PcapError says that a pcap file cannot hold a frame, and pcapng can.
type PcapError struct {
	Frame     uint32
	LinkTypes []uint32 // that of the frames before and that of this one, if these differ
	Reason    string
}

func (e *PcapError) Error() string {
	return fmt.Sprintf("write frame %d: %s: write pcapng", e.Frame, e.Reason)
}

// pcap writes a classic pcap file.
type pcap struct {
	output
	link    uint32 // of the file, valid if linked
	linked  bool
	snap    uint32
	nano    bool
	started bool // the file header is written

	held    []byte // the first records, with nanoseconds
	records []int  // where they start in held
	strange bool   // one of them looks wrong
}

// NewPcap begins a pcap file, version 2.4, in w. info describes the source and
// must not change before Close.
//
// The link type is that of the first frame; a frame of another one is a
// PcapError, and so is a time before 1970 or after February 2106. A frame
// without time gets the time 0 (1970). The snapshot length is the largest of the
// interfaces of that link type, 262144 if one of these has no limit.
//
// The file counts microseconds if all those interfaces do, or something coarser,
// and nanoseconds otherwise. It also counts nanoseconds if one of the first three
// frames has them, or lengths that look wrong: readers might then take the file
// for one of the variants that have the magic number of microseconds in common.
func NewPcap(w io.Writer, info *index.FileInfo) Writer {
	return &pcap{output: newOutput(w, info)}
}

// Packet writes the record of a frame: seconds, fraction, captured and original
// length (u32 each), data.
func (p *pcap) Packet(number uint32, f *index.Frame, data []byte) error {
	i, err := p.frame(number, f, data)
	if err != nil {
		return err
	}
	if i.LinkType > maxLink {
		p.leftOut++
		return nil
	}
	if !p.linked {
		p.setLink(i.LinkType)
	}
	if i.LinkType != p.link {
		return &PcapError{
			Frame: number, LinkTypes: []uint32{p.link, i.LinkType},
			Reason: fmt.Sprintf("it has link type %d, those before it %d, and a pcap file has only one", i.LinkType, p.link),
		}
	}
	head, err := p.head(number, f)
	if err != nil {
		return err
	}
	if p.started {
		err = p.write(head[:], data)
	} else {
		err = p.hold(f, head[:], data)
	}
	if err != nil {
		return fmt.Errorf("write frame %d: %w", number, err)
	}
	p.comments += uint64(len(p.commentsOf(number)))
	p.wrote(i)
	return nil
}

// head makes the header of a record. As long as the file has no header it has
// nanoseconds.
func (p *pcap) head(number uint32, f *index.Frame) (h [16]byte, err error) {
	t := f.Time
	if f.NoTime {
		t = 0
		p.untimed++
	}
	sec, ns := split(t)
	if sec < 0 || sec > math.MaxUint32 {
		return h, &PcapError{Frame: number, Reason: "its time is " + t.UTC().Format(time.RFC3339Nano) + ", and a pcap file has those from 1970 to 2106"}
	}
	switch {
	case p.nano:
	case !p.started:
		p.nano = ns%1000 != 0
	case ns%1000 != 0:
		return h, &PcapError{Frame: number, Reason: "its time has nanoseconds, and the frames before it have microseconds"}
	default:
		ns /= 1000
	}
	for n, v := range [...]uint32{uint32(sec), uint32(ns), f.CapLen, f.OrigLen} {
		binary.LittleEndian.PutUint32(h[4*n:], v)
	}
	return h, nil
}

// setLink sets the link type and what follows from it.
func (p *pcap) setLink(link uint32) {
	p.link, p.linked = link, true
	unlimited := false
	for n := range p.info.Interfaces {
		if i := &p.info.Interfaces[n]; i.LinkType == link {
			unlimited = unlimited || i.SnapLen == 0
			p.snap = max(p.snap, i.SnapLen)
			p.nano = p.nano || i.Resolution&^power2 > 6
		}
	}
	if unlimited || p.snap == 0 {
		p.snap = noLimit
	}
}

// hold keeps one of the first records back until it is known how the file counts
// time.
func (p *pcap) hold(f *index.Frame, head, data []byte) error {
	p.records = append(p.records, len(p.held))
	p.held = append(append(p.held, head...), data...)
	p.strange = p.strange || p.suspect(f)
	if len(p.records) < probed && len(p.held) < maxHeld {
		return nil
	}
	return p.start()
}

// suspect reports whether the lengths of a record look wrong. Wireshark guesses
// the variant of a file with the magic number of microseconds by the first
// three records, and the plain one need not win if it has faults.
func (p *pcap) suspect(f *index.Frame) bool {
	return f.CapLen > f.OrigLen || f.CapLen > p.snap || f.CapLen > largeRecord || f.OrigLen > largeFrame
}

// start writes the file header (magic, version, zone, accuracy of time stamps,
// snapshot length, link type) and the records that were held back.
func (p *pcap) start() error {
	if !p.linked {
		p.setLink(p.linkWithoutFrames())
	}
	p.started = true
	p.nano = p.nano || p.strange
	magic := uint32(magicNano)
	if !p.nano {
		magic = magicMicro
		for _, at := range p.records {
			fraction := p.held[at+4:]
			binary.LittleEndian.PutUint32(fraction, binary.LittleEndian.Uint32(fraction)/1000)
		}
	}
	h := binary.LittleEndian.AppendUint32(nil, magic)
	h = binary.LittleEndian.AppendUint16(h, 2)
	h = binary.LittleEndian.AppendUint16(h, 4)
	for _, v := range [...]uint32{0, 0, p.snap, p.link} {
		h = binary.LittleEndian.AppendUint32(h, v)
	}
	err := p.write(h, p.held)
	p.held, p.records = nil, nil
	return err
}

// linkWithoutFrames is the link type of a file without frames: that of the first
// interface, or Ethernet.
func (p *pcap) linkWithoutFrames() uint32 {
	for n := range p.info.Interfaces {
		if link := p.info.Interfaces[n].LinkType; link <= maxLink {
			return link
		}
	}
	return ethernet
}

func (p *pcap) write(parts ...[]byte) error {
	for _, b := range parts {
		if _, err := p.w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is held back and buffered.
func (p *pcap) Close() error {
	if !p.started {
		if err := p.start(); err != nil {
			return fmt.Errorf("write file header: %w", err)
		}
	}
	return p.flush()
}

// Result says what was written.
func (p *pcap) Result() Result {
	l := p.commonLosses()
	l.add(p.comments > 0, "comments of frames: %d", p.comments)
	l.add(hasSectionTexts(p.info), "hardware, system and application of the capture")
	l.add(hasSectionComments(p.info), "comments of the capture")
	l.add(hasInterfaceTexts(p.info), "names, descriptions, filters and comments of interfaces")
	same := 0
	for i := range p.info.Interfaces {
		if p.linked && p.info.Interfaces[i].LinkType == p.link {
			same++
		}
	}
	l.add(same > 1, "which of %d interfaces a frame is of", same)
	l.add(len(p.info.Names) > 0, "names of addresses: %d", len(p.info.Names))
	return p.result(l)
}
