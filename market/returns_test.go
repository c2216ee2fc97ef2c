package market_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

// wouldReturn has somebody say that they would come back, and gives the case that it opened.
func wouldReturn(w *markettest.World, a markettest.Alumnus, c *markettest.Company) market.ReturnView {
	w.Helper()
	_, err := w.Market.SayReturn(context.Background(), a.Actor, c.ID, market.DraftInterest{Openness: market.OpenNow, Roles: "accounting", Hours: 24, Note: "From home."})
	w.Check(err)
	list, err := w.Market.Returns(context.Background(), c.Office, c.ID, false)
	w.Check(err)
	at := slices.IndexFunc(list, func(v market.ReturnView) bool { return v.PersonID == a.PersonID })
	if at < 0 {
		w.Fatal("no case is open")
	}
	return list[at]
}

func TestAWishToReturnIsRefusedByField(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi, worker := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Mori Kenji", markettest.Worked("Tax", "2020-04-01", ""))
	for field, d := range map[string]market.DraftInterest{
		"openness": {Openness: "perhaps"},
		"roles":    {Openness: market.OpenNow, Roles: strings.Repeat("あ", 301)},
		"hours":    {Openness: market.OpenNow, Hours: 81},
		"from_on":  {Openness: market.OpenLater, FromOn: &civil.Date{Year: 2026, Month: 2, Day: 30}},
		"note":     {Openness: market.OpenLater, Note: strings.Repeat("a", 5001)},
	} {
		_, err := w.Market.SayReturn(ctx, yumi.Actor, aoi.ID, d)
		var p *problem.Error
		if !errors.As(err, &p) || p.Kind != problem.Invalid || p.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	open := market.DraftInterest{Openness: market.OpenNow}
	if _, err := w.Market.SayReturn(ctx, worker.Actor, aoi.ID, open); !errors.Is(err, market.ErrStillThere) {
		t.Errorf("who works there: %v", err)
	}
	if _, err := w.Market.SayReturn(ctx, yumi.Actor, ben.ID, open); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("to a foreign company: %v", err)
	}
}

func TestReturnsAreTheOfficesAndWhomTheCompanyNames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	c := wouldReturn(w, yumi, aoi)
	if c.Interest == nil || c.Interest.Roles != "accounting" || c.Stage != market.StageInterest || c.Excluded {
		t.Errorf("%+v", c)
	}
	for who, want := range map[*market.Actor]error{&aoi.Office: nil, &aoi.Administrator: nil, &aoi.Manager: market.ErrForbidden, &aoi.Finance: market.ErrForbidden,
		&aoi.Approver: market.ErrForbidden, &yumi.Actor: market.ErrForbidden, &ben.Office: market.ErrNotFound} {
		if _, _, err := w.Market.Return(ctx, *who, c.ID); !errors.Is(err, want) {
			t.Errorf("%s reads it: %v", who.Name, err)
		}
		if _, err := w.Market.Returns(ctx, *who, aoi.ID, false); !errors.Is(err, want) {
			t.Errorf("%s lists them: %v", who.Name, err)
		}
		if err := w.Market.MoveReturn(ctx, *who, c.ID, 99, market.ReturnEdit{Stage: market.StageTalking}); want != nil && !errors.Is(err, want) {
			t.Errorf("%s moves it: %v", who.Name, err)
		}
	}
	w.Check(w.Market.WithdrawReturn(ctx, yumi.Actor, aoi.ID))
	over, err := w.Market.Returns(ctx, aoi.Office, aoi.ID, true)
	if err != nil || len(over) != 1 || over[0].Stage != market.StageNotNow || over[0].Interest != nil {
		t.Errorf("taken back, the office sees %+v, %v", over, err)
	}
	if n := w.Count("SELECT count(*) FROM return_interests"); n != 0 {
		t.Errorf("taken back, %d are kept", n)
	}
	if again := wouldReturn(w, yumi, aoi); again.ID == c.ID {
		t.Error("a case that is over opens again")
	}
}

