package proto

import "pcapidx/ingest/dissect"

// Fields of DHCPv6.
const (
	dhcp6Type = iota
	dhcp6Hops
	dhcp6ID
	dhcp6Link
	dhcp6Peer
	dhcp6OptionType
	dhcp6OptionLen
	dhcp6DUID
	dhcp6DUIDType
	dhcp6LLTType
	dhcp6LLTTime
	dhcp6LLTAddr
	dhcp6LLType
	dhcp6LLAddr
	dhcp6Enterprise
	dhcp6EnterpriseID
	dhcp6UUID
	dhcp6IAID
	dhcp6T1
	dhcp6T2
	dhcp6IATA
	dhcp6Addr
	dhcp6AddrPreferred
	dhcp6AddrValid
	dhcp6Prefix
	dhcp6PrefixLen
	dhcp6PrefixPreferred
	dhcp6PrefixValid
	dhcp6Requested
	dhcp6Preference
	dhcp6Elapsed
	dhcp6Unicast
	dhcp6Status
	dhcp6StatusText
	dhcp6VendorEnterprise
	dhcp6VendorClass
	dhcp6InterfaceID
	dhcp6ReconfMsg
	dhcp6DNS
	dhcp6Search
	dhcp6TLD
	dhcp6SIP
	dhcp6SIPName
	dhcp6NTPName
	dhcp6AFTR
	dhcp6SNTP
	dhcp6NTP
	dhcp6Refresh
	dhcp6RemoteEnterprise
	dhcp6RemoteID
	dhcp6Subscriber
	dhcp6FQDNFlags
	dhcp6Domain
	dhcp6Portal
	dhcp6AuthProtocol
	dhcp6AuthAlgorithm
	dhcp6AuthRDM
	dhcp6AuthReplay
	dhcp6UserLen
	dhcp6User
)

