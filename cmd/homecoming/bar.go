package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A bar shows how far long work is: on a terminal one line that is drawn again and again, elsewhere a plain line now and
// then. It is silent until the work begins.
type bar struct {
	out   io.Writer
	live  bool // out is a terminal
	what  string
	began time.Time
	drawn time.Time
	done  int
	total int
	now   func() time.Time
}

func newBar(out io.Writer, what string) *bar {
	return &bar{out: out, live: isTerminal(out), what: what, now: time.Now}
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	redraw   = 100 * time.Millisecond // of a live bar
	newLine  = 5 * time.Second        // where nobody sees a line change
	barWidth = 30
)

// show says that so much is done; it draws no more often than somebody can read.
func (b *bar) show(done, total int) {
	now := b.now()
	if b.began.IsZero() {
		b.began = now
	}
	b.done, b.total = done, total
	pause := newLine
	if b.live {
		pause = redraw
	}
	if done >= total || now.Sub(b.drawn) >= pause {
		b.drawn = now
		b.draw(now)
	}
}

func (b *bar) draw(now time.Time) {
	spent := now.Sub(b.began)
	text := fmt.Sprintf("%s %d of %d", b.what, b.done, b.total)
	if rate := float64(b.done) / max(spent.Seconds(), 0.001); b.done > 0 && spent > 0 {
		text += fmt.Sprintf(", %.0f a second", rate)
		if b.done < b.total {
			text += fmt.Sprintf(", %s left", (time.Duration(float64(b.total-b.done)/rate) * time.Second).Round(time.Second))
		}
	}
	if !b.live {
		fmt.Fprintln(b.out, text)
		return
	}
	full := barWidth
	if b.total > 0 {
		full = barWidth * b.done / b.total
	}
	fmt.Fprintf(b.out, "\r\x1b[K%s%s %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), text)
}

// end leaves the bar as it is and goes to the next line.
func (b *bar) end() {
	if b.live && !b.began.IsZero() {
		fmt.Fprintln(b.out)
	}
}
