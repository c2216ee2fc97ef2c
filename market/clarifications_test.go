package market_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAnAnswerIsReadByEverybodyWhomTheTaskReachesAndToldToThoseConcerned(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	bidder, asker, idle, barred := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Mori Kenji"), aoi.Alumnus("Kato Rei"), aoi.Alumnus("Abe Jun")
	task := aoi.Task("Close the books", 300_000)
	w.Bid(bidder, task, 280_000)
	for _, a := range []markettest.Alumnus{asker, barred} {
		_, err := w.Market.WriteMessage(ctx, a.Actor, market.MessageDraft{Subject: market.Subject{Kind: market.AboutTask, ID: task.ID}, Body: "Is travel paid?"})
		w.Check(err)
	}
	_, err := w.Market.BarMember(ctx, aoi.Office, aoi.ID, barred.MembershipID, market.Bar{Kind: market.InConflict, Reason: "audits us"})
	w.Check(err)

	c, err := w.Market.Clarify(ctx, aoi.Manager, task.ID, " Is travel\npaid? ", "Yes,\r\nby train.")
	w.Check(err)
	if c.Number != 1 || c.Question != "Is travel paid?" || c.Answer != "Yes,\nby train." {
		t.Errorf("%+v", c)
	}
	var told []uuid.UUID
	for _, l := range lettersOf(t, w, market.LetterClarified) {
		told = append(told, l.PersonID)
		for _, fact := range l.Facts {
			if s, ok := fact.(string); ok && strings.Contains(s, "Mori") {
				t.Errorf("the letter says who asked: %q", s)
			}
		}
	}
	want := []uuid.UUID{bidder.PersonID, asker.PersonID}
	slices.SortFunc(want, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	slices.SortFunc(told, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	if !slices.Equal(told, want) {
		t.Errorf("%v were told, not %v", told, want)
	}
	for name, r := range map[string]struct {
		who  market.Actor
		want error
	}{"who did not ask": {idle.Actor, nil}, "who asked": {asker.Actor, nil}, "the approver": {aoi.Approver, nil}, "who is kept apart": {barred.Actor, market.ErrNotFound}, "another company": {ben.Manager, market.ErrNotFound}} {
		list, err := w.Market.Clarifications(ctx, r.who, task.ID)
		if !errors.Is(err, r.want) || (r.want == nil && len(list) != 1) {
			t.Errorf("%s reads %d answers, %v", name, len(list), err)
		}
	}
	if _, err := w.Market.CorrectClarification(ctx, aoi.Manager, c.ID, "Yes, but for taxis."); err != nil {
		t.Fatal(err)
	}
	list, err := w.Market.Clarifications(ctx, idle.Actor, task.ID)
	w.Check(err)
	if list[0].Answer != "Yes, but for taxis." || list[0].CorrectedAt == nil {
		t.Errorf("corrected, it is %+v", list[0])
	}
	if again := lettersOf(t, w, market.LetterClarified); len(again) != 4 {
		t.Errorf("%d letters after a correction", len(again))
	}
}

func TestAnAnswerIsRefusedByField(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	task, draft := aoi.Task("Close the books", 300_000), aoi.Draft("Open them", 1)
	for field, d := range map[string][2]string{"question": {" ", "Yes."}, "answer": {"Is it?", " "}} {
		_, err := w.Market.Clarify(ctx, aoi.Manager, task.ID, d[0], d[1])
		var p *problem.Error
		if !errors.As(err, &p) || p.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	c, err := w.Market.Clarify(ctx, aoi.Manager, task.ID, "Is it?", "Yes.")
	w.Check(err)
	if _, err := w.Market.Clarify(ctx, aoi.Manager, draft.ID, "Is it?", "Yes."); !errors.Is(err, market.ErrTaskState) {
		t.Errorf("of a draft: %v", err)
	}
	for name, r := range map[string]struct {
		who  market.Actor
		want error
	}{"an alumna": {yumi.Actor, market.ErrForbidden}, "finance": {aoi.Finance, market.ErrForbidden}, "another company": {ben.Manager, market.ErrNotFound}} {
		if _, err := w.Market.Clarify(ctx, r.who, task.ID, "Is it?", "No."); !errors.Is(err, r.want) {
			t.Errorf("%s answers: %v", name, err)
		}
		if _, err := w.Market.CorrectClarification(ctx, r.who, c.ID, "No."); !errors.Is(err, r.want) {
			t.Errorf("%s corrects: %v", name, err)
		}
	}
	w.Exec("INSERT INTO clarifications SELECT gen_random_uuid(), company_id, task_id, n, 'x', 'x', made_by, made_at FROM clarifications, generate_series(2, 50) n")
	if _, err := w.Market.Clarify(ctx, aoi.Manager, task.ID, "One more?", "No."); !errors.Is(err, market.ErrManyClarifications) {
		t.Errorf("the 51st: %v", err)
	}
}
