package market_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

// accept does what billing does, without the contract.
func accept(w *markettest.World, who market.Actor, bid uuid.UUID, seen int) error {
	return w.DB.Tx(context.Background(), func(tx *gorm.DB) error {
		a, side, err := w.Market.LockForAward(tx, who, bid)
		if err != nil {
			return err
		}
		return w.Market.Award(tx, who, a, side, seen)
	})
}

func TestAcceptingTwoBidsAtOnceAwardsOne(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	task := aoi.Task("Close the books", 300_000)
	var attempts []func() error
	for _, name := range []string{"Takahashi Yumi", "Okafor Daniel", "Mori Kenji"} {
		bid := w.Bid(aoi.Alumnus(name), task, 280_000)
		attempts = append(attempts, func() error { return accept(w, aoi.Manager, bid.ID, 1) })
	}
	wantOne(t, w.Together(attempts...), market.ErrTaskAwarded)
	if w.Count("SELECT count(*) FROM bids WHERE task_id = ? AND state = 'accepted'", task.ID) != 1 ||
		w.Count("SELECT count(*) FROM bids WHERE task_id = ? AND state = 'lost'", task.ID) != 2 {
		t.Error("not one accepted and two lost")
	}
	if n := len(lettersOf(t, w, market.LetterNotChosen)); n != 2 {
		t.Errorf("%d people were told that another was chosen", n)
	}
}

func TestAcceptingOneBidTwiceAtOnceAwardsOnce(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	bid := w.Bid(aoi.Alumnus("Takahashi Yumi"), aoi.Task("Close the books", 300_000), 280_000)
	again := func() error { return accept(w, aoi.Manager, bid.ID, 1) }
	wantOne(t, w.Together(again, again, again), market.ErrTaskAwarded)
}

func TestBiddingTwiceAtOnceLeavesOneBid(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, task := aoi.Alumnus("Takahashi Yumi"), aoi.Task("Close the books", 300_000)
	place := func() error {
		_, err := w.Market.PlaceBid(context.Background(), yumi.Actor, task.ID, markettest.Terms(100_000, w.Today()))
		return err
	}
	wantOne(t, w.Together(place, place, place), market.ErrBidExists)
}

func TestABidRacingItsTasksEndIsEitherInTimeOrRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	for range 5 {
		task := aoi.Task("Close the books", 300_000)
		results := w.Together(
			func() error { _, err := w.Market.CancelTask(ctx, aoi.Manager, task.ID, "no longer needed"); return err },
			func() error {
				_, err := w.Market.PlaceBid(ctx, yumi.Actor, task.ID, markettest.Terms(100_000, w.Today()))
				return err
			})
		w.Check(results[0])
		if err := results[1]; err != nil && !errors.Is(err, market.ErrTaskNotOpen) && !errors.Is(err, market.ErrNotFound) {
			t.Error(err)
		}
		if w.Count("SELECT count(*) FROM bids WHERE task_id = ? AND state = 'open'", task.ID) != 0 {
			t.Error("a bid is open on a canceled task")
		}
	}
}

func TestTermsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, task := aoi.Alumnus("Takahashi Yumi"), aoi.Task("Close the books", 300_000)
	today := w.Today()
	part := func(yen int64, title string) market.PlannedMilestone {
		return market.PlannedMilestone{Title: title, Amount: yen, DueOn: today}
	}
	for name, c := range map[string]struct {
		terms market.Terms
		want  error
	}{
		"nothing":       {markettest.Terms(0, today), market.ErrAmountNotPositive},
		"less":          {markettest.Terms(-1, today), market.ErrAmountNotPositive},
		"too little":    {markettest.Terms(49, today), market.ErrSmallestCharge},
		"too much":      {markettest.Terms(1_000_000_000_001, today), market.ErrAmountTooLarge},
		"dollars":       {market.Terms{Amount: market.Money{Amount: 100, Currency: "USD"}, DeliverOn: today}, market.ErrWrongCurrency},
		"no day":        {market.Terms{Amount: market.Yen(100)}, market.ErrRequired},
		"yesterday":     {markettest.Terms(100, today.AddDays(-1)), market.ErrPastDate},
		"the 32nd":      {withDay(100, 2027, 1, 32), market.ErrDay},
		"a sum amiss":   {market.Terms{Amount: market.Yen(100), DeliverOn: today, Milestones: []market.PlannedMilestone{part(50, "a"), part(51, "b")}}, market.ErrMilestonesSum},
		"a part minus":  {market.Terms{Amount: market.Yen(100), DeliverOn: today, Milestones: []market.PlannedMilestone{part(-100, "a"), part(200, "b")}}, market.ErrAmountNotPositive},
		"nameless":      {market.Terms{Amount: market.Yen(100), DeliverOn: today, Milestones: []market.PlannedMilestone{part(100, " ")}}, market.ErrRequired},
		"after the end": {market.Terms{Amount: market.Yen(100), DeliverOn: today, Milestones: []market.PlannedMilestone{{Title: "a", Amount: 100, DueOn: today.AddDays(1)}}}, market.ErrAfterDeliveryOn},
		"too many":      {market.Terms{Amount: market.Yen(100), DeliverOn: today, Milestones: make([]market.PlannedMilestone, 21)}, market.ErrTooManyParts},
	} {
		_, err := w.Market.PlaceBid(context.Background(), yumi.Actor, task.ID, c.terms)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			w.Exec("UPDATE bids SET state = 'withdrawn' WHERE task_id = ?", task.ID)
		}
	}
	if n := w.Count("SELECT count(*) FROM bids WHERE state = 'open'"); n != 0 {
		t.Errorf("%d were taken all the same", n)
	}
}

