package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// issued is a document as it was issued, one version of it.
type issued struct {
	ID           uuid.UUID    `json:"id" format:"uuid"`
	Kind         string       `json:"kind" enum:"terms_notice,statement,monthly_statement,receipt,payment_records,withholding_summary"`
	Number       string       `json:"number" example:"ST-2026-000042"`
	Version      int          `json:"version"`
	Latest       bool         `json:"latest" doc:"No later version replaces it"`
	CompanyID    uuid.UUID    `json:"company_id" format:"uuid"`
	ContractID   *uuid.UUID   `json:"contract_id" format:"uuid"`
	Title        string       `json:"title"`
	Counterparty string       `json:"counterparty"`
	Day          civil.Date   `json:"day" format:"date" doc:"Of what it records"`
	Amount       market.Money `json:"amount"`
	Language     string       `json:"language" enum:"ja,en"`
	IssuedAt     time.Time    `json:"issued_at"`
	RulesVersion int64        `json:"rules_version" doc:"Of the tax rules that it was made with"`
	DataHash     string       `json:"data_hash" doc:"SHA-256 of data.json; stands on the document"`
	PDFHash      string       `json:"pdf_hash" doc:"SHA-256 of document.pdf"`
	ConfirmBy    *time.Time   `json:"confirm_by" doc:"Silence until then confirms it; null where nobody is asked"`
	Answer       string       `json:"answer" enum:",confirmed,deemed,objected" doc:"The supplier's latest"`
	Evidence     []evidence   `json:"evidence,omitempty" doc:"Every answer; where one document is read"`
}

// evidence is an answer of the supplier's: who gave it, when, how and of which hash.
type evidence struct {
	Answer   string     `json:"answer" enum:"confirmed,deemed,objected"`
	Means    string     `json:"means" enum:"page,api,silence"`
	PersonID *uuid.UUID `json:"person_id" format:"uuid" doc:"null: it was silence"`
	DataHash string     `json:"data_hash"`
	Message  string     `json:"message"`
	At       time.Time  `json:"at"`
}

func issuedOf(p billing.Paper) issued {
	v := issued{ID: p.ID, Kind: string(p.Kind), Number: p.Number(), Version: p.Version, Latest: p.Latest, CompanyID: p.CompanyID, ContractID: p.ContractID, Title: p.Title,
		Counterparty: p.Counterparty, Day: p.Day, Amount: market.Money{Amount: p.Amount, Currency: p.Currency}, Language: p.Language, IssuedAt: p.IssuedAt,
		RulesVersion: p.RulesVersion, DataHash: p.DataHash, PDFHash: p.PDFHash, ConfirmBy: p.ConfirmBy, Answer: string(p.Answer)}
	for _, a := range p.Evidence {
		v.Evidence = append(v.Evidence, evidence{Answer: string(a.Answer), Means: a.Means, PersonID: a.PersonID, DataHash: a.DataHash, Message: a.Message, At: a.At})
	}
	return v
}

func issuedID(p billing.Paper) string { return p.ID.String() }

type documentSearch struct {
	OfID
	Page
	Kind         string `query:"kind" enum:"terms_notice,statement,monthly_statement,receipt,payment_records,withholding_summary"`
	From         string `query:"from" format:"date" doc:"Of the day that it records"`
	To           string `query:"to" format:"date"`
	Min          string `query:"min" pattern:"^-?[0-9]{1,15}$" doc:"Minor units"`
	Max          string `query:"max" pattern:"^-?[0-9]{1,15}$" doc:"Minor units"`
	Counterparty string `query:"counterparty" maxLength:"200" doc:"A part of the name"`
	Versions     bool   `query:"versions" doc:"Replaced versions as well"`
}

