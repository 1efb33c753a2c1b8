package index

// sumRowReader reads the groups that indexes of content 5 have for sums: of up to
// sumGroup messages of a protocol, s2, the bytes, the number less that of the message
// before, and the message without summary, text and object, with the fields of
// MessageSummary.Summed and the codes of its warnings.
type sumRowReader struct {
	names []string
	wish  *messageWish
	known map[string]string
	from  uint32
	yield func(m *Message) bool
	buf   []byte
	m     Message
}

// group walks a stored group, given the number of its first message.
func (r *sumRowReader) group(value []byte, first uint32) (more bool, err error) {
	body, err := unpack(value, r.buf, messageLimit)
	if err != nil {
		return false, err
	}
	if value[0] != packedPlain {
		r.buf = body
	}
	d := decoder{b: body}
	r.m.Number = first
	for n := 0; len(d.b) > 0; n++ {
		size := d.count(1)
		r.m.Number += uint32(d.uvarint())
		one := decoder{b: d.bytes(size), known: r.known}
		if decodeMessage(&one, r.names, r.wish, &r.m); d.err != nil || one.err != nil || n >= sumGroup {
			return false, errShort
		}
		if r.m.Number >= r.from && !r.wish.quiet(&r.m) && !r.yield(&r.m) {
			return false, nil
		}
	}
	return true, nil
}
