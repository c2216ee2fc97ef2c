package billing

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/paper"
	"homecoming/market"
)

// A NoticeSheet is the terms notice of a version of a contract, with the one before where it supplements or changes it.
type NoticeSheet struct {
	Notice Notice  `json:"notice"`
	Before *Notice `json:"before,omitempty"`
	Hash   string  `json:"hash"` // of the notice as it is kept with the contract
}

// issueNotices issues the notice of each version of a contract that has none yet, in order.
func (s *Service) issueNotices(tx *gorm.DB, contract uuid.UUID) error {
	var c Contract
	if err := one(tx.Clauses(hold).Where("id = ?", contract).Take(&c)); err != nil {
		return err
	}
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	rules, err := rulesFor(tx, c.CompanyID)
	if err != nil {
		return err
	}
	var docs []document
	if err := tx.Where("contract_id = ? AND kind = 'notice'", c.ID).Order("version").Find(&docs).Error; err != nil {
		return err
	}
	issued, err := latestOf(tx, c.CompanyID, NoticePaper, "contract:"+c.ID.String())
	if err != nil {
		return err
	}
	var before *Notice
	for i, d := range docs {
		var n Notice
		if err := json.Unmarshal([]byte(d.Body), &n); err != nil {
			return err
		}
		if i >= issued.Version {
			if _, _, err := s.issue(tx, company, draftNotice(c, n, before, d.Hash, rules)); err != nil {
				return err
			}
		}
		before = &n
	}
	return nil
}

func draftNotice(c Contract, n Notice, before *Notice, hash string, r Rules) draft {
	return draft{kind: NoticePaper, subject: "contract:" + c.ID.String(), contract: &c.ID, person: &c.PersonID, counterparty: n.Supplier, title: n.Work, day: n.OrderedOn,
		amount: n.Total.Fee + n.Total.Tax, currency: c.Currency, rules: r, content: NoticeSheet{Notice: n, Before: before, Hash: hash}}
}

func (n NoticeSheet) sheet(l wording) paper.Document {
	d := paper.Document{Title: l.say("Statement of terms", "取引条件明示書"), To: l.to(PaperParty{Name: n.Notice.Supplier, Number: n.Notice.SupplierNumber}, false),
		From: paper.Party{Label: l.say("Client", "委託者"), Name: n.Notice.Client, Lines: l.lines(PaperParty{Address: n.Notice.ClientAddress, Number: n.Notice.ClientNumber})}}
	d.To.Label = l.say("Supplier", "受託者")
	d.Meta = []paper.Fact{{Label: l.say("Contract", "契約"), Value: n.Notice.Contract}}
	items := n.Notice.Items(l.lang)
	if n.Before != nil {
		d.Title = l.say("Statement of terms: supplement", "取引条件明示書（補充・変更）")
		d.Sections = append(d.Sections, paper.Section{Heading: l.say("What has changed", "補充・変更した事項"), Table: changes(l, n.Before.Items(l.lang), items)})
	}
	facts := make([]paper.Fact, len(items))
	for i, item := range items {
		facts[i] = paper.Fact(item)
	}
	d.Sections = append(d.Sections, paper.Section{Heading: l.say("Terms", "取引条件"), Facts: facts})
	d.Closing = []string{l.say("Stated under article 3 of the Act on Specified Freelancers and article 4 of the Act on Subcontracting. Kept with the contract under SHA-256 ",
		"特定受託事業者に係る取引の適正化等に関する法律第3条および中小受託取引適正化法第4条に基づく明示。契約とともに保存された記録の SHA-256：") + n.Hash}
	return d
}

// changes sets the items that differ side by side.
func changes(l wording, before, after []NoticeItem) *paper.Table {
	t := &paper.Table{Columns: []paper.Column{{Title: l.say("Item", "事項"), Weight: 2}, {Title: l.say("Before", "変更前"), Weight: 4}, {Title: l.say("From now on", "変更後"), Weight: 4}}}
	find := func(items []NoticeItem, label string) string {
		if i := slices.IndexFunc(items, func(x NoticeItem) bool { return x.Label == label }); i >= 0 {
			return items[i].Value
		}
		return "–"
	}
	seen := map[string]bool{}
	for _, item := range slices.Concat(after, before) {
		was, is := find(before, item.Label), find(after, item.Label)
		if !seen[item.Label] && was != is {
			t.Rows = append(t.Rows, paper.Row{Cells: []string{item.Label, strings.TrimSpace(was), strings.TrimSpace(is)}})
		}
		seen[item.Label] = true
	}
	return t
}
