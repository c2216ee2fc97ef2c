package matching

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/market"
)

// What would lift me: changes that a person can bring about, each scored exactly as if it had been made and put into the
// exact list of the others.
//
// What is told is the person's own new score, and whether that place would be among the first 5, 10 or 20. What can be
// inferred from it: somebody whose place passes a band between two scores learns that the 5th, 10th or 20th of the others
// lies between them, without learning who that is; and in a company with fewer others than a band, that they are fewer.
// Nobody's name, facts, score or number is told, and how many stand before the person neither. The score moves only by
// real changes of the person's own facts, so nobody's threshold can be closed in on by asking.

// A ChangeKind is something that a person can do about a place.
type ChangeKind string

// The kinds of change.
const (
	StateSkill  ChangeKind = "state_skill"  // put a skill that one has into the profile
	AttestSkill ChangeKind = "attest_skill" // have a skill that one states attested
	RaiseSkill  ChangeKind = "raise_skill"  // reach a level, and have it attested
	EarnRating  ChangeKind = "earn_rating"  // complete one more contract, with five stars
	BeSeen      ChangeKind = "be_seen"      // let the company's managers see one again
	BeFree      ChangeKind = "be_free"      // be free by the day that the task is due
)

// A Counterfactual is one change with what would come of it.
type Counterfactual struct {
	Kind  ChangeKind
	Skill string // id; empty where it is not about a skill
	Level int    // of the skill
	Score Score  // the person's own, after it
	Band  int    // the place would be among the first 5, 10 or 20; 0 is beyond
	Text  string // in the reader's language
}

// An Outlook is where somebody stands for a task, and what would lift them.
type Outlook struct {
	Offer
	Band  int // among the first 5, 10 or 20 now; 0 is beyond, or not in the list at all
	Lifts []Counterfactual
}

// bands are the places that are told.
var bands = []int{5, 10, 20}

const mostLifts = 3

// A supposition is a change of the facts, and the list that it is looked at in.
type supposition struct {
	Counterfactual
	q  Question
	to Member
}

// Outlook tells the actor's own score on a task that they see as an alumnus, and up to three things that would lift them.
// Errors are those of [Service.ScoreFor].
func (s *Service) Outlook(ctx context.Context, who market.Actor, task uuid.UUID) (Outlook, error) {
	o, err := s.ScoreFor(ctx, who, task)
	if err != nil {
		return Outlook{}, err
	}
	out := Outlook{Offer: o}
	found, err := members(ctx, s.db, []uuid.UUID{o.MembershipID})
	if err != nil || len(found) == 0 {
		return out, err
	}
	me, q := found[0].Member, s.question(o.Task, o.Company)
	others, err := s.others(ctx, q, me.ID)
	if err != nil {
		return out, err
	}
	_, out.Band = q.stand(me, others)
	supposed, err := s.suppose(ctx, q, o.Task, me)
	if err != nil {
		return out, err
	}
	w, err := wordsFor(s.db.Gorm(ctx), who.Language, true, nil, q)
	if err != nil {
		return out, err
	}
	for _, c := range supposed {
		before, rivals := out.Band, others
		if c.Kind == BeFree { // it is looked at in the list of those who are
			if rivals, err = s.others(ctx, c.q, me.ID); err != nil {
				return out, err
			}
			_, before = c.q.stand(me, rivals)
		}
		c.Score, c.Band = c.q.stand(c.to, rivals)
		if c.Score > o.Score || better(c.Band, before) {
			c.Text = w.lift(c)
			out.Lifts = append(out.Lifts, c.Counterfactual)
		}
	}
	slices.SortStableFunc(out.Lifts, func(a, b Counterfactual) int {
		return cmp.Or(cmp.Compare(rankOfBand(a.Band), rankOfBand(b.Band)), cmp.Compare(b.Score, a.Score))
	})
	out.Lifts = out.Lifts[:min(mostLifts, len(out.Lifts))]
	return out, nil
}

func better(band, than int) bool { return rankOfBand(band) < rankOfBand(than) }

// rankOfBand orders bands from the best; 0 is the last.
func rankOfBand(band int) int {
	if band == 0 {
		return 1 << 30
	}
	return band
}

// others are the places of the first of the list without one member: as many as the last band has. The list is exact, so
// whatever that member's facts, their place follows from these.
func (s *Service) others(ctx context.Context, q Question, me uuid.UUID) ([]Place, error) {
	most := bands[len(bands)-1]
	r, err := s.rank(ctx, q, Query{Limit: most + 1, AvailableBy: q.AvailableBy}, "")
	var places []Place
	for _, c := range r.Items {
		if c.MembershipID != me {
			places = append(places, Line{c.inputs, c.Parts, c.Score}.place())
		}
	}
	return places[:min(most, len(places))], err
}

