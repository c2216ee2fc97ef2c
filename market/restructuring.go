package market

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// Departments lists a company's departments of today by name, for anybody who belongs there.
func (s *Service) Departments(ctx context.Context, who Actor, company uuid.UUID) ([]Department, error) {
	if !who.InNetwork(company) {
		return nil, ErrNotFound
	}
	return departmentsOf(s.db.Gorm(ctx).Where("merged_into IS NULL"), company)
}

// DepartmentsEver lists those that were merged as well: work of the past names them.
func (s *Service) DepartmentsEver(ctx context.Context, who Actor, company uuid.UUID) ([]Department, error) {
	if !who.InNetwork(company) {
		return nil, ErrNotFound
	}
	return departmentsOf(s.db.Gorm(ctx), company)
}

func departmentsOf(g *gorm.DB, company uuid.UUID) ([]Department, error) {
	var list []Department
	return list, g.Where("company_id = ?", company).Order("name").Find(&list).Error
}

// A DepartmentLife is a department with what it was, which others became part of it, and who worked there.
type DepartmentLife struct {
	Department
	Alumni int // who left the company and was there
	Staff  int // who is there now
	Pasts  []DepartmentPast
	Merged []Department
}

// DepartmentLives lists a company's departments of today with their past, for the alumni office.
func (s *Service) DepartmentLives(ctx context.Context, who Actor, company uuid.UUID) ([]DepartmentLife, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return nil, err
	}
	return departmentLives(s.db.Gorm(ctx), company, s.clock.Now())
}

func departmentLives(g *gorm.DB, company uuid.UUID, now time.Time) ([]DepartmentLife, error) {
	all, err := departmentsOf(g, company)
	if err != nil {
		return nil, err
	}
	var pasts []DepartmentPast
	if err := g.Where("company_id = ?", company).Order("until DESC").Find(&pasts).Error; err != nil {
		return nil, err
	}
	var counts []struct {
		ID            uuid.UUID
		Alumni, Staff int
	}
	err = g.Raw(`SELECT s.department_id AS id, count(DISTINCT s.membership_id) FILTER (WHERE `+left+`) AS alumni,
			count(DISTINCT s.membership_id) FILTER (WHERE coalesce(s.left_on >= `+today+`, true)) AS staff
		FROM stints s JOIN memberships m ON m.id = s.membership_id JOIN companies c ON c.id = s.company_id
		WHERE s.company_id = @company AND s.department_id IS NOT NULL GROUP BY 1`, map[string]any{"company": company, "now": now}).Scan(&counts).Error
	if err != nil {
		return nil, err
	}
	lives, at := []DepartmentLife{}, map[uuid.UUID]int{}
	for _, d := range all {
		if d.MergedInto == nil {
			at[d.ID] = len(lives)
			lives = append(lives, DepartmentLife{Department: d})
		}
	}
	for _, d := range all {
		if d.MergedInto != nil {
			i := at[*d.MergedInto]
			lives[i].Merged = append(lives[i].Merged, d)
		}
	}
	for _, p := range pasts {
		if i, ok := at[p.DepartmentID]; ok {
			lives[i].Pasts = append(lives[i].Pasts, p)
		}
	}
	for _, n := range counts {
		lives[at[n.ID]].Alumni, lives[at[n.ID]].Staff = n.Alumni, n.Staff
	}
	return lives, nil
}

// DepartmentLife reads one of them; ErrNotFound for one that was merged, whose life goes on in the other.
func (s *Service) DepartmentLife(ctx context.Context, who Actor, id uuid.UUID) (DepartmentLife, error) {
	g := s.db.Gorm(ctx)
	d, err := departmentByID(g, who, id)
	if err != nil {
		return DepartmentLife{}, err
	}
	lives, err := departmentLives(g, d.CompanyID, s.clock.Now())
	for _, l := range lives {
		if l.ID == id {
			return l, nil
		}
	}
	if err == nil {
		err = ErrNotFound
	}
	return DepartmentLife{}, err
}

func departmentByID(g *gorm.DB, who Actor, id uuid.UUID) (Department, error) {
	var d Department
	if err := one(g.Where("id = ?", id).Take(&d)); err != nil {
		return d, err
	}
	return d, who.May(ManagePeople, d.CompanyID)
}

// lockDepartments lets changes of a company's departments take turns, after the policy was asked, and reads them all.
func (s *Service) lockDepartments(tx *gorm.DB, who Actor, id uuid.UUID) (d Department, all []Department, today civil.Date, err error) {
	if d, err = departmentByID(tx, who, id); err != nil {
		return d, nil, today, err
	}
	if err := tx.Exec("SELECT FROM companies WHERE id = ? FOR NO KEY UPDATE", d.CompanyID).Error; err != nil {
		return d, nil, today, err
	}
	c, err := CompanyByID(tx, d.CompanyID)
	if err != nil {
		return d, nil, today, err
	}
	if all, err = departmentsOf(tx, d.CompanyID); err != nil {
		return d, nil, today, err
	}
	for _, o := range all {
		if o.ID == id {
			d = o // as it is now that nobody else changes it
		}
	}
	return d, all, c.Today(s.clock.Now()), nil
}

var departmentRefusals = map[string]*problem.Error{"departments_name_once": ErrDepartmentTaken.On("name")}

