package gatewaytest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
)

// A Provider is a payment provider with nothing in it yet, and with what people and time do to it.
type Provider struct {
	Gateway billing.Gateway
	Now     func() time.Time         // the provider's clock
	Pay     func(checkoutURL string) // somebody pays by card
	Onboard func(link string)        // somebody completes their account
	Advance func(d time.Duration)    // time passes
	// Send has somebody's bank send money to a virtual account and gives the movement of cash that it is; TakeBack has the
	// bank take it back.
	Send     func(to billing.VirtualAccount, amount int64, reference string) (movement string)
	TakeBack func(movement string)
	Sign     func(payload []byte, at time.Time, from billing.Endpoint) string // as the provider signs events
}

// suite is one provider under test.
type suite struct {
	*testing.T
	Provider
	ctx context.Context
}

// Run holds an implementation to the description.
func Run(t *testing.T, fresh func(t *testing.T) Provider) {
	for name, test := range map[string]func(*suite){
		"the same key twice is one page":                       (*suite).oneCheckoutAKey,
		"the same key with another request is not carried out": (*suite).keyHoldsItsRequest,
		"a page is found again by its operation":               (*suite).findsCheckouts,
		"a page that nobody pays expires":                      (*suite).checkoutsExpire,
		"a payment is read by its page and by its charge":      (*suite).readsPayments,
		"a transfer happens once a key and is found again":     (*suite).transfersOnce,
		"a transfer the charge cannot bear is refused":         (*suite).refusesTransfers,
		"an account receives nothing before it is completed":   (*suite).accountsWait,
		"a refund happens once a key and is found again":       (*suite).refundsOnce,
		"a company becomes a customer once a key":              (*suite).customersOnce,
		"a card that was kept is charged once a key":           (*suite).chargesKeptCards,
		"a bank transfer is asked for once a key":              (*suite).asksForTransfersOnce,
		"cash is applied in parts, once a key":                 (*suite).appliesCashInParts,
		"what a bank transfer brought survives its end":        (*suite).givesUpTransfers,
		"cash goes back to its bank once a key":                (*suite).returnsCashOnce,
		"a bank transfer that is taken back is paid for by us": (*suite).takesTransfersBack,
		"a payout names its transfers":                         (*suite).itemisesPayouts,
		"the platform's own money is paid out once a key":      (*suite).sweepsOnce,
		"every movement of the balance is listed once":         (*suite).listsBalance,
		"events are listed for each account":                   (*suite).listsEvents,
		"what is not there is said to be not there":            (*suite).knowsNothing,
		"only what was just signed is believed":                (*suite).verifies,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&suite{T: t, Provider: fresh(t), ctx: context.Background()})
		})
	}
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *suite) want(err, target error) {
	s.Helper()
	if !errors.Is(err, target) {
		s.Fatalf("got %v, want %v", err, target)
	}
}

func (s *suite) refused(err error) {
	s.Helper()
	var no *billing.Refusal
	if !errors.As(err, &no) || no.Code == "" {
		s.Fatalf("got %v, want a refusal with a code", err)
	}
}

func (s *suite) order(amount int64) billing.CheckoutOrder {
	return billing.CheckoutOrder{Operation: uuid.New(), Milestone: uuid.New(), Company: uuid.New(), Title: "C-1001 決算", Amount: amount, Currency: "JPY",
		Email: "finance@aoi.test", Language: "ja", SuccessURL: "http://product.test/done", CancelURL: "http://product.test/back",
		ExpiresAt: s.Now().Add(23 * time.Hour)}
}

// charge has somebody pay, and reads the payment.
func (s *suite) charge(amount int64) (billing.CheckoutOrder, billing.Payment) {
	s.Helper()
	o := s.order(amount)
	c, err := s.Gateway.CreateCheckout(s.ctx, "co:"+o.Operation.String(), o)
	s.must(err)
	s.Pay(c.URL)
	p, err := s.Gateway.Payment(s.ctx, c.ID)
	s.must(err)
	return o, p
}

// account makes one, completed or not.
func (s *suite) account(complete bool) billing.Account {
	s.Helper()
	op := uuid.New()
	a, err := s.Gateway.CreateAccount(s.ctx, "ac:"+op.String(), billing.AccountOrder{Operation: op, Person: uuid.New(), Email: "yumi@alumni.test"})
	s.must(err)
	if complete {
		link, err := s.Gateway.OnboardingLink(s.ctx, a.ID, "http://product.test/again", "http://product.test/done")
		s.must(err)
		s.Onboard(link)
		a, err = s.Gateway.Account(s.ctx, a.ID)
		s.must(err)
	}
	return a
}

