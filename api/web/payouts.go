package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

var payoutTones = map[billing.PayoutState]ui.Tone{billing.PayoutInTransit: ui.Now, billing.PayoutPaid: ui.Good, billing.PayoutFailed: ui.Bad}

func payoutMark(ctx context.Context, s billing.PayoutState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.payout."+string(s)), Tone: payoutTones[s]}
}

var accountTones = map[billing.AccountState]ui.Tone{billing.AccountOnboarding: ui.Warn, billing.AccountActive: ui.Good,
	billing.AccountRestricted: ui.Bad, billing.AccountDeauthorized: ui.Bad}

func accountMark(ctx context.Context, s billing.AccountState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.account."+string(s)), Tone: accountTones[s]}
}

// vouchedFor are the skills that a company attests or a contract proved, each at its highest level.
func vouchedFor(ctx context.Context, p market.Profile) (list []ui.Chip) {
	best := map[string]market.ProfileSkill{}
	var order []string
	for _, s := range p.Skills {
		key := s.SkillID + " " + s.CompanyName
		if s.Evidence == market.Self {
			continue
		}
		if _, seen := best[key]; !seen {
			order = append(order, key)
		}
		if s.Level > best[key].Level {
			best[key] = s
		}
	}
	for _, key := range order {
		s := best[key]
		text := inLanguage(ui.FrameOf(ctx).Language, s.NameEN, s.NameJA) + " " + toText(s.Level) + " · " + s.CompanyName
		if s.Colleagues > 0 {
			text += " · " + ui.T(ctx, "attest.colleagues", "n", s.Colleagues)
		}
		list = append(list, ui.Chip{Text: text, Kind: "met"})
	}
	return list
}
