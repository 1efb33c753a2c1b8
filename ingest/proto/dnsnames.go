package proto

import "fmt"

// dnsTypeNames are the names of record types.
var dnsTypeNames = map[uint16]string{
	1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS", 12: "PTR",
	13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25", 20: "ISDN", 21: "RT", 22: "NSAP",
	23: "NSAP-PTR", 24: "SIG", 25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC", 30: "NXT", 33: "SRV", 35: "NAPTR",
	36: "KX", 37: "CERT", 38: "A6", 39: "DNAME", 40: "SINK", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY",
	46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP",
	59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 99: "SPF", 108: "EUI48",
	109: "EUI64", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI", 257: "CAA",
	32769: "DLV",
}

// dnsTypeName names a record type as the registry of DNS parameters does.
func dnsTypeName(kind uint16) string {
	if name, ok := dnsTypeNames[kind]; ok {
		return name
	}
	return fmt.Sprintf("TYPE%d", kind) // RFC 3597
}

// dnsRcodeName names a result.
func dnsRcodeName(code int) string {
	names := [...]string{
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI",
	}
	switch {
	case code < len(names):
		return names[code]
	case code == 16:
		return "BADVERS"
	case code == 23:
		return "BADCOOKIE"
	}
	return fmt.Sprintf("RCODE%d", code)
}

// dnsOpcodeName names an operation.
func dnsOpcodeName(code uint16) string {
	switch code {
	case 0:
		return "query"
	case 1:
		return "inverse query"
	case 2:
		return "status"
	case 4:
		return "notify"
	case 5:
		return "update"
	case 6:
		return "stateful operation"
	}
	return fmt.Sprintf("operation %d", code)
}
