package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/market"
	"homecoming/matching"
)

// ranked is a ranking as it is shown, with its proof.
type ranked struct {
	people  []ui.Candidate
	exact   bool
	checked time.Time
	kth     string
	bound   string
	rounds  int
	index   string
	degrade bool
	asked   bool // false before there was anything to rank by
}

// rank shows a ranking. invited says how the invitation of a membership stands.
func (v *visit) rank(r matching.Ranking, invited map[uuid.UUID]string) ranked {
	out := ranked{exact: r.Certificate.Exact, checked: v.Clock.Now(), kth: r.Certificate.Kth.String(), bound: r.Certificate.Bound.String(),
		rounds: r.Certificate.Rounds, index: r.Index, degrade: r.Degraded, asked: true}
	for _, c := range r.Items {
		one := ui.Candidate{ID: c.MembershipID.String(), Name: c.Person.Name, Reading: c.Person.Reading, Aside: v.aside(c.Person),
			Score: score(c.Standing), Reasons: strings.Join(c.Reasons, " · "), Chips: chips(c.Standing)}
		if state := invited[c.MembershipID]; state != "" {
			one.Invited = ui.T(v.ctx, "state.invitation."+state)
		}
		out.people = append(out.people, one)
	}
	return out
}

// aside is what stands beside a name: from when the person is free, and what an hour costs.
func (v *visit) aside(p matching.Person) (list []string) {
	if p.AvailableFrom != nil && p.AvailableFrom.After(ui.Today(v.ctx)) {
		list = append(list, v.t("candidate.free.from", "day", ui.ShortDay(v.ctx, *p.AvailableFrom)))
	} else if p.AvailableFrom != nil {
		list = append(list, v.t("candidate.free"))
	}
	if p.HourlyRate != nil {
		list = append(list, v.t("candidate.rate", "amount", *p.HourlyRate))
	}
	return list
}

func score(s matching.Standing) ui.Score {
	points := s.Score.String()
	return ui.Score{Points: points, Round: toText((int(s.Score) + 50) / 100), Skills: int(s.Parts.Skills), Department: int(s.Parts.Department),
		Tenure: int(s.Parts.Tenure), Record: int(s.Parts.Record)}
}

func chips(s matching.Standing) []ui.Chip {
	list := make([]ui.Chip, len(s.Skills))
	for i, c := range s.Skills {
		list[i] = ui.Chip{Text: c.Text, Kind: "miss"}
		if c.State == matching.ChipMet {
			list[i].Kind = "met"
		}
	}
	return list
}

// wanted are a task's skills as chips: corporate tax · expert.
func wanted(ctx context.Context, t market.Task, names map[string]string) []ui.Chip {
	list := make([]ui.Chip, len(t.Skills))
	for i, s := range t.Skills {
		text := names[s.SkillID] + " · " + level(ctx, s.Level)
		switch {
		case s.Strict:
			text += " · " + ui.T(ctx, "skill.strict")
		case s.Kind == market.Nice:
			text += " · " + ui.T(ctx, "skill.nice")
		}
		list[i] = ui.Chip{Text: text}
	}
	return list
}

// checkedAt is the moment of a ranking on the company's clock.
func checkedAt(ctx context.Context, r ranked) string {
	return words.Clock(r.checked, ui.FrameOf(ctx).Zone)
}

func has(list []string, s string) bool { return slices.Contains(list, s) }
