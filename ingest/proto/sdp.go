package proto

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// Fields of SDP (RFC 8866), from a place on that the carrying protocol gives.
const (
	sdpVersion = iota
	sdpOwner
	sdpOwnerUser
	sdpOwnerSession
	sdpOwnerVersion
	sdpOwnerAddress
	sdpSession
	sdpConnection
	sdpAddress
	sdpMediaLine
	sdpMediaKind
	sdpMediaPort
	sdpMediaProto
	sdpMediaFormat
	sdpMediaAttribute
	sdpAttributeField
	sdpAttributeValue
	sdpMIME
	sdpRate
	sdpParameter
)

func sdpFields() []Field {
	text := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindString, Doc: doc} }
	few := func(name, doc string) Field {
		return Field{Name: name, Kind: dissect.KindString, Listed: true, Doc: doc}
	}
	return []Field{
		sdpVersion:        text("sdp.version", "Version of SDP"),
		sdpOwner:          text("sdp.owner", "Owner of the session"),
		sdpOwnerUser:      few("sdp.owner.username", "User that owns the session"),
		sdpOwnerSession:   text("sdp.owner.sessionid", "Identifier of the session"),
		sdpOwnerVersion:   text("sdp.owner.version", "Version of the description"),
		sdpOwnerAddress:   text("sdp.owner.address", "Address of the owner"),
		sdpSession:        text("sdp.session_name", "Name of the session"),
		sdpConnection:     text("sdp.connection_info", "Where media are sent to"),
		sdpAddress:        text("sdp.connection_info.address", "Address that media are sent to"),
		sdpMediaLine:      text("sdp.media", "A medium: kind, port, protocol, formats"),
		sdpMediaKind:      few("sdp.media.media", "Kind of a medium"),
		sdpMediaPort:      {Name: "sdp.media.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port that a medium is sent to"},
		sdpMediaProto:     few("sdp.media.proto", "Protocol of a medium"),
		sdpMediaFormat:    few("sdp.media.format", "Format of a medium"),
		sdpMediaAttribute: text("sdp.media_attr", "Attribute of a medium"),
		sdpAttributeField: few("sdp.media_attribute.field", "Name of an attribute"),
		sdpAttributeValue: text("sdp.media_attribute.value", "Value of an attribute"),
		sdpMIME:           few("sdp.mime.type", "Encoding of a dynamic format"),
		sdpRate:           text("sdp.sample_rate", "Clock rate of a dynamic format"),
		sdpParameter:      text("sdp.fmtp.parameter", "Parameter of a format"),
	}
}

// sdp is a session description.
type sdp struct {
	lines []sdpLine
	media []sdpMedia
	keys  int // bytes of keys for SRTP
}

type sdpLine struct {
	kind  byte
	value string
	media int // 1 + the medium it belongs to, 0: the session
}

// sdpMedia is one medium.
type sdpMedia struct {
	kind     string
	port     uint16
	chosen   bool   // port is a number: H.248 has "$" for one to be chosen
	rtcp     uint16 // 0: the port after it
	proto    string
	formats  []string
	address  netip.Addr
	silent   bool             // does not want to receive: sendonly, inactive
	rates    map[uint8]uint32 // clock rates of dynamic payload types
	rtp, mux bool
}

// Bounds of a description.
const (
	sdpLines  = 1 << 10
	sdpMedias = 64
	sdpRates  = 128
)

// sdpOf finds a description in a body, which it may share with others.
func sdpOf(contentType string, body []byte) *sdp {
	kind, params, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case kind == "application/sdp":
		return parseSDP(body)
	case strings.HasPrefix(kind, "multipart/"):
		boundary := strings.Trim(sipParameter(params, "boundary"), `"`)
		if boundary == "" {
			return nil
		}
		for _, part := range bytes.Split(body, []byte("--"+boundary)) {
			end, whole := sipHeadEnd(part)
			if m := parseSIP(part[:end]); whole && strings.HasPrefix(strings.ToLower(m.get("content-type")), "application/sdp") {
				return parseSDP(part[end:])
			}
		}
	}
	return nil
}

func parseSDP(b []byte) *sdp {
	d := &sdp{}
	var session netip.Addr
	medium := 0 // 1 + the one in hand
	for len(b) > 0 && len(d.lines) < sdpLines {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) < 2 || line[1] != '=' {
			continue
		}
		l := sdpLine{line[0], string(line[2:]), medium}
		switch l.kind {
		case 'v': // begins a session; H.248 has several in a row
			l.media, medium, session = 0, 0, netip.Addr{}
		case 'm':
			if len(d.media) >= sdpMedias {
				return d
			}
			d.media = append(d.media, parseMedia(l.value, session))
			medium = len(d.media)
			l.media = medium
		case 'c':
			a := sdpAddressOf(l.value)
			if l.media == 0 {
				session = a
			} else {
				d.media[l.media-1].address = a
			}
		case 'a':
			if l.media > 0 {
				d.media[l.media-1].attribute(l.value)
			}
			if after, ok := strings.CutPrefix(l.value, "crypto:"); ok {
				if _, key, ok := strings.Cut(after, "inline:"); ok {
					key, _, _ = strings.Cut(key, "|")
					d.keys += len(key)
				}
			}
		}
		d.lines = append(d.lines, l)
	}
	return d
}

