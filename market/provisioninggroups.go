package market

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// ProvisionedGroups reads a part of a directory's groups, and how many there are. Members are read where they are asked for.
func (s *Service) ProvisionedGroups(ctx context.Context, d Directory, q ProvisionedQuery, members bool) ([]ProvisionedGroup, int, error) {
	g := s.db.Gorm(ctx)
	var total int64
	if err := q.narrow(g.Model(&ProvisionedGroup{}), d.CompanyID, "name").Count(&total).Error; err != nil {
		return nil, 0, err
	}
	list := []ProvisionedGroup{}
	if err := withCounts(q.narrow(g, d.CompanyID, "name")).Order("id").Offset(q.Offset).Limit(q.Limit).Find(&list).Error; err != nil || !members {
		return list, int(total), err
	}
	for i := range list {
		if err := readMembers(g, &list[i]); err != nil {
			return nil, 0, err
		}
	}
	return list, int(total), nil
}

func readMembers(g *gorm.DB, of *ProvisionedGroup) error {
	return g.Raw("SELECT account_id FROM provisioned_members WHERE group_id = ? ORDER BY account_id", of.ID).Scan(&of.Members).Error
}

// ProvisionGroup writes a group that the directory has not written before.
func (s *Service) ProvisionGroup(ctx context.Context, d Directory, e GroupEdit) (ProvisionedGroup, error) {
	now := s.clock.Now()
	of := ProvisionedGroup{ID: newID(), CompanyID: d.CompanyID, GroupEdit: e, CreatedAt: now, ChangedAt: now}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, d.CompanyID); err != nil {
			return err
		}
		if err := of.check(); err != nil {
			return err
		}
		var there int64
		if err := tx.Model(&ProvisionedGroup{}).Where("company_id = ?", d.CompanyID).Count(&there).Error; err != nil {
			return err
		}
		if there >= maxProvisionedGroups {
			return ErrTooManyGroups.With("max", maxProvisionedGroups)
		}
		if err := tx.Create(&of).Error; err != nil {
			return refused(err, takenInDirectory)
		}
		return s.setMembers(tx, &of, nil) // it gives no role yet
	})
	return of, err
}

// ChangeGroup changes a group as a function says of what it is now, and settles the roles of whom that concerns.
func (s *Service) ChangeGroup(ctx context.Context, d Directory, id uuid.UUID, change func(*GroupEdit) error) (ProvisionedGroup, error) {
	return s.turnGroup(ctx, d, id, func(tx *gorm.DB, of *ProvisionedGroup) error {
		before := slices.Clone(of.Members)
		if err := change(&of.GroupEdit); err != nil {
			return err
		}
		if err := of.check(); err != nil {
			return err
		}
		of.ChangedAt = s.clock.Now()
		if err := tx.Save(of).Error; err != nil {
			return refused(err, takenInDirectory)
		}
		return s.setMembers(tx, of, before)
	})
}

// RemoveGroup takes a group out, and the roles that followed from it.
func (s *Service) RemoveGroup(ctx context.Context, d Directory, id uuid.UUID) error {
	_, err := s.turnGroup(ctx, d, id, func(tx *gorm.DB, of *ProvisionedGroup) error {
		if err := tx.Delete(of).Error; err != nil {
			return err
		}
		return s.settleAll(tx, d, of.Members)
	})
	return err
}

// MapGroup says what the members of a group may do at the company; an empty role, nothing. An administrator gives no more than
// they may do themselves.
func (s *Service) MapGroup(ctx context.Context, who Actor, company, id uuid.UUID, role Role) (ProvisionedGroup, error) {
	if err := who.May(Administer, company); err != nil {
		return ProvisionedGroup{}, err
	}
	return s.turnGroup(ctx, Directory{company}, id, func(tx *gorm.DB, of *ProvisionedGroup) error {
		for _, r := range []Role{of.Role, role} {
			if _, known, err := roleNamed(tx, company, r); err != nil {
				return err
			} else if r == "" || !known && r != role { // what is gone is nobody's to keep
				continue
			} else if !known {
				return ErrNotOneOf.On("role").With("value", r).With("allowed", roleNames(granted))
			}
			if err := mayGive(tx, who, company, r); err != nil {
				return err
			}
		}
		was := of.Role
		of.Role = role
		if err := tx.Exec("UPDATE provisioned_groups SET role = ? WHERE company_id = ? AND id = ?", role, company, id).Error; err != nil {
			return err
		}
		if err := s.settleAll(tx, Directory{company}, of.Members); err != nil {
			return err
		}
		return Audit(tx, who, company, "directory.map", "group:"+id.String(), map[string]any{"group": of.Name, "role": role, "was": was})
	})
}

// turnGroup does something to a group and its members, in one transaction that has the company's directory to itself.
func (s *Service) turnGroup(ctx context.Context, d Directory, id uuid.UUID, do func(*gorm.DB, *ProvisionedGroup) error) (ProvisionedGroup, error) {
	var of ProvisionedGroup
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, d.CompanyID); err != nil {
			return err
		}
		of = ProvisionedGroup{}
		if err := one(tx.Where("company_id = ? AND id = ?", d.CompanyID, id).Take(&of)); err != nil {
			return err
		}
		if err := readMembers(tx, &of); err != nil {
			return err
		}
		of.Count = len(of.Members)
		return do(tx, &of)
	})
	return of, err
}

// setMembers writes who is in a group, and settles whoever came or went.
func (s *Service) setMembers(tx *gorm.DB, of *ProvisionedGroup, before []uuid.UUID) error {
	was, is := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for _, id := range before {
		was[id] = true
	}
	for _, id := range of.Members {
		is[id] = true
	}
	of.Members = slices.SortedFunc(maps.Keys(is), byID)
	of.Count = len(is)
	var changed []uuid.UUID
	for _, id := range of.Members {
		if was[id] {
			continue
		}
		done := tx.Exec("INSERT INTO provisioned_members (company_id, group_id, account_id) SELECT company_id, ?, id FROM provisioned_accounts WHERE company_id = ? AND id = ?", of.ID, of.CompanyID, id)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrMemberUnknown.On("members").With("value", id.String())
		}
		changed = append(changed, id)
	}
	for _, id := range before {
		if is[id] {
			continue
		}
		if err := tx.Exec("DELETE FROM provisioned_members WHERE group_id = ? AND account_id = ?", of.ID, id).Error; err != nil {
			return err
		}
		changed = append(changed, id)
	}
	if of.Role == "" {
		return nil
	}
	return s.settleAll(tx, Directory{of.CompanyID}, changed)
}

func byID(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) }

// settleAll settles the roles of accounts that are active.
func (s *Service) settleAll(tx *gorm.DB, d Directory, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	at, err := CompanyByID(tx, d.CompanyID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		a, err := accountOf(tx, d, id)
		if err != nil {
			return err
		}
		if !a.Active {
			continue
		}
		if err := s.settle(tx, at, &a); err != nil {
			return err
		}
	}
	return nil
}
