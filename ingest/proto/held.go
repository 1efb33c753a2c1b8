package proto

// What decoders keep of bodies on their way: see Holder.

// Held implements Holder.
func (d *http) Held() (n int) {
	for i := range d.sides {
		if m := d.sides[i].message; m != nil && m.sink != nil {
			n += len(m.sink.text)
			if e := m.sink.events; e != nil {
				n += len(e.line) + len(e.event.data)
			}
		}
	}
	return n
}

// Held implements Holder.
func (d *websocket) Held() int {
	return len(d.sides[0].message.text) + len(d.sides[1].message.text)
}

// Held implements Holder.
func (p *smtp) Held() int { return p.mail.held() }

// Held implements Holder.
func (p *pop) Held() int {
	if p.mail == nil {
		return 0
	}
	return p.mail.mail.held()
}

// Held implements Holder.
func (p *imap) Held() int { return p.literal[0].mail.held() + p.literal[1].mail.held() }

func (l *mail) held() int {
	if l == nil {
		return 0
	}
	return len(l.head)
}
