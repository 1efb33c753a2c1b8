package source

// Frames that are no network packets have link types above those of the
// registry, which has 16 bits. Wireshark counts such blocks as frames, so they
// must have numbers here too. FileInfo.Interfaces has one extra entry (ID -1)
// for each of these link types that occurs.
const (
	// LinkTypeCustom marks pcapng Custom Blocks. The data is what follows the
	// Private Enterprise Number, options included; they have no time.
	LinkTypeCustom uint32 = 0x10bad
	// LinkTypeJournal marks systemd Journal Export Blocks. The data is one
	// journal entry, the time is its __REALTIME_TIMESTAMP.
	LinkTypeJournal uint32 = 0x10009
	// LinkTypeSysdig marks Sysdig event blocks. The data is the event without
	// its header, as in Wireshark; OrigLen is the event length in that header.
	LinkTypeSysdig uint32 = 0x10204
	// LinkTypeNone is what Link gives for an interface that does not exist.
	LinkTypeNone uint32 = 0xffffffff
)

// Wireshark's largest captured lengths. A record that claims more is damage.
const (
	maxPacket       = 256 << 10
	maxPacketUSB    = 128 << 20
	maxPacketDBus   = 128 << 20
	maxPacketEBHSCR = 8 << 20
)

// maxCapLen is the largest captured length for a link type.
func maxCapLen(link uint32) uint32 {
	switch link {
	case 186, 189, 220, 249, 266: // USB of FreeBSD, Linux (two kinds), USBPcap, Darwin
		return maxPacketUSB
	case 231: // D-Bus
		return maxPacketDBus
	case 279: // Elektrobit high speed capture and replay
		return maxPacketEBHSCR
	}
	return maxPacket
}
