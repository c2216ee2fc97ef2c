package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/matching"
	"homecoming/matching/meili"
	own "homecoming/matching/postgres"
)

// A Rank measures how long the exact list takes, beside the cheapest search that has to do with the task.
type Rank struct {
	Members     int // in all companies together
	CompanySize int // of the company that is asked, and of the others
	Tasks       int // for each number of skills
	Skills      []int
	Index       string // "meilisearch" or "postgres"
	Seed        uint64
	Server      Meilisearch
}

// A RankResult is what was measured. Times are in milliseconds.
type RankResult struct {
	Index       string          `json:"index"`
	Members     int             `json:"members"`
	CompanySize int             `json:"company_size"`
	Seed        uint64          `json:"seed"`
	Listed      int             `json:"listed"`
	Drawn       string          `json:"drawn"`
	Yardstick   string          `json:"yardstick"`
	Loading     map[string]any  `json:"loading"`
	BySkills    []RankedBySkill `json:"by_skills"`
	Tasks       int             `json:"tasks"`
	Mismatches  int             `json:"mismatches"`
}

// A RankedBySkill is the part of a RankResult for tasks with so many skills.
type RankedBySkill struct {
	Skills       int     `json:"skills"`
	Tasks        int     `json:"tasks"`
	YardstickP50 float64 `json:"yardstick_p50_ms"`
	YardstickP95 float64 `json:"yardstick_p95_ms"`
	P50          float64 `json:"p50_ms"`
	P95          float64 `json:"p95_ms"`
	RatioP50     float64 `json:"ratio_p50"`
	RatioP95     float64 `json:"ratio_p95"` // of our p95 and the yardstick's p50
	RoundsMean   float64 `json:"rounds_mean"`
	ServerCPU    float64 `json:"server_cpu_ms,omitempty"` // mean processor time of the index's server for a list
	YardstickCPU float64 `json:"yardstick_server_cpu_ms,omitempty"`
	Mismatches   int     `json:"mismatches"`
}

// listed is how many members a list has.
const listed = 20

// A rival is an index with its yardstick.
type rival struct {
	service   *matching.Service
	yardstick func(ctx context.Context, q matching.Question) error
	says      string
	pid       int // of the index's server, where that is ours
}

// Run fills the index, and then asks both in turns.
func (r Rank) Run(ctx context.Context, progress io.Writer) (RankResult, error) {
	result := RankResult{Index: r.Index, Members: r.Members, CompanySize: r.CompanySize, Seed: r.Seed, Listed: listed, Drawn: drawn}
	server, err := startPostgres(ctx, careless)
	if err != nil {
		return result, err
	}
	defer server.stop()
	d, err := server.database(ctx)
	if err != nil {
		return result, err
	}
	defer d.Close()
	rival, stop, load, err := r.rival(ctx, d)
	if err != nil {
		return result, err
	}
	defer stop()
	result.Yardstick = rival.says
	began := time.Now()
	fmt.Fprintf(progress, "filling %s with %d members in companies of %d\n", r.Index, r.Members, r.CompanySize)
	measured, err := r.fill(ctx, d, load)
	if err != nil {
		return result, err
	}
	result.Loading = map[string]any{"seconds": time.Since(began).Seconds()}
	for _, skills := range r.Skills {
		one, err := r.measure(ctx, rival, measured, skills)
		if err != nil {
			return result, err
		}
		fmt.Fprintf(progress, "%d skills: %.2f times the yardstick of %.2f ms (%.2f and %.2f ms of the server's processor), %.2f rounds, %d mismatches\n", skills, one.RatioP50, one.YardstickP50,
			one.ServerCPU, one.YardstickCPU, one.RoundsMean, one.Mismatches)
		result.BySkills = append(result.BySkills, one)
		result.Tasks += one.Tasks
		result.Mismatches += one.Mismatches
	}
	return result, nil
}

