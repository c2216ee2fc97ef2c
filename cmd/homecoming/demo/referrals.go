package demo

import (
	"context"

	"homecoming/market"
)

// referrals are the programmes by which a company wants to be introduced to customers, and a customer of the alumna's who is asked:
// their letter is among the mails of the demo.
func (f *filler) referrals(ctx context.Context, at cast) error {
	stages := []market.ReferralStage{{Name: "連絡済み", NameEN: "Contacted"}, {Name: "要件の確認", NameEN: "Qualified"}, {Name: "提案中", NameEN: "Proposal"}}
	borrowers, err := f.Market.CreateProgramme(ctx, at.admin, at.company, market.ProgrammeDraft{Name: "設備投資をお考えのお客様", NameEN: "Customers who plan to invest",
		Wanted: "設備の更新をお考えの製造業のお客様をご紹介ください。", WantedEN: "Manufacturers who think of renewing their plant.", Stages: stages,
		Checklist: []market.ChecklistItem{{Text: "直近3期分の決算書がある", TextEN: "The last three annual accounts are at hand", Required: true}, {Text: "投資計画がある", TextEN: "There is a plan for the investment"}},
		Terms:     market.ReferralTerms{Fee: market.ShareFee, BP: 300, Cap: 1_000_000, HoldMonths: 6}})
	if err != nil {
		return err
	}
	_, err = f.Market.CreateProgramme(ctx, at.admin, at.company, market.ProgrammeDraft{Name: "共同開発のパートナー", NameEN: "Partners for open innovation", Stages: stages,
		Wanted: "新しい技術をお持ちのスタートアップや研究室をご紹介ください。", WantedEN: "Start-ups and laboratories with something new.",
		Terms: market.ReferralTerms{Fee: market.FixedFee, Amount: 50_000, HoldMonths: 12}})
	if err != nil {
		return err
	}
	_, err = f.Market.Introduce(ctx, at.alumna, market.ReferralDraft{ProgrammeID: borrowers.ID, Organisation: "株式会社青葉製作所", ContactName: "森 健二", ContactEmail: "mori@aoba.example", ContactLanguage: "ja",
		Why: "工場の空調を来年更新する予定です。森さんとは前職からのお付き合いです。", Ready: []int{0, 1}, Relation: market.NoRelation})
	return err
}
