package source

import (
	"bytes"
	"fmt"
	"testing"
)

func oddPackets() []odd {
	s, i, p := le.shb(), le.idb(1, 0), le.epb(0, stamp, payload(60))
	d := payload(60)
	obsolete := func(iface int, options ...any) []byte {
		return le.block(blockPacket, append([]any{uint16(iface), uint16(7), p[12:20], 60, 200, d}, options...)...)
	}
	long := func(options ...any) []byte { return le.epb(0, stamp, payload(700001), options...) }
	usb := cat(s, le.idb(249, 0))
	return []odd{
		{"obsolete", cat(s, i, obsolete(0), p), 2, "", ""},
		{"obsolete, unknown interface", cat(s, i, obsolete(1), p), 0, damageUnsupported, ""},
		{"obsolete with options", cat(s, i, obsolete(0, le.option(2, 1), le.option(1, "hi"), uint32(0)), p), 2, "", ""},
		{"simple", cat(s, i, le.spb(60, d), p), 2, "", ""},
		{"simple, odd length", cat(s, i, le.spb(5, d[:5]), le.spb(0, nil), p), 3, "", ""},
		{"simple with snapshot length", cat(s, le.idb(1, 20), le.spb(60, d[:20]), p), 2, "", ""},
		{"simple, cut but for the snapshot length", cat(s, le.idb(1, 100), le.spb(60, d[:20]), p), 0, damageLength, ""},
		{"simple, too long", cat(s, i, le.spb(60, payload(64)), p), 0, damageLength, ""},
		{"simple, too long but well", cat(s, i, le.lying(blockSimple, 84, 84, 60, d, 84, 80)), 1, damageCutHeader, ""},
		{"simple, no interface", cat(s, le.spb(60, d), p), 0, damageUnsupported, ""},
		{"simple, too large", cat(s, i, le.spb(maxPacket+1, payload(maxPacket+1)), p), 0, damageLength, ""},
		{"captured more than there was", cat(s, i, le.block(blockEnhanced, 0, p[12:20], 60, 10, d), p), 2, "", ""},
		{"block too small", cat(s, i, le.block(blockEnhanced, 0, p[12:20], 61, 61, d), p), 0, damageLength, ""},
		{"length overflows", cat(s, i, le.block(blockEnhanced, 0, p[12:20], 1<<32-2, 60, d), p), 0, damageLength, ""},
		{"largest packet", cat(s, i, le.epb(0, stamp, payload(maxPacket)), p), 2, "", ""},
		{"too large packet", cat(s, i, p, le.epb(0, stamp, payload(maxPacket+1)), p), 1, damageLength, ""},
		{"short packet block", cat(s, i, le.block(blockEnhanced, 0, p[12:20], 0), p), 0, damageLength, ""},
		{"long packet", cat(usb, long(), le.epb(0, stamp, d)), 2, "", ""},
		{"long packet with options", cat(usb, long(le.option(1, "hello"), uint32(0)), le.epb(0, stamp, d)), 2, "", ""},
		{"long packet, cut", cat(usb, p, long())[:600000], 1, damageCutPacket, ""},
		{"long packet, cut options", cat(usb, p, long(le.option(1, "hello")))[:48+len(p)+28+700004+6], 1, damageCutPacket, ""},
		{"long packet, bad options", cat(usb, p, long(le.option(2, "abc"))), 1, damageGarbage, ""},
		{"long packet, other trailing length", cat(usb, p, long()[:700032], le.words(7)), 1, damageLength, ""},
		{"long options", cat(usb, le.epb(0, stamp, d, bytes.Repeat(le.option(99, payload(60000)), 12)), le.epb(0, stamp, d)), 2, "", ""},
		{"long simple", cat(usb, le.spb(700001, payload(700001)), le.epb(0, stamp, d)), 2, "", ""},
	}
}

