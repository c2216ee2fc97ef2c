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
	Sort     []string `json:"sort"`
	Offset   int      `json:"offset,omitempty"`
	Limit    int      `json:"limit"`
	Wanted   []string `json:"attributesToRetrieve"`
}

// byOrder sorts by one number that holds p, tenure and leaving date: a second attribute would be looked up for every hit,
// also where nothing ties.
var byOrder = []string{"order:desc"}

// Ask sends the lists in two requests at once: the server answers those of one request one after the other.
func (ix *Index) Ask(ctx context.Context, q matching.Question, lists []matching.List) ([][]matching.Hit, error) {
	queries := make([]query, len(lists))
	for i, l := range lists {
		queries[i] = query{IndexUID: ix.uid, Filter: strings.Join(filter(q, l), " AND "), Sort: byOrder, Offset: l.Offset, Limit: l.Limit, Wanted: wanted}
	}
	answers := make([][]matching.Hit, len(lists))
	if len(lists) == 1 {
		return answers, ix.search(ctx, q, queries, answers)
	}
	first, second := halves(lists)
	both, within := errgroup.WithContext(ctx)
	for _, these := range [][]int{first, second} {
		both.Go(func() error {
			mine, got := make([]query, len(these)), make([][]matching.Hit, len(these))
			for i, at := range these {
				mine[i] = queries[at]
			}
			err := ix.search(within, q, mine, got)
			for i, at := range these {
				answers[at] = got[i]
			}
			return err
		})
	}
	return answers, both.Wait()
}

// halves parts lists so that both halves take about as long, the longest ones first.
func halves(lists []matching.List) (a, b []int) {
	const each = 25 // hits that a list costs by itself
	order := make([]int, len(lists))
	for i := range lists {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return lists[j].Limit - lists[i].Limit })
	balance := 0
	for _, i := range order {
		if balance <= 0 {
			a, balance = append(a, i), balance+each+lists[i].Limit
		} else {
			b, balance = append(b, i), balance-each-lists[i].Limit
		}
	}
	return a, b
}

// search sends one request and puts what it answers in place.
func (ix *Index) search(ctx context.Context, q matching.Question, queries []query, answers [][]matching.Hit) error {
	var found struct {
		Results []struct {
			Hits []document `json:"hits"`
		} `json:"results"`
	}
	if err := ix.call(ctx, http.MethodPost, "/multi-search", map[string]any{"queries": queries}, &found); err != nil {
		return err
	}
	if len(found.Results) != len(queries) {
		return fmt.Errorf("meilisearch: %d answers to %d queries", len(found.Results), len(queries))
	}
	for i, r := range found.Results {
		var err error
		if answers[i], err = read(q, r.Hits); err != nil {
			return err
		}
	}
	return nil
}

var errUnsorted = errors.New("meilisearch: hits came out of order")

// read turns documents into hits and holds the server to the order, on which every bound rests.
func read(q matching.Question, docs []document) ([]matching.Hit, error) {
	hits := make([]matching.Hit, len(docs))
	for i, d := range docs {
		var err error
		if hits[i], err = d.hit(q); err != nil {
			return nil, err
		}
		if i > 0 && order(docs[i-1], d) > 0 {
			return nil, errUnsorted
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
	return ix.search(ctx, q, []query{one}, make([][]matching.Hit, 1))
}
