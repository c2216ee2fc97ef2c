package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"homecoming/api/web/words"
	"homecoming/billing"
	"homecoming/market"
)

var (
	literal = regexp.MustCompile(`"([a-z0-9_]+\.[a-zA-Z0-9_.:]*)"`)
	spoken  = regexp.MustCompile(`(?:\bT\((?:v\.)?ctx, |v\.t\()"([^"]+)"(\s*\+)?`)
)

// sources are the files that people write, of this package and of package ui.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.go", "*.templ", "ui/*.go", "ui/*.templ"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(b)
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d files", len(all))
	}
	return all
}

func TestEverySentenceAskedForIsThere(t *testing.T) {
	t.Parallel()
	asked := 0
	for name, text := range sources(t) {
		for _, m := range spoken.FindAllStringSubmatch(text, -1) {
			asked++
			key, begins := m[1], m[2] != ""
			switch {
			case begins && !slices.ContainsFunc(words.Keys(), func(k string) bool { return strings.HasPrefix(k, key) }):
				t.Errorf("%s asks for %s…, and no key begins so", name, key)
			case !begins && !words.Known(key):
				t.Errorf("%s asks for %s, which is not in the catalogue", name, key)
			}
		}
	}
	if asked < 300 {
		t.Fatalf("only %d sentences asked for: the pattern is wrong", asked)
	}
}

func TestNoSentenceIsLeftOver(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	var beginnings []string
	for _, text := range sources(t) {
		for _, m := range literal.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
			if strings.HasSuffix(m[1], ".") {
				beginnings = append(beginnings, m[1])
			}
		}
	}
	for _, b := range []string{"ago.now", "ago.minutes", "ago.hours", "ago.days"} { // package words asks for these itself
		used[b] = true
	}
	for _, key := range words.Keys() {
		if !used[key] && !slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(key, b) }) {
			t.Errorf("%s is never used", key)
		}
	}
}

// keys are those of the catalogue that a value of the program is put into.
type keys []string

func (k *keys) add(prefix string, values ...string) {
	for _, v := range values {
		*k = append(*k, prefix+v)
	}
}

// audited finds what the rooms write into the log: the noun and the verb.
var audited = regexp.MustCompile(`(?s)\bAudit\([^"]{0,120}"([a-z_]+)\.([a-z_]*[a-z])"`)

func TestTheLogSpeaksOfEverythingInWords(t *testing.T) {
	found := 0
	for _, room := range []string{"market", "billing", "matching", "insight"} {
		files, err := filepath.Glob("../../" + room + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			code, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, is := range audited.FindAllStringSubmatch(string(code), -1) {
				found++
				for _, key := range []string{"log.noun." + is[1], "log.verb." + is[2]} {
					if !words.Known(key) {
						t.Errorf("%s has no words; %s writes it", key, file)
					}
				}
			}
		}
	}
	if found < 150 {
		t.Errorf("only %d lines of the log were found", found)
	}
}

func TestEveryStateHasItsWords(t *testing.T) {
	t.Parallel()
	var all keys
	all.ofWork()
	all.ofMoney()
	all.ofLaw()
	all.ofTheDesk()
	all.ofReferrals()
	all.ofReports()
	for _, key := range all {
		if !words.Known(key) {
			t.Errorf("%s is not in the catalogue", key)
		}
	}
}

func (k *keys) ofWork() {
	milestones := []string{"draft", "funding", "funded", "in_progress", "submitted", "changes_requested", "accepted", "releasing", "released",
		"paid", "payout_failed", "refunding", "refunded", "canceled", "charged_back", "reversed"}
	k.add("state.milestone.", milestones...)
	for _, side := range []billing.Party{billing.TheCompany, billing.TheAlumnus} {
		for _, m := range milestones {
			k.add("next.", m+"."+string(side))
		}
		k.add("next.held.", string(side))
	}
	for _, state := range []string{"draft", "accepted", "releasing", "released", "payout_failed"} {
		k.add("next.later."+state, ".company", ".alumnus")
	}
	for _, m := range []string{"draft", "funded", "submitted"} {
		k.add("fee.next."+m, ".company", ".alumnus")
	}
	k.add("fee.", "state.milestone.submitted", "milestone.accept.do")
	k.add("state.task.", "draft", "published", "awarded", "completed", "canceled")
	k.add("state.bid.", "open", "accepted", "lost", "withdrawn")
	k.add("state.invitation.", "sent", "declined", "answered")
	k.add("state.member.", "imported", "invited", "joined")
	k.add("state.contract.", "active", "paused", "completed", "terminated")
	for _, state := range []string{market.LookAsked, market.LookCleared, market.LookDeclined} {
		k.add("caution.state.", state)
		k.add("caution.look.", state)
	}
	k.add("caution.title", "", ".over")
	k.add("caution.done.", market.LookCleared, market.LookDeclined)
	k.add("evidence.", string(market.Self), string(market.Attested), string(market.Proven))
	k.add("category.", market.WithholdingCategories...)
	k.add("link.", string(market.PurposeJoin), string(market.PurposeJoin)+".role", string(market.PurposeSignIn), string(market.PurposeLink))
	k.add("party.", "company", "alumnus", "provider", "clock", "both", "ruling")
	for _, role := range []market.Role{market.Administrator, market.Manager, market.Approver, market.Finance, market.Office, market.Staff, market.Operator, market.Alumnus} {
		k.add("role.", string(role))
	}
	for _, do := range []string{"submit", "request_changes", "refund", "cancel"} {
		k.add("milestone."+do, "", ".label", ".hint", ".do")
	}
}

