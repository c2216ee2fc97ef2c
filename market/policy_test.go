package market_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

var everyRole = []market.Role{market.Administrator, market.Manager, market.Approver, market.Finance, market.Office, market.Staff, market.Operator, market.Alumnus}

var everyAction = []market.Action{market.ManagePeople, market.SeePeople, market.PostTasks, market.SeeTasks, market.BidOnTasks, market.SeeContracts,
	market.RunContracts, market.DeliverWork, market.SeeMoney, market.ReconcileMoney, market.Administer}

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

func TestAnAdministratorIsNeitherAlumnusNorOperator(t *testing.T) {
	t.Parallel()
	here := uuid.New()
	who := market.Actor{Grants: []market.Grant{{CompanyID: here, Role: market.Administrator}}}
	for _, role := range everyRole {
		if got := who.Is(here, role); got != (role != market.Alumnus && role != market.Operator) {
			t.Errorf("%s: %v", role, got)
		}
	}
	who.Grants = append(who.Grants, market.Grant{CompanyID: here, Role: market.Alumnus, MembershipID: uuid.New()})
	if !who.Is(here, market.Alumnus) || who.May(market.BidOnTasks, here) != nil {
		t.Error("somebody can be both")
	}
}

// TestOnePolicyDecidesWhoSeesATask holds the rule in SQL to the rule in Go on random populations, for lists, single
// reads and counts alike.
func TestOnePolicyDecidesWhoSeesATask(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	w := markettest.New(t)
	departments := []string{"Tax", "Audit", "Sales", "Plant"}
	var tasks []market.Task
	var alumni []market.Member
	var actors []market.Actor
	invited, bid := map[[2]uuid.UUID]bool{}, map[[2]uuid.UUID]bool{}
	for _, name := range []string{"Aoi", "Midori"} {
		c := w.Company(name)
		var here []markettest.Alumnus
		for _, given := range []string{"Yumi", "Kenji", "Daniel", "Mei", "Ana"} {
			var stints []markettest.Stint
			for i := range 1 + r.IntN(3) {
				stints = append(stints, markettest.Worked(departments[r.IntN(4)], markettest.Day("2010-04-01").AddDays(700*i).String(), markettest.Day("2010-04-01").AddDays(700*i+600).String()))
			}
			here = append(here, c.Alumnus("Mori "+given, stints...)) // the same five people at both companies
		}
		for _, d := range departments { // every one exists, whoever worked there
			w.Tx(func(tx *gorm.DB) error { _, err := market.DepartmentNamed(tx, c.ID, d); return err })
		}
		for _, a := range here {
			m, err := w.Market.Member(context.Background(), c.Office, a.MembershipID)
			w.Check(err)
			alumni = append(alumni, m)
		}
		for range 25 {
			task := randomTask(w, r, c, here, departments)
			for _, a := range here {
				if task.State == market.Published && r.IntN(6) == 0 {
					_, err := w.Market.Invite(context.Background(), c.Manager, task.ID, []uuid.UUID{a.MembershipID})
					w.Check(err)
					invited[[2]uuid.UUID{task.ID, a.MembershipID}] = true
				}
				if task.State == market.Draft && r.IntN(6) == 0 { // nobody can, but the policy does not lean on that
					w.Exec("INSERT INTO invitations (id, company_id, task_id, membership_id, invited_by) VALUES (?, ?, ?, ?, ?)", uuid.New(), c.ID, task.ID, a.MembershipID, c.Manager.PersonID)
					invited[[2]uuid.UUID{task.ID, a.MembershipID}] = true
				}
				if _, err := w.Market.Task(context.Background(), w.Actor(a.PersonID), task.ID); err == nil && r.IntN(4) == 0 {
					w.Bid(markettest.Alumnus{Actor: w.Actor(a.PersonID), MembershipID: a.MembershipID}, task, 100_000)
					bid[[2]uuid.UUID{task.ID, a.MembershipID}] = true
				}
			}
			if task.State == market.Published && r.IntN(4) == 0 {
				var err error
				task, err = w.Market.CancelTask(context.Background(), c.Manager, task.ID, "no longer needed")
				w.Check(err)
			}
			tasks = append(tasks, task)
		}
	}
	for _, m := range alumni {
		actors = append(actors, w.Actor(m.PersonID))
	}
	for _, who := range actors {
		want := map[uuid.UUID]bool{}
		for _, task := range tasks {
			for _, m := range alumni {
				if m.PersonID == who.PersonID && m.CompanyID == task.CompanyID {
					key := [2]uuid.UUID{task.ID, m.ID}
					want[task.ID] = task.State == market.Published && task.Visibility.Reaches(m.ID, worked(m)) ||
						task.State != market.Draft && (invited[key] || bid[key])
				}
			}
		}
		compareVisible(t, w, who, tasks, want)
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

// randomTask posts a task with some visibility, mostly published.
func randomTask(w *markettest.World, r *rand.Rand, c *markettest.Company, here []markettest.Alumnus, departments []string) market.Task {
	options := []func(*market.TaskDraft){func(*market.TaskDraft) {}, markettest.ForDepartments(departments[r.IntN(4)], departments[r.IntN(4)]),
		markettest.For(here[r.IntN(len(here))], here[r.IntN(len(here))])}
	if r.IntN(5) == 0 {
		return c.Draft("A draft", 200_000, options[r.IntN(3)])
	}
	return c.Task("A task", 200_000, options[r.IntN(3)])
}

func worked(m market.Member) []uuid.UUID {
	var ids []uuid.UUID
	for _, s := range m.Stints {
		ids = append(ids, *s.DepartmentID)
	}
	return ids
}

// compareVisible asks for everything in three ways.
func compareVisible(t *testing.T, w *markettest.World, who market.Actor, tasks []market.Task, want map[uuid.UUID]bool) {
	t.Helper()
	ctx := context.Background()
	list, err := w.Market.Tasks(ctx, who, market.TaskFilter{Limit: 100})
	w.Check(err)
	var count int64
	w.Check(who.VisibleTasks(w.DB.Gorm(ctx).Model(&market.Task{})).Count(&count).Error)
	if int(count) != len(list) {
		t.Errorf("%s counts %d and lists %d", who.Name, count, len(list))
	}
	for _, task := range tasks {
		listed := slices.ContainsFunc(list, func(x market.Task) bool { return x.ID == task.ID })
		_, err := w.Market.Task(ctx, who, task.ID)
		if err != nil && !errors.Is(err, market.ErrNotFound) {
			t.Fatal(err)
		}
		if listed != want[task.ID] || (err == nil) != want[task.ID] {
			t.Errorf("%s: %s task for %+v: want %v, listed %v, read %v", who.Name, task.State, task.Visibility, want[task.ID], listed, err)
		}
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
