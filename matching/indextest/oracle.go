package indextest

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
)

// A scored member, in hundredths of points.
type scored struct {
	ID                                uuid.UUID
	Skills, Department, Tenure, Score int64
	Left                              time.Time
}

// oracle ranks everybody for a task by the design's words, and gives the best k.
func (p *population) oracle(t task, k int) []scored {
	var all []scored
	for _, m := range p.members {
		if s, ok := p.score(m, t); ok {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Skills, a.Skills), cmp.Compare(b.Tenure, a.Tenure),
			b.Left.Compare(a.Left), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return all[:min(k, len(all))]
}

func (p *population) score(m *member, t task) (scored, bool) {
	s := scored{ID: m.id}
	for _, st := range m.stints {
		if st.left.IsZero() || !st.left.Before(p.today) {
			return s, false // staff, here or there
		}
		if st.left.After(s.Left) {
			s.Left = st.left
		}
	}
	m.count()
	if m.hidden || m.barred || !p.reaches(t, m, s.Left) || t.maxRate > 0 && (m.rate == 0 || m.dollars || m.rate > t.maxRate) || !t.by.IsZero() && m.free.After(t.by) {
		return s, false
	}
	met, all, strict := p.covered(m, t)
	if !strict {
		return s, false
	}
	if all > 0 {
		s.Skills = hundredths(big.NewRat(65*met, all))
	}
	if m.outside != nil {
		s.Left = time.Time{}
		s.Score = s.Skills + p.record(m)
		return s, true
	}
	if t.department != uuid.Nil && m.days[t.department] >= 365 {
		s.Department = 500
	}
	years := float64(m.days[everywhere]) / 365.25
	s.Tenure = int64(math.Round(2000 * (1 - math.Exp(-years/2.5)) * math.Pow(2, -float64(p.since(s.Left))/6)))
	s.Score = s.Skills + s.Department + s.Tenure + p.record(m)
	return s, true
}

// reaches is the task's rule, for somebody who is no staff and last left on a day.
func (p *population) reaches(t task, m *member, left time.Time) bool {
	v := t.visibility
	beyond := v.Kind == market.ToPartners || v.Kind == market.ToEveryone
	if m.outside != nil {
		partner := slices.Contains(p.homes[:2], m.outside.home) && (len(v.Companies) == 0 || slices.Contains(v.Companies, m.outside.home))
		return beyond && m.shown != "nobody" && (partner || v.Kind == market.ToEveryone && m.shown == "everyone")
	}
	if v.Kind != market.ByRule {
		return true
	}
	known := len(v.Departments) == 0
	for _, st := range m.stints {
		known = known || slices.Contains(v.Departments, st.department)
	}
	_, _, holds := p.covered(m, task{skills: []want{{skill: strings.Join(v.Skills, ""), level: 1, strict: true}}})
	return known && (holds || len(v.Skills) == 0) && m.days[everywhere]+1 >= 365*v.MinYears &&
		(v.LeftWithinYears == 0 || left.After(p.today.AddDate(-v.LeftWithinYears, 0, 0)))
}

// record is 10 · ((Σ ratings + 5·4.0)/(n + 5) − 1)/4.
func (p *population) record(m *member) int64 {
	sum := int64(20)
	for _, r := range m.ratings {
		sum += int64(r)
	}
	mean := big.NewRat(sum, int64(len(m.ratings))+5)
	return hundredths(mean.Sub(mean, big.NewRat(1, 1)).Mul(mean, big.NewRat(10, 4)))
}

// covered weighs the skills met and all skills, and says whether the strict ones are met.
func (p *population) covered(m *member, t task) (met, all int64, strict bool) {
	strict = true
	for _, w := range t.skills {
		weight := int64(1)
		if w.must {
			weight = 2
		}
		all += weight
		best := 0
		for _, h := range m.held {
			strength := h.level
			if h.evidence == "self" {
				strength = max(1, strength-1)
			}
			switch {
			case h.skill == w.skill:
				best = max(best, strength)
			case slices.Contains(p.broader[h.skill], w.skill):
				best = max(best, max(1, strength-1))
			}
		}
		if best >= w.level {
			met += weight
		} else if w.strict {
			strict = false
		}
	}
	return met, all, strict
}

// since counts the completed years: the anniversaries that have come.
func (p *population) since(left time.Time) int {
	years := 0
	for {
		day := left.Day()
		if left.Month() == 2 && day == 29 {
			day = 28
		}
		if time.Date(left.Year()+years+1, left.Month(), day, 0, 0, 0, 0, time.UTC).After(p.today) {
			return years
		}
		years++
	}
}

// hundredths rounds points half away from zero; FloatString does so.
func hundredths(points *big.Rat) int64 {
	whole := new(big.Rat).Mul(points, big.NewRat(100, 1))
	n, _ := new(big.Int).SetString(whole.FloatString(0), 10)
	return n.Int64()
}

// everywhere stands for all departments and none.
var everywhere = uuid.Max

// count ticks off the days of all stints one by one, once for each set of facts.
func (m *member) count() {
	if m.days != nil {
		return
	}
	ticked := map[uuid.UUID]*[horizon]bool{everywhere: {}}
	for _, st := range m.stints {
		if ticked[st.department] == nil {
			ticked[st.department] = &[horizon]bool{}
		}
		for d := dayNumber(st.joined); d < dayNumber(st.left); d++ {
			ticked[st.department][d], ticked[everywhere][d] = true, true
		}
	}
	m.days = map[uuid.UUID]int{}
	for department, of := range ticked {
		for _, worked := range of {
			if worked {
				m.days[department]++
			}
		}
	}
}

const horizon = 40 * 366

// dayNumber counts the days since 1 January 1990.
func dayNumber(t time.Time) int {
	return int(t.Sub(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}
