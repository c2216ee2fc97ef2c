package market_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAProfileIsEditedFieldByField(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	w.Skill("corporate-tax", "Corporate tax", "法人税")
	rate, day := market.Yen(6000), markettest.Day("2027-01-10")
	number, kana := " T1234567890123 ", "タカハシ"
	skills := []market.OwnSkill{{Skill: "法人税", Level: 3}}
	got, err := w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{HourlyRate: &rate, AvailableFrom: &day, RegistrationNumber: &number, FamilyKana: &kana, Skills: &skills})
	w.Check(err)
	if *got.HourlyRate != rate || *got.Person.AvailableFrom != day || got.Person.RegistrationNumber != "T1234567890123" || got.Person.FamilyKana != kana ||
		got.Person.GivenName != "Yumi" || len(got.Skills) != 1 || got.Skills[0].SkillID != "corporate-tax" || got.Skills[0].Evidence != market.Self {
		t.Errorf("%+v", got)
	}
	if got.Person.PasswordHash != "" || !got.HasPassword {
		t.Error("the hash left the vault")
	}
	none, never, nothing := market.Money{}, civil.Date{}, ""
	got, err = w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{HourlyRate: &none, AvailableFrom: &never, RegistrationNumber: &nothing, Skills: &[]market.OwnSkill{}})
	if err != nil || got.HourlyRate != nil || got.Person.AvailableFrom != nil || got.Person.RegistrationNumber != "" || len(got.Skills) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.Market.SignIn(ctx, yumi.Email, markettest.Password); err != nil {
		t.Errorf("an edit lost the password: %v", err)
	}
}

func TestOnlyWhatCountsInRankingsTellsTheIndex(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	w.Skill("corporate-tax", "Corporate tax", "法人税")
	kana, rate := "タカハシ", market.Yen(6000)
	skills := []market.OwnSkill{{Skill: "corporate-tax", Level: 3}}
	for i, step := range []struct {
		edit market.ProfileEdit
		told int
	}{
		{market.ProfileEdit{FamilyKana: &kana}, 0}, {market.ProfileEdit{HourlyRate: &rate}, 1}, {market.ProfileEdit{HourlyRate: &rate}, 0},
		{market.ProfileEdit{Skills: &skills}, 1}, {market.ProfileEdit{Skills: &skills}, 0},
	} {
		before := w.Count("SELECT count(*) FROM index_pending")
		_, err := w.Market.UpdateProfile(ctx, yumi.Actor, step.edit)
		w.Check(err)
		if told := w.Count("SELECT count(*) FROM index_pending") - before; told != step.told {
			t.Errorf("step %d told the index %d times", i, told)
		}
	}
}

func TestAProfileRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.Tx(func(tx *gorm.DB) error { _, err := markettest.Resolve(tx, midori.ID, "Midori's secret"); return err })
	say := func(s string) *string { return &s }
	minus, wrong := market.Yen(-1), market.Money{Amount: 1, Currency: "yen"}
	nameless := market.ProfileEdit{FamilyName: say(""), GivenName: say(" ")}
	for name, c := range map[string]struct {
		edit market.ProfileEdit
		want error
	}{
		"number":         {market.ProfileEdit{RegistrationNumber: say("T123")}, market.ErrTaxNumber},
		"check digit":    {market.ProfileEdit{CorporateName: say("由美工房"), RegistrationNumber: say("T1234567890123")}, market.ErrCheckDigit},
		"language":       {market.ProfileEdit{Language: say("xx")}, market.ErrNotOneOf},
		"nameless":       {nameless, market.ErrRequired},
		"rate":           {market.ProfileEdit{HourlyRate: &minus}, market.ErrAmountNotPositive},
		"currency":       {market.ProfileEdit{HourlyRate: &wrong}, market.ErrCurrency},
		"no skill":       {market.ProfileEdit{Skills: &[]market.OwnSkill{{Skill: " "}}}, market.ErrRequired},
		"words twice":    {market.ProfileEdit{Skills: &[]market.OwnSkill{{Skill: "sorcery"}, {Skill: "ＳＯＲＣＥＲＹ"}}}, market.ErrSkillTwice},
		"level":          {market.ProfileEdit{Skills: &[]market.OwnSkill{{Skill: "sorcery", Level: 4}}}, market.ErrLevel},
		"too many":       {market.ProfileEdit{Skills: ptr(make([]market.OwnSkill, 51))}, market.ErrTooManySkills},
		"impossible day": {market.ProfileEdit{AvailableFrom: &civil.Date{Year: 2026, Month: 13, Day: 1}}, market.ErrDay},
	} {
		if _, err := w.Market.UpdateProfile(context.Background(), yumi.Actor, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestTheDirectoryFindsPeopleForThoseWhoMayLook(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2014-04-01", "2023-03-31"))
	aoi.Alumnus("Okafor Daniel", markettest.Worked("Audit", "2014-04-01", "2023-03-31"))
	midori.Alumnus("Takahashi Kenji", markettest.Worked("Tax", "2014-04-01", "2023-03-31"))
	midori.Attests(midori.Alumnus("Takahashi Yumi"), "Midori's secret", 3)
	aoi.Attests(yumi, "Bookkeeping", 2)
	find := func(f market.PeopleFilter) string {
		f.CompanyID = aoi.ID
		list, err := w.Market.People(ctx, aoi.Office, f)
		w.Check(err)
		names := ""
		for _, m := range list {
			names += m.Name + ", "
		}
		return names
	}
	for _, c := range []struct {
		filter market.PeopleFilter
		want   string
	}{
		{market.PeopleFilter{}, "Daniel Okafor, Yumi Takahashi, "},
		{market.PeopleFilter{Query: "taka YUMI"}, "Yumi Takahashi, "},
		{market.PeopleFilter{Department: "audit"}, "Daniel Okafor, "},
		{market.PeopleFilter{Department: "nowhere"}, ""},
		{market.PeopleFilter{Query: "100%"}, ""},
		{market.PeopleFilter{Limit: 1}, "Daniel Okafor, "},
		{market.PeopleFilter{Before: yumi.MembershipID}, ""},
	} {
		if got := find(c.filter); got != c.want {
			t.Errorf("%+v finds %s", c.filter, got)
		}
	}
	m, err := w.Market.Member(ctx, aoi.Manager, yumi.MembershipID)
	if err != nil || len(m.Skills) != 1 || m.Skills[0].NameEN != "Bookkeeping" {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := w.Market.Member(ctx, yumi.Actor, yumi.MembershipID); err != nil {
		t.Errorf("her own: %v", err)
	}
	for who, want := range map[*market.Actor]error{&midori.Office: market.ErrNotFound, &aoi.Finance: market.ErrForbidden} {
		if _, err := w.Market.Member(ctx, *who, yumi.MembershipID); !errors.Is(err, want) {
			t.Errorf("%s: %v", who.Email, err)
		}
		if _, err := w.Market.People(ctx, *who, market.PeopleFilter{CompanyID: aoi.ID}); !errors.Is(err, want) {
			t.Errorf("%s: %v", who.Email, err)
		}
	}
}

func TestInvitingPeopleWritesToThoseWhoHaveNotJoined(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi, daniel, kenji := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Okafor Daniel"), midori.Alumnus("Mori Kenji")
	_, err := w.Market.SignIn(ctx, daniel.Email, markettest.Password)
	w.Check(err)
	both := []uuid.UUID{yumi.MembershipID, daniel.MembershipID}
	sent, err := w.Market.InvitePeople(ctx, aoi.Office, aoi.ID, both)
	if err != nil || sent != 1 {
		t.Fatalf("%d, %v", sent, err)
	}
	if letters := lettersOf(t, w, market.LetterJoin); len(letters) != 1 || letters[0].PersonID != yumi.PersonID {
		t.Errorf("%+v", letters)
	}
	if m, err := w.Market.Member(ctx, aoi.Office, yumi.MembershipID); err != nil || m.State != market.Invited {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := w.Market.InvitePeople(ctx, aoi.Office, aoi.ID, []uuid.UUID{kenji.MembershipID}); !errors.Is(err, market.ErrUnknownMember) {
		t.Errorf("another company's: %v", err)
	}
	if _, err := w.Market.InvitePeople(ctx, aoi.Manager, aoi.ID, both); !errors.Is(err, market.ErrForbidden) {
		t.Error(err)
	}
}

func TestHidingIsThePersonsOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, daniel := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Okafor Daniel")
	if err := w.Market.Hide(ctx, daniel.Actor, yumi.MembershipID, true); !errors.Is(err, market.ErrNotFound) {
		t.Error(err)
	}
	for _, hidden := range []bool{true, true, false} {
		w.Check(w.Market.Hide(ctx, yumi.Actor, yumi.MembershipID, hidden))
		p, err := w.Market.Profile(ctx, yumi.Actor)
		if err != nil || p.Memberships[0].Hidden != hidden || p.Memberships[0].CompanyName != "Aoi" ||
			p.Memberships[0].ID != yumi.MembershipID || len(p.Memberships[0].Stints) != 1 {
			t.Error(fmt.Sprint(p.Memberships, err))
		}
	}
}
