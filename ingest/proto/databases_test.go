package proto

import (
	"encoding/binary"
	"strings"
	"testing"
)

// pgSays writes a message with its length.
func pgSays(kind, body string) string {
	return kind + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))) + body
}

func pgBegins(parameters string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(parameters)+9))
	return string(binary.BigEndian.AppendUint32(b, 3<<16)) + parameters + "\x00"
}

const (
	pgReady  = "Z\x00\x00\x00\x05I"
	pgSSLAsk = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
)

func pgScript() []scriptTurn {
	columns := pgSays("T", "\x00\x01id\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x17\x00\x04\xff\xff\xff\xff\x00\x00")
	row := pgSays("D", "\x00\x02\x00\x00\x00\x0242\xff\xff\xff\xff")
	return scriptOf(
		"c"+pgSSLAsk, "sN",
		"c"+pgBegins("user\x00bob\x00database\x00shop\x00"),
		"s"+pgSays("R", "\x00\x00\x00\x05salt"), "c"+pgSays("p", "md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x00"),
		"s"+pgSays("R", "\x00\x00\x00\x00")+pgSays("S", "TimeZone\x00UTC\x00")+pgSays("K", "\x00\x00\x00\x01\x00\x00\x00\x02")+pgReady,
		"c"+pgSays("Q", "SELECT id,\n  x FROM t WHERE a = 'b''c' AND n IN (1, 2, 3)\x00"), "s"+columns+row+row+pgSays("C", "SELECT 2\x00")+pgReady,
		"c"+pgSays("Q", "DROP TABLE t\x00"), "s"+pgSays("E", "SERROR\x00VERROR\x00C42P01\x00Mtable \"t\" does not exist\x00\x00")+pgReady,
		"c"+pgSays("P", "s1\x00SELECT $1\x00\x00\x00")+pgSays("S", "")+pgSays("B", "\x00s1\x00\x00\x00\x00\x01\x00\x00\x00\x015\x00\x00")+pgSays("E", "\x00\x00\x00\x00\x00")+pgSays("S", ""),
		"s"+pgSays("1", "")+pgReady+pgSays("2", "")+row+pgSays("C", "SELECT 1\x00")+pgReady,
		"c"+pgSays("Q", "ALTER ROLE bob PASSWORD 'hush'\x00"), "s"+pgSays("C", "ALTER ROLE\x00")+pgReady,
		"c"+pgSays("X", ""),
	)
}

func TestPgSQL(t *testing.T) {
	k, _ := playScript(pgScript(), "", 9999, scriptWhole)
	checkScript(t, k, true, `
c request/ok SSL request
s response/ok of 1 no encryption
c request/ok startup, user bob, database shop
s continues/ok MD5 password wanted
c continues/ok password, 35 bytes !cleartext.credentials
s response/ok of 3 login done
c request/ok SELECT id, x FROM t WHERE a = 'b''c' AND n IN (1, 2, 3)
s response/ok of 7 SELECT 2, 2 rows
c request/ok DROP TABLE t
s response/error of 9 [42P01] error 42P01: table "t" does not exist !sql.error
c request/ok SELECT $1
c request/ok SELECT $1
s response/ok of 11 ready
s response/ok of 12 SELECT 1, 1 row
c request/ok ALTER ROLE bob PASSWORD ?
s response/ok of 15 ALTER ROLE
c notice/ok terminate`)
	for name, want := range map[string]string{
		"pgsql.query.normalized": "SELECT id, x FROM t WHERE a = ? AND n IN (?)|DROP TABLE t|SELECT $1|ALTER ROLE bob PASSWORD ?",
		"pgsql.code":             "42P01", "pgsql.rows": "2|1", "pgsql.col.name": "id", "pgsql.val.length": "4|2|-1|2|-1|1|2|-1",
	} {
		if got := k.scriptValues(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	checkScriptCuts(t, pgScript(), "pgsql")
}

func TestPgSQLGap(t *testing.T) {
	k, _ := playScript(scriptOf(
		"c"+pgBegins("user\x00bob\x00"), "s"+pgSays("R", "\x00\x00\x00\x00")+pgReady,
		"c"+pgSays("Q", "SELECT 1\x00"), "s~xyz"+pgReady, "c"+pgSays("Q", "SELECT 2\x00"), "s"+pgSays("C", "SELECT 1\x00")+pgReady,
		"c~zz", "c"+pgSays("Q", "SELECT 3\x00"), "s"+pgSays("C", "SELECT 1\x00")+pgReady,
	), "", 9999, scriptWhole)
	checkScript(t, k, false, `
c request/ok startup, user bob
s response/ok of 1 login done
c request/ok SELECT 1
s response/partial of 3 ready
c request/ok SELECT 2
s response/ok of 5 SELECT 1
c request/ok SELECT 3
s response/ok of 7 SELECT 1`)
}

func TestPgSQLLong(t *testing.T) {
	q := "INSERT INTO t VALUES ('" + strings.Repeat("x", 200000) + "')"
	turns := scriptOf("c"+pgBegins("user\x00bob\x00"), "s"+pgSays("R", "\x00\x00\x00\x00")+pgReady, "c"+pgSays("Q", q+"\x00"), "s"+pgSays("C", "INSERT 0 1\x00")+pgReady)
	k, _ := playScript(turns, "", 9999, func(n int) int { return min(n, 1400) })
	if got := k.scriptLines(false); len(got) != 4 || got[3] != "s response/ok of 3 INSERT 0 1" || k.apps[0].Missing != 0 {
		t.Errorf("got %q, %d bytes missing", got, k.apps[0].Missing)
	}
}

// mySays writes a packet of MySQL.
func mySays(number byte, body string) string {
	n := len(body)
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), number}) + body
}

