package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/stripe"
	"homecoming/billing/stripesim"
	"homecoming/cmd/homecoming/mainjob"
	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market"
	"homecoming/matching"
)

// A shop is a company with its alumni and everything that moves its money, within this process: a database, the
// stand-in, and billing on both.
type shop struct {
	db      *db.DB
	clock   clock.Clock
	sim     *stripesim.Server
	market  *market.Service
	billing *billing.Service
	person  *mainjob.Client // presses buttons on hosted pages

	company market.Company
	manager market.Actor
	alumni  []market.Actor
}

// openShop opens one on a database of its own. change may alter how the stand-in runs.
func openShop(ctx context.Context, p *pgServer, c clock.Clock, alumni int, change func(*stripesim.Config)) (s *shop, err error) {
	s = &shop{clock: c, person: mainjob.NewClient(nil, mainjob.Login{})}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.db, err = p.database(ctx); err != nil {
		return s, err
	}
	cfg := stripesim.Config{SecretKey: victimKey, Clock: c.Now}
	if change != nil {
		change(&cfg)
	}
	if s.sim, err = stripesim.Open(cfg); err != nil {
		return s, err
	}
	if err = s.sim.Start(); err != nil {
		return s, err
	}
	s.market = market.New(s.db, c, matching.ResolveSkill)
	if s.billing, err = s.serve(100_000, nil); err != nil {
		return s, err
	}
	return s, s.people(ctx, alumni)
}

// serve is billing on a gateway of so many requests a second, through a transport; nil is the usual one.
func (s *shop) serve(perSecond float64, through http.RoundTripper) (*billing.Service, error) {
	g, err := stripe.New(stripe.Config{Key: victimKey, APIBase: s.sim.URL(), WebhookSecret: victimWebhook, ConnectWebhookSecret: victimConnect,
		PerSecond: perSecond, InAll: 4 * perSecond, Transport: through})
	if err != nil {
		return nil, err
	}
	return billing.New(s.db, s.clock, s.market, g, billing.Config{BaseURL: "http://product.test", ToppedUp: true}), nil
}

func (s *shop) close() {
	if s.sim != nil {
		_ = s.sim.Close()
	}
	if s.db != nil {
		s.db.Close()
	}
}

func (s *shop) people(ctx context.Context, alumni int) error {
	c, admin, err := s.market.CreateCompany(ctx, market.NewCompany{Name: "Aoi", NameEN: "Aoi", AdminEmail: "admin@aoi.test", AdminFamilyName: "Aoi", AdminGivenName: "Admin"})
	if err != nil {
		return err
	}
	s.company = c
	chief, err := s.market.ActorOf(ctx, admin.ID)
	if err != nil {
		return err
	}
	m, err := s.market.Grant(ctx, chief, c.ID, market.Colleague{Email: "manager@aoi.test", FamilyName: "Aoi", GivenName: "Manager", Role: market.Manager})
	if err != nil {
		return err
	}
	if s.manager, err = s.market.ActorOf(ctx, m.PersonID); err != nil {
		return err
	}
	for i := range alumni {
		if err := s.alumna(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// alumna comes in and opens her payout account.
func (s *shop) alumna(ctx context.Context, i int) error {
	person, err := newcomer(ctx, s.db, s.company.ID, i)
	if err != nil {
		return err
	}
	who, err := s.market.ActorOf(ctx, person)
	if err != nil {
		return err
	}
	s.alumni = append(s.alumni, who)
	page, err := s.billing.Onboard(ctx, who)
	if err != nil {
		return err
	}
	if err := s.person.PressFirstButton(ctx, page); err != nil {
		return err
	}
	return s.hear(ctx)
}

// hear lists what happened at the stand-in and works it.
func (s *shop) hear(ctx context.Context) error {
	if _, err := s.billing.CatchUp(ctx); err != nil {
		return err
	}
	var ids []string
	if err := s.db.Gorm(ctx).Raw("SELECT id FROM provider_events WHERE worked_at IS NULL ORDER BY created_at, id").Scan(&ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.billing.WorkEvent(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// contract has an alumna win a task with so many milestones.
func (s *shop) contract(ctx context.Context, title string, alumna market.Actor, milestones int, fee func(int) int64) (billing.Contract, error) {
	today := s.company.Today(s.clock.Now())
	due := today.AddDays(20)
	terms := market.Terms{DeliverOn: due, Message: "I know this work."}
	var sum int64
	for i := range milestones {
		sum += fee(i)
		terms.Milestones = append(terms.Milestones, market.PlannedMilestone{Title: fmt.Sprintf("Part %d", i+1), Amount: fee(i), DueOn: due})
	}
	terms.Amount = market.Yen(sum)
	budget := market.Yen(sum)
	task, err := s.market.PostTask(ctx, s.manager, market.TaskDraft{CompanyID: s.company.ID, Title: title, Brief: "As last year.", Budget: &budget, DueOn: &due,
		Skills: []market.WantedSkill{{Skill: "bookkeeping"}}})
	if err != nil {
		return billing.Contract{}, err
	}
	if _, err := s.market.PublishTask(ctx, s.manager, task.ID); err != nil {
		return billing.Contract{}, err
	}
	bid, err := s.market.PlaceBid(ctx, alumna, task.ID, terms)
	if err != nil {
		return billing.Contract{}, err
	}
	return s.billing.AcceptBid(ctx, s.manager, bid.ID, bid.Version)
}

// pay opens a milestone's page and pays there.
func (s *shop) pay(ctx context.Context, milestone uuid.UUID) error {
	f, err := s.billing.Fund(ctx, s.manager, milestone)
	if err != nil {
		return err
	}
	return s.person.PressFirstButton(ctx, f.CheckoutURL)
}

// accepted takes a milestone to the moment at which its transfer is planned.
func (s *shop) accepted(ctx context.Context, alumna market.Actor, milestone uuid.UUID) error {
	if err := s.pay(ctx, milestone); err != nil {
		return err
	}
	if _, err := s.billing.Fund(ctx, s.manager, milestone); err != nil { // looks at the page again, and finds it paid
		return err
	}
	if _, err := s.billing.Submit(ctx, alumna, milestone, "Here it is."); err != nil {
		return err
	}
	_, err := s.billing.Accept(ctx, s.manager, milestone)
	return err
}

// untilNone waits until a query that counts gives nothing any more.
func (s *shop) untilNone(ctx context.Context, query string) error {
	for ctx.Err() == nil {
		var n int
		if err := s.db.Gorm(ctx).Raw(query).Scan(&n).Error; err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		pause(ctx, 50*time.Millisecond)
	}
	return errors.Join(errors.New("it does not come to an end"), ctx.Err())
}
