package proto

import "pcapidx/ingest/dissect"

const (
	httpIsRequest = iota
	httpIsResponse
	httpIsNotification
	httpMethod
	httpURI
	httpPath
	httpQuery
	httpParameter
	httpRequestVersion
	httpResponseVersion
	httpCode
	httpCodeText
	httpPhrase
	httpRequestLine
	httpResponseLine
	httpFullURI
	httpRequestNumber
	httpResponseNumber
	httpLength
	httpCookiePair
	httpAuthBasic
	httpChunkSize
	httpTrailer
	httpFileData
	httpConnectHost
	httpConnectPort
	httpHost // the first of the header lines
	httpUserAgent
	httpReferer
	httpContentType
	httpLengthHeader
	httpContentEncoding
	httpTransferEncoding
	httpUpgrade
	httpConnection
	httpCookie
	httpSetCookie
	httpAccept
	httpAcceptLanguage
	httpAcceptEncoding
	httpDate
	httpCacheControl
	httpServer
	httpLocation
	httpLastModified
	httpForwardedFor
	httpAuthorization
	httpProxyAuthorization
	httpProxyAuthenticate
	httpWWWAuthenticate
	httpSocketAccept
	httpSocketExtensions
	httpSocketKey
	httpSocketProtocol
	httpSocketVersion
	httpSettings
)

// httpFields is the table of fields; HTTP and SSDP share it.
func httpFields() []Field {
	text := func(name, doc string) Field { return Field{Name: "http." + name, Kind: dissect.KindString, Doc: doc} }
	listed := func(name, doc string) Field {
		return Field{Name: "http." + name, Kind: dissect.KindString, Listed: true, Doc: doc}
	}
	secret := func(name, doc string) Field {
		return Field{Name: "http." + name, Kind: dissect.KindString, Secret: true, Doc: doc}
	}
	flag := func(name, doc string) Field { return Field{Name: "http." + name, Kind: dissect.KindBool, Doc: doc} }
	number := func(name string, bits uint8, list bool, doc string) Field {
		return Field{Name: "http." + name, Kind: dissect.KindUint, Bits: bits, Listed: list, Doc: doc}
	}
	return []Field{
		httpIsRequest:          flag("request", "The message is a request"),
		httpIsResponse:         flag("response", "The message is a response"),
		httpIsNotification:     flag("notification", "The message is a notification of SSDP"),
		httpMethod:             listed("request.method", "Method"),
		httpURI:                text("request.uri", "Target of the request, as it stands in its first line"),
		httpPath:               text("request.uri.path", "Path of a target that has a query"),
		httpQuery:              text("request.uri.query", "Query of the target"),
		httpParameter:          text("request.uri.query.parameter", "Parameter of the query"),
		httpRequestVersion:     listed("request.version", "Version of the request"),
		httpResponseVersion:    listed("response.version", "Version of the response"),
		httpCode:               number("response.code", 16, true, "Status code"),
		httpCodeText:           listed("response.code.desc", "What the status code means"),
		httpPhrase:             listed("response.phrase", "Reason phrase"),
		httpRequestLine:        text("request.line", "Header line of a request, with its end"),
		httpResponseLine:       text("response.line", "Header line of a response, with its end"),
		httpFullURI:            text("request.full_uri", "Target with scheme and host"),
		httpRequestNumber:      number("request_number", 32, false, "Which request of the connection it is"),
		httpResponseNumber:     number("response_number", 32, false, "Which response of the connection it is"),
		httpLength:             number("content_length", 64, false, "Content-Length as a number"),
		httpCookiePair:         secret("cookie_pair", "Cookie"),
		httpAuthBasic:          secret("authbasic", "Name and password of Basic authentication"),
		httpChunkSize:          number("chunk_size", 32, false, "Size of a chunk"),
		httpTrailer:            text("chunked_trailer_part", "Trailer lines of a chunked body"),
		httpFileData:           text("file_data", "Decoded body, if it is text: its first 16 KiB"),
		httpConnectHost:        listed("proxy_connect_host", "Host that CONNECT names"),
		httpConnectPort:        number("proxy_connect_port", 16, true, "Port that CONNECT names"),
		httpHost:               listed("host", "Host header"),
		httpUserAgent:          listed("user_agent", "User-Agent header"),
		httpReferer:            text("referer", "Referer header"),
		httpContentType:        listed("content_type", "Content-Type header"),
		httpLengthHeader:       text("content_length_header", "Content-Length header"),
		httpContentEncoding:    listed("content_encoding", "Content-Encoding header"),
		httpTransferEncoding:   listed("transfer_encoding", "Transfer-Encoding header"),
		httpUpgrade:            listed("upgrade", "Upgrade header"),
		httpConnection:         listed("connection", "Connection header"),
		httpCookie:             secret("cookie", "Cookie header"),
		httpSetCookie:          secret("set_cookie", "Set-Cookie header"),
		httpAccept:             text("accept", "Accept header"),
		httpAcceptLanguage:     text("accept_language", "Accept-Language header"),
		httpAcceptEncoding:     text("accept_encoding", "Accept-Encoding header"),
		httpDate:               text("date", "Date header"),
		httpCacheControl:       text("cache_control", "Cache-Control header"),
		httpServer:             listed("server", "Server header"),
		httpLocation:           text("location", "Location header"),
		httpLastModified:       text("last_modified", "Last-Modified header"),
		httpForwardedFor:       text("x_forwarded_for", "X-Forwarded-For header"),
		httpAuthorization:      secret("authorization", "Authorization header"),
		httpProxyAuthorization: secret("proxy_authorization", "Proxy-Authorization header"),
		httpProxyAuthenticate:  text("proxy_authenticate", "Proxy-Authenticate header"),
		httpWWWAuthenticate:    text("www_authenticate", "WWW-Authenticate header"),
		httpSocketAccept:       text("sec_websocket_accept", "Sec-WebSocket-Accept header"),
		httpSocketExtensions:   text("sec_websocket_extensions", "Sec-WebSocket-Extensions header"),
		httpSocketKey:          text("sec_websocket_key", "Sec-WebSocket-Key header"),
		httpSocketProtocol:     text("sec_websocket_protocol", "Sec-WebSocket-Protocol header"),
		httpSocketVersion:      text("sec_websocket_version", "Sec-WebSocket-Version header"),
		httpSettings:           text("http2_settings", "HTTP2-Settings header"),
	}
}

