package main

import (
	"fmt"
	"strconv"
	"strings"

	"pcapidx/query"
)

// count writes a number with thousands separated on a terminal.
func (o *output) count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	if !o.terminal {
		return s
	}
	return grouped(s)
}

func grouped(s string) string {
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// size writes bytes with a unit on a terminal, plain elsewhere.
func (o *output) size(n uint64) string {
	if !o.terminal {
		return strconv.FormatUint(n, 10)
	}
	return humanBytes(n)
}

func humanBytes(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v := float64(n)
	for _, unit := range []string{"kB", "MB", "GB", "TB"} {
		v /= 1000
		if v < 999.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		}
	}
	return fmt.Sprintf("%.1f PB", v/1000)
}

// bitRate writes bits per second, with a unit on a terminal.
func (o *output) bitRate(v float64) string {
	if !o.terminal {
		return fmt.Sprintf("%.0f bit/s", v)
	}
	for _, unit := range []string{"bit/s", "kbit/s", "Mbit/s"} {
		if v < 999.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.1f Gbit/s", v)
}

// seconds writes a length of time: all nine decimals for programs, as many as
// tell something for people.
func (o *output) seconds(s query.Seconds) string {
	if !o.terminal {
		return strconv.FormatFloat(float64(s), 'f', 9, 64)
	}
	return humanSeconds(float64(s))
}

func humanSeconds(v float64) string {
	switch {
	case v >= 3600:
		return fmt.Sprintf("%dh%02dm%02ds", int(v)/3600, int(v)/60%60, int(v)%60)
	case v >= 60:
		return fmt.Sprintf("%dm%04.1fs", int(v)/60, v-float64(int(v)/60*60))
	case v >= 1:
		return fmt.Sprintf("%.2f s", v)
	case v >= 0.001:
		return fmt.Sprintf("%.1f ms", v*1e3)
	case v > 0:
		return fmt.Sprintf("%.0f µs", v*1e6)
	}
	return "0 s"
}

// when shortens a time to milliseconds on a terminal.
func (o *output) when(t query.Timestamp) string {
	if !o.terminal || len(t) < 24 {
		return string(t)
	}
	return strings.Replace(string(t[:23]), "T", " ", 1)
}
