package ingest

import "pcapidx/ingest/dissect"

// snmpState says how far a UDP connection is in what Wireshark does with SNMP:
// it begins a conversation of its own for each manager, in which the packets of
// the same addresses and ports behind the first request are counted. So the
// first request stands in a stream alone.
type snmpState uint8

const (
	snmpNone     snmpState = iota
	snmpReplace            // its next packet begins another connection
	snmpReplaced           // it is that other one
)

// Ports that Wireshark's rule is about: agents and receivers of traps.
const (
	snmpPort  = 161
	snmpTraps = 162
)

// seeSNMP looks for a request or trap. data hold the transport header and its
// payload.
func (c *conn) seeSNMP(tr *dissect.Transport, data []byte) {
	if tr.Kind != dissect.UDP || tr.DstPort != snmpPort && tr.DstPort != snmpTraps || tr.Quoted || c.snmp != snmpNone {
		return
	}
	if start := int(tr.Payload); start < len(data) && isSNMP(data[start:], int(tr.Length)) {
		c.snmp = snmpReplace
	}
}

// isSNMP tells whether a payload of some length is a BER sequence (X.690, section
// 8.1) that is whole.
func isSNMP(payload []byte, length int) bool {
	const sequence, longForm = 0x30, 0x80
	if len(payload) < 2 || payload[0] != sequence {
		return false
	}
	size, head := int(payload[1]), 2
	if size >= longForm {
		n := size - longForm
		if n == 0 || n > 3 || len(payload) < head+n {
			return false
		}
		size = 0
		for _, b := range payload[head : head+n] {
			size = size<<8 | int(b)
		}
		head += n
	}
	return head+size <= length
}
