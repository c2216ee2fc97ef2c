package billing

import (
	"slices"
	"strings"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
	"homecoming/market"
)

// A Unit is what a rule's value counts.
type Unit string

// The units. A rule that counts nothing is a choice.
const (
	BasisPoints Unit = "bp"
	Yen         Unit = "yen"
	Days        Unit = "days"
	Months      Unit = "months"
	Chosen      Unit = "choice"
)

// A RuleKindInfo says what rows of a kind may be.
type RuleKindInfo struct {
	Kind    RuleKind
	Keys    []string
	Unit    Unit
	Max     int64    // of the value
	Choices []string // of a Chosen kind
	Own     bool     // the law leaves it to the company, or the sources disagree: it may have rows of its own
}

// RuleKinds are all of them, in the order in which people look for them.
var RuleKinds = []RuleKindInfo{
	{Kind: CategoryRule, Keys: market.WithholdingCategories, Unit: Chosen, Choices: []string{string(NotWithheld), string(StandardMethod), string(ScrivenerMethod)}},
	{Kind: WithholdingRule, Keys: []string{"standard", "standard_above", "scrivener", "non_resident"}, Unit: BasisPoints, Max: 4_999},
	{Kind: WithholdingRule, Keys: []string{"threshold", "scrivener_allowance"}, Unit: Yen, Max: 1_000_000_000},
	{Kind: WithholdingRule, Keys: []string{"due_day"}, Unit: Days, Max: 28},
	{Kind: TaxRule, Keys: []string{"standard", "reduced"}, Unit: BasisPoints, Max: 10_000},
	{Kind: RoundingRule, Keys: []string{"consumption_tax"}, Unit: Chosen, Choices: []string{string(Down), string(HalfUp), string(Up)}, Own: true},
	{Kind: DeductibleRule, Keys: []string{"unregistered"}, Unit: BasisPoints, Max: 10_000, Own: true},
	{Kind: ConfirmRule, Keys: []string{"statement"}, Unit: Days, Max: 90, Own: true},
	{Kind: RecordRule, Keys: []string{"above"}, Unit: Yen, Max: 1_000_000_000},
	{Kind: DaysRule, Keys: []string{"latest", "reconsigned"}, Unit: Days, Max: 366},
	{Kind: LengthRule, Keys: []string{"prohibitions", "notice"}, Unit: Months, Max: 120},
	{Kind: LengthRule, Keys: []string{"notice_days"}, Unit: Days, Max: 366},
	{Kind: HolidayRule, Keys: []string{""}, Unit: Chosen, Choices: []string{IsHoliday, IsWorkday}},
}

// RuleInfo finds what rows of a rule may be; false where there is no such rule.
func RuleInfo(kind RuleKind, key string) (RuleKindInfo, bool) {
	i := slices.IndexFunc(RuleKinds, func(k RuleKindInfo) bool { return k.Kind == kind && slices.Contains(k.Keys, key) })
	if i < 0 {
		return RuleKindInfo{}, false
	}
	return RuleKinds[i], true
}

// What can be wrong with a row.
var (
	ErrNoRule = problem.Define(problem.Invalid, "unknown_rule",
		"There is no rule “{value}”. Choose one of the list.", "「{value}」というルールはありません。一覧から選んでください。")
	ErrRetroactive = problem.Define(problem.Invalid, "rule_retroactive",
		"A row holds from {date} at the earliest: what was agreed or paid is never changed.", "適用開始日は{date}以降にしてください。合意済み・支払済みの金額は変更されません。")
	ErrStatute = problem.Define(problem.Forbidden, "rule_is_statute",
		"The law leaves no choice here. The operator of the installation adds such rows for everybody.", "法令で定められた事項のため、会社ごとには変更できません。システム運営者が全社分を登録します。")
)

// A RuleDraft is a row as somebody wants it.
type RuleDraft struct {
	Statute   bool // of the whole installation
	Kind      RuleKind
	Key       string
	ValidFrom civil.Date
	Value     int64
	Choice    string
	Source    string
	Note      string
}

// check finds what is wrong with a draft on a day.
func (d RuleDraft) check(today civil.Date) error {
	info, known := RuleInfo(d.Kind, d.Key)
	switch {
	case !known:
		return ErrNoRule.On("key").With("value", string(d.Kind)+"."+d.Key)
	case !d.Statute && !info.Own:
		return ErrStatute
	case !d.ValidFrom.IsValid():
		return market.ErrRequired.On("valid_from")
	case d.ValidFrom.Before(today):
		return ErrRetroactive.On("valid_from").With("date", today)
	case d.Source == "":
		return market.ErrRequired.On("source")
	case len([]rune(d.Source)) > 500:
		return market.ErrTooLong.On("source").With("max", 500)
	case len([]rune(d.Note)) > 2000:
		return market.ErrTooLong.On("note").With("max", 2000)
	}
	return d.checkValue(info)
}

func (d RuleDraft) checkValue(info RuleKindInfo) error {
	if !d.Statute && d.Choice == House {
		return nil
	}
	if info.Unit == Chosen {
		if !slices.Contains(info.Choices, d.Choice) {
			return market.ErrNotOneOf.On("choice").With("value", d.Choice).With("allowed", strings.Join(info.Choices, ", "))
		}
		return nil
	}
	if d.Choice != "" {
		return market.ErrNotOneOf.On("choice").With("value", d.Choice).With("allowed", House)
	}
	if d.Value < 0 || d.Value > info.Max {
		return market.ErrBetween.On("value").With("min", 0).With("max", info.Max)
	}
	return nil
}

// row is the draft as a row that would come after a version.
func (d RuleDraft) row(asked market.Company, version int64) Rule {
	r := Rule{Version: version + 1, Kind: d.Kind, Key: d.Key, ValidFrom: d.ValidFrom, Value: d.Value, Choice: d.Choice, Source: d.Source, Note: d.Note}
	if !d.Statute {
		r.CompanyID = &asked.ID
	}
	return r
}
