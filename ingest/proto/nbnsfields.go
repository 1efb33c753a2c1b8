package proto

import "pcapidx/ingest/dissect"

// Fields of the NetBIOS name service.
const (
	nbnsID = iota
	nbnsFlags
	nbnsResponse
	nbnsOpcode
	nbnsAuthoritative
	nbnsTruncated
	nbnsRecDesired
	nbnsRecAvail
	nbnsBroadcast
	nbnsRcode
	nbnsQueries
	nbnsAnswers
	nbnsAuthorities
	nbnsAdditionals
	nbnsName
	nbnsType
	nbnsClass
	nbnsTTL
	nbnsDataLength
	nbnsNBFlags
	nbnsNBGroup
	nbnsNBONT
	nbnsAddr
	nbnsNames
	nbnsNode
	nbnsNameFlags
	nbnsNameGroup
	nbnsNameONT
	nbnsNameDRG
	nbnsNameCNF
	nbnsNameACT
	nbnsNamePRM
	nbnsUnit
	nbnsJumpers
	nbnsTest
	nbnsVersion
	nbnsPeriod
	nbnsCRCs
	nbnsAlignment
	nbnsCollisions
	nbnsAborts
	nbnsGoodSends
	nbnsGoodReceives
	nbnsRetransmits
	nbnsNoResources
	nbnsBlocks
	nbnsPending
	nbnsMaxPending
	nbnsMaxSessions
	nbnsSize
	nbnsData
)

