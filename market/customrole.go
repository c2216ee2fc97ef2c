package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
)

// A CustomRole is a role that a company made itself: a name for some of the permissions there are. It is given beside the
// fixed ones, and whoever has several may do what any of them allows.
type CustomRole struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	Name      string
	Allows    []Action `gorm:"-"`
	Version   int      // raised by each change
	CreatedAt time.Time
	Holders   int `gorm:"->"` // people who have it, or were asked to take it
}

// What can be wrong with a company's own role.
var (
	ErrRoleTaken = problem.Define(problem.Conflict, "role_name_taken",
		"There is a role of this name. Choose another one.", "同じ名前の権限があります。別の名前にしてください。")
	ErrRoleHeld = problem.Define(problem.Conflict, "role_held",
		"{count} people have this role. Take it from them first.", "この権限は{count}人に付与されています。先に取り消してください。")
	ErrRoleBeyond = problem.Define(problem.Forbidden, "role_beyond_yours",
		"This role allows more than you may do yourself, so it is not yours to give, change or take back. Ask an administrator.",
		"ご自身にない権限を含むため、付与・変更・取り消しはできません。管理者にご依頼ください。")
	ErrTooManyRoles = problem.Define(problem.Conflict, "too_many_roles",
		"A company has at most {max} roles of its own. Remove one first.", "独自の権限は{max}個までです。使っていないものを削除してください。")
	ErrNoPermission = problem.Define(problem.Invalid, "no_permission",
		"Choose at least one thing that the role allows.", "この権限で許可する操作を1つ以上選んでください。")
)

const maxCustomRoles = 50

// sees is what somebody must be able to look at to do a thing.
var sees = map[Action][]Action{PostTasks: {SeeTasks}, ManagePeople: {SeePeople}, RunContracts: {SeeContracts}, KeepBooks: {SeeMoney},
	SettleMoney: {SeeMoney, SeeContracts}, ReconcileMoney: {SeeMoney}, RunReferrals: {FollowReferrals}}

// Permitting puts actions in order, each once, and adds what somebody must see to do them.
func Permitting(chosen ...Action) []Action {
	return slices.DeleteFunc(slices.Clone(Permissions), func(p Action) bool {
		return !slices.Contains(chosen, p) && !slices.ContainsFunc(chosen, func(c Action) bool { return slices.Contains(sees[c], p) })
	})
}

// check finds what is wrong with the role as it was typed.
func (r CustomRole) check() error {
	switch {
	case r.Name == "":
		return ErrRequired.On("name")
	case len([]rune(r.Name)) > maxName:
		return ErrTooLong.On("name").With("max", maxName)
	case len(r.Allows) == 0:
		return ErrNoPermission.On("permissions")
	}
	for i, a := range r.Allows {
		if !slices.Contains(Permissions, a) {
			return ErrNotOneOf.On("permissions["+itoa(i)+"]").With("value", a).With("allowed", strings.Join(texts(Permissions), ", "))
		}
	}
	return nil
}

// holds refuses an actor who may not do all of this themselves.
func (a Actor) holds(company uuid.UUID, all []Action) error {
	for _, do := range all {
		if !a.can(do, company) {
			return ErrRoleBeyond
		}
	}
	return nil
}

// id is what the table of grants refers to; nil for a fixed role.
func (r CustomRole) id() *uuid.UUID {
	if r.ID == uuid.Nil {
		return nil
	}
	return &r.ID
}

// customRoleRow is a role as it is kept.
type customRoleRow struct {
	CustomRole  `gorm:"embedded"`
	Permissions pq.StringArray `gorm:"type:text[]"`
}

// TableName is where companies' own roles are kept.
func (customRoleRow) TableName() string { return "custom_roles" }

func (r customRoleRow) role() CustomRole {
	r.Allows = actions(r.Permissions)
	return r.CustomRole
}

func rowOfRole(r CustomRole) customRoleRow {
	return customRoleRow{r, pq.StringArray(texts(r.Allows))}
}

func actions(names []string) []Action {
	var list []Action
	for _, n := range names {
		list = append(list, Action(n))
	}
	return list
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// roleNamed finds what a role's name means at a company: a fixed role, whose CustomRole is empty, or one of its own.
func roleNamed(tx *gorm.DB, company uuid.UUID, role Role) (own CustomRole, known bool, err error) {
	if slices.Contains(granted, role) {
		return own, true, nil
	}
	id, err := uuid.Parse(string(role))
	if err != nil || id.String() != string(role) {
		return own, false, nil //nolint:nilerr // what is no id names no role of ours
	}
	var rows []customRoleRow
	if err := tx.Where("company_id = ? AND id = ?", company, id).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return own, false, err
	}
	return rows[0].role(), true, nil
}

