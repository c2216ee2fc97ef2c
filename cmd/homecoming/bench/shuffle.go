package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/stripesim"
	"homecoming/internal/clock"
	"homecoming/internal/problem"
)

// ShuffleOptions say how the shuffle campaign runs.
type ShuffleOptions struct {
	Events      int // at least so many happen at the stand-in
	Seed        uint64
	WithoutOnce bool // the control: nothing keeps the disturbed company from booking the same thing twice
}

// A ShuffleResult is what became of two companies that did the same: one heard of everything once and in order, the
// other as a bad post brings it.
type ShuffleResult struct {
	Events     int      `json:"events"` // that happened, in each
	Seed       uint64   `json:"seed"`
	Milestones int      `json:"milestones"`
	Delivered  int      `json:"delivered"` // letters handed over by the bad post
	Doubled    int      `json:"doubled"`
	Dropped    int      `json:"dropped"` // never delivered, and caught up with by asking
	Delayed    int      `json:"delayed"` // delivered a round or two later
	Entries    int      `json:"entries"` // in each ledger
	Identical  bool     `json:"identical"`
	Trouble    []string `json:"trouble"`
	Control    bool     `json:"control"` // the once-check was taken away: it must have made a difference
	Seconds    float64  `json:"seconds"`
	Measured   string   `json:"measured"`
}

// A letter is one delivery of a webhook, as the stand-in signed it.
type letter struct {
	endpoint  billing.Endpoint
	body      []byte
	signature string
}

// A postOffice keeps what the stand-in sends until it is handed over.
type postOffice struct {
	server *httptest.Server
	mu     sync.Mutex
	kept   []letter
}

func openPostOffice() *postOffice {
	p := &postOffice{}
	p.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		endpoint := billing.PlatformEndpoint
		if strings.HasSuffix(r.URL.Path, "/connect") {
			endpoint = billing.ConnectEndpoint
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.kept = append(p.kept, letter{endpoint, bytes.Clone(body), r.Header.Get("Stripe-Signature")})
	}))
	return p
}

// take gives everything that has come in since the last time.
func (p *postOffice) take() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.kept
	p.kept = nil
	return out
}

// A quarter is a company that goes through the script, and the post that brings it its news.
type quarter struct {
	*shop
	clock     *clock.Fixed
	office    *postOffice
	bad       *rand.Rand // nil: everything comes once and in order
	late      []letter
	forgetful bool // nothing keeps it from booking the same thing twice
	events    int
	result    *ShuffleResult
	subject   []billing.Milestone
	owner     []int // of each milestone, among the alumni
}

// Shuffle lets two companies do the same with the same money, and compares their ledgers.
func Shuffle(ctx context.Context, o ShuffleOptions, progress io.Writer) (ShuffleResult, error) {
	result := ShuffleResult{Seed: o.Seed, Trouble: []string{}, Control: o.WithoutOnce, Measured: "webhooks of the stand-in, signed, through ReceiveEvent; the clock of both stands until the script moves it"}
	began := time.Now()
	p, err := startPostgres(ctx, careless)
	if err != nil {
		return result, err
	}
	defer p.stop()
	milestones := max(2, 2*o.Events/11) // a milestone's life makes eight events where there are few, and six of many that share payouts
	var ledgers [2][]string
	for i, bad := range []*rand.Rand{nil, rand.New(rand.NewPCG(o.Seed, 7))} {
		q := &quarter{clock: clock.At(time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)), office: openPostOffice(), bad: bad, result: &result, forgetful: bad != nil && o.WithoutOnce}
		err := q.live(ctx, p, milestones, rand.New(rand.NewPCG(o.Seed, 8)))
		if err != nil && q.forgetful { // the database refuses what was booked twice: that is the report
			result.Trouble, err = append(result.Trouble, err.Error()), nil
		}
		if err == nil {
			ledgers[i], err = q.ledger(ctx)
		}
		result.Events = q.events
		fmt.Fprintf(progress, "%d events, %d entries, %.0f s\n", q.events, len(ledgers[i]), time.Since(began).Seconds())
		q.close()
		if err != nil {
			return result, err
		}
	}
	result.Milestones, result.Entries, result.Seconds = milestones, len(ledgers[0]), time.Since(began).Seconds()
	if result.Events < o.Events {
		result.Trouble = append(result.Trouble, fmt.Sprintf("only %d of %d events happened", result.Events, o.Events))
	}
	result.Identical = slices.Equal(ledgers[0], ledgers[1])
	result.Trouble = append(result.Trouble, differing(ledgers[0], ledgers[1])...)
	return result, nil
}