// stand is the score of a member and the band of their place among the others; 0 where they are not in the list.
func (q Question) stand(m Member, others []Place) (Score, int) {
	in := q.Inputs(m)
	parts := q.Score(in)
	mine := Line{in, parts, parts.Total()}.place()
	if _, ok := q.Hit(q.Formula.Document(m, q.AsOf)); !ok {
		return mine.Score, 0
	}
	before := 0
	for _, p := range others {
		if p.Compare(mine) < 0 {
			before++
		}
	}
	for _, b := range bands {
		if before < b {
			return mine.Score, b
		}
	}
	return mine.Score, 0
}

// suppose lists what the member could do about their place for a task.
func (s *Service) suppose(ctx context.Context, q Question, t market.Task, me Member) ([]supposition, error) {
	broader, err := s.broader(ctx, q)
	if err != nil {
		return nil, err
	}
	var list []supposition
	for _, w := range q.Skills {
		if have := me.strength(w.Skill); have.Level < w.Level {
			kind, held := me.missing(w)
			to := me
			to.Held = slices.Concat(me.Held, WithBroader([]Held{held}, broader))
			list = append(list, supposition{Counterfactual{Kind: kind, Skill: w.Skill, Level: held.Level}, q, to})
		}
	}
	rated := me
	rated.Ratings, rated.Stars = me.Ratings+1, me.Stars+5
	list = append(list, supposition{Counterfactual{Kind: EarnRating}, q, rated})
	if me.Hidden {
		seen := me
		seen.Hidden = false
		list = append(list, supposition{Counterfactual{Kind: BeSeen}, q, seen})
	}
	if t.DueOn != nil && me.AvailableFrom != nil && me.AvailableFrom.After(*t.DueOn) {
		free, filtered := me, q
		free.AvailableFrom, filtered.AvailableBy = t.DueOn, t.DueOn
		list = append(list, supposition{Counterfactual{Kind: BeFree}, filtered, free})
	}
	return list, nil
}

// missing is the nearest way to a skill that the member does not meet.
func (m Member) missing(w Wanted) (ChangeKind, Held) {
	stated := 0
	for _, h := range m.Held {
		if h.Skill == w.Skill && h.Via == "" {
			stated = max(stated, h.Level)
		}
	}
	switch {
	case stated >= w.Level:
		return AttestSkill, Held{Skill: w.Skill, Evidence: market.Attested, Level: stated}
	case w.Level == 1:
		return StateSkill, Held{Skill: w.Skill, Evidence: market.Self, Level: 1}
	}
	return RaiseSkill, Held{Skill: w.Skill, Evidence: market.Attested, Level: w.Level}
}

// broader are the links from the question's skills, which a change of one may follow to another.
func (s *Service) broader(ctx context.Context, q Question) (map[string][]string, error) {
	var ids []string
	for _, w := range q.Skills {
		ids = append(ids, w.Skill)
	}
	var rows []struct{ NarrowerID, BroaderID string }
	err := s.db.Gorm(ctx).Raw("SELECT narrower_id, broader_id FROM skill_links WHERE narrower_id = ANY(?::text[])", pq.Array(ids)).Scan(&rows).Error
	links := map[string][]string{}
	for _, r := range rows {
		links[r.NarrowerID] = append(links[r.NarrowerID], r.BroaderID)
	}
	return links, err
}

// lift says what would come of a change: "Have your payroll attested: 71.20 points, among the first 5."
func (w words) lift(c supposition) string {
	skill, points := w.name(c.Skill), c.Score.String()
	end := w.say(": "+points+" points", "：適合度"+points)
	if c.Band > 0 {
		end += w.say(fmt.Sprintf(", among the first %d", c.Band), fmt.Sprintf("、上位%d名に入ります", c.Band))
	}
	switch c.Kind {
	case StateSkill:
		return w.say("If you have "+skill+", state it in your profile", skill+"の経験があればプロフィールに追加") + end
	case AttestSkill:
		return w.say("Have your "+skill+" attested", skill+"の確認を会社から受ける") + end
	case RaiseSkill:
		return w.say(fmt.Sprintf("%s at level %d, attested by a company", skill, c.Level), fmt.Sprintf("%sをレベル%dとして会社の確認を受ける", skill, c.Level)) + end
	case EarnRating:
		return w.say("One more contract with five stars", "評価5の契約をもう1件") + end
	case BeSeen:
		return w.say("Let the company see you among its candidates again", "候補者としての表示を再開する") + end
	}
	return w.say("Be free by "+day(c.q.AvailableBy), day(c.q.AvailableBy)+"までに稼働できるようにする") + end
}

func day(d *civil.Date) string {
	if d == nil {
		return ""
	}
	return d.String()
}
