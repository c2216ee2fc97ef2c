package billing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/paper"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A PaperFilter narrows a company's documents; zero fields do not. Day, amount and counterparty combine as they like, as
// the law on electronic books asks (電子帳簿保存法施行規則).
type PaperFilter struct {
	Kind         PaperKind
	From, To     *civil.Date // of the day that a document records
	Min, Max     *int64      // minor units
	Counterparty string      // a part of the name
	Versions     bool        // replaced versions as well
	Before       uuid.UUID   // the cursor: documents older than this one
	Limit        int         // at most 100; 0 means 20
}

// listedPapers reads documents without data and file.
const listedPapers = `SELECT d.id, d.company_id, d.kind, d.year, d.serial, d.version, d.subject, d.contract_id, d.person_id, d.counterparty, d.title, d.day, d.amount,
		d.currency, d.language, d.rules_version, d.confirm_by, d.issued_on, d.issued_at, d.data_hash, d.pdf_hash, co.name AS company,
		EXISTS (SELECT 1 FROM kept_payees k WHERE k.person_id = d.person_id) AS kept,
		NOT EXISTS (SELECT 1 FROM issued_documents n WHERE n.company_id = d.company_id AND n.kind = d.kind AND n.subject = d.subject AND n.version > d.version) AS latest,
		coalesce((SELECT a.answer FROM document_answers a WHERE a.document_id = d.id ORDER BY a.id DESC LIMIT 1), '') AS answer
	FROM issued_documents d JOIN companies co ON co.id = d.company_id`

// Papers finds a company's documents, newest first.
func (s *Service) Papers(ctx context.Context, who market.Actor, company uuid.UUID, f PaperFilter) ([]Paper, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	where, args := []string{"d.company_id = ?"}, []any{company}
	add := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	if f.Kind != "" {
		add("d.kind = ?", f.Kind)
	}
	if f.From != nil {
		add("d.day >= ?", f.From.String())
	}
	if f.To != nil {
		add("d.day <= ?", f.To.String())
	}
	if f.Min != nil {
		add("d.amount >= ?", *f.Min)
	}
	if f.Max != nil {
		add("d.amount <= ?", *f.Max)
	}
	if name := strings.TrimSpace(f.Counterparty); name != "" {
		add("strpos(lower(replace(replace(d.counterparty, ' ', ''), '　', '')), lower(?)) > 0", strings.Join(strings.Fields(name), ""))
	}
	if f.Before != uuid.Nil {
		add("d.id < ?", f.Before)
	}
	query := listedPapers + " WHERE " + strings.Join(where, " AND ")
	if !f.Versions {
		query = "SELECT * FROM (" + query + ") d WHERE d.latest"
	}
	var list []Paper
	return list, s.db.Gorm(ctx).Raw(query+" ORDER BY d.id DESC LIMIT ?", append(args, market.Page(f.Limit))...).Scan(&list).Error
}

// MyPapers lists the actor's own documents of all companies, newest first, versions in force alone.
func (s *Service) MyPapers(ctx context.Context, who market.Actor, before uuid.UUID, limit int) ([]Paper, error) {
	query, args := listedPapers+" WHERE d.person_id = ? AND d.kind IN ?", []any{who.PersonID, suppliers}
	if before != uuid.Nil {
		query, args = query+" AND d.id < ?", append(args, before)
	}
	var list []Paper
	return list, s.db.Gorm(ctx).Raw("SELECT * FROM ("+query+") d WHERE d.latest ORDER BY d.id DESC LIMIT ?", append(args, market.Page(limit))...).Scan(&list).Error
}

// ContractPapers lists what was issued about a contract that the actor may see, newest first.
func (s *Service) ContractPapers(ctx context.Context, who market.Actor, contract uuid.UUID) ([]Paper, error) {
	if _, err := s.visibleContract(ctx, who, contract); err != nil {
		return nil, err
	}
	var list []Paper
	return list, s.db.Gorm(ctx).Raw("SELECT * FROM ("+listedPapers+" WHERE d.contract_id = ? AND d.kind IN ?) d WHERE d.latest ORDER BY d.kind DESC, d.id DESC LIMIT 100",
		contract, onContract).Scan(&list).Error
}

// visibleContract reads the head of one contract that the actor may see. Finance may see what a law has kept, and is seen at it.
func (s *Service) visibleContract(ctx context.Context, who market.Actor, id uuid.UUID) (Contract, error) {
	g := s.db.Gorm(ctx)
	var c Contract
	if err := one(who.ReadableContracts(g.Where("contracts.id = ?", id)).Take(&c)); err != nil {
		return Contract{}, err
	}
	if c.Kept {
		return c, market.NoteLook(g, who, c.CompanyID, "contract:"+c.ID.String())
	}
	return c, nil
}