func transferOf(o billing.CheckoutOrder, p billing.Payment, to string, amount int64) billing.TransferOrder {
	return billing.TransferOrder{Operation: uuid.New(), Milestone: o.Milestone, Charge: p.Charge, Account: to, Amount: amount, Currency: "JPY", Title: o.Title}
}

func (s *suite) oneCheckoutAKey() {
	o := s.order(105_290)
	first, err := s.Gateway.CreateCheckout(s.ctx, "one key", o)
	s.must(err)
	again, err := s.Gateway.CreateCheckout(s.ctx, "one key", o)
	s.must(err)
	if first.ID == "" || first.URL == "" || first.State != "open" || first.Operation != o.Operation || again != first {
		s.Errorf("first %+v, again %+v", first, again)
	}
}

func (s *suite) keyHoldsItsRequest() {
	o := s.order(105_290)
	_, err := s.Gateway.CreateCheckout(s.ctx, "one key", o)
	s.must(err)
	o.Amount++
	_, err = s.Gateway.CreateCheckout(s.ctx, "one key", o)
	s.want(err, billing.ErrUnknown) // something happened under this key, and not this
}

func (s *suite) findsCheckouts() {
	started := s.Now()
	o := s.order(1_000)
	_, err := s.Gateway.FindCheckout(s.ctx, o.Operation, started)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.CreateCheckout(s.ctx, "k", o)
	s.must(err)
	for range 3 { // others in between
		_, err := s.Gateway.CreateCheckout(s.ctx, uuid.NewString(), s.order(2_000))
		s.must(err)
	}
	found, err := s.Gateway.FindCheckout(s.ctx, o.Operation, started)
	s.must(err)
	if found != made {
		s.Errorf("made %+v, found %+v", made, found)
	}
}

func (s *suite) checkoutsExpire() {
	c, err := s.Gateway.CreateCheckout(s.ctx, "k", s.order(1_000))
	s.must(err)
	closed, err := s.Gateway.CreateCheckout(s.ctx, "another", s.order(1_000))
	s.must(err)
	if closed, err = s.Gateway.ExpireCheckout(s.ctx, "xp", closed.ID); err != nil || closed.State != "expired" {
		s.Errorf("closed: %+v, %v", closed, err)
	}
	_, err = s.Gateway.ExpireCheckout(s.ctx, "xp 2", closed.ID)
	s.refused(err)
	s.Advance(25 * time.Hour)
	c, err = s.Gateway.Checkout(s.ctx, c.ID)
	s.must(err)
	if c.State != "expired" {
		s.Errorf("after a day the page is %s", c.State)
	}
}

func (s *suite) readsPayments() {
	unpaid, err := s.Gateway.CreateCheckout(s.ctx, "k", s.order(1_000))
	s.must(err)
	if p, err := s.Gateway.Payment(s.ctx, unpaid.ID); err != nil || p.Paid {
		s.Errorf("before anybody paid: %+v, %v", p, err)
	}
	o, p := s.charge(105_290)
	if !p.Paid || !p.Settled || p.Amount != 105_290 || p.Fee <= 0 || p.Currency != "JPY" || p.Milestone != o.Milestone || p.Operation != o.Operation || p.At.IsZero() {
		s.Errorf("by its page: %+v", p)
	}
	if again, err := s.Gateway.Payment(s.ctx, p.Charge); err != nil || again != p {
		s.Errorf("by its charge: %+v, %v", again, err)
	}
}

func (s *suite) transfersOnce() {
	o, p := s.charge(105_290)
	to := s.account(true)
	order := transferOf(o, p, to.ID, 99_790)
	_, err := s.Gateway.FindTransfer(s.ctx, o.Milestone, order.Operation)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.CreateTransfer(s.ctx, "tr", order)
	s.must(err)
	again, err := s.Gateway.CreateTransfer(s.ctx, "tr", order)
	s.must(err)
	found, err := s.Gateway.FindTransfer(s.ctx, o.Milestone, order.Operation)
	s.must(err)
	read, err := s.Gateway.Transfer(s.ctx, made.ID)
	s.must(err)
	if made != again || made != found || made != read {
		s.Errorf("made %+v, again %+v, found %+v, read %+v", made, again, found, read)
	}
	if made.Amount != 99_790 || made.Currency != "JPY" || made.Account != to.ID || made.Milestone != o.Milestone || made.Operation != order.Operation {
		s.Errorf("the transfer is %+v", made)
	}
}