// AddDepartment makes a new department.
func (s *Service) AddDepartment(ctx context.Context, who Actor, company uuid.UUID, e DepartmentEdit) (Department, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return Department{}, err
	}
	d := Department{ID: newID(), CompanyID: company, Aliases: []string{}}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		all, err := departmentsOf(tx, company)
		if err != nil {
			return err
		}
		e.Since = nil
		if d, _, err = d.changed(e, all, nil, civil.Date{}); err != nil {
			return err
		}
		if err := tx.Create(&d).Error; err != nil {
			return refused(err, departmentRefusals)
		}
		return Audit(tx, who, company, "department.add", "department:"+d.ID.String(), map[string]any{"name": d.Name})
	})
	return d, err
}

// EditDepartment renames a department or puts it under another, from a day on or for good.
func (s *Service) EditDepartment(ctx context.Context, who Actor, id uuid.UUID, e DepartmentEdit) (Department, error) {
	var after Department
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		d, all, today, err := s.lockDepartments(tx, who, id)
		if err != nil {
			return err
		}
		var pasts []DepartmentPast
		if err := tx.Where("department_id = ?", id).Find(&pasts).Error; err != nil {
			return err
		}
		var past *DepartmentPast
		if after, past, err = d.changed(e, all, pasts, today); err != nil {
			return err
		}
		if past != nil {
			if err := tx.Create(past).Error; err != nil {
				return err
			}
		}
		if err := tx.Save(&after).Error; err != nil {
			return refused(err, departmentRefusals)
		}
		return Audit(tx, who, d.CompanyID, "department.edit", "department:"+id.String(), map[string]any{"from": d.Name, "to": after.Name, "since": e.Since})
	})
	return after, err
}

// MergeDepartment makes a department part of another one from a day on (nil: today). Everybody who worked there counts for
// the other one now, with the days in both added up; their stints keep the name of their day. Work that is not awarded yet,
// rules and saved searches name the other one; what was awarded stays as it was.
func (s *Service) MergeDepartment(ctx context.Context, who Actor, id, into uuid.UUID, on *civil.Date) (Department, error) {
	var target Department
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		from, all, today, err := s.lockDepartments(tx, who, id)
		if err != nil {
			return err
		}
		if err := importsTakeTurns(tx, from.CompanyID); err != nil {
			return err
		}
		if target, err = mergeTarget(from, into, all); err != nil {
			return err
		}
		if on == nil {
			on = &today
		}
		var pasts []DepartmentPast
		if err := tx.Where("department_id = ?", id).Find(&pasts).Error; err != nil {
			return err
		}
		if err := sinceFits(*on, pasts, today); err != nil {
			return err
		}
		for _, m := range mergingDepartments {
			if err := tx.Exec(m, map[string]any{"company": from.CompanyID, "from": id, "into": into, "above": from.AboveID, "on": on, "today": today}).Error; err != nil {
				return err
			}
		}
		return Audit(tx, who, from.CompanyID, "department.merge", "department:"+id.String(), map[string]any{"from": from.Name, "into": target.Name, "into_id": into, "on": on})
	})
	return target, err
}

// mergeTarget is the department that another one may be merged into.
func mergeTarget(from Department, into uuid.UUID, all []Department) (Department, error) {
	if from.MergedInto != nil {
		return from, ErrDepartmentMerged
	}
	for _, d := range all {
		switch {
		case d.ID != into:
		case d.ID == from.ID:
			return d, ErrDepartmentItself.On("into")
		case d.MergedInto != nil:
			return d, ErrDepartmentMerged.On("into")
		default:
			return d, nil
		}
	}
	return from, ErrUnknownDepartment.On("into").With("value", into)
}

// mergingDepartments is everything that names a department, in the order in which it is told of the other one. A stint that
// ended before an earlier merge goes on naming the department of its day.
var mergingDepartments = []string{
	`INSERT INTO index_pending (company_id, membership_id) SELECT DISTINCT company_id, membership_id FROM stints WHERE company_id = @company AND department_id = @from`,
	`UPDATE stints s SET department_id = @into, formerly_id = CASE WHEN f.merged_on > coalesce(s.left_on, @today) OR EXISTS (SELECT 1 FROM stints t
			WHERE t.membership_id = s.membership_id AND t.joined_on = s.joined_on AND t.id <> s.id AND coalesce(t.formerly_id, t.department_id) = @from) THEN f.id ELSE CAST(@from AS uuid) END
		FROM stints o LEFT JOIN departments f ON f.id = o.formerly_id WHERE o.id = s.id AND s.company_id = @company AND s.department_id = @from`,
	`UPDATE departments SET above_id = CASE WHEN id = @into THEN CAST(@above AS uuid) ELSE CAST(@into AS uuid) END WHERE company_id = @company AND above_id = @from`,
	`UPDATE departments SET merged_into = @into WHERE company_id = @company AND merged_into = @from`,
	`UPDATE departments SET merged_into = @into, merged_on = @on, above_id = NULL WHERE id = @from`,
	`UPDATE tasks SET department_id = @into WHERE company_id = @company AND department_id = @from AND state IN ('draft', 'published')`,
	`UPDATE tasks SET visibility = jsonb_set(visibility, '{departments}', (SELECT jsonb_agg(DISTINCT CASE WHEN d = CAST(@from AS text) THEN CAST(@into AS text) ELSE d END)
		FROM jsonb_array_elements_text(visibility->'departments') d)) WHERE company_id = @company AND jsonb_exists(visibility->'departments', CAST(@from AS text))`,
	`UPDATE approval_rules SET department_id = @into WHERE company_id = @company AND department_id = @from`,
	`UPDATE saved_searches SET departments = array_replace(departments, CAST(@from AS uuid), CAST(@into AS uuid)) WHERE company_id = @company AND CAST(@from AS uuid) = ANY(departments)`,
}
