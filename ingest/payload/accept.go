package payload

// What the dissectors of registered ports look for before they take a payload.
// A protocol that is not listed takes everything that comes to its port; one
// listed with none was seen to refuse all that is not its own, and stands on
// ports where others are met more often.

// none refuses everything.
func none([]byte, int) bool { return false }

// first makes a check for a first byte.
func first(values ...uint8) func([]byte, int) bool {
	return func(b []byte, _ int) bool {
		for _, v := range values {
			if len(b) > 0 && b[0] == v {
				return true
			}
		}
		return false
	}
}

// between makes a check for a first byte of lowest to highest.
func between(lowest, highest uint8) func([]byte, int) bool {
	return func(b []byte, _ int) bool { return len(b) > 0 && b[0] >= lowest && b[0] <= highest }
}

// begins makes a check for a text at the beginning.
func begins(texts ...string) func([]byte, int) bool {
	return func(b []byte, _ int) bool {
		for _, t := range texts {
			if hasAt(b, 0, t) {
				return true
			}
		}
		return false
	}
}

// atLeast makes a check for a length.
func atLeast(n int) func([]byte, int) bool {
	return func(_ []byte, length int) bool { return length >= n }
}

// word makes a check for a big-endian number of 16 bits at an offset.
func word(at int, values ...int) func([]byte, int) bool {
	return func(b []byte, _ int) bool {
		for _, v := range values {
			if len(b) >= at+2 && be16(b, at) == v {
				return true
			}
		}
		return false
	}
}

// datagramChecks are those of UDP ports.
func datagramChecks() map[string]func(b []byte, n int) bool {
	checks := map[string]func(b []byte, n int) bool{
		"a11": first(1, 3, 20, 21, 22, 23, 24, 25), "aodv": between(1, 4), "babel": first(42),
		"bjnp": begins("BJNP", "BJNB", "MFNP", "MFNB"), "bvlc": between(0x81, 0x82), "caneth": begins("ISO11898"),
		"cflow": word(0, 1, 5, 7, 8, 9, 10), "dis": atLeast(12), "dnp3": begins("\x05\x64"),
		"ecmp": atLeast(6), "edonkey": first(0xe3, 0xc5, 0xd4, 0xe4, 0xe5), "enip": atLeast(4),
		"epl": func(b []byte, _ int) bool { return len(b) > 2 && b[0]&0x7f >= 1 && b[0]&0x7f <= 13 },
		"gvcp": func(b []byte, n int) bool {
			return n >= 8 && (b[0] == 0x42 || b[0] == 0 || b[0] == 0x80 || b[0] == 1)
		},
		"hart_ip": between(0, 1), "icq": func(b []byte, _ int) bool { return len(b) > 2 && le16(b, 0) >= 2 && le16(b, 0) <= 5 },
		"isakmp":   func(b []byte, n int) bool { return n >= 28 && be32(b, 0)|be32(b, 4) != 0 },
		"isns":     func(b []byte, n int) bool { return n >= 12 && be16(b, 0) == 1 && be16(b, 2)&0x7fff < 0x10 },
		"kerberos": kerberosMessage,
		"ldp":      word(0, 1), "ldss": none, "lisp-data": atLeast(8), "mbudp": word(2, 0),
		"mgcp": mgcpMessage, "mpls-echo": word(0, 1), "msmms": atLeast(4), "nano": atLeast(8), "njack": begins("NJ200"),
		"oicq": func(b []byte, n int) bool { return n > 7 && b[0] == 2 },
		"olsr": func(b []byte, n int) bool { return n >= 4 && (be16(b, 0) == n || be16(b, 0) == 0) },
		"papi": word(0, 0x4972), "pathport": word(0, 0xed01), "portcontrol": between(0, 2),
		"packetbb": func(b []byte, n int) bool { return n > 3 && b[0]>>4 <= 12 },
		"radius":   radiusMessage, "rmcp": func(b []byte, n int) bool { return n >= 4 && b[0] == 6 },
		"rtpproxy": func(b []byte, n int) bool { return n > 2 && printable(b) },
		"rx":       func(b []byte, n int) bool { return n >= 28 && u8(b, 20) >= 1 && u8(b, 20) <= 13 },
		"sflow":    func(b []byte, n int) bool { return n < 4 || be32(b, 0) >= 2 && be32(b, 0) <= 5 },
		"sigcomp":  func(b []byte, _ int) bool { return len(b) > 0 && b[0]&0xf8 == 0xf8 },
		"slimp3":   func(b []byte, n int) bool { return n > 1 && b[0] >= 'a' && b[0] <= 'z' },
		"snmp":     snmpMessage, "steam_ihs_discovery": begins("\xff\xff\xff\xff\x21\x4c\x5f\xa0"),
		"synphasor": first(0xaa), "tapa": first(0, 1), "tivoconnect": begins("tivoconnect", "TiVoConnect"),
		"tplink-smarthome": begins("\xd0\xf2", "\xd0\x81"), "wccp": func(b []byte, n int) bool { return n < 4 || be32(b, 0) >= 7 && be32(b, 0) <= 13 },
		"wimaxasncp": first(1), "xdmcp": word(0, 1), "zep": begins("EX"), "roon_disco": begins("SOOD"),
		"mndp": func(b []byte, n int) bool { return n >= 8 && be16(b, 4) == 1 || n >= 4 && be32(b, 0) == 0 },
		"dmp":  func(b []byte, n int) bool { return n > 6 && b[0] <= 0x7f },
		"lisp": atLeast(1), "hip": func(b []byte, n int) bool { return n > 4 && be32(b, 0) == 0 },
		"pulse": none,
		"coap":  func(b []byte, _ int) bool { return len(b) > 0 },
	}
	for _, name := range []string{
		"5co_legacy", "actrace", "adwin", "ardp", "armagetronad", "ath", "bundle", "componentstatusprotocol", "cpfi", "cpha",
		"cups", "ddtp", "dlsw", "egd", "enttec", "eobi", "esio", "ff", "glbp", "gtp", "gtpprime", "jmirror", "kf",
		"krb4", "l2tp", "laplink", "ltp", "mactelnet", "mle", "mpeg_dsmcc", "nxp_802154_sniffer", "omron", "opensafety",
		"opensafety_udp", "pnrp", "reload-framing", "sbus", "sebek", "ssyncp", "tpcp", "tpncp", "uftp", "vines_frp",
		"vxlan_gpe", "wassp",
	} {
		checks[name] = none
	}
	return checks
}

