package matching

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// A Shown ranking is a list that somebody saw about a saved task, scored again from what was read then.
type Shown struct {
	ID          uuid.UUID
	Task        uuid.UUID
	ShownAt     time.Time // for the first time
	Sheet       Sheet
	Bytes       []byte // the sheet as it was hashed
	Hash        string // SHA-256 of Bytes, in hexadecimal
	Replays     bool   // scoring again gives the very same bytes
	Items       []Candidate
	Discoveries []Candidate
}

// A Sighting is one shown list among the others of its task.
type Sighting struct {
	ID      uuid.UUID
	ShownAt time.Time
	Formula int
	Listed  int // how many people
	Hash    string
}

// keepFor is how long shown lists are kept: the exposure report looks back a year at most.
const keepFor = 400 * 24 * time.Hour

// keep writes down a list before it is shown, in one statement, unless the last one shown about the task is the same,
// and says under which id it is. It does not wait for the disk: a crash of the database's machine may lose the lists of
// its last half second, and nothing else is ever built on them.
func (s *Service) keep(ctx context.Context, task uuid.UUID, q Question, r Ranking) (uuid.UUID, error) {
	sheet, err := sheet(task, q, r.Items, r.Discoveries, r.names)
	if err != nil {
		return uuid.Nil, err
	}
	body, err := sheet.bytes()
	if err != nil {
		return uuid.Nil, err
	}
	var ids []uuid.UUID
	err = s.db.Gorm(ctx).Raw(`WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
		last AS (SELECT id, hash FROM rankings WHERE task_id = @task ORDER BY id DESC LIMIT 1),
		made AS (INSERT INTO rankings (id, company_id, task_id, shown_at, as_of, formula, listed, discovered, hash, body)
			SELECT @id, @company, @task, @now, @as_of, @formula, @listed, @discovered, @hash, @body FROM unhurried
			WHERE NOT EXISTS (SELECT 1 FROM last WHERE hash = @hash) RETURNING id)
		SELECT id FROM made UNION ALL SELECT id FROM last WHERE hash = @hash`,
		map[string]any{"task": task, "id": uuid.Must(uuid.NewV7()), "company": q.Company, "now": s.clock.Now(), "as_of": q.AsOf,
			"formula": q.Formula.Version, "listed": pq.Array(idsOf(r.Items)), "discovered": pq.Array(idsOf(r.Discoveries)),
			"hash": hash(body), "body": string(body)}).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return uuid.Nil, errors.Join(err)
	}
	return ids[0], nil
}

func idsOf(list []Candidate) []uuid.UUID {
	ids := make([]uuid.UUID, len(list))
	for i, c := range list {
		ids[i] = c.MembershipID
	}
	return ids
}

type shownRow struct {
	ID, CompanyID, TaskID uuid.UUID
	ShownAt               time.Time
	Hash, Body            string
}

// Shown gives a list that was shown, with the names that people have now and sentences in the reader's language. It
// returns ErrNotFound to strangers and for lists that were swept, ErrForbidden to colleagues who do not post tasks.
func (s *Service) Shown(ctx context.Context, who market.Actor, id uuid.UUID) (Shown, error) {
	var row shownRow
	err := s.db.Gorm(ctx).Table("rankings").Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Shown{}, market.ErrNotFound
	}
	if err != nil {
		return Shown{}, err
	}
	if err := who.May(market.PostTasks, row.CompanyID); err != nil {
		return Shown{}, err
	}
	return s.again(ctx, row, who.Language)
}

// again scores a kept list from its inputs.
func (s *Service) again(ctx context.Context, row shownRow, lang problem.Language) (Shown, error) {
	out := Shown{ID: row.ID, Task: row.TaskID, ShownAt: row.ShownAt, Bytes: []byte(row.Body), Hash: row.Hash}
	replayed, err := Replay(out.Bytes)
	if err != nil {
		return out, err
	}
	out.Replays = string(replayed) == row.Body && hash(replayed) == row.Hash
	if !out.Replays {
		slog.ErrorContext(ctx, "a ranking does not replay", "ranking", row.ID)
	}
	if out.Sheet, err = readSheet(replayed); err != nil {
		return out, err
	}
	var ids []uuid.UUID
	for _, l := range append(out.Sheet.Listed[:len(out.Sheet.Listed):len(out.Sheet.Listed)], out.Sheet.Discovered...) {
		ids = append(ids, l.ID)
	}
	people, err := peopleOf(s.db.Gorm(ctx), out.Sheet.Company, out.Sheet.AsOf, ids)
	words := out.Sheet.words(lang)
	out.Items, out.Discoveries = respoken(words, people, out.Sheet.Listed), respoken(words, people, out.Sheet.Discovered)
	return out, err
}

func respoken(w words, people map[uuid.UUID]Person, lines []Line) []Candidate {
	list := make([]Candidate, len(lines))
	for i, l := range lines {
		list[i] = Candidate{l.ID, people[l.ID], w.standing(l.Inputs), l.Inputs}
	}
	return list
}

// ShownAbout lists what was shown about a task, newest first: those older than before, where that is not uuid.Nil, and at
// most limit. Errors are those of [Service.Rank].
func (s *Service) ShownAbout(ctx context.Context, who market.Actor, task, before uuid.UUID, limit int) ([]Sighting, error) {
	t, _, err := s.task(ctx, everyTask, task)
	if err != nil {
		return nil, err
	}
	if err := who.May(market.PostTasks, t.CompanyID); err != nil {
		return nil, err
	}
	var list []Sighting
	q := s.db.Gorm(ctx).Table("rankings").Select("id, shown_at, formula, cardinality(listed) AS listed, hash").Where("task_id = ? AND company_id = ?", task, t.CompanyID)
	if before != uuid.Nil {
		q = q.Where("id < ?", before)
	}
	return list, q.Order("id DESC").Limit(market.Page(limit)).Scan(&list).Error
}

// SweepRankings takes out the lists that are older than they are kept, and says how many.
func (s *Service) SweepRankings(ctx context.Context) (swept int64, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL homecoming.sweeping = 'rankings'").Error; err != nil {
			return err
		}
		done := tx.Exec("DELETE FROM rankings WHERE shown_at < ?", s.clock.Now().Add(-keepFor))
		swept = done.RowsAffected
		return done.Error
	})
	return swept, err
}
