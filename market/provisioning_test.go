package market_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// A provisioned is a company with a staff directory that writes its people.
type provisioned struct {
	*markettest.World
	*markettest.Company
	dir market.Directory
}

func newProvisioned(t *testing.T) *provisioned {
	t.Helper()
	w := markettest.New(t)
	p := &provisioned{World: w, Company: w.Company("Aoi")}
	w.Exec("INSERT INTO company_domains (id, company_id, domain, asked_at, proved_at) VALUES (?, ?, 'aoi.test', now(), now())", uuid.New(), p.ID)
	raw, err := w.Market.ConnectDirectory(context.Background(), p.Administrator, p.ID)
	w.Check(err)
	p.dir, err = w.Market.DirectoryBy(context.Background(), raw)
	w.Check(err)
	return p
}

func (p *provisioned) account(name string) market.ProvisionedAccount {
	a, err := p.Market.ProvisionAccount(context.Background(), p.dir, market.AccountEdit{UserName: name, Email: name + "@aoi.test", FamilyName: "山田", GivenName: name, Active: true})
	p.Check(err)
	return a
}

func (p *provisioned) group(name string, role market.Role, members ...market.ProvisionedAccount) market.ProvisionedGroup {
	var ids []uuid.UUID
	for _, a := range members {
		ids = append(ids, a.ID)
	}
	g, err := p.Market.ProvisionGroup(context.Background(), p.dir, market.GroupEdit{Name: name, Members: ids})
	p.Check(err)
	g, err = p.Market.MapGroup(context.Background(), p.Administrator, p.ID, g.ID, role)
	p.Check(err)
	return g
}

func (p *provisioned) turn(a market.ProvisionedAccount, active bool) error {
	_, err := p.Market.ChangeAccount(context.Background(), p.dir, a.ID, func(e *market.AccountEdit) error { e.Active = active; return nil })
	return err
}

// roles are what a person has at the company by now, and has taken.
func (p *provisioned) roles(person uuid.UUID) string {
	var all []string
	p.Check(p.DB.Gorm(context.Background()).Raw("SELECT role FROM role_grants WHERE company_id = ? AND person_id = ? AND accepted_at IS NOT NULL ORDER BY role", p.ID, person).Scan(&all).Error)
	return fmt.Sprint(all)
}

func TestWhoeverTheDirectoryWritesIsStaffAndHasTheRolesOfTheirGroups(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newProvisioned(t)
	a := p.account("ren")
	if got := p.roles(*a.PersonID); got != "[staff]" {
		t.Fatal(got)
	}
	if letters := lettersOf(t, p.World, market.LetterTeam); letters[len(letters)-1].PersonID != *a.PersonID {
		t.Error("nobody told them")
	}
	g := p.group("Finance team", market.Finance, a)
	if g.Count != 1 || g.Role != market.Finance {
		t.Errorf("%+v", g)
	}
	if got := p.roles(*a.PersonID); got != "[finance staff]" {
		t.Error(got)
	}
	if err := p.Market.Revoke(ctx, p.Administrator, p.ID, *a.PersonID, market.Finance); !errors.Is(err, market.ErrRoleFromDirectory) {
		t.Errorf("taken by hand: %v", err)
	}
	_, err := p.Market.MapGroup(ctx, p.Administrator, p.ID, g.ID, market.Manager)
	p.Check(err)
	if got := p.roles(*a.PersonID); got != "[manager staff]" {
		t.Error(got)
	}
	_, err = p.Market.Grant(ctx, p.Administrator, p.ID, market.Colleague{Email: a.Email, Role: market.Office})
	p.Check(err)
	_, err = p.Market.ChangeGroup(ctx, p.dir, g.ID, func(e *market.GroupEdit) error { e.Members = nil; return nil })
	p.Check(err)
	if got := p.roles(*a.PersonID); got != "[office staff]" {
		t.Errorf("what was given by hand stays, what followed from the group goes: %s", got)
	}
	if again := p.account("mei"); p.roles(*again.PersonID) != "[staff]" {
		t.Error(p.roles(*again.PersonID))
	}
}

func TestWhoeverTheDirectorySwitchesOffHasNoRoleAndNoWayIn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newProvisioned(t)
	a := p.account("ren")
	p.group("Finance team", market.Finance, a)
	_, err := p.Market.Grant(ctx, p.Administrator, p.ID, market.Colleague{Email: a.Email, Role: market.Office})
	p.Check(err)
	who := p.Actor(*a.PersonID)
	who.Through = p.ID
	session, err := p.Market.BeginSession(ctx, who, "a browser", "192.0.2.1")
	p.Check(err)
	raw, _, err := p.Market.CreateToken(ctx, who, "script", nil)
	p.Check(err)
	p.Check(p.turn(a, false))
	if got := p.roles(*a.PersonID); got != "[]" {
		t.Error(got)
	}
	if _, err := p.Market.ActorBySession(ctx, session); err == nil {
		t.Error("the session goes on")
	}
	if _, err := p.Market.ActorByToken(ctx, raw); !errors.Is(err, market.ErrToken) {
		t.Errorf("the token works: %v", err)
	}
	p.Check(p.turn(a, true))
	if got := p.roles(*a.PersonID); got != "[finance staff]" {
		t.Errorf("back with %s", got)
	}
	p.Check(p.Market.RemoveAccount(ctx, p.dir, a.ID))
	if got := p.roles(*a.PersonID); got != "[]" {
		t.Error(got)
	}
}

