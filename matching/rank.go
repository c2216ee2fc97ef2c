package matching

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// The loop that makes a list exact, whatever the index.
//
// An index that can only filter and sort gives, for a coverage h, the members who meet skills of weight h and more,
// by p. A member whom no list has shown, with coverage g, lies in every list with h ≤ g whose department condition it
// meets. So it stands behind the last hit of each of them, seen as if that hit had coverage g; where one list was
// read to its end, it does not exist. The best place left over all g, in the department and out of it, is the bound.
// When the K-th found stands no lower than the bound, nobody unseen can enter the list.
//
// Where it can be foreseen what the K-th scores, everybody with that score and more is asked for instead, see plan.go: who
// was not seen then has less p than each coverage leaves to it.
//
// An index that Ranks gives the members in the order of the list itself; there the last hit is the bound.

// A Certificate says why nobody is missing from a list.
type Certificate struct {
	Exact  bool  `json:"exact"`
	Kth    Score `json:"kth_score"` // of the last one listed; 0 for an empty list
	Bound  Score `json:"bound"`     // the most that anybody not looked at could have; 0 when nobody is left
	Rounds int   `json:"rounds"`    // how often the index was asked
}

// errMoving says that the index did not stand still for as long as a list takes.
var errMoving = errors.New("matching: the index keeps changing")

// News is the truth about a member whose documents may be stale. A nil Hit is no candidate for the question.
type News struct {
	Hit *Hit
	Seq int64 // of the latest change that it answers for
}

// An overlay gives the news there is, leaving out what known has already.
type overlay func(ctx context.Context, known map[uuid.UUID]News) (map[uuid.UUID]News, error)

const (
	attempts    = 3 // one, and two more when the index moved
	listsAtOnce = 3 // of one side, where nothing is known
	overtakings = 5 // how often news may arrive while a list is made
)

// best finds the k best members for a question, best first, and proves it. A sample, where there is one, saves rounds.
func best(ctx context.Context, ix Index, q Question, k int, news overlay, of *sample) ([]Hit, Certificate, error) {
	s := &search{q: q, k: k, ranks: ix.Ranks(), levels: q.levels()}
	if of != nil && !s.ranks && q.Weight() < strictMark {
		s.forecast = of.forecast(q, s.levels, k)
	}
	for range attempts {
		closed, err := s.run(ctx, ix, news)
		if err != nil {
			return nil, Certificate{}, err
		}
		if closed {
			hits, c := s.listed()
			return hits, c, nil
		}
	}
	return nil, Certificate{}, errMoving
}

// A Listed is a list as [Service.List] found it.
type Listed struct {
	Hits        []Hit
	Certificate Certificate
	Index       string // which index answered
	Degraded    bool   // a faster index is there, but could not be relied on
}

// List is the exact list of the k best for a question, without reasons and without asking who may see it.
func (s *Service) List(ctx context.Context, q Question, k int) (Listed, error) {
	f, err := s.find(ctx, q, k)
	return Listed{f.hits, f.certificate, f.index, f.degraded}, err
}

// A search is what is known so far about the members of one question.
type search struct {
	q      Question
	k      int
	ranks  bool
	levels []int // the coverages that exist, from high to low

	forecast *forecast // nil where nothing is known
	target   Score     // from which everybody was asked for last
	asked    int       // how often
	crowded  int       // and how often they were more than fitted

	seen   map[uuid.UUID]Hit  // from the index
	fresh  map[uuid.UUID]News // from PostgreSQL; these replace what the index says
	lists  map[listKey]*extent
	tiered map[listKey]Score // from which p on everybody of a coverage was seen
	rounds int
}

type listKey struct {
	side
	atLeast int
}

// An extent is how far a list was read.
type extent struct {
	hits int
	last Hit
	all  bool
}

// run asks until the list is closed. It is not when the index moved meanwhile, or when news keeps opening it.
func (s *search) run(ctx context.Context, ix Index, news overlay) (closed bool, err error) {
	s.reset()
	s.rounds, s.fresh = 0, map[uuid.UUID]News{}
	if s.ranks {
		return s.runRanked(ctx, ix, news)
	}
	return s.runStill(ctx, ix, news)
}

