package personal

import (
	"time"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
)

// A Room is what erasing somebody has to know of a room: its tables in erasing order, what has to be cleared first, and the
// dealings whose papers a law has kept.
type Room struct {
	Tables    []Table
	Obstacles []Obstacle
	Dealt     string // SQL: the days of dealings with @person, in rows; empty where the room has none
}

// An Obstacle is something that stands in the way of an erasure, as its error. The SQL names it in rows, for the error's {what},
// and may name @person; no row: it does not stand there.
type Obstacle struct {
	Err *problem.Error
	SQL string
}

// Until is the last day on which the law has the papers of a dealing kept. The last paper that names a payee is the payment record
// 支払調書 of the calendar year. A business year that holds its last day may end a year later, each company's on another day; the
// return is due two months after that, and with it the law's years begin.
func (l *Law) Until(dealt civil.Date) civil.Date {
	return civil.Date{Year: dealt.Year + 2 + l.Years, Month: time.March, Day: 1}.AddDays(-1)
}
