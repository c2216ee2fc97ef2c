package matching

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"
	"github.com/lib/pq"
)

// A Drift is a document that an index has otherwise than the facts want it, although no change waits for it.
type Drift struct {
	Index   string
	Kind    DriftKind
	Company uuid.UUID // uuid.Nil where it is no company's
	ID      string    // as the index names it
}

// A DriftKind says what is wrong with a document.
type DriftKind string

// The kinds of drift.
const (
	Missing DriftKind = "missing" // it should be there
	Changed DriftKind = "changed" // it should look different
	Extra   DriftKind = "extra"   // it should not be there
)

// An Examination is what came of comparing an index with the facts.
type Examination struct {
	Index     string
	Err       error               // why it could not be compared; the counts are nothing then
	Companies map[uuid.UUID]Count // what there should be, and is, by company; uuid.Nil is whatever is no company's
	Behind    int                 // documents whose changes wait to be written: no drift
	Drift     map[DriftKind]int
	Mended    int
}

// A Count is how many documents of a company the facts want in an index, and how many it has.
type Count struct{ Want, Have int }

// Sound reports whether the index has exactly what it should have.
func (e Examination) Sound() bool {
	return e.Err == nil && e.Drift[Missing]+e.Drift[Changed]+e.Drift[Extra] == e.Mended
}

// Examine compares every index with the facts, document by document, and tells each drift as it is found. With mend it
// writes those documents again, and no other. Nothing stands still meanwhile: what changes while it is looked at is
// looked at again.
func (s *Service) Examine(ctx context.Context, mend bool, tell func(Drift)) ([]Examination, error) {
	all := make([]Examination, len(s.indexes))
	for stage := range s.indexes {
		all[stage] = s.examineOne(ctx, stage, mend, tell)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return all, nil
}

func (s *Service) examineOne(ctx context.Context, stage int, mend bool, tell func(Drift)) Examination {
	ix := s.indexes[stage]
	e := &examiner{s: s, stage: stage, ix: ix, mend: mend, tell: tell,
		Examination: Examination{Index: ix.Name(), Companies: map[uuid.UUID]Count{}, Drift: map[DriftKind]int{}}}
	if e.Err = s.comparable(ctx, stage); e.Err == nil {
		e.Err = e.examine(ctx)
	}
	return e.Examination
}

// Recount holds the number of documents in each faster index against that in PostgreSQL's, which takes no longer for many
// than for few, and has an index examined and mended where they differ: somebody took documents out by hand, or put some
// in. It says how many were mended. What makes no difference to the number is left to [Service.Examine].
func (s *Service) Recount(ctx context.Context) (mended int, err error) {
	for stage := 1; stage < len(s.indexes); stage++ {
		off, err := s.miscounted(ctx, stage)
		if err != nil || !off {
			return mended, err
		}
		e := s.examineOne(ctx, stage, true, nil)
		mended += e.Mended
		slog.WarnContext(ctx, "an index held other documents than it should", "index", e.Index, "missing", e.Drift[Missing], "changed", e.Drift[Changed],
			"extra", e.Drift[Extra], "mended", e.Mended)
		if e.Err != nil {
			return mended, e.Err
		}
	}
	return mended, nil
}

// miscounted compares the numbers while nobody writes. Changes that only one of the two has yet, and an index that is being
// built, are left for the next time.
func (s *Service) miscounted(ctx context.Context, stage int) (off bool, err error) {
	err = s.writingAlone(ctx, func() error {
		var busy bool
		if err := s.db.Gorm(ctx).Raw("SELECT EXISTS (SELECT 1 FROM index_pending WHERE stage BETWEEN 1 AND ?) OR EXISTS (SELECT 1 FROM match_builds)", stage).Scan(&busy).Error; err != nil || busy {
			return err
		}
		if r, err := recordOf(s.db.Gorm(ctx), s.indexes[stage].Name()); err != nil || r.usable(s.indexes[stage].Format()) != nil {
			return err
		}
		want, err := s.indexes[0].Count(ctx)
		if err != nil {
			return err
		}
		have, err := s.indexes[stage].Count(ctx)
		off = err == nil && have != want
		return err
	})
	return off, err
}

// comparable says why an index need not be compared: it is not the one that we filled.
func (s *Service) comparable(ctx context.Context, stage int) error {
	if stage == 0 {
		return nil
	}
	return s.unreliable(ctx, s.indexes[stage])
}

type examiner struct {
	Examination
	s     *Service
	stage int
	ix    Index
	mend  bool
	tell  func(Drift)
}

// examine goes through the facts for what is missing or different, then through the index for what nobody knows.
func (e *examiner) examine(ctx context.Context) error {
	err := e.s.eachBatch(ctx, nil, func(int, int) {}, func(ids []uuid.UUID) error { return e.facts(ctx, ids) })
	for from := ""; err == nil; {
		var there []Entry
		if there, from, err = e.ix.Browse(ctx, from); err == nil {
			err = e.strangers(ctx, there)
		}
		if from == "" {
			break
		}
	}
	return err
}

func (e *examiner) count(company uuid.UUID, want, have int) {
	c := e.Companies[company]
	e.Companies[company] = Count{c.Want + want, c.Have + have}
}

// facts compares some memberships. What differs is looked at again, with the facts of that moment and the writers kept
// out, before it counts.
func (e *examiner) facts(ctx context.Context, ids []uuid.UUID) error {
	docs, err := e.s.documents(ctx, ids)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if d.Candidate || e.stage == 0 {
			e.count(d.Company, 1, 0)
		}
	}
	missing, changed, err := e.ix.Differ(ctx, docs)
	suspects := slices.Concat(missing, changed)
	if err != nil || len(suspects) == 0 {
		return err
	}
	return e.s.writingAlone(ctx, func() error { return e.again(ctx, suspects) })
}

