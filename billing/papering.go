package billing

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/paper"
	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A draft is a document before it has a number.
type draft struct {
	kind         PaperKind
	subject      string
	contract     *uuid.UUID
	person       *uuid.UUID
	counterparty string
	title        string
	day          civil.Date
	amount       int64
	currency     string
	rules        Rules
	confirmDays  int // silence of so many days after the day of issue confirms it; 0: nobody is asked
	content      content
	amountAlone  bool // a version that comes to the same amount stands
}

// issue writes a document, unless its latest version says the same; then that is returned. One that says something else is
// the next version of the same number.
func (s *Service) issue(tx *gorm.DB, company market.Company, d draft) (p Paper, isNew bool, err error) {
	now := s.clock.Now().UTC().Truncate(time.Millisecond)
	today := company.Today(now)
	last, err := holdSeries(tx, company.ID, d.kind, today.Year)
	if err != nil {
		return p, false, err
	}
	body, err := json.Marshal(d.content)
	if err != nil {
		return p, false, err
	}
	before, err := latestOf(tx, company.ID, d.kind, d.subject)
	if err != nil {
		return p, false, err
	}
	if before.Version > 0 && (before.says(body) || d.amountAlone && before.Amount == d.amount) {
		return before, false, nil
	}
	p = Paper{ID: newID(), CompanyID: company.ID, Kind: d.kind, Year: today.Year, Serial: last + 1, Version: 1, Subject: d.subject,
		ContractID: d.contract, PersonID: d.person, Counterparty: d.counterparty, Title: d.title, Day: d.day, Amount: d.amount, Currency: d.currency,
		Language: company.Language, RulesVersion: d.rules.Version(), IssuedOn: today, IssuedAt: now, Latest: true}
	if d.confirmDays > 0 {
		by := today.AddDays(d.confirmDays + 1).In(company.Zone()).UTC() // the whole of the last day is theirs
		p.ConfirmBy = &by
	}
	if before.Version > 0 {
		p.Year, p.Serial, p.Version = before.Year, before.Serial, before.Version+1
	}
	if err := p.write(body, before, d.content, s.cfg.BaseURL); err != nil {
		return p, false, err
	}
	if err := tx.Create(&p).Error; err != nil {
		return p, false, err
	}
	if p.Version == 1 {
		err = tx.Exec("UPDATE document_series SET last = ? WHERE company_id = ? AND kind = ? AND year = ?", p.Serial, p.CompanyID, p.Kind, p.Year).Error
	}
	if err != nil {
		return p, false, err
	}
	return p, true, market.Audit(tx, market.Actor{}, company.ID, "document.issue", "document:"+p.ID.String(),
		map[string]any{"number": p.Number(), "version": p.Version, "hash": p.DataHash})
}

// holdSeries holds the counter of a kind and year until the transaction ends, so that numbers have no gaps and no doubles
// and nothing is issued twice, and returns the last number given.
func holdSeries(tx *gorm.DB, company uuid.UUID, kind PaperKind, year int) (last int, err error) {
	if err := tx.Exec("INSERT INTO document_series (company_id, kind, year) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", company, kind, year).Error; err != nil {
		return 0, err
	}
	return last, tx.Raw("SELECT last FROM document_series WHERE company_id = ? AND kind = ? AND year = ? FOR UPDATE", company, kind, year).Scan(&last).Error
}

// latestOf is the version in force of what was issued about a subject; one without a version where nothing was.
func latestOf(tx *gorm.DB, company uuid.UUID, kind PaperKind, subject string) (Paper, error) {
	var list []Paper
	err := tx.Where("company_id = ? AND kind = ? AND subject = ?", company, kind, subject).Order("version DESC").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return Paper{}, err
	}
	list[0].Latest = true
	return list[0], nil
}

// says reports whether the document has this content.
func (p Paper) says(body []byte) bool {
	var d paperData
	return json.Unmarshal([]byte(p.Data), &d) == nil && bytes.Equal(d.Content, body)
}

