package billing

import (
	"cmp"
	"encoding/json"
	"strconv"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/paper"
	"homecoming/market"
)

// A Statement is the buyer's statement 仕入明細書 of one accepted milestone: what a qualified invoice would say, written by
// who buys and confirmed by who sells (消費税法30条9項3号). Amounts are minor units, the very ones of the ledger.
type Statement struct {
	Contract    string           `json:"contract"`
	ContractID  uuid.UUID        `json:"contract_id"`
	MilestoneID uuid.UUID        `json:"milestone_id"`
	Buyer       PaperParty       `json:"buyer"`
	Supplier    PaperParty       `json:"supplier"`
	DealtOn     civil.Date       `json:"dealt_on"` // the day of receipt
	AcceptedOn  civil.Date       `json:"accepted_on"`
	PayBy       civil.Date       `json:"pay_by"`
	Lines       []StatementLine  `json:"lines"`
	Rates       []StatementRate  `json:"rates"`
	Withholding *StatementTax    `json:"withholding,omitempty"`
	Kept        int64            `json:"kept"`     // for an old debt, as agreed in writing
	Returned    int64            `json:"returned"` // taken back after payment, as two people decided
	Transfer    int64            `json:"transfer"` // what the supplier receives in the end
	Currency    string           `json:"currency"`
	Deductible  *StatementDeduct `json:"deductible,omitempty"`
	ConfirmDays int              `json:"confirm_days"`
}

// A StatementLine is one thing that was bought, without tax.
type StatementLine struct {
	Description string     `json:"description"`
	Day         civil.Date `json:"day"`
	RateBP      int64      `json:"rate_bp"` // basis points
	Amount      int64      `json:"amount"`
	Minutes     int64      `json:"minutes,omitempty"` // of hourly work, at HourlyRate
	HourlyRate  int64      `json:"hourly_rate,omitempty"`
}

// A StatementRate sums the lines of one rate. Their tax is rounded once.
type StatementRate struct {
	RateBP int64 `json:"rate_bp"`
	Amount int64 `json:"amount"`
	Tax    int64 `json:"tax"`
}

// A StatementTax is income tax kept back, and for which category of work.
type StatementTax struct {
	Category string `json:"category"`
	Base     int64  `json:"base"`
	Amount   int64  `json:"amount"`
}

// Sums are the amounts of a statement, with the category by which tax was withheld. Other documents have none, nor has a statement
// of which a part was kept or taken back: what became of those stands on it.
func (p Paper) Sums() (q Quote, category string, has bool) {
	var of struct{ Content Statement }
	if p.Kind != StatementPaper || json.Unmarshal([]byte(p.Data), &of) != nil || of.Content.Kept != 0 || of.Content.Returned != 0 {
		return q, "", false
	}
	q, category = Quote{Currency: of.Content.Currency, Net: of.Content.Transfer}, "none"
	for _, r := range of.Content.Rates {
		q.Fee, q.Tax = q.Fee+r.Amount, q.Tax+r.Tax
	}
	if w := of.Content.Withholding; w != nil {
		q.Withheld, category = w.Amount, w.Category
	}
	return q, category, true
}

// A StatementDeduct is what a buyer may deduct of the tax paid to a supplier who is not registered.
type StatementDeduct struct {
	ShareBP int64 `json:"share_bp"`
	Tax     int64 `json:"tax"`
}

