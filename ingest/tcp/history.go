package tcp

// HistoryLimit bounds the number of letters kept.
const HistoryLimit = 64

// Letters recorded once per side.
const (
	seenA uint8 = 1 << iota
	seenD
	seenI
	seenQ
	seenFIN
)

// record appends the history letters of one packet: kind, W, T.
func (z *Zeek) record(e int, s *Segment, control uint16) {
	me, peer := &z.end[e], &z.end[1-e]
	me.begin(s)
	rel := s.Seq - me.start
	switch control {
	case 0:
		if s.Len > 0 {
			z.once(e, seenD, 'D')
		} else if s.Flags&ACK != 0 {
			z.once(e, seenA, 'A')
		}
	case SYN:
		letter := byte('S')
		if s.Flags&ACK != 0 {
			letter = 'H'
		}
		z.kind(e, SYN, 0, rel, letter)
	case FIN:
		z.kind(e, FIN, 1, rel+s.Len, 'F')
		me.seen |= seenFIN
	case RST:
		z.kind(e, RST, 2, rel, 'R')
	case FIN | RST, SYN | FIN | RST:
		z.once(e, seenI, 'I')
	default:
		z.once(e, seenQ, 'Q')
	}
	if s.Window == 0 && s.Flags&RST == 0 && peer.state != closed && me.state != reset {
		me.zeroWin++
		z.tenfold(e, me.zeroWin, 'W')
	}
	if s.Len > 0 && me.high > 0 && int32(rel+s.Len-me.high) <= 0 && me.state != reset && peer.state != reset {
		me.resnt++
		z.tenfold(e, me.resnt, 'T')
	}
}

func (z *Zeek) once(e int, bit uint8, letter byte) {
	if z.end[e].seen&bit == 0 {
		z.end[e].seen |= bit
		z.letter(e, letter)
	}
}

// kind records SYN, FIN and RST the first time and whenever their number
// differs from that of the side's last packet of the kind.
func (z *Zeek) kind(e int, flag uint8, slot int, rel uint32, letter byte) {
	me := &z.end[e]
	if me.kinds&flag == 0 || me.last[slot] != rel {
		z.letter(e, letter)
	}
	me.kinds |= flag
	me.last[slot] = rel
}

// tenfold records the 1st, 10th, 100th ... of a thing.
func (z *Zeek) tenfold(e int, n uint32, letter byte) {
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	if n == 1 {
		z.letter(e, letter)
	}
}

func (z *Zeek) letter(e int, letter byte) {
	if len(z.history) >= HistoryLimit {
		z.full = true
		return
	}
	if e == 1 {
		letter += 'a' - 'A'
	}
	z.history = append(z.history, letter)
}

// History gives the letters; full says that more were left out.
func (z *Zeek) History() (letters string, full bool) { return string(z.history), z.full }
