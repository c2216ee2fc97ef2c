package web

import (
	"github.com/a-h/templ"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/market"
)

// getLeaving tells the reader what being forgotten means, and where they stand on it.
func (v *visit) getLeaving() error {
	l, err := v.Market.Leaving(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(leavingPage(l, ui.Fault{}))
}

// postLeaving has the reader forgotten. Passwords are guessed so many times an account.
func (v *visit) postLeaving() error {
	err := access.Attempt(v.ctx, v.who.Email)
	if err == nil {
		_, err = v.Market.AskErasure(v.ctx, v.who, v.c.PostForm("password"))
	}
	if err != nil {
		l, wrong := v.Market.Leaving(v.ctx, v.who)
		if wrong != nil {
			return wrong
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return leavingPage(l, f) })
	}
	return v.to(market.LeavePath, "leaving.asked")
}

// postStay takes it back.
func (v *visit) postStay() error {
	if err := v.Market.CancelErasure(v.ctx, v.who); err != nil {
		return v.retreat(err, market.LeavePath)
	}
	return v.to("/profile", "leaving.stayed")
}
