package proto

import (
	"slices"

	"pcapidx/ingest/dissect"
)

const (
	sipRequestLine = iota
	sipMethod
	sipRURI
	sipRURIUser
	sipRURIHost
	sipRURIPort
	sipStatusLine
	sipStatusCode
	sipResend
	sipResendOriginal
	sipResponseRequest
	sipResponseTime
	sipReleaseTime
	sipVia
	sipViaTransport
	sipViaAddress
	sipViaPort
	sipViaBranch
	sipViaReceived
	sipViaRport
	sipFrom
	sipFromDisplay
	sipFromAddr
	sipFromUser
	sipFromHost
	sipFromPort
	sipFromTag
	sipTo
	sipToDisplay
	sipToAddr
	sipToUser
	sipToHost
	sipToPort
	sipToTag
	sipTag
	sipContact
	sipContactURI
	sipContactUser
	sipContactHost
	sipContactPort
	sipContactParameter
	sipCallID
	sipCSeq
	sipCSeqSeq
	sipCSeqMethod
	sipExpires
	sipMaxForwards
	sipContentLength
	sipContentType
	sipUserAgent
	sipServer
	sipAllow
	sipSupported
	sipSubject
	sipReason
	sipWarning
	sipDate
	sipEvent
	sipAsserted
	sipRoute
	sipRecordRoute
	sipAuthScheme
	sipAuthUser
	sipAuthRealm
	sipAuthURI
	sipAuthNonce
	sipAuthAlgorithm
	sipAuthQOP
	sipAuthStale
	sipAuthResponse
	sipCallIdentifier
	sipCallFrom
	sipCallTo
	sipCallPDD
	sipCallSetup
	sipCallTalk
	sipCallEnd
	sdpFirst // the fields of SDP follow
)

func sipTextField(name, doc string) Field {
	return Field{Name: name, Kind: dissect.KindString, Doc: doc}
}

func sipNumberField(name, doc string) Field {
	return Field{Name: name, Kind: dissect.KindUint, Bits: 32, Doc: doc}
}

func listedField(f Field) Field {
	f.Listed = true
	return f
}

func secretField(f Field) Field {
	f.Secret = true
	return f
}

// sipFields are the fields of SIP, and those of SDP after them.
func sipFields() []Field {
	return slices.Concat(sipAddressFields(), sipOtherFields(), sdpFields())
}

// sipAddressFields are those of the first line, the transaction, and who speaks.
func sipAddressFields() []Field {
	return []Field{
		sipRequestLine:      sipTextField("sip.Request-Line", "First line of a request"),
		sipMethod:           listedField(sipTextField("sip.Method", "Method of a request")),
		sipRURI:             sipTextField("sip.r-uri", "URI of a request"),
		sipRURIUser:         sipTextField("sip.r-uri.user", "User of the request's URI"),
		sipRURIHost:         sipTextField("sip.r-uri.host", "Host of the request's URI"),
		sipRURIPort:         sipTextField("sip.r-uri.port", "Port of the request's URI"),
		sipStatusLine:       sipTextField("sip.Status-Line", "First line of an answer"),
		sipStatusCode:       listedField(sipNumberField("sip.Status-Code", "Code of an answer")),
		sipResend:           {Name: "sip.resend", Kind: dissect.KindBool, Listed: true, Doc: "The message was sent before"},
		sipResendOriginal:   sipNumberField("sip.resend-original", "Frame that brought the message before"),
		sipResponseRequest:  sipNumberField("sip.response-request", "Frame of the request that is answered"),
		sipResponseTime:     sipNumberField("sip.response-time", "Milliseconds since that request"),
		sipReleaseTime:      sipNumberField("sip.release-time", "Milliseconds from BYE to its answer"),
		sipVia:              sipTextField("sip.Via", "Way of the request so far"),
		sipViaTransport:     listedField(sipTextField("sip.Via.transport", "Transport of a Via header")),
		sipViaAddress:       sipTextField("sip.Via.sent-by.address", "Address of a Via header"),
		sipViaPort:          {Name: "sip.Via.sent-by.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port of a Via header"},
		sipViaBranch:        sipTextField("sip.Via.branch", "Identifier of the transaction"),
		sipViaReceived:      sipTextField("sip.Via.received", "Address from which the request came"),
		sipViaRport:         sipTextField("sip.Via.rport", "Port from which the request came"),
		sipFrom:             sipTextField("sip.From", "Who asks"),
		sipFromDisplay:      sipTextField("sip.from.display.info", "Name in From"),
		sipFromAddr:         sipTextField("sip.from.addr", "URI in From"),
		sipFromUser:         sipTextField("sip.from.user", "User in From"),
		sipFromHost:         sipTextField("sip.from.host", "Host in From"),
		sipFromPort:         sipTextField("sip.from.port", "Port in From"),
		sipFromTag:          sipTextField("sip.from.tag", "Tag in From"),
		sipTo:               sipTextField("sip.To", "Who is asked"),
		sipToDisplay:        sipTextField("sip.to.display.info", "Name in To"),
		sipToAddr:           sipTextField("sip.to.addr", "URI in To"),
		sipToUser:           sipTextField("sip.to.user", "User in To"),
		sipToHost:           sipTextField("sip.to.host", "Host in To"),
		sipToPort:           sipTextField("sip.to.port", "Port in To"),
		sipToTag:            sipTextField("sip.to.tag", "Tag in To"),
		sipTag:              sipTextField("sip.tag", "Tag in From or To"),
		sipContact:          sipTextField("sip.Contact", "Where the sender is reached"),
		sipContactURI:       sipTextField("sip.contact.uri", "URI in Contact"),
		sipContactUser:      sipTextField("sip.contact.user", "User in Contact"),
		sipContactHost:      sipTextField("sip.contact.host", "Host in Contact"),
		sipContactPort:      sipTextField("sip.contact.port", "Port in Contact"),
		sipContactParameter: sipTextField("sip.contact.parameter", "Parameter of Contact"),
		sipCallID:           sipTextField("sip.Call-ID", "Identifier of the call"),
		sipCSeq:             sipTextField("sip.CSeq", "Number and method of the transaction"),
		sipCSeqSeq:          sipNumberField("sip.CSeq.seq", "Number of the transaction"),
		sipCSeqMethod:       listedField(sipTextField("sip.CSeq.method", "Method of the transaction")),
	}
}

