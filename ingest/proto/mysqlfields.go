package proto

import "pcapidx/ingest/dissect"

const (
	mysqlLength = iota
	mysqlNumber
	mysqlCommand
	mysqlResponse
	mysqlErrorCode
	mysqlErrorMessage
	mysqlSQLState
	mysqlMessage
	mysqlProtocolVersion
	mysqlVersion
	mysqlThread
	mysqlServerCaps
	mysqlServerExt
	mysqlLanguage
	mysqlStatus
	mysqlPlugin
	mysqlClientCaps
	mysqlClientExt
	mysqlMaxPacket
	mysqlCharset
	mysqlUser
	mysqlPassword
	mysqlSchema
	mysqlClientPlugin
	mysqlAttrName
	mysqlAttrValue
	mysqlQuery
	mysqlStatement
	mysqlParams
	mysqlAffected
	mysqlInsertID
	mysqlWarnings
	mysqlEOF
	mysqlColumns
	mysqlFieldCatalog
	mysqlFieldDB
	mysqlFieldTable
	mysqlFieldOrgTable
	mysqlFieldName
	mysqlFieldOrgName
	mysqlFieldCharset
	mysqlFieldLength
	mysqlFieldType
	mysqlFieldFlags
	mysqlFieldDecimals
	mysqlRow
	mysqlRows
	mysqlNormalized
	mysqlFieldCount
)

// mysqlProtocol is the protocol of MySQL and MariaDB, version 10.
func mysqlProtocol() Protocol {
	fields := make([]Field, mysqlFieldCount)
	number := func(i int, name string, bits uint8, doc string) {
		fields[i] = Field{Name: "mysql." + name, Kind: dissect.KindUint, Bits: bits, Doc: doc}
	}
	listed := func(i int, name string, bits uint8, hex bool, doc string) {
		fields[i] = Field{Name: "mysql." + name, Kind: dissect.KindUint, Bits: bits, Hex: hex, Listed: true, Doc: doc}
	}
	text := func(i int, name, doc string) {
		fields[i] = Field{Name: "mysql." + name, Kind: dissect.KindString, Doc: doc}
	}
	word := func(i int, name, doc string) {
		fields[i] = Field{Name: "mysql." + name, Kind: dissect.KindString, Listed: true, Doc: doc}
	}
	number(mysqlLength, "packet_length", 24, "Length of a packet")
	number(mysqlNumber, "packet_number", 8, "Number of a packet in its exchange")
	listed(mysqlCommand, "command", 8, false, "Command: 3 query, 22 prepare, 23 execute")
	listed(mysqlResponse, "response_code", 8, true, "Kind of answer: 0x00 OK, 0xff error, 0xfe end")
	listed(mysqlErrorCode, "error_code", 16, false, "Error number")
	text(mysqlErrorMessage, "error.message", "Error message")
	word(mysqlSQLState, "sqlstate", "SQLSTATE of an error")
	text(mysqlMessage, "message", "What a command did, in words")
	number(mysqlProtocolVersion, "protocol", 8, "Protocol version")
	word(mysqlVersion, "version", "Version of the server")
	number(mysqlThread, "thread_id", 32, "Connection number of the server")
	number(mysqlLanguage, "server_language", 8, "Character set of the server")
	listed(mysqlServerCaps, "caps.server", 16, true, "Capabilities of the server")
	listed(mysqlServerExt, "extcaps.server", 16, true, "Further capabilities of the server")
	listed(mysqlStatus, "server_status", 16, true, "Status: 0x0001 in a transaction, 0x0008 more results")
	word(mysqlPlugin, "auth_plugin", "Authentication that the server wants")
	listed(mysqlClientCaps, "caps.client", 16, true, "Capabilities of the client")
	listed(mysqlClientExt, "extcaps.client", 16, true, "Further capabilities of the client")
	number(mysqlMaxPacket, "max_packet", 32, "Longest packet that the client takes")
	number(mysqlCharset, "charset", 8, "Character set of the client")
	word(mysqlUser, "user", "User name")
	fields[mysqlPassword] = Field{Name: "mysql.passwd", Kind: dissect.KindBytes, Secret: true, Doc: "Scrambled password"}
	word(mysqlSchema, "schema", "Database chosen")
	word(mysqlClientPlugin, "client_auth_plugin", "Authentication that the client uses")
	word(mysqlAttrName, "connattrs.name", "Name of a connection attribute")
	text(mysqlAttrValue, "connattrs.value", "Value of a connection attribute")
	text(mysqlQuery, "query", "Text of a statement")
	number(mysqlStatement, "stmt_id", 32, "Number of a prepared statement")
	number(mysqlParams, "num_params", 16, "Parameters of a prepared statement")
	number(mysqlAffected, "affected_rows", 64, "Rows that a command changed")
	number(mysqlInsertID, "insert_id", 64, "Last value of AUTO_INCREMENT")
	number(mysqlWarnings, "warnings", 16, "Warnings of a command")
	number(mysqlEOF, "eof", 8, "Marker of an end")
	number(mysqlColumns, "num_fields", 64, "Columns of a result")
	text(mysqlFieldCatalog, "field.catalog", "Catalog of a column")
	word(mysqlFieldDB, "field.db", "Database of a column")
	word(mysqlFieldTable, "field.table", "Table of a column")
	text(mysqlFieldOrgTable, "field.org_table", "Table of a column, without alias")
	word(mysqlFieldName, "field.name", "Name of a column")
	text(mysqlFieldOrgName, "field.org_name", "Name of a column, without alias")
	number(mysqlFieldCharset, "field.charsetnr", 16, "Character set of a column")
	number(mysqlFieldLength, "field.length", 32, "Longest value of a column")
	listed(mysqlFieldType, "field.type", 8, false, "Type of a column")
	listed(mysqlFieldFlags, "field.flags", 16, true, "Flags of a column")
	number(mysqlFieldDecimals, "field.decimals", 8, "Decimals of a column")
	text(mysqlRow, "row.text", "Value of a row")
	number(mysqlRows, "rows", 64, "Rows of a result")
	word(mysqlNormalized, "query.normalized", "Statement with its literals replaced")
	return Protocol{
		Name: "mysql", Title: "MySQL", On: Streams, Ports: []uint16{3306}, Patience: 60e9,
		Fields: fields,
		Detect: detectMySQL,
		New:    func() Decoder { return &mysql{} },
	}
}
