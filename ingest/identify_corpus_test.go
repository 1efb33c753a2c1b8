package ingest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/proto"
)

// TestIdentificationAgainstTshark compares the protocols that the decoders found in
// each connection with those that Wireshark shows in the connection's frames: our own
// list of a frame (Packet.App), which ports and Wireshark's heuristics make, and which
// is compared with tshark's elsewhere. It prints a row for each protocol.
//
//	IDENT_ONLY=pattern    captures by name, "*dns*"
//	IDENT_PROTO=a,b       protocols
//	IDENT_SHOW=n          connections shown that differ, of each protocol and kind
func TestIdentificationAgainstTshark(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short, the comparison with tshark takes a minute")
	}
	files, _ := filepath.Glob("../../shared/corpus/captures/*")
	if len(files) == 0 {
		t.Skip("no corpus: ../shared/corpus/captures")
	}
	show := 0
	_, _ = fmt.Sscan(os.Getenv("IDENT_SHOW"), &show)
	only := os.Getenv("IDENT_ONLY")
	total := map[string]*identTally{}
	for _, p := range proto.All() {
		// Wireshark has no name for JSON-RPC, only for JSON, wherever it is found.
		if p.On&(proto.Streams|proto.Datagrams) != 0 && p.Name != "jsonrpc" {
			total[p.Name] = &identTally{}
		}
	}
	for _, file := range files {
		if ok, _ := filepath.Match(only, filepath.Base(file)); isCapture(file) && (ok || only == "") {
			compareIdentification(t, file, total)
		}
	}
	protocols := strings.FieldsFunc(os.Getenv("IDENT_PROTO"), func(r rune) bool { return r == ',' })
	for _, name := range slices.Sorted(maps.Keys(total)) {
		if len(protocols) > 0 && !slices.Contains(protocols, name) {
			continue
		}
		c := total[name]
		t.Logf("%-10s both %5d, only ours %4d, only Wireshark's %4d (%.1f %%)", name, c.both, len(c.ours), len(c.theirs), 100*c.share())
		for _, example := range c.ours[:min(show, len(c.ours))] {
			t.Logf("    only ours:        %s", example)
		}
		for _, example := range c.theirs[:min(show, len(c.theirs))] {
			t.Logf("    only Wireshark's: %s", example)
		}
		if want := identificationWanted()[name]; only == "" && c.share() < want {
			t.Errorf("%s: %.1f %% of the connections agree, %.1f %% are wanted", name, 100*c.share(), 100*want)
		}
	}
}

// identTally counts the connections of a protocol.
type identTally struct {
	both         int
	ours, theirs []string // connections of which only one side says so
}

// share is that of the connections in which both agree, 1 where nobody found any.
func (c *identTally) share() float64 {
	if all := c.both + len(c.ours) + len(c.theirs); all > 0 {
		return float64(c.both) / float64(all)
	}
	return 1
}

// isCapture tells captures from what lies beside them, and from those that tshark
// found no frame in.
func isCapture(file string) bool {
	raw, err := os.ReadFile("../../shared/corpus/oracle/" + filepath.Base(file) + ".json")
	var oracle struct{ Packets int }
	return err == nil && json.Unmarshal(raw, &oracle) == nil && oracle.Packets > 0
}

func compareIdentification(t *testing.T, file string, total map[string]*identTally) {
	x := eachMessage(t, file, func(*index.Message) {})
	theirs := shownProtocols(t, x)
	ours := map[uint32][]string{}
	err := x.EachApplication(0, func(a *index.Application) bool {
		ours[a.Conn] = slices.Clone(a.Protocols)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	err = x.EachConnection(0, func(c *index.Connection) bool {
		if c.Kind != 6 && c.Kind != 17 || c.Payload[0]+c.Payload[1] == 0 {
			return true
		}
		example := fmt.Sprintf("%s conn %d, kind %d, %v %v, frames %d-%d, ours %v, Wireshark's %v", filepath.Base(file), c.Number, c.Kind, c.A, c.B, c.First, c.Last, ours[c.Number], slices.Sorted(maps.Keys(theirs[c.Number])))
		for name, tally := range total { // each has its own: the order does not matter
			switch our, their := slices.Contains(ours[c.Number], name), theirs[c.Number][name]; {
			case our && their:
				tally.both++
			case our:
				tally.ours = append(tally.ours, example)
			case their:
				tally.theirs = append(tally.theirs, example)
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

// shownProtocols gives the names in Wireshark's lists of the frames, by connection.
func shownProtocols(t *testing.T, x *index.Index) map[uint32]map[string]bool {
	t.Helper()
	shown := map[uint32]map[string]bool{}
	apps := x.Summary().Apps
	err := x.EachRows(1, false, func(rows *index.Rows) (bool, error) {
		for i := range rows.Packets {
			p := &rows.Packets[i]
			if p.Conn == index.NoConnection || p.App == 0 {
				continue
			}
			if shown[p.Conn] == nil {
				shown[p.Conn] = map[string]bool{}
			}
			for _, name := range strings.Split(apps[p.App].Layers, ":") {
				shown[p.Conn][name] = true
			}
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// identificationWanted gives the share of connections that must agree. Those below the
// others are no measure of mistakes: Wireshark shows RTP and RTCP only where another
// protocol announced them, HTTP requests only when they are whole, HTTP on port 80
// where nothing but the middle of a body was captured, and in an upgraded connection
// WebSocket only with a frame of it.
func identificationWanted() map[string]float64 {
	wanted := map[string]float64{
		"http": 0.9, "ldap": 0.93, "pgsql": 0.87, "rtcp": 0.14, "rtp": 0.2, "ssh": 0.9, "tls": 0.98, "websocket": 0.5,
	}
	for _, name := range []string{
		"dhcp", "dhcpv6", "dns", "dtls", "ftp", "ftp-data", "imap", "irc", "llmnr", "mdns", "megaco", "memcache", "mysql", "nbns", "ntp",
		"pop", "quic", "resp", "rtsp", "sip", "smtp", "ssdp", "stun", "syslog", "telnet", "tftp", "xmpp",
	} {
		wanted[name] = 1
	}
	return wanted
}
