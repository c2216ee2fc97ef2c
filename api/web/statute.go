package web

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

const rulesPath = "/settings/rules"

// A statuteView is the editor of the rules: what holds, what waits, and the row that is being written.
type statuteView struct {
	book     billing.RuleBook
	mayDraft bool
	mayOwn   bool // may ask for rows of the company
	me       string
	form     statuteForm
	preview  *billing.RulePreview
}

// A statuteForm is a row as it is typed. rule is kind and key with a dot between.
type statuteForm struct {
	rule, scope, from, value, choice, source, note string
}

func (v *visit) statuteView() (statuteView, error) {
	book, err := v.Billing.RuleBook(v.ctx, v.who, v.company.ID)
	view := statuteView{book: book, mayDraft: v.may(market.DraftRules), mayOwn: v.may(market.Administer), me: v.who.PersonID.String()}
	view.form = statuteForm{rule: v.c.Query("rule"), from: book.Today.String()}
	if kind, key := view.form.name(); !view.offered(kind, key) {
		view.form.rule = ""
	}
	return view, err
}

func (f statuteForm) name() (billing.RuleKind, string) {
	kind, key, _ := strings.Cut(f.rule, ".")
	return billing.RuleKind(kind), key
}

func ruleName(kind billing.RuleKind, key string) string { return string(kind) + "." + key }

// offered reports whether the reader may write rows of a rule.
func (r statuteView) offered(kind billing.RuleKind, key string) bool {
	info, known := billing.RuleInfo(kind, key)
	return known && r.mayDraft && (r.book.Statute || r.mayOwn && info.Own)
}

// info is what rows of the chosen rule may be.
func (r statuteView) info() billing.RuleKindInfo {
	info, _ := billing.RuleInfo(r.form.name())
	return info
}

// scopes are whose row it can be.
func (r statuteView) scopes(ctx context.Context) []ui.Option {
	var list []ui.Option
	if r.mayOwn && r.info().Own {
		list = append(list, ui.Option{Value: "own", Label: ui.T(ctx, "rule.scope.own")})
	}
	if r.book.Statute {
		list = append(list, ui.Option{Value: "installation", Label: ui.T(ctx, "rule.scope.installation")})
	}
	return list
}

// choices are what a row of the chosen rule can say.
func (r statuteView) choices(ctx context.Context) []ui.Option {
	list := named(ctx, "rule.choice.", r.info().Choices...)
	if r.mayOwn && r.info().Own {
		list = append(list, ui.Option{Value: billing.House, Label: ui.T(ctx, "rule.choice.house")})
	}
	return list
}

// rows are those of one rule, the latest day first.
func (r statuteView) rows(kind billing.RuleKind, key string) []billing.Rule {
	return slices.DeleteFunc(slices.Clone(r.book.Rows), func(row billing.Rule) bool { return row.Kind != kind || row.Key != key })
}

// has reports whether there are rows of a kind.
func (r statuteView) has(kind billing.RuleKind) bool {
	return slices.ContainsFunc(r.book.Rows, func(row billing.Rule) bool { return row.Kind == kind })
}

// holds reports whether a row is the one that holds today.
func (r statuteView) holds(row billing.Rule) bool {
	return r.book.Rules.On(row.Kind, row.Key, r.book.Today) == row
}

// kinds are the kinds of rule in their order, each once.
func ruleKindsInOrder() []billing.RuleKind {
	var list []billing.RuleKind
	for _, k := range billing.RuleKinds {
		if !slices.Contains(list, k.Kind) {
			list = append(list, k.Kind)
		}
	}
	return list
}

func ruleKeys(kind billing.RuleKind) []string {
	var keys []string
	for _, k := range billing.RuleKinds {
		if k.Kind == kind {
			keys = append(keys, k.Keys...)
		}
	}
	return keys
}

// ruleKeyText names a rule within its kind.
func ruleKeyText(ctx context.Context, kind billing.RuleKind, key string) string {
	if kind == billing.CategoryRule {
		return ui.T(ctx, "category."+key)
	}
	return ui.T(ctx, "rule."+string(kind)+"."+key)
}

