package demo

import (
	"context"
	"maps"
	"slices"
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

// A visitor is somebody who came to the lunch of last month, and what they said of it afterwards.
type visitor struct {
	who    market.Actor
	guests []string
	rating int // 0: they have not said anything yet
	words  string
}

// lunch is an event of last month to which half of those who came had left. It begins in a few minutes, so that people are let in
// now. What is said of it comes from [filler.afterLunch].
func (f *filler) lunch(ctx context.Context, at cast) error {
	starts := f.Now().Add(30 * time.Minute).Truncate(15 * time.Minute)
	e, err := f.Market.CreateEvent(ctx, at.staff[market.Office], at.company, market.DraftEvent{Title: "秋の昼食会", TitleEN: "An autumn lunch",
		Description: "退職された方と従業員が、近況を話しながら食事をする会です。", DescriptionEN: "Who left and who works here eat together and catch up.",
		Way: market.OnSite, Place: "本社2階 社員食堂", Address: "東京都千代田区丸の内1-1-1", StartsAt: starts, EndsAt: starts.Add(2 * time.Hour), Seats: 30, Guests: 1})
	if err != nil {
		return err
	}
	if _, err := f.Market.PublishEvent(ctx, at.staff[market.Office], e.ID); err != nil {
		return err
	}
	if err := f.gathered(ctx, at, e); err != nil {
		return err
	}
	visitors, err := f.visitors(ctx, at)
	if err != nil {
		return err
	}
	for _, v := range visitors {
		r, err := f.Market.AnswerEvent(ctx, v.who, e.ID, market.AnswerDraft{Way: market.OnSite, Guests: v.guests})
		if err != nil {
			return err
		}
		for _, t := range r.Tickets {
			if _, err := f.Market.CheckIn(ctx, at.staff[market.Office], t.Code); err != nil {
				return err
			}
		}
	}
	f.eaten = e.ID
	return nil
}

// gathered has the approver hear of news and events once a day, and tells of two things that come in one letter the next morning.
func (f *filler) gathered(ctx context.Context, at cast, e market.Event) error {
	daily := map[market.NoticeKind]market.Way{market.NewsEvents: market.Daily, market.NewsPosts: market.Daily}
	if _, err := f.Market.SetHearing(ctx, at.staff[market.Approver], market.HearingEdit{Ways: daily}); err != nil {
		return err
	}
	if _, err := f.Market.SendEventInvitations(ctx, e.ID); err != nil {
		return err
	}
	p, err := f.Market.CreatePost(ctx, at.staff[market.Office], at.company, market.DraftPost{Title: "アルムナイの窓口を開きました", TitleEN: "Our alumni office is open",
		Body: "退職された方との窓口を人事部に設けました。ご意見をお寄せください。", BodyEN: "Human Resources has an office for everybody who left. Tell us what you would like."})
	if err != nil {
		return err
	}
	_, err = f.Market.PublishPost(ctx, at.staff[market.Office], p.ID, nil, true)
	return err
}

// afterLunch ends the lunch and has people say how it was: one fewer than a result needs, so that the alumna's answer completes it.
func (f *filler) afterLunch(ctx context.Context, at cast) error {
	if _, err := f.Market.EndEvents(ctx); err != nil {
		return err
	}
	if _, err := f.Market.GatherDigests(ctx); err != nil {
		return err
	}
	visitors, err := f.visitors(ctx, at)
	if err != nil {
		return err
	}
	for _, v := range visitors {
		if v.rating == 0 {
			continue
		}
		if err := f.Market.GiveFeedback(ctx, v.who, f.eaten, v.rating, v.words); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) visitors(ctx context.Context, at cast) ([]visitor, error) {
	list := []visitor{{who: at.alumna, guests: []string{"田中 花子"}}, {who: at.manager, rating: 5, words: "久しぶりに元の上司と話せました。"}, {who: at.staff[market.Staff], rating: 4}}
	alumni := map[string]visitor{"alumni004": {rating: 5, words: "次は夜の会もお願いします。"}, "alumni009": {rating: 4}}
	for _, address := range slices.Sorted(maps.Keys(alumni)) {
		m, err := f.Market.Member(ctx, at.admin, at.members[address+"@"+at.house.domain])
		if err != nil {
			return nil, err
		}
		v := alumni[address]
		if v.who, err = f.Market.ActorOf(ctx, m.PersonID); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
