package web

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const attestationsPath = "/attestations"

// postAskAttestation asks a former colleague to attest the reader's skills.
func (v *visit) postAskAttestation() error {
	f := v.form()
	if err := v.Market.AskAttestation(v.ctx, v.who, f.uuid("company"), f.text("email")); err != nil {
		return v.retreat(err, "/profile#attest")
	}
	return v.to("/profile#attest", "attest.sent")
}

func (v *visit) getAttestation() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	r, err := v.Market.AttestationRequest(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.ok(attestationPage(r, ui.Fault{}))
}

func (v *visit) postAttestation() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	r, err := v.Market.AttestationRequest(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	levels, f := map[string]int{}, v.form()
	for i, k := range r.Skills {
		levels[k.SkillID] = f.number("level[" + k.SkillID + "]")
		r.Skills[i].Attested = levels[k.SkillID]
	}
	if err := v.Market.Attest(v.ctx, v.who, id, levels); err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return attestationPage(r, fault) })
	}
	return v.to(attestationsPath+"/"+id.String(), "attest.thanks")
}

// postAttestSkill is the company's own word about a member's skill.
func (v *visit) postAttestSkill() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	if err := v.Market.AttestSkill(v.ctx, v.who, id, f.text("skill"), f.number("level")); err != nil {
		return v.retreat(err, "/people/"+id.String())
	}
	return v.to("/people/"+id.String(), "attest.saved")
}

// evidenceText is why a skill of a member is believed.
func evidenceText(ctx context.Context, s market.MemberSkill) string {
	switch {
	case s.Colleagues > 0 && s.Company:
		return ui.T(ctx, "evidence."+string(s.Evidence)) + " · " + ui.T(ctx, "attest.colleagues", "n", s.Colleagues)
	case s.Colleagues > 0:
		return ui.T(ctx, "attest.colleagues", "n", s.Colleagues)
	}
	return ui.T(ctx, "evidence."+string(s.Evidence))
}

// attestOptions are the levels at which somebody may be known, nothing first.
func attestOptions(ctx context.Context) []ui.Option {
	return append([]ui.Option{{Value: "0", Label: ui.T(ctx, "attest.nothing")}}, levelOptions(ctx)...)
}

// insiders are the companies where the reader worked, to choose one from.
func insiders(p market.Profile) (list []ui.Option) {
	for _, m := range p.Memberships {
		if !m.Outside {
			list = append(list, ui.Option{Value: m.CompanyID.String(), Label: m.CompanyName})
		}
	}
	return list
}

func levelOf(n int) string { return strconv.Itoa(n) }
