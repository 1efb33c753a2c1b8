package mcp

import (
	"strconv"
	"strings"

	"pcapidx/query"
)

// icmpKind is what a message is in words.
func icmpKind(protocol string, f map[string][]string) string { return firstOf(f, protocol+".kind") }

// icmpTypes are the names of types, in the registries of RFC 2780 and RFC 4443, by
// what messages are called here. Errors that are not listed are Destination
// Unreachable, whose codes have names of their own.
func icmpTypes(protocol string) map[string]string {
	if protocol == "icmpv6" {
		return map[string]string{
			"packet too big": "Packet Too Big", "time to live exceeded": "Time Exceeded", "fragments did not all arrive in time": "Time Exceeded",
			"parameter problem": "Parameter Problem", "echo request": "Echo Request", "echo reply": "Echo Reply",
			"multicast listener query": "Multicast Listener Query", "multicast listener report": "Multicast Listener Report", "multicast listener done": "Multicast Listener Done",
			"router solicitation": "Router Solicitation", "router advertisement": "Router Advertisement", "neighbour solicitation": "Neighbor Solicitation",
			"neighbour advertisement": "Neighbor Advertisement", "redirect": "Redirect", "multicast listener report v2": "Multicast Listener Report v2",
		}
	}
	return map[string]string{
		"echo reply": "Echo Reply", "source quench": "Source Quench", "redirect": "Redirect", "echo request": "Echo Request",
		"router advertisement": "Router Advertisement", "router solicitation": "Router Solicitation", "time to live exceeded": "Time Exceeded",
		"fragments did not all arrive in time": "Time Exceeded", "parameter problem": "Parameter Problem", "time stamp request": "Timestamp Request",
		"time stamp reply": "Timestamp Reply", "information request": "Information Request", "information reply": "Information Reply",
		"address mask request": "Address Mask Request", "address mask reply": "Address Mask Reply",
	}
}

// icmpTypeName names the type of a message; that of ICMPv6 says so.
func icmpTypeName(protocol string, f map[string][]string) string {
	prefix := ""
	if protocol == "icmpv6" {
		prefix = "ICMPv6 "
	}
	kind := icmpKind(protocol, f)
	if name := icmpTypes(protocol)[kind]; name != "" {
		return prefix + name
	}
	if kind == "" {
		return prefix + "Unreadable"
	}
	if n, ok := strings.CutPrefix(strings.TrimPrefix(kind, "error of "), "type "); ok {
		return prefix + "Type " + n
	}
	return prefix + "Destination Unreachable"
}

// icmpHeaders adds what only the bytes of the frames tell.
func (c *call) icmpHeaders(capture string, rows []icmpPacket) error {
	if len(rows) == 0 {
		return nil
	}
	var frames []string
	for i := range rows {
		frames = append(frames, strconv.FormatUint(uint64(rows[i].Frame), 10))
	}
	a, err := c.engine.Decode(c.ctx, query.DecodeRequest{Capture: capture, Frames: strings.Join(frames, ",")})
	if err != nil {
		return err
	}
	packets := map[uint32]*query.DecodedPacket{}
	for i := range a.Rows {
		packets[a.Rows[i].Frame] = &a.Rows[i]
	}
	for i := range rows {
		if p := packets[rows[i].Frame]; p != nil {
			rows[i].header(p)
		}
	}
	return nil
}

// header takes the values of the ICMP header and of the IP header before it; those
// behind it are of the packet that an error quotes.
func (r *icmpPacket) header(p *query.DecodedPacket) {
	r.Size = p.Length
	for _, layer := range p.Layers {
		f := fieldsOf(layer.Fields)
		switch layer.Protocol {
		case "ip":
			r.TTL, r.HopLimit = optionalNumber(f, "ip.ttl"), nil
		case "ipv6":
			r.TTL, r.HopLimit = nil, optionalNumber(f, "ipv6.hlim")
		case "icmp", "icmpv6":
			prefix := layer.Protocol
			r.Type, r.Code, r.Checksum = optionalNumber(f, prefix+".type"), optionalNumber(f, prefix+".code"), optionalNumber(f, prefix+".checksum")
			if prefix == "icmp" {
				r.ID, r.Seq = optionalNumber(f, "icmp.ident"), optionalNumber(f, "icmp.seq")
			} else {
				r.ID, r.Seq = optionalNumber(f, "icmpv6.echo.identifier"), optionalNumber(f, "icmpv6.echo.sequence_number")
			}
			for _, field := range layer.Fields {
				if field.Name == prefix+".code" && r.Code != nil {
					r.CodeName = field.Meaning
				}
			}
			if r.CodeName == "" && r.Code != nil {
				r.CodeName = "Code " + strconv.FormatInt(*r.Code, 10)
			}
			return
		}
	}
}