// runStill is for an index that stands still between two marks.
func (s *search) runStill(ctx context.Context, ix Index, news overlay) (closed bool, err error) {
	began, err := s.begin(ctx, ix, news)
	if err != nil || began.moved {
		return false, err
	}
	lists := s.plan()
	if began.whole && len(lists) == 0 {
		return true, nil
	}
	for range overtakings {
		if err := s.ask(ctx, ix, lists); err != nil {
			return false, err
		}
		after, more, err := look(ctx, ix, news, s.fresh)
		if err != nil || after != began.mark {
			return false, err
		}
		maps.Copy(s.fresh, more)
		if lists = s.plan(); len(lists) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// An opening is what the first round, and the news read with it, say of the index.
type opening struct {
	mark  string
	moved bool // the mark was another one with the news
	// whole says that what the index had confirmed when the news were read was in all it answered: there was one list, of
	// one snapshot, and the record gives the mark. The rest is news; who changes in these milliseconds may be in the list
	// either way.
	whole bool
}

// begin asks the first round. The news are read meanwhile where the mark is known, and before it where it is not.
func (s *search) begin(ctx context.Context, ix Index, news overlay) (o opening, err error) {
	var known bool
	if o.mark, known = lately(ix); !known {
		if o.mark, s.fresh, err = look(ctx, ix, news, nil); err != nil {
			return o, err
		}
	}
	lists, seen, fresh := s.plan(), o.mark, s.fresh
	all, within := errgroup.WithContext(ctx)
	var why error // what the news say explains why the round was cut off
	if known {
		all.Go(func() error {
			seen, fresh, why = look(within, ix, news, nil)
			return why
		})
	}
	if recorded(ix) != nil {
		all.Go(func() error { // the index is the one on record, set up as it must be
			_, err := ix.Moment(within)
			return err
		})
	}
	all.Go(func() error { return s.round(within, ix, lists) })
	if err := all.Wait(); err != nil {
		return o, cmp.Or(why, err)
	}
	s.fresh, o.moved = fresh, seen != o.mark
	o.whole = len(lists) == 1 && marked(ix) != ""
	return o, nil
}

// runRanked is for an index of which each answer is a snapshot of its own.
func (s *search) runRanked(ctx context.Context, ix Index, news overlay) (closed bool, err error) {
	before, fresh, err := look(ctx, ix, news, nil)
	if err != nil {
		return false, err
	}
	s.fresh = fresh
	lists := s.plan()
	for range overtakings {
		if err := s.ask(ctx, ix, lists); err != nil {
			return false, err
		}
		if before == "" && s.q.Beyond.Nobody() {
			return true, nil // one snapshot, taken after the news: whatever came since is as if it came after the list
		}
		after, more, err := look(ctx, ix, news, s.fresh)
		if err != nil || after != before {
			return false, err
		}
		maps.Copy(s.fresh, more)
		if lists = s.plan(); len(lists) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// A record beside an index, in PostgreSQL, has the moment of the last change that it has confirmed.
type recorder interface {
	// Lately is that moment where it was read just now, "" where it was not.
	Lately() string
	// Confirmed is that moment as it was read with the latest news, "" where the record does not tell.
	Confirmed() string
}

// recorded is what is on record about an index; nil for one without.
func recorded(ix Index) recorder {
	r, _ := ix.(recorder)
	return r
}

func lately(ix Index) (mark string, known bool) {
	if r := recorded(ix); r != nil {
		mark = r.Lately()
	}
	return mark, mark != ""
}

func marked(ix Index) string {
	if r := recorded(ix); r != nil {
		return r.Confirmed()
	}
	return ""
}

// look reads the news and a mark of the index, which is the same later only if everything that the index had confirmed by
// then could be found in it already when this was read: what it has confirmed, or else the moment that it is at.
func look(ctx context.Context, ix Index, news overlay, known map[uuid.UUID]News) (mark string, fresh map[uuid.UUID]News, err error) {
	if fresh, err = news(ctx, known); err != nil {
		return "", nil, err
	}
	if mark = marked(ix); mark != "" {
		return mark, fresh, nil
	}
	mark, err = ix.Moment(ctx)
	return mark, fresh, err
}

// ask goes on until no list is open.
func (s *search) ask(ctx context.Context, ix Index, lists []List) error {
	for len(lists) > 0 {
		if err := s.round(ctx, ix, lists); err != nil {
			return err
		}
		lists = s.plan()
	}
	return nil
}

func (s *search) round(ctx context.Context, ix Index, lists []List) error {
	answers, err := ix.Ask(ctx, s.q, lists)
	if err != nil {
		return err
	}
	s.rounds++
	for i, l := range lists {
		s.take(l, answers[i])
	}
	return nil
}

func (s *search) reset() {
	s.seen, s.lists, s.tiered, s.asked, s.crowded = map[uuid.UUID]Hit{}, map[listKey]*extent{}, map[listKey]Score{}, 0, 0
}

func (s *search) take(l List, hits []Hit) {
	for _, h := range hits {
		s.seen[h.Membership] = h
	}
	if len(l.Tiers) > 0 {
		s.takeTiers(l, len(hits) < l.Limit)
		return
	}
	key := listKey{side{l.Outside, l.InDepartment}, l.AtLeast}
	e := s.lists[key]
	if e == nil {
		e = &extent{}
		s.lists[key] = e
	}
	e.hits += len(hits)
	e.all = len(hits) < l.Limit
	if len(hits) > 0 {
		e.last = hits[len(hits)-1]
	}
}

// takeTiers notes how far each coverage was seen, where all fitted in.
func (s *search) takeTiers(l List, all bool) {
	s.asked++
	if !all {
		s.crowded++
		return
	}
	for _, t := range l.Tiers {
		key := listKey{side{l.Outside, t.InDepartment}, t.AtLeast}
		if from, known := s.tiered[key]; !known || t.P < from {
			s.tiered[key] = t.P
		}
	}
}

// A placed hit is one with its place, which is worked out once.
type placed struct {
	Hit
	place Place
}

// top is the best found so far, at most k.
func (s *search) top() []placed {
	hits := make([]placed, 0, len(s.seen)+len(s.fresh))
	for id, h := range s.seen {
		if _, newer := s.fresh[id]; !newer {
			hits = append(hits, placed{h, s.q.Place(h)})
		}
	}
	for _, n := range s.fresh {
		if n.Hit != nil {
			hits = append(hits, placed{*n.Hit, s.q.Place(*n.Hit)})
		}
	}
	slices.SortFunc(hits, func(a, b placed) int { return a.place.Compare(b.place) })
	return hits[:min(s.k, len(hits))]
}

// kth is the last place of the list, nil while the list is not full.
func (s *search) kth() *Place {
	if hits := s.top(); len(hits) == s.k {
		return &hits[s.k-1].place
	}
	return nil
}

// listed is the list with what proves it.
func (s *search) listed() ([]Hit, Certificate) {
	top, c := s.top(), Certificate{Exact: true, Rounds: s.rounds}
	hits := make([]Hit, len(top))
	for i, h := range top {
		hits[i], c.Kth = h.Hit, h.place.Score
	}
	for _, g := range s.levels {
		for _, of := range s.sides() {
			if bound, left := s.bound(g, of); left {
				c.Bound = max(c.Bound, bound.Score)
			}
		}
	}
	return hits, c
}
