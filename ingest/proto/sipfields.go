package proto

import "pcapidx/ingest/dissect"

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

func sipFields() []Field {
	text := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindString, Doc: doc} }
	number := func(name, doc string) Field {
		return Field{Name: name, Kind: dissect.KindUint, Bits: 32, Doc: doc}
	}
	few := func(f Field) Field { f.Listed = true; return f }
	secret := func(f Field) Field { f.Secret = true; return f }
	fields := []Field{
		sipRequestLine:      text("sip.Request-Line", "First line of a request"),
		sipMethod:           few(text("sip.Method", "Method of a request")),
		sipRURI:             text("sip.r-uri", "URI of a request"),
		sipRURIUser:         text("sip.r-uri.user", "User of the request's URI"),
		sipRURIHost:         text("sip.r-uri.host", "Host of the request's URI"),
		sipRURIPort:         text("sip.r-uri.port", "Port of the request's URI"),
		sipStatusLine:       text("sip.Status-Line", "First line of an answer"),
		sipStatusCode:       few(number("sip.Status-Code", "Code of an answer")),
		sipResend:           {Name: "sip.resend", Kind: dissect.KindBool, Listed: true, Doc: "The message was sent before"},
		sipResendOriginal:   number("sip.resend-original", "Frame that brought the message before"),
		sipResponseRequest:  number("sip.response-request", "Frame of the request that is answered"),
		sipResponseTime:     number("sip.response-time", "Milliseconds since that request"),
		sipReleaseTime:      number("sip.release-time", "Milliseconds from BYE to its answer"),
		sipVia:              text("sip.Via", "Way of the request so far"),
		sipViaTransport:     few(text("sip.Via.transport", "Transport of a Via header")),
		sipViaAddress:       text("sip.Via.sent-by.address", "Address of a Via header"),
		sipViaPort:          {Name: "sip.Via.sent-by.port", Kind: dissect.KindUint, Bits: 16, Doc: "Port of a Via header"},
		sipViaBranch:        text("sip.Via.branch", "Identifier of the transaction"),
		sipViaReceived:      text("sip.Via.received", "Address from which the request came"),
		sipViaRport:         text("sip.Via.rport", "Port from which the request came"),
		sipFrom:             text("sip.From", "Who asks"),
		sipFromDisplay:      text("sip.from.display.info", "Name in From"),
		sipFromAddr:         text("sip.from.addr", "URI in From"),
		sipFromUser:         text("sip.from.user", "User in From"),
		sipFromHost:         text("sip.from.host", "Host in From"),
		sipFromPort:         text("sip.from.port", "Port in From"),
		sipFromTag:          text("sip.from.tag", "Tag in From"),
		sipTo:               text("sip.To", "Who is asked"),
		sipToDisplay:        text("sip.to.display.info", "Name in To"),
		sipToAddr:           text("sip.to.addr", "URI in To"),
		sipToUser:           text("sip.to.user", "User in To"),
		sipToHost:           text("sip.to.host", "Host in To"),
		sipToPort:           text("sip.to.port", "Port in To"),
		sipToTag:            text("sip.to.tag", "Tag in To"),
		sipTag:              text("sip.tag", "Tag in From or To"),
		sipContact:          text("sip.Contact", "Where the sender is reached"),
		sipContactURI:       text("sip.contact.uri", "URI in Contact"),
		sipContactUser:      text("sip.contact.user", "User in Contact"),
		sipContactHost:      text("sip.contact.host", "Host in Contact"),
		sipContactPort:      text("sip.contact.port", "Port in Contact"),
		sipContactParameter: text("sip.contact.parameter", "Parameter of Contact"),
		sipCallID:           text("sip.Call-ID", "Identifier of the call"),
		sipCSeq:             text("sip.CSeq", "Number and method of the transaction"),
		sipCSeqSeq:          number("sip.CSeq.seq", "Number of the transaction"),
		sipCSeqMethod:       few(text("sip.CSeq.method", "Method of the transaction")),
		sipExpires:          number("sip.Expires", "Seconds that the request holds"),
		sipMaxForwards:      number("sip.Max-Forwards", "Hops that are left"),
		sipContentLength:    number("sip.Content-Length", "Bytes of the body"),
		sipContentType:      few(text("sip.Content-Type", "Media type of the body")),
		sipUserAgent:        few(text("sip.User-Agent", "Software of a client")),
		sipServer:           few(text("sip.Server", "Software of a server")),
		sipAllow:            text("sip.Allow", "Methods that the sender takes"),
		sipSupported:        text("sip.Supported", "Extensions that the sender has"),
		sipSubject:          text("sip.Subject", "What the call is about"),
		sipReason:           text("sip.Reason", "Why a call ends"),
		sipWarning:          text("sip.Warning", "Why an answer is what it is"),
		sipDate:             text("sip.Date", "Sender's time"),
		sipEvent:            few(text("sip.Event", "What is subscribed to")),
		sipAsserted:         text("sip.P-Asserted-Identity", "Who asks, as the network knows"),
		sipRoute:            text("sip.Route", "Way that the request is to take"),
		sipRecordRoute:      text("sip.Record-Route", "Way that later requests are to take"),
		sipAuthScheme:       few(text("sip.auth.scheme", "Scheme of authentication")),
		sipAuthUser:         text("sip.auth.username", "Name of the user that authenticates"),
		sipAuthRealm:        text("sip.auth.realm", "Realm of authentication"),
		sipAuthURI:          text("sip.auth.uri", "URI that is authenticated"),
		sipAuthNonce:        text("sip.auth.nonce", "Server's nonce"),
		sipAuthAlgorithm:    text("sip.auth.algorithm", "Algorithm of the digest"),
		sipAuthQOP:          text("sip.auth.qop", "Quality of protection"),
		sipAuthStale:        text("sip.auth.stale", "The nonce was too old"),
		sipAuthResponse:     secret(text("sip.auth.digest.response", "Digest of name, password and nonce")),
		sipCallIdentifier:   text("sip.call.id", "Call-ID of a call"),
		sipCallFrom:         text("sip.call.from", "Caller of a call"),
		sipCallTo:           text("sip.call.to", "Who was called"),
		sipCallPDD:          number("sip.call.pdd_ms", "Milliseconds from INVITE until it rang (180 or 183)"),
		sipCallSetup:        number("sip.call.setup_ms", "Milliseconds from INVITE to 200"),
		sipCallTalk:         number("sip.call.talk_ms", "Milliseconds from 200 to BYE"),
		sipCallEnd:          few(text("sip.call.end", "Why a call ended: caller, callee, cancelled, a code, open")),
	}
	return append(fields, sdpFields()...)
}
