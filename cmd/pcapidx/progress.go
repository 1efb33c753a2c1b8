package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"pcapidx/query"
)

// progressBar draws one line on a terminal: bytes, packets per second, time left.
type progressBar struct {
	w     io.Writer
	start time.Time
	drawn time.Time
	width int
}

// newProgress gives a progress function, nil when stderr is no terminal, and a
// function that clears the line.
func newProgress(stderr io.Writer) (report func(query.Progress), clearBar func()) {
	if !isTerminal(stderr) {
		return nil, func() {}
	}
	p := &progressBar{w: stderr, start: time.Now()}
	return p.draw, p.clear
}

const (
	drawEvery  = 100 * time.Millisecond
	drawAfter  = 300 * time.Millisecond // short work shows no bar
	barColumns = 24
)

func (p *progressBar) draw(q query.Progress) {
	now := time.Now()
	if now.Sub(p.start) < drawAfter || now.Sub(p.drawn) < drawEvery {
		return
	}
	p.drawn = now
	line := progressLine(q, now.Sub(p.start))
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len(line)
}

// progressLine is the text of the bar.
func progressLine(q query.Progress, since time.Duration) string {
	rate := float64(q.Frames) / since.Seconds()
	text := fmt.Sprintf("%s packets, %s/s", grouped(fmt.Sprint(q.Frames)), grouped(fmt.Sprintf("%.0f", rate)))
	if q.Total == 0 || q.Bytes == 0 {
		return fmt.Sprintf("%s  %s", humanBytes(q.Bytes), text)
	}
	part := min(1, float64(q.Bytes)/float64(q.Total))
	full := int(part * barColumns)
	left := time.Duration(float64(since) * (1 - part) / part).Round(time.Second)
	return fmt.Sprintf("[%s%s] %3.0f%%  %s of %s  %s  %s left", strings.Repeat("#", full), strings.Repeat(".", barColumns-full),
		part*100, humanBytes(q.Bytes), humanBytes(q.Total), text, left)
}

func (p *progressBar) clear() {
	if p.width > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.width, "")
	}
}
