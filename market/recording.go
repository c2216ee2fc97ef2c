package market

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/openbadge"
	"homecoming/internal/seal"
)

// IssuersPath is where anybody asks who signs for a company: its profile, its keys, and what it revoked.
const IssuersPath = "/issuers/"

// IssueRecord signs what a company says of work that it accepted, once; done again it changes nothing. An installation
// without a key to keep secrets safe signs nothing, and a referral fee is paid for no work.
func (s *Service) IssueRecord(ctx context.Context, w Work) error {
	if s.box.Closed() {
		return nil
	}
	g := s.db.Gorm(ctx)
	var fee bool
	if err := g.Raw("SELECT fee_id IS NOT NULL FROM tasks WHERE id = ?", w.TaskID).Scan(&fee).Error; err != nil || fee {
		return err
	}
	c, err := CompanyByID(g, w.CompanyID)
	if err != nil {
		return err
	}
	var p Person
	if err := one(g.Where("id = ?", w.PersonID).Take(&p)); err != nil {
		return err
	}
	skills, err := skillNames(g, w.TaskID, p.Language)
	if err != nil {
		return err
	}
	key, id, err := s.signingKey(ctx, c.ID)
	if err != nil {
		return err
	}
	r := WorkRecord{ID: newID(), CompanyID: c.ID, PersonID: p.ID, ContractID: w.ContractID, Title: w.title(), Skills: skills, BeganOn: w.BeganOn, AcceptedOn: w.AcceptedOn,
		KeyID: id, IssuedAt: s.clock.Now()}
	if w.MilestoneID != uuid.Nil {
		r.MilestoneID = &w.MilestoneID
	}
	if r.Token, err = key.Sign(w.credential(r.ID, s.issuer(c), s.revocationsAt(c.ID), c, p, skills, r.IssuedAt)); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		made := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		if made.Error != nil || made.RowsAffected == 0 {
			return made.Error
		}
		return Audit(tx, Actor{}, c.ID, "record.issue", "record:"+r.ID.String(), map[string]any{"contract_id": w.ContractID, "key": id})
	})
}

// skillNames are what a task asked for, in a language.
func skillNames(g *gorm.DB, task uuid.UUID, language string) ([]string, error) {
	names := []string{}
	return names, g.Raw(`SELECT CASE WHEN ? = 'ja' AND k.name_ja <> '' THEN k.name_ja WHEN k.name_en <> '' THEN k.name_en ELSE k.name_ja END
		FROM task_skills t JOIN skills k ON k.id = t.skill_id WHERE t.task_id = ? ORDER BY t.position, k.id`, language, task).Scan(&names).Error
}

func (s *Service) issuer(c Company) openbadge.Profile {
	return openbadge.Profile{ID: s.home + IssuersPath + c.ID.String(), Type: []string{"Profile"}, Name: c.Name}
}

func (s *Service) revocationsAt(company uuid.UUID) string {
	return s.home + IssuersPath + company.String() + "/revocations"
}

// A SigningKey is one that a company signs records with, or did.
type SigningKey struct {
	ID        string // its thumbprint
	CompanyID uuid.UUID
	Public    json.RawMessage
	Sealed    []byte
}

// owner is who a sealed key belongs to.
func (k SigningKey) owner() string { return "signing key:" + k.CompanyID.String() }

// signingKey is the company's key, which is made when it first signs. One that was sealed with a lost key is retired for a
// new one; what it signed stays checkable.
func (s *Service) signingKey(ctx context.Context, company uuid.UUID) (openbadge.Key, string, error) {
	live := func() (SigningKey, error) {
		var k SigningKey
		return k, s.db.Gorm(ctx).Where("company_id = ? AND retired_at IS NULL", company).Limit(1).Find(&k).Error
	}
	k, err := live()
	if err != nil {
		return openbadge.Key{}, "", err
	}
	der, err := s.box.Open(k.Sealed, k.owner())
	if k.ID == "" || errors.Is(err, seal.ErrBroken) {
		if err := s.makeKey(ctx, company, k.ID); err != nil {
			return openbadge.Key{}, "", err
		}
		if k, err = live(); err == nil { // perhaps another's, who was quicker
			der, err = s.box.Open(k.Sealed, k.owner())
		}
	}
	if err != nil {
		return openbadge.Key{}, "", err
	}
	key, err := openbadge.ParseKey(der)
	return key, k.ID, err
}