// segmentChecks are those of TCP ports whose protocols take each segment by
// itself.
func segmentChecks() map[string]func(b []byte, n int) bool {
	checks := map[string]func(b []byte, n int) bool{
		"acap":     func(b []byte, _ int) bool { return printable(b) },
		"isakmp":   func(b []byte, n int) bool { return n >= 28 && be32(b, 0)|be32(b, 4) != 0 },
		"rtpproxy": func(b []byte, _ int) bool { return printable(b) }, "sigcomp": func(b []byte, _ int) bool { return b[0]&0xf8 == 0xf8 },
		"dtpt": none, "kismet": begins("*", "!"), "dlsw": none, "epmd": none, "msmms": none,
		"tivoconnect": begins("tivoconnect", "TiVoConnect"),
	}
	for _, name := range []string{
		"5co_legacy", "aol", "ardp", "cast", "cmp", "cmpp", "couchbase", "djiuav", "dof", "edonkey", "enttec", "gdsdb", "gsm_ipa",
		"gtp", "gtpprime", "ipdr", "isns", "kf", "kt", "ldp", "mgcp", "mpeg_dsmcc", "mrcpv2", "omron",
		"pcomtcp", "pvfs", "s101", "s5066sis", "smrse", "smux", "tplink-smarthome", "tpncp", "xot",
	} {
		checks[name] = none
	}
	return checks
}

func radiusMessage(b []byte, n int) bool {
	return n >= 4 && b[0] >= 1 && (b[0] <= 57 || b[0] >= 250 && b[0] < 255)
}

// snmpMessage: a sequence whose first element is a version number.
func snmpMessage(b []byte, n int) bool {
	if n < 5 || u8(b, 0) != 0x30 {
		return false
	}
	at := 2
	if b1 := u8(b, 1); b1 >= 0x80 {
		at += int(b1 & 0x7f)
	}
	if b1 := int(u8(b, 1)); b1 < 0x80 && b1+2 > n {
		return false
	}
	return at < 8 && u8(b, at) == 2 && u8(b, at+1) == 1 && u8(b, at+2) <= 3
}

// kerberosMessage: an application tag of ASN.1 with a length.
func kerberosMessage(b []byte, n int) bool {
	return n > 8 && len(b) > 1 && b[0]&0xe0 == 0x60 && b[0]&0x1f >= 1 && b[0]&0x1f <= 30
}

func mgcpMessage(b []byte, n int) bool {
	if n < 4 || len(b) < 5 {
		return false
	}
	switch string(b[:4]) {
	case "EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX", "RSIP", "MESG":
		return true
	}
	return b[0] >= '0' && b[0] <= '9' && b[1] >= '0' && b[1] <= '9' && b[2] >= '0' && b[2] <= '9' && b[3] == ' '
}
