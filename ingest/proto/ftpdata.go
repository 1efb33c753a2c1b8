package proto

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

// ftpTransfer is a data connection that the control connection announced.
type ftpTransfer struct {
	setup     uint32 // frame that announced it
	method    string // Wireshark's: "PORT", "PASV", "EPRT", "EPASV"
	command   string // "" as long as it is not known
	verb      string
	name      string
	frame     uint32 // of the command
	number    uint32 // of its message
	directory string
}

// announce expects a data connection with an endpoint.
func (p *ftp) announce(s *Stream, e Endpoint, method string) {
	p.transfer = &ftpTransfer{setup: s.Frame(), method: method}
	s.ExpectFor(e, "ftp-data", p.transfer)
	// Behind a translation of addresses the connection is one with the peer's own.
	if own := s.Source().Addr(); own != e.Addr() {
		s.ExpectFor(netip.AddrPortFrom(own, e.Port()), "ftp-data", p.transfer)
	}
}

// sixNumbers reads h1,h2,h3,h4,p1,p2, wherever it begins.
func sixNumbers(b []byte) (e Endpoint, ok bool) {
	i := bytes.IndexAny(b, "0123456789")
	if i < 0 {
		return e, false
	}
	parts := bytes.SplitN(b[i:], []byte{','}, 6)
	if len(parts) < 6 {
		return e, false
	}
	var v [6]byte
	for n, part := range parts {
		if n == 5 {
			if end := bytes.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
				part = part[:end]
			}
		}
		x, err := strconv.ParseUint(string(part), 10, 8)
		if err != nil {
			return e, false
		}
		v[n] = byte(x)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(v[:4])), uint16(v[4])<<8|uint16(v[5])), true
}

// port reads the argument of PORT.
func (p *ftp) port(s *Stream, m *Message, arg []byte, leads bool) {
	e, ok := sixNumbers(arg)
	if !ok {
		m.Outcome = index.Malformed
		return
	}
	if leads {
		m.Addr(ftpActiveIP, e.Addr())
		m.Uint(ftpActivePort, uint64(e.Port()))
		if e.Addr() != s.Source().Addr() {
			m.Bool(ftpActiveNAT, true)
		}
	}
	p.announce(s, e, "PORT")
}

// pasv reads the answer to PASV.
func (p *ftp) pasv(s *Stream, m *Message, line []byte, leads bool) {
	text := line[min(4, len(line)):]
	if i := bytes.IndexByte(text, '('); i >= 0 {
		text = text[i:]
	}
	e, ok := sixNumbers(text)
	if !ok {
		return
	}
	if leads {
		m.Addr(ftpPassiveIP, e.Addr())
		m.Uint(ftpPassivePort, uint64(e.Port()))
		if e.Addr() != s.Source().Addr() {
			m.Bool(ftpPassiveNAT, true)
		}
	}
	p.announce(s, e, "PASV")
}

// eprt reads the argument of EPRT: |family|address|port|.
func (p *ftp) eprt(s *Stream, m *Message, arg []byte, leads bool) {
	if len(arg) < 2 {
		return
	}
	parts := strings.Split(string(arg), string(arg[:1]))
	if len(parts) < 4 {
		m.Outcome = index.Malformed
		return
	}
	a, err := netip.ParseAddr(parts[2])
	port, bad := strconv.ParseUint(parts[3], 10, 16)
	if err != nil || bad != nil || a.Zone() != "" {
		m.Outcome = index.Malformed
		return
	}
	if leads {
		field, family := ftpEPRTIPv4, uint64(1)
		if a.Is6() {
			field, family = ftpEPRTIPv6, 2
		}
		m.Uint(ftpEPRTFamily, family)
		m.Str(field, string(a.AsSlice()))
		m.Uint(ftpEPRTPort, port)
	}
	p.announce(s, netip.AddrPortFrom(a.Unmap(), uint16(port)), "EPRT")
}

// epsv reads the answer to EPSV: (|||port|), with any character for the bar.
func (p *ftp) epsv(s *Stream, m *Message, line []byte, leads bool) {
	i := bytes.IndexByte(line, '(')
	if i < 0 || len(line) < i+6 || line[i+1] != line[i+2] || line[i+1] != line[i+3] {
		return
	}
	digits, _, ok := bytes.Cut(line[i+4:], line[i+1:i+2])
	port, err := strconv.ParseUint(string(digits), 10, 16)
	if !ok || err != nil {
		return
	}
	own := s.Source().Addr().Unmap()
	if leads {
		if own.Is4() {
			m.Addr(ftpEPSVIPv4, own)
		} else {
			m.Addr(ftpEPSVIPv6, own)
		}
		m.Uint(ftpEPSVPort, port)
	}
	p.announce(s, netip.AddrPortFrom(own, uint16(port)), "EPASV")
}

