package bench_test

import (
	"io"
	"reflect"
	"testing"

	"homecoming/cmd/homecoming/bench"
)

// TestOurListsBeatEveryPlainOne is the promise of the score, in a market whose truth does not reuse it: better than each
// of its parts, than a search by text and than chance, by more than the interval of the difference.
func TestOurListsBeatEveryPlainOne(t *testing.T) {
	t.Parallel()
	o := bench.QualityOptions{Seed: 7, Members: 400, Tasks: 80}
	r, err := bench.MeasureQuality(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range r.Rankings[1:] {
		if q.Ahead.Low <= 0 || q.NDCG.Low > q.NDCG.Mean || q.NDCG.High < q.NDCG.Mean {
			t.Errorf("%s: %+v; ours is ahead by %+v", q.Name, q.NDCG, q.Ahead)
		}
	}
	if ours := r.Rankings[0]; len(r.Rankings) != 5 || ours.Ahead.Mean != 0 || ours.NDCG.Mean > 1 {
		t.Errorf("%+v", r.Rankings)
	}
	moved := 0
	for _, s := range r.Sensitivity {
		if s.Overlap < 1 {
			moved++
		}
	}
	if len(r.Sensitivity) != 18 || moved < 12 {
		t.Errorf("constants that move nobody are not being changed: %+v", r.Sensitivity)
	}
	again, err := bench.MeasureQuality(t.Context(), o, io.Discard)
	if err != nil || !reflect.DeepEqual(r, again) {
		t.Errorf("the same seed gave something else (%v)", err)
	}
}
