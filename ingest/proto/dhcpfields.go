package proto

import "pcapidx/ingest/dissect"

// Places of fields in dhcpFields.
const (
	dhcpType = iota
	dhcpHWType
	dhcpHWLen
	dhcpHops
	dhcpID
	dhcpSecs
	dhcpFlags
	dhcpBroadcast
	dhcpFlagsReserved
	dhcpClientIP
	dhcpYourIP
	dhcpServerIP
	dhcpRelayIP
	dhcpHWAddr
	dhcpMAC
	dhcpHWPadding
	dhcpServerName
	dhcpFile
	dhcpBOOTP
	dhcpCookie
	dhcpOptionType
	dhcpOptionLen
	dhcpOptionValue
	dhcpPadding
	dhcpEnd
	dhcpMask
	dhcpTimeOffset
	dhcpRouter
	dhcpTimeServer
	dhcpNameServer
	dhcpDNS
	dhcpLogServer
	dhcpQuotesServer
	dhcpLPRServer
	dhcpHostname
	dhcpBootSize
	dhcpDumpFile
	dhcpDomain
	dhcpSwapServer
	dhcpRootPath
	dhcpExtensions
	dhcpForwarding
	dhcpReassembly
	dhcpTTL
	dhcpMTUAging
	dhcpMTUPlateau
	dhcpMTU
	dhcpBroadcastIP
	dhcpRouteTo
	dhcpRouteVia
	dhcpARPTimeout
	dhcpTCPTTL
	dhcpKeepalive
	dhcpNISDomain
	dhcpNISServer
	dhcpNTP
	dhcpVendor
	dhcpWINS
	dhcpNBDD
	dhcpNodeType
	dhcpNBScope
	dhcpXFont
	dhcpXDisplay
	dhcpRequested
	dhcpLease
	dhcpOverload
	dhcpMessage
	dhcpServerID
	dhcpRequestItem
	dhcpError
	dhcpMaxSize
	dhcpRenewal
	dhcpRebinding
	dhcpVendorClass
	dhcpClientIDType
	dhcpClientIDText
	dhcpClientIDBytes
	dhcpClientIAID
	dhcpClientDUIDType
	dhcpClientLLTType
	dhcpClientLLType
	dhcpClientTime
	dhcpClientLL
	dhcpClientEnterprise
	dhcpNISPlus
	dhcpNISPlusServer
	dhcpTFTPName
	dhcpBootfile
	dhcpMobileAgent
	dhcpSMTP
	dhcpPOP3
	dhcpNNTP
	dhcpWWW
	dhcpFQDNFlags
	dhcpFQDNMBZ
	dhcpFQDNN
	dhcpFQDNE
	dhcpFQDNO
	dhcpFQDNS
	dhcpFQDNRcode1
	dhcpFQDNRcode2
	dhcpFQDN
	dhcpAgent
	dhcpSubLen
	dhcpAgentValue
	dhcpCircuit
	dhcpRemote
	dhcpLinkSelection
	dhcpSubscriber
	dhcpServerOverride
	dhcpLastTransaction
	dhcpAssociated
	dhcpArchitecture
	dhcpUUID
	dhcpTimezone
	dhcpTimezoneName
	dhcpPortal
	dhcpAuto
	dhcpSubnetSelection
	dhcpSearch
	dhcpClassless
	dhcpCAPWAP
	dhcpTFTP
	dhcpMUD
	dhcpWPAD
)

