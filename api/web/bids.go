package web

import (
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A bidView is one bid with the offers made so far.
type bidView struct {
	bid      market.Bid
	task     market.Task
	versions []market.BidVersion
	name     string // of the bidder
	company  string
	rail     market.Rail // by which the company pays
	quote    billing.Quote
	mine     bool // the reader made the bid
	side     market.Side
	form     bidForm
	licences []market.Licence

	cautions bidCautions  // for the company's side
	payee    market.Payee // who the bidder is for taxes
}

func (v *visit) getBids() error {
	bids, err := v.Market.MyBids(v.ctx, v.who, v.before(), pageSize)
	if err != nil {
		return err
	}
	tasks := map[uuid.UUID]market.Task{}
	for _, b := range bids {
		if tasks[b.TaskID], err = v.Market.Task(v.ctx, v.who, b.TaskID); err != nil {
			return err
		}
	}
	older := ""
	if len(bids) > 0 {
		older = v.older("/bids", len(bids), bids[len(bids)-1].ID)
	}
	return v.ok(bidsPage(bids, tasks, older, v.before() != uuid.Nil))
}

func (v *visit) getBid() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	b, err := v.bidView(id)
	if err != nil {
		return err
	}
	return v.ok(bidPage(b, ui.Fault{}))
}

func (v *visit) bidView(id uuid.UUID) (bidView, error) {
	bid, err := v.Market.Bid(v.ctx, v.who, id)
	if err != nil {
		return bidView{}, err
	}
	b := bidView{bid: bid, mine: bid.PersonID == v.who.PersonID, side: market.ByCompany, name: v.who.Name}
	if b.mine {
		b.side = market.ByAlumnus
	}
	if b.task, err = v.Market.Task(v.ctx, v.who, bid.TaskID); err != nil {
		return b, err
	}
	if b.versions, err = v.Market.BidVersions(v.ctx, v.who, id); err != nil {
		return b, err
	}
	member, err := v.Market.Member(v.ctx, v.who, bid.MembershipID)
	if err != nil {
		return b, err
	}
	company, err := v.Market.Company(v.ctx, v.who, bid.CompanyID)
	if err != nil {
		return b, err
	}
	b.name, b.form, b.payee = member.Name, formOfBid(bid), member.Payee
	b.form.message = ""
	if b.mine {
		if err := v.addLicences(bid.TaskID, bid.ID, &b.form); err != nil {
			return b, err
		}
	}
	if b.licences, err = v.Market.BidLicences(v.ctx, v.who, id); err != nil {
		return b, err
	}
	if err := v.addCautions(&b); err != nil {
		return b, err
	}
	b.company, b.rail = company.NameIn(string(v.lang)), company.Rail
	rules, err := v.Billing.Rules(v.ctx, company.ID)
	b.quote = billing.QuoteOffer(rules, company, b.task.WithholdingCategory, bid.Terms(), member.Payee)
	return b, err
}

// theirTurn reports whether the latest offer waits for the other side.
func (b bidView) theirTurn() bool { return b.bid.OfferedBy == b.side }

func (v *visit) postCounter() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	b, err := v.bidView(id)
	if err != nil {
		return err
	}
	b.form = v.readBid(b.task)
	if v.c.PostForm("do") == "gross" {
		return v.grossCounter(b)
	}
	terms, err := b.form.terms(b.bid.Currency)
	if err == nil {
		_, err = v.Market.Counter(v.ctx, v.who, id, b.form.seen, terms)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return bidPage(b, f) })
	}
	if b.mine {
		return v.to("/bids/"+id.String(), "bid.changed")
	}
	return v.to("/tasks/"+b.bid.TaskID.String(), "bid.countered")
}

// grossCounter shows the page again with the fee that leaves what the alumnus is to receive.
func (v *visit) grossCounter(b bidView) error {
	rules, err := v.Billing.Rules(v.ctx, b.bid.CompanyID)
	if err != nil {
		return err
	}
	company, err := v.Market.Company(v.ctx, v.who, b.bid.CompanyID)
	if err != nil {
		return err
	}
	if err := b.form.grossUp(rules, company, b.task.WithholdingCategory, b.payee); err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return bidPage(b, f) })
	}
	return v.ok(bidPage(b, ui.Fault{}))
}

func (v *visit) postMark() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	flag := func(name string) *bool {
		if v.c.PostForm(name) == "" {
			return nil
		}
		on := v.c.PostForm(name) == "yes"
		return &on
	}
	b, err := v.Market.Mark(v.ctx, v.who, id, flag("shortlisted"), flag("archived"))
	if err != nil {
		return v.retreat(err, "/bids/"+id.String())
	}
	return v.to("/tasks/"+b.TaskID.String()+"#bids", "")
}

func (v *visit) postWithdraw() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Market.Withdraw(v.ctx, v.who, id); err != nil {
		return v.retreat(err, "/bids/"+id.String())
	}
	return v.to("/bids", "bid.withdrawn")
}
