package billing

import "slices"

// A Level is a pair of things that must tell the same story about money.
type Level string

// The levels.
const (
	ContractLevel Level = "contract" // a milestone's agreed amounts ↔ its entries
	StripeLevel   Level = "stripe"   // entries ↔ the provider's balance transactions
	PayoutLevel   Level = "payout"   // a payout ↔ what it is made of ↔ milestones
	BankLevel     Level = "bank"     // what was paid and received ↔ the lines of bank statements
)

// levels are all of them, in the order in which a reader goes through them.
var levels = []Level{ContractLevel, StripeLevel, PayoutLevel, BankLevel}

// What follows is the whole of what reconciliation knows about accounts and kinds. A new kind of entry, a new account or a
// new kind of balance transaction is one line.

// netAccounts are the accounts that move exactly with the platform's balance at the provider, and feeAccounts those that
// say what the provider kept of it.
var (
	netAccounts = []string{accountPlatform}
	feeAccounts = []string{accountFee, accountDisputeFee}
)

// sharedKinds are the kinds of entry that move the platform's balance for several companies at once, under one object of
// the provider: sweeps. They are compared sweep by sweep.
var sharedKinds = []string{"sweep", "sweep_back"}

// An entryRule says what a kind of entry stands for: by which types of balance transaction the provider tells of it, if by
// any. Kinds without types are steps of our own, or the mirror of somebody else's account.
type entryRule struct {
	kind  string
	types []string
}

var entryRules = []entryRule{
	{"charge", []string{"charge", "payment"}},
	{"unmatched", []string{"charge", "payment"}},
	{"transfer", []string{"transfer"}},
	{"reversal", []string{"transfer_refund", "transfer_cancel"}},
	{"refund", []string{"refund", "payment_refund"}},
	{"refund_failed", []string{"refund_failure", "payment_failure_refund"}},
	{"chargeback", []string{"adjustment"}},
	{"chargeback_won", []string{"adjustment"}},
	{"sweep", []string{"payout"}},
	{"sweep_back", []string{"payout_failure", "payout_cancel"}},
	{manualKind, nil},
	{"sweep_paid", nil},
	{"sweep_returned", nil},
	{"accept", nil},
	{"refund_asked", nil},
	{"refund_by_hand", nil},
	{"take_back", nil},
	{"recovery", nil},
	{"write_off", nil},
	{"chargeback_lost", nil},
	{"withheld", nil},
	{"mirror", nil},
	{"mirror_back", nil},
	{"payout", nil},
	{"payout_failed", nil},
	{"bank_sent", nil},
	{"bank_paid", nil},
	{"bank_returned", nil},
}

// sentTypes are the types by which money goes to a connected account: where no entry explains one, somebody sent it by
// hand.
var sentTypes = []string{"transfer", "transfer_refund", "transfer_cancel"}

// knownTypes are the types of balance transaction that some kind of entry explains.
func knownTypes() []string {
	var all []string
	for _, r := range entryRules {
		all = append(all, r.types...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A milestoneRule is an amount that a milestone's own figures promise and that its entries must add up to: both are SQL
// over m, as [summed] makes it.
type milestoneRule struct {
	step             string
	expected, posted string
}

var milestoneRules = []milestoneRule{
	{"funded", "m.paid_in", "m.charged + m.charged_later"},
	{"accepted", "CASE WHEN m.state IN ('accepted', 'releasing') OR m.state IN " + given + " THEN " + chargeOf + " ELSE 0 END", "m.accepted"},
	{"released", "CASE WHEN m.rail = 'bank_file' AND m.state = 'payout_failed' THEN 0 WHEN m.state IN " + given + " THEN " + sentOf +
		" WHEN m.state = 'releasing' THEN m.transferred ELSE 0 END", "m.transferred + m.sent_by_bank"}, // in parts, while it goes on
	{"refunded", "m.refunded", "m.refund_owed"},
}
