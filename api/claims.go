package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/internal/problem"
	"homecoming/market"
)

// claim is what somebody says who is in no file.
type claim struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	CompanyID    uuid.UUID  `json:"company_id" format:"uuid"`
	CompanyName  string     `json:"company_name"`
	As           string     `json:"as" enum:",claimant,witness,office" doc:"How the reader stands to it: what they do not need is empty"`
	Name         string     `json:"name" doc:"Of the claimant"`
	Email        string     `json:"email"`
	Department   string     `json:"department" doc:"As the claimant calls it"`
	JoinedOn     civil.Date `json:"joined_on" format:"date"`
	LeftOn       civil.Date `json:"left_on" format:"date"`
	Note         string     `json:"note"`
	State        string     `json:"state" enum:"open,verified,refused,withdrawn,expired"`
	VerifiedBy   string     `json:"verified_by" enum:",office,colleagues"`
	MembershipID *uuid.UUID `json:"membership_id" format:"uuid"`
	Reason       string     `json:"reason"`
	AskedAt      time.Time  `json:"asked_at"`
	ExpiresAt    time.Time  `json:"expires_at"`
	DecidedAt    *time.Time `json:"decided_at"`
	Colleagues   []witness  `json:"colleagues" doc:"Whom the claimant named; who of them was asked and answered is for the office alone"`
}

type witness struct {
	Email        string     `json:"email"`
	Name         string     `json:"name"`
	DaysTogether int        `json:"days_together"`
	Answer       string     `json:"answer" enum:",yes,no"`
	AnsweredAt   *time.Time `json:"answered_at"`
}

func claimOf(c market.Claim, as market.Stance) claim {
	return claim{ID: c.ID, CompanyID: c.CompanyID, CompanyName: c.CompanyName, As: string(as), Name: c.Name, Email: c.Email, Department: c.Department,
		JoinedOn: c.JoinedOn, LeftOn: c.LeftOn, Note: c.Note, State: string(c.State), VerifiedBy: string(c.VerifiedBy), MembershipID: c.MembershipID,
		Reason: c.Reason, AskedAt: c.AskedAt, ExpiresAt: c.ExpiresAt, DecidedAt: c.DecidedAt,
		Colleagues: each(c.Witnesses, func(w market.Witness) witness { return witness{w.Email, w.Name, w.Overlap, w.Answer, w.AnsweredAt} })}
}

type knocking struct {
	Body struct {
		At       uuid.UUID `json:"at" format:"uuid" doc:"The company's number"`
		Email    string    `json:"email" maxLength:"320"`
		Language string    `json:"language" enum:"ja,en"`
	}
}

// knock sends a letter; the answer is the same for an address that is known here.
func (s *Server) knock(ctx context.Context, in *knocking) (*nothing, error) {
	if err := access.Attempt(ctx, in.Body.Email); err != nil {
		return nil, err
	}
	return nil, s.cfg.Market.Knock(ctx, in.Body.At, in.Body.Email, problem.Language(in.Body.Language))
}

type comingIn struct {
	Body struct {
		Link       string `json:"link" maxLength:"200" doc:"What follows /knock/ in the mail's address"`
		FamilyName string `json:"family_name"`
		GivenName  string `json:"given_name,omitempty"`
		FamilyKana string `json:"family_kana,omitempty"`
		GivenKana  string `json:"given_kana,omitempty"`
	}
}

// comeIn makes somebody out of a knock and begins a session.
func (s *Server) comeIn(ctx context.Context, in *comingIn) (*out[arrival], error) {
	b := in.Body
	who, path, err := s.cfg.Market.ComeIn(ctx, b.Link, market.Newcomer{FamilyName: b.FamilyName, GivenName: b.GivenName, FamilyKana: b.FamilyKana, GivenKana: b.GivenKana})
	if err != nil {
		return nil, err
	}
	return answer(arrival{meOf(who), path}, access.SignIn(ctx, who))
}

type newClaim struct {
	Body struct {
		At         uuid.UUID   `json:"at" format:"uuid" doc:"The company's number"`
		Department string      `json:"department,omitempty" doc:"As one calls it oneself"`
		JoinedOn   *civil.Date `json:"joined_on" format:"date"`
		LeftOn     *civil.Date `json:"left_on" format:"date"`
		Note       string      `json:"note,omitempty"`
		Colleagues []string    `json:"colleagues,omitempty" maxItems:"5" doc:"Addresses of former colleagues who know"`
	}
}

func (s *Server) makeClaim(ctx context.Context, in *newClaim) (*made[claim], error) {
	b := in.Body
	c, err := s.cfg.Market.MakeClaim(ctx, access.Actor(ctx), market.ClaimDraft{CompanyID: b.At, Department: b.Department, JoinedOn: b.JoinedOn, LeftOn: b.LeftOn, Note: b.Note, Colleagues: b.Colleagues})
	if err != nil {
		return nil, err
	}
	return created("/claims/"+c.ID.String(), claimOf(c, market.Claimant)), nil
}

func (s *Server) claims(ctx context.Context, in *OfID) (*out[list[claim]], error) {
	all, err := s.cfg.Market.Claims(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(c market.Claim) claim { return claimOf(c, market.AsOffice) }), err)
}

func (s *Server) myClaims(ctx context.Context, _ *nothing) (*out[list[claim]], error) {
	all, err := s.cfg.Market.MyClaims(ctx, access.Actor(ctx))
	return answer(whole(all, func(c market.Claim) claim { return claimOf(c, market.Claimant) }), err)
}

func (s *Server) claim(ctx context.Context, in *OfID) (*out[claim], error) {
	c, as, err := s.cfg.Market.ClaimAs(ctx, access.Actor(ctx), in.ID)
	return answer(claimOf(c, as), err)
}

func (s *Server) withdrawClaim(ctx context.Context, in *act) (*nothing, error) {
	return nil, s.cfg.Market.WithdrawClaim(ctx, access.Actor(ctx), in.ID)
}

type claimAnswer struct {
	OfID
	Body struct {
		Yes bool `json:"yes" doc:"Whether they worked together"`
	}
}

func (s *Server) answerClaim(ctx context.Context, in *claimAnswer) (*nothing, error) {
	return nil, s.cfg.Market.AnswerClaim(ctx, access.Actor(ctx), in.ID, in.Body.Yes)
}

type claimVerdict struct {
	OfID
	Body struct {
		Department string     `json:"department,omitempty" doc:"An id, a name or an alias; an unknown name becomes the company's own"`
		Member     *uuid.UUID `json:"member,omitempty" format:"uuid" doc:"Who they are in the company's file, if anybody"`
	}
}

func (s *Server) verifyClaim(ctx context.Context, in *claimVerdict) (*nothing, error) {
	return nil, s.cfg.Market.VerifyClaim(ctx, access.Actor(ctx), in.ID, market.ClaimVerdict{Department: in.Body.Department, Member: in.Body.Member})
}

type claimRefusal struct {
	OfID
	Body struct {
		Reason string `json:"reason" doc:"The claimant reads it"`
	}
}

func (s *Server) refuseClaim(ctx context.Context, in *claimRefusal) (*nothing, error) {
	return nil, s.cfg.Market.RefuseClaim(ctx, access.Actor(ctx), in.ID, in.Body.Reason)
}
