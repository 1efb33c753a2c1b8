package proto

import "pcapidx/ingest/dissect"

const (
	stunType = iota
	stunTypeClass
	stunTypeMethod
	stunMessageLength
	stunCookieField
	stunID
	stunDuplicate
	stunResponseTo
	stunTime
	stunChannel
	stunAttributeType
	stunAttributeLength
	stunFamily
	stunIPv4
	stunIPv6
	stunPort
	stunXORIPv4
	stunXORIPv6
	stunXORPort
	stunUsername
	stunPassword
	stunRealm
	stunNonce
	stunSoftware
	stunErrorClass
	stunErrorCode
	stunErrorReason
	stunPriority
	stunLifetime
	stunChannelNumber
)

func stunFields() []Field {
	number := func(name string, bits uint8, doc string) Field {
		return Field{Name: name, Kind: dissect.KindUint, Bits: bits, Doc: doc}
	}
	hex := func(name string, doc string) Field {
		return Field{Name: name, Kind: dissect.KindUint, Bits: 16, Hex: true, Doc: doc}
	}
	listed := func(f Field) Field { f.Listed = true; return f }
	text := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindString, Doc: doc} }
	bytes := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindBytes, Doc: doc} }
	return []Field{
		stunType:            listed(hex("stun.type", "Method and class of a message")),
		stunTypeClass:       listed(hex("stun.type.class", "Class: request, indication, success, error")),
		stunTypeMethod:      listed(hex("stun.type.method", "Method")),
		stunMessageLength:   number("stun.length", 16, "Bytes after the header"),
		stunCookieField:     bytes("stun.cookie", "Cookie"),
		stunID:              bytes("stun.id", "Identifier of the transaction"),
		stunDuplicate:       number("stun.reqduplicate", 32, "Frame that brought the request before"),
		stunResponseTo:      number("stun.response-to", 32, "Frame of the request that is answered"),
		stunTime:            {Name: "stun.time", Kind: dissect.KindRelTime, Doc: "Time since that request"},
		stunChannel:         listed(hex("stun.channel", "Channel that data belong to")),
		stunAttributeType:   listed(hex("stun.att.type", "Kind of an attribute")),
		stunAttributeLength: number("stun.att.length", 16, "Length of an attribute"),
		stunFamily:          {Name: "stun.att.family", Kind: dissect.KindUint, Bits: 8, Hex: true, Doc: "Family of an address: 1 IPv4, 2 IPv6"},
		stunIPv4:            {Name: "stun.att.ipv4", Kind: dissect.KindIPv4, Doc: "IPv4 address"},
		stunIPv6:            {Name: "stun.att.ipv6", Kind: dissect.KindIPv6, Doc: "IPv6 address"},
		stunPort:            number("stun.att.port", 16, "Port"),
		stunXORIPv4:         bytes("stun.att.ipv4-xord", "IPv4 address as it is sent"),
		stunXORIPv6:         bytes("stun.att.ipv6-xord", "IPv6 address as it is sent"),
		stunXORPort:         bytes("stun.att.port-xord", "Port as it is sent"),
		stunUsername:        text("stun.att.username", "Name of the user"),
		stunPassword:        {Name: "stun.att.password", Kind: dissect.KindBytes, Secret: true, Doc: "Password"},
		stunRealm:           text("stun.att.realm", "Realm of the credentials"),
		stunNonce:           text("stun.att.nonce", "Server's nonce"),
		stunSoftware:        text("stun.att.software", "Software of the sender"),
		stunErrorClass:      listed(number("stun.att.error.class", 8, "Hundreds of an error's code")),
		stunErrorCode:       listed(number("stun.att.error", 8, "The rest of an error's code")),
		stunErrorReason:     text("stun.att.error.reason", "Reason of an error"),
		stunPriority:        number("stun.att.priority", 32, "Priority of a candidate"),
		stunLifetime:        number("stun.att.lifetime", 32, "Seconds that an allocation lasts"),
		stunChannelNumber:   hex("stun.att.channelnum", "Number of a channel"),
	}
}
