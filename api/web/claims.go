package web

import (
	"context"
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

const claimsPath = "/claims"

// getJoin is a company's door for people who are in none of its files.
func (v *visit) getJoin() error {
	c, err := v.door()
	if err != nil {
		return err
	}
	return v.ok(joinPage(companyName(c, v.lang), c.ID, "", ui.Fault{}))
}

func (v *visit) door() (market.Company, error) {
	id, err := v.id()
	if err != nil {
		return market.Company{}, err
	}
	return v.Market.CompanyAtDoor(v.ctx, id)
}

func (v *visit) postJoin() error {
	c, err := v.door()
	if err != nil {
		return err
	}
	email := v.form().text("email")
	if err = access.Attempt(v.ctx, email); err == nil {
		err = v.Market.Knock(v.ctx, c.ID, email, v.lang)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return joinPage(companyName(c, v.lang), c.ID, email, f) })
	}
	return v.ok(knockedPage(email))
}

// getKnock only shows what a link lets in: programs that read mail follow links as well.
func (v *visit) getKnock() error {
	k, err := v.Market.LookAtKnock(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	return v.ok(knockPage(k, market.Newcomer{}, ui.Fault{}))
}

func (v *visit) postKnock() error {
	k, err := v.Market.LookAtKnock(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	f := v.form()
	n := market.Newcomer{FamilyName: f.text("family_name"), GivenName: f.text("given_name"), FamilyKana: f.text("family_kana"), GivenKana: f.text("given_kana")}
	who, path, err := v.Market.ComeIn(v.ctx, v.c.Param("token"), n)
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return knockPage(k, n, f) })
	}
	if err := access.SignIn(v.ctx, who); err != nil {
		return err
	}
	return v.to(local(path), "")
}

// A claimForm is a claim as it is typed.
type claimForm struct {
	company                        market.Company
	department, joined, left, note string
	colleagues                     []string
}

// rows are the addresses with room for two more.
func (f claimForm) rows() []string {
	return append(f.colleagues, make([]string, max(2, witnessRows-len(f.colleagues)))...)
}

const witnessRows = 3

func (v *visit) getNewClaim() error {
	id, _ := uuid.Parse(v.c.Query("company"))
	c, err := v.Market.CompanyAtDoor(v.ctx, id)
	if err != nil {
		return err
	}
	return v.ok(newClaimPage(claimForm{company: c}, ui.Fault{}))
}

func (v *visit) postNewClaim() error {
	in := v.form()
	c, err := v.Market.CompanyAtDoor(v.ctx, in.uuid("company"))
	if err != nil {
		return err
	}
	f := claimForm{company: c, department: in.text("department"), joined: in.text("joined_on"), left: in.text("left_on"), note: in.text("note")}
	for i := range 2 * witnessRows {
		if email := in.text("colleagues[" + strconv.Itoa(i) + "]"); email != "" {
			f.colleagues = append(f.colleagues, email)
		}
	}
	d := market.ClaimDraft{CompanyID: c.ID, Department: f.department, Note: f.note, JoinedOn: in.day("joined_on"), LeftOn: in.day("left_on"), Colleagues: f.colleagues}
	var made market.Claim
	if err = in.err; err == nil {
		made, err = v.Market.MakeClaim(v.ctx, v.who, d)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return newClaimPage(f, fault) })
	}
	return v.to(claimsPath+"/"+made.ID.String(), "claim.made")
}

// A claimList is what waits for the office, and the reader's own.
type claimList struct {
	office  bool
	join    string // the address of the company's door
	waiting []market.Claim
	mine    []market.Claim
}

func (v *visit) getClaims() error {
	l := claimList{office: v.may(market.ManagePeople)}
	var err error
	if l.mine, err = v.Market.MyClaims(v.ctx, v.who); err != nil {
		return err
	}
	if l.office {
		l.join = "/join/" + v.company.ID.String()
		if l.waiting, err = v.Market.Claims(v.ctx, v.who, v.company.ID); err != nil {
			return err
		}
	}
	return v.ok(claimsPage(l))
}