// Paper reads one document that the actor may see, with its data, its file and every answer. Finance sees all of the
// company's, who sees the contract sees what was issued about it, and a supplier their own. Of somebody who was forgotten finance
// alone sees what a law has kept.
func (s *Service) Paper(ctx context.Context, who market.Actor, id uuid.UUID) (Paper, error) {
	g := s.db.Gorm(ctx)
	p, err := visiblePaper(g, who, id)
	if err != nil {
		return p, err
	}
	var whole Paper
	if err := g.Select("data", "pdf").Where("id = ?", id).Take(&whole).Error; err != nil {
		return p, err
	}
	p.Data, p.PDF = whole.Data, whole.PDF
	if p.Kept {
		if err := market.NoteLook(g, who, p.CompanyID, "document:"+p.ID.String()); err != nil {
			return Paper{}, err
		}
	}
	return p, g.Where("document_id = ?", id).Order("id").Find(&p.Evidence).Error
}

func visiblePaper(g *gorm.DB, who market.Actor, id uuid.UUID) (Paper, error) {
	var list []Paper
	if err := g.Raw(listedPapers+" WHERE d.id = ?", id).Scan(&list).Error; err != nil {
		return Paper{}, err
	}
	if len(list) == 0 || !list[0].visibleTo(who) {
		return Paper{}, market.ErrNotFound
	}
	return list[0], nil
}

func (p Paper) visibleTo(who market.Actor) bool {
	switch {
	case who.May(market.SeeMoney, p.CompanyID) == nil:
		return true
	case !p.Kept && slices.Contains(onContract, p.Kind) && who.May(market.SeeContracts, p.CompanyID) == nil:
		return true
	}
	return who.Self() != uuid.Nil && p.PersonID != nil && *p.PersonID == who.Self() && slices.Contains(suppliers, p.Kind)
}

// ContractFile is what was issued of a kind about a contract, as one file: the very file where there is one document, all of
// them one after another where a contract has several statements. What has not been issued yet, is.
func (s *Service) ContractFile(ctx context.Context, who market.Actor, contract uuid.UUID, kind PaperKind) (name string, pdf []byte, err error) {
	c, err := s.visibleContract(ctx, who, contract)
	if err != nil {
		return "", nil, err
	}
	if err := s.ensurePapers(ctx, c); err != nil {
		return "", nil, err
	}
	var list []Paper
	err = s.db.Gorm(ctx).Raw("SELECT * FROM (SELECT d.*, NOT EXISTS (SELECT 1 FROM issued_documents n WHERE n.company_id = d.company_id AND n.kind = d.kind AND n.subject = d.subject AND n.version > d.version) AS latest"+
		" FROM issued_documents d WHERE d.contract_id = ? AND d.kind = ?) d WHERE d.latest ORDER BY d.year, d.serial", c.ID, kind).Scan(&list).Error
	switch {
	case err != nil:
		return "", nil, err
	case len(list) == 0:
		return "", nil, ErrNotIssuedYet
	case len(list) == 1:
		return list[0].FileName("pdf"), list[0].PDF, nil
	}
	var sheets []paper.Document
	for _, p := range list {
		sheet, err := p.redrawn(s.cfg.BaseURL)
		if err != nil {
			return "", nil, err
		}
		sheets = append(sheets, sheet)
	}
	pdf, err = paper.Draw(sheets...)
	return fmt.Sprintf("%s-%s.pdf", c.Label(), series[kind]), pdf, err
}

// ensurePapers issues what the jobs have not come to yet.
func (s *Service) ensurePapers(ctx context.Context, c Contract) error {
	var missing []uuid.UUID
	err := s.db.Gorm(ctx).Raw(`SELECT m.id FROM milestones m WHERE m.contract_id = ? AND m.accepted_at IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM issued_documents d WHERE d.company_id = m.company_id AND d.kind = 'statement' AND d.subject = 'milestone:' || m.id) ORDER BY m.position`, c.ID).Scan(&missing).Error
	if err != nil {
		return err
	}
	for _, m := range missing {
		if err := s.WorkPapers(ctx, PaperJob{Milestone: m}); err != nil {
			return err
		}
	}
	return s.WorkPapers(ctx, PaperJob{Contract: c.ID})
}

// redrawn is a document's paper, made of its stored data.
func (p Paper) redrawn(baseURL string) (paper.Document, error) {
	d, c, err := p.content()
	if err != nil {
		return paper.Document{}, err
	}
	return p.sheet(d, c, baseURL), nil
}

