package web

import (
	"strings"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// A bidForm is an offer as it is typed. Its four inputs are amount, day, message and, where there are several,
// milestones.
type bidForm struct {
	amount, deliverOn, message string
	seen                       int // the version that is answered; 0 for a first offer
}

// A workView is a task as one alumna or alumnus sees it.
type workView struct {
	offer      matching.Offer
	company    string
	department string
	score      ui.Score
	reasons    string
	chips      []ui.Chip
	form       bidForm
	quote      billing.Quote
	mine       *market.Bid // the bid that was made already
}

func (v *visit) getWork() error {
	offers, err := v.Matching.Recommended(v.ctx, v.who, 50)
	if err != nil {
		return err
	}
	proposals, err := v.Market.LinkProposals(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(workPage(offers, proposals))
}

// showWork shows one task to an alumna, with her own score and the form for her bid.
func (v *visit) showWork(id uuid.UUID) error {
	w, err := v.workView(id)
	if err != nil {
		return err
	}
	return v.ok(offerPage(w, ui.Fault{}))
}

func (v *visit) workView(id uuid.UUID) (workView, error) {
	offer, err := v.Matching.ScoreFor(v.ctx, v.who, id)
	if err != nil {
		return workView{}, err
	}
	w := workView{offer: offer, company: companyName(offer.Company, v.lang), score: score(offer.Standing),
		reasons: strings.Join(offer.Reasons, " · "), chips: chips(offer.Standing), form: firstBid(offer)}
	departments, err := v.Market.Departments(v.ctx, v.who, offer.Company.ID)
	if err != nil {
		return w, err
	}
	for _, d := range departments {
		if offer.Task.DepartmentID != nil && d.ID == *offer.Task.DepartmentID {
			w.department = departmentName(d, v.lang)
		}
	}
	bids, err := v.Market.Bids(v.ctx, v.who, id, uuid.Nil, 1)
	if err != nil {
		return w, err
	}
	if len(bids) > 0 && bids[0].State != market.Withdrawn {
		w.mine = &bids[0]
		w.form = bidForm{figures(&market.Money{Amount: w.mine.Amount, Currency: w.mine.Currency}), w.mine.DeliverOn.String(), w.mine.Message, w.mine.Version}
	}
	w.quote, err = v.quote(offer, w.form)
	return w, err
}

// firstBid fills in what the task suggests: its budget and its day.
func firstBid(o matching.Offer) bidForm {
	f := bidForm{deliverOn: dayText(o.Task.DueOn)}
	if o.Task.Budget != nil {
		f.amount = figures(&market.Money{Amount: *o.Task.Budget, Currency: o.Task.Currency})
	}
	return f
}

// quote is the line of money for what is typed; all zero while that is no amount or no day.
func (v *visit) quote(o matching.Offer, f bidForm) (billing.Quote, error) {
	if amount, day, err := parseTerms(f, o.Company.Currency); err == nil {
		profile, err := v.Market.Profile(v.ctx, v.who)
		return billing.QuoteFor(o.Company, o.Task.WithholdingCategory, amount, profile.Person.RegistrationNumber != "", day), err
	}
	return billing.Quote{Currency: o.Company.Currency}, nil
}

// parseTerms reads amount and day of an offer.
func parseTerms(f bidForm, currency string) (market.Money, civil.Date, error) {
	amount, err := parseMoney(f.amount, currency)
	if err != nil {
		return market.Money{}, civil.Date{}, ErrAmountForm.On("amount")
	}
	day, err := parseDay(f.deliverOn)
	if err != nil {
		return market.Money{}, civil.Date{}, ErrDayForm.On("deliver_on")
	}
	if amount == nil {
		return market.Money{}, civil.Date{}, market.ErrRequired.On("amount")
	}
	if day == nil {
		return market.Money{}, civil.Date{}, market.ErrRequired.On("deliver_on")
	}
	return *amount, *day, nil
}

func (v *visit) readBid() bidForm {
	f := v.form()
	return bidForm{f.text("amount"), f.text("deliver_on"), f.text("message"), f.number("seen")}
}

// postQuote shows the page again with the line of money for what was typed; nothing is offered by it.
func (v *visit) postQuote() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	w, err := v.workView(id)
	if err != nil {
		return err
	}
	w.form = v.readBid()
	if w.quote, err = v.quote(w.offer, w.form); err != nil {
		return err
	}
	return v.ok(offerPage(w, ui.Fault{}))
}

func (v *visit) postBid() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if v.c.PostForm("do") == "quote" {
		return v.postQuote()
	}
	w, err := v.workView(id)
	if err != nil {
		return err
	}
	w.form = v.readBid()
	amount, day, err := parseTerms(w.form, w.offer.Company.Currency)
	if err == nil {
		_, err = v.Market.PlaceBid(v.ctx, v.who, id, market.Terms{Amount: amount, DeliverOn: day, Message: w.form.message})
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return offerPage(w, f) })
	}
	return v.to("/bids", "bid.placed")
}

// postDecline answers "not this time", and notes from when the person is free where they say so.
func (v *visit) postDecline() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	free := f.day("available_from")
	if f.err != nil {
		return v.retreat(f.err, "/tasks/"+id.String())
	}
	if free != nil {
		if _, err := v.Market.UpdateProfile(v.ctx, v.who, market.ProfileEdit{AvailableFrom: free}); err != nil {
			return v.retreat(err, "/tasks/"+id.String())
		}
	}
	if err := v.Market.DeclineInvitation(v.ctx, v.who, id); err != nil && free == nil {
		return v.retreat(err, "/tasks/"+id.String())
	}
	if free != nil {
		return v.to("/work", "work.busy", "day", ui.ShortDay(v.ctx, *free))
	}
	return v.to("/work", "work.declined")
}

// postProposal answers whether a company's record is about the reader.
func (v *visit) postProposal() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	yes := v.c.PostForm("answer") == "yes"
	if err := v.Market.AnswerProposal(v.ctx, v.who, id, yes); err != nil {
		return v.retreat(err, "/work")
	}
	if yes {
		return v.to("/work", "proposal.yes")
	}
	return v.to("/work", "proposal.no")
}
