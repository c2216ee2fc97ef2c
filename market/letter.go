package market

import (
	"github.com/google/uuid"
)

// LetterKind names the template of a letter.
type LetterKind string

// The letters that are sent.
const (
	LetterJoin            LetterKind = "join"             // you worked with us: come in (carries a one-time link)
	LetterTeam            LetterKind = "team"             // you were given a role at a company (carries a one-time link)
	LetterSignIn          LetterKind = "sign_in"          // the one-time link somebody asked for
	LetterLink            LetterKind = "link"             // another company says you worked there: is it you?
	LetterInvitation      LetterKind = "invitation"       // a task you may like (carries a one-time link)
	LetterBid             LetterKind = "bid"              // somebody bid on your task
	LetterCounter         LetterKind = "counter"          // the other side changed the offer
	LetterAwarded         LetterKind = "awarded"          // your bid is accepted: here are the terms
	LetterNotChosen       LetterKind = "not_chosen"       // another bid was accepted
	LetterCanceled        LetterKind = "canceled"         // the task you bid on was canceled
	LetterFunded          LetterKind = "funded"           // the money is there: you may start
	LetterSubmitted       LetterKind = "submitted"        // work was delivered: look at it
	LetterChanges         LetterKind = "changes"          // changes were asked for
	LetterReleased        LetterKind = "released"         // accepted, and the money is on its way
	LetterPaid            LetterKind = "paid"             // the payout arrived
	LetterRefundFailed    LetterKind = "refund_failed"    // a refund came back: finance has to find another way
	LetterApproval        LetterKind = "approval"         // somebody asks for a step about money that needs a second person
	LetterChargeback      LetterKind = "chargeback"       // the payer's bank took a payment back or asks about it
	LetterChargebackOver  LetterKind = "chargeback_over"  // the bank has decided
	LetterDispute         LetterKind = "dispute"          // the other side opened a dispute
	LetterProposal        LetterKind = "proposal"         // the other side proposes a split
	LetterDisputeOver     LetterKind = "dispute_over"     // a dispute is settled
	LetterForRuling       LetterKind = "for_ruling"       // a dispute needs two people to decide it
	LetterReversal        LetterKind = "reversal"         // money that was transferred is taken back
	LetterReversalRefused LetterKind = "reversal_refused" // it could not be: the account has too little
	LetterDebt            LetterKind = "debt"             // you owe what could not be taken back
	LetterPaused          LetterKind = "paused"           // the contract rests
	LetterResumed         LetterKind = "resumed"          // the contract goes on
	LetterNotice          LetterKind = "notice"           // the contract ends on a day
	LetterEnded           LetterKind = "ended"            // the contract ended before anything was paid for
	LetterAccount         LetterKind = "account"          // your payout account cannot receive money
	LetterReturned        LetterKind = "returned"         // your bank sent the money back
	LetterReminder        LetterKind = "reminder"         // silence is about to accept a delivery
	LetterHolding         LetterKind = "holding"          // a payment has been held for long, or for as long as it may be
	LetterPayRun          LetterKind = "pay_run"          // somebody proposes to pay: a second person decides
	LetterPaymentReturned LetterKind = "payment_returned" // the bank sent a payment of the company's back
	LetterBankAccount     LetterKind = "bank_account"     // where you are paid was changed
	LetterPayBy           LetterKind = "pay_by"           // the legal due day of a fee comes near, or has passed
	LetterCaution         LetterKind = "caution"          // somebody asks for a second look before an award
	LetterCautionOver     LetterKind = "caution_over"     // somebody has given it
	LetterRule            LetterKind = "rule"             // somebody asks for a statutory rule that needs a second person
	LetterSpending        LetterKind = "spending"         // a task's cost waits for your yes or no (carries a one-time link)
	LetterSpendingOver    LetterKind = "spending_over"    // it was approved or declined
	LetterRenewal         LetterKind = "renewal"          // the last day to say that a long contract is not renewed comes near
	LetterStatement       LetterKind = "statement"        // a statement was issued: is it right?
	LetterObjection       LetterKind = "objection"        // the supplier says a statement is wrong
	LetterCash            LetterKind = "cash"             // money came by bank transfer that nobody knows the meaning of
	LetterChange          LetterKind = "change"           // the other side offers other terms
	LetterChangeSigned    LetterKind = "change_signed"    // both agree, and what it adds has to be paid
	LetterWeek            LetterKind = "week"             // a week of hourly work wants something, or is over without work
	LetterDomain          LetterKind = "domain"           // a company says that a domain is its own: here is the code (to admin@ it)
	LetterWebhookOff      LetterKind = "webhook_off"      // an address of the company's is not called any more
	LetterMessage         LetterKind = "message"          // somebody wrote to you about a task, a bid or a contract
	LetterReport          LetterKind = "report"           // the reporting desk, or who reported to it, has something to read
	LetterSuspension      LetterKind = "suspension"       // you are kept out of a network for a while, or no more
	LetterChangeOver      LetterKind = "change_over"      // a change holds, was declined, or came to nothing
)

