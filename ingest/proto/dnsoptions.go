package proto

import "encoding/binary"

// opt reads the options of EDNS (RFC 6891) up to the end of the record.
func (r *dnsReader) opt(end int, info *dnsInfo) {
	for r.at < end && !r.bad {
		code := r.u16(dnsOptCode)
		size := r.u16(dnsOptLen)
		begin := r.at
		if size > len(r.b)-begin {
			r.bad = true
		}
		if r.bad {
			return
		}
		r.m.Str(dnsOptData, string(r.b[begin:begin+size]))
		r.option(code, begin+size, info)
		if !r.bad {
			r.at = begin + size
		}
	}
}

// option reads one option.
func (r *dnsReader) option(code, end int, info *dnsInfo) {
	size := end - r.at
	switch code {
	case 5, 6, 7: // algorithms that are understood (RFC 6975)
		for r.at < end && !r.bad {
			r.u8(map[int]int{5: dnsOptDAU, 6: dnsOptDHU, 7: dnsOptN3U}[code])
		}
	case 8:
		r.subnet(size)
	case 10: // cookies (RFC 7873)
		if r.bytes(dnsOptCookieClient, 8); size >= 8 {
			r.bytes(dnsOptCookieServer, size-8)
		}
	case 11: // idle time of a connection (RFC 7828)
		if size == 2 {
			r.u16(dnsOptKeepalive)
		}
	case 12:
		r.rest(dnsOptPadding, end)
	case 13:
		r.name(dnsOptChain)
	case 15: // extended error (RFC 8914)
		info.extended, info.hasExtended = r.u16(dnsOptEDE), true
		if size > 2 && !r.bad {
			r.m.Str(dnsOptEDEText, utf8Text(r.take(size-2)))
		}
	}
}

// subnet reads a client's subnet (RFC 7871).
func (r *dnsReader) subnet(size int) {
	family := r.u16(dnsOptFamily)
	r.u8(dnsOptNetmask)
	r.u8(dnsOptScope)
	b := r.take(size - 4)
	if r.bad {
		return
	}
	var a [16]byte
	switch {
	case family == 1 && len(b) <= 4:
		copy(a[:], b)
		r.m.Str(dnsOptAddr4, string(a[:4]))
	case family == 2 && len(b) <= 16:
		copy(a[:], b)
		r.m.Str(dnsOptAddr6, string(a[:]))
	case len(b) > 0:
		r.m.Str(dnsOptAddr, string(b))
	}
}

// svcb reads how a service is reached (RFC 9460).
func (r *dnsReader) svcb(end int) {
	r.u16(dnsSVCBPriority)
	r.name(dnsSVCBTarget)
	for r.at < end && !r.bad {
		key := r.u16(dnsSVCBKey)
		size := r.u16(dnsSVCBLen)
		begin := r.at
		if r.parameter(key, begin+size); r.bad {
			return
		}
		if r.at = begin + size; r.at > len(r.b) {
			r.bad = true
		}
	}
}

// parameter reads a parameter of a service up to its end.
func (r *dnsReader) parameter(key, end int) {
	each := func(read func()) {
		for r.at < end && !r.bad {
			read()
		}
	}
	switch key {
	case 0:
		each(func() { r.u16(dnsSVCBMandatory) })
	case 1:
		each(func() { r.text(dnsSVCBALPN, r.u8(dnsSVCBALPNLen)) })
	case 2: // no-default-alpn: no value
	case 3:
		r.u16(dnsSVCBPort)
	case 4:
		each(func() { r.address(dnsSVCBIPv4, 4) })
	case 5:
		r.rest(dnsSVCBECH, end)
	case 6:
		each(func() { r.address(dnsSVCBIPv6, 16) })
	case 32769:
		r.rest(dnsSVCBODoH, end)
	default:
		r.rest(dnsSVCBValue, end)
	}
}

// stateful reads the operations of a session (RFC 8490).
func (r *dnsReader) stateful() {
	for len(r.b)-r.at >= 4 && !r.bad {
		kind := r.u16(dnsDSOType)
		size := r.u16(dnsDSOLen)
		begin := r.at
		if size > len(r.b)-begin {
			r.bad = true
			return
		}
		value := r.b[begin : begin+size]
		switch {
		case kind == 1 && size >= 8:
			r.m.Uint(dnsDSOInactivity, uint64(binary.BigEndian.Uint32(value)))
			r.m.Uint(dnsDSOInterval, uint64(binary.BigEndian.Uint32(value[4:])))
		case kind == 2 && size >= 4:
			r.m.Uint(dnsDSORetry, uint64(binary.BigEndian.Uint32(value)))
		case kind == 3:
			r.m.Str(dnsDSOPadding, string(value))
		default:
			r.m.Str(dnsDSOData, string(value))
		}
		r.at = begin + size
	}
}
