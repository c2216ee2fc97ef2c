package market_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestPeopleShowWhatTheyDidAndWhatShowsIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.Skill("corporate-tax", "Corporate tax", "法人税")
	text, skills := "Closed **the books** of six companies.\r\n\r\n- in Japanese\r\n- in English", []market.OwnSkill{{Skill: "corporate-tax", Level: 3}}
	_, err := w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{Skills: &skills, Introduction: &text,
		Portfolio: &[]string{" https://example.com/a ", "", "https://example.com/a", "https://例え.jp/作品"},
		Languages: &[]market.SpokenLanguage{{Code: "ja", Level: "native"}, {Code: "en", Level: "business", Note: " CEFR C1 "}},
		Evidence:  &[]market.SkillEvidence{{Skill: "corporate-tax", About: "Filed 40 returns.", Links: []string{"https://example.com/returns"}}}})
	w.Check(err)
	skills[0].Level = 2
	_, err = w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{Skills: &skills})
	w.Check(err)
	m, err := w.Market.Member(ctx, aoi.Manager, yumi.MembershipID)
	w.Check(err)
	if m.Introduction != text || len(m.Portfolio) != 2 || len(m.Languages) != 2 || m.Languages[1].Note != "CEFR C1" {
		t.Errorf("%+v", m)
	}
	if k := m.Skills[0]; k.Level != 2 || k.About != "Filed 40 returns." || k.Links.List()[0] != "https://example.com/returns" {
		t.Errorf("another level lost what shows the skill: %+v", k)
	}
}

