package market

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// ProvisioningPrefix begins every secret of a directory, so that scanners of leaked secrets can tell one.
const ProvisioningPrefix = "hcd_"

// A ProvisioningView is how a company's directory stands, for its administrators.
type ProvisioningView struct {
	*Provisioning                    // nil while there is none
	Accounts      int                // that it has written
	Active        int                // of them
	Groups        []ProvisionedGroup // without their members
}

// Provisioning reads how a company's directory stands.
func (s *Service) Provisioning(ctx context.Context, who Actor, company uuid.UUID) (ProvisioningView, error) {
	var v ProvisioningView
	if err := who.May(Administer, company); err != nil {
		return v, err
	}
	g := s.db.Gorm(ctx)
	var there []Provisioning
	if err := g.Where("company_id = ?", company).Find(&there).Error; err != nil {
		return v, err
	}
	if len(there) > 0 {
		v.Provisioning = &there[0]
	}
	err := g.Raw("SELECT count(*) AS accounts, count(*) FILTER (WHERE active) AS active FROM provisioned_accounts WHERE company_id = ?", company).Row().Scan(&v.Accounts, &v.Active)
	if err != nil {
		return v, err
	}
	return v, withCounts(g.Where("company_id = ?", company)).Order("lower(name), id").Find(&v.Groups).Error
}

// withCounts adds to groups how many members they have.
func withCounts(q *gorm.DB) *gorm.DB {
	return q.Select("provisioned_groups.*, (SELECT count(*) FROM provisioned_members m WHERE m.group_id = provisioned_groups.id) AS count")
}

// ConnectDirectory makes the secret that a company's staff directory shows, in place of the one before. raw is shown this once.
func (s *Service) ConnectDirectory(ctx context.Context, who Actor, company uuid.UUID) (raw string, err error) {
	if err := who.May(Administer, company); err != nil {
		return "", err
	}
	raw, hash := secret(ProvisioningPrefix)
	return raw, s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, company); err != nil {
			return err
		}
		if err := tx.Save(&Provisioning{CompanyID: company, Hash: hash, MadeBy: who.PersonID, MadeAt: s.clock.Now()}).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "directory.connect", "company:"+company.String(), nil)
	})
}

// PartDirectory has the secret work no more. Accounts, groups and roles stay as they are, and the roles are given and taken by
// hand again.
func (s *Service) PartDirectory(ctx context.Context, who Actor, company uuid.UUID) error {
	if err := who.May(Administer, company); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, company); err != nil {
			return err
		}
		done := tx.Exec("DELETE FROM provisionings WHERE company_id = ?", company)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrNotFound
		}
		if err := tx.Exec("UPDATE role_grants SET by_directory = false WHERE company_id = ? AND by_directory", company).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "directory.part", "company:"+company.String(), nil)
	})
}

// DirectoryBy finds the directory behind a secret, or ErrToken.
func (s *Service) DirectoryBy(ctx context.Context, raw string) (Directory, error) {
	g, now := s.db.Gorm(ctx), s.clock.Now()
	var there []Provisioning
	if err := g.Where("hash = ?", hashed(raw)).Find(&there).Error; err != nil {
		return Directory{}, err
	}
	if len(there) == 0 {
		return Directory{}, ErrToken
	}
	p := there[0]
	if p.UsedAt == nil || now.Sub(*p.UsedAt) > time.Minute {
		if err := g.Model(&p).Where("hash = ?", p.Hash).Update("used_at", now).Error; err != nil {
			return Directory{}, err
		}
	}
	return Directory{p.CompanyID}, nil
}

// A ProvisionedQuery narrows what a directory reads of what it wrote; a zero field narrows nothing.
type ProvisionedQuery struct {
	ID         uuid.UUID
	Name       string // the user name of an account or the name of a group, whatever its case
	ExternalID string
	Email      string
	Offset     int
	Limit      int
}