// quoted reads the name between quotation marks in the answer to PWD, where two of them
// stand for one.
func quoted(b []byte) (string, bool) {
	i := bytes.IndexByte(b, '"')
	if i < 0 {
		return "", false
	}
	var name []byte
	for b = b[i+1:]; len(b) > 0; b = b[1:] {
		if b[0] == '"' {
			if len(b) < 2 || b[1] != '"' {
				return string(name), true
			}
			b = b[1:]
		}
		name = append(name, b[0])
	}
	return "", false
}

// maxDirectory bounds the length of the name of the working directory.
const maxDirectory = 4 << 10

// changeDirectory follows a CWD. What begins with a slash is taken as it is.
func changeDirectory(from, to string) string {
	switch {
	case strings.HasPrefix(to, "/") || from == "":
		return to
	case len(from)+len(to) >= maxDirectory:
		return to
	}
	return path.Join("/", from, to)
}

const (
	ftpDataSetup = iota
	ftpDataMethod
	ftpDataCommand
	ftpDataCommandFrame
	ftpDataDirectory
)

// ftpDataProtocol is a data connection of FTP: what a command carries, as it is.
func ftpDataProtocol() Protocol {
	return Protocol{
		Name: "ftp-data", Title: "FTP data", On: Streams,
		Fields: []Field{
			ftpDataSetup:        {Name: "ftp-data.setup-frame", Kind: dissect.KindUint, Bits: 32, Doc: "Frame that announced the connection"},
			ftpDataMethod:       {Name: "ftp-data.setup-method", Kind: dissect.KindString, Listed: true, Doc: "How it was announced"},
			ftpDataCommand:      {Name: "ftp-data.command", Kind: dissect.KindString, Doc: "Command that it belongs to"},
			ftpDataCommandFrame: {Name: "ftp-data.command-frame", Kind: dissect.KindUint, Bits: 32, Doc: "Frame of the command"},
			ftpDataDirectory:    {Name: "ftp-data.current-working-directory", Kind: dissect.KindString, Doc: "Working directory at the command"},
		},
		New: func() Decoder { return &ftpData{} },
	}
}

// ftpData hashes what the directions carry.
type ftpData struct {
	sides [2]struct {
		hash        hash.Hash
		size        uint64
		missed      uint64
		first, last Mark
	}
}

// Decode implements Decoder.
func (p *ftpData) Decode(s *Stream, data []byte) int {
	d := &p.sides[s.Side()]
	if d.hash == nil {
		d.hash, d.first = sha256.New(), s.At(0)
	}
	d.hash.Write(data)
	d.size += uint64(len(data))
	d.last = s.At(len(data) - 1)
	return len(data)
}

// Gap implements Decoder.
func (p *ftpData) Gap(s *Stream, g Gap) { p.sides[s.Side()].missed += g.Bytes }

// End implements Decoder: the direction becomes one message.
func (p *ftpData) End(s *Stream, _ []byte, e End) {
	d := &p.sides[s.Side()]
	if d.size == 0 {
		return
	}
	m := s.Message(d.first)
	m.Kind, m.Summary = index.Conclusion, fmt.Sprintf("%d bytes", d.size)
	m.Object = &index.Object{
		Size: d.size, Wire: d.size, Expected: -1, SHA256: hex.EncodeToString(d.hash.Sum(nil)), Verdict: "complete",
	}
	if e != Finished {
		m.Outcome, m.Object.Verdict = e.Outcome(), cutVerdict(e)
	}
	if d.missed > 0 {
		m.Outcome, m.Object.Verdict = index.Partial, "capture_loss"
	}
	if t, ok := s.Errand().(*ftpTransfer); ok && t != nil {
		m.Uint(ftpDataSetup, uint64(t.setup))
		m.Str(ftpDataMethod, t.method)
		if t.command != "" {
			m.Str(ftpDataCommand, t.command)
			m.Uint(ftpDataCommandFrame, uint64(t.frame))
			m.Str(ftpDataDirectory, t.directory)
			m.Summary = summary(fmt.Sprintf("%s: %d bytes", t.command, d.size))
			if t.verb == "RETR" || t.verb == "STOR" || t.verb == "APPE" {
				m.Object.Name = path.Base(t.name)
			}
		}
	}
	s.Emit(m, d.last)
}
