package market_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestARoleOfTheCompanysOwnAllowsWhatItSaysThereAlone(t *testing.T) {
	t.Parallel()
	here, there := uuid.New(), uuid.New()
	rapid.Check(t, func(t *rapid.T) {
		allows := market.Permitting(rapid.SliceOf(rapid.SampledFrom(market.Permissions)).Draw(t, "allows")...)
		who := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: here, Role: market.Role(uuid.NewString()), Allows: allows}}}
		for _, do := range append(slices.Clone(market.Permissions), market.BidOnTasks, market.DeliverWork, market.SweepRevenue, market.SetStatute) {
			var want error
			if !slices.Contains(allows, do) {
				want = market.ErrForbidden
			}
			if err := who.May(do, here); !errors.Is(err, want) {
				t.Fatalf("%v: %s gives %v", allows, do, err)
			}
			if err := who.May(do, there); !errors.Is(err, market.ErrNotFound) {
				t.Fatalf("%s elsewhere gives %v", do, err)
			}
			if at := who.Companies(do); (len(at) == 1) != (want == nil) {
				t.Fatalf("%s at %v", do, at)
			}
		}
		if (len(who.Desks()) == 1) != (len(allows) > 0) {
			t.Fatalf("%v gives the desks %v", allows, who.Desks())
		}
	})
}

func TestARoleCannotMakeAnAlumnusOrAnOperator(t *testing.T) {
	t.Parallel()
	here := uuid.New()
	for _, do := range []market.Action{market.BidOnTasks, market.DeliverWork, market.SweepRevenue, market.SetStatute, market.DraftRules} {
		who := market.Actor{Grants: []market.Grant{{CompanyID: here, Role: "x", Allows: []market.Action{do}}}}
		if err := who.May(do, here); !errors.Is(err, market.ErrForbidden) {
			t.Errorf("%s: %v", do, err)
		}
	}
}

func TestPermissionsAreWhatAnAdministratorMayDo(t *testing.T) {
	t.Parallel()
	admin := market.Actor{Grants: []market.Grant{{CompanyID: uuid.Nil, Role: market.Administrator}}}
	for _, do := range market.Permissions {
		if !slices.Contains(market.RolesFor(do), market.Administrator) || admin.May(do, uuid.Nil) != nil {
			t.Errorf("an administrator may not %s", do)
		}
	}
	for _, do := range everyAction {
		if do != market.DraftRules && slices.Contains(market.RolesFor(do), market.Administrator) != slices.Contains(market.Permissions, do) {
			t.Errorf("%s stands in one of the lists alone", do)
		}
	}
}

