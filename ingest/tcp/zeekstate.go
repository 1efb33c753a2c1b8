package tcp

// ZeekState is Zeek's conn_state, by name.
type ZeekState string

// State gives Zeek's conn_state for the packets fed so far, by the rules of
// Zeek's conn.log: the states of both endpoints, first match.
func (z *Zeek) State() ZeekState {
	o, r := &z.end[0], &z.end[1]
	idle := func(p *endpoint) bool { return p.state == inactive || p.state == partial }
	switch {
	case r.state == reset:
		if o.state == synSent || o.state == synAckSent || o.state == reset && o.size() == 0 && r.size() == 0 {
			return "REJ"
		}
		if idle(o) {
			return "RSTRH"
		}
		return "RSTR"
	case o.state == reset:
		if !idle(r) {
			return "RSTO"
		}
		if onlySYNThenRST(z.history) {
			return "RSTOS0"
		}
		return "OTH"
	case o.state == closed && r.state == closed:
		return "SF"
	case o.state == closed:
		if idle(r) {
			return "SH"
		}
		return "S2"
	case r.state == closed:
		if idle(o) {
			return "SHR"
		}
		return "S3"
	case o.state == synSent && r.state == inactive:
		return "S0"
	case o.state == established && r.state == established:
		return "S1"
	}
	return "OTH"
}

// onlySYNThenRST reports whether a history is an optional ^, S, then no
// originator's H, A, F, G, I or Q up to its R.
func onlySYNThenRST(h []byte) bool {
	if len(h) > 0 && h[0] == '^' {
		h = h[1:]
	}
	if len(h) == 0 || h[0] != 'S' {
		return false
	}
	for _, c := range h[1:] {
		switch c {
		case 'R':
			return true
		case 'H', 'A', 'F', 'G', 'I', 'Q':
			return false
		}
	}
	return false
}

// LikelyServer reports whether Zeek takes a TCP port for a server's: the ports
// that its protocol analyzers register.
func LikelyServer(port uint16) bool {
	switch port {
	case 21, 2811, // FTP
		22, 23, 513, // SSH, Telnet, rlogin
		25, 587, // SMTP
		53, 5353, 5355, 137, // DNS and kin
		80, 81, 631, 1080, 3128, 8000, 8080, 8888, // HTTP, SOCKS
		88,       // Kerberos
		110, 143, // POP3, IMAP
		135, 139, 445, // DCE/RPC, NetBIOS, SMB
		389, 3268, // LDAP
		443, 563, 585, 614, 636, 853, 989, 990, 992, 993, 995, 5223, // TLS
		502, 20000, // Modbus, DNP3
		514, 515, // rsh, printer
		1433, 1434, 3306, 5432, 6379, // MySQL, PostgreSQL, Redis and kin
		1883, 3389, 5060, 5222, 5269, 5900, // MQTT, RDP, SIP, XMPP, RFB
		6666, 6667, 6668, 6669: // IRC
		return true
	}
	return false
}
