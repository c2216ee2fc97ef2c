package api

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// album is what stays of an event.
type album struct {
	Mine      bool        `json:"mine" doc:"Whether I may see it: it is for those who were on the list, and for hosts"`
	Thanks    string      `json:"thanks" doc:"Markdown: what the hosts say afterwards"`
	ThanksEN  string      `json:"thanks_en"`
	ThankedAt *time.Time  `json:"thanked_at" doc:"When those who were on the list were written to"`
	Pictures  []givenFile `json:"pictures"`
}

func (s *Server) album(ctx context.Context, in *OfID) (*out[album], error) {
	a, err := s.cfg.Market.Album(ctx, access.Actor(ctx), in.ID)
	return answer(album{Mine: a.Mine, Thanks: a.Thanks, ThanksEN: a.ThanksEN, ThankedAt: a.ThankedAt, Pictures: each(a.Pictures, givenFileOf)}, err)
}

type pictureGiven struct {
	OfID
	Name    string `query:"name" doc:"What the picture is called" example:"party.jpg"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) addPicture(ctx context.Context, in *pictureGiven) (*made[givenFile], error) {
	f, err := s.cfg.Market.AddPicture(ctx, access.Actor(ctx), in.ID, market.Upload{Name: in.Name, Size: int64(len(in.RawBody)), Body: bytes.NewReader(in.RawBody)})
	if err != nil {
		return nil, err
	}
	return created("/files/"+f.ID.String(), givenFileOf(f)), nil
}

type ofPicture struct {
	OfID
	PictureID uuid.UUID `path:"picture_id" format:"uuid"`
}

func (s *Server) removePicture(ctx context.Context, in *ofPicture) (*nothing, error) {
	return nil, s.cfg.Market.RemovePicture(ctx, access.Actor(ctx), in.ID, in.PictureID)
}

type thanksGiven struct {
	OfID
	Body struct {
		Thanks   string `json:"thanks" maxLength:"20000" doc:"Markdown"`
		ThanksEN string `json:"thanks_en,omitempty" maxLength:"20000"`
		Send     bool   `json:"send,omitempty" doc:"Write to those who were on the list; once"`
	}
}

func (s *Server) thank(ctx context.Context, in *thanksGiven) (*nothing, error) {
	_, err := s.cfg.Market.ThankFor(ctx, access.Actor(ctx), in.ID, in.Body.Thanks, in.Body.ThanksEN, in.Body.Send)
	return nil, err
}
