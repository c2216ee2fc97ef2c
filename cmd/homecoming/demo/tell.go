package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// atOnce is how many stories are played at the same time.
const atOnce = 4

// tell plays the stories of one company.
func (f *filler) tell(ctx context.Context, play cast, stories []story) error {
	tasks := make([]market.Task, len(stories))
	for i, s := range slices.Backward(stories) { // one after the other, so that the first story stands on top of the list
		var err error
		if tasks[i], err = f.Market.PostTask(ctx, play.manager, f.draft(play, s)); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, s := range stories {
		g.Go(func() error {
			if err := f.play(ctx, play, s, tasks[i].ID); err != nil {
				return fmt.Errorf("%s: %w", s.title, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (f *filler) draft(play cast, s story) market.TaskDraft {
	due := f.today.AddDays(s.dueIn)
	d := market.TaskDraft{CompanyID: play.company, Title: s.title, Brief: s.brief, Department: s.department, Budget: &market.Money{Amount: s.fee, Currency: "JPY"},
		DueOn: &due, WithholdingCategory: s.category, PaidFrom: s.paidFrom}
	for _, k := range s.skills {
		wanted, nice := strings.CutSuffix(k, "?")
		name, level, _ := strings.Cut(wanted, ":")
		n, _ := strconv.Atoi(level)
		w := market.WantedSkill{Skill: name, Level: n, Kind: market.Must}
		if nice {
			w.Kind = market.Nice
		}
		d.Skills = append(d.Skills, w)
	}
	if len(s.only) > 0 {
		d.Visibility = market.DraftVisibility{Kind: market.ByRule, Departments: s.only}
	}
	return d
}

// play brings one task as far as its story goes.
func (f *filler) play(ctx context.Context, play cast, s story, task uuid.UUID) error {
	if s.until == drafted {
		return nil
	}
	if _, err := f.Market.PublishTask(ctx, play.manager, task); err != nil {
		return err
	}
	if s.until == canceled {
		_, err := f.Market.CancelTask(ctx, play.manager, task, notes[play.lang].cancel)
		return err
	}
	if s.until == published {
		return nil
	}
	list, err := f.Matching.Rank(ctx, play.manager, task, matching.Query{Limit: 5})
	if err != nil {
		return err
	}
	var best []uuid.UUID
	for _, c := range list.Items {
		best = append(best, c.MembershipID)
	}
	if _, err := f.Market.Invite(ctx, play.manager, task, best); err != nil {
		return err
	}
	if s.until == invited {
		return nil
	}
	first, alumna, err := f.bids(ctx, play, s, task, list.Items)
	if err != nil || s.until == bidding {
		return err
	}
	if s.until == countered {
		_, err := f.Market.Counter(ctx, play.manager, first.ID, first.Version, market.Terms{Amount: market.Yen(s.fee * 85 / 100), DeliverOn: first.DeliverOn, Message: notes[play.lang].counter})
		return err
	}
	if s.until == doubted {
		_, err := f.Market.AskLook(ctx, play.manager, first.ID)
		return err
	}
	if err := f.look(ctx, play, first.ID); err != nil {
		return err
	}
	contract, err := f.Billing.AcceptBid(ctx, play.manager, first.ID, first.Version)
	if err != nil || s.until == agreed {
		return err
	}
	return f.work(ctx, play, s, contract, alumna)
}

// look has a second person clear what needs it before an award, as with somebody who left lately.
func (f *filler) look(ctx context.Context, play cast, bid uuid.UUID) error {
	found, _, err := f.Market.BidCautions(ctx, play.manager, bid)
	if err != nil || len(found) == 0 {
		return err
	}
	l, err := f.Market.AskLook(ctx, play.manager, bid)
	if err != nil {
		return err
	}
	_, err = f.Market.ClearCautions(ctx, play.admin, l.ID, true, notes[play.lang].look)
	return err
}

// bids lets the best three offer terms and gives the first bid with who made it. Where work is to be paid, the alumna
// of the main job leads if she is among them.
func (f *filler) bids(ctx context.Context, play cast, s story, task uuid.UUID, best []matching.Candidate) (first market.Bid, by market.Actor, err error) {
	for i, c := range best[:min(3, len(best))] {
		who, err := f.Market.ActorOf(ctx, c.Person.ID)
		if err != nil {
			return first, by, err
		}
		fee := s.fee * int64(100-4*i) / 100
		b, err := f.Market.PlaceBid(ctx, who, task, market.Terms{Amount: market.Yen(fee), DeliverOn: f.today.AddDays(s.dueIn - 2),
			Message: notes[play.lang].bid, Milestones: f.parts(s, fee)})
		if err != nil {
			return first, by, err
		}
		if i == 0 {
			first, by = b, who
		}
	}
	if s.until != bidding {
		return first, by, nil
	}
	return first, by, f.talk(ctx, play, first, by)
}

// talk has the first bidder ask something, and the manager answer.
func (f *filler) talk(ctx context.Context, play cast, b market.Bid, bidder market.Actor) error {
	about := market.Subject{Kind: market.AboutBid, ID: b.ID}
	if _, err := f.Market.WriteMessage(ctx, bidder, market.MessageDraft{Subject: about, Body: notes[play.lang].ask}); err != nil {
		return err
	}
	_, err := f.Market.WriteMessage(ctx, play.manager, market.MessageDraft{Subject: about, Body: notes[play.lang].answer})
	return err
}

// parts divides the fee over the milestones of the story; the first takes what does not divide.
func (f *filler) parts(s story, fee int64) []market.PlannedMilestone {
	var parts []market.PlannedMilestone
	n := int64(len(s.parts))
	for i, title := range s.parts {
		amount := fee / n
		if i == 0 {
			amount += fee % n
		}
		parts = append(parts, market.PlannedMilestone{Title: title, Amount: amount, DueOn: f.today.AddDays(s.dueIn - 2 - 7*(len(s.parts)-1-i))})
	}
	return parts
}

// work funds the first milestone on the checkout page and brings it as far as the story goes.
func (f *filler) work(ctx context.Context, play cast, s story, c billing.Contract, alumna market.Actor) error {
	id := c.Milestones[0].ID
	if err := f.fund(ctx, play, s, id); err != nil {
		return err
	}
	if s.wired {
		if err := f.wire(ctx, play, c.Milestones[1].ID); err != nil {
			return err
		}
	}
	if s.until == funded {
		return nil
	}
	if _, err := f.Billing.Start(ctx, alumna, id); err != nil || s.until == working {
		return err
	}
	if _, err := f.Billing.Submit(ctx, alumna, id, notes[play.lang].submit); err != nil || s.until == submitted {
		return err
	}
	if s.until == changesAsked {
		_, err := f.Billing.RequestChanges(ctx, play.manager, id, billing.NotAsAgreed, notes[play.lang].change)
		return err
	}
	if err := f.onboard(ctx, alumna); err != nil {
		return err
	}
	if _, err := f.Billing.Accept(ctx, play.manager, id); err != nil {
		return err
	}
	if err := f.until(ctx, play, id, billing.MilestonePaid); err != nil {
		return err
	}
	if err := f.Billing.Review(ctx, play.manager, c.ID, s.ratings[0], s.words); err != nil {
		return err
	}
	return f.Billing.Review(ctx, alumna, c.ID, s.ratings[1], notes[play.lang].thanks)
}

func (f *filler) fund(ctx context.Context, play cast, s story, milestone uuid.UUID) error {
	pay := f.Billing.Fund
	if s.wired {
		pay = f.Billing.FundKeepingCard
	}
	var page string
	err := f.wait(ctx, func() (bool, error) {
		funding, err := pay(ctx, play.manager, milestone)
		page = funding.CheckoutURL
		return page != "", err
	})
	if err != nil {
		return err
	}
	if err := f.browser.PressFirstButton(ctx, page); err != nil {
		return err
	}
	return f.until(ctx, play, milestone, billing.MilestoneFunded)
}

// wire pays a milestone by a bank transfer that comes in short.
func (f *filler) wire(ctx context.Context, play cast, milestone uuid.UUID) error {
	var asked billing.BankTransfer
	err := f.wait(ctx, func() (so bool, err error) {
		asked, err = f.Billing.PayByBankTransfer(ctx, play.manager, milestone, billing.ForFunding)
		return asked.Virtual() != nil, err
	})
	if err != nil {
		return err
	}
	sent := strconv.FormatInt(asked.Amount*3/4/1000*1000, 10)
	if err := f.browser.PressWith(ctx, asked.Virtual().Page, map[string]string{"amount": sent, "sender": "カ）アオイシヨウジ"}); err != nil {
		return err
	}
	return f.wait(ctx, func() (bool, error) {
		b, err := f.Billing.BankTransfer(ctx, play.manager, asked.ID)
		return b.Received > 0, err
	})
}

func (f *filler) until(ctx context.Context, play cast, milestone uuid.UUID, state billing.MilestoneState) error {
	err := f.wait(ctx, func() (bool, error) {
		m, err := f.Billing.Milestone(ctx, play.manager, milestone)
		return m.State == state, err
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", state, err)
	}
	return nil
}
