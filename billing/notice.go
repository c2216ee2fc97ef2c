package billing

import (
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
	"homecoming/market"
)

// NoticeSchema is the version of the terms notice's list of items; a change of the list is a new number.
const NoticeSchema = 1

// A Notice is the statement of terms that the Freelance Act (art. 3) and the subcontract law (art. 4) ask for at once
// on award: every item as data, kept with its hash. [Notice.Items] writes it out for people.
type Notice struct {
	Schema         int               `json:"schema"`
	Contract       string            `json:"contract"` // C-1042
	Client         string            `json:"client"`
	ClientAddress  string            `json:"client_address"`
	ClientNumber   string            `json:"client_number"` // qualified-invoice number, empty when none
	Supplier       string            `json:"supplier"`
	SupplierNumber string            `json:"supplier_number"`
	OrderedOn      civil.Date        `json:"ordered_on"`
	Work           string            `json:"work"`
	Brief          string            `json:"brief"`
	Rights         string            `json:"rights"` // as_in_brief
	Place          string            `json:"place"`  // online
	DeliverOn      civil.Date        `json:"deliver_on"`
	Parts          []NoticePart      `json:"parts"`
	Hourly         *market.Hourly    `json:"hourly,omitempty"` // the parts are weeks, each over the most that it comes to
	PaymentDays    int               `json:"payment_days"`     // from receipt, receipt being day 1
	Total          Quote             `json:"total"`
	Means          string            `json:"means"`     // transfer
	Undecided      []NoticeUndecided `json:"undecided"` // empty: everything is settled
	Reconsigned    *NoticeOrigin     `json:"reconsigned,omitempty"`
	Version        int               `json:"version,omitempty"`    // of the terms, from the second on
	ChangedOn      *civil.Date       `json:"changed_on,omitempty"` // since when they read like this
}

// A NoticePart is one milestone: what is due when, and by which day it is inspected and paid if delivered on its day.
type NoticePart struct {
	Title     string     `json:"title"`
	DeliverOn civil.Date `json:"deliver_on"`
	InspectBy civil.Date `json:"inspect_by"`
	PayBy     civil.Date `json:"pay_by"`
	Quote     Quote      `json:"quote"`
}

// A NoticeUndecided is an item that cannot be settled yet: why, and by when it will be. A supplement follows then.
type NoticeUndecided struct {
	Item      string     `json:"item"`
	Why       string     `json:"why"`
	DecidedBy civil.Date `json:"decided_by"`
}

// A NoticeOrigin names the client whose work is passed on, and when that client pays.
type NoticeOrigin struct {
	Client string     `json:"client"`
	PaysOn civil.Date `json:"pays_on"`
}

// noticeOf states the terms of a contract that was just agreed.
func noticeOf(c Contract, a market.Award, terms Terms, p market.Person, ms []Milestone, now time.Time) Notice {
	n := Notice{Schema: NoticeSchema, Contract: c.Label(), Client: a.Company.Name, ClientAddress: a.Company.Address,
		ClientNumber: a.Company.TaxNumber, Supplier: p.TradesAs(), SupplierNumber: p.RegistrationNumber, OrderedOn: a.Company.Today(now),
		Work: c.Title, Brief: a.Task.Brief, Rights: "as_in_brief", Place: "online", DeliverOn: c.DeliverOn, Hourly: terms.Hourly, PaymentDays: terms.PaymentDays,
		Means: "transfer", Undecided: []NoticeUndecided{}, Total: Quote{Currency: c.Currency}}
	for _, m := range ms {
		n.add(m)
	}
	return n
}

// add states one milestone.
func (n *Notice) add(m Milestone) {
	q := m.Quote()
	n.Total = n.Total.add(q)
	n.Parts = append(n.Parts, NoticePart{Title: m.Title, DeliverOn: m.DueOn, InspectBy: m.DueOn.AddDays(m.AutoAcceptDays), PayBy: q.LatestPayment, Quote: q})
}

// A NoticeItem is one line of a notice as people read it.
type NoticeItem struct{ Label, Value string }

