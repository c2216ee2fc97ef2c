package meili

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	sdk "github.com/meilisearch/meilisearch-go"

	"homecoming/matching"
)

// Ask sends all lists in one request.
func (ix *Index) Ask(ctx context.Context, q matching.Question, lists []matching.List) ([][]matching.Hit, error) {
	queries := make([]*sdk.SearchRequest, len(lists))
	for i, l := range lists {
		queries[i] = &sdk.SearchRequest{
			IndexUID: ix.uid, Filter: filter(q, l), Offset: int64(l.Offset), Limit: int64(l.Limit),
			Sort: []string{"p:desc", "tenure:desc", "left:desc", "id:asc"}, AttributesToRetrieve: wanted,
		}
	}
	found, err := ix.server.MultiSearchWithContext(ctx, &sdk.MultiSearchRequest{Queries: queries})
	if err != nil {
		return nil, err
	}
	if len(found.Results) != len(lists) {
		return nil, fmt.Errorf("meilisearch: %d answers to %d queries", len(found.Results), len(lists))
	}
	answers := make([][]matching.Hit, len(lists))
	for i, r := range found.Results {
		if answers[i], err = read(q, r.Hits); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

var errUnsorted = errors.New("meilisearch: hits came out of order")

// read decodes hits and holds the server to the order, on which every bound rests.
func read(q matching.Question, found sdk.Hits) ([]matching.Hit, error) {
	var docs []document
	if err := found.DecodeInto(&docs); err != nil {
		return nil, err
	}
	hits := make([]matching.Hit, len(docs))
	for i, d := range docs {
		var err error
		if hits[i], err = d.hit(q); err != nil {
			return nil, err
		}
		if i > 0 && order(docs[i-1], d) >= 0 {
			return nil, errUnsorted
		}
	}
	return hits, nil
}

func order(a, b document) int {
	return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(b.Tenure, a.Tenure), cmp.Compare(b.Left, a.Left), cmp.Compare(a.ID, b.ID))
}

// AnyOfSays describes [Index.AnyOf].
const AnyOfSays = "one any-of search over the task's skills at the wanted levels, sorted by p, limit 20, with the attributes and the client of a ranking"

// AnyOf is the cheapest search that has to do with a question, for measurements to compare with: who meets any of the
// skills, the highest p first. It filters nobody and breaks no ties.
func (ix *Index) AnyOf(ctx context.Context, q matching.Question, limit int) error {
	var any wants
	for _, w := range q.Skills {
		any = append(any, want{token(scope(q.Company), w.Skill, w.Level), w.Weight})
	}
	found, err := ix.server.Index(ix.uid).SearchWithContext(ctx, "", &sdk.SearchRequest{
		Filter: any.any(), Limit: int64(limit), Sort: []string{"p:desc"}, AttributesToRetrieve: wanted,
	})
	if err != nil {
		return err
	}
	var docs []document
	return found.Hits.DecodeInto(&docs)
}
