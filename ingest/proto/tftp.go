package proto

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"path"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	tftpOpcode = iota
	tftpSource
	tftpDestination
	tftpRequestFrame
	tftpType
	tftpBlock
	tftpFullBlock
	tftpErrorCode
	tftpErrorMessage
	tftpOptionName
	tftpOptionValue
)

// tftpProtocol is the Trivial File Transfer Protocol (RFC 1350, RFC 2347).
func tftpProtocol() Protocol {
	return Protocol{
		Name: "tftp", Title: "TFTP", On: Datagrams, Ports: []uint16{69}, Patience: 10e9,
		Fields: []Field{
			tftpOpcode:       {Name: "tftp.opcode", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "1 read, 2 write, 3 data, 4 acknowledgement, 5 error, 6 options"},
			tftpSource:       {Name: "tftp.source_file", Kind: dissect.KindString, Doc: "File to read"},
			tftpDestination:  {Name: "tftp.destination_file", Kind: dissect.KindString, Doc: "File to write, and of what follows a request that it is for"},
			tftpRequestFrame: {Name: "tftp.request_frame", Kind: dissect.KindUint, Bits: 32, Doc: "Frame of the request"},
			tftpType:         {Name: "tftp.type", Kind: dissect.KindString, Listed: true, Doc: "Mode"},
			tftpBlock:        {Name: "tftp.block", Kind: dissect.KindUint, Bits: 16, Doc: "Block"},
			tftpFullBlock:    {Name: "tftp.block.full", Kind: dissect.KindUint, Bits: 32, Doc: "Block, counted on beyond 65535"},
			tftpErrorCode:    {Name: "tftp.error.code", Kind: dissect.KindUint, Bits: 16, Listed: true, Doc: "Error"},
			tftpErrorMessage: {Name: "tftp.error.message", Kind: dissect.KindString, Doc: "Text of the error"},
			tftpOptionName:   {Name: "tftp.option.name", Kind: dissect.KindString, Doc: "Option"},
			tftpOptionValue:  {Name: "tftp.option.value", Kind: dissect.KindString, Doc: "Value of the option"},
		},
		Detect: detectTFTP,
		New:    func() Decoder { return &tftp{} },
	}
}

// detectTFTP: a request with a file and a mode. The data come on another connection,
// which the request announces.
func detectTFTP(h *Head) Verdict {
	b := h.Client
	if len(b) < 4 || b[0] != 0 || b[1] != 1 && b[1] != 2 {
		return No
	}
	parts := bytes.SplitN(b[2:], []byte{0}, 3)
	if len(parts) == 3 && len(parts[0]) > 0 {
		switch strings.ToLower(string(parts[1])) {
		case "netascii", "octet", "mail":
			return Yes
		}
	}
	if h.ServerPort == 69 && b[len(b)-1] == 0 {
		return Likely
	}
	return No
}

// tftpTransfer is a file on its way.
type tftpTransfer struct {
	file      string
	frame     uint32 // of the request
	number    uint32 // of its message
	answered  bool
	blockSize int
	size      int64 // that was announced, -1 if it was not
	next      uint64
	got       uint64
	hash      hash.Hash
	missed    bool
	done      bool
}

// tftp is the state of a connection.
type tftp struct {
	transfer *tftpTransfer
}

// Decode implements Decoder.
func (p *tftp) Decode(s *Stream, b []byte) int {
	if len(b) < 2 {
		return 0
	}
	op := binary.BigEndian.Uint16(b)
	if op < 1 || op > 6 {
		return 0
	}
	if t, ok := s.Errand().(*tftpTransfer); ok && p.transfer == nil {
		p.transfer = t
	}
	m := s.Message(s.At(0))
	m.Uint(tftpOpcode, uint64(op))
	t := p.transfer
	if op > 2 {
		if t == nil {
			return 0
		}
		m.Str(tftpDestination, t.file)
		m.Uint(tftpRequestFrame, uint64(t.frame))
		m.Kind, m.Request = index.Continues, t.number
		if !t.answered {
			t.answered, m.Kind = true, index.Response
		}
	}
	last := s.At(len(b) - 1)
	switch op {
	case 1, 2:
		p.request(s, m, op, b[2:], last)
		return len(b)
	case 3, 4:
		p.block(s, m, op, b[2:])
	case 5:
		p.failed(m, b[2:])
	case 6:
		m.Summary = summary("options: " + p.options(m, b[2:], t))
	}
	s.Emit(m, last)
	return len(b)
}

