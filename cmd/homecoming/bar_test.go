package main

import (
	"bytes"
	"testing"
	"time"
)

func TestABarTellsRateAndTimeLeft(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	b := newBar(&out, "documents")
	b.now = func() time.Time { return now }
	for range 3 { // somebody who cannot see a line change gets one every few seconds
		b.show(b.done+1000, 4000)
		now = now.Add(4 * time.Second)
	}
	b.show(4000, 4000)
	b.end()
	want := "documents 1000 of 4000\n" +
		"documents 3000 of 4000, 375 a second, 2s left\n" +
		"documents 4000 of 4000, 333 a second\n"
	if out.String() != want {
		t.Errorf("the lines are\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	b = newBar(&out, "documents")
	b.now, b.live = func() time.Time { return now }, true
	b.show(0, 4)
	now = now.Add(time.Second)
	b.show(2, 4)
	b.end()
	want = "\r\x1b[K░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ documents 0 of 4" +
		"\r\x1b[K███████████████░░░░░░░░░░░░░░░ documents 2 of 4, 2 a second, 1s left\n"
	if out.String() != want {
		t.Errorf("the bar is\n%q\nwant\n%q", out.String(), want)
	}
}
