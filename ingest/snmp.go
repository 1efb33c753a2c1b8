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

// snmpPort is the port that Wireshark's rule is about.
const snmpPort = 161

// seeSNMP looks for a request: a packet to the port that begins as a BER
// sequence. data hold the transport header and its payload.
func (c *conn) seeSNMP(tr *dissect.Transport, data []byte) {
	const sequence = 0x30
	if tr.Kind != dissect.UDP || tr.DstPort != snmpPort || tr.Quoted || c.snmp != snmpNone {
		return
	}
	if tr.Captured > 0 && int(tr.Payload) < len(data) && data[tr.Payload] == sequence {
		c.snmp = snmpReplace
	}
}
