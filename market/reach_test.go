package market_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

// A crowd is several companies with people who worked at some of them, as it was drawn: what the oracle knows.
type crowd struct {
	w         *markettest.World
	r         *rand.Rand
	companies []*markettest.Company
	partners  map[[2]uuid.UUID]bool
	people    []*somebody
	tasks     []*offered
	skills    []string
}

type somebody struct {
	market.Actor
	name  string
	at    map[uuid.UUID]*past // by company
	shown market.ShownTo
	held  []string
	roles map[uuid.UUID]bool
	bars  map[uuid.UUID]bool // companies kept apart today
	guest map[uuid.UUID]bool
}

type past struct {
	membership uuid.UUID
	stints     []markettest.Stint
}

// ended reports whether every stint had ended before today.
func (p *past) ended(today civil.Date) bool {
	return p != nil && !slices.ContainsFunc(p.stints, func(s markettest.Stint) bool { return s.Left == "" || !markettest.Day(s.Left).Before(today) })
}

type offered struct {
	market.Task
	c            *markettest.Company
	rule         market.DraftVisibility
	invited, bid map[uuid.UUID]bool // people
}

var departments = []string{"Tax", "Audit", "Sales"}

func newCrowd(t *testing.T, seed uint64) *crowd {
	c := &crowd{w: markettest.New(t), r: rand.New(rand.NewPCG(seed, 0)), partners: map[[2]uuid.UUID]bool{}}
	for _, s := range []string{"bookkeeping", "audit", "english"} {
		c.skills = append(c.skills, c.w.Skill(s, s, s))
	}
	c.w.Exec("INSERT INTO skill_links (narrower_id, broader_id) VALUES ('audit', 'bookkeeping')")
	for _, name := range []string{"Aoi", "Midori", "Kiiro"} {
		at := c.w.Company(name)
		for _, d := range departments {
			c.w.Tx(func(tx *gorm.DB) error { _, err := market.DepartmentNamed(tx, at.ID, d); return err })
		}
		c.companies = append(c.companies, at)
	}
	c.ally(c.companies[0], c.companies[1])
	if c.r.IntN(2) == 0 {
		c.ally(c.companies[2], c.companies[0])
	}
	for _, given := range []string{"Yumi", "Kenji", "Daniel", "Mei", "Ana", "Jun", "Rei", "Sho"} {
		c.people = append(c.people, c.somebody(given))
	}
	return c
}

func (c *crowd) ally(a, b *markettest.Company) {
	c.w.Ally(a, b)
	c.partners[[2]uuid.UUID{a.ID, b.ID}], c.partners[[2]uuid.UUID{b.ID, a.ID}] = true, true
}

func (c *crowd) somebody(given string) *somebody {
	p := &somebody{name: given, at: map[uuid.UUID]*past{}, roles: map[uuid.UUID]bool{}, bars: map[uuid.UUID]bool{}, guest: map[uuid.UUID]bool{}, shown: market.ShownToNobody}
	first := c.r.IntN(3)
	for i := range c.companies {
		if i == 0 || c.r.IntN(3) == 0 {
			p.Actor = c.hire(p, c.companies[(first+i)%3])
		}
	}
	ctx := context.Background()
	if c.r.IntN(4) > 0 {
		p.shown = []market.ShownTo{market.ShownToPartners, market.ShownToEveryone}[c.r.IntN(2)]
		c.w.Check(c.w.Market.SetShownTo(ctx, p.Actor, p.shown, market.ShownWording))
	}
	for _, s := range c.skills {
		if c.r.IntN(3) == 0 {
			p.held = append(p.held, s)
		}
	}
	said := []market.OwnSkill{}
	for _, s := range p.held {
		said = append(said, market.OwnSkill{Skill: s})
	}
	_, err := c.w.Market.UpdateProfile(ctx, p.Actor, market.ProfileEdit{Skills: &said})
	c.w.Check(err)
	at := c.companies[c.r.IntN(3)]
	switch c.r.IntN(8) {
	case 0: // is the company's own manager
		c.w.Exec("INSERT INTO role_grants (company_id, person_id, role) VALUES (?, ?, 'manager')", at.ID, p.PersonID)
		p.roles[at.ID] = true
	case 1, 2, 3:
		c.bar(p, at)
	}
	p.Actor = c.w.Actor(p.PersonID)
	return p
}

// hire gives somebody a past at a company; now and then it lasts, or ends today, or ended a leap day ago.
func (c *crowd) hire(p *somebody, at *markettest.Company) market.Actor {
	today := c.w.Today()
	var stints []markettest.Stint
	for i := range 1 + c.r.IntN(2) {
		left := []civil.Date{today.AddDays(-1), today.AddDays(-366 * (1 + c.r.IntN(4))), markettest.Day("2024-02-29"), today.AddDays(-730), today.AddDays(-731)}[c.r.IntN(5)]
		joined := left.AddDays([]int{-100, -364, -365, -729, -1500}[c.r.IntN(5)] - i)
		in := departments[c.r.IntN(3)]
		for slices.ContainsFunc(stints, func(s markettest.Stint) bool { return s.Department == in && s.Joined == joined.String() }) {
			joined = joined.AddDays(-1) // nobody joins a department twice on one day
		}
		s := markettest.Worked(in, joined.String(), left.String())
		switch c.r.IntN(12) {
		case 0:
			s.Left = ""
		case 1:
			s.Left = today.String()
		}
		stints = append(stints, s)
	}
	a := at.Alumnus("Mori "+p.name, stints...)
	p.at[at.ID] = &past{a.MembershipID, stints}
	return a.Actor
}