func (s *Server) documents(ctx context.Context, in *documentSearch) (*out[list[issued]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	f := billing.PaperFilter{Kind: billing.PaperKind(in.Kind), Counterparty: in.Counterparty, Versions: in.Versions, Before: before, Limit: in.Limit,
		Min: units(in.Min), Max: units(in.Max)}
	if f.From, err = day("from", in.From); err != nil {
		return nil, err
	}
	if f.To, err = day("to", in.To); err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.Papers(ctx, access.Actor(ctx), in.ID, f)
	return answer(listed(in.Page, all, issuedID, issuedOf), err)
}

// units reads an amount whose form the route has checked; nothing is no limit.
func units(text string) *int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

type periodAsked struct {
	OfID
	Body struct {
		Kind   string `json:"kind" enum:"monthly_statement,payment_records,withholding_summary"`
		Period string `json:"period" example:"2026-11" doc:"A month that is over; a year for payment_records"`
	}
}

func (s *Server) issuePeriod(ctx context.Context, in *periodAsked) (*out[list[issued]], error) {
	all, err := s.cfg.Billing.IssuePeriod(ctx, access.Actor(ctx), in.ID, billing.PaperKind(in.Body.Kind), in.Body.Period)
	return answer(whole(all, issuedOf), err)
}

func (s *Server) myDocuments(ctx context.Context, in *struct{ Page }) (*out[list[issued]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.MyPapers(ctx, access.Actor(ctx), before, in.Limit)
	return answer(listed(in.Page, all, issuedID, issuedOf), err)
}

func (s *Server) oneDocument(ctx context.Context, in *OfID) (*out[issued], error) {
	p, err := s.cfg.Billing.Paper(ctx, access.Actor(ctx), in.ID)
	return answer(issuedOf(p), err)
}

// file is a download: never shown in the browser's own page, under a name of ours.
type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Sniff       string `header:"X-Content-Type-Options"`
	Body        []byte
}

func attached(name, media string, body []byte) *file {
	return &file{ContentType: media, Disposition: `attachment; filename="` + name + `"`, Sniff: "nosniff", Body: body}
}

func (s *Server) documentFile(ctx context.Context, in *OfID) (*file, error) {
	p, err := s.cfg.Billing.Paper(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return attached(p.FileName("pdf"), "application/pdf", p.PDF), nil
}

func (s *Server) documentData(ctx context.Context, in *OfID) (*file, error) {
	p, err := s.cfg.Billing.Paper(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return attached(p.FileName("json"), "application/json", []byte(p.Data)), nil
}

func (s *Server) recordsFile(ctx context.Context, in *OfID) (*file, error) {
	p, err := s.cfg.Billing.Paper(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := p.RecordsCSV()
	if err != nil {
		return nil, err
	}
	b := bytes.NewBufferString("\uFEFF")
	w := csv.NewWriter(b)
	w.UseCRLF = true
	err = w.WriteAll(rows)
	return attached(p.FileName("csv"), "text/csv; charset=utf-8", b.Bytes()), err
}

func (s *Server) statementFile(ctx context.Context, in *OfID) (*file, error) {
	name, pdf, err := s.cfg.Billing.ContractFile(ctx, access.Actor(ctx), in.ID, billing.StatementPaper)
	if err != nil {
		return nil, err
	}
	return attached(name, "application/pdf", pdf), nil
}

func (s *Server) noticeFile(ctx context.Context, in *OfID) (*file, error) {
	name, pdf, err := s.cfg.Billing.ContractFile(ctx, access.Actor(ctx), in.ID, billing.NoticePaper)
	if err != nil {
		return nil, err
	}
	return attached(name, "application/pdf", pdf), nil
}

type confirmedAs struct {
	OfID
	Body struct {
		Hash string `json:"hash" doc:"data_hash of the version that was looked at"`
	}
}

func (s *Server) confirmDocument(ctx context.Context, in *confirmedAs) (*out[issued], error) {
	p, err := s.cfg.Billing.ConfirmPaper(ctx, access.Actor(ctx), in.ID, in.Body.Hash, billing.ByAPI)
	return answer(issuedOf(p), err)
}

type objection struct {
	OfID
	Body struct {
		Hash    string `json:"hash" doc:"data_hash of the version that was looked at"`
		Message string `json:"message" doc:"What is wrong"`
	}
}

func (s *Server) objectDocument(ctx context.Context, in *objection) (*out[issued], error) {
	p, err := s.cfg.Billing.ObjectToPaper(ctx, access.Actor(ctx), in.ID, in.Body.Hash, in.Body.Message, billing.ByAPI)
	return answer(issuedOf(p), err)
}

func (s *Server) reissueDocument(ctx context.Context, in *act) (*out[issued], error) {
	p, err := s.cfg.Billing.Reissue(ctx, access.Actor(ctx), in.ID)
	return answer(issuedOf(p), err)
}

// verification is whether something is a document that was issued here. Whoever may not see it learns its number alone.
type verification struct {
	Ours     bool    `json:"ours"`
	Number   string  `json:"number"`
	Document *issued `json:"document,omitempty" doc:"For who may see it"`
}

func verificationOf(v billing.Verification) verification {
	out := verification{Ours: v.Ours, Number: v.Number}
	if v.Paper != nil {
		view := issuedOf(*v.Paper)
		out.Document = &view
	}
	return out
}

type hashAsked struct {
	Body struct {
		Hash string `json:"hash" maxLength:"200" doc:"SHA-256 of the file, or the one that stands on it"`
	}
}

func (s *Server) verifyHash(ctx context.Context, in *hashAsked) (*out[verification], error) {
	v, err := s.cfg.Billing.VerifyHash(ctx, access.Actor(ctx), in.Body.Hash)
	return answer(verificationOf(v), err)
}

type fileAsked struct {
	RawBody []byte `contentType:"application/pdf"`
}

func (s *Server) verifyFile(ctx context.Context, in *fileAsked) (*out[verification], error) {
	v, err := s.cfg.Billing.VerifyFile(ctx, access.Actor(ctx), in.RawBody)
	return answer(verificationOf(v), err)
}
