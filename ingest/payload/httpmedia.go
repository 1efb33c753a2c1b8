package payload

import (
	"bytes"
	"strings"
)

// mediaTypes are the media types that a protocol is registered for, by the name
// of the protocol; the others are "media". Taken from what tshark 4.0.17 shows
// for a body of each type.
const mediaTypes = `
cbor application/cbor application/cbor-seq;
cose application/cose-key;
dns application/dns-message;
grpc application/grpc application/grpc+proto application/grpc+json application/grpc-web application/grpc-web+proto;
ipp application/ipp;
isup application/isup;
json application/json application/json-rpc application/jsonrequest application/problem+json application/x-ndjson;
xml application/load-control+xml application/rdf+xml application/rss+xml application/atom+xml application/soap+xml
 application/xml application/xslt+xml application/mathml+xml image/svg+xml message/imdn+xml text/vnd.wap.wml
 text/vnd.wap.si text/vnd.wap.sl text/xml application/pidf+xml application/resource-lists+xml
 application/conference-info+xml application/watcherinfo+xml application/cpl+xml application/auth-policy+xml
 application/ccmp+xml application/xcap-diff+xml application/reginfo+xml application/xml-dtd application/xcap-el+xml;
ocsp application/ocsp-request application/ocsp-response;
pkix-cert application/pkix-cert;
x509af application/pkix-crl;
cms application/pkcs7-mime application/pkcs7-signature;
pkcs10 application/pkcs10;
data application/octet-stream;
sdp application/sdp;
data-text-lines application/x-javascript application/x-ns-proxy-autoconfig text/css text/html text/javascript text/plain
 text/parameters text/vnd.sun.j2me.app-descriptor text/richtext text/xml-external-parsed-entity;
urlencoded-form application/x-www-form-urlencoded;
wbxml application/vnd.wap.wmlc application/vnd.syncml+wbxml application/vnd.ms-sync.wbxml;
mmse application/vnd.wap.mms-message;
gsm_a.rp application/vnd.3gpp.sms;
pkixtsp application/timestamp-query application/timestamp-reply;
amf application/x-amf;
message-http message/http;
imf message/rfc822;
sipfrag message/sipfrag;
mikey application/mikey;
mp2t video/mp2t;
mime_multipart multipart/mixed multipart/form-data multipart/related multipart/alternative multipart/byteranges
 multipart/report multipart/signed multipart/encrypted;
`

// mediaProtocol gives the protocol of a Content-Type header.
func mediaProtocol(value []byte) string {
	value, _, _ = bytes.Cut(value, []byte(";"))
	value = bytes.TrimSpace(value)
	if len(value) == 0 || len(value) > 80 {
		return "media"
	}
	typ := " " + strings.ToLower(string(value))
	for from := 0; ; {
		i := strings.Index(mediaTypes[from:], typ)
		if i < 0 {
			return "media"
		}
		i += from
		from = i + len(typ)
		if strings.IndexByte(" ;\n", mediaTypes[from]) < 0 {
			continue
		}
		entry := mediaTypes[strings.LastIndexByte(mediaTypes[:i], ';')+1:]
		name, _, _ := strings.Cut(strings.TrimSpace(entry), " ")
		return name
	}
}

// httpBody names what the body of a message is; used is the message's length.
func (c *call) httpBody(m *message, used int) {
	n := used - m.header
	if m.body == chunked {
		n = m.size
	}
	if c.cut {
		n = min(n, len(c.b)-m.header)
	}
	if m.body == noBody || n <= 0 || !m.complete {
		return
	}
	first := m.sniff[:m.sniffed]
	name := m.media
	if m.coding == unknown || m.coding == packed && m.sniffed >= 2 && !hasAt(first, 0, "\x1f\x8b") && (first[0]&0xf != 8 || be16(first, 0)%31 != 0) {
		name = "" // what cannot be unpacked is not looked into
	}
	switch name {
	case "", "data":
		c.bodyData(n)
	case "media":
		c.add(imageProtocol(first))
	case "mime_multipart":
		c.add(name)
		c.bodyData(n)
	case "json":
		c.add(name)
		if m.coding == plain && !beginsJSON(first) {
			c.add("data-text-lines")
		}
	default:
		c.add(name)
	}
}

// beginsJSON reports whether b begins as a JSON value does.
func beginsJSON(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 {
		return true
	}
	for _, word := range []string{"true", "false", "null"} {
		if n := min(len(word), len(b)); string(b[:n]) == word[:n] {
			return true
		}
	}
	return strings.IndexByte(`{["-0123456789`, b[0]) >= 0
}

// bodyData puts a body of n bytes into the result as data.
func (c *call) bodyData(n int) {
	if c.cut {
		n += c.n - len(c.b)
	}
	c.data(n)
}

// imageProtocol tells images by their first bytes, as a type that has no
// dissector of its own goes to heuristics.
func imageProtocol(first []byte) string {
	switch {
	case hasAt(first, 0, "\x89PNG\r\n\x1a\n"):
		return "png"
	case hasAt(first, 0, "GIF87a"), hasAt(first, 0, "GIF89a"):
		return "image-gif"
	case hasAt(first, 0, "\xff\xd8\xff"):
		return "image-jfif"
	}
	return "media"
}
