package query

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"pcapidx/index"
)

// Thresholds of failed logins, after those of Zeek for SSH: 30 in 30 minutes.
const (
	failedLogins  = 30
	loginsWindow  = index.Time(1800e9)
	differentUser = 10
)

// registrations looks for many refused logins, and for agents that scan.
type registrations struct {
	by     map[netip.Addr]*loginSum
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

func newRegistrations() *registrations {
	return &registrations{by: map[netip.Addr]*loginSum{}, agents: map[string]*ValueCount{}}
}

func (r *registrations) fields() []string {
	return []string{"sip.User-Agent", "sip.CSeq.method", "sip.to.user"}
}

func (r *registrations) watch(m *index.Message, _, to netip.Addr) {
	agent := fieldText(m, "sip.User-Agent")
	for _, s := range scanners() {
		if strings.Contains(strings.ToLower(agent), s) {
			if r.agents[s] == nil {
				r.agents[s] = &ValueCount{Value: s, First: m.Frame}
			}
			r.agents[s].Count++
		}
	}
	method := fieldText(m, "sip.CSeq.method")
	if m.Kind != index.Response || method != "REGISTER" && method != "INVITE" || m.Code != "401" && m.Code != "403" && m.Code != "407" {
		return
	}
	x := r.by[to]
	if x == nil {
		if len(r.by) >= maxObserved {
			return
		}
		x = &loginSum{users: map[string]bool{}}
		r.by[to] = x
	}
	for len(x.recent) > 0 && m.Start-x.recent[0] > loginsWindow || len(x.recent) >= 4096 {
		x.recent = x.recent[1:]
	}
	x.recent = append(x.recent, m.Start)
	x.best = max(x.best, len(x.recent))
	x.frames = someFrames(x.frames, m.Frame)
	if user := fieldText(m, "sip.to.user"); user != "" && len(x.users) < maxObserved {
		x.users[user] = true
	}
}

func (r *registrations) report() (out []Observation) {
	for _, who := range slices.SortedFunc(maps.Keys(r.by), netip.Addr.Compare) {
		x := r.by[who]
		if x.best < failedLogins {
			continue
		}
		o := Observation{
			Code: "sip.register_failures", Title: "many refused registrations or calls", Who: who.String(), Frames: x.frames,
			Statement: fmt.Sprintf("%s was refused %d times within 30 minutes (401, 403, 407), for %d different users", who, x.best, len(x.users)),
			Rule:      fmt.Sprintf("at least %d refusals in 30 minutes", failedLogins),
			Benign:    []string{"the first request of each login is refused by design: half of the refusals are normal", "a phone with a wrong password"},
		}
		if len(x.users) >= differentUser {
			o.Statement += fmt.Sprintf(": at least %d users are tried", differentUser)
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
