package market_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	if err := w.Market.Revoke(ctx, aoi.Administrator, aoi.ID, aoi.Administrator.PersonID, market.Administrator); !errors.Is(err, market.ErrLastAdministrator) {
		t.Errorf("%v", err)
	}
	second := aoi.Colleague("second", market.Administrator)
	results := w.Together(
		func() error {
			return w.Market.Revoke(ctx, aoi.Administrator, aoi.ID, second.PersonID, market.Administrator)
		},
		func() error {
			return w.Market.Revoke(ctx, second, aoi.ID, aoi.Administrator.PersonID, market.Administrator)
		})
	wantOne(t, results, market.ErrLastAdministrator)
	if n := w.Count("SELECT count(*) FROM role_grants WHERE company_id = ? AND role = 'administrator'", aoi.ID); n != 1 {
		t.Errorf("%d administrators are left", n)
	}
}

func TestSomebodyKnownElsewhereTakesARoleThemselves(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi")
	m, err := w.Market.Grant(ctx, midori.Administrator, midori.ID, market.Colleague{Email: yumi.Email, FamilyName: "Other", Role: market.Administrator})
	w.Check(err)
	if m.Name != "" || m.Joined || m.PersonID != yumi.PersonID {
		t.Errorf("the company sees %+v", m)
	}
	if w.Actor(yumi.PersonID).Belongs(midori.ID) {
		t.Error("she was made to belong")
	}
	if err := w.Market.Revoke(ctx, midori.Administrator, midori.ID, midori.Administrator.PersonID, market.Administrator); !errors.Is(err, market.ErrLastAdministrator) {
		t.Errorf("a role nobody took counts as an administrator: %v", err)
	}
	letters := lettersOf(t, w, market.LetterTeam)
	raw, _ := linkIn(t, w, letters[len(letters)-1])
	who, _, err := w.Market.UseLink(ctx, raw, "", "")
	w.Check(err)
	if !who.Is(midori.ID, market.Administrator) || !who.Is(aoi.ID, market.Alumnus) {
		t.Errorf("%+v", who.Grants)
	}
	team, err := w.Market.Team(ctx, midori.Administrator, midori.ID)
	w.Check(err)
	if last := team[len(team)-1]; last.Name != "Yumi Takahashi" || !last.Joined {
		t.Errorf("%+v", last)
	}
}

func TestOnlyAdministratorsRunTheTeamAndOnlyWithItsRoles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	colleague := market.Colleague{Email: "new@aoi.test", FamilyName: "New", Role: market.Finance}
	for who, want := range map[*market.Actor]error{&aoi.Manager: market.ErrForbidden, &midori.Administrator: market.ErrNotFound, {}: market.ErrNotFound} {
		if _, err := w.Market.Team(ctx, *who, aoi.ID); !errors.Is(err, want) {
			t.Errorf("team: %v", err)
		}
		if _, err := w.Market.Grant(ctx, *who, aoi.ID, colleague); !errors.Is(err, want) {
			t.Errorf("grant: %v", err)
		}
		if err := w.Market.Revoke(ctx, *who, aoi.ID, aoi.Finance.PersonID, market.Finance); !errors.Is(err, want) {
			t.Errorf("revoke: %v", err)
		}
	}
	for _, role := range []market.Role{market.Operator, market.Alumnus, "king"} {
		colleague.Role = role
		if _, err := w.Market.Grant(ctx, aoi.Administrator, aoi.ID, colleague); !errors.Is(err, market.ErrNotOneOf) {
			t.Errorf("%s: %v", role, err)
		}
	}
	colleague.Role, colleague.Email = market.Finance, "no address"
	if _, err := w.Market.Grant(ctx, aoi.Administrator, aoi.ID, colleague); !errors.Is(err, market.ErrAddress) {
		t.Error(err)
	}
	if err := w.Market.Revoke(ctx, aoi.Administrator, aoi.ID, midori.Finance.PersonID, market.Finance); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a stranger's role: %v", err)
	}
}

func TestGrantingTwiceGivesOneRoleAndOneLetter(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	before := len(lettersOf(t, w, market.LetterTeam))
	for _, role := range []market.Role{market.Finance, market.Finance, market.Manager} {
		_, err := w.Market.Grant(ctx, aoi.Administrator, aoi.ID, market.Colleague{Email: "New@aoi.test", FamilyName: "新", GivenName: "人", Role: role})
		w.Check(err)
	}
	team, err := w.Market.Team(ctx, aoi.Administrator, aoi.ID)
	w.Check(err)
	if last := team[len(team)-1]; fmt.Sprint(last.Roles) != "[finance manager]" || last.Name != "新 人" || last.Joined {
		t.Errorf("%+v", last)
	}
	if n := len(lettersOf(t, w, market.LetterTeam)) - before; n != 2 {
		t.Errorf("%d letters", n)
	}
}

func TestACompanyKeepsItsSettingsLawful(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	say := func(s string) *string { return &s }
	days := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		edit market.CompanyEdit
		want error
	}{
		"no name":      {market.CompanyEdit{Name: say(" ")}, market.ErrRequired},
		"zone":         {market.CompanyEdit{TimeZone: say("Asia/Nowhere")}, market.ErrZone},
		"language":     {market.CompanyEdit{Language: say("fr")}, market.ErrNotOneOf},
		"tax number":   {market.CompanyEdit{TaxNumber: say("1234567890123")}, market.ErrTaxNumber},
		"61 days":      {market.CompanyEdit{PaymentDays: days(61)}, market.ErrBetween},
		"never accept": {market.CompanyEdit{AutoAcceptDays: days(0)}, market.ErrBetween},
	} {
		if _, err := w.Market.UpdateCompany(ctx, aoi.Administrator, aoi.ID, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := w.Market.UpdateCompany(ctx, aoi.Administrator, aoi.ID, market.CompanyEdit{Name: say("葵製作所"), PaymentDays: days(60), TaxNumber: say("T7010705000725")})
	if err != nil || got.Name != "葵製作所" || got.NameEN != "Aoi" || got.PaymentDays != 60 || got.AutoAcceptDays != 14 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.Market.UpdateCompany(ctx, aoi.Manager, aoi.ID, market.CompanyEdit{}); !errors.Is(err, market.ErrForbidden) {
		t.Error(err)
	}
}
