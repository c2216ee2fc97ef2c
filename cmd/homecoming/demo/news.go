package demo

import (
	"context"

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
