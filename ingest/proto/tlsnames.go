package proto

import "strconv"

// Content types of records.
const (
	tlsChangeCipher = 20
	tlsAlertRecord  = 21
	tlsHandshakes   = 22
	tlsApplication  = 23
	tlsHeartbeat    = 24
	tlsWithID       = 25 // RFC 9146
)

// Types of handshake messages.
const (
	tlsClientHello    = 1
	tlsServerHello    = 2
	tlsNewTicket      = 4
	tlsCertificates   = 11
	tlsServerKey      = 12
	tlsFinished       = 20
	tlsHelloVerify    = 3
	tlsClientKey      = 16
	tlsHelloDone      = 14
	tlsCertificateReq = 13
	tlsCertVerify     = 15
)

// Versions.
const (
	ssl30 = 0x300
	tls10 = 0x301
	tls12 = 0x303
	tls13 = 0x304
)

// tlsHandshakeName names a type of handshake message; "" if there is none such.
func tlsHandshakeName(t byte) string {
	switch t {
	case 0:
		return "Hello Request"
	case tlsClientHello:
		return "Client Hello"
	case tlsServerHello:
		return "Server Hello"
	case tlsHelloVerify:
		return "Hello Verify Request"
	case tlsNewTicket:
		return "New Session Ticket"
	case 5:
		return "End of Early Data"
	case 6:
		return "Hello Retry Request"
	case 8:
		return "Encrypted Extensions"
	case tlsCertificates:
		return "Certificate"
	case tlsServerKey:
		return "Server Key Exchange"
	case tlsCertificateReq:
		return "Certificate Request"
	case tlsHelloDone:
		return "Server Hello Done"
	case tlsCertVerify:
		return "Certificate Verify"
	case tlsClientKey:
		return "Client Key Exchange"
	case tlsFinished:
		return "Finished"
	case 21:
		return "Certificate URL"
	case 22:
		return "Certificate Status"
	case 23:
		return "Supplemental Data"
	case 24:
		return "Key Update"
	case 25:
		return "Compressed Certificate"
	case 67:
		return "Next Protocol"
	case 203:
		return "Encrypted Channel ID"
	}
	return ""
}

// tlsVersionName names a version of a hello.
func tlsVersionName(v uint16) string {
	switch {
	case v == 2:
		return "SSL 2.0"
	case v == ssl30:
		return "SSL 3.0"
	case v == tls10:
		return "TLS 1.0"
	case v == 0x302:
		return "TLS 1.1"
	case v == tls12:
		return "TLS 1.2"
	case v == tls13 || v>>8 == 0x7f:
		return "TLS 1.3"
	case v == 0xfeff:
		return "DTLS 1.0"
	case v == 0xfefd:
		return "DTLS 1.2"
	case v == 0xfefc:
		return "DTLS 1.3"
	}
	return "version 0x" + strconv.FormatUint(uint64(v), 16)
}

// tlsAlertName names the description of an alert (RFC 8446, section 6, and before).
func tlsAlertName(d byte) string {
	for _, a := range []struct {
		code byte
		name string
	}{
		{0, "close notify"},
		{10, "unexpected message"},
		{20, "bad record MAC"},
		{21, "decryption failed"},
		{22, "record overflow"},
		{30, "decompression failure"},
		{40, "handshake failure"},
		{41, "no certificate"},
		{42, "bad certificate"},
		{43, "unsupported certificate"},
		{44, "certificate revoked"},
		{45, "certificate expired"},
		{46, "certificate unknown"},
		{47, "illegal parameter"},
		{48, "unknown CA"},
		{49, "access denied"},
		{50, "decode error"},
		{51, "decrypt error"},
		{60, "export restriction"},
		{70, "protocol version"},
		{71, "insufficient security"},
		{80, "internal error"},
		{86, "inappropriate fallback"},
		{90, "user canceled"},
		{100, "no renegotiation"},
		{109, "missing extension"},
		{110, "unsupported extension"},
		{111, "certificate unobtainable"},
		{112, "unrecognized name"},
		{113, "bad certificate status response"},
		{114, "bad certificate hash value"},
		{115, "unknown PSK identity"},
		{116, "certificate required"},
		{120, "no application protocol"},
	} {
		if a.code == d {
			return a.name
		}
	}
	return "alert " + strconv.Itoa(int(d))
}

// tlsWeak says what is weak about a cipher suite, "" if nothing is: the registered
// numbers of suites without encryption, for export, with RC4, DES or 3DES, or without
// authentication.
func tlsWeak(suite uint16) string {
	switch {
	case suite == 0x0000 || suite == 0x0001 || suite == 0x0002 || suite == 0x003b || suite >= 0x002c && suite <= 0x002e ||
		suite >= 0x00b0 && suite <= 0x00b1 || suite >= 0x00b4 && suite <= 0x00b5 || suite >= 0x00b8 && suite <= 0x00b9 ||
		suite == 0xc001 || suite == 0xc006 || suite == 0xc00b || suite == 0xc010 || suite == 0xc015 || suite == 0xc039 || suite == 0xc03a || suite == 0xc03b:
		return "no encryption"
	case suite == 0x0003 || suite == 0x0006 || suite == 0x0008 || suite == 0x000b || suite == 0x000e || suite == 0x0011 || suite == 0x0014 ||
		suite == 0x0017 || suite == 0x0019 || suite >= 0x0026 && suite <= 0x002b || suite >= 0x0060 && suite <= 0x0065:
		return "a key of export strength"
	case suite == 0x0018 || suite == 0x001a || suite == 0x001b || suite == 0x0034 || suite == 0x003a || suite == 0x006c || suite == 0x006d ||
		suite == 0x0046 || suite == 0x0089 || suite == 0x009b || suite >= 0x00a6 && suite <= 0x00a7 || suite >= 0xc015 && suite <= 0xc019:
		return "no authentication"
	case suite == 0x0004 || suite == 0x0005 || suite == 0x0020 || suite == 0x0024 || suite == 0x008a || suite == 0x008e || suite == 0x0092 ||
		suite == 0xc002 || suite == 0xc007 || suite == 0xc00c || suite == 0xc011 || suite == 0xc033 || suite == 0x0066:
		return "RC4"
	case suite == 0x0009 || suite == 0x000c || suite == 0x000f || suite == 0x0012 || suite == 0x0015 || suite == 0x001e || suite == 0x0022:
		return "DES"
	case suite == 0x000a || suite == 0x000d || suite == 0x0010 || suite == 0x0013 || suite == 0x0016 || suite == 0x001f || suite == 0x0023 ||
		suite == 0x008b || suite == 0x008f || suite == 0x0093 || suite == 0xc003 || suite == 0xc008 || suite == 0xc00d || suite == 0xc012 ||
		suite >= 0xc01a && suite <= 0xc01c || suite == 0xc034:
		return "3DES"
	}
	return ""
}
