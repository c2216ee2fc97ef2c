package matching

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/matching/freetext"
)

// Free-text search: an index of words gives ids, and PostgreSQL says which of them the reader may see, how many there
// are, and what they are. So results, counts and marks obey the very policy of the lists, whatever the index believes.
//
// Changes that an index has not confirmed are read beside it, from the truth; where they are too many, or the faster
// index fails, PostgreSQL's own index answers.

// A Found is how a search was answered.
type Found struct {
	Total    int
	Facets   map[Facet][]FacetCount
	Index    string // which index of words answered: "meilisearch" or "postgres"; "" where no words were asked for
	Tolerant bool   // words with slips were found too
	Degraded bool   // a faster index is configured but could not be relied on
}

// A Facet is what results can be counted by.
type Facet string

// A FacetCount says how many of the results have a value. Name is in the reader's language, and empty where the value is
// one of a few that the reader's page has words for.
type FacetCount struct {
	Value string
	Name  string
	N     int
}

// A Mark is a text of a result in which something was found, in parts.
type Mark struct {
	Field string // name, skills, departments; title, brief
	Parts []freetext.Part
}

// A pageOf is which of the results are wanted: at most 100, 20 when not said, after Offset of them.
type pageOf struct{ limit, offset int }

// most is how many results words may have in an index that is not PostgreSQL's. A query with more is asked there.
const most = 10_000

// errTooMany says that what was typed is found so often that PostgreSQL should count it.
var errTooMany = errors.New("matching: more is found than a text index gives")

// matched are the ids that an index of words gives, the best first.
type matched struct {
	ids      []uuid.UUID
	index    string
	tolerant bool
	degraded bool
}

// lookUp asks the fastest index of words that can be relied on. Scope are the companies whose readers are asking.
func (s *Service) lookUp(ctx context.Context, kind freetext.Kind, scope []uuid.UUID, q freetext.Query) (matched, error) {
	m := matched{}
	for stage := len(s.texts) - 1; stage > 0; stage-- {
		ids, err := s.lookFaster(ctx, stage, kind, scope, q)
		if err == nil {
			return matched{ids, s.texts[stage].Name(), s.texts[stage].Tolerant(), m.degraded}, nil
		}
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
		m.degraded = m.degraded || !errors.Is(err, errTooMany)
	}
	ix := s.texts[0]
	ids, err := s.lookIn(ctx, 0, kind, scope, q, anyNumber)
	return matched{ids, ix.Name(), ix.Tolerant(), m.degraded}, err
}

// lookFaster asks an index other than PostgreSQL's, unless it failed lately, for as long as the budget lasts.
func (s *Service) lookFaster(ctx context.Context, stage int, kind freetext.Kind, scope []uuid.UUID, q freetext.Query) (ids []uuid.UUID, err error) {
	report, err := s.breaker.pass("text:"+s.texts[stage].Name(), s.Rest)
	if err != nil {
		return nil, err
	}
	told := errGaveUp // also where the index makes us panic
	defer func() { report(told) }()
	within, cancel := context.WithTimeout(ctx, s.Budget)
	defer cancel()
	ids, err = s.lookIn(within, stage, kind, scope, q, most)
	if ctx.Err() == nil {
		told = err
		if errors.Is(err, errTooMany) || errors.Is(err, errTooStale) || errors.Is(err, errUnbuilt) {
			told = nil // it works
		}
	}
	return ids, err
}

// lookIn asks one index and puts right what it has not confirmed.
func (s *Service) lookIn(ctx context.Context, stage int, kind freetext.Kind, scope []uuid.UUID, q freetext.Query, limit int) ([]uuid.UUID, error) {
	ix := s.texts[stage]
	changed, err := s.unconfirmed(ctx, stage, kind, scope)
	if err != nil {
		return nil, err
	}
	ids, err := ix.Find(ctx, kind, scope, q, limit)
	if err != nil {
		return nil, err
	}
	if len(ids) >= limit {
		return nil, errTooMany
	}
	if len(changed) == 0 {
		return ids, nil
	}
	return s.overlaid(ctx, ids, changed, kind, scope, q, ix.Tolerant())
}

