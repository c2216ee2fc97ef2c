package web

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// A workView is a task as one alumna or alumnus sees it.
type workView struct {
	offer      matching.Offer
	outlook    matching.Outlook // when the page is looked at, not while an offer is typed
	company    string
	department string
	score      ui.Score
	reasons    string
	chips      []ui.Chip
	form       bidForm
	quote      billing.Quote
	mine       *market.Bid // the bid that was made already
	answers    []market.Clarification
}

func (v *visit) getWork() error {
	after, _ := matching.ParseFeedPlace(v.c.Query("after"))
	offers, err := v.Matching.RecommendedAfter(v.ctx, v.who, after, pageSize)
	if err != nil {
		return err
	}
	more, first := "", ""
	if len(offers) == pageSize {
		more = "/work?" + url.Values{"after": {offers[len(offers)-1].Place().String()}}.Encode()
	}
	if after.Task != uuid.Nil {
		first = "/work"
	}
	proposals, err := v.Market.LinkProposals(v.ctx, v.who)
	if err != nil {
		return err
	}
	asks, err := v.consentsAsked()
	if err != nil {
		return err
	}
	arrived, err := v.arrivals()
	if err != nil {
		return err
	}
	return v.ok(workPage(offers, proposals, asks, arrived, more, first))
}

// showWork shows one task to an alumna, with her own score and the form for her bid.
func (v *visit) showWork(id uuid.UUID) error {
	w, err := v.workView(id)
	if err != nil {
		return err
	}
	if w.offer.Task.State == market.Published {
		if w.outlook, err = v.Matching.Outlook(v.ctx, v.who, id); err != nil {
			return err
		}
	}
	if w.answers, err = v.Market.Clarifications(v.ctx, v.who, id); err != nil {
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
	var departments []market.Department // names that people from outside need not know
	if v.who.InNetwork(offer.Company.ID) {
		if departments, err = v.Market.DepartmentsEver(v.ctx, v.who, offer.Company.ID); err != nil {
			return w, err
		}
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
		w.form = formOfBid(*w.mine)
	}
	if err := v.addLicences(id, uuid.Nil, &w.form); err != nil {
		return w, err
	}
	w.quote, err = v.quote(offer, w.form)
	return w, err
}

// firstBid fills in what the task suggests: its budget and its day, or its hours.
func firstBid(o matching.Offer) bidForm {
	if o.Task.Hourly != nil {
		hours := formOfHours(*o.Task.Hourly, o.Task.Currency)
		return bidForm{hours: &hours}
	}
	f := bidForm{deliverOn: dayText(o.Task.DueOn)}
	if o.Task.Budget != nil {
		f.amount = figures(&market.Money{Amount: *o.Task.Budget, Currency: o.Task.Currency})
	}
	return f
}

// quote is the line of money for what is typed; all zero while that is no amount or no day.
func (v *visit) quote(o matching.Offer, f bidForm) (billing.Quote, error) {
	if terms, err := f.terms(o.Company.Currency); err == nil {
		profile, err := v.Market.Profile(v.ctx, v.who)
		if err != nil {
			return billing.Quote{}, err
		}
		rules, err := v.Billing.Rules(v.ctx, o.Company.ID)
		return billing.QuoteOffer(rules, o.Company, o.Task.WithholdingCategory, terms, profile.Person.Payee()), err
	}
	return billing.Quote{Currency: o.Company.Currency}, nil
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
	w.form = v.readBid(w.offer.Task)
	if err := v.addLicences(id, uuid.Nil, &w.form); err != nil {
		return err
	}
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
	switch v.c.PostForm("do") {
	case "quote":
		return v.postQuote()
	case "gross":
		return v.postGross(id)
	}
	w, err := v.workView(id)
	if err != nil {
		return err
	}
	w.form = v.readBid(w.offer.Task)
	if err := v.addLicences(id, uuid.Nil, &w.form); err != nil {
		return err
	}
	terms, err := w.form.terms(w.offer.Company.Currency)
	if err == nil {
		_, err = v.Market.PlaceBid(v.ctx, v.who, id, terms)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return offerPage(w, f) })
	}
	return v.to("/bids", "bid.placed")
}

// postGross shows the page again with the fee that leaves what the reader wants to receive; nothing is offered by it.
func (v *visit) postGross(id uuid.UUID) error {
	w, err := v.workView(id)
	if err != nil {
		return err
	}
	w.form = v.readBid(w.offer.Task)
	if err := v.addLicences(id, uuid.Nil, &w.form); err != nil {
		return err
	}
	rules, err := v.Billing.Rules(v.ctx, w.offer.Company.ID)
	if err != nil {
		return err
	}
	profile, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	if err := w.form.grossUp(rules, w.offer.Company, w.offer.Task.WithholdingCategory, profile.Person.Payee()); err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return offerPage(w, f) })
	}
	if w.quote, err = v.quote(w.offer, w.form); err != nil {
		return err
	}
	return v.ok(offerPage(w, ui.Fault{}))
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
