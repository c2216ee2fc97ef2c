package web

import (
	"strconv"

	"homecoming/billing"
	"homecoming/market"
)

// A bidForm is an offer as it is typed: amount, day, message and, for who wants them, parts.
type bidForm struct {
	amount, deliverOn, message string
	seen                       int // the version that is answered; 0 for a first offer
	parts                      []partRow
	licences                   []market.Licence // what reserved work needs
	net                        string           // what is to be received, where the fee is worked out from it
	hours                      *hourForm        // of a task by the hour, instead of amount, day and parts
}

// A partRow is one milestone of an offer as it is typed.
type partRow struct{ title, amount, dueOn, category string }

const maxPartRows = 20

// rows are the parts and some empty rows after them.
func (f bidForm) rows() []partRow {
	rows := f.parts[:len(f.parts):len(f.parts)]
	for blank := 0; len(rows) < maxPartRows && (blank == 0 || len(rows) < 3); blank++ {
		rows = append(rows, partRow{})
	}
	return rows
}

func (v *visit) readBid(t market.Task) bidForm {
	f := v.form()
	b := bidForm{amount: f.text("amount"), deliverOn: f.text("deliver_on"), message: f.text("message"), net: f.text("net"), seen: f.number("seen")}
	if t.Hourly != nil {
		hours := f.hours()
		b.hours = &hours
		return v.readLicences(b)
	}
	for i := range maxPartRows {
		name := "milestones[" + strconv.Itoa(i) + "]"
		if p := (partRow{f.text(name + ".title"), f.text(name + ".amount"), f.text(name + ".due_on"), f.text(name + ".withholding_category")}); p.title+p.amount+p.dueOn != "" {
			b.parts = append(b.parts, p)
		}
	}
	return v.readLicences(b)
}

// readLicences adds what was typed about reserved work.
func (v *visit) readLicences(b bidForm) bidForm {
	f := v.form()
	for i := range maxLicences {
		name := "licences[" + strconv.Itoa(i) + "]"
		if l := f.text(name + ".licence"); l != "" {
			b.licences = append(b.licences, market.Licence{Licence: l, Number: f.text(name + ".number"), Body: f.text(name + ".body")})
		}
	}
	return b
}

// formOfBid is the form that would make the same offer again. An offer in one part shows no parts.
func formOfBid(b market.Bid) bidForm {
	f := bidForm{amount: figures(&market.Money{Amount: b.Amount, Currency: b.Currency}), deliverOn: b.DeliverOn.String(), message: b.Message, seen: b.Version}
	if b.Hourly != nil {
		hours := formOfHours(*b.Hourly, b.Currency)
		f.hours = &hours
		return f
	}
	for _, m := range b.Milestones {
		if len(b.Milestones) > 1 {
			f.parts = append(f.parts, partRow{m.Title, figures(&market.Money{Amount: m.Amount, Currency: b.Currency}), dayText(&m.DueOn), m.Category})
		}
	}
	return f
}

// terms is what the form offers. The error is about what cannot be read; the rules are asked by market.
func (f bidForm) terms(currency string) (market.Terms, error) {
	if f.hours != nil {
		return f.hourly(currency)
	}
	amount, err := parseMoney(f.amount, currency)
	if err != nil {
		return market.Terms{}, ErrAmountForm.On("amount")
	}
	day, err := parseDay(f.deliverOn)
	if err != nil {
		return market.Terms{}, ErrDayForm.On("deliver_on")
	}
	if amount == nil {
		return market.Terms{}, market.ErrRequired.On("amount")
	}
	if day == nil {
		return market.Terms{}, market.ErrRequired.On("deliver_on")
	}
	terms := market.Terms{Amount: *amount, DeliverOn: *day, Message: f.message, Licences: f.licences}
	for i, p := range f.parts {
		m, err := p.milestone("milestones["+strconv.Itoa(i)+"]", currency)
		if err != nil {
			return terms, err
		}
		terms.Milestones = append(terms.Milestones, m)
	}
	return terms, nil
}

// hourly is an offer by the hour, with what it would come to.
func (f bidForm) hourly(currency string) (market.Terms, error) {
	h, err := f.hours.hourly(currency)
	if err != nil {
		return market.Terms{}, err
	}
	terms := market.Terms{Hourly: h, Amount: market.Money{Currency: currency}, DeliverOn: h.StartsOn, Message: f.message, Licences: f.licences}
	if would := *h; would.Check(currency, h.StartsOn) == nil {
		terms.Amount.Amount, terms.DeliverOn, terms.Milestones = would.Most(), would.EndsOn(), would.Parts()
	}
	return terms, nil
}

// milestone reads one part; what is missing is for market to say.
func (p partRow) milestone(field, currency string) (market.PlannedMilestone, error) {
	m := market.PlannedMilestone{Title: p.title, Category: p.category}
	amount, err := parseMoney(p.amount, currency)
	if err != nil {
		return m, ErrAmountForm.On(field + ".amount")
	}
	if amount != nil {
		m.Amount = amount.Amount
	}
	due, err := parseDay(p.dueOn)
	if err != nil {
		return m, ErrDayForm.On(field + ".due_on")
	}
	if due != nil {
		m.DueOn = *due
	}
	return m, nil
}

// grossUp works the fee out from what is typed as the amount to be received.
func (f *bidForm) grossUp(r billing.Rules, c market.Company, category string, to market.Payee) error {
	net, err := parseMoney(f.net, c.Currency)
	if err != nil {
		return ErrAmountForm.On("net")
	}
	day, err := parseDay(f.deliverOn)
	if err != nil {
		return ErrDayForm.On("deliver_on")
	}
	switch {
	case net == nil:
		return market.ErrRequired.On("net")
	case net.Amount <= 0 || net.Amount > maxNet:
		return market.ErrBetween.On("net").With("min", 1).With("max", market.Money{Amount: maxNet, Currency: c.Currency})
	case day == nil:
		return market.ErrRequired.On("deliver_on")
	}
	fee := billing.FeeFor(r, c, category, *net, to, *day)
	f.amount = figures(&fee)
	return nil
}

// maxNet keeps a slip of the finger from overflowing.
const maxNet = 1_000_000_000_000
