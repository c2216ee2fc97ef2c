package market_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// rules sets who is asked about what costs more than an amount, in order; a zero actor stands for any approver.
func rules(w *markettest.World, c *markettest.Company, above map[int64]market.Actor, order ...int64) {
	w.Helper()
	var list []market.ApprovalRule
	for _, amount := range order {
		r := market.ApprovalRule{Above: amount}
		if p := above[amount].PersonID; p != uuid.Nil {
			r.ApproverID = &p
		}
		list = append(list, r)
	}
	w.Check(w.Market.SetApprovalRules(context.Background(), c.Administrator, c.ID, list))
}

func waiting(w *markettest.World, c *markettest.Company, task uuid.UUID) market.SpendingRequest {
	w.Helper()
	list, err := w.Market.SpendingRequests(context.Background(), c.Manager, c.ID, task)
	w.Check(err)
	if len(list) == 0 {
		w.Fatal("nothing was asked for")
	}
	return list[0]
}

func TestAnAwardWaitsForTheWholeChain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	head := aoi.Colleague("head", market.Approver)
	rules(w, aoi, map[int64]market.Actor{0: aoi.Approver, 200_000: head}, 0, 200_000)
	task := published(w, aoi, 300_000)
	bid := w.Bid(aoi.Alumnus("Takahashi Yumi"), task, 280_000) // bids come in meanwhile
	if err := accept(w, aoi.Manager, bid.ID, 1); !errors.Is(err, market.ErrApprovalNeeded) {
		t.Fatal(err)
	}
	r := waiting(w, aoi, task.ID)
	if r.Amount != 300_000 || len(r.Steps) != 2 {
		t.Fatalf("%+v", r)
	}
	if _, err := w.Market.DecideSpending(ctx, head, r.ID, true, ""); !errors.Is(err, market.ErrNotYourStep) {
		t.Errorf("the second before the first: %v", err)
	}
	_, err := w.Market.DecideSpending(ctx, aoi.Approver, r.ID, true, "")
	w.Check(err)
	if err := accept(w, aoi.Manager, bid.ID, 1); !errors.Is(err, market.ErrApprovalNeeded) {
		t.Errorf("after half of the chain: %v", err)
	}
	r, err = w.Market.DecideSpending(ctx, head, r.ID, true, "For this year.")
	w.Check(err)
	if r.State != market.SpendingApproved {
		t.Errorf("%+v", r)
	}
	w.Check(accept(w, aoi.Manager, bid.ID, 1))
	if n := len(lettersOf(t, w, market.LetterSpending)); n != 2 {
		t.Errorf("%d letters asked", n)
	}
}

func TestMoreThanWasApprovedHasToBeAskedForAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	rules(w, aoi, nil, 100_000)
	task := published(w, aoi, 200_000)
	_, err := w.Market.DecideSpending(ctx, aoi.Approver, waiting(w, aoi, task.ID).ID, true, "")
	w.Check(err)
	dear := w.Bid(aoi.Alumnus("Takahashi Yumi"), task, 220_000)
	if err := accept(w, aoi.Manager, dear.ID, 1); !errors.Is(err, market.ErrApprovalNeeded) {
		t.Fatal(err)
	}
	if _, err = w.Market.AskSpending(ctx, aoi.Manager, task.ID, market.Yen(90_000), ""); !errors.Is(err, market.ErrNothingToApprove) {
		t.Errorf("what nobody is asked about: %v", err)
	}
	r, err := w.Market.AskSpending(ctx, aoi.Manager, task.ID, market.Yen(220_000), "She is the only one who knows the system.")
	w.Check(err)
	if _, err = w.Market.AskSpending(ctx, aoi.Manager, task.ID, market.Yen(250_000), ""); !errors.Is(err, market.ErrSpendingAsked) {
		t.Errorf("a second request: %v", err)
	}
	_, err = w.Market.DecideSpending(ctx, aoi.Approver, r.ID, true, "")
	w.Check(err)
	w.Check(accept(w, aoi.Manager, dear.ID, 1))
}

func TestNobodySaysYesToTheirOwnRequest(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	rules(w, aoi, map[int64]market.Actor{0: aoi.Administrator}, 0)
	draft := aoi.Draft("Close the books", 200_000)
	_, err := w.Market.PublishTask(ctx, aoi.Administrator, draft.ID)
	w.Check(err)
	r := waiting(w, aoi, draft.ID)
	if _, err := w.Market.DecideSpending(ctx, aoi.Administrator, r.ID, true, ""); !errors.Is(err, market.ErrOwnSpending) {
		t.Error(err)
	}
	if _, err := w.Market.DecideSpending(ctx, aoi.Manager, r.ID, true, ""); !errors.Is(err, market.ErrForbidden) {
		t.Error(err)
	}
	_, err = w.Market.DecideSpending(ctx, aoi.Approver, r.ID, true, "") // anybody else who may
	w.Check(err)
}

