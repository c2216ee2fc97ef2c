package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// partnership is how one company sees another that it agreed with, asked, or was asked by.
type partnership struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	State       string     `json:"state" enum:"asked,agreed,ended"`
	CompanyID   uuid.UUID  `json:"company_id" format:"uuid" doc:"The other company"`
	CompanyName string     `json:"company_name" doc:"Empty until they agree, where we asked"`
	Ours        bool       `json:"ours" doc:"We asked; they have to agree"`
	AskedAt     time.Time  `json:"asked_at"`
	AgreedAt    *time.Time `json:"agreed_at"`
}

func partnershipOf(p market.Partnership) partnership {
	return partnership{ID: p.ID, State: string(p.State), CompanyID: p.CompanyID, CompanyName: p.CompanyName, Ours: p.Ours, AskedAt: p.AskedAt, AgreedAt: p.AgreedAt}
}

func (s *Server) partners(ctx context.Context, in *OfID) (*out[list[partnership]], error) {
	all, err := s.cfg.Market.Partnerships(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, partnershipOf), err)
}

type partnerAsked struct {
	OfID
	Body struct {
		CompanyID uuid.UUID `json:"company_id" format:"uuid" doc:"The other company's number, as its settings show it"`
	}
}

func (s *Server) askPartner(ctx context.Context, in *partnerAsked) (*made[partnership], error) {
	p, err := s.cfg.Market.AskPartner(ctx, access.Actor(ctx), in.ID, in.Body.CompanyID)
	if err != nil {
		return nil, err
	}
	return created("/companies/"+in.ID.String()+"/partners", partnershipOf(p)), nil
}

type ofPartner struct {
	OfID
	PartnerID uuid.UUID `path:"partner_id" format:"uuid"`
}

func (s *Server) agreePartner(ctx context.Context, in *ofPartner) (*out[partnership], error) {
	p, err := s.cfg.Market.AgreePartner(ctx, access.Actor(ctx), in.ID, in.PartnerID)
	return answer(partnershipOf(p), err)
}

func (s *Server) endPartner(ctx context.Context, in *ofPartner) (*nothing, error) {
	_, err := s.cfg.Market.EndPartner(ctx, access.Actor(ctx), in.ID, in.PartnerID)
	return nil, err
}

// shown is how far the person agrees to be shown, with every choice they made.
type shown struct {
	ShownTo  string    `json:"shown_to" enum:"nobody,partners,everyone" doc:"Beyond the companies where the person worked"`
	Wording  string    `json:"wording" doc:"The version of the text to agree to; send it along"`
	Consents []consent `json:"consents" doc:"The latest first"`
}

type consent struct {
	Choice  string    `json:"choice" enum:"nobody,partners,everyone"`
	Wording string    `json:"wording"`
	GivenAt time.Time `json:"given_at"`
}

func (s *Server) shown(ctx context.Context, _ *nothing) (*out[shown], error) {
	all, err := s.cfg.Market.ShownConsents(ctx, access.Actor(ctx))
	view := shown{ShownTo: string(market.ShownToNobody), Wording: market.ShownWording, Consents: each(all, func(c market.Consent) consent {
		return consent{c.Choice, c.Wording, c.GivenAt}
	})}
	if len(all) > 0 {
		view.ShownTo = all[0].Choice
	}
	return answer(view, err)
}

type choice struct {
	Body struct {
		ShownTo string `json:"shown_to" enum:"nobody,partners,everyone"`
		Wording string `json:"wording,omitempty" doc:"The version of the text that the person saw; nobody needs none"`
	}
}

func (s *Server) setShown(ctx context.Context, in *choice) (*out[shown], error) {
	if err := s.cfg.Market.SetShownTo(ctx, access.Actor(ctx), market.ShownTo(in.Body.ShownTo), in.Body.Wording); err != nil {
		return nil, err
	}
	return s.shown(ctx, nil)
}

// bar keeps a person and a company apart.
type bar struct {
	ID        uuid.UUID   `json:"id" format:"uuid"`
	CompanyID uuid.UUID   `json:"company_id" format:"uuid"`
	PersonID  uuid.UUID   `json:"person_id" format:"uuid"`
	Kind      string      `json:"kind" enum:"by_person,by_company,conflict"`
	FromOn    civil.Date  `json:"from_on" format:"date"`
	UntilOn   *civil.Date `json:"until_on" format:"date" doc:"The last day; null is until it is lifted"`
	Reason    string      `json:"reason"`
	MadeAt    time.Time   `json:"made_at"`
	LiftedAt  *time.Time  `json:"lifted_at"`
}

func barOf(b market.Bar) bar {
	return bar{ID: b.ID, CompanyID: b.CompanyID, PersonID: b.PersonID, Kind: string(b.Kind), FromOn: b.FromOn, UntilOn: b.UntilOn, Reason: b.Reason,
		MadeAt: b.MadeAt, LiftedAt: b.LiftedAt}
}

func (s *Server) blocks(ctx context.Context, _ *nothing) (*out[list[bar]], error) {
	all, err := s.cfg.Market.Blocks(ctx, access.Actor(ctx))
	return answer(whole(all, barOf), err)
}

type block struct {
	Body struct {
		CompanyID uuid.UUID `json:"company_id" format:"uuid"`
	}
}

func (s *Server) block(ctx context.Context, in *block) (*made[bar], error) {
	b, err := s.cfg.Market.Block(ctx, access.Actor(ctx), in.Body.CompanyID)
	if err != nil {
		return nil, err
	}
	return created("/me/blocks", barOf(b)), nil
}

type barsQuery struct {
	OfID
	Member uuid.UUID `query:"member_id" format:"uuid" doc:"All that was ever held against this one"`
}

func (s *Server) bars(ctx context.Context, in *barsQuery) (*out[list[bar]], error) {
	all, err := s.cfg.Market.Bars(ctx, access.Actor(ctx), in.ID, in.Member)
	return answer(whole(all, barOf), err)
}

type newBar struct {
	OfID
	Body struct {
		MemberID uuid.UUID   `json:"member_id" format:"uuid" doc:"A membership, or the id of a candidate from outside"`
		Kind     string      `json:"kind" enum:"by_company,conflict"`
		FromOn   *civil.Date `json:"from_on,omitempty" format:"date" doc:"Of a conflict; today when left out"`
		UntilOn  *civil.Date `json:"until_on,omitempty" format:"date" doc:"Of a conflict, the last day; until it is lifted when left out"`
		Reason   string      `json:"reason,omitempty" doc:"A conflict needs one"`
	}
}

func (s *Server) barMember(ctx context.Context, in *newBar) (*made[bar], error) {
	b := market.Bar{Kind: market.BarKind(in.Body.Kind), UntilOn: in.Body.UntilOn, Reason: in.Body.Reason}
	if in.Body.FromOn != nil {
		b.FromOn = *in.Body.FromOn
	}
	b, err := s.cfg.Market.BarMember(ctx, access.Actor(ctx), in.ID, in.Body.MemberID, b)
	if err != nil {
		return nil, err
	}
	return created("/companies/"+in.ID.String()+"/bars", barOf(b)), nil
}

func (s *Server) lift(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.Lift(ctx, access.Actor(ctx), in.ID)
}
