package billing

import (
	"context"
	"path"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// UploadStatement takes a file from the bank and says what it would bring; nothing counts until it is imported. The same
// file again is the same statement. A CSV's mapping is the account's remembered one where its columns are there, or
// else a guess.
func (s *Service) UploadStatement(ctx context.Context, who market.Actor, account uuid.UUID, fileName string, file []byte) (BankStatement, error) {
	a, err := bankAccount(s.db.Gorm(ctx), who, account, market.SettleMoney)
	if err != nil {
		return BankStatement{}, err
	}
	format, encoding, mapping, err := recognise(file, a.Mapping)
	if err != nil {
		return BankStatement{}, err
	}
	b := BankStatement{ID: newID(), CompanyID: a.CompanyID, AccountID: a.ID, FileName: shortName(fileName), Format: format, Encoding: encoding, Hash: hashOf(file),
		Content: file, Mapping: mapping, State: statementMachine.Start, UploadedBy: who.PersonID, UploadedAt: s.clock.Now(), Faults: StatementFault{}}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Clauses(hold).Where("id = ?", a.ID).Take(&a).Error; err != nil { // two uploads of one file take turns
			return err
		}
		if a.ClosedAt != nil {
			return ErrBankAccountClosed
		}
		var there []BankStatement
		err := tx.Where("account_id = ? AND hash = ? AND state <> ?", a.ID, b.Hash, StatementDiscarded).Find(&there).Error
		if err != nil || len(there) > 0 {
			b = append(there, b)[0]
			return err
		}
		if err := tx.Create(&b).Error; err != nil {
			return err
		}
		return market.Audit(tx, who, a.CompanyID, "bank_statement.upload", "bank_statement:"+b.ID.String(), map[string]any{"account": a.ID, "hash": b.Hash, "format": format})
	})
	return b, err
}

// shortName is a file's name without where it lay.
func shortName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	if r := []rune(name); len(r) > maxBankName {
		name = string(r[len(r)-maxBankName:])
	}
	if name == "." || name == "/" {
		return ""
	}
	return name
}

// ImportStatement takes the lines of an uploaded file in, once each: those that an earlier statement of the account had
// are left as they are. Rows that cannot be read are reported, the others go in. mapping is nil for the one that the
// upload proposed; the account remembers it. Importing an imported statement again changes nothing.
func (s *Service) ImportStatement(ctx context.Context, who market.Actor, id uuid.UUID, mapping *StatementMapping) (BankStatement, error) {
	var b BankStatement
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		var a BankAccount
		if a, b, err = lockStatement(tx, who, id); err != nil || b.State == StatementImported {
			return err
		}
		if b.State, err = statementMachine.Next(b.State, doImport, TheCompany, b); err != nil {
			return err
		}
		if mapping != nil && b.Format == FormatCSV {
			b.Mapping = mapping
		}
		if err := b.mapped(); err != nil {
			return err
		}
		company, err := market.CompanyByID(tx, b.CompanyID)
		if err != nil {
			return err
		}
		if err := s.takeLines(tx, a, &b, company.Today(b.UploadedAt)); err != nil {
			return err
		}
		now := s.clock.Now()
		b.ImportedBy, b.ImportedAt = &who.PersonID, &now
		if err := tx.Omit("content").Save(&b).Error; err != nil {
			return err
		}
		if b.Format == FormatCSV {
			a.Mapping = b.Mapping
			if err := tx.Save(&a).Error; err != nil {
				return err
			}
		}
		if err := jobs.Enqueue(tx, MatchJob{Account: a.ID}); err != nil {
			return err
		}
		return market.Audit(tx, who, b.CompanyID, "bank_statement.import", "bank_statement:"+b.ID.String(),
			map[string]any{"lines": b.Lines, "fresh": b.Fresh, "faulty": b.Faulty})
	})
	return b, err
}

// mapped refuses a CSV of which nobody has said which column is what.
func (b BankStatement) mapped() error {
	if b.Format != FormatCSV {
		return nil
	}
	if b.Mapping == nil {
		return ErrMappingIncomplete.On("mapping")
	}
	if _, _, err := openCSV(decodedFrom(b.Content, b.Encoding), b.Mapping); err != nil {
		_, missing := b.Mapping.columns(firstWideRow(decodedFrom(b.Content, b.Encoding)))
		if missing != nil {
			return missing
		}
		return err
	}
	return nil
}

// lockStatement holds the account, then the statement, so that two imports take turns.
func lockStatement(tx *gorm.DB, who market.Actor, id uuid.UUID) (a BankAccount, b BankStatement, err error) {
	if err := one(tx.Select("account_id").Where("id = ?", id).Take(&b)); err != nil {
		return a, b, err
	}
	if a, err = bankAccount(tx.Clauses(hold), who, b.AccountID, market.SettleMoney); err != nil {
		return a, b, err
	}
	b = BankStatement{}
	return a, b, tx.Clauses(hold).Where("id = ?", id).Take(&b).Error
}

// batch is how many lines are written at once.
const batch = 1000

