package proto

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
)

const (
	megacoVersion = iota
	megacoSender
	megacoTransaction
	megacoNumber
	megacoContext
	megacoCommand
	megacoTermination
	megacoErrorCode
	megacoSDP // the fields of SDP follow
)

// megacoProtocol is the text form of H.248 (RFC 3525), with which gateways for media
// are controlled.
func megacoProtocol() Protocol {
	text := func(name, doc string) Field { return Field{Name: name, Kind: dissect.KindString, Doc: doc} }
	number := func(name, doc string) Field {
		return Field{Name: name, Kind: dissect.KindUint, Bits: 32, Doc: doc}
	}
	fields := []Field{
		megacoVersion:     text("megaco.version", "Version"),
		megacoSender:      text("megaco.mId", "Sender"),
		megacoTransaction: listedField(text("megaco.transaction", "Kind of a transaction")),
		megacoNumber:      number("megaco.transid", "Number of a transaction"),
		megacoContext:     number("megaco.context", "Context: terminations that hear each other"),
		megacoCommand:     listedField(text("megaco.command", "Command")),
		megacoTermination: text("megaco.termid", "Termination that a command is about"),
		megacoErrorCode:   listedField(number("megaco.error_code", "Code of an error")),
	}
	return Protocol{
		Name: "megaco", Title: "Megaco", On: Datagrams, Ports: []uint16{2944},
		Fields: append(fields, sdpFields()...),
		Detect: detectMegaco,
		New:    func() Decoder { return &megaco{asked: newBounded[string, uint32](megacoPending)} },
	}
}

// megacoHead cuts the head: "!/1 [192.0.2.1]:2944 ", or with the long token.
func megacoHead(b []byte) (version, sender string, rest []byte) {
	b = bytes.TrimLeft(b, " \t\r\n")
	after, ok := bytes.CutPrefix(b, []byte("!/"))
	if !ok {
		if after, ok = bytes.CutPrefix(b, []byte("MEGACO/")); !ok {
			return "", "", nil
		}
	}
	parts := bytes.Fields(after[:min(len(after), 256)])
	if len(parts) < 2 || !allDigits(parts[0]) {
		return "", "", nil
	}
	sender = string(parts[1])
	end := bytes.Index(after, parts[1]) + len(parts[1])
	return string(parts[0]), sender, after[end:]
}

func detectMegaco(h *Head) Verdict {
	_, _, rest := megacoHead(h.Client)
	if bytes.IndexByte(rest, '{') < 0 && !bytes.HasPrefix(bytes.TrimSpace(rest), []byte("K")) {
		return No
	}
	return Yes
}

// megaco pairs replies with requests by the number of the transaction.
type megaco struct {
	asked *bounded[string, uint32]
}

// Bounds of the requests kept of a connection, and of what is read of a message.
const (
	megacoPending = 1 << 10
	megacoItems   = 1 << 10
)

// Decode implements Decoder.
func (d *megaco) Decode(s *Stream, b []byte) int {
	version, sender, rest := megacoHead(b)
	if rest == nil {
		return 0
	}
	m := s.Message(s.At(0))
	m.Str(megacoVersion, version)
	m.Str(megacoSender, sender)
	w := megacoWalk{rest: rest}
	key := ""
	for range megacoItems {
		i, ok := w.next()
		if !ok {
			break
		}
		switch name := strings.ToUpper(i.name); {
		case i.media:
			media := parseSDP([]byte(i.value))
			media.emit(m, megacoSDP)
			media.announce(s, nil)
		case i.depth == 0:
			key = d.transaction(m, name, i.value)
		case name == "C" || name == "CONTEXT":
			m.Uint(megacoContext, megacoContextNumber(i.value))
		case name == "ER" || name == "ERROR":
			d.failure(m, i.value)
		case i.depth == 2:
			megacoCommandOf(m, name, i.value)
		}
	}
	m.Summary = clip(m.Summary, summaryBytes)
	number := s.Emit(m, s.At(len(b)-1))
	if m.Kind == index.Request && key != "" {
		d.asked.put(key, number)
	}
	return len(b)
}

