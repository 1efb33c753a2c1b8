package query

import (
	"context"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/query/needle"
)

// decodedPass is the pass of matches in what application protocols decoded: they
// come behind all others of their capture.
const decodedPass = 1<<passBits - 1

// decodedSearch looks for a needle in the values of messages and in their bodies.
type decodedSearch struct {
	page     *searchPage
	scan     *messageScan
	searcher *needle.Searcher
}

// searchDecoded searches the messages of one capture, in the order of their frames.
func searchDecoded(ctx context.Context, p *searchPage, x Capture) error {
	if apps := x.Summary().Applications; apps == nil {
		return x.EachMessage(1, index.MessageWish{}, func(*index.Message) bool { return false }) // says that it is older
	}
	scan, err := newMessageScan(ctx, x, &MessagesRequest{}, p.filter)
	if err != nil {
		return err
	}
	d := &decodedSearch{page: p, scan: scan, searcher: p.needle.Searcher()}
	from := p.start(decodedPass)
	if from == noFrame {
		return nil
	}
	return scan.each(ctx, int(from), 0, func(m, _ *index.Message) (bool, error) { return d.message(m) })
}

// message searches one message: the text of its body, then its values.
func (d *decodedSearch) message(m *index.Message) (more bool, err error) {
	if m.TextBytes > 0 {
		body, err := d.scan.capture.MessageText(m.Number)
		if err != nil {
			return false, err
		}
		if more, err = d.text(m, m.Protocol+" body", body); err != nil || !more {
			return more, err
		}
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		known, ok := d.scan.texts.known[f.Name]
		if f.Text == "" || !ok || known.Secret || f.Secret || known.Kind != dissect.KindString && known.Kind != dissect.KindBytes {
			continue
		}
		if more, err = d.text(m, f.Name, []byte(f.Text)); err != nil || !more {
			return more, err
		}
	}
	return true, nil
}

// text gives the matches in one text.
func (d *decodedSearch) text(m *index.Message, where string, text []byte) (more bool, err error) {
	n, around := 0, d.page.request.around()
	more = true
	d.searcher.Each(text, func(f needle.Match) bool {
		shown := min(f.End-f.Start, maxMatchShown)
		from, to := max(0, f.Start-around), min(len(text), f.Start+shown+around)
		h := &searchHit{
			frame: m.Frame, conn: m.Conn, side: m.Side, offset: uint32(f.Start), length: uint32(f.End - f.Start), distance: f.Distance, encoding: f.Encoding,
			text: text[from:to], lead: f.Start - from, shown: shown, where: where, protocol: m.Protocol,
		}
		if n++; n == maxPerPayload {
			h.more = true
		}
		more, err = d.page.offer(decodedPass, h)
		return more && err == nil && n < maxPerPayload
	})
	return more, err
}