func (q ProvisionedQuery) narrow(g *gorm.DB, company uuid.UUID, name string) *gorm.DB {
	g = g.Where("company_id = ?", company)
	if q.ID != uuid.Nil {
		g = g.Where("id = ?", q.ID)
	}
	if q.Name != "" {
		g = g.Where("lower("+name+") = lower(?)", sayable(q.Name))
	}
	if q.ExternalID != "" {
		g = g.Where("external_id = ?", sayable(q.ExternalID))
	}
	if q.Email != "" {
		g = g.Where("email = ?", Address(sayable(q.Email)))
	}
	return g
}

// ProvisionedAccounts reads a part of a directory's accounts, in the order in which they were written, and how many there are.
func (s *Service) ProvisionedAccounts(ctx context.Context, d Directory, q ProvisionedQuery) ([]ProvisionedAccount, int, error) {
	g := s.db.Gorm(ctx)
	var total int64
	if err := q.narrow(g.Model(&ProvisionedAccount{}), d.CompanyID, "user_name").Count(&total).Error; err != nil {
		return nil, 0, err
	}
	list := []ProvisionedAccount{}
	if err := q.narrow(g, d.CompanyID, "user_name").Order("id").Offset(q.Offset).Limit(q.Limit).Find(&list).Error; err != nil {
		return nil, 0, err
	}
	return list, int(total), withGroups(g, list)
}

// withGroups reads the groups of accounts.
func withGroups(g *gorm.DB, list []ProvisionedAccount) error {
	ids := make([]uuid.UUID, len(list))
	at := map[uuid.UUID]int{}
	for i, a := range list {
		ids[i], at[a.ID] = a.ID, i
	}
	var rows []struct {
		AccountID uuid.UUID
		ProvisionedGroup
	}
	err := g.Table("provisioned_members m").Select("m.account_id, gr.*").Joins("JOIN provisioned_groups gr ON gr.id = m.group_id").
		Where("m.account_id IN ?", orNone(ids)).Order("lower(gr.name), gr.id").Find(&rows).Error
	for _, r := range rows {
		i := at[r.AccountID]
		list[i].Groups = append(list[i].Groups, r.ProvisionedGroup)
	}
	return err
}

// ProvisionAccount writes an account that the directory has not written before.
func (s *Service) ProvisionAccount(ctx context.Context, d Directory, e AccountEdit) (ProvisionedAccount, error) {
	now := s.clock.Now()
	a := ProvisionedAccount{ID: newID(), CompanyID: d.CompanyID, AccountEdit: e, CreatedAt: now, ChangedAt: now}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		at, err := lockCompany(tx, d.CompanyID)
		if err != nil {
			return err
		}
		if err := checkAccount(tx, &a); err != nil {
			return err
		}
		if err := tx.Create(&a).Error; err != nil {
			return refused(err, takenInDirectory)
		}
		return s.settle(tx, at, &a)
	})
	return a, err
}

var takenInDirectory = map[string]*problem.Error{"provisioned_user_name": ErrUserNameTaken.On("userName"), "provisioned_group_name": ErrGroupNameTaken.On("displayName"),
	"provisioned_person": ErrAccountOfPerson.On("emails")}

// checkAccount finds what is wrong with an account as it is to be. A company speaks for addresses of its own domains alone; one
// that is switched off may keep what it had.
func checkAccount(tx *gorm.DB, a *ProvisionedAccount) error {
	if err := a.check(); err != nil {
		return err
	}
	var ours bool
	_, domain, _ := strings.Cut(a.Email, "@")
	err := tx.Raw("SELECT EXISTS (SELECT 1 FROM company_domains WHERE company_id = ? AND domain = ? AND proved_at IS NOT NULL)", a.CompanyID, domain).Scan(&ours).Error
	if err == nil && a.Active && !ours {
		return ErrForeignAddress.On("emails").With("value", a.Email)
	}
	return err
}

