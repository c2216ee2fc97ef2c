package web

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A bill is what the reader may pay now, with the ways there are: each is the address of a form.
type bill struct {
	label  string // of the button that leads to the provider's page
	amount market.Money
	page   string
	name   string // of that form
	do     string // of its button; empty: none
	card   string // charges one of the cards
	wire   string // asks where to send it; empty where no bank transfer is taken
	cards  []billing.Card
	keep   bool // the page can keep the card
}

// others reports whether there are more ways than fit on the first line.
func (b bill) others() bool { return len(b.cards) > 0 }

// soon is how long a page waits for the provider before it is shown without what the provider knows.
const soon = 2 * time.Second

// savedCards are a company's; none while the provider does not answer. Every page works without them.
func (v *visit) savedCards(company uuid.UUID) []billing.Card {
	if v.who.May(market.PayBills, company) != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(v.ctx, soon)
	defer cancel()
	cards, err := v.Billing.Cards(ctx, v.who, company)
	if err != nil {
		return nil //nolint:nilerr // billing has logged it
	}
	return cards
}

// payingWith reads what the reader may pay a contract's milestones with.
func (v *visit) payingWith(c *contractView) error {
	company := c.contract.CompanyID
	if pays := v.who.May(market.PayBills, company) == nil; !pays || c.side != billing.TheCompany {
		return nil
	}
	var err error
	if c.transfers, err = v.Billing.BankTransfers(v.ctx, v.who, c.contract.ID); err != nil {
		return err
	}
	if len(c.transfers) > 0 {
		held, err := v.Billing.Cash(v.ctx, v.who, company)
		if err != nil {
			return err
		}
		c.cash = held.Free
	}
	for _, m := range c.contract.Milestones {
		if c.payable(m) {
			c.cards = v.savedCards(company)
			return nil
		}
	}
	return nil
}

// transferFor is the bank transfer that a milestone waits for, if it does.
func (c contractView) transferFor(m uuid.UUID, purpose billing.Purpose) (billing.BankTransfer, bool) {
	for _, b := range c.transfers {
		if b.MilestoneID == m && b.Purpose == purpose {
			return b, true
		}
	}
	return billing.BankTransfer{}, false
}

// fundingOf is what is to be paid for a milestone.
func (c contractView) fundingOf(ctx context.Context, m billing.Milestone) bill {
	at := milestonePath(m)
	b := bill{amount: m.Quote().Money(m.Missing()), page: at + "/fund", name: "fund", label: ui.T(ctx, "milestone.fund.do", "amount", m.Quote().Money(m.Missing()))}
	if m.Rail.PaysLater() {
		b.label = ui.T(ctx, "change.pay.do", "amount", b.amount)
	}
	b.cards, b.card, b.keep = c.cards, at+"/fund-by-card", m.State != billing.MilestoneFunding
	if m.Currency == "JPY" {
		b.wire = at + "/fund-by-bank-transfer"
	}
	return b
}

// payable reports whether the reader may pay for a milestone: before the work begins or, where that is agreed, once an
// approved pay run asks for it. Choosing another way closes a page that is open.
func (c contractView) payable(m billing.Milestone) bool {
	open := m.State == billing.MilestoneFunding || m.State == billing.MilestoneReleasing && m.Missing() > 0
	return c.can(m, "fund") || open && c.side == billing.TheCompany && c.mayRun
}

// waits reports whether a milestone's card shall look by itself for money that comes.
func (c contractView) waits(m billing.Milestone) bool {
	_, is := c.transferFor(m.ID, billing.ForFunding)
	return is
}

// brands are the names of cards as their owners know them.
var brands = map[string]string{"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "jcb": "JCB", "diners": "Diners Club", "discover": "Discover", "unionpay": "UnionPay"}

func cardName(c billing.Card) string {
	return cmp.Or(brands[c.Brand], c.Brand) + " •••• " + c.Last4
}
func expiry(c billing.Card) string { return strconv.Itoa(c.ExpMonth) + "/" + strconv.Itoa(c.ExpYear) }

// postFundByCard charges a saved card; where its owner has to be there, it leads to the provider's page.
func (v *visit) postFundByCard() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f, err := v.Billing.PayByCard(v.ctx, v.who, id, billing.ForFunding, v.form().text("card"))
	if err != nil {
		return v.backToContract(id, err)
	}
	said := "fund.paid"
	if f.Milestone.Missing() > 0 {
		said = "fund.card.unknown"
	}
	return v.onward(f, contractPath(f.Milestone.ContractID), said)
}

