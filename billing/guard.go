package billing

import (
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// What a client may not do to whom it commissions, whatever both agree. Each names its article and the way that is open.
var (
	ErrFeeReduced = problem.Define(problem.Conflict, "fee_reduced",
		"An agreed fee is not lowered afterwards, from {was} to {is}, even by agreement ({article}). Leave it as it is, or take work out in the same change before it is delivered.",
		"合意した報酬を{was}から{is}へ減らすことは、合意があってもできません（{article}）。報酬を維持するか、納品前に業務の範囲も併せて減らしてください。")
	ErrUnpaidRedo = problem.Define(problem.Conflict, "unpaid_redo",
		"What goes beyond the agreed work is not asked for as a correction ({article}). Offer it as a change of the contract, or as new work, with its own fee.",
		"合意した内容を超える作業を修正として求めることはできません（{article}）。契約の変更または新しい案件として、報酬を付けて依頼してください。")
	ErrReturned = problem.Define(problem.Conflict, "accepted_returned",
		"“{title}” was accepted on {date}, and what was accepted is not sent back ({article}). Offer what is to be different as a change of the contract, or as new work, with its own fee.",
		"「{title}」は{date}に検収済みのため、返品・差戻しはできません（{article}）。変更したい点は、契約の変更または新しい案件として、報酬を付けて依頼してください。")
	ErrOrderWithdrawn = problem.Define(problem.Conflict, "order_withdrawn",
		"This order runs for a month or longer and is not overdue before {date}: taking it back would be refusing to receive it ({article}). Agree with the other side on a change or, in a dispute, on a split; or give notice of ending.",
		"1か月以上の業務委託で、納期（{date}）も過ぎていないため、発注の取消しは受領拒否にあたります（{article}）。契約の変更や異議での分配を相手と合意するか、契約終了の予告をしてください。")
	ErrNoticeItems = problem.Define(problem.Conflict, "notice_items_missing",
		"The notice of terms would lack: {items} ({article}). Add it to the task, the offer or the company's settings first.",
		"取引条件の明示に次の事項が不足しています：{items}（{article}）。案件、応募条件または会社の設定に追記してください。")
	ErrPayDay = problem.Define(problem.Invalid, "pay_day_too_late",
		"The fee for “{title}” is due on {date}; a payment on {day} would be late ({article}). Choose a day up to then, or today if it has passed.",
		"「{title}」の支払期日は{date}です。{day}の支払いは遅延になります（{article}）。期日までの日、過ぎている場合は本日を選んでください。")
	ErrTransferFee = problem.Define(problem.Invalid, "transfer_fee_passed_on",
		"“{title}” is paid with {net}, not {amount}: what the transfer costs is the client's to bear, even if agreed otherwise ({article}). Pay the whole amount.",
		"「{title}」の支払額は{net}です（入力：{amount}）。振込手数料は、合意があっても委託者の負担です（{article}）。全額を支払ってください。")
)

// A FeeChange is what a change of terms would do to the fee of one milestone, in minor units without consumption tax.
type FeeChange struct {
	Was, Is  market.Money
	Received bool // the work was delivered already
	LessWork bool // the change takes work out as well
}

// Refused is ErrFeeReduced where the change is a reduction: less money for the same work, or for work that was received.
func (f FeeChange) Refused() error {
	if f.Is.Amount >= f.Was.Amount || f.LessWork && !f.Received {
		return nil
	}
	return ErrFeeReduced.On("amount").With("was", f.Was).With("is", f.Is).With("article", ArticleReduction)
}

// A Ground is why a delivery is sent back.
type Ground string

// The grounds. What is asked beyond the agreement costs extra.
const (
	NotAsAgreed Ground = "not_as_agreed"
	Beyond      Ground = "beyond"
)

// refused is what is wrong with sending a delivery back on a ground; none given is refused as such.
func (g Ground) refused() error {
	switch g {
	case NotAsAgreed:
		return nil
	case Beyond:
		return ErrUnpaidRedo.On("ground").With("article", ArticleRedo)
	}
	return market.ErrNotOneOf.On("ground").With("value", g).With("allowed", "not_as_agreed, beyond")
}

// returned is ErrReturned where the milestone was accepted, by the day on which it was in a zone.
func (m Milestone) returned(zone *time.Location) error {
	if m.AcceptedAt == nil {
		return nil
	}
	return ErrReturned.With("title", m.Title).With("date", civil.DateOf(m.AcceptedAt.In(zone))).With("article", ArticleReturn)
}

// PayableOn is what is wrong with paying an amount for a milestone on a day, which may be today or later: ErrPayDay after
// the legal due day, unless that has passed and the day is today, and ErrTransferFee for less than what is owed.
func (m Milestone) PayableOn(day, today civil.Date, amount int64) error {
	q := m.Quote()
	owed := q.Net - m.Recovered
	switch {
	case day.After(q.LatestPayment) && day.After(today):
		return ErrPayDay.On("pay_on").With("title", m.Title).With("date", q.LatestPayment).With("day", day).With("article", ArticlePayment)
	case amount < owed:
		return ErrTransferFee.On("amount").With("title", m.Title).With("net", q.Money(owed)).With("amount", q.Money(amount)).With("article", ArticleReduction)
	}
	return nil
}

// mayWithdraw refuses a company that takes back what it ordered: from engagements of a month or longer, before the day
// on which it is due.
func (s *Service) mayWithdraw(tx *gorm.DB, c Contract, m Milestone) error {
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	rules, err := rulesFor(tx, c.CompanyID)
	if err != nil {
		return err
	}
	engagement, err := engagementOf(tx, company, c)
	if err != nil || !rules.Protected(engagement) || company.Today(s.clock.Now()).After(m.DueOn) {
		return err
	}
	return ErrOrderWithdrawn.With("date", m.DueOn).With("article", ArticleReceipt)
}

// Missing names the items that the law asks for and the notice does not have.
func (n Notice) Missing() []problem.Word {
	var missing []problem.Word
	lacks := func(empty bool, en, ja string) {
		if empty {
			missing = append(missing, problem.Word{EN: en, JA: ja})
		}
	}
	lacks(strings.TrimSpace(n.Client) == "", "the client", "委託者の名称")
	lacks(strings.TrimSpace(n.Supplier) == "", "the supplier", "受託者の氏名")
	lacks(!n.OrderedOn.IsValid(), "the day of the order", "委託日")
	lacks(strings.TrimSpace(n.Work) == "" && strings.TrimSpace(n.Brief) == "", "the work", "業務の内容")
	lacks(!n.DeliverOn.IsValid(), "the delivery day", "納期")
	lacks(strings.TrimSpace(n.Place) == "", "the place", "納品の場所")
	lacks(len(n.Parts) == 0 || n.Total.Fee <= 0, "the fee", "報酬の額")
	lacks(n.PaymentDays < 0 || n.Total.LatestPayment.IsZero(), "the due day", "支払期日")
	lacks(n.Means == "", "the means of payment", "支払方法")
	for _, u := range n.Undecided {
		lacks(strings.TrimSpace(u.Why) == "" || !u.DecidedBy.IsValid(), "why “"+u.Item+"” is undecided, and until when", "「"+u.Item+"」が未定の理由と決定予定日")
	}
	if n.Reconsigned != nil {
		lacks(strings.TrimSpace(n.Reconsigned.Client) == "" || !n.Reconsigned.PaysOn.IsValid(), "the original client and its due day", "再委託の元委託者・支払期日")
	}
	return missing
}

// words lists words as one, in the reader's language.
type words []problem.Word

// In joins them the way the language does.
func (w words) In(lang problem.Language) string {
	mark := ", "
	if lang == problem.Japanese {
		mark = "、"
	}
	said := make([]string, len(w))
	for i, one := range w {
		said[i] = one.In(lang)
	}
	return strings.Join(said, mark)
}

// complete refuses an award whose notice of terms would lack an item.
func (n Notice) complete() error {
	if missing := n.Missing(); len(missing) > 0 {
		return ErrNoticeItems.With("items", words(missing)).With("article", ArticleTerms)
	}
	return nil
}