// httpHeaderField gives the field of a header line by its lower-case name.
func httpHeaderField(name string) (field int, ok bool) {
	switch name {
	case "host":
		return httpHost, true
	case "user-agent":
		return httpUserAgent, true
	case "referer":
		return httpReferer, true
	case "content-type":
		return httpContentType, true
	case "content-length":
		return httpLengthHeader, true
	case "content-encoding":
		return httpContentEncoding, true
	case "transfer-encoding":
		return httpTransferEncoding, true
	case "upgrade":
		return httpUpgrade, true
	case "connection":
		return httpConnection, true
	case "cookie":
		return httpCookie, true
	case "set-cookie":
		return httpSetCookie, true
	case "accept":
		return httpAccept, true
	case "accept-language":
		return httpAcceptLanguage, true
	case "accept-encoding":
		return httpAcceptEncoding, true
	case "date":
		return httpDate, true
	case "cache-control":
		return httpCacheControl, true
	case "server":
		return httpServer, true
	case "location":
		return httpLocation, true
	case "last-modified":
		return httpLastModified, true
	case "x-forwarded-for":
		return httpForwardedFor, true
	}
	return httpRareField(name)
}

func httpRareField(name string) (field int, ok bool) {
	switch name {
	case "authorization":
		return httpAuthorization, true
	case "proxy-authorization":
		return httpProxyAuthorization, true
	case "proxy-authenticate":
		return httpProxyAuthenticate, true
	case "www-authenticate":
		return httpWWWAuthenticate, true
	case "sec-websocket-accept":
		return httpSocketAccept, true
	case "sec-websocket-extensions":
		return httpSocketExtensions, true
	case "sec-websocket-key":
		return httpSocketKey, true
	case "sec-websocket-protocol":
		return httpSocketProtocol, true
	case "sec-websocket-version":
		return httpSocketVersion, true
	case "http2-settings":
		return httpSettings, true
	}
	return 0, false
}