func (s *suite) refusesTransfers() {
	o, p := s.charge(1_000)
	_, err := s.Gateway.CreateTransfer(s.ctx, "k", transferOf(o, p, s.account(true).ID, 1_001))
	s.refused(err)
}

func (s *suite) accountsWait() {
	o, p := s.charge(1_000)
	a := s.account(false)
	if a.Transfers || a.Payouts || len(a.Missing) == 0 {
		s.Errorf("a new account is %+v", a)
	}
	_, err := s.Gateway.CreateTransfer(s.ctx, "k", transferOf(o, p, a.ID, 500))
	s.refused(err)
	if found, err := s.Gateway.FindAccount(s.ctx, a.Operation, s.Now().Add(-time.Minute)); err != nil || found.ID != a.ID {
		s.Errorf("found %+v, %v", found, err)
	}
	_, err = s.Gateway.FindAccount(s.ctx, uuid.New(), s.Now().Add(-time.Minute))
	s.want(err, billing.ErrNotThere)
	done := s.account(true)
	if !done.Transfers || !done.Payouts || !done.Submitted {
		s.Errorf("a completed account is %+v", done)
	}
	_, err = s.Gateway.CreateTransfer(s.ctx, "another key", transferOf(o, p, done.ID, 500))
	s.must(err)
}

func (s *suite) refundsOnce() {
	s.charge(50_000) // the provider keeps its fee, so that somebody else's money is needed
	o, p := s.charge(10_000)
	order := billing.RefundOrder{Operation: uuid.New(), Milestone: o.Milestone, Charge: p.Charge, Amount: p.Amount, Currency: "JPY"}
	_, err := s.Gateway.FindRefund(s.ctx, p.Charge, order.Operation)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.CreateRefund(s.ctx, "re", order)
	s.must(err)
	again, err := s.Gateway.CreateRefund(s.ctx, "re", order)
	s.must(err)
	found, err := s.Gateway.FindRefund(s.ctx, p.Charge, order.Operation)
	s.must(err)
	read, err := s.Gateway.Refund(s.ctx, made.ID)
	s.must(err)
	if made != again || made != found || made != read || made.State != "succeeded" || made.Amount != 10_000 || made.Charge != p.Charge {
		s.Errorf("made %+v, again %+v, found %+v, read %+v", made, again, found, read)
	}
	order.Operation = uuid.New()
	_, err = s.Gateway.CreateRefund(s.ctx, "another key", order)
	s.refused(err)
}

