package bench

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"homecoming/matching"
)

func TestRankMeasuresAndFindsNoMismatch(t *testing.T) {
	t.Parallel()
	for _, index := range []string{"postgres", "meilisearch"} {
		t.Run(index, func(t *testing.T) {
			t.Parallel()
			r := Rank{Members: 900, CompanySize: 600, Tasks: 6, Skills: []int{1, 4, 12}, Index: index, Seed: 3,
				Server: Meilisearch{URL: os.Getenv("MEILI_URL"), Key: os.Getenv("MEILI_API_KEY")}}
			got, err := r.Run(t.Context(), io.Discard)
			if errors.Is(err, ErrNoMeilisearch) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Tasks != 18 || len(got.BySkills) != 3 || got.Mismatches != 0 {
				t.Fatalf("%+v", got)
			}
			for _, one := range got.BySkills {
				if one.P50 <= 0 || one.P95 < one.P50 || one.YardstickP50 <= 0 || one.RatioP50 <= 0 || one.RoundsMean < 1 {
					t.Errorf("nothing was measured: %+v", one)
				}
			}
		})
	}
}

// The table that measurements score everybody from is quick; it must say what the documents say one by one.
func TestRankScoresEverybodyAsTheDocumentsDo(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 0))
	s := newStaff(rnd, 400)
	for skills := range 9 {
		q := s.question(rnd, skills)
		var want []matching.Place
		for _, d := range s.documents {
			if h, ok := q.Hit(d); ok {
				want = append(want, q.Place(h))
			}
		}
		slices.SortFunc(want, matching.Place.Compare)
		if got := s.best(q, listed); !slices.Equal(got, want[:min(listed, len(want))]) {
			t.Fatalf("%d skills: %+v instead of %+v", skills, got, want)
		}
	}
}
