package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// customRole is a role that a company made itself.
type customRole struct {
	ID          uuid.UUID `json:"id" format:"uuid"`
	Name        string    `json:"name"`
	Permissions []string  `json:"permissions"`
	Version     int       `json:"version"`
	Holders     int       `json:"holders" doc:"People who have it, or were asked to take it"`
	CreatedAt   time.Time `json:"created_at"`
}

func customRoleOf(r market.CustomRole) customRole {
	return customRole{ID: r.ID, Name: r.Name, Permissions: namesOf(r.Allows), Version: r.Version, Holders: r.Holders, CreatedAt: r.CreatedAt}
}

func namesOf(actions []market.Action) []string {
	return each(actions, func(a market.Action) string { return string(a) })
}

// customRoleList is a company's own roles beside what roles can be made of.
type customRoleList struct {
	Items       []customRole `json:"items"`
	Permissions []string     `json:"permissions" doc:"All that a role can allow"`
}

func (s *Server) customRoles(ctx context.Context, in *OfID) (*out[customRoleList], error) {
	all, err := s.cfg.Market.CustomRoles(ctx, access.Actor(ctx), in.ID)
	return answer(customRoleList{each(all, customRoleOf), namesOf(market.Permissions)}, err)
}

type customRoleBody struct {
	Name        string   `json:"name" example:"Junior finance"`
	Permissions []string `json:"permissions" example:"see_money" doc:"What one must see to do a thing is added"`
}

func (b customRoleBody) actions() []market.Action {
	return each(b.Permissions, func(p string) market.Action { return market.Action(p) })
}

type newCustomRole struct {
	OfID
	Body customRoleBody
}

func (s *Server) createCustomRole(ctx context.Context, in *newCustomRole) (*made[customRole], error) {
	r, err := s.cfg.Market.CreateCustomRole(ctx, access.Actor(ctx), in.ID, in.Body.Name, in.Body.actions())
	if err != nil {
		return nil, err
	}
	return created("/roles/"+r.ID.String(), customRoleOf(r)), nil
}

type customRoleEdit struct {
	OfID
	Body struct {
		customRoleBody
		Version int `json:"version" doc:"The one that was looked at"`
	}
}

func (s *Server) editCustomRole(ctx context.Context, in *customRoleEdit) (*out[customRole], error) {
	r, err := s.cfg.Market.EditCustomRole(ctx, access.Actor(ctx), in.ID, in.Body.Version, in.Body.Name, in.Body.actions())
	return answer(customRoleOf(r), err)
}

func (s *Server) removeCustomRole(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.RemoveCustomRole(ctx, access.Actor(ctx), in.ID)
}
