package proto

import (
	"bytes"
	"strings"
)

// Bounds of XML: bytes of a tag, levels of elements, attributes of a tag.
const (
	xmlTagBytes   = 8 << 10
	xmlDepth      = 256
	xmlAttributes = 32
	xmlSpace      = " \t\r\n"
)

// xmlScan finds the ends of the elements below the root of a document that comes in
// pieces. Of XML it knows what RFC 6120, section 11.1, allows.
type xmlScan struct {
	lost  bool // where elements begin is unknown
	at    int  // how much of the element in hand was looked at
	depth int
}

// element gives the length of the element at the beginning, or of a declaration, a
// tag that closes the root, or the one that opens it; 0 if its end has not come yet.
// ok is false if it is none.
func (x *xmlScan) element(b []byte) (n int, ok bool) {
	if x.at == 0 && b[0] != '<' {
		return 0, false
	}
	for x.at < len(b) {
		next := bytes.IndexByte(b[x.at:], '<')
		if next < 0 {
			x.at = len(b)
			break
		}
		x.at += next
		rest := b[x.at:]
		size := xmlTagSize(rest)
		if size == 0 {
			return 0, len(rest) < xmlTagBytes || bytes.HasPrefix(rest, []byte("<![CDATA["))
		}
		alone := x.at == 0
		x.at += size
		switch {
		case bytes.HasPrefix(rest, []byte("<?")), bytes.HasPrefix(rest, []byte("<!")):
		case rest[1] == '/':
			x.depth--
		case rest[size-2] != '/' && !(alone && bytes.HasPrefix(rest, []byte("<stream:stream"))):
			x.depth++
		}
		if x.depth > xmlDepth {
			return 0, false
		}
		if x.depth <= 0 {
			n := x.at
			*x = xmlScan{}
			return n, true
		}
	}
	return 0, true
}

// xmlTagSize gives the length of the tag at the beginning, 0 if its end is not there.
func xmlTagSize(b []byte) int {
	for _, pair := range [...][2]string{{"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		if bytes.HasPrefix(b, []byte(pair[0])) {
			if end := bytes.Index(b, []byte(pair[1])); end > 0 {
				return end + len(pair[1])
			}
			return 0
		}
		if len(b) < len(pair[0]) && bytes.HasPrefix([]byte(pair[0]), b) {
			return 0
		}
	}
	quote := byte(0)
	for i, c := range b[:min(len(b), xmlTagBytes)] {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return 0
}

// xmlElement is a tag that opens, or closes, an element.
type xmlElement struct {
	name       string // with "/" in front of one that closes
	attributes [][2]string
}

// has gives the value of an attribute.
func (e *xmlElement) has(name string) (value string, ok bool) {
	for _, a := range e.attributes {
		if a[0] == name {
			return a[1], true
		}
	}
	return "", false
}

func (e *xmlElement) value(name string) string {
	v, _ := e.has(name)
	return v
}

// xmlName reads the name that follows a "<". whole: its end is there, or it is too long.
func xmlName(b []byte) (name string, whole bool) {
	const most = 64
	end := bytes.IndexAny(b[:min(len(b), most)], xmlSpace+"/>'\"=<")
	if end == 0 && b[0] == '/' {
		name, whole = xmlName(b[1:min(len(b), most)])
		return "/" + name, whole
	}
	if end < 0 {
		return "", len(b) >= most
	}
	return string(b[:end]), true
}

// xmlTag reads the tag at the beginning. rest is what follows it.
func xmlTag(b []byte) (e xmlElement, rest []byte, ok bool) {
	size := xmlTagSize(b)
	if size < 3 || b[0] != '<' {
		return e, nil, false
	}
	tag, rest := b[1:size-1], b[size:]
	e.name, ok = xmlName(b[1:size])
	tag = tag[min(len(tag), len(e.name)):]
	for len(e.attributes) < xmlAttributes {
		tag = bytes.TrimLeft(tag, xmlSpace)
		name, value, found := bytes.Cut(tag, []byte("="))
		value = bytes.TrimLeft(value, xmlSpace)
		if !found || len(value) == 0 || value[0] != '"' && value[0] != '\'' {
			break
		}
		end := bytes.IndexByte(value[1:], value[0])
		if end < 0 {
			break
		}
		e.attributes = append(e.attributes, [2]string{string(bytes.TrimRight(name, xmlSpace)), xmlText(value[1 : 1+end])})
		tag = value[end+2:]
	}
	return e, rest, ok
}

// xmlText undoes the references to the five characters that XML has names for.
func xmlText(b []byte) string {
	text := utf8Text(b)
	if !strings.Contains(text, "&") {
		return text
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&").Replace(text)
}
