package proto

import "pcapidx/index"

// sipTransactions follows transactions in two ways: as Wireshark does it for its
// fields, and by branch and CSeq for pairs of requests and answers.
type sipTransactions struct {
	paths *bounded[sipPath, *sipSeen]
	asked *bounded[sipTransaction, uint32] // number of the request's message
	// challenged counts, by Call-ID, the answers in a row that asked for credentials.
	challenged *bounded[string, int]
}

// sipPath is a call in one direction between two ends.
type sipPath struct {
	callID   string
	src, dst Endpoint
}

// sipSeen is what was seen last on a path.
type sipSeen struct {
	cseq   uint32
	method string // of the first message with that CSeq
	last   sipLast
	code   int
	frame  uint32
	time   index.Time
}

type sipLast uint8

const (
	sipNothing sipLast = iota
	sipAsked
	sipProvisional
	sipFinal
)

// sipTransaction names a transaction (RFC 3261, section 17.1.3).
type sipTransaction struct {
	callID, branch, method string
	cseq                   uint32
}

// maxSIPTransactions bounds what is kept of transactions, and of calls.
const maxSIPTransactions = 32 << 10

func newSIPTransactions() sipTransactions {
	return sipTransactions{
		newBounded[sipPath, *sipSeen](maxSIPTransactions), newBounded[sipTransaction, uint32](maxSIPTransactions),
		newBounded[string, int](maxSIPTransactions),
	}
}

// authLoop is how many challenges in a row are too many: the first is usual, the
// second has a new nonce.
const authLoop = 3

// challenge counts the challenges of a dialog and tells when they are too many.
func (t *sipTransactions) challenge(m *sipMessage) bool {
	n := t.challenged.by[m.callID]
	switch {
	case m.status == 401 || m.status == 407:
		t.challenged.put(m.callID, n+1)
		return n+1 == authLoop
	case m.status >= 200 && n > 0:
		t.challenged.put(m.callID, 0)
	}
	return false
}

// sipLinks is what Wireshark's fields say of a message's place in a transaction.
type sipLinks struct {
	original uint32     // frame that brought it before, 0: none
	request  uint32     // frame of the request, 0: none
	asked    index.Time // of that frame
}

// link follows Wireshark's rules, which hold for datagrams only: a request with the
// CSeq and the method of the one before on its path is sent again, except ACK and
// CANCEL; so is a final answer with the code of the one before. A request answered is
// the last one of the reverse path, if CSeq and method agree; an ACK refers to the
// last request of its own path.
func (t *sipTransactions) link(s *Stream, m *sipMessage, at Mark) (l sipLinks) {
	if !s.Datagram() || !m.cseqOK {
		return l
	}
	path := sipPath{m.callID, s.Source(), s.Destination()}
	seen := t.paths.by[path]
	switch {
	case m.method == "":
		asked := t.paths.by[sipPath{m.callID, s.Destination(), s.Source()}]
		if asked != nil && asked.cseq == m.cseq && asked.method == m.cseqMethod {
			l.request, l.asked = asked.frame, asked.time
		}
	case m.method == "ACK" && seen != nil && seen.cseq == m.cseq:
		l.request, l.asked = seen.frame, seen.time
	}
	if seen == nil {
		seen = &sipSeen{}
		t.paths.put(path, seen)
	}
	if seen.method == "" || seen.cseq != m.cseq {
		*seen = sipSeen{cseq: m.cseq, method: m.cseqMethod}
	}
	same := seen.method == m.cseqMethod
	switch {
	case m.method != "":
		if same && seen.last == sipAsked && m.cseqMethod != "ACK" && m.cseqMethod != "CANCEL" {
			l.original = seen.frame
		}
		seen.last = sipAsked
	case m.status >= 200:
		if same && seen.last == sipFinal && seen.code == m.status {
			l.original = seen.frame
		}
		seen.last, seen.code = sipFinal, m.status
	default:
		seen.last = sipProvisional
		return l
	}
	if l.original == 0 {
		seen.frame, seen.time = at.Frame, at.Time
	}
	return l
}

// transaction names the transaction of a message.
func (m *sipMessage) transaction() sipTransaction {
	t := sipTransaction{m.callID, "", m.cseqMethod, m.cseq}
	for _, h := range m.headers {
		if h.name == "via" {
			_, params := viaParts(h.value)
			t.branch = sipParameter(params, "branch")
			break
		}
	}
	return t
}
