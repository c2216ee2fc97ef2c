package market_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestATaskIsPostedInThePostersWords(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	w.Skill("corporate-tax", "Corporate tax", "法人税")
	first := aoi.Draft("First", 100_000)
	task := aoi.Draft("  Close the books ", 300_000, func(d *market.TaskDraft) {
		d.Department = "ACCOUNTING"
		d.Skills = []market.WantedSkill{{Skill: "法人税", Level: 3, Strict: true}, {Skill: "Our own system", Kind: market.Nice}}
	})
	if task.Title != "Close the books" || task.State != market.Draft || task.Number != first.Number+1 || *task.DepartmentID != *first.DepartmentID {
		t.Errorf("%+v", task)
	}
	got, err := w.Market.Task(ctx, aoi.Finance, task.ID)
	if err != nil || len(got.Skills) != 2 || got.Skills[0].SkillID != "corporate-tax" || !got.Skills[0].Strict || got.Skills[1].Kind != market.Nice || got.Skills[1].Level != 1 {
		t.Errorf("%+v, %v", got.Skills, err)
	}
	if w.Count("SELECT count(*) FROM skills WHERE company_id = ? AND name_en = 'Our own system'", aoi.ID) != 1 {
		t.Error("an unknown skill did not become the company's own")
	}
}

func TestTasksPostedAtOnceAreNumberedApart(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	post := func() error {
		_, err := w.Market.PostTask(context.Background(), aoi.Manager, market.TaskDraft{CompanyID: aoi.ID, Title: "x", Department: "New one", Skills: []market.WantedSkill{{Skill: "Same new skill"}}})
		return err
	}
	for _, err := range w.Together(post, post, post, post) {
		w.Check(err)
	}
	if w.Count("SELECT max(number) FROM tasks") != 4 || w.Count("SELECT count(*) FROM departments WHERE name = 'New one'") != 1 {
		t.Error("two tasks share a number, or a department was made twice")
	}
}

func TestDraftsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	kenji := midori.Alumnus("Mori Kenji")
	yesterday, minus, nothing, usd := w.Today().AddDays(-1), market.Yen(-1), market.Yen(0), market.Money{Amount: 5, Currency: "USD"}
	for name, c := range map[string]struct {
		change func(*market.TaskDraft)
		want   error
	}{
		"no title":      {func(d *market.TaskDraft) { d.Title = " " }, market.ErrRequired},
		"long title":    {func(d *market.TaskDraft) { d.Title = strings.Repeat("長", 201) }, market.ErrTooLong},
		"long brief":    {func(d *market.TaskDraft) { d.Brief = strings.Repeat("x", 20_001) }, market.ErrTooLong},
		"no skills":     {func(d *market.TaskDraft) { d.Skills = nil }, market.ErrRequired},
		"13 skills":     {func(d *market.TaskDraft) { d.Skills = make([]market.WantedSkill, 13) }, market.ErrTooManySkills},
		"a blank skill": {func(d *market.TaskDraft) { d.Skills = []market.WantedSkill{{Skill: " "}} }, market.ErrRequired},
		"a skill twice": {func(d *market.TaskDraft) { d.Skills = []market.WantedSkill{{Skill: "Tax"}, {Skill: "tax"}} }, market.ErrSkillTwice},
		"level four":    {func(d *market.TaskDraft) { d.Skills = []market.WantedSkill{{Skill: "Tax", Level: 4}} }, market.ErrLevel},
		"a strict nice": {func(d *market.TaskDraft) {
			d.Skills = []market.WantedSkill{{Skill: "Tax", Kind: market.Nice, Strict: true}}
		}, market.ErrStrictNice},
		"a kind unheard":   {func(d *market.TaskDraft) { d.Skills = []market.WantedSkill{{Skill: "Tax", Kind: "maybe"}} }, market.ErrNotOneOf},
		"a past day":       {func(d *market.TaskDraft) { d.DueOn = &yesterday }, market.ErrPastDate},
		"minus":            {func(d *market.TaskDraft) { d.Budget = &minus }, market.ErrAmountNotPositive},
		"zero":             {func(d *market.TaskDraft) { d.Budget = &nothing }, market.ErrAmountNotPositive},
		"dollars":          {func(d *market.TaskDraft) { d.Budget = &usd }, market.ErrWrongCurrency},
		"a category":       {func(d *market.TaskDraft) { d.WithholdingCategory = "magic" }, market.ErrNotOneOf},
		"a rule unheard":   {func(d *market.TaskDraft) { d.Visibility.Kind = "friends" }, market.ErrNotOneOf},
		"no partners":      {func(d *market.TaskDraft) { d.Visibility.Kind = market.ToPartners }, market.ErrNoPartner},
		"years below zero": {func(d *market.TaskDraft) { d.Visibility = market.DraftVisibility{Kind: market.ByRule, MinYears: -1} }, market.ErrBetween},
		"a strange skill": {func(d *market.TaskDraft) {
			d.Visibility = market.DraftVisibility{Kind: market.ByRule, Skills: []string{"Nothing known"}}
		}, market.ErrUnknownSkill},
		"nobody named":     {func(d *market.TaskDraft) { d.Visibility.Kind = market.Named }, market.ErrNobodyNamed},
		"no department":    {func(d *market.TaskDraft) { d.Visibility.Kind = market.ByRule }, market.ErrNobodyNamed},
		"a strange one":    {markettest.ForDepartments("Nowhere"), market.ErrUnknownDepartment},
		"a strange member": {markettest.For(kenji), market.ErrUnknownMember},
	} {
		d := market.TaskDraft{CompanyID: aoi.ID, Title: "Close the books", Skills: []market.WantedSkill{{Skill: "Tax"}}}
		c.change(&d)
		if _, err := w.Market.PostTask(context.Background(), aoi.Manager, d); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w.Count("SELECT count(*) FROM tasks")+w.Count("SELECT count(*) FROM skills") != 0 {
		t.Error("a refused draft left something behind")
	}
}