func TestANoSaysWhyAndEndsTheChain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	rules(w, aoi, nil, 0, 0)
	task := published(w, aoi, 200_000)
	r := waiting(w, aoi, task.ID)
	if _, err := w.Market.DecideSpending(ctx, aoi.Approver, r.ID, false, " "); !errors.Is(err, market.ErrCommentNeeded) {
		t.Error(err)
	}
	r, err := w.Market.DecideSpending(ctx, aoi.Approver, r.ID, false, "Not this quarter.")
	w.Check(err)
	if r.State != market.SpendingDeclined {
		t.Errorf("%+v", r)
	}
	over := lettersOf(t, w, market.LetterSpendingOver)
	if len(over) != 1 || over[0].PersonID != aoi.Manager.PersonID || over[0].Facts["reason"] != "Not this quarter." {
		t.Errorf("%+v", over)
	}
	if _, err := w.Market.DecideSpending(ctx, aoi.Approver, r.ID, true, ""); !errors.Is(err, market.ErrSpendingEnded) {
		t.Error(err)
	}
}

func TestSomebodyStandsInWhileTheApproverIsAway(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	deputy := aoi.Colleague("deputy", market.Approver)
	rules(w, aoi, map[int64]market.Actor{0: aoi.Approver}, 0)
	if _, err := w.Market.Delegate(ctx, aoi.Approver, aoi.ID, aoi.Manager.PersonID, w.Today(), w.Today()); !errors.Is(err, market.ErrNoApprover) {
		t.Errorf("to a manager: %v", err)
	}
	_, err := w.Market.Delegate(ctx, aoi.Approver, aoi.ID, deputy.PersonID, w.Today(), w.Today().AddDays(1))
	w.Check(err)
	r := waiting(w, aoi, published(w, aoi, 200_000).ID)
	if n := len(lettersOf(t, w, market.LetterSpending)); n != 2 {
		t.Errorf("%d letters", n)
	}
	r, err = w.Market.DecideSpending(ctx, deputy, r.ID, true, "")
	w.Check(err)
	if s := r.Steps[0]; s.StoodFor == nil || *s.StoodFor != aoi.Approver.PersonID {
		t.Errorf("%+v", s)
	}
	w.Clock.Advance(3 * 24 * time.Hour)
	r = waiting(w, aoi, published(w, aoi, 200_000).ID)
	if _, err = w.Market.DecideSpending(ctx, deputy, r.ID, true, ""); !errors.Is(err, market.ErrNotYourStep) {
		t.Errorf("after the last day: %v", err)
	}
}

func TestALettersLinkDecidesOnceAndSignsNobodyIn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	rules(w, aoi, map[int64]market.Actor{0: aoi.Approver}, 0)
	published(w, aoi, 200_000)
	var post kept
	w.Check(w.Market.SendLetter(ctx, &post, "https://home.test", lettersOf(t, w, market.LetterSpending)[0], 1))
	_, rest, _ := strings.Cut(post.mails[0].Text, "https://home.test/decide/")
	raw, _, _ := strings.Cut(rest, "\n")
	p, err := w.Market.LookAtDecision(ctx, raw)
	if err != nil || p.Request.Amount != 200_000 || p.Request.State != market.SpendingAsked {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, _, err := w.Market.UseLink(ctx, raw, "", ""); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("it signs in: %v", err)
	}
	if _, err := w.Market.DecideByLink(ctx, raw, false, "", ""); !errors.Is(err, market.ErrCommentNeeded) {
		t.Errorf("a no without a reason: %v", err)
	}
	r, err := w.Market.DecideByLink(ctx, raw, true, "", "") // the refused try did not spend it
	w.Check(err)
	if r.State != market.SpendingApproved || !r.Steps[0].ByMail {
		t.Errorf("%+v", r)
	}
	if _, err := w.Market.DecideByLink(ctx, raw, true, "", ""); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("a second time: %v", err)
	}
}

func TestRulesOfADepartmentAskAboutItsTasksAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	legal := aoi.Draft("Read a contract", 200_000, func(d *market.TaskDraft) { d.Department = "Legal" })
	w.Check(w.Market.SetApprovalRules(ctx, aoi.Administrator, aoi.ID, []market.ApprovalRule{{Above: 0, DepartmentID: legal.DepartmentID}}))
	for title, want := range map[string]bool{"Legal": true, "Accounting": false} {
		task := published(w, aoi, 200_000, func(d *market.TaskDraft) { d.Department = title })
		needs, err := w.Market.NeedsApproval(ctx, aoi.Manager, task, 200_000)
		if err != nil || needs != want {
			t.Errorf("%s: %v, %v", title, needs, err)
		}
	}
	if err := w.Market.SetApprovalRules(ctx, aoi.Administrator, aoi.ID, []market.ApprovalRule{{Above: 0, ApproverID: &aoi.Finance.PersonID}}); !errors.Is(err, market.ErrNoApprover) {
		t.Errorf("finance as an approver: %v", err)
	}
}
