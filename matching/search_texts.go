package matching

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/matching/freetext"
)

// wording is held while indexes of words are written, for the reason for which writing is.
const wording lock = "homecoming words"

// uuids is a list for SQL, empty and not null where there is none.
func uuids(ids []uuid.UUID) any { return pq.Array(append([]uuid.UUID{}, ids...)) }

// textsOf are the indexes of words that come with indexes that rank, in their order.
func textsOf(indexes []Index) []freetext.Index {
	var texts []freetext.Index
	for _, ix := range indexes {
		if with, ok := ix.(interface{ Text() freetext.Index }); ok {
			texts = append(texts, with.Text())
		}
	}
	return texts
}

// textDocuments reads the words of these things from the tables where they are true. What is not there is gone.
func (s *Service) textDocuments(ctx context.Context, kind freetext.Kind, ids []uuid.UUID) ([]freetext.Document, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID                 uuid.UUID
		CompanyID          uuid.UUID
		Beyond             bool
		Head, Skills, Rest string
	}
	err := s.db.Gorm(ctx).Raw(textFacts[kind], pq.Array(ids)).Scan(&rows).Error
	there := map[uuid.UUID]bool{}
	docs := make([]freetext.Document, 0, len(ids))
	for _, r := range rows {
		there[r.ID] = true
		d := freetext.Document{Kind: kind, ID: r.ID, Scope: []uuid.UUID{r.CompanyID},
			Head: freetext.Fold(r.Head).Text, Skills: freetext.Fold(r.Skills).Text, Rest: freetext.Fold(r.Rest).Text}
		if r.Beyond {
			d.Scope = append(d.Scope, freetext.Everyone)
		}
		docs = append(docs, d)
	}
	for _, id := range ids {
		if !there[id] {
			docs = append(docs, freetext.Document{Kind: kind, ID: id, Gone: true})
		}
	}
	return docs, err
}

// namesOf are a skill's names and aliases, without those that other companies gave it.
const namesOf = `concat_ws(E'\n', k.name_en, k.name_ja, (SELECT string_agg(a.alias, E'\n' ORDER BY a.alias) FROM skill_aliases a
	WHERE a.skill_id = k.id AND (a.company_id IS NULL OR a.company_id = m.company_id)))`

// shownInSearch is true of a person p who can be found by the field. One text serves all who search a company's people, so it
// holds what each of them sees.
func shownInSearch(f market.Field) string { return f.ShownSQL(market.Chooser) }

// textFacts are the statements that give the words of things. A name that is written without a space between its parts
// is found as well.
var textFacts = map[freetext.Kind]string{
	freetext.People: `SELECT m.id, m.company_id, false AS beyond,
			concat_ws(E'\n', p.family_name, p.given_name, p.family_name || p.given_name,
				CASE WHEN ` + shownInSearch(market.FieldReading) + ` THEN concat_ws(E'\n', p.family_kana, p.given_kana, p.family_kana || p.given_kana) END) AS head,
			coalesce((SELECT string_agg(` + namesOf + `, E'\n' ORDER BY k.id) FROM skills k WHERE (k.company_id IS NULL OR k.company_id = m.company_id)
				AND k.id IN (SELECT skill_id FROM person_skills WHERE person_id = m.person_id)), '') AS skills,
			concat_ws(E'\n', (SELECT string_agg(DISTINCT concat_ws(E'\n', s.entity, d.name, d.name_en, array_to_string(d.aliases, E'\n'),
					(SELECT string_agg(concat_ws(E'\n', p.name, p.name_en), E'\n') FROM department_pasts p WHERE p.department_id = d.id)), E'\n')
				FROM stints s LEFT JOIN departments d ON d.id IN (s.department_id, s.formerly_id) WHERE s.membership_id = m.id),
				CASE WHEN ` + shownInSearch(market.FieldIntroduction) + ` THEN p.introduction END, CASE WHEN ` + shownInSearch(market.FieldEmail) + ` THEN m.email END) AS rest
		FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.id = ANY(?::uuid[])`,
	freetext.Tasks: `SELECT m.id, m.company_id, m.visibility->>'kind' IN ('partners', 'open') AS beyond, concat(m.title, E'\nT-', m.number) AS head,
			coalesce((SELECT string_agg(` + namesOf + `, E'\n' ORDER BY w.position) FROM task_skills w JOIN skills k ON k.id = w.skill_id WHERE w.task_id = m.id), '') AS skills,
			concat_ws(E'\n', d.name, d.name_en, array_to_string(d.aliases, E'\n'), c.name, c.name_en, m.brief) AS rest
		FROM tasks m JOIN companies c ON c.id = m.company_id LEFT JOIN departments d ON d.id = m.department_id WHERE m.id = ANY(?::uuid[])`,
}