// ChangeAccount changes an account as a function says of what it is now.
func (s *Service) ChangeAccount(ctx context.Context, d Directory, id uuid.UUID, change func(*AccountEdit) error) (ProvisionedAccount, error) {
	var a ProvisionedAccount
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		at, err := lockCompany(tx, d.CompanyID)
		if err != nil {
			return err
		}
		if a, err = accountOf(tx, d, id); err != nil {
			return err
		}
		before := a.AccountEdit
		if err := change(&a.AccountEdit); err != nil {
			return err
		}
		if err := checkAccount(tx, &a); err != nil {
			return err
		}
		if a.AccountEdit != before {
			a.ChangedAt = s.clock.Now()
		}
		if err := tx.Save(&a).Error; err != nil {
			return refused(err, takenInDirectory)
		}
		if err := s.settle(tx, at, &a); err != nil {
			return err
		}
		if a.FamilyName == before.FamilyName && a.GivenName == before.GivenName {
			return nil
		}
		return rename(tx, a)
	})
	return a, err
}

// rename gives an account's person the name that the directory has for them by now, with no reading where the name is another.
// Somebody who left a company, or works for another one as well, goes by the name they chose there.
func rename(tx *gorm.DB, a ProvisionedAccount) error {
	if a.PersonID == nil || a.FamilyName+a.GivenName == "" {
		return nil
	}
	done := tx.Exec(`UPDATE people p SET family_kana = CASE WHEN family_name = @family THEN family_kana ELSE '' END, given_kana = CASE WHEN given_name = @given THEN given_kana ELSE '' END,
			family_name = @family, given_name = @given
		WHERE id = @person AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = p.id)
			AND NOT EXISTS (SELECT 1 FROM role_grants g WHERE g.person_id = p.id AND g.company_id <> @company)`,
		map[string]any{"family": strings.TrimSpace(a.FamilyName), "given": strings.TrimSpace(a.GivenName), "person": *a.PersonID, "company": a.CompanyID})
	if done.Error != nil || done.RowsAffected == 0 {
		return done.Error
	}
	if err := TouchPerson(tx, *a.PersonID); err != nil {
		return err
	}
	return Audit(tx, Actor{}, a.CompanyID, "directory.rename", "person:"+a.PersonID.String(), nil)
}

func accountOf(tx *gorm.DB, d Directory, id uuid.UUID) (ProvisionedAccount, error) {
	list := make([]ProvisionedAccount, 1)
	if err := one(tx.Where("company_id = ? AND id = ?", d.CompanyID, id).Take(&list[0])); err != nil {
		return list[0], err
	}
	err := withGroups(tx, list)
	return list[0], err
}

// RemoveAccount takes an account out, and with it every role of its person at the company.
func (s *Service) RemoveAccount(ctx context.Context, d Directory, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		at, err := lockCompany(tx, d.CompanyID)
		if err != nil {
			return err
		}
		a, err := accountOf(tx, d, id)
		if err != nil {
			return err
		}
		a.Active = false
		if err := s.settle(tx, at, &a); err != nil {
			return err
		}
		return tx.Exec("DELETE FROM provisioned_accounts WHERE company_id = ? AND id = ?", d.CompanyID, id).Error
	})
}

// settle gives an account's person the roles that follow from it, and takes back those that do no more.
func (s *Service) settle(tx *gorm.DB, at Company, a *ProvisionedAccount) error {
	if !a.Active {
		return s.cutOff(tx, at, a)
	}
	var given []Role
	for _, role := range a.roles() {
		g, err := s.giveByDirectory(tx, at, a, role)
		var gone *problem.Error
		if errors.As(err, &gone) && gone.Code == ErrNotOneOf.Code { // a role of the company's own that there is no more
			continue
		}
		if err != nil {
			return err
		}
		if g.fresh {
			given = append(given, role)
		}
	}
	done := tx.Exec("DELETE FROM role_grants WHERE company_id = ? AND person_id = ? AND by_directory AND NOT role = ANY (?)", a.CompanyID, a.PersonID, pq.Array(texts(a.roles())))
	if done.Error != nil || len(given) == 0 && done.RowsAffected == 0 {
		return done.Error
	}
	if err := keepsAdministrator(tx, a.CompanyID); err != nil {
		return err
	}
	if err := TouchPerson(tx, *a.PersonID); err != nil {
		return err
	}
	return Audit(tx, Actor{}, a.CompanyID, "directory.roles", "person:"+a.PersonID.String(), map[string]any{"given": given, "taken": done.RowsAffected})
}

