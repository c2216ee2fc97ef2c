package demo

import (
	"context"
	"time"

	"homecoming/internal/problem"
	"homecoming/market"
)

// events are what a company asks its people to: a day of volunteers that an alumna runs with the office, and an hour online with HR.
func (f *filler) events(ctx context.Context, at cast) error {
	day := func(days, hour int) time.Time {
		return f.present.AddDays(days).In(jst).Add(time.Duration(hour) * time.Hour)
	}
	from := day(9, 18)
	drafts := []market.DraftEvent{
		{Title: "ホームカミングデー：川辺の清掃と懇親会", TitleEN: "Homecoming Day: cleaning the riverside, and a party",
			Description:   "従業員と退職者が半分ずつ集まるボランティアの日です。軍手とごみ袋は用意します。\n\n- 13:00 集合\n- 16:00 懇親会",
			DescriptionEN: "Half of us still work here, half have left. Gloves and bags are there.\n\n- 13:00 we meet\n- 16:00 the party",
			Way:           market.OnSite, Place: "本社1階ロビー", Address: "東京都千代田区丸の内1-1-1", StartsAt: day(16, 13), EndsAt: day(16, 18), Seats: 40, Guests: 2},
		{Title: "人事とのオンライン質問会", TitleEN: "Questions to HR, online", Description: "再入社の制度や福利厚生について、人事が質問にお答えします。",
			DescriptionEN: "HR answers questions about coming back and about benefits.", Way: market.Online, Link: "https://meet.example.com/hr", LinkFrom: &from,
			StartsAt: day(9, 19), EndsAt: day(9, 20), SeatsOnline: 100, Audience: market.DraftCircle{Who: market.ForAlumni, Group: true}},
	}
	for i, d := range drafts {
		e, err := f.Market.CreateEvent(ctx, at.admin, at.company, d)
		if err != nil {
			return err
		}
		if _, err := f.Market.PublishEvent(ctx, at.admin, e.ID); err != nil {
			return err
		}
		if i > 0 {
			continue // the alumna is asked, and has not answered yet
		}
		if err := f.Market.AddHost(ctx, at.admin, e.ID, at.alumna.Email); err != nil {
			return err
		}
		if err := f.meet(ctx, at, e); err != nil {
			return err
		}
	}
	return nil
}

// meet has people answer an event, one of them with a guest, and ask something.
func (f *filler) meet(ctx context.Context, at cast, e market.Event) error {
	guest, question := "田中 花子", "駐車場はありますか。"
	if at.lang == problem.English {
		guest, question = "Hannah Tanaka", "Is there parking?"
	}
	for who, d := range map[*market.Actor]market.AnswerDraft{&at.alumna: {Way: market.OnSite, Guests: []string{guest}}, &at.manager: {Way: market.OnSite}} {
		if _, err := f.Market.AnswerEvent(ctx, *who, e.ID, d); err != nil {
			return err
		}
	}
	q, err := f.Market.AskQuestion(ctx, at.manager, e.ID, question, true)
	if err != nil {
		return err
	}
	return f.Market.Vote(ctx, at.alumna, q.ID, true)
}