// LetterKinds are all of them. Each has a text in letters/ for each language.
var LetterKinds = []LetterKind{LetterJoin, LetterTeam, LetterSignIn, LetterLink, LetterInvitation, LetterBid, LetterCounter, LetterAwarded,
	LetterNotChosen, LetterCanceled, LetterFunded, LetterSubmitted, LetterChanges, LetterReleased, LetterPaid, LetterPartner,
	LetterRefundFailed, LetterApproval, LetterChargeback, LetterChargebackOver, LetterDispute, LetterProposal, LetterDisputeOver, LetterForRuling, LetterReversal, LetterReversalRefused, LetterDebt, LetterPaused, LetterResumed, LetterNotice, LetterEnded, LetterAccount, LetterReturned,
	LetterReminder, LetterHolding, LetterPayBy, LetterRenewal, LetterRule, LetterCaution, LetterCautionOver, LetterStatement, LetterObjection, LetterCash, LetterSpending, LetterSpendingOver, LetterChange, LetterChangeSigned, LetterChangeOver, LetterWeek,
	LetterPayRun, LetterPaymentReturned, LetterBankAccount, LetterDomain, LetterFarewell, LetterAddress, LetterAddressChanged,
	LetterKnock, LetterVouch, LetterClaim, LetterClaimOver, LetterAttest, LetterGroup, LetterRecordRevoked, LetterWebhookOff, LetterMessage, LetterEventInvitation, LetterEvent, LetterPost, LetterReturn,
	LetterIntroduction, LetterReferral, LetterReferralFee, LetterClarified, LetterNewcomer, LetterReport, LetterSuspension, LetterLeaving, LetterStaying, LetterLeft}

// A Letter is a mail to one person, as a job: it is rendered in the reader's language and its one-time link is made
// when it is sent, so that no secret waits in the queue. Path is where its button leads.
type Letter struct {
	Letter    LetterKind     `json:"letter"`
	PersonID  uuid.UUID      `json:"person_id"`
	CompanyID uuid.UUID      `json:"company_id"`
	Path      string         `json:"path"`
	To        string         `json:"to,omitempty"`      // an address of theirs other than the one they sign in with
	Facts     map[string]any `json:"facts,omitempty"`   // what the template names: title, amount, reason
	TellsOf   uuid.UUID      `json:"tells_of,omitzero"` // whom its facts name besides its reader; see [Letter.Naming]

	About *MessageRef `json:"about,omitempty"` // of a message: not sent to whom has read it, or may read it no more
}

// Naming puts somebody's name into the facts. The letter, and the notice that is made from it, is found by them when they are
// forgotten: a name by itself is no way to find anybody.
func (l Letter) Naming(fact string, person uuid.UUID, name string) Letter {
	facts := map[string]any{fact: name}
	for k, v := range l.Facts {
		facts[k] = v
	}
	l.Facts, l.TellsOf = facts, person
	return l
}

// A MessageRef points at one message.
type MessageRef struct {
	Thread uuid.UUID `json:"thread"`
	Number int       `json:"number"`
}

// Kind is the job's name in the queue.
func (Letter) Kind() string { return "market.letter" }