func TestSomebodyKnownElsewhereTakesTheRoleThemselves(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newProvisioned(t)
	midori := p.World.Company("Midori")
	p.Exec("UPDATE people SET email = 'kenji@aoi.test' WHERE id = ?", midori.Manager.PersonID)
	a := p.account("kenji")
	if *a.PersonID != midori.Manager.PersonID || p.roles(*a.PersonID) != "[]" {
		t.Errorf("has %s without having taken it", p.roles(*a.PersonID))
	}
	team, err := p.Market.Team(ctx, p.Administrator, p.ID)
	p.Check(err)
	if last := team[len(team)-1]; last.Name != "" {
		t.Errorf("shows %q", last.Name)
	}
}

func TestADirectoryWritesNothingThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newProvisioned(t)
	midori := p.World.Company("Midori")
	a := p.account("ren")
	_, err := p.Market.ProvisionAccount(ctx, p.dir, market.AccountEdit{UserName: "x", Email: midori.Manager.Email, Active: true})
	if !errors.Is(err, market.ErrForeignAddress) {
		t.Errorf("an address of nobody's domain: %v", err)
	}
	if _, err = p.Market.ProvisionAccount(ctx, p.dir, market.AccountEdit{UserName: "REN", Email: "other@aoi.test", Active: true}); !errors.Is(err, market.ErrUserNameTaken) {
		t.Errorf("the name in capitals: %v", err)
	}
	if _, err = p.Market.ProvisionAccount(ctx, p.dir, market.AccountEdit{UserName: "ren2", Email: a.Email, Active: true}); !errors.Is(err, market.ErrAccountOfPerson) {
		t.Errorf("the person twice: %v", err)
	}
	raw, err := p.Market.ConnectDirectory(ctx, midori.Administrator, midori.ID)
	p.Check(err)
	other, err := p.Market.DirectoryBy(ctx, raw)
	p.Check(err)
	g := p.group("Team", market.Manager)
	for name, err := range map[string]error{
		"account":        p.Market.RemoveAccount(ctx, other, a.ID),
		"group":          p.Market.RemoveGroup(ctx, other, g.ID),
		"change":         second(p.Market.ChangeAccount(ctx, other, a.ID, func(*market.AccountEdit) error { return nil })),
		"change a group": second(p.Market.ChangeGroup(ctx, other, g.ID, func(*market.GroupEdit) error { return nil })),
		"map":            second(p.Market.MapGroup(ctx, midori.Administrator, midori.ID, g.ID, market.Manager)),
	} {
		if !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%s of another company: %v", name, err)
		}
	}
	if _, err := p.Market.ProvisionGroup(ctx, other, market.GroupEdit{Name: "Team", Members: []uuid.UUID{a.ID}}); !errors.Is(err, market.ErrMemberUnknown) {
		t.Errorf("a member of another company: %v", err)
	}
	if list, n, err := p.Market.ProvisionedAccounts(ctx, other, market.ProvisionedQuery{Limit: 10}); err != nil || n != 0 || len(list) != 0 {
		t.Errorf("reads %d of another company, %v", n, err)
	}
	_, err = p.Market.ConnectDirectory(ctx, midori.Administrator, midori.ID)
	p.Check(err)
	if _, err := p.Market.DirectoryBy(ctx, raw); !errors.Is(err, market.ErrToken) {
		t.Errorf("the old secret: %v", err)
	}
	p.Check(p.Market.PartDirectory(ctx, p.Administrator, p.ID))
	if p.Check(p.Market.Revoke(ctx, p.Administrator, p.ID, *a.PersonID, market.Staff)); p.roles(*a.PersonID) != "[]" {
		t.Error("still held by a directory that is gone")
	}
}

func second[T any](_ T, err error) error { return err }

func TestADirectoryLeavesACompanyItsLastAdministrator(t *testing.T) {
	t.Parallel()
	p := newProvisioned(t)
	a, err := p.Market.ProvisionAccount(context.Background(), p.dir, market.AccountEdit{UserName: "admin", Email: p.Administrator.Email, Active: true})
	p.Check(err)
	if err := p.turn(a, false); !errors.Is(err, market.ErrLastAdministrator) {
		t.Errorf("switched off: %v", err)
	}
	if got := p.roles(p.Administrator.PersonID); got != "[administrator staff]" {
		t.Error(got)
	}
}