// overlaid replaces what an index says about what changed by what the documents say now. What is newly found comes
// after what the index knew how to order.
func (s *Service) overlaid(ctx context.Context, ids, changed []uuid.UUID, kind freetext.Kind, scope []uuid.UUID, q freetext.Query, tolerant bool) ([]uuid.UUID, error) {
	docs, err := s.textDocuments(ctx, kind, changed)
	if err != nil {
		return nil, err
	}
	now := map[uuid.UUID]bool{}
	for _, id := range changed {
		now[id] = false
	}
	for _, d := range docs {
		now[d.ID] = q.Matches(d, tolerant) && slices.ContainsFunc(d.Scope, func(c uuid.UUID) bool { return slices.Contains(scope, c) })
	}
	var kept []uuid.UUID
	for _, id := range ids {
		found, fresh := now[id]
		if !fresh || found {
			kept = append(kept, id)
			delete(now, id)
		}
	}
	for _, id := range changed {
		if now[id] {
			kept = append(kept, id)
			now[id] = false
		}
	}
	return kept, nil
}

// unconfirmed are the things in scope whose words an index may have wrong. PostgreSQL's own index is asked all the same
// where they are too many: it follows within seconds.
func (s *Service) unconfirmed(ctx context.Context, stage int, kind freetext.Kind, scope []uuid.UUID) ([]uuid.UUID, error) {
	g := s.db.Gorm(ctx)
	within := "company_id = ANY(CAST(@scope AS uuid[]))"
	if kind == freetext.Tasks { // other companies' tasks may be meant for these readers too
		within = "true"
	}
	var rows []struct {
		ID    uuid.UUID
		Built bool
	}
	err := g.Raw(`(SELECT DISTINCT id, true AS built FROM search_pending WHERE kind = @kind AND stage <= @stage AND `+within+` LIMIT @most)
		UNION ALL SELECT CAST(@nil AS uuid), false WHERE @stage > 0 AND NOT EXISTS (SELECT 1 FROM search_indexes WHERE name = @name)`,
		map[string]any{"kind": kind, "stage": stage, "scope": uuids(scope), "most": mostNews + 1, "nil": uuid.Nil, "name": s.texts[stage].Name()}).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, 0, len(rows))
	for _, r := range rows {
		if !r.Built {
			return nil, errUnbuilt
		}
		ids = append(ids, r.ID)
	}
	if len(ids) <= mostNews {
		return ids, nil
	}
	if stage > 0 {
		return nil, errTooStale
	}
	return nil, nil
}

// A searchRow is a row of a statement that counts: a hit of the page, the total, or one count of a facet.
type searchRow struct {
	Facet Facet
	Value string
	N     int
}

// The rows of such a statement that are no facet.
const (
	tallyTotal Facet = "total"
	tallyHit   Facet = "hit"
)

// tallied runs such a statement and takes it apart. Hits come in their order. The statement is compiled nowhere: that
// takes longer than to run it.
func (s *Service) tallied(ctx context.Context, statement func(g *gorm.DB) *gorm.DB) (hits []uuid.UUID, f Found, err error) {
	var rows []searchRow
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL jit = off").Error; err != nil {
			return err
		}
		return statement(tx).Scan(&rows).Error
	})
	if err != nil {
		return nil, f, err
	}
	f.Facets = map[Facet][]FacetCount{}
	for _, r := range rows {
		switch r.Facet {
		case tallyTotal:
			f.Total = r.N
		case tallyHit:
			id, err := uuid.Parse(r.Value)
			if err != nil {
				return nil, f, err
			}
			hits = append(hits, id)
		default:
			f.Facets[r.Facet] = append(f.Facets[r.Facet], FacetCount{Value: r.Value, N: r.N})
		}
	}
	return hits, f, nil
}

// inOrder sorts what was read by ids as the ids are.
func inOrder[T any](ids []uuid.UUID, rows []T, id func(T) uuid.UUID) []T {
	at := make(map[uuid.UUID]T, len(rows))
	for _, r := range rows {
		at[id(r)] = r
	}
	var sorted []T
	for _, i := range ids {
		if r, there := at[i]; there {
			sorted = append(sorted, r)
		}
	}
	return sorted
}
