package api

import (
	"bytes"
	"context"
	"encoding/hex"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// givenFile is a file that somebody gave.
type givenFile struct {
	ID     uuid.UUID `json:"id" format:"uuid"`
	Name   string    `json:"name" doc:"As it is saved: cleaned of what cannot be seen and of the way to it"`
	Media  string    `json:"media" example:"application/pdf"`
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256" doc:"In hexadecimal"`
}

func givenFileOf(f market.File) givenFile {
	return givenFile{ID: f.ID, Name: f.Name, Media: f.Media, Bytes: f.Bytes, SHA256: hex.EncodeToString(f.SHA256)}
}

type fileGiven struct {
	Name    string `query:"name" doc:"What the file is called; its ending must agree with its content" example:"estimate.pdf"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) keepFile(ctx context.Context, in *fileGiven) (*made[givenFile], error) {
	f, err := s.cfg.Market.KeepFile(ctx, access.Actor(ctx), market.Upload{Name: in.Name, Size: int64(len(in.RawBody)), Body: bytes.NewReader(in.RawBody)})
	if err != nil {
		return nil, err
	}
	return created("/files/"+f.ID.String(), givenFileOf(f)), nil
}

func (s *Server) openFile(ctx context.Context, in *OfID) (*huma.StreamResponse, error) {
	f, body, err := s.cfg.Market.OpenFile(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		access.Attach(humagin.Unwrap(hc), access.Attachment{Name: f.Name, Media: f.Media, Bytes: f.Bytes}, body)
	}}, nil
}
