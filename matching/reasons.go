package matching

import (
	"cmp"
	"fmt"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// ChipState says how a member stands to one skill of a task.
type ChipState string

// The states of a chip. Only Met earns points; the others are shown.
const (
	ChipMet       ChipState = "met"
	ChipBelow     ChipState = "below"      // held, at a lower level
	ChipMissing   ChipState = "missing"    // a must-have of which nothing is stated
	ChipNotStated ChipState = "not_stated" // a nice-to-have of which nothing is stated
)

// A Chip is one skill of a task beside what a member has in it.
type Chip struct {
	Skill    string // id
	Name     string // in the reader's language
	State    ChipState
	Wanted   int    // 1 to 3
	Strength int    // what counts: 1 to 3, 0 for nothing
	Via      string // the name of the narrower skill that it follows from, empty for a skill of its own
	Text     string // "corporate tax 2 of 3"
}

// words holds what the sentences about a question need.
type words struct {
	q           Question
	ja          bool
	own         bool // the reader is the member
	skills      map[string]string
	departments map[uuid.UUID]string
}

// wordsFor reads the names that the sentences about these questions need, in the reader's language. own is for members
// reading about themselves.
func wordsFor(g *gorm.DB, lang problem.Language, own bool, qs ...Question) (words, error) {
	w := words{ja: lang == problem.Japanese, own: own, skills: map[string]string{}, departments: map[uuid.UUID]string{}}
	var skills []string
	var departments []uuid.UUID
	for _, q := range qs {
		departments = append(departments, q.Department)
		for _, s := range q.Skills {
			skills = append(skills, s.Skill)
		}
	}
	var rows []struct {
		Skill          string
		Department     uuid.UUID
		NameEN, NameJA string
	}
	err := g.Raw(`SELECT id AS skill, CAST(? AS uuid) AS department, name_en, name_ja FROM skills WHERE id = ANY(?::text[])
		UNION ALL SELECT '', id, name_en, name FROM departments WHERE id = ANY(?::uuid[])`,
		uuid.Nil, pq.Array(skills), pq.Array(departments)).Scan(&rows).Error
	for _, r := range rows {
		name := cmp.Or(r.NameEN, r.NameJA)
		if w.ja {
			name = cmp.Or(r.NameJA, r.NameEN)
		}
		w.skills[r.Skill], w.departments[r.Department] = name, name
	}
	return w, err
}

// about turns to one of the questions.
func (w words) about(q Question) words {
	w.q = q
	return w
}

// standing scores a member from the facts and says why.
func (w words) standing(m Member) Standing {
	parts := w.q.Parts(m)
	chips := w.chips(m)
	reasons := []string{w.covered(chips), w.tenure(m)}
	if parts.Department > 0 {
		name := w.departments[w.q.Department]
		reasons = append(reasons, w.say("knows "+name, name+"の経験あり"))
	}
	return Standing{parts.Total(), parts, append(reasons, w.record(m)), chips}
}

func (w words) say(en, ja string) string {
	if w.ja {
		return ja
	}
	return en
}

func (w words) chips(m Member) []Chip {
	chips := make([]Chip, len(w.q.Skills))
	for i, s := range w.q.Skills {
		c := Chip{Skill: s.Skill, Name: w.name(s.Skill), Wanted: s.Level}
		for _, h := range m.Held {
			if h.Skill == s.Skill && (h.Strength() > c.Strength || h.Strength() == c.Strength && h.Via == "") {
				c.Strength, c.Via = h.Strength(), w.name(h.Via)
			}
		}
		switch {
		case c.Strength >= s.Level:
			c.State, c.Text = ChipMet, fmt.Sprintf("%s %d", c.Name, c.Strength)
		case c.Strength > 0:
			c.State, c.Text = ChipBelow, w.say(fmt.Sprintf("%s %d of %d", c.Name, c.Strength, s.Level), fmt.Sprintf("%s %d（希望%d）", c.Name, c.Strength, s.Level))
		default:
			c.State, c.Text = ChipMissing, c.Name+w.say(" not stated", "（記載なし）")
			if s.Weight == NiceWeight {
				c.State = ChipNotStated
			}
		}
		chips[i] = c
	}
	return chips
}

func (w words) name(skill string) string {
	if skill == "" {
		return ""
	}
	return cmp.Or(w.skills[skill], skill)
}

// covered counts the skills: "All 4 skills", "3 of 4 skills, corporate tax one level below".
func (w words) covered(chips []Chip) string {
	met, below := 0, ""
	for _, c := range chips {
		switch {
		case c.State == ChipMet:
			met++
		case c.State == ChipBelow && below == "" && c.Wanted-c.Strength == 1:
			below = w.say(", "+c.Name+" one level below", "、"+c.Name+"は1段階下")
		}
	}
	n := len(chips)
	switch {
	case n == 0:
		return w.say("No skills asked for", "スキルの指定なし")
	case met == n && n == 1:
		return w.say("The skill asked for", "希望スキルあり")
	case met == n:
		return w.say(fmt.Sprintf("All %d skills", n), fmt.Sprintf("希望スキル%d件すべて", n))
	case n == 1:
		return w.say("Not the skill asked for", "希望スキルなし") + below
	case met == 0:
		return w.say(fmt.Sprintf("None of the %d skills", n), fmt.Sprintf("希望スキル%d件中0件", n)) + below
	}
	return w.say(fmt.Sprintf("%d of %d skills", met, n), fmt.Sprintf("希望スキル%d件中%d件", n, met)) + below
}

// tenure tells how long and how long ago: "8 yrs 2 mo with you, left a year ago".
func (w words) tenure(m Member) string {
	left, ok := m.LeftOn(w.q.AsOf)
	if !ok {
		return w.say("still employed", "在籍中")
	}
	en, ja := long(m.DaysEmployed(w.q.AsOf))
	with := " with you"
	if w.own {
		with = " there"
	}
	years := Gap(left, w.q.AsOf)
	months := int(float64(w.q.AsOf.DaysSince(left)) / daysInMonth)
	switch {
	case years > 1:
		return w.say(fmt.Sprintf("%s%s, left %d years ago", en, with, years), fmt.Sprintf("在籍%s、%d年前に退職", ja, years))
	case years == 1:
		return w.say(en+with+", left a year ago", "在籍"+ja+"、1年前に退職")
	case months > 1:
		return w.say(fmt.Sprintf("%s%s, left %d months ago", en, with, months), fmt.Sprintf("在籍%s、%dか月前に退職", ja, months))
	}
	return w.say(en+with+", left lately", "在籍"+ja+"、最近退職")
}

const daysInMonth = 365.25 / 12

// long writes a length of days in years and months.
func long(days int) (en, ja string) {
	months := int(float64(days)/daysInMonth + 0.5)
	years, rest := months/12, months%12
	unit := "yrs"
	if years == 1 {
		unit = "yr"
	}
	switch {
	case years == 0 && rest == 0:
		return "less than a month", "1か月未満"
	case years == 0:
		return fmt.Sprintf("%d mo", rest), fmt.Sprintf("%dか月", rest)
	case rest == 0:
		return fmt.Sprintf("%d %s", years, unit), fmt.Sprintf("%d年", years)
	}
	return fmt.Sprintf("%d %s %d mo", years, unit, rest), fmt.Sprintf("%d年%dか月", years, rest)
}

// record is the mean of the ratings, or that there are none yet: "4.9 over 6 contracts", "new here".
func (w words) record(m Member) string {
	if m.Ratings == 0 {
		return w.say("new here", "こちらでは初めて")
	}
	tenths := (20*m.Stars + m.Ratings) / (2 * m.Ratings)
	contracts := "contracts"
	if m.Ratings == 1 {
		contracts = "contract"
	}
	return w.say(fmt.Sprintf("%d.%d over %d %s", tenths/10, tenths%10, m.Ratings, contracts),
		fmt.Sprintf("契約%d件で評価%d.%d", m.Ratings, tenths/10, tenths%10))
}

// departmentNamed is the department that text means; uuid.Nil for none. Nothing is created.
func departmentNamed(g *gorm.DB, company uuid.UUID, text string) (uuid.UUID, error) {
	var ids []uuid.UUID
	err := g.Raw(`SELECT id FROM departments WHERE company_id = ? AND (id::text = ? OR lower(name) = lower(?)
		OR lower(name_en) = lower(?) OR EXISTS (SELECT 1 FROM unnest(aliases) a WHERE lower(a) = lower(?))) LIMIT 1`,
		company, text, text, text, text).Scan(&ids).Error
	if err != nil || len(ids) == 0 || text == "" {
		return uuid.Nil, err
	}
	return ids[0], nil
}