// ruleValue writes what a row says: 10.21 %, ¥50,000, 60 days, rounded down.
func ruleValue(ctx context.Context, kind billing.RuleKind, key string, value int64, choice string) string {
	if choice != "" {
		return ui.T(ctx, "rule.choice."+choice)
	}
	info, _ := billing.RuleInfo(kind, key)
	switch info.Unit {
	case billing.BasisPoints:
		return percent(value) + " %"
	case billing.Yen:
		return market.Yen(value).String()
	case billing.Months:
		return ui.T(ctx, "rule.months", "n", value)
	}
	return ui.T(ctx, "rule.days", "n", value)
}

// percent writes basis points the way people do: 1021 is 10.21.
func percent(bp int64) string {
	text := strconv.FormatInt(bp/100, 10)
	if rest := bp % 100; rest != 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(100+rest, 10)[1:], "0")
	}
	return text
}

// draft reads what is typed. The error is about what cannot be read; the rules of rules are asked by billing.
func (r statuteView) draft() (billing.RuleDraft, error) {
	f := r.form
	kind, key := f.name()
	d := billing.RuleDraft{Statute: f.scope == "installation", Kind: kind, Key: key, Choice: f.choice, Source: f.source, Note: f.note}
	from, err := parseDay(f.from)
	if err != nil {
		return d, ErrDayForm.On("valid_from")
	}
	if from != nil {
		d.ValidFrom = *from
	}
	if d.Choice == "" && r.info().Unit != billing.Chosen {
		d.Value, err = ruleNumber(f.value, r.info().Unit)
	}
	return d, err
}

// ruleNumber reads a value in the unit in which people write it.
func ruleNumber(typed string, unit billing.Unit) (int64, error) {
	typed = strings.TrimSuffix(plain(typed), "%")
	if typed == "" {
		return 0, market.ErrRequired.On("value")
	}
	whole, decimals := typed, ""
	if unit == billing.BasisPoints {
		whole, decimals, _ = strings.Cut(typed, ".")
		if len(decimals) > 2 {
			return 0, ErrNumberForm.On("value")
		}
		decimals += "00"[len(decimals):]
	}
	n, err := strconv.ParseInt(whole+decimals, 10, 64)
	if err != nil {
		return 0, ErrNumberForm.On("value")
	}
	return n, nil
}

func (v *visit) getRules() error {
	view, err := v.statuteView()
	if err != nil {
		return err
	}
	return v.ok(rulesPage(view, ui.Fault{}))
}

// postRules shows what a row would change, or asks for it.
func (v *visit) postRules() error {
	view, err := v.statuteView()
	if err != nil {
		return err
	}
	f := v.form()
	view.form = statuteForm{f.text("rule"), f.text("scope"), f.text("valid_from"), f.text("value"), f.text("choice"), f.text("source"), f.text("note")}
	d, err := view.draft()
	if f.text("do") == "preview" {
		if err == nil {
			var p billing.RulePreview
			if p, err = v.Billing.PreviewRule(v.ctx, v.who, v.company.ID, d); err == nil {
				view.preview = &p
				return v.ok(rulesPage(view, ui.Fault{}))
			}
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return rulesPage(view, f) })
	}
	var change billing.RuleChange
	if err == nil {
		change, err = v.Billing.AddRule(v.ctx, v.who, v.company.ID, d)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return rulesPage(view, f) })
	}
	if change.State == billing.ApprovalAsked {
		return v.to(rulesPath, "rule.asked")
	}
	return v.to(rulesPath+"#"+string(d.Kind), "rule.added")
}

func (v *visit) postRuleChange() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	do := v.form().text("do")
	switch do {
	case "approve":
		_, err = v.Billing.ApproveRule(v.ctx, v.who, id)
	case "decline":
		_, err = v.Billing.DeclineRule(v.ctx, v.who, id)
	default:
		do = "withdraw"
		_, err = v.Billing.WithdrawRule(v.ctx, v.who, id)
	}
	if err != nil {
		return v.retreat(err, rulesPath)
	}
	return v.to(rulesPath, "rule.done."+do)
}

func scopeText(ctx context.Context, statute bool) string {
	if statute {
		return ui.T(ctx, "rule.scope.installation")
	}
	return ui.T(ctx, "rule.scope.own")
}