func TestWhatPeopleShowIsRefusedWhereItCannotBeShown(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	long, many := strings.Repeat("あ", 4001), make([]string, 9)
	for i := range many {
		many[i] = "https://example.com/" + strings.Repeat("a", i)
	}
	links := func(l ...string) market.ProfileEdit { return market.ProfileEdit{Portfolio: &l} }
	speaks := func(l ...market.SpokenLanguage) market.ProfileEdit { return market.ProfileEdit{Languages: &l} }
	for name, c := range map[string]struct {
		edit market.ProfileEdit
		want error
	}{
		"long":          {market.ProfileEdit{Introduction: &long}, market.ErrTooLong},
		"many":          {links(many...), market.ErrTooManyLinks},
		"plain":         {links("http://example.com"), market.ErrLink},
		"a password":    {links("https://yumi:secret@example.com"), market.ErrLink},
		"a script":      {links("javascript:alert(1)"), market.ErrLink},
		"no host":       {links("https:///x"), market.ErrLink},
		"at home":       {links("https://localhost/x"), market.ErrLink},
		"a long link":   {links("https://example.com/" + strings.Repeat("a", 500)), market.ErrTooLong},
		"a zero byte":   {links("https://example.com/\x00"), market.ErrLink},
		"no language":   {speaks(market.SpokenLanguage{Code: "tlh", Level: "native"}), market.ErrNotOneOf},
		"no level":      {speaks(market.SpokenLanguage{Code: "en", Level: "good"}), market.ErrNotOneOf},
		"twice":         {speaks(market.SpokenLanguage{Code: "en", Level: "basic"}, market.SpokenLanguage{Code: "en", Level: "native"}), market.ErrLanguageTwice},
		"a long note":   {speaks(market.SpokenLanguage{Code: "en", Level: "basic", Note: strings.Repeat("x", 41)}), market.ErrTooLong},
		"not her skill": {market.ProfileEdit{Evidence: &[]market.SkillEvidence{{Skill: "sorcery", About: "x"}}}, market.ErrNotSaid},
	} {
		if _, err := w.Market.UpdateProfile(context.Background(), yumi.Actor, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACalendarSaysTheDayThatRankingsKnow(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	day := w.Today()
	free := func() *civil.Date {
		p, err := w.Market.Profile(ctx, yumi.Actor)
		w.Check(err)
		return p.Person.AvailableFrom
	}
	told := func() int { return w.Count("SELECT count(*) FROM index_pending") }
	before := told()
	_, err := w.Market.SetCalendar(ctx, yumi.Actor, market.Calendar{{From: day.AddDays(10), Until: day.AddDays(19)}, {From: day.AddDays(20), Until: day.AddDays(24)}, {From: day.AddDays(30), Until: day.AddDays(40), Hours: 10}})
	w.Check(err)
	if free() != nil || told() != before {
		t.Errorf("with time today, %v is told", free())
	}
	w.Clock.Advance(10 * 24 * time.Hour)
	n, err := w.Market.TurnCalendars(ctx)
	w.Check(err)
	if got := free(); n != 1 || got == nil || *got != day.AddDays(25) || told() != before+1 {
		t.Errorf("a busy period began: %d turned, free from %v, %d told", n, got, told()-before)
	}
	if n, err := w.Market.TurnCalendars(ctx); n != 0 || err != nil {
		t.Errorf("turned again: %d, %v", n, err)
	}
	sooner := day.AddDays(15)
	_, err = w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{AvailableFrom: &sooner})
	w.Check(err)
	c, err := w.Market.MyCalendar(ctx, yumi.Actor)
	w.Check(err)
	if len(c) != 2 || c[0] != (market.Period{From: day.AddDays(10), Until: day.AddDays(14)}) || c[1].Hours != 10 || *free() != sooner {
		t.Errorf("saying a day makes the calendar %v, free from %v", c, free())
	}
	m, err := w.Market.Member(ctx, aoi.Manager, yumi.MembershipID)
	if err != nil || len(m.Calendar) != 2 {
		t.Errorf("a manager sees %v, %v", m.Calendar, err)
	}
	_, err = w.Market.SetCalendar(ctx, yumi.Actor, nil)
	w.Check(err)
	if free() != nil {
		t.Errorf("without a calendar, free from %v", free())
	}
	later := day.AddDays(60)
	_, err = w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{AvailableFrom: &later})
	w.Check(err)
	if c, err := w.Market.MyCalendar(ctx, yumi.Actor); err != nil || len(c) != 1 || c[0].Until != later.AddDays(-1) {
		t.Errorf("a day alone reads as %v, %v", c, err)
	}
}

func TestPeopleLearnWhoLookedAsTheCompanyAllows(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	look := func(who market.Actor) {
		_, err := w.Market.LookAt(ctx, who, yumi.MembershipID)
		w.Check(err)
	}
	look(aoi.Manager)
	look(aoi.Manager)
	look(yumi.Actor)
	_, err := w.Market.People(ctx, aoi.Office, market.PeopleFilter{CompanyID: aoi.ID})
	w.Check(err)
	if _, err := w.Market.LookAt(ctx, aoi.Finance, yumi.MembershipID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("finance: %v", err)
	}
	seen, err := w.Market.WhoLooked(ctx, yumi.Actor)
	if err != nil || len(seen) != 1 || seen[0].Role != "manager" || seen[0].Name != "" || seen[0].Company != "Aoi" || seen[0].Day != w.Today() {
		t.Errorf("%+v, %v", seen, err)
	}
	yes := true
	_, err = w.Market.UpdateCompany(ctx, aoi.Administrator, aoi.ID, market.CompanyEdit{NamesViewers: &yes})
	w.Check(err)
	w.Clock.Advance(24 * time.Hour)
	look(aoi.Office)
	seen, err = w.Market.WhoLooked(ctx, yumi.Actor)
	if err != nil || len(seen) != 2 || seen[0].Name != "Office Aoi" || seen[1].Name != "" {
		t.Errorf("names of the days before they were shown: %+v, %v", seen, err)
	}
	w.Clock.Advance(90 * 24 * time.Hour)
	if seen, err = w.Market.WhoLooked(ctx, yumi.Actor); err != nil || len(seen) != 0 {
		t.Errorf("after 90 days: %+v, %v", seen, err)
	}
	w.Check(w.Market.Sweep(ctx))
	if n := w.Count("SELECT count(*) FROM profile_looks"); n != 0 {
		t.Errorf("%d looks are kept", n)
	}
}