// A claimView is a claim as the reader stands to it.
type claimView struct {
	claim       market.Claim
	as          market.Stance
	departments []market.Department // for the office
	namesakes   []market.Member     // who they may be in the company's file
	department  string              // what is typed
	member      string
	reason      string
}

func (v *visit) claimView() (view claimView, err error) {
	id, err := v.id()
	if err != nil {
		return view, err
	}
	if view.claim, view.as, err = v.Market.ClaimAs(v.ctx, v.who, id); err != nil || view.as != market.AsOffice {
		return view, err
	}
	if view.departments, err = v.Market.Departments(v.ctx, v.who, view.claim.CompanyID); err != nil {
		return view, err
	}
	for _, d := range view.departments {
		if d.Name == view.claim.Department || d.NameEN == view.claim.Department {
			view.department = d.ID.String()
		}
	}
	view.namesakes, err = v.Market.Namesakes(v.ctx, v.who, view.claim)
	return view, err
}

func (v *visit) getClaim() error {
	view, err := v.claimView()
	if err != nil {
		return err
	}
	return v.ok(claimPage(view, ui.Fault{}))
}

func (v *visit) postClaim() error {
	view, err := v.claimView()
	if err != nil {
		return err
	}
	f, id := v.form(), view.claim.ID
	said := "claim.thanks"
	switch f.text("do") {
	case "yes", "no":
		err = v.Market.AnswerClaim(v.ctx, v.who, id, f.text("do") == "yes")
	case "withdraw":
		err, said = v.Market.WithdrawClaim(v.ctx, v.who, id), "claim.taken"
	case "refuse":
		view.reason = f.text("reason")
		err, said = v.Market.RefuseClaim(v.ctx, v.who, id, view.reason), "claim.settled"
	default:
		view.department, view.member = f.text("department"), f.text("member")
		err, said = v.Market.VerifyClaim(v.ctx, v.who, id, market.ClaimVerdict{Department: view.department, Member: chosenID(view.member)}), "claim.settled"
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return claimPage(view, fault) })
	}
	return v.to(claimsPath+"/"+id.String(), said)
}

var claimTones = map[market.ClaimState]ui.Tone{market.ClaimOpen: ui.Now, market.ClaimVerified: ui.Good, market.ClaimRefused: ui.Bad}

func claimMark(ctx context.Context, c market.Claim) ui.Mark {
	return ui.Mark{Text: c.State.In(ui.FrameOf(ctx).Language), Tone: claimTones[c.State]}
}

// claimDays is when somebody says they worked there.
func claimDays(ctx context.Context, c market.Claim) string {
	return ui.Day(ctx, c.JoinedOn) + " – " + ui.Day(ctx, c.LeftOn)
}

// recordOptions are who a claimant may be in the file, nobody first.
func recordOptions(ctx context.Context, list []market.Member) []ui.Option {
	options := []ui.Option{{Value: "", Label: ui.T(ctx, "claim.record.none")}}
	for _, m := range list {
		options = append(options, ui.Option{Value: m.ID.String(), Label: m.Name + " · " + lastStint(ctx, m) + " · " + m.Email})
	}
	return options
}

// witnessText is what came of asking a former colleague, for the office.
func witnessText(ctx context.Context, w market.Witness) string {
	lang := ui.FrameOf(ctx).Language
	switch {
	case w.PersonID == nil:
		return ui.T(ctx, "claim.witness.unknown")
	case w.Answer == "":
		return ui.T(ctx, "claim.witness.asked", "name", w.Name, "together", together(lang, w.Overlap))
	}
	return ui.T(ctx, "claim.witness."+w.Answer, "name", w.Name, "together", together(lang, w.Overlap))
}

// together says for how long two people were at a company at the same time.
func together(lang problem.Language, days int) string {
	years, months := days/365, days%365/30
	switch {
	case lang == problem.Japanese && years > 0:
		return strconv.Itoa(years) + "年" + strconv.Itoa(months) + "か月"
	case lang == problem.Japanese:
		return strconv.Itoa(max(months, 1)) + "か月"
	case years > 0:
		return strconv.Itoa(years) + " y " + strconv.Itoa(months) + " m"
	}
	return strconv.Itoa(max(months, 1)) + " m"
}
