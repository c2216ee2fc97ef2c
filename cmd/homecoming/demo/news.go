package demo

import (
	"context"

	"homecoming/internal/problem"
	"homecoming/market"
)

// news is what a company has told its people: something pinned, a position to come back to, and a draft.
func (f *filler) news(ctx context.Context, at cast) error {
	for _, d := range []market.DraftPost{
		{Title: "アルムナイの皆さまへ", TitleEN: "To everybody who was here", Pinned: true,
			Body:   "このネットワークでは、仕事の依頼のほか、イベントや近況をお届けします。\n\n- お知らせメールは、プロフィールの「同意」からいつでも開始・停止できます。\n- ご質問はイベントのページでもお受けします。",
			BodyEN: "Here you find work, events and what is going on.\n\n- Letters with news begin and stop in your profile.\n- Questions are welcome on the pages of events."},
		{Kind: market.Opening, Title: "経理部で一緒に働きませんか（再入社歓迎）", TitleEN: "Come back to accounting", Audience: market.DraftCircle{Who: market.ForAlumni},
			Body: "月次決算を担う方を募集します。週3日から、在宅も可能です。", BodyEN: "We look for somebody who closes the month. From three days a week, also from home."},
	} {
		p, err := f.Market.CreatePost(ctx, at.admin, at.company, d)
		if err != nil {
			return err
		}
		if _, err := f.Market.PublishPost(ctx, at.admin, p.ID, nil, false); err != nil {
			return err
		}
	}
	_, err := f.Market.CreatePost(ctx, at.admin, at.company, market.DraftPost{Title: "年末年始の窓口について", Body: "12月29日から1月3日までお休みをいただきます。"})
	return err
}

// returns have the alumna say that she would come back later, which her office begins to see to.
func (f *filler) returns(ctx context.Context, at cast) error {
	wish := market.DraftInterest{Openness: market.OpenLater, Roles: "経理・税務", Hours: 24, Place: "在宅中心", Note: "子どもの入学後であれば、ぜひ相談させてください。"}
	if at.lang == problem.English {
		wish.Roles, wish.Place, wish.Note = "Accounting, tax", "Mostly from home", "Once school has begun I would like to talk."
	}
	if _, err := f.Market.SayReturn(ctx, at.alumna, at.company, wish); err != nil {
		return err
	}
	list, err := f.Market.Returns(ctx, at.admin, at.company, false)
	if err != nil || len(list) == 0 {
		return err
	}
	next := f.present.AddDays(10)
	return f.Market.MoveReturn(ctx, at.admin, list[0].ID, list[0].Version, market.ReturnEdit{Stage: market.StageTalking, Mine: true, NextStep: "オンライン面談", NextOn: &next})
}