func (e *examiner) again(ctx context.Context, suspects []uuid.UUID) error {
	docs, err := e.s.documents(ctx, suspects)
	if err != nil {
		return err
	}
	missing, changed, err := e.ix.Differ(ctx, docs)
	if err != nil {
		return err
	}
	expected, err := e.s.awaited(ctx, e.stage, suspects)
	if err != nil {
		return err
	}
	kinds := make(map[uuid.UUID]DriftKind, len(suspects))
	for _, id := range missing {
		kinds[id] = Missing
	}
	for _, id := range changed {
		kinds[id] = Changed
	}
	var off []Document
	for _, d := range docs {
		kind, differs := kinds[d.Membership]
		switch {
		case !differs:
		case expected[d.Membership]:
			e.Behind++
		default:
			if kind == Changed && !d.Candidate && e.stage > 0 {
				kind = Extra
			}
			e.found(Drift{e.Index, kind, d.Company, d.Membership.String()})
			off = append(off, d)
		}
	}
	if !e.mend || len(off) == 0 {
		return nil
	}
	return e.put(ctx, len(off), func() error { return e.ix.Put(ctx, off) })
}

func (e *examiner) found(d Drift) {
	e.Drift[d.Kind]++
	if e.tell != nil {
		e.tell(d)
	}
}

// put writes into the index and notes its new moment. The caller keeps the writers out.
func (e *examiner) put(ctx context.Context, n int, write func() error) error {
	if err := write(); err != nil {
		return fmt.Errorf("mending %s: %w", e.Index, err)
	}
	e.Mended += n
	moment, err := e.ix.Moment(ctx)
	if err != nil || moment == "" {
		return err
	}
	return note(e.s.db.Gorm(ctx), e.Index, moment)
}

// strangers looks among what the index has for documents that the facts do not know.
func (e *examiner) strangers(ctx context.Context, there []Entry) error {
	for _, d := range there {
		e.count(d.Company, 0, 1)
	}
	unknown, err := e.unknown(ctx, there)
	if err != nil || len(unknown) == 0 {
		return err
	}
	return e.s.writingAlone(ctx, func() error {
		if unknown, err = e.unknown(ctx, unknown); err != nil || len(unknown) == 0 {
			return err
		}
		ids := make([]string, len(unknown))
		for i, d := range unknown {
			ids[i] = d.ID
			e.found(Drift{e.Index, Extra, d.Company, d.ID})
		}
		if !e.mend {
			return nil
		}
		for _, d := range unknown {
			e.count(d.Company, 0, -1)
		}
		return e.put(ctx, len(ids), func() error { return e.ix.Remove(ctx, ids) })
	})
}

// unknown are those that no facts stand behind, and for which no change waits.
func (e *examiner) unknown(ctx context.Context, there []Entry) (unknown []Entry, err error) {
	var ids []uuid.UUID
	for _, d := range there {
		if id, err := uuid.Parse(d.ID); err == nil {
			ids = append(ids, id)
		}
	}
	var strange []uuid.UUID // no membership: a person from outside, or nobody
	err = e.s.db.Gorm(ctx).Raw("SELECT unnest(?::uuid[]) EXCEPT SELECT id FROM memberships WHERE id = ANY(?::uuid[])", pq.Array(ids), pq.Array(ids)).Scan(&strange).Error
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(ids))
	for _, id := range ids {
		known[id.String()] = true
	}
	for _, id := range strange {
		delete(known, id.String())
	}
	docs, err := e.s.documents(ctx, strange)
	if err != nil {
		return nil, err
	}
	expected, err := e.s.awaited(ctx, e.stage, strange)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		known[d.Membership.String()] = true
	}
	for id := range expected {
		known[id.String()] = true
	}
	for _, d := range there {
		if !known[d.ID] {
			unknown = append(unknown, d)
		}
	}
	return unknown, nil
}

// awaited are those for whom a change waits to be written into an index, and those whose day has come.
func (s *Service) awaited(ctx context.Context, stage int, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	var waiting []uuid.UUID
	err := s.db.Gorm(ctx).Raw(`SELECT membership_id FROM index_pending WHERE stage <= ? AND membership_id = ANY(?::uuid[])
		UNION SELECT m.membership_id FROM match_members m LEFT JOIN companies c ON c.id = m.company_id
			WHERE m.membership_id = ANY(?::uuid[]) AND m.changes_on <= (CAST(? AS timestamptz) AT TIME ZONE coalesce(c.time_zone, 'Etc/GMT+12'))::date`,
		stage, pq.Array(ids), pq.Array(ids), s.clock.Now().Format(timestamp)).Scan(&waiting).Error
	is := make(map[uuid.UUID]bool, len(waiting))
	for _, id := range waiting {
		is[id] = true
	}
	return is, err
}
