package matching

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"math/big"
	"slices"

	"github.com/google/uuid"
	"github.com/lib/pq"
)

// Discoveries are up to two people shown behind the list and labelled as such: they meet every must-have, and are new here
// or were hardly ever shown. Who they are is drawn by the task and the day, so that everybody who looks sees the same,
// and the list itself is untouched.

const (
	mostDiscoveries = 2
	hardlyShown     = 3   // tasks: shown for fewer of them counts as hardly ever
	shownWithin     = 90  // days in which that is counted; today is left out, so that being shown changes nothing today
	holdersRead     = 600 // how many holders of a skill are looked at, from a place that the draw chooses
	drawnOf         = 24  // how many of them are scored from the truth
)

// draw names people who may be discovered for a task, in an order that it decides. A task without a must-have has none.
func (s *Service) draw(ctx context.Context, task uuid.UUID, q Question, hits []Hit) ([]uuid.UUID, error) {
	musts := q.musts()
	if task == uuid.Nil || len(musts) == 0 || len(hits) == 0 {
		return nil, nil
	}
	listed := make([]uuid.UUID, len(hits))
	for i, h := range hits {
		listed[i] = h.Membership
	}
	return s.holders(ctx, task, q, musts, listed)
}

// discoveries are the first of those drawn who really meet every must-have, pass the filters and stand behind the list.
func (q Question) discoveries(hits []Hit, drawn []uuid.UUID, at map[uuid.UUID]Inputs, truly map[uuid.UUID]Place) (found []uuid.UUID) {
	for _, id := range drawn {
		place, there := truly[id]
		if there && q.meetsMusts(at[id]) && q.Place(hits[len(hits)-1]).Compare(place) < 0 && len(found) < mostDiscoveries {
			found = append(found, id)
		}
	}
	return found
}

func (q Question) meetsMusts(in Inputs) bool {
	for i, w := range q.Skills {
		if w.Weight == MustWeight && in.Skills[i].Level < w.Level {
			return false
		}
	}
	return true
}

func (q Question) musts() (list []Wanted) {
	for _, w := range q.Skills {
		if w.Weight == MustWeight {
			list = append(list, w)
		}
	}
	return list
}

// lot is a number that the task, the day and an id decide; nobody can aim at it.
func lot(task uuid.UUID, q Question, id uuid.UUID) [sha256.Size]byte {
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
	low, high, drawn := new(big.Int).SetBytes(ends[0][:]), new(big.Int).SetBytes(ends[1][:]), lot(task, q, uuid.Nil)
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
			UNION ALL
			(SELECT membership_id FROM match_held WHERE company_id = @company AND skill_id = @first AND strength >= @level AND membership_id < @start ORDER BY membership_id LIMIT @read)
			LIMIT @read),
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
		x, y := lot(task, q, a), lot(task, q, b)
		return cmp.Or(bytes.Compare(x[:], y[:]), bytes.Compare(a[:], b[:]))
	})
	return ids[:min(drawnOf, len(ids))], err
}
