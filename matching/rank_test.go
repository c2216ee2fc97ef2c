package matching_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/matching"
)

// A shelf is an index in memory that follows the letter of the contract and knows nothing of the loop.
type shelf struct {
	matching.Index
	docs    map[uuid.UUID]matching.Document
	ranks   bool
	changes int
	before  func(*shelf) // called before each round
	asked   int
}

func (s *shelf) Ranks() bool { return s.ranks }

func (s *shelf) Moment(context.Context) (string, error) { return strconv.Itoa(s.changes), nil }

func (s *shelf) Ask(_ context.Context, q matching.Question, lists []matching.List) ([][]matching.Hit, error) {
	s.asked++
	if s.before != nil {
		s.before(s)
	}
	answers := make([][]matching.Hit, len(lists))
	for i, l := range lists {
		answers[i] = s.list(q, l)
	}
	return answers, nil
}

func (s *shelf) list(q matching.Question, l matching.List) []matching.Hit {
	var hits []matching.Hit
	for _, d := range s.docs {
		if h, ok := q.Hit(d); ok && within(h, l) {
			hits = append(hits, h)
		}
	}
	if len(l.Tiers) > 0 { // in no order
		return hits[:min(l.Limit, len(hits))]
	}
	slices.SortFunc(hits, func(a, b matching.Hit) int {
		if s.ranks {
			return q.Place(a).Compare(q.Place(b))
		}
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(b.Tenure, a.Tenure), b.LeftOn.Compare(a.LeftOn),
			cmp.Compare(b.Membership.String(), a.Membership.String())) // who ties may come in any order
	})
	from := min(l.Offset, len(hits))
	return hits[from:min(from+l.Limit, len(hits))]
}

func within(h matching.Hit, l matching.List) bool {
	tiers := l.Tiers
	if len(tiers) == 0 {
		tiers = []matching.Tier{{AtLeast: l.AtLeast, InDepartment: l.InDepartment}}
	}
	return slices.ContainsFunc(tiers, h.Within)
}

// everybody scores all members from the facts and sorts them: what a list must equal.
func everybody(q matching.Question, members []matching.Member) []matching.Place {
	var places []matching.Place
	for _, m := range members {
		d := q.Formula.Document(m, q.AsOf)
		if _, ok := q.Hit(d); ok {
			p := q.Parts(m)
			places = append(places, matching.Place{Score: p.Total(), Skills: p.Skills, Tenure: p.Tenure, LeftOn: d.LeftOn, Membership: m.ID})
		}
	}
	slices.SortFunc(places, matching.Place.Compare)
	return places
}

func TestTheListEqualsScoringEverybody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var members []matching.Member
		ix := &shelf{docs: map[uuid.UUID]matching.Document{}, ranks: rapid.Bool().Draw(t, "ranks")}
		for i := range rapid.IntRange(0, 120).Draw(t, "population") {
			m := drawMember(t, uuid.UUID{byte(i), 0xa})
			members = append(members, m)
			ix.docs[m.ID] = matching.V1.Document(m, today)
		}
		q, k := drawQuestion(t), rapid.IntRange(1, 20).Draw(t, "k")
		pending, seq := map[uuid.UUID]int64{}, int64(0)
		change := func(i int) { // the truth moves, the index does not
			members[i] = drawMember(t, members[i].ID)
			seq++
			pending[members[i].ID] = seq
		}
		for range rapid.IntRange(0, len(members)/4).Draw(t, "stale") {
			change(rapid.IntRange(0, len(members)-1).Draw(t, "who"))
		}
		late, heard := rapid.IntRange(0, min(4, len(members))).Draw(t, "late news"), 0
		news := func(_ context.Context, known map[uuid.UUID]matching.News) (map[uuid.UUID]matching.News, error) {
			if heard++; heard > 1 && late > 0 {
				late--
				change(rapid.IntRange(0, len(members)-1).Draw(t, "who else"))
			}
			return truth(q, members, pending, known), nil
		}
		hits, c, err := matching.Best(t.Context(), ix, q, k, news, drawSample(t, ix))
		if err != nil {
			t.Fatal(err)
		}
		same(t, q, hits, members, k)
		if !c.Exact || len(hits) == k && c.Bound > c.Kth {
			t.Fatalf("the certificate %+v proves nothing", c)
		}
	})
}

