package meili

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/uuid"
	sdk "github.com/meilisearch/meilisearch-go"

	"homecoming/matching/freetext"
)

// Text finds words on a Meilisearch server, with slips and from their beginning. It keeps one index for each kind of
// thing, apart from the one that ranks, which stays lean. Japanese is sent as pairs of characters (freetext.Grams), so
// that it is found the same whatever tokenizers the server was built with.
type Text struct{ *Index }

// Text is the index of words on the same server.
func (ix *Index) Text() freetext.Index { return &Text{ix} }

// Tolerant is true.
func (*Text) Tolerant() bool { return true }

func (t *Text) of(kind freetext.Kind) string { return t.uid + "_" + string(kind) }

// kinds are all kinds of documents, in the order in which their indexes are looked after.
var kinds = []freetext.Kind{freetext.People, freetext.Tasks}

// words is a document as the server keeps it.
type words struct {
	ID     string   `json:"id"`
	Scope  []string `json:"scope"`
	Head   string   `json:"head"`
	Skills string   `json:"skills"`
	Rest   string   `json:"rest"`
}

// textSettings is how an index of words must be set up. Order matters among the attributes: a name weighs more than a
// skill. Only ids come back, so that nothing is shown that the database does not say itself.
func textSettings() map[string]any {
	return map[string]any{
		"searchableAttributes": []string{"head", "skills", "rest"},
		"displayedAttributes":  []string{"id"},
		"filterableAttributes": []any{map[string]any{"attributePatterns": []string{"scope"},
			"features": map[string]any{"facetSearch": false, "filter": map[string]any{"equality": true, "comparison": false}}}},
		"rankingRules":       []string{"words", "typo", "proximity", "attribute", "exactness"},
		"pagination":         map[string]any{"maxTotalHits": mostHits}, // the default hides all after 1,000
		"searchCutoffMs":     600_000,                                  // the default gives part of the hits after 1,500 ms
		"facetSearch":        false,
		"prefixSearch":       "indexingTime",
		"proximityPrecision": "byWord", // neighbours are what Japanese is found by
		"typoTolerance": map[string]any{"enabled": true, "disableOnNumbers": false, "disableOnWords": []string{}, "disableOnAttributes": []string{},
			"minWordSizeForTypos": map[string]any{"oneTypo": 5, "twoTypos": 9}}, // as freetext's Slips
	}
}

const mostHits = 100_000

// Find looks for the words, and where a Japanese one is nowhere, for what stands around one wrong character of it.
func (t *Text) Find(ctx context.Context, kind freetext.Kind, scope []uuid.UUID, q freetext.Query, limit int) ([]uuid.UUID, error) {
	ids, err := t.ask(ctx, kind, scope, limit, phrase(q.Words))
	if err != nil || len(ids) > 0 {
		return ids, err
	}
	if others := around(q); len(others) > 0 {
		return t.ask(ctx, kind, scope, limit, others...)
	}
	return nil, nil
}

// ask sends several queries in one request and joins what they find, each id once.
func (t *Text) ask(ctx context.Context, kind freetext.Kind, scope []uuid.UUID, limit int, queries ...string) ([]uuid.UUID, error) {
	requests := make([]*sdk.SearchRequest, len(queries))
	for i, q := range queries {
		requests[i] = &sdk.SearchRequest{IndexUID: t.of(kind), Query: q, Filter: "scope IN " + quoted(scope), Limit: int64(limit),
			AttributesToRetrieve: []string{"id"}, MatchingStrategy: sdk.All}
	}
	found, err := t.server.MultiSearchWithContext(ctx, &sdk.MultiSearchRequest{Queries: requests})
	if err != nil {
		return nil, err
	}
	if len(found.Results) != len(queries) {
		return nil, fmt.Errorf("meilisearch: %d answers to %d queries", len(found.Results), len(queries))
	}
	return once(found.Results, limit)
}

func once(results []sdk.SearchResponse, limit int) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	seen := map[uuid.UUID]bool{}
	for _, r := range results {
		var docs []words
		if err := r.Hits.DecodeInto(&docs); err != nil {
			return nil, err
		}
		for _, d := range docs {
			id, err := uuid.Parse(d.ID)
			if err != nil {
				return nil, fmt.Errorf("meilisearch: document %q: %w", d.ID, err)
			}
			if !seen[id] && len(ids) < limit {
				seen[id], ids = true, append(ids, id)
			}
		}
	}
	return ids, nil
}

// phrase writes words as a query. Japanese goes in quotes, its pairs as neighbours; the last Latin word stands at the
// end, where the server takes it for a beginning.
func phrase(ws []freetext.Word) string {
	var quoted, plain []string
	for _, w := range ws {
		if w.Japanese {
			quoted = append(quoted, `"`+strings.Join(w.Grams(), " ")+`"`)
		} else {
			plain = append(plain, w.Text)
		}
	}
	return strings.Join(append(quoted, plain...), " ")
}

