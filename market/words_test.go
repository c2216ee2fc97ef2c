package market_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestWordsThatMeanNoSkillAreKeptAsTheyWereTyped(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	w.Tx(func(tx *gorm.DB) error { _, err := markettest.Resolve(tx, midori.ID, "Midori's secret"); return err })
	say := func(skills ...market.OwnSkill) market.Profile {
		t.Helper()
		p, err := w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{Skills: &skills})
		w.Check(err)
		return p
	}
	p := say(market.OwnSkill{Skill: "記帳", Level: 3}, market.OwnSkill{Skill: " Tea Ceremony ", Level: 1}, market.OwnSkill{Skill: "Midori's secret"})
	if len(p.Skills) != 1 || len(p.Words) != 2 || p.Words[0].Words != "Midori's secret" && p.Words[1].Words != "Midori's secret" {
		t.Fatalf("%+v", p)
	}
	uses, err := w.Market.UnsettledWords(ctx, aoi.Office, aoi.ID)
	if err != nil || len(uses) != 2 || uses[0].People != 1 || uses[0].Attested != 0 {
		t.Errorf("the office sees %+v, %v", uses, err)
	}
	if _, err := w.Market.UnsettledWords(ctx, aoi.Manager, aoi.ID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager: %v", err)
	}
	if uses, err := w.Market.UnsettledWords(ctx, midori.Office, midori.ID); err != nil || len(uses) != 0 {
		t.Errorf("another company sees %+v, %v", uses, err)
	}
	w.Skill("tea", "Way of tea", "茶道")
	w.Check(w.Market.SettleWords(ctx, yumi.Actor, "tea ceremony", "茶道"))
	p, err = w.Market.Profile(ctx, yumi.Actor)
	if err != nil || len(p.Skills) != 2 || len(p.Words) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	p = say(market.OwnSkill{Skill: "Bookkeeping", Level: 3}, market.OwnSkill{Skill: "tea", Level: 1})
	if len(p.Words) != 0 || w.Count("SELECT count(*) FROM person_skills WHERE typed IN ('Tea Ceremony', '記帳')") != 2 {
		t.Error("what was typed first is lost")
	}
	if err := w.Market.SettleWords(ctx, yumi.Actor, "tea ceremony", "tea"); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
}

func TestAnImportKeepsAWordOfTwoSkillsForTheOfficeToSettle(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	w.Skill("project-management", "Project management", "プロジェクト管理")
	resolve := func(tx *gorm.DB, company uuid.UUID, name string) (string, error) {
		if name == "PM" {
			return "", market.ErrSkillAmbiguous.With("skill", name).With("choices", "two things")
		}
		return markettest.Resolve(tx, company, name)
	}
	w.Market = market.New(w.DB, w.Clock, resolve, markettest.CheapPasswords)
	const file = "email,family_name,joined_on,left_on,skills\nken@x.example,Sato,2015-04-01,2020-03-31,PM:3;Project management:1\n"
	report := importInto(t, w, aoi, file, false)
	if report.Created != 1 || report.Rejected != 0 || len(report.Faults) != 1 || report.Faults[0].Column != "skills" {
		t.Fatalf("%+v", report)
	}
	if again := importInto(t, w, aoi, file, false); again.Unchanged != 1 {
		t.Errorf("again: %+v", again)
	}
	uses, err := w.Market.UnsettledWords(ctx, aoi.Office, aoi.ID)
	if err != nil || len(uses) != 1 || uses[0].Words != "PM" || uses[0].Attested != 1 {
		t.Fatalf("%+v, %v", uses, err)
	}
	if err := w.Market.SettleCompanyWords(ctx, aoi.Office, aoi.ID, "pm", "PM"); !errors.Is(err, market.ErrSkillAmbiguous) {
		t.Errorf("settled silently: %v", err)
	}
	w.Check(w.Market.SettleCompanyWords(ctx, aoi.Office, aoi.ID, "pm", "Project management"))
	if w.Count("SELECT level FROM person_skills WHERE skill_id = 'project-management'") != 3 || w.Count("SELECT count(*) FROM person_words") != 0 {
		t.Error("the words were not settled")
	}
	importInto(t, w, aoi, file, false)
	if w.Count("SELECT count(*) FROM person_words WHERE key = 'pm'") > 1 {
		t.Error("the words came back twice")
	}
}