func withDay(yen int64, year, month, day int) market.Terms {
	terms := market.Terms{Amount: market.Yen(yen)}
	terms.DeliverOn.Year, terms.DeliverOn.Month, terms.DeliverOn.Day = year, time.Month(month), day
	return terms
}

func TestMarksAreTheCompanysOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	if _, err := w.Market.Mark(ctx, yumi.Actor, bid.ID, ptr(true), nil); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("she marks her own bid: %v", err)
	}
	_, err := w.Market.Mark(ctx, aoi.Manager, bid.ID, ptr(true), nil)
	w.Check(err)
	got, err := w.Market.Mark(ctx, aoi.Manager, bid.ID, nil, ptr(true))
	if err != nil || !got.Shortlisted || !got.Archived {
		t.Errorf("%+v, %v", got, err)
	}
	for who, want := range map[*market.Actor]bool{&yumi.Actor: false, &aoi.Manager: true} {
		b, err := w.Market.Bid(ctx, *who, bid.ID)
		list, err2 := w.Market.Bids(ctx, *who, bid.TaskID, uuid.Nil, 0)
		if err != nil || err2 != nil || b.Shortlisted != want || len(list) != 1 || list[0].Archived != want {
			t.Errorf("%s sees %+v", who.Name, b)
		}
	}
}

func TestAlumniSeeTheirOwnBidsAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	task := aoi.Task("Close the books", 300_000)
	yumi, daniel := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Okafor Daniel")
	hers, his := w.Bid(yumi, task, 280_000), w.Bid(daniel, task, 270_000)
	list, err := w.Market.Bids(ctx, yumi.Actor, task.ID, uuid.Nil, 0)
	if err != nil || len(list) != 1 || list[0].ID != hers.ID {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := w.Market.Bid(ctx, yumi.Actor, his.ID); !errors.Is(err, market.ErrNotFound) {
		t.Error(err)
	}
	if _, err := w.Market.BidVersions(ctx, yumi.Actor, his.ID); !errors.Is(err, market.ErrNotFound) {
		t.Error(err)
	}
	if mine, err := w.Market.MyBids(ctx, yumi.Actor, uuid.Nil, 0); err != nil || len(mine) != 1 {
		t.Errorf("%+v, %v", mine, err)
	}
	for _, who := range []market.Actor{aoi.Finance, aoi.Office, aoi.Approver} {
		if list, err := w.Market.Bids(ctx, who, task.ID, uuid.Nil, 0); err != nil || len(list) != 0 {
			t.Errorf("%s sees %d bids, %v", who.Name, len(list), err)
		}
	}
}

// A bidModel is what a bid should be.
type bidModel struct {
	id      uuid.UUID
	owner   int
	state   market.BidState
	version int
	by      market.Side
}

// A taskModel plays one task's life beside the real one and says what each move should answer.
type taskModel struct {
	*markettest.World
	r      *rand.Rand
	c      *markettest.Company
	alumni []markettest.Alumnus
	task   market.Task
	state  market.TaskState
	bids   []*bidModel
}

