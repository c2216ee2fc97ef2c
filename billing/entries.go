package billing

import (
	"time"

	"github.com/google/uuid"

	"homecoming/market"
)

// The entries of billing.md's posting table, one function a line. They are pure: who calls them holds the milestone.

// newEntry begins an entry about a milestone. source is unique; external names the provider's object, if any.
func newEntry(m Milestone, kind, source, external string, at time.Time) Entry {
	return Entry{CompanyID: m.CompanyID, At: at, PostedAt: at, Kind: kind, Source: source, ExternalID: external, MilestoneID: &m.ID}
}

func (e Entry) debit(account, currency string, amount int64) Entry {
	e.Postings = append(e.Postings, Posting{account, currency, amount})
	return e
}

func (e Entry) credit(account, currency string, amount int64) Entry {
	return e.debit(account, currency, -amount)
}

// received begins the entry of a payment: what reached the platform's balance, and what the provider kept. Whose it is
// remains to be credited.
func received(m Milestone, kind string, p Payment) Entry {
	e := newEntry(m, kind, "charge:"+p.Charge, p.Charge, p.At).
		debit(accountPlatform, p.Currency, p.Amount-p.Fee).
		debit(accountFee, p.Currency, p.Fee)
	if p.FromCash { // the last of what was applied has come: it is a payment, and the provider's holding of cash is less
		e = e.debit(paying(m.ID), p.Currency, p.Amount).credit(accountCash, p.Currency, p.Amount)
	}
	return e
}

// charged: the company paid, and the whole is held for the milestone.
func charged(m Milestone, p Payment) Entry {
	return received(m, "charge", p).credit(held(m), p.Currency, p.Amount)
}

// unmatched: money arrived that this milestone does not account for (a second payment, another amount).
func unmatched(m Milestone, p Payment) Entry {
	return received(m, "unmatched", p).credit(accountUnmatched, p.Currency, p.Amount)
}

// accepted: what was held is owed to the alumnus, earned by the platform, and owed as its consumption tax.
func accepted(m Milestone, person uuid.UUID, at time.Time) Entry {
	q := m.Quote()
	return newEntry(m, "accept", "accept:"+m.ID.String(), "", at).
		debit(held(m), m.Currency, q.Charge).
		credit(payable(person), m.Currency, q.Net).
		credit(accountRevenue, m.Currency, q.PlatformFee).
		credit(accountTax, m.Currency, q.PlatformTax)
}

// transferred: the alumnus's money left the platform's balance, and stands on their connected account.
func transferred(m Milestone, person uuid.UUID, t Transfer) []Entry {
	entries := []Entry{
		newEntry(m, "transfer", "transfer:"+t.ID, t.ID, t.At).
			debit(payable(person), t.Currency, t.Amount).
			credit(accountPlatform, t.Currency, t.Amount),
		newEntry(m, "mirror", "mirror:"+t.ID, "", t.At).
			debit(connected(person), t.Currency, t.Amount).
			credit(accountMirror, t.Currency, t.Amount),
	}
	if m.Withheld > 0 {
		entries = append(entries, withheld(m, t.At))
	}
	return entries
}

// paidOut and returned move the connected account's mirror alone: the platform's books do not change.
func paidOut(m Milestone, person uuid.UUID, payout string, amount int64, at time.Time) Entry {
	return newEntry(m, "payout", "payout:"+payout+":"+m.ID.String(), "", at).
		debit(accountMirror, m.Currency, amount).
		credit(connected(person), m.Currency, amount)
}

func returned(m Milestone, person uuid.UUID, payout string, amount int64, at time.Time) Entry {
	return newEntry(m, "payout_failed", "payout_failed:"+payout+":"+m.ID.String(), "", at).
		debit(connected(person), m.Currency, amount).
		credit(accountMirror, m.Currency, amount)
}

// acceptedOnCredit: what was delivered is owed to the alumnus before the company has paid for it. Where it pays from its
// own bank, the fee is a cost in its own books, and it owes the platform the platform's fee alone.
func acceptedOnCredit(m Milestone, person uuid.UUID, at time.Time) Entry {
	q := m.Quote()
	e := newEntry(m, "accept", "accept:"+m.ID.String(), "", at)
	if m.Rail == market.BankFile {
		e = e.debit(contractCost(m.CompanyID), m.Currency, q.Net).debit(receivableClient(m.CompanyID), m.Currency, q.PlatformFee+q.PlatformTax)
	} else {
		e = e.debit(unchargedNet(m.CompanyID), m.Currency, q.Net).debit(unchargedFee(m.CompanyID), m.Currency, q.PlatformFee+q.PlatformTax)
	}
	return e.credit(payable(person), m.Currency, q.Net).
		credit(accountRevenue, m.Currency, q.PlatformFee).
		credit(accountTax, m.Currency, q.PlatformTax)
}

// chargedLater: the company paid for accepted work.
func chargedLater(m Milestone, p Payment) Entry {
	return received(m, "charge", p).
		credit(unchargedNet(m.CompanyID), p.Currency, m.Quote().Net).
		credit(unchargedFee(m.CompanyID), p.Currency, p.Amount-m.Quote().Net)
}

// sentByBank: the company's bank was told to pay the alumnus on a day. Tax is withheld with the payment, once: on that day,
// by whose month it is paid in.
func sentByBank(m Milestone, i PayItem, person uuid.UUID, at, on time.Time) []Entry {
	entries := []Entry{newEntry(m, "bank_sent", "bank_sent:"+i.ID.String(), "", at).
		debit(payable(person), m.Currency, i.Amount).
		credit(accountBankInTransit, m.Currency, i.Amount)}
	if m.Withheld > 0 {
		entries = append(entries, withheld(m, on))
	}
	return entries
}

// paidByBank: the bank's statement says so.
func paidByBank(m Milestone, i PayItem, account uuid.UUID, at time.Time) Entry {
	return newEntry(m, "bank_paid", "bank_paid:"+i.ID.String(), "", at).
		debit(accountBankInTransit, m.Currency, i.Amount).
		credit(bankOf(account), m.Currency, i.Amount)
}

// returnedByBank: it came back, and is owed again.
func returnedByBank(m Milestone, i PayItem, account, person uuid.UUID, at time.Time) Entry {
	return newEntry(m, "bank_returned", "bank_returned:"+i.ID.String(), "", at).
		debit(bankOf(account), m.Currency, i.Amount).
		credit(payable(person), m.Currency, i.Amount)
}

// withheld is the memo of the tax that the company keeps back for the tax office, booked with the payment.
func withheld(m Milestone, at time.Time) Entry {
	return newEntry(m, "withheld", "withheld:"+m.ID.String(), "", at).
		debit(accountWithheld, m.Currency, m.Withheld).
		credit(withheldTax(m.CompanyID), m.Currency, m.Withheld)
}
