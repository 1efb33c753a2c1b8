package ingest

import (
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/proto"
)

// frameProtocols are the protocols whose own fields are answered from the bytes of
// frames, not by messages.
var frameProtocols = []string{"icmp", "icmpv6", "arp"}

// addFrameFields adds the fields that package dissect reads of the frames that have
// messages of frameProtocols.
func addFrameFields(t *testing.T, x *index.Index, frames map[uint32]map[string][]string) {
	t.Helper()
	var ids []dissect.FieldID
	for id := range dissect.Fields() {
		f := &dissect.Fields()[id]
		for _, p := range frameProtocols {
			if strings.HasPrefix(f.Name, p+".") && !f.Stored {
				ids = append(ids, dissect.FieldID(id))
			}
		}
	}
	number := uint32(0)
	err := x.EachMessage(1, index.MessageWish{}, func(m *index.Message) bool {
		for _, p := range frameProtocols {
			if m.Protocol == p && m.Frame != number {
				number = m.Frame
				readFrameFields(t, x, number, ids, frames[number])
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readFrameFields(t *testing.T, x *index.Index, number uint32, ids []dissect.FieldID, into map[string][]string) {
	t.Helper()
	row, _, data, err := x.Packet(number)
	if err != nil {
		t.Fatal(err)
	}
	d, p := dissect.NewDecoder(), &dissect.Packet{}
	d.Decode(x.Summary().File.Interfaces[row.Iface].LinkType, data, int(row.OrigLen), p)
	var datagram []byte
	if f := p.Fragment; f != nil && row.Status&index.StatusReassembled != 0 {
		network := f.Network
		datagram = joined(t, x, number)
		d.DecodeDatagram(network, datagram, p)
	}
	for _, id := range ids {
		f := &dissect.Fields()[id]
		for _, v := range dissect.AppendValues(nil, id, data, datagram, int(row.OrigLen), p) {
			into[f.Name] = append(into[f.Name], printedFrameField(f, v))
		}
	}
}

// joined puts a datagram together from its fragments.
func joined(t *testing.T, x *index.Index, number uint32) []byte {
	t.Helper()
	numbers, err := x.Datagram(number)
	if err != nil {
		t.Fatal(err)
	}
	var whole []byte
	d, p := dissect.NewDecoder(), &dissect.Packet{}
	for _, n := range numbers {
		row, _, data, err := x.Packet(n)
		if err != nil {
			t.Fatal(err)
		}
		d.Decode(x.Summary().File.Interfaces[row.Iface].LinkType, data, int(row.OrigLen), p)
		if f := p.Fragment; f != nil && int(f.Start)+int(f.Length) <= len(data) {
			if missing := int(f.Offset) + int(f.Length) - len(whole); missing > 0 {
				whole = append(whole, make([]byte, missing)...)
			}
			copy(whole[f.Offset:], data[f.Start:f.Start+f.Length])
		}
	}
	return whole
}

// printedFrameField writes a value as tshark -T fields does.
func printedFrameField(f *dissect.Field, v dissect.FieldValue) string {
	switch f.Kind {
	case dissect.KindUint:
		if f.Hex {
			return fmt.Sprintf("0x%0*x", f.Bits/4, v.Num)
		}
		return fmt.Sprint(v.Num)
	case dissect.KindBool:
		return fmt.Sprint(v.Num)
	case dissect.KindInt, dissect.KindRelTime:
		return fmt.Sprint(v.Int())
	case dissect.KindString:
		return string(v.Bytes)
	case dissect.KindEther:
		return net.HardwareAddr(v.Bytes).String()
	case dissect.KindIPv4, dissect.KindIPv6:
		return v.Addr().String()
	}
	if strings.HasSuffix(f.Name, "linkaddr") && len(v.Bytes) == 6 { // shown with colons
		return net.HardwareAddr(v.Bytes).String()
	}
	return hex.EncodeToString(v.Bytes)
}

// TestFrameFieldsAreNotMessages: a field is answered from one place.
func TestFrameFieldsAreNotMessages(t *testing.T) {
	for _, f := range proto.Fields() {
		if _, both := dissect.FieldByName(f.Name); both {
			t.Errorf("%s is a field of frames and of messages", f.Name)
		}
	}
}
