package bench

import (
	"io"
	"testing"
)

func TestABadPostLeavesTheSameLedger(t *testing.T) {
	t.Parallel()
	r, err := Shuffle(t.Context(), ShuffleOptions{Events: 150, Seed: 3}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Identical || len(r.Trouble) > 0 || r.Entries == 0 || r.Events < 150 || r.Doubled == 0 || r.Dropped == 0 || r.Delayed == 0 {
		t.Errorf("%+v", r)
	}
}

func TestWithoutTheOnceCheckABadPostIsReported(t *testing.T) {
	t.Parallel()
	r, err := Shuffle(t.Context(), ShuffleOptions{Events: 60, Seed: 4, WithoutOnce: true}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.Identical || len(r.Trouble) == 0 || !r.Control {
		t.Errorf("the control found nothing: %+v", r)
	}
}
