package gatewaytest

import (
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
)

// customer makes a company the provider's customer.
func (s *suite) customer() billing.Customer {
	s.Helper()
	op := uuid.New()
	c, err := s.Gateway.CreateCustomer(s.ctx, "cu:"+op.String(), billing.CustomerOrder{Operation: op, Company: uuid.New(), Name: "株式会社あおい", Email: "finance@aoi.test"})
	s.must(err)
	return c
}

func (s *suite) customersOnce() {
	started := s.Now()
	o := billing.CustomerOrder{Operation: uuid.New(), Company: uuid.New(), Name: "Aoi"}
	_, err := s.Gateway.FindCustomer(s.ctx, o.Operation, started)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.CreateCustomer(s.ctx, "cu", o)
	s.must(err)
	again, err := s.Gateway.CreateCustomer(s.ctx, "cu", o)
	s.must(err)
	s.customer() // another in between
	found, err := s.Gateway.FindCustomer(s.ctx, o.Operation, started)
	s.must(err)
	if made.ID == "" || made.Company != o.Company || made != again || made != found {
		s.Errorf("made %+v, again %+v, found %+v", made, again, found)
	}
}

// keptCard is a card that a customer's payer agreed to have charged again.
func (s *suite) keptCard(customer string) billing.Card {
	s.Helper()
	o := s.order(10_000)
	o.Customer, o.KeepCard = customer, true
	c, err := s.Gateway.CreateCheckout(s.ctx, "co:"+o.Operation.String(), o)
	s.must(err)
	s.Pay(c.URL)
	cards, err := s.Gateway.Cards(s.ctx, customer)
	s.must(err)
	if len(cards) != 1 || cards[0].Last4 == "" || cards[0].Brand == "" || cards[0].ExpMonth == 0 || cards[0].ExpYear == 0 || cards[0].CreatedAt.IsZero() {
		s.Fatalf("the cards are %+v", cards)
	}
	return cards[0]
}

func (s *suite) chargesKeptCards() {
	cu, started := s.customer(), s.Now()
	if cards, err := s.Gateway.Cards(s.ctx, cu.ID); err != nil || len(cards) != 0 {
		s.Errorf("before anybody agreed: %+v, %v", cards, err)
	}
	card := s.keptCard(cu.ID)
	o := billing.CardOrder{Operation: uuid.New(), Milestone: uuid.New(), Company: cu.Company, Purpose: billing.ForFunding, Customer: cu.ID, Card: card.ID,
		Title: "C-1001 決算", Amount: 57_750, Currency: "JPY"}
	_, err := s.Gateway.FindIntent(s.ctx, cu.ID, o.Operation, started)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.ChargeCard(s.ctx, "ca", o)
	s.must(err)
	again, err := s.Gateway.ChargeCard(s.ctx, "ca", o)
	s.must(err)
	found, err := s.Gateway.FindIntent(s.ctx, cu.ID, o.Operation, started)
	s.must(err)
	if made.State != "succeeded" || made.Customer != cu.ID || made.Amount != 57_750 || made != again || made != found {
		s.Errorf("made %+v, again %+v, found %+v", made, again, found)
	}
	p, err := s.Gateway.Payment(s.ctx, made.ID)
	s.must(err)
	if !p.Paid || !p.Settled || p.FromCash || p.Amount != 57_750 || p.Milestone != o.Milestone || p.Operation != o.Operation || p.Purpose != billing.ForFunding || p.Intent != made.ID {
		s.Errorf("the payment is %+v", p)
	}
	s.must(s.Gateway.ForgetCard(s.ctx, card.ID))
	if cards, err := s.Gateway.Cards(s.ctx, cu.ID); err != nil || len(cards) != 0 {
		s.Errorf("after it was taken away: %+v, %v", cards, err)
	}
	o.Operation = uuid.New()
	_, err = s.Gateway.ChargeCard(s.ctx, "another key", o)
	s.refused(err)
}

// awaited asks a customer for a bank transfer.
func (s *suite) awaited(cu billing.Customer, amount int64) (billing.TransferRequest, billing.Intent) {
	s.Helper()
	o := billing.TransferRequest{Operation: uuid.New(), Milestone: uuid.New(), Company: cu.Company, Purpose: billing.ForFunding, Customer: cu.ID,
		Title: "C-1001 決算", Amount: amount, Currency: "JPY"}
	in, err := s.Gateway.RequestTransfer(s.ctx, "bt:"+o.Operation.String(), o)
	s.must(err)
	return o, in
}