// content reads the stored data.
func (p Paper) content() (paperData, content, error) {
	var d paperData
	if err := json.Unmarshal([]byte(p.Data), &d); err != nil {
		return d, nil, err
	}
	switch p.Kind {
	case NoticePaper:
		return read[NoticeSheet](d)
	case StatementPaper:
		return read[Statement](d)
	case MonthlyPaper:
		return read[Monthly](d)
	case ReceiptPaper:
		return read[FeeReceipt](d)
	case RecordsPaper:
		return read[Records](d)
	case WithholdingPaper:
		return read[Withholding](d)
	}
	return d, nil, fmt.Errorf("billing: no document of kind %q", p.Kind)
}

func read[C content](d paperData) (paperData, content, error) {
	var c C
	err := json.Unmarshal(d.Content, &c)
	return d, c, err
}

// RecordsCSV is the rows of a year's payment records, for a spreadsheet.
func (p Paper) RecordsCSV() ([][]string, error) {
	_, c, err := p.content()
	if err != nil {
		return nil, err
	}
	recs, is := c.(Records)
	if !is {
		return nil, market.ErrNotFound
	}
	return recs.CSV(problem.Language(p.Language)), nil
}

// A Verification says whether something is a document of ours. Paper is there for who may see it.
type Verification struct {
	Ours   bool
	Number string
	Paper  *Paper
}

// VerifyHash looks for the document with a hash: of its file, or of its data, which stands on the paper.
func (s *Service) VerifyHash(ctx context.Context, who market.Actor, hash string) (Verification, error) {
	hash = strings.ToLower(strings.Join(strings.Fields(hash), ""))
	var list []Paper
	err := s.db.Gorm(ctx).Raw("SELECT * FROM ("+listedPapers+" WHERE d.pdf_hash = @h UNION "+listedPapers+" WHERE d.data_hash = @h) d LIMIT 1", map[string]any{"h": hash}).Scan(&list).Error
	if err != nil || len(list) == 0 {
		return Verification{}, err
	}
	v := Verification{Ours: true, Number: list[0].Number()}
	if list[0].visibleTo(who) {
		v.Paper = &list[0]
	}
	return v, nil
}

// VerifyFile looks for the document that a file is, to the last byte.
func (s *Service) VerifyFile(ctx context.Context, who market.Actor, file []byte) (Verification, error) {
	return s.VerifyHash(ctx, who, hashOf(file))
}

// Reissue makes a document anew from what is known today. Where that says something else it is the next version of the
// same number; otherwise the one in force stands. A notice follows its contract alone.
func (s *Service) Reissue(ctx context.Context, who market.Actor, id uuid.UUID) (Paper, error) {
	var now Paper
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, err := visiblePaper(tx, who, id)
		if err != nil {
			return err
		}
		if err := who.May(market.SettleMoney, p.CompanyID); err != nil {
			return err
		}
		if err := s.again(tx, p); err != nil {
			return err
		}
		now, err = latestOf(tx, p.CompanyID, p.Kind, p.Subject)
		return err
	})
	if err != nil {
		return Paper{}, err
	}
	return s.Paper(ctx, who, now.ID)
}

func (s *Service) again(tx *gorm.DB, p Paper) error {
	if p.Kind == NoticePaper {
		return s.issueNotices(tx, *p.ContractID)
	}
	if p.Kind == StatementPaper || p.Kind == ReceiptPaper {
		id, err := uuid.Parse(strings.TrimPrefix(p.Subject, "milestone:"))
		if err != nil {
			return err
		}
		return s.issueForMilestone(tx, id)
	}
	company, err := market.CompanyByID(tx, p.CompanyID)
	if err != nil {
		return err
	}
	name := p.Subject[strings.LastIndex(p.Subject, ":")+1:]
	in, _ := periodNamed(name)
	_, err = s.issuePeriod(tx, company, p.Kind, name, in, true)
	return err
}

// IssuePeriod issues what a company's month or year that is over calls for, by name: 2026-11 or 2026. It returns the
// documents in force; ErrPeriodNotOver for another name.
func (s *Service) IssuePeriod(ctx context.Context, who market.Actor, company uuid.UUID, kind PaperKind, name string) ([]Paper, error) {
	if err := who.May(market.SettleMoney, company); err != nil {
		return nil, err
	}
	in, known := periodNamed(name)
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := market.CompanyByID(tx, company)
		if err != nil {
			return err
		}
		if !known || !in.to.Before(c.Today(s.clock.Now())) || (kind == RecordsPaper) != (len(name) == 4) {
			return ErrPeriodNotOver.On("period")
		}
		_, err = s.issuePeriod(tx, c, kind, name, in, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.Papers(ctx, who, company, PaperFilter{Kind: kind, From: &in.to, To: &in.to, Limit: 100})
}
