package web

import (
	"context"
	"slices"
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
	found   []ui.Candidate // discoveries: behind the list
	kept    string         // the page that says why; empty for a task that is not saved
	formula matching.Constants
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
		rounds: r.Certificate.Rounds, index: r.Index, degrade: r.Degraded, asked: true, formula: r.Constants}
	out.people, out.found = v.people(r.Items, invited), v.people(r.Discoveries, invited)
	if r.ID != uuid.Nil {
		out.kept = "/rankings/" + r.ID.String()
	}
	return out
}

// aside is what stands beside a name: where somebody from outside comes from, from when the person is free, and what an
// hour costs.
func (v *visit) aside(p matching.Person) (list []string) {
	if p.Outside {
		list = append(list, v.from(p))
	}
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
	out := ui.Score{Points: points, Round: toText((int(s.Score) + 50) / 100), Skills: int(s.Parts.Skills), Department: int(s.Parts.Department),
		Tenure: int(s.Parts.Tenure), Record: int(s.Parts.Record)}
	for _, r := range s.Breakdown {
		out.Lines = append(out.Lines, ui.ScoreLine{Part: r.Part, Points: int(r.Points), Most: int(r.Most), Text: r.Text})
	}
	return out
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