// differing are the first lines that only one ledger has.
func differing(a, b []string) (out []string) {
	for i, other := range [][]string{b, a} {
		for _, line := range [][]string{a, b}[i] {
			if !slices.Contains(other, line) && len(out) < 20 {
				out = append(out, []string{"undisturbed alone: ", "disturbed alone: "}[i]+line)
			}
		}
	}
	return out
}

func (q *quarter) close() {
	if q.shop != nil {
		q.shop.close()
	}
	q.office.server.Close()
}

// live walks through the script: every milestone is paid for, most are delivered and accepted, some go back, and weeks
// pass until banks have paid. The news is handed over between the steps.
func (q *quarter) live(ctx context.Context, p *pgServer, milestones int, r *rand.Rand) (err error) {
	q.shop, err = openShop(ctx, p, q.clock, 3, func(c *stripesim.Config) {
		c.PlatformWebhook = stripesim.Endpoint{URL: q.office.server.URL, Secret: victimWebhook}
		c.ConnectWebhook = stripesim.Endpoint{URL: q.office.server.URL + "/connect", Secret: victimConnect}
	})
	if err == nil && q.forgetful {
		err = q.forget(ctx)
	}
	if err != nil {
		return err
	}
	for n := 0; len(q.subject) < milestones; n++ {
		c, err := q.contract(ctx, fmt.Sprintf("Task %d", n), q.alumni[n%len(q.alumni)], 1+r.IntN(4), func(i int) int64 { return int64(10_000 + 7_919*n%90_000 + 311*i) })
		if err != nil {
			return err
		}
		for _, m := range c.Milestones {
			q.subject, q.owner = append(q.subject, m), append(q.owner, n%len(q.alumni))
		}
	}
	for _, step := range []func(context.Context, int, *rand.Rand) error{q.fund, q.refund, q.deliver, q.accept} {
		for i := range q.subject {
			if err := step(ctx, i, r); err != nil {
				return err
			}
		}
		if err := q.pass(ctx, time.Hour); err != nil {
			return err
		}
	}
	for range 3 {
		if err := q.pass(ctx, 8*24*time.Hour); err != nil {
			return err
		}
	}
	return q.settle(ctx)
}

// forget takes the once-check of the ledger away: each entry has a source of its own, so that none was posted before.
func (q *quarter) forget(ctx context.Context) error {
	g := q.db.Gorm(ctx)
	return errors.Join(g.Exec("CREATE FUNCTION a_source_of_its_own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.source := NEW.source || ' ' || NEW.id; RETURN NEW; END $$").Error,
		g.Exec("CREATE TRIGGER a_source_of_its_own BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION a_source_of_its_own()").Error)
}

func (q *quarter) fund(ctx context.Context, i int, _ *rand.Rand) error {
	return q.pay(ctx, q.subject[i].ID)
}

// refund takes the money of every seventh back.
func (q *quarter) refund(ctx context.Context, i int, _ *rand.Rand) error {
	if i%7 != 3 {
		return nil
	}
	_, err := q.billing.Refund(ctx, q.manager, q.subject[i].ID, "Not needed any more.")
	return err
}

func (q *quarter) deliver(ctx context.Context, i int, _ *rand.Rand) error {
	if i%7 == 3 {
		return nil
	}
	_, err := q.billing.Submit(ctx, q.alumni[q.owner[i]], q.subject[i].ID, "Here it is.")
	return err
}

// accept accepts, and sends the transfer; every fifth answer is lost.
func (q *quarter) accept(ctx context.Context, i int, _ *rand.Rand) error {
	if i%7 == 3 {
		return nil
	}
	if i%5 == 2 {
		if err := q.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/transfers", Kind: stripesim.CutAfter}); err != nil {
			return err
		}
	}
	if _, err := q.billing.Accept(ctx, q.manager, q.subject[i].ID); err != nil {
		return err
	}
	return q.workOperations(ctx)
}

