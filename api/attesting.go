package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// attestationRequest is what somebody asked a former colleague.
type attestationRequest struct {
	ID          uuid.UUID     `json:"id" format:"uuid"`
	CompanyID   uuid.UUID     `json:"company_id" format:"uuid" doc:"Where both worked"`
	CompanyName string        `json:"company_name"`
	Name        string        `json:"name" doc:"Of who asks, for who was asked"`
	Email       string        `json:"email" doc:"That was asked; whether it means anybody is not told"`
	AskedAt     time.Time     `json:"asked_at"`
	ExpiresAt   time.Time     `json:"expires_at"`
	Skills      []statedSkill `json:"skills" doc:"What may be attested, for who was asked"`
}

type statedSkill struct {
	Skill    string `json:"skill"`
	NameEN   string `json:"name_en"`
	NameJA   string `json:"name_ja"`
	Level    int    `json:"level" doc:"That is stated: 1 basic, 2 solid, 3 expert"`
	Attested int    `json:"attested" doc:"By me; 0 is nothing"`
}

func attestationRequestOf(r market.AttestationRequest) attestationRequest {
	return attestationRequest{ID: r.ID, CompanyID: r.CompanyID, CompanyName: r.CompanyName, Name: r.Name, Email: r.Email, AskedAt: r.AskedAt, ExpiresAt: r.ExpiresAt,
		Skills: each(r.Skills, func(k market.StatedSkill) statedSkill {
			return statedSkill{k.SkillID, k.NameEN, k.NameJA, k.Level, k.Attested}
		})}
}

func (s *Server) attestationRequests(ctx context.Context, _ *nothing) (*out[list[attestationRequest]], error) {
	all, err := s.cfg.Market.AttestationRequests(ctx, access.Actor(ctx))
	return answer(whole(all, attestationRequestOf), err)
}

type newAttestationRequest struct {
	Body struct {
		At    uuid.UUID `json:"at" format:"uuid" doc:"The company where both worked"`
		Email string    `json:"email" maxLength:"320" doc:"Of the former colleague"`
	}
}

func (s *Server) askAttestation(ctx context.Context, in *newAttestationRequest) (*nothing, error) {
	return nil, s.cfg.Market.AskAttestation(ctx, access.Actor(ctx), in.Body.At, in.Body.Email)
}

func (s *Server) attestationRequest(ctx context.Context, in *OfID) (*out[attestationRequest], error) {
	r, err := s.cfg.Market.AttestationRequest(ctx, access.Actor(ctx), in.ID)
	return answer(attestationRequestOf(r), err)
}

type attestation struct {
	OfID
	Body struct {
		Skills []skillAttested `json:"skills" doc:"All that I attest; what is left out is nothing"`
	}
}

type skillAttested struct {
	Skill string `json:"skill" doc:"An id, as the request lists it"`
	Level int    `json:"level" doc:"1 basic, 2 solid, 3 expert; 0 is nothing"`
}

func (s *Server) attest(ctx context.Context, in *attestation) (*nothing, error) {
	levels := map[string]int{}
	for _, k := range in.Body.Skills {
		levels[k.Skill] = k.Level
	}
	return nil, s.cfg.Market.Attest(ctx, access.Actor(ctx), in.ID, levels)
}

type companyWord struct {
	OfID
	Body struct {
		Skill string `json:"skill" doc:"An id or a name; an unknown name becomes the company's own"`
		Level int    `json:"level" doc:"1 basic, 2 solid, 3 expert; 0 takes the company's word back"`
	}
}

func (s *Server) attestSkill(ctx context.Context, in *companyWord) (*nothing, error) {
	return nil, s.cfg.Market.AttestSkill(ctx, access.Actor(ctx), in.ID, in.Body.Skill, in.Body.Level)
}