// TestRolesFollowTheDirectory plays whatever a directory and an administrator do, in any order: at every moment the roles that
// follow from it are those of the groups of accounts that are switched on, and whoever is switched off has none.
func TestRolesFollowTheDirectory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newProvisioned(t)
	var accounts []market.ProvisionedAccount
	for _, name := range []string{"ann", "ben", "cho"} {
		accounts = append(accounts, p.account(name))
	}
	groups := []market.ProvisionedGroup{p.group("one", ""), p.group("two", market.Finance)}
	fixed := []market.Role{"", market.Finance, market.Manager, market.Staff, market.Administrator}
	rapid.Check(t, func(r *rapid.T) {
		a, g := rapid.SampledFrom(accounts).Draw(r, "account"), rapid.SampledFrom(groups).Draw(r, "group")
		switch rapid.IntRange(0, 3).Draw(r, "what") {
		case 0:
			p.Check(p.turn(a, rapid.Bool().Draw(r, "active")))
		case 1:
			_, err := p.Market.MapGroup(ctx, p.Administrator, p.ID, g.ID, rapid.SampledFrom(fixed).Draw(r, "role"))
			p.Check(err)
		case 2:
			_, err := p.Market.ChangeGroup(ctx, p.dir, g.ID, func(e *market.GroupEdit) error {
				if i := slices.Index(e.Members, a.ID); i >= 0 {
					e.Members = slices.Delete(e.Members, i, i+1)
				} else {
					e.Members = append(e.Members, a.ID)
				}
				return nil
			})
			p.Check(err)
		case 3:
			_, err := p.Market.Grant(ctx, p.Administrator, p.ID, market.Colleague{Email: a.Email, Role: market.Office})
			if off := p.Count("SELECT count(*) FROM provisioned_accounts WHERE id = ? AND NOT active", a.ID) == 1; off != errors.Is(err, market.ErrAccountOff) || !off && err != nil {
				r.Fatalf("by hand, off %t: %v", off, err)
			}
		}
		wrong := p.Count(`SELECT count(*) FROM (
			(SELECT a.person_id, 'staff' AS role FROM provisioned_accounts a WHERE a.active
			UNION SELECT a.person_id, g.role FROM provisioned_accounts a JOIN provisioned_members m ON m.account_id = a.id JOIN provisioned_groups g ON g.id = m.group_id WHERE a.active AND g.role <> '')
			EXCEPT SELECT person_id, role FROM role_grants) missing`)
		beyond := p.Count(`SELECT count(*) FROM role_grants r JOIN provisioned_accounts a ON a.person_id = r.person_id AND a.company_id = r.company_id
			WHERE NOT a.active OR r.by_directory AND r.role <> 'staff' AND NOT EXISTS
				(SELECT 1 FROM provisioned_members m JOIN provisioned_groups g ON g.id = m.group_id WHERE m.account_id = a.id AND g.role = r.role)`)
		if wrong != 0 || beyond != 0 {
			r.Fatalf("%d roles are missing, %d are there that should not be", wrong, beyond)
		}
	})
}

func TestTheDirectorysNameIsTheirsWhoAreOfTheCompanyAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newProvisioned(t)
	ren, mika := p.account("ren"), p.account("mika")
	p.Exec("UPDATE people SET family_kana = 'ヤマダ', given_kana = 'レン' WHERE id = ?", *ren.PersonID)
	ben := p.World.Company("Ben")
	p.Exec("INSERT INTO role_grants (company_id, person_id, role, granted_at) VALUES (?, ?, 'staff', now())", ben.ID, *mika.PersonID)
	marry := func(a market.ProvisionedAccount, family string) string {
		_, err := p.Market.ChangeAccount(ctx, p.dir, a.ID, func(e *market.AccountEdit) error { e.FamilyName = family; return nil })
		p.Check(err)
		var name string
		p.Check(p.DB.Gorm(ctx).Raw("SELECT concat_ws('/', family_name, given_name, family_kana, given_kana) FROM people WHERE id = ?", *a.PersonID).Scan(&name).Error)
		return name
	}
	if got := marry(ren, "鈴木"); got != "鈴木/ren//レン" {
		t.Errorf("of the company alone, they are called %s", got)
	}
	if got := marry(mika, "鈴木"); got != "山田/mika//" {
		t.Errorf("of another company too, they are called %s", got)
	}
	if n := p.Count("SELECT count(*) FROM audit WHERE action = 'directory.rename'"); n != 1 {
		t.Errorf("%d names in the log", n)
	}
}
