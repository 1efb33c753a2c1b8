package proto

import "fmt"

// ldapOpName gives the name of an operation in RFC 4511's ASN.1, as Wireshark shortens it.
func ldapOpName(op byte) string {
	names := map[byte]string{
		0x60: "bindRequest", 0x61: "bindResponse", 0x42: "unbindRequest", 0x63: "searchRequest", 0x64: "searchResEntry",
		0x65: "searchResDone", 0x73: "searchResRef", 0x66: "modifyRequest", 0x67: "modifyResponse", 0x68: "addRequest",
		0x69: "addResponse", 0x4a: "delRequest", 0x6b: "delResponse", 0x6c: "modDNRequest", 0x6d: "modDNResponse",
		0x6e: "compareRequest", 0x6f: "compareResponse", 0x50: "abandonRequest", 0x77: "extendedReq", 0x78: "extendedResp",
		0x79: "intermediateResponse",
	}
	if name := names[op]; name != "" {
		return name
	}
	return fmt.Sprintf("operation %d", op&0x1f)
}

// ldapResultName gives the name of a result code (RFC 4511, section 4.1.9).
func ldapResultName(code uint64) string {
	names := map[uint64]string{
		0: "success", 1: "operationsError", 2: "protocolError", 3: "timeLimitExceeded", 4: "sizeLimitExceeded",
		5: "compareFalse", 6: "compareTrue", 7: "authMethodNotSupported", 8: "strongerAuthRequired", 10: "referral",
		11: "adminLimitExceeded", 12: "unavailableCriticalExtension", 13: "confidentialityRequired", 14: "saslBindInProgress",
		16: "noSuchAttribute", 17: "undefinedAttributeType", 19: "constraintViolation", 20: "attributeOrValueExists",
		21: "invalidAttributeSyntax", 32: "noSuchObject", 34: "invalidDNSyntax", 48: "inappropriateAuthentication",
		49: "invalidCredentials", 50: "insufficientAccessRights", 51: "busy", 52: "unavailable", 53: "unwillingToPerform",
		64: "namingViolation", 65: "objectClassViolation", 66: "notAllowedOnNonLeaf", 68: "entryAlreadyExists", 80: "other",
	}
	if name := names[code]; name != "" {
		return name
	}
	return fmt.Sprint(code)
}
