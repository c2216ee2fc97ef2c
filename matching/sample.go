package matching

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
)

// A sample of a company's members, from which the loop guesses how far the lists of an index must be read. Guesses cost
// rounds when they are wrong, and never a list.
//
// Most of it is drawn from the eighth with the highest p, where most lists are decided.
type sample struct {
	docs    []Document // without what they hold
	weights []float64  // how many members each stands for
	held    map[string][]holding
	byP     []int // from high to low
}

// A holding is a member of the sample with their strength in a skill.
type holding struct {
	who      int
	strength int
}

const (
	sampleTop  = 8192 // of the eighth with the highest p, at most
	sampleRest = 8192 // of the others, at most
	sampleFor  = 10 * time.Minute
	smallFor   = 10 * time.Second // a sample of a company that may be growing
	small      = 1000
)

// samples keeps a few companies' samples in memory.
type samples struct {
	mu sync.Mutex
	of map[uuid.UUID]*kept
}

type kept struct {
	sample  *sample
	till    time.Time
	loading bool
}

const mostSamples = 16

// get gives the company's sample, nil where somebody else is reading the first one. A sample that is old is given once
// more and read anew beside.
func (s *samples) get(ctx context.Context, d *db.DB, company uuid.UUID) *sample {
	s.mu.Lock()
	k := s.of[company]
	if k == nil {
		if s.of == nil || len(s.of) >= mostSamples {
			s.of = map[uuid.UUID]*kept{}
		}
		k = &kept{}
		s.of[company] = k
	}
	had, idle := k.sample, !k.loading && time.Now().After(k.till)
	k.loading = k.loading || idle
	s.mu.Unlock()
	switch {
	case !idle:
		return had
	case had == nil:
		return s.read(ctx, d, company, k)
	}
	go s.read(context.WithoutCancel(ctx), d, company, k)
	return had
}

// read fills k. Where that fails, the next ranking tries again.
func (s *samples) read(ctx context.Context, d *db.DB, company uuid.UUID, k *kept) *sample {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	fresh, err := readSample(ctx, d, company)
	s.mu.Lock()
	defer s.mu.Unlock()
	k.loading = false
	if err != nil {
		return k.sample
	}
	k.sample, k.till = fresh, time.Now().Add(sampleFor)
	if len(fresh.docs) < small {
		k.till = time.Now().Add(smallFor)
	}
	return fresh
}

func readSample(ctx context.Context, d *db.DB, company uuid.UUID) (*sample, error) {
	s := &sample{held: map[string][]holding{}}
	at, err := s.readMembers(ctx, d, company)
	if err != nil {
		return nil, err
	}
	rows, err := d.Pool().Query(ctx, `SELECT membership_id, skill_id, strength FROM match_held WHERE company_id = $1 AND membership_id = ANY($2)`, company, keys(at))
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	var skill string
	var strength int
	_, err = pgx.ForEachRow(rows, []any{&id, &skill, &strength}, func() error {
		s.held[skill] = append(s.held[skill], holding{at[id], strength})
		return nil
	})
	return s, err
}

// readMembers draws the members by a hash of their ids, and says where each stands.
func (s *sample) readMembers(ctx context.Context, d *db.DB, company uuid.UUID) (at map[uuid.UUID]int, err error) {
	rows, err := d.Pool().Query(ctx, `WITH ranked AS (
			SELECT m.*, row_number() OVER (ORDER BY p DESC) AS place, everybody, greatest(everybody / 8, $2::bigint) AS top
			FROM match_members m, (SELECT count(*) AS everybody FROM match_members WHERE company_id = $1 AND candidate) n WHERE company_id = $1 AND candidate),
		parted AS (SELECT *, CASE WHEN place <= top THEN $2::float8 / top ELSE $3::float8 / (everybody - top) END AS share FROM ranked)
		SELECT membership_id, p, tenure, left_on::text, days, knows, worked, available_from::text, hourly_rate, greatest(1 / share, 1)
		FROM parted WHERE abs(hashtextextended(membership_id::text, 0) % 1000000) < 1000000 * share ORDER BY p DESC`, company, sampleTop, sampleRest)
	if err != nil {
		return nil, err
	}
	at = map[uuid.UUID]int{}
	var m Document
	var p, tenure int32
	var left string
	var free *string
	var weight float64
	_, err = pgx.ForEachRow(rows, []any{&m.Membership, &p, &tenure, &left, &m.Days, &m.Knows, &m.Worked, &free, &m.HourlyRate, &weight}, func() error {
		m.Company, m.Candidate, m.P, m.Tenure, m.AvailableFrom = company, true, Score(p), Score(tenure), nil
		m.LeftOn, _ = civil.ParseDate(left) // of a date
		if free != nil {
			day, _ := civil.ParseDate(*free)
			m.AvailableFrom = &day
		}
		at[m.Membership] = len(s.docs)
		s.byP = append(s.byP, len(s.docs))
		s.docs, s.weights = append(s.docs, m), append(s.weights, weight)
		m.Knows, m.Worked, m.HourlyRate = nil, nil, nil
		return nil
	})
	return at, err
}