// dhcpFields are Wireshark's fields of DHCP.
var dhcpFields = []Field{
	dhcpType:             {Name: "dhcp.type", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "1: request, 2: reply (BOOTP)"},
	dhcpHWType:           {Name: "dhcp.hw.type", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Kind of hardware address"},
	dhcpHWLen:            {Name: "dhcp.hw.len", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the hardware address"},
	dhcpHops:             {Name: "dhcp.hops", Kind: dissect.KindUint, Bits: 8, Doc: "Relays passed"},
	dhcpID:               {Name: "dhcp.id", Kind: dissect.KindUint, Bits: 32, Hex: true, Doc: "Transaction ID"},
	dhcpSecs:             {Name: "dhcp.secs", Kind: dissect.KindUint, Bits: 16, Doc: "Seconds since the client began"},
	dhcpFlags:            {Name: "dhcp.flags", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Flags"},
	dhcpBroadcast:        {Name: "dhcp.flags.bc", Kind: dissect.KindBool, Listed: true, Doc: "The client asks for a broadcast answer"},
	dhcpFlagsReserved:    {Name: "dhcp.flags.reserved", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Reserved flags"},
	dhcpClientIP:         {Name: "dhcp.ip.client", Kind: dissect.KindIPv4, Doc: "Address that the client has"},
	dhcpYourIP:           {Name: "dhcp.ip.your", Kind: dissect.KindIPv4, Doc: "Address that the client gets"},
	dhcpServerIP:         {Name: "dhcp.ip.server", Kind: dissect.KindIPv4, Doc: "Server for the next step of a boot"},
	dhcpRelayIP:          {Name: "dhcp.ip.relay", Kind: dissect.KindIPv4, Doc: "Relay agent"},
	dhcpHWAddr:           {Name: "dhcp.hw.addr", Kind: dissect.KindBytes, Doc: "Hardware address that is not Ethernet's"},
	dhcpMAC:              {Name: "dhcp.hw.mac_addr", Kind: dissect.KindEther, Doc: "Hardware address of the client"},
	dhcpHWPadding:        {Name: "dhcp.hw.addr_padding", Kind: dissect.KindBytes, Doc: "Bytes behind the hardware address"},
	dhcpServerName:       {Name: "dhcp.server", Kind: dissect.KindString, Doc: "Name of the server"},
	dhcpFile:             {Name: "dhcp.file", Kind: dissect.KindString, Doc: "Boot file"},
	dhcpBOOTP:            {Name: "dhcp.bootp", Kind: dissect.KindBool, Doc: "The message has no DHCP type"},
	dhcpCookie:           {Name: "dhcp.cookie", Kind: dissect.KindIPv4, Doc: "Cookie before the options"},
	dhcpOptionType:       {Name: "dhcp.option.type", Kind: dissect.KindUint, Bits: 8, Doc: "Option"},
	dhcpOptionLen:        {Name: "dhcp.option.length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of an option"},
	dhcpOptionValue:      {Name: "dhcp.option.value", Kind: dissect.KindBytes, Doc: "Bytes of an option"},
	dhcpPadding:          {Name: "dhcp.option.padding", Kind: dissect.KindBytes, Doc: "Padding between options"},
	dhcpEnd:              {Name: "dhcp.option.end", Kind: dissect.KindUint, Bits: 8, Doc: "End of the options"},
	dhcpMask:             {Name: "dhcp.option.subnet_mask", Kind: dissect.KindIPv4, Doc: "Subnet mask"},
	dhcpTimeOffset:       {Name: "dhcp.option.time_offset", Kind: dissect.KindInt, Bits: 32, Doc: "Seconds from UTC"},
	dhcpRouter:           {Name: "dhcp.option.router", Kind: dissect.KindIPv4, Doc: "Router"},
	dhcpTimeServer:       {Name: "dhcp.option.time_server", Kind: dissect.KindIPv4, Doc: "Time server"},
	dhcpNameServer:       {Name: "dhcp.option.name_server", Kind: dissect.KindIPv4, Doc: "IEN 116 name server"},
	dhcpDNS:              {Name: "dhcp.option.domain_name_server", Kind: dissect.KindIPv4, Doc: "Domain name server"},
	dhcpLogServer:        {Name: "dhcp.option.log_server", Kind: dissect.KindIPv4, Doc: "Log server"},
	dhcpQuotesServer:     {Name: "dhcp.option.quotes_server", Kind: dissect.KindIPv4, Doc: "Quotes server"},
	dhcpLPRServer:        {Name: "dhcp.option.lpr_server", Kind: dissect.KindIPv4, Doc: "Printer server"},
	dhcpHostname:         {Name: "dhcp.option.hostname", Kind: dissect.KindString, Doc: "Host name"},
	dhcpBootSize:         {Name: "dhcp.option.boot_file_size", Kind: dissect.KindUint, Bits: 16, Doc: "Size of the boot file, 512 bytes"},
	dhcpDumpFile:         {Name: "dhcp.option.merit_dump_file", Kind: dissect.KindString, Doc: "File for a core dump"},
	dhcpDomain:           {Name: "dhcp.option.domain_name", Kind: dissect.KindString, Doc: "Domain name"},
	dhcpSwapServer:       {Name: "dhcp.option.swap_server", Kind: dissect.KindIPv4, Doc: "Swap server"},
	dhcpRootPath:         {Name: "dhcp.option.root_path", Kind: dissect.KindString, Doc: "Path of the root disk"},
	dhcpExtensions:       {Name: "dhcp.option.extension_path", Kind: dissect.KindString, Doc: "Path of further options"},
	dhcpForwarding:       {Name: "dhcp.option.ip_forwarding", Kind: dissect.KindBool, Doc: "Forward packets"},
	dhcpReassembly:       {Name: "dhcp.option.max_datagram_reassembly_size", Kind: dissect.KindUint, Bits: 16, Doc: "Largest datagram to reassemble"},
	dhcpTTL:              {Name: "dhcp.option.default_ip_ttl", Kind: dissect.KindUint, Bits: 8, Doc: "Default TTL"},
	dhcpMTUAging:         {Name: "dhcp.option.path_mtu_aging_timeout", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that a path MTU is good"},
	dhcpMTUPlateau:       {Name: "dhcp.option.path_mtu_plateau_table_item", Kind: dissect.KindUint, Bits: 16, Doc: "Path MTU to try"},
	dhcpMTU:              {Name: "dhcp.option.interface_mtu", Kind: dissect.KindUint, Bits: 16, Doc: "MTU"},
	dhcpBroadcastIP:      {Name: "dhcp.option.broadcast_address", Kind: dissect.KindIPv4, Doc: "Broadcast address"},
	dhcpRouteTo:          {Name: "dhcp.option.static_route.ip", Kind: dissect.KindIPv4, Doc: "Static route to"},
	dhcpRouteVia:         {Name: "dhcp.option.static_route.router", Kind: dissect.KindIPv4, Doc: "Static route through"},
	dhcpARPTimeout:       {Name: "dhcp.option.arp_cache_timeout", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that ARP entries are good"},
	dhcpTCPTTL:           {Name: "dhcp.option.tcp_default_ttl", Kind: dissect.KindUint, Bits: 8, Doc: "TTL of TCP"},
	dhcpKeepalive:        {Name: "dhcp.option.tcp_keepalive_interval", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds between keep-alives"},
	dhcpNISDomain:        {Name: "dhcp.option.nis_domain", Kind: dissect.KindString, Doc: "NIS domain"},
	dhcpNISServer:        {Name: "dhcp.option.nis_server", Kind: dissect.KindIPv4, Doc: "NIS server"},
	dhcpNTP:              {Name: "dhcp.option.ntp_server", Kind: dissect.KindIPv4, Doc: "NTP server"},
	dhcpVendor:           {Name: "dhcp.option.vendor.value", Kind: dissect.KindBytes, Doc: "Vendor's options"},
	dhcpWINS:             {Name: "dhcp.option.netbios_over_tcpip_name_server", Kind: dissect.KindIPv4, Doc: "NetBIOS name server"},
	dhcpNBDD:             {Name: "dhcp.option.netbios_over_tcpip_dd_name_server", Kind: dissect.KindIPv4, Doc: "NetBIOS datagram server"},
	dhcpNodeType:         {Name: "dhcp.option.netbios_over_tcpip_node_type", Kind: dissect.KindUint, Bits: 8, Doc: "NetBIOS node type"},
	dhcpNBScope:          {Name: "dhcp.option.netbios_over_tcpip_scope", Kind: dissect.KindString, Doc: "NetBIOS scope"},
	dhcpXFont:            {Name: "dhcp.option.xwindows_system_font_server", Kind: dissect.KindIPv4, Doc: "X font server"},
	dhcpXDisplay:         {Name: "dhcp.option.xwindows_system_display_manager", Kind: dissect.KindIPv4, Doc: "X display manager"},
	dhcpRequested:        {Name: "dhcp.option.requested_ip_address", Kind: dissect.KindIPv4, Doc: "Address that the client asks for"},
	dhcpLease:            {Name: "dhcp.option.ip_address_lease_time", Kind: dissect.KindUint, Bits: 32, Doc: "Lease time, seconds"},
	dhcpOverload:         {Name: "dhcp.option.option_overload", Kind: dissect.KindUint, Bits: 8, Doc: "Options in the file (1) or server name (2) fields"},
	dhcpMessage:          {Name: "dhcp.option.dhcp", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Message: 1 discover, 2 offer, 3 request, 4 decline, 5 ack, 6 nak, 7 release, 8 inform"},
	dhcpServerID:         {Name: "dhcp.option.dhcp_server_id", Kind: dissect.KindIPv4, Doc: "Server that answers, or is meant"},
	dhcpRequestItem:      {Name: "dhcp.option.request_list_item", Kind: dissect.KindUint, Bits: 8, Doc: "Option that the client asks for"},
	dhcpError:            {Name: "dhcp.option.message", Kind: dissect.KindString, Doc: "Message of an error"},
	dhcpMaxSize:          {Name: "dhcp.option.dhcp_max_message_size", Kind: dissect.KindUint, Bits: 16, Doc: "Largest message that is welcome"},
	dhcpRenewal:          {Name: "dhcp.option.renewal_time_value", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds until the lease is renewed"},
	dhcpRebinding:        {Name: "dhcp.option.rebinding_time_value", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds until any server is asked"},
	dhcpVendorClass:      {Name: "dhcp.option.vendor_class_id", Kind: dissect.KindString, Doc: "Vendor class"},
	dhcpClientIDType:     {Name: "dhcp.client_id.type", Kind: dissect.KindUint, Bits: 8, Doc: "Kind of client identifier"},
	dhcpClientIDText:     {Name: "dhcp.client_id.undef", Kind: dissect.KindString, Doc: "Client identifier, a text"},
	dhcpClientIDBytes:    {Name: "dhcp.client_id", Kind: dissect.KindBytes, Doc: "Client identifier of an enterprise"},
	dhcpClientIAID:       {Name: "dhcp.client_id.iaid", Kind: dissect.KindString, Doc: "Identity association of the client"},
	dhcpClientDUIDType:   {Name: "dhcp.client_id.duid_type", Kind: dissect.KindUint, Bits: 16, Doc: "Kind of the client's DUID"},
	dhcpClientLLTType:    {Name: "dhcp.client_id.duid_llt_hw_type", Kind: dissect.KindUint, Bits: 16, Doc: "Hardware type of a DUID with time"},
	dhcpClientLLType:     {Name: "dhcp.client_id.duid_ll_hw_type", Kind: dissect.KindUint, Bits: 16, Doc: "Hardware type of a DUID"},
	dhcpClientTime:       {Name: "dhcp.client_id.time", Kind: dissect.KindUint, Bits: 32, Doc: "Time of a DUID, seconds since 2000"},
	dhcpClientLL:         {Name: "dhcp.client_id.link_layer_address", Kind: dissect.KindString, Doc: "Link-layer address of a DUID"},
	dhcpClientEnterprise: {Name: "dhcp.client_id.enterprise_num", Kind: dissect.KindUint, Bits: 32, Doc: "Enterprise of a DUID"},
	dhcpNISPlus:          {Name: "dhcp.option.nis_plus_domain", Kind: dissect.KindString, Doc: "NIS+ domain"},
	dhcpNISPlusServer:    {Name: "dhcp.option.nis_plus_server", Kind: dissect.KindIPv4, Doc: "NIS+ server"},
	dhcpTFTPName:         {Name: "dhcp.option.tftp_server_name", Kind: dissect.KindString, Doc: "TFTP server, by name"},
	dhcpBootfile:         {Name: "dhcp.option.bootfile_name", Kind: dissect.KindString, Doc: "Boot file"},
	dhcpMobileAgent:      {Name: "dhcp.option.mobile_ip_home_agent", Kind: dissect.KindIPv4, Doc: "Mobile IP home agent"},
	dhcpSMTP:             {Name: "dhcp.option.smtp_server", Kind: dissect.KindIPv4, Doc: "SMTP server"},
	dhcpPOP3:             {Name: "dhcp.option.pop3_server", Kind: dissect.KindIPv4, Doc: "POP3 server"},
	dhcpNNTP:             {Name: "dhcp.option.nntp_server", Kind: dissect.KindIPv4, Doc: "NNTP server"},
	dhcpWWW:              {Name: "dhcp.option.default_www_server", Kind: dissect.KindIPv4, Doc: "Web server"},
	dhcpFQDNFlags:        {Name: "dhcp.fqdn.flags", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Client name: flags"},
	dhcpFQDNMBZ:          {Name: "dhcp.fqdn.mbz", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Client name: reserved flags"},
	dhcpFQDNN:            {Name: "dhcp.fqdn.n", Kind: dissect.KindBool, Doc: "Client name: the server shall not update DNS"},
	dhcpFQDNE:            {Name: "dhcp.fqdn.e", Kind: dissect.KindBool, Doc: "Client name: encoded as in DNS"},
	dhcpFQDNO:            {Name: "dhcp.fqdn.o", Kind: dissect.KindBool, Doc: "Client name: the server overrode the client"},
	dhcpFQDNS:            {Name: "dhcp.fqdn.s", Kind: dissect.KindBool, Doc: "Client name: the server updates the address"},
	dhcpFQDNRcode1:       {Name: "dhcp.fqdn.rcode1", Kind: dissect.KindUint, Bits: 8, Doc: "Client name: first result"},
	dhcpFQDNRcode2:       {Name: "dhcp.fqdn.rcode2", Kind: dissect.KindUint, Bits: 8, Doc: "Client name: second result"},
	dhcpFQDN:             {Name: "dhcp.fqdn.name", Kind: dissect.KindString, Doc: "Client name"},
	dhcpAgent:            {Name: "dhcp.option.agent_information_option.suboption", Kind: dissect.KindUint, Bits: 8, Doc: "Relay: suboption"},
	dhcpSubLen:           {Name: "dhcp.option.suboption_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of a suboption"},
	dhcpAgentValue:       {Name: "dhcp.option.agent_information_option.value", Kind: dissect.KindBytes, Doc: "Relay: bytes of a suboption"},
	dhcpCircuit:          {Name: "dhcp.option.agent_information_option.agent_circuit_id", Kind: dissect.KindBytes, Doc: "Relay: circuit"},
	dhcpRemote:           {Name: "dhcp.option.agent_information_option.agent_remote_id", Kind: dissect.KindBytes, Doc: "Relay: remote end"},
	dhcpLinkSelection:    {Name: "dhcp.option.agent_information_option.link_selection", Kind: dissect.KindIPv4, Doc: "Relay: subnet to choose from"},
	dhcpSubscriber:       {Name: "dhcp.option.agent_information_option.subscriber_id", Kind: dissect.KindString, Doc: "Relay: subscriber"},
	dhcpServerOverride:   {Name: "dhcp.option.agent_information_option.server_id_override", Kind: dissect.KindIPv4, Doc: "Relay: address that stands for the server"},
	dhcpLastTransaction:  {Name: "dhcp.option.client_last_transaction_time", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds since the client's last transaction"},
	dhcpAssociated:       {Name: "dhcp.option.associated_ip_option", Kind: dissect.KindIPv4, Doc: "Address of the client"},
	dhcpArchitecture:     {Name: "dhcp.option.client_system_architecture", Kind: dissect.KindUint, Bits: 16, Doc: "Architecture of a client that boots"},
	dhcpUUID:             {Name: "dhcp.client_id.uuid", Kind: dissect.KindString, Doc: "UUID of a client that boots"},
	dhcpTimezone:         {Name: "dhcp.option.tz_pcode", Kind: dissect.KindString, Doc: "Time zone, POSIX"},
	dhcpTimezoneName:     {Name: "dhcp.option.tz_tcode", Kind: dissect.KindString, Doc: "Time zone, by name"},
	dhcpPortal:           {Name: "dhcp.option.captive_portal", Kind: dissect.KindString, Doc: "Captive portal"},
	dhcpAuto:             {Name: "dhcp.option.dhcp_auto_configuration", Kind: dissect.KindUint, Bits: 8, Doc: "Auto-configuration"},
	dhcpSubnetSelection:  {Name: "dhcp.option.subnet_selection_option", Kind: dissect.KindIPv4, Doc: "Subnet to choose from"},
	dhcpSearch:           {Name: "dhcp.option.dhcp_dns_domain_search_list_fqdn", Kind: dissect.KindString, Doc: "Domain to search"},
	dhcpClassless:        {Name: "dhcp.option.classless_static_route", Kind: dissect.KindBytes, Doc: "Classless static routes"},
	dhcpCAPWAP:           {Name: "dhcp.option.capwap_access_controller", Kind: dissect.KindIPv4, Doc: "CAPWAP access controller"},
	dhcpTFTP:             {Name: "dhcp.option.tftp_server_address", Kind: dissect.KindIPv4, Doc: "TFTP server"},
	dhcpMUD:              {Name: "dhcp.option.mudurl", Kind: dissect.KindString, Doc: "Description of the device"},
	dhcpWPAD:             {Name: "dhcp.option.private_proxy_autodiscovery", Kind: dissect.KindString, Doc: "Proxy configuration"},
}
