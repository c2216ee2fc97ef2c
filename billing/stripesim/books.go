package stripesim

// books are all objects the stand-in keeps. shelves has the same books by kind, for the journal and for expansion.
type books struct {
	shelves map[string]shelf

	clock     *book[clockState]
	balances  *book[balanceSheet]
	txns      *book[balanceTransaction]
	customers *book[customer]
	methods   *book[paymentMethod]
	cash      *book[cashTransaction]
	sessions  *book[checkoutSession]
	intents   *book[paymentIntent]
	charges   *book[charge]
	refunds   *book[refund]
	disputes  *book[dispute]
	transfers *book[transfer]
	reversals *book[transferReversal]
	accounts  *book[account]
	links     *book[accountLink]
	payouts   *book[payout]
	topups    *book[topup]
	events    *book[event]
	mail      *book[delivery]
	answers   *book[storedAnswer]
}

func newBooks() books {
	s := map[string]shelf{}
	return books{
		shelves:   s,
		clock:     newBook[clockState](s, "clock"),
		balances:  newBook[balanceSheet](s, "balance"),
		txns:      newBook[balanceTransaction](s, "balance_transaction"),
		customers: newBook[customer](s, "customer"),
		methods:   newBook[paymentMethod](s, "payment_method"),
		cash:      newBook[cashTransaction](s, "cash_balance_transaction"),
		sessions:  newBook[checkoutSession](s, "checkout_session"),
		intents:   newBook[paymentIntent](s, "payment_intent"),
		charges:   newBook[charge](s, "charge"),
		refunds:   newBook[refund](s, "refund"),
		disputes:  newBook[dispute](s, "dispute"),
		transfers: newBook[transfer](s, "transfer"),
		reversals: newBook[transferReversal](s, "transfer_reversal"),
		accounts:  newBook[account](s, "account"),
		links:     newBook[accountLink](s, "account_link"),
		payouts:   newBook[payout](s, "payout"),
		topups:    newBook[topup](s, "topup"),
		events:    newBook[event](s, "event"),
		mail:      newBook[delivery](s, "delivery"),
		answers:   newBook[storedAnswer](s, "answer"),
	}
}

// find looks an id up in every book that Stripe's API can show.
func (b books) find(id string) (any, bool) {
	for kind, s := range b.shelves {
		if kind == "delivery" || kind == "answer" || kind == "clock" {
			continue
		}
		if o, ok := s.find(id); ok {
			return o, true
		}
	}
	return nil, false
}