func TestATaskIsEditedOnWhatWasSeen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	task := aoi.Task("Close the books", 300_000)
	edit := func() error {
		_, err := w.Market.EditTask(ctx, aoi.Manager, task.ID, task.Version, market.TaskDraft{Title: "Close all books", Skills: []market.WantedSkill{{Skill: "Audit"}}})
		return err
	}
	wantOne(t, w.Together(edit, edit), market.ErrStaleVersion)
	got, err := w.Market.Task(ctx, aoi.Manager, task.ID)
	if err != nil || got.Title != "Close all books" || got.State != market.Published || got.Number != task.Number || got.Version != task.Version+1 || len(got.Skills) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = w.Market.CancelTask(ctx, aoi.Manager, task.ID, "no longer needed")
	w.Check(err)
	task.Version = got.Version + 1
	if err := edit(); !errors.Is(err, market.ErrTaskState) {
		t.Errorf("a canceled one: %v", err)
	}
}

func TestATaskIsPublishedOnceAndBeforeItIsDue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	draft := aoi.Draft("Close the books", 300_000)
	publish := func() error { _, err := w.Market.PublishTask(ctx, aoi.Manager, draft.ID); return err }
	wantOne(t, w.Together(publish, publish), market.ErrTaskState)
	late := aoi.Draft("Too late", 300_000)
	w.Clock.Set(w.Clock.Now().AddDate(0, 0, 31))
	if _, err := w.Market.PublishTask(ctx, aoi.Manager, late.ID); !errors.Is(err, market.ErrDeadlinePassed) {
		t.Error(err)
	}
}

func TestCancelingTellsEverybodyWhoBidWhy(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	task := aoi.Task("Close the books", 300_000)
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.Bid(yumi, task, 280_000)
	if _, err := w.Market.CancelTask(ctx, aoi.Manager, task.ID, "  "); !errors.Is(err, market.ErrRequired) {
		t.Errorf("without a reason: %v", err)
	}
	_, err := w.Market.CancelTask(ctx, aoi.Manager, task.ID, "The auditors do it.")
	w.Check(err)
	letters := lettersOf(t, w, market.LetterCanceled)
	if len(letters) != 1 || letters[0].PersonID != yumi.PersonID || letters[0].Facts["reason"] != "The auditors do it." {
		t.Errorf("%+v", letters)
	}
}

