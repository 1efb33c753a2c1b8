package proto

import (
	"strconv"
	"strings"
)

// Wireshark's words for names that are none.
const (
	nbnsIllegal1   = "Illegal NetBIOS name (1st character not between A and Z in first-level encoding)"
	nbnsIllegal2   = "Illegal NetBIOS name (2nd character not between A and Z in first-level encoding)"
	nbnsIllegalOdd = "Illegal NetBIOS name (odd number of bytes)"
)

// nbnsNameBytes is the length of a name: 15 characters and a suffix.
const nbnsNameBytes = 16

// nbnsText decodes a name of the name service, whose bytes come as two letters each
// (RFC 1001, section 14.1), with the scope behind it. named tells whether it has a
// suffix.
func nbnsText(encoded string) (text string, suffix byte, named bool) {
	var name []byte
	first, scope, _ := strings.Cut(encoded, ".")
	for i := 0; i < len(first); i += 2 {
		switch {
		case first[i] < 'A' || first[i] > 'Z':
			return nbnsIllegal1, 0, false
		case i+1 == len(first):
			return nbnsIllegalOdd, 0, false
		case first[i+1] < 'A' || first[i+1] > 'Z':
			return nbnsIllegal2, 0, false
		}
		if len(name) < nbnsNameBytes {
			name = append(name, (first[i]-'A')<<4|(first[i+1]-'A'))
		}
	}
	if len(name) != nbnsNameBytes {
		return "Illegal NetBIOS name (" + strconv.Itoa(len(name)) + " bytes long)", 0, false
	}
	suffix = name[nbnsNameBytes-1]
	text = netBIOSText(name[:nbnsNameBytes-1]) + hexByte(suffix)
	if scope != "" {
		text += "." + scope
	}
	return text, suffix, true
}

// netBIOSText writes the 15 characters of a name without the blanks at its end; a name
// of blanks alone is kept.
func netBIOSText(b []byte) string {
	end := len(b)
	for end > 0 && b[end-1] == ' ' {
		end--
	}
	if end == 0 {
		end = len(b)
	}
	var s strings.Builder
	for _, c := range b[:end] {
		if c >= ' ' && c < 0x7f {
			s.WriteByte(c)
		} else {
			s.WriteString(hexByte(c))
		}
	}
	return s.String()
}

func hexByte(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{'<', digits[c>>4], digits[c&15], '>'})
}

// nbnsSuffix says what a suffix stands for, in Wireshark's words.
func nbnsSuffix(suffix byte) string {
	switch suffix {
	case 0x00, 0x02:
		return "Workstation/Redirector"
	case 0x01:
		return "Browser"
	case 0x03:
		return "Messenger service/Main name"
	case 0x05:
		return "Forwarded name"
	case 0x06:
		return "RAS Server service"
	case 0x1b:
		return "Domain Master Browser"
	case 0x1c:
		return "Domain Controllers"
	case 0x1d:
		return "Local Master Browser"
	case 0x1e:
		return "Browser Election Service"
	case 0x1f:
		return "Net DDE Service"
	case 0x20:
		return "Server service"
	case 0x21:
		return "RAS client service"
	case 0x22:
		return "Exchange Interchange (MSMail Connector)"
	case 0x23:
		return "Exchange Store"
	case 0x24:
		return "Exchange Directory"
	case 0x2b:
		return "Lotus Notes Server service"
	case 0x30:
		return "Modem sharing server service"
	case 0x31:
		return "Modem sharing client service"
	}
	return nbnsRareSuffix(suffix)
}

func nbnsRareSuffix(suffix byte) string {
	switch suffix {
	case 0x43:
		return "SMS Clients Remote Control"
	case 0x44:
		return "SMS Administrators Remote Control Tool"
	case 0x45:
		return "SMS Clients Remote Chat"
	case 0x46:
		return "SMS Clients Remote Transfer"
	case 0x4c, 0x52:
		return "DEC Pathworks TCP/IP Service on Windows NT"
	case 0x6a:
		return "Microsoft Exchange IMC"
	case 0x87:
		return "Microsoft Exchange MTA"
	case 0xbe:
		return "Network Monitor Agent"
	case 0xbf:
		return "Network Monitor Analyzer"
	}
	return "Unknown"
}
