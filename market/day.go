package market

import (
	"regexp"
	"strconv"
	"time"

	"cloud.google.com/go/civil"
	"golang.org/x/text/unicode/norm"

	"homecoming/internal/problem"
)

// ErrDay is for text that is no day, or a day that the calendar does not have.
var ErrDay = problem.Define(problem.Invalid, "not_a_day", "“{value}” is no day. Write 2024-03-31 or 2024/3/31.", "「{value}」は日付として読み取れません。2024-03-31 または 2024/3/31 の形で入力してください。")

var (
	plainDay    = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$`)
	imperialDay = regexp.MustCompile(`^(令和|平成|昭和|[RHS])([0-9]{1,2}|元)[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$`)
)

// eraBegan is the year before an era's first.
var eraBegan = map[string]int{"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}

// parseDay reads 2024-03-31, 2024/3/31, 2024年3月31日, 令和6年3月31日 and R6.3.31, in any width of digits.
func parseDay(text string) (civil.Date, error) {
	folded := norm.NFKC.String(text)
	var year int
	parts := plainDay.FindStringSubmatch(folded)
	if parts != nil {
		year, _ = strconv.Atoi(parts[1])
		parts = parts[1:]
	} else if parts = imperialDay.FindStringSubmatch(folded); parts != nil {
		n, err := strconv.Atoi(parts[2])
		if err != nil {
			n = 1 // 元年
		}
		year, parts = eraBegan[parts[1]]+n, parts[2:]
	} else {
		return civil.Date{}, ErrDay.With("value", text)
	}
	month, _ := strconv.Atoi(parts[1])
	day, _ := strconv.Atoi(parts[2])
	d := civil.Date{Year: year, Month: time.Month(month), Day: day}
	if !d.IsValid() || year < 1900 || year > 2200 {
		return civil.Date{}, ErrDay.With("value", text)
	}
	return d, nil
}