// dhcp6Fields are Wireshark's fields of DHCPv6.
func dhcp6Fields() []Field {
	return []Field{
		dhcp6Type:             {Name: "dhcpv6.msgtype", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Message: 1 solicit, 2 advertise, 3 request, 5 renew, 7 reply, 11 information request, 12 and 13 relayed"},
		dhcp6Hops:             {Name: "dhcpv6.hopcount", Kind: dissect.KindUint, Bits: 8, Doc: "Relays passed"},
		dhcp6ID:               {Name: "dhcpv6.xid", Kind: dissect.KindUint, Bits: 24, Hex: true, Doc: "Transaction ID"},
		dhcp6Link:             {Name: "dhcpv6.linkaddr", Kind: dissect.KindIPv6, Doc: "Link that the client is on"},
		dhcp6Peer:             {Name: "dhcpv6.peeraddr", Kind: dissect.KindIPv6, Doc: "Who sent what is relayed"},
		dhcp6OptionType:       {Name: "dhcpv6.option.type", Kind: dissect.KindUint, Bits: 16, Doc: "Option"},
		dhcp6OptionLen:        {Name: "dhcpv6.option.length", Kind: dissect.KindUint, Bits: 16, Doc: "Length of an option"},
		dhcp6DUID:             {Name: "dhcpv6.duid.bytes", Kind: dissect.KindBytes, Doc: "DUID of a client or server"},
		dhcp6DUIDType:         {Name: "dhcpv6.duid.type", Kind: dissect.KindUint, Bits: 16, Doc: "Kind of a DUID"},
		dhcp6LLTType:          {Name: "dhcpv6.duidllt.hwtype", Kind: dissect.KindUint, Bits: 16, Doc: "Hardware type of a DUID with time"},
		dhcp6LLTTime:          {Name: "dhcpv6.duidllt.time", Kind: dissect.KindAbsTime, Doc: "Time of a DUID"},
		dhcp6LLTAddr:          {Name: "dhcpv6.duidllt.link_layer_addr", Kind: dissect.KindString, Doc: "Link-layer address of a DUID with time"},
		dhcp6LLType:           {Name: "dhcpv6.duidll.hwtype", Kind: dissect.KindUint, Bits: 16, Doc: "Hardware type of a DUID"},
		dhcp6LLAddr:           {Name: "dhcpv6.duidll.link_layer_addr", Kind: dissect.KindString, Doc: "Link-layer address of a DUID"},
		dhcp6Enterprise:       {Name: "dhcpv6.duiden.enterprise", Kind: dissect.KindUint, Bits: 32, Doc: "Enterprise of a DUID"},
		dhcp6EnterpriseID:     {Name: "dhcpv6.duiden.identifier", Kind: dissect.KindBytes, Doc: "Identifier of an enterprise's DUID"},
		dhcp6UUID:             {Name: "dhcpv6.duiduuid.bytes", Kind: dissect.KindBytes, Doc: "UUID of a DUID"},
		dhcp6IAID:             {Name: "dhcpv6.iaid", Kind: dissect.KindString, Doc: "Identity association"},
		dhcp6T1:               {Name: "dhcpv6.iaid.t1", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds until the server is asked again"},
		dhcp6T2:               {Name: "dhcpv6.iaid.t2", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds until any server is asked"},
		dhcp6IATA:             {Name: "dhcpv6.iata", Kind: dissect.KindString, Doc: "Identity association of temporary addresses"},
		dhcp6Addr:             {Name: "dhcpv6.iaaddr.ip", Kind: dissect.KindIPv6, Doc: "Address"},
		dhcp6AddrPreferred:    {Name: "dhcpv6.iaaddr.pref_lifetime", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that the address is preferred"},
		dhcp6AddrValid:        {Name: "dhcpv6.iaaddr.valid_lifetime", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that the address is valid"},
		dhcp6Prefix:           {Name: "dhcpv6.iaprefix.pref_addr", Kind: dissect.KindIPv6, Doc: "Prefix"},
		dhcp6PrefixLen:        {Name: "dhcpv6.iaprefix.pref_len", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the prefix"},
		dhcp6PrefixPreferred:  {Name: "dhcpv6.iaprefix.pref_lifetime", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that the prefix is preferred"},
		dhcp6PrefixValid:      {Name: "dhcpv6.iaprefix.valid_lifetime", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that the prefix is valid"},
		dhcp6Requested:        {Name: "dhcpv6.requested_option_code", Kind: dissect.KindUint, Bits: 16, Doc: "Option that the client asks for"},
		dhcp6Preference:       {Name: "dhcpv6.option_preference", Kind: dissect.KindUint, Bits: 8, Doc: "Preference of the server"},
		dhcp6Elapsed:          {Name: "dhcpv6.elapsed_time", Kind: dissect.KindUint, Bits: 16, Doc: "Milliseconds since the client began"},
		dhcp6Unicast:          {Name: "dhcpv6.unicast", Kind: dissect.KindIPv6, Doc: "Address for messages to the server alone"},
		dhcp6Status:           {Name: "dhcpv6.status_code", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Status: 0 success, 2 no addresses, 6 no prefixes"},
		dhcp6StatusText:       {Name: "dhcpv6.status_msg", Kind: dissect.KindString, Doc: "Status in words"},
		dhcp6VendorEnterprise: {Name: "dhcpv6.vendorclass.enterprise", Kind: dissect.KindUint, Bits: 32, Doc: "Enterprise of a vendor class"},
		dhcp6VendorClass:      {Name: "dhcpv6.vendorclass.data", Kind: dissect.KindString, Doc: "Vendor class"},
		dhcp6InterfaceID:      {Name: "dhcpv6.interface_id", Kind: dissect.KindBytes, Doc: "Interface of the relay"},
		dhcp6ReconfMsg:        {Name: "dhcpv6.reconf_msg", Kind: dissect.KindUint, Bits: 8, Doc: "Message that the server asks for"},
		dhcp6DNS:              {Name: "dhcpv6.dns_server", Kind: dissect.KindIPv6, Doc: "DNS server"},
		dhcp6Search:           {Name: "dhcpv6.search_list_entry", Kind: dissect.KindString, Doc: "Domain to search"},
		dhcp6TLD:              {Name: "dhcpv6.tld", Kind: dissect.KindString, Doc: "Domain of one label"},
		dhcp6SIPName:          {Name: "dhcpv6.sip_server_domain_search_fqdn", Kind: dissect.KindString, Doc: "SIP server, by name"},
		dhcp6NTPName:          {Name: "dhcpv6.ntpserver.fqdn", Kind: dissect.KindString, Doc: "NTP server, by name"},
		dhcp6AFTR:             {Name: "dhcpv6.aftr_name", Kind: dissect.KindString, Doc: "End of a tunnel for IPv4"},
		dhcp6SIP:              {Name: "dhcpv6.sip_server_a", Kind: dissect.KindIPv6, Doc: "SIP server"},
		dhcp6SNTP:             {Name: "dhcpv6.sntp_server", Kind: dissect.KindIPv6, Doc: "Time server"},
		dhcp6NTP:              {Name: "dhcpv6.ntpserver.addr", Kind: dissect.KindIPv6, Doc: "NTP server"},
		dhcp6Refresh:          {Name: "dhcpv6.lifetime", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds until the information is asked for again"},
		dhcp6RemoteEnterprise: {Name: "dhcpv6.remoteid.enterprise", Kind: dissect.KindUint, Bits: 32, Doc: "Enterprise of a remote identifier"},
		dhcp6RemoteID:         {Name: "dhcpv6.remoteid_enterprise_id", Kind: dissect.KindBytes, Doc: "Remote identifier"},
		dhcp6Subscriber:       {Name: "dhcpv6.subscriber_id", Kind: dissect.KindString, Doc: "Subscriber"},
		dhcp6FQDNFlags:        {Name: "dhcpv6.client_fqdn_flags", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Client name: flags"},
		dhcp6Domain:           {Name: "dhcpv6.client_domain", Kind: dissect.KindString, Doc: "Client name"},
		dhcp6Portal:           {Name: "dhcpv6.captive_portal", Kind: dissect.KindString, Doc: "Captive portal"},
		dhcp6AuthProtocol:     {Name: "dhcpv6.auth.protocol", Kind: dissect.KindUint, Bits: 8, Doc: "Protocol of authentication"},
		dhcp6AuthAlgorithm:    {Name: "dhcpv6.auth.algorithm", Kind: dissect.KindUint, Bits: 8, Doc: "Algorithm of authentication"},
		dhcp6AuthRDM:          {Name: "dhcpv6.auth.rdm", Kind: dissect.KindUint, Bits: 8, Doc: "Method against replays"},
		dhcp6AuthReplay:       {Name: "dhcpv6.auth.replay_detection", Kind: dissect.KindBytes, Doc: "Counter against replays"},
		dhcp6UserLen:          {Name: "dhcpv6.userclass.length", Kind: dissect.KindUint, Bits: 16, Doc: "Length of a user class"},
		dhcp6User:             {Name: "dhcpv6.userclass.opaque_data", Kind: dissect.KindBytes, Doc: "User class"},
	}
}
