package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/cmd/homecoming/mainjob"
	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// Rooms are the use cases that the demo calls. They must be at work: the queue runs and the API answers webhooks.
type Rooms struct {
	Market   *market.Service
	Matching *matching.Service
	Billing  *billing.Service
	Now      func() time.Time
	Late     func() time.Duration  // how far Now stands behind the present
	Forward  func(d time.Duration) // moves Now towards the present
	StandIn  string                // where the stand-in for Stripe is, whose clock began where Now does
	Say      func(line string)     // what is being done, for whoever waits
}

// Begins is where the clocks have to stand when the demo begins: in the middle of last month, so that a month is there to
// be closed.
func Begins(present time.Time) time.Time {
	today := civil.DateOf(present.In(jst))
	month := civil.Date{Year: today.Year, Month: today.Month, Day: 1}.AddMonths(-1)
	return month.AddDays(11).In(jst).Add(10 * time.Hour)
}

var jst = time.FixedZone("JST", 9*60*60)

// A Seat is somebody of the demo with a role at a company; the caller gives them a way to sign in.
type Seat struct {
	PersonID  uuid.UUID
	Role      market.Role
	CompanyID uuid.UUID
}

// A filler is the demo in the making.
type filler struct {
	Rooms
	browser *mainjob.Client // presses the buttons of hosted pages
	present civil.Date
	today   civil.Date // last month's while the past is told
	casts   []cast
	eaten   uuid.UUID // the event of last month
}

// Fill makes the companies, their people and their work. The first seats, one for each role, belong to one company.
func Fill(ctx context.Context, r Rooms) ([]Seat, error) {
	f := &filler{Rooms: r, browser: mainjob.NewClient(func() string { return r.StandIn }, mainjob.Login{})}
	f.present, f.today = civil.DateOf(r.Now().Add(r.Late()).In(jst)), civil.DateOf(r.Now().In(jst))
	var seats []Seat
	for i, h := range houses {
		more, err := f.house(ctx, h, uint64(i+1))
		if err != nil {
			return nil, fmt.Errorf("filling in %s: %w", h.english, err)
		}
		seats = append(seats, more...)
	}
	if err := f.lunch(ctx, f.casts[0]); err != nil {
		return nil, fmt.Errorf("eating together: %w", err)
	}
	hourly, err := f.byHour(ctx, f.casts[0])
	if err != nil {
		return nil, fmt.Errorf("working by the hour: %w", err)
	}
	if err := f.forward(ctx, f.Late()); err != nil {
		return nil, fmt.Errorf("coming to the present: %w", err)
	}
	if err := f.thisWeek(ctx, f.casts[0], hourly); err != nil {
		return nil, fmt.Errorf("working by the hour today: %w", err)
	}
	for _, play := range f.casts {
		if err := f.tell(ctx, play, storiesOf[play.house.name]); err != nil {
			return nil, err
		}
		if err := f.searches(ctx, play); err != nil {
			return nil, err
		}
		if err := f.conduct(ctx, play); err != nil {
			return nil, err
		}
	}
	if err := f.beyond(ctx); err != nil {
		return nil, fmt.Errorf("opening work to partners: %w", err)
	}
	if err := f.payFromBank(ctx); err != nil {
		return nil, fmt.Errorf("paying from a company's own bank: %w", err)
	}
	if err := f.files(ctx); err != nil {
		return nil, fmt.Errorf("exporting a month: %w", err)
	}
	if err := f.registry(ctx, f.casts[0], f.casts[1]); err != nil {
		return nil, fmt.Errorf("filling in the registry: %w", err)
	}
	if err := f.profiles(ctx, f.casts[0]); err != nil {
		return nil, fmt.Errorf("filling in profiles: %w", err)
	}
	if err := f.events(ctx, f.casts[0]); err != nil {
		return nil, fmt.Errorf("asking people to events: %w", err)
	}
	if err := f.afterLunch(ctx, f.casts[0]); err != nil {
		return nil, fmt.Errorf("saying how the lunch was: %w", err)
	}
	if err := f.news(ctx, f.casts[0]); err != nil {
		return nil, fmt.Errorf("telling people news: %w", err)
	}
	if err := f.returns(ctx, f.casts[0]); err != nil {
		return nil, fmt.Errorf("saying who would come back: %w", err)
	}
	if err := f.referrals(ctx, f.casts[0]); err != nil {
		return nil, fmt.Errorf("introducing customers: %w", err)
	}
	if err := f.desk(ctx, f.casts[0], f.casts[1]); err != nil {
		return nil, fmt.Errorf("filling in the finance desk: %w", err)
	}
	return seats, nil
}

