package proto

import "pcapidx/ingest/dissect"

// Fields of DNS, mDNS and LLMNR.
const (
	dnsLength = iota
	dnsID
	dnsFlags
	dnsResponse
	dnsOpcode
	dnsAuthoritative
	dnsConflict
	dnsTruncated
	dnsRecDesired
	dnsTentative
	dnsRecAvail
	dnsZ
	dnsAuthenticated
	dnsCheckDisable
	dnsRcode
	dnsQueries
	dnsZones
	dnsAnswers
	dnsPrerequisites
	dnsAuthorities
	dnsUpdates
	dnsAdditionals
	dnsQueryName
	dnsQueryNameLen
	dnsQueryLabels
	dnsQueryType
	dnsQueryClass
	dnsQueryQU
	dnsRespName
	dnsRespType
	dnsRespClass
	dnsRespFlush
	dnsRespTTL
	dnsRespLen
	dnsRRSize
	dnsExtRcode
	dnsEDNSVersion
	dnsRespZ
	dnsRespDO
	dnsRespZReserved
	dnsA
	dnsAAAA
	dnsCNAME
	dnsNS
	dnsPTR
	dnsDNAME
	dnsMD
	dnsMF
	dnsMB
	dnsMG
	dnsMR
	dnsNull
	dnsSOAName
	dnsSOAMail
	dnsSOASerial
	dnsSOARefresh
	dnsSOARetry
	dnsSOAExpire
	dnsSOAMinimum
	dnsWKSAddress
	dnsWKSProtocol
	dnsHInfoCPULen
	dnsHInfoCPU
	dnsHInfoOSLen
	dnsHInfoOS
	dnsMInfoR
	dnsMInfoE
	dnsMXPreference
	dnsMX
	dnsTXTLen
	dnsTXT
	dnsSPFLen
	dnsSPF
	dnsRPMailbox
	dnsRPText
	dnsAFSDBSubtype
	dnsAFSDBHost
	dnsX25Len
	dnsX25
	dnsRTSubtype
	dnsRTHost
	dnsSRVService
	dnsSRVProto
	dnsSRVName
	dnsSRVPriority
	dnsSRVWeight
	dnsSRVPort
	dnsSRVTarget
	dnsNAPTROrder
	dnsNAPTRPreference
	dnsNAPTRFlagsLen
	dnsNAPTRFlags
	dnsNAPTRServiceLen
	dnsNAPTRService
	dnsNAPTRRegexLen
	dnsNAPTRRegex
	dnsNAPTRReplacementLen
	dnsNAPTRReplacement
	dnsKXPreference
	dnsKX
	dnsCertType
	dnsCertTag
	dnsCertAlgorithm
	dnsCert
	dnsDSKey
	dnsDSAlgorithm
	dnsDSDigestType
	dnsDSDigest
	dnsSSHFPAlgorithm
	dnsSSHFPType
	dnsSSHFP
	dnsRRSIGCovered
	dnsRRSIGAlgorithm
	dnsRRSIGLabels
	dnsRRSIGTTL
	dnsRRSIGExpiration
	dnsRRSIGInception
	dnsRRSIGKey
	dnsRRSIGSigner
	dnsRRSIG
	dnsNSECNext
	dnsDNSKEYFlags
	dnsDNSKEYZone
	dnsDNSKEYRevoked
	dnsDNSKEYSEP
	dnsDNSKEYReserved
	dnsDNSKEYProtocol
	dnsDNSKEYAlgorithm
	dnsDNSKEYID
	dnsDNSKEY
	dnsNSEC3Algorithm
	dnsNSEC3Flags
	dnsNSEC3OptOut
	dnsNSEC3Iterations
	dnsNSEC3SaltLen
	dnsNSEC3Salt
	dnsNSEC3HashLen
	dnsNSEC3Hash
	dnsTLSAUsage
	dnsTLSASelector
	dnsTLSAMatching
	dnsTLSAData
	dnsLOCVersion
	dnsLOCSize
	dnsLOCHorizontal
	dnsLOCVertical
	dnsLOCLatitude
	dnsLOCLongitude
	dnsLOCAltitude
	dnsOpenPGP
	dnsCSYNCSerial
	dnsCSYNCFlags
	dnsCSYNCImmediate
	dnsCSYNCMinimum
	dnsCSYNCTypes
	dnsEUI48
	dnsTSIGName
	dnsTSIGTime
	dnsTSIGFudge
	dnsTSIGMACSize
	dnsTSIGID
	dnsTSIGError
	dnsTSIGOtherLen
	dnsTSIGOther
	dnsCAAFlags
	dnsCAACritical
	dnsCAAIssue
	dnsCAAIssueWild
	dnsCAAIodef
	dnsCAAUnknown
	dnsCAATagLen
	dnsCAATag
	dnsCAAValue
	dnsSVCBPriority
	dnsSVCBTarget
	dnsSVCBKey
	dnsSVCBLen
	dnsSVCBValue
	dnsSVCBMandatory
	dnsSVCBALPNLen
	dnsSVCBALPN
	dnsSVCBPort
	dnsSVCBIPv4
	dnsSVCBECH
	dnsSVCBIPv6
	dnsSVCBODoH
	dnsOptCode
	dnsOptLen
	dnsOptData
	dnsOptDAU
	dnsOptDHU
	dnsOptN3U
	dnsOptFamily
	dnsOptNetmask
	dnsOptScope
	dnsOptAddr
	dnsOptAddr4
	dnsOptAddr6
	dnsOptCookieClient
	dnsOptCookieServer
	dnsOptKeepalive
	dnsOptPadding
	dnsOptChain
	dnsOptEDE
	dnsOptEDEText
	dnsData
	dnsExtraneous
	dnsExtraneousLen
	dnsDSOType
	dnsDSOLen
	dnsDSOData
	dnsDSOInactivity
	dnsDSOInterval
	dnsDSORetry
	dnsDSOPadding
)

