package web

import (
	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

const cashPath = "/money/cash"

// A cashView is what a company has sent to its virtual account and paid nothing with yet.
type cashView struct {
	billing.Cash
	mayReturn bool // sends money back to the bank
	mayMoney  bool // sees finance's other pages
}

func (v *visit) cash() (cashView, error) {
	held, err := v.Billing.Cash(v.ctx, v.who, v.company.ID)
	return cashView{held, v.may(market.SettleMoney), v.may(market.SeeMoney)}, err
}

func (v *visit) getCash() error {
	c, err := v.cash()
	if err != nil {
		return err
	}
	return v.ok(cashPage(c, ui.Fault{}))
}

// postCash applies what is proposed, or sends money back to the company's bank.
func (v *visit) postCash() error {
	c, err := v.cash()
	if err != nil {
		return err
	}
	switch v.form().text("do") {
	case "apply":
		for _, a := range c.Proposal {
			if _, err := v.Billing.ApplyCash(v.ctx, v.who, a.BankTransfer.ID, a.Amount); err != nil {
				return v.retreat(err, cashPath)
			}
		}
		return v.to(cashPath, "transfer.applied")
	case "return":
		return v.returnCash(c)
	}
	return market.ErrNotFound
}

func (v *visit) returnCash(c cashView) error {
	f := v.form()
	amount := f.money("amount", c.Currency)
	if f.err == nil && amount == nil {
		f.fail(market.ErrRequired.On("amount"))
	}
	if f.err == nil {
		_, f.err = v.Billing.ReturnCash(v.ctx, v.who, v.company.ID, amount.Amount)
	}
	if f.err != nil {
		return v.refuse(f.err, func(fault ui.Fault) templ.Component { return cashPage(c, fault) })
	}
	return v.to(cashPath, "cash.returned")
}

func (c cashView) yen(amount int64) string {
	return market.Money{Amount: amount, Currency: c.Currency}.String()
}

// signed is an amount that says by its sign which way it goes.
func signed(m market.Money) string {
	if m.Amount > 0 {
		return "+" + m.String()
	}
	return m.String()
}

// sentBy is who a movement's money came from, with what they wrote.
func sentBy(m billing.CashRecord) string {
	if m.Reference == "" {
		return m.Sender
	}
	return m.Sender + " · " + m.Reference
}
