package query

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"
)

// TestListedCapture: what a capture is. Two packets of 50 and 59 bytes, half a second
// apart; the later one stands first in the file.
func TestListedCapture(t *testing.T) {
	late := udpPacket("192.0.2.1:40000", "192.0.2.2:7000", make([]byte, 31))
	early := udpPacket("192.0.2.2:7000", "192.0.2.1:40000", make([]byte, 22))
	e, id := listed(t, linkIPv4, framed{500, late}, framed{0, early})
	a := describeCapture(t, e, id)
	if a.Packets != 2 || a.Bytes != 109 || a.CapturedBytes != 109 || a.AveragePacketBytes != 54.5 {
		t.Errorf("sizes: %d packets, %d bytes, %d captured, %g on average", a.Packets, a.Bytes, a.CapturedBytes, a.AveragePacketBytes)
	}
	if a.FileBytes != 24+2*16+109 || a.DataBytes != a.FileBytes || a.Name != "exported" || a.FileType != "pcap" {
		t.Errorf("file: %d bytes, %d of data, %q, %s", a.FileBytes, a.DataBytes, a.Name, a.FileType)
	}
	if !slices.Equal(a.Encapsulations, []string{"rawip4"}) {
		t.Errorf("encapsulations %q", a.Encapsulations)
	}
	// The earliest and the latest frame, not the first and the last.
	if a.Start != "2023-11-14T22:13:20.000000000Z" || a.End != "2023-11-14T22:13:20.500000000Z" || a.DurationS != 0.5 || a.StrictTimeOrder {
		t.Errorf("times: %s to %s, %v s, in order: %v", a.Start, a.End, a.DurationS, a.StrictTimeOrder)
	}
	if a.BytesPerSecond != 218 || a.BitsPerSecond != 1744 || a.PacketsPerSecond != 4 {
		t.Errorf("rates: %g B/s, %g b/s, %g packets/s", a.BytesPerSecond, a.BitsPerSecond, a.PacketsPerSecond)
	}
}

// TestListedCut: what the snap length took counts as data that was on the wire.
func TestListedCut(t *testing.T) {
	p := udpPacket("192.0.2.1:40000", "192.0.2.2:7000", make([]byte, 100))
	file := captureFile(linkIPv4, framed{0, p}, framed{1000, p})
	binary.LittleEndian.PutUint32(file[24+12:], 1500) // original length of the first
	e, id := listed(t, linkIPv4)
	id2 := ingestBytes(t, e, file)
	a := describeCapture(t, e, id2)
	if id == id2 || a.Bytes != 1500+128 || a.CapturedBytes != 256 || a.BytesPerSecond != 1628 {
		t.Errorf("%d bytes, %d captured, %g B/s", a.Bytes, a.CapturedBytes, a.BytesPerSecond)
	}
}

// TestListedLinkTypes: encapsulations as capinfos names them, and the number of one without a name.
func TestListedLinkTypes(t *testing.T) {
	for link, want := range map[uint32]string{
		linkEthernet: "ether", linkRaw: "rawip", linkIPv4: "rawip4", 229: "rawip6", 105: "ieee-802-11", 113: "linux-sll", 276: "linux-sll2", 1024: "linktype-1024",
	} {
		e, id := listed(t, link, framed{0, make([]byte, 60)})
		a := describeCapture(t, e, id)
		if !slices.Equal(a.Encapsulations, []string{want}) || a.Packets != 1 || a.Interfaces[0].LinkType != link {
			t.Errorf("link type %d: %q, %d packets, link type %d, want %q", link, a.Encapsulations, a.Packets, a.Interfaces[0].LinkType, want)
		}
	}
}

// TestListedNothing: a capture without packets is no error, and all questions of it
// have empty answers.
func TestListedNothing(t *testing.T) {
	e, id := listed(t, linkEthernet)
	a := describeCapture(t, e, id)
	if a.Packets != 0 || a.Bytes != 0 || a.DurationS != 0 || a.Start != "" || a.AveragePacketBytes != 0 || a.FileBytes != 24 || a.Damage != nil || a.Encapsulations[0] != "ether" {
		t.Errorf("empty capture: %+v", a)
	}
	for _, protocol := range []string{"dns", "dhcp", "icmp", "sip"} {
		if rows := said(t, e, id, protocol); rows == nil || len(rows) != 0 {
			t.Errorf("%s: %v", protocol, rows)
		}
		s := summed(t, e, id, protocol)
		if s.Messages+s.Requests+s.Answered+s.NoResponse+s.Unknown+s.Orphans+s.Errors+s.Broken != 0 || len(s.Top) != 0 || s.Latency != nil {
			t.Errorf("%s: %+v", protocol, s)
		}
		if want := "the capture has no " + protocol + "; it has no messages of a known protocol"; !slices.Equal(s.Hints, []string{want}) {
			t.Errorf("%s: hints %q", protocol, s.Hints)
		}
	}
	c, err := e.Connections(context.Background(), ConnectionsRequest{Captures: []string{id}})
	if err != nil || c.Rows == nil || len(c.Rows) != 0 || c.Total != 0 {
		t.Errorf("connections: %+v, %v", c, err)
	}
	if tr := traffic(t, e, TrafficRequest{Capture: id}); tr.Total.Connections != 0 || len(tr.Rows) != 0 || len(tr.Worst) != 0 {
		t.Errorf("traffic: %+v", tr)
	}
}

// TestListedMissing: of a capture that is not there it is said which.
func TestListedMissing(t *testing.T) {
	e, _ := listed(t, linkEthernet)
	for name, ask := range map[string]func() error{
		"info": func() error { _, err := e.Info(context.Background(), InfoRequest{Capture: "absent.pcap"}); return err },
		"messages": func() error {
			_, err := e.Messages(context.Background(), MessagesRequest{Capture: "absent.pcap"})
			return err
		},
		"summary": func() error {
			_, err := e.Summary(context.Background(), SummaryRequest{Capture: "absent.pcap", Protocol: "dns"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, ask(), NotFound, `"absent.pcap"`) })
	}
}