func TestInvitingTwiceWritesOnceAndStaffAreNotInvited(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	staff := aoi.Alumnus("Okafor Daniel", markettest.Worked("Tax", "2014-04-01", ""))
	leaving := aoi.Alumnus("Mori Kenji", markettest.Worked("Tax", "2014-04-01", "2026-12-31"))
	task := aoi.Task("Close the books", 300_000, markettest.For(staff))
	if _, err := w.Market.Task(ctx, yumi.Actor, task.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("before she is invited: %v", err)
	}
	for range 2 {
		list, err := w.Market.Invite(ctx, aoi.Manager, task.ID, []uuid.UUID{yumi.MembershipID})
		if err != nil || len(list) != 1 || list[0].State != "sent" {
			t.Fatalf("%+v, %v", list, err)
		}
	}
	if n := len(lettersOf(t, w, market.LetterInvitation)); n != 1 {
		t.Errorf("%d letters", n)
	}
	for _, m := range []markettest.Alumnus{staff, leaving} {
		if _, err := w.Market.Invite(ctx, aoi.Manager, task.ID, []uuid.UUID{m.MembershipID}); !errors.Is(err, market.ErrNotAlumnus) {
			t.Errorf("%s still works there: %v", m.Name, err)
		}
	}
	for name, c := range map[string]struct {
		ids  []uuid.UUID
		want error
	}{"nobody": {nil, market.ErrNobodyInvited}, "a crowd": {make([]uuid.UUID, 101), market.ErrTooManyInvited}, "a stranger": {[]uuid.UUID{uuid.New()}, market.ErrUnknownMember}} {
		if _, err := w.Market.Invite(ctx, aoi.Manager, task.ID, c.ids); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Market.Invitations(ctx, yumi.Actor, task.ID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("she reads who else was asked: %v", err)
	}
	w.Check(w.Market.DeclineInvitation(ctx, yumi.Actor, task.ID))
	if err := w.Market.DeclineInvitation(ctx, yumi.Actor, task.ID); !errors.Is(err, market.ErrNotInvited) {
		t.Errorf("twice: %v", err)
	}
	w.Bid(yumi, task, 200_000) // she may change her mind
	if w.Count("SELECT count(*) FROM invitations WHERE state = 'answered'") != 1 {
		t.Error("her bid does not answer the invitation")
	}
}

func TestADraftTakesNeitherBidsNorInvitations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, draft := aoi.Alumnus("Takahashi Yumi"), aoi.Draft("Close the books", 300_000)
	if _, err := w.Market.PlaceBid(ctx, yumi.Actor, draft.ID, markettest.Terms(100, w.Today())); !errors.Is(err, market.ErrNotFound) {
		t.Error(err)
	}
	if _, err := w.Market.Invite(ctx, aoi.Manager, draft.ID, []uuid.UUID{yumi.MembershipID}); !errors.Is(err, market.ErrTaskNotOpen) {
		t.Error(err)
	}
	if _, err := w.Market.PlaceBid(ctx, aoi.Manager, aoi.Task("Open", 1000).ID, markettest.Terms(100, w.Today())); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager bids: %v", err)
	}
}

func TestListsGoOnWhereTheyEnded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	for range 7 {
		aoi.Task("Close the books", 300_000)
	}
	aoi.Draft("A draft", 1000)
	seen := map[uuid.UUID]bool{}
	f := market.TaskFilter{CompanyID: aoi.ID, State: market.Published, Limit: 3}
	for pages := 0; pages < 4; pages++ {
		list, err := w.Market.Tasks(ctx, aoi.Manager, f)
		w.Check(err)
		for _, task := range list {
			if seen[task.ID] || task.State != market.Published {
				t.Errorf("%s %s comes again or does not belong", task.State, task.ID)
			}
			seen[task.ID], f.Before = true, task.ID
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d of 7 were listed", len(seen))
	}
}

func TestAReviewCountsOncePerSide(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	review := func(by market.Side, rating int, text string) error {
		return w.DB.Tx(context.Background(), func(tx *gorm.DB) error {
			return w.Market.RecordReview(tx, aoi.Manager, market.Review{ContractID: uuid.UUID{15: 1}, CompanyID: aoi.ID, PersonID: yumi.PersonID, By: by, Rating: rating, Text: text})
		})
	}
	w.Exec("ALTER TABLE reviews DROP CONSTRAINT IF EXISTS reviews_contract") // contracts are billing's, and none is made here
	for rating, want := range map[int]error{0: market.ErrRating, 6: market.ErrRating, -1: market.ErrRating} {
		if err := review(market.ByCompany, rating, ""); !errors.Is(err, want) {
			t.Errorf("%d: %v", rating, err)
		}
	}
	if err := review(market.ByCompany, 5, strings.Repeat("x", 5001)); !errors.Is(err, market.ErrTooLong) {
		t.Error(err)
	}
	before := w.Count("SELECT count(*) FROM index_pending")
	w.Check(review(market.ByAlumnus, 4, "Paid on time."))
	if w.Count("SELECT count(*) FROM index_pending") != before {
		t.Error("what she says of the company moved her in rankings")
	}
	w.Check(review(market.ByCompany, 5, "Excellent."))
	if w.Count("SELECT count(*) FROM index_pending") != before+1 {
		t.Error("the company's rating does not reach the index")
	}
	if err := review(market.ByCompany, 1, ""); !errors.Is(err, market.ErrReviewedTwice) {
		t.Error(err)
	}
}