// request reads RRQ and WRQ.
func (p *tftp) request(s *Stream, m *Message, op uint16, b []byte, last Mark) {
	file, rest, _ := bytes.Cut(b, []byte{0})
	mode, rest, _ := bytes.Cut(rest, []byte{0})
	t := &tftpTransfer{file: string(file), frame: last.Frame, blockSize: 512, size: -1, next: 1, hash: sha256.New()}
	field, name := tftpSource, "read"
	if op == 2 {
		field, name = tftpDestination, "write"
	}
	m.Kind = index.Request
	m.Str(field, string(file))
	m.Str(tftpType, string(mode))
	options := p.options(m, rest, nil)
	m.Summary = summary(fmt.Sprintf("%s %s, %s %s", name, file, mode, options))
	t.number = s.Emit(m, last)
	p.transfer = t
	s.ExpectFor(s.Source(), "tftp", t)
}

// maxTFTPOptions bounds the options of a message.
const maxTFTPOptions = 32

// options reads names and values. Those of the server hold for a transfer.
func (p *tftp) options(m *Message, b []byte, t *tftpTransfer) string {
	var text []string
	for range maxTFTPOptions {
		name, rest, ok := bytes.Cut(b, []byte{0})
		value, rest, also := bytes.Cut(rest, []byte{0})
		if !ok || !also {
			break
		}
		b = rest
		m.Str(tftpOptionName, string(name))
		m.Str(tftpOptionValue, string(value))
		text = append(text, string(name)+"="+string(value))
		n, err := strconv.ParseInt(string(value), 10, 63)
		if t == nil || err != nil {
			continue
		}
		switch strings.ToLower(string(name)) {
		case "blksize":
			if n >= 8 && n <= 65464 {
				t.blockSize = int(n)
			}
		case "tsize":
			t.size = n
		}
	}
	return strings.Join(text, ", ")
}

// block reads DATA and ACK.
func (p *tftp) block(s *Stream, m *Message, op uint16, b []byte) {
	if len(b) < 2 {
		m.Outcome = index.Malformed
		return
	}
	t := p.transfer
	block := uint64(binary.BigEndian.Uint16(b))
	full := t.next&^0xffff | block
	switch { // of the numbers that end like this, the one next to what is expected
	case full+1<<15 < t.next:
		full += 1 << 16
	case full > t.next+1<<15 && full >= 1<<16:
		full -= 1 << 16
	}
	m.Uint(tftpBlock, block)
	m.Uint(tftpFullBlock, full)
	if op == 4 {
		m.Summary = fmt.Sprintf("acknowledges block %d", full)
		return
	}
	data := b[2:]
	m.Summary = fmt.Sprintf("block %d, %d bytes", full, len(data))
	switch {
	case full < t.next || t.done:
		m.Summary += ", again"
		return
	case full > t.next:
		t.missed = true
	}
	t.next = full + 1
	t.hash.Write(data)
	t.got += uint64(len(data))
	if len(data) >= t.blockSize || s.Uncaptured() > 0 {
		t.missed = t.missed || s.Uncaptured() > 0
		return
	}
	t.done = true
	m.Object = &index.Object{
		Name: path.Base(strings.ReplaceAll(t.file, `\`, "/")), Size: t.got, Wire: t.got, Expected: t.size,
		SHA256: hex.EncodeToString(t.hash.Sum(nil)), Verdict: "complete",
	}
	m.Summary = summary(fmt.Sprintf("last block %d of %s, %d bytes in all", full, t.file, t.got))
	if t.missed {
		m.Outcome, m.Object.Verdict = index.Partial, "capture_loss"
	}
}

// failed reads ERROR.
func (p *tftp) failed(m *Message, b []byte) {
	if len(b) < 2 {
		m.Outcome = index.Malformed
		return
	}
	code := binary.BigEndian.Uint16(b)
	text, _, _ := bytes.Cut(b[2:], []byte{0})
	m.Uint(tftpErrorCode, uint64(code))
	m.Str(tftpErrorMessage, string(text))
	m.Outcome, m.Code = index.Failed, fmt.Sprint(code)
	m.Summary = summary(fmt.Sprintf("error %d: %s", code, text))
	m.Warn("tftp.error", index.SeverityWarn, fmt.Sprintf("the transfer is refused or given up with error %d", code))
}

// Gap implements Decoder: datagrams have none.
func (p *tftp) Gap(*Stream, Gap) {}

// End implements Decoder.
func (p *tftp) End(*Stream, []byte, End) {}
