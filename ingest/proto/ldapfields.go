package proto

import "pcapidx/ingest/dissect"

const (
	ldapMessageID = iota
	ldapOp
	ldapVersion
	ldapName
	ldapAuthentication
	ldapSimple
	ldapMechanism
	ldapCredentials
	ldapBase
	ldapScope
	ldapDeref
	ldapSizeLimit
	ldapTimeLimit
	ldapTypesOnly
	ldapFilter
	ldapAttributeDesc
	ldapAssertion
	ldapPresent
	ldapInitial
	ldapAny
	ldapFinal
	ldapMatchingRule
	ldapMatchValue
	ldapAttribute
	ldapResult
	ldapMatchedDN
	ldapError
	ldapURL
	ldapObjectName
	ldapType
	ldapVals
	ldapValue
	ldapObject
	ldapEntry
	ldapNewRDN
	ldapDelete
	ldapAbandon
	ldapRequestName
	ldapResponseName
	ldapSASL
)

// ldapFields is the table of LDAP and CLDAP.
func ldapFields() []Field {
	return []Field{
		ldapMessageID:      {Name: "ldap.messageID", Kind: dissect.KindUint, Bits: 32, Doc: "Number of the message"},
		ldapOp:             {Name: "ldap.protocolOp", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "Operation: 0 bind, 3 search, 4 entry, 5 search done ..."},
		ldapVersion:        {Name: "ldap.version", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "Version of the protocol"},
		ldapName:           {Name: "ldap.name", Kind: dissect.KindString, Doc: "Name to bind as"},
		ldapAuthentication: {Name: "ldap.authentication", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "0 simple, 3 SASL"},
		ldapSimple:         {Name: "ldap.simple", Kind: dissect.KindString, Secret: true, Doc: "Password of a simple bind"},
		ldapMechanism:      {Name: "ldap.mechanism", Kind: dissect.KindString, Listed: true, Doc: "SASL mechanism"},
		ldapCredentials:    {Name: "ldap.credentials", Kind: dissect.KindBytes, Secret: true, Doc: "SASL credentials"},
		ldapBase:           {Name: "ldap.baseObject", Kind: dissect.KindString, Doc: "Where a search begins"},
		ldapScope:          {Name: "ldap.scope", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "0 base, 1 one level, 2 subtree"},
		ldapDeref:          {Name: "ldap.derefAliases", Kind: dissect.KindUint, Bits: 32, Doc: "When aliases are followed"},
		ldapSizeLimit:      {Name: "ldap.sizeLimit", Kind: dissect.KindUint, Bits: 32, Doc: "Most entries to give"},
		ldapTimeLimit:      {Name: "ldap.timeLimit", Kind: dissect.KindUint, Bits: 32, Doc: "Most seconds to take"},
		ldapTypesOnly:      {Name: "ldap.typesOnly", Kind: dissect.KindBool, Doc: "No values, only types"},
		ldapFilter:         {Name: "ldap.filter", Kind: dissect.KindUint, Bits: 32, Doc: "Kinds of the parts of the filter"},
		ldapAttributeDesc:  {Name: "ldap.attributeDesc", Kind: dissect.KindString, Doc: "Attribute that a filter compares"},
		ldapAssertion:      {Name: "ldap.assertionValue", Kind: dissect.KindString, Doc: "Value that a filter compares with"},
		ldapPresent:        {Name: "ldap.present", Kind: dissect.KindString, Doc: "Attribute that must be there"},
		ldapInitial:        {Name: "ldap.initial", Kind: dissect.KindString, Doc: "First part of a substring filter"},
		ldapAny:            {Name: "ldap.any", Kind: dissect.KindString, Doc: "Inner part of a substring filter"},
		ldapFinal:          {Name: "ldap.final", Kind: dissect.KindString, Doc: "Last part of a substring filter"},
		ldapMatchingRule:   {Name: "ldap.matchingRule", Kind: dissect.KindString, Doc: "Rule of an extensible match"},
		ldapMatchValue:     {Name: "ldap.matchValue", Kind: dissect.KindString, Doc: "Value of an extensible match"},
		ldapAttribute:      {Name: "ldap.AttributeDescription", Kind: dissect.KindString, Doc: "Attribute asked for"},
		ldapResult:         {Name: "ldap.resultCode", Kind: dissect.KindUint, Bits: 32, Listed: true, Doc: "Result"},
		ldapMatchedDN:      {Name: "ldap.matchedDN", Kind: dissect.KindString, Doc: "How far the name was found"},
		ldapError:          {Name: "ldap.errorMessage", Kind: dissect.KindString, Doc: "Text of the server"},
		ldapURL:            {Name: "ldap.LDAPURL", Kind: dissect.KindString, Doc: "Other server to ask"},
		ldapObjectName:     {Name: "ldap.objectName", Kind: dissect.KindString, Doc: "Name of an entry found"},
		ldapType:           {Name: "ldap.type", Kind: dissect.KindString, Doc: "Attribute of an entry"},
		ldapVals:           {Name: "ldap.vals", Kind: dissect.KindUint, Bits: 32, Doc: "Number of its values"},
		ldapValue:          {Name: "ldap.AttributeValue", Kind: dissect.KindBytes, Doc: "Value of an attribute"},
		ldapObject:         {Name: "ldap.object", Kind: dissect.KindString, Doc: "Entry to modify"},
		ldapEntry:          {Name: "ldap.entry", Kind: dissect.KindString, Doc: "Entry to add, rename or compare"},
		ldapNewRDN:         {Name: "ldap.newrdn", Kind: dissect.KindString, Doc: "New name of an entry"},
		ldapDelete:         {Name: "ldap.delRequest", Kind: dissect.KindString, Doc: "Entry to delete"},
		ldapAbandon:        {Name: "ldap.abandonRequest", Kind: dissect.KindUint, Bits: 32, Doc: "Message whose answer is not wanted any more"},
		ldapRequestName:    {Name: "ldap.requestName", Kind: dissect.KindString, Doc: "Extended operation"},
		ldapResponseName:   {Name: "ldap.responseName", Kind: dissect.KindString, Doc: "Extended operation that is answered"},
		ldapSASL:           {Name: "ldap.sasl_buffer_length", Kind: dissect.KindUint, Bits: 32, Doc: "Bytes of a protected buffer"},
	}
}
