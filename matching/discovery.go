package matching

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"maps"
	"math/big"
	"slices"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/internal/problem"
)

// Discoveries are up to two people shown behind the list and labelled as such: they meet every must-have, and are new here
// or were hardly ever shown. Who they are is drawn by the task and the day, so that everybody who looks sees the same,
// and the list itself is untouched.

const (
	mostDiscoveries = 2
	hardlyShown     = 3    // tasks: shown for fewer of them counts as hardly ever
	shownWithin     = 90   // days in which that is counted; today is left out, so that being shown changes nothing today
	holdersRead     = 2000 // how many holders of a skill are looked at, from a place that the draw chooses
	drawnOf         = 40   // how many of them are scored from the truth
)

// discover draws the discoveries of a ranking. A task without a must-have has none.
func (s *Service) discover(ctx context.Context, task uuid.UUID, q Question, r Ranking, lang problem.Language) ([]Candidate, error) {
	musts := q.musts()
	if len(musts) == 0 || len(r.Items) == 0 {
		return nil, nil
	}
	ids, err := s.holders(ctx, task, q, musts, idsOf(r.Items))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	found, err := members(s.db.Gorm(ctx), ids)
	if err != nil {
		return nil, err
	}
	at := map[uuid.UUID]Inputs{}
	for _, m := range found {
		hit, ok := q.Hit(q.Formula.Document(m.Member, q.AsOf))
		if ok && meets(m.Strengths(), musts) && r.behind(q.Place(hit), q) {
			at[m.ID] = q.Inputs(m.Member)
		}
	}
	drawn := make([]uuid.UUID, 0, mostDiscoveries)
	for _, id := range ids { // in the order of the draw
		if _, fits := at[id]; fits && len(drawn) < mostDiscoveries {
			drawn = append(drawn, id)
		}
	}
	list, names, err := candidates(s.db.Gorm(ctx), q, drawn, at, lang)
	maps.Copy(r.names, names)
	return list, err
}

// behind reports whether a place comes after the last one listed.
func (r Ranking) behind(p Place, q Question) bool {
	last := r.Items[len(r.Items)-1]
	return Line{last.inputs, last.Parts, last.Score}.place().Compare(p) < 0
}

func (q Question) musts() (list []Wanted) {
	for _, w := range q.Skills {
		if w.Weight == MustWeight {
			list = append(list, w)
		}
	}
	return list
}

func meets(held map[string]int, musts []Wanted) bool {
	return !slices.ContainsFunc(musts, func(w Wanted) bool { return held[w.Skill] < w.Level })
}

// draw is a number that the task, the day and an id decide; nobody can aim at it.
func draw(task uuid.UUID, q Question, id uuid.UUID) [sha256.Size]byte {
	return sha256.Sum256(slices.Concat(task[:], []byte(q.AsOf.String()), id[:]))
}

// start is a place in the ids of a skill's holders, between the first and the last of them, that the draw chooses.
func (s *Service) start(ctx context.Context, task uuid.UUID, q Question, skill string) (uuid.UUID, error) {
	var ends []uuid.UUID
	err := s.db.Gorm(ctx).Raw(`(SELECT membership_id FROM match_held WHERE company_id = @company AND skill_id = @skill ORDER BY membership_id LIMIT 1)
		UNION ALL (SELECT membership_id FROM match_held WHERE company_id = @company AND skill_id = @skill ORDER BY membership_id DESC LIMIT 1)`,
		map[string]any{"company": q.Company, "skill": skill}).Scan(&ends).Error
	if err != nil || len(ends) < 2 {
		return uuid.Nil, err
	}
	low, high, drawn := new(big.Int).SetBytes(ends[0][:]), new(big.Int).SetBytes(ends[1][:]), draw(task, q, uuid.Nil)
	width := new(big.Int).Sub(high, low)
	low.Add(low, width.Mod(new(big.Int).SetBytes(drawn[:]), width.Add(width, big.NewInt(1))))
	return uuid.UUID(low.FillBytes(make([]byte, 16))), nil
}

// holders finds people who meet the musts and are new or hardly ever shown, in the order of the draw. It reads the
// holders of one must-have from a place in their ids that the draw chooses, so its work is bounded however large the
// company. Reading PostgreSQL's index may miss who changed in the last second; the caller asks the truth.
func (s *Service) holders(ctx context.Context, task uuid.UUID, q Question, musts []Wanted, listed []uuid.UUID) ([]uuid.UUID, error) {
	var skills []string
	var levels []int64
	for _, w := range musts {
		skills, levels = append(skills, w.Skill), append(levels, int64(w.Level))
	}
	start, err := s.start(ctx, task, q, musts[0].Skill)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	err = s.db.Gorm(ctx).Raw(`WITH near AS (
			(SELECT membership_id FROM match_held WHERE company_id = @company AND skill_id = @first AND strength >= @level AND membership_id >= @start ORDER BY membership_id LIMIT @read)
			UNION
			(SELECT membership_id FROM match_held WHERE company_id = @company AND skill_id = @first AND strength >= @level AND membership_id < @start ORDER BY membership_id LIMIT @read)),
		able AS (
			SELECT s.membership_id, m.person_id FROM near s JOIN match_members m USING (membership_id)
			WHERE m.company_id = @company AND m.candidate AND NOT membership_id = ANY(CAST(@listed AS uuid[]))
			  AND (SELECT count(*) FROM unnest(CAST(@skills AS text[]), CAST(@levels AS int[])) w (skill_id, level)
				JOIN match_held h ON h.membership_id = s.membership_id AND h.skill_id = w.skill_id AND h.strength >= w.level) = @musts),
		seen AS (
			SELECT who, count(DISTINCT task_id) AS tasks FROM rankings, unnest(listed || discovered) AS who
			WHERE company_id = @company AND as_of >= @since AND as_of < @today AND listed && ARRAY(SELECT membership_id FROM able) GROUP BY who)
		SELECT membership_id FROM able LEFT JOIN seen ON who = membership_id
		WHERE coalesce(tasks, 0) < @hardly OR NOT EXISTS (SELECT 1 FROM reviews v WHERE v.person_id = able.person_id AND v.by_side = 'company')`,
		map[string]any{"company": q.Company, "first": musts[0].Skill, "level": musts[0].Level, "start": start, "read": holdersRead,
			"listed": pq.Array(listed), "skills": pq.Array(skills), "levels": pq.Array(levels), "musts": len(musts),
			"since": q.AsOf.AddDays(-shownWithin), "today": q.AsOf, "hardly": hardlyShown}).Scan(&ids).Error
	slices.SortFunc(ids, func(a, b uuid.UUID) int {
		x, y := draw(task, q, a), draw(task, q, b)
		return cmp.Or(bytes.Compare(x[:], y[:]), bytes.Compare(a[:], b[:]))
	})
	return ids[:min(drawnOf, len(ids))], err
}
