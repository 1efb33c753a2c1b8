package filter

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

// table is a set of fields for tests.
type table map[string]Field

func (t table) Field(name string) (Field, bool) {
	f, ok := t[name]
	return f, ok
}

func (t table) Names() []string {
	names := make([]string, 0, len(t))
	for n := range t {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// smallFields are the fields of smallTable with Wireshark's types.
const smallFields = `frame PROTOCOL
eth PROTOCOL
ip PROTOCOL
tcp PROTOCOL
udp PROTOCOL
arp PROTOCOL
http PROTOCOL
frame.number UINT32
frame.len UINT32
frame.time ABSOLUTE_TIME
frame.time_relative RELATIVE_TIME
frame.time_delta RELATIVE_TIME
eth.addr ETHER
eth.src ETHER
eth.dst ETHER
ip.addr IPv4
ip.src IPv4
ip.dst IPv4
ip.ttl UINT8
ip.proto UINT8
ipv6.addr IPv6
ipv6.src IPv6
tcp.port UINT16
tcp.srcport UINT16
tcp.dstport UINT16
tcp.seq UINT32
tcp.len UINT32
tcp.flags UINT16
tcp.flags.syn BOOLEAN
tcp.flags.ack BOOLEAN
tcp.flags.reset BOOLEAN
tcp.payload BYTES
tcp.stream UINT32
tcp.analysis.flags NONE
udp.port UINT16
udp.srcport UINT16
dns.qry.type UINT16
http.host STRING
http.user_agent STRING
http.request BOOLEAN
http.request.method STRING
http.request.uri STRING
http.request_in FRAMENUM
sip.Status-Code UINT32
x.char CHAR
x.int8 INT8
x.int64 INT64
x.uint64 UINT64
x.double DOUBLE
x.float FLOAT
x.guid GUID
x.oid OID
x.eui EUI64`

// smallTable is what the offline tests know: at least one field of each kind.
func smallTable() table {
	t := table{}
	for _, line := range strings.Split(smallFields, "\n") {
		name, ft, _ := strings.Cut(line, " ")
		k, bits, ok := KindOf("FT_" + ft)
		if !ok {
			panic(ft)
		}
		t[name] = Field{Name: name, Kind: k, Bits: bits}
	}
	f := t["tcp.flags.syn"]
	f.Label = func(s string) (uint64, bool) {
		set, notSet := strings.EqualFold(s, "Set"), strings.EqualFold(s, "Not set")
		if set {
			return 1, true
		}
		return 0, notSet
	}
	t["tcp.flags.syn"] = f
	return t
}

// tsharkTable is the field dictionary of the tshark that is installed. The
// test is skipped where there is none.
func tsharkTable(t *testing.T) *dictionary {
	t.Helper()
	tab, err := tsharkFields()
	if err != nil {
		t.Skipf("SKIPPED, NOT CHECKED AGAINST WIRESHARK: tshark -G fields: %v", err)
	}
	return tab
}

// dictionary is a table that sorts its names once.
type dictionary struct {
	table
	names []string
}

func (d *dictionary) Names() []string { return d.names }

var tsharkFields = sync.OnceValues(func() (*dictionary, error) {
	cmd := exec.Command("tshark", "-G", "fields")
	cmd.Env = append(os.Environ(), "WIRESHARK_CONFIG_DIR=/nonexistent")
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	tab := table{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch c := strings.Split(lines.Text(), "\t"); {
		case c[0] == "P":
			tab[c[2]] = Field{Name: c[2], Kind: Protocol}
		case c[0] == "F":
			if k, bits, ok := KindOf(c[3]); ok {
				tab[c[2]] = Field{Name: c[2], Kind: k, Bits: bits}
			}
		}
	}
	for alias, name := range map[string]string{"bootp": "dhcp", "ssl": "tls"} {
		tab[alias] = Field{Name: name, Kind: Protocol} // Wireshark's old names, which -G fields leaves out
	}
	return &dictionary{tab, tab.Names()}, lines.Err()
})
