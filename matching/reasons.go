package matching

import (
	"cmp"
	"fmt"
	"slices"

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

// A Reason is one part of a score in a sentence, in the reader's language. The points of the four parts sum to the score.
type Reason struct {
	Part   string // skills, department, tenure or record
	Points Score
	Most   Score // what the part can give
	Text   string
}

// words holds what the sentences about a question need.
type words struct {
	q     Question
	lang  problem.Language
	own   bool // the reader is the member
	names namesByID
}

// namesByID are the names of skills and departments, by id.
type namesByID map[string]problem.Word

// wordsFor reads the names that the sentences about these questions need. own is for members reading about themselves;
// vias are the narrower skills that their strengths follow from.
func wordsFor(g *gorm.DB, lang problem.Language, own bool, vias []string, qs ...Question) (words, error) {
	w := words{lang: lang, own: own, names: namesByID{}}
	var departments []uuid.UUID
	for _, q := range qs {
		departments = append(departments, q.Department)
		for _, s := range q.Skills {
			vias = append(vias, s.Skill)
		}
	}
	var rows []struct{ ID, NameEN, NameJA string }
	err := g.Raw(`SELECT id, name_en, name_ja FROM skills WHERE id = ANY(?::text[])
		UNION ALL SELECT id::text, name_en, name FROM departments WHERE id = ANY(?::uuid[])`,
		pq.Array(vias), pq.Array(departments)).Scan(&rows).Error
	for _, r := range rows {
		w.names[r.ID] = problem.Word{EN: cmp.Or(r.NameEN, r.NameJA), JA: cmp.Or(r.NameJA, r.NameEN)}
	}
	return w, err
}

// vias are the narrower skills behind these inputs.
func vias(ins ...Inputs) []string {
	var ids []string
	for _, in := range ins {
		for _, s := range in.Skills {
			if s.Via != "" && !slices.Contains(ids, s.Via) {
				ids = append(ids, s.Via)
			}
		}
	}
	return ids
}

// about turns to one of the questions.
func (w words) about(q Question) words {
	w.q = q
	return w
}

// standing scores a member and says why.
func (w words) standing(in Inputs) Standing {
	parts, chips, f := w.q.Score(in), w.chips(in), w.q.Formula
	s := Standing{Score: parts.Total(), Parts: parts, Skills: chips, Breakdown: []Reason{
		{"skills", parts.Skills, f.Skills, w.covered(chips)},
		{"department", parts.Department, f.Department, w.department(in)},
		{"tenure", parts.Tenure, f.Tenure, w.tenure(in)},
		{"record", parts.Record, f.Record, w.record(in)},
	}}
	s.Reasons = []string{s.Breakdown[0].Text, s.Breakdown[2].Text}
	if parts.Department > 0 {
		s.Reasons = append(s.Reasons, s.Breakdown[1].Text)
	}
	s.Reasons = append(s.Reasons, s.Breakdown[3].Text)
	return s
}

func (w words) say(en, ja string) string { return problem.Word{EN: en, JA: ja}.In(w.lang) }

func (w words) chips(in Inputs) []Chip {
	chips := make([]Chip, len(w.q.Skills))
	for i, s := range w.q.Skills {
		has := in.Skills[i]
		c := Chip{Skill: s.Skill, Name: w.name(s.Skill), Wanted: s.Level, Strength: has.Level, Via: w.name(has.Via)}
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

// name is how the reader calls a skill or a department; the id where it has no name, nothing for none.
func (w words) name(id string) string { return cmp.Or(w.names[id].In(w.lang), id) }

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

// department says what the member knows of the task's department.
func (w words) department(in Inputs) string {
	name := w.name(w.q.Department.String())
	switch {
	case w.q.Department == uuid.Nil:
		return w.say("No department asked for", "部署の指定なし")
	case in.DaysIn >= w.q.Formula.Known:
		return w.say("knows "+name, name+"の経験あり")
	case in.DaysIn > 0:
		return w.say("less than a year in "+name, name+"の経験は1年未満")
	}
	return w.say("did not work in "+name, name+"の経験なし")
}

// tenure tells how long and how long ago: "8 yrs 2 mo with you, left a year ago".
func (w words) tenure(in Inputs) string {
	with := " with you"
	if w.own {
		with = " there"
	}
	switch {
	case in.LeftOn == nil && in.Days == 0:
		return w.say("has not worked"+with, "在籍歴なし")
	case in.LeftOn == nil:
		return w.say("still employed", "在籍中")
	}
	en, ja := long(in.Days)
	months := int(float64(w.q.AsOf.DaysSince(*in.LeftOn)) / daysInMonth)
	switch {
	case in.Gap > 1:
		return w.say(fmt.Sprintf("%s%s, left %d years ago", en, with, in.Gap), fmt.Sprintf("在籍%s、%d年前に退職", ja, in.Gap))
	case in.Gap == 1:
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
func (w words) record(in Inputs) string {
	if in.Ratings == 0 {
		return w.say("new here", "こちらでは初めて")
	}
	tenths := (20*in.Stars + in.Ratings) / (2 * in.Ratings)
	contracts := "contracts"
	if in.Ratings == 1 {
		contracts = "contract"
	}
	return w.say(fmt.Sprintf("%d.%d over %d %s", tenths/10, tenths%10, in.Ratings, contracts),
		fmt.Sprintf("契約%d件で評価%d.%d", in.Ratings, tenths/10, tenths%10))
}
