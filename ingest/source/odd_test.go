package source

import (
	"bytes"
	"slices"
	"testing"
)

// odd is a hand-made file with something unusual.
type odd struct {
	name   string
	file   []byte
	frames int
	damage string // Damage.Kind, "" for none
	// differs says why Wireshark's answer is not compared, "" if it is.
	differs string
}

const (
	overflows     = "its arithmetic overflows, here the value is exact"
	unknownLink   = "it refuses the file, here the frames are kept without dissection"
	brokenTrailer = "it misreads the file behind a member"
)

func oddFiles(t testing.TB) []odd {
	return slices.Concat(oddPcaps(), oddVariants(), oddBlocks(), oddPackets(), oddOptions(), oddOthers(), oddTimes(), oddCompressed(t))
}

func oddPcaps() []odd {
	swapped := record{1700000000, 5, 100, 60, payload(60)}
	straight := record{1700000000, 5, 60, 100, payload(60)}
	at := func(sec, frac uint32) record { return record{sec, frac, 60, 60, payload(60)} }
	big := func(n uint32) record { return record{1, 1, n, n, payload(int(n))} }
	version := func(major, minor int, r ...record) []byte {
		return le.pcap(pcapFile{major: major, minor: minor}, r...)
	}
	return []odd{
		{"no frames", le.pcap(pcapFile{}), 0, "", ""},
		{"empty file", nil, 0, "", ""},
		{"big endian", be.pcap(pcapFile{}, rec(60), rec(61)), 2, "", ""},
		{"nanoseconds", le.pcap(pcapFile{magic: magicNano}, at(1700000000, 123456789)), 1, "", ""},
		{"nanoseconds big endian", be.pcap(pcapFile{magic: magicNano}, at(1700000000, 999999999)), 1, "", ""},
		{"ixia", le.pcap(pcapFile{magic: magicIxia, headerExtra: []byte("size")}, rec(60)), 1, "", ""},
		{"2.0", version(2, 0, swapped, rec(60)), 2, "", ""},
		{"2.1", version(2, 1, swapped, rec(60)), 2, "", ""},
		{"2.2", version(2, 2, swapped, rec(60)), 2, "", ""},
		{"2.2 read wrong", version(2, 2, straight, rec(60)), 1, damageLength, ""},
		{"2.3 swapped", version(2, 3, swapped, straight), 2, "", ""},
		{"2.4 swapped", version(2, 4, straight, swapped), 1, damageCutPacket, ""},
		{"3.0", version(3, 0, rec(60)), 1, "", ""},
		{"543.0", version(543, 0, swapped), 1, "", ""},
		{"1.0", version(1, 0, rec(60)), 0, damageUnsupported, ""},
		{"FCS length", le.pcap(pcapFile{link: 0x24000001}, rec(60)), 1, "", ""},
		{"FCS length not valid", le.pcap(pcapFile{link: 0x20000001}, rec(60)), 1, "", ""},
		{"reserved bits", le.pcap(pcapFile{link: 0x00300001}, rec(60)), 0, damageUnsupported, ""},
		{"reserved bit 27", le.pcap(pcapFile{link: 0x08000001}, rec(60)), 1, "", ""},
		{"unknown link type", le.pcap(pcapFile{link: 5000}, rec(60)), 1, "", unknownLink},
		{"captured more than there was", le.pcap(pcapFile{}, record{1, 1, 60, 10, payload(60)}, rec(60)), 2, "", ""},
		{"no bytes", le.pcap(pcapFile{}, record{1, 1, 0, 0, nil}, record{1, 1, 0, 70, nil}, rec(60)), 3, "", ""},
		{"fraction over a second", le.pcap(pcapFile{}, rec(60), rec(60), rec(60), at(1, 5000000), at(1, 1<<32-1)), 5, "", overflows},
		{"nanoseconds over a second", le.pcap(pcapFile{magic: magicNano}, at(1700000000, 1882137472)), 1, "", ""},
		{"year 2106", le.pcap(pcapFile{}, at(1<<32-1, 999999), rec(60)), 2, "", ""},
		{"time runs backwards", le.pcap(pcapFile{}, at(9, 1), at(5, 1), at(7, 1)), 3, "", ""},
		{"largest packet", le.pcap(pcapFile{}, big(maxPacket), rec(60)), 2, "", ""},
		{"too large packet", le.pcap(pcapFile{}, rec(60), big(maxPacket+1), rec(60)), 1, damageLength, ""},
		{"large USB packet", le.pcap(pcapFile{link: 249, snap: 1 << 30}, big(1<<20), rec(60)), 2, "", ""},
		{"cut USB packet", le.pcap(pcapFile{link: 249, snap: 1 << 30}, rec(60), record{1, 1, 1 << 20, 1 << 20, payload(700000)}), 1, damageCutPacket, ""},
		{"too large EBHSCR packet", le.pcap(pcapFile{link: 279, snap: 1 << 30}, record{1, 1, maxPacketEBHSCR + 1, 60, payload(60)}), 0, damageLength, ""},
		{"cut file header", le.pcap(pcapFile{})[:23], 0, damageCutHeader, ""},
		{"only the magic", le.pcap(pcapFile{})[:4], 0, damageCutHeader, ""},
		{"cut record header", le.pcap(pcapFile{}, rec(60), rec(60))[:24+76+15], 1, damageCutHeader, ""},
		{"cut packet", le.pcap(pcapFile{}, rec(60), rec(60))[:24+76+16+59], 1, damageCutPacket, ""},
	}
}