// around gives, for each Japanese word, the queries with one of its characters wrong.
func around(q freetext.Query) []string {
	var queries []string
	for i, w := range q.Words {
		for _, parts := range w.Around() {
			others := append(append([]freetext.Word{}, q.Words[:i]...), q.Words[i+1:]...)
			queries = append(queries, phrase(append(parts, others...)))
		}
	}
	return queries
}

// Put sends the documents, takes out those that are gone, and waits until both can be seen.
func (t *Text) Put(ctx context.Context, docs []freetext.Document) error {
	tasks, err := t.sendTexts(ctx, docs, "")
	if err != nil {
		return err
	}
	return t.wait(ctx, tasks...)
}

// sendTexts hands the documents over, to the indexes whose names end as given, and names the server's tasks.
func (t *Text) sendTexts(ctx context.Context, docs []freetext.Document, suffix string) (tasks []int64, err error) {
	for _, kind := range kinds {
		var lines bytes.Buffer
		var gone []string
		lineOf := json.NewEncoder(&lines)
		for _, d := range docs {
			switch {
			case d.Kind != kind:
			case d.Gone:
				gone = append(gone, d.ID.String())
			default:
				if err := lineOf.Encode(wordsOf(d)); err != nil {
					return nil, err
				}
			}
		}
		if lines.Len() > 0 {
			key := "id"
			info, err := t.server.Index(t.of(kind)+suffix).AddDocumentsNdjsonWithContext(ctx, lines.Bytes(), &sdk.DocumentOptions{PrimaryKey: &key})
			if err != nil {
				return nil, err
			}
			tasks = append(tasks, info.TaskUID)
		}
		if len(gone) > 0 {
			info, err := t.server.Index(t.of(kind)+suffix).DeleteDocumentsWithContext(ctx, gone, nil)
			if err != nil {
				return nil, err
			}
			tasks = append(tasks, info.TaskUID)
		}
	}
	return tasks, nil
}

func wordsOf(d freetext.Document) words {
	return words{d.ID.String(), texts(d.Scope), freetext.Grams(d.Head), freetext.Grams(d.Skills), freetext.Grams(d.Rest)}
}

// Replace fills indexes beside those in use and swaps them in, all at once.
func (t *Text) Replace(ctx context.Context, feed func(put func([]freetext.Document) error) error) error {
	for _, kind := range kinds {
		next := t.of(kind) + "_next"
		if err := t.drop(ctx, next); err != nil {
			return err
		}
		if err := t.create(ctx, next); err != nil {
			return err
		}
		if err := t.applyText(ctx, next); err != nil {
			return err
		}
	}
	var tasks []int64
	err := feed(func(docs []freetext.Document) error {
		more, err := t.sendTexts(ctx, docs, "_next")
		tasks = append(tasks, more...)
		return err
	})
	if err != nil {
		return err
	}
	if err := t.wait(ctx, tasks...); err != nil {
		return err
	}
	return t.swapTexts(ctx)
}

func (t *Text) swapTexts(ctx context.Context) error {
	var swaps []*sdk.SwapIndexesParams
	for _, kind := range kinds {
		if err := t.create(ctx, t.of(kind)); err != nil { // a swap wants two
			return err
		}
		swaps = append(swaps, &sdk.SwapIndexesParams{Indexes: []string{t.of(kind), t.of(kind) + "_next"}})
	}
	info, err := t.server.SwapIndexesWithContext(ctx, swaps)
	if err != nil {
		return err
	}
	if err := t.wait(ctx, info.TaskUID); err != nil {
		return err
	}
	for _, kind := range kinds {
		if err := t.drop(ctx, t.of(kind)+"_next"); err != nil {
			return err
		}
	}
	return nil
}

func (t *Text) applyText(ctx context.Context, uid string) error {
	var task struct {
		TaskUID int64 `json:"taskUid"`
	}
	if err := t.call(ctx, "PATCH", "/indexes/"+uid+"/settings", textSettings(), &task); err != nil {
		return err
	}
	return t.wait(ctx, task.TaskUID)
}

// Check asks whether the server answers and both indexes are set up as they must be.
func (t *Text) Check(ctx context.Context) error {
	body, err := json.Marshal(textSettings())
	if err != nil {
		return err
	}
	var want map[string]any
	if err := json.Unmarshal(body, &want); err != nil {
		return err
	}
	for _, kind := range kinds {
		var have map[string]any
		if err := t.call(ctx, "GET", "/indexes/"+t.of(kind)+"/settings", nil, &have); err != nil {
			return err
		}
		for name := range want {
			if !reflect.DeepEqual(have[name], want[name]) {
				return fmt.Errorf("meilisearch: setting %s of %s is %v instead of %v", name, t.of(kind), have[name], want[name])
			}
		}
	}
	return nil
}
