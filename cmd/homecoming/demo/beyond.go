package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/matching"
)

// shownBeyond are so many alumni of a company who agree to be shown to others: every third of them to everybody.
const shownBeyond = 12

// booth is the task of the first company that its own alumni cannot do: it is open to everybody who agreed.
var booth = story{until: bidding, title: "展示会ブースの什器 3Dモデル作成", category: "design", fee: 170_000, dueIn: 33,
	brief:  "手描きのスケッチ3点から、什器の3Dモデルと製作図面を起こしてください。社内に経験者がいないため、社外の方にも公開しています。",
	skills: []string{"CAD:2", "機械設計:2", "図面:1?"}}

// beyond makes the first two companies partners, lets some alumni of the second agree to be shown, and opens a task of the
// first to them.
func (f *filler) beyond(ctx context.Context) error {
	ours, theirs := f.casts[0], f.casts[1]
	asked, err := f.Market.AskPartner(ctx, theirs.admin, theirs.company, ours.company)
	if err != nil {
		return err
	}
	if _, err := f.Market.AgreePartner(ctx, ours.admin, ours.company, asked.ID); err != nil {
		return err
	}
	if err := f.agree(ctx, theirs); err != nil {
		return err
	}
	d := f.draft(ours, booth)
	d.Visibility = market.DraftVisibility{Kind: market.ToEveryone}
	task, err := f.Market.PostTask(ctx, ours.manager, d)
	if err == nil {
		task, err = f.Market.PublishTask(ctx, ours.manager, task.ID)
	}
	if err != nil {
		return err
	}
	list, err := f.Matching.Rank(ctx, ours.manager, task.ID, matching.Query{Limit: 5})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list.Items, func(c matching.Candidate) bool { return c.Person.Outside })
	if at < 0 {
		return fmt.Errorf("nobody from outside fits %s", booth.title)
	}
	best := list.Items[at]
	if _, err := f.Market.Invite(ctx, ours.manager, task.ID, []uuid.UUID{best.MembershipID}); err != nil {
		return err
	}
	_, _, err = f.bids(ctx, ours, booth, task.ID, list.Items[at:at+1])
	return err
}

// agree lets those of a company who know its first department's work be shown beyond it.
func (f *filler) agree(ctx context.Context, of cast) error {
	list, err := f.Market.People(ctx, of.admin, market.PeopleFilter{CompanyID: of.company, Department: of.house.fields[0].name, Limit: shownBeyond})
	for i, m := range list {
		if err != nil {
			return err
		}
		to := market.ShownToPartners
		if i%3 == 0 {
			to = market.ShownToEveryone
		}
		err = f.Market.SetShownTo(ctx, market.Actor{PersonID: m.PersonID}, to, market.ShownWording)
	}
	return err
}
