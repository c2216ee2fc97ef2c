package market_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

var everyRole = []market.Role{market.Administrator, market.Manager, market.Approver, market.Finance, market.Office, market.Staff, market.Operator, market.Alumnus, market.Outsider}

var everyAction = market.EveryAction()

func TestARoleMayDoWhatThePolicySaysAtItsOwnCompanyAlone(t *testing.T) {
	t.Parallel()
	here, there := uuid.New(), uuid.New()
	for _, role := range everyRole {
		who := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: here, Role: role}}}
		for _, do := range everyAction {
			allowed := slices.Contains(market.RolesFor(do), role)
			var want error
			if !allowed {
				want = market.ErrForbidden
			}
			if err := who.May(do, here); !errors.Is(err, want) {
				t.Errorf("%s, %s: %v", role, do, err)
			}
			if err := who.MayAnywhere(do); !errors.Is(err, want) {
				t.Errorf("%s, %s anywhere: %v", role, do, err)
			}
			if err := who.May(do, there); !errors.Is(err, market.ErrNotFound) {
				t.Errorf("%s, %s at a stranger's: %v", role, do, err)
			}
			if err := (market.Actor{}).May(do, here); !errors.Is(err, market.ErrNotFound) {
				t.Errorf("nobody, %s: %v", do, err)
			}
		}
	}
}

func TestAnAdministratorIsNeitherAlumnusNorOutsiderNorOperator(t *testing.T) {
	t.Parallel()
	here := uuid.New()
	who := market.Actor{Grants: []market.Grant{{CompanyID: here, Role: market.Administrator}}}
	for _, role := range everyRole {
		if got := who.Is(here, role); got != (role != market.Alumnus && role != market.Outsider && role != market.Operator) {
			t.Errorf("%s: %v", role, got)
		}
	}
	who.Grants = append(who.Grants, market.Grant{CompanyID: here, Role: market.Alumnus, MembershipID: uuid.New()})
	if !who.Is(here, market.Alumnus) || who.May(market.BidOnTasks, here) != nil {
		t.Error("somebody can be both")
	}
}

func TestAStrangerFindsNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi, kenji := aoi.Alumnus("Takahashi Yumi"), midori.Alumnus("Mori Kenji")
	task := aoi.Task("Close the books", 300_000)
	bid := w.Bid(yumi, task, 280_000)
	terms := markettest.Terms(100_000, w.Today().AddDays(10))
	award := func(who market.Actor) error {
		return w.DB.Tx(ctx, func(tx *gorm.DB) error { _, _, err := w.Market.LockForAward(tx, who, bid.ID); return err })
	}
	for _, who := range []market.Actor{midori.Administrator, midori.Manager, kenji.Actor, {}} {
		for name, do := range map[string]func() error{
			"task":        func() error { _, err := w.Market.Task(ctx, who, task.ID); return err },
			"edit":        func() error { _, err := w.Market.EditTask(ctx, who, task.ID, 2, market.TaskDraft{}); return err },
			"publish":     func() error { _, err := w.Market.PublishTask(ctx, who, task.ID); return err },
			"cancel":      func() error { _, err := w.Market.CancelTask(ctx, who, task.ID, "x"); return err },
			"post":        func() error { _, err := w.Market.PostTask(ctx, who, market.TaskDraft{CompanyID: aoi.ID}); return err },
			"invite":      func() error { _, err := w.Market.Invite(ctx, who, task.ID, []uuid.UUID{yumi.MembershipID}); return err },
			"invitations": func() error { _, err := w.Market.Invitations(ctx, who, task.ID); return err },
			"decline":     func() error { return w.Market.DeclineInvitation(ctx, who, task.ID) },
			"place":       func() error { _, err := w.Market.PlaceBid(ctx, who, task.ID, terms); return err },
			"bid":         func() error { _, err := w.Market.Bid(ctx, who, bid.ID); return err },
			"bids":        func() error { _, err := w.Market.Bids(ctx, who, task.ID, uuid.Nil, 0); return err },
			"versions":    func() error { _, err := w.Market.BidVersions(ctx, who, bid.ID); return err },
			"counter":     func() error { _, err := w.Market.Counter(ctx, who, bid.ID, 1, terms); return err },
			"mark":        func() error { _, err := w.Market.Mark(ctx, who, bid.ID, ptr(true), nil); return err },
			"withdraw":    func() error { _, err := w.Market.Withdraw(ctx, who, bid.ID); return err },
			"award":       func() error { return award(who) },
			"company":     func() error { _, err := w.Market.Company(ctx, who, aoi.ID); return err },
			"departments": func() error { _, err := w.Market.Departments(ctx, who, aoi.ID); return err },
			"member":      func() error { _, err := w.Market.Member(ctx, who, yumi.MembershipID); return err },
			"people":      func() error { _, err := w.Market.People(ctx, who, market.PeopleFilter{CompanyID: aoi.ID}); return err },
			"team":        func() error { _, err := w.Market.Team(ctx, who, aoi.ID); return err },
			"hide":        func() error { return w.Market.Hide(ctx, who, yumi.MembershipID, true) },
			"write": func() error {
				_, err := w.Market.InvitePeople(ctx, who, aoi.ID, []uuid.UUID{yumi.MembershipID})
				return err
			},
		} {
			if err := do(); !errors.Is(err, market.ErrNotFound) {
				t.Errorf("%s: %s gives %v", who.Email, name, err)
			}
		}
		if list, err := w.Market.Tasks(ctx, who, market.TaskFilter{CompanyID: aoi.ID}); err != nil || len(list) != 0 {
			t.Errorf("%s lists %d tasks, %v", who.Email, len(list), err)
		}
	}
}
