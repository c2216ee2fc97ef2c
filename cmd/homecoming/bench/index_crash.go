package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/meili"
	"homecoming/matching/postgres"
)

// IndexCrash kills the real Meilisearch with kill -9 while people change, the index is brought up to date and rebuilt,
// and lists are made; then it loses all its data. A control throws changes away before the index has confirmed them,
// which must show.
type IndexCrash struct {
	Members int
	Kills   int
	Seed    uint64
}

// An IndexCrashed is what came of it. Drift must be 0 but for the control's, and so must Failed and Wrong.
type IndexCrashed struct {
	Members      int    `json:"members"`
	Kills        int    `json:"kills"`
	Seed         uint64 `json:"seed"`
	Changes      int64  `json:"changes"`
	Rebuilds     int64  `json:"rebuilds_finished"`
	Lists        int64  `json:"lists"`
	Degraded     int64  `json:"lists_degraded"`
	Failed       int64  `json:"lists_failed"`
	Wrong        int    `json:"lists_wrong_at_the_end"` // against PostgreSQL's own
	Drift        int    `json:"drift_after_kills"`
	WipeDegraded bool   `json:"degraded_while_wiped"`
	WipeDrift    int    `json:"drift_after_wipe"`
	ControlDrift int    `json:"drift_of_control"` // must be above 0
	Sound        bool   `json:"sound"`
}

// Run kills, wipes and controls, in this order.
func (r IndexCrash) Run(ctx context.Context, progress io.Writer) (*IndexCrashed, error) {
	pg, err := startPostgres(ctx, careless)
	if err != nil {
		return nil, err
	}
	defer pg.stop()
	d, err := pg.database(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	company, err := fillFacts(ctx, d, r.Members, r.Seed)
	if err != nil {
		return nil, err
	}
	m, err := newMortal(ctx)
	if err != nil {
		return nil, err
	}
	defer m.end()
	c := &indexCampaign{IndexCrash: r, d: d, company: company, mortal: m, progress: progress, rnd: rand.New(rand.NewPCG(r.Seed, 1)),
		result: IndexCrashed{Members: r.Members, Kills: r.Kills, Seed: r.Seed}}
	c.s = matching.New(d, clock.System, postgres.New(d), meili.New(m.url, "", "campaign"))
	c.s.Rest = 50 * time.Millisecond
	for _, step := range []func(context.Context) error{c.s.Prepare, c.kills, c.wipe, c.control} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	res := c.result
	res.Sound = res.Failed == 0 && res.Wrong == 0 && res.Drift == 0 && res.WipeDrift == 0 && res.WipeDegraded && res.ControlDrift > 0
	return &res, nil
}

type indexCampaign struct {
	IndexCrash
	d        *db.DB
	company  uuid.UUID
	mortal   *mortal
	s        *matching.Service
	rnd      *rand.Rand
	progress io.Writer

	changes, rebuilds, lists, degraded, failed atomic.Int64
	result                                     IndexCrashed
}

// kills keeps everybody busy while the server is killed again and again.
func (c *indexCampaign) kills(ctx context.Context) error {
	busy, stop := context.WithCancel(ctx)
	defer stop()
	var at sync.WaitGroup
	for i, work := range []func(context.Context, *rand.Rand){c.change, c.keepUp, c.rebuild, c.list, c.list} {
		rnd := rand.New(rand.NewPCG(c.Seed, uint64(i)+10))
		at.Go(func() {
			for busy.Err() == nil {
				work(busy, rnd)
			}
		})
	}
	for n := range c.Kills {
		c.pause(ctx, 50+c.rnd.IntN(400))
		c.mortal.kill()
		c.pause(ctx, c.rnd.IntN(200))
		if err := c.mortal.start(ctx); err != nil {
			return err
		}
		fmt.Fprintf(c.progress, "killed %d of %d\n", n+1, c.Kills)
	}
	c.pause(ctx, 300)
	stop()
	at.Wait()
	if err := c.settle(ctx); err != nil {
		return err
	}
	c.result.Changes, c.result.Rebuilds = c.changes.Load(), c.rebuilds.Load()
	c.result.Lists, c.result.Degraded, c.result.Failed = c.lists.Load(), c.degraded.Load(), c.failed.Load()
	var err error
	if c.result.Drift, err = c.drift(ctx); err != nil {
		return err
	}
	c.result.Wrong, err = c.wrong(ctx)
	return err
}

func (c *indexCampaign) pause(ctx context.Context, ms int) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(ms) * time.Millisecond):
	}
}

// change gives somebody a rating, or a skill, or hides or shows them: facts and note in one transaction.
func (c *indexCampaign) change(ctx context.Context, rnd *rand.Rand) {
	err := c.d.Tx(ctx, func(tx *gorm.DB) error {
		var who struct{ ID, PersonID uuid.UUID }
		if err := tx.Raw("SELECT id, person_id FROM memberships WHERE company_id = ? ORDER BY id OFFSET ? LIMIT 1", c.company, rnd.IntN(c.Members)).Scan(&who).Error; err != nil {
			return err
		}
		sql, args := "UPDATE memberships SET hidden = NOT hidden WHERE id = ?", []any{who.ID}
		switch rnd.IntN(3) {
		case 0:
			if err := tx.Exec("SET LOCAL session_replication_role = replica").Error; err != nil {
				return err
			}
			sql, args = "INSERT INTO reviews (id, company_id, contract_id, person_id, by_side, rating) VALUES (?, ?, ?, ?, 'company', 5)",
				[]any{uuid.New(), c.company, uuid.New(), who.PersonID}
		case 1:
			sql, args = "UPDATE person_skills SET level = 3 WHERE person_id = ?", []any{who.PersonID}
		}
		if err := tx.Exec(sql, args...).Error; err != nil {
			return err
		}
		return market.TouchPerson(tx, who.PersonID)
	})
	if err == nil {
		c.changes.Add(1)
	}
	c.pause(ctx, 2)
}

