package demo

import (
	"context"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// searches keeps a few searches, so that there is something to look at and to hear from.
func (f *filler) searches(ctx context.Context, play cast) error {
	words := [3]string{"税", "語学ができる方", "経理・税務の案件"}
	if play.lang == problem.English {
		words = [3]string{"research", "Speaks another language", "Research work"}
	}
	least := int64(100_000)
	for _, one := range []struct {
		who market.Actor
		matching.SearchDraft
	}{
		{play.alumna, matching.SearchDraft{Kind: matching.ForWork, Name: words[2], Text: words[0], BudgetFrom: &least, Rhythm: matching.Instant}},
		{play.alumna, matching.SearchDraft{Kind: matching.ForWork, Rhythm: matching.Weekly}},
		{play.manager, matching.SearchDraft{Kind: matching.ForTalent, CompanyID: play.company, Name: words[1], Skills: []string{"english"}, Rhythm: matching.Daily}},
	} {
		one.who.Language = play.lang
		if _, err := f.Matching.SaveSearch(ctx, one.who, one.SearchDraft); err != nil {
			return err
		}
	}
	return nil
}