func oddVariants() []odd {
	modified := le.words(2, uint16(0x800), "\x00\x00")
	modifiedBE := be.words(2, uint16(0x800), "\x00\x00")
	three := []record{rec(60), rec(61), rec(62)}
	fddi := record{1700000000, 123456789, 63, 63, append([]byte("pad"), payload(60)...)}
	return []odd{
		{"modified", le.pcap(pcapFile{magic: magicModified, extra: modified}, three...), 3, "", ""},
		{"modified big endian", be.pcap(pcapFile{magic: magicModified, extra: modifiedBE}, three...), 3, "", ""},
		{"modified SMP", le.pcap(pcapFile{magic: magicModified, extra: append(modified[:7:7], "\x00cpu\x00\x00"[:5]...)}, three...), 3, "", ""},
		{"modified, old magic", le.pcap(pcapFile{extra: modified}, three...), 3, "", ""},
		{"modified, old magic, one", le.pcap(pcapFile{extra: modified}, rec(60)), 1, "", ""},
		{"modified, old magic, none", le.pcap(pcapFile{magic: magicModified}), 0, "", ""},
		{"modified, old magic, cut", le.pcap(pcapFile{extra: modified}, three...)[:24+84+84+30], 2, damageCutPacket, ""},
		{"nokia", le.pcap(pcapFile{extra: le.words(uint32(0x9fbfb601))}, three...), 3, "", ""},
		{"aix ethernet", le.pcap(pcapFile{major: 2, minor: 2, link: 6}, three...), 3, "", ""},
		{"aix fddi", le.pcap(pcapFile{major: 2, minor: 2, link: 15}, fddi, fddi), 2, "", ""},
		{"aix loopback", be.pcap(pcapFile{major: 2, minor: 2, link: 24}, rec(60)), 1, "", ""},
		{"three bad lengths", le.pcap(pcapFile{}, record{1, 2000000, 60, 10, payload(60)}, record{1, 2, 300000, 1, payload(60)}), 1, damageLength, overflows},
		{"bad third record", cat(le.pcap(pcapFile{}, rec(60), rec(60)), bytes.Repeat([]byte{0xee}, 99)), 2, damageLength, "it takes the file for one of Nokia"},
		{"garbage", cat(le.pcap(pcapFile{}), bytes.Repeat([]byte{0xff}, 200)), 0, damageLength, ""},
		{"zeros", cat(le.pcap(pcapFile{}), make([]byte, 16*5+3)), 5, damageCutHeader, ""},
	}
}

