package index

import (
	"cmp"
	"slices"
)

// applicationLog holds the applications of connections, which come in the order in which
// connections end, until they are stored in the order of their numbers. Each is kept as
// it will be stored: a tenth of what the values themselves would take.
type applicationLog struct {
	pages [][]byte
	at    []applicationAt
}

// applicationAt is where an application stands.
type applicationAt struct {
	conn         uint32
	page, offset uint32
}

const applicationPage = 64 << 10

// add takes what is known of a connection.
func (l *applicationLog) add(a *Application, n *names) {
	last := len(l.pages) - 1
	if last < 0 || len(l.pages[last]) >= applicationPage {
		l.pages, last = append(l.pages, make([]byte, 0, applicationPage+applicationPage/8)), last+1
	}
	l.at = append(l.at, applicationAt{a.Conn, uint32(last), uint32(len(l.pages[last]))})
	l.pages[last] = appendApplication(l.pages[last], a, n)
}

// each gives all of them in the order of their connections. What came of one at several
// times is joined.
func (l *applicationLog) each(n *names, yield func(*Application)) error {
	slices.SortStableFunc(l.at, func(a, b applicationAt) int { return cmp.Compare(a.conn, b.conn) })
	lists := map[string][]string{}
	for i := 0; i < len(l.at); {
		var whole Application
		conn, first := l.at[i].conn, true
		for ; i < len(l.at) && l.at[i].conn == conn; i++ {
			d := decoder{b: l.pages[l.at[i].page][l.at[i].offset:]}
			a := Application{Conn: conn}
			if decodeApplication(&d, n.list, lists, &a); d.err != nil {
				return d.err
			}
			if first {
				whole, first = a, false
			} else {
				whole.join(&a)
			}
		}
		yield(&whole)
	}
	return nil
}

// join adds what came later of the same connection.
func (a *Application) join(b *Application) {
	for _, p := range b.Protocols {
		if !slices.Contains(a.Protocols, p) {
			a.Protocols = append(a.Protocols, p)
		}
	}
	if a.Host == "" {
		a.Host, a.HostFrom = b.Host, b.HostFrom
	}
	a.Confirmed = a.Confirmed || b.Confirmed
	a.Messages, a.Missing = a.Messages+b.Messages, a.Missing+b.Missing
}
