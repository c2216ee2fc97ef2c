package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// A profileForm is a person's profile as it is typed.
type profileForm struct {
	familyName, givenName, familyKana, givenKana string
	language, rate, availableFrom, number        string
	corporate                                    string
	abroad                                       bool
	skills                                       []skillRow
	about                                        string      // a text whose skills are suggested; it is not kept
	suggested                                    []ui.Option // skills that it speaks of and that are not there yet
	words                                        map[string][]ui.Option
	asked                                        []market.AttestationRequest // whom the person asked to attest their skills
}

func (v *visit) getProfile() error {
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	beyond, err := v.beyond()
	if err != nil {
		return err
	}
	f := v.profileOf(p)
	if f.words, err = v.myWords(p); err != nil {
		return err
	}
	if f.asked, err = v.Market.AttestationRequests(v.ctx, v.who); err != nil {
		return err
	}
	return v.ok(profilePage(p, f, beyond, ui.Fault{}))
}

// profileOf is the form that would post the profile as it stands.
func (v *visit) profileOf(p market.Profile) profileForm {
	f := profileForm{familyName: p.Person.FamilyName, givenName: p.Person.GivenName, familyKana: p.Person.FamilyKana, givenKana: p.Person.GivenKana,
		language: p.Person.Language, rate: figures(p.HourlyRate), availableFrom: dayText(p.Person.AvailableFrom), number: p.Person.RegistrationNumber,
		corporate: p.Person.CorporateName, abroad: p.Person.NonResident}
	for _, s := range p.Skills {
		if s.Evidence == market.Self {
			f.skills = append(f.skills, skillRow{Skill: inLanguage(v.lang, s.NameEN, s.NameJA), Level: strconv.Itoa(s.Level)})
		}
	}
	for _, w := range p.Words {
		if w.Evidence == market.Self {
			f.skills = append(f.skills, skillRow{Skill: w.Words, Level: strconv.Itoa(w.Level)})
		}
	}
	return f
}

// rows are the skills and some empty rows after them.
func (f profileForm) rows() []skillRow {
	return append(f.skills, skillRow{Level: "2"}, skillRow{Level: "2"}, skillRow{Level: "2"})
}

const maxOwnSkillRows = 53

func (v *visit) readProfile() profileForm {
	f := v.form()
	p := profileForm{familyName: f.text("family_name"), givenName: f.text("given_name"), familyKana: f.text("family_kana"), givenKana: f.text("given_kana"),
		language: f.text("language"), rate: f.text("hourly_rate"), availableFrom: f.text("available_from"), number: f.text("registration_number"),
		corporate: f.text("corporate_name"), abroad: f.text("non_resident") != "", about: v.c.PostForm("about")}
	for i := range maxOwnSkillRows {
		name := "skills[" + strconv.Itoa(i) + "]"
		if skill := f.text(name + ".skill"); skill != "" {
			p.skills = append(p.skills, skillRow{Skill: skill, Level: f.text(name + ".level")})
		}
	}
	return p
}

// edit is what the form means. An empty rate or day takes the thing away.
func (v *visit) edit(p profileForm, currency string) (market.ProfileEdit, error) {
	f := v.form()
	rate, free := f.money("hourly_rate", currency), f.day("available_from")
	if rate == nil {
		rate = &market.Money{Currency: currency}
	}
	if free == nil {
		free = &civil.Date{}
	}
	skills := make([]market.OwnSkill, len(p.skills))
	for i, row := range p.skills {
		n, _ := strconv.Atoi(row.Level)
		skills[i] = market.OwnSkill{Skill: row.Skill, Level: n}
	}
	number := plain(p.number)
	return market.ProfileEdit{FamilyName: &p.familyName, GivenName: &p.givenName, FamilyKana: &p.familyKana, GivenKana: &p.givenKana,
		Language: &p.language, HourlyRate: rate, AvailableFrom: free, RegistrationNumber: &number, CorporateName: &p.corporate, NonResident: &p.abroad, Skills: &skills}, f.err
}

