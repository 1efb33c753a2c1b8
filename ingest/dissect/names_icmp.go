package dissect

// icmpNames are ICMP messages as the Info column has them.
var icmpNames = valueNames{
	{0, "Echo (ping) reply"},
	{1, "Reserved"},
	{2, "Reserved"},
	{3, "Destination unreachable"},
	{4, "Source quench (flow control)"},
	{5, "Redirect"},
	{6, "Alternate host address"},
	{8, "Echo (ping) request"},
	{9, "Router advertisement"},
	{10, "Router solicitation"},
	{11, "Time-to-live exceeded"},
	{12, "Parameter problem"},
	{13, "Timestamp request"},
	{14, "Timestamp reply"},
	{15, "Information request"},
	{16, "Information reply"},
	{17, "Address mask request"},
	{18, "Address mask reply"},
	{19, "Reserved (for security)"},
	{30, "Traceroute"},
	{31, "Datagram Conversion Error"},
	{32, "Mobile Host Redirect"},
	{33, "IPv6 Where-Are-You"},
	{34, "IPv6 I-Am-Here"},
	{35, "Mobile Registration Request"},
	{36, "Mobile Registration Reply"},
	{37, "Domain Name Request"},
	{38, "Domain Name Reply"},
	{39, "SKIP"},
	{40, "Photuris"},
	{41, "Experimental mobility protocols"},
	{42, "Extended Echo request"},
	{43, "Extended Echo reply"},
}

// icmpCodeNames gives the codes of an ICMP message; nil if it has none.
func icmpCodeNames(typ uint8) valueNames {
	switch typ {
	case 3:
		return unreachableNames
	case 5:
		return redirectNames
	case 6:
		return valueNames{{0, "Alternate address for host"}}
	case 9:
		return valueNames{{0, "Normal router advertisement"}, {16, "Does not route common traffic"}}
	case 11:
		return valueNames{{0, "Time to live exceeded in transit"}, {1, "Fragment reassembly time exceeded"}}
	case 12:
		return valueNames{{0, "Pointer indicates the error"}, {1, "Required option missing"}, {2, "Bad length"}}
	case 40:
		return photurisNames
	case 42:
		return valueNames{{0, "No error"}}
	case 43:
		return extendedEchoNames
	}
	return nil
}

// unreachableNames are codes of "destination unreachable".
var unreachableNames = valueNames{
	{0, "Network unreachable"},
	{1, "Host unreachable"},
	{2, "Protocol unreachable"},
	{3, "Port unreachable"},
	{4, "Fragmentation needed"},
	{5, "Source route failed"},
	{6, "Destination network unknown"},
	{7, "Destination host unknown"},
	{8, "Source host isolated"},
	{9, "Network administratively prohibited"},
	{10, "Host administratively prohibited"},
	{11, "Network unreachable for TOS"},
	{12, "Host unreachable for TOS"},
	{13, "Communication administratively filtered"},
	{14, "Host precedence violation"},
	{15, "Precedence cutoff in effect"},
}

var redirectNames = valueNames{
	{0, "Redirect for network"},
	{1, "Redirect for host"},
	{2, "Redirect for TOS and network"},
	{3, "Redirect for TOS and host"},
}

var photurisNames = valueNames{
	{0, "Bad SPI"},
	{1, "Authentication Failed"},
	{2, "Decompression Failed"},
	{3, "Decryption Failed"},
	{4, "Need Authentication"},
	{5, "Need Authorization"},
}

// extendedEchoNames are codes of RFC 8335.
var extendedEchoNames = valueNames{
	{0, "No error"},
	{1, "Malformed Query"},
	{2, "No Such Interface"},
	{3, "No Such Table Entry"},
	{4, "Multiple Interfaces Satisfy Query"},
}

// icmpv6CodeNames gives the codes of an ICMPv6 message; nil if it has none.
func icmpv6CodeNames(typ uint8) valueNames {
	switch typ {
	case 1:
		return unreachable6Names
	case 3:
		return valueNames{{0, "hop limit exceeded in transit"}, {1, "fragment reassembly time exceeded"}}
	case 4:
		return parameterNames
	case 138:
		return valueNames{{0, "Command"}, {1, "Result"}, {255, "Sequence number reset"}}
	case 139:
		return valueNames{{0, "Query subject = IPv6 addresses"}, {1, "Query subject = DNS name or empty"}, {2, "Query subject = IPv4 addresses"}}
	case 140:
		return valueNames{{0, "Successful"}, {1, "Refused"}, {2, "Unknown query type"}}
	case 160:
		return valueNames{{0, "No error"}}
	case 161:
		return extendedEchoNames
	}
	return nil
}

var unreachable6Names = valueNames{
	{0, "no route to destination"},
	{1, "Administratively prohibited"},
	{2, "Beyond scope of source address"},
	{3, "Address unreachable"},
	{4, "Port unreachable"},
	{5, "Source address failed ingress/egress policy"},
	{6, "Reject route to destination"},
	{7, "Error in Source Routing Header"},
}

var parameterNames = valueNames{
	{0, "erroneous header field encountered"},
	{1, "unrecognized Next Header type encountered"},
	{2, "unrecognized IPv6 option encountered"},
	{3, "IPv6 First Fragment has incomplete IPv6 Header Chain"},
}
