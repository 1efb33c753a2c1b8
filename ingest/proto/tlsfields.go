package proto

import (
	"strings"

	"pcapidx/ingest/dissect"
)

// Fields of TLS. DTLS has the same ones at the same places under names of its own, and
// QUIC, which carries TLS handshakes, has them too.
const (
	tlsRecordType = iota
	tlsOpaqueType
	tlsRecordVersion
	tlsRecordLength
	tlsAppData
	tlsCCS
	tlsAlert
	tlsAlertLevel
	tlsAlertDesc
	tlsResumed
	tlsHandshake
	tlsHandshakeType
	tlsHandshakeLength
	tlsVersion
	tlsRandom
	tlsSessionID
	tlsCipher
	tlsCompression
	tlsExtension
	tlsServerName
	tlsALPN
	tlsSupportedVersion
	tlsGroup
	tlsPointFormat
	tlsSigAlg
	tlsKeyShare
	tlsCurve
	tlsTicketHint
	tlsJA3Full
	tlsJA3
	tlsJA3SFull
	tlsJA3S
	tlsJA4
	tlsCertificate
	tlsCertHash
	tlsCertSubject
	tlsCertIssuer
	tlsCertFrom
	tlsCertTo
	tlsCertSerial
	tlsCertName
	tlsCertKey
	tlsCertBits
	tlsCertSelfSigned
	tlsCertMatches
	tlsFieldCount // no field
)

