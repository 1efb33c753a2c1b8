package proto

// dnsStep is a part of a record's data.
type dnsStep struct {
	kind  dnsPart
	field int
}

// dnsPart is a kind of parts.
type dnsPart uint8

// Parts of records. Counted texts have a field for their length, whose place is the
// one before their own.
const (
	partU8 dnsPart = iota
	partU16
	partU32
	partTime32 // seconds since 1970
	partName
	partCounted // length byte and text
	partRest    // bytes to the end of the data
	partText    // text to the end
	partIPv4
	partIPv6
	partEther
	partTypes // bitmap of types (RFC 4034, section 4.1.2)
)

// dnsLayouts are the parts of records by type (RFC 1035 and those that the registry
// of types names). Types that need more than that are in dnsReader.special.
func dnsLayouts(kind uint16) []dnsStep {
	switch kind {
	case 1:
		return []dnsStep{{partIPv4, dnsA}}
	case 2:
		return []dnsStep{{partName, dnsNS}}
	case 3:
		return []dnsStep{{partName, dnsMD}}
	case 4:
		return []dnsStep{{partName, dnsMF}}
	case 5:
		return []dnsStep{{partName, dnsCNAME}}
	case 6:
		return []dnsStep{
			{partName, dnsSOAName},
			{partName, dnsSOAMail},
			{partU32, dnsSOASerial},
			{partU32, dnsSOARefresh},
			{partU32, dnsSOARetry},
			{partU32, dnsSOAExpire},
			{partU32, dnsSOAMinimum},
		}
	case 7:
		return []dnsStep{{partName, dnsMB}}
	case 8:
		return []dnsStep{{partName, dnsMG}}
	case 9:
		return []dnsStep{{partName, dnsMR}}
	case 10:
		return []dnsStep{{partRest, dnsNull}}
	case 11:
		return []dnsStep{{partIPv4, dnsWKSAddress}, {partU8, dnsWKSProtocol}}
	case 12:
		return []dnsStep{{partName, dnsPTR}}
	case 13:
		return []dnsStep{{partCounted, dnsHInfoCPU}, {partCounted, dnsHInfoOS}}
	case 14:
		return []dnsStep{{partName, dnsMInfoR}, {partName, dnsMInfoE}}
	case 15:
		return []dnsStep{{partU16, dnsMXPreference}, {partName, dnsMX}}
	case 17:
		return []dnsStep{{partName, dnsRPMailbox}, {partName, dnsRPText}}
	case 18:
		return []dnsStep{{partU16, dnsAFSDBSubtype}, {partName, dnsAFSDBHost}}
	case 19:
		return []dnsStep{{partCounted, dnsX25}}
	case 21:
		return []dnsStep{{partU16, dnsRTSubtype}, {partName, dnsRTHost}}
	case 28:
		return []dnsStep{{partIPv6, dnsAAAA}}
	case 29:
		return []dnsStep{
			{partU8, dnsLOCVersion},
			{partU8, dnsLOCSize},
			{partU8, dnsLOCHorizontal},
			{partU8, dnsLOCVertical},
			{partU32, dnsLOCLatitude},
			{partU32, dnsLOCLongitude},
			{partU32, dnsLOCAltitude},
		}
	case 33:
		return []dnsStep{{partU16, dnsSRVPriority}, {partU16, dnsSRVWeight}, {partU16, dnsSRVPort}, {partName, dnsSRVTarget}}
	case 36:
		return []dnsStep{{partU16, dnsKXPreference}, {partName, dnsKX}}
	}
	return dnsLaterLayouts(kind)
}

// dnsLaterLayouts are those of types above 36.
func dnsLaterLayouts(kind uint16) []dnsStep {
	switch kind {
	case 37:
		return []dnsStep{{partU16, dnsCertType}, {partU16, dnsCertTag}, {partU8, dnsCertAlgorithm}, {partRest, dnsCert}}
	case 39:
		return []dnsStep{{partName, dnsDNAME}}
	case 43, 59, 32769: // DS, CDS, DLV
		return []dnsStep{{partU16, dnsDSKey}, {partU8, dnsDSAlgorithm}, {partU8, dnsDSDigestType}, {partRest, dnsDSDigest}}
	case 44:
		return []dnsStep{{partU8, dnsSSHFPAlgorithm}, {partU8, dnsSSHFPType}, {partRest, dnsSSHFP}}
	case 24, 46: // SIG, RRSIG
		return []dnsStep{
			{partU16, dnsRRSIGCovered},
			{partU8, dnsRRSIGAlgorithm},
			{partU8, dnsRRSIGLabels},
			{partU32, dnsRRSIGTTL},
			{partTime32, dnsRRSIGExpiration},
			{partTime32, dnsRRSIGInception},
			{partU16, dnsRRSIGKey},
			{partName, dnsRRSIGSigner},
			{partRest, dnsRRSIG},
		}
	case 47:
		return []dnsStep{{partName, dnsNSECNext}, {partTypes, dnsRespType}}
	case 52:
		return []dnsStep{{partU8, dnsTLSAUsage}, {partU8, dnsTLSASelector}, {partU8, dnsTLSAMatching}, {partRest, dnsTLSAData}}
	case 61:
		return []dnsStep{{partText, dnsOpenPGP}}
	case 108:
		return []dnsStep{{partEther, dnsEUI48}}
	}
	return nil
}