// write fixes data and file with their hashes.
func (p *Paper) write(body []byte, before Paper, c content, baseURL string) error {
	d := paperData{Schema: 1, Kind: p.Kind, Number: p.Number(), Version: p.Version, IssuedOn: p.IssuedOn, Language: p.Language, RulesVersion: p.RulesVersion, Content: body}
	if before.Version > 0 {
		d.Replaces = &replaced{before.Version, before.IssuedOn, before.DataHash}
	}
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	p.Data, p.DataHash = string(data), hashOf(data)
	if p.PDF, err = paper.Draw(p.sheet(d, c, baseURL)); err != nil {
		return err
	}
	p.PDFHash = hashOf(p.PDF)
	return nil
}

// sheet is the document as it stands on paper, with what every kind has.
func (p Paper) sheet(d paperData, c content, baseURL string) paper.Document {
	l := wording{problem.Language(p.Language)}
	sheet := c.sheet(l)
	sheet.Language, sheet.Author, sheet.Created = p.Language, sheet.From.Name, p.IssuedAt
	sheet.Meta = append([]paper.Fact{{Label: l.say("Number", "番号"), Value: d.Number}, {Label: l.say("Issued", "発行日"), Value: l.day(d.IssuedOn)}}, sheet.Meta...)
	version := ""
	if d.Replaces != nil {
		version = l.say("version ", "第") + strconv.Itoa(d.Version) + l.say("", "版")
		sheet.Meta = append(sheet.Meta, paper.Fact{Label: l.say("Version", "版"), Value: version})
		sheet.Remark = l.say("Corrected: this replaces version "+strconv.Itoa(d.Replaces.Version)+" of "+l.day(d.Replaces.IssuedOn)+".",
			"訂正：本書は第"+strconv.Itoa(d.Replaces.Version)+"版（"+l.day(d.Replaces.IssuedOn)+"発行）に替わるものです。")
		version = " · " + version
	}
	sheet.Footer = []string{d.Number + version + l.say(" · Verify at ", " · 真正性の確認 ") + baseURL + "/verify", "SHA-256 " + p.DataHash}
	return sheet
}

// A PaperJob issues the documents that an event calls for: the notice of a contract, or statement and receipt of a milestone.
type PaperJob struct {
	Contract  uuid.UUID `json:"contract,omitzero"`
	Milestone uuid.UUID `json:"milestone,omitzero"`
}

// Kind is the job's name in the queue.
func (PaperJob) Kind() string { return "billing.paper" }

// WorkPapers does the job; done again it changes nothing.
func (s *Service) WorkPapers(ctx context.Context, j PaperJob) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if j.Contract != uuid.Nil {
			return s.issueNotices(tx, j.Contract)
		}
		return s.issueForMilestone(tx, j.Milestone)
	})
}

// issueForMilestone issues what an accepted milestone calls for.
func (s *Service) issueForMilestone(tx *gorm.DB, id uuid.UUID) error {
	c, m, err := lockMilestone(tx, id)
	if err != nil || m.AcceptedAt == nil {
		return err
	}
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	rules, err := rulesAt(tx, c.CompanyID, m.RulesVersion)
	if err != nil {
		return err
	}
	statement, err := s.draftStatement(tx, company, c, m, rules)
	if err != nil {
		return err
	}
	p, isNew, err := s.issue(tx, company, statement)
	if err != nil {
		return err
	}
	if isNew {
		if err := s.tellStatement(tx, c, m, p); err != nil {
			return err
		}
	}
	if m.PlatformFee == 0 || m.Rail.PaysLater() && m.PaidIn == 0 { // a receipt is for what was received
		return nil
	}
	_, _, err = s.issue(tx, company, s.draftReceipt(company, c, m, rules))
	return err
}

// tellStatement sends the supplier to the statement, which asks there whether it is right.
func (s *Service) tellStatement(tx *gorm.DB, c Contract, m Milestone, p Paper) error {
	zone, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	return jobs.Enqueue(tx, market.Letter{Letter: market.LetterStatement, PersonID: c.PersonID, CompanyID: c.CompanyID, Path: "/documents/" + p.ID.String(),
		Facts: map[string]any{"title": m.Title, "contract": c.Label(), "number": p.Number(), "amount": market.Money{Amount: p.Amount, Currency: p.Currency}.String(),
			"date": civil.DateOf(p.ConfirmBy.In(zone.Zone())).AddDays(-1).String(), "again": p.Version > 1}})
}