// A forecast is what a sample says about one question: how many members there are with a coverage and a p from some
// value up, in the department and in all.
type forecast struct {
	q      Question
	levels []int
	step   Score           // what one slot of p holds
	count  [2][][]estimate // by all and in the department, level, and slot
}

// An estimate is a number of members, and how far off it may be: the variance of the draw.
type estimate struct{ n, variance float64 }

func (t estimate) plus(o estimate, share float64) estimate {
	return estimate{t.n + share*o.n, t.variance + share*o.variance}
}

// least and most are what the number lies between, two times in three each.
func (t estimate) least() float64 { return t.n - math.Sqrt(max(t.variance, 0)) }
func (t estimate) most() float64  { return t.n + math.Sqrt(max(t.variance, 0)) }

const slots = 64

// forecast looks at the members who meet anything, and at the best of the others.
func (s *sample) forecast(q Question, levels []int) *forecast {
	q.Reached.Skills = nil // who holds them is not worth knowing here
	f := &forecast{q: q, levels: levels, step: (q.Formula.MostP() + slots) / slots}
	for side := range f.count {
		f.count[side] = make([][]estimate, len(levels))
		for i := range levels {
			f.count[side][i] = make([]estimate, slots+1)
		}
	}
	met, strict, wanted := make([]int, len(s.docs)), make([]int, len(s.docs)), 0
	var touched []int
	for _, w := range q.Skills {
		if w.Strict {
			wanted++
		}
		for _, h := range s.held[w.Skill] {
			if h.strength < w.Level {
				continue
			}
			if met[h.who] == 0 {
				touched = append(touched, h.who)
			}
			met[h.who] += w.Weight
			if w.Strict {
				strict[h.who]++
			}
		}
	}
	for _, i := range touched {
		if strict[i] == wanted {
			f.add(s, i, met[i])
		}
	}
	if wanted == 0 {
		s.others(f, met)
	}
	f.accumulate()
	return f
}

// others adds those who meet nothing, as many as a list could need.
func (s *sample) others(f *forecast, met []int) {
	enough := 200
	for _, i := range s.byP {
		if met[i] == 0 && f.add(s, i, 0) {
			if enough--; enough == 0 {
				return
			}
		}
	}
}

func (f *forecast) add(s *sample, i, met int) bool {
	d := s.docs[i]
	level := slices.Index(f.levels, met)
	if level < 0 || !f.q.passes(d) {
		return false
	}
	slot := min(max(int(d.P/f.step), 0), slots-1)
	one := estimate{s.weights[i], s.weights[i] * (s.weights[i] - 1)}
	f.count[0][level][slot] = f.count[0][level][slot].plus(one, 1)
	if f.q.Department != uuid.Nil && slices.Contains(d.Knows, f.q.Department) {
		f.count[1][level][slot] = f.count[1][level][slot].plus(one, 1)
	}
	return true
}

// accumulate makes each slot hold those above it too.
func (f *forecast) accumulate() {
	for side := range f.count {
		for _, of := range f.count[side] {
			for slot := slots - 1; slot >= 0; slot-- {
				of[slot] = of[slot].plus(of[slot+1], 1)
			}
		}
	}
}

// reaching is how many have the coverage of a level exactly and at least p.
func (f *forecast) reaching(side, level int, p Score) estimate {
	p = max(p, 0)
	at := int(p / f.step)
	if at >= slots {
		return estimate{}
	}
	of, below := f.count[side][level], float64(p%f.step)/float64(f.step)
	return estimate{}.plus(of[at], 1-below).plus(of[at+1], below)
}

// above is how many members have a score and more.
func (f *forecast) above(score Score) (all estimate) {
	for i, g := range f.levels {
		p := score - f.q.Formula.ForSkills(g, f.q.Weight())
		all = all.plus(f.reaching(0, i, p), 1)
		if f.q.Department != uuid.Nil {
			all = all.plus(f.reaching(1, i, p-f.q.Formula.Department), 1).plus(f.reaching(1, i, p), -1)
		}
	}
	return all
}

// kth is a score that k members reach, most likely; 0 where there may be fewer.
func (f *forecast) kth(k float64) Score {
	low, high := Score(0), f.q.Formula.Skills+f.q.Formula.Department+f.q.Formula.MostP()
	for low < high {
		mid := (low + high + 1) / 2
		if f.above(mid).least() >= k {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}

// hits is how many a list gives before its p falls under a value, at most and most likely.
func (f *forecast) hits(side, atLeast int, p Score) (all estimate) {
	for i, g := range f.levels {
		if g >= atLeast {
			all = all.plus(f.reaching(side, i, p), 1)
		}
	}
	return all
}