func myGreeting() string {
	return mySays(0, "\n8.0.33\x00\x09\x00\x00\x00abcdefgh\x00\xff\xff\x21\x02\x00\xff\xc1\x15"+strings.Repeat("\x00", 10)+"ijklmnopqrst\x00caching_sha2_password\x00")
}

// myLogin answers the greeting, with capabilities beyond the common ones.
func myLogin(more uint32) string {
	caps := binary.LittleEndian.AppendUint32(nil, mysql41|mysqlWithDB|mysqlSecure|mysqlPluginAuth|more)
	return mySays(1, string(caps)+"\x00\x00\x00\x01\x21"+strings.Repeat("\x00", 23)+"bob\x00\x14"+strings.Repeat("p", 20)+"shop\x00mysql_native_password\x00")
}

func myColumn(number byte, name string) string {
	return mySays(number, "\x03def\x04shop\x01t\x01t"+string(rune(len(name)))+name+"\x00\x0c\x21\x00\x64\x00\x00\x00\xfd\x01\x10\x00\x00\x00")
}

const (
	myOK  = "\x00\x00\x00\x02\x00\x00\x00"
	myEOF = "\xfe\x00\x00\x02\x00"
)

func myScript() []scriptTurn {
	return scriptOf(
		"s"+myGreeting(), "c"+myLogin(0), "s"+mySays(2, myOK),
		"c"+mySays(0, "\x03SELECT a, b FROM t WHERE id = 7"),
		"s"+mySays(1, "\x02")+myColumn(2, "a")+myColumn(3, "b")+mySays(4, myEOF)+mySays(5, "\x02v1\xfb")+mySays(6, "\x01x\x02yz")+mySays(7, myEOF),
		"c"+mySays(0, "\x03UPDATE t SET a=1"), "s"+mySays(1, "\x00\x03\x00\x02\x00\x00\x00"),
		"c"+mySays(0, "\x03BAD"), "s"+mySays(1, "\xff\x28\x04#42000You have an error"),
		"c"+mySays(0, "\x16SELECT ?"), "s"+mySays(1, "\x00\x07\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00")+myColumn(2, "?")+mySays(3, myEOF)+myColumn(4, "c")+mySays(5, myEOF),
		"c"+mySays(0, "\x17\x07\x00\x00\x00\x00\x01\x00\x00\x00"), "s"+mySays(1, "\x01")+myColumn(2, "c")+mySays(3, myEOF)+mySays(4, "\x00\x00\x01z")+mySays(5, myEOF),
		"c"+mySays(0, "\x03CALL x()"), "s"+mySays(1, "\x01")+myColumn(2, "a")+mySays(3, myEOF)+mySays(4, "\x011")+mySays(5, "\xfe\x00\x00\x0a\x00")+mySays(6, myOK),
		"c"+mySays(0, "\x01"),
	)
}

