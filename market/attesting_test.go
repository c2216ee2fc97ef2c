package market_test

import (
	"context"
	"errors"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAFormerColleagueAttestsWhatTheyKnow(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2010-04-01", "2020-03-31"))
	leo := aoi.Alumnus("Late Leo", markettest.Worked("Sales", "2015-04-01", ""))
	other := ben.Alumnus("Other Ono", markettest.Worked("Tax", "2010-04-01", "2020-03-31"))
	_, err := w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{Skills: &[]market.OwnSkill{{Skill: "bookkeeping", Level: 3}}})
	w.Check(err)
	for _, email := range []string{leo.Email, other.Email, "nobody@ex.jp"} {
		w.Check(w.Market.AskAttestation(ctx, yumi.Actor, aoi.ID, email))
	}
	letters := lettersOf(t, w, market.LetterAttest)
	if len(letters) != 1 || letters[0].PersonID != leo.PersonID {
		t.Fatalf("letters: %+v", letters)
	}
	asked, err := w.Market.AttestationRequests(ctx, yumi.Actor)
	w.Check(err)
	for _, r := range asked {
		if r.AskedID != nil || r.Overlap != 0 {
			t.Errorf("she learns who is a member: %+v", r)
		}
	}
	id := asked[2].ID
	r, err := w.Market.AttestationRequest(ctx, leo.Actor, id)
	w.Check(err)
	if r.Name != "Yumi Takahashi" || len(r.Skills) != 1 || r.Skills[0].Level != 3 {
		t.Errorf("%+v", r)
	}
	if err := w.Market.Attest(ctx, other.Actor, id, map[string]int{"bookkeeping": 3}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody else attests: %v", err)
	}
	if err := w.Market.Attest(ctx, leo.Actor, id, map[string]int{"surgery": 3}); !errors.Is(err, market.ErrNotStated) {
		t.Errorf("a skill that she does not state: %v", err)
	}
	w.Exec("DELETE FROM index_pending")
	w.Check(w.Market.Attest(ctx, leo.Actor, id, map[string]int{"bookkeeping": 2}))
	if n := w.Count("SELECT count(*) FROM index_pending"); n == 0 {
		t.Error("rankings are not told")
	}
	shows := func(want string, colleagues int, company bool) {
		t.Helper()
		for _, k := range member(t, w, aoi.Office, yumi.MembershipID).Skills {
			if k.Evidence == market.Attested && (!k.Ours || k.Colleagues != colleagues || k.Company != company) {
				t.Errorf("%s: %+v", want, k)
			}
		}
	}
	shows("one colleague", 1, false)
	w.Check(w.Market.AttestSkill(ctx, aoi.Office, yumi.MembershipID, "bookkeeping", 3))
	shows("and the company", 1, true)
	w.Check(w.Market.Attest(ctx, leo.Actor, id, nil))
	shows("the company alone", 0, true)
	w.Check(w.Market.AttestSkill(ctx, aoi.Office, yumi.MembershipID, "bookkeeping", 0))
	if n := w.Count("SELECT count(*) FROM person_skills WHERE evidence = 'attested'"); n != 0 {
		t.Errorf("%d attestations are left", n)
	}
	if err := w.Market.AttestSkill(ctx, aoi.Manager, yumi.MembershipID, "bookkeeping", 3); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager attests: %v", err)
	}
	if err := w.Market.AskAttestation(ctx, yumi.Actor, aoi.ID, leo.Email); !errors.Is(err, market.ErrAskedColleague) {
		t.Errorf("asked twice: %v", err)
	}
	if err := w.Market.AskAttestation(ctx, yumi.Actor, ben.ID, leo.Email); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("at a company where she never was: %v", err)
	}
}

func TestDaysTogetherAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	day := func(n int) civil.Date { return civil.Date{Year: 2020, Month: 1, Day: 1}.AddDays(n) }
	rapid.Check(t, func(t *rapid.T) {
		stretch := func(name string) [2]int {
			from := rapid.IntRange(0, 60).Draw(t, name)
			return [2]int{from, from + rapid.IntRange(0, 40).Draw(t, name)}
		}
		stay := stretch("stay")
		others := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]int {
			from := rapid.IntRange(0, 60).Draw(t, "from")
			return [2]int{from, from + rapid.IntRange(0, 40).Draw(t, "days")}
		}), 0, 5).Draw(t, "others")
		want := 0
		for n := stay[0]; n <= stay[1]; n++ {
			for _, o := range others {
				if n >= o[0] && n <= o[1] {
					want++
					break
				}
			}
		}
		var there [][2]civil.Date
		for _, o := range others {
			there = append(there, [2]civil.Date{day(o[0]), day(o[1])})
		}
		if got := market.DaysTogether([2]civil.Date{day(stay[0]), day(stay[1])}, there...); got != want {
			t.Fatalf("%v with %v: %d days, not %d", stay, others, got, want)
		}
	})
}