func oddOptions() []odd {
	s, i, p := le.shb(), le.idb(1, 0), le.epb(0, stamp, payload(60))
	out := []odd{
		{"no end of options", cat(s, le.idb(1, 0, le.option(2, "eth0")), le.epb(0, stamp, payload(60), le.option(1, "hello"))), 1, "", ""},
		{"garbage behind the end", cat(s, le.idb(1, 0, uint32(0), "garb"), le.epb(0, stamp, payload(60), uint32(0), "garbage!")), 1, "", ""},
		{"cut option", cat(s, i, le.epb(0, stamp, payload(60), uint16(1), uint16(100), "abcd"), p), 0, damageGarbage, ""},
		{"cut interface option", cat(s, le.idb(1, 0, uint16(2), uint16(100), "abcd"), p), 0, damageGarbage, ""},
		{"cut section option", cat(le.shb(uint16(2), uint16(100), "abcd"), i, p), 0, damageGarbage, ""},
		{"filter without type", cat(s, le.idb(1, 0, le.option(11, "")), p), 0, damageGarbage, ""},
		{"filter", cat(s, le.idb(1, 0, le.option(11, "\x00tcp")), p), 1, "", ""},
		{"custom option", cat(s, le.idb(1, 0, le.option(2988, "1234x")), p), 1, "", ""},
		{"short custom option", cat(s, le.idb(1, 0, le.option(19372, "12")), p), 0, damageGarbage, ""},
	}
	for _, o := range []struct {
		code  int
		value string
		good  bool
	}{
		{2, "\x01\x00\x00\x00", true},
		{2, "abc", false},
		{3, "", true},
		{4, "12345678", true},
		{4, "1234", false},
		{5, "12345678", true},
		{5, "1234", false},
		{6, "1234", true},
		{6, "12345678", false},
		{7, "", false},
		{7, "\x00abc", true},
		{7, "\x01", false},
		{7, "\x01abcdefgh", true},
		{7, "\x02abcdefg", false},
		{7, "\x03", true},
		{8, "1234", true},
		{99, "x", true},
		{2989, "123", false},
		{2989, "1234", true},
		{19373, "12", false},
	} {
		f := odd{
			name: "packet option " + string(rune('0'+o.code%10)) + " " + o.value, frames: 2,
			file: cat(s, i, le.epb(0, stamp, payload(60), le.option(o.code, o.value)), p),
		}
		if !o.good {
			f.frames, f.damage = 0, damageGarbage
		}
		out = append(out, f)
	}
	return out
}

func oddOthers() []odd {
	s, i, p := le.shb(), le.idb(1, 0), le.epb(0, stamp, payload(60))
	good := cat(s, i, p)
	journal := "__CURSOR=x\n__REALTIME_TIMESTAMP=1700000000654321\nMESSAGE=hello\n"
	event := func(e builder, kind uint32, length uint32, more ...any) []byte {
		head := e.words(uint16(3), uint64(1700000000123456789), uint64(77), length, uint16(5))
		return e.block(kind, append([]any{head}, more...)...)
	}
	out := []odd{
		{"custom", cat(good, le.block(blockCustom, 12345, "abcdefg"), p), 3, "", ""},
		{"custom, not to copy", cat(good, le.block(blockCustomOwn, 12345), p), 3, "", ""},
		{"custom, unpadded length", cat(s, i, le.lying(blockCustom, 23, 23, 7, "abcdefg"), p), 2, "", ""},
		{"custom, short", cat(good, le.block(blockCustom), p), 1, damageLength, ""},
		{"custom, long", cat(good, le.block(blockCustom, 7, payload(900000)), p), 3, "", ""},
		{"custom, long and cut", cat(good, le.block(blockCustom, 7, payload(900000)))[:800000], 1, damageCutPacket, ""},
		{"custom, long, other length", cat(good, le.lying(blockCustom, 900016, 3, 7, payload(900000)), p), 1, damageLength, ""},
		{"journal", cat(good, le.block(blockJournal, journal), p), 3, "", ""},
		{"journal alone", cat(s, le.block(blockJournal, journal)), 1, "", ""},
		{"journal, long", cat(good, le.block(blockJournal, journal, bytes.Repeat([]byte("x"), 600001)), p), 3, "", ""},
		{"journal without time", cat(good, le.block(blockJournal, "MESSAGE=hello hello hello hello\n"), p), 3, "", ""},
		{"journal, short", cat(good, le.block(blockJournal, "MESS=1"), p), 1, damageLength, ""},
		{"journal, zeros", cat(good, le.block(blockJournal, "A=123", make([]byte, 40)), p), 1, damageLength, ""},
		{"journal, time behind NUL", cat(good, le.block(blockJournal, "A=123\x00__REALTIME_TIMESTAMP=77"), p), 3, "", ""},
		{"journal ends at time", cat(good, le.block(blockJournal, "A=1234567890\n__REALTIME_TIMESTAMP="), p), 3, "", ""},
		{"sysdig", cat(good, event(le, blockSysdig, 26, "parm"), p), 3, "", ""},
		{"sysdig big endian", cat(be.shb(), event(be, blockSysdig, 26, "parm")), 1, "", ""},
		{"sysdig 2", cat(good, event(le, blockSysdig2, 2000, 1, "parmabcd"), p), 3, "", ""},
		{"sysdig 2 large", cat(good, event(le, blockSysdig2Big, 0, 1), p), 3, "", ""},
		{"sysdig, short", cat(good, le.block(blockSysdig, "abcd"), p), 1, damageLength, ""},
		{"sysdig 2, short", cat(good, event(le, blockSysdig2, 26), p), 1, damageLength, ""},
		{"sysdig with flags", cat(good, event(le, 0x208, 26, "parm"), p), 2, "", ""},
		{"between custom blocks", cat(good, le.block(blockCustom, 1), le.block(blockCustom, 1), p, le.block(blockCustom, 1, "x")), 5, "", ""},
	}
	for _, number := range []string{"5", " 5", "+5", "-5", "", "12x", "0x10", "007", "99999999999999999999999", "9223372036854775"} {
		out = append(out, odd{
			name: "journal time " + number, frames: 1,
			file: cat(s, le.block(blockJournal, "__REALTIME_TIMESTAMP="+number+"\nABCDEFGHIJK")),
		})
	}
	return out
}

