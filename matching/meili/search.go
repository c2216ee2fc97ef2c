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
