package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// PartnershipState is how far two companies have come.
type PartnershipState string

// The states of a partnership. Only an agreed one shows anything to anybody.
const (
	PartnershipAsked  PartnershipState = "asked"
	PartnershipAgreed PartnershipState = "agreed"
	PartnershipEnded  PartnershipState = "ended"
)

// A Partnership lets a company's tasks for partners reach another's alumni, and the other way round. This is how one of
// the two sees it.
type Partnership struct {
	ID          uuid.UUID
	State       PartnershipState
	CompanyID   uuid.UUID // the other company
	CompanyName string    // empty until they agree, where we asked
	Ours        bool      // we asked; they have to agree
	AskedAt     time.Time
	AgreedAt    *time.Time
}

// LetterPartner tells administrators that another company asks to be a partner.
const LetterPartner LetterKind = "partner"

// What can be wrong with a partnership.
var (
	ErrOwnCompany     = problem.Define(problem.Invalid, "own_company", "This is your own company's number. Ask the other company's administrator for theirs.", "ご自身の会社の番号です。相手の会社の管理者に番号をお尋ねください。")
	ErrUnknownCompany = problem.Define(problem.Invalid, "unknown_company", "No company has the number “{value}”. Ask its administrator: it stands in their settings.", "番号「{value}」の会社はありません。相手の管理者にお尋ねください（設定画面に表示されています）。")
	ErrAskedTwice     = problem.Define(problem.Conflict, "partnership_exists", "You and this company are partners already, or one of you has asked.", "この会社とはすでに提携済み、または申し込み中です。")
	ErrNotAsked       = problem.Define(problem.Conflict, "partnership_not_asked", "There is nothing to agree to: it is {state}.", "承認できる申し込みがありません（現在：{state}）。")
)

var partnershipWords = map[PartnershipState]problem.Word{PartnershipAsked: {EN: "asked", JA: "申し込み中"},
	PartnershipAgreed: {EN: "agreed", JA: "提携中"}, PartnershipEnded: {EN: "ended", JA: "終了"}}

// In is the state in the reader's language.
func (s PartnershipState) In(lang problem.Language) string { return partnershipWords[s].In(lang) }

// PartnersOf lists the companies that a company has agreed with.
func PartnersOf(g *gorm.DB, company uuid.UUID) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	return ids, g.Raw(`SELECT CASE WHEN asker_id = @c THEN other_id ELSE asker_id END FROM partnerships
		WHERE state = 'agreed' AND (asker_id = @c OR other_id = @c) ORDER BY id`, map[string]any{"c": company}).Scan(&ids).Error
}

// Partnerships lists a company's partners and what was asked, for those who administer it or post tasks.
func (s *Service) Partnerships(ctx context.Context, who Actor, company uuid.UUID) ([]Partnership, error) {
	if err := who.May(PostTasks, company); err != nil {
		return nil, err
	}
	return partnerships(s.db.Gorm(ctx), company, "p.state <> 'ended'", uuid.Nil)
}

func partnerships(g *gorm.DB, company uuid.UUID, where string, id uuid.UUID) ([]Partnership, error) {
	var list []Partnership
	return list, g.Raw(`SELECT p.id, p.state, c.id AS company_id, p.asker_id = @c AS ours, p.asked_at, p.agreed_at,
			CASE WHEN p.asker_id = @c AND p.agreed_at IS NULL THEN '' ELSE c.name END AS company_name
		FROM partnerships p JOIN companies c ON c.id = CASE WHEN p.asker_id = @c THEN p.other_id ELSE p.asker_id END
		WHERE (p.asker_id = @c OR p.other_id = @c) AND `+where+` ORDER BY p.id`, map[string]any{"c": company, "id": id}).Scan(&list).Error
}

