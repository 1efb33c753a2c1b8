package query

import (
	"bytes"
	"crypto/sha1" // #nosec G505 -- the Community ID specification prescribes it
	"encoding/base64"
	"encoding/binary"

	"pcapidx/index"
)

// communityID gives the Community ID v1 of a connection: "1:" and the Base64 of
// SHA-1 over seed, address, address, protocol, 0, port, port, the lower endpoint
// first. For ICMP echo the ports are request and reply type.
func communityID(c *index.Connection, seed uint16) string {
	a, b := c.Client(), c.Server()
	aPort, bPort := a.Port(), b.Port()
	switch c.Kind {
	case 1:
		aPort, bPort = 8, 0
	case 58:
		aPort, bPort = 128, 129
	}
	aAddr, bAddr := a.Addr().AsSlice(), b.Addr().AsSlice()
	if order := bytes.Compare(aAddr, bAddr); order > 0 || order == 0 && aPort > bPort {
		aAddr, bAddr, aPort, bPort = bAddr, aAddr, bPort, aPort
	}
	msg := binary.BigEndian.AppendUint16(make([]byte, 0, 40), seed)
	msg = append(append(msg, aAddr...), bAddr...)
	msg = append(msg, c.Kind, 0)
	msg = binary.BigEndian.AppendUint16(msg, aPort)
	msg = binary.BigEndian.AppendUint16(msg, bPort)
	sum := sha1.Sum(msg) // #nosec G401
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}
