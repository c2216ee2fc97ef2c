package api

import (
	"context"
	"net/http"
	"time"

	"cloud.google.com/go/civil"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// workRecord is what a company says of work that it accepted.
type workRecord struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	CompanyID    uuid.UUID  `json:"company_id" format:"uuid"`
	CompanyName  string     `json:"company_name"`
	PersonName   string     `json:"person_name"`
	ContractID   uuid.UUID  `json:"contract_id" format:"uuid"`
	MilestoneID  *uuid.UUID `json:"milestone_id" format:"uuid" doc:"null: the whole of a contract by the hour"`
	CredentialID string     `json:"credential_id" doc:"What the credential calls itself"`
	Title        string     `json:"title"`
	Skills       []string   `json:"skills"`
	BeganOn      civil.Date `json:"began_on" format:"date"`
	AcceptedOn   civil.Date `json:"accepted_on" format:"date"`
	KeyID        string     `json:"key_id" doc:"The thumbprint (RFC 7638) of the company's key that signed it"`
	IssuedAt     time.Time  `json:"issued_at"`
	Shown        bool       `json:"shown" doc:"On the person's own page"`
	RevokedAt    *time.Time `json:"revoked_at"`
	Reason       string     `json:"reason" doc:"Of the revocation"`
}

func workRecordOf(r market.WorkRecord) workRecord {
	return workRecord{ID: r.ID, CompanyID: r.CompanyID, CompanyName: r.CompanyName, PersonName: r.PersonName, ContractID: r.ContractID, MilestoneID: r.MilestoneID,
		CredentialID: r.CredentialID(), Title: r.Title, Skills: each(r.Skills, func(s string) string { return s }), BeganOn: r.BeganOn, AcceptedOn: r.AcceptedOn,
		KeyID: r.KeyID, IssuedAt: r.IssuedAt, Shown: r.Shown, RevokedAt: r.RevokedAt, Reason: r.Reason}
}

func (s *Server) records(ctx context.Context, _ *nothing) (*out[list[workRecord]], error) {
	all, err := s.cfg.Market.Records(ctx, access.Actor(ctx))
	return answer(whole(all, workRecordOf), err)
}

// credential is the signed token itself, to be kept and shown.
func (s *Server) credential(ctx context.Context, in *OfID) (*file, error) {
	r, err := s.cfg.Market.Record(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return attached(r.FileName(), market.CredentialMedia, []byte(r.Token)), nil
}

type showing struct {
	OfID
	Body struct {
		Shown bool `json:"shown"`
	}
}

func (s *Server) showRecord(ctx context.Context, in *showing) (*nothing, error) {
	return nil, s.cfg.Market.ShowRecord(ctx, access.Actor(ctx), in.ID, in.Body.Shown)
}

// recordPage is where somebody shows their records to everybody.
type recordPage struct {
	Path string `json:"path" doc:"Empty: there is none"`
}

func recordPageAt(slug string) recordPage {
	if slug == "" {
		return recordPage{}
	}
	return recordPage{"/records/" + slug}
}

func (s *Server) recordPage(ctx context.Context, _ *nothing) (*out[recordPage], error) {
	slug, err := s.cfg.Market.RecordPage(ctx, access.Actor(ctx))
	return answer(recordPageAt(slug), err)
}

type publishing struct {
	Body struct {
		Public bool `json:"public"`
	}
}

func (s *Server) setRecordPage(ctx context.Context, in *publishing) (*out[recordPage], error) {
	slug, err := s.cfg.Market.SetRecordPage(ctx, access.Actor(ctx), in.Body.Public)
	return answer(recordPageAt(slug), err)
}

func (s *Server) companyRecords(ctx context.Context, in *OfID) (*out[list[workRecord]], error) {
	all, err := s.cfg.Market.CompanyRecords(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, workRecordOf), err)
}

type revoking struct {
	OfID
	Body struct {
		Reason string `json:"reason" maxLength:"1000" doc:"The person reads it"`
	}
}

func (s *Server) revokeRecord(ctx context.Context, in *revoking) (*nothing, error) {
	return nil, s.cfg.Market.RevokeRecord(ctx, access.Actor(ctx), in.ID, in.Body.Reason)
}

// issuer answers where credentials say who signed them: anybody's verifier asks, from any page.
func issuer[T any](s *Server, ask func(context.Context, uuid.UUID) (T, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, err := uuid.Parse(c.Param("id"))
		if err != nil {
			s.fail(c, market.ErrNotFound)
			return
		}
		said, err := ask(c.Request.Context(), id)
		if err != nil {
			s.fail(c, err)
			return
		}
		c.Header("Access-Control-Allow-Origin", "*")
		c.Header("Cache-Control", "public, max-age=300")
		c.JSON(http.StatusOK, said)
	}
}
