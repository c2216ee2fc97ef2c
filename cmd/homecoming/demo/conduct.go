package demo

import (
	"context"

	"homecoming/market"
)

// conduct has a company's own people agree to the rules that everybody keeps; its alumni are still asked. One of them reports
// something, and the company's desk looks into it.
func (f *filler) conduct(ctx context.Context, c cast) error {
	if err := f.Market.AgreeConduct(ctx, c.admin, c.company, market.HouseConduct); err != nil {
		return err
	}
	for _, who := range c.staff {
		if err := f.Market.AgreeConduct(ctx, who, c.company, market.HouseConduct); err != nil {
			return err
		}
	}
	made, err := f.Market.MakeReport(ctx, c.alumna, c.company, market.ReportDraft{Category: "unpaid", Text: "納品後に、追加の資料作成を無償で頼まれました。断ってもよいでしょうか。\n\n(After delivery I was asked for more slides without pay. May I say no?)"})
	if err != nil {
		return err
	}
	return f.Market.TakeReport(ctx, c.admin, made.ID, 1, market.DeskStep{Do: market.LookIntoReport, Text: "ご連絡ありがとうございます。契約の範囲を確認しています。\n\n(Thank you. We are looking at what was agreed.)"})
}