// AskPartner proposes a partnership to another company by its number. Its administrators are told by letter; nothing is
// shown to anybody before one of them agrees.
func (s *Service) AskPartner(ctx context.Context, who Actor, company, other uuid.UUID) (Partnership, error) {
	if err := who.May(Administer, company); err != nil {
		return Partnership{}, err
	}
	if company == other {
		return Partnership{}, ErrOwnCompany.On("company_id")
	}
	id := newID()
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := CompanyByID(tx, other); err != nil {
			return ErrUnknownCompany.On("company_id").With("value", other).Because(err)
		}
		err := tx.Exec("INSERT INTO partnerships (id, asker_id, other_id, state, asked_by, asked_at) VALUES (?, ?, ?, 'asked', ?, ?)",
			id, company, other, who.PersonID, s.clock.Now()).Error
		if err != nil {
			return refused(err, map[string]*problem.Error{"partnership_once": ErrAskedTwice.On("company_id")})
		}
		from, err := CompanyByID(tx, company)
		if err != nil {
			return err
		}
		if err := tellAdministrators(tx, other, Letter{Letter: LetterPartner, Path: "/settings", Facts: map[string]any{"from": from.Name}}); err != nil {
			return err
		}
		return Audit(tx, who, company, "partnership.ask", "partnership:"+id.String(), map[string]any{"company": other})
	})
	if err != nil {
		return Partnership{}, err
	}
	return s.partnership(ctx, company, id)
}

// administratorsOf are those who can answer for a company.
func administratorsOf(tx *gorm.DB, company uuid.UUID) ([]uuid.UUID, error) {
	var people []uuid.UUID
	return people, tx.Raw("SELECT person_id FROM role_grants WHERE company_id = ? AND role = 'administrator' AND accepted_at IS NOT NULL ORDER BY person_id", company).Scan(&people).Error
}

// tellAdministrators writes to those who can answer for a company that another one asks.
func tellAdministrators(tx *gorm.DB, company uuid.UUID, l Letter) error {
	people, err := administratorsOf(tx, company)
	for _, p := range people {
		if err == nil {
			l.PersonID, l.CompanyID = p, company
			err = jobs.Enqueue(tx, l)
		}
	}
	return err
}

// AgreePartner says yes for the company that was asked.
func (s *Service) AgreePartner(ctx context.Context, who Actor, company, id uuid.UUID) (Partnership, error) {
	return s.movePartnership(ctx, who, company, id, PartnershipAgreed, func(p Partnership) error {
		if p.State != PartnershipAsked || p.Ours {
			return ErrNotAsked.With("state", p.State)
		}
		return nil
	}, "UPDATE partnerships SET state = 'agreed', agreed_by = ?, agreed_at = ? WHERE id = ?")
}

// EndPartner ends a partnership for both sides, or takes back or refuses what was asked. Work under way goes on.
func (s *Service) EndPartner(ctx context.Context, who Actor, company, id uuid.UUID) (Partnership, error) {
	return s.movePartnership(ctx, who, company, id, PartnershipEnded, func(p Partnership) error {
		if p.State == PartnershipEnded {
			return ErrNotAsked.With("state", p.State)
		}
		return nil
	}, "UPDATE partnerships SET state = 'ended', ended_by = ?, ended_at = ? WHERE id = ?")
}

// movePartnership locks it, asks the rule and writes. Both companies keep an audit row. No ranking has to be told: whom
// a task reaches is asked anew each time.
func (s *Service) movePartnership(ctx context.Context, who Actor, company, id uuid.UUID, to PartnershipState, rule func(Partnership) error, update string) (Partnership, error) {
	if err := who.May(Administer, company); err != nil {
		return Partnership{}, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT FROM partnerships WHERE id = ? FOR NO KEY UPDATE", id).Error; err != nil {
			return err
		}
		list, err := partnerships(tx, company, "p.id = @id", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		if err := rule(list[0]); err != nil {
			return err
		}
		if err := tx.Exec(update, who.PersonID, s.clock.Now(), id).Error; err != nil {
			return err
		}
		for _, side := range []uuid.UUID{company, list[0].CompanyID} {
			if err := Audit(tx, who, side, "partnership."+string(to), "partnership:"+id.String(), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Partnership{}, err
	}
	return s.partnership(ctx, company, id)
}

func (s *Service) partnership(ctx context.Context, company, id uuid.UUID) (Partnership, error) {
	list, err := partnerships(s.db.Gorm(ctx), company, "p.id = @id", id)
	if err != nil || len(list) == 0 {
		return Partnership{}, err
	}
	return list[0], nil
}
