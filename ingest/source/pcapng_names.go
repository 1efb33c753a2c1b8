package source

import (
	"bytes"
	"net/netip"

	"pcapidx/index"
)

// parseNames reads a Name Resolution Block: records of type and length (u16
// each), an address (1: IPv4, 2: IPv6), names that end with NUL, and padding.
// Behind the record of type 0 come options.
func (r *Reader) parseNames(blk block, body []byte, whole bool) {
	n := &r.ng
	for len(body) > 0 {
		if len(body) < 4 {
			r.badNames(blk, whole)
			return
		}
		kind, size := n.u16(body), int(n.u16(body[2:]))
		padded := (size + 3) &^ 3
		if padded > len(body)-4 {
			r.badNames(blk, whole)
			return
		}
		if kind == 0 {
			o := options{ng: n, left: body[4:], cut: !whole}
			o.drain()
			r.badOptions(blk, o.bad)
			return
		}
		address := 0
		if kind == 1 {
			address = 4
		} else if kind == 2 {
			address = 16
		}
		if address > 0 && !r.addNames(body[4:4+size], address) {
			r.badNames(blk, true)
			return
		}
		body = body[4+padded:]
	}
}

// badNames ends the frames at a broken Name Resolution Block.
func (r *Reader) badNames(blk block, whole bool) {
	if whole {
		r.damage(damageGarbage, blk.at, "a name resolution block has a broken record")
	}
}

// addNames adds the names of one record; false if the record is broken.
func (r *Reader) addNames(record []byte, address int) bool {
	if len(record) < address {
		return false
	}
	addr, _ := netip.AddrFromSlice(record[:address])
	for names := record[address:]; len(names) > 0; {
		end := bytes.IndexByte(names, 0)
		if end < 0 {
			return false
		}
		r.addName(addr, names[:end])
		names = names[end+1:]
	}
	return true
}

func (r *Reader) addName(addr netip.Addr, name []byte) {
	if len(r.info.Names) >= maxNames {
		r.limits.capped("names")
		return
	}
	if s, ok := r.limits.text(name); ok && s != "" {
		r.info.Names = append(r.info.Names, index.NameRecord{Addr: addr, Name: s})
	}
}
