package web

import (
	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/market"
)

// getIntroduction shows a customer what is said of them. It answers nothing: programs that read mail follow links as well.
func (v *visit) getIntroduction() error {
	i, err := v.Market.LookAtIntroduction(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	return v.ok(introductionPage(i, ui.Fault{}))
}

func (v *visit) postIntroduction() error {
	i, err := v.Market.LookAtIntroduction(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	yes := v.form().text("answer") == "yes"
	if !yes && v.form().text("answer") != "no" {
		return v.ok(introductionPage(i, ui.Fault{}))
	}
	r, err := v.Market.AnswerIntroduction(v.ctx, v.c.Param("token"), yes)
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return introductionPage(i, f) })
	}
	return v.ok(introducedPage(i, r.State))
}

// introducedKey is the sentence that a customer reads after their answer.
func introducedKey(s market.ReferralState) string {
	switch s {
	case market.ReferralAgreed, market.ReferralTaken:
		return "introduction.done." + string(s)
	}
	return "introduction.done.refused"
}
