package meili

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
)

// settings is how the index must be set up. Filters on attributes that are only ever compared for equality cost half
// as much to build; facet search and prefixes are for people who type, and nobody types here.
func settings() map[string]any {
	filter := func(comparison bool, attributes ...string) map[string]any {
		return map[string]any{
			"attributePatterns": attributes,
			"features":          map[string]any{"facetSearch": false, "filter": map[string]any{"equality": true, "comparison": comparison}},
		}
	}
	return map[string]any{
		"searchableAttributes": []string{"id"},
		"filterableAttributes": []any{
			filter(false, "id", "company", "skills", "knows", "worked", "from", "barred", "currency"), filter(true, "p", "rate", "free", "days", "left"),
		},
		"sortableAttributes": []string{"order"},
		"rankingRules":       []string{"sort"},
		"pagination":         map[string]any{"maxTotalHits": 100_000_000}, // the default hides all after 1,000
		"searchCutoffMs":     600_000,                                     // the default gives unsorted hits after 1,500 ms
		"facetSearch":        false,
		"prefixSearch":       "disabled",
		"proximityPrecision": "byAttribute",
	}
}

// apply sets an index up and waits until it is.
func (ix *Index) apply(ctx context.Context, uid string) error {
	var task struct {
		TaskUID int64 `json:"taskUid"`
	}
	if err := ix.call(ctx, "PATCH", "/indexes/"+uid+"/settings", settings(), &task); err != nil {
		return err
	}
	return ix.wait(ctx, task.TaskUID)
}

// Mend applies the settings to the index in use. Where they touch what is indexed, the server indexes its documents anew,
// and the settings read as they were until it has.
func (ix *Index) Mend(ctx context.Context) error { return ix.apply(ctx, ix.uid) }

// Check asks whether the server answers and the index is set up as it must be; anything else could make lists wrong.
func (ix *Index) Check(ctx context.Context) error {
	var have map[string]any
	if err := ix.call(ctx, "GET", "/indexes/"+ix.uid+"/settings", nil, &have); err != nil {
		return err
	}
	body, err := json.Marshal(settings())
	if err != nil {
		return err
	}
	var want map[string]any
	if err := json.Unmarshal(body, &want); err != nil {
		return err
	}
	for name := range want {
		if !reflect.DeepEqual(have[name], want[name]) {
			return fmt.Errorf("meilisearch: setting %s is %v instead of %v", name, have[name], want[name])
		}
	}
	return nil
}