func TestBidsLiveTheLifeTheyAreMeantTo(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	m := taskModel{World: w, r: rand.New(rand.NewPCG(seed, 0)), c: aoi,
		alumni: []markettest.Alumnus{aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Okafor Daniel"), aoi.Alumnus("Mori Kenji")}}
	for range 12 {
		m.task, m.state, m.bids = aoi.Task("Close the books", 300_000), market.Published, nil
		for range 25 {
			moves := []func() (string, error, error){m.place, m.counter, m.counter, m.withdraw, m.acceptOne, m.cancel}
			weight := []int{0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5}
			name, got, want := moves[weight[m.r.IntN(len(weight))]]()
			if !errors.Is(got, want) {
				t.Fatalf("seed %d: %s gives %v, not %v; the task is %s, the bids %+v", seed, name, got, want, m.state, m.bids)
			}
		}
		m.compare(t, seed)
	}
}

func (m *taskModel) open(owner int) bool {
	for _, b := range m.bids {
		if b.owner == owner && (b.state == market.Open || b.state == market.Accepted) {
			return true
		}
	}
	return false
}

func (m *taskModel) place() (string, error, error) {
	owner := m.r.IntN(3)
	has := false
	for _, b := range m.bids {
		has = has || b.owner == owner
	}
	var want error
	switch {
	case m.state != market.Published && !has:
		want = market.ErrNotFound
	case m.state != market.Published:
		want = market.ErrTaskNotOpen
	case m.open(owner):
		want = market.ErrBidExists
	}
	b, err := m.Market.PlaceBid(context.Background(), m.alumni[owner].Actor, m.task.ID, markettest.Terms(100_000, m.Today()))
	if err == nil {
		m.bids = append(m.bids, &bidModel{b.ID, owner, market.Open, 1, market.ByAlumnus})
	}
	return "place", err, want
}

// pick chooses a bid and who acts on it: its owner, the manager, or another alumnus.
func (m *taskModel) pick() (b *bidModel, who market.Actor, side market.Side) {
	if len(m.bids) == 0 {
		return nil, who, ""
	}
	b = m.bids[m.r.IntN(len(m.bids))]
	switch m.r.IntN(5) {
	case 0, 1:
		return b, m.alumni[b.owner].Actor, market.ByAlumnus
	case 2, 3:
		return b, m.c.Manager, market.ByCompany
	}
	return b, m.alumni[(b.owner+1)%3].Actor, ""
}

func (m *taskModel) counter() (string, error, error) {
	b, who, side := m.pick()
	if b == nil {
		return "nothing", nil, nil
	}
	seen := b.version - m.r.IntN(4)/3
	var want error
	switch {
	case side == "":
		want = market.ErrNotFound
	case b.state != market.Open:
		want = market.ErrBidNotOpen
	case seen != 0 && seen != b.version:
		want = market.ErrStaleVersion
	}
	got, err := m.Market.Counter(context.Background(), who, b.id, seen, markettest.Terms(90_000, m.Today()))
	if err == nil {
		b.version, b.by = got.Version, side
	}
	return "counter", err, want
}

func (m *taskModel) withdraw() (string, error, error) {
	b, who, side := m.pick()
	if b == nil {
		return "nothing", nil, nil
	}
	var want error
	switch {
	case side == "":
		want = market.ErrNotFound
	case side == market.ByCompany:
		want = market.ErrForbidden
	case b.state != market.Open:
		want = market.ErrBidNotOpen
	}
	_, err := m.Market.Withdraw(context.Background(), who, b.id)
	if err == nil {
		b.state = market.Withdrawn
	}
	return "withdraw", err, want
}

func (m *taskModel) acceptOne() (string, error, error) {
	b, who, side := m.pick()
	if b == nil {
		return "nothing", nil, nil
	}
	var want error
	switch {
	case side == "":
		want = market.ErrNotFound
	case m.state == market.Awarded:
		want = market.ErrTaskAwarded
	case m.state != market.Published:
		want = market.ErrTaskNotOpen
	case b.state != market.Open:
		want = market.ErrBidNotOpen
	case b.by == side:
		want = market.ErrOwnOffer
	}
	err := accept(m.World, who, b.id, b.version)
	if err == nil {
		m.close()
		b.state, m.state = market.Accepted, market.Awarded
	}
	return "accept", err, want
}

func (m *taskModel) cancel() (string, error, error) {
	if m.r.IntN(3) > 0 { // let most tasks live
		return "nothing", nil, nil
	}
	var want error
	if m.state != market.Published {
		want = market.ErrTaskState
	}
	_, err := m.Market.CancelTask(context.Background(), m.c.Manager, m.task.ID, "no longer needed")
	if err == nil {
		m.close()
		m.state = market.TaskCanceled
	}
	return "cancel", err, want
}

func (m *taskModel) close() {
	for _, b := range m.bids {
		if b.state == market.Open {
			b.state = market.Lost
		}
	}
}

// compare holds the database to the model.
func (m *taskModel) compare(t *testing.T, seed uint64) {
	t.Helper()
	task, err := m.Market.Task(context.Background(), m.c.Manager, m.task.ID)
	m.Check(err)
	if task.State != m.state {
		t.Fatalf("seed %d: the task is %s, not %s", seed, task.State, m.state)
	}
	for _, want := range m.bids {
		got, err := m.Market.Bid(context.Background(), m.c.Manager, want.id)
		m.Check(err)
		versions, err := m.Market.BidVersions(context.Background(), m.c.Manager, want.id)
		m.Check(err)
		if got.State != want.state || got.Version != want.version || got.OfferedBy != want.by || len(versions) != want.version {
			t.Fatalf("seed %d: %+v is %s v%d by %s with %d versions", seed, want, got.State, got.Version, got.OfferedBy, len(versions))
		}
	}
}
