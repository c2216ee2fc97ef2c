package web

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"
	"golang.org/x/text/unicode/norm"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

// ErrHoursForm is text that is no length of time.
var ErrHoursForm = problem.Define(problem.Invalid, "hours_form", "Write hours as 1:30 or 1.5.", "時間は「1:30」または「1.5」の形で入力してください。")

// hourForms are the ways in which people write hours: 1:30, 1.5 or 8; 1時間30分, 1h30m, 45分 or 45m.
var (
	clockHours   = regexp.MustCompile(`^([0-9]{1,3}):([0-5][0-9])$`)
	decimalHours = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,2}))?$`)
	namedHours   = regexp.MustCompile(`^(?:([0-9]{1,3})(?:時間|h))?(?:([0-9]{1,4})(?:分|m))?$`)
)

// parseHours reads hours as minutes, in any width of figures. A part of a minute is rounded.
func parseHours(typed string) (int64, error) {
	typed = strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(typed)), ""))
	number := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
	if m := clockHours.FindStringSubmatch(typed); m != nil {
		return number(m[1])*60 + number(m[2]), nil
	}
	if m := decimalHours.FindStringSubmatch(typed); m != nil {
		hundredths := number(m[1])*100 + number((m[2] + "00")[:2])
		return (hundredths*60 + 50) / 100, nil
	}
	if m := namedHours.FindStringSubmatch(typed); m != nil && typed != "" {
		return number(m[1])*60 + number(m[2]), nil
	}
	return 0, ErrHoursForm
}

// An hourForm is hourly work as it is typed.
type hourForm struct{ rate, weekly, startsOn, weeks string }

// usualHours are what a form begins with: ten hours a week for four weeks, from the next Monday.
func usualHours(today civil.Date) hourForm {
	return hourForm{weekly: "10", startsOn: market.MondayOf(today).AddDays(7).String(), weeks: "4"}
}

// formOfHours is the form that would say the same again.
func formOfHours(h market.Hourly, currency string) hourForm {
	f := hourForm{weekly: hourText(h.WeeklyMinutes), startsOn: h.StartsOn.String(), weeks: strconv.Itoa(h.Weeks)}
	if h.Rate > 0 {
		f.rate = figures(&market.Money{Amount: h.Rate, Currency: currency})
	}
	return f
}

// hourText writes minutes the way they are typed: 10, or 7:30.
func hourText(minutes int64) string {
	if minutes%60 == 0 {
		return strconv.FormatInt(minutes/60, 10)
	}
	return market.Clock(minutes)
}

func (f *form) hours() hourForm {
	return hourForm{rate: f.text("hourly.rate"), weekly: f.text("hourly.weekly_minutes"), startsOn: f.text("hourly.starts_on"), weeks: f.text("hourly.weeks")}
}

// hourly is what was typed. The error is about what cannot be read; the rules are asked by market.
func (f hourForm) hourly(currency string) (*market.Hourly, error) {
	var h market.Hourly
	rate, err := parseMoney(f.rate, currency)
	if err != nil {
		return nil, ErrAmountForm.On("hourly.rate")
	}
	if rate != nil {
		h.Rate = rate.Amount
	}
	if h.WeeklyMinutes, err = parseHours(f.weekly); err != nil {
		return nil, ErrHoursForm.On("hourly.weekly_minutes")
	}
	day, err := parseDay(f.startsOn)
	if err != nil {
		return nil, ErrDayForm.On("hourly.starts_on")
	}
	if day == nil {
		return nil, market.ErrRequired.On("hourly.starts_on")
	}
	h.StartsOn = *day
	if h.Weeks, err = strconv.Atoi(plain(f.weeks)); err != nil {
		return nil, ErrNumberForm.On("hourly.weeks")
	}
	return &h, nil
}

// hourlyText says what hourly work is offered or asked for, in one line.
func hourlyText(ctx context.Context, h market.Hourly, currency string) string {
	rate := ui.T(ctx, "hourly.open")
	if h.Rate > 0 {
		rate = ui.T(ctx, "hourly.rate", "amount", market.Money{Amount: h.Rate, Currency: currency}.String())
	}
	return fmt.Sprintf("%s · %s", rate, ui.T(ctx, "hourly.span", "hours", hourText(h.WeeklyMinutes), "n", h.Weeks, "day", ui.ShortDay(ctx, h.StartsOn)))
}

// offerText says what an offer comes to.
func offerText(ctx context.Context, amount int64, currency string, h *market.Hourly) string {
	money := market.Money{Amount: amount, Currency: currency}.String()
	if h == nil {
		return money
	}
	return ui.T(ctx, "hourly.most", "amount", money)
}

// bidFacts are the few words about an offer.
func bidFacts(ctx context.Context, b market.Bid) []string {
	facts := []string{offerText(ctx, b.Amount, b.Currency, b.Hourly)}
	if b.Hourly != nil {
		facts = append(facts, hourlyText(ctx, *b.Hourly, b.Currency))
	}
	return append(facts, ui.T(ctx, "bid.deliver", "day", ui.ShortDay(ctx, b.DeliverOn)))
}
