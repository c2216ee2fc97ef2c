package web

import (
	"context"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/market"
)

const farewellsPath = "/farewells"

// getFarewells shows the office who leaves and what they answered.
func (v *visit) getFarewells() error {
	list, err := v.Market.Farewells(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	words, err := v.Market.FarewellWords(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(farewellsPage(list, words, ui.Fault{}))
}

// postFarewellLetter sends somebody's first letter now.
func (v *visit) postFarewellLetter() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	back := farewellsPath
	if v.form().text("back") == "member" {
		back = "/people/" + id.String()
	}
	if err := v.Market.SendFarewell(v.ctx, v.who, id); err != nil {
		return v.retreat(err, back)
	}
	return v.to(back, "farewell.written")
}

// postFarewellWords says what the company says to who leaves.
func (v *visit) postFarewellWords() error {
	words := market.FarewellWords{Words: v.c.PostForm("words"), WordsEN: v.c.PostForm("words_en")}
	wrong := v.Market.SetFarewellWords(v.ctx, v.who, v.company.ID, words)
	if wrong == nil {
		return v.to(farewellsPath, "farewell.words.saved")
	}
	list, err := v.Market.Farewells(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.refuse(wrong, func(fault ui.Fault) templ.Component { return farewellsPage(list, words, fault) })
}

// A farewellView is what somebody who leaves is asked.
type farewellView struct {
	farewell    market.Farewell
	now         string // the address that they sign in with
	typed       string
	hasPassword bool
	consents    []market.ConsentState // what they may agree to there
}

func (v *visit) farewellView() (view farewellView, err error) {
	id, err := v.id()
	if err != nil {
		return view, err
	}
	if view.farewell, err = v.Market.Farewell(v.ctx, v.who, id); err != nil {
		return view, err
	}
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return view, err
	}
	view.now, view.hasPassword = v.who.Email, p.HasPassword
	cards, err := v.consentCards()
	for _, c := range cards {
		if c.company == view.farewell.CompanyID {
			view.consents = c.states
		}
	}
	return view, err
}

func (v *visit) getFarewell() error {
	view, err := v.farewellView()
	if err != nil {
		return err
	}
	return v.ok(farewellPage(view, ui.Fault{}))
}

func (v *visit) postFarewell() error {
	view, err := v.farewellView()
	if err != nil {
		return err
	}
	here, f := farewellsPath+"/"+view.farewell.MembershipID.String(), v.form()
	do := f.text("do")
	if ticked := v.c.PostForm("wording."+string(market.ForNews)) != ""; ticked && do != "decline" {
		if err := v.Market.SetConsents(v.ctx, v.who, view.farewell.CompanyID, market.AtFarewell, v.answers()...); err != nil {
			return v.refuse(err, func(fault ui.Fault) templ.Component { return farewellPage(view, fault) })
		}
		if view, err = v.farewellView(); err != nil {
			return err
		}
	}
	var said string
	switch do {
	case "decline":
		err, said = v.Market.AnswerFarewell(v.ctx, v.who, view.farewell.MembershipID, market.FarewellDeclined), "farewell.declined"
	case "keep":
		err, said = v.Market.AnswerFarewell(v.ctx, v.who, view.farewell.MembershipID, market.FarewellKept), "farewell.kept"
	case "hear":
		said = "consent.saved"
	default:
		view.typed = f.text("email")
		err, said = v.askAddress(view.typed), "address.sent"
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return farewellPage(view, fault) })
	}
	return v.to(here, said)
}

// askAddress has a letter sent to another address of the reader's. Passwords are guessed so many times an account.
func (v *visit) askAddress(email string) error {
	if err := access.Attempt(v.ctx, v.who.Email); err != nil {
		return err
	}
	return v.Market.AskAddress(v.ctx, v.who, email, v.c.PostForm("password"))
}

func (v *visit) postAddress() error {
	if err := v.askAddress(v.form().text("email")); err != nil {
		return v.retreat(err, "/profile#address")
	}
	return v.to("/profile#address", "address.sent")
}

// getAddress asks whether an address is the reader's; who is not signed in comes back here afterwards.
func (v *visit) getAddress() error {
	c, err := v.Market.LookAtAddress(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	if v.who.PersonID == uuid.Nil {
		return v.to("/signin?next="+escape(v.c.Request.URL.Path), "address.signin")
	}
	if c.PersonID != v.who.PersonID {
		return market.ErrOtherReader
	}
	return v.ok(addressPage(c.Email, v.who.Email, ui.Fault{}))
}

func (v *visit) postConfirmAddress() error {
	c, err := v.Market.LookAtAddress(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	if _, err := v.Market.ConfirmAddress(v.ctx, v.who, v.c.Param("token")); err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return addressPage(c.Email, v.who.Email, fault) })
	}
	return v.to("/profile#address", "address.done")
}

// farewellMark is how far a farewell is.
func farewellMark(ctx context.Context, f market.Farewell) ui.Mark {
	switch {
	case f.Answer == market.FarewellKept:
		return ui.Mark{Text: ui.T(ctx, "farewell.state.kept"), Tone: ui.Good}
	case f.Answer == market.FarewellDeclined:
		return ui.Mark{Text: ui.T(ctx, "farewell.state.declined")}
	case f.Sent > 0:
		return ui.Mark{Text: ui.T(ctx, "farewell.state.asked"), Tone: ui.Now}
	}
	return ui.Mark{Text: ui.T(ctx, "farewell.state.planned")}
}
