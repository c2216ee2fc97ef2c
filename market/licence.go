package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Licence is what reserved work needs by law (税理士, 弁護士, 社会保険労務士, …), as a bidder states it: the registration
// number, and the body that keeps the register. It is the company's person who looks it up and confirms it; the program
// knows no register.
type Licence struct {
	Licence     string     `json:"licence"` // the skill's Reserved: 税理士
	Number      string     `json:"number"`
	Body        string     `json:"body"`
	ConfirmedAt *time.Time `json:"confirmed_at"`
	ConfirmedBy *uuid.UUID `json:"-"`
}

// What can be wrong with a licence. (Tax accountant act art. 52, attorney act art. 72, labour and social security attorney
// act art. 27, and the like: see the compliance notes.)
var (
	ErrLicenceNeeded      = problem.Define(problem.Invalid, "licence_needed", "This work is reserved for {licence}. State your registration number and where you are registered.", "この仕事には{licence}の登録が必要です。登録番号と登録先を入力してください。")
	ErrLicenceUnconfirmed = problem.Define(problem.Conflict, "licence_unconfirmed", "The registration as {licence} is not confirmed yet. Somebody of the company looks it up and confirms it on the bid first.", "{licence}の登録がまだ確認されていません。会社の担当者が登録を照会し、応募の画面で確認してから進めてください。")
)

const maxLicenceNumber, maxLicenceBody = 60, 200

// Licences are what the task's skills are reserved for, each once, in order: a skill's own licence, and for what a company
// named itself that of the skills right above it.
func (s *Service) Licences(ctx context.Context, task uuid.UUID) ([]string, error) {
	return licencesOf(s.db.Gorm(ctx), task)
}

func licencesOf(g *gorm.DB, task uuid.UUID) ([]string, error) {
	var list []string
	return list, g.Raw(`SELECT DISTINCT reserved FROM (
			SELECT s.reserved FROM task_skills t JOIN skills s ON s.id = t.skill_id WHERE t.task_id = @task
			UNION SELECT b.reserved FROM task_skills t JOIN skills s ON s.id = t.skill_id AND s.company_id IS NOT NULL
				JOIN skill_links l ON l.narrower_id = s.id JOIN skills b ON b.id = l.broader_id WHERE t.task_id = @task) r
		WHERE reserved <> '' ORDER BY reserved`, map[string]any{"task": task}).Scan(&list).Error
}

// saveLicences writes what a bidder states for a task and refuses a bid that leaves a licence out. One that is stated
// differently from before has to be confirmed again.
func saveLicences(tx *gorm.DB, b Bid, stated []Licence) error {
	needed, err := licencesOf(tx, b.TaskID)
	if err != nil {
		return err
	}
	had, err := statedOn(tx, b.ID)
	if err != nil {
		return err
	}
	for i, name := range needed {
		field := "licences[" + itoa(i) + "]"
		at := slices.IndexFunc(stated, func(l Licence) bool { return l.Licence == name })
		if at < 0 {
			if slices.ContainsFunc(had, func(l Licence) bool { return l.Licence == name }) {
				continue
			}
			return ErrLicenceNeeded.On(field+".number").With("licence", name)
		}
		l := stated[at]
		l.Number, l.Body = strings.TrimSpace(l.Number), strings.TrimSpace(l.Body)
		switch {
		case l.Number == "":
			return ErrLicenceNeeded.On(field+".number").With("licence", name)
		case l.Body == "":
			return ErrLicenceNeeded.On(field+".body").With("licence", name)
		case len([]rune(l.Number)) > maxLicenceNumber:
			return ErrTooLong.On(field+".number").With("max", maxLicenceNumber)
		case len([]rune(l.Body)) > maxLicenceBody:
			return ErrTooLong.On(field+".body").With("max", maxLicenceBody)
		}
		err := tx.Exec(`INSERT INTO bid_licences (bid_id, company_id, licence, number, body) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (bid_id, licence) DO UPDATE SET number = excluded.number, body = excluded.body, confirmed_by = NULL, confirmed_at = NULL
			WHERE (bid_licences.number, bid_licences.body) <> (excluded.number, excluded.body)`, b.ID, b.CompanyID, name, l.Number, l.Body).Error
		if err != nil {
			return err
		}
	}
	return nil
}

func statedOn(g *gorm.DB, bid uuid.UUID) ([]Licence, error) {
	var list []Licence
	return list, g.Raw("SELECT licence, number, body, confirmed_at, confirmed_by FROM bid_licences WHERE bid_id = ? ORDER BY licence", bid).Scan(&list).Error
}

// BidLicences are the licences stated on a bid that the actor may see.
func (s *Service) BidLicences(ctx context.Context, who Actor, bid uuid.UUID) ([]Licence, error) {
	if _, err := s.Bid(ctx, who, bid); err != nil {
		return nil, err
	}
	return statedOn(s.db.Gorm(ctx), bid)
}

// KnownLicences are what the actor stated last for each licence, so that nobody types a number twice.
func (s *Service) KnownLicences(ctx context.Context, who Actor) ([]Licence, error) {
	var list []Licence
	return list, s.db.Gorm(ctx).Raw(`SELECT DISTINCT ON (l.licence) l.licence, l.number, l.body FROM bid_licences l JOIN bids b ON b.id = l.bid_id
		WHERE b.person_id = ? ORDER BY l.licence, l.created_at DESC`, who.PersonID).Scan(&list).Error
}

// ConfirmLicence notes that the actor looked the registration up and found it right. seen is the number that was looked up:
// ErrStaleVersion when the bid states another by now.
func (s *Service) ConfirmLicence(ctx context.Context, who Actor, bid uuid.UUID, licence, seen string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var b Bid
		t, _, _, err := s.lockBid(tx, who, bid, &b)
		if err != nil {
			return err
		}
		if err := who.May(PostTasks, t.CompanyID); err != nil {
			return err
		}
		if b.PersonID == who.PersonID { // nobody confirms their own
			return ErrForbidden.With("action", string(PostTasks))
		}
		list, err := statedOn(tx, b.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(l Licence) bool { return l.Licence == licence })
		switch {
		case at < 0:
			return ErrNotOneOf.On("licence").With("value", licence).With("allowed", strings.Join(names(list), ", "))
		case list[at].Number != seen:
			return ErrStaleVersion.On("number")
		case list[at].ConfirmedAt != nil:
			return nil
		}
		err = tx.Exec("UPDATE bid_licences SET confirmed_by = ?, confirmed_at = ? WHERE bid_id = ? AND licence = ?", who.PersonID, s.clock.Now(), b.ID, licence).Error
		if err != nil {
			return err
		}
		return Audit(tx, who, t.CompanyID, "licence.confirm", "bid:"+b.ID.String(), map[string]any{"licence": licence, "number": seen, "body": list[at].Body})
	})
}

func names(list []Licence) []string {
	all := make([]string, len(list))
	for i, l := range list {
		all[i] = l.Licence
	}
	return all
}

// licensed refuses an award while a licence that the task needs is not confirmed on the bid.
func licensed(tx *gorm.DB, b Bid) error {
	needed, err := licencesOf(tx, b.TaskID)
	if err != nil || len(needed) == 0 {
		return err
	}
	stated, err := statedOn(tx, b.ID)
	if err != nil {
		return err
	}
	for _, name := range needed {
		if !slices.ContainsFunc(stated, func(l Licence) bool { return l.Licence == name && l.ConfirmedAt != nil }) {
			return ErrLicenceUnconfirmed.With("licence", name)
		}
	}
	return nil
}
