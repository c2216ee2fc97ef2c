package market

import (
	"context"
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/cell"
)

// A ConsentCount is how many of a company's people agree to a purpose, for its alumni office.
type ConsentCount struct {
	Purpose   ConsentPurpose
	Agreed    int // by what they said, or by what holds while they say nothing
	Withdrawn int // said no
	Unsaid    int // said nothing yet
	Outdated  int // agreed to a text that says something else by now
}

// ConsentCounts counts them, purpose by purpose, over everybody in the register.
func (s *Service) ConsentCounts(ctx context.Context, who Actor, company uuid.UUID) ([]ConsentCount, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return nil, err
	}
	list := make([]ConsentCount, len(Purposes))
	for i, p := range Purposes {
		err := s.db.Gorm(ctx).Raw(`SELECT count(*) FILTER (WHERE `+agreedTo(p)+`) AS agreed, count(*) FILTER (WHERE NOT (`+agreedTo(p)+`) AND l.choice IS NOT NULL) AS withdrawn,
				count(*) FILTER (WHERE l.choice IS NULL) AS unsaid, count(*) FILTER (WHERE l.choice = 'given' AND l.wording <> @wording) AS outdated
			FROM memberships m LEFT JOIN LATERAL (`+latest+`) l ON true WHERE m.company_id = @company AND NOT m.outside`,
			map[string]any{"company": company, "purpose": p, "wording": p.Wording()}).Scan(&list[i]).Error
		if err != nil {
			return nil, err
		}
		list[i].Purpose = p
	}
	return list, nil
}

// latest is what the person of a membership m said last about @purpose.
const latest = `SELECT x.choice, x.wording, x.how, x.given_at FROM consents x WHERE x.company_id = m.company_id AND x.purpose = @purpose AND x.person_id = m.person_id ORDER BY x.id DESC LIMIT 1`

// consentRow is a line of the file.
type consentRow struct {
	ID                    uuid.UUID
	Email                 string
	FamilyName, GivenName string
	Agreed                bool
	Choice, Wording, How  *string
	GivenAt               *time.Time
}

// ConsentsFile is what writes who agreed to what as CSV, and notes that it was taken out. What is refused is refused before
// anything is written.
func (s *Service) ConsentsFile(ctx context.Context, who Actor, company uuid.UUID) (write func(io.Writer) error, err error) {
	if err := who.May(ManagePeople, company); err != nil {
		return nil, err
	}
	return func(to io.Writer) error { return s.writeConsents(ctx, who, company, to) }, nil
}

func (s *Service) writeConsents(ctx context.Context, who Actor, company uuid.UUID, to io.Writer) error {
	if err := Audit(s.db.Gorm(ctx), who, company, "consent.export", "company:"+company.String(), nil); err != nil {
		return err
	}
	if _, err := io.WriteString(to, "\ufeff"); err != nil { // so that spreadsheets read UTF-8
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write(strings.Split("membership_id,email,name,purpose,agreed,said,wording,how,at", ",")); err != nil {
		return err
	}
	for _, p := range Purposes {
		if err := s.writePurpose(ctx, company, p, w); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func (s *Service) writePurpose(ctx context.Context, company uuid.UUID, p ConsentPurpose, w *csv.Writer) error {
	rows, err := s.db.Gorm(ctx).Raw(`SELECT m.id, m.email, p.family_name, p.given_name, `+agreedTo(p)+` AS agreed, l.choice, l.wording, l.how, l.given_at
		FROM memberships m JOIN people p ON p.id = m.person_id LEFT JOIN LATERAL (`+latest+`) l ON true WHERE m.company_id = @company AND NOT m.outside ORDER BY m.id`,
		map[string]any{"company": company, "purpose": p}).Rows()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r consentRow
		if err := s.db.Gorm(ctx).ScanRows(rows, &r); err != nil {
			return err
		}
		if err := w.Write(r.cells(p)); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r consentRow) cells(p ConsentPurpose) []string {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return cell.Neutral(cell.Clean(*s))
	}
	name, at, agreed := Person{FamilyName: r.FamilyName, GivenName: r.GivenName}.Name(), "", "no"
	if r.GivenAt != nil {
		at = r.GivenAt.UTC().Format(time.RFC3339)
	}
	if r.Agreed {
		agreed = "yes"
	}
	return []string{r.ID.String(), text(&r.Email), text(&name), string(p), agreed, text(r.Choice), text(r.Wording), text(r.How), at}
}