func oddTimes() []odd {
	var out []odd
	add := func(differs string, ts uint64, options ...any) {
		out = append(out, odd{
			name: fmt.Sprintf("time %d %x", ts, options), frames: 1, differs: differs,
			file: cat(le.shb(), le.idb(1, 0, options...), le.epb(0, ts, payload(60))),
		})
	}
	resolution := func(n int) []byte { return le.option(9, string(rune(n))) }
	binary := func(n int) []byte { return le.option(9, []byte{0x80 | byte(n)}) }
	add("", 1700000000123456789, resolution(9))
	add("", 1700000000, resolution(0))
	add("", 1700000000123, resolution(3))
	add("", 1700000000123456, resolution(12))
	add(overflows, 12345678901234567890, resolution(19))
	add("", 5, resolution(20))
	add("", 5, resolution(90))
	add(overflows, 1234567890123456789, resolution(18))
	add("", 1700000000<<20+12345, binary(20))
	add("", 1700000000<<30+123456789, binary(30))
	add("", 1700000000, binary(0))
	add(overflows, 100000<<40+987654321987, binary(40))
	add(overflows, 1<<63+12345678901234567, binary(63))
	add(overflows, 1<<63+12345678901234567, binary(64))
	add("", 5, binary(64))
	add("", 5, binary(127))
	add("", 1000, le.option(14, uint64(5)))
	add("", 1700000000000000, le.option(14, ^uint64(1700000001)+1))
	add("", 1700000000500000, le.option(9, "\x09"), le.option(9, "\x06"))
	add("", 1700000000500000, le.option(9, "\x09\x00"), le.option(14, 7))
	add("times beyond 2262 are clamped", 1<<64-1)
	add("times beyond 2262 are clamped", 5, le.option(14, uint64(1<<62)))
	return out
}

func oddCompressed(t testing.TB) []odd {
	f := le.pcap(pcapFile{}, rec(60), rec(61), rec(62))
	g, z := gz(t, f), zst(t, f)
	return []odd{
		{"gzip", g, 3, "", ""},
		{"gzip of pcapng", gz(t, cat(le.shb(), le.idb(1, 0), le.epb(0, stamp, payload(60)))), 1, "", ""},
		{"gzip members", cat(gz(t, f[:50]), gz(t, f[50:])), 3, "", ""},
		{"gzip in gzip", gz(t, g), 3, "", "it unpacks once only"},
		{"zstd", z, 3, "", ""},
		{"zstd frames", cat(zst(t, f[:50]), zst(t, f[50:])), 3, "", ""},
		{"zstd in gzip", gz(t, z), 3, "", "it unpacks once only"},
		{"gzip, cut", g[:len(g)-12], 3, damageCompression, ""},
		{"gzip, no checksum", g[:len(g)-8], 3, damageCompression, ""},
		{"gzip, wrong checksum", cat(g[:len(g)-8], make([]byte, 8)), 3, damageCompression, "it gives no frame at all"},
		{"gzip, garbage behind", cat(g, []byte("garbage")), 3, damageCompression, brokenTrailer},
		{"gzip, zeros behind", cat(g, make([]byte, 100)), 3, damageCompression, brokenTrailer},
		{"zstd, garbage behind", cat(z, []byte("garbage")), 3, damageCompression, "it gives no frame at all"},
		{"zstd, skippable frame first", cat(le.words(uint32(0x184d2a50), 3, "abc"), z), 3, "", "it does not know such a frame"},
	}
}