// sipOthers is the first of sipOtherFields.
const sipOthers = sipExpires

// sipOtherFields are those from sipExpires on.
func sipOtherFields() []Field {
	return []Field{
		sipExpires - sipOthers:        sipNumberField("sip.Expires", "Seconds that the request holds"),
		sipMaxForwards - sipOthers:    sipNumberField("sip.Max-Forwards", "Hops that are left"),
		sipContentLength - sipOthers:  sipNumberField("sip.Content-Length", "Bytes of the body"),
		sipContentType - sipOthers:    listedField(sipTextField("sip.Content-Type", "Media type of the body")),
		sipUserAgent - sipOthers:      listedField(sipTextField("sip.User-Agent", "Software of a client")),
		sipServer - sipOthers:         listedField(sipTextField("sip.Server", "Software of a server")),
		sipAllow - sipOthers:          sipTextField("sip.Allow", "Methods that the sender takes"),
		sipSupported - sipOthers:      sipTextField("sip.Supported", "Extensions that the sender has"),
		sipSubject - sipOthers:        sipTextField("sip.Subject", "What the call is about"),
		sipReason - sipOthers:         sipTextField("sip.Reason", "Why a call ends"),
		sipWarning - sipOthers:        sipTextField("sip.Warning", "Why an answer is what it is"),
		sipDate - sipOthers:           sipTextField("sip.Date", "Sender's time"),
		sipEvent - sipOthers:          listedField(sipTextField("sip.Event", "What is subscribed to")),
		sipAsserted - sipOthers:       sipTextField("sip.P-Asserted-Identity", "Who asks, as the network knows"),
		sipRoute - sipOthers:          sipTextField("sip.Route", "Way that the request is to take"),
		sipRecordRoute - sipOthers:    sipTextField("sip.Record-Route", "Way that later requests are to take"),
		sipAuthScheme - sipOthers:     listedField(sipTextField("sip.auth.scheme", "Scheme of authentication")),
		sipAuthUser - sipOthers:       sipTextField("sip.auth.username", "Name of the user that authenticates"),
		sipAuthRealm - sipOthers:      sipTextField("sip.auth.realm", "Realm of authentication"),
		sipAuthURI - sipOthers:        sipTextField("sip.auth.uri", "URI that is authenticated"),
		sipAuthNonce - sipOthers:      sipTextField("sip.auth.nonce", "Server's nonce"),
		sipAuthAlgorithm - sipOthers:  sipTextField("sip.auth.algorithm", "Algorithm of the digest"),
		sipAuthQOP - sipOthers:        sipTextField("sip.auth.qop", "Quality of protection"),
		sipAuthStale - sipOthers:      sipTextField("sip.auth.stale", "The nonce was too old"),
		sipAuthResponse - sipOthers:   secretField(sipTextField("sip.auth.digest.response", "Digest of name, password and nonce")),
		sipCallIdentifier - sipOthers: sipTextField("sip.call.id", "Call-ID of a call"),
		sipCallFrom - sipOthers:       sipTextField("sip.call.from", "Caller of a call"),
		sipCallTo - sipOthers:         sipTextField("sip.call.to", "Who was called"),
		sipCallPDD - sipOthers:        sipNumberField("sip.call.pdd_ms", "Milliseconds from INVITE until it rang (180 or 183)"),
		sipCallSetup - sipOthers:      sipNumberField("sip.call.setup_ms", "Milliseconds from INVITE to 200"),
		sipCallTalk - sipOthers:       sipNumberField("sip.call.talk_ms", "Milliseconds from 200 to BYE"),
		sipCallEnd - sipOthers:        listedField(sipTextField("sip.call.end", "Why a call ended: caller, callee, cancelled, a code, open")),
	}
}