// transaction emits the begin of a transaction, and gives its number.
func (d *megaco) transaction(m *Message, name, value string) string {
	kind := ""
	switch name {
	case "T", "TRANSACTION":
		kind, m.Kind = "Request", index.Request
	case "P", "REPLY":
		kind, m.Kind, m.Request = "Reply", index.Response, d.asked.by[value]
	case "PN", "PENDING":
		kind, m.Kind, m.Request = "Pending", index.Continues, d.asked.by[value]
	default:
		return ""
	}
	m.Str(megacoTransaction, kind)
	sipNumber(m, megacoNumber, value)
	m.Summary += kind + " " + value
	return value
}

func (d *megaco) failure(m *Message, code string) {
	sipNumber(m, megacoErrorCode, code)
	m.Outcome, m.Code = index.Failed, code
	n, _ := strconv.ParseUint(code, 10, 16)
	m.Warn("megaco.error", index.SeverityWarn, fmt.Sprintf("the reply has error %d", n))
}

// megacoContextNumber gives the number of a context; the null one is 0, "any" and "all"
// have numbers of their own in the binary form.
func megacoContextNumber(value string) uint64 {
	switch value {
	case "$":
		return 1<<32 - 2
	case "*":
		return 1<<32 - 1
	}
	n, _ := strconv.ParseUint(value, 10, 32)
	return n
}

// megacoCommandOf emits a command and its termination.
func megacoCommandOf(m *Message, name, termination string) {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "O-"), "W-")
	long, known := map[string]string{
		"A": "Add", "ADD": "Add", "MV": "Move", "MOVE": "Move", "MF": "Modify", "MODIFY": "Modify", "S": "Subtract", "SUBTRACT": "Subtract",
		"AV": "AuditValue", "AUDITVALUE": "AuditValue", "AC": "AuditCapability", "AUDITCAPABILITY": "AuditCapability",
		"N": "Notify", "NOTIFY": "Notify", "SC": "ServiceChange", "SERVICECHANGE": "ServiceChange",
	}[name]
	if !known {
		return
	}
	m.Str(megacoCommand, long)
	sipText(m, megacoTermination, termination)
	m.Summary += ", " + long + " " + termination
}

// megacoWalk goes through the items of a message: names with values, and braces around
// what belongs to them.
type megacoWalk struct {
	rest  []byte
	depth int
}

type megacoItem struct {
	name, value string
	depth       int
	media       bool // value is a description of media
}

// next gives the next item.
func (w *megacoWalk) next() (i megacoItem, ok bool) {
	for len(w.rest) > 0 {
		end := bytes.IndexAny(w.rest, "{},")
		if end < 0 {
			return i, false
		}
		text, stop := string(bytes.TrimSpace(w.rest[:end])), w.rest[end]
		w.rest = w.rest[end+1:]
		i.depth = w.depth
		switch stop {
		case '{':
			w.depth++
		case '}':
			w.depth = max(0, w.depth-1)
		}
		if text == "" {
			continue
		}
		name, value, _ := strings.Cut(text, "=")
		i.name, i.value = strings.TrimSpace(name), strings.TrimSpace(value)
		if stop == '{' {
			switch strings.ToUpper(i.name) {
			case "L", "LOCAL", "R", "REMOTE": // descriptions hold no braces
				end := bytes.IndexByte(w.rest, '}')
				if end < 0 {
					end = len(w.rest)
				}
				i.media, i.value = true, string(w.rest[:end])
				w.rest = w.rest[end:]
			}
		}
		return i, true
	}
	return i, false
}

// Gap implements Decoder: datagrams have none.
func (d *megaco) Gap(*Stream, Gap) {}

// End implements Decoder.
func (d *megaco) End(*Stream, []byte, End) {}