// drawSample draws one that may say little, too much, or nothing at all.
func drawSample(t *rapid.T, ix *shelf) *matching.Sample {
	if rapid.IntRange(0, 3).Draw(t, "no sample") == 0 {
		return nil
	}
	var docs []matching.Document
	for _, d := range ix.docs {
		if rapid.IntRange(0, 2).Draw(t, "in the sample") == 0 {
			docs = append(docs, d)
		}
	}
	slices.SortFunc(docs, func(a, b matching.Document) int { return cmp.Compare(b.P, a.P) })
	return matching.SampleOf(docs, float32(rapid.SampledFrom([]float64{1, 1.5, 3}).Draw(t, "weight")))
}

func truth(q matching.Question, members []matching.Member, pending map[uuid.UUID]int64, known map[uuid.UUID]matching.News) map[uuid.UUID]matching.News {
	fresh := map[uuid.UUID]matching.News{}
	for _, m := range members {
		if seq := pending[m.ID]; seq > known[m.ID].Seq {
			n := matching.News{Seq: seq}
			if h, ok := q.Hit(q.Formula.Document(m, q.AsOf)); ok {
				n.Hit = &h
			}
			fresh[m.ID] = n
		}
	}
	return fresh
}

func same(t *rapid.T, q matching.Question, hits []matching.Hit, members []matching.Member, k int) {
	want := everybody(q, members)
	want = want[:min(k, len(want))]
	if len(hits) != len(want) {
		t.Fatalf("%d listed, want %d", len(hits), len(want))
	}
	for i, h := range hits {
		if q.Place(h) != want[i] {
			t.Fatalf("place %d is %+v, want %+v", i+1, q.Place(h), want[i])
		}
	}
}

func noNews(context.Context, map[uuid.UUID]matching.News) (map[uuid.UUID]matching.News, error) {
	return map[uuid.UUID]matching.News{}, nil
}

func TestAMovedIndexIsAskedTwiceMore(t *testing.T) {
	q := matching.Question{Company: company, Formula: matching.V1, AsOf: today}
	move := func(s *shelf) { s.changes++ }
	ix := &shelf{before: move}
	if _, _, err := matching.Best(t.Context(), ix, q, 5, noNews, nil); !errors.Is(err, matching.ErrMoving) || ix.asked != 3 {
		t.Fatalf("%v after %d rounds", err, ix.asked)
	}
	ix = &shelf{before: func(s *shelf) {
		if s.asked < 3 {
			s.changes++
		}
	}}
	if _, c, err := matching.Best(t.Context(), ix, q, 5, noNews, nil); err != nil || c.Rounds != 1 {
		t.Fatalf("the third attempt stood still: %+v %v", c, err)
	}
}

func TestWhoMeetsNothingStillRanks(t *testing.T) {
	left := day("2024-01-31")
	docs := map[uuid.UUID]matching.Document{}
	for i := range 30 {
		m := matching.Member{ID: uuid.UUID{byte(i)}, Company: company, Stints: []matching.Stint{{LeftOn: &left, JoinedOn: left.AddDays(-100 * i)}}}
		docs[m.ID] = matching.V1.Document(m, today)
	}
	q := matching.Question{Company: company, Formula: matching.V1, AsOf: today, Skills: []matching.Wanted{{Skill: "a", Level: 1, Weight: 2}}}
	for _, ranks := range []bool{true, false} {
		hits, _, err := matching.Best(t.Context(), &shelf{docs: maps.Clone(docs), ranks: ranks}, q, 20, noNews, nil)
		if err != nil || len(hits) != 20 || hits[0].Membership[0] != 29 {
			t.Fatalf("%v %v", hits, err)
		}
	}
}