// onward leads to the provider's page where there is one, and otherwise back with a message.
func (v *visit) onward(f billing.Funding, path, said string) error {
	if f.CheckoutURL == "" {
		return v.to(path, said)
	}
	v.c.Redirect(http.StatusSeeOther, f.CheckoutURL)
	return nil
}

func (v *visit) postFundByTransfer() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	b, err := v.Billing.PayByBankTransfer(v.ctx, v.who, id, billing.ForFunding)
	if err != nil {
		return v.backToContract(id, err)
	}
	return v.to(contractPath(b.ContractID), "transfer.asked")
}

// postBackByTransfer asks where to send what the company owes, and shows it among the company's cash.
func (v *visit) postBackByTransfer() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Billing.PayByBankTransfer(v.ctx, v.who, id, billing.ForReceivable); err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.to(cashPath, "transfer.asked")
}

// postBackByCard charges a saved card with what the company owes.
func (v *visit) postBackByCard() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f, err := v.Billing.PayByCard(v.ctx, v.who, id, billing.ForReceivable, v.form().text("card"))
	if err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.onward(f, settlingPath, "fund.card.done")
}

// postChangeByCard charges a saved card with what a signed change adds.
func (v *visit) postChangeByCard() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f, err := v.Billing.TopUpByCard(v.ctx, v.who, id, v.form().text("card"))
	if err != nil {
		return v.retreat(err, changePath(id))
	}
	return v.onward(f, changePath(id), "fund.card.done")
}

// postChangeByTransfer asks where to send what a signed change adds.
func (v *visit) postChangeByTransfer() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Billing.TopUpByBankTransfer(v.ctx, v.who, id); err != nil {
		return v.retreat(err, changePath(id))
	}
	return v.to(changePath(id), "transfer.asked")
}

// transferDoing are the buttons of a bank transfer, with what is said afterwards.
var transferDoing = map[string]string{"cancel": "transfer.canceled", "apply": "transfer.applied"}

func (v *visit) postTransfer() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	do := v.form().text("do")
	said, ok := transferDoing[do]
	if !ok {
		return market.ErrNotFound
	}
	b, err := v.Billing.BankTransfer(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	back := contractPath(b.ContractID)
	if b.Purpose == billing.ForReceivable {
		back = cashPath
	}
	if do == "cancel" {
		_, err = v.Billing.CancelBankTransfer(v.ctx, v.who, id)
	} else {
		_, err = v.Billing.ApplyCash(v.ctx, v.who, id, 0)
	}
	if err != nil {
		return v.retreat(err, back)
	}
	return v.to(back, said)
}

// getTransferPage leads to the provider's own page with what to send, which can be handed on to whoever sends it.
func (v *visit) getTransferPage() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	b, err := v.Billing.BankTransfer(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	if a := b.Virtual(); a != nil && a.Page != "" {
		v.c.Redirect(http.StatusSeeOther, a.Page)
		return nil
	}
	return market.ErrNotFound
}

func bankTransferPath(b billing.BankTransfer) string { return "/bank-transfers/" + b.ID.String() }

// transferMark is a bank transfer's state as a mark.
func transferMark(ctx context.Context, b billing.BankTransfer) ui.Mark {
	tone := ui.Now
	if b.State == billing.TransferPartPaid {
		tone = ui.Warn
	}
	return ui.Mark{Text: ui.T(ctx, "transfer.state."+string(b.State)), Tone: tone}
}

// postForgetCard takes a saved card away.
func (v *visit) postForgetCard() error {
	if err := v.Billing.ForgetCard(v.ctx, v.who, v.company.ID, v.form().text("card")); err != nil {
		return v.retreat(err, "/settings")
	}
	return v.to("/settings#cards", "card.forgotten")
}

// dayOf is the reader's day of a moment, in short.
func dayOf(ctx context.Context, t time.Time) string {
	return ui.ShortDay(ctx, civil.DateOf(t.In(ui.FrameOf(ctx).Zone)))
}

// sumOfTransfer writes an amount of a bank transfer.
func sumOfTransfer(b billing.BankTransfer, amount int64) string {
	return market.Money{Amount: amount, Currency: b.Currency}.String()
}

// figure writes an amount as a bank's form takes it.
func figure(amount int64) string { return strconv.FormatInt(amount, 10) }
