package billing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing/zengin"
	"homecoming/internal/problem"
	"homecoming/market"
)

// StatementState is where a bank statement stands.
type StatementState string

// The states of a bank statement.
const (
	StatementUploaded  StatementState = "uploaded"  // looked at, nothing counts yet
	StatementImported  StatementState = "imported"  // its lines count
	StatementDiscarded StatementState = "discarded" // taken back, with the lines that it brought
)

// statementMachine is the life of a bank statement.
var statementMachine = Machine[StatementState, BankStatement]{
	Noun:  "bank statement",
	Start: StatementUploaded,
	Moves: []Move[StatementState, BankStatement]{
		{StatementUploaded, doImport, StatementImported, TheCompany, nil},
		{StatementUploaded, doDiscard, StatementDiscarded, TheCompany, nil},
		{StatementImported, doDiscard, StatementDiscarded, TheCompany, nil}, // while nothing was matched
	},
	Stands: map[StatementState]Stand{
		StatementUploaded:  {Owner: TheCompany},
		StatementImported:  {},
		StatementDiscarded: {},
	},
}

const (
	doImport  = "import"
	doDiscard = "discard"
)

// Formats of bank statements.
const (
	FormatCSV    = "csv"
	FormatZengin = "zengin" // 入出金取引明細
)

// A BankStatement is a file as it came from a company's bank, kept as evidence.
type BankStatement struct {
	ID         uuid.UUID
	CompanyID  uuid.UUID
	AccountID  uuid.UUID
	FileName   string
	Format     string
	Encoding   string
	Hash       string            // SHA-256 of the file
	Content    []byte            `json:"-"`               // read only where it is needed
	Mapping    *StatementMapping `gorm:"serializer:json"` // of a CSV; nil: nobody knows yet
	State      StatementState
	UploadedBy uuid.UUID
	UploadedAt time.Time
	ImportedBy *uuid.UUID
	ImportedAt *time.Time
	FromOn     *civil.Date    `gorm:"type:date"` // the first and last day of its lines
	ToOn       *civil.Date    `gorm:"type:date"`
	Lines      int            // read
	Fresh      int            // of them, those that no earlier statement had
	Faulty     int            // rows that could not be read
	Faults     StatementFault `gorm:"serializer:json"` // the first of them
}

// Known is how many of its lines an earlier statement had already.
func (b BankStatement) Known() int { return b.Lines - b.Fresh }

// StatementFault lists rows that could not be read, as the import's report has them.
type StatementFault []market.RowFault

// A BankLine is one movement on a company's account, as its bank says. What it was matched to is ours to say.
type BankLine struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	AccountID   uuid.UUID
	StatementID uuid.UUID  // the first that had it
	Row         int        // there
	BookedOn    civil.Date `gorm:"type:date"`
	Amount      int64      // minor units; positive in, negative out
	Currency    string
	Balance     *int64 // after it; nil: the bank does not say
	Name        string // of who paid or was paid
	Description string
	Reference   string
	Fingerprint string
	MatchedKind MatchKind  // empty: to nothing yet
	MatchedTo   *uuid.UUID // by MatchedKind
	EntryID     *uuid.UUID // the ledger's entry, where it is one
	MatchedBy   *uuid.UUID // nil where a rule did
	MatchedAt   *time.Time
}

// A MatchKind is what a bank line was matched to.
type MatchKind string

// A sighting is what makes two rows the same movement: what the bank says of it. Balances and the bank's own running
// numbers are left out, because not every download has them.
func (r StatementRow) sighting(account uuid.UUID) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join([]string{account.String(), r.BookedOn.String(), strconv.FormatInt(r.Amount, 10), r.Name, r.Description, r.Reference}, "\x1f")))
}

// fingerprints gives each row of a statement its fingerprint: rows that say the same are told apart by being the first,
// the second … of their day, so that an overlapping file brings them again under the same names.
type fingerprints struct {
	account uuid.UUID
	seen    map[[sha256.Size]byte]int
}

func (f fingerprints) of(r StatementRow) string {
	said := r.sighting(f.account)
	f.seen[said]++
	return hex.EncodeToString(said[:]) + "-" + strconv.Itoa(f.seen[said])
}

// maxStatement is the largest statement that is read, in bytes.
const maxStatement = 10 << 20

// What can be wrong with a statement as a whole.
var (
	ErrStatementEmpty = problem.Define(problem.Invalid, "statement_empty",
		"There are no movements in this file.", "このファイルには入出金の明細がありません。")
	ErrStatementUsed = problem.Define(problem.Conflict, "statement_used",
		"Lines of this statement were matched already. Undo that first.", "この明細の一部は消込済みです。先に消込を取り消してください。")
	ErrOtherAccount = problem.Define(problem.Invalid, "statement_of_another_account",
		"This statement is of account {branch}-{number}, and not of the one you chose.", "この明細は口座{branch}-{number}のもので、選択した口座と異なります。")
)

