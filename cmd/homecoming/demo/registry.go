package demo

import (
	"context"

	"github.com/google/uuid"

	"homecoming/market"
)

// registry tells a little of how a company and its people change: a department that became part of another, somebody who is
// about to leave, somebody whom no file has, a colleague who is asked, and a group of two companies.
func (f *filler) registry(ctx context.Context, first, second cast) error {
	for _, step := range []func(context.Context, cast, cast) error{f.reorganise, f.leave, f.vouch, f.group} {
		if err := step(ctx, first, second); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) reorganise(ctx context.Context, at, _ cast) error {
	old, number := "宣伝課", "T8000000000001"
	d, err := f.Market.AddDepartment(ctx, at.admin, at.company, market.DepartmentEdit{Name: &old})
	if err != nil {
		return err
	}
	all, err := f.Market.Departments(ctx, at.admin, at.company)
	if err != nil {
		return err
	}
	on := f.present.AddDays(-900)
	for _, into := range all {
		if into.Name == "広報部" {
			if _, err := f.Market.MergeDepartment(ctx, at.admin, d.ID, into.ID, &on); err != nil {
				return err
			}
		}
	}
	_, err = f.Market.SaveEntity(ctx, at.admin, at.company, uuid.Nil, market.EntityEdit{Name: &at.house.name, NameEN: &at.house.english, TaxNumber: &number})
	return err
}

// leave sets the last day of somebody who still works there.
func (f *filler) leave(ctx context.Context, at, _ cast) error {
	list, err := f.Market.People(ctx, at.admin, market.PeopleFilter{CompanyID: at.company, Limit: 100})
	if err != nil {
		return err
	}
	last := f.present.AddDays(12)
	for _, m := range list {
		if len(m.Stints) > 0 && m.Stints[0].LeftOn == nil {
			_, err := f.Market.EndStint(ctx, at.admin, m.Stints[0].ID, market.StintEnd{LeftOn: &last, Departure: market.Voluntary})
			return err
		}
	}
	return nil
}

// vouch has the alumna of another company say that she worked here too, with one of two colleagues who agrees.
func (f *filler) vouch(ctx context.Context, at, other cast) error {
	from, to := f.present.AddDays(-2400), f.present.AddDays(-1300)
	c, err := f.Market.MakeClaim(ctx, other.alumna, market.ClaimDraft{CompanyID: at.company, Department: "経理部", JoinedOn: &from, LeftOn: &to,
		Note: "旧姓は田中です。社員番号は1047でした。", Colleagues: []string{"alumna@" + at.house.domain, "alumni003@" + at.house.domain, "nobody@" + at.house.domain}})
	if err != nil {
		return err
	}
	if err := f.Market.AnswerClaim(ctx, at.alumna, c.ID, true); err != nil {
		return err
	}
	return f.Market.AskAttestation(ctx, at.alumna, at.company, "alumni003@"+at.house.domain)
}

// group makes the two companies one group that shares its directories.
func (f *filler) group(ctx context.Context, at, other cast) error {
	if _, err := f.Market.MakeGroup(ctx, at.admin, at.company, "あおいグループ", "Aoi Group"); err != nil {
		return err
	}
	if err := f.Market.AskIntoGroup(ctx, at.admin, at.company, other.company); err != nil {
		return err
	}
	asks, err := f.Market.GroupInvitations(ctx, other.admin, other.company)
	if err != nil {
		return err
	}
	if err := f.Market.AnswerGroup(ctx, other.admin, other.company, asks[0].ID, true); err != nil {
		return err
	}
	for _, c := range []cast{at, other} {
		if err := f.Market.ShareDirectory(ctx, c.admin, c.company, true); err != nil {
			return err
		}
	}
	return nil
}
