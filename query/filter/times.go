package filter

import (
	"strconv"
	"strings"
	"time"
)

// relTimeConstant reads seconds with up to nine decimals.
func relTimeConstant(c *Const) (Value, error) {
	digits := strings.TrimLeft(c.Text, "+-")
	whole, fraction, _ := strings.Cut(digits, ".")
	s, err := strconv.ParseUint(whole, 10, 64)
	ns, ok := nanoseconds(fraction)
	switch {
	case err == nil && s > 9_000_000_000: // 292 years of nanoseconds are what 64 bits hold
		return Value{}, c.errorf("", "%s seconds is out of range", c.Text)
	case err != nil || !ok || len(fraction) > 9:
		return Value{}, c.errorf("seconds, as in 0.25", "%s is no %s", show(c), RelTime)
	}
	d := time.Duration(s)*time.Second + time.Duration(ns)
	if c.Text[0] == '-' {
		d = -d
	}
	return RelTimeValue(d), nil
}

// nanoseconds reads the decimals of a second; those behind the ninth do not
// count.
func nanoseconds(s string) (int, bool) {
	if strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	ns, _ := strconv.Atoi((s + "000000000")[:9])
	return ns, true
}

// absTimeConstant reads one of Wireshark's two forms: 2011-07-04 12:34:56.5
// (also with T, without seconds, without time of day, with a zone) and
// Nov 12, 1999 08:55:44.123. Without a zone Wireshark takes the computer's own;
// here it is UTC, so that a filter means the same everywhere.
func absTimeConstant(c *Const) (Value, error) {
	s := timeScanner{rest: c.Text}
	var t time.Time
	if c.Text != "" && isDigit(c.Text[0]) {
		t = s.iso()
	} else {
		t = s.named()
	}
	if s.bad || s.rest != "" {
		return Value{}, c.errorf(`as in "2011-07-04 12:34:56" or "Nov 12, 1999 08:55:44.123"`, "%s is no %s", show(c), AbsTime)
	}
	if t.Year() < 1678 || t.Year() > 2261 {
		return Value{}, c.errorf("", "%s is out of range", show(c))
	}
	return AbsTimeValue(t.UnixNano()), nil
}

// timeScanner takes a time apart; the first thing that does not fit sets bad.
type timeScanner struct {
	rest string
	bad  bool
}

// lit takes one of the given characters and says which.
func (s *timeScanner) lit(oneOf string) byte {
	if s.rest == "" || strings.IndexByte(oneOf, s.rest[0]) < 0 {
		s.bad = true
		return 0
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	return c
}

func (s *timeScanner) has(oneOf string) bool {
	return s.rest != "" && strings.IndexByte(oneOf, s.rest[0]) >= 0
}

// num takes a number of at most n digits between low and high.
func (s *timeScanner) num(n, low, high int) int {
	i := 0
	for i < n && i < len(s.rest) && isDigit(s.rest[i]) {
		i++
	}
	v, err := strconv.Atoi(s.rest[:i])
	if err != nil || v < low || v > high {
		s.bad = true
	}
	s.rest = s.rest[i:]
	return v
}

func (s *timeScanner) iso() time.Time {
	year := s.num(4, 1000, 9999)
	s.lit("-")
	month := s.num(2, 1, 12)
	s.lit("-")
	day := s.num(2, 1, 31)
	var hour, minute, sec, ns int
	if s.has(" T") && len(s.rest) > 1 && isDigit(s.rest[1]) {
		s.lit(" T")
		hour = s.num(2, 0, 23)
		s.lit(":")
		minute = s.num(2, 0, 59)
		if s.has(":") {
			sec, ns = s.seconds()
		}
	}
	return time.Date(year, time.Month(month), day, hour, minute, sec, ns, time.UTC).Add(-s.zone())
}

// seconds takes ":56" or ":56.789"; leap seconds count.
func (s *timeScanner) seconds() (sec, ns int) {
	s.lit(":")
	sec = s.num(2, 0, 61)
	if !s.has(".") {
		return sec, 0
	}
	s.lit(".")
	n := len(s.rest) - len(strings.TrimLeft(s.rest, "0123456789"))
	ns, _ = nanoseconds(s.rest[:n])
	s.bad = s.bad || n == 0
	s.rest = s.rest[n:]
	return sec, ns
}

// zone takes Z, UTC, +hhmm or +hh:mm.
func (s *timeScanner) zone() time.Duration {
	s.rest = strings.TrimLeft(s.rest, " ")
	switch {
	case s.rest == "" || s.rest == "Z" || s.rest == "UTC":
		s.rest = ""
		return 0
	case !s.has("+-"):
		s.bad = true
		return 0
	}
	sign := time.Duration(1)
	if s.lit("+-") == '-' {
		sign = -1
	}
	d := time.Duration(s.num(2, 0, 23)) * time.Hour
	if s.has(":") {
		s.lit(":")
	}
	return sign * (d + time.Duration(s.num(2, 0, 59))*time.Minute)
}

func (s *timeScanner) named() time.Time {
	const months = "jan feb mar apr may jun jul aug sep oct nov dec"
	if len(s.rest) < 4 {
		s.bad = true
		return time.Time{}
	}
	at := strings.Index(months, strings.ToLower(s.rest[:3]))
	s.rest = s.rest[3:]
	s.bad = at < 0 || at%4 != 0
	s.spaces()
	day := s.num(2, 1, 31)
	s.lit(",")
	s.spaces()
	year := s.num(4, 1000, 9999)
	s.spaces()
	hour := s.num(2, 0, 23)
	s.lit(":")
	minute := s.num(2, 0, 59)
	sec, ns := s.seconds()
	return time.Date(year, time.Month(at/4+1), day, hour, minute, sec, ns, time.UTC).Add(-s.zone())
}

func (s *timeScanner) spaces() {
	s.lit(" ")
	s.rest = strings.TrimLeft(s.rest, " ")
}