// workOperations works what is due, as the queue would.
func (q *quarter) workOperations(ctx context.Context) error {
	var ids []uuid.UUID
	if err := q.db.Gorm(ctx).Raw("SELECT id FROM operations WHERE next_at <= ? ORDER BY id", q.clock.Now()).Scan(&ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		if err := q.billing.Work(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// pass lets time go by at both places, hands the news over, and sees to what is due. Before the next step everything
// that the people wait for must have been heard of: the disturbed company asks for what it missed.
func (q *quarter) pass(ctx context.Context, d time.Duration) error {
	if err := q.handOver(ctx); err != nil {
		return err
	}
	if err := q.settle(ctx); err != nil {
		return err
	}
	q.clock.Advance(d)
	if err := q.sim.Advance(0); err != nil {
		return err
	}
	if err := q.handOver(ctx); err != nil {
		return err
	}
	return q.settle(ctx)
}

// settle catches up and works until nothing is left to do.
func (q *quarter) settle(ctx context.Context) error {
	for range 30 {
		found, err := q.billing.CatchUp(ctx)
		if err != nil {
			return err
		}
		if q.bad != nil {
			q.result.Dropped += found
		}
		if err := errors.Join(q.workEvents(ctx), q.workOperations(ctx)); err != nil {
			return err
		}
		var left int
		err = q.db.Gorm(ctx).Raw(`SELECT (SELECT count(*) FROM provider_events WHERE worked_at IS NULL) + (SELECT count(*) FROM operations WHERE next_at <= ?)`,
			q.clock.Now()).Scan(&left).Error
		if err != nil || left+found == 0 {
			return err
		}
	}
	return errors.New("there is always something left to do")
}

// workEvents works what was received, in order or in none.
func (q *quarter) workEvents(ctx context.Context) error {
	var ids []string
	if err := q.db.Gorm(ctx).Raw("SELECT id FROM provider_events WHERE worked_at IS NULL ORDER BY created_at, received_at, id").Scan(&ids).Error; err != nil {
		return err
	}
	if q.bad != nil {
		q.bad.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	}
	for _, id := range ids {
		err := q.billing.WorkEvent(ctx, id)
		if errors.Is(err, billing.ErrBusy) || errors.Is(err, billing.ErrUnknown) {
			continue // taken up again later
		}
		if err != nil {
			return err
		}
		if q.bad != nil && q.bad.IntN(10) == 0 {
			if err := q.billing.WorkEvent(ctx, id); err != nil { // by two workers
				return err
			}
		}
	}
	return nil
}

// handOver brings what the stand-in has sent: once and in order, or as a bad post does.
func (q *quarter) handOver(ctx context.Context) error {
	idle, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := q.sim.WaitIdle(idle); err != nil {
		return err
	}
	fresh := q.office.take()
	q.events += len(fresh)
	for _, l := range q.sort(fresh) {
		err := q.billing.ReceiveEvent(ctx, l.endpoint, l.body, l.signature)
		var told *problem.Error
		if errors.As(err, &told) && errors.Is(err, billing.ErrForgedEvent) && q.bad != nil {
			continue // too old to be believed by now: it is as good as lost, and caught up with
		}
		if err != nil {
			return err
		}
	}
	return q.workEvents(ctx)
}

// sort is what the post does to letters: some are doubled, some lost, some late, and none in order.
func (q *quarter) sort(fresh []letter) []letter {
	if q.bad == nil {
		return fresh
	}
	out := q.late
	q.late = nil
	for _, l := range fresh {
		switch n := q.bad.IntN(10); {
		case n < 2: // lost
		case n < 4:
			q.late = append(q.late, l)
			q.result.Delayed++
		case n < 7:
			out = append(out, l, l)
			q.result.Doubled++
		default:
			out = append(out, l)
		}
	}
	q.bad.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	q.result.Delivered += len(out)
	return out
}

// ledger is every entry without the names that differ from world to world: whose milestone by its place, what, when,
// and how much on accounts of which class.
func (q *quarter) ledger(ctx context.Context) ([]string, error) {
	if err := billing.CheckLedger(ctx, q.db); err != nil {
		q.result.Trouble = append(q.result.Trouble, err.Error())
	}
	var lines []string
	err := q.db.Gorm(ctx).Raw(`SELECT c.number || '.' || m.position || ' ' || m.state || ' ' || e.kind || ' ' || e.at || ' ' ||
			string_agg(split_part(p.account, ':', 1) || ' ' || p.currency || ' ' || p.amount, ', ' ORDER BY p.line)
		FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id LEFT JOIN milestones m ON m.id = e.milestone_id LEFT JOIN contracts c ON c.id = m.contract_id
		GROUP BY e.id, m.id, c.id ORDER BY 1`).Scan(&lines).Error
	return lines, err
}
