package matching

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"cloud.google.com/go/civil"
)

// A Score is a number of points in hundredths: 8211 is 82.11.
type Score int32

// String writes the score the way it is shown: 82.11.
func (s Score) String() string { return fmt.Sprintf("%d.%02d", s/100, s%100) }

// Short writes the score without decimals that are zero: 65, 62.5.
func (s Score) Short() string { return strconv.FormatFloat(s.Float(), 'f', -1, 64) }

// Float is the score in points, for documents that know no hundredths.
func (s Score) Float() float64 { return float64(s) / 100 }

// Points makes a score of points, rounded to hundredths.
func Points(points float64) Score { return Score(math.Round(points * 100)) }

// MarshalJSON writes the score in points, with two decimals.
func (s Score) MarshalJSON() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalJSON reads points with up to two decimals.
func (s *Score) UnmarshalJSON(b []byte) error {
	points, err := strconv.ParseFloat(string(b), 64)
	*s = Score(math.Round(points * 100))
	if err == nil && math.Abs(points*100-float64(*s)) > 1e-6 {
		return fmt.Errorf("a score has two decimals, not %s", b)
	}
	return err
}

// A Formula holds the constants of the score. Its version and constants, with the inputs, replay any ranking.
type Formula struct {
	Version    int     `json:"version"`     // 1 is the house's; a company's own constants count up from there
	Skills     Score   `json:"skills"`      // for meeting every skill of the task
	Department Score   `json:"department"`  // for having worked in the task's department
	Tenure     Score   `json:"tenure"`      // approached by long and recent employment
	Record     Score   `json:"record"`      // for nothing but the best ratings, in the limit
	Saturation float64 `json:"saturation"`  // years of employment after which tenure stands at 63 %
	HalfLife   float64 `json:"half_life"`   // completed years away that halve tenure
	PriorMean  int     `json:"prior_mean"`  // the rating that a newcomer is taken to have, in tenths: 40 is 4.0
	PriorCount int     `json:"prior_count"` // how many ratings that assumption weighs
	Known      int     `json:"known"`       // days in a department from which one knows it
}

// V1 is formula version 1, as in the design's page on matching.
var V1 = Formula{
	Version: 1, Skills: 6500, Department: 500, Tenure: 2000, Record: 1000,
	Saturation: 2.5, HalfLife: 6, PriorMean: 40, PriorCount: 5, Known: 365,
}

// Parts are the points of a score, each rounded by itself, so that what is shown always adds up.
type Parts struct {
	Skills     Score `json:"skills"`
	Department Score `json:"department"`
	Tenure     Score `json:"tenure"`
	Record     Score `json:"record"`
}

// Total is the score: the sum of the rounded parts.
func (p Parts) Total() Score { return p.Skills + p.Department + p.Tenure + p.Record }

// ForSkills is the part for meeting skills of weight met out of weight total; a task without skills gives 0.
func (f Formula) ForSkills(met, total int) Score {
	if total == 0 {
		return 0
	}
	return ratio(int64(f.Skills)*int64(met), int64(total))
}

// ForDepartment is the part for knowing the department that the task names.
func (f Formula) ForDepartment(known bool) Score {
	if known {
		return f.Department
	}
	return 0
}

// ForTenure is the part for so many days employed at the company, left so many completed years ago.
func (f Formula) ForTenure(days, gap int) Score {
	years := float64(days) / 365.25
	return Score(math.Round(float64(f.Tenure) * (1 - math.Exp(-years/f.Saturation)) * math.Exp2(-float64(gap)/f.HalfLife)))
}

// ForRecord is the part for n ratings of 1 to 5 that add up to sum. Without any it is the mean: being new costs
// nothing.
func (f Formula) ForRecord(sum, n int) Score {
	above := int64(10*sum + f.PriorCount*f.PriorMean - 10*(n+f.PriorCount)) // over the lowest rating, in tenths, times the count
	return ratio(int64(f.Record)*above, 40*int64(n+f.PriorCount))
}

// MostP is the most that tenure and record can give together.
func (f Formula) MostP() Score { return f.Tenure + f.Record }

// ratio divides and rounds half away from zero; neither number is negative.
func ratio(a, b int64) Score { return Score((2*a + b) / (2 * b)) }

// A Span is a stretch of employment, from the first day to the last.
type Span struct{ From, To civil.Date }

// Days counts the days from the first to the last of each span, days that spans share once.
func Days(spans []Span) int {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b Span) int { return a.From.DaysSince(b.From) })
	days, until := 0, civil.Date{}
	for i, s := range spans {
		if i == 0 || s.From.After(until) {
			until = s.From
		}
		if s.To.After(until) {
			days += s.To.DaysSince(until)
			until = s.To
		}
	}
	return days
}

// Anniversary is the day in the year on which another year since left is complete: 29 February counts on the 28th.
func Anniversary(left civil.Date, year int) civil.Date {
	day := civil.Date{Year: year, Month: left.Month, Day: left.Day}
	if left.Month == 2 && left.Day == 29 {
		day.Day = 28
	}
	return day
}

// Gap is the number of completed years since left, seen from the company's day asOf.
func Gap(left, asOf civil.Date) int {
	years := asOf.Year - left.Year
	if asOf.Before(Anniversary(left, asOf.Year)) {
		years--
	}
	return max(years, 0)
}