// bar keeps somebody and a company apart in one of the ways there are, or did so, or will.
func (c *crowd) bar(p *somebody, at *markettest.Company) {
	today := c.w.Today()
	kinds := []market.BarKind{market.BlockedByPerson, market.BlockedByCompany, market.InConflict}
	from, until := today.AddDays(c.r.IntN(3)-1), today.AddDays(c.r.IntN(3)-1)
	if until.Before(from) {
		from, until = until, from
	}
	kind := kinds[c.r.IntN(3)]
	if kind != market.InConflict {
		from = today
	}
	lifted := c.r.IntN(4) == 0
	c.w.Exec(`INSERT INTO bars (id, company_id, person_id, kind, from_on, until_on, reason, made_by, made_at, lifted_at)
		VALUES (?, ?, ?, ?, ?, CASE WHEN ? THEN ?::date END, 'x', ?, now(), CASE WHEN ? THEN now() END)`,
		uuid.New(), at.ID, p.PersonID, kind, from, kind == market.InConflict, until, at.Office.PersonID, lifted)
	p.bars[at.ID] = !lifted && (kind != market.InConflict || !from.After(today) && !until.Before(today))
}

// offer posts a task with some visibility, mostly published.
func (c *crowd) offer(at *markettest.Company) *offered {
	var v market.DraftVisibility
	switch c.r.IntN(5) {
	case 0:
		v.Kind = market.OwnAlumni
	case 1:
		v = c.rule()
	case 2:
		v.Kind = market.Named
		for _, p := range c.people {
			if past := p.at[at.ID]; past != nil && (len(v.MembershipIDs) == 0 || c.r.IntN(2) == 0) {
				v.MembershipIDs = append(v.MembershipIDs, past.membership)
			}
		}
		if len(v.MembershipIDs) == 0 {
			v.Kind = market.ToEveryone
		}
	case 3:
		v.Kind = market.ToPartners
		for _, o := range c.companies {
			if c.partners[[2]uuid.UUID{at.ID, o.ID}] && c.r.IntN(2) == 0 {
				v.Companies = append(v.Companies, o.ID)
			}
		}
		if !c.partners[[2]uuid.UUID{at.ID, c.companies[0].ID}] && !c.partners[[2]uuid.UUID{at.ID, c.companies[1].ID}] && !c.partners[[2]uuid.UUID{at.ID, c.companies[2].ID}] {
			v.Kind = market.ToEveryone
		}
	case 4:
		v.Kind = market.ToEveryone
	}
	o := &offered{c: at, rule: v, invited: map[uuid.UUID]bool{}, bid: map[uuid.UUID]bool{}}
	with := func(d *market.TaskDraft) { d.Visibility = v }
	if c.r.IntN(6) == 0 {
		o.Task = at.Draft("A draft", 200_000, with)
	} else {
		o.Task = at.Task("A task", 200_000, with)
	}
	return o
}

func (c *crowd) rule() market.DraftVisibility {
	v := market.DraftVisibility{Kind: market.ByRule}
	for v.MinYears+v.LeftWithinYears+len(v.Departments)+len(v.Skills) == 0 {
		if c.r.IntN(2) == 0 {
			v.Departments = append(v.Departments, departments[c.r.IntN(3)])
		}
		if c.r.IntN(3) == 0 {
			v.Skills = append(v.Skills, c.skills[c.r.IntN(3)])
		}
		v.MinYears, v.LeftWithinYears = c.r.IntN(3)*c.r.IntN(2), c.r.IntN(4)*c.r.IntN(2)
	}
	return v
}

// reaches is the rule in Go, by the design's words.
func (c *crowd) reaches(o *offered, p *somebody) bool {
	if o.State != market.Published || p.bars[o.CompanyID] {
		return false
	}
	here := p.at[o.CompanyID]
	beyond := o.rule.Kind == market.ToPartners || o.rule.Kind == market.ToEveryone
	if here != nil {
		return here.ended(c.w.Today()) && (beyond || c.within(o.rule, p, here))
	}
	if !beyond || p.roles[o.CompanyID] || p.shown == market.ShownToNobody {
		return false
	}
	for _, at := range c.companies {
		if p.at[at.ID].ended(c.w.Today()) {
			partner := c.partners[[2]uuid.UUID{o.CompanyID, at.ID}] && (len(o.rule.Companies) == 0 || slices.Contains(o.rule.Companies, at.ID))
			if partner || o.rule.Kind == market.ToEveryone && p.shown == market.ShownToEveryone {
				return true
			}
		}
	}
	return false
}

