package query

import (
	"context"
	"encoding/binary"
	"net/netip"
	"testing"
)

// dhcpLease is a message of DHCP that a test writes.
type dhcpLease struct {
	op      byte // 1 asks, 2 answers
	xid     uint32
	mac     [6]byte
	yours   string // address given
	options []byte // with neither cookie nor end
}

func (d *dhcpLease) bytes() []byte {
	b := append([]byte{d.op, 1, 6, 0}, binary.BigEndian.AppendUint32(nil, d.xid)...)
	b = append(b, make([]byte, 228)...)
	if d.yours != "" {
		copy(b[16:], netip.MustParseAddr(d.yours).AsSlice())
	}
	copy(b[28:], d.mac[:])
	b = append(b, 0x63, 0x82, 0x53, 0x63)
	return append(append(b, d.options...), 255)
}

var (
	firstMAC  = [6]byte{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}
	secondMAC = [6]byte{0x00, 0x11, 0x22, 0x33, 0x44, 0x66}
)

const (
	fromClient = "0.0.0.0:68"
	fromServer = "192.168.1.1:67"
	toServers  = "255.255.255.255:67"
	toClients  = "255.255.255.255:68"
)

// TestListedDHCP: a client looks for a server and gets an offer.
func TestListedDHCP(t *testing.T) {
	discover := dhcpLease{1, 0x12345678, firstMAC, "", []byte{53, 1, 1, 61, 7, 1, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 55, 4, 1, 3, 6, 15}}
	offer := dhcpLease{2, 0x12345678, firstMAC, "192.168.1.100", []byte{
		53, 1, 2, 54, 4, 192, 168, 1, 1, 51, 4, 0, 0, 0x1c, 0x20, 58, 4, 0, 0, 0x0e, 0x10, 59, 4, 0, 0, 0x18, 0x9c,
		1, 4, 255, 255, 255, 0, 3, 4, 192, 168, 1, 1, 6, 8, 192, 168, 1, 1, 8, 8, 8, 8,
	}}
	e, id := listed(t, linkRaw,
		framed{0, udpPacket("192.168.1.9:5000", "192.168.1.1:7000", []byte("something else"))},
		framed{100, udpPacket(fromClient, toServers, discover.bytes())},
		framed{112, udpPacket(fromServer, toClients, offer.bytes())},
	)
	rows := said(t, e, id, "dhcp")
	wantTold(t, told(rows),
		"2 0.0.0.0:68>255.255.255.255:67 request ok [] DISCOVER from 00:11:22:33:44:55 in 12 ms",
		"3 192.168.1.1:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.100 to 00:11:22:33:44:55 by 192.168.1.1 re 1",
	)
	if t.Failed() {
		return
	}
	wantFields(t, &rows[0], map[string]string{
		"dhcp.type": "1", "dhcp.id": "0x12345678", "dhcp.option.dhcp": "1", "dhcp.option.request_list_item": "1,3,6,15",
		"dhcp.ip.client": "0.0.0.0", "dhcp.ip.your": "0.0.0.0", "dhcp.ip.relay": "0.0.0.0", "dhcp.option.type": "53,61,55,0",
		"dhcp.hw.mac_addr": "00:11:22:33:44:55,00:11:22:33:44:55", // of the client, and in its identifier
	})
	wantFields(t, &rows[1], map[string]string{
		"dhcp.type": "2", "dhcp.id": "0x12345678", "dhcp.option.dhcp": "2", "dhcp.ip.your": "192.168.1.100", "dhcp.option.dhcp_server_id": "192.168.1.1",
		"dhcp.option.ip_address_lease_time": "7200", "dhcp.option.renewal_time_value": "3600", "dhcp.option.rebinding_time_value": "6300",
		"dhcp.option.subnet_mask": "255.255.255.0", "dhcp.option.router": "192.168.1.1", "dhcp.option.domain_name_server": "192.168.1.1,8.8.8.8",
	})
	a := summed(t, e, id, "dhcp")
	for field, want := range map[string]string{
		"dhcp.id": "1: 0x12345678 2 @2", "dhcp.hw.mac_addr": "1: 00:11:22:33:44:55 2 @2", "dhcp.option.dhcp_server_id": "1: 192.168.1.1 1 @3",
		"dhcp.option.dhcp": "2: 1 1 @2, 2 1 @3",
	} {
		if got := topText(a, field); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	wantFrames(t, e, id, map[string]string{"dhcp": "2 3", "dhcp.option.dhcp == 2": "3", "dhcp.id == 0x12345678": "2 3", "dhcp.hw.mac_addr == 00:11:22:33:44:55": "2 3"})
}

// TestListedDHCPClients: two clients with transactions of their own, two messages each;
// then a client that uses the other one's number in a third transaction.
func TestListedDHCPClients(t *testing.T) {
	kind := func(k byte, more ...byte) []byte { return append([]byte{53, 1, k}, more...) }
	server := []byte{54, 4, 192, 168, 1, 1}
	from := func(d dhcpLease) []byte { return udpPacket(fromClient, toServers, d.bytes()) }
	to := func(d dhcpLease) []byte { return udpPacket(fromServer, toClients, d.bytes()) }
	e, id := listed(t, linkRaw,
		framed{0, from(dhcpLease{1, 0x11111111, firstMAC, "", kind(1)})},
		framed{10, from(dhcpLease{1, 0x22222222, secondMAC, "", kind(1)})},
		framed{20, to(dhcpLease{2, 0x22222222, secondMAC, "192.168.1.102", kind(2, server...)})},
		framed{40, to(dhcpLease{2, 0x11111111, firstMAC, "192.168.1.101", kind(2, server...)})},
		framed{50, from(dhcpLease{1, 0x11111111, secondMAC, "", kind(3, 50, 4, 192, 168, 1, 102)})},
		framed{90, to(dhcpLease{2, 0x11111111, secondMAC, "192.168.1.102", kind(5, server...)})},
	)
	wantTold(t, told(said(t, e, id, "dhcp")),
		"1 0.0.0.0:68>255.255.255.255:67 request ok [] DISCOVER from 00:11:22:33:44:55 in 40 ms",
		"2 0.0.0.0:68>255.255.255.255:67 request ok [] DISCOVER from 00:11:22:33:44:66 in 10 ms",
		"3 192.168.1.1:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.102 to 00:11:22:33:44:66 by 192.168.1.1 re 2",
		"4 192.168.1.1:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.101 to 00:11:22:33:44:55 by 192.168.1.1 re 1",
		"5 0.0.0.0:68>255.255.255.255:67 request ok [] REQUEST 192.168.1.102 from 00:11:22:33:44:66 in 40 ms",
		"6 192.168.1.1:67>255.255.255.255:68 response ok [ACK] ACK 192.168.1.102 to 00:11:22:33:44:66 by 192.168.1.1 re 5",
	)
	a := summed(t, e, id, "dhcp")
	for field, want := range map[string]string{
		"dhcp.hw.mac_addr": "2: 00:11:22:33:44:66 4 @2, 00:11:22:33:44:55 2 @1", "dhcp.id": "2: 0x11111111 4 @1, 0x22222222 2 @2",
		"dhcp.option.dhcp_server_id": "1: 192.168.1.1 3 @3", "dhcp.option.dhcp": "4: 1 2 @1, 2 2 @3, 3 1 @5, 5 1 @6",
		"dhcp.ip.your": "3: 0.0.0.0 3 @1, 192.168.1.102 2 @3, 192.168.1.101 1 @4",
	} {
		if got := topText(a, field); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	if a.Requests != 3 || a.Answered != 3 || countsText(a.Codes) != "OFFER 2 @3, ACK 1 @6" {
		t.Errorf("figures: %+v", a)
	}
}

// TestListedSameNumber: two clients that chose the same number at the same time have a
// transaction each.
func TestListedSameNumber(t *testing.T) {
	ask := func(mac [6]byte) []byte {
		return udpPacket(fromClient, toServers, (&dhcpLease{1, 7, mac, "", []byte{53, 1, 1}}).bytes())
	}
	offer := func(mac [6]byte, yours string) []byte {
		return udpPacket(fromServer, toClients, (&dhcpLease{2, 7, mac, yours, []byte{53, 1, 2}}).bytes())
	}
	e, id := listed(t, linkRaw,
		framed{0, ask(firstMAC)}, framed{10, ask(secondMAC)}, framed{20, offer(secondMAC, "192.168.1.102")}, framed{40, offer(firstMAC, "192.168.1.101")},
	)
	wantTold(t, told(said(t, e, id, "dhcp")),
		"1 0.0.0.0:68>255.255.255.255:67 request ok [] DISCOVER from 00:11:22:33:44:55 in 40 ms",
		"2 0.0.0.0:68>255.255.255.255:67 request ok [] DISCOVER from 00:11:22:33:44:66 in 10 ms",
		"3 192.168.1.1:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.102 to 00:11:22:33:44:66 re 2",
		"4 192.168.1.1:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.101 to 00:11:22:33:44:55 re 1",
	)
}

// TestListedPages: a listing that is limited says that there is more, and goes on.
func TestListedPages(t *testing.T) {
	var frames []framed
	for i := range 3 {
		d := dhcpLease{1, uint32(1 + i), firstMAC, "", []byte{53, 1, 1}}
		frames = append(frames, framed{i, udpPacket(fromClient, toServers, d.bytes())})
	}
	e, id := listed(t, linkRaw, frames...)
	q := MessagesRequest{Capture: id, Protocol: "dhcp", Page: Page{Limit: 2}}
	first, err := e.Messages(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if first.Returned != 2 || first.Total != 2 || first.TotalExact || first.NextCursor == "" || first.Rows[1].Frame != 2 {
		t.Errorf("first page: %+v", first)
	}
	q.Cursor = first.NextCursor
	rest, err := e.Messages(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if rest.Returned != 1 || rest.Total != 3 || !rest.TotalExact || rest.NextCursor != "" || rest.Rows[0].Frame != 3 {
		t.Errorf("second page: %+v", rest)
	}
	if n := summed(t, e, id, "dhcp").Messages; n != 3 {
		t.Errorf("%d messages in all", n)
	}
}

// TestListedDHCPServers: two servers are told by their identifiers, and one
// that gives none by its address.
func TestListedDHCPServers(t *testing.T) {
	offer := func(server string, options ...byte) []byte {
		return udpPacket(server, toClients, (&dhcpLease{2, 7, firstMAC, "192.168.1.100", append([]byte{53, 1, 2}, options...)}).bytes())
	}
	ask := dhcpLease{1, 7, firstMAC, "", []byte{53, 1, 1}}
	e, id := listed(t, linkRaw,
		framed{0, udpPacket(fromClient, toServers, ask.bytes())},
		framed{10, offer(fromServer, 54, 4, 192, 168, 1, 1)}, framed{11, offer("192.168.1.66:67", 54, 4, 192, 168, 1, 66)}, framed{12, offer("192.168.1.77:67")},
	)
	wantTold(t, told(said(t, e, id, "dhcp")[1:]),
		"2 192.168.1.1:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.100 to 00:11:22:33:44:55 by 192.168.1.1 re 1",
		"3 192.168.1.66:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.100 to 00:11:22:33:44:55 by 192.168.1.66 re 1 !dhcp.multiple_servers",
		"4 192.168.1.77:67>255.255.255.255:68 response ok [OFFER] OFFER 192.168.1.100 to 00:11:22:33:44:55 re 1",
	)
}

// TestListedNoDHCP: datagrams of something else are none, and that is said.
func TestListedNoDHCP(t *testing.T) {
	e, id := listed(t, linkRaw, framed{0, udpPacket("192.168.1.9:5000", "192.168.1.1:7000", []byte("something else"))})
	if rows := said(t, e, id, "dhcp"); len(rows) != 0 {
		t.Errorf("messages: %s", told(rows))
	}
	a := summed(t, e, id, "dhcp")
	if a.Messages != 0 || len(a.Hints) != 1 || a.Hints[0] != "the capture has no dhcp; it has no messages of a known protocol" {
		t.Errorf("%d messages, hints %q", a.Messages, a.Hints)
	}
	if n := describeCapture(t, e, id).Packets; n != 1 {
		t.Errorf("%d packets", n)
	}
}
