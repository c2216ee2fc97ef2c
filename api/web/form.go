package web

import (
	"fmt"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"homecoming/api/web/words"
	"homecoming/internal/problem"
	"homecoming/market"
)

// What can be wrong with what was typed, before any rule is asked.
var (
	ErrAmountForm = problem.Define(problem.Invalid, "amount_figures", "Write an amount in figures, such as 300,000.", "金額は数字で入力してください（例：300,000）。")
	ErrNumberForm = problem.Define(problem.Invalid, "number_form", "Write a number, such as 2.5.", "数値で入力してください（例：2.5）。")
	ErrDayForm    = problem.Define(problem.Invalid, "day_form", "Write a day as 2026-12-18.", "日付は「2026-12-18」の形で入力してください。")
)

// A form reads fields one by one and keeps the first thing that is wrong.
type form struct {
	v   *visit
	err error
}

func (v *visit) form() *form { return &form{v: v} }

func (f *form) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// text is a field without the blanks around it.
func (f *form) text(name string) string { return strings.TrimSpace(f.v.c.PostForm(name)) }

// plain takes the width out of figures as a Japanese keyboard writes them.
func plain(s string) string {
	return strings.NewReplacer(",", "", "、", "", "，", "", "¥", "", "円", "", " ", "", "−", "-").Replace(norm.NFKC.String(strings.TrimSpace(s)))
}

// money is an amount in a currency; nil when nothing was typed.
func (f *form) money(name, currency string) *market.Money {
	m, err := parseMoney(f.v.c.PostForm(name), currency)
	if err != nil {
		f.fail(ErrAmountForm.On(name))
	}
	return m
}

// parseMoney reads an amount with as many decimals as the currency has, or fewer; nil when nothing was typed.
func parseMoney(typed, currency string) (*market.Money, error) {
	if typed = plain(typed); typed == "" {
		return nil, nil
	}
	whole, fraction, decimal := strings.Cut(typed, ".")
	missing := market.Exponent(currency) - len(fraction)
	if missing < 0 || decimal && fraction == "" {
		return nil, ErrAmountForm
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", missing), 10, 64)
	if err != nil {
		return nil, err
	}
	return &market.Money{Amount: n, Currency: currency}, nil
}

// day is a day; nil when nothing was typed.
func (f *form) day(name string) *civil.Date {
	d, err := parseDay(f.v.c.PostForm(name))
	if err != nil {
		f.fail(ErrDayForm.On(name))
	}
	return d
}

// parseDay reads a day as a browser sends it or a person types it; nil when nothing was typed.
func parseDay(typed string) (*civil.Date, error) {
	if typed = plain(strings.ReplaceAll(typed, "/", "-")); typed == "" {
		return nil, nil
	}
	d, err := civil.ParseDate(typed)
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// number is a whole number; 0 when nothing was typed or it is none.
func (f *form) number(name string) int {
	n, _ := strconv.Atoi(plain(f.v.c.PostForm(name)))
	return n
}

// ids are the ids of every field of the name; what is no id is left out.
func (f *form) ids(name string) []uuid.UUID {
	var list []uuid.UUID
	for _, typed := range f.v.c.PostFormArray(name) {
		if id, err := uuid.Parse(typed); err == nil {
			list = append(list, id)
		}
	}
	return list
}

// uuid is one id; uuid.Nil when it is none.
func (f *form) uuid(name string) uuid.UUID {
	id, _ := uuid.Parse(f.v.c.PostForm(name))
	return id
}

// figures writes an amount the way it is typed: 300,000.
func figures(m *market.Money) string {
	if m == nil {
		return ""
	}
	return strings.TrimLeft(m.String(), "¥ABCDEFGHIJKLMNOPQRSTUVWXYZ ")
}

// dayText writes a day the way it is typed.
func dayText(d *civil.Date) string {
	if d == nil || d.IsZero() {
		return ""
	}
	return d.String()
}

func toText(value any) string { return fmt.Sprint(value) }

func known(key string) bool { return words.Known(key) }
