package main

import (
	"encoding/binary"
	"strings"
)

// hostileNames has, wherever a capture can carry text, text that would do
// something to the terminal of whoever prints it as it is.
func hostileNames() []byte {
	const (
		title   = "\x1b]0;owned\x07"          // sets the window title
		red     = "\x1b[31mred"               // changes the color
		clear   = "\x1b[2J\x1b[H"             // clears the screen
		c1      = "\u009b31m\xc2\x9d0;x\x07"  // the same with C1 controls
		bidi    = "\u202egpj.exe"             // turns the writing direction
		newline = "line\r\nINFO: fake line\n" // pretends to be another line
		invalid = "\xff\xfe\xc3("             // not UTF-8
	)
	g := newPcapng(binary.LittleEndian)
	g.section([]option{text(optComment, "comment "+title+red), text(shbApplication, clear+"synth")})
	names := []string{"eth0" + title, red + "1", newline, c1, bidi, invalid, "nul\x00here", strings.Repeat("long", 500), ""}
	for _, n := range names {
		g.iface(linkEthernet, 262144, []option{text(ifName, n), text(ifDescription, "about "+n), text(ifOS, n)})
	}

	escapes := title + red
	label := append([]byte{byte(len(escapes))}, escapes...)
	query := cat(u16(0x1234), []byte{1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, label, []byte("\x04test\x00"), u16(1), u16(1))
	frames := [][]byte{etherIP(udpPacket(client4, server4, 40053, 53, query))}
	request := "GET /" + title + " HTTP/1.1\r\nHost: " + red + ".example.com\r\nUser-Agent: " + clear + "\r\n\r\n"
	for _, p := range exchangeOf(client4, server4, 40001, request) {
		frames = append(frames, etherIP(p))
	}
	for i, frame := range frames {
		var options []option
		if i < len(names) {
			options = []option{text(optComment, "packet "+names[i])}
		}
		g.packet(uint32(i%len(names)), ticks(timeOf(i), 6), frame, options)
	}
	return g.bytes()
}