// sdpAddressOf gives the address of a connection line: "IN IP4 192.0.2.1/127".
func sdpAddressOf(value string) netip.Addr {
	parts := strings.Fields(value)
	if len(parts) < 3 {
		return netip.Addr{}
	}
	text, _, _ := strings.Cut(parts[2], "/")
	a, _ := netip.ParseAddr(text)
	return a.Unmap()
}

func parseMedia(value string, session netip.Addr) sdpMedia {
	parts := strings.SplitN(value, " ", 4)
	m := sdpMedia{kind: parts[0], address: session}
	if len(parts) > 1 {
		port, _, _ := strings.Cut(parts[1], "/")
		n, err := strconv.ParseUint(port, 10, 16)
		m.port, m.chosen = uint16(n), err == nil
	}
	if len(parts) > 2 {
		m.proto = parts[2]
		m.rtp = strings.Contains(strings.ToUpper(m.proto), "RTP/")
	}
	if len(parts) > 3 {
		m.formats = strings.Fields(parts[3])
	}
	return m
}

func (m *sdpMedia) attribute(value string) {
	name, rest, _ := strings.Cut(value, ":")
	switch name {
	case "rtcp":
		port, _, _ := strings.Cut(rest, " ")
		n, _ := strconv.ParseUint(port, 10, 16)
		m.rtcp = uint16(n)
	case "rtcp-mux":
		m.mux = true
	case "sendonly", "inactive":
		m.silent = true
	case "rtpmap":
		format, encoding, _ := strings.Cut(rest, " ")
		parts := strings.Split(encoding, "/")
		pt, err := strconv.ParseUint(format, 10, 7)
		if err != nil || len(parts) < 2 {
			return
		}
		if rate, err := strconv.ParseUint(parts[1], 10, 32); err == nil && rate > 0 && len(m.rates) < sdpRates {
			if m.rates == nil {
				m.rates = map[uint8]uint32{}
			}
			m.rates[uint8(pt)] = uint32(rate)
		}
	}
}

// emit adds the fields of a description, which begin at a place.
func (d *sdp) emit(x *Message, base int) {
	for _, l := range d.lines {
		switch l.kind {
		case 'v':
			x.Str(base+sdpVersion, l.value)
		case 'o':
			x.Str(base+sdpOwner, l.value)
			parts := strings.Split(l.value, " ")
			for i, field := range []int{sdpOwnerUser, sdpOwnerSession, sdpOwnerVersion, -1, -1, sdpOwnerAddress} {
				if i < len(parts) && field >= 0 {
					x.Str(base+field, parts[i])
				}
			}
		case 's':
			x.Str(base+sdpSession, l.value)
		case 'c':
			x.Str(base+sdpConnection, l.value)
			if parts := strings.Split(l.value, " "); len(parts) > 2 {
				address, _, _ := strings.Cut(parts[2], "/")
				x.Str(base+sdpAddress, address)
			}
		case 'm':
			d.media[l.media-1].emit(x, base, l.value)
		case 'a':
			if l.media > 0 {
				emitAttribute(x, base, l.value)
			}
		}
	}
	if d.keys > 0 {
		x.Warn("cleartext.credentials", index.SeverityWarn, "keys for SRTP of "+strconv.Itoa(d.keys)+" bytes (base64) are sent in clear")
	}
}

func (m *sdpMedia) emit(x *Message, base int, line string) {
	x.Str(base+sdpMediaLine, line)
	sipText(x, base+sdpMediaKind, m.kind)
	if m.chosen {
		x.Uint(base+sdpMediaPort, uint64(m.port))
	}
	sipText(x, base+sdpMediaProto, m.proto)
	for _, f := range m.formats {
		if pt, err := strconv.ParseUint(f, 10, 7); err == nil && m.rtp {
			f = rtpTypeName(uint8(pt))
		}
		x.Str(base+sdpMediaFormat, f)
	}
}

// emitAttribute emits an attribute of a medium, but for keys.
func emitAttribute(x *Message, base int, value string) {
	name, rest, _ := strings.Cut(value, ":")
	if name == "crypto" || name == "key-mgmt" {
		x.Str(base+sdpAttributeField, name)
		return
	}
	x.Str(base+sdpMediaAttribute, value)
	if rest == "" {
		return
	}
	x.Str(base+sdpAttributeField, name)
	format, detail, _ := strings.Cut(rest, " ")
	switch name {
	case "rtpmap":
		x.Str(base+sdpMediaFormat, format)
		parts := strings.Split(detail, "/")
		sipText(x, base+sdpMIME, parts[0])
		if len(parts) > 1 {
			x.Str(base+sdpRate, parts[1])
		}
	case "fmtp":
		x.Str(base+sdpMediaFormat, format)
		for _, p := range strings.Split(detail, ";") {
			sipText(x, base+sdpParameter, strings.TrimSpace(p))
		}
	default:
		x.Str(base+sdpAttributeValue, rest)
	}
}

// summary lists the media: ", audio 4000 RTP/AVP".
func (d *sdp) summary() string {
	var b strings.Builder
	for i := range d.media {
		m := &d.media[i]
		b.WriteString(", " + m.kind + " " + strconv.Itoa(int(m.port)) + " " + m.proto)
	}
	return b.String()
}