func (k *keys) ofReferrals() {
	for _, r := range market.Relations {
		k.add("referral.relation.", string(r))
	}
	for _, f := range market.FeeKinds {
		k.add("programme.fee.", string(f))
	}
	k.add("referral.did.", "introduce", "agree", "refuse", "expire", "take", "withdraw", "win", "lose", "know", "reopen")
	k.add("referral.done.", "withdraw", "move", "win", "lose", "know", "reopen", "assign", "licence", "revenue", "fee")
	k.add("introduction.done.", "agreed", "taken", "refused")
	k.add("referral.language.", "ja", "en")
}

func (k *keys) ofReports() {
	k.add("report.category.", market.ReportCategories...)
	for _, o := range market.ReportOutcomes {
		k.add("report.outcome.", string(o))
	}
	k.add("report.subject.", "task", "bid", "event", "post", "message", "member")
	k.add("report.do.", "look", "answer", "note", "measure", "close")
	k.add("report.did.", "open", "look", "answer", "note", "measure", "close", "concern", "suspend", "decide")
	k.add("report.side.", market.FromReporter, market.FromDesk, market.DeskNote)
	k.add("report.suspension.", "asked", "held", "declined", "lifted")
	k.add("report.officer.", "1", "2", "3")
}

func (k *keys) ofMoney() {
	k.add("state.payout.", "pending", "in_transit", "paid", "failed", "canceled")
	k.add("state.account.", "creating", "onboarding", "active", "restricted", "deauthorized")
	k.add("account.", "creating", "onboarding", "active", "restricted", "deauthorized")
	k.add("entry.", "charge", "accept", "transfer", "mirror", "withheld", "payout", "payout_failed", "refund_asked", "refund", "unmatched",
		"refund_failed", "refund_by_hand", "chargeback", "chargeback_won", "chargeback_lost", "reversal", "mirror_back", "take_back", "recovery", "write_off", "manual")
	for _, kind := range []billing.CashKind{billing.CashFunded, billing.CashApplied, billing.CashUnapplied, billing.CashRefunded, billing.CashReturning,
		billing.CashStayed, billing.CashReversed, billing.CashOverdrawn, billing.CashSwept} {
		k.add("entry.cash_", string(kind))
	}
	k.add("entry.", "receivable_paid", "sweep", "sweep_paid", "sweep_returned", "sweep_back")
	for _, state := range []billing.SweepState{billing.SweepProposed, billing.SweepDeclined, billing.SweepSending, billing.SweepInTransit, billing.SweepPaid,
		billing.SweepFailed, billing.SweepCanceled, billing.SweepRejected} {
		k.add("sweep.state.", string(state))
		k.add("sweep.next.", string(state))
	}
	k.add("transfer.state.", string(billing.TransferAsked), string(billing.TransferWaiting), string(billing.TransferPartPaid), string(billing.TransferCanceling))
	k.add("transfer.wait.", string(billing.TransferAsked), string(billing.TransferCanceling))
	k.add("cash.for.", string(billing.ForReceivable), string(billing.ForChange))
}

func (k *keys) ofLaw() {
	k.add("state.refund.", "sending", "pending", "succeeded", "failed", "by_hand", "overtaken")
	k.add("state.chargeback.", "inquiry", "needs_response", "under_review", "won", "lost", "inquiry_closed")
	k.add("chargeback.stage.", "before_acceptance", "after_acceptance", "after_payout")
	k.add("chargeback.borne.", "held", "refund", "client")
	for _, state := range []string{"open", "for_ruling", "proposed_ruling", "agreed", "ruled", "withdrawn"} {
		k.add("state.dispute.", state)
		k.add("dispute.now.", state)
	}
	k.add("state.approval.", "asked", "approved", "declined", "withdrawn")
	k.add("approval.kind.", "refund", "reversal", "by_hand", "write_off")
	k.add("law.ground.", string(billing.NotAsAgreed), string(billing.Beyond))
	k.add("law.duty.", string(billing.PayFee), string(billing.PayWithheld), string(billing.SayEnding), "month")
	k.add("law.do.", string(billing.PayWithheld), string(billing.SayEnding))
	for _, rule := range billing.RuleKinds {
		k.add("rule.kind.", string(rule.Kind))
		if rule.Kind != billing.CategoryRule { // they are named as categories
			k.add("rule."+string(rule.Kind)+".", rule.Keys...)
		}
		if rule.Unit != billing.Chosen {
			k.add("rule.unit.", string(rule.Unit))
		}
		k.add("rule.choice.", rule.Choices...)
	}
	for _, c := range market.Cautions {
		k.add("caution.", string(c))
	}
	k.add("rule.done.", "approve", "decline", "withdraw")
	k.add("rule.choice.", billing.House)
}

func (k *keys) ofTheDesk() {
	k.add("state.exception.", "open", "proposed", "resolved", "explained")
	k.add("state.closing.", "closed", "reopen_asked", "reopened")
	k.add("do.fix.", "look_again", "book", "remind", "settle", "accept")
	k.add("level.", "contract", "stripe", "payout", "bank")
	k.add("month.check.", "read", "explained", "bank", "adjustments", "due", "withheld")
	for _, kind := range billing.ExceptionKinds {
		k.add("exception.", string(kind))
		k.add("cause.", string(kind))
		k.add("fix.", string(kind))
	}
}
