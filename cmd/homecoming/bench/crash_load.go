package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"homecoming/cmd/homecoming/mainjob"
	"homecoming/internal/clock"
	"homecoming/market"
	"homecoming/matching"
)

// longestWalk is how long one main job may take, the server's deaths included.
const longestWalk = 3 * time.Minute

// A load is some main jobs being walked at the same time, each by a manager and an alumna of one company, over and over.
type load struct {
	finance *mainjob.Client
	today   string

	mu     sync.Mutex
	walks  []*mainjob.Walk // that came to their end
	stuck  []error
	ending bool
	all    sync.WaitGroup
}

// startLoad makes the company and its people, and lets the walkers go.
func (v *victim) startLoad(ctx context.Context, o CrashOptions) (*load, error) {
	town, err := v.settleTown(ctx, o.Walkers)
	if err != nil {
		return nil, err
	}
	l := &load{finance: town.finance, today: time.Now().In(town.zone).Format(time.DateOnly)}
	for i, alumna := range town.alumni {
		ready, cancel := context.WithTimeout(ctx, time.Minute)
		err := alumna.Onboard(ready)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("onboarding: %w", err)
		}
		r := rand.New(rand.NewPCG(o.Seed, uint64(i+2)))
		l.all.Go(func() { l.walkOn(ctx, town.managers[i], alumna, i, r) })
	}
	return l, nil
}

// walkOn walks one main job after the other until the load ends.
func (l *load) walkOn(ctx context.Context, manager, alumna *mainjob.Client, walker int, r *rand.Rand) {
	for n := 0; !l.over() && ctx.Err() == nil; n++ {
		parts := 1 + r.IntN(2)
		w := &mainjob.Walk{Title: fmt.Sprintf("Task %d of walker %d", n, walker), Skills: []string{"bookkeeping"}, Fee: 10_000 + r.Int64N(900_000),
			Parts: parts, CallOff: parts > 1 && r.IntN(3) == 0, Today: l.today, Manager: manager, Alumna: alumna, Finance: l.finance}
		limited, cancel := context.WithTimeout(ctx, longestWalk)
		err := w.RunTo(limited, "be paid")
		cancel()
		l.note(w, err)
	}
}

func (l *load) note(w *mainjob.Walk, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.stuck = append(l.stuck, fmt.Errorf("%s: %w", w.Title, err))
		return
	}
	l.walks = append(l.walks, w)
}

func (l *load) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ending
}

func (l *load) walked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.walks)
}

// finish lets every walker come to the end of the job at hand.
func (l *load) finish(ctx context.Context, result *CrashResult) error {
	l.mu.Lock()
	l.ending = true
	l.mu.Unlock()
	l.all.Wait()
	for _, err := range l.stuck {
		result.trouble("a main job did not come to its end: %v", err)
	}
	return ctx.Err()
}

// A town is who walks: one company, managers and alumni in pairs, and somebody in finance.
type town struct {
	zone             *time.Location
	managers, alumni []*mainjob.Client
	finance          *mainjob.Client
}

// settleTown writes the people straight into the database: they are not what is put to the test.
func (v *victim) settleTown(ctx context.Context, pairs int) (town, error) {
	m := market.New(v.db, clock.System, matching.ResolveSkill)
	company, admin, err := m.CreateCompany(ctx, market.NewCompany{Name: "Aoi", NameEN: "Aoi", AdminEmail: "admin@aoi.test", AdminFamilyName: "Aoi", AdminGivenName: "Admin"})
	if err != nil {
		return town{}, err
	}
	if err := v.leaveRoom(ctx, company.ID); err != nil {
		return town{}, err
	}
	chief, err := m.ActorOf(ctx, admin.ID)
	if err != nil {
		return town{}, err
	}
	t := town{zone: company.Zone()}
	client := func(person uuid.UUID, role market.Role) (*mainjob.Client, error) {
		who, err := m.ActorOf(ctx, person)
		if err != nil {
			return nil, err
		}
		token, _, err := m.CreateToken(ctx, who, "campaign", nil)
		return mainjob.NewClient(func() string { return "http://" + v.addr }, mainjob.Login{Role: string(role), CompanyID: company.ID.String(), Token: token}), err
	}
	hire := func(name string, role market.Role) (*mainjob.Client, error) {
		c, err := m.Grant(ctx, chief, company.ID, market.Colleague{Email: name + "@aoi.test", FamilyName: "Aoi", GivenName: name, Role: role})
		if err != nil {
			return nil, err
		}
		return client(c.PersonID, role)
	}
	if t.finance, err = hire("finance", market.Finance); err != nil {
		return t, err
	}
	for i := range pairs {
		manager, err := hire(fmt.Sprintf("manager%d", i), market.Manager)
		if err != nil {
			return t, err
		}
		person, err := newcomer(ctx, v.db, company.ID, i)
		if err != nil {
			return t, err
		}
		alumna, err := client(person, market.Alumnus)
		if err != nil {
			return t, err
		}
		t.managers, t.alumni = append(t.managers, manager), append(t.alumni, alumna)
	}
	return t, nil
}

// leaveRoom makes the charge more than twice the transfer, by a platform fee that no company would agree to: Stripe caps
// what goes out of a charge, and must not be who prevents a second transfer here.
func (v *victim) leaveRoom(ctx context.Context, company uuid.UUID) error {
	g := v.db.Gorm(ctx)
	return errors.Join(g.Exec("ALTER TABLE companies DROP CONSTRAINT companies_platform_fee_bp_check").Error,
		g.Exec("UPDATE companies SET platform_fee_bp = 15000 WHERE id = ?", company).Error)
}