// statementOf states an accepted milestone. The tax is the milestone's own: it was rounded once when the milestone was
// agreed, and the ledger moved that.
func statementOf(company market.Company, p market.Person, c Contract, m Milestone, category string, r Rules) Statement {
	q, zone := m.Quote(), company.Zone()
	accepted := civil.DateOf(m.AcceptedAt.In(zone))
	dealt := accepted
	if m.ReceivedOn != nil {
		dealt = *m.ReceivedOn
	}
	bp := int64(0)
	if m.Currency == "JPY" {
		bp = r.value(TaxRule, "standard", m.DueOn)
	}
	st := Statement{Contract: c.Label(), ContractID: c.ID, MilestoneID: m.ID, Buyer: partyOf(company), Supplier: PaperParty{Name: supplierName(p, c), Number: p.RegistrationNumber},
		DealtOn: dealt, AcceptedOn: accepted, PayBy: q.LatestPayment, Lines: []StatementLine{{Description: c.Title + " · " + m.Title, Day: dealt, RateBP: bp, Amount: q.Fee}},
		Rates: []StatementRate{{RateBP: bp, Amount: q.Fee, Tax: q.Tax}}, Kept: m.Recovered, Returned: m.Reversed, Transfer: m.Transferred() - m.Reversed,
		Currency: m.Currency, ConfirmDays: int(r.value(ConfirmRule, "statement", accepted))}
	if c.Title == m.Title {
		st.Lines[0].Description = m.Title
	}
	if m.HoursPaid() {
		st.Lines[0].Minutes, st.Lines[0].HourlyRate = min(m.Minutes, m.CapMinutes), m.Rate
	}
	if q.Withheld > 0 {
		st.Withholding = &StatementTax{category, q.Fee, q.Withheld}
	}
	if p.RegistrationNumber == "" && q.Tax > 0 {
		st.Deductible = &StatementDeduct{r.value(DeductibleRule, "unregistered", dealt), r.DeductibleTax(dealt, q.Tax, false)}
	}
	return st
}

// supplierName is the name that the contract was made under: that of the corporation only where it was one then.
func supplierName(p market.Person, c Contract) string {
	if c.Terms.Corporate {
		return p.TradesAs()
	}
	return p.Name()
}

func partyOf(c market.Company) PaperParty {
	return PaperParty{Name: c.NameIn(c.Language), Address: c.Address, Number: c.TaxNumber}
}

func (s *Service) draftStatement(tx *gorm.DB, company market.Company, c Contract, m Milestone, r Rules) (draft, error) {
	var p market.Person
	if err := tx.Table("payees").Where("id = ?", c.PersonID).Take(&p).Error; err != nil {
		return draft{}, err
	}
	if err := withDocuments(tx, &c); err != nil {
		return draft{}, err
	}
	st := statementOf(company, p, c, m, cmp.Or(m.WithholdingCategory, c.Terms.WithholdingCategory), r)
	return draft{kind: StatementPaper, subject: "milestone:" + m.ID.String(), contract: &c.ID, person: &c.PersonID, counterparty: p.Name(), title: m.Title,
		day: st.DealtOn, amount: st.Transfer, currency: m.Currency, rules: r, confirmDays: max(1, st.ConfirmDays), content: st}, nil
}

func (st Statement) money(amount int64) string {
	return market.Money{Amount: amount, Currency: st.Currency}.String()
}

func (st Statement) sheet(l wording) paper.Document {
	d := paper.Document{Title: l.say("Purchase statement", "仕入明細書"), To: l.to(st.Supplier, false), From: paper.Party{Name: st.Buyer.Name, Lines: l.lines(st.Buyer)}}
	d.To.Label, d.From.Label = l.say("Supplier", "支払先（売手）"), l.say("Issued by (buyer)", "発行者（買手）")
	if st.Supplier.Number == "" {
		d.To.Lines = append(d.To.Lines, l.say("Not registered as an issuer of qualified invoices", "適格請求書発行事業者の登録なし"))
	}
	d.Figure = &paper.Figure{Label: l.say("Amount of transfer", "お支払金額"), Amount: st.money(st.Transfer), Parts: st.parts(l)}
	d.Sections = []paper.Section{{Heading: l.say("What was delivered", "取引の内容"), Table: st.lines(l)}, {Heading: l.say("By rate of consumption tax", "税率ごとの合計"), Table: st.rates(l)},
		{Heading: l.say("Particulars", "取引の詳細"), Facts: st.facts(l)}}
	d.Closing = []string{l.say("Please confirm this statement, or tell us what is wrong with it, within "+strconv.Itoa(st.ConfirmDays)+" days of its issue. Without word from you by then it is taken to be confirmed as it stands.",
		"本書の内容をご確認ください。誤りがある場合は発行日から"+strconv.Itoa(st.ConfirmDays)+"日以内にご連絡をお願いいたします。期限までにご連絡がない場合は、記載内容のとおり確認があったものとさせていただきます。")}
	return d
}