// tlsFields gives the table for a protocol's prefix: "tls" or "dtls".
func tlsFields(prefix string) []Field {
	const (
		none  = dissect.KindNone
		num   = dissect.KindUint
		text  = dissect.KindString
		bytes = dissect.KindBytes
	)
	all := []Field{
		tlsRecordType:       {Name: "tls.record.content_type", Kind: num, Bits: 8, Listed: true, Doc: "Content type: 20 change cipher spec, 21 alert, 22 handshake, 23 application data"},
		tlsOpaqueType:       {Name: "tls.record.opaque_type", Kind: num, Bits: 8, Listed: true, Doc: "Content type of an encrypted record of TLS 1.3: always 23"},
		tlsRecordVersion:    {Name: "tls.record.version", Kind: num, Bits: 16, Hex: true, Listed: true, Doc: "Version of the record layer"},
		tlsRecordLength:     {Name: "tls.record.length", Kind: num, Bits: 16, Doc: "Length of the record's content"},
		tlsAppData:          {Name: "tls.app_data", Kind: none, Doc: "Encrypted application data (its bytes are not kept)"},
		tlsCCS:              {Name: "tls.change_cipher_spec", Kind: none, Doc: "Change of the cipher"},
		tlsAlert:            {Name: "tls.alert_message", Kind: none, Doc: "Alert, maybe encrypted"},
		tlsAlertLevel:       {Name: "tls.alert_message.level", Kind: num, Bits: 8, Listed: true, Doc: "Level of an alert: 1 warning, 2 fatal"},
		tlsAlertDesc:        {Name: "tls.alert_message.desc", Kind: num, Bits: 8, Listed: true, Doc: "Description of an alert"},
		tlsResumed:          {Name: "tls.resumed", Kind: none, Doc: "The session uses keys that were negotiated before"},
		tlsHandshake:        {Name: "tls.handshake", Kind: none, Doc: "Handshake message, maybe encrypted"},
		tlsHandshakeType:    {Name: "tls.handshake.type", Kind: num, Bits: 8, Listed: true, Doc: "Handshake type: 1 client hello, 2 server hello, 11 certificate"},
		tlsHandshakeLength:  {Name: "tls.handshake.length", Kind: num, Bits: 24, Doc: "Length of a handshake message"},
		tlsVersion:          {Name: "tls.handshake.version", Kind: num, Bits: 16, Hex: true, Listed: true, Doc: "Version of a hello"},
		tlsRandom:           {Name: "tls.handshake.random", Kind: bytes, Doc: "Random of a hello"},
		tlsSessionID:        {Name: "tls.handshake.session_id", Kind: bytes, Doc: "Session ID"},
		tlsCipher:           {Name: "tls.handshake.ciphersuite", Kind: num, Bits: 16, Hex: true, Listed: true, Doc: "Cipher suites: offered, or chosen"},
		tlsCompression:      {Name: "tls.handshake.comp_method", Kind: num, Bits: 8, Doc: "Compression methods"},
		tlsExtension:        {Name: "tls.handshake.extension.type", Kind: num, Bits: 16, Listed: true, Doc: "Extensions of a hello"},
		tlsServerName:       {Name: "tls.handshake.extensions_server_name", Kind: text, Listed: true, Doc: "Name of the server that the client asks for (SNI)"},
		tlsALPN:             {Name: "tls.handshake.extensions_alpn_str", Kind: text, Listed: true, Doc: "Application protocols: offered, or chosen (ALPN)"},
		tlsSupportedVersion: {Name: "tls.handshake.extensions.supported_version", Kind: num, Bits: 16, Hex: true, Listed: true, Doc: "Versions: offered, or chosen"},
		tlsGroup:            {Name: "tls.handshake.extensions_supported_group", Kind: num, Bits: 16, Hex: true, Doc: "Groups for the key exchange"},
		tlsPointFormat:      {Name: "tls.handshake.extensions_ec_point_format", Kind: num, Bits: 8, Doc: "Formats of points of curves"},
		tlsSigAlg:           {Name: "tls.handshake.sig_hash_alg", Kind: num, Bits: 16, Hex: true, Doc: "Signature algorithms"},
		tlsKeyShare:         {Name: "tls.handshake.extensions_key_share_group", Kind: num, Bits: 16, Doc: "Groups of key shares"},
		tlsCurve:            {Name: "tls.handshake.server_named_curve", Kind: num, Bits: 16, Hex: true, Doc: "Curve of the server's key exchange"},
		tlsTicketHint:       {Name: "tls.handshake.session_ticket_lifetime_hint", Kind: num, Bits: 32, Doc: "Lifetime of a session ticket, seconds"},
		tlsJA3Full:          {Name: "tls.handshake.ja3_full", Kind: text, Doc: "What JA3 is the hash of"},
		tlsJA3:              {Name: "tls.handshake.ja3", Kind: text, Listed: true, Doc: "JA3 fingerprint of the client"},
		tlsJA3SFull:         {Name: "tls.handshake.ja3s_full", Kind: text, Doc: "What JA3S is the hash of"},
		tlsJA3S:             {Name: "tls.handshake.ja3s", Kind: text, Listed: true, Doc: "JA3S fingerprint of the server"},
		tlsJA4:              {Name: "tls.handshake.ja4", Kind: text, Listed: true, Doc: "JA4 fingerprint of the client (not Wireshark's)"},
		tlsCertificate:      {Name: "tls.handshake.certificate", Kind: none, Doc: "Certificate (its bytes are not kept)"},
		tlsCertHash:         {Name: "tls.certificate.sha256", Kind: bytes, Doc: "SHA-256 of a certificate (ours)"},
		tlsCertSubject:      {Name: "tls.certificate.subject", Kind: text, Listed: true, Doc: "Subject of a certificate (ours)"},
		tlsCertIssuer:       {Name: "tls.certificate.issuer", Kind: text, Listed: true, Doc: "Issuer of a certificate (ours)"},
		tlsCertFrom:         {Name: "tls.certificate.not_before", Kind: dissect.KindAbsTime, Doc: "First second of a certificate's validity (ours)"},
		tlsCertTo:           {Name: "tls.certificate.not_after", Kind: dissect.KindAbsTime, Doc: "Last second of a certificate's validity (ours)"},
		tlsCertSerial:       {Name: "tls.certificate.serial", Kind: text, Doc: "Serial number of a certificate, hexadecimal (ours)"},
		tlsCertName:         {Name: "tls.certificate.dns", Kind: text, Doc: "DNS names of a certificate (ours)"},
		tlsCertKey:          {Name: "tls.certificate.key_type", Kind: text, Listed: true, Doc: "Type of a certificate's key: RSA, EC ... (ours)"},
		tlsCertBits:         {Name: "tls.certificate.key_bits", Kind: num, Bits: 16, Listed: true, Doc: "Size of a certificate's key in bits (ours)"},
		tlsCertSelfSigned:   {Name: "tls.certificate.self_signed", Kind: dissect.KindBool, Listed: true, Doc: "Subject and issuer of a certificate are the same (ours)"},
		tlsCertMatches:      {Name: "tls.certificate.name_matches", Kind: dissect.KindBool, Listed: true, Doc: "The server's certificate is for the name that the client asked for (ours)"},
	}
	for i := range all {
		all[i].Name = prefix + strings.TrimPrefix(all[i].Name, "tls")
	}
	return all
}
