package meili

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"homecoming/matching"
)

// A query is one search.
type query struct {
	IndexUID string   `json:"indexUid"`
	Filter   string   `json:"filter"`
	Sort     []string `json:"sort,omitempty"`
	Offset   int      `json:"offset,omitempty"`
	Limit    int      `json:"limit"`
	Wanted   []string `json:"attributesToRetrieve"`
}

// byOrder sorts by one number that holds p, tenure and leaving date: a second attribute would be looked up for every hit,
// also where nothing ties.
var byOrder = []string{"order:desc"}

// A part is a list as it is asked for, and what comes of it.
type part struct {
	list  matching.List
	query query
	hits  []matching.Hit
}

// Ask sends the lists in two requests at once: the server answers those of one request one after the other.
func (ix *Index) Ask(ctx context.Context, q matching.Question, lists []matching.List) ([][]matching.Hit, error) {
	parts := make([]*part, len(lists))
	for i, l := range lists {
		one := query{IndexUID: ix.uid, Filter: strings.Join(filter(q, l), " AND "), Offset: l.Offset, Limit: l.Limit, Wanted: wanted}
		if len(l.Tiers) == 0 {
			one.Sort = byOrder
		}
		parts[i] = &part{list: l, query: one}
	}
	err := ix.askAll(ctx, q, parts)
	answers := make([][]matching.Hit, len(lists))
	for i, p := range parts {
		answers[i] = p.hits
	}
	return answers, err
}

func (ix *Index) askAll(ctx context.Context, q matching.Question, parts []*part) error {
	if len(parts) == 1 {
		return ix.search(ctx, q, parts)
	}
	first, second := halves(parts)
	both, within := errgroup.WithContext(ctx)
	both.Go(func() error { return ix.search(within, q, first) })
	both.Go(func() error { return ix.search(within, q, second) })
	return both.Wait()
}

// halves parts lists so that both halves take about as long, the longest ones first.
func halves(parts []*part) (a, b []*part) {
	const each = 25 // hits that a list costs by itself
	balance := 0
	for _, p := range slices.SortedStableFunc(slices.Values(parts), func(a, b *part) int { return b.list.Limit - a.list.Limit }) {
		if balance <= 0 {
			a, balance = append(a, p), balance+each+p.list.Limit
		} else {
			b, balance = append(b, p), balance-each-p.list.Limit
		}
	}
	return a, b
}

// An answer is what the server says to some queries.
type answer struct {
	Results []struct {
		Hits  []document `json:"hits"`
		Total int        `json:"estimatedTotalHits"` // how many there are: exactly, where nobody types words
	} `json:"results"`
}

// search sends one request and puts what it answers in place.
func (ix *Index) search(ctx context.Context, q matching.Question, parts []*part) error {
	queries := make([]query, len(parts))
	for i, p := range parts {
		queries[i] = p.query
	}
	var found answer
	if err := ix.call(ctx, http.MethodPost, "/multi-search", map[string]any{"queries": queries}, &found); err != nil {
		return err
	}
	if len(found.Results) != len(parts) {
		return fmt.Errorf("meilisearch: %d answers to %d queries", len(found.Results), len(parts))
	}
	for i, r := range found.Results {
		var err error
		if parts[i].hits, err = read(q, parts[i].list, r.Hits); err != nil {
			return err
		}
		if want := max(min(r.Total-parts[i].list.Offset, parts[i].list.Limit), 0); len(r.Hits) != want {
			return fmt.Errorf("meilisearch: %d hits of %d from the %dth on", len(r.Hits), r.Total, parts[i].list.Offset)
		}
	}
	return nil
}

var (
	errUnsorted = errors.New("meilisearch: hits came out of order")
	errUnasked  = errors.New("meilisearch: somebody was found who was not asked for")
)

// read turns documents into hits and holds the server to the order, or to what was asked, on which every bound rests.
func read(q matching.Question, l matching.List, docs []document) ([]matching.Hit, error) {
	hits := make([]matching.Hit, len(docs))
	for i, d := range docs {
		var err error
		if hits[i], err = d.hit(q); err != nil {
			return nil, err
		}
		if i > 0 && len(l.Tiers) == 0 && order(docs[i-1], d) > 0 {
			return nil, errUnsorted
		}
		if len(l.Tiers) > 0 && !slices.ContainsFunc(l.Tiers, hits[i].Within) {
			return nil, errUnasked
		}
	}
	return hits, nil
}

func order(a, b document) int {
	return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(b.Tenure, a.Tenure), cmp.Compare(b.Left, a.Left))
}

// AnyOfSays describes [Index.AnyOf].
const AnyOfSays = "one any-of search over the task's skills at the wanted levels, sorted by the stored number that lists are sorted by, limit 20, with the attributes and the client of a ranking"

// AnyOf is the cheapest search that has to do with a question, for measurements to compare with: who meets any of the
// skills, the highest p first. It filters nobody else.
func (ix *Index) AnyOf(ctx context.Context, q matching.Question, limit int) error {
	var any wants
	for _, w := range q.Skills {
		any.heavy = append(any.heavy, token(scope(q.Company), w.Skill, w.Level))
	}
	one := query{IndexUID: ix.uid, Filter: any.any(), Sort: byOrder, Limit: limit, Wanted: wanted}
	return ix.search(ctx, q, []*part{{list: matching.List{Limit: limit}, query: one}})
}