// parts is how the amount comes about.
func (st Statement) parts(l wording) []paper.Fact {
	var fee int64
	var parts []paper.Fact
	for _, r := range st.Rates {
		fee += r.Amount
	}
	parts = append(parts, paper.Fact{Label: l.say("Fee", "報酬"), Value: st.money(fee)})
	for _, r := range st.Rates {
		parts = append(parts, paper.Fact{Label: l.say("Tax ", "消費税 ") + rate(r.RateBP), Value: st.money(r.Tax)})
	}
	if st.Withholding != nil {
		parts = append(parts, paper.Fact{Label: l.say("Withheld", "源泉徴収税額"), Value: st.money(-st.Withholding.Amount)})
	}
	if st.Kept > 0 {
		parts = append(parts, paper.Fact{Label: l.say("Kept for a debt", "相殺"), Value: st.money(-st.Kept)})
	}
	if st.Returned > 0 {
		parts = append(parts, paper.Fact{Label: l.say("Taken back", "返還"), Value: st.money(-st.Returned)})
	}
	return parts
}

func (st Statement) lines(l wording) *paper.Table {
	t := &paper.Table{Columns: []paper.Column{{Title: l.say("Description", "内容"), Weight: 6}, {Title: l.say("Day of delivery", "取引日"), Weight: 2.4},
		{Title: l.say("Rate", "税率"), Weight: 1.1, Number: true}, {Title: l.say("Amount without tax", "金額（税抜）"), Weight: 2.4, Number: true}}}
	for _, line := range st.Lines {
		t.Rows = append(t.Rows, paper.Row{Cells: []string{st.described(line, l), l.day(line.Day), rate(line.RateBP), st.money(line.Amount)}})
	}
	return t
}

// described is what a line is for, with its hours where it is paid by the hour.
func (st Statement) described(line StatementLine, l wording) string {
	if line.Minutes == 0 {
		return line.Description
	}
	return line.Description + l.say(" · ", "・") + market.Clock(line.Minutes) + l.say(" h × ", "時間 × ") + st.money(line.HourlyRate)
}

func (st Statement) rates(l wording) *paper.Table {
	t := &paper.Table{Columns: []paper.Column{{Title: l.say("Rate", "税率"), Weight: 3}, {Title: l.say("Without tax", "税抜金額"), Weight: 2, Number: true},
		{Title: l.say("Consumption tax", "消費税額"), Weight: 2, Number: true}, {Title: l.say("With tax", "税込金額"), Weight: 2, Number: true}}}
	var fee, tax int64
	for _, r := range st.Rates {
		fee, tax = fee+r.Amount, tax+r.Tax
		t.Rows = append(t.Rows, paper.Row{Cells: []string{l.say("At ", "") + rate(r.RateBP) + l.say("", "対象"), st.money(r.Amount), st.money(r.Tax), st.money(r.Amount + r.Tax)}})
	}
	t.Rows = append(t.Rows, paper.Row{Cells: []string{l.say("Total", "合計"), st.money(fee), st.money(tax), st.money(fee + tax)}, Sum: true})
	return t
}

func (st Statement) facts(l wording) []paper.Fact {
	facts := []paper.Fact{{Label: l.say("Contract", "契約"), Value: st.Contract}, {Label: l.say("Delivered", "受領日"), Value: l.day(st.DealtOn)},
		{Label: l.say("Accepted", "検収日"), Value: l.day(st.AcceptedOn)}, {Label: l.say("Payment due", "支払期日"), Value: l.day(st.PayBy)},
		{Label: l.say("Means of payment", "支払方法"), Value: l.say("Transfer to the supplier's account; the buyer bears the fees", "銀行振込（手数料は委託者負担）")}}
	if w := st.Withholding; w != nil {
		facts = append(facts, paper.Fact{Label: l.say("Income tax withheld", "源泉徴収"), Value: l.say("On ", "対象額 ") + st.money(w.Base) + l.say(" for ", "、区分：") +
			categoryWord(l, w.Category) + l.say(": ", "、税額 ") + st.money(w.Amount)})
	}
	if st.Deductible != nil {
		facts = append(facts, paper.Fact{Label: l.say("Deductible tax", "仕入税額控除（経過措置）"), Value: l.say("The supplier is not registered: ", "登録のない仕入先のため、消費税額の") +
			rate(st.Deductible.ShareBP) + l.say(" of the tax may be deducted, ", "を控除：") + st.money(st.Deductible.Tax)})
	}
	return facts
}

