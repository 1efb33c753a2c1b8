package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	telnetCommand = iota
	telnetSubcommand
	telnetData
	telnetWidth
	telnetHeight
	telnetString
	telnetUser
	telnetPassword
)

// telnetProtocol is Telnet (RFC 854).
func telnetProtocol() Protocol {
	return Protocol{
		Name: "telnet", Title: "Telnet", On: Streams, Ports: []uint16{23},
		Fields: []Field{
			telnetCommand:    {Name: "telnet.cmd", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Command: 251 WILL, 252 WON'T, 253 DO, 254 DON'T, 250 suboption"},
			telnetSubcommand: {Name: "telnet.subcmd", Kind: dissect.KindUint, Bits: 8, Listed: true, Doc: "Option of a command, and what a text option wants: 0 is, 1 send"},
			telnetData:       {Name: "telnet.data", Kind: dissect.KindString, Doc: "A line of text, or what a frame has of it"},
			telnetWidth:      {Name: "telnet.naws_subopt.width", Kind: dissect.KindUint, Bits: 16, Doc: "Width of the window"},
			telnetHeight:     {Name: "telnet.naws_subopt.height", Kind: dissect.KindUint, Bits: 16, Doc: "Height of the window"},
			telnetString:     {Name: "telnet.string_subopt.value", Kind: dissect.KindString, Doc: "Value of a text option: terminal type, display"},
			telnetUser:       {Name: "telnet.user", Kind: dissect.KindString, Listed: true, Doc: "Name typed at a login prompt"},
			telnetPassword:   {Name: "telnet.password", Kind: dissect.KindString, Secret: true, Doc: "Text typed at a password prompt"},
		},
		Detect: detectTelnet,
		New:    func() Decoder { return &telnet{} },
	}
}

// Commands and options (RFC 854, 1091, 1096, 1073).
const (
	telnetSE   = 240
	telnetSB   = 250
	telnetWill = 251
	telnetDont = 254
	telnetIAC  = 255

	telnetTerminalType = 24
	telnetWindowSize   = 31
	telnetDisplay      = 35
)

// telnetSuboption bounds what is held of a suboption, telnetTyped what is kept of a
// name or password.
const (
	telnetSuboption = 4096
	telnetTyped     = 256
)

// detectTelnet wants option negotiations of known options in one direction and
// nothing against it in the other; where they do not come first, a prompt and the port.
func detectTelnet(h *Head) Verdict {
	c, s := telnetOptions(h.Client), telnetOptions(h.Server)
	switch {
	case c >= 1 && s >= 1 || c >= 3 && len(h.Server) == 0 || s >= 3 && len(h.Client) == 0:
		return Yes
	case c < 0 || s < 0:
		return No
	case c+s > 0 && h.ServerPort == 23:
		return Yes
	case c+s > 0:
		return Likely
	case h.ServerPort == 23 && len(h.Client)+len(h.Server) > 0 && !opaque(h.Client) && !opaque(h.Server):
		return Likely
	}
	return No
}

// telnetOptions counts the negotiations that begin a direction, -1: it begins with
// bytes that no telnet sends.
func telnetOptions(b []byte) int {
	n := 0
	for len(b) >= 3 && b[0] == telnetIAC && b[1] >= telnetSB && b[1] <= telnetDont && (b[2] <= 49 || b[2] >= 138 && b[2] <= 140 || b[2] == telnetIAC) {
		if n++; b[1] == telnetSB {
			end := bytes.Index(b, []byte{telnetIAC, telnetSE})
			if end < 0 {
				return n
			}
			b = b[end+2:]
			continue
		}
		b = b[3:]
	}
	if n == 0 && len(b) > 0 && (b[0] < ' ' && bytes.IndexByte([]byte("\r\n\t\x1b\x07\x00"), b[0]) < 0 || b[0] > 0xF3 && len(b) > 1 && b[1] < 240) {
		return -1
	}
	return n
}

// telnet follows negotiations, text, and logins. A message is what a frame brings.
type telnet struct {
	login  telnetLogin
	prompt []byte // end of the server's last line
	typed  []byte
	long   uint64 // bytes typed in all
}

// telnetLogin is what the client types.
type telnetLogin uint8

const (
	telnetAnything telnetLogin = iota
	telnetName
	telnetSecret
)

// Decode implements Decoder.
func (x *telnet) Decode(s *Stream, data []byte) int {
	pos := 0
	for pos < len(data) {
		end := min(s.FrameEnd(pos), len(data))
		n := x.frame(s, data, pos, end)
		if pos += n; pos < end {
			// A command that goes on with the next frame.
			if end == len(data) {
				break
			}
			if n = x.frame(s, data, pos, len(data)); n == 0 {
				break
			}
			pos += n
		}
	}
	return pos
}

// frame makes a message of the bytes from pos to end, and tells how many it took.
func (x *telnet) frame(s *Stream, data []byte, pos, end int) int {
	m := s.Message(s.At(pos))
	at := pos
	for at < end {
		if data[at] != telnetIAC {
			n := bytes.IndexByte(data[at:end], telnetIAC)
			if n < 0 {
				n = end - at
			}
			x.text(s, m, data[at:at+n])
			at += n
			continue
		}
		n := x.command(m, data[at:end])
		if n == 0 {
			break
		}
		at += n
	}
	if at == pos {
		return 0
	}
	if m.Summary == "" {
		m.Summary = "data"
	}
	s.Emit(m, s.At(at-1))
	return at - pos
}

// command takes a command, 0: it is not whole.
func (x *telnet) command(m *Message, b []byte) int {
	if len(b) < 2 {
		return 0
	}
	code := b[1]
	switch {
	case code == telnetIAC: // a byte 255 of the text
		return 2
	case code == telnetSB:
		return x.suboption(m, b)
	case code >= telnetWill:
		if len(b) < 3 {
			return 0
		}
		m.Uint(telnetCommand, uint64(code))
		m.Uint(telnetSubcommand, uint64(b[2]))
		addSummary(m, [...]string{"will ", "won't ", "do ", "don't "}[code-telnetWill]+telnetOption(b[2]))
		return 3
	}
	m.Uint(telnetCommand, uint64(code))
	addSummary(m, telnetCommandName(code))
	return 2
}

// suboption takes a suboption up to its end.
func (x *telnet) suboption(m *Message, b []byte) int {
	if len(b) < 3 {
		return 0
	}
	end, whole := 3, false
	for end < len(b) {
		n := bytes.IndexByte(b[end:], telnetIAC)
		if n < 0 || end+n+1 >= len(b) {
			break
		}
		if end += n; b[end+1] != telnetIAC {
			whole = b[end+1] == telnetSE
			break
		}
		end += 2
	}
	if !whole {
		if len(b) < telnetSuboption {
			return 0
		}
		m.Outcome = index.Malformed
		m.Warn("malformed", index.SeverityWarn, fmt.Sprintf("a suboption has no end within %d bytes", telnetSuboption))
		end = len(b)
	}
	option, value := b[2], b[3:end]
	m.Uint(telnetCommand, telnetSB)
	m.Uint(telnetSubcommand, uint64(option))
	addSummary(m, "suboption "+telnetOption(option))
	switch {
	case option == telnetWindowSize && len(value) == 4:
		m.Uint(telnetWidth, uint64(binary.BigEndian.Uint16(value)))
		m.Uint(telnetHeight, uint64(binary.BigEndian.Uint16(value[2:])))
	case (option == telnetTerminalType || option == telnetDisplay) && len(value) > 0:
		m.Uint(telnetSubcommand, uint64(value[0]))
		if value[0] == 0 {
			m.ascii(telnetString, string(value[1:]))
		}
	}
	if whole {
		m.Uint(telnetCommand, telnetSE)
		return end + 2
	}
	return end
}

// text takes a stretch of text: a field for each line.
func (x *telnet) text(s *Stream, m *Message, b []byte) {
	secret := s.FromClient() && x.login == telnetSecret
	if s.FromClient() {
		x.entry(m, b)
	} else {
		x.shown(b)
	}
	for len(b) > 0 {
		n := lineEnd(b)
		line := b[:n]
		if n < len(b) && b[n-1] == '\r' && b[n] == 0 {
			n++ // a bare CR is sent as CR NUL
		}
		m.ascii(telnetData, string(line))
		m.hide(secret)
		if !secret {
			if text := strings.TrimSpace(string(line)); text != "" {
				addSummary(m, text)
			}
		}
		b = b[n:]
	}
}

// lineEnd is the length of the first line with its end: CR LF, LF or CR.
func lineEnd(b []byte) int {
	n := bytes.IndexAny(b, "\r\n")
	switch {
	case n < 0:
		return len(b)
	case b[n] == '\r' && n+1 < len(b) && b[n+1] == '\n':
		return n + 2
	}
	return n + 1
}

// Gap implements Decoder: text goes on anywhere.
func (x *telnet) Gap(*Stream, Gap) { x.login, x.typed, x.long, x.prompt = telnetAnything, nil, 0, nil }

// End implements Decoder.
func (x *telnet) End(*Stream, []byte, End) {}

func telnetOption(o byte) string {
	switch o {
	case 0:
		return "binary"
	case 1:
		return "echo"
	case 3:
		return "suppress go ahead"
	case 5:
		return "status"
	case telnetTerminalType:
		return "terminal type"
	case telnetWindowSize:
		return "window size"
	case 32:
		return "terminal speed"
	case 33:
		return "flow control"
	case 34:
		return "linemode"
	case telnetDisplay:
		return "X display"
	case 36:
		return "environment"
	case 37:
		return "authentication"
	case 38:
		return "encryption"
	case 39:
		return "new environment"
	}
	return fmt.Sprintf("option %d", o)
}

func telnetCommandName(c byte) string {
	if c >= 236 && c <= 249 {
		return [...]string{
			"end of file", "suspend", "abort", "end of record", "suboption end", "no operation", "data mark", "break",
			"interrupt process", "abort output", "are you there", "erase character", "erase line", "go ahead",
		}[c-236]
	}
	return fmt.Sprintf("command %d", c)
}
