package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
	"homecoming/matching"
)

// companySkill is a skill that a company made by typing an unknown name.
type companySkill struct {
	skill
	People    int       `json:"people" doc:"Members of the company who have it"`
	Tasks     int       `json:"tasks"`
	Means     []skill   `json:"means" doc:"Shared skills that its name may mean by now: a proposal to merge"`
	CreatedAt time.Time `json:"created_at"`
}

func ownSkillOf(k matching.OwnSkill) companySkill {
	return companySkill{skill: skillOf(k.Skill), People: k.People, Tasks: k.Tasks, Means: each(k.Means, skillOf), CreatedAt: k.CreatedAt}
}

func (s *Server) ownSkills(ctx context.Context, in *OfID) (*out[list[companySkill]], error) {
	all, err := s.cfg.Matching.OwnSkills(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, ownSkillOf), err)
}

// OfSkill names a skill, whose id is text.
type OfSkill struct {
	ID string `path:"id" maxLength:"100" example:"own-0192f1c8-0000-7000-8000-000000000000"`
}

func (o OfSkill) known() error { return OfText(o).known() }

func (s *Server) ownSkill(ctx context.Context, in *OfSkill) (*out[companySkill], error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	k, _, err := s.cfg.Matching.OwnSkill(ctx, access.Actor(ctx), in.ID)
	return answer(ownSkillOf(k), err)
}

type skillEdit struct {
	OfSkill
	Body struct {
		NameEN  *string   `json:"name_en,omitempty"`
		NameJA  *string   `json:"name_ja,omitempty"`
		Aliases *[]string `json:"aliases,omitempty" doc:"All of them; a name that is given up is added by itself"`
		Broader *[]string `json:"broader,omitempty" doc:"All directly broader skills, by id or name"`
	}
}

func (s *Server) editOwnSkill(ctx context.Context, in *skillEdit) (*out[companySkill], error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	k, err := s.cfg.Matching.EditOwnSkill(ctx, access.Actor(ctx), in.ID, matching.SkillEdit(in.Body))
	return answer(ownSkillOf(k), err)
}

// merge is one skill made another.
type merge struct {
	ID       uuid.UUID  `json:"id" format:"uuid"`
	From     string     `json:"from"`
	Into     string     `json:"into"`
	MergedAt time.Time  `json:"merged_at"`
	UndoneAt *time.Time `json:"undone_at"`
}

func mergeOf(m matching.Merge) merge {
	return merge{ID: m.ID, From: m.FromID, Into: m.IntoID, MergedAt: m.MergedAt, UndoneAt: m.UndoneAt}
}

type mergeWish struct {
	OfSkill
	Body struct {
		Into string `json:"into" doc:"The skill that stays, the company's own or a shared one: an id or a name" example:"corporate-tax"`
	}
}

func (s *Server) mergeSkill(ctx context.Context, in *mergeWish) (*out[merge], error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	m, err := s.cfg.Matching.MergeOwnSkill(ctx, access.Actor(ctx), in.ID, in.Body.Into)
	return answer(mergeOf(m), err)
}

func (s *Server) merges(ctx context.Context, in *OfID) (*out[list[merge]], error) {
	all, err := s.cfg.Matching.Merges(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, mergeOf), err)
}

func (s *Server) undoMerge(ctx context.Context, in *act) (*out[merge], error) {
	m, err := s.cfg.Matching.UndoMerge(ctx, access.Actor(ctx), in.ID)
	return answer(mergeOf(m), err)
}

// unsettled is words that mean no skill yet, or several.
type unsettled struct {
	Words    string `json:"words"`
	People   int    `json:"people" doc:"Members of whom they were said"`
	Attested int    `json:"attested" doc:"Of them, by the company itself: these it may settle"`
}

func (s *Server) words(ctx context.Context, in *OfID) (*out[list[unsettled]], error) {
	all, err := s.cfg.Market.UnsettledWords(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(u market.WordUse) unsettled { return unsettled{u.Words, u.People, u.Attested} }), err)
}

// meaning says which skill some words mean.
type meaning struct {
	Words string `json:"words" example:"PM"`
	Skill string `json:"skill" doc:"An id or a name; for a company, an unknown name becomes its own skill" example:"project-management"`
}

type companyMeaning struct {
	OfID
	Body meaning
}

func (s *Server) settleWords(ctx context.Context, in *companyMeaning) (*nothing, error) {
	return nil, s.cfg.Market.SettleCompanyWords(ctx, access.Actor(ctx), in.ID, in.Body.Words, in.Body.Skill)
}

type myMeaning struct{ Body meaning }

func (s *Server) settleMyWords(ctx context.Context, in *myMeaning) (*nothing, error) {
	return nil, s.cfg.Market.SettleWords(ctx, access.Actor(ctx), in.Body.Words, in.Body.Skill)
}

// licence is what reserved work needs by law.
type licence struct {
	Licence     string     `json:"licence" example:"税理士"`
	Number      string     `json:"number" doc:"As registered"`
	Body        string     `json:"body" doc:"Who keeps the register" example:"東京税理士会"`
	ConfirmedAt *time.Time `json:"confirmed_at" doc:"When somebody of the company looked it up; null before"`
}

func (s *Server) licences(ctx context.Context, in *OfID) (*out[list[licence]], error) {
	all, err := s.cfg.Market.BidLicences(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(l market.Licence) licence { return licence{l.Licence, l.Number, l.Body, l.ConfirmedAt} }), err)
}

type confirmation struct {
	OfID
	Body struct {
		Licence string `json:"licence" example:"税理士"`
		Number  string `json:"number" doc:"The one that was looked up"`
	}
}

func (s *Server) confirmLicence(ctx context.Context, in *confirmation) (*nothing, error) {
	return nil, s.cfg.Market.ConfirmLicence(ctx, access.Actor(ctx), in.ID, in.Body.Licence, in.Body.Number)
}
