package demo

import (
	"context"
	"fmt"
	"slices"

	"homecoming/billing"
	"homecoming/market"
)

// A setAside is a cost centre with one order that is taken from it, in yen.
type setAside struct {
	code, name  string
	limit       int64
	order, work string
	ordered     int64
}

// budgets sets money aside that the stories are paid from.
func (f *filler) budgets(ctx context.Context, of cast) error {
	for _, c := range of.house.centres {
		for _, e := range []market.BudgetEdit{
			{Budget: market.Budget{Kind: market.CostCentre, Code: c.code, Name: c.name, Amount: &c.limit}},
			{Budget: market.Budget{Kind: market.PurchaseOrder, Code: c.order, Name: c.work, Amount: &c.ordered}, Within: c.code},
		} {
			if _, err := f.Market.CreateBudget(ctx, of.staff[market.Finance], of.company, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// desk makes the finance desks look as on any morning. Last month is ready to be closed at both companies; at the first a
// yes is waited for and nothing else needs anybody, so that its books reconcile to zero; at the second two things do.
func (f *filler) desk(ctx context.Context, clean, busy cast) error {
	for _, s := range []struct {
		of   cast
		step func(context.Context, cast) error
	}{{clean, f.approvals}, {clean, f.otherTerms}, {clean, f.papers}, {busy, f.returnedPayout}, {busy, f.bank}, {clean, f.compare}, {busy, f.compare}} {
		if err := s.step(ctx, s.of); err != nil {
			return err
		}
	}
	return nil
}

// renewal is work that costs so much that two people have to agree to it.
var renewal = story{until: published, title: "基幹システム更改の要件整理", department: "情報システム部", paidFrom: "CC-100", fee: 620_000, dueIn: 60,
	brief:  "現行の購買・在庫システムの業務要件を整理し、RFPの案を作成してください。\n\n- 関係部門への聞き取り（オンライン、6回程度）\n- 要件一覧と優先順位\n- RFPの案（日本語）",
	skills: []string{"プロジェクト管理:2", "PostgreSQL:1?"}}

// approvals has spending approved above an amount, asks for some, and has the approver be away for a week.
func (f *filler) approvals(ctx context.Context, of cast) error {
	approver := of.staff[market.Approver]
	err := f.Market.SetApprovalRules(ctx, of.admin, of.company, []market.ApprovalRule{{Above: 500_000, ApproverID: &approver.PersonID}, {Above: 600_000, ApproverID: &of.admin.PersonID}})
	if err != nil {
		return err
	}
	task, err := f.Market.PostTask(ctx, of.manager, f.draft(of, renewal))
	if err != nil {
		return err
	}
	if _, err := f.Market.AskSpending(ctx, of.manager, task.ID, market.Yen(renewal.fee), "年度内にRFPを発行するため、12月中に着手したいです。"); err != nil {
		return err
	}
	if err := f.play(ctx, of, renewal, task.ID); err != nil {
		return err
	}
	_, err = f.Market.Delegate(ctx, approver, of.company, of.admin.PersonID, f.today, f.today.AddDays(7))
	return err
}

// contractOf is a company's contract of a title, with who works on it.
func (f *filler) contractOf(ctx context.Context, of cast, title string) (billing.Contract, market.Actor, error) {
	list, err := f.Billing.Contracts(ctx, of.manager, billing.ContractFilter{CompanyID: of.company, Limit: 100})
	if err != nil {
		return billing.Contract{}, market.Actor{}, err
	}
	i := slices.IndexFunc(list, func(c billing.Contract) bool { return c.Title == title })
	if i < 0 {
		return billing.Contract{}, market.Actor{}, fmt.Errorf("there is no contract %s", title)
	}
	who, err := f.Market.ActorOf(ctx, list[i].PersonID)
	return list[i], who, err
}

// otherTerms has an alumnus offer to do more than was agreed.
func (f *filler) otherTerms(ctx context.Context, of cast) error {
	c, alumnus, err := f.contractOf(ctx, of, "社内ネットワーク更改の設計レビュー")
	if err != nil {
		return err
	}
	m := c.Milestones[0]
	_, err = f.Billing.OfferChange(ctx, alumnus, c.ID, billing.ChangeDraft{Reason: "設計書に大阪拠点が追加されていたため、同じ観点でのレビューを追加でお受けできます。",
		Milestones: []billing.ChangedMilestone{{ID: &m.ID, Title: m.Title, Amount: m.Amount, DueOn: m.DueOn}, {Title: "大阪拠点の追加レビュー", Amount: 60_000, DueOn: m.DueOn.AddDays(7)}}})
	return err
}

// papers issues last month's documents, and has one supplier confirm a statement and another object to one.
func (f *filler) papers(ctx context.Context, of cast) error {
	if _, err := f.Billing.IssuePeriods(ctx); err != nil {
		return err
	}
	var statements []billing.Paper
	err := f.wait(ctx, func() (is bool, err error) {
		statements, err = f.Billing.Papers(ctx, of.staff[market.Finance], of.company, billing.PaperFilter{Kind: billing.StatementPaper})
		return len(statements) > len(pastOf[of.house.name]), err
	})
	if err != nil {
		return err
	}
	confirmed, wrong := statements[len(statements)-1], statements[len(statements)-2]
	if _, err := f.Billing.ConfirmPaper(ctx, market.Actor{PersonID: *confirmed.PersonID}, confirmed.ID, confirmed.DataHash, billing.ByPage); err != nil {
		return err
	}
	_, err = f.Billing.ObjectToPaper(ctx, market.Actor{PersonID: *wrong.PersonID}, wrong.ID, wrong.DataHash, "取引日が納品日ではなく検収日になっていないか、ご確認をお願いします。", billing.ByPage)
	return err
}

// returnedPayout has a bank send money back: its account was closed.
func (f *filler) returnedPayout(ctx context.Context, of cast) error {
	c, alumnus, err := f.contractOf(ctx, of, "検査成績書の様式統一")
	if err != nil {
		return err
	}
	if alumnus.PersonID == of.alumna.PersonID {
		return fmt.Errorf("%s is the one whom the main job pays", alumnus.Name)
	}
	paid, err := f.Billing.MyPayouts(ctx, alumnus, "", 1)
	if err != nil {
		return err
	}
	if err := f.browser.Do(ctx, "POST", "/_stand-in/payouts", "", map[string]string{"action": "fail", "payout": paid[0].ID, "reason": "account_closed"}, nil); err != nil {
		return err
	}
	return f.until(ctx, of, c.Milestones[0].ID, billing.MilestonePayoutFailed)
}

// bank takes in a statement with one line that nothing explains.
func (f *filler) bank(ctx context.Context, of cast) error {
	finance := of.staff[market.Finance]
	a, err := f.Billing.AddBankAccount(ctx, finance, of.company, billing.BankAccount{Name: "経費口座", BankDetails: billing.BankDetails{Bank: "0001", BankName: "ミズホ", Branch: "110",
		BranchName: "マルノウチ", Kind: billing.OrdinaryAccount, Number: "1234567", Holder: "カ)ホクトセイサクシヨ"}})
	if err != nil {
		return err
	}
	file := fmt.Sprintf("日付,摘要,お支払金額,お預り金額,差引残高\n%s,口座維持手数料,440,,1284560\n", f.today.AddDays(-1))
	b, err := f.Billing.UploadStatement(ctx, finance, a.ID, "入出金明細.csv", []byte(file))
	if err != nil {
		return err
	}
	_, err = f.Billing.ImportStatement(ctx, finance, b.ID, nil)
	return err
}

// compare reconciles from the first day of last month on.
func (f *filler) compare(ctx context.Context, of cast) error {
	finance := of.staff[market.Finance]
	r, err := f.Billing.StartReconciliation(ctx, finance, of.company, f.today.AddDays(1-f.today.Day).AddMonths(-1), f.today)
	if err != nil {
		return err
	}
	return f.wait(ctx, func() (bool, error) {
		r, err := f.Billing.Reconciliation(ctx, finance, r.ID)
		return r.FinishedAt != nil, err
	})
}