func TestWhoReturnsIsStaffAndTheirOpenContractsAreTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	task := aoi.Task("Close the books", 300_000)
	bid := w.Bid(yumi, task, 280_000)
	w.Exec(`INSERT INTO contracts (id, company_id, number, task_id, bid_id, membership_id, person_id, state, title, amount, currency, deliver_on, manager_id, created_at)
		VALUES (?, ?, 1, ?, ?, ?, ?, 'active', 'x', 1, 'JPY', now(), ?, now())`, uuid.New(), aoi.ID, task.ID, bid.ID, yumi.MembershipID, yumi.PersonID, aoi.Manager.PersonID)
	c := wouldReturn(w, yumi, aoi)
	if c.OpenContracts != 1 {
		t.Errorf("%d open contracts", c.OpenContracts)
	}
	move := func(e market.ReturnEdit) error {
		v, _, err := w.Market.Return(ctx, aoi.Office, c.ID)
		w.Check(err)
		return w.Market.MoveReturn(ctx, aoi.Office, c.ID, v.Version, e)
	}
	if err := move(market.ReturnEdit{Stage: market.StageReturned}); !errors.Is(err, market.ErrReturnStage) {
		t.Errorf("from interest to returned: %v", err)
	}
	w.Check(move(market.ReturnEdit{Stage: market.StageTalking, Mine: true, NextStep: "Lunch", Note: "She asked about the office."}))
	if err := w.Market.MoveReturn(ctx, aoi.Office, c.ID, 1, market.ReturnEdit{Stage: market.StageOffer}); !errors.Is(err, market.ErrStaleVersion) {
		t.Errorf("an old version: %v", err)
	}
	w.Check(move(market.ReturnEdit{Stage: market.StageOffer}))
	today, early := w.Today(), markettest.Day("2000-01-01")
	for _, day := range []*civil.Date{nil, &early} {
		if err := move(market.ReturnEdit{Stage: market.StageReturned, JoinedOn: day}); !errors.Is(err, market.ErrNoReturnDay) {
			t.Errorf("on %v: %v", day, err)
		}
	}
	w.Check(move(market.ReturnEdit{Stage: market.StageReturned, JoinedOn: &today, Department: "Tax"}))
	if back := w.Actor(yumi.PersonID); !back.Is(aoi.ID, market.Staff) || back.Is(aoi.ID, market.Alumnus) {
		t.Errorf("back, she is %+v", back.Grants)
	}
	if err := move(market.ReturnEdit{Stage: market.StageTalking}); !errors.Is(err, market.ErrReturnStage) {
		t.Errorf("a return that is over goes on: %v", err)
	}
	v, notes, err := w.Market.Return(ctx, aoi.Office, c.ID)
	if err != nil || len(notes) != 3 || notes[2].Text != "She asked about the office." || v.Owner == "" || v.Interest != nil {
		t.Errorf("%+v, %+v, %v", v, notes, err)
	}
}

func TestAWishToReturnExpiresAndIsAskedAgainOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, emi := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Emi")
	wouldReturn(w, yumi, aoi)
	talked := wouldReturn(w, emi, aoi)
	w.Check(w.Market.MoveReturn(ctx, aoi.Office, talked.ID, talked.Version, market.ReturnEdit{Stage: market.StageTalking}))
	w.Clock.Advance(364 * 24 * time.Hour)
	if n, err := w.Market.ExpireReturns(ctx); err != nil || n != 0 {
		t.Errorf("before its day: %d, %v", n, err)
	}
	w.Clock.Advance(24 * time.Hour)
	for _, want := range []int{2, 0} {
		if n, err := w.Market.ExpireReturns(ctx); err != nil || n != want {
			t.Errorf("on its day: %d, %v", n, err)
		}
	}
	if list := lettersOf(t, w, market.LetterReturn); len(list) != 2 {
		t.Errorf("%d letters", len(list))
	}
	open, err := w.Market.Returns(ctx, aoi.Office, aoi.ID, false)
	if err != nil || len(open) != 1 || open[0].ID != talked.ID || open[0].Interest != nil {
		t.Errorf("open is %+v, %v", open, err)
	}
}

func TestWhomTheRuleExcludesIsToldSo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.Exec("UPDATE stints SET departure = 'contract_end' WHERE membership_id = ?", yumi.MembershipID)
	if err := w.Market.SetReturnRule(ctx, aoi.Manager, aoi.ID, nil); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager sets the rule: %v", err)
	}
	if err := w.Market.SetReturnRule(ctx, aoi.Office, aoi.ID, []market.DepartureKind{"fired"}); !errors.Is(err, market.ErrDeparture) {
		t.Errorf("no kind: %v", err)
	}
	w.Check(w.Market.SetReturnRule(ctx, aoi.Office, aoi.ID, []market.DepartureKind{market.ContractEnd}))
	c := wouldReturn(w, yumi, aoi)
	w.Check(w.Market.MoveReturn(ctx, aoi.Office, c.ID, c.Version, market.ReturnEdit{Stage: market.StageTalking, Note: "The rule could be looked at."}))
	mine, err := w.Market.MyReturns(ctx, yumi.Actor)
	if err != nil || !c.Excluded || len(mine) != 1 || !mine[0].Excluded || mine[0].Stage != market.StageTalking {
		t.Errorf("%+v, %v", mine, err)
	}
	file, err := w.Market.MyData(ctx, yumi.Actor)
	w.Check(err)
	files := unzipped(t, file)
	for name, says := range map[string]string{"return_interests.csv": "From home.", "returns.csv": "talking", "return_notes.csv": "The rule could be looked at.", "return_rule.csv": "true"} {
		if !strings.Contains(files[name], says) {
			t.Errorf("%s: %s", name, files[name])
		}
	}
}