// mayGive refuses a role that allows more than the actor may do: nobody gives, or takes back, what they do not hold.
func mayGive(tx *gorm.DB, who Actor, company uuid.UUID, role Role) error {
	own, known, err := roleNamed(tx, company, role)
	switch {
	case err != nil:
		return err
	case !known:
		return ErrNotFound
	case role == Administrator && !who.Is(company, Administrator):
		return ErrRoleBeyond
	case own.ID != uuid.Nil:
		return who.holds(company, own.Allows)
	}
	return who.holds(company, slices.DeleteFunc(slices.Clone(Permissions), func(do Action) bool { return !slices.Contains(policy[do], role) }))
}

// CustomRoles lists a company's own roles by name, for its administrators.
func (s *Service) CustomRoles(ctx context.Context, who Actor, company uuid.UUID) ([]CustomRole, error) {
	if err := who.May(Administer, company); err != nil {
		return nil, err
	}
	var rows []customRoleRow
	err := s.db.Gorm(ctx).Select("custom_roles.*, (SELECT count(*) FROM role_grants g WHERE g.custom_id = custom_roles.id) AS holders").
		Where("company_id = ?", company).Order("lower(name), id").Find(&rows).Error
	list := make([]CustomRole, len(rows))
	for i, r := range rows {
		list[i] = r.role()
	}
	return list, err
}

// CreateCustomRole makes a role of the company's own. It allows nothing that its maker may not do.
func (s *Service) CreateCustomRole(ctx context.Context, who Actor, company uuid.UUID, name string, allows []Action) (CustomRole, error) {
	r := CustomRole{ID: newID(), CompanyID: company, Name: strings.TrimSpace(name), Allows: allows, Version: 1, CreatedAt: s.clock.Now()}
	if err := who.May(Administer, company); err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	r.Allows = Permitting(r.Allows...)
	if err := who.holds(company, r.Allows); err != nil {
		return r, err
	}
	return r, s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, company); err != nil {
			return err
		}
		var there int64
		if err := tx.Table("custom_roles").Where("company_id = ?", company).Count(&there).Error; err != nil {
			return err
		}
		if there >= maxCustomRoles {
			return ErrTooManyRoles.With("max", maxCustomRoles)
		}
		row := rowOfRole(r)
		if err := tx.Omit("Holders").Create(&row).Error; err != nil {
			return refused(err, roleFaults)
		}
		return Audit(tx, who, company, "role.create", "role:"+r.ID.String(), map[string]any{"name": r.Name, "allows": r.Allows})
	})
}

var roleFaults = map[string]*problem.Error{"custom_role_name": ErrRoleTaken.On("name")}

// EditCustomRole changes a role's name and what it allows, for everybody who has it, at once. seen is the version that the
// editor looked at.
func (s *Service) EditCustomRole(ctx context.Context, who Actor, id uuid.UUID, seen int, name string, allows []Action) (CustomRole, error) {
	var r CustomRole
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		before, err := lockCustomRole(tx, who, id)
		if err != nil {
			return err
		}
		if before.Version != seen {
			return ErrStaleVersion.On("version")
		}
		r = before
		r.Name, r.Allows, r.Version = strings.TrimSpace(name), allows, before.Version+1
		if err := r.check(); err != nil {
			return err
		}
		r.Allows = Permitting(r.Allows...)
		if err := who.holds(r.CompanyID, r.Allows); err != nil {
			return err
		}
		row := rowOfRole(r)
		if err := tx.Omit("Holders").Save(&row).Error; err != nil {
			return refused(err, roleFaults)
		}
		return Audit(tx, who, r.CompanyID, "role.edit", "role:"+r.ID.String(),
			map[string]any{"name": r.Name, "allows": r.Allows, "allowed": before.Allows})
	})
	return r, err
}

// RemoveCustomRole takes a role away that nobody has.
func (s *Service) RemoveCustomRole(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		r, err := lockCustomRole(tx, who, id)
		if err != nil {
			return err
		}
		var held int64
		if err := tx.Table("role_grants").Where("custom_id = ?", id).Count(&held).Error; err != nil {
			return err
		}
		if held > 0 {
			return ErrRoleHeld.With("count", held)
		}
		if err := tx.Exec("DELETE FROM custom_roles WHERE id = ?", id).Error; err != nil {
			return err
		}
		return Audit(tx, who, r.CompanyID, "role.remove", "role:"+id.String(), map[string]any{"name": r.Name})
	})
}

// lockCustomRole reads a role for its company's administrators who may do all that it allows, and keeps others from giving it
// meanwhile.
func lockCustomRole(tx *gorm.DB, who Actor, id uuid.UUID) (CustomRole, error) {
	var row customRoleRow
	if err := one(tx.Where("id = ? AND company_id IN ?", id, orNone(companiesOf(who))).Take(&row)); err != nil {
		return CustomRole{}, err
	}
	if err := who.May(Administer, row.CompanyID); err != nil {
		return CustomRole{}, err
	}
	if _, err := lockCompany(tx, row.CompanyID); err != nil { // givers lock it first as well
		return CustomRole{}, err
	}
	if err := one(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id).Take(&row)); err != nil {
		return CustomRole{}, err
	}
	return row.role(), who.holds(row.CompanyID, row.role().Allows)
}