// A FeeReceipt is the platform's receipt to a company for its fee: a qualified invoice where the platform is registered.
type FeeReceipt struct {
	Contract  string     `json:"contract"`
	Milestone string     `json:"milestone"`
	Platform  PaperParty `json:"platform"`
	Company   PaperParty `json:"company"`
	Day       civil.Date `json:"day"`
	RateBP    int64      `json:"rate_bp"`
	Fee       int64      `json:"fee"`
	Tax       int64      `json:"tax"`
	Charged   int64      `json:"charged"`   // all that was paid in for the milestone
	PassedOn  int64      `json:"passed_on"` // of that: received on the supplier's behalf
	Currency  string     `json:"currency"`
}

func (s *Service) draftReceipt(company market.Company, c Contract, m Milestone, r Rules) draft {
	q, day := m.Quote(), civil.DateOf(m.AcceptedAt.In(company.Zone()))
	rec := FeeReceipt{Contract: c.Label(), Milestone: m.Title, Platform: s.cfg.Platform, Company: partyOf(company), Day: day, Fee: q.PlatformFee, Tax: q.PlatformTax,
		Charged: q.Charge, PassedOn: q.Net, Currency: m.Currency}
	if m.Currency == "JPY" {
		rec.RateBP = r.Installation().value(TaxRule, "standard", m.DueOn)
	}
	return draft{kind: ReceiptPaper, subject: "milestone:" + m.ID.String(), contract: &c.ID, counterparty: rec.Platform.Name, title: m.Title, day: day,
		amount: rec.Fee + rec.Tax, currency: m.Currency, rules: r, content: rec}
}

func (rec FeeReceipt) sheet(l wording) paper.Document {
	money := func(amount int64) string { return market.Money{Amount: amount, Currency: rec.Currency}.String() }
	d := paper.Document{Title: l.say("Receipt", "領収書"), To: l.to(rec.Company, true), From: paper.Party{Name: rec.Platform.Name, Lines: l.lines(rec.Platform)}}
	if rec.Platform.Number != "" {
		d.Title = l.say("Receipt and qualified invoice", "領収書（適格請求書）")
	}
	d.To.Label, d.From.Label = l.say("To", "宛名"), l.say("Issued by", "発行者")
	d.Figure = &paper.Figure{Label: l.say("Received, tax included", "領収金額（税込）"), Amount: money(rec.Fee + rec.Tax),
		Parts: []paper.Fact{{Label: l.say("Without tax", "税抜金額"), Value: money(rec.Fee)}, {Label: l.say("Consumption tax ", "消費税 ") + rate(rec.RateBP), Value: money(rec.Tax)}}}
	d.Sections = []paper.Section{{Heading: l.say("For", "但し書き"), Table: &paper.Table{
		Columns: []paper.Column{{Title: l.say("Description", "内容"), Weight: 6}, {Title: l.say("Day", "取引日"), Weight: 2.4}, {Title: l.say("Rate", "税率"), Weight: 1.1, Number: true},
			{Title: l.say("Amount without tax", "金額（税抜）"), Weight: 2.4, Number: true}},
		Rows: []paper.Row{{Cells: []string{l.say("Fee for using the platform: ", "プラットフォーム利用料：") + rec.Contract + " " + rec.Milestone, l.day(rec.Day), rate(rec.RateBP), money(rec.Fee)}}}}},
		{Heading: l.say("Your payment", "ご入金の内訳"), Facts: []paper.Fact{{Label: l.say("Paid in", "ご入金額"), Value: money(rec.Charged)},
			{Label: l.say("Passed on", "代理受領分"), Value: money(rec.PassedOn) + l.say(", received on the supplier's behalf and passed on to them; see the purchase statement", "（受託者に代わって受領し、送金するもの。仕入明細書をご覧ください）")},
			{Label: l.say("This receipt", "本書の領収分"), Value: money(rec.Fee + rec.Tax)}}}}
	d.Closing = []string{l.say("Issued electronically: no stamp duty applies.", "電子的に発行したため、収入印紙の貼付は不要です。")}
	return d
}