// dnsFields are Wireshark's fields of DNS; mDNS and LLMNR have the same.
func dnsFields() []Field {
	return []Field{
		dnsLength:              {Name: "dns.length", Kind: dissect.KindUint, Bits: 16, Doc: "Length of a message over TCP"},
		dnsID:                  {Name: "dns.id", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Transaction ID"},
		dnsFlags:               {Name: "dns.flags", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Flags"},
		dnsResponse:            {Name: "dns.flags.response", Kind: dissect.KindBool, Listed: true, Doc: "1: a response"},
		dnsOpcode:              {Name: "dns.flags.opcode", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Operation: 0 query, 4 notify, 5 update"},
		dnsAuthoritative:       {Name: "dns.flags.authoritative", Kind: dissect.KindBool, Listed: true, Doc: "The server is an authority for the domain"},
		dnsConflict:            {Name: "dns.flags.conflict", Kind: dissect.KindBool, Listed: true, Doc: "LLMNR: the name is not unique"},
		dnsTruncated:           {Name: "dns.flags.truncated", Kind: dissect.KindBool, Listed: true, Doc: "The message was cut to fit"},
		dnsRecDesired:          {Name: "dns.flags.recdesired", Kind: dissect.KindBool, Listed: true, Doc: "Recursion is desired"},
		dnsTentative:           {Name: "dns.flags.tentative", Kind: dissect.KindBool, Listed: true, Doc: "LLMNR: the name is not known to be unique yet"},
		dnsRecAvail:            {Name: "dns.flags.recavail", Kind: dissect.KindBool, Listed: true, Doc: "The server can recurse"},
		dnsZ:                   {Name: "dns.flags.z", Kind: dissect.KindBool, Listed: true, Doc: "Reserved bit"},
		dnsAuthenticated:       {Name: "dns.flags.authenticated", Kind: dissect.KindBool, Listed: true, Doc: "The server vouches for the data (AD)"},
		dnsCheckDisable:        {Name: "dns.flags.checkdisable", Kind: dissect.KindBool, Listed: true, Doc: "Data that is not authenticated is welcome (CD)"},
		dnsRcode:               {Name: "dns.flags.rcode", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Result: 0 no error, 2 server failure, 3 no such name, 5 refused"},
		dnsQueries:             {Name: "dns.count.queries", Kind: dissect.KindUint, Bits: 16, Doc: "Number of questions"},
		dnsZones:               {Name: "dns.count.zones", Kind: dissect.KindUint, Bits: 16, Doc: "Updates: number of zones"},
		dnsAnswers:             {Name: "dns.count.answers", Kind: dissect.KindUint, Bits: 16, Doc: "Number of answers"},
		dnsPrerequisites:       {Name: "dns.count.prerequisites", Kind: dissect.KindUint, Bits: 16, Doc: "Updates: number of prerequisites"},
		dnsAuthorities:         {Name: "dns.count.auth_rr", Kind: dissect.KindUint, Bits: 16, Doc: "Number of authority records"},
		dnsUpdates:             {Name: "dns.count.updates", Kind: dissect.KindUint, Bits: 16, Doc: "Updates: number of changes"},
		dnsAdditionals:         {Name: "dns.count.add_rr", Kind: dissect.KindUint, Bits: 16, Doc: "Number of additional records"},
		dnsQueryName:           {Name: "dns.qry.name", Kind: dissect.KindString, Doc: "Name asked for"},
		dnsQueryNameLen:        {Name: "dns.qry.name.len", Kind: dissect.KindUint, Bits: 16, Doc: "Length of the name"},
		dnsQueryLabels:         {Name: "dns.count.labels", Kind: dissect.KindUint, Bits: 16, Doc: "Labels of the name"},
		dnsQueryType:           {Name: "dns.qry.type", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Type asked for"},
		dnsQueryClass:          {Name: "dns.qry.class", Kind: dissect.KindUint, Bits: 16, Hex: true, Listed: true, Doc: "Class asked for"},
		dnsQueryQU:             {Name: "dns.qry.qu", Kind: dissect.KindBool, Listed: true, Doc: "mDNS: an answer to the asker alone is welcome"},
		dnsRespName:            {Name: "dns.resp.name", Kind: dissect.KindString, Doc: "Owner of a record"},
		dnsRespType:            {Name: "dns.resp.type", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Type of a record"},
		dnsRespClass:           {Name: "dns.resp.class", Kind: dissect.KindUint, Bits: 16, Hex: true, Listed: true, Doc: "Class of a record"},
		dnsRespFlush:           {Name: "dns.resp.cache_flush", Kind: dissect.KindBool, Listed: true, Doc: "mDNS: older records of the name are to go"},
		dnsRespTTL:             {Name: "dns.resp.ttl", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that a record may be kept"},
		dnsRespLen:             {Name: "dns.resp.len", Kind: dissect.KindUint, Bits: 16, Doc: "Length of a record's data"},
		dnsRRSize:              {Name: "dns.rr.udp_payload_size", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "EDNS: largest datagram that is welcome"},
		dnsExtRcode:            {Name: "dns.resp.ext_rcode", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "EDNS: upper bits of the result"},
		dnsEDNSVersion:         {Name: "dns.resp.edns0_version", Kind: dissect.KindUint, Bits: 8, Doc: "EDNS version"},
		dnsRespZ:               {Name: "dns.resp.z", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "EDNS flags"},
		dnsRespDO:              {Name: "dns.resp.z.do", Kind: dissect.KindBool, Listed: true, Doc: "EDNS: DNSSEC records are welcome"},
		dnsRespZReserved:       {Name: "dns.resp.z.reserved", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "EDNS: reserved flags"},
		dnsA:                   {Name: "dns.a", Kind: dissect.KindIPv4, Doc: "IPv4 address"},
		dnsAAAA:                {Name: "dns.aaaa", Kind: dissect.KindIPv6, Doc: "IPv6 address"},
		dnsCNAME:               {Name: "dns.cname", Kind: dissect.KindString, Doc: "Canonical name"},
		dnsNS:                  {Name: "dns.ns", Kind: dissect.KindString, Doc: "Name server"},
		dnsPTR:                 {Name: "dns.ptr.domain_name", Kind: dissect.KindString, Doc: "Name of an address"},
		dnsDNAME:               {Name: "dns.dname", Kind: dissect.KindString, Doc: "Name that a whole tree stands for"},
		dnsMD:                  {Name: "dns.md", Kind: dissect.KindString, Doc: "Mail destination"},
		dnsMF:                  {Name: "dns.mf", Kind: dissect.KindString, Doc: "Mail forwarder"},
		dnsMB:                  {Name: "dns.mb", Kind: dissect.KindString, Doc: "Mailbox host"},
		dnsMG:                  {Name: "dns.mg", Kind: dissect.KindString, Doc: "Mail group"},
		dnsMR:                  {Name: "dns.mr", Kind: dissect.KindString, Doc: "New name of a mailbox"},
		dnsNull:                {Name: "dns.null", Kind: dissect.KindBytes, Doc: "Data of a NULL record"},
		dnsSOAName:             {Name: "dns.soa.mname", Kind: dissect.KindString, Doc: "Primary name server"},
		dnsSOAMail:             {Name: "dns.soa.rname", Kind: dissect.KindString, Doc: "Mailbox of who is responsible"},
		dnsSOASerial:           {Name: "dns.soa.serial_number", Kind: dissect.KindUint, Bits: 32, Doc: "Serial number of the zone"},
		dnsSOARefresh:          {Name: "dns.soa.refresh_interval", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds between looks for a new serial number"},
		dnsSOARetry:            {Name: "dns.soa.retry_interval", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds until a failed look is repeated"},
		dnsSOAExpire:           {Name: "dns.soa.expire_limit", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that the zone is good without the primary server"},
		dnsSOAMinimum:          {Name: "dns.soa.minimum_ttl", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that a missing name may be kept"},
		dnsWKSAddress:          {Name: "dns.wks.address", Kind: dissect.KindIPv4, Doc: "Address of a host with services"},
		dnsWKSProtocol:         {Name: "dns.wks.protocol", Kind: dissect.KindUint, Bits: 8, Doc: "IP protocol of the services"},
		dnsHInfoCPULen:         {Name: "dns.hinfo.cpu_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the machine's name"},
		dnsHInfoCPU:            {Name: "dns.hinfo.cpu", Kind: dissect.KindString, Doc: "Machine"},
		dnsHInfoOSLen:          {Name: "dns.hinfo.os_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the system's name"},
		dnsHInfoOS:             {Name: "dns.hinfo.os", Kind: dissect.KindString, Doc: "Operating system"},
		dnsMInfoR:              {Name: "dns.minfo.r", Kind: dissect.KindString, Doc: "Mailbox responsible for a list"},
		dnsMInfoE:              {Name: "dns.minfo.e", Kind: dissect.KindString, Doc: "Mailbox for errors of a list"},
		dnsMXPreference:        {Name: "dns.mx.preference", Kind: dissect.KindUint, Bits: 16, Doc: "Preference of a mail exchange, lowest first"},
		dnsMX:                  {Name: "dns.mx.mail_exchange", Kind: dissect.KindString, Doc: "Mail exchange"},
		dnsTXTLen:              {Name: "dns.txt.length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of a text"},
		dnsTXT:                 {Name: "dns.txt", Kind: dissect.KindString, Doc: "Text"},
		dnsSPFLen:              {Name: "dns.spf.length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of a sender policy text"},
		dnsSPF:                 {Name: "dns.spf", Kind: dissect.KindString, Doc: "Sender policy text"},
		dnsRPMailbox:           {Name: "dns.rp.mailbox", Kind: dissect.KindString, Doc: "Mailbox of a responsible person"},
		dnsRPText:              {Name: "dns.rp.txt_rr", Kind: dissect.KindString, Doc: "Name with text about a responsible person"},
		dnsAFSDBSubtype:        {Name: "dns.afsdb.subtype", Kind: dissect.KindUint, Bits: 16, Doc: "Kind of an AFS server"},
		dnsAFSDBHost:           {Name: "dns.afsdb.hostname", Kind: dissect.KindString, Doc: "AFS server"},
		dnsX25Len:              {Name: "dns.x25.length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of an X.25 address"},
		dnsX25:                 {Name: "dns.x25.psdn_address", Kind: dissect.KindString, Doc: "X.25 address"},
		dnsRTSubtype:           {Name: "dns.rt.subtype", Kind: dissect.KindUint, Bits: 16, Doc: "Preference of a route through"},
		dnsRTHost:              {Name: "dns.rt.intermediate_host", Kind: dissect.KindString, Doc: "Host to route through"},
		dnsSRVService:          {Name: "dns.srv.service", Kind: dissect.KindString, Doc: "Service, first label of the owner"},
		dnsSRVProto:            {Name: "dns.srv.proto", Kind: dissect.KindString, Doc: "Protocol, second label of the owner"},
		dnsSRVName:             {Name: "dns.srv.name", Kind: dissect.KindString, Doc: "Domain, the rest of the owner"},
		dnsSRVPriority:         {Name: "dns.srv.priority", Kind: dissect.KindUint, Bits: 16, Doc: "Priority, lowest first"},
		dnsSRVWeight:           {Name: "dns.srv.weight", Kind: dissect.KindUint, Bits: 16, Doc: "Weight among those of a priority"},
		dnsSRVPort:             {Name: "dns.srv.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port of the service"},
		dnsSRVTarget:           {Name: "dns.srv.target", Kind: dissect.KindString, Doc: "Host of the service"},
		dnsNAPTROrder:          {Name: "dns.naptr.order", Kind: dissect.KindUint, Bits: 16, Doc: "Order, lowest first"},
		dnsNAPTRPreference:     {Name: "dns.naptr.preference", Kind: dissect.KindUint, Bits: 16, Doc: "Preference within an order"},
		dnsNAPTRFlagsLen:       {Name: "dns.naptr.flags_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the flags"},
		dnsNAPTRFlags:          {Name: "dns.naptr.flags", Kind: dissect.KindString, Doc: "Flags of a rewrite"},
		dnsNAPTRServiceLen:     {Name: "dns.naptr.service_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the service"},
		dnsNAPTRService:        {Name: "dns.naptr.service", Kind: dissect.KindString, Doc: "Service that a rewrite leads to"},
		dnsNAPTRRegexLen:       {Name: "dns.naptr.regex_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the expression"},
		dnsNAPTRRegex:          {Name: "dns.naptr.regex", Kind: dissect.KindString, Doc: "Expression that rewrites a name"},
		dnsNAPTRReplacementLen: {Name: "dns.naptr.replacement_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the replacement"},
		dnsNAPTRReplacement:    {Name: "dns.naptr.replacement", Kind: dissect.KindString, Doc: "Name that replaces a name"},
		dnsKXPreference:        {Name: "dns.kx.preference", Kind: dissect.KindUint, Bits: 16, Doc: "Preference of a key exchanger"},
		dnsKX:                  {Name: "dns.kx.key_exchange", Kind: dissect.KindString, Doc: "Key exchanger"},
		dnsCertType:            {Name: "dns.cert.type", Kind: dissect.KindUint, Bits: 16, Doc: "Type of a certificate"},
		dnsCertTag:             {Name: "dns.cert.key_tag", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Key tag of a certificate"},
		dnsCertAlgorithm:       {Name: "dns.cert.algorithm", Kind: dissect.KindUint, Bits: 8, Doc: "Algorithm of a certificate"},
		dnsCert:                {Name: "dns.cert.certificate", Kind: dissect.KindBytes, Doc: "Certificate"},
		dnsDSKey:               {Name: "dns.ds.key_id", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Key tag of a delegated key"},
		dnsDSAlgorithm:         {Name: "dns.ds.algorithm", Kind: dissect.KindUint, Bits: 8, Doc: "Algorithm of a delegated key"},
		dnsDSDigestType:        {Name: "dns.ds.digest_type", Kind: dissect.KindUint, Bits: 8, Doc: "Digest algorithm"},
		dnsDSDigest:            {Name: "dns.ds.digest", Kind: dissect.KindBytes, Doc: "Digest of a delegated key"},
		dnsSSHFPAlgorithm:      {Name: "dns.sshfp.algorithm", Kind: dissect.KindUint, Bits: 8, Doc: "Algorithm of an SSH host key"},
		dnsSSHFPType:           {Name: "dns.sshfp.fingerprint.type", Kind: dissect.KindUint, Bits: 8, Doc: "Hash of a fingerprint"},
		dnsSSHFP:               {Name: "dns.sshfp.fingerprint", Kind: dissect.KindBytes, Doc: "Fingerprint of an SSH host key"},
		dnsRRSIGCovered:        {Name: "dns.rrsig.type_covered", Kind: dissect.KindUint, Bits: 16, Doc: "Type of the records that a signature covers"},
		dnsRRSIGAlgorithm:      {Name: "dns.rrsig.algorithm", Kind: dissect.KindUint, Bits: 8, Doc: "Algorithm of a signature"},
		dnsRRSIGLabels:         {Name: "dns.rrsig.labels", Kind: dissect.KindUint, Bits: 8, Doc: "Labels of the signed owner"},
		dnsRRSIGTTL:            {Name: "dns.rrsig.original_ttl", Kind: dissect.KindUint, Bits: 32, Doc: "TTL of the signed records"},
		dnsRRSIGExpiration:     {Name: "dns.rrsig.signature_expiration", Kind: dissect.KindAbsTime, Doc: "End of a signature's validity"},
		dnsRRSIGInception:      {Name: "dns.rrsig.signature_inception", Kind: dissect.KindAbsTime, Doc: "Begin of a signature's validity"},
		dnsRRSIGKey:            {Name: "dns.rrsig.key_tag", Kind: dissect.KindUint, Bits: 16, Doc: "Key tag of a signature"},
		dnsRRSIGSigner:         {Name: "dns.rrsig.signers_name", Kind: dissect.KindString, Doc: "Zone that signed"},
		dnsRRSIG:               {Name: "dns.rrsig.signature", Kind: dissect.KindBytes, Doc: "Signature"},
		dnsNSECNext:            {Name: "dns.nsec.next_domain_name", Kind: dissect.KindString, Doc: "Next name of the zone"},
		dnsDNSKEYFlags:         {Name: "dns.dnskey.flags", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Flags of a zone's key"},
		dnsDNSKEYZone:          {Name: "dns.dnskey.flags.zone_key", Kind: dissect.KindBool, Doc: "The key signs the zone"},
		dnsDNSKEYRevoked:       {Name: "dns.dnskey.flags.key_revoked", Kind: dissect.KindBool, Doc: "The key is revoked"},
		dnsDNSKEYSEP:           {Name: "dns.dnskey.flags.secure_entry_point", Kind: dissect.KindBool, Doc: "The key signs keys"},
		dnsDNSKEYReserved:      {Name: "dns.dnskey.flags.reserved", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Reserved flags of a key"},
		dnsDNSKEYProtocol:      {Name: "dns.dnskey.protocol", Kind: dissect.KindUint, Bits: 8, Doc: "Protocol of a key, always 3"},
		dnsDNSKEYAlgorithm:     {Name: "dns.dnskey.algorithm", Kind: dissect.KindUint, Bits: 8, Doc: "Algorithm of a key"},
		dnsDNSKEYID:            {Name: "dns.dnskey.key_id", Kind: dissect.KindUint, Bits: 16, Doc: "Key tag, computed"},
		dnsDNSKEY:              {Name: "dns.dnskey.public_key", Kind: dissect.KindBytes, Doc: "Public key"},
		dnsNSEC3Algorithm:      {Name: "dns.nsec3.algo", Kind: dissect.KindUint, Bits: 8, Doc: "Hash of the names"},
		dnsNSEC3Flags:          {Name: "dns.nsec3.flags", Kind: dissect.KindUint, Bits: 8, Doc: "Flags of the chain of hashes"},
		dnsNSEC3OptOut:         {Name: "dns.nsec3.flags.opt_out", Kind: dissect.KindBool, Doc: "Unsigned delegations may be left out"},
		dnsNSEC3Iterations:     {Name: "dns.nsec3.iterations", Kind: dissect.KindUint, Bits: 16, Doc: "Times that hashing is repeated"},
		dnsNSEC3SaltLen:        {Name: "dns.nsec3.salt_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the salt"},
		dnsNSEC3Salt:           {Name: "dns.nsec3.salt_value", Kind: dissect.KindBytes, Doc: "Salt"},
		dnsNSEC3HashLen:        {Name: "dns.nsec3.hash_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the next hash"},
		dnsNSEC3Hash:           {Name: "dns.nsec3.hash_value", Kind: dissect.KindString, Doc: "Next hash of the zone, base32hex"},
		dnsTLSAUsage:           {Name: "dns.tlsa.certificate_usage", Kind: dissect.KindUint, Bits: 8, Doc: "Usage of a certificate association"},
		dnsTLSASelector:        {Name: "dns.tlsa.selector", Kind: dissect.KindUint, Bits: 8, Doc: "Part of the certificate"},
		dnsTLSAMatching:        {Name: "dns.tlsa.matching_type", Kind: dissect.KindUint, Bits: 8, Doc: "How it is matched"},
		dnsTLSAData:            {Name: "dns.tlsa.certificate_association_data", Kind: dissect.KindBytes, Doc: "What is matched"},
		dnsLOCVersion:          {Name: "dns.loc.version", Kind: dissect.KindUint, Bits: 8, Doc: "Version of a location"},
		dnsLOCSize:             {Name: "dns.loc.size", Kind: dissect.KindUint, Bits: 8, Doc: "Size of a location"},
		dnsLOCHorizontal:       {Name: "dns.loc.horizontal_precision", Kind: dissect.KindUint, Bits: 8, Doc: "Horizontal precision"},
		dnsLOCVertical:         {Name: "dns.loc.vertical_precision", Kind: dissect.KindUint, Bits: 8, Doc: "Vertical precision"},
		dnsLOCLatitude:         {Name: "dns.loc.latitude", Kind: dissect.KindUint, Bits: 32, Doc: "Latitude"},
		dnsLOCLongitude:        {Name: "dns.loc.longitude", Kind: dissect.KindUint, Bits: 32, Doc: "Longitude"},
		dnsLOCAltitude:         {Name: "dns.loc.altitude", Kind: dissect.KindUint, Bits: 32, Doc: "Altitude"},
		dnsOpenPGP:             {Name: "dns.openpgpkey", Kind: dissect.KindString, Doc: "OpenPGP key"},
		dnsCSYNCSerial:         {Name: "dns.csync.soa", Kind: dissect.KindUint, Bits: 32, Doc: "Serial number to synchronise with"},
		dnsCSYNCFlags:          {Name: "dns.csync.flags", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Flags of synchronisation"},
		dnsCSYNCImmediate:      {Name: "dns.csync.flags.immediate", Kind: dissect.KindBool, Doc: "Without confirmation"},
		dnsCSYNCMinimum:        {Name: "dns.csync.flags.soaminimum", Kind: dissect.KindBool, Doc: "From this serial number on"},
		dnsCSYNCTypes:          {Name: "dns.csync.type_bitmap", Kind: dissect.KindBytes, Doc: "Types to synchronise"},
		dnsEUI48:               {Name: "dns.eui48", Kind: dissect.KindEther, Doc: "48-bit hardware address"},
		dnsTSIGName:            {Name: "dns.tsig.algorithm_name", Kind: dissect.KindString, Doc: "Algorithm of a transaction signature"},
		dnsTSIGTime:            {Name: "dns.tsig.time_signed", Kind: dissect.KindAbsTime, Doc: "Time of signing"},
		dnsTSIGFudge:           {Name: "dns.tsig.fudge", Kind: dissect.KindUint, Bits: 16, Doc: "Seconds that clocks may differ"},
		dnsTSIGMACSize:         {Name: "dns.tsig.mac_size", Kind: dissect.KindUint, Bits: 16, Doc: "Length of the authentication code"},
		dnsTSIGID:              {Name: "dns.tsig.original_id", Kind: dissect.KindUint, Bits: 16, Doc: "Transaction ID when signed"},
		dnsTSIGError:           {Name: "dns.tsig.error", Kind: dissect.KindUint, Bits: 16, Doc: "Error of the signature"},
		dnsTSIGOtherLen:        {Name: "dns.tsig.other_len", Kind: dissect.KindUint, Bits: 16, Doc: "Length of further data"},
		dnsTSIGOther:           {Name: "dns.tsig.other_data", Kind: dissect.KindBytes, Doc: "Further data"},
		dnsCAAFlags:            {Name: "dns.caa.flags", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Flags of a rule for certificate authorities"},
		dnsCAACritical:         {Name: "dns.caa.flags.issuer_critical", Kind: dissect.KindBool, Doc: "The rule must be understood"},
		dnsCAAIssue:            {Name: "dns.caa.issue", Kind: dissect.KindString, Doc: "Authority that may issue"},
		dnsCAAIssueWild:        {Name: "dns.caa.issuewild", Kind: dissect.KindString, Doc: "Authority that may issue for all names below"},
		dnsCAAIodef:            {Name: "dns.caa.iodef", Kind: dissect.KindString, Doc: "Where breaches are reported"},
		dnsCAAUnknown:          {Name: "dns.caa.unknown", Kind: dissect.KindString, Doc: "Value of an unknown rule"},
		dnsCAATagLen:           {Name: "dns.caa.tag_length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of the rule's name"},
		dnsCAATag:              {Name: "dns.caa.tag", Kind: dissect.KindString, Doc: "Name of the rule"},
		dnsCAAValue:            {Name: "dns.caa.value", Kind: dissect.KindString, Doc: "Value of the rule"},
		dnsSVCBPriority:        {Name: "dns.svcb.svcpriority", Kind: dissect.KindUint, Bits: 16, Doc: "Priority, 0: an alias"},
		dnsSVCBTarget:          {Name: "dns.svcb.targetname", Kind: dissect.KindString, Doc: "Host of the service, root: the owner"},
		dnsSVCBKey:             {Name: "dns.svcb.svcparam.key", Kind: dissect.KindUint, Bits: 16, Doc: "Parameter of the service"},
		dnsSVCBLen:             {Name: "dns.svcb.svcparam.value.length", Kind: dissect.KindUint, Bits: 16, Doc: "Length of a parameter"},
		dnsSVCBValue:           {Name: "dns.svcb.svcparam.value", Kind: dissect.KindBytes, Doc: "Value of an unknown parameter"},
		dnsSVCBMandatory:       {Name: "dns.svcb.svcparam.mandatory.key", Kind: dissect.KindUint, Bits: 16, Doc: "Parameter that must be understood"},
		dnsSVCBALPNLen:         {Name: "dns.svcb.svcparam.alpn.length", Kind: dissect.KindUint, Bits: 8, Doc: "Length of a protocol's name"},
		dnsSVCBALPN:            {Name: "dns.svcb.svcparam.alpn", Kind: dissect.KindString, Doc: "Protocol of the service"},
		dnsSVCBPort:            {Name: "dns.svcb.svcparam.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port of the service"},
		dnsSVCBIPv4:            {Name: "dns.svcb.svcparam.ipv4hint.ip", Kind: dissect.KindIPv4, Doc: "IPv4 address of the service"},
		dnsSVCBECH:             {Name: "dns.svcb.svcparam.echconfig", Kind: dissect.KindBytes, Doc: "Keys of encrypted client hellos"},
		dnsSVCBIPv6:            {Name: "dns.svcb.svcparam.ipv6hint.ip", Kind: dissect.KindIPv6, Doc: "IPv6 address of the service"},
		dnsSVCBODoH:            {Name: "dns.svcb.svcparam.odohconfig", Kind: dissect.KindBytes, Doc: "Keys of oblivious DNS"},
		dnsOptCode:             {Name: "dns.opt.code", Kind: dissect.KindUint, Bits: 16, Doc: "EDNS option"},
		dnsOptLen:              {Name: "dns.opt.len", Kind: dissect.KindUint, Bits: 16, Doc: "Length of an EDNS option"},
		dnsOptData:             {Name: "dns.opt.data", Kind: dissect.KindBytes, Doc: "Data of an EDNS option"},
		dnsOptDAU:              {Name: "dns.opt.dau", Kind: dissect.KindUint, Bits: 8, Doc: "Signature algorithm that is understood"},
		dnsOptDHU:              {Name: "dns.opt.dhu", Kind: dissect.KindUint, Bits: 8, Doc: "Digest algorithm that is understood"},
		dnsOptN3U:              {Name: "dns.opt.n3u", Kind: dissect.KindUint, Bits: 8, Doc: "NSEC3 hash that is understood"},
		dnsOptFamily:           {Name: "dns.opt.client.family", Kind: dissect.KindUint, Bits: 16, Doc: "Client subnet: address family"},
		dnsOptNetmask:          {Name: "dns.opt.client.netmask", Kind: dissect.KindUint, Bits: 8, Doc: "Client subnet: bits that are told"},
		dnsOptScope:            {Name: "dns.opt.client.scope", Kind: dissect.KindUint, Bits: 8, Doc: "Client subnet: bits that the answer is for"},
		dnsOptAddr:             {Name: "dns.opt.client.addr", Kind: dissect.KindBytes, Doc: "Client subnet of another family"},
		dnsOptAddr4:            {Name: "dns.opt.client.addr4", Kind: dissect.KindIPv4, Doc: "Client subnet, IPv4"},
		dnsOptAddr6:            {Name: "dns.opt.client.addr6", Kind: dissect.KindIPv6, Doc: "Client subnet, IPv6"},
		dnsOptCookieClient:     {Name: "dns.opt.cookie.client", Kind: dissect.KindBytes, Doc: "Cookie of the client"},
		dnsOptCookieServer:     {Name: "dns.opt.cookie.server", Kind: dissect.KindBytes, Doc: "Cookie of the server"},
		dnsOptKeepalive:        {Name: "dns.opt.edns_tcp_keepalive.timeout", Kind: dissect.KindUint, Bits: 16, Doc: "Idle time of a connection, 100 ms"},
		dnsOptPadding:          {Name: "dns.opt.padding", Kind: dissect.KindBytes, Doc: "Padding"},
		dnsOptChain:            {Name: "dns.opt.chain.fqdn", Kind: dissect.KindString, Doc: "Closest name that is trusted"},
		dnsOptEDE:              {Name: "dns.opt.ext_error.info_code", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Extended error"},
		dnsOptEDEText:          {Name: "dns.opt.ext_error.extra_text", Kind: dissect.KindString, Doc: "Extended error in words"},
		dnsData:                {Name: "dns.data", Kind: dissect.KindBytes, Doc: "Data of an unknown record"},
		dnsExtraneous:          {Name: "dns.extraneous.data", Kind: dissect.KindBytes, Doc: "Bytes behind the message"},
		dnsExtraneousLen:       {Name: "dns.extraneous.length", Kind: dissect.KindInt, Bits: 32, Doc: "Number of bytes behind the message"},
		dnsDSOType:             {Name: "dns.dso.tlv.type", Kind: dissect.KindUint, Bits: 16, Doc: "Stateful operation"},
		dnsDSOLen:              {Name: "dns.dso.tlv.length", Kind: dissect.KindUint, Bits: 16, Doc: "Length of a stateful operation"},
		dnsDSOData:             {Name: "dns.dso.tlv.data", Kind: dissect.KindBytes, Doc: "Data of a stateful operation"},
		dnsDSOInactivity:       {Name: "dns.dso.tlv.keepalive.inactivity", Kind: dissect.KindUint, Bits: 32, Doc: "Session may be idle, milliseconds"},
		dnsDSOInterval:         {Name: "dns.dso.tlv.keepalive.interval", Kind: dissect.KindUint, Bits: 32, Doc: "Session is kept alive, milliseconds"},
		dnsDSORetry:            {Name: "dns.dso.tlv.retrydelay.retrydelay", Kind: dissect.KindUint, Bits: 32, Doc: "Pause before a new session, milliseconds"},
		dnsDSOPadding:          {Name: "dns.dso.tlv.encpad.padding", Kind: dissect.KindBytes, Doc: "Padding"},
	}
}
