package api

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/provisioning"
	"homecoming/market"
)

// directoryView is how a company's staff directory stands.
type directoryView struct {
	Connected bool             `json:"connected"`
	Address   string           `json:"address" doc:"What the directory has to be told: the SCIM endpoint"`
	MadeAt    *time.Time       `json:"made_at" doc:"When its secret was made"`
	UsedAt    *time.Time       `json:"used_at" doc:"To the minute"`
	Accounts  int              `json:"accounts" doc:"People whom it has written"`
	Active    int              `json:"active" doc:"Of them, those who work there"`
	Groups    []directoryGroup `json:"groups"`
}

// directoryGroup is one of its groups.
type directoryGroup struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Name    string    `json:"name"`
	Members int       `json:"members"`
	Role    string    `json:"role" doc:"What its members may do: a role, or the id of the company's own. Empty is nothing yet"`
}

func directoryGroupOf(g market.ProvisionedGroup) directoryGroup {
	return directoryGroup{ID: g.ID, Name: g.Name, Members: g.Count, Role: string(g.Role)}
}

func (s *Server) directory(ctx context.Context, in *OfID) (*out[directoryView], error) {
	v, err := s.cfg.Market.Provisioning(ctx, access.Actor(ctx), in.ID)
	view := directoryView{Address: provisioning.Address(s.cfg.BaseURL), Accounts: v.Accounts, Active: v.Active, Groups: each(v.Groups, directoryGroupOf)}
	if v.Provisioning != nil {
		view.Connected, view.MadeAt, view.UsedAt = true, &v.MadeAt, v.UsedAt
	}
	return answer(view, err)
}

// directorySecret is what the directory has to show, told this once.
type directorySecret struct {
	Address string `json:"address"`
	Secret  string `json:"secret" doc:"Keep it: it is not shown again. The one before works no more"`
}

func (s *Server) connectDirectory(ctx context.Context, in *OfID) (*made[directorySecret], error) {
	raw, err := s.cfg.Market.ConnectDirectory(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return created("/companies/"+in.ID.String()+"/directory", directorySecret{provisioning.Address(s.cfg.BaseURL), raw}), nil
}

func (s *Server) partDirectory(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.PartDirectory(ctx, access.Actor(ctx), in.ID)
}

type groupMapping struct {
	OfID
	GroupID uuid.UUID `path:"group_id" format:"uuid"`
	Body    struct {
		Role string `json:"role" maxLength:"40" example:"manager" doc:"Empty: its members may do nothing by it"`
	}
}

func (s *Server) mapGroup(ctx context.Context, in *groupMapping) (*out[directoryGroup], error) {
	g, err := s.cfg.Market.MapGroup(ctx, access.Actor(ctx), in.ID, in.GroupID, market.Role(in.Body.Role))
	return answer(directoryGroupOf(g), err)
}

// forDirectories is what staff directories write to.
func (s *Server) forDirectories() []endpoint {
	var all []endpoint
	for _, line := range []string{"GET /Users", "POST /Users", "GET /Users/{id}", "PUT /Users/{id}", "PATCH /Users/{id}", "DELETE /Users/{id}",
		"GET /Groups", "POST /Groups", "GET /Groups/{id}", "PUT /Groups/{id}", "PATCH /Groups/{id}", "DELETE /Groups/{id}", "GET /Me",
		"GET /ServiceProviderConfig", "GET /ResourceTypes", "GET /ResourceTypes/{id}", "GET /Schemas", "GET /Schemas/{id}"} {
		method, path, _ := strings.Cut(line, " ")
		all = append(all, plain(method, provisioning.Path+path, func(c *gin.Context) { s.directories.ServeHTTP(c.Writer, c.Request) }))
	}
	return all
}