func TestWhatMustBeSeenToDoAThingComesAlong(t *testing.T) {
	t.Parallel()
	got := market.Permitting(market.SettleMoney, market.PostTasks, market.PostTasks)
	if want := []market.Action{market.SeeTasks, market.PostTasks, market.SeeContracts, market.SeeMoney, market.SettleMoney}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

func TestARoleIsGivenUsedChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	junior, err := w.Market.CreateCustomRole(ctx, aoi.Administrator, aoi.ID, " Junior finance ", []market.Action{market.SeeMoney})
	w.Check(err)
	kai := aoi.Colleague("kai", market.Role(junior.ID.String()))
	if kai.May(market.SeeMoney, aoi.ID) != nil || !errors.Is(kai.May(market.SettleMoney, aoi.ID), market.ErrForbidden) || kai.Grants[0].Name != "Junior finance" {
		t.Fatalf("%+v", kai.Grants)
	}
	if letters := lettersOf(t, w, market.LetterTeam); letters[len(letters)-1].Facts["named"] != "Junior finance" {
		t.Errorf("the letter says %v", letters[len(letters)-1].Facts)
	}
	changed, err := w.Market.EditCustomRole(ctx, aoi.Administrator, junior.ID, 1, "Junior finance", []market.Action{market.ApproveMoney, market.SettleMoney})
	w.Check(err)
	if kai = w.Actor(kai.PersonID); kai.May(market.SettleMoney, aoi.ID) != nil || changed.Version != 2 {
		t.Errorf("a change holds at once: %+v", kai.Grants)
	}
	if _, err := w.Market.EditCustomRole(ctx, aoi.Administrator, junior.ID, 1, "x", []market.Action{market.SeeMoney}); !errors.Is(err, market.ErrStaleVersion) {
		t.Errorf("an old version: %v", err)
	}
	w.Tx(func(tx *gorm.DB) error {
		able, err := market.Able(tx, aoi.ID, market.ApproveMoney)
		if !slices.Contains(able, kai.PersonID) || !slices.Contains(able, aoi.Finance.PersonID) || slices.Contains(able, aoi.Manager.PersonID) {
			t.Errorf("who may approve: %v", able)
		}
		return err
	})
	if err := w.Market.RemoveCustomRole(ctx, aoi.Administrator, junior.ID); !errors.Is(err, market.ErrRoleHeld) {
		t.Errorf("a role that somebody has: %v", err)
	}
	w.Check(w.Market.Revoke(ctx, aoi.Administrator, aoi.ID, kai.PersonID, market.Role(junior.ID.String())))
	if w.Actor(kai.PersonID).Belongs(aoi.ID) {
		t.Error("a role that was taken back is still there")
	}
	w.Check(w.Market.RemoveCustomRole(ctx, aoi.Administrator, junior.ID))
	if list, err := w.Market.CustomRoles(ctx, aoi.Administrator, aoi.ID); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestNobodyGivesWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	role := func(name string, allows ...market.Action) market.Role {
		r, err := w.Market.CreateCustomRole(ctx, aoi.Administrator, aoi.ID, name, allows)
		w.Check(err)
		return market.Role(r.ID.String())
	}
	deputy, money := role("Deputy", market.Administer, market.PostTasks), role("Money", market.SettleMoney)
	kai := aoi.Colleague("kai", deputy)
	give := func(who market.Actor, company uuid.UUID, r market.Role) error {
		_, err := w.Market.Grant(ctx, who, company, market.Colleague{Email: "new@aoi.test", Role: r})
		return err
	}
	for r, want := range map[market.Role]error{market.Staff: nil, deputy: nil, market.Manager: market.ErrRoleBeyond /* pays bills */, market.Finance: market.ErrRoleBeyond,
		market.Administrator: market.ErrRoleBeyond, money: market.ErrRoleBeyond, market.Operator: market.ErrNotOneOf, market.Role(uuid.NewString()): market.ErrNotOneOf} {
		if err := give(kai, aoi.ID, r); !errors.Is(err, want) {
			t.Errorf("a deputy gives %s: %v", r, err)
		}
	}
	if err := give(ben.Administrator, ben.ID, money); !errors.Is(err, market.ErrNotOneOf) {
		t.Errorf("another company's role: %v", err)
	}
	for name, err := range map[string]error{
		"taking finance back":      w.Market.Revoke(ctx, kai, aoi.ID, aoi.Finance.PersonID, market.Finance),
		"taking the administrator": w.Market.Revoke(ctx, kai, aoi.ID, aoi.Administrator.PersonID, market.Administrator),
		"making a role": func() error {
			_, err := w.Market.CreateCustomRole(ctx, kai, aoi.ID, "More", []market.Action{market.SettleMoney})
			return err
		}(),
		"widening one": func() error {
			_, err := w.Market.EditCustomRole(ctx, kai, uuid.MustParse(string(deputy)), 1, "Deputy", []market.Action{market.SeeLog})
			return err
		}(),
		"narrowing one beyond": func() error {
			_, err := w.Market.EditCustomRole(ctx, kai, uuid.MustParse(string(money)), 1, "Money", []market.Action{market.Administer})
			return err
		}(),
		"removing one": w.Market.RemoveCustomRole(ctx, kai, uuid.MustParse(string(money))),
	} {
		if !errors.Is(err, market.ErrRoleBeyond) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"changing a stranger's": func() error {
			_, err := w.Market.EditCustomRole(ctx, ben.Administrator, uuid.MustParse(string(money)), 1, "Mine", []market.Action{market.SeeLog})
			return err
		}(),
		"removing a stranger's": w.Market.RemoveCustomRole(ctx, ben.Administrator, uuid.MustParse(string(money))),
	} {
		if !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARoleThatIsWrongIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	make := func(name string, allows ...market.Action) error {
		_, err := w.Market.CreateCustomRole(ctx, aoi.Administrator, aoi.ID, name, allows)
		return err
	}
	w.Check(make("Money", market.SeeMoney))
	for name, c := range map[string]struct{ err, want error }{
		"no name":         {make(" ", market.SeeMoney), market.ErrRequired},
		"nothing allowed": {make("x"), market.ErrNoPermission},
		"no such thing":   {make("x", "fly"), market.ErrNotOneOf},
		"an alumnus's":    {make("x", market.BidOnTasks), market.ErrNotOneOf},
		"the same name":   {make("MONEY", market.SeeLog), market.ErrRoleTaken},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}