func (s *suite) itemisesPayouts() {
	to := s.account(true)
	var want []string
	for range 2 {
		o, p := s.charge(10_000)
		t, err := s.Gateway.CreateTransfer(s.ctx, uuid.NewString(), transferOf(o, p, to.ID, 9_000))
		s.must(err)
		want = append(want, t.ID)
	}
	s.Advance(15 * 24 * time.Hour)
	var got []string
	for e, err := range s.Gateway.Events(s.ctx, to.ID, s.Now().Add(-20*24*time.Hour)) {
		s.must(err)
		if e.Type != "payout.paid" {
			continue
		}
		p, err := s.Gateway.Payout(s.ctx, to.ID, e.Object)
		s.must(err)
		if p.State != "paid" || !p.Automatic || p.Amount != 18_000 || p.Currency != "JPY" || p.ArrivesOn.IsZero() || p.Account != to.ID {
			s.Errorf("the payout is %+v", p)
		}
		for _, part := range p.Parts {
			got = append(got, part.Transfer)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.Errorf("the payouts carry %v, want %v", got, want)
	}
}

func (s *suite) sweepsOnce() {
	s.charge(10_000)
	o := billing.SweepOrder{Operation: uuid.New(), Sweep: uuid.New(), Amount: 9_000, Currency: "JPY"}
	_, err := s.Gateway.CreateSweep(s.ctx, "too early", o)
	s.refused(err)
	s.Advance(5 * 24 * time.Hour)
	started := s.Now()
	_, err = s.Gateway.FindSweep(s.ctx, o.Operation, started)
	s.want(err, billing.ErrNotThere)
	made, err := s.Gateway.CreateSweep(s.ctx, "sw", o)
	s.must(err)
	again, err := s.Gateway.CreateSweep(s.ctx, "sw", o)
	s.must(err)
	found, err := s.Gateway.FindSweep(s.ctx, o.Operation, started)
	s.must(err)
	read, err := s.Gateway.Payout(s.ctx, "", made.ID)
	s.must(err)
	if !reflect.DeepEqual([]billing.Payout{made, made, made}, []billing.Payout{again, found, read}) || made.Amount != 9_000 || made.Operation != o.Operation || made.Automatic {
		s.Errorf("made %+v, again %+v, found %+v, read %+v", made, again, found, read)
	}
	s.Advance(3 * 24 * time.Hour)
	if read, err = s.Gateway.Payout(s.ctx, "", made.ID); err != nil || read.State != "paid" {
		s.Errorf("three days later: %+v, %v", read, err)
	}
}

func (s *suite) listsBalance() {
	from := s.Now().Add(-time.Minute)
	o, p := s.charge(10_000)
	t, err := s.Gateway.CreateTransfer(s.ctx, "k", transferOf(o, p, s.account(true).ID, 9_000))
	s.must(err)
	got := map[string]billing.BalanceTransaction{}
	for b, err := range s.Gateway.BalanceTransactions(s.ctx, from, time.Time{}) {
		s.must(err)
		got[b.Source] = b
		if b.Milestone != o.Milestone || b.Net != b.Amount-b.Fee || b.ID == "" || b.Currency != "JPY" || b.CreatedAt.IsZero() {
			s.Errorf("listed: %+v", b)
		}
	}
	if len(got) != 2 || got[p.Charge].Net != 10_000-p.Fee || got[t.ID].Net != -9_000 {
		s.Errorf("the balance moved by %+v", got)
	}
}

func (s *suite) listsEvents() {
	from := s.Now().Add(-time.Minute)
	a := s.account(true)
	_, p := s.charge(10_000)
	types := func(account string) map[string]string {
		found := map[string]string{}
		for e, err := range s.Gateway.Events(s.ctx, account, from) {
			s.must(err)
			found[e.Type] = e.Object
			if e.ID == "" || e.Account != account || e.CreatedAt.IsZero() || len(e.Payload) == 0 || e.APIVersion == "" {
				s.Errorf("listed: %+v", e)
			}
		}
		return found
	}
	ours, theirs := types(""), types(a.ID)
	if ours["charge.succeeded"] != p.Charge || ours["checkout.session.completed"] == "" || theirs["account.updated"] != a.ID {
		s.Errorf("ours %v, theirs %v", ours, theirs)
	}
}

func (s *suite) knowsNothing() {
	for name, err := range map[string]error{
		"page":     second(s.Gateway.Checkout(s.ctx, "cs_test_none")),
		"payment":  second(s.Gateway.Payment(s.ctx, "ch_none")),
		"transfer": second(s.Gateway.Transfer(s.ctx, "tr_none")),
		"refund":   second(s.Gateway.Refund(s.ctx, "re_none")),
		"payout":   second(s.Gateway.Payout(s.ctx, s.account(true).ID, "po_none")),
	} {
		if !errors.Is(err, billing.ErrNotThere) {
			s.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func (s *suite) verifies() {
	body := []byte(`{"id":"evt_1","object":"event","type":"charge.succeeded","api_version":"2031-01-01","created":1790000000,"data":{"object":{"id":"ch_1"}}}`)
	now := time.Now()
	e, err := s.Gateway.Verify(body, s.Sign(body, now, billing.PlatformEndpoint), billing.PlatformEndpoint)
	s.must(err)
	if e.ID != "evt_1" || e.Object != "ch_1" || e.Type != "charge.succeeded" || e.APIVersion != "2031-01-01" {
		s.Errorf("read as %+v", e)
	}
	good := s.Sign(body, now, billing.PlatformEndpoint)
	for name, forged := range map[string]struct {
		body      []byte
		signature string
	}{
		"another endpoint's secret": {body, s.Sign(body, now, billing.ConnectEndpoint)},
		"another body":              {append([]byte(" "), body...), good},
		"six minutes old":           {body, s.Sign(body, now.Add(-6*time.Minute), billing.PlatformEndpoint)},
		"from the future":           {body, s.Sign(body, now.Add(2*time.Minute), billing.PlatformEndpoint)},
		"v0 alone":                  {body, strings.Replace(good, "v1=", "v0=", 1)},
		"no signature":              {body, ""},
		"two times":                 {body, "t=1," + good},
		"no event":                  {[]byte(`{}`), s.Sign([]byte(`{}`), now, billing.PlatformEndpoint)},
		"no JSON":                   {[]byte(`x`), s.Sign([]byte(`x`), now, billing.PlatformEndpoint)},
	} {
		if _, err := s.Gateway.Verify(forged.body, forged.signature, billing.PlatformEndpoint); !errors.Is(err, billing.ErrForged) {
			s.Errorf("%s: %v", name, err)
		}
	}
}
