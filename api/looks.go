package api

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// profileLook is somebody who opened the caller's page.
type profileLook struct {
	Day         civil.Date `json:"day" format:"date" doc:"The company's; once a day for each viewer"`
	CompanyID   uuid.UUID  `json:"company_id" format:"uuid"`
	CompanyName string     `json:"company_name"`
	Role        string     `json:"role" doc:"The viewer's there: a fixed one, or the name of one that the company made"`
	Name        string     `json:"name" doc:"Empty where the company did not show its people's names"`
}

func (s *Server) whoLooked(ctx context.Context, _ *nothing) (*out[list[profileLook]], error) {
	all, err := s.cfg.Market.WhoLooked(ctx, access.Actor(ctx))
	return answer(whole(all, func(l market.ProfileLook) profileLook {
		return profileLook{l.Day, l.CompanyID, l.Company, l.Role, l.Name}
	}), err)
}