// forward brings the stand-in, then the program, nearer to the present.
func (f *filler) forward(ctx context.Context, d time.Duration) error {
	err := f.browser.Do(ctx, "POST", "/_stand-in/clock", "", map[string]any{"advance_seconds": int64(d.Seconds())}, nil)
	f.Forward(d)
	f.today = civil.DateOf(f.Now().In(jst))
	return err
}

// A cast is a company with the people who act in its stories.
type cast struct {
	house   house
	company uuid.UUID
	lang    problem.Language
	admin   market.Actor
	alumna  market.Actor // the one of the main job
	staff   map[market.Role]market.Actor
	manager market.Actor
	members map[string]uuid.UUID // membership by address
}

// house makes one company, its staff and its alumni, and tells what happened there last month.
func (f *filler) house(ctx context.Context, h house, seed uint64) ([]Seat, error) {
	f.Say(fmt.Sprintf("%s: %d alumni, %d tasks", h.english, h.alumni, len(pastOf[h.name])+len(storiesOf[h.name])))
	c, admin, err := f.Market.CreateCompany(ctx, market.NewCompany{Name: h.name, NameEN: h.english, Language: h.language, AdminEmail: "admin@" + h.domain,
		AdminFamilyName: "田村", AdminGivenName: "光", AdminFamilyKana: "タムラ", AdminGivenKana: "ヒカル"})
	if err != nil {
		return nil, err
	}
	who, err := f.Market.ActorOf(ctx, admin.ID)
	if err != nil {
		return nil, err
	}
	if _, err := f.Market.UpdateCompany(ctx, who, c.ID, market.CompanyEdit{Address: &h.address, TaxNumber: &h.number}); err != nil {
		return nil, err
	}
	seats := []Seat{{admin.ID, market.Administrator, c.ID}}
	for _, p := range staff {
		m, err := f.Market.Grant(ctx, who, c.ID, market.Colleague{Email: p.mailbox + "@" + h.domain, FamilyName: p.family.text, GivenName: p.given.text,
			FamilyKana: p.family.kana, GivenKana: p.given.kana, Role: p.role})
		if err != nil {
			return nil, err
		}
		seats = append(seats, Seat{m.PersonID, p.role, c.ID})
	}
	if seed == 1 {
		more, err := f.operators(ctx, who, h, c.ID)
		if err != nil {
			return nil, err
		}
		seats = append(seats, more...)
	}
	play := cast{house: h, company: c.ID, lang: problem.Language(h.language), admin: who, staff: map[market.Role]market.Actor{}}
	for _, s := range seats[1:] {
		if play.staff[s.Role], err = f.Market.ActorOf(ctx, s.PersonID); err != nil {
			return nil, err
		}
	}
	play.manager = play.staff[market.Manager]
	if err := f.takeIn(ctx, who, &play, seed); err != nil {
		return nil, err
	}
	if play.alumna, err = f.heroine(ctx, who, play); err != nil {
		return nil, err
	}
	// The alumna stands third, so that the five logins of the main job are the first five.
	seats = append(seats[:2], append([]Seat{{play.alumna.PersonID, market.Alumnus, c.ID}}, seats[2:]...)...)
	f.casts = append(f.casts, play)
	if err := f.budgets(ctx, play); err != nil {
		return nil, err
	}
	return seats, f.tell(ctx, play, pastOf[h.name])
}

// operators run the installation; they are two, because one alone sends no revenue to the bank.
func (f *filler) operators(ctx context.Context, admin market.Actor, h house, company uuid.UUID) (seats []Seat, err error) {
	for _, p := range []market.Colleague{
		{Email: "operator@" + h.domain, FamilyName: "長谷川", GivenName: "修", FamilyKana: "ハセガワ", GivenKana: "オサム", Role: market.Staff},
		{Email: "operator2@" + h.domain, FamilyName: "岡本", GivenName: "恵", FamilyKana: "オカモト", GivenKana: "メグミ", Role: market.Staff}} {
		m, err := f.Market.Grant(ctx, admin, company, p)
		if err != nil {
			return nil, err
		}
		if err := f.Market.MakeOperator(ctx, company, m.PersonID); err != nil {
			return nil, err
		}
		seats = append(seats, Seat{m.PersonID, market.Operator, company})
	}
	return seats, nil
}