// Items writes the notice out in one language, every item that the law asks for and no other.
func (n Notice) Items(lang problem.Language) []NoticeItem {
	say := func(en, ja string) string {
		if lang == problem.Japanese {
			return ja
		}
		return en
	}
	items := []NoticeItem{
		{say("Client", "委託者"), joined(n.Client, n.ClientAddress, n.ClientNumber)},
		{say("Supplier", "受託者"), joined(n.Supplier, n.SupplierNumber)},
		{say("Day of the order", "委託日"), n.OrderedOn.String()},
		{say("Work", "業務の内容"), joined(n.Work, n.Brief)},
		{say("Rights in the work", "知的財産権"), say("As the brief says; what it does not mention stays with the supplier.",
			"業務の内容に記載のとおり。記載のないものは受託者に留保されます。")},
		{say("Place", "納品の場所"), say("Online; no place of work is prescribed.", "オンライン（就業場所の指定なし）")},
		{say("Delivery", "納期"), n.DeliverOn.String()},
	}
	if n.ChangedOn != nil {
		items = append(items, NoticeItem{say("Changed on", "変更日"), n.ChangedOn.String()})
	}
	for _, p := range n.Parts {
		items = append(items, NoticeItem{say("Part", "内訳") + " · " + p.Title, n.part(p, say)})
	}
	if n.Hourly != nil {
		items = append(items, NoticeItem{say("How the fee comes about", "報酬の算定方法"), n.hours(say)})
	}
	items = append(items,
		NoticeItem{n.feeLabel(say), n.fee(say)},
		NoticeItem{say("Due", "支払期日"), fmt.Sprintf(say("Day %d from receipt, the day of receipt being day 1; at the latest %s for work delivered on time.",
			"受領日を1日目として%d日目。期日どおりに納品された場合の最終期限は%s。"), max(1, n.PaymentDays), n.Total.LatestPayment)},
		NoticeItem{say("Means of payment", "支払方法"), say("Bank transfer; the client bears the fees.", "銀行振込（手数料は委託者負担）")},
		NoticeItem{say("Undecided", "未定の事項"), n.undecided(say)})
	if n.Reconsigned != nil {
		items = append(items, NoticeItem{say("Passed on from", "再委託の元委託者・支払期日"), n.Reconsigned.Client + " · " + n.Reconsigned.PaysOn.String()})
	}
	return items
}

func (n Notice) part(p NoticePart, say func(en, ja string) string) string {
	return fmt.Sprintf(say("%s without tax; delivery %s, inspected by %s, paid by %s", "%s（税抜）、納期 %s、検査完了期日 %s、支払期日 %s"),
		p.Quote.Money(p.Quote.Fee), p.DeliverOn, p.InspectBy, p.PayBy)
}

func (n Notice) fee(say func(en, ja string) string) string {
	q := n.Total
	return fmt.Sprintf(say("%s and consumption tax %s; withheld for income tax %s; paid %s", "%s、消費税 %s、源泉徴収税額 %s、支払額 %s"),
		q.Money(q.Fee), q.Money(q.Tax), q.Money(q.Withheld), q.Money(q.Net))
}

// feeLabel says whether the fee is the whole or the most.
func (n Notice) feeLabel(say func(en, ja string) string) string {
	if n.Hourly != nil {
		return say("Fee, at the most", "報酬の額（上限）")
	}
	return say("Fee", "報酬の額")
}

// hours states how the fee of hourly work is computed: the law lets a method stand for an amount that is not known yet
// (rules on the Freelance Act, art. 1(3)).
func (n Notice) hours(say func(en, ja string) string) string {
	h := n.Hourly
	return fmt.Sprintf(say("From %s: %s an hour without tax, for the hours written down and accepted, at most %s hours a week (%s). Minutes are summed for each week, Monday to Sunday, and the fee is rounded once, a half and more up. What was paid in and not worked goes back.",
		"%sから：1時間あたり%s（税抜）×記録・検収された作業時間。週（月曜〜日曜）の上限は%s時間（%s）。週ごとに分単位で合計し、1円未満は四捨五入（週に1回）。入金済みで作業のなかった分は返金。"),
		h.StartsOn, n.Total.Money(h.Rate), market.Clock(h.WeeklyMinutes), n.Total.Money(h.WeeklyFee()))
}

func (n Notice) undecided(say func(en, ja string) string) string {
	if len(n.Undecided) == 0 {
		return say("None", "なし")
	}
	var lines []string
	for _, u := range n.Undecided {
		lines = append(lines, fmt.Sprintf(say("%s: %s, decided by %s", "%s：%s（%sまでに決定）"), u.Item, u.Why, u.DecidedBy))
	}
	return strings.Join(lines, "\n")
}

// joined puts the parts that are not empty on lines of their own.
func joined(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}