func (c *crowd) within(v market.DraftVisibility, p *somebody, here *past) bool {
	switch v.Kind {
	case market.OwnAlumni:
		return true
	case market.Named:
		return slices.Contains(v.MembershipIDs, here.membership)
	}
	days, last := map[civil.Date]bool{}, civil.Date{}
	known := len(v.Departments) == 0
	for _, s := range here.stints {
		known = known || slices.Contains(v.Departments, s.Department)
		left := markettest.Day(s.Left)
		for d := markettest.Day(s.Joined); d.Before(left); d = d.AddDays(1) {
			days[d] = true
		}
		if left.After(last) {
			last = left
		}
	}
	holds := len(v.Skills) == 0 || slices.ContainsFunc(v.Skills, func(s string) bool {
		return slices.Contains(p.held, s) || s == "bookkeeping" && slices.Contains(p.held, "audit")
	})
	recent := v.LeftWithinYears == 0 || last.After(market.Company{TimeZone: "Asia/Tokyo"}.Today(c.w.Clock.Now().AddDate(-v.LeftWithinYears, 0, 0)))
	return known && holds && recent && (v.MinYears == 0 || len(days)+1 >= v.MinYears*365)
}

// TestOnePolicyDecidesWhoSeesATask holds the rule in SQL to the rule in Go on random companies, people and tasks, for
// lists, single reads, counts, invitations and bids alike.
func TestOnePolicyDecidesWhoSeesATask(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	c := newCrowd(t, seed)
	ctx := context.Background()
	for range 45 {
		o := c.offer(c.companies[c.r.IntN(3)])
		c.tasks = append(c.tasks, o)
		for _, p := range c.people {
			c.approach(t, o, p)
		}
		if o.State == market.Published && c.r.IntN(4) == 0 {
			var err error
			o.Task, err = c.w.Market.CancelTask(ctx, o.c.Manager, o.ID, "no longer needed")
			c.w.Check(err)
		}
	}
	for _, p := range c.people {
		p.Actor = c.w.Actor(p.PersonID)
		c.compare(t, p)
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

// approach invites somebody to a task or lets them bid, now and then, and holds what comes of it against the rule.
func (c *crowd) approach(t *testing.T, o *offered, p *somebody) {
	ctx := context.Background()
	here, reached := p.at[o.CompanyID], c.reaches(o, p)
	switch c.r.IntN(5) {
	case 0:
		id := p.PersonID
		if here != nil {
			id = here.membership
		}
		_, err := c.w.Market.Invite(ctx, o.c.Manager, o.ID, []uuid.UUID{id})
		may := o.State == market.Published && (reached || here.ended(c.w.Today()) && !p.bars[o.CompanyID])
		if (err == nil) != may {
			t.Errorf("inviting %s to %+v: %v, want %v", p.name, o.rule, err, may)
		}
		o.invited[p.PersonID] = err == nil
	case 1:
		_, err := c.w.Market.PlaceBid(ctx, c.w.Actor(p.PersonID), o.ID, markettest.Terms(100_000, c.w.Today().AddDays(20)))
		may := o.State == market.Published && (reached || o.invited[p.PersonID])
		if (err == nil) != may {
			t.Errorf("a bid of %s on %+v: %v, want %v", p.name, o.rule, err, may)
		}
		o.bid[p.PersonID] = err == nil
	}
	if here == nil && (o.invited[p.PersonID] || o.bid[p.PersonID]) {
		p.guest[o.CompanyID] = true
	}
}

func (c *crowd) compare(t *testing.T, p *somebody) {
	ctx := context.Background()
	list, err := c.w.Market.Tasks(ctx, p.Actor, market.TaskFilter{Limit: 100})
	c.w.Check(err)
	var count int64
	c.w.Check(p.VisibleTasks(c.w.DB.Gorm(ctx).Model(&market.Task{}), c.w.Clock.Now()).Count(&count).Error)
	if int(count) != len(list) {
		t.Errorf("%s counts %d and lists %d", p.name, count, len(list))
	}
	for _, o := range c.tasks {
		want := p.roles[o.CompanyID] || c.reaches(o, p) || o.State != market.Draft && (o.invited[p.PersonID] && !p.bars[o.CompanyID] || o.bid[p.PersonID])
		listed := slices.ContainsFunc(list, func(x market.Task) bool { return x.ID == o.ID })
		_, err := c.w.Market.Task(ctx, p.Actor, o.ID)
		if err != nil && !errors.Is(err, market.ErrNotFound) {
			t.Fatal(err)
		}
		if listed != want || (err == nil) != want {
			t.Errorf("%s (%s, at home %v): %s task for %+v: want %v, listed %v, read %v", p.name, p.shown, p.at[o.CompanyID], o.State, o.rule, want, listed, err)
		}
	}
	for _, at := range c.companies {
		if got := p.Is(at.ID, market.Outsider); got != p.guest[at.ID] {
			t.Errorf("%s is from outside at %s: %v", p.name, at.Name, got)
		}
	}
}
