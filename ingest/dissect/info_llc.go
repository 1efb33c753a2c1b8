package dissect

// llc says the control field and between which service access points.
func (l *infoLine) llc() bool {
	const groupBit, responseBit, addresses = 1, 1, 2
	h := l.header()
	n := l.llcControlLength()
	if n == 0 || len(h) < addresses+n {
		return true
	}
	control := uint16(h[2])
	if control&^controlPoll == controlXID && l.exchange(l.body()[addresses+n:]) {
		return true
	}
	if n == 2 {
		control |= uint16(h[3]) << 8
	}
	l.text = appendLLCControl(l.text, control, h[1]&responseBit != 0)
	if h[0] == sapSNAP && h[1] == sapSNAP {
		l.snap(h[addresses+n:])
		return true
	}
	l.add("; DSAP ")
	l.service(h[0])
	l.add(" %s, SSAP ", [...]string{"Individual", "Group"}[h[0]&groupBit])
	l.service(h[1])
	l.add(" %s", [...]string{"Command", "Response"}[h[1]&responseBit])
	return true
}

// exchange says which kinds of service a station has, if it says so in the
// basic format.
func (l *infoLine) exchange(b []byte) bool {
	if len(b) < 3 || b[0] != xidBasicFormat {
		return false
	}
	l.protocol = "XID"
	l.add("Basic Format; %s; Window Size %d", orUnknown(xidNames.of(uint64(b[1]&0x1f)), "Unknown"), b[2]>>1)
	return true
}

// xidNames are classes of stations (IEEE 802.2, 5.4.1.1.2).
var xidNames = valueNames{
	{1, "Type 1 LLC (Class I LLC)"},
	{2, "Type 2 LLC"},
	{3, "Type 1 and Type 2 LLCs (Class II LLC)"},
	{4, "Type 3 LLC"},
	{5, "Type 1 and Type 3 LLCs (Class III LLC)"},
	{6, "Type 2 and Type 3 LLCs"},
	{7, "Type 1 and Type 2 and Type 3 LLCs (Class IV LLC)"},
}

func (l *infoLine) service(sap byte) {
	if name := serviceNames.of(uint64(sap &^ 1)); name != "" {
		l.add("%s", name)
		return
	}
	l.add("0x%02x", sap&^1)
}

// snap says the protocol of a SNAP header.
func (l *infoLine) snap(h []byte) {
	if len(h) < snapLength {
		return
	}
	l.add("; SNAP, OUI 0x%06X (%s), PID 0x%04X", be32(h, 0)>>8, ouiName(be32(h, 0)>>8), be16(h, 3))
}

// ouiName gives the name that Wireshark has for an organisation of SNAP whose
// protocols are known here.
func ouiName(oui uint32) string {
	switch oui {
	case ouiEthernet:
		return "Officially Xerox, but 0:0:0:0:0:0 is more common"
	case ouiCisco:
		return "Cisco Systems, Inc"
	case ouiCisco90:
		return "Digital Equipment Corporation"
	case ouiBridged:
		return "IEEE"
	case ouiAppleTalk:
		return "Apple, Inc."
	}
	return "Unknown"
}

// appendLLCControl appends the meaning of a control field (IEEE 802.2), of one
// byte in unnumbered frames, else of two with the low byte first. In a response
// the poll bit is called final.
func appendLLCControl(dst []byte, control uint16, response bool) []byte {
	l := infoLine{text: dst}
	poll := func(bit uint16) string {
		switch {
		case control&bit == 0:
			return ""
		case response:
			return " F"
		}
		return " P"
	}
	switch {
	case control&1 == 0:
		l.add("I%s, N(R)=%d, N(S)=%d", [...]string{"", " P"}[control>>8&1], control>>9, control>>1&0x7f)
	case control&3 == 1:
		l.add("S%s, func=%s, N(R)=%d", poll(0x100), [...]string{"RR", "RNR", "REJ", "SREJ"}[control>>2&3], control>>9)
	default:
		l.add("U%s, func=%s", poll(controlPoll), orUnknown(llcFunctionNames.of(uint64(control&^controlPoll)), "Unknown"))
	}
	return l.text
}

// llcFunctionNames are unnumbered control fields without the poll bit.
var llcFunctionNames = valueNames{
	{0x03, "UI"},
	{0x07, "SIM"},
	{0x0f, "SARM"},
	{0x23, "UP"},
	{0x2f, "SABM"},
	{0x43, "DISC"},
	{0x4f, "SARME"},
	{0x63, "UA"},
	{0x6f, "SABME"},
	{0x83, "SNRM"},
	{0x87, "FRMR"},
	{0x8f, "RESET"},
	{0xaf, "XID"},
	{0xc7, "CFGR"},
	{0xcf, "SNRME"},
	{0xe3, "TEST"},
	{0xef, "BCN"},
}
