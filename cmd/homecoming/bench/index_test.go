package bench

import (
	"errors"
	"io"
	"testing"
)

func TestARebuildIsMeasuredBesideAnUpload(t *testing.T) {
	r, err := Reindex{Members: 3000, Rounds: 1, Seed: 1}.Run(t.Context(), io.Discard)
	if errors.Is(err, ErrNoMeilisearch) {
		t.Skip("SKIP:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Documents != 3000 || r.Ours <= 0 || r.Raw <= 0 || r.Ratio <= 0 || r.Drift != 0 {
		t.Errorf("%+v", r)
	}
}

func TestTheIndexOutlivesKillsAndAWipe(t *testing.T) {
	r, err := IndexCrash{Members: 300, Kills: 3, Seed: 1}.Run(t.Context(), io.Discard)
	if errors.Is(err, ErrNoMeilisearch) {
		t.Skip("SKIP:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !r.Sound || r.Lists == 0 || r.Changes == 0 {
		t.Errorf("%+v", r)
	}
}
