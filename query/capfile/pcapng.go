package capfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"pcapidx/index"
)

const (
	application   = "pcapidx" // shb_userappl of a file that is not all of one program
	maxInterfaces = 1 << 16   // of a section; readers have limits
	maxNames      = 64 << 10  // bytes of a Name Resolution Block that is not made longer
)

// pcapng writes a pcapng file of one section.
type pcapng struct {
	output
	block block
	ids   map[described]uint32
	snap0 uint32 // snapshot length of interface 0, which governs Simple Packet Blocks
}

// described is an interface of the source together with a scale of time stamps:
// each pair that is needed has an Interface Description Block.
type described struct {
	iface uint32
	scale scale
}

// NewPcapng begins a pcapng file in w and writes all but the packets. info
// describes the source and must not change before Close.
//
// The file has one section, with the comments of all sections of the source; the
// names of hardware, system and application are kept if there is just one
// section. The interfaces of all sections follow one another and get new
// numbers; each keeps its texts, link type, snapshot length and scale of time
// stamps, the latter made nanoseconds where it is finer. A time that does not
// fit its interface (readers clamp times beyond the years 1677 to 2262) is
// written with a second description of the same interface, which counts
// nanoseconds. If the source has more than 65536 interfaces, only those of
// frames are described.
//
// A comment of more than 65535 bytes is split into several, and other texts are
// cut to that length; what finds no room in 128 KiB of options of its block is
// left out.
//
// A frame without time becomes a Simple Packet Block if that says the same: it
// is of interface 0, has no comments, and is cut to the snapshot length of that
// interface. Otherwise it is an Enhanced Packet Block with the time 0 (1970), as
// editcap writes it.
func NewPcapng(w io.Writer, info *index.FileInfo) (Writer, error) {
	p := &pcapng{output: newOutput(w, info), ids: make(map[described]uint32)}
	if err := p.section(); err != nil {
		return nil, err
	}
	if len(info.Interfaces) <= maxInterfaces {
		for n := range info.Interfaces {
			if i := &info.Interfaces[n]; i.LinkType <= maxLink {
				if _, err := p.id(uint32(n), scaleOf(i)); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := p.names(); err != nil {
		return nil, err
	}
	return p, nil
}

// section writes the Section Header Block: byte-order magic, version 1.0,
// section length (unknown), options.
func (p *pcapng) section() error {
	k := &p.block
	k.begin(blockSection)
	k.u32(0x1a2b3c4d)
	k.u16(1)
	k.u16(0)
	k.b = binary.LittleEndian.AppendUint64(k.b, math.MaxUint64)
	s := index.Section{Application: application}
	if len(p.info.Sections) == 1 {
		s = p.info.Sections[0]
	}
	if s.Application == "" {
		s.Application = application
	}
	k.text(optHardware, s.Hardware)
	k.text(optOS, s.OS)
	k.text(optApplication, s.Application)
	for i := range p.info.Sections {
		p.addComments(p.info.Sections[i].Comments)
	}
	return p.writeBlock("section header")
}

// addComments adds comments to the block in the making. Those that find no room
// are counted.
func (p *pcapng) addComments(comments []string) {
	for _, c := range comments {
		if !p.block.comment(c) {
			p.comments++
		}
	}
}

// id gives the number of an interface of the source with a scale. The first time
// it writes the Interface Description Block: link type, reserved (u16 each),
// snapshot length (u32), options.
func (p *pcapng) id(iface uint32, s scale) (uint32, error) {
	if id, ok := p.ids[described{iface, s}]; ok {
		return id, nil
	}
	id := uint32(len(p.ids))
	if id == maxInterfaces {
		return 0, fmt.Errorf("write interface: there are more than %d", maxInterfaces)
	}
	i, k := &p.info.Interfaces[iface], &p.block
	k.begin(blockInterface)
	k.u16(uint16(i.LinkType))
	k.u16(0)
	k.u32(i.SnapLen)
	k.option(optIfTsresol, string([]byte{s.resolution}))
	if s.offset != 0 {
		k.option(optIfTsoffset, string(binary.LittleEndian.AppendUint64(nil, uint64(s.offset))))
	}
	k.text(optIfName, i.Name)
	k.text(optIfDescription, i.Description)
	if i.Filter != "" { // a filter of type 0 is a text
		k.text(optIfFilter, "\x00"+i.Filter)
	}
	k.text(optIfOS, i.OS)
	k.text(optIfHardware, i.Hardware)
	p.addComments(i.Comments)
	if id == 0 {
		p.snap0 = i.SnapLen
	}
	p.ids[described{iface, s}] = id
	return id, p.writeBlock("interface description")
}

// names writes Name Resolution Blocks: records of type and length (u16 each),
// address, name that ends with NUL, padding; a record of type 0 and length 0.
func (p *pcapng) names() error {
	k := &p.block
	open := false
	for _, n := range p.info.Names {
		name := beforeNUL(n.Name)
		if name == "" || !n.Addr.IsValid() {
			continue
		}
		if !open {
			k.begin(blockNames)
			open = true
		}
		kind, address := uint16(recordIPv6), n.Addr.AsSlice()
		if n.Addr.Is4() {
			kind = recordIPv4
		}
		name = name[:cut(name, maxOption-len(address)-1)]
		k.u16(kind)
		k.u16(uint16(len(address) + len(name) + 1))
		k.padded(string(address), name, "\x00")
		if len(k.b) >= maxNames {
			open = false
			if err := p.endNames(); err != nil {
				return err
			}
		}
	}
	if !open {
		return nil
	}
	return p.endNames()
}

// endNames writes the Name Resolution Block in the making.
func (p *pcapng) endNames() error {
	p.block.u32(0)
	return p.writeBlock("name resolution")
}

// writeBlock writes the block in the making.
func (p *pcapng) writeBlock(what string) error {
	if _, err := p.w.Write(p.block.end()); err != nil {
		return fmt.Errorf("write %s block: %w", what, err)
	}
	return nil
}
