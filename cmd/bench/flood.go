package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
)

// writeFlood writes a pcap (Ethernet, microseconds) of n SYNs from random
// addresses and ports to one server: the case in which every packet is a
// connection of its own. The same n gives the same bytes.
func writeFlood(path string, n int) error {
	if path == "" {
		return errors.New("name the file to write with -o")
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	header := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0}
	if _, err := w.Write(header); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		if _, err := w.Write(synRecord(r, i)); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// synRecord is a pcap record with one SYN: Ethernet, IPv4, TCP with an MSS
// option; 58 bytes of frame.
func synRecord(r *rand.Rand, i int) []byte {
	const frame = 14 + 20 + 24
	b := make([]byte, 0, 16+frame)
	b = binary.LittleEndian.AppendUint32(b, uint32(1700000000+i/100000))
	b = binary.LittleEndian.AppendUint32(b, uint32(i%100000*10))
	b = binary.LittleEndian.AppendUint32(b, frame)
	b = binary.LittleEndian.AppendUint32(b, frame)
	b = append(b, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0)
	ip := []byte{0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6, 0, 0, 0, 0, 0, 0, 198, 51, 100, 80}
	binary.BigEndian.PutUint16(ip[4:], uint16(r.Uint32()))
	binary.BigEndian.PutUint32(ip[12:], r.Uint32())
	binary.BigEndian.PutUint16(ip[10:], ^onesSum(ip))
	tcp := []byte{0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x60, 2, 0xfa, 0xf0, 0, 0, 0, 0, 2, 4, 5, 0xb4}
	binary.BigEndian.PutUint16(tcp, uint16(1024+r.UintN(64512)))
	binary.BigEndian.PutUint32(tcp[4:], r.Uint32())
	pseudo := append(append([]byte{}, ip[12:20]...), 0, 6, 0, 24)
	binary.BigEndian.PutUint16(tcp[16:], ^onesSum(append(pseudo, tcp...)))
	return append(append(b, ip...), tcp...)
}

// onesSum is the ones' complement sum of RFC 1071.
func onesSum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}