// rival is the index that is measured, and how it is filled.
func (r Rank) rival(ctx context.Context, d *db.DB) (rv rival, stop func(), load loader, err error) {
	base := own.New(d)
	switch r.Index {
	case "postgres":
		rv = rival{service: matching.New(d, clock.System, base), yardstick: handWritten(d), says: handWrittenSays}
		return rv, func() {}, heldLoader{d}, nil
	case "meilisearch":
		server, stop, err := r.Server.Start(ctx)
		if err != nil {
			return rv, nil, nil, err
		}
		uid := "bench_" + strings.ReplaceAll(uuid.NewString(), "-", "")
		ix := meili.New(server.URL, server.Key, uid)
		rv = rival{service: matching.New(d, clock.System, base, ix), says: meili.AnyOfSays, pid: server.pid}
		rv.yardstick = func(ctx context.Context, q matching.Question) error { return ix.AnyOf(ctx, q, listed) }
		rv.service.Budget = time.Minute // a busy machine must not send the measurement to PostgreSQL
		return rv, func() { server.forget(uid); stop() }, indexLoader{d, ix}, nil
	}
	return rv, nil, nil, fmt.Errorf("there is no index %q to measure: meilisearch or postgres", r.Index)
}

// measure asks for the list and the yardstick in turns, task by task.
func (r Rank) measure(ctx context.Context, rv rival, s *staff, skills int) (RankedBySkill, error) {
	rnd := rand.New(rand.NewPCG(r.Seed, uint64(skills)))
	one := RankedBySkill{Skills: skills, Tasks: r.Tasks}
	var mine, theirs []float64
	rounds := 0
	var cpu [2]float64
	for i := range r.Tasks + warmUp {
		q := s.question(rnd, skills)
		var list matching.Listed
		ours := func() (err error) { list, err = rv.service.List(ctx, q, listed); return err }
		yard := func() error { return rv.yardstick(ctx, q) }
		took, used, err := inTurns(rv.pid, i%2 == 0, ours, yard)
		if err != nil {
			return one, err
		}
		if i < warmUp {
			continue
		}
		cpu[0], cpu[1] = cpu[0]+used[0], cpu[1]+used[1]
		mine, theirs, rounds = append(mine, took[0]), append(theirs, took[1]), rounds+list.Certificate.Rounds
		if list.Index != r.Index || !sameList(q, list, s.best(q, listed)) {
			one.Mismatches++
		}
	}
	one.P50, one.P95, one.YardstickP50, one.YardstickP95 = quantile(mine, 0.5), quantile(mine, 0.95), quantile(theirs, 0.5), quantile(theirs, 0.95)
	one.RatioP50, one.RatioP95, one.RoundsMean = one.P50/one.YardstickP50, one.P95/one.YardstickP50, float64(rounds)/float64(r.Tasks)
	one.ServerCPU, one.YardstickCPU = cpu[0]/float64(r.Tasks), cpu[1]/float64(r.Tasks)
	return one, nil
}

const warmUp = 10 // tasks that nobody times

// inTurns runs both and gives the milliseconds of each, by the clock and of the server's processor time; who goes first
// changes, because the second finds warm caches.
func inTurns(pid int, first bool, a, b func() error) (took, used [2]float64, err error) {
	run := func(at int, f func() error) {
		if err == nil {
			before, began := spent(pid), time.Now()
			err = f()
			took[at] = float64(time.Since(began)) / float64(time.Millisecond)
			used[at] = spent(pid) - before
		}
	}
	if first {
		run(0, a)
		run(1, b)
	} else {
		run(1, b)
		run(0, a)
	}
	return took, used, err
}

func sameList(q matching.Question, list matching.Listed, want []matching.Place) bool {
	return list.Certificate.Exact && slices.EqualFunc(list.Hits, want, func(h matching.Hit, p matching.Place) bool { return q.Place(h) == p })
}

func quantile(of []float64, at float64) float64 {
	of = slices.Sorted(slices.Values(of))
	if len(of) == 0 {
		return 0
	}
	return of[int(at*float64(len(of)-1))]
}
