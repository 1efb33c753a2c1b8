package proto

import (
	"sync"
)

// All gives the protocols, those with the strongest signatures first.
func All() []Protocol {
	return []Protocol{
		tlsProtocol(),
		sshProtocol(),
		sipProtocol(),
		rtspProtocol(),
		http2Protocol(),
		httpProtocol(),
		sseProtocol(),
		websocketProtocol(),
		jsonRPCProtocol(),
		pgsqlProtocol(),
		mysqlProtocol(),
		respProtocol(),
		smtpProtocol(),
		ftpProtocol(),
		ftpDataProtocol(),
		memcacheProtocol(),
		megacoProtocol(),
		popProtocol(),
		imapProtocol(),
		ircProtocol(),
		ldapProtocol(),
		xmppProtocol(),
		cldapProtocol(),
		stunProtocol(),
		dhcpProtocol(),
		dhcpv6Protocol(),
		quicProtocol(),
		dtlsProtocol(),
		mdnsProtocol(),
		llmnrProtocol(),
		nbnsProtocol(),
		dnsProtocol(),
		ntpProtocol(),
		ssdpProtocol(),
		syslogProtocol(),
		tftpProtocol(),
		rtpProtocol(),
		rtcpProtocol(),
		icmpProtocol(),
		icmpv6Protocol(),
		arpProtocol(),
		telnetProtocol(),
	}
}

// fieldTable is every field of the protocols, each name once.
var fieldTable = sync.OnceValue(func() []Field {
	var all []Field
	seen := map[string]bool{}
	for _, p := range All() {
		for _, f := range p.Fields {
			if !seen[f.Name] {
				seen[f.Name] = true
				all = append(all, f)
			}
		}
	}
	return all
})

// Fields gives the fields that messages may have, each once. It is shared and must
// not be changed.
func Fields() []Field { return fieldTable() }