// makeKey makes a company's key in place of another, unless somebody else just did.
func (s *Service) makeKey(ctx context.Context, company uuid.UUID, instead string) error {
	key, err := openbadge.NewKey()
	if err != nil {
		return err
	}
	public, err := key.Public()
	if err != nil {
		return err
	}
	k := SigningKey{ID: public.KeyID, CompanyID: company}
	if k.Public, err = public.MarshalJSON(); err != nil {
		return err
	}
	der, err := key.Bytes()
	if err != nil {
		return err
	}
	if k.Sealed, err = s.box.Seal(der, k.owner()); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		if err := tx.Exec("UPDATE signing_keys SET retired_at = ? WHERE id = ? AND retired_at IS NULL", now, instead).Error; err != nil {
			return err
		}
		made := tx.Exec("INSERT INTO signing_keys (id, company_id, public, sealed, made_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", k.ID, company, string(k.Public), k.Sealed, now)
		if made.Error != nil || made.RowsAffected == 0 {
			return made.Error
		}
		return Audit(tx, Actor{}, company, "record.key", "company:"+company.String(), map[string]any{"key": k.ID, "instead": instead})
	})
}

// Issuer is who signs for a company, or ErrNotFound for one that never signed anything.
func (s *Service) Issuer(ctx context.Context, company uuid.UUID) (openbadge.Profile, error) {
	if _, err := s.IssuerKeys(ctx, company); err != nil {
		return openbadge.Profile{}, err
	}
	c, err := CompanyByID(s.db.Gorm(ctx), company)
	return s.issuer(c), err
}

// IssuerKeys are all keys that a company signs or signed with, for anybody to keep.
func (s *Service) IssuerKeys(ctx context.Context, company uuid.UUID) (jose.JSONWebKeySet, error) {
	var rows []SigningKey
	var set jose.JSONWebKeySet
	if err := s.db.Gorm(ctx).Where("company_id = ?", company).Order("made_at DESC, id").Find(&rows).Error; err != nil {
		return set, err
	}
	for _, row := range rows {
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(row.Public); err != nil {
			return set, err
		}
		set.Keys = append(set.Keys, k)
	}
	if len(set.Keys) == 0 {
		return set, ErrNotFound
	}
	return set, nil
}

// Revocations lists what a company took back, for anybody. Why is between the company and the person.
func (s *Service) Revocations(ctx context.Context, company uuid.UUID) (openbadge.RevocationList, error) {
	list := openbadge.RevocationList{ID: s.revocationsAt(company), Revoked: []openbadge.Revoked{}}
	issuer, err := s.Issuer(ctx, company)
	if err != nil {
		return list, err
	}
	list.Issuer = issuer.ID
	var ids []uuid.UUID
	err = s.db.Gorm(ctx).Model(&WorkRecord{}).Where("company_id = ? AND revoked_at IS NOT NULL", company).Order("id").Pluck("id", &ids).Error
	for _, id := range ids {
		list.Revoked = append(list.Revoked, openbadge.Revoked{ID: WorkRecord{ID: id}.CredentialID(), Revoked: true})
	}
	return list, err
}

// recordsOf reads records with the names of their company and person.
func recordsOf(g *gorm.DB) *gorm.DB {
	return g.Table("work_records").Select(`work_records.*, c.name AS company_name, c.name_en AS company_name_en, name_of(p) AS person_name`).
		Joins("JOIN companies c ON c.id = work_records.company_id").Joins("JOIN people p ON p.id = work_records.person_id")
}

// Records lists the actor's own, the latest first.
func (s *Service) Records(ctx context.Context, who Actor) ([]WorkRecord, error) {
	var list []WorkRecord
	return list, recordsOf(s.db.Gorm(ctx)).Where("work_records.person_id = ?", who.Self()).Order("work_records.id DESC").Find(&list).Error
}

// Record is one of the actor's own.
func (s *Service) Record(ctx context.Context, who Actor, id uuid.UUID) (WorkRecord, error) {
	var r WorkRecord
	return r, one(recordsOf(s.db.Gorm(ctx)).Where("work_records.id = ? AND work_records.person_id = ?", id, who.Self()).Take(&r))
}

// ShowRecord puts one of the actor's own on their page, or takes it off.
func (s *Service) ShowRecord(ctx context.Context, who Actor, id uuid.UUID, shown bool) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var r WorkRecord
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ? AND person_id = ?", id, who.Self()).Take(&r)); err != nil {
			return err
		}
		if shown && !r.Valid() {
			return ErrRevoked
		}
		if err := tx.Exec("UPDATE work_records SET shown = ? WHERE id = ?", shown, id).Error; err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "record.show", "record:"+id.String(), map[string]any{"shown": shown})
	})
}

// RecordPage is where the actor shows their records to everybody: what follows /records/ in its address, empty when they
// have no page.
func (s *Service) RecordPage(ctx context.Context, who Actor) (slug string, err error) {
	return slug, s.db.Gorm(ctx).Raw("SELECT slug FROM record_pages WHERE person_id = ?", who.Self()).Scan(&slug).Error
}

