package demo

import (
	"context"
	"fmt"

	"homecoming/market"
)

// agreeing are so many alumni of a company who answered what they agree to: every fifth of them says no to letters.
const agreeing = 12

// profiles lets the alumna of the main job show what she did and when she has time, lets some people of the company say what they
// agree to, and has a manager and the office look at her page.
func (f *filler) profiles(ctx context.Context, at cast) error {
	about := "経理・税務を12年担当しました。月次・年次決算、法人税申告、監査対応が得意です。\n\n- 決算早期化（10営業日から6営業日へ）\n- 英語での監査法人対応"
	_, err := f.Market.UpdateProfile(ctx, at.alumna, market.ProfileEdit{Introduction: &about, Portfolio: &[]string{"https://portfolio.example/closing"},
		Languages: &[]market.SpokenLanguage{{Code: "ja", Level: "native"}, {Code: "en", Level: "business", Note: "TOEIC 880"}}})
	if err != nil {
		return err
	}
	busy := f.present.AddDays(45)
	_, err = f.Market.SetCalendar(ctx, at.alumna, market.Calendar{{From: f.present, Until: busy.AddDays(-1), Hours: 16}, {From: busy, Until: busy.AddDays(17)}})
	if err != nil {
		return err
	}
	hers, ok := at.members["alumna@"+at.house.domain]
	if !ok {
		return fmt.Errorf("%s has no alumna", at.house.english)
	}
	for _, who := range []market.Actor{at.manager, at.admin} {
		if _, err := f.Market.LookAt(ctx, who, hers); err != nil {
			return err
		}
	}
	return f.consent(ctx, at)
}

// consent has some of a company's people answer.
func (f *filler) consent(ctx context.Context, at cast) error {
	list, err := f.Market.People(ctx, at.admin, market.PeopleFilter{CompanyID: at.company, Limit: agreeing})
	if err != nil {
		return err
	}
	for i, m := range list {
		answers := []market.Answer{{Purpose: market.ForNews, Yes: i%5 != 0, Wording: market.ForNews.Wording()},
			{Purpose: market.ForDirectory, Yes: true, Wording: market.ForDirectory.Wording()}}
		if err := f.Market.SetConsents(ctx, market.Actor{PersonID: m.PersonID}, at.company, market.InProfile, answers...); err != nil {
			return err
		}
	}
	return nil
}
