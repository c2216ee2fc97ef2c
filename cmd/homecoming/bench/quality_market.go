package bench

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/matching"
)

// The simulated market. Its truth is made of things that no list reads and in shapes that our formula does not have:
//
//   - Ability is latent: a general part, one for each area of skills (work in a department raises those of its areas) and
//     one for each skill. People declare some of what they can do, with a bias of their own; colleagues attest some of it,
//     with less noise. The lists see levels, never abilities.
//   - Reliability is latent too. Ratings follow it through a ceiling, the mood of the manager and noise, and most people
//     have none or a few.
//   - Familiarity with the company grows with the years there as a power that levels off, and fades along a logistic curve;
//     knowing a department fades by itself.
//   - The weakest of the skills that must be there weighs as much as their mean, familiarity multiplies what ability
//     gives, and reliability counts for more where the work is hard.

const (
	areas         = 8
	skillsPerArea = 5
	departments   = 6
)

var qualityDay = civil.Date{Year: 2026, Month: 4, Day: 1}

// A worker is somebody with the truth about them beside what is known of them.
type worker struct {
	ability     [areas * skillsPerArea]float64
	reliability float64
	familiarity float64
	know        [departments]float64
	member      matching.Member
	words       map[string]int // what their profile says, for the search by text
	wordCount   float64
}

type qualityMarket struct {
	o       QualityOptions
	workers []worker
	idf     map[string]float64
	average float64 // words in a profile
}

// A job is a task with the truth about who would do it how well.
type job struct {
	question   matching.Question
	department int
	gain       []float64 // for each worker: what a list earns by them
	ideal      float64
	inputs     []matching.Inputs
}

func newMarket(o QualityOptions) *qualityMarket {
	m := &qualityMarket{o: o, workers: make([]worker, o.Members), idf: map[string]float64{}}
	for i := range m.workers {
		m.workers[i] = newWorker(rand.New(rand.NewPCG(o.Seed, 1_000_000+uint64(i))), i)
		for word := range m.workers[i].words {
			m.idf[word]++
		}
		m.average += m.workers[i].wordCount / float64(o.Members)
	}
	for word, n := range m.idf {
		m.idf[word] = math.Log(1 + (float64(o.Members)-n+0.5)/(n+0.5))
	}
	return m
}

func newWorker(r *rand.Rand, i int) worker {
	w := worker{words: map[string]int{}, member: matching.Member{ID: uuid.NewSHA1(uuid.Nil, []byte(strconv.Itoa(i)))}}
	years := min(0.3+r.ExpFloat64()*5, 35)
	away := min(r.ExpFloat64()*4, 20)
	home := w.employ(r, years, away)
	general, area := r.NormFloat64(), [areas]float64{}
	for a := range area {
		area[a] = 0.5*general + 0.8*r.NormFloat64()
		if a == home || a == home+1 {
			area[a] += 0.35 * math.Log1p(years)
		}
	}
	for s := range w.ability {
		w.ability[s] = area[s/skillsPerArea] + 0.7*r.NormFloat64()
	}
	w.reliability = r.NormFloat64()
	grown := math.Pow(years, 0.7)
	w.familiarity = grown / (grown + 2) / (1 + math.Exp((away-7)/2.2))
	w.declare(r, home)
	w.rate(r, general, away)
	return w
}

// employ gives stints in one or two departments and what is left of knowing them.
func (w *worker) employ(r *rand.Rand, years, away float64) (home int) {
	left := qualityDay.AddDays(-1 - int(away*365.25))
	home, split := r.IntN(departments), 1.0
	if years > 3 && r.IntN(3) == 0 {
		split = 0.3 + 0.4*r.Float64()
	}
	days := int(years * 365.25)
	late := int(float64(days) * split)
	between := left.AddDays(-late)
	w.work(home, between, left, away)
	if late < days {
		w.work(r.IntN(departments), between.AddDays(-(days - late)), between, away+years*split)
	}
	return home
}

func (w *worker) work(department int, from, to civil.Date, ago float64) {
	w.member.Stints = append(w.member.Stints, matching.Stint{Department: departmentID(department), JoinedOn: from, LeftOn: &to})
	years := float64(to.DaysSince(from)) / 365.25
	w.know[department] = max(w.know[department], (1-1/(1+years*years))/(1+ago/5))
	w.words["d"+strconv.Itoa(department)]++
	w.wordCount++
}

func departmentID(i int) uuid.UUID { return uuid.UUID{0xd, byte(i + 1)} }