// takeLines writes the statement's lines and counts them.
func (s *Service) takeLines(tx *gorm.DB, a BankAccount, b *BankStatement, near civil.Date) error {
	var p StatementPreview
	names := fingerprints{account: a.ID, seen: map[[32]byte]int{}}
	var waiting []BankLine
	write := func() error {
		n, err := addLines(tx, waiting)
		b.Fresh += n
		waiting = waiting[:0]
		return err
	}
	for row, err := range b.rows(a, near) {
		if err != nil {
			p.fault(row, err)
			continue
		}
		p.take(row)
		waiting = append(waiting, BankLine{ID: newID(), CompanyID: a.CompanyID, AccountID: a.ID, StatementID: b.ID, Row: row.Row, BookedOn: row.BookedOn, Amount: row.Amount,
			Currency: a.Currency, Balance: row.Balance, Name: row.Name, Description: row.Description, Reference: row.Reference, Fingerprint: names.of(row)})
		if len(waiting) == batch {
			if err := write(); err != nil {
				return err
			}
		}
	}
	if err := write(); err != nil {
		return err
	}
	if p.Lines == 0 {
		return ErrStatementEmpty
	}
	b.Lines, b.Faulty, b.Faults, b.FromOn, b.ToOn = p.Lines, p.Faulty, append(StatementFault{}, p.Faults...), &p.From, &p.To
	return nil
}

// addLines writes lines in one statement and says how many were new.
func addLines(tx *gorm.DB, lines []BankLine) (int, error) {
	if len(lines) == 0 {
		return 0, nil
	}
	var ids, days, names, descriptions, references, fingerprints pq.StringArray
	var rows, amounts pq.Int64Array
	var balances []*int64
	for _, l := range lines {
		ids, days, rows, amounts = append(ids, l.ID.String()), append(days, l.BookedOn.String()), append(rows, int64(l.Row)), append(amounts, l.Amount)
		names, descriptions, references = append(names, l.Name), append(descriptions, l.Description), append(references, l.Reference)
		fingerprints, balances = append(fingerprints, l.Fingerprint), append(balances, l.Balance)
	}
	of := lines[0]
	done := tx.Exec(`INSERT INTO bank_lines (id, company_id, account_id, statement_id, row, booked_on, amount, currency, balance, name, description, reference, fingerprint)
		SELECT l.id, ?, ?, ?, l.row, l.booked_on, l.amount, ?, l.balance, l.name, l.description, l.reference, l.fingerprint
		FROM unnest(?::uuid[], ?::int[], ?::date[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[])
			AS l(id, row, booked_on, amount, balance, name, description, reference, fingerprint)
		ON CONFLICT ON CONSTRAINT bank_line_once DO NOTHING`,
		of.CompanyID, of.AccountID, of.StatementID, of.Currency, ids, rows, days, amounts, pq.Array(balances), names, descriptions, references, fingerprints)
	return int(done.RowsAffected), done.Error
}

// DiscardStatement takes a statement back, with the lines that it brought: for a file of the wrong account, or columns
// that were mixed up. It returns ErrStatementUsed once a line was matched.
func (s *Service) DiscardStatement(ctx context.Context, who market.Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		_, b, err := lockStatement(tx, who, id)
		if err != nil {
			return err
		}
		if b.State, err = statementMachine.Next(b.State, doDiscard, TheCompany, b); err != nil {
			return err
		}
		var matched int64
		if err := tx.Model(&BankLine{}).Where("statement_id = ? AND matched_kind <> ''", id).Count(&matched).Error; err != nil {
			return err
		}
		if matched > 0 {
			return ErrStatementUsed
		}
		if err := tx.Where("statement_id = ?", id).Delete(&BankLine{}).Error; err != nil {
			return err
		}
		if err := tx.Omit("content").Save(&b).Error; err != nil {
			return err
		}
		return market.Audit(tx, who, b.CompanyID, "bank_statement.discard", "bank_statement:"+id.String(), map[string]any{"lines": b.Fresh})
	})
}

// BankStatement reads a statement with its file and its account.
func (s *Service) BankStatement(ctx context.Context, who market.Actor, id uuid.UUID) (BankStatement, BankAccount, error) {
	var b BankStatement
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&b)); err != nil {
		return b, BankAccount{}, err
	}
	a, err := bankAccount(s.db.Gorm(ctx), who, b.AccountID, market.SeeMoney)
	return b, a, err
}

// BankStatements lists a company's statements without their files, newest first, those before an id.
func (s *Service) BankStatements(ctx context.Context, who market.Actor, company, before uuid.UUID, limit int) ([]BankStatement, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	q := s.db.Gorm(ctx).Omit("content").Where("company_id = ?", company).Order("id DESC").Limit(limit)
	if before != uuid.Nil {
		q = q.Where("id < ?", before)
	}
	var all []BankStatement
	return all, q.Find(&all).Error
}

// BankLines lists what happened on an account, newest first, those before a line.
func (s *Service) BankLines(ctx context.Context, who market.Actor, account, before uuid.UUID, limit int) ([]BankLine, error) {
	a, err := bankAccount(s.db.Gorm(ctx), who, account, market.SeeMoney)
	if err != nil {
		return nil, err
	}
	q := s.db.Gorm(ctx).Where("account_id = ?", a.ID).Order("booked_on DESC, id DESC").Limit(limit)
	if before != uuid.Nil {
		q = q.Where("(booked_on, id) < (SELECT booked_on, id FROM bank_lines WHERE id = ? AND account_id = ?)", before, a.ID)
	}
	var all []BankLine
	return all, q.Find(&all).Error
}
