package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/market"
)

// fromOwnBank are the tasks that the second company pays for from its own bank. Of what is owed by them two are paid, one
// waits in a pay run for a second person, and the last is in none.
var fromOwnBank = []story{
	{title: "治具図面の検図（第1回）", category: "design", fee: 80_000, dueIn: 12, brief: "既存治具の図面20枚の検図です。指摘は図面に赤字で入れてください。", skills: []string{"図面:2"}},
	{title: "金型の寸法測定データの整理", fee: 120_000, dueIn: 14, brief: "3か月分の測定データを品番ごとにまとめ、外れ値に印を付けてください。", skills: []string{"機械設計:1"}},
	{title: "搬送ラインの干渉チェック", category: "design", fee: 150_000, dueIn: 15, brief: "新ラインの3Dモデルで干渉を確認し、箇所を一覧にしてください。", skills: []string{"CAD:2"}},
	{title: "部品表の名寄せ", fee: 60_000, dueIn: 16, brief: "2つの部品表の表記揺れを揃えてください。", skills: []string{"図面:1"}},
}

// payFromBank has the second company pay from its own bank: work is done, a run is sent and confirmed by a statement,
// and another waits.
func (f *filler) payFromBank(ctx context.Context) error {
	play := f.casts[1]
	rail := market.BankFile
	if _, err := f.Market.UpdateCompany(ctx, play.admin, play.company, market.CompanyEdit{Rail: &rail}); err != nil {
		return err
	}
	account, err := f.Billing.AddBankAccount(ctx, play.staff[market.Finance], play.company, billing.BankAccount{Name: "みずほ 本店 当座", Consignor: "1234567890",
		BankDetails: billing.BankDetails{Bank: "0001", BankName: "ミズホ", Branch: "001", BranchName: "トウキヨウ", Kind: billing.CurrentAccount, Number: "1234567", Holder: "ホクトセイサクシヨ"}})
	if err != nil {
		return err
	}
	owed, err := f.owedFromBank(ctx, play)
	if err != nil {
		return err
	}
	rules, err := f.Billing.Rules(ctx, play.company)
	if err != nil {
		return err
	}
	draft := billing.PayRunDraft{Rail: rail, AccountID: account.ID, PayOn: rules.NextBusinessDay(f.today), Milestones: owed[:2]}
	if err := f.paidFromBank(ctx, play, account, draft); err != nil {
		return err
	}
	draft.PayOn, draft.Milestones = rules.NextBusinessDay(draft.PayOn.AddDays(1)), owed[2:3]
	_, err = f.Billing.ProposePayRun(ctx, play.staff[market.Finance], play.company, draft)
	return err
}

// owedFromBank has the alumna of the company do the work, and gives the milestones that are owed for it.
func (f *filler) owedFromBank(ctx context.Context, play cast) (owed []uuid.UUID, err error) {
	her := play.alumna
	_, err = f.Billing.SetPayeeAccount(ctx, her, billing.BankDetails{Bank: "0005", BankName: "ミツビシUFJ", Branch: "123", BranchName: "シンジユク",
		Kind: billing.OrdinaryAccount, Number: "7654321", Holder: "タカハシ ユミ"})
	if err != nil {
		return nil, err
	}
	for _, s := range fromOwnBank {
		c, err := f.award(ctx, play, s, her)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.title, err)
		}
		id := c.Milestones[0].ID
		_, started := f.Billing.Start(ctx, her, id)
		_, submitted := f.Billing.Submit(ctx, her, id, notes[play.lang].submit)
		_, accepted := f.Billing.Accept(ctx, play.manager, id)
		if err := errors.Join(started, submitted, accepted); err != nil {
			return nil, fmt.Errorf("%s: %w", s.title, err)
		}
		owed = append(owed, id)
	}
	return owed, nil
}

// award posts a task and gives it to somebody.
func (f *filler) award(ctx context.Context, play cast, s story, to market.Actor) (billing.Contract, error) {
	return f.awardFor(ctx, play, f.draft(play, s), to, market.Terms{Amount: market.Yen(s.fee), DeliverOn: f.today.AddDays(s.dueIn - 2), Message: notes[play.lang].bid})
}

// awardFor posts a task and gives it to somebody on some terms.
func (f *filler) awardFor(ctx context.Context, play cast, d market.TaskDraft, to market.Actor, terms market.Terms) (c billing.Contract, err error) {
	task, err := f.Market.PostTask(ctx, play.manager, d)
	if err != nil {
		return c, err
	}
	if task, err = f.Market.PublishTask(ctx, play.manager, task.ID); err != nil {
		return c, err
	}
	bid, err := f.Market.PlaceBid(ctx, to, task.ID, terms)
	if err != nil {
		return c, err
	}
	if err := f.look(ctx, play, bid.ID); err != nil {
		return c, err
	}
	return f.Billing.AcceptBid(ctx, play.manager, bid.ID, bid.Version)
}

// paidFromBank sends a pay run to the bank and imports the statement that says it was paid, and what the bank took for it.
func (f *filler) paidFromBank(ctx context.Context, play cast, from billing.BankAccount, d billing.PayRunDraft) error {
	r, err := f.Billing.ProposePayRun(ctx, play.staff[market.Finance], play.company, d)
	if err != nil {
		return err
	}
	_, approved := f.Billing.ApprovePayRun(ctx, play.staff[market.Approver], r.ID)
	_, filed := f.Billing.FilePayRun(ctx, play.staff[market.Finance], r.ID)
	_, sent := f.Billing.SendPayRun(ctx, play.staff[market.Finance], r.ID)
	if err := errors.Join(approved, filed, sent); err != nil {
		return err
	}
	day := fmt.Sprintf("%04d%02d%02d", d.PayOn.Year, d.PayOn.Month, d.PayOn.Day)
	statement := fmt.Sprintf("日付,出金,入金,残高,摘要\n%[1]s,%[2]d,,4820000,ｿｳｺﾞｳﾌﾘｺﾐ\n%[1]s,290,,4819710,ﾌﾘｺﾐﾃｽｳﾘﾖｳ\n", day, r.Total())
	given, err := f.Billing.UploadStatement(ctx, play.staff[market.Finance], from.ID, "入出金明細.csv", []byte(statement))
	if err != nil {
		return err
	}
	if _, err := f.Billing.ImportStatement(ctx, play.staff[market.Finance], given.ID, nil); err != nil {
		return err
	}
	return f.wait(ctx, func() (bool, error) { // the job that follows an import
		r, err = f.Billing.PayRun(ctx, play.staff[market.Finance], r.ID)
		return r.State == billing.RunConfirmed, err
	})
}