// staff are the present employees of each company who work with the program. The manager comes first.
var staff = []struct {
	mailbox       string
	role          market.Role
	family, given name
}{
	{"manager", market.Manager, name{"佐藤", "サトウ"}, name{"真理", "マリ"}},
	{"finance", market.Finance, name{"伊藤", "イトウ"}, name{"誠", "マコト"}},
	{"office", market.Office, name{"青木", "アオキ"}, name{"千尋", "チヒロ"}},
	{"approver", market.Approver, name{"三浦", "ミウラ"}, name{"隆", "タカシ"}},
	{"staff", market.Staff, name{"前田", "マエダ"}, name{"葵", "アオイ"}},
}

// yumi is the alumna of the main job at each company: she knows the work of its first department best.
func yumi(h house, today civil.Date) leaver {
	left := today.AddDays(-400)
	p := leaver{email: "alumna@" + h.domain, family: name{"高橋", "タカハシ"}, given: name{"由美", "ユミ"}, rate: 6500,
		stints: []stint{{department: h.fields[0].name, joined: left.AddDays(-8*365 - 60), left: left}}}
	for _, s := range h.fields[0].skills {
		p.skills = append(p.skills, s+":3:attested")
	}
	return p
}

// takeIn hands the HR file over as the alumni office does, and waits for the import.
func (f *filler) takeIn(ctx context.Context, who market.Actor, play *cast, seed uint64) error {
	people := append([]leaver{yumi(play.house, f.present)}, leavers(play.house, f.present, seed)...)
	run, err := f.Market.StartImport(ctx, who, play.company, hrFile(play.house, people, f.present), false)
	if err != nil {
		return err
	}
	if run, err = f.finished(ctx, who, run.ID); err != nil {
		return err
	}
	var report market.ImportReport
	if err := json.Unmarshal(run.Report, &report); err != nil {
		return err
	}
	if run.State != jobs.Succeeded || report.Rejected > 0 {
		return fmt.Errorf("the HR file did not go in: %s", run.Report)
	}
	play.members = map[string]uuid.UUID{}
	for before := uuid.Nil; ; {
		page, err := f.Market.People(ctx, who, market.PeopleFilter{CompanyID: play.company, Before: before, Limit: 100})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, m := range page {
			play.members[m.Email] = m.ID
		}
		before = page[len(page)-1].ID
	}
}

func (f *filler) finished(ctx context.Context, who market.Actor, id uuid.UUID) (run jobs.Run, err error) {
	err = f.wait(ctx, func() (bool, error) {
		run, err = f.Market.Run(ctx, who, id)
		return run.FinishedAt != nil, err
	})
	return run, err
}

// heroine signs the alumna in for the first time and gives her a payout account.
func (f *filler) heroine(ctx context.Context, admin market.Actor, play cast) (market.Actor, error) {
	m, err := f.Market.Member(ctx, admin, play.members["alumna@"+play.house.domain])
	if err != nil {
		return market.Actor{}, err
	}
	who, err := f.Market.ActorOf(ctx, m.PersonID)
	if err != nil {
		return who, err
	}
	return who, f.onboard(ctx, who)
}

// onboard fills in the hosted form for payouts, once.
func (f *filler) onboard(ctx context.Context, who market.Actor) error {
	if ready, err := f.payable(ctx, who); ready || err != nil {
		return err
	}
	page, err := f.Billing.Onboard(ctx, who)
	if err != nil {
		return err
	}
	if err := f.browser.PressFirstButton(ctx, page); err != nil {
		return err
	}
	return f.wait(ctx, func() (bool, error) { return f.payable(ctx, who) })
}

// payable reports whether the person's account can take money and pass it on.
func (f *filler) payable(ctx context.Context, who market.Actor) (bool, error) {
	account, err := f.Billing.PayoutAccount(ctx, who)
	if errors.Is(err, market.ErrNotFound) {
		return false, nil
	}
	return account.Transfers && account.Payouts, err
}

var errTooLong = errors.New("it takes too long")

// wait looks again and again until it is so, for at most a minute.
func (f *filler) wait(ctx context.Context, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errTooLong)
	defer cancel()
	for {
		if is, err := so(); is || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(30 * time.Millisecond):
		}
	}
}