func (s *suite) asksForTransfersOnce() {
	cu, started := s.customer(), s.Now()
	_, err := s.Gateway.FindIntent(s.ctx, cu.ID, uuid.New(), started)
	s.want(err, billing.ErrNotThere)
	o, in := s.awaited(cu, 25_000)
	again, err := s.Gateway.RequestTransfer(s.ctx, "bt:"+o.Operation.String(), o)
	s.must(err)
	found, err := s.Gateway.FindIntent(s.ctx, cu.ID, o.Operation, started)
	s.must(err)
	read, err := s.Gateway.Intent(s.ctx, in.ID)
	s.must(err)
	if again.ID != in.ID || found.ID != in.ID || read.ID != in.ID || in.State != "requires_action" || in.Remaining != 25_000 || in.Reference == "" || in.Customer != cu.ID {
		s.Fatalf("asked %+v, again %+v, found %+v, read %+v", in, again, found, read)
	}
	if a := in.Account; a == nil || a.BankCode == "" || a.BranchCode == "" || a.Number == "" || a.Holder == "" || a.Kind != "futsu" && a.Kind != "toza" || a.Page == "" {
		s.Errorf("it goes to %+v", a)
	}
	if _, other := s.awaited(cu, 1_000); other.Account.Number != in.Account.Number || other.Reference == in.Reference {
		s.Errorf("a customer's accounts are %+v and %+v", in, other)
	}
}

// movements are what changed a customer's cash, oldest first.
func (s *suite) movements(customer string) (list []billing.CashMovement) {
	s.Helper()
	for m, err := range s.Gateway.CashMovements(s.ctx, customer, time.Time{}) {
		s.must(err)
		list = append([]billing.CashMovement{m}, list...)
	}
	return list
}

// moved fails unless a customer's cash was changed by these kinds and amounts, the newest last, and holds their sum.
func (s *suite) moved(customer string, want ...billing.CashMovement) {
	s.Helper()
	got := s.movements(customer)
	if len(got) != len(want) {
		s.Fatalf("the cash was moved by %+v, want %+v", got, want)
	}
	var sum int64
	for i, m := range got {
		sum += m.Amount
		if m.Kind != want[i].Kind || m.Amount != want[i].Amount || m.Intent != want[i].Intent || m.Balance != sum || m.ID == "" || m.Currency != "JPY" || m.At.IsZero() || m.Customer != customer {
			s.Errorf("number %d is %+v, want %+v with %d left", i+1, m, want[i], sum)
		}
	}
}

func (s *suite) appliesCashInParts() {
	cu := s.customer()
	o, in := s.awaited(cu, 25_000)
	s.Send(*in.Account, 30_000, "AOI")
	if m := s.movements(cu.ID); len(m) != 1 || m[0].Kind != billing.CashFunded || m[0].Reference != "AOI" || m[0].Sender == "" {
		s.Fatalf("what came is %+v", m) // and nothing was applied by the provider itself
	}
	first := billing.ApplyOrder{Operation: uuid.New(), Customer: cu.ID, Intent: in.ID, Amount: 10_000, Currency: "JPY"}
	_, err := s.Gateway.FindApplied(s.ctx, first)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.ApplyCash(s.ctx, "ap 1", first)
	s.must(err)
	again, err := s.Gateway.ApplyCash(s.ctx, "ap 1", first)
	s.must(err)
	found, err := s.Gateway.FindApplied(s.ctx, first)
	s.must(err)
	if made != again || made != found || made.Amount != -10_000 || made.Intent != in.ID {
		s.Errorf("applied %+v, again %+v, found %+v", made, again, found)
	}
	second := billing.ApplyOrder{Operation: uuid.New(), Customer: cu.ID, Intent: in.ID, Amount: 15_000, Applied: 10_000, Currency: "JPY"}
	_, err = s.Gateway.FindApplied(s.ctx, second)
	s.want(err, billing.ErrNotThere)
	if part, err := s.Gateway.Intent(s.ctx, in.ID); err != nil || part.Remaining != 15_000 || part.State != "requires_action" {
		s.Errorf("with a part of it: %+v, %v", part, err)
	}
	_, err = s.Gateway.ApplyCash(s.ctx, "ap 2", second)
	s.must(err)
	p, err := s.Gateway.Payment(s.ctx, in.ID)
	s.must(err)
	if !p.Paid || !p.FromCash || p.Amount != 25_000 || p.Fee <= 0 || p.Operation != o.Operation || p.Customer != cu.ID {
		s.Errorf("the payment is %+v", p)
	}
	second.Operation, second.Applied = uuid.New(), 25_000
	_, err = s.Gateway.ApplyCash(s.ctx, "ap 3", second)
	s.refused(err) // it is paid
	s.moved(cu.ID, billing.CashMovement{Kind: billing.CashFunded, Amount: 30_000}, billing.CashMovement{Kind: billing.CashApplied, Amount: -10_000, Intent: in.ID},
		billing.CashMovement{Kind: billing.CashApplied, Amount: -15_000, Intent: in.ID})
}