// SetRecordPage makes the actor's page, or takes it down for good: a later one has another address.
func (s *Service) SetRecordPage(ctx context.Context, who Actor, public bool) (slug string, err error) {
	if who.Self() == uuid.Nil {
		return "", ErrOwnMeans
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		made, _ := secret("")
		change := tx.Exec("INSERT INTO record_pages (person_id, slug, made_at) VALUES (?, ?, ?) ON CONFLICT (person_id) DO NOTHING", who.Self(), made, s.clock.Now())
		if !public {
			change = tx.Exec("DELETE FROM record_pages WHERE person_id = ?", who.Self())
		}
		if change.Error != nil || change.RowsAffected == 0 {
			return change.Error
		}
		return Audit(tx, who, uuid.Nil, "record.page", "person:"+who.PersonID.String(), map[string]any{"public": public})
	})
	if err != nil {
		return "", err
	}
	return s.RecordPage(ctx, who)
}

// slugForm is what follows /records/: what secret makes.
var slugForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// PublicRecords are what somebody shows on their page: their name, and what stands. ErrNotFound for a page that is no more.
func (s *Service) PublicRecords(ctx context.Context, slug string) (name string, list []WorkRecord, err error) {
	if !slugForm.MatchString(slug) {
		return "", nil, ErrNotFound
	}
	g := s.db.Gorm(ctx)
	var p Person
	if err := one(g.Where("id = (SELECT person_id FROM record_pages WHERE slug = ?)", slug).Take(&p)); err != nil {
		return "", nil, err
	}
	err = recordsOf(g).Where("work_records.person_id = ? AND work_records.shown AND work_records.revoked_at IS NULL", p.ID).Order("work_records.accepted_on DESC, work_records.id DESC").Find(&list).Error
	return p.Name(), list, err
}

// CompanyRecords lists what a company signed, the latest first, for its alumni office.
func (s *Service) CompanyRecords(ctx context.Context, who Actor, company uuid.UUID) ([]WorkRecord, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return nil, err
	}
	var list []WorkRecord
	return list, recordsOf(s.db.Gorm(ctx)).Where("work_records.company_id = ?", company).Order("work_records.id DESC").Limit(500).Find(&list).Error
}

// RevokeRecord takes back what the company said, for a reason that the person reads. It cannot be undone: whoever has the
// credential asks the list of what was revoked.
func (s *Service) RevokeRecord(ctx context.Context, who Actor, id uuid.UUID, reason string) error {
	if reason = or(reason, ""); reason == "" {
		return ErrRequired.On("reason")
	}
	if len([]rune(reason)) > maxReason {
		return ErrTooLong.On("reason").With("max", maxReason)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var r WorkRecord
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&r)); err != nil {
			return err
		}
		if err := who.May(ManagePeople, r.CompanyID); err != nil {
			return err
		}
		if !r.Valid() {
			return ErrRevoked
		}
		if err := tx.Exec("UPDATE work_records SET revoked_at = ?, revoked_by = ?, reason = ?, shown = false WHERE id = ?", s.clock.Now(), who.PersonID, reason, id).Error; err != nil {
			return err
		}
		err := jobs.Enqueue(tx, Letter{Letter: LetterRecordRevoked, PersonID: r.PersonID, CompanyID: r.CompanyID, Path: "/profile/records", Facts: map[string]any{"title": r.Title, "reason": reason}})
		if err != nil {
			return err
		}
		return Audit(tx, who, r.CompanyID, "record.revoke", "record:"+id.String(), map[string]any{"reason": reason})
	})
}

// LooksLikeCredential reports whether a file is a signed token rather than a document.
func LooksLikeCredential(file []byte) bool {
	return bytes.HasPrefix(file, []byte("eyJ")) && bytes.Count(file, []byte(".")) == 2
}

// CheckRecord finds the record that a signed credential is, to the last byte; ErrNotFound for what was not signed here or was
// changed since. Whoever has a credential may ask; it says whether its company still stands by it.
func (s *Service) CheckRecord(ctx context.Context, token string) (WorkRecord, error) {
	var r WorkRecord
	c, _, err := openbadge.Read(strings.TrimSpace(token), nil, s.clock.Now())
	if err != nil {
		return r, ErrNotFound.Because(err)
	}
	id, err := uuid.Parse(strings.TrimPrefix(c.ID, "urn:uuid:"))
	if err != nil {
		return r, ErrNotFound
	}
	return r, one(recordsOf(s.db.Gorm(ctx)).Where("work_records.id = ? AND work_records.token = ?", id, strings.TrimSpace(token)).Take(&r))
}