func oddBlocks() []odd {
	s, i, p := le.shb(), le.idb(1, 0), le.epb(0, stamp, payload(60))
	good := cat(s, i, p)
	raw := payload(60)
	return []odd{
		{"section", s, 0, "", ""},
		{"section and interface", cat(s, i), 0, "", ""},
		{"plain", cat(good, p, p), 3, "", ""},
		{"sections of both byte orders", cat(good, be.shb(), be.idb(101, 0), be.epb(0, stamp, raw), le.shb(), le.idb(1, 0), p), 3, "", ""},
		{"second section without interface", cat(good, s, p), 1, damageUnsupported, ""},
		{"interfaces", cat(s, i, le.idb(101, 96), le.idb(113, 0), le.epb(2, stamp, raw), le.epb(1, stamp, raw), p), 3, "", ""},
		{"unknown interface", cat(good, le.epb(1, stamp, raw), p), 1, damageUnsupported, ""},
		{"unknown link type", cat(s, le.idb(5000, 0), p), 1, "", ""},
		{"section length", cat(le.block(blockSection, uint32(0x1a2b3c4d), uint16(1), uint16(0), uint64(20)), i, p, p), 2, "", ""},
		{"version 1.2", cat(le.version(1, 2), i, p), 1, "", ""},
		{"version 1.1", cat(le.version(1, 1), i, p), 0, damageUnsupported, ""},
		{"version 2.0 later", cat(good, le.version(2, 0), i, p), 1, damageUnsupported, ""},
		{"no magic later", cat(good, le.block(blockSection, "badmagic", uint64(0)), i, p), 1, damageGarbage, ""},
		{"short section later", cat(good, le.block(blockSection, uint32(0x1a2b3c4d), "abcd"), i, p), 1, damageLength, ""},
		{"short section", cat(le.lying(blockSection, 24, 24, s[8:24]), i, p), 0, damageLength, ""},
		{"long first section, cut", []byte("\n\r\r\n000\x00M<+\x1a"), 0, damageCutHeader, "it opens the file as one of unknown content"},
		{"short interface", cat(s, le.block(blockInterface, "abcd"), p), 0, damageLength, ""},
		{"unknown blocks", cat(good, le.block(0x77, "abc"), le.block(0x80000001), le.block(7, "x"), le.block(8), p), 2, "", ""},
		{"long unknown block", cat(good, le.block(0x77, payload(3<<20)), p), 2, "", ""},
		{"long unknown block, cut", cat(good, le.block(0x77, payload(3<<20)))[:2<<20], 1, damageCutHeader, ""},
		{"long unknown block, other length", cat(good, le.lying(0x77, 3<<20+12, 7, payload(3<<20)), p), 1, damageLength, ""},
		{"length 0", cat(good, le.lying(0x77, 0, 0), p), 1, damageLength, ""},
		{"length 8", cat(good, le.lying(0x77, 8, 8), p), 1, damageLength, ""},
		{"largest length", cat(good, le.lying(0x77, maxBlock, 0, payload(500))), 1, damageCutHeader, ""},
		{"too large", cat(good, le.lying(0x77, maxBlock+1, 0, payload(500)), p), 1, damageLength, ""},
		{"length overflows", cat(good, le.lying(0x77, 1<<32-1, 0, payload(500)), p), 1, damageLength, ""},
		{"unpadded lengths", cat(s, i, le.lying(blockEnhanced, 37, 37, p[8:20], 5, 5, "abcde"), p), 2, "", ""},
		{"unpadded first length", cat(s, i, le.lying(blockEnhanced, 37, 40, p[8:20], 5, 5, "abcde"), p), 2, "", ""},
		{"other trailing length", cat(good, p[:len(p)-4], le.words(100), p), 1, damageLength, ""},
		{"cut block type", cat(good, p[:4]), 1, damageCutHeader, ""},
		{"cut packet head", cat(good, p[:20]), 1, damageCutHeader, ""},
		{"cut packet", cat(good, p[:60]), 1, damageCutPacket, ""},
		{"cut trailing length", cat(good, p[:len(p)-4]), 1, damageCutPacket, ""},
		{"cut right behind the data", cat(good, p[:28+60]), 1, damageCutPacket, ""},
		{"names", cat(s, i, le.block(blockNames, uint16(1), uint16(14), "\x01\x02\x03\x04a.b\x00c.d.e\x00", "\x00\x00", uint16(2), uint16(18), "\x20\x01\x0d\xb8", make([]byte, 12), "x\x00", "\x00\x00", uint32(0)), p), 1, "", ""},
		{"names without end", cat(s, i, le.block(blockNames, uint16(1), uint16(8), "\x01\x02\x03\x04a.b\x00"), p), 1, "", ""},
		{"name without NUL", cat(s, i, le.block(blockNames, uint16(1), uint16(8), "\x01\x02\x03\x04abcd"), p), 0, damageGarbage, ""},
		{"no names", cat(s, i, le.block(blockNames), p), 0, damageLength, ""},
		{"cut name record", cat(s, i, le.block(blockNames, uint16(1), uint16(30), "abcd"), p), 0, damageGarbage, ""},
		{"short address", cat(s, i, le.block(blockNames, uint16(1), uint16(3), "abc"), p), 0, damageGarbage, ""},
		{"unknown name record", cat(s, i, le.block(blockNames, uint16(9), uint16(3), "abc\x00", uint32(0)), p), 1, "", ""},
		{"bad name options", cat(s, i, le.block(blockNames, uint32(0), uint16(1), uint16(30)), p), 0, damageGarbage, ""},
		{"statistics", cat(s, i, le.block(blockStatistics, 0, 0, 0, le.option(4, uint64(7)), le.option(5, uint64(8)), le.option(7, uint64(9))), p), 1, "", ""},
		{"statistics of no interface", cat(s, i, le.block(blockStatistics, 9, 0, 0), p), 1, "", ""},
		{"short statistics", cat(s, i, le.block(blockStatistics, 0, 0), p), 0, damageLength, ""},
		{"secrets", cat(s, i, le.block(blockSecrets, uint32(0x544c534b), 3, "abc\x00", "\xff\xff\xff\xff"), p), 1, "", ""},
		{"too long secrets", cat(s, i, le.block(blockSecrets, uint32(0x544c534b), 5, "abcd"), p), 0, damageLength, ""},
		{"short secrets", cat(s, i, le.block(blockSecrets, 1), p), 0, damageLength, "it reads on into the next block"},
	}
}