func TestAGroupShowsADirectoryWhereBothCompaniesAgree(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben, cho := w.Company("Aoi"), w.Company("Ben"), w.Company("Cho")
	yumi, hidden, staff := ben.Alumnus("Takahashi Yumi"), ben.Alumnus("Hidden Hana"), ben.Alumnus("Staff Sora", markettest.Worked("Tax", "2015-04-01", ""))
	w.Check(w.Market.Hide(ctx, hidden.Actor, hidden.MembershipID, true))
	_, err := w.Market.MakeGroup(ctx, aoi.Administrator, aoi.ID, "Green group", "")
	w.Check(err)
	w.Check(w.Market.AskIntoGroup(ctx, aoi.Administrator, aoi.ID, ben.ID))
	seen := func(who market.Actor, company uuid.UUID) (names []string) {
		t.Helper()
		list, err := w.Market.GroupPeople(ctx, who, company, "", uuid.Nil, 0)
		w.Check(err)
		for _, m := range list {
			names = append(names, m.Name)
		}
		return names
	}
	asks, err := w.Market.GroupInvitations(ctx, ben.Administrator, ben.ID)
	w.Check(err)
	if err := w.Market.ShareDirectory(ctx, ben.Administrator, ben.ID, true); !errors.Is(err, market.ErrNoGroup) {
		t.Errorf("shares before it agreed: %v", err)
	}
	w.Check(w.Market.AnswerGroup(ctx, ben.Administrator, ben.ID, asks[0].ID, true))
	w.Check(w.Market.ShareDirectory(ctx, ben.Administrator, ben.ID, true))
	if got := seen(aoi.Manager, aoi.ID); len(got) != 0 {
		t.Errorf("who does not share sees %v", got)
	}
	w.Check(w.Market.ShareDirectory(ctx, aoi.Administrator, aoi.ID, true))
	if got := seen(aoi.Manager, aoi.ID); len(got) != 1 || got[0] != "Yumi Takahashi" {
		t.Errorf("the directory shows %v; %s works there", got, staff.Name)
	}
	if p, err := w.Market.Profile(ctx, yumi.Actor); err != nil || len(p.Memberships[0].ShownIn) != 1 || p.Memberships[0].ShownIn[0] != "Aoi" {
		t.Errorf("she is told %+v, %v", p.Memberships, err)
	}
	if got := seen(cho.Manager, cho.ID); len(got) != 0 {
		t.Errorf("a company outside sees %v", got)
	}
	if _, err := w.Market.GroupPeople(ctx, cho.Manager, aoi.ID, "", uuid.Nil, 0); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("another company's manager: %v", err)
	}
	w.Exec("INSERT INTO bars (id, company_id, person_id, kind, from_on, made_by, made_at) VALUES (gen_random_uuid(), ?, ?, 'by_person', ?, ?, now())", aoi.ID, yumi.PersonID, w.Today(), yumi.PersonID)
	if got := seen(aoi.Manager, aoi.ID); len(got) != 0 {
		t.Errorf("who keeps the company away is shown: %v", got)
	}
	if _, err := w.Market.MakeGroup(ctx, ben.Administrator, ben.ID, "Another", ""); !errors.Is(err, market.ErrInGroup) {
		t.Errorf("in two groups: %v", err)
	}
	w.Check(w.Market.LeaveGroup(ctx, ben.Administrator, ben.ID))
	if g, err := w.Market.GroupOf(ctx, aoi.Administrator, aoi.ID); err != nil || len(g.Companies) != 1 {
		t.Errorf("after it left: %+v, %v", g, err)
	}
}

func TestAnEntityNamesTheStintsThatFilesWroteItOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	importInto(t, w, aoi, three, false)
	name, number := "株式会社あおい本社", "T1234567890123"
	e, err := w.Market.SaveEntity(ctx, aoi.Office, aoi.ID, uuid.Nil, market.EntityEdit{Name: &name, TaxNumber: &number, Aliases: &[]string{"本社"}})
	w.Check(err)
	if got := people(t, w, aoi, "高橋")[0].Stints[0].Entity; got != name {
		t.Errorf("her stint says %q", got)
	}
	if r := importInto(t, w, aoi, three, false); r.Unchanged != 3 {
		t.Errorf("the same file again: %+v", r)
	}
	importInto(t, w, aoi, header+"new@ex.jp,新井,学,,,経理部,2015-04-01,2018-03-31,,,,本社,\n", false)
	list, err := w.Market.Entities(ctx, aoi.Manager, aoi.ID)
	w.Check(err)
	if len(list) != 1 || list[0].People != 2 || list[0].TaxNumber != number {
		t.Errorf("%+v", list)
	}
	bad := "T12"
	if _, err := w.Market.SaveEntity(ctx, aoi.Office, aoi.ID, e.ID, market.EntityEdit{TaxNumber: &bad}); !errors.Is(err, market.ErrTaxNumber) {
		t.Errorf("a number that is none: %v", err)
	}
	if _, err := w.Market.SaveEntity(ctx, aoi.Office, aoi.ID, uuid.Nil, market.EntityEdit{Name: &name}); !errors.Is(err, market.ErrEntityTaken) {
		t.Errorf("the same name: %v", err)
	}
	if _, err := w.Market.SaveEntity(ctx, ben.Office, ben.ID, e.ID, market.EntityEdit{Name: &bad}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("another company's office: %v", err)
	}
}