func TestMySQL(t *testing.T) {
	k, _ := playScript(myScript(), "", 9999, scriptWhole)
	checkScript(t, k, true, `
s notice/ok greeting, version 8.0.33
c request/ok login, user bob, database shop !cleartext.credentials
s response/ok of 2 login done
c request/ok SELECT a, b FROM t WHERE id = 7
s response/ok of 4 2 rows
c request/ok UPDATE t SET a=1
s response/ok of 6 3 rows affected
c request/ok BAD
s response/error of 8 [1064] error 1064: You have an error !sql.error
c request/ok prepare SELECT ?
s response/ok of 10 statement 7, 1 parameter
c request/ok execute SELECT ?
s response/ok of 12 1 row
c request/ok CALL x()
s response/ok of 14 1 row, more results follow, 1 row
c notice/ok quit`)
	for name, want := range map[string]string{
		"mysql.row.text": "v1|NULL|x|yz|1", "mysql.rows": "2|1|1", "mysql.sqlstate": "42000", "mysql.user": "bob", "mysql.auth_plugin": "caching_sha2_password",
		"mysql.query.normalized": "SELECT a, b FROM t WHERE id = ?|UPDATE t SET a=?|BAD|SELECT ?|CALL x()",
	} {
		if got := k.scriptValues(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	checkScriptCuts(t, myScript(), "mysql")
}

func TestMySQLEndsOfRows(t *testing.T) {
	end := "\xfe\x00\x00\x02\x00\x00\x00"
	k, _ := playScript(scriptOf("s"+myGreeting(), "c"+myLogin(mysqlDeprecateEOF), "s"+mySays(2, myOK),
		"c"+mySays(0, "\x03SELECT 1"), "s"+mySays(1, "\x01")+myColumn(2, "a")+mySays(3, "\x011")+mySays(4, end),
		"c"+mySays(0, "\x0e"), "s"+mySays(1, myOK),
	), "", 9999, scriptWhole)
	checkScript(t, k, false, `
s notice/ok greeting, version 8.0.33
c request/ok login, user bob, database shop !cleartext.credentials
s response/ok of 2 login done
c request/ok SELECT 1
s response/ok of 4 1 row
c request/ok ping
s response/ok of 6 OK`)
}

func TestMySQLLogins(t *testing.T) {
	for _, c := range []struct{ name, last, want string }{
		{"refused", "s" + mySays(2, "\xff\x15\x04#28000Access denied"), "s response/error of 2 [1045] error 1045: Access denied !sql.auth_fail"},
		{"compressed", "s" + mySays(2, myOK), "s response/ok of 2 login done !mysql.compressed"},
	} {
		k, _ := playScript(scriptOf("s"+myGreeting(), "c"+myLogin(mysqlCompress), c.last, "c\x01\x02\x03\x04\x05"), "", 9999, scriptWhole)
		if got := k.scriptLines(false); got[2] != c.want || c.name == "compressed" && len(got) != 3 {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

// TestDatabaseTLS: what follows a request for TLS is TLS' business.
func TestDatabaseTLS(t *testing.T) {
	hello := "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"
	caps := binary.LittleEndian.AppendUint32(nil, mysql41|mysqlSSL)
	for _, c := range []struct {
		name  string
		turns []scriptTurn
	}{
		{"pgsql", scriptOf("c"+pgSSLAsk, "sS", "c"+hello)},
		{"mysql", scriptOf("s"+myGreeting(), "c"+mySays(1, string(caps)+"\x00\x00\x00\x01\x21"+strings.Repeat("\x00", 23)), "c"+hello)},
	} {
		k, _ := playScript(c.turns, "", 9999, scriptWhole)
		if got := strings.Join(k.apps[0].Protocols, " "); got != c.name+" tls" {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

func FuzzPgSQL(f *testing.F)    { fuzzSeeds(f, "pgsql", pgScript()) }
func FuzzMySQL(f *testing.F)    { fuzzSeeds(f, "mysql", myScript()) }
func FuzzRESP(f *testing.F)     { fuzzSeeds(f, "resp", respScript()) }
func FuzzMemcache(f *testing.F) { fuzzSeeds(f, "memcache", memcacheScript()) }
func FuzzSSH(f *testing.F)      { fuzzSeeds(f, "ssh", sshScript()) }
func FuzzTelnet(f *testing.F)   { fuzzSeeds(f, "telnet", telnetScript()) }

func fuzzSeeds(f *testing.F, name string, turns []scriptTurn) {
	var seed []byte
	for _, t := range turns {
		for b := t.data; len(b) > 0; {
			n := min(len(b), 64)
			head := byte(n-1) << 2
			if t.server {
				head |= 1
			}
			seed = append(append(seed, head), b[:n]...)
			b = b[n:]
		}
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) { fuzzScript(t, name, data) })
}