func (c *indexCampaign) keepUp(ctx context.Context, _ *rand.Rand) {
	if _, err := c.s.Drain(ctx); err != nil { // the server is away; the rows stay
		_ = c.s.Prepare(ctx)
	}
	c.pause(ctx, 10)
}

func (c *indexCampaign) rebuild(ctx context.Context, rnd *rand.Rand) {
	if c.s.Reindex(ctx, nil) == nil {
		c.rebuilds.Add(1)
	}
	c.pause(ctx, rnd.IntN(300))
}

// question is a task of a few common skills.
func (c *indexCampaign) question(rnd *rand.Rand) matching.Question {
	q := matching.Question{Company: c.company, AsOf: market.Company{TimeZone: "Asia/Tokyo"}.Today(time.Now()), Formula: matching.V1}
	for len(q.Skills) < 3 {
		w := matching.Wanted{Skill: fmt.Sprint("skill", 1+rnd.IntN(40)), Level: 2, Weight: matching.MustWeight}
		if !slices.Contains(q.Skills, w) {
			q.Skills = append(q.Skills, w)
		}
	}
	return q
}

func (c *indexCampaign) list(ctx context.Context, rnd *rand.Rand) {
	l, err := c.s.List(ctx, c.question(rnd), 20)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		c.failed.Add(1)
		fmt.Fprintln(c.progress, "a list failed:", err)
	case l.Degraded:
		c.degraded.Add(1)
	}
	c.lists.Add(1)
	c.pause(ctx, 5)
}

// settle lets the program heal by itself, as its periodic jobs would.
func (c *indexCampaign) settle(ctx context.Context) error {
	var err error
	for range 50 {
		if err = c.s.Prepare(ctx); err == nil {
			_, err = c.s.Drain(ctx)
		}
		var h matching.Health
		if err == nil {
			if h, err = c.s.Health(ctx); err == nil && h.Pending == 0 && !h.Degraded {
				return nil
			}
		}
		c.pause(ctx, 100)
	}
	return errors.Join(errors.New("the index does not heal"), err)
}

func (c *indexCampaign) drift(ctx context.Context) (n int, err error) {
	all, err := c.s.Examine(ctx, false, nil)
	for _, e := range all {
		err = errors.Join(err, e.Err)
		n += e.Drift[matching.Missing] + e.Drift[matching.Changed] + e.Drift[matching.Extra]
	}
	return n, err
}

// wrong counts lists that differ from those of PostgreSQL's own index.
func (c *indexCampaign) wrong(ctx context.Context) (n int, err error) {
	alone := matching.New(c.d, clock.System, postgres.New(c.d))
	for range 50 {
		q := c.question(c.rnd)
		got, err := c.s.List(ctx, q, 20)
		if err != nil {
			return n, err
		}
		want, err := alone.List(ctx, q, 20)
		if err != nil {
			return n, err
		}
		if got.Degraded || !slices.Equal(got.Hits, want.Hits) {
			n++
		}
	}
	return n, nil
}

// wipe takes all the server's data away.
func (c *indexCampaign) wipe(ctx context.Context) error {
	c.mortal.kill()
	if err := os.RemoveAll(c.mortal.data); err != nil {
		return err
	}
	if err := c.mortal.start(ctx); err != nil {
		return err
	}
	l, err := c.s.List(ctx, c.question(c.rnd), 20)
	if err != nil {
		return err
	}
	c.result.WipeDegraded = l.Degraded && len(l.Hits) == 20
	if err := c.settle(ctx); err != nil {
		return err
	}
	c.result.WipeDrift, err = c.drift(ctx)
	return err
}

// control throws changes away before the index has confirmed them.
func (c *indexCampaign) control(ctx context.Context) error {
	c.mortal.kill()
	for range 20 {
		c.change(ctx, c.rnd)
	}
	if err := c.d.Gorm(ctx).Exec("DELETE FROM index_pending").Error; err != nil {
		return err
	}
	if err := c.mortal.start(ctx); err != nil {
		return err
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	var err error
	c.result.ControlDrift, err = c.drift(ctx)
	return err
}

// A mortal is a Meilisearch that can be killed and started again on its data.
type mortal struct {
	binary, dir, data, address, url string
	process                         *process
}

func newMortal(ctx context.Context) (*mortal, error) {
	binary, err := exec.LookPath("meilisearch")
	if err != nil {
		return nil, ErrNoMeilisearch
	}
	dir, err := os.MkdirTemp("", "homecoming-bench-meilisearch-")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	m := &mortal{binary: binary, dir: dir, data: filepath.Join(dir, "data"), address: address, url: "http://" + address}
	return m, m.start(ctx)
}

func (m *mortal) start(ctx context.Context) (err error) {
	log := filepath.Join(m.dir, "log")
	m.process, err = startProcess(m.binary, log, nil, "--no-analytics", "--env", "development", "--log-level", "ERROR",
		"--http-addr", m.address, "--db-path", m.data, "--dump-dir", filepath.Join(m.dir, "dumps"), "--snapshot-dir", filepath.Join(m.dir, "snapshots"))
	if err != nil {
		return err
	}
	if err := (Meilisearch{URL: m.url}).await(ctx, m.process.ended); err != nil {
		said, _ := os.ReadFile(log)
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(said)))
	}
	return nil
}

func (m *mortal) kill() { m.process.kill() }

func (m *mortal) end() {
	m.kill()
	_ = os.RemoveAll(m.dir)
}