func (v *visit) postProfile() error {
	now, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	typed := v.readProfile()
	e, err := v.edit(typed, now.Person.RateCurrency)
	if err == nil {
		_, err = v.Market.UpdateProfile(v.ctx, v.who, e)
	}
	if err != nil {
		beyond, wrong := v.beyond()
		if wrong != nil {
			return wrong
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return profilePage(now, typed, beyond, f) })
	}
	access.SetLanguage(v.c.Writer, problem.Language(typed.language))
	return v.to("/profile", "profile.saved")
}

// getMyData sends everything that is kept about the reader, from every room.
func (v *visit) getMyData() error {
	body, err := v.Market.MyData(v.ctx, v.who, slices.Concat(matching.OwnTables, billing.OwnTables)...)
	if err != nil {
		return err
	}
	return v.attach("homecoming-my-data.zip", "application/zip", body)
}

// postPrivacy hides the reader from a company's rankings, or shows them again.
func (v *visit) postPrivacy() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	hidden := v.c.PostForm("hidden") == "yes"
	if err := v.Market.Hide(v.ctx, v.who, id, hidden); err != nil {
		return v.retreat(err, "/profile")
	}
	if hidden {
		return v.to("/profile", "profile.hidden")
	}
	return v.to("/profile", "profile.shown")
}

// A payoutView is the money that goes to one person's bank.
type payoutView struct {
	account *billing.PayoutAccount // nil before it was asked for
	list    []billing.PayoutRecord
	older   string
	paged   bool
	back    bool // the reader comes from the provider's page
	debts   []billing.Debt
	bank    *billing.BankDetails  // for companies that pay by transfer; nil before they gave one
	typed   bool                  // as it was just typed, and refused
	direct  []billing.BankPayment // from companies' own banks
}

// payoutSum says how the amount of a line comes about.
func payoutSum(ctx context.Context, l billing.PayoutLine, currency string) string {
	money := func(n int64) string { return market.Money{Amount: n, Currency: currency}.String() }
	if l.Withheld == 0 {
		return ui.T(ctx, "payouts.sum", "fee", money(l.Fee), "tax", money(l.Tax))
	}
	return ui.T(ctx, "payouts.sum.withheld", "fee", money(l.Fee), "tax", money(l.Tax), "withheld", money(l.Withheld))
}

func (v *visit) getPayouts() error {
	view, err := v.payoutPage()
	if err != nil {
		return err
	}
	return v.ok(payoutsPage(view, ui.Fault{}))
}

func (v *visit) payoutPage() (payoutView, error) {
	view := payoutView{paged: v.c.Query("before") != "", back: v.c.Query("onboarding") == "done"}
	account, err := v.Billing.PayoutAccount(v.ctx, v.who)
	switch {
	case err == nil:
		view.account = &account
	case !errors.Is(err, market.ErrNotFound):
		return view, err
	}
	if view.bank, err = v.ownBank(); err != nil {
		return view, err
	}
	if view.list, err = v.Billing.MyPayouts(v.ctx, v.who, v.c.Query("before"), pageSize); err != nil {
		return view, err
	}
	if view.direct, err = v.Billing.MyBankPayments(v.ctx, v.who); err != nil {
		return view, err
	}
	if view.debts, err = v.Billing.MyDebts(v.ctx, v.who); err != nil {
		return view, err
	}
	if len(view.list) == pageSize {
		view.older = "/payouts?before=" + escape(view.list[pageSize-1].ID)
	}
	return view, nil
}

// postOnboard sends the reader to the page where they say where their money shall go.
func (v *visit) postOnboard() error {
	url, err := v.Billing.Onboard(v.ctx, v.who)
	if err != nil {
		return v.retreat(err, "/payouts")
	}
	v.c.Redirect(http.StatusSeeOther, url)
	return nil
}
