package matching

import (
	"math"
	"math/bits"
	"slices"

	"github.com/google/uuid"
)

// A forecast is what a sample says about one question: what the best score, and how many there are with a coverage and
// a p from some value up.
type forecast struct {
	formula Formula
	points  []Score // for the skills of each level
	step    Score   // what one slot of p holds
	count   [][]float64
	best    []scored // of the sample, from the highest score to the lowest
	passing float64  // the share of those looked at whom the filters let through
}

// A scored member of the sample.
type scored struct {
	score  Score
	weight float64
}

const slots = 64

// marks is what each member of a sample meets, for the length of one forecast: the weight, and above it the number of
// strict skills. touched has a bit for each of them that is not zero.
type marks struct {
	met     []uint16
	touched []uint64
}

const strictMark = 1 << 8

// A forecaster goes through a sample for one question, from the highest p to the lowest.
type forecaster struct {
	*forecast
	s          *sample
	q          Question
	most       int // how many of the best to keep
	department int // its number in the sample; -1 where nobody has worked there
	holds      map[int32]bool
	looked     float64
	passed     float64
}

// forecast looks at the members who meet anything, and at the best of the others, until nobody further can be among the
// best of whom k are asked for.
func (s *sample) forecast(q Question, levels []int, k int) *forecast {
	f := &forecaster{s: s, q: q, most: 3*k + 10, department: -1, forecast: &forecast{formula: q.Formula, step: (q.Formula.MostP() + slots) / slots}}
	level := [strictMark]int8{}
	for i := range level {
		level[i] = -1
	}
	for i, g := range levels {
		f.points, f.count = append(f.points, q.Formula.ForSkills(g, q.Weight())), append(f.count, make([]float64, slots+1))
		level[g] = int8(i) //nolint:gosec // there are few
	}
	if q.Department != uuid.Nil {
		f.department = slices.Index(s.departments, q.Department)
	}
	f.reached()
	m, strict := s.mark(q)
	defer s.unmark(m)
	f.covered(m, strict, &level)
	if strict == 0 {
		f.others(m, len(levels)-1)
	}
	return f.finish()
}

// mark adds up what each member meets.
func (s *sample) mark(q Question) (m *marks, strict uint16) {
	m, _ = s.scratch.Get().(*marks)
	if m == nil {
		m = &marks{make([]uint16, len(s.members)), make([]uint64, (len(s.members)+63)/64)}
	}
	for _, w := range q.Skills {
		add, level := uint16(w.Weight), int8(w.Level) //nolint:gosec // one or two, one to three
		if w.Strict {
			add += strictMark
			strict++
		}
		for _, h := range s.held[w.Skill] {
			if h.strength >= level {
				m.met[h.who] += add
				m.touched[h.who/64] |= 1 << (h.who % 64)
			}
		}
	}
	return m, strict
}

// unmark leaves the marks for the next forecast.
func (s *sample) unmark(m *marks) {
	for i, word := range m.touched {
		for ; word != 0; word &= word - 1 {
			m.met[i*64+bits.TrailingZeros64(word)] = 0
		}
		m.touched[i] = 0
	}
	s.scratch.Put(m)
}

// reached finds who holds a skill that the task's rule asks for.
func (f *forecaster) reached() {
	if len(f.q.Reached.Skills) == 0 {
		return
	}
	f.holds = map[int32]bool{}
	for _, skill := range f.q.Reached.Skills {
		for _, h := range f.s.held[skill] {
			f.holds[h.who] = true
		}
	}
	f.q.Reached.Skills = nil
}

// covered goes through those who meet anything.
func (f *forecaster) covered(m *marks, strict uint16, level *[strictMark]int8) {
	for i, word := range m.touched {
		if word != 0 && f.closedBelow(f.s.members[i*64].p) {
			return
		}
		for ; word != 0; word &= word - 1 {
			who := i*64 + bits.TrailingZeros64(word)
			if at := level[m.met[who]%strictMark]; at >= 0 && m.met[who]/strictMark == strict {
				f.look(who, int(at))
			}
		}
	}
}

// closedBelow reports whether nobody with at most this p can be among the best.
func (f *forecaster) closedBelow(p int32) bool {
	return len(f.best) == f.most && f.best[len(f.best)-1].score > f.points[0]+f.formula.Department+Score(p)
}

// others goes through the best of those who meet nothing, while they can be among the best of all.
func (f *forecaster) others(m *marks, level int) {
	for who := range f.s.members {
		if len(f.best) == f.most && f.best[len(f.best)-1].score >= f.points[level]+f.formula.Department+Score(f.s.members[who].p) {
			return
		}
		if m.met[who] == 0 {
			f.look(who, level)
		}
	}
}

// look counts a member, and takes it among the best where it belongs there.
func (f *forecaster) look(who, level int) {
	m := &f.s.members[who]
	f.count[level][min(max(int(Score(m.p)/f.step), 0), slots-1)] += float64(m.weight)
	score := f.points[level] + Score(m.p)
	full := len(f.best) == f.most
	if full && score+f.formula.Department <= f.best[len(f.best)-1].score {
		return
	}
	score += f.formula.ForDepartment(f.knows(m))
	if full && score <= f.best[len(f.best)-1].score {
		return
	}
	f.looked++
	if !f.passes(who, m) {
		return
	}
	f.passed++
	at, _ := slices.BinarySearchFunc(f.best, score, func(s scored, score Score) int { return int(score - s.score) })
	if full {
		f.best = f.best[:len(f.best)-1]
	}
	f.best = slices.Insert(f.best, at, scored{score, float64(m.weight)})
}

func (f *forecaster) knows(m *sampled) bool {
	if f.department < 0 {
		return false
	}
	for _, number := range f.s.worked[m.worked : int(m.worked)+int(m.knows)] {
		if int(number) == f.department {
			return true
		}
	}
	return false
}

func (f *forecaster) passes(who int, m *sampled) bool {
	if f.holds != nil && !f.holds[int32(who)] { //nolint:gosec // an index of a sample
		return false
	}
	if f.q.AvailableBy == nil && f.q.MaxRate == nil && !f.q.Reached.Restricted {
		return true
	}
	return f.q.passes(f.s.document(m, &f.q))
}

// finish makes each slot hold those above it too.
func (f *forecaster) finish() *forecast {
	f.passing = 1
	if f.looked > 0 {
		f.passing = f.passed / f.looked
	}
	for _, of := range f.count {
		for slot := slots - 1; slot >= 0; slot-- {
			of[slot] += of[slot+1]
		}
	}
	return f.forecast
}

// reaching is how many have the coverage of a level exactly, at least p, and pass.
func (f *forecast) reaching(level int, p Score) float64 {
	p = max(p, 0)
	at := int(p / f.step)
	if at >= slots {
		return 0
	}
	of, below := f.count[level], float64(p%f.step)/float64(f.step)
	return f.passing * (of[at]*(1-below) + of[at+1]*below)
}

// kth is a score that n members reach, most likely: so many after taking off what the draw may be wrong by. It is 0 where
// there may be fewer.
func (f *forecast) kth(n float64) Score {
	sum, variance := 0.0, 0.0
	for _, s := range f.best {
		sum, variance = sum+s.weight, variance+s.weight*(s.weight-1)
		if sum-math.Sqrt(variance) >= n {
			return s.score
		}
	}
	return 0
}
