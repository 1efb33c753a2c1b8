package proto

import "pcapidx/ingest/dissect"

const (
	pgFrontend = iota
	pgType
	pgLength
	pgMajor
	pgMinor
	pgParameterName
	pgParameterValue
	pgQuery
	pgPassword
	pgAuthType
	pgSalt
	pgGSSData
	pgSASLMechanism
	pgSASLLength
	pgSASLData
	pgStatement
	pgPortal
	pgReturns
	pgTag
	pgStatus
	pgCopyData
	pgError
	pgPID
	pgKey
	pgCondition
	pgText
	pgTableOID
	pgTypeOID
	pgOID
	pgFormat
	pgFieldCount
	pgColumnName
	pgColumnIndex
	pgValueLength
	pgValueData
	pgTypeMod
	pgSeverity
	pgCode
	pgMessage
	pgDetail
	pgHint
	pgPosition
	pgInternalPosition
	pgInternalQuery
	pgWhere
	pgSchema
	pgTable
	pgColumn
	pgTypeName
	pgConstraint
	pgFile
	pgLine
	pgRoutine
	pgSupportedMinor
	pgUnsupportedCount
	pgUnsupported
	pgRows
	pgNormalized
)

// pgsqlProtocol is PostgreSQL's protocol, version 3.
func pgsqlProtocol() Protocol {
	fields := pgsqlTexts()
	number := func(i int, name string, bits uint8, listed bool, doc string) {
		fields[i] = Field{Name: "pgsql." + name, Kind: dissect.KindUint, Bits: bits, Listed: listed, Doc: doc}
	}
	signed := func(i int, name, doc string) {
		fields[i] = Field{Name: "pgsql." + name, Kind: dissect.KindInt, Bits: 32, Doc: doc}
	}
	octets := func(i int, name string, secret bool, doc string) {
		fields[i] = Field{Name: "pgsql." + name, Kind: dissect.KindBytes, Secret: secret, Doc: doc}
	}
	fields[pgFrontend] = Field{Name: "pgsql.frontend", Kind: dissect.KindBool, Listed: true, Doc: "Sent by the client"}
	number(pgLength, "length", 32, false, "Length of a message, without its type")
	number(pgMajor, "version_major", 16, true, "Protocol version asked for")
	number(pgMinor, "version_minor", 16, true, "Minor protocol version asked for")
	number(pgAuthType, "authtype", 32, true, "Authentication wanted: 0 done, 3 password, 5 MD5, 10 SASL")
	octets(pgSalt, "salt", false, "Salt of an MD5 password")
	octets(pgGSSData, "auth.gssapi_sspi.data", true, "GSSAPI or SSPI token")
	signed(pgSASLLength, "auth.sasl.data.length", "Length of SASL data")
	octets(pgSASLData, "auth.sasl.data", true, "SASL data")
	number(pgReturns, "returns", 32, false, "Most rows wanted, 0: all")
	number(pgStatus, "status", 8, true, "After an exchange: 73 idle, 84 in a transaction, 69 in a failed one")
	octets(pgCopyData, "copydata", false, "Data of COPY")
	number(pgPID, "pid", 32, false, "Server process")
	number(pgTableOID, "oid.table", 32, false, "Table of a column")
	number(pgTypeOID, "oid.type", 32, true, "Type of a column or parameter")
	number(pgOID, "oid", 32, false, "Function called")
	number(pgFormat, "format", 16, true, "Format of values: 0 text, 1 binary")
	number(pgFieldCount, "field.count", 16, false, "Columns of a row")
	number(pgColumnIndex, "col.index", 32, false, "Column number in its table")
	signed(pgValueLength, "val.length", "Length of a value, -1: NULL; of a column: of its type")
	octets(pgValueData, "val.data", false, "Value")
	signed(pgTypeMod, "col.typemod", "Modifier of a column's type")
	number(pgSupportedMinor, "version_supported_minor", 32, false, "Newest minor version that the server has")
	signed(pgUnsupportedCount, "number_nonsupported_options", "Options that the server does not know")
	number(pgRows, "rows", 64, false, "Rows of an answer")
	fields[pgKey] = Field{Name: "pgsql.key", Kind: dissect.KindUint, Bits: 32, Secret: true, Doc: "Key that allows to cancel queries"}
	return Protocol{
		Name: "pgsql", Title: "PostgreSQL", On: Streams, Ports: []uint16{5432}, Patience: 60e9,
		Fields: fields,
		Detect: detectPgSQL,
		New:    func() Decoder { return &pgsql{} },
	}
}

// pgsqlTexts gives the table with its text fields.
func pgsqlTexts() []Field {
	fields := make([]Field, pgNormalized+1)
	for _, t := range []struct {
		i         int
		name, doc string
		listed    bool
	}{
		{pgType, "type", "Kind of message, in words", true},
		{pgParameterName, "parameter_name", "Name of a parameter of the session", true},
		{pgParameterValue, "parameter_value", "Value of a parameter of the session", false},
		{pgQuery, "query", "Text of a query", false},
		{pgPassword, "password", "Password, or its hash", false},
		{pgSASLMechanism, "auth.sasl.mech", "SASL mechanism", true},
		{pgStatement, "statement", "Name of a prepared statement", false},
		{pgPortal, "portal", "Name of a portal", false},
		{pgTag, "tag", "What a command did", true},
		{pgError, "error", "Why a COPY failed", false},
		{pgCondition, "condition", "Channel of a notification", true},
		{pgText, "text", "Text of a notification, or the severity that is not translated", true},
		{pgColumnName, "col.name", "Name of a column", true},
		{pgSeverity, "severity", "Severity of an error or notice", true},
		{pgCode, "code", "SQLSTATE of an error or notice", true},
		{pgMessage, "message", "Message of an error or notice", false},
		{pgDetail, "detail", "Detail of an error", false},
		{pgHint, "hint", "Hint of an error", false},
		{pgPosition, "position", "Place of an error in the query", false},
		{pgInternalPosition, "internal_position", "Place of an error in an internal query", false},
		{pgInternalQuery, "internal_query", "Internal query", false},
		{pgWhere, "where", "Context of an error", false},
		{pgSchema, "schema_name", "Schema of an error", true},
		{pgTable, "table_name", "Table of an error", true},
		{pgColumn, "column_name", "Column of an error", true},
		{pgTypeName, "type_name", "Type of an error", true},
		{pgConstraint, "constraint_name", "Constraint of an error", true},
		{pgFile, "file", "Source file of an error", false},
		{pgLine, "line", "Source line of an error", false},
		{pgRoutine, "routine", "Source routine of an error", false},
		{pgUnsupported, "nonsupported_option", "Option that the server does not know", false},
		{pgNormalized, "query.normalized", "Query with its literals replaced", true},
	} {
		fields[t.i] = Field{Name: "pgsql." + t.name, Kind: dissect.KindString, Listed: t.listed, Secret: t.i == pgPassword, Doc: t.doc}
	}
	return fields
}