// DrainTexts writes what changed into the indexes of words, wakes the saved searches that it may concern, and says how
// many changes were confirmed. One process at a time does so.
func (s *Service) DrainTexts(ctx context.Context) (confirmed int, err error) {
	if len(s.texts) == 0 {
		return 0, nil
	}
	release, held, err := s.hold(ctx, wording, false)
	if err != nil || !held {
		return 0, err
	}
	defer release()
	var errs []error
	for stage := range s.texts {
		for {
			n, err := s.drainTextStage(ctx, stage)
			confirmed += n
			if err != nil {
				errs = append(errs, fmt.Errorf("bringing %s's words up to date: %w", s.texts[stage].Name(), err))
			}
			if n < changesAtOnce || err != nil {
				break
			}
		}
	}
	return confirmed, errors.Join(errs...)
}

const (
	textBatch     = 2000          // texts read at a time by a rebuild
	changesAtOnce = 5 * textBatch // changes written at a time: many are of the same thing
)

// A textChange is a row of search_pending.
type textChange struct {
	Seq       int64
	Kind      freetext.Kind
	CompanyID uuid.UUID
	ID        uuid.UUID
}

func (s *Service) drainTextStage(ctx context.Context, stage int) (int, error) {
	var rows []textChange
	err := s.db.Gorm(ctx).Raw("SELECT seq, kind, company_id, id FROM search_pending WHERE stage = ? ORDER BY seq LIMIT ?", stage, changesAtOnce).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	seqs, ids, seen := make([]int64, len(rows)), map[freetext.Kind][]uuid.UUID{}, map[uuid.UUID]bool{}
	for i, r := range rows {
		if seqs[i] = r.Seq; !seen[r.ID] {
			seen[r.ID], ids[r.Kind] = true, append(ids[r.Kind], r.ID)
		}
	}
	var docs []freetext.Document
	for kind, of := range ids {
		more, err := s.textDocuments(ctx, kind, of)
		if err != nil {
			return 0, err
		}
		docs = append(docs, more...)
	}
	if err := s.texts[stage].Put(ctx, docs); err != nil {
		return 0, err
	}
	return len(rows), s.confirmTexts(ctx, stage, seqs, rows)
}

// confirmTexts passes rows on to the next index; the last one deletes them. An index that this process does not know
// misses the change, and so must be built anew before it is asked again.
func (s *Service) confirmTexts(ctx context.Context, stage int, seqs []int64, rows []textChange) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if stage == 0 {
			if err := s.wake(tx, rows); err != nil {
				return err
			}
		}
		if stage < len(s.texts)-1 {
			return tx.Exec("UPDATE search_pending SET stage = ? WHERE seq = ANY(?::bigint[])", stage+1, pq.Array(seqs)).Error
		}
		names := make([]string, len(s.texts))
		for i, ix := range s.texts {
			names[i] = ix.Name()
		}
		if err := tx.Exec("DELETE FROM search_indexes WHERE NOT name = ANY(?::text[])", pq.Array(names)).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM search_pending WHERE seq = ANY(?::bigint[]) OR stage > ?", pq.Array(seqs), stage).Error
	})
}