// nbnsFields are Wireshark's fields of the NetBIOS name service.
func nbnsFields() []Field {
	return []Field{
		nbnsID:            {Name: "nbns.id", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Transaction ID"},
		nbnsFlags:         {Name: "nbns.flags", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Flags"},
		nbnsResponse:      {Name: "nbns.flags.response", Kind: dissect.KindBool, Listed: true, Doc: "1: a response"},
		nbnsOpcode:        {Name: "nbns.flags.opcode", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Operation: 0 query, 5 registration, 6 release, 7 wait, 8 refresh"},
		nbnsAuthoritative: {Name: "nbns.flags.authoritative", Kind: dissect.KindBool, Doc: "The server is an authority for the name"},
		nbnsTruncated:     {Name: "nbns.flags.truncated", Kind: dissect.KindBool, Doc: "The message was cut to fit"},
		nbnsRecDesired:    {Name: "nbns.flags.recdesired", Kind: dissect.KindBool, Doc: "Recursion is desired"},
		nbnsRecAvail:      {Name: "nbns.flags.recavail", Kind: dissect.KindBool, Doc: "The server can recurse"},
		nbnsBroadcast:     {Name: "nbns.flags.broadcast", Kind: dissect.KindBool, Doc: "The message was broadcast"},
		nbnsRcode:         {Name: "nbns.flags.rcode", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Result"},
		nbnsQueries:       {Name: "nbns.count.queries", Kind: dissect.KindUint, Bits: 16, Doc: "Number of questions"},
		nbnsAnswers:       {Name: "nbns.count.answers", Kind: dissect.KindUint, Bits: 16, Doc: "Number of answers"},
		nbnsAuthorities:   {Name: "nbns.count.auth_rr", Kind: dissect.KindUint, Bits: 16, Doc: "Number of authority records"},
		nbnsAdditionals:   {Name: "nbns.count.add_rr", Kind: dissect.KindUint, Bits: 16, Doc: "Number of additional records"},
		nbnsName:          {Name: "nbns.name", Kind: dissect.KindString, Doc: "Name with its suffix"},
		nbnsType:          {Name: "nbns.type", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Type: 32 name, 33 status of a node"},
		nbnsClass:         {Name: "nbns.class", Kind: dissect.KindUint, Bits: 16, Doc: "Class"},
		nbnsTTL:           {Name: "nbns.ttl", Kind: dissect.KindUint, Bits: 32, Doc: "Seconds that a name may be kept"},
		nbnsDataLength:    {Name: "nbns.data_length", Kind: dissect.KindUint, Bits: 16, Doc: "Length of a record's data"},
		nbnsNBFlags:       {Name: "nbns.nb_flags", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Flags of a name"},
		nbnsNBGroup:       {Name: "nbns.nb_flags.group", Kind: dissect.KindBool, Doc: "The name is a group's"},
		nbnsNBONT:         {Name: "nbns.nb_flags.ont", Kind: dissect.KindUint, Bits: 16, Doc: "Node type of the owner"},
		nbnsAddr:          {Name: "nbns.addr", Kind: dissect.KindIPv4, Doc: "Address of the owner"},
		nbnsNames:         {Name: "nbns.number_of_names", Kind: dissect.KindUint, Bits: 8, Doc: "Names of a node"},
		nbnsNode:          {Name: "nbns.netbios_name", Kind: dissect.KindString, Doc: "Name of a node"},
		nbnsNameFlags:     {Name: "nbns.name_flags", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Flags of a node's name"},
		nbnsNameGroup:     {Name: "nbns.name_flags.group", Kind: dissect.KindBool, Doc: "The name is a group's"},
		nbnsNameONT:       {Name: "nbns.name_flags.ont", Kind: dissect.KindUint, Bits: 16, Doc: "Node type of the owner"},
		nbnsNameDRG:       {Name: "nbns.name_flags.drg", Kind: dissect.KindBool, Doc: "The name is being given up"},
		nbnsNameCNF:       {Name: "nbns.name_flags.cnf", Kind: dissect.KindBool, Doc: "The name is in conflict"},
		nbnsNameACT:       {Name: "nbns.name_flags.act", Kind: dissect.KindBool, Doc: "The name is active"},
		nbnsNamePRM:       {Name: "nbns.name_flags.prm", Kind: dissect.KindBool, Doc: "The name is the node's permanent one"},
		nbnsUnit:          {Name: "nbns.unit_id", Kind: dissect.KindEther, Doc: "Hardware address of a node"},
		nbnsJumpers:       {Name: "nbns.jumpers", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Jumpers"},
		nbnsTest:          {Name: "nbns.test_result", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Result of a self test"},
		nbnsVersion:       {Name: "nbns.version_number", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Version"},
		nbnsPeriod:        {Name: "nbns.period_of_statistics", Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: "Minutes that the counts are of"},
		nbnsCRCs:          {Name: "nbns.num_crcs", Kind: dissect.KindUint, Bits: 16, Doc: "Checksum errors"},
		nbnsAlignment:     {Name: "nbns.num_alignment_errors", Kind: dissect.KindUint, Bits: 16, Doc: "Alignment errors"},
		nbnsCollisions:    {Name: "nbns.num_collisions", Kind: dissect.KindUint, Bits: 16, Doc: "Collisions"},
		nbnsAborts:        {Name: "nbns.num_send_aborts", Kind: dissect.KindUint, Bits: 16, Doc: "Aborted sends"},
		nbnsGoodSends:     {Name: "nbns.num_good_sends", Kind: dissect.KindUint, Bits: 32, Doc: "Frames sent"},
		nbnsGoodReceives:  {Name: "nbns.num_good_receives", Kind: dissect.KindUint, Bits: 32, Doc: "Frames received"},
		nbnsRetransmits:   {Name: "nbns.numretransmits", Kind: dissect.KindUint, Bits: 16, Doc: "Frames sent again"},
		nbnsNoResources:   {Name: "nbns.num_no_resource_conditions", Kind: dissect.KindUint, Bits: 16, Doc: "Times without resources"},
		nbnsBlocks:        {Name: "nbns.numcommand_blocks", Kind: dissect.KindUint, Bits: 16, Doc: "Command blocks"},
		nbnsPending:       {Name: "nbns.numpending_sessions", Kind: dissect.KindUint, Bits: 16, Doc: "Sessions that wait"},
		nbnsMaxPending:    {Name: "nbns.max_num_pending_sessions", Kind: dissect.KindUint, Bits: 16, Doc: "Sessions that may wait"},
		nbnsMaxSessions:   {Name: "nbns.max_total_sessions_possible", Kind: dissect.KindUint, Bits: 16, Doc: "Sessions that are possible"},
		nbnsSize:          {Name: "nbns.session_data_packet_size", Kind: dissect.KindUint, Bits: 16, Doc: "Size of packets"},
		nbnsData:          {Name: "nbns.data", Kind: dissect.KindBytes, Doc: "Data of an unknown record"},
	}
}
