package query

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// registrations looks for many refused logins, and for agents that scan.
type registrations struct {
	limits *ObservationThresholds
	by     map[netip.Addr]*loginSum
	tried  map[uint32]bool // requests with credentials
	agents map[string]*ValueCount
}

type loginSum struct {
	recent []index.Time
	best   int
	users  map[string]bool
	frames []uint32
}

// scanners are parts of the names by which tools that scan introduce themselves.
func scanners() []string {
	return []string{"friendly-scanner", "sipvicious", "sipcli", "pplsip", "sundayddr", "vaxsipuseragent"}
}

func newRegistrations(limits *ObservationThresholds) *registrations {
	return &registrations{limits: limits, by: map[netip.Addr]*loginSum{}, tried: map[uint32]bool{}, agents: map[string]*ValueCount{}}
}

func (r *registrations) fields() []string {
	return []string{"sip.User-Agent", "sip.CSeq.method", "sip.to.user", "sip.auth.username"}
}

func (r *registrations) watch(m *index.Message, t *talkers) {
	agent := fieldText(m, "sip.User-Agent")
	for _, s := range scanners() {
		if agent != "" && strings.Contains(strings.ToLower(agent), s) {
			if r.agents[s] == nil {
				r.agents[s] = &ValueCount{Value: s, First: m.Frame}
			}
			r.agents[s].Count++
		}
	}
	method := fieldText(m, "sip.CSeq.method")
	if method != "REGISTER" && method != "INVITE" {
		return
	}
	if m.Kind == index.Request && fieldText(m, "sip.auth.username") != "" && len(r.tried) < maxObserved {
		r.tried[m.Number] = true
	}
	// 401 and 407 answer each first request: they refuse those with credentials.
	if m.Kind == index.Response && (m.Code == "403" || (m.Code == "401" || m.Code == "407") && r.tried[m.Request]) {
		r.refused(m, t.to().Addr())
	}
}

func (r *registrations) refused(m *index.Message, who netip.Addr) {
	x := r.by[who]
	if x == nil {
		if len(r.by) >= maxObserved {
			return
		}
		x = &loginSum{users: map[string]bool{}}
		r.by[who] = x
	}
	for len(x.recent) > 0 && m.Start-x.recent[0] > r.limits.LoginsWindow || len(x.recent) >= maxWindow {
		x.recent = x.recent[1:]
	}
	x.recent = append(x.recent, m.Start)
	x.best = max(x.best, len(x.recent))
	x.frames = few(x.frames, m.Frame)
	if user := fieldText(m, "sip.to.user"); user != "" && len(x.users) < maxWindow {
		x.users[user] = true
	}
}

func (r *registrations) report() (out []Observation) {
	for _, who := range reached(r.limits.FailedLogins, r.by, func(x *loginSum) int { return x.best }, netip.Addr.Compare) {
		x := r.by[who]
		if len(out) >= maxOfCode {
			break
		}
		o := Observation{
			Code: "sip.register_failures", Title: "many refused registrations or calls", Who: who.String(), Frames: x.frames,
			Statement: fmt.Sprintf("%s was refused %d times within %s after it sent credentials (401, 407), or for good (403), for %d different users", who, x.best, spanWords(r.limits.LoginsWindow), len(x.users)),
			Rule:      fmt.Sprintf("at least %d refusals of REGISTER or INVITE in %s, the first of each login left out", r.limits.FailedLogins, spanWords(r.limits.LoginsWindow)),
			Source:    "Zeek's rule for guesses of SSH passwords (30 in 30 minutes), applied to SIP",
			Benign:    []string{"a phone with a wrong password that tries again", "many phones behind one address"},
		}
		if len(x.users) >= int(r.limits.DifferentUsers) {
			o.Statement += fmt.Sprintf(": at least %d users are tried", r.limits.DifferentUsers)
		}
		out = append(out, o)
	}
	for _, s := range slices.Sorted(maps.Keys(r.agents)) {
		out = append(out, Observation{
			Code: "sip.scanner_agent", Title: "an agent that scans", Frames: []uint32{r.agents[s].First},
			Statement: fmt.Sprintf("%d messages have %q in their User-Agent header", r.agents[s].Count, s),
			Rule:      "the User-Agent is one of a list of scanners", Benign: []string{"a test by the network's owner"},
			Limits: "an agent can call itself anything",
		})
	}
	return out
}

// callSpread looks for accounts that call many numbers within minutes.
type callSpread struct {
	limits *ObservationThresholds
	by     map[string]*spreadSum
	calls  map[uint32]string // numbers that were called, by request
}

type spreadSum struct {
	window[string]
	answered, abroad int
	frames           []uint32
	numbers          []string
}

func newCallSpread(limits *ObservationThresholds) *callSpread {
	return &callSpread{limits: limits, by: map[string]*spreadSum{}, calls: map[uint32]string{}}
}

func (c *callSpread) fields() []string {
	return []string{"sip.CSeq.method", "sip.to.user", "sip.from.addr"}
}

func (c *callSpread) watch(m *index.Message, _ *talkers) {
	if fieldText(m, "sip.CSeq.method") != "INVITE" {
		return
	}
	number := fieldText(m, "sip.to.user")
	if m.Kind == index.Request && number != "" && len(c.calls) < maxObserved {
		c.calls[m.Number] = number
	}
	number, called := c.calls[m.Request]
	if m.Kind != index.Response || !called || !strings.HasPrefix(m.Code, "2") {
		return
	}
	account := fieldText(m, "sip.from.addr")
	x := c.by[account]
	if x == nil {
		if len(c.by) >= maxObserved {
			return
		}
		x = &spreadSum{}
		c.by[account] = x
	}
	x.answered++
	if strings.HasPrefix(number, "+") || strings.HasPrefix(number, "00") || strings.HasPrefix(number, "011") {
		x.abroad++
	}
	if x.add(number, m.Start, c.limits.SpreadWindow) {
		x.frames, x.numbers = few(x.frames, m.Frame), few(x.numbers, number)
	}
}

func (c *callSpread) report() (out []Observation) {
	for _, account := range reached(c.limits.SpreadCalls, c.by, func(x *spreadSum) int { return x.best }, strings.Compare) {
		x := c.by[account]
		if len(out) >= maxOfCode {
			break
		}
		out = append(out, Observation{
			Code: "sip.call_spread", Title: "one account calls many numbers", Who: account, Frames: x.frames,
			Statement: fmt.Sprintf("%d different numbers were called by %s and answered within %s, %d calls in all, %d to numbers that begin with +, 00 or 011; among them %s",
				x.best, account, spanWords(c.limits.SpreadWindow), x.answered, x.abroad, strings.Join(x.numbers, ", ")),
			Rule:   fmt.Sprintf("INVITE to at least %d different numbers by one account in %s, answered 2xx", c.limits.SpreadCalls, spanWords(c.limits.SpreadWindow)),
			Source: "VoIPmonitor's example (50 in 600 s)",
			Benign: []string{"a call centre", "a gateway that all calls of a company pass through"},
			Limits: "which of the numbers are abroad depends on the country, which is not known",
		})
	}
	return out
}