// ReindexTexts writes the words of everything into every index of words (of these companies, where there are any; else
// the indexes are built anew). Searches go on meanwhile. progress, where not nil, hears how many things are done.
func (s *Service) ReindexTexts(ctx context.Context, progress func(done, total int), companies ...uuid.UUID) error {
	release, _, err := s.hold(ctx, wording, true)
	if err != nil {
		return err
	}
	defer release()
	for _, ix := range s.texts {
		if err := s.rebuildTexts(ctx, ix, progress, companies); err != nil {
			return fmt.Errorf("writing %s's words: %w", ix.Name(), err)
		}
	}
	return nil
}

// PrepareTexts builds the indexes of words that are not built, or do not pass their own check.
func (s *Service) PrepareTexts(ctx context.Context) error {
	for i, ix := range s.texts {
		if i == 0 {
			continue // PostgreSQL's own is filled by what is pending
		}
		var built int
		if err := s.db.Gorm(ctx).Raw("SELECT count(*) FROM search_indexes WHERE name = ?", ix.Name()).Scan(&built).Error; err != nil {
			return err
		}
		if built > 0 && ix.Check(ctx) == nil {
			continue
		}
		release, _, err := s.hold(ctx, wording, true)
		if err != nil {
			return err
		}
		err = s.rebuildTexts(ctx, ix, nil, nil)
		release()
		if err != nil {
			return fmt.Errorf("building %s's words: %w", ix.Name(), err)
		}
		s.breaker.clear("text:" + ix.Name())
	}
	return nil
}

func (s *Service) rebuildTexts(ctx context.Context, ix freetext.Index, progress func(done, total int), companies []uuid.UUID) error {
	feed := func(put func([]freetext.Document) error) error { return s.feedTexts(ctx, companies, progress, put) }
	if len(companies) > 0 {
		return feed(func(docs []freetext.Document) error { return ix.Put(ctx, docs) })
	}
	if err := ix.Replace(ctx, feed); err != nil {
		return err
	}
	return s.db.Gorm(ctx).Exec("INSERT INTO search_indexes (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET built_at = now()", ix.Name()).Error
}

// feedTexts puts the words of all people and all tasks, in the order of their ids.
func (s *Service) feedTexts(ctx context.Context, companies []uuid.UUID, progress func(done, total int), put func([]freetext.Document) error) error {
	done, total := 0, 0
	const of = "(cardinality(CAST(@of AS uuid[])) = 0 OR company_id = ANY(CAST(@of AS uuid[])))"
	args := map[string]any{"of": uuids(companies), "last": uuid.Nil, "batch": textBatch}
	err := s.db.Gorm(ctx).Raw("SELECT (SELECT count(*) FROM memberships WHERE "+of+") + (SELECT count(*) FROM tasks WHERE "+of+")", args).Scan(&total).Error
	if err != nil {
		return err
	}
	for kind, table := range map[freetext.Kind]string{freetext.People: "memberships", freetext.Tasks: "tasks"} {
		for args["last"] = uuid.Nil; ; {
			var ids []uuid.UUID
			err := s.db.Gorm(ctx).Raw("SELECT id FROM "+table+" WHERE "+of+" AND id > @last ORDER BY id LIMIT @batch", args).Scan(&ids).Error
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				break
			}
			docs, err := s.textDocuments(ctx, kind, ids)
			if err != nil {
				return err
			}
			if err := put(docs); err != nil {
				return err
			}
			args["last"], done = ids[len(ids)-1], done+len(ids)
			if progress != nil {
				progress(done, max(done, total))
			}
		}
	}
	return nil
}

// scopeOf are the companies whose readers somebody is, for an index of words.
func scopeOf(who market.Actor) []uuid.UUID {
	scope := []uuid.UUID{freetext.Everyone}
	for _, g := range who.Grants {
		if !slices.Contains(scope, g.CompanyID) {
			scope = append(scope, g.CompanyID)
		}
	}
	return scope
}

// either is the name in the reader's language, and the other one where there is none.
func either(ja bool, nameEN, nameJA string) string {
	if ja && nameJA != "" || strings.TrimSpace(nameEN) == "" {
		return nameJA
	}
	return nameEN
}