// declare writes down skills as the person and former colleagues see them.
func (w *worker) declare(r *rand.Rand, home int) {
	bias := 0.2 + 0.4*r.NormFloat64()
	for s, ability := range w.ability {
		atHome := s/skillsPerArea == home || s/skillsPerArea == home+1
		said := ability + bias + 0.5*r.NormFloat64()
		if said > 0.5 && r.Float64() < 0.75 {
			w.hold(s, market.Self, levelOf(said))
		}
		seen := ability + 0.35*r.NormFloat64()
		if seen > 0.4 && (atHome && r.Float64() < 0.6 || r.Float64() < 0.1) {
			w.hold(s, market.Attested, levelOf(seen))
		}
	}
}

func levelOf(ability float64) int {
	switch {
	case ability > 1.9:
		return 3
	case ability > 1.1:
		return 2
	}
	return 1
}

func (w *worker) hold(skill int, evidence market.Evidence, level int) {
	id := skillID(skill)
	w.member.Held = append(w.member.Held, matching.Held{Skill: id, Evidence: evidence, Level: level})
	w.words[id]++
	w.wordCount++
}

func skillID(i int) string { return "s" + strconv.Itoa(i) }

// rate gives the ratings of past contracts: few, high, and moody.
func (w *worker) rate(r *rand.Rand, general, away float64) {
	if r.Float64() < 0.55 {
		return
	}
	for range 1 + int(r.ExpFloat64()*(1+away/3)) {
		mood := 0.35 * r.NormFloat64()
		stars := int(math.Round(4.2 + 0.5*w.reliability + 0.15*general + mood + 0.5*r.NormFloat64()))
		w.member.Ratings, w.member.Stars = w.member.Ratings+1, w.member.Stars+min(5, max(1, stars))
	}
}

// task makes up the i-th task: one to seven skills, most from one area, often of a department that does such work.
func (m *qualityMarket) task(i int) job {
	r := rand.New(rand.NewPCG(m.o.Seed, 2_000_000+uint64(i)))
	home := r.IntN(departments)
	j := job{department: -1, question: matching.Question{AsOf: qualityDay, Formula: matching.V1}}
	if r.Float64() < 0.7 {
		j.department, j.question.Department = home, departmentID(home)
	}
	need := map[int]float64{}
	for len(need) < 1+r.IntN(7) {
		s := (home+r.IntN(2))*skillsPerArea + r.IntN(skillsPerArea)
		if r.IntN(5) == 0 {
			s = r.IntN(areas * skillsPerArea)
		}
		if _, twice := need[s]; twice {
			continue
		}
		need[s] = 0.3 + 1.5*r.Float64()
		weight := matching.MustWeight
		if len(need) > 1 && r.IntN(3) == 0 {
			weight = matching.NiceWeight
		}
		j.question.Skills = append(j.question.Skills, matching.Wanted{Skill: skillID(s), Level: levelOf(need[s] + 0.3*r.NormFloat64()), Weight: weight})
	}
	m.judge(&j, need)
	return j
}

// judge finds how well everybody would do, and what a list earns by them: only the best few percent are worth listing.
func (m *qualityMarket) judge(j *job, need map[int]float64) {
	worth := make([]float64, len(m.workers))
	j.inputs, j.gain = make([]matching.Inputs, len(m.workers)), make([]float64, len(m.workers))
	for i, w := range m.workers {
		worth[i] = w.worth(*j, need)
		j.inputs[i] = j.question.Inputs(w.member)
	}
	order := make([]int, len(worth))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(worth[b], worth[a]) })
	for place, i := range order {
		share := float64(place) / float64(len(order))
		for grade, up := range []float64{0.2, 0.08, 0.03, 0.01} {
			if share < up {
				j.gain[i] = math.Exp2(float64(grade+1)) - 1
			}
		}
	}
	for place, i := range order[:listLength] {
		j.ideal += j.gain[i] / math.Log2(float64(place)+2)
	}
}

// worth is how well somebody would do the task, in no unit.
func (w worker) worth(j job, need map[int]float64) float64 {
	must, least, musts, nice, nices, hard := 0.0, 1.0, 0.0, 0.0, 0.0, 0.0
	for _, s := range j.question.Skills {
		id, _ := strconv.Atoi(s.Skill[1:])
		able := logistic(2 * (w.ability[id] - need[id]))
		hard += need[id] / float64(len(need))
		if s.Weight == matching.MustWeight {
			must, least, musts = must+able, min(least, able), musts+1
		} else {
			nice, nices = nice+able, nices+1
		}
	}
	able := 0.5*must/max(musts, 1) + 0.5*least
	if nices > 0 {
		able = 0.85*able + 0.15*nice/nices
	}
	know := 0.0
	if j.department >= 0 {
		know = w.know[j.department]
	}
	trust := logistic(w.reliability)
	return able*(1+0.45*w.familiarity+0.15*know) + 0.12*w.familiarity + 0.16*trust*(0.6+0.5*hard)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