func (s *suite) givesUpTransfers() {
	cu := s.customer()
	_, in := s.awaited(cu, 25_000)
	s.Send(*in.Account, 5_000, "")
	_, err := s.Gateway.ApplyCash(s.ctx, "ap", billing.ApplyOrder{Operation: uuid.New(), Customer: cu.ID, Intent: in.ID, Amount: 5_000, Currency: "JPY"})
	s.must(err)
	gone, err := s.Gateway.CancelIntent(s.ctx, "cx", in.ID)
	s.must(err)
	again, err := s.Gateway.CancelIntent(s.ctx, "cx", in.ID)
	s.must(err)
	if gone.State != "canceled" || again.State != "canceled" {
		s.Errorf("given up: %+v, again %+v", gone, again)
	}
	s.moved(cu.ID, billing.CashMovement{Kind: billing.CashFunded, Amount: 5_000}, billing.CashMovement{Kind: billing.CashApplied, Amount: -5_000, Intent: in.ID},
		billing.CashMovement{Kind: billing.CashUnapplied, Amount: 5_000, Intent: in.ID})
	_, err = s.Gateway.ApplyCash(s.ctx, "ap 2", billing.ApplyOrder{Operation: uuid.New(), Customer: cu.ID, Intent: in.ID, Amount: 5_000, Currency: "JPY"})
	s.refused(err)
}

func (s *suite) returnsCashOnce() {
	cu, started := s.customer(), s.Now()
	_, in := s.awaited(cu, 25_000)
	s.Send(*in.Account, 8_000, "")
	o := billing.CashReturn{Operation: uuid.New(), Customer: cu.ID, Amount: 3_000, Currency: "JPY", Email: "finance@aoi.test"}
	_, err := s.Gateway.FindReturn(s.ctx, o.Operation, started)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.ReturnCash(s.ctx, "rc", o)
	s.must(err)
	again, err := s.Gateway.ReturnCash(s.ctx, "rc", o)
	s.must(err)
	found, err := s.Gateway.FindReturn(s.ctx, o.Operation, started)
	s.must(err)
	if made.ID == "" || made.Amount != 3_000 || made != again || made != found {
		s.Errorf("made %+v, again %+v, found %+v", made, again, found)
	}
	s.moved(cu.ID, billing.CashMovement{Kind: billing.CashFunded, Amount: 8_000}, billing.CashMovement{Kind: billing.CashReturning, Amount: -3_000})
	o.Operation, o.Amount = uuid.New(), 5_001
	_, err = s.Gateway.ReturnCash(s.ctx, "another key", o)
	s.refused(err)
}

func (s *suite) takesTransfersBack() {
	cu := s.customer()
	_, in := s.awaited(cu, 25_000)
	sent := s.Send(*in.Account, 25_000, "")
	_, err := s.Gateway.ApplyCash(s.ctx, "ap", billing.ApplyOrder{Operation: uuid.New(), Customer: cu.ID, Intent: in.ID, Amount: 25_000, Currency: "JPY"})
	s.must(err)
	from := s.Now().Add(-time.Minute)
	s.TakeBack(sent)
	s.moved(cu.ID, billing.CashMovement{Kind: billing.CashFunded, Amount: 25_000}, billing.CashMovement{Kind: billing.CashApplied, Amount: -25_000, Intent: in.ID},
		billing.CashMovement{Kind: billing.CashReversed, Amount: -25_000}, billing.CashMovement{Kind: billing.CashOverdrawn, Amount: 25_000})
	all := s.movements(cu.ID)
	var paid int64
	for b, err := range s.Gateway.BalanceTransactions(s.ctx, from, time.Time{}) {
		s.must(err)
		if b.Source == all[len(all)-1].ID {
			paid += b.Net
		}
	}
	if paid != -25_000 { // the platform stands in for what was spent
		s.Errorf("the platform's balance paid %d", paid)
	}
}