// giveByDirectory gives one role, finding the person the first time. The first one comes with a letter where they have to take it,
// or where they would not come in through the company's provider.
func (s *Service) giveByDirectory(tx *gorm.DB, at Company, a *ProvisionedAccount, role Role) (gift, error) {
	c := Colleague{Email: a.Email, FamilyName: a.FamilyName, GivenName: a.GivenName, Role: role, byDirectory: true, joined: a.Joined}
	if a.PersonID != nil { // whom the account stands for may have another address by now
		var known string
		if err := tx.Raw("SELECT coalesce(email, '') FROM people WHERE id = ?", a.PersonID).Scan(&known).Error; err != nil {
			return gift{}, err
		}
		if known != "" {
			c.Email = known
		}
	}
	g, err := s.give(tx, at, c)
	if err != nil {
		return g, err
	}
	if a.PersonID == nil || *a.PersonID != g.ID {
		a.PersonID = &g.ID
		if err := tx.Exec("UPDATE provisioned_accounts SET person_id = ? WHERE company_id = ? AND id = ?", g.ID, a.CompanyID, a.ID).Error; err != nil {
			return g, refused(err, takenInDirectory)
		}
	}
	if !g.fresh || role != Staff {
		return g, nil
	}
	var vouched bool
	if err := tx.Raw("SELECT EXISTS (SELECT 1 FROM identity_providers WHERE company_id = ? AND state <> ?)", at.ID, ProviderOff).Scan(&vouched).Error; err != nil || vouched && !g.waits {
		return g, err
	}
	return g, g.tell(tx, at, role)
}

// switchedOff reports whether the company's directory says that somebody works there no more.
func switchedOff(tx *gorm.DB, company, person uuid.UUID) (off bool, err error) {
	return off, tx.Raw("SELECT EXISTS (SELECT 1 FROM provisioned_accounts a JOIN provisionings p USING (company_id) WHERE a.company_id = ? AND a.person_id = ? AND NOT a.active)", company, person).Scan(&off).Error
}

// cutOff takes every role of an account's person at the company, ends the sessions that its provider vouched for, and revokes the
// tokens that were made in them.
func (s *Service) cutOff(tx *gorm.DB, at Company, a *ProvisionedAccount) error {
	if a.PersonID == nil {
		return nil
	}
	about := map[string]any{"company": at.ID, "person": *a.PersonID, "now": s.clock.Now(), "operator": Operator}
	err := tx.Raw("SELECT EXISTS (SELECT 1 FROM role_grants WHERE company_id = @company AND person_id = @person AND accepted_at IS NOT NULL)", about).Scan(&a.Joined).Error
	if err != nil {
		return err
	}
	done := tx.Exec("DELETE FROM role_grants WHERE company_id = @company AND person_id = @person AND role <> @operator", about)
	if done.Error != nil || done.RowsAffected == 0 {
		return done.Error
	}
	if err := keepsAdministrator(tx, at.ID); err != nil {
		return err
	}
	about["joined"] = a.Joined
	for _, q := range []string{"UPDATE provisioned_accounts SET joined = joined OR @joined WHERE company_id = @company AND person_id = @person",
		"UPDATE person_sessions SET ended_at = @now WHERE company_id = @company AND person_id = @person AND ended_at IS NULL",
		"UPDATE tokens SET revoked_at = @now WHERE company_id = @company AND person_id = @person AND revoked_at IS NULL"} {
		if err := tx.Exec(q, about).Error; err != nil {
			return err
		}
	}
	if err := TouchPerson(tx, *a.PersonID); err != nil {
		return err
	}
	return Audit(tx, Actor{}, at.ID, "directory.off", "person:"+a.PersonID.String(), map[string]any{"roles": done.RowsAffected})
}