// recognise looks at a file: which format, in which letters, and for a CSV which column says what, as far as it can be
// told. remembered is the account's mapping.
func recognise(file []byte, remembered *StatementMapping) (format, encoding string, m *StatementMapping, err error) {
	switch {
	case len(file) > maxStatement:
		return "", "", nil, market.ErrFileTooLarge.With("max", maxStatement>>20)
	case len(bytes.TrimSpace(file)) == 0:
		return "", "", nil, ErrStatementEmpty
	case zengin.IsStatement(file):
		return FormatZengin, encodingJIS, nil, nil
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0")):
		return "", "", nil, market.ErrFileKind.With("kind", "Excel")
	case bytes.HasPrefix(file, []byte("%PDF")):
		return "", "", nil, market.ErrFileKind.With("kind", "PDF")
	}
	if encoding, err = encodingOf(file); err != nil {
		return "", "", nil, err
	}
	if remembered != nil {
		if _, _, err := openCSV(decodedFrom(file, encoding), remembered); err == nil {
			return FormatCSV, encoding, remembered, nil
		}
	}
	if _, headings, err := openCSV(decodedFrom(file, encoding), nil); err == nil {
		guess := guessMapping(headings)
		m = &guess
	}
	return FormatCSV, encoding, m, nil
}

// Headings are the columns of a CSV statement, to choose from.
func (b BankStatement) Headings() []string {
	if b.Format != FormatCSV {
		return nil
	}
	if _, headings, err := openCSV(decodedFrom(b.Content, b.Encoding), b.Mapping); err == nil {
		return headings
	}
	return firstWideRow(decodedFrom(b.Content, b.Encoding))
}

// rows reads the statement's file. near is a day about when it was made.
func (b BankStatement) rows(a BankAccount, near civil.Date) iter.Seq2[StatementRow, error] {
	if b.Format == FormatCSV {
		var m StatementMapping
		if b.Mapping != nil {
			m = *b.Mapping
		}
		return csvRows(b.Content, b.Encoding, a.Currency, m)
	}
	return func(yield func(StatementRow, error) bool) {
		for m, err := range zengin.Movements(bytes.NewReader(b.Content), near) {
			row := StatementRow{Row: m.Record, BookedOn: m.BookedOn, Amount: m.Amount, Balance: &m.Balance, Name: m.Name, Description: m.Description, Reference: m.Reference}
			if err == nil && !a.is(m.Account) {
				err = ErrOtherAccount.With("branch", m.Account.Branch).With("number", m.Account.Number)
			}
			if err == nil && m.Amount == 0 {
				err = ErrStatementNothing
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// is reports whether a statement's header names this account.
func (a BankAccount) is(z zengin.Account) bool {
	return a.Bank == z.Bank && a.Branch == z.Branch && a.Number == z.Number
}

// Limits of what is kept and shown of a file.
const (
	keptFaults  = 100
	previewRows = 10
)

// A StatementPreview is what a file would bring.
type StatementPreview struct {
	Rows   []StatementRow // the first few
	Lines  int
	Faulty int
	Faults []market.RowFault // the first of them
	From   civil.Date
	To     civil.Date
	In     int64 // minor units: all that came in, and went out
	Out    int64
}

// preview reads the whole file and keeps little of it.
func (b BankStatement) preview(a BankAccount, near civil.Date) StatementPreview {
	var p StatementPreview
	for row, err := range b.rows(a, near) {
		if err != nil {
			p.fault(row, err)
			continue
		}
		p.take(row)
	}
	return p
}

func (p *StatementPreview) take(row StatementRow) {
	if len(p.Rows) < previewRows {
		p.Rows = append(p.Rows, row)
	}
	p.Lines++
	p.In, p.Out = p.In+max(row.Amount, 0), p.Out+max(-row.Amount, 0)
	if p.From.IsZero() || row.BookedOn.Before(p.From) {
		p.From = row.BookedOn
	}
	if p.To.IsZero() || row.BookedOn.After(p.To) {
		p.To = row.BookedOn
	}
}

func (p *StatementPreview) fault(row StatementRow, err error) {
	p.Faulty++
	var e *problem.Error
	if len(p.Faults) < keptFaults && errors.As(err, &e) {
		p.Faults = append(p.Faults, market.RowFault{Line: row.Row, Column: e.Field, Code: e.Code, EN: e.In(problem.English), JA: e.In(problem.Japanese)})
	}
}

// Preview reads what the statement would bring with the mapping that it has.
func (b BankStatement) Preview(a BankAccount) StatementPreview {
	return b.preview(a, civil.DateOf(b.UploadedAt))
}
